/**
 * Price jumps: the mid moves by more than a set share within ten seconds.
 * @module
 */
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";

/** Mids are compared over this many seconds, one bucket each. */
export const JUMP_WINDOW_SECONDS = 10;
/** Nothing is quoted for this long after a jump: estimates of the quiet time before say nothing of what comes. */
export const JUMP_WAIT_US = 30 * US_PER_SECOND;
const BUCKETS = JUMP_WINDOW_SECONDS + 1;

/** Remembers the extremes of the mid of each of the last seconds. Ends by itself, and at once when told to. */
export class PriceJump {
  trippedCount = 0;
  /** Quotes wait until then. */
  untilUs: TimeUs = Number.NEGATIVE_INFINITY;
  readonly #limitFrac: number;
  readonly #second = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  readonly #low = new Float64Array(BUCKETS);
  readonly #high = new Float64Array(BUCKETS);

  constructor(limitFrac: number) {
    this.#limitFrac = limitFrac;
  }

  /** Takes a mid as it was known at `nowUs`. */
  onMid(nowUs: TimeUs, mid: number): void {
    const second = Math.floor(nowUs / US_PER_SECOND);
    const bucket = second % BUCKETS;
    if (this.#second[bucket] !== second) {
      this.#second[bucket] = second;
      this.#low[bucket] = mid;
      this.#high[bucket] = mid;
    } else if (mid < (this.#low[bucket] as number)) this.#low[bucket] = mid;
    else if (mid > (this.#high[bucket] as number)) this.#high[bucket] = mid;
    let low = mid;
    let high = mid;
    for (let i = 0; i < BUCKETS; i++) {
      if (second - (this.#second[i] as number) > JUMP_WINDOW_SECONDS) continue;
      low = Math.min(low, this.#low[i] as number);
      high = Math.max(high, this.#high[i] as number);
    }
    if (mid <= low * (1 + this.#limitFrac) && mid >= high * (1 - this.#limitFrac)) return;
    this.trippedCount += 1;
    this.untilUs = nowUs + JUMP_WAIT_US;
    // The same move is not counted again: what comes is measured from here.
    this.#second.fill(Number.NEGATIVE_INFINITY);
  }

  isOpen(nowUs: TimeUs): boolean {
    return nowUs < this.untilUs;
  }

  clear(): void {
    this.untilUs = Number.NEGATIVE_INFINITY;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.trippedCount = state.num(this.trippedCount);
    this.untilUs = state.num(this.untilUs);
    state.array(this.#second);
    state.array(this.#low);
    state.array(this.#high);
  }
}
