/**
 * The touch: its micro-price, and how thin it is against its own average.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { BookView } from "../market/book.ts";
import type { StateWalk } from "../state.ts";
import { US_PER_SECOND } from "../units.ts";

/** Half-life of the average depth of the touch. */
const AVERAGE_SECONDS = 300;
const WARM_COUNT = 60;

/**
 * Size-weighted touch: (bid x ask size + ask x bid size) / (both sizes), in price units; NaN without a touch.
 *
 * More on the bid pulls it to the ask. Source: Stoikov (2018), "The micro-price", the weighted mid it starts from.
 */
export function microPrice(book: BookView): number {
  const bidLots = book.bidLots;
  const askLots = book.askLots;
  return book.hasTouch ? (book.bidPx * askLots + book.askPx * bidLots) / (bidLots + askLots) : Number.NaN;
}

/** How much of its usual size the touch has lost. */
export class TouchDepth {
  #average = Number.NaN;
  #lots = Number.NaN;
  #count = 0;

  onTouch(bidLots: number, askLots: number): void {
    // The thinner side decides: that is the one the next sweep goes through.
    this.#lots = Math.min(bidLots, askLots);
  }

  onTimer(timeUs: number): void {
    if (timeUs % US_PER_SECOND !== 0 || Number.isNaN(this.#lots)) return;
    this.#count += 1;
    if (Number.isNaN(this.#average)) this.#average = this.#lots;
    // A plain mean until the half-life is reached, so that the first touch does not rule for minutes.
    const weight = Math.max(1 / this.#count, 1 - 2 ** (-1 / AVERAGE_SECONDS));
    this.#average += weight * (this.#lots - this.#average);
  }

  get isWarm(): boolean {
    return this.#count >= WARM_COUNT;
  }

  /** 0 at the usual size or above, towards 1 as the touch empties; NaN while cold. */
  get depletion(): number {
    return this.isWarm ? Math.max(0, 1 - this.#lots / this.#average) : Number.NaN;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.#average);
    hash.fold(this.#lots);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.#average = state.num(this.#average);
    this.#lots = state.num(this.#lots);
    this.#count = state.num(this.#count);
  }
}
