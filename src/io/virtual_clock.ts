/**
 * Time that exists only in this process: it jumps from one thing that is due to the next, so that a day passes as fast as it is computed.
 * @module
 */
import { drainMicrotasks } from "bun:jsc";
import { assert } from "../core/assert.ts";
import type { Clock, Timer } from "./clock.ts";

/** Events between two looks at the real event loop: signals are heard and files are read there. At 50 us an event, 13 ms. */
const EVENTS_PER_TURN = 256;

interface Entry {
  dueUs: number;
  /** Order of setting, among those that are due together. */
  order: number;
  /** Null when it was cancelled: it stays in the heap until its time. */
  onDue: (() => void) | null;
}

/**
 * A clock with a queue of everything that waits for it, by due time and then in the order in which it was set. It stands still unless driven.
 *
 * Whoever lets a whole program live in it drives it with `run`: between two events every promise that can go on does, however long its chain,
 * so that asynchronous code takes no time of its own and two runs interleave alike. Real input and output do take none either and end
 * whenever they end: what must be the same each time has to wait on this clock instead.
 */
export class VirtualClock implements Clock {
  /** Events so far. */
  firedCount = 0;
  readonly #startUs: number;
  readonly #monotonic: (() => number) | null;
  /** Binary heap, earliest first. */
  readonly #heap: Entry[] = [];
  #nowUs: number;
  #order = 0;

  /** @param monotonic What measures our own work; without it that is virtual too, so takes no time, and is the same in each run. */
  constructor(startUs: number, monotonic: (() => number) | null = null) {
    assert(Number.isSafeInteger(startUs), "virtual clock: times are whole microseconds");
    this.#startUs = startUs;
    this.#nowUs = startUs;
    this.#monotonic = monotonic;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  monotonicUs(): number {
    return this.#monotonic === null ? this.#nowUs - this.#startUs : this.#monotonic();
  }

  /** What is due already fires at the present time, behind what was set before it. */
  setTimer(dueUs: number, onDue: () => void): Timer {
    assert(Number.isFinite(dueUs), "virtual clock: a timer has a time");
    this.#order += 1;
    const entry: Entry = { dueUs: Math.max(this.#nowUs, Math.ceil(dueUs)), order: this.#order, onDue };
    this.#push(entry);
    return {
      cancel: () => {
        entry.onDue = null;
      },
    };
  }

  sleepUntil(timeUs: number): Promise<void> {
    if (this.#nowUs >= timeUs) return Promise.resolve();
    return new Promise((resolve) => {
      this.setTimer(timeUs, resolve);
    });
  }

  /** When the next thing is due; infinity when nothing waits. */
  get nextDueUs(): number {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return Number.POSITIVE_INFINITY;
      if (first.onDue !== null) return first.dueUs;
      this.#pop();
    }
  }

  /** Moves the time to the next thing due until then and lets it happen. Without one the time is `untilUs`, and nothing happens: false. */
  next(untilUs: number): boolean {
    if (this.nextDueUs > untilUs) {
      if (Number.isFinite(untilUs)) this.#nowUs = Math.max(this.#nowUs, untilUs);
      return false;
    }
    const { dueUs, onDue } = this.#pop() as Entry;
    this.#nowUs = dueUs;
    this.firedCount += 1;
    onDue?.();
    return true;
  }

  /** Lets everything happen that is due until then, without promises in between: for code that has none. */
  runUntil(timeUs: number): void {
    while (this.next(timeUs));
  }

  /**
   * Lets time pass until `isOver`, which is asked between events, or `untilUs`; rejects with what an event throws.
   *
   * Each turn is a task of the event loop and not the rest of a promise: only there can the queue of promises be emptied by hand, which costs
   * 55 ns when it is empty, where a real turn of the loop costs 2 us (Bun 1.4, two-core machine).
   */
  run(isOver: () => boolean, untilUs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          for (let i = 0; i < EVENTS_PER_TURN; i++) {
            drainMicrotasks();
            if (isOver() || !this.next(untilUs)) {
              // What the last event before the end set off belongs to it.
              drainMicrotasks();
              resolve();
              return;
            }
          }
          setImmediate(turn);
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(turn);
    });
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as Entry;
      if (!isBefore(entry, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Entry, heap[down] as Entry)) down += 1;
      if (!isBefore(heap[down] as Entry, last)) break;
      heap[at] = heap[down] as Entry;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.order < b.order);
