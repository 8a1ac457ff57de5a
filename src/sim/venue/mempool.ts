/**
 * Actions that wait for their block, and the order in which a block takes them.
 * @module
 */
import type { Action, WireOrder } from "../../wire/hyperliquid/action.ts";

/**
 * Place of an action within a block: first what contains no GTC or IOC order, then cancels, then what contains one. A modify counts as its new
 * order (order-types and latency pages, August 2026). So a post-only quote that is about to be hit loses to its own cancel, and a taker to both.
 */
export type BlockClass = 0 | 1 | 2;

const isTaking = (order: WireOrder): boolean => "limit" in order.t && order.t.limit.tif !== "Alo";

/** The class of an action. */
export function blockClassOf(action: Action): BlockClass {
  switch (action.type) {
    case "cancel":
    case "cancelByCloid":
      return 1;
    case "order":
      return action.orders.some(isTaking) ? 2 : 0;
    case "modify":
      return isTaking(action.order) ? 2 : 0;
    case "batchModify":
      return action.modifies.some((m) => isTaking(m.order)) ? 2 : 0;
    default:
      return 0;
  }
}

interface Waiting<T> {
  item: T;
  dueBlock: number;
}

/** What was submitted since the last block, by class; each in order of arrival. */
export class Mempool<T> {
  readonly #classes: [Waiting<T>[], Waiting<T>[], Waiting<T>[]] = [[], [], []];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param dueBlock The first block that may take it. */
  add(item: T, blockClass: BlockClass, dueBlock: number): void {
    this.#classes[blockClass].push({ item, dueBlock });
    this.#count += 1;
  }

  /** Takes what is due in this block, in order. What is submitted meanwhile waits for the next. */
  take(block: number): T[] {
    if (this.#count === 0) return [];
    const taken: T[] = [];
    for (let i = 0; i < 3; i++) {
      const waiting = this.#classes[i] as Waiting<T>[];
      const left: Waiting<T>[] = [];
      for (const entry of waiting) {
        if (entry.dueBlock <= block) taken.push(entry.item);
        else left.push(entry);
      }
      this.#classes[i] = left;
    }
    this.#count -= taken.length;
    return taken;
  }
}
