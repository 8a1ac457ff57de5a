/**
 * One order of the simulated venue, from its arrival until it is forgotten.
 * @module
 */
import type { Lots, MicroUsd, Px } from "../../core/units.ts";
import type { WireBuilder, WireTif } from "../../wire/hyperliquid/action.ts";
import type { VenueAccount } from "./account.ts";
import type { Level } from "./book.ts";
import type { VenueMarket } from "./market.ts";

/** Status names as the venue prints them. */
export type OrderStatus =
  | "open"
  | "filled"
  | "canceled"
  | "triggered"
  | "rejected"
  | "marginCanceled"
  | "openInterestCapCanceled"
  | "selfTradeCanceled"
  | "reduceOnlyCanceled"
  | "siblingFilledCanceled"
  | "delistedCanceled"
  | "liquidatedCanceled"
  | "scheduledCancel"
  | "tickRejected"
  | "minTradeNtlRejected"
  | "perpMarginRejected"
  | "reduceOnlyRejected"
  | "badAloPxRejected"
  | "iocCancelRejected"
  | "badTriggerPxRejected"
  | "marketOrderNoLiquidityRejected"
  | "positionIncreaseAtOpenInterestCapRejected"
  | "positionFlipAtOpenInterestCapRejected"
  | "tooAggressiveAtOpenInterestCapRejected"
  | "openInterestIncreaseRejected"
  | "oracleRejected"
  | "perpMaxPositionRejected"
  | "tooManyOpenOrdersRejected";

/** A trigger order's condition. */
export interface Trigger {
  /** Executes as IOC with a bound of 10 %; else as a limit order at the order's own price. */
  isMarket: boolean;
  px: Px;
  tpsl: "tp" | "sl";
  /** Fires when the mark is at or above `px`; else at or below. */
  above: boolean;
  /** Size follows the position (grouping positionTpsl, or size 0). */
  wholePosition: boolean;
}

/** Shared by the orders that have no family, nearly all: two arrays less for each. */
const NONE: readonly Order[] = [];

/** What was asked for, what remains, and where it stands: `level` while it rests, `trigger` until it fires, `parent` while it waits for one. */
export class Order {
  readonly oid: number;
  readonly account: VenueAccount;
  readonly market: VenueMarket;
  /** +1 buys. */
  readonly side: 1 | -1;
  px: Px;
  /** What remains. */
  lots: Lots;
  /** What was asked for; of a TP or SL order of a whole position what that was last. */
  origLots: Lots;
  tif: WireTif;
  readonly reduceOnly: boolean;
  /** Lower case. */
  readonly cloid: string | null;
  /** Block time of its arrival. */
  readonly timeMs: number;
  readonly builder: WireBuilder | null;
  trigger: Trigger | null;
  status: OrderStatus = "open";
  statusMs: number;
  /** What remained when the status last changed: what `orderStatus` prints. */
  statusLots: Lots;
  /** Matched so far: lots, and the sum of price x lots. */
  filledLots: Lots = 0;
  filledUsd: MicroUsd = 0;
  /** The order that this TP or SL order waits for; null once it waits for the mark, and for any other order. */
  parent: Order | null = null;
  /** TP and SL orders that wait for this one. */
  children: readonly Order[] = NONE;
  /** TP and SL orders of one group, this one among them: the fill of one cancels the others. */
  siblings: readonly Order[] = NONE;
  /** Place in the book: the queue of its level. Null while it does not rest. */
  level: Level | null = null;
  previous: Order | null = null;
  next: Order | null = null;

  constructor(init: {
    oid: number;
    account: VenueAccount;
    market: VenueMarket;
    side: 1 | -1;
    px: Px;
    lots: Lots;
    tif: WireTif;
    reduceOnly: boolean;
    cloid: string | null;
    timeMs: number;
    builder: WireBuilder | null;
    trigger: Trigger | null;
  }) {
    this.oid = init.oid;
    this.account = init.account;
    this.market = init.market;
    this.side = init.side;
    this.px = init.px;
    this.lots = init.lots;
    this.origLots = init.lots;
    this.tif = init.tif;
    this.reduceOnly = init.reduceOnly;
    this.cloid = init.cloid;
    this.timeMs = init.timeMs;
    this.builder = init.builder;
    this.trigger = init.trigger;
    this.statusMs = init.timeMs;
    this.statusLots = init.lots;
  }

  /** Of a whole position's TP or SL order: takes the position's size, which it is printed with from then on. */
  follow(lots: Lots): void {
    this.lots = lots;
    this.origLots = lots;
  }
}
