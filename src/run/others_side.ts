/**
 * One side of a book without our own orders, best level first.
 * @module
 */
import { BOOK_LEVELS_MAX } from "../core/frame.ts";
import type { Lots, Px } from "../core/units.ts";

/** Levels kept: a full book, and touches that came in front of it. */
const LEVELS_MAX = 2 * BOOK_LEVELS_MAX;

/** A level of others. */
export interface OthersLevel {
  px: Px;
  lots: Lots;
}

/** What the others have on one side, as far as it was shown. */
export class OthersSide {
  readonly levels: OthersLevel[] = [];
  /** +1 for bids: a higher price is better. */
  readonly #side: number;

  constructor(side: number) {
    this.#side = side;
  }

  /** Whether `a` is a better price than `b`. */
  isBetter(a: Px, b: Px): boolean {
    return (a - b) * this.#side > 0;
  }

  /** Lots at a price: 0 where none are shown, NaN where the book was not shown so deep. */
  lotsAt(px: Px): Lots {
    for (const level of this.levels) {
      if (level.px === px) return level.lots;
      if (this.isBetter(px, level.px)) return 0;
    }
    return Number.NaN;
  }

  /** Nobody has a better price than `px`, where others have `lots`, which may be none. */
  setTouch(px: Px, lots: Lots): void {
    const { levels } = this;
    let better = 0;
    while (better < levels.length && !this.isBetter(px, (levels[better] as OthersLevel).px)) better += 1;
    levels.splice(0, better);
    if (lots > 0) levels.unshift({ px, lots });
    if (levels.length > LEVELS_MAX) levels.pop();
  }

  /** Takes the levels of a book; keeps older ones that are deeper than `deepestPx`, where it is given. */
  setLevels(shown: readonly OthersLevel[], deepestPx: Px | null): void {
    const kept = deepestPx === null ? [] : this.levels.filter(({ px }) => this.isBetter(deepestPx, px));
    this.levels.splice(0, this.levels.length, ...shown, ...kept);
    if (this.levels.length > LEVELS_MAX) this.levels.length = LEVELS_MAX;
  }
}
