/**
 * Places one order: the checks in the venue's order, then the book.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { WireBuilder } from "../../wire/hyperliquid/action.ts";
import { ZERO_SIZE } from "../../wire/hyperliquid/errors.ts";
import { MIN_NOTIONAL_USD } from "../../wire/hyperliquid/facts.ts";
import type { VenueAccount } from "./account.ts";
import { type Draft, isFar } from "./draft.ts";
import type { Matching } from "./matching.ts";
import { checkOpenInterest } from "./open_interest.ts";
import type { OpenOrders } from "./open_orders.ts";
import { Order, type OrderStatus, type Trigger } from "./order.ts";
import type { ClearingPort, TradingHost } from "./ports.ts";
import { reducibleLots } from "./reduce_only.ts";
import { duplicateCloidText, notionalText, refusalText } from "./refusals.ts";

/** Largest market order by the market's largest leverage, micro-dollars; limit orders may be ten times that (contract page, August 2026). */
const MARKET_ORDER_NOTIONALS: readonly { leverage: number; usd: MicroUsd }[] = [
  { leverage: 25, usd: 30e12 },
  { leverage: 20, usd: 5e12 },
  { leverage: 10, usd: 2e12 },
  { leverage: 0, usd: 0.5e12 },
];
const LIMIT_ORDER_MULTIPLE = 10;
/** Volume that allows one more open order, micro-dollars (rate-limits page, August 2026). */
const VOLUME_PER_OPEN_ORDER_USD = 5e12;

/** An order that was placed, whatever became of it in the book; or the text that refuses it. */
export type Placed = Order | string;

/** The way of one order from its draft to the book, for new orders and for the second half of a modify. */
export class Placing {
  readonly #host: TradingHost;
  readonly #clearing: ClearingPort;
  readonly #orders: OpenOrders;
  readonly #matching: Matching;

  constructor(host: TradingHost, clearing: ClearingPort, orders: OpenOrders, matching: Matching) {
    this.#host = host;
    this.#clearing = clearing;
    this.#orders = orders;
    this.#matching = matching;
  }

  /**
   * Places an order that is read. A refusal that has a status takes an id and is told; the others (no size, client id in use, too large)
   * leave no trace but their text.
   *
   * @param parent The order that a TP or SL order of a group waits for; one that is filled already makes it wait for the mark.
   */
  place(account: VenueAccount, draft: Draft, builder: WireBuilder | null, hash: string, parent?: Order): Placed {
    if (draft.lots === 0 && draft.trigger?.wholePosition !== true) return ZERO_SIZE;
    if (draft.cloid !== null && account.cloids.has(draft.cloid)) return duplicateCloidText(draft.market.assetId);
    if (isTooLarge(draft)) return notionalText(draft.market.assetId);
    const refusal = this.#refuse(account, draft, parent);
    const order = this.#create(account, draft, builder);
    if (refusal !== null) {
      const text = refusalText(refusal, draft.market);
      this.#orders.end(order, refusal);
      return text;
    }
    if (draft.trigger !== null) {
      // Printed as the position's size, unless it was asked for as 0.
      if (draft.trigger.wholePosition && draft.lots > 0) order.follow(reducibleLots(account, draft.market, draft.side));
      this.#wait(order, parent);
    } else {
      // What could rest at most is what can still be reduced; the size that was asked for stays in origLots.
      if (draft.reduceOnly) order.lots = Math.min(order.lots, reducibleLots(account, draft.market, draft.side));
      this.#matching.execute(order, order.px, draft.tif === "Gtc" || draft.tif === "Alo", hash, null);
      if (order.status === "iocCancelRejected") return refusalText(order.status, draft.market);
    }
    return order;
  }

