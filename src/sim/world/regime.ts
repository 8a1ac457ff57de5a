/**
 * Calm or busy: the state of a whole world.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import type { RegimeSpec } from "./spec.ts";

/** Alternates between calm and busy; each lasts an exponential time. */
export class Regime {
  isBusy = false;
  readonly #spec: RegimeSpec;
  readonly #random: Prng;
  #endSeconds: number;

  constructor(spec: RegimeSpec, random: Prng) {
    this.#spec = spec;
    this.#random = random;
    this.#endSeconds = spec.calmSeconds * random.exponential();
  }

  /** Moves to a time, seconds since the beginning. */
  advance(seconds: number): void {
    while (seconds >= this.#endSeconds) {
      this.isBusy = !this.isBusy;
      const { calmSeconds, busySeconds } = this.#spec;
      this.#endSeconds += (this.isBusy ? busySeconds : calmSeconds) * this.#random.exponential();
    }
  }
}
