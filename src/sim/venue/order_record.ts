/**
 * What is remembered of an order: a copy that does not change with it.
 * @module
 */
import type { Lots, Px } from "../../core/units.ts";
import type { WireTif } from "../../wire/hyperliquid/action.ts";
import type { VenueMarket } from "./market.ts";
import type { Order, OrderStatus, Trigger } from "./order.ts";

export interface OrderRecord {
  readonly oid: number;
  readonly market: VenueMarket;
  /** +1 buys. */
  readonly side: 1 | -1;
  readonly px: Px;
  /** What remained when the status became this. */
  readonly lots: Lots;
  readonly origLots: Lots;
  readonly tif: WireTif;
  readonly reduceOnly: boolean;
  readonly cloid: string | null;
  /** Block time of its arrival. */
  readonly timeMs: number;
  readonly trigger: Readonly<Trigger> | null;
  readonly status: OrderStatus;
  readonly statusMs: number;
  /** TP and SL orders that wait for this one. */
  readonly children: readonly OrderRecord[];
}

/** A copy of the order as of a status, with `lots` remaining; one level of children, because siblings know each other too. */
export function recordOf(order: Order, status: OrderStatus, lots: Lots): OrderRecord {
  const children = order.children.filter((child) => child.parent === order);
  return copyOf(
    order,
    status,
    lots,
    children.map((child) => copyOf(child, child.status, child.lots, [])),
  );
}

function copyOf(order: Order, status: OrderStatus, lots: Lots, children: readonly OrderRecord[]): OrderRecord {
  return {
    oid: order.oid,
    market: order.market,
    side: order.side,
    px: order.px,
    lots,
    origLots: order.origLots,
    tif: order.tif,
    reduceOnly: order.reduceOnly,
    cloid: order.cloid,
    timeMs: order.timeMs,
    trigger: order.trigger === null ? null : { ...order.trigger },
    status,
    statusMs: order.statusMs,
    children,
  };
}
