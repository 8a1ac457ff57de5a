/**
 * What becomes of our orders: answers and fills applied to slots, each fill once.
 * @module
 */

import { assert } from "../assert.ts";
import { F, FILL, KIND, ORDER, ORDER_STATUS } from "../frame.ts";
import type { StateWalk } from "../state.ts";
import { type Lots, type TimeUs, US_PER_SECOND } from "../units.ts";
import { NO_SLOT, SLOT, type Slots } from "./slots.ts";

/**
 * How long a slot waits for the fill of an order that the venue no longer knows. Fills follow within the way back (0.2 to 0.4 s seen, p99
 * about 2 s); after that the order ended in another way that we were not told, and its exposure may be given back.
 */
export const UNKNOWN_GRACE_US = 5 * US_PER_SECOND;

/** Trade ids remembered for deduplication: hours of our own fills. */
const TID_MEMORY = 4096;

/** Applies order answers and fills of one market to its slots. */
export class Lifecycle {
  /** Fills whose trade id was seen before. */
  duplicateFillCount = 0;
  /** Fills of orders that no slot knew any more. */
  lateFillCount = 0;
  /** Answers about orders that no slot knew. */
  strayAnswerCount = 0;
  rejectedCount = 0;
  refusedCount = 0;
  readonly #slots: Slots;
  readonly #tids = new Float64Array(TID_MEMORY);
  readonly #tidSet = new Set<number>();
  #tidNext = 0;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** Applies an `order` frame. */
  onOrder(data: Float64Array, at: number): void {
    assert(data[at + F.kind] === KIND.order, "lifecycle: frame is an order answer");
    const cloid = data[at + ORDER.cloid] as number;
    const status = data[at + ORDER.status] as number;
    const nowUs = data[at + F.timeUs] as TimeUs;
    if (status === ORDER_STATUS.rejected) this.rejectedCount += 1;
    if (status === ORDER_STATUS.refused) this.refusedCount += 1;
    const slot = this.#slots.find(cloid);
    if (slot === NO_SLOT) {
      this.strayAnswerCount += 1;
      return;
    }
    const isNext = this.#slots.state[slot] === SLOT.modifying && this.#slots.nextCloid[slot] === cloid;
    if (isNext) this.#onReplacement(slot, status, data[at + ORDER.leavesLots] as Lots, nowUs);
    else this.#onResting(slot, status, nowUs);
  }

