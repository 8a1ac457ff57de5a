/**
 * Topics about the orders of one user.
 * @module
 */
import type { VenueFill } from "../sim/venue/events.ts";
import type { Order, OrderStatus } from "../sim/venue/order.ts";
import { recordOf } from "../sim/venue/order_record.ts";
import { liveRecord, printFrontendOrder, printOrder, printStatus } from "./print_order.ts";
import { frameOf, type Tick, Topic, type View } from "./topic.ts";

/** `orderUpdates`: a bare list, one frame a block, of all dexs; nothing before the first. */
export class OrderUpdatesTopic extends Topic {
  #updates: object[] = [];

  snapshot(): string[] {
    return [];
  }

  override onOrder(order: Order, status: OrderStatus, lots: number): void {
    const record = recordOf(order, status, lots);
    this.#updates.push({ order: printOrder(record), status, statusTimestamp: record.statusMs });
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#updates.length === 0) return;
    out.push(frameOf("orderUpdates", this.#updates));
    this.#updates = [];
  }
}

/** `openOrders` on one dex: the whole list whenever it may have changed. */
export class OpenOrdersTopic extends Topic {
  readonly #user: string;
  readonly #dexIndex: number;
  #changed = false;

  constructor(view: View, user: string, dexIndex: number) {
    super(view);
    this.#user = user;
    this.#dexIndex = dexIndex;
  }

  snapshot(): string[] {
    const dex = this.view.venue.spec.dexs[this.#dexIndex]?.name;
    const orders = printOpenOrders(this.view, this.#user, this.#dexIndex);
    return [frameOf("openOrders", { dex, user: this.#user, orders })];
  }

  override onOrder(order: Order): void {
    if (order.market.dexIndex === this.#dexIndex) this.#changed = true;
  }
  override onFill(fill: VenueFill): void {
    if (fill.market.dexIndex === this.#dexIndex) this.#changed = true;
  }

  publish(_tick: Tick, out: string[]): void {
    if (!this.#changed) return;
    this.#changed = false;
    out.push(...this.snapshot());
  }
}

/** Open orders of a user on a dex, as frontends get them. */
export function printOpenOrders(view: View, user: string, dexIndex: number): object[] {
  return ordersOn(view, user, dexIndex).map((order) => printFrontendOrder(liveRecord(order)));
}

/** What rests or waits for the mark, in order of arrival. */
export function ordersOn(view: View, user: string, dexIndex: number): Order[] {
  const account = view.venue.find(user);
  return account === null ? [] : [...account.orders.values()].filter((order) => order.market.dexIndex === dexIndex);
}

/** `userHistoricalOrders`: the newest 2,000, then what changes. */
export class HistoricalOrdersTopic extends Topic {
  readonly #user: string;
  #changes: object[] = [];

  constructor(view: View, user: string) {
    super(view);
    this.#user = user;
  }

  snapshot(): string[] {
    const orderHistory = printHistoricalOrders(this.view, this.#user);
    return [frameOf("userHistoricalOrders", { isSnapshot: true, user: this.#user, orderHistory })];
  }

  override onOrder(order: Order, status: OrderStatus, lots: number): void {
    this.#changes.push(printStatus(recordOf(order, status, lots)));
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#changes.length === 0) return;
    out.push(frameOf("userHistoricalOrders", { user: this.#user, orderHistory: this.#changes }));
    this.#changes = [];
  }
}

/**
 * Newest first, one row for each status: an order that was open and is cancelled comes twice under the same oid (users of other clients saw that
 * in 2024 and 2026, and their client now drops the older row).
 */
export function printHistoricalOrders(view: View, user: string): object[] {
  const { statuses } = view.history.account(view.venue.find(user));
  return [...statuses].reverse().map(printStatus);
}
