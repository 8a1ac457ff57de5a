/**
 * The life of orders: what rests, what waits, and how it ends. The one place where an order's status changes.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots } from "../../core/units.ts";
import type { VenueAccount } from "./account.ts";
import type { Order, OrderStatus } from "./order.ts";
import type { ClearingPort, TradingHost } from "./ports.ts";

/** Ends that the venue does not announce as its own doing: the user's, the market's, and those that a closed position explains. */
const QUIET: ReadonlySet<OrderStatus> = new Set<OrderStatus>(["filled", "canceled", "reduceOnlyCanceled"]);

/**
 * Books, triggers and the lists of accounts change here and nowhere else, so that they agree and every change of status is told once.
 * Partial fills and shrinking change no status: fills are told of by themselves (what `orderStatus` prints is as of the last change).
 */
export class OpenOrders {
  readonly #host: TradingHost;
  readonly #clearing: ClearingPort;
  /** TP and SL orders that wait for their parent, by oid: they are not yet open orders of the account. */
  readonly #children = new Map<number, Order>();
  /** Reduce-only orders that rest or wait for the mark, in order of arrival. */
  readonly #reduceOnly = new Map<VenueAccount, Set<Order>>();

  constructor(host: TradingHost, clearing: ClearingPort) {
    this.#host = host;
    this.#clearing = clearing;
  }

  /** A live order of the account, TP and SL orders that wait for a parent included; null when there is none. */
  find(account: VenueAccount, oid: number): Order | null {
    const order = account.orders.get(oid) ?? this.#children.get(oid);
    return order === undefined || order.account !== account ? null : order;
  }

  /** Reduce-only orders of an account, oldest first; undefined when it has none. */
  reduceOnlyOf(account: VenueAccount): ReadonlySet<Order> | undefined {
    return this.#reduceOnly.get(account);
  }

  /** The order is accepted, at its full size: told once, before its first fill or when it rests. */
  open(order: Order): void {
    this.#status(order, "open", order.lots);
  }

  /** What remains of the order rests. */
  rest(order: Order): void {
    if (order.filledLots === 0) this.open(order);
    this.#enter(order);
    order.market.book.add(order);
    this.#clearing.onRest(order, order.lots);
  }

  /** The trigger order waits for the mark. One that waited for its parent has been told to be open. */
  wait(order: Order): void {
    assert(order.trigger !== null, "open orders: what waits for the mark has a trigger");
    if (order.parent === null) this.open(order);
    order.parent = null;
    this.#children.delete(order.oid);
    this.#enter(order);
    order.market.triggers.add(order);
  }

  /** The TP or SL order waits until `parent` is filled. It is told as open: no reply carries its oid. */
  attach(order: Order, parent: Order): void {
    order.parent = parent;
    parent.children = [...parent.children, order];
    this.#children.set(order.oid, order);
    if (order.cloid !== null) order.account.cloids.set(order.cloid, order);
    this.open(order);
  }

  /** The mark has reached the trigger: the order becomes a plain one, about to be matched. */
  trigger(order: Order): void {
    order.market.triggers.delete(order);
    this.#status(order, "triggered", order.lots);
    order.trigger = null;
  }

  /** `lots` of a resting order match. The caller ends it when nothing remains. */
  fill(order: Order, lots: Lots): void {
    order.market.book.reduce(order, lots);
    this.#clearing.onUnrest(order, lots);
  }

  /** A resting order loses `lots` and keeps its place: its status does not change. */
  shrink(order: Order, lots: Lots): void {
    assert(lots < order.lots, "open orders: what shrinks does not vanish");
    order.market.book.reduce(order, lots);
    this.#clearing.onUnrest(order, lots);
  }

  /** The order is over, wherever it was, and its TP and SL orders with it or because of it. */
  end(order: Order, status: OrderStatus): void {
    if (order.level !== null) {
      order.market.book.remove(order);
      this.#clearing.onUnrest(order, order.lots);
    }
    this.#leave(order);
    this.#status(order, status, order.lots);
    if (!QUIET.has(status) && !isRefusal(status)) this.#host.listener.onNonUserCancel(order);
    if (order.children.length > 0) this.#endParent(order, status);
    if (status === "filled")
      for (const sibling of order.siblings)
        if (sibling !== order && this.find(sibling.account, sibling.oid) !== null)
          this.end(sibling, "siblingFilledCanceled");
  }

  /**
   * TP and SL orders begin to wait for the mark once their parent is filled, or partly filled and then cancelled for want of margin;
   * any other end of the parent is theirs (TP/SL page, August 2026).
   */
  #endParent(parent: Order, status: OrderStatus): void {
    const placed = status === "filled" || (status === "marginCanceled" && parent.filledLots > 0);
    const children = parent.children;
    parent.children = [];
    for (const child of children) {
      if (placed) this.wait(child);
      else this.end(child, "canceled");
    }
  }

  #enter(order: Order): void {
    const account = order.account;
    account.orders.set(order.oid, order);
    if (order.cloid !== null) account.cloids.set(order.cloid, order);
    if (!order.reduceOnly) return;
    const own = this.#reduceOnly.get(account);
    if (own === undefined) this.#reduceOnly.set(account, new Set([order]));
    else own.add(order);
  }

  #leave(order: Order): void {
    const account = order.account;
    account.orders.delete(order.oid);
    if (order.cloid !== null && account.cloids.get(order.cloid) === order) account.cloids.delete(order.cloid);
    if (order.trigger !== null) order.market.triggers.delete(order);
    if (order.parent !== null) {
      order.parent.children = order.parent.children.filter((child) => child !== order);
      this.#children.delete(order.oid);
      order.parent = null;
    }
    if (!order.reduceOnly) return;
    const own = this.#reduceOnly.get(account);
    if (own?.delete(order) && own.size === 0) this.#reduceOnly.delete(account);
  }

  #status(order: Order, status: OrderStatus, lots: Lots): void {
    order.status = status;
    order.statusMs = this.#host.nowMs();
    order.statusLots = lots;
    this.#host.listener.onOrder(order, status, lots);
  }
}

/** Whether the status says that the order was never accepted. */
export function isRefusal(status: OrderStatus): boolean {
  return status === "rejected" || status.endsWith("Rejected");
}
