/**
 * The core's own account of one market: position, cash, and equity at a mark. Risk decides on it; reports use the exchange's.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, MicroUsd, Px } from "../units.ts";

/** Position and cash flow of one market, from fills and funding. */
export class Position {
  /** Signed. */
  lots: Lots = 0;
  /** Cash flow of fills, fees and funding since the start. */
  cashUsd: MicroUsd = 0;
  feesUsd: MicroUsd = 0;
  fillCount = 0;
  filledUsd: MicroUsd = 0;
  /** Lots that were taken over and whose value at that moment is not known yet: they count neither as cost nor as worth. */
  #unpricedLots: Lots = 0;

  /**
   * Takes over a position that the venue tells. Equity stays what it was: what the position was worth before is no profit of ours, so the
   * difference is booked as bought at the mark, rounded to the micro-dollar, and where no mark is known yet at the first one.
   * @param markPx Price units; NaN when not known.
   */
  adopt(lots: Lots, markPx: number): void {
    this.#unpricedLots += lots - this.lots;
    this.lots = lots;
    this.onMark(markPx);
  }

  /** A mark is known: what was taken over without one gets its price. */
  onMark(markPx: number): void {
    if (this.#unpricedLots === 0 || Number.isNaN(markPx)) return;
    this.cashUsd -= Math.round(this.#unpricedLots * markPx);
    this.#unpricedLots = 0;
  }

  /** @param side +1 bought, -1 sold. */
  onFill(side: number, px: Px, lots: Lots, feeUsd: MicroUsd): void {
    this.lots += side * lots;
    this.cashUsd -= side * px * lots + feeUsd;
    this.feesUsd += feeUsd;
    this.fillCount += 1;
    this.filledUsd += px * lots;
  }

  /** @param usd Positive when received. */
  onFunding(usd: MicroUsd): void {
    this.cashUsd += usd;
  }

  /** Profit and loss since the start, marked at `mark` (price units, may be fractional). */
  equityUsd(mark: number): number {
    const lots = this.lots - this.#unpricedLots;
    return lots === 0 ? this.cashUsd : this.cashUsd + lots * mark;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.lots);
    hash.fold(this.cashUsd);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.lots = state.num(this.lots);
    this.cashUsd = state.num(this.cashUsd);
    this.feesUsd = state.num(this.feesUsd);
    this.fillCount = state.num(this.fillCount);
    this.filledUsd = state.num(this.filledUsd);
    this.#unpricedLots = state.num(this.#unpricedLots);
  }
}
