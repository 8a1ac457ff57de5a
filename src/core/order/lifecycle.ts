/**
 * What becomes of our orders: answers and fills applied to slots, each fill once.
 * @module
 */

import { assert } from "../assert.ts";
import { F, FILL, KIND, ORDER, ORDER_STATUS } from "../frame.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";
import { RecentIds } from "./recent.ts";
import { LEG, NO_SLOT, SLOT, type Slots } from "./slots.ts";

/** Trade ids remembered for deduplication: hours of our own fills. */
const TID_MEMORY = 4096;
/** Ended orders remembered, so that an old picture of the book does not bring them back: the orders of the last minutes. */
const ENDED_MEMORY = 512;

/**
 * Applies order answers and fills of one market to its slots.
 *
 * An answer comes by two ways, as the reply to a request and as a push, in either order, twice or late; so each frame says something of one
 * order, is taken for that alone, and changes nothing the second time. What an order can still do to the position is counted from what was
 * asked for and the fills that were told, and from nothing else: an end without its fills keeps their size in exposure until they are told, and
 * no slot is given back because time has passed.
 */
export class Lifecycle {
  /** Fills whose trade id was seen before. */
  duplicateFillCount = 0;
  /** Fills of orders that no slot knew any more. */
  lateFillCount = 0;
  /** Answers about orders that no slot knew. */
  strayAnswerCount = 0;
  /** Orders found at the venue that no slot was free for: whoever feeds the desk cancels them. */
  unadoptedCount = 0;
  rejectedCount = 0;
  refusedCount = 0;
  readonly #slots: Slots;
  readonly #tids = new RecentIds(TID_MEMORY);
  readonly #ended = new RecentIds(ENDED_MEMORY);

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** Applies an `order` frame. Returns whether it told anything new. */
  onOrder(data: Float64Array, at: number): boolean {
    assert(data[at + F.kind] === KIND.order, "lifecycle: frame is an order answer");
    const cloid = data[at + ORDER.cloid] as number;
    const status = data[at + ORDER.status] as number;
    const nowUs = data[at + F.timeUs] as TimeUs;
    const slot = this.#slots.find(cloid);
    if (slot === NO_SLOT && status === ORDER_STATUS.found) return this.#adopt(data, at, cloid, nowUs);
    if (status === ORDER_STATUS.filled || status === ORDER_STATUS.cancelled) this.#ended.add(cloid);
    if (slot === NO_SLOT) {
      this.strayAnswerCount += 1;
      return false;
    }
    const isNext = this.#slots.nextCloid[slot] === cloid;
    const isNew = this.#apply(slot, isNext, status, data[at + ORDER.leavesLots] as Lots);
    if (isNew && status === ORDER_STATUS.rejected) this.rejectedCount += 1;
    if (isNew && status === ORDER_STATUS.refused) this.refusedCount += 1;
    this.#settle(slot, nowUs);
    return isNew;
  }

