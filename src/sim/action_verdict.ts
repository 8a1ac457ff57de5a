/**
 * The limiter's verdict on an action of several orders: one for all of them.
 * @module
 */
import { ACTION } from "../core/frame.ts";
import type { TimeUs } from "../core/units.ts";
import type { AddressLimiter } from "./limits.ts";

/** Asks for an action when its first order arrives and remembers what was said for the others. */
export class ActionVerdict {
  granted = false;
  readonly #limiter: AddressLimiter;
  #batch = Number.NaN;
  #action = 0;
  #arrivalUs: TimeUs = 0;

  constructor(limiter: AddressLimiter) {
    this.#limiter = limiter;
  }

  /** Whether the action of this decision, kind and time was judged already. If not, `judge` is about it. */
  isKnown(batch: number, action: number, arrivalUs: TimeUs): boolean {
    const known = batch === this.#batch && action === this.#action && arrivalUs === this.#arrivalUs;
    this.#batch = batch;
    this.#action = action;
    this.#arrivalUs = arrivalUs;
    return known;
  }

  /** Asks for all `orders` of it. */
  judge(orders: number, answerUs: TimeUs): boolean {
    const units = this.#action === ACTION.modify ? orders * this.#limiter.rules.modifyCost : orders;
    this.granted = this.#limiter.request(units, this.#action === ACTION.cancel, this.#arrivalUs, answerUs);
    return this.granted;
  }
}
