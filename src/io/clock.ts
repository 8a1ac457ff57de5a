/**
 * The only place that reads the time of day or waits for it.
 * @module
 */

/** A clock that is handed to whatever must not look for one itself. */
export interface Clock {
  /** Microseconds since 1970, whole. */
  nowUs(): number;
  /** Resolves when the clock has reached `timeUs`; at once when it has. */
  sleepUntil(timeUs: number): Promise<void>;
}

/** Longest single wait: a stop is noticed within it. */
const WAIT_MS_MAX = 200;

/** The machine's own clock. */
export class WallClock implements Clock {
  nowUs(): number {
    return Date.now() * 1000;
  }

  async sleepUntil(timeUs: number): Promise<void> {
    await waitMs((timeUs - this.nowUs()) / 1000);
  }

  /** The time as a file name: 20250904T194657Z. */
  stamp(): string {
    return new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  }
}

/** A clock that starts at a given time and runs `speed` times as fast as the machine's monotonic one. */
export class ScaledClock implements Clock {
  readonly #startUs: number;
  readonly #speed: number;
  readonly #originMs: number;

  constructor(startUs: number, speed: number) {
    this.#startUs = startUs;
    this.#speed = speed;
    this.#originMs = performance.now();
  }

  nowUs(): number {
    return this.#startUs + Math.round((performance.now() - this.#originMs) * 1000 * this.#speed);
  }

  async sleepUntil(timeUs: number): Promise<void> {
    // A wait is at most a fifth of a second: the caller asks again, and a stop is noticed in between.
    await waitMs((timeUs - this.nowUs()) / 1000 / this.#speed);
  }
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_MS_MAX, Math.max(0, ms))));
}