  #adopt(data: Float64Array, at: number, cloid: number, nowUs: TimeUs): boolean {
    const lots = data[at + ORDER.leavesLots] as Lots;
    const slot = this.#slots.findEmpty();
    // What was told to have ended is not there, whatever an older picture shows.
    if (cloid === 0 || !(lots > 0) || this.#ended.has(cloid)) {
      this.strayAnswerCount += 1;
      return false;
    }
    if (slot === NO_SLOT) {
      this.unadoptedCount += 1;
      return false;
    }
    const isReduceOnly = data[at + ORDER.reduceOnly] === 1;
    const side = data[at + ORDER.side] as number;
    this.#slots.adopt(slot, cloid, side, data[at + ORDER.px] as Px, lots, isReduceOnly, nowUs);
    return true;
  }

  /** Takes what a frame says of one leg. Returns whether it is new. */
  #apply(slot: number, isNext: boolean, status: number, leavesLots: Lots): boolean {
    switch (status) {
      case ORDER_STATUS.resting:
      case ORDER_STATUS.found:
        return this.#onResting(slot, isNext);
      case ORDER_STATUS.filled:
        return this.#onEnd(slot, isNext, 0);
      case ORDER_STATUS.cancelled:
        return this.#onEnd(slot, isNext, leavesLots);
      case ORDER_STATUS.missing:
        return this.#onMissing(slot, isNext);
      case ORDER_STATUS.rejected:
        return isNext ? this.#dropNext(slot, LEG.live, LEG.doubted) : this.#onDenied(slot);
      case ORDER_STATUS.refused:
        return isNext ? this.#dropNext(slot, LEG.doubted, LEG.live) : this.#onDenied(slot);
      case ORDER_STATUS.timed_out:
        return this.#onTimedOut(slot, isNext);
      case ORDER_STATUS.settled:
        return this.#onSettled(slot, isNext);
      default:
        return false;
    }
  }

  /** The order rests, or did when this was sent: an order that is over does not come back. */
  #onResting(slot: number, isNext: boolean): boolean {
    const legs = isNext ? this.#slots.nextLeg : this.#slots.leg;
    if (legs[slot] !== LEG.asked && legs[slot] !== LEG.doubted) return false;
    legs[slot] = LEG.live;
    if (isNext) this.#closeOld(slot);
    return true;
  }

  /** The replacing order exists, so the old one is over: how much of it had filled is still to be told. */
  #closeOld(slot: number): void {
    const leg = this.#slots.leg[slot];
    if (leg === LEG.live || leg === LEG.doubted) this.#slots.leg[slot] = LEG.closing;
  }

  /** The order is over with `leavesLots` unfilled, NaN where that was not said. */
  #onEnd(slot: number, isNext: boolean, leavesLots: Lots): boolean {
    const slots = this.#slots;
    const legs = isNext ? slots.nextLeg : slots.leg;
    const lots = isNext ? slots.nextLots : slots.leavesLots;
    if (isNext) this.#closeOld(slot);
    const before = legs[slot];
    if (before === LEG.over) return false;
    legs[slot] = LEG.closing;
    if (Number.isNaN(leavesLots)) return before !== LEG.closing;
    legs[slot] = LEG.over;
    // What the venue filled beyond the fills that were told is on its way.
    lots[slot] = Math.max(0, (lots[slot] as Lots) - leavesLots);
    return true;
  }

  /** A request found no such order: it had filled or been cancelled before. Its fills, or the word of how it ended, are on their way. */
  #onMissing(slot: number, isNext: boolean): boolean {
    const slots = this.#slots;
    if (isNext) {
      if (slots.nextLeg[slot] !== LEG.asked) return false;
      slots.dropNext(slot);
      this.#closeOld(slot);
      return true;
    }
    // Of an order that has not been heard of it says nothing: the place may arrive later.
    if (slots.leg[slot] !== LEG.live && slots.leg[slot] !== LEG.doubted) return false;
    slots.leg[slot] = LEG.closing;
    return true;
  }

  /** The replacing order does not exist and never will. An old one that was known as `from` is `to` now. */
  #dropNext(slot: number, from: number, to: number): boolean {
    const slots = this.#slots;
    if (slots.nextLeg[slot] !== LEG.asked) return false;
    slots.dropNext(slot);
    if (slots.leg[slot] === from) slots.leg[slot] = to;
    return true;
  }

  /** The request about the order in the slot was turned down: a place was never there, a cancel changed nothing. */
  #onDenied(slot: number): boolean {
    const slots = this.#slots;
    const leg = slots.leg[slot];
    if (leg === LEG.asked) {
      slots.leavesLots[slot] = 0;
      slots.leg[slot] = LEG.over;
      return true;
    }
    const isCancel = slots.state[slot] === SLOT.cancelling || (leg === LEG.doubted && slots.nextCloid[slot] === 0);
    if (!isCancel || leg === LEG.closing || leg === LEG.over) return false;
    slots.leg[slot] = LEG.live;
    slots.state[slot] = SLOT.unknown;
    return true;
  }

  /** No answer came. What was asked for may have been done: both legs of a modify count, and nobody knows which stands. */
  #onTimedOut(slot: number, isNext: boolean): boolean {
    const slots = this.#slots;
    const state = slots.state[slot];
    const isAwaited = isNext ? state === SLOT.modifying : state === SLOT.placing || state === SLOT.cancelling;
    if (!isAwaited) return false;
    if (slots.leg[slot] === LEG.live) slots.leg[slot] = LEG.doubted;
    slots.state[slot] = SLOT.unknown;
    return true;
  }

  /** The venue's record was read to the end: what has not filled of the order never will. */
  #onSettled(slot: number, isNext: boolean): boolean {
    const slots = this.#slots;
    if (!isNext) {
      slots.leavesLots[slot] = 0;
      slots.leg[slot] = LEG.over;
      return true;
    }
    // An answer that never came and now never will: of the old order a word has to follow, unless it came before.
    const isOpen = slots.nextLeg[slot] === LEG.asked && slots.state[slot] === SLOT.modifying;
    if (isOpen && slots.leg[slot] === LEG.live) slots.leg[slot] = LEG.doubted;
    slots.dropNext(slot);
    return true;
  }

  /** Brings the state of a slot in line with what is known of its legs. */
  #settle(slot: number, nowUs: TimeUs): void {
    const slots = this.#slots;
    if (slots.nextCloid[slot] !== 0 && slots.nextLeg[slot] === LEG.over && slots.nextLots[slot] === 0) {
      slots.dropNext(slot);
    }
    if (slots.leg[slot] === LEG.over && slots.leavesLots[slot] === 0) {
      if (slots.nextCloid[slot] === 0) {
        slots.free(slot);
        return;
      }
      // Its answer is still to come.
      if (slots.nextLeg[slot] === LEG.asked && slots.state[slot] === SLOT.modifying) return;
      slots.promote(slot);
    }
    if (slots.nextCloid[slot] !== 0) return;
    const leg = slots.leg[slot];
    if (leg === LEG.live) {
      if (slots.state[slot] !== SLOT.cancelling) slots.state[slot] = SLOT.resting;
      return;
    }
    if (leg === LEG.asked && slots.state[slot] === SLOT.placing) return;
    if (slots.state[slot] !== SLOT.unknown) slots.sinceUs[slot] = nowUs;
    slots.state[slot] = SLOT.unknown;
  }

  /**
   * Applies a `fill` frame to its slot. Returns the lots that change the position: 0 for a snapshot or a trade id seen before.
   *
   * A fill of an order that no slot knows any more still changes the position: it is ours, whatever we believed about the order.
   */
  onFill(data: Float64Array, at: number): Lots {
    assert(data[at + F.kind] === KIND.fill, "lifecycle: frame is a fill");
    if (data[at + FILL.snapshot] === 1) return 0;
    if (!this.#tids.add(data[at + FILL.tid] as number)) {
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
    const isNext = slots.nextCloid[slot] === cloid;
    const legs = isNext ? slots.nextLeg : slots.leg;
    const leaves = isNext ? slots.nextLots : slots.leavesLots;
    const left = Math.max(0, (leaves[slot] as Lots) - lots);
    leaves[slot] = left;
    // Whatever trades exists: a replacement that does has replaced the old order.
    if (legs[slot] === LEG.asked) legs[slot] = LEG.live;
    if (isNext) this.#closeOld(slot);
    if (left === 0) legs[slot] = LEG.over;
    // A cancel still waits for its answer.
    if (slots.state[slot] !== SLOT.cancelling) this.#settle(slot, data[at + F.timeUs] as TimeUs);
    return lots;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.duplicateFillCount = state.num(this.duplicateFillCount);
    this.lateFillCount = state.num(this.lateFillCount);
    this.strayAnswerCount = state.num(this.strayAnswerCount);
    this.unadoptedCount = state.num(this.unadoptedCount);
    this.rejectedCount = state.num(this.rejectedCount);
    this.refusedCount = state.num(this.refusedCount);
    this.#tids.syncState(state);
    this.#ended.syncState(state);
  }
}
