/**
 * Tells several listeners what happens at the venue, in the order in which they came.
 * @module
 */
import type { FundingPayment, LedgerEntry, LiquidationEvent, Trade, VenueFill, VenueListener } from "./events.ts";
import type { Order, OrderStatus } from "./order.ts";

/** One listener that passes on to many. */
export class Fanout implements VenueListener {
  readonly #listeners: VenueListener[] = [];

  add(listener: VenueListener): void {
    this.#listeners.push(listener);
  }

  onTrade(trade: Trade): void {
    for (const listener of this.#listeners) listener.onTrade(trade);
  }
  onFill(fill: VenueFill): void {
    for (const listener of this.#listeners) listener.onFill(fill);
  }
  onOrder(order: Order, status: OrderStatus, lots: number): void {
    for (const listener of this.#listeners) listener.onOrder(order, status, lots);
  }
  onNonUserCancel(order: Order): void {
    for (const listener of this.#listeners) listener.onNonUserCancel(order);
  }
  onFunding(payment: FundingPayment): void {
    for (const listener of this.#listeners) listener.onFunding(payment);
  }
  onLedger(entry: LedgerEntry): void {
    for (const listener of this.#listeners) listener.onLedger(entry);
  }
  onLiquidation(event: LiquidationEvent): void {
    for (const listener of this.#listeners) listener.onLiquidation(event);
  }
  onBlock(timeMs: number): void {
    for (const listener of this.#listeners) listener.onBlock(timeMs);
  }
}
