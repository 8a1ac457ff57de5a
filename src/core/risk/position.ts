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
    return this.lots === 0 ? this.cashUsd : this.cashUsd + this.lots * mark;
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
  }
}
