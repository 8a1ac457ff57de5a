/**
 * Trade-flow imbalance: whether takers lean on one side more than chance would have them.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { US_PER_SECOND } from "../units.ts";

const HALF_LIFE_US = 10 * US_PER_SECOND;
/** Standard deviations at which flow counts as wholly one-sided. */
const TOXIC_Z = 3;
/** Sweeps needed in memory before a z-score means something. */
const WARM_COUNT = 5;

/**
 * z = sum of signed notionals over the root of the sum of their squares, both decaying: under random signs it has unit variance.
 * The size of z is a feature of risk aversion (it widens and skews more); its sign moves no price.
 */
export class Flow {
  #signed = 0;
  #squares = 0;
  #weight = 0;
  #atUs = 0;

  onSweep(side: number, notionalUsd: number, timeUs: number): void {
    this.#decay(timeUs);
    this.#signed += side * notionalUsd;
    this.#squares += notionalUsd * notionalUsd;
    this.#weight += 1;
  }

  onTimer(timeUs: number): void {
    this.#decay(timeUs);
  }

  #decay(timeUs: number): void {
    const dt = Math.max(0, timeUs - this.#atUs);
    if (dt === 0) return;
    this.#atUs = timeUs;
    const keep = 2 ** (-dt / HALF_LIFE_US);
    this.#signed *= keep;
    // The variance of a decayed sum decays with the square of the weight.
    this.#squares *= keep * keep;
    this.#weight *= keep;
  }

  get z(): number {
    return this.#squares === 0 ? 0 : this.#signed / Math.sqrt(this.#squares);
  }

  /** 0 for balanced flow, 1 from three standard deviations on; NaN while too little was seen. */
  get toxicity(): number {
    if (this.#weight < WARM_COUNT) return Number.NaN;
    return Math.min(1, Math.abs(this.z) / TOXIC_Z);
  }

  get isWarm(): boolean {
    return this.#weight >= WARM_COUNT;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.#signed);
    hash.fold(this.#squares);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.#signed = state.num(this.#signed);
    this.#squares = state.num(this.#squares);
    this.#weight = state.num(this.#weight);
    this.#atUs = state.num(this.#atUs);
  }
}
