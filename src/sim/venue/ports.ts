/**
 * What trading needs of the rest of the venue: its clock and ids, and the clearing of money.
 * @module
 */
import type { Lots, MicroUsd, Px } from "../../core/units.ts";
import type { WireBuilder } from "../../wire/hyperliquid/action.ts";
import type { MarketTerms, VenueAccount } from "./account.ts";
import type { VenueListener } from "./events.ts";
import type { VenueMarket } from "./market.ts";
import type { Order } from "./order.ts";
import type { VenueRules } from "./spec.ts";

export interface TradingHost {
  /** Time of the block. */
  nowMs(): number;
  readonly rules: VenueRules;
  marketByAsset(assetId: number): VenueMarket | null;
  nextOid(): number;
  readonly listener: VenueListener;
}

/** What a fill did to one of its two accounts. */
export interface FillBooking {
  /** Signed position before it. */
  startLots: Lots;
  dir: string;
  /** Before fees. */
  closedPnlUsd: MicroUsd;
  /** With the builder's part; negative is a rebate. */
  feeUsd: MicroUsd;
  builderFeeUsd: MicroUsd;
}

/** Why an account cannot carry an order. */
export type MarginRefusal = "perpMarginRejected" | "perpMaxPositionRejected";

/** Positions, cash and margin. Trading tells it what rests and what matched; it says what an account can carry. */
export interface ClearingPort {
  /** How the account trades the market; made on first use. */
  terms(account: VenueAccount, market: VenueMarket): MarketTerms;
  /** `lots` of the order rest now. Reduce-only orders are told too and reserve nothing. */
  onRest(order: Order, lots: Lots): void;
  /** `lots` of the order rest no longer: filled, shrunk or cancelled. */
  onUnrest(order: Order, lots: Lots): void;
  /** Whether the account would carry its position and open orders with this one on top; null when it would. */
  checkOrder(account: VenueAccount, market: VenueMarket, side: 1 | -1, lots: Lots, px: Px): MarginRefusal | null;
  /** The same for the resting side when it is about to match. */
  checkRestingFill(order: Order, lots: Lots): boolean;
  /** Moves position, cash, volume, limiter credit and the market's open interest. */
  applyFill(
    account: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    px: Px,
    lots: Lots,
    crossed: boolean,
    builder: WireBuilder | null,
  ): FillBooking;
}
