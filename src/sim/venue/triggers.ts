/**
 * Trigger orders: fired by the mark, then matched like any other order.
 * @module
 */
import type { VenueMarket } from "./market.ts";
import { type Matching, ZERO_HASH } from "./matching.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order } from "./order.ts";
import type { ClearingPort } from "./ports.ts";
import { reducibleLots } from "./reduce_only.ts";

/** How far from the mark a market trigger may trade (TP/SL page, August 2026). */
const SLIPPAGE_RATIO = 0.1;

/** Fires what the mark has reached, in order of arrival. Nothing fires while the market is halted. */
export function fireTriggers(
  matching: Matching,
  orders: OpenOrders,
  clearing: ClearingPort,
  market: VenueMarket,
): void {
  if (market.triggers.size === 0 || market.halted || market.delisted) return;
  const due: Order[] = [];
  for (const order of market.triggers) {
    const trigger = order.trigger;
    if (trigger !== null && (trigger.above ? market.markPx >= trigger.px : market.markPx <= trigger.px))
      due.push(order);
  }
  // One that fires may end another: its sibling, or all when the position closes.
  for (const order of due) if (market.triggers.has(order)) fire(matching, orders, clearing, order);
}

function fire(matching: Matching, orders: OpenOrders, clearing: ClearingPort, order: Order): void {
  const { account, market, side, trigger } = order;
  if (trigger === null) return;
  const reducible = reducibleLots(account, market, side);
  if (trigger.wholePosition) order.follow(reducible);
  else if (order.reduceOnly && reducible > 0) order.lots = Math.min(order.lots, reducible);
  orders.trigger(order);
  if (order.reduceOnly && reducible === 0) {
    orders.end(order, "reduceOnlyRejected");
    return;
  }
  const bound = market.markPx * (1 + side * SLIPPAGE_RATIO);
  const limitPx = trigger.isMarket ? (side > 0 ? Math.floor(bound) : Math.ceil(bound)) : order.px;
  const refusal = order.reduceOnly ? null : clearing.checkOrder(account, market, side, order.lots, limitPx);
  if (refusal !== null) orders.end(order, refusal);
  else if (trigger.isMarket && market.book.best(-side as 1 | -1) === null)
    orders.end(order, "marketOrderNoLiquidityRejected");
  else matching.execute(order, limitPx, !trigger.isMarket, ZERO_HASH, null);
}
