/**
 * The newest ids of a kind: whether one was seen before, within bounds.
 * @module
 */
import type { StateWalk } from "../state.ts";

/** A ring of ids and a set of the same: constant cost, bounded memory, the oldest id is forgotten first. */
export class RecentIds {
  readonly #ids: Float64Array;
  readonly #set = new Set<number>();
  #next = 0;

  constructor(capacity: number) {
    this.#ids = new Float64Array(capacity);
  }

  has(id: number): boolean {
    return this.#set.has(id);
  }

  /** Remembers an id. False when it was there. */
  add(id: number): boolean {
    if (this.#set.has(id)) return false;
    const capacity = this.#ids.length;
    if (this.#set.size >= capacity) this.#set.delete(this.#ids[this.#next] as number);
    this.#ids[this.#next] = id;
    this.#next = (this.#next + 1) % capacity;
    this.#set.add(id);
    return true;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    const capacity = this.#ids.length;
    this.#next = state.num(this.#next);
    // The ring from its oldest id on; the set holds the same ids.
    const count = state.num(this.#set.size);
    this.#set.clear();
    for (let n = count; n > 0; n--) {
      const i = (this.#next + capacity - n) % capacity;
      this.#ids[i] = state.num(this.#ids[i] as number);
      this.#set.add(this.#ids[i] as number);
    }
  }
}
