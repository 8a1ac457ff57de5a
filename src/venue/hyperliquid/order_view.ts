/**
 * The desk's orders as the reconciler sees them: which it must ask about, and which it must leave alone.
 * @module
 */
import { SLOT, type Slots } from "../../core/order/slots.ts";
import type { TimeUs } from "../../core/units.ts";

/** One order under a slot. */
export interface OrderView {
  market: number;
  /** Our counter, or minus the venue's order id. */
  cloid: number;
  /** Known to rest, and nothing is being asked of it. */
  isResting: boolean;
  /** Only the venue's record can tell what became of it. What is neither is under way: whoever sent the request hears of it. */
  isUnresolved: boolean;
  /** Until when the last request for it can still be executed, the venue's clock; 0 for no longer. */
  expiresUs: TimeUs;
}

/** Every order under the slots of a market. @param expiresUs By counter: when the request that placed the order expires, 0 where none did. */
export function ordersOf(market: number, slots: Slots, expiresUs: (cloid: number) => TimeUs): OrderView[] {
  const unresolved = new Set<number>();
  slots.visitUnresolved((cloid) => unresolved.add(cloid));
  const orders: OrderView[] = [];
  for (let i = 0; i < slots.limit; i++) {
    const state = slots.state[i];
    if (state === SLOT.empty) continue;
    for (const cloid of [slots.cloid[i] as number, slots.nextCloid[i] as number]) {
      if (cloid === 0) continue;
      const isResting = state === SLOT.resting;
      orders.push({ market, cloid, isResting, isUnresolved: unresolved.has(cloid), expiresUs: expiresUs(cloid) });
    }
  }
  return orders;
}
