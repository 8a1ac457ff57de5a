/**
 * What one network address may ask over HTTP in a minute.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import {
  EXCHANGE_ITEMS_PER_WEIGHT,
  INFO_ITEMS_PER_WEIGHT,
  INFO_WEIGHT,
  INFO_WEIGHT_PER_MINUTE,
} from "../wire/hyperliquid/facts.ts";

const SECONDS = 60;

/** Weight of an action of `items` orders or cancels. */
export const actionWeight = (items: number): number => 1 + Math.floor(items / EXCHANGE_ITEMS_PER_WEIGHT);

/** Weight of a question before its answer is known. */
export const infoWeight = (type: string): number =>
  (Object.hasOwn(INFO_WEIGHT, type) ? INFO_WEIGHT[type] : undefined) ?? INFO_WEIGHT.other;

/** Weight that an answer of `items` adds. */
export function answerWeight(type: string, items: number): number {
  const per = Object.hasOwn(INFO_ITEMS_PER_WEIGHT, type) ? INFO_ITEMS_PER_WEIGHT[type] : undefined;
  return per === undefined ? 0 : Math.floor(items / per);
}

/**
 * Weight of the last 60 seconds, by the second of the venue's time. A request that would go beyond the limit is refused and weighs nothing;
 * what an answer adds is only known afterwards and may go beyond it.
 */
export class IpLimiter {
  readonly #weights = new Float64Array(SECONDS);
  readonly #limit: number;
  #second = 0;
  #sum = 0;

  constructor(limit = INFO_WEIGHT_PER_MINUTE) {
    this.#limit = limit;
  }

  /** Asks for `weight`; whether it was granted. */
  take(weight: number, nowUs: TimeUs): boolean {
    this.#roll(nowUs);
    if (this.#sum + weight > this.#limit) return false;
    this.#add(weight);
    return true;
  }

  /** Counts what was not known before. */
  charge(weight: number, nowUs: TimeUs): void {
    this.#roll(nowUs);
    this.#add(weight);
  }

  #add(weight: number): void {
    const at = this.#second % SECONDS;
    this.#weights[at] = (this.#weights[at] as number) + weight;
    this.#sum += weight;
  }

  #roll(nowUs: TimeUs): void {
    const second = Math.floor(nowUs / US_PER_SECOND);
    for (let s = Math.max(this.#second + 1, second - SECONDS + 1); s <= second; s++) {
      this.#sum -= this.#weights[s % SECONDS] as number;
      this.#weights[s % SECONDS] = 0;
    }
    this.#second = second;
  }
}
