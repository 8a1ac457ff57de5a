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

/** How wide the touch is on average: half of it, as a fraction of price. */
export class TouchSpread {
  /** Mean and mean square of the half touch; NaN before the first second. */
  meanFrac = Number.NaN;
  meanSquare = Number.NaN;
  #count = 0;

  /** Samples the touch at whole seconds; a book without one is no sample. */
  onTimer(timeUs: number, book: BookView): void {
    if (timeUs % US_PER_SECOND !== 0 || !book.hasTouch || book.isCrossed) return;
    const half = (book.askPx - book.bidPx) / 2 / book.mid;
    this.#count += 1;
    const weight = Math.max(1 / this.#count, 1 - 2 ** (-1 / AVERAGE_SECONDS));
    this.meanFrac = this.#count === 1 ? half : this.meanFrac + weight * (half - this.meanFrac);
    this.meanSquare = this.#count === 1 ? half * half : this.meanSquare + weight * (half * half - this.meanSquare);
  }

  writePrior(out: Float64Array, at: number): void {
    out[at] = this.meanFrac;
    out[at + 1] = this.meanSquare;
  }

  /** Takes an earlier run's averages, counting for `weight` of a half-life. */
  applyPrior(values: Float64Array, at: number, weight: number): void {
    const mean = values[at] as number;
    if (!(mean > 0)) return;
    this.meanFrac = mean;
    this.meanSquare = values[at + 1] as number;
    this.#count = Math.floor(weight * AVERAGE_SECONDS);
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.meanFrac);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.meanFrac = state.num(this.meanFrac);
    this.meanSquare = state.num(this.meanSquare);
    this.#count = state.num(this.#count);
  }
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
