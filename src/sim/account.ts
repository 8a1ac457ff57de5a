/**
 * The simulated account: cash and positions, whole micro-dollars. It computes what money there is; statistics explain it.
 * @module
 */
import type { Lots, MicroUsd, Px } from "../core/units.ts";

/** One market's position of the account. */
export class MarketAccount {
  positionLots: Lots = 0;
  /** Size-weighted entry price, price units; 0 when flat. */
  entryPx = 0;
  cashUsd: MicroUsd = 0;
  feesUsd: MicroUsd = 0;
  fundingUsd: MicroUsd = 0;
  markPx = Number.NaN;
  /** Largest fall of this market's equity from its highest, micro-dollars. */
  maxDrawdownUsd = 0;
  #peakUsd = 0;

  /** Takes a mark and follows drawdown. */
  mark(px: number): void {
    this.markPx = px;
    const equityUsd = this.equityUsd;
    if (equityUsd > this.#peakUsd) this.#peakUsd = equityUsd;
    if (this.#peakUsd - equityUsd > this.maxDrawdownUsd) this.maxDrawdownUsd = this.#peakUsd - equityUsd;
  }

  /** @param side +1 bought. @param feeUsd Positive when paid. */
  onFill(side: number, px: Px, lots: Lots, feeUsd: MicroUsd): void {
    const before = this.positionLots;
    const after = before + side * lots;
    if (before === 0 || Math.sign(before) === side) {
      this.entryPx = (this.entryPx * Math.abs(before) + px * lots) / Math.abs(after);
    } else if (after === 0) this.entryPx = 0;
    else if (Math.sign(after) !== Math.sign(before)) this.entryPx = px;
    this.positionLots = after;
    this.cashUsd -= side * px * lots + feeUsd;
    this.feesUsd += feeUsd;
  }

  /** Starts from a position that is there, at its mark: equity stays what it was. Nothing was traded for it here. */
  adopt(lots: Lots, markPx: number): void {
    this.cashUsd += (this.positionLots - lots) * markPx;
    this.positionLots = lots;
    this.entryPx = lots === 0 ? 0 : markPx;
  }

  /** @param usd Positive when received. */
  onFunding(usd: MicroUsd): void {
    this.cashUsd += usd;
    this.fundingUsd += usd;
  }

  /** Cash and position at the mark, micro-dollars since the start; unrounded, since a mid may be half a price unit. */
  get equityUsd(): number {
    return this.positionLots === 0 ? this.cashUsd : this.cashUsd + this.positionLots * this.markPx;
  }
}

/** The account over its markets. */
export class Account {
  readonly markets: readonly MarketAccount[];

  constructor(marketCount: number) {
    this.markets = Array.from({ length: marketCount }, () => new MarketAccount());
  }

  of(market: number): MarketAccount {
    return this.markets[market] as MarketAccount;
  }

  get equityUsd(): number {
    let sum = 0;
    for (let i = 0; i < this.markets.length; i++) sum += (this.markets[i] as MarketAccount).equityUsd;
    return sum;
  }
}
