/**
 * A way to the venue, and when it is better left alone.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";

/** A way that said 429 is left alone for so long, twice as long each time until it answers again. */
const BACKOFF_US_MIN = US_PER_SECOND;
const BACKOFF_US_MAX = 30 * US_PER_SECOND;

/** One of the two ways to the venue: how much is on it, and whether it may take more. */
export class Way {
  count = 0;
  #openUs: TimeUs = Number.NEGATIVE_INFINITY;
  #backoffUs = BACKOFF_US_MIN;

  isOpen(nowUs: TimeUs, max: number): boolean {
    return nowUs >= this.#openUs && this.count < max;
  }

  onAnswer(isLimited: boolean, nowUs: TimeUs): void {
    if (!isLimited) {
      this.#backoffUs = BACKOFF_US_MIN;
      return;
    }
    this.#openUs = nowUs + this.#backoffUs;
    this.#backoffUs = Math.min(BACKOFF_US_MAX, 2 * this.#backoffUs);
  }
}
