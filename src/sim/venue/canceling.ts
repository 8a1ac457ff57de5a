/**
 * Cancels by order id and by client id.
 * @module
 */
import type { CancelAction, CancelByCloidAction, ItemStatus } from "../../wire/hyperliquid/action.ts";
import { missingOrderText } from "../../wire/hyperliquid/errors.ts";
import type { VenueAccount } from "./account.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order } from "./order.ts";
import { EMPTY_BATCH } from "./refusals.ts";

/** Cancels in order, one status each; a text when there is nothing to do. */
export function runCancels(orders: OpenOrders, account: VenueAccount, action: CancelAction): ItemStatus[] | string {
  if (action.cancels.length === 0) return EMPTY_BATCH;
  return action.cancels.map(({ a, o }) => cancelOne(orders, orders.find(account, o), a, action.f === true));
}

/** The same by client id. */
export function runCancelsByCloid(
  orders: OpenOrders,
  account: VenueAccount,
  action: CancelByCloidAction,
): ItemStatus[] | string {
  if (action.cancels.length === 0) return EMPTY_BATCH;
  return action.cancels.map(({ asset, cloid }) =>
    cancelOne(orders, account.cloids.get(cloid.toLowerCase()) ?? null, asset, action.f === true),
  );
}

/** A fast cancel does not see trigger orders (exchange page, August 2026; the wording for them is not known and taken from unknown orders). */
function cancelOne(orders: OpenOrders, order: Order | null, assetId: number, fast: boolean): ItemStatus {
  const missing = order === null || order.market.assetId !== assetId || (fast && order.trigger !== null);
  if (missing) return { error: missingOrderText(assetId) };
  orders.end(order, "canceled");
  return "success";
}
