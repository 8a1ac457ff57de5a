/**
 * Funding: each hour the side that the book favours pays the other.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { Clearing } from "./clearing.ts";
import type { VenueMarket } from "./market.ts";
import { premiumFrac } from "./premium.ts";
import type { MarketSpec } from "./spec.ts";

const SAMPLE_MS = 5_000;
const MS_PER_HOUR = 3_600_000;
/** The formula speaks of eight hours and is paid each hour. */
const HOURS_PER_RATE = 8;
/** Most that an hour may cost (funding page, August 2026). */
export const FUNDING_CAP_FRAC = 0.04;
/** Bound of interest less premium (funding page; HIP-3 page, August 2026). */
const CLAMP_MAIN_FRAC = 0.0005;
const CLAMP_HIP3_FRAC = 0.0003;
/** Hours of history kept by market: one answer of the venue holds 500. */
const HISTORY_MAX = 1_000;

/** One hour of one market. */
export interface FundingPoint {
  timeMs: number;
  rateFrac: number;
  premiumFrac: number;
}

interface Samples {
  sumFrac: number;
  count: number;
}

/**
 * Rate of one hour from the average premium:
 *
 *   rate = multiplier x (premium + clamp(interest - premium, -c, c)) / 8, at most 4 % either way
 *
 * The multiplier is the deployer's and 1 on the main dex.
 */
export function fundingRate(spec: MarketSpec, isHip3: boolean, averagePremiumFrac: number): number {
  const clamp = spec.fundingClampFrac ?? (isHip3 ? CLAMP_HIP3_FRAC : CLAMP_MAIN_FRAC);
  const pull = Math.min(clamp, Math.max(-clamp, spec.fundingInterestFrac - averagePremiumFrac));
  const rate = ((isHip3 ? spec.fundingMultiplier : 1) * (averagePremiumFrac + pull)) / HOURS_PER_RATE;
  return Math.min(FUNDING_CAP_FRAC, Math.max(-FUNDING_CAP_FRAC, rate));
}

/** What a position receives, whole micro-dollars rounded down, so that who pays pays no less than others get. Negative is paid. */
export function paymentUsd(lots: number, oraclePx: number, rateFrac: number): MicroUsd {
  const exact = -lots * oraclePx * rateFrac;
  // The product of doubles may fall a hair under the whole number that it is.
  return Math.floor(exact + 1e-4) + 0;
}

/** Samples premiums each 5 s, keeps `premiumFrac` and `fundingFrac` of the markets, and pays with the first block of an hour. */
export class Funding {
  readonly #host: { nowMs(): number; readonly markets: readonly VenueMarket[] };
  readonly #clearing: Clearing;
  readonly #samples: Samples[];
  readonly #history: FundingPoint[][];
  #sampleSlot: number;
  #hour: number;

  constructor(host: { nowMs(): number; readonly markets: readonly VenueMarket[] }, clearing: Clearing) {
    this.#host = host;
    this.#clearing = clearing;
    this.#samples = host.markets.map(() => ({ sumFrac: 0, count: 0 }));
    this.#history = host.markets.map(() => []);
    this.#sampleSlot = Math.floor(host.nowMs() / SAMPLE_MS);
    this.#hour = Math.floor(host.nowMs() / MS_PER_HOUR);
    for (const market of host.markets) market.fundingFrac = fundingRate(market.spec, market.dexIndex > 0, 0);
  }

  /** Hours paid, oldest first, the last thousand. */
  history(market: VenueMarket): readonly FundingPoint[] {
    return this.#history[market.index] as FundingPoint[];
  }

  /** Called each block; two comparisons most of the time. */
  onBlock(): void {
    const nowMs = this.#host.nowMs();
    const hour = Math.floor(nowMs / MS_PER_HOUR);
    if (hour !== this.#hour) {
      this.#hour = hour;
      for (const market of this.#host.markets) this.#settle(market, nowMs);
    }
    const slot = Math.floor(nowMs / SAMPLE_MS);
    if (slot === this.#sampleSlot) return;
    this.#sampleSlot = slot;
    for (const market of this.#host.markets) this.#sample(market);
  }

  #sample(market: VenueMarket): void {
    const samples = this.#samples[market.index] as Samples;
    const premium = premiumFrac(market);
    market.premiumFrac = premium;
    if (premium !== null) {
      samples.sumFrac += premium;
      samples.count++;
    }
    market.fundingFrac = fundingRate(market.spec, market.dexIndex > 0, average(samples));
  }

  #settle(market: VenueMarket, nowMs: number): void {
    const samples = this.#samples[market.index] as Samples;
    const averageFrac = average(samples);
    samples.sumFrac = 0;
    samples.count = 0;
    if (market.halted || market.delisted) return;
    const rateFrac = fundingRate(market.spec, market.dexIndex > 0, averageFrac);
    market.fundingFrac = rateFrac;
    const history = this.#history[market.index] as FundingPoint[];
    history.push({ timeMs: nowMs, rateFrac, premiumFrac: averageFrac });
    if (history.length > HISTORY_MAX) history.shift();
    let paidUsd = 0;
    for (const [account, position] of market.positions) {
      const usd = paymentUsd(position.lots, market.oraclePx, rateFrac);
      this.#clearing.applyFunding(account, position, usd, rateFrac);
      paidUsd -= usd;
    }
    // Longs and shorts are equal, so only what rounding down held back remains: at most a micro-dollar for each position.
    this.#clearing.ledger(market.dexIndex).feesUsd += paidUsd;
  }
}

/** No sample, no premium. */
function average(samples: Samples): number {
  return samples.count === 0 ? 0 : samples.sumFrac / samples.count;
}
