/**
 * The accounts of a world's participants: who makes, who takes, and their money.
 * @module
 */
import { ceilPx, floorPx } from "../../core/market/grid.ts";
import type { Prng } from "../../core/prng.ts";
import { type Lots, MICRO_PER_USD, type MicroUsd, type Px } from "../../core/units.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { Level } from "../venue/book.ts";
import type { VenueMarket } from "../venue/market.ts";
import type { Venue } from "../venue/venue.ts";

/** "mmbin" in ASCII heads the addresses of the venue's own participants. */
const HOUSE_PREFIX = "0x6d6d62696e";
const TAKERS = 3;
/** Each account's money on each dex, and where it is topped up. Small enough that sums of 10^-8 dollars stay whole in a double. */
const FUND_USD = 2_000_000 * MICRO_PER_USD;
const FUND_LOW_USD = 1_000_000 * MICRO_PER_USD;
/** Above the venue's smallest order by a margin. */
export const ORDER_MIN_USD = 12 * MICRO_PER_USD;
/** Takers leave these levels standing: a side that is empty has no price. */
const LEVELS_LEFT = 3;

/** Makers' accounts, one for each place in line on every market, and takers', shared by all markets. */
export class House {
  readonly makers: readonly VenueAccount[];
  readonly takers: readonly VenueAccount[];

  constructor(venue: Venue, makerCount: number) {
    const account = (i: number): VenueAccount =>
      venue.houseAccount(HOUSE_PREFIX + i.toString(16).padStart(42 - HOUSE_PREFIX.length, "0"));
    this.makers = Array.from({ length: makerCount }, (_, i) => account(i + 1));
    this.takers = Array.from({ length: TAKERS }, (_, i) => account(i + 1 + makerCount));
  }

  /** House accounts never run dry; what they get is a deposit like any other. */
  topUp(venue: Venue): void {
    for (const account of [...this.makers, ...this.takers])
      venue.spec.dexs.forEach((_, dexIndex) => {
        if (venue.withdrawableUsd(account, dexIndex) < FUND_LOW_USD) venue.fund(account.address, dexIndex, FUND_USD);
      });
  }

  /** Of two takers by chance the one whose position shrinks: nobody's grows without end. */
  taker(market: VenueMarket, side: 1 | -1, random: Prng): VenueAccount {
    const a = this.takers[random.below(TAKERS)] as VenueAccount;
    const b = this.takers[random.below(TAKERS)] as VenueAccount;
    return (a.positionLots(market) - b.positionLots(market)) * side <= 0 ? a : b;
  }

  /**
   * Takes what stands up to `limitPx` (any number) and `maxUsd`, now, in the block; returns the last price that it paid, 0 when nothing was
   * done. Only inside the turn of a taker.
   */
  take(venue: Venue, market: VenueMarket, side: 1 | -1, limitPx: number, maxUsd: MicroUsd, random: Prng): Px {
    const { book, szDecimals } = market;
    const px = side > 0 ? floorPx(limitPx, szDecimals) : ceilPx(limitPx, szDecimals);
    if (px <= 0) return 0;
    const against = side > 0 ? book.asks : book.bids;
    const minLots: Lots = Math.ceil(ORDER_MIN_USD / px);
    const mostLots: Lots = Math.max(Math.floor(maxUsd / px), minLots);
    let lots: Lots = 0;
    let deepest: Px = 0;
    for (let i = against.length - 1; i >= LEVELS_LEFT && lots < mostLots; i--) {
      const level = against[i] as Level;
      if ((level.px - px) * side > 0) break;
      lots += level.lots;
      deepest = level.px;
    }
    if (deepest === 0) return 0;
    lots = Math.max(Math.min(lots, mostLots), minLots);
    const account = this.taker(market, side, random);
    const placed = venue.trading.placeHouse(account, market, side, deepest, lots, "Ioc", venue.nextHash());
    return typeof placed === "string" || placed.filledLots === 0 ? 0 : market.lastPx;
  }
}
