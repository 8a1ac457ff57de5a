/**
 * The sequencer: numbers every frame before the core sees it, and keeps the hashes that two runs must agree on.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import { DESK, F, FrameLane, INTENT, KIND, STATE } from "../core/frame.ts";
import { RunningHash } from "../core/hash.ts";
import type { StateWalk } from "../core/state.ts";
import type { TimeUs } from "../core/units.ts";

/** Frames between two folds of the core's state into the state hash. */
export const STATE_HASH_FRAMES = 1024;

/** Who keeps what passes: the journal of a run, or the one who compares with it. */
export interface FrameTap {
  /** Every frame before the core sees it, the core's state hash when it is folded, every intent before it is sent. */
  write(data: Float64Array, at: number): void;
  /** What was written is about to be acted upon. */
  commit(): void;
  /** Between two frames: nothing is under way in the core. */
  settle(timeUs: TimeUs): void;
}

/** Numbers frames and intents and hashes both sides of the core. */
export class Sequencer {
  frameCount = 0;
  intentCount = 0;
  /** In the order in which they hear. */
  readonly taps: FrameTap[] = [];
  readonly #desk: Desk;
  readonly #intents = new RunningHash();
  readonly #state = new RunningHash();
  readonly #stateLane = new FrameLane(STATE.size);

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Numbers the frame at `at` and gives it to the desk. */
  accept(data: Float64Array, at: number): void {
    this.frameCount += 1;
    data[at + F.seq] = this.frameCount;
    this.#tell(data, at);
    this.#desk.on(data, at);
    if (this.frameCount % STATE_HASH_FRAMES === 0) this.#foldState(data[at + F.timeUs] as TimeUs);
  }

  #tell(data: Float64Array, at: number): void {
    for (let i = 0; i < this.taps.length; i++) (this.taps[i] as FrameTap).write(data, at);
  }

  /** What was passed is about to be acted upon. */
  commit(): void {
    for (let i = 0; i < this.taps.length; i++) (this.taps[i] as FrameTap).commit();
  }

  /** Between two frames. */
  settle(timeUs: TimeUs): void {
    for (let i = 0; i < this.taps.length; i++) (this.taps[i] as FrameTap).settle(timeUs);
  }

  #foldState(timeUs: TimeUs): void {
    this.#desk.foldInto(this.#state);
    const lane = this.#stateLane;
    lane.clear();
    const at = lane.begin(KIND.state, STATE.size, timeUs, timeUs, DESK);
    lane.data[at + F.seq] = this.frameCount;
    lane.data[at + STATE.hashA] = this.#state.wordA;
    lane.data[at + STATE.hashB] = this.#state.wordB;
    this.#tell(lane.data, at);
  }

  /** Numbers an intent and folds what it asks for, times left out: a run at another speed asks for the same. */
  acceptIntent(data: Float64Array, at: number): void {
    this.intentCount += 1;
    data[at + F.seq] = this.intentCount;
    this.#intents.fold(data[at + F.market] as number);
    for (let i: number = INTENT.action; i < INTENT.size; i++) this.#intents.fold(data[at + i] as number);
    this.#tell(data, at);
  }

  /** Everything that is needed to go on from here with the same numbers and hashes: the desk's state too. Between frames only. */
  syncState(state: StateWalk): void {
    this.frameCount = state.num(this.frameCount);
    this.intentCount = state.num(this.intentCount);
    this.#intents.syncState(state);
    this.#state.syncState(state);
    this.#desk.syncState(state);
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
