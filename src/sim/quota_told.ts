/**
 * The venue's count of our requests, told when it moved.
 * @module
 */
import { type FrameLane, KIND, QUOTA } from "../core/frame.ts";
import type { TimeUs } from "../core/units.ts";
import type { AddressLimiter } from "./limits.ts";

/** Remembers what was told last. */
export class QuotaTold {
  #usedCount = Number.NaN;
  #capCount = Number.NaN;

  /** Writes a `quota` frame unless the last one said the same. */
  write(limiter: AddressLimiter, venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): boolean {
    const { netUsedCount, capCount } = limiter;
    if (netUsedCount === this.#usedCount && capCount === this.#capCount) return false;
    this.#usedCount = netUsedCount;
    this.#capCount = capCount;
    const at = lane.begin(KIND.quota, QUOTA.size, timeUs, venueTimeUs, -1);
    lane.data[at + QUOTA.usedCount] = netUsedCount;
    lane.data[at + QUOTA.capCount] = capCount;
    lane.data[at + QUOTA.reservedCount] = Math.max(0, limiter.reservedCount - limiter.usedCount);
    return true;
  }
}
