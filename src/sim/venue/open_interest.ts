/**
 * What is refused, and what is cancelled, while a market's open interest is at its cap.
 * @module
 */
import type { VenueAccount } from "./account.ts";
import type { Draft } from "./draft.ts";
import type { VenueMarket } from "./market.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order, OrderStatus } from "./order.ts";

/** Open interest at the mark has reached the market's cap, or that of all markets of its dex together. */
export function isAtCap(market: VenueMarket): boolean {
  if (market.openLots * market.markPx >= market.oiCapUsd) return true;
  let sumUsd = 0;
  for (const peer of market.peers) sumUsd += peer.openLots * peer.markPx;
  return sumUsd >= market.dex.totalOiCapUsd;
}

/**
 * Why an order is refused at the cap: it would increase the position, or close and turn it, or is priced more aggressively than the oracle.
 * Reduce-only orders pass: they can only lower open interest. (Error-responses page, August 2026; what counts as aggressive is inferred.)
 */
export function checkOpenInterest(account: VenueAccount, draft: Draft): OrderStatus | null {
  const { market, side } = draft;
  if (draft.reduceOnly || !isAtCap(market)) return null;
  const lots = account.positionLots(market);
  if (lots * side >= 0) return "positionIncreaseAtOpenInterestCapRejected";
  if (draft.lots > Math.abs(lots)) return "positionFlipAtOpenInterestCapRejected";
  return side * (draft.px - market.oraclePx) > 0 ? "tooAggressiveAtOpenInterestCapRejected" : null;
}

/** At the cap, cancels what rests at prices more aggressive than the oracle and is not reduce-only. */
export function cancelAggressive(orders: OpenOrders, market: VenueMarket): void {
  if (!isAtCap(market)) return;
  const aggressive: Order[] = [];
  for (const levels of [market.book.bids, market.book.asks]) {
    const side = levels === market.book.bids ? 1 : -1;
    for (let i = levels.length - 1; i >= 0; i--) {
      const level = levels[i];
      if (level === undefined || side * (level.px - market.oraclePx) <= 0) break;
      for (let order = level.head; order !== null; order = order.next) if (!order.reduceOnly) aggressive.push(order);
    }
  }
  for (const order of aggressive) orders.end(order, "openInterestCapCanceled");
}
