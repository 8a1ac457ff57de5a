/**
 * The whole state of the core as numbers: written for a snapshot, read back for a restart, by one walk over the same fields.
 * @module
 */
import { assert } from "./assert.ts";

/** Arrays that a state may hold. */
export type StateArray = Float64Array | Uint8Array | Int8Array | number[];

/**
 * Visits every field that decides the future. A writer takes the value and returns it; a reader returns the stored one instead, so that
 * `this.x = state.num(this.x)` saves and restores alike and the two can never disagree about order.
 */
export interface StateWalk {
  /** One number; NaN and infinities are kept. */
  num(value: number): number;
  /** One truth value. */
  bool(value: boolean): boolean;
  /** Every element of an array of fixed length, in place. */
  array(values: StateArray): void;
}

/** Collects a state. */
export class StateWriter implements StateWalk {
  #data = new Float64Array(1 << 16);
  #length = 0;

  /** What was collected: a view, valid until the next visit. */
  get data(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  num(value: number): number {
    this.#reserve(1);
    this.#data[this.#length++] = value;
    return value;
  }

  bool(value: boolean): boolean {
    this.num(value ? 1 : 0);
    return value;
  }

  array(values: StateArray): void {
    this.#reserve(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#data.length) return;
    const grown = new Float64Array(Math.max(2 * this.#data.length, this.#length + count));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}

/** Gives a collected state back. */
export class StateReader implements StateWalk {
  readonly #data: Float64Array;
  #at = 0;

  constructor(data: Float64Array) {
    this.#data = data;
  }

  num(_value: number): number {
    assert(this.#at < this.#data.length, "state: holds a number for every field");
    return this.#data[this.#at++] as number;
  }

  bool(value: boolean): boolean {
    return this.num(value ? 1 : 0) === 1;
  }

  array(values: StateArray): void {
    assert(this.#at + values.length <= this.#data.length, "state: holds a number for every field");
    for (let i = 0; i < values.length; i++) values[i] = this.#data[this.#at + i] as number;
    this.#at += values.length;
  }

  /** Asserts that nothing is left: a longer state is of another build. */
  finish(): void {
    assert(this.#at === this.#data.length, "state: every number has its field");
  }
}
