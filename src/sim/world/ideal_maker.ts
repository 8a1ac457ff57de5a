/**
 * A maker who does one thing: an order a side at a fixed depth. What it earns is the truth about a world.
 * @module
 */
import { ceilPx, floorPx } from "../../core/market/grid.ts";
import { BPS, type MicroUsd, US_PER_SECOND } from "../../core/units.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { Level } from "../venue/book.ts";
import type { VenueFill, VenueListener } from "../venue/events.ts";
import type { VenueMarket } from "../venue/market.ts";
import { ZERO_HASH } from "../venue/matching.ts";
import type { Order } from "../venue/order.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import type { World } from "./world.ts";

/** Nobody has its key: "ideal" in ASCII. */
const ADDRESS = `0x${"696465616c".padStart(40, "0")}`;
const FUND_USD = 1_000_000e6;
/** A quote is moved when it is off by more than this share of its depth. */
const BAND_RATIO = 0.1;

export interface IdealSpec {
  /** Distance of both quotes from the reference. */
  depthBps: number;
  /** From seeing to having acted; 0 acts on the state before the block that it acts in. */
  latencySeconds: number;
  /** Latent fair value, which nobody can see, or the mid of everybody else's quotes. */
  reference: "fair" | "mid";
  sizeUsd: MicroUsd;
  /** Position, in sizes, beyond which only the other side is quoted. */
  clipsMax: number;
  horizonSeconds: number;
}

/** Sums over fills, in basis points of the mid before each, by the share of an order that each filled: what a mean needs. */
export interface IdealResult {
  fills: number;
  /** Sum of those shares: a sweep that stops at the order leaves a part of it, and small parts earn little. */
  orders: number;
  captureBps: number;
  /** What the mid moved against the maker until the horizon. */
  adverseBps: number;
  feeBps: number;
}

/** A fill whose horizon has not come. */
interface Pending {
  side: 1 | -1;
  mid: number;
  /** Its notional over that of an order. */
  share: number;
  captureBps: number;
  feeBps: number;
  dueBlock: number;
}

/** A real account of the venue, with its margin and fees; no requests are counted. Call `act` after the world's `beforeBlock`. */
export class IdealMaker implements HouseTurn, VenueListener {
  readonly account: VenueAccount;
  readonly result: IdealResult = { fills: 0, orders: 0, captureBps: 0, adverseBps: 0, feeBps: 0 };
  readonly #spec: IdealSpec;
  readonly #venue: Venue;
  readonly #market: VenueMarket;
  readonly #world: World;
  /** References of the last blocks, as a ring; and what the maker knows now. */
  readonly #seen: Float64Array;
  #known = Number.NaN;
  readonly #latencyBlocks: number;
  readonly #horizonBlocks: number;
  #bid: Order | null = null;
  #ask: Order | null = null;
  #readyBlock = 0;
  readonly #pending: Pending[] = [];
  #midBefore = Number.NaN;

  constructor(venue: Venue, world: World, market: VenueMarket, spec: IdealSpec) {
    this.#venue = venue;
    this.#world = world;
    this.#market = market;
    this.#spec = spec;
    const blockSeconds = venue.rules.blockUs / US_PER_SECOND;
    this.#latencyBlocks = Math.ceil(spec.latencySeconds / blockSeconds);
    this.#horizonBlocks = Math.ceil(spec.horizonSeconds / blockSeconds);
    this.#seen = new Float64Array(this.#latencyBlocks + 1).fill(Number.NaN);
    this.account = venue.fund(ADDRESS, market.dexIndex, FUND_USD);
    venue.listen(this);
  }

  /** Looks, and asks for a turn in the coming block. */
  act(): void {
    const block = this.#venue.blockCount + 1;
    const mid = foreignMid(this.#market, this.account);
    this.#midBefore = mid;
    this.#settle(block, mid);
    const size = this.#seen.length;
    this.#seen[block % size] = this.#spec.reference === "fair" ? this.#world.fairPx(this.#market) : mid;
    this.#known = this.#seen[(block - this.#latencyBlocks + size) % size] as number;
    this.#venue.submitTurn(this, 0);
  }

  run(): void {
    if (Number.isNaN(this.#known) || this.#market.halted || this.#market.delisted) return;
    if (this.#venue.blockCount < this.#readyBlock) return;
    this.#bid = this.#quote(1, this.#bid);
    this.#ask = this.#quote(-1, this.#ask);
  }

  #quote(side: 1 | -1, old: Order | null): Order | null {
    const { depthBps, sizeUsd, clipsMax } = this.#spec;
    const { szDecimals } = this.#market;
    const live = old !== null && old.level !== null ? old : null;
    const wanted = this.#known * (1 - side * depthBps * BPS);
    const px = side > 0 ? floorPx(wanted, szDecimals) : ceilPx(wanted, szDecimals);
    const heldUsd = side * this.account.positionLots(this.#market) * px;
    const isFull = heldUsd >= clipsMax * sizeUsd;
    const isOff = live !== null && Math.abs(live.px - wanted) > wanted * depthBps * BPS * BAND_RATIO && live.px !== px;
    if (live !== null && !isFull && !isOff) return live;
    if (live !== null) this.#venue.trading.cancelHouse(live);
    if (isFull || px <= 0) return null;
    const lots = Math.ceil(sizeUsd / px);
    const placed = this.#venue.trading.placeHouse(this.account, this.#market, side, px, lots, "Alo", ZERO_HASH);
    return typeof placed === "string" ? null : placed;
  }

  onFill(fill: VenueFill): void {
    if (fill.account !== this.account || fill.crossed || Number.isNaN(this.#midBefore)) return;
    const { side, px, lots, feeUsd } = fill;
    const mid = this.#midBefore;
    const { blockCount } = this.#venue;
    this.#pending.push({
      side,
      mid,
      share: (px * lots) / this.#spec.sizeUsd,
      captureBps: (side * (mid - px)) / mid / BPS,
      feeBps: feeUsd / (px * lots) / BPS,
      dueBlock: blockCount + this.#horizonBlocks,
    });
    // It learns of the fill as late as of anything else.
    this.#readyBlock = blockCount + this.#latencyBlocks;
  }

  /** Fills whose horizon has come: the market has moved so far against them. The others count for nothing. */
  #settle(block: number, mid: number): void {
    while (this.#pending.length > 0 && (this.#pending[0] as Pending).dueBlock < block && !Number.isNaN(mid)) {
      const { result } = this;
      const { side, mid: before, share, captureBps, feeBps } = this.#pending.shift() as Pending;
      result.fills += 1;
      result.orders += share;
      result.captureBps += share * captureBps;
      result.adverseBps -= (share * side * (mid - before)) / before / BPS;
      result.feeBps += share * feeBps;
    }
  }

  onTrade(): void {}
  onOrder(): void {}
  onNonUserCancel(): void {}
  onFunding(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
  onBlock(): void {}
}

/** Middle of the best quotes that are not the account's; NaN while a side has none. */
function foreignMid(market: VenueMarket, account: VenueAccount): number {
  return (foreignPx(market.book.bids, account) + foreignPx(market.book.asks, account)) / 2;
}

function foreignPx(levels: readonly Level[], account: VenueAccount): number {
  for (let i = levels.length - 1; i >= 0; i--) {
    const level = levels[i] as Level;
    for (let order = level.head; order !== null; order = order.next) if (order.account !== account) return level.px;
  }
  return Number.NaN;
}
