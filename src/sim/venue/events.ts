/**
 * What happens at the venue, told as it happens inside a block.
 * @module
 */
import type { Lots, MicroUsd, Px } from "../../core/units.ts";
import type { VenueAccount } from "./account.ts";
import type { VenueMarket } from "./market.ts";
import type { Order, OrderStatus } from "./order.ts";

/** One match of an aggressor with one resting order. */
export interface Trade {
  market: VenueMarket;
  /** Side of the aggressor: +1 bought. */
  side: 1 | -1;
  px: Px;
  lots: Lots;
  timeMs: number;
  /** 0x and 64 hex digits: of the aggressor's action; zeros for liquidations. */
  hash: string;
  /** 50 bits. */
  tid: number;
  buyer: string;
  seller: string;
}

export interface LiquidationNote {
  liquidatedUser: string;
  /** Price units; need not lie on the grid. */
  markPx: number;
  method: "market" | "backstop";
}

/** One side of a trade. */
export interface VenueFill {
  account: VenueAccount;
  market: VenueMarket;
  side: 1 | -1;
  px: Px;
  lots: Lots;
  timeMs: number;
  /** Signed position before it. */
  startLots: Lots;
  dir: string;
  /** Before fees. */
  closedPnlUsd: MicroUsd;
  hash: string;
  oid: number;
  /** Whether it took. */
  crossed: boolean;
  /** With the builder's part; negative is a rebate. */
  feeUsd: MicroUsd;
  builderFeeUsd: MicroUsd;
  tid: number;
  cloid: string | null;
  liquidation: LiquidationNote | null;
}

export interface FundingPayment {
  account: VenueAccount;
  market: VenueMarket;
  timeMs: number;
  /** Positive when received. */
  usd: MicroUsd;
  lots: Lots;
  /** Rate of the hour. */
  rateFrac: number;
}

/** A change of balance that is no trade and no funding, as the venue's ledger prints it (without time and hash). */
export interface LedgerEntry {
  account: VenueAccount;
  timeMs: number;
  hash: string;
  delta: { type: string; [key: string]: unknown };
}

export interface LiquidationEvent {
  account: VenueAccount;
  lid: number;
  liquidator: string;
  /** Notional and account value when it began. */
  notionalUsd: MicroUsd;
  accountValueUsd: MicroUsd;
}

/**
 * Whoever wants to know. Called inside `step`, in the order of events; what is handed over may change afterwards, so whoever keeps it copies
 * what it needs at once. `onBlock` ends each block.
 */
export interface VenueListener {
  onTrade(trade: Trade): void;
  onFill(fill: VenueFill): void;
  /** The order's status has just become `status`; `lots` is the remaining size to print. */
  onOrder(order: Order, status: OrderStatus, lots: Lots): void;
  /** The venue, not the user, ended the order. */
  onNonUserCancel(order: Order): void;
  onFunding(payment: FundingPayment): void;
  onLedger(entry: LedgerEntry): void;
  onLiquidation(event: LiquidationEvent): void;
  onBlock(timeMs: number): void;
}
