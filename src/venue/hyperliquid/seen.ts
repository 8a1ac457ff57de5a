/**
 * What was seen before, so that nothing is booked twice.
 * @module
 */
import type { TimeUs } from "../../core/units.ts";

/** Keys remembered: half a day of fills at one every five seconds. Far more than an answer (2,000) or a snapshot repeats. */
const SEEN_MAX = 8_192;

/**
 * Remembers keys with their times. What lies before `lineUs` counts as seen: history at first, later whatever was forgotten, so that forgetting
 * never makes an old thing new.
 */
export class Seen {
  lineUs: TimeUs = Number.NEGATIVE_INFINITY;
  readonly #keys = new Set<string>();
  // A ring beside the set: the oldest key of a set is slow to find once thousands before it were deleted.
  readonly #ring: { key: string; timeUs: TimeUs }[] = [];
  #next = 0;

  /** Whether it is new; it is not from now on. */
  take(key: string, timeUs: TimeUs): boolean {
    if (timeUs < this.lineUs || this.#keys.has(key)) return false;
    this.#keys.add(key);
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) {
      this.#keys.delete(oldest.key);
      this.lineUs = Math.max(this.lineUs, oldest.timeUs + 1);
    }
    this.#ring[this.#next] = { key, timeUs };
    this.#next = (this.#next + 1) % SEEN_MAX;
    return true;
  }
}
