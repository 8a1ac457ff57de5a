/**
 * What the sender of an action is told of its orders.
 * @module
 */
import type { ActionReply, ItemStatus } from "../../wire/hyperliquid/action.ts";
import { formatLots, formatPx } from "../../wire/hyperliquid/format.ts";
import type { Order } from "./order.ts";

/** Reply of an action with one status an item; a text stands for all items and is one status (error-responses page, August 2026). */
export function replyOf(type: "order" | "cancel", items: ItemStatus[] | string): ActionReply {
  const statuses = typeof items === "string" ? [{ error: items }] : items;
  return { status: "ok", response: { type, data: { statuses } } };
}

/**
 * What is said of an order that was placed: `filled` once anything matched, whether the rest was cancelled or rests.
 *
 * The average price is printed to a price unit of 10^-(6 - szDecimals); how the venue rounds averages of several prices is not known.
 */
export function itemOf(order: Order): ItemStatus {
  const { oid, cloid, market } = order;
  if (order.filledLots === 0) return { resting: cloid === null ? { oid } : { oid, cloid } };
  const totalSz = formatLots(order.filledLots, market.szDecimals);
  const avgPx = formatPx(Math.round(order.filledUsd / order.filledLots), market.pxDecimals);
  return { filled: cloid === null ? { totalSz, avgPx, oid } : { totalSz, avgPx, oid, cloid } };
}
