/**
 * Modifies: the old order is cancelled, a new one takes its place under a new id.
 * @module
 */
import type { ItemStatus, WireOrder } from "../../wire/hyperliquid/action.ts";
import { CANNOT_MODIFY, modifyPlaceText } from "../../wire/hyperliquid/errors.ts";
import type { VenueAccount } from "./account.ts";
import { type Draft, readBatch } from "./draft.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order } from "./order.ts";
import type { Placing } from "./placing.ts";
import type { TradingHost } from "./ports.ts";
import { itemOf } from "./replies.ts";

export interface Modify {
  oid: number | string;
  order: WireOrder;
}

/**
 * Runs modifies in their order; one text for all when the venue would look no further than the batch.
 *
 * `always` places whatever the new order is. Without it the new order must be post-only, or GTC that is made post-only, so that a modify
 * never takes by accident (exchange page, August 2026); the rest is refused before anything is cancelled, in the words that users of
 * trigger orders report. Once the old order is cancelled it stays so, whether or not the new one is accepted.
 */
export function runModifies(
  host: TradingHost,
  orders: OpenOrders,
  placing: Placing,
  account: VenueAccount,
  modifies: readonly Modify[],
  always: boolean,
  hash: string,
): ItemStatus[] | string {
  const wires = modifies.map((modify) => modify.order);
  const drafts = readBatch(host, wires, "na");
  if (typeof drafts === "string") return drafts;
  return modifies.map((modify, i) => {
    const draft = drafts[i] as Draft;
    const old = findOld(orders, account, modify.oid);
    if (old === null || old.market !== draft.market || (!always && !canRest(draft))) return { error: CANNOT_MODIFY };
    orders.end(old, "canceled");
    if (!always) draft.tif = "Alo";
    const placed = placing.place(account, draft, old.builder, hash);
    return typeof placed === "string" ? { error: modifyPlaceText(placed) } : itemOf(placed);
  });
}

function findOld(orders: OpenOrders, account: VenueAccount, id: number | string): Order | null {
  if (typeof id === "number") return orders.find(account, id);
  return account.cloids.get(id.toLowerCase()) ?? null;
}

function canRest(draft: Draft): boolean {
  return draft.trigger === null && (draft.tif === "Alo" || draft.tif === "Gtc");
}
