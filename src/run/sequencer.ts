/**
 * The sequencer: numbers every frame before the core sees it, and keeps the hashes that two runs must agree on.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import { F, INTENT } from "../core/frame.ts";
import { RunningHash } from "../core/hash.ts";

/** Frames between two folds of the core's state into the state hash. */
export const STATE_HASH_FRAMES = 1024;

/** Numbers frames and intents and hashes both sides of the core. */
export class Sequencer {
  frameCount = 0;
  intentCount = 0;
  readonly #desk: Desk;
  readonly #intents = new RunningHash();
  readonly #state = new RunningHash();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Numbers the frame at `at` and gives it to the desk. */
  accept(data: Float64Array, at: number): void {
    this.frameCount += 1;
    data[at + F.seq] = this.frameCount;
    this.#desk.on(data, at);
    if (this.frameCount % STATE_HASH_FRAMES === 0) this.#desk.foldInto(this.#state);
  }

  /** Numbers an intent and folds what it asks for, times left out: a run at another speed asks for the same. */
  acceptIntent(data: Float64Array, at: number): void {
    this.intentCount += 1;
    data[at + F.seq] = this.intentCount;
    this.#intents.fold(data[at + F.market] as number);
    for (let i: number = INTENT.action; i < INTENT.size; i++) this.#intents.fold(data[at + i] as number);
  }

  /** Hash of every intent in order. */
  get intentHash(): string {
    return this.#intents.digest();
  }

  /** Hash of the core's state every 1,024 frames and at the end. Call once, when the run is over. */
  finishStateHash(): string {
    this.#desk.foldInto(this.#state);
    return this.#state.digest();
  }
}
