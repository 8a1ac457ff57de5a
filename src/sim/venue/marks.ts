/**
 * Mark prices: what margin, liquidations and triggers look at.
 *
 * Main dex: the median of oracle + EMA of (mid - oracle) over 150 s, the local mark = median(bid, ask, last), and, as no prices of other
 * venues come in, the 30 s EMA of the local mark (robust-price-indices page, August 2026). HIP-3: the median of up to two marks of the
 * deployer and the local mark, with the clamps of the HIP-3 page.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { VenueMarket } from "./market.ts";

/** Spacing of updates, and of the validators' oracle. */
export const MARK_INTERVAL_MS = 3_000;
/** A deployer who is silent for this long loses the mark to the book. */
const ORACLE_STALE_MS = 10_000;
const PREMIUM_EMA_MS = 150_000;
const LOCAL_EMA_MS = 30_000;
/** A HIP-3 mark moves at most this share per update. */
const MOVE_MAX_RATIO = 0.01;
/** HIP-3 prices stay within this factor of where the UTC day began. */
const DAY_FACTOR_MAX = 10;
/** A HIP-3 mark may not lift open interest above this many caps. */
const OI_CAP_FACTOR_MAX = 10;
const DEPLOYER_MARKS_MAX = 2;
const MS_PER_DAY = 86_400_000;

/** Exponential average of samples that hold for a span each: n <- n x e^(-t/T) + sample x t, d <- d x e^(-t/T) + t. */
class Ema {
  readonly #spanMs: number;
  #sum = 0;
  #weight = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(sample: number, ms: number): void {
    const decay = Math.exp(-ms / this.#spanMs);
    this.#sum = this.#sum * decay + sample * ms;
    this.#weight = this.#weight * decay + ms;
  }

  /** NaN before the first sample. */
  get value(): number {
    return this.#weight === 0 ? Number.NaN : this.#sum / this.#weight;
  }
}

interface MarkState {
  oracleMs: number;
  deployerPxs: readonly number[];
  premium: Ema;
  local: Ema;
  dayOraclePx: number;
  dayMarkPx: number;
}

/** Keeps `oraclePx` and `markPx` of every market. Marks are whole price units, so that equity at the mark is whole micro-dollars. */
export class Marks {
  readonly #host: { nowMs(): number; readonly markets: readonly VenueMarket[] };
  readonly #states: MarkState[];
  #slot: number;
  #lastMs: number;
  #day: number;

  constructor(host: { nowMs(): number; readonly markets: readonly VenueMarket[] }) {
    this.#host = host;
    const nowMs = host.nowMs();
    this.#slot = Math.floor(nowMs / MARK_INTERVAL_MS);
    this.#lastMs = nowMs;
    this.#day = Math.floor(nowMs / MS_PER_DAY);
    this.#states = host.markets.map((market) => ({
      oracleMs: nowMs,
      deployerPxs: [],
      premium: new Ema(PREMIUM_EMA_MS),
      local: new Ema(LOCAL_EMA_MS),
      dayOraclePx: market.oraclePx,
      dayMarkPx: market.markPx,
    }));
  }

  /** A new oracle price, price units. On a HIP-3 dex it is held within ten times of where the day began. */
  setOracle(market: VenueMarket, px: number): void {
    assert(px > 0 && Number.isFinite(px), "marks: an oracle price is above 0");
    const state = this.#state(market);
    market.oraclePx = market.dexIndex === 0 ? px : withinDay(px, state.dayOraclePx);
    state.oracleMs = this.#host.nowMs();
  }

  /** The deployer's own marks, none to two, price units; they count until the oracle is stale. */
  setDeployerMarks(market: VenueMarket, pxs: readonly number[]): void {
    assert(market.dexIndex > 0 && pxs.length <= DEPLOYER_MARKS_MAX, "marks: a deployer gives at most two");
    this.#state(market).deployerPxs = pxs.slice();
  }

  /** Updates every mark when three seconds of block time have begun anew; returns whether it did. Called each block. */
  onBlock(): boolean {
    const nowMs = this.#host.nowMs();
    const slot = Math.floor(nowMs / MARK_INTERVAL_MS);
    if (slot === this.#slot) return false;
    const spanMs = nowMs - this.#lastMs;
    this.#slot = slot;
    this.#lastMs = nowMs;
    const day = Math.floor(nowMs / MS_PER_DAY);
    const isNewDay = day !== this.#day;
    this.#day = day;
    for (const market of this.#host.markets) {
      const state = this.#state(market);
      if (isNewDay) {
        state.dayOraclePx = market.oraclePx;
        state.dayMarkPx = market.markPx;
      }
      if (!market.halted && !market.delisted) market.markPx = this.#next(market, state, spanMs, nowMs);
    }
    return true;
  }

  #next(market: VenueMarket, state: MarkState, spanMs: number, nowMs: number): number {
    const localPx = localMarkPx(market);
    if (market.dexIndex === 0) {
      const midPx = market.midPx;
      if (!Number.isNaN(midPx)) state.premium.add(midPx - market.oraclePx, spanMs);
      if (!Number.isNaN(localPx)) state.local.add(localPx, spanMs);
      const premiumPx = Number.isNaN(state.premium.value) ? 0 : state.premium.value;
      return whole(median([market.oraclePx + premiumPx, localPx, state.local.value]));
    }
    const isStale = nowMs - state.oracleMs > ORACLE_STALE_MS;
    let px = median(isStale ? [localPx] : [...state.deployerPxs, localPx]);
    // Neither a book nor a deployer's mark: the oracle while it speaks, else all stays.
    if (Number.isNaN(px)) px = isStale ? market.markPx : market.oraclePx;
    const oldPx = market.markPx;
    px = Math.min(oldPx * (1 + MOVE_MAX_RATIO), Math.max(oldPx * (1 - MOVE_MAX_RATIO), px));
    px = withinDay(px, state.dayMarkPx);
    // Open interest may be above by fills at a higher mark: then the mark may stay, but not rise.
    const capPx = market.openLots > 0 ? (OI_CAP_FACTOR_MAX * market.oiCapUsd) / market.openLots : px;
    return whole(Math.min(px, Math.max(capPx, Math.min(px, oldPx))));
  }

  #state(market: VenueMarket): MarkState {
    return this.#states[market.index] as MarkState;
  }
}

/** Median of best bid, best ask and last trade, of those there are; NaN when there is none. */
export function localMarkPx(market: VenueMarket): number {
  return median([market.book.bestPx(1) ?? Number.NaN, market.book.bestPx(-1) ?? Number.NaN, market.lastPx]);
}

/** Middle of the numbers that are numbers; of two their mean; NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function withinDay(px: number, startPx: number): number {
  return Math.min(startPx * DAY_FACTOR_MAX, Math.max(startPx / DAY_FACTOR_MAX, px));
}

function whole(px: number): number {
  return Math.max(1, Math.round(px));
}
