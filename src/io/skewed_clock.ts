/**
 * A clock that is wrong: by a fixed amount, and by more after each step.
 * @module
 */
import type { Clock, Timer } from "./clock.ts";

/** Speed at which a clock that was set back makes up for it. */
const SLOW_RATIO = 0.5;

/**
 * Shows another time of day than the clock behind it. Set forward it jumps; set back it goes slower until it is right, because the program's own
 * clock never shows a time twice either. Waits last as long as they were meant to when they began, as the machine's own do.
 */
export class SkewedClock implements Clock {
  readonly #clock: Clock;
  /** Offset at a true time, and where it is going. */
  #offsetUs: number;
  #fromUs: number;
  #targetUs: number;

  /** @param offsetUs This clock's time minus the true one. */
  constructor(clock: Clock, offsetUs = 0) {
    this.#clock = clock;
    this.#offsetUs = offsetUs;
    this.#fromUs = clock.nowUs();
    this.#targetUs = offsetUs;
  }

  get offsetUs(): number {
    if (this.#targetUs >= this.#offsetUs) return this.#targetUs;
    const madeUpUs = Math.floor(SLOW_RATIO * (this.#clock.nowUs() - this.#fromUs));
    return Math.max(this.#targetUs, this.#offsetUs - madeUpUs);
  }

  /** Somebody sets the clock: forward, or back below 0. */
  step(us: number): void {
    this.#offsetUs = this.offsetUs;
    this.#fromUs = this.#clock.nowUs();
    this.#targetUs += us;
  }

  nowUs(): number {
    return this.#clock.nowUs() + this.offsetUs;
  }

  monotonicUs(): number {
    return this.#clock.monotonicUs();
  }

  setTimer(dueUs: number, onDue: () => void): Timer {
    return this.#clock.setTimer(dueUs - this.offsetUs, onDue);
  }

  /** May end early or late where the clock is set meanwhile: callers look at the time again. */
  sleepUntil(timeUs: number): Promise<void> {
    return this.#clock.sleepUntil(timeUs - this.offsetUs);
  }
}
