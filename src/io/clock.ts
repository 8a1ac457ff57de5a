/**
 * The only place that reads the time of day or waits for it.
 * @module
 */

/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void;
}

/** A clock that is handed to whatever must not look for one itself. */
export interface Clock {
  /** How much faster than the machine it runs; 1 where absent. */
  readonly speed?: number;
  /** Microseconds since 1970, whole. */
  nowUs(): number;
  /** Microseconds of the machine's monotonic clock, for measuring our own work: never scaled, no origin. */
  monotonicUs(): number;
  /** Calls back once when the clock has reached `dueUs`, never from inside this call. */
  setTimer(dueUs: number, onDue: () => void): Timer;
  /** Resolves when the clock has reached `timeUs`; at once when it has. */
  sleepUntil(timeUs: number): Promise<void>;
}

/** Longest single wait: a stop is noticed within it. */
const WAIT_MS_MAX = 200;
/** Difference between the two clocks of the machine that counts as a step: a suspended machine, or a corrected time of day. */
const STEP_US = 100_000;

const monotonicUs = (): number => performance.now() * 1000;

/** The machine's own clock: time of day, with the resolution of the monotonic clock. */
export class WallClock implements Clock {
  /** Times that the time of day stepped forward against the monotonic clock. */
  stepCount = 0;
  #originUs = Date.now() * 1000 - monotonicUs();

  nowUs(): number {
    const nowUs = this.#originUs + monotonicUs();
    const dayUs = Date.now() * 1000;
    // The time of day has whole milliseconds only; further ahead, the machine was suspended or its clock was set forward. A clock that is set
    // back is not followed: time that repeats would put new messages before old ones. The offset to the venue shows it.
    if (dayUs - nowUs <= STEP_US) return Math.round(nowUs);
    this.#originUs = dayUs - monotonicUs();
    this.stepCount += 1;
    return dayUs;
  }

  monotonicUs(): number {
    return monotonicUs();
  }

  setTimer(dueUs: number, onDue: () => void): Timer {
    return timerOf((dueUs - this.nowUs()) / 1000, onDue);
  }

  async sleepUntil(timeUs: number): Promise<void> {
    await waitMs((timeUs - this.nowUs()) / 1000);
  }

  /** The time as a file name: 20250904T194657Z. */
  stamp(): string {
    return stampOf(this.nowUs());
  }
}

/** A clock that starts at a given time and runs `speed` times as fast as the machine's monotonic one. */
export class ScaledClock implements Clock {
  readonly speed: number;
  readonly #startUs: number;
  readonly #originUs: number;

  constructor(startUs: number, speed: number) {
    this.#startUs = startUs;
    this.speed = speed;
    this.#originUs = monotonicUs();
  }

  nowUs(): number {
    return this.#startUs + Math.round((monotonicUs() - this.#originUs) * this.speed);
  }

  monotonicUs(): number {
    return monotonicUs();
  }

  setTimer(dueUs: number, onDue: () => void): Timer {
    return timerOf((dueUs - this.nowUs()) / 1000 / this.speed, onDue);
  }

  async sleepUntil(timeUs: number): Promise<void> {
    // A wait is at most a fifth of a second: the caller asks again, and a stop is noticed in between.
    await waitMs((timeUs - this.nowUs()) / 1000 / this.speed);
  }
}

/**
 * A clock that somebody else drives: it stands still until told the time. With it a run over a socket is a function of what the socket said.
 *
 * `set` moves the time and fires nothing; `fire` calls what has become due. A message that brings the time along is handled between the two,
 * so that the pause before it is never taken for silence.
 */
export class DrivenClock implements Clock {
  #nowUs: number;
  #timers: { dueUs: number; onDue: () => void }[] = [];

  constructor(startUs: number) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  monotonicUs(): number {
    return monotonicUs();
  }

  set(timeUs: number): void {
    this.#nowUs = timeUs;
  }

  /** Calls every timer that is due, earliest first; those that they set are called too if they are due already. */
  fire(): void {
    for (;;) {
      let next = -1;
      this.#timers.forEach((timer, i) => {
        if (timer.dueUs > this.#nowUs) return;
        if (next < 0 || timer.dueUs < (this.#timers[next] as { dueUs: number }).dueUs) next = i;
      });
      if (next < 0) return;
      const [timer] = this.#timers.splice(next, 1);
      timer?.onDue();
    }
  }

  /** Calls every timer that waits now, due or not, without moving the time: for a pause in which nobody says how long it is. */
  rush(): void {
    const waiting = this.#timers;
    this.#timers = [];
    for (const timer of waiting) timer.onDue();
  }

  setTimer(dueUs: number, onDue: () => void): Timer {
    const timer = { dueUs, onDue };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((t) => t !== timer);
      },
    };
  }

  sleepUntil(timeUs: number): Promise<void> {
    if (this.#nowUs >= timeUs) return Promise.resolve();
    return new Promise((resolve) => {
      this.setTimer(timeUs, resolve);
    });
  }
}

/** The same clock, whose timers may throw: whoever made it hears of it, and the process lives to clean up. */
export function guardedClock(clock: Clock, onError: (error: Error) => void): Clock {
  return {
    nowUs: () => clock.nowUs(),
    monotonicUs: () => clock.monotonicUs(),
    sleepUntil: (timeUs) => clock.sleepUntil(timeUs),
    setTimer: (dueUs, onDue) =>
      clock.setTimer(dueUs, () => {
        try {
          onDue();
        } catch (error) {
          onError(error as Error);
        }
      }),
  };
}

/** Lets the event loop have a turn: sockets are read, signals are heard. */
export function yieldTurn(): Promise<void> {
  return waitMs(0);
}

/** A time as a file name: 20250904T194657Z. */
export function stampOf(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** A time for people: 2025-09-04 19:46:57Z. */
export function timeText(timeUs: number): string {
  return `${new Date(timeUs / 1000).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** A time to the microsecond: 2025-09-04T19:46:57.123456Z. */
export function stampUs(timeUs: number): string {
  const whole = Math.floor(timeUs / 1_000_000);
  const micros = String(Math.round(timeUs - whole * 1_000_000)).padStart(6, "0");
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}

function timerOf(ms: number, onDue: () => void): Timer {
  if (ms <= 0) {
    // The next turn of the loop: a timer of 0 ms takes 1.1 ms, twice as long as the signature that waits for it.
    const turn = setImmediate(onDue);
    return { cancel: () => clearImmediate(turn) };
  }
  const handle = setTimeout(onDue, ms);
  return { cancel: () => clearTimeout(handle) };
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_MS_MAX, Math.max(0, ms))));
}
