/**
 * Too many refusals in a row: something is wrong with what we ask for, and asking more often does not mend it.
 * @module
 */
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_DAY, US_PER_SECOND } from "../units.ts";

/** Counts the moments of one kind of event and says when `count` of them lie within `windowUs`. */
export class EventCount {
  readonly #timesUs: Float64Array;
  readonly #windowUs: TimeUs;
  #next = 0;

  constructor(count: number, windowUs: TimeUs) {
    this.#timesUs = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#windowUs = windowUs;
  }

  /** Takes one event. True when it completes the count within the window; counting begins anew then. */
  onEvent(nowUs: TimeUs): boolean {
    this.#timesUs[this.#next] = nowUs;
    this.#next = (this.#next + 1) % this.#timesUs.length;
    // The oldest of them stands where the next one goes.
    if (nowUs - (this.#timesUs[this.#next] as TimeUs) > this.#windowUs) return false;
    this.clear();
    return true;
  }

  clear(): void {
    this.#timesUs.fill(Number.NEGATIVE_INFINITY);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.#timesUs);
    this.#next = state.num(this.#next);
  }
}

/** Ten in a minute: post-only orders that would cross are refused now and then, one in a burst of moves, not one every six seconds. */
export const REJECT_COUNT = 10;
export const REJECT_WINDOW_US = 60 * US_PER_SECOND;
/** First pause, and the longest: each one of a UTC day is twice as long as the one before. */
export const REJECT_WAIT_US = 60 * US_PER_SECOND;
export const REJECT_WAIT_US_MAX = 600 * US_PER_SECOND;

/** Takes every order away and asks for none for a minute, then two, up to ten; a new UTC day begins with a minute again. */
export class RejectBreaker {
  trippedCount = 0;
  untilUs: TimeUs = Number.NEGATIVE_INFINITY;
  readonly #count = new EventCount(REJECT_COUNT, REJECT_WINDOW_US);
  #waitUs: TimeUs = REJECT_WAIT_US;
  #day = Number.NaN;

  onReject(nowUs: TimeUs): void {
    // Answers to what was asked before the pause are no news.
    if (this.isOpen(nowUs) || !this.#count.onEvent(nowUs)) return;
    const day = Math.floor(nowUs / US_PER_DAY);
    if (day !== this.#day) this.#waitUs = REJECT_WAIT_US;
    this.#day = day;
    this.trippedCount += 1;
    this.untilUs = nowUs + this.#waitUs;
    this.#waitUs = Math.min(REJECT_WAIT_US_MAX, 2 * this.#waitUs);
  }

  isOpen(nowUs: TimeUs): boolean {
    return nowUs < this.untilUs;
  }

  clear(): void {
    this.untilUs = Number.NEGATIVE_INFINITY;
    this.#waitUs = REJECT_WAIT_US;
    this.#count.clear();
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.trippedCount = state.num(this.trippedCount);
    this.untilUs = state.num(this.untilUs);
    this.#count.syncState(state);
    this.#waitUs = state.num(this.#waitUs);
    this.#day = state.num(this.#day);
  }
}
