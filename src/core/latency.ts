/**
 * The loop as it is measured: from a decision to the order live at the venue and the venue's word of it back here.
 * @module
 */
import type { StateWalk } from "./state.ts";
import { US_PER_SECOND } from "./units.ts";

/** Share of a new measurement, which is a median of many already: four of them move the value by two thirds. */
const WEIGHT = 0.25;
/** A loop shorter than this is a fault of a clock; one longer is an outage, for which other breakers stand. */
export const LOOP_SECONDS_MIN = 0.02;
export const LOOP_SECONDS_MAX = 5;

/** Smooths measurements of the loop. */
export class MeasuredLatency {
  /** Seconds; NaN while nothing was measured, and the setting holds. */
  seconds = Number.NaN;

  /** Takes one measurement, microseconds. The first one holds as it is. */
  onLoop(loopUs: number): void {
    if (!Number.isFinite(loopUs)) return;
    const seconds = Math.min(LOOP_SECONDS_MAX, Math.max(LOOP_SECONDS_MIN, loopUs / US_PER_SECOND));
    this.seconds = Number.isNaN(this.seconds) ? seconds : this.seconds + WEIGHT * (seconds - this.seconds);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.seconds = state.num(this.seconds);
  }
}