  #wait(order: Order, parent: Order | undefined): void {
    if (parent === undefined || parent.status === "filled") this.#orders.wait(order);
    else {
      this.#orders.attach(order, parent);
      // A parent that was partly filled and may not rest is over: its TP and SL orders go the same way, and are told.
      if (parent.level === null) this.#orders.end(order, "canceled");
    }
  }

  #create(account: VenueAccount, draft: Draft, builder: WireBuilder | null): Order {
    const { market, side, px, lots, tif, reduceOnly, cloid, trigger } = draft;
    const [oid, timeMs] = [this.#host.nextOid(), this.#host.nowMs()];
    return new Order({ oid, account, market, side, px, lots, tif, reduceOnly, cloid, timeMs, builder, trigger });
  }

  /** The first reason against the order, in the venue's order of checks; null when it goes to the book. */
  #refuse(account: VenueAccount, draft: Draft, parent: Order | undefined): OrderStatus | null {
    const { market, side, px, trigger } = draft;
    if (market.halted || market.delisted) return "rejected";
    if (isTooSmall(account, draft)) return "minTradeNtlRejected";
    if (trigger !== null && !isAhead(trigger, draft.side, market.markPx, parent)) return "badTriggerPxRejected";
    const reducible = reducibleLots(account, market, side);
    const needsPosition = trigger === null || (trigger.wholePosition && parent === undefined);
    if (draft.reduceOnly && needsPosition && reducible === 0) return "reduceOnlyRejected";
    if (this.#isOverCount(account, draft)) return "tooManyOpenOrdersRejected";
    if (trigger !== null) return null;
    const capped = checkOpenInterest(account, draft);
    if (capped !== null) return capped;
    if (isFar(px, market.oraclePx, this.#host.rules.farPriceRatio)) return "oracleRejected";
    if (!draft.reduceOnly) {
      const refusal = this.#clearing.checkOrder(account, market, side, draft.lots, px);
      if (refusal !== null) return refusal;
    }
    const bestPx = market.book.bestPx(-side as 1 | -1);
    if (draft.tif === "Alo" && bestPx !== null && side * (px - bestPx) >= 0) return "badAloPxRejected";
    return null;
  }

  /** With the base count open, reduce-only and trigger orders are refused, and others once volume allows no more. */
  #isOverCount(account: VenueAccount, draft: Draft): boolean {
    if (account.isHouse) return false;
    const rules = this.#host.rules;
    const count = account.orders.size;
    if (count < rules.openOrdersBase) return false;
    if (draft.reduceOnly || draft.trigger !== null) return true;
    if (draft.tif === "Ioc" || draft.tif === "FrontendMarket") return false;
    const earned = rules.openOrdersBase + Math.floor(account.volumeUsd / VOLUME_PER_OPEN_ORDER_USD);
    return count >= Math.min(rules.openOrdersMax, earned);
  }
}

/**
 * Under $10, and not the close of a whole position (a part of one is refused: testnet probe, October 2026). The venue's own participants may
 * be smaller: they repeat recorded levels and prints, which are what larger orders left.
 */
function isTooSmall(account: VenueAccount, draft: Draft): boolean {
  if (account.isHouse) return false;
  if (draft.px * draft.lots >= MIN_NOTIONAL_USD || draft.trigger?.wholePosition === true) return false;
  const reducible = reducibleLots(account, draft.market, draft.side);
  return !(draft.reduceOnly && reducible > 0 && draft.lots >= reducible);
}

function isTooLarge(draft: Draft): boolean {
  const { market, lots, tif, trigger } = draft;
  const limit = MARKET_ORDER_NOTIONALS.find((row) => market.spec.maxLeverage >= row.leverage)?.usd ?? 0;
  // A market order's price is only a bound, far from where it trades.
  if (tif === "Ioc" || tif === "FrontendMarket" || trigger?.isMarket === true) return lots * market.markPx > limit;
  return lots * draft.px > LIMIT_ORDER_MULTIPLE * limit;
}

/**
 * Whether the trigger still lies ahead. Of a TP or SL order that waits for a parent, from where the position will be: the parent's price
 * unless that is worse than the mark, as with orders that cross at once (inferred).
 */
function isAhead(trigger: Trigger, side: 1 | -1, markPx: number, parent: Order | undefined): boolean {
  let fromPx = markPx;
  if (parent !== undefined) fromPx = side < 0 ? Math.min(parent.px, markPx) : Math.max(parent.px, markPx);
  return trigger.above ? trigger.px > fromPx : trigger.px < fromPx;
}
