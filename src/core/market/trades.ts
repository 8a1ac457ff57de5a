/**
 * Sweeps: the prints of one coin, side and exchange millisecond are one taker's doing.
 * @module
 */
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";

/** One closed sweep. Reused: read it before the next one closes. */
export interface Sweep {
  /** Aggressor: +1 bought, -1 sold. */
  side: number;
  venueTimeUs: TimeUs;
  /** Last mid strictly before it. */
  midBefore: number;
  /** D: deepest print's distance from that mid in the direction of the aggressor, as a fraction; negative for a print inside. */
  depthFrac: number;
  notionalUsd: number;
}

/** Joins prints into sweeps. */
export class SweepAssembler {
  readonly sweep: Sweep = { side: 0, venueTimeUs: 0, midBefore: Number.NaN, depthFrac: 0, notionalUsd: 0 };
  /** Sweeps whose mid before was not known: nothing can be measured from them. */
  droppedCount = 0;
  #side = 0;
  #timeUs = 0;
  #mid = Number.NaN;
  #depth = 0;
  #usd = 0;

  /** Whether a print belongs to the sweep that is open. */
  continues(side: number, venueTimeUs: TimeUs): boolean {
    return this.#side === side && this.#timeUs === venueTimeUs;
  }

  /** Starts a sweep with its first print. The one before must have been closed. */
  open(side: number, venueTimeUs: TimeUs, midBefore: number): void {
    this.#side = side;
    this.#timeUs = venueTimeUs;
    this.#mid = midBefore;
    this.#depth = Number.NEGATIVE_INFINITY;
    this.#usd = 0;
  }

  /** Adds a print to the open sweep. */
  add(px: Px, lots: Lots): void {
    const depth = (this.#side * (px - this.#mid)) / this.#mid;
    if (depth > this.#depth) this.#depth = depth;
    this.#usd += px * lots;
  }

  /** Closes the open sweep into `sweep`. False when there is none, or none that can be measured. */
  close(): boolean {
    if (this.#side === 0) return false;
    const side = this.#side;
    this.#side = 0;
    if (Number.isNaN(this.#mid)) {
      this.droppedCount += 1;
      return false;
    }
    this.sweep.side = side;
    this.sweep.venueTimeUs = this.#timeUs;
    this.sweep.midBefore = this.#mid;
    this.sweep.depthFrac = this.#depth;
    this.sweep.notionalUsd = this.#usd;
    return true;
  }

  /** Forgets an open sweep (a gap cut it). */
  clear(): void {
    this.#side = 0;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    // `sweep` is written by close() and read at once: nothing of it lasts.
    this.droppedCount = state.num(this.droppedCount);
    this.#side = state.num(this.#side);
    this.#timeUs = state.num(this.#timeUs);
    this.#mid = state.num(this.#mid);
    this.#depth = state.num(this.#depth);
    this.#usd = state.num(this.#usd);
  }
}
