/**
 * Recorded frames in the order in which they were true at the venue: a tape holds them in the order of receipt.
 * @module
 */
import { F } from "../../core/frame.ts";
import type { TimeUs } from "../../core/units.ts";

/** Taken frames are cut off when there are so many: shifting each would move all others. */
const TAKEN_MAX = 4_096;

/** Frames by venue time; those of one time in the order in which they came. */
export class TapeQueue {
  #frames: Float64Array[] = [];
  #taken = 0;

  get count(): number {
    return this.#frames.length - this.#taken;
  }

  /** Venue time of the next frame; infinite when there is none. */
  get nextUs(): TimeUs {
    return this.#frames[this.#taken]?.[F.venueTimeUs] ?? Number.POSITIVE_INFINITY;
  }

  /** Adds a frame. Frames come nearly in order: the search is from the newest back. */
  add(frame: Float64Array): void {
    const timeUs = frame[F.venueTimeUs] as TimeUs;
    let at = this.#frames.length;
    while (at > this.#taken && ((this.#frames[at - 1] as Float64Array)[F.venueTimeUs] as TimeUs) > timeUs) at -= 1;
    if (at === this.#frames.length) this.#frames.push(frame);
    else this.#frames.splice(at, 0, frame);
  }

  /** Takes the next frame if it was true at `untilUs` already. */
  take(untilUs: TimeUs): Float64Array | null {
    if (this.nextUs > untilUs) return null;
    const frame = this.#frames[this.#taken] as Float64Array;
    this.#taken += 1;
    if (this.#taken >= TAKEN_MAX) {
      this.#frames = this.#frames.slice(this.#taken);
      this.#taken = 0;
    }
    return frame;
  }
}
