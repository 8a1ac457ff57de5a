/**
 * Reduce-only orders never exceed the position that they reduce.
 * @module
 */
import type { Lots } from "../../core/units.ts";
import type { VenueAccount } from "./account.ts";
import type { VenueMarket } from "./market.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order } from "./order.ts";

/** Most lots that a reduce-only order on `side` may have; 0 when it would open or increase. */
export function reducibleLots(account: VenueAccount, market: VenueMarket, side: 1 | -1): Lots {
  return Math.max(0, -side * account.positionLots(market));
}

/**
 * Brings an account's reduce-only orders in line with its position, after either changed.
 *
 * Those that nothing is left for are cancelled, triggers included; TP and SL orders of the position take its size. Of several that rest
 * and together exceed the position the oldest go; one alone is shrunk to it (testnet probe, October 2026).
 */
export function alignReduceOnly(orders: OpenOrders, account: VenueAccount, market: VenueMarket): void {
  const own = orders.reduceOnlyOf(account);
  if (own === undefined) return;
  const resting: Order[] = [];
  let lots = 0;
  for (const order of [...own]) {
    if (order.market !== market) continue;
    const reducible = reducibleLots(account, market, order.side);
    if (reducible === 0) orders.end(order, "reduceOnlyCanceled");
    else if (order.trigger?.wholePosition === true && order.origLots > 0) order.follow(reducible);
    else if (order.level !== null) {
      resting.push(order);
      lots += order.lots;
    }
  }
  for (const [i, order] of resting.entries()) {
    const excess = lots - reducibleLots(account, market, order.side);
    if (excess <= 0) return;
    if (i === resting.length - 1) orders.shrink(order, excess);
    else {
      lots -= order.lots;
      orders.end(order, "reduceOnlyCanceled");
    }
  }
}
