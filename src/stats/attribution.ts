/**
 * Where the money came from: a sum that must equal the account's change in equity.
 * @module
 */
import { assert } from "../core/assert.ts";
import type { Lots, MicroUsd, Px } from "../core/units.ts";

/** Parts of a run's profit, micro-dollars; fees and quota positive when paid, funding positive when received. */
export interface Parts {
  totalUsd: number;
  spreadUsd: number;
  inventoryUsd: number;
  fundingUsd: number;
  feesUsd: number;
  quotaUsd: number;
  /** Rounded to the micro-dollar; 0 unless the books do not close. */
  residualUsd: number;
}

/**
 * Sums spread and price move of one market independently of the account.
 *
 * Spread of a fill is s (m- - px) lots, m- the mid strictly before it; every other change of value is price move: of the position between
 * marks, and of the filled lots between m- and the mark of that moment.
 */
export class Attribution {
  spreadUsd = 0;
  inventoryUsd = 0;
  fundingUsd = 0;
  feesUsd = 0;
  /** Paid for requests; none are bought yet. */
  quotaUsd = 0;
  #positionLots: Lots = 0;
  #mark = Number.NaN;

  onMark(mark: number): void {
    if (!Number.isNaN(this.#mark)) this.inventoryUsd += this.#positionLots * (mark - this.#mark);
    this.#mark = mark;
  }

  onFill(side: number, px: Px, lots: Lots, feeUsd: MicroUsd, midBefore: number): void {
    assert(!Number.isNaN(this.#mark), "attribution: a mark comes before the first fill");
    const mid = Number.isNaN(midBefore) ? this.#mark : midBefore;
    this.spreadUsd += side * (mid - px) * lots;
    this.inventoryUsd += side * (this.#mark - mid) * lots;
    this.feesUsd += feeUsd;
    this.#positionLots += side * lots;
  }

  /** Starts from a position that is there: nothing was traded for it, and from now on its marks move it. */
  onAdopt(lots: Lots): void {
    this.#positionLots = lots;
  }

  /** @param usd Positive when received. */
  onFunding(usd: MicroUsd): void {
    this.fundingUsd += usd;
  }

  /** @param equityUsd The account's change in equity over the run, computed by the account. */
  close(equityUsd: number): Parts {
    const explained = this.spreadUsd + this.inventoryUsd + this.fundingUsd - this.feesUsd - this.quotaUsd;
    return {
      totalUsd: equityUsd,
      spreadUsd: this.spreadUsd,
      inventoryUsd: this.inventoryUsd,
      fundingUsd: this.fundingUsd,
      feesUsd: this.feesUsd,
      quotaUsd: this.quotaUsd,
      // Adding 0 turns -0 into 0.
      residualUsd: Math.round(equityUsd - explained) + 0,
    };
  }
}
