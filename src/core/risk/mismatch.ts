/**
 * Whether the venue holds the position that we think we hold.
 * @module
 */
import type { StateWalk } from "../state.ts";
import { type Lots, type TimeUs, US_PER_SECOND } from "../units.ts";

/** A difference must last this long: the venue's picture of a position and the fills that made it travel apart (2 s at the worst, seen). */
export const MISMATCH_US = 5 * US_PER_SECOND;

/**
 * Compares our position with what the venue says of it. A difference in two pictures at least five seconds apart with no fill of ours between
 * them trips, and holds until the operator resumes: then the venue's number is taken over.
 */
export class PositionMismatch {
  tripped = false;
  trippedCount = 0;
  /** What the venue said last; NaN while it has said nothing. */
  toldLots: Lots = Number.NaN;
  #sinceUs = Number.NaN;
  #fillCount = 0;

  /** @param fillCount Fills booked so far: one more between two pictures makes the difference a new one. */
  onPosition(nowUs: TimeUs, toldLots: Lots, ownLots: Lots, fillCount: number): void {
    this.toldLots = toldLots;
    if (toldLots === ownLots) {
      this.#sinceUs = Number.NaN;
    } else if (Number.isNaN(this.#sinceUs) || fillCount !== this.#fillCount) {
      this.#sinceUs = nowUs;
      this.#fillCount = fillCount;
    } else if (!this.tripped && nowUs - this.#sinceUs >= MISMATCH_US) {
      this.tripped = true;
      this.trippedCount += 1;
    }
  }

  /** The venue's number is ours now. */
  onAdopted(lots: Lots): void {
    this.toldLots = lots;
    this.#sinceUs = Number.NaN;
  }

  clear(): void {
    this.tripped = false;
    this.#sinceUs = Number.NaN;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.tripped = state.bool(this.tripped);
    this.trippedCount = state.num(this.trippedCount);
    this.toldLots = state.num(this.toldLots);
    this.#sinceUs = state.num(this.#sinceUs);
    this.#fillCount = state.num(this.#fillCount);
  }
}