  /** The replacing leg of a modify has an answer. */
  #onReplacement(slot: number, status: number, leavesLots: Lots, nowUs: TimeUs): void {
    const slots = this.#slots;
    if (status === ORDER_STATUS.resting) {
      slots.cloid[slot] = slots.nextCloid[slot] as number;
      slots.px[slot] = slots.nextPx[slot] as number;
      slots.leavesLots[slot] = leavesLots;
      this.#settle(slot);
    } else if (status === ORDER_STATUS.refused) {
      // The limiter changed nothing: the old order stands as it was.
      this.#dropReplacement(slot);
      if ((slots.leavesLots[slot] as Lots) > 0) slots.state[slot] = SLOT.resting;
      else slots.free(slot);
    } else if (status === ORDER_STATUS.missing && (slots.leavesLots[slot] as Lots) > 0) {
      // The old order was gone before the modify came. If it was filled, the fill is on its way: wait for it at full size.
      this.#dropReplacement(slot);
      slots.state[slot] = SLOT.unknown;
      slots.sinceUs[slot] = nowUs;
    } else {
      slots.free(slot);
    }
  }

  #dropReplacement(slot: number): void {
    this.#slots.nextCloid[slot] = 0;
    this.#slots.nextPx[slot] = 0;
    this.#slots.nextLots[slot] = 0;
  }

  #settle(slot: number): void {
    this.#dropReplacement(slot);
    if ((this.#slots.leavesLots[slot] as Lots) > 0) this.#slots.state[slot] = SLOT.resting;
    else this.#slots.free(slot);
  }

  /** The order that the slot holds (placed, resting, being cancelled, or the old leg of a modify) has an answer. */
  #onResting(slot: number, status: number, nowUs: TimeUs): void {
    const slots = this.#slots;
    const state = slots.state[slot];
    if (status === ORDER_STATUS.resting) {
      if (state === SLOT.placing) this.#settle(slot);
      return;
    }
    if (status === ORDER_STATUS.refused) {
      // A refused place never existed; a refused cancel changed nothing.
      if (state === SLOT.placing) slots.free(slot);
      else if (state === SLOT.cancelling) this.#settle(slot);
      return;
    }
    if (status === ORDER_STATUS.missing && (slots.leavesLots[slot] as Lots) > 0) {
      slots.state[slot] = SLOT.unknown;
      slots.sinceUs[slot] = nowUs;
      return;
    }
    if (state === SLOT.modifying) {
      // The old leg is gone, the new one has no answer yet.
      slots.leavesLots[slot] = 0;
      return;
    }
    slots.free(slot);
  }

  /**
   * Applies a `fill` frame to its slot. Returns the lots that change the position: 0 for a snapshot or a trade id seen before.
   *
   * A fill of an order that no slot knows any more still changes the position: it is ours, whatever we believed about the order.
   */
  onFill(data: Float64Array, at: number): Lots {
    assert(data[at + F.kind] === KIND.fill, "lifecycle: frame is a fill");
    if (data[at + FILL.snapshot] === 1) return 0;
    if (!this.#remember(data[at + FILL.tid] as number)) {
      this.duplicateFillCount += 1;
      return 0;
    }
    const lots = data[at + FILL.lots] as Lots;
    const cloid = data[at + FILL.cloid] as number;
    const slots = this.#slots;
    const slot = slots.find(cloid);
    if (slot === NO_SLOT) {
      this.lateFillCount += 1;
      return lots;
    }
    if (slots.state[slot] === SLOT.modifying && slots.nextCloid[slot] === cloid) {
      // The replacement traded before we heard that it lives: so it lives, and the old leg is gone.
      slots.cloid[slot] = cloid;
      slots.px[slot] = slots.nextPx[slot] as number;
      slots.leavesLots[slot] = slots.nextLots[slot] as Lots;
      this.#dropReplacement(slot);
      slots.state[slot] = SLOT.resting;
    }
    const left = Math.max(0, (slots.leavesLots[slot] as Lots) - lots);
    slots.leavesLots[slot] = left;
    const state = slots.state[slot];
    // A cancelling or modifying slot still waits for the answer to its request.
    if (left === 0 && (state === SLOT.resting || state === SLOT.placing || state === SLOT.unknown)) slots.free(slot);
    return lots;
  }

  /** Gives up waiting for orders that the venue did not know and whose fill never came. */
  onTimer(nowUs: TimeUs): void {
    const slots = this.#slots;
    for (let i = slots.limit - 1; i >= 0; i--) {
      if (slots.state[i] === SLOT.unknown && nowUs - (slots.sinceUs[i] as TimeUs) > UNKNOWN_GRACE_US) slots.free(i);
    }
  }

  /** False when the trade id was there. */
  #remember(tid: number): boolean {
    if (this.#tidSet.has(tid)) return false;
    const old = this.#tids[this.#tidNext] as number;
    if (this.#tidSet.size >= TID_MEMORY) this.#tidSet.delete(old);
    this.#tids[this.#tidNext] = tid;
    this.#tidNext = (this.#tidNext + 1) % TID_MEMORY;
    this.#tidSet.add(tid);
    return true;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.duplicateFillCount = state.num(this.duplicateFillCount);
    this.lateFillCount = state.num(this.lateFillCount);
    this.strayAnswerCount = state.num(this.strayAnswerCount);
    this.rejectedCount = state.num(this.rejectedCount);
    this.refusedCount = state.num(this.refusedCount);
    this.#tidNext = state.num(this.#tidNext);
    // The ring from its oldest id on; the set holds the same ids.
    const count = state.num(this.#tidSet.size);
    this.#tidSet.clear();
    for (let n = count; n > 0; n--) {
      const i = (this.#tidNext + TID_MEMORY - n) % TID_MEMORY;
      this.#tids[i] = state.num(this.#tids[i] as number);
      this.#tidSet.add(this.#tids[i] as number);
    }
  }
}
