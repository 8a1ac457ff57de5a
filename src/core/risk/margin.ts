/**
 * The margin of the address: what all markets together would need if everything in flight filled, against the capital.
 * @module
 */
import { assert } from "../assert.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import type { MicroUsd } from "../units.ts";

/**
 * Holds the margin that each market may come to need and answers whether a market may need more.
 *
 * A market's worst case is the larger of its two sides: position plus all that can still fill in that direction, at its leverage. Each market's
 * own cap knows nothing of the others; together they must stay within what the address has.
 */
export class MarginPool {
  readonly #capitalUsd: MicroUsd;
  readonly #usedUsd: Float64Array;

  constructor(capitalUsd: MicroUsd, marketCount: number) {
    assert(capitalUsd > 0, "margin: there is capital");
    this.#capitalUsd = capitalUsd;
    this.#usedUsd = new Float64Array(marketCount);
  }

  /** What a market's position and orders may need now. */
  set(market: number, marginUsd: MicroUsd): void {
    this.#usedUsd[market] = marginUsd;
  }

  /** Worst case of all markets together. */
  get usedUsd(): MicroUsd {
    let sum = 0;
    for (let m = 0; m < this.#usedUsd.length; m++) sum += this.#usedUsd[m] as number;
    return sum;
  }

  /** Whether a market may come to need `marginUsd` in all. What asks for no more than before always fits: it takes nobody's. */
  fits(market: number, marginUsd: MicroUsd): boolean {
    const before = this.#usedUsd[market] as number;
    return marginUsd <= before || this.usedUsd - before + marginUsd <= this.#capitalUsd;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.usedUsd);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.#usedUsd);
  }
}
