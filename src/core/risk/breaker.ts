/**
 * Breakers on money: daily loss and drawdown, in dollars of equity, with the scope of one UTC day.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_DAY } from "../units.ts";

/**
 * Trips when equity has fallen by a set number of dollars since the start of the UTC day, or from its highest of the day.
 *
 * Dollars and not ratios of profit: a ratio to a two-cent peak reads 1,000 %. A tripped breaker holds until the day ends; yesterday's loss
 * is not carried along, and a new day starts from the equity it finds.
 */
export class MoneyBreaker {
  /** `none`, or the reason that holds for the rest of the day. */
  tripped: Reason = REASON.none;
  trippedCount = 0;
  /** Highest fall from the day's peak seen in the run, micro-dollars. */
  drawdownUsdMax = 0;
  readonly #dailyLossUsd: number;
  readonly #drawdownUsd: number;
  #day = Number.NaN;
  #startUsd = 0;
  #peakUsd = 0;
  #equityUsd = 0;

  constructor(dailyLossUsd: number, drawdownUsd: number) {
    this.#dailyLossUsd = dailyLossUsd;
    this.#drawdownUsd = drawdownUsd;
  }

  /** Takes equity (micro-dollars, profit and loss since the start) at `nowUs` and returns the state after it. */
  onEquity(nowUs: TimeUs, equityUsd: number): Reason {
    const day = Math.floor(nowUs / US_PER_DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#startUsd = equityUsd;
      this.#peakUsd = equityUsd;
      this.tripped = REASON.none;
    }
    this.#equityUsd = equityUsd;
    if (equityUsd > this.#peakUsd) this.#peakUsd = equityUsd;
    const drawdownUsd = this.#peakUsd - equityUsd;
    if (drawdownUsd > this.drawdownUsdMax) this.drawdownUsdMax = drawdownUsd;
    if (this.tripped === REASON.none) {
      if (this.#startUsd - equityUsd >= this.#dailyLossUsd) this.#trip(REASON.daily_loss);
      else if (drawdownUsd >= this.#drawdownUsd) this.#trip(REASON.drawdown);
    }
    return this.tripped;
  }

  #trip(reason: Reason): void {
    this.tripped = reason;
    this.trippedCount += 1;
  }

  /** Fall from the day's peak over the allowed one, 0 to 1: a feature of risk aversion. */
  get drawdownRatio(): number {
    return Math.min(1, Math.max(0, (this.#peakUsd - this.#equityUsd) / this.#drawdownUsd));
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.tripped);
    hash.fold(this.#peakUsd);
    hash.fold(this.#startUsd);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.tripped = state.num(this.tripped) as Reason;
    this.trippedCount = state.num(this.trippedCount);
    this.drawdownUsdMax = state.num(this.drawdownUsdMax);
    this.#day = state.num(this.#day);
    this.#startUsd = state.num(this.#startUsd);
    this.#peakUsd = state.num(this.#peakUsd);
    this.#equityUsd = state.num(this.#equityUsd);
  }
}
