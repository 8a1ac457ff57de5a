/**
 * Breakers of the address: daily loss and drawdown in dollars of equity, with the scope of one UTC day, and the venue's own cancels.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_DAY, US_PER_SECOND } from "../units.ts";
import { EventCount } from "./rejects.ts";

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

  /** Takes over the day of an address that another run traded: what was lost of it, and whether it tripped. Equity of this run starts at 0. */
  carry(from: MoneyBreaker): void {
    this.tripped = from.tripped;
    this.trippedCount = from.trippedCount;
    this.#day = from.#day;
    this.#startUsd = from.#startUsd - from.#equityUsd;
    this.#peakUsd = from.#peakUsd - from.#equityUsd;
    this.#equityUsd = 0;
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

/** The venue took three of our orders away within a minute: once may be a margin step at the edge, three are a margin that is too small. */
export const VENUE_CANCEL_COUNT = 3;
export const VENUE_CANCEL_WINDOW_US = 60 * US_PER_SECOND;

/** Trips when the venue cancels orders of the address by itself (margin, liquidation). Nobody but the operator knows that it is mended. */
export class VenueCancelBreaker {
  tripped = false;
  trippedCount = 0;
  readonly #count = new EventCount(VENUE_CANCEL_COUNT, VENUE_CANCEL_WINDOW_US);

  onVenueCancel(nowUs: TimeUs): void {
    if (!this.#count.onEvent(nowUs) || this.tripped) return;
    this.tripped = true;
    this.trippedCount += 1;
  }

  clear(): void {
    this.tripped = false;
    this.#count.clear();
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.tripped ? 1 : 0);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.tripped = state.bool(this.tripped);
    this.trippedCount = state.num(this.trippedCount);
    this.#count.syncState(state);
  }
}

/** One breaker or command that is in force: a market's index, or DESK for the whole address. */
export interface OpenBreaker {
  market: number;
  reason: Reason;
  /** When it ends by itself; NaN where that takes more than time. */
  untilUs: TimeUs;
  /** How it is cleared, for people. */
  clearedBy: string;
}

const BY_RESUME = "mmbin ctl resume";
const BY_DAY = "the next UTC day";
const BY_TIME = "itself when its time is over, or mmbin ctl resume";
const CLEARED_BY: ReadonlyMap<Reason, string> = new Map<Reason, string>([
  [REASON.daily_loss, BY_DAY],
  [REASON.drawdown, BY_DAY],
  [REASON.journal, "a journal that can be written again"],
  [REASON.venue_cancels, BY_RESUME],
  [REASON.position_mismatch, `${BY_RESUME}, which takes over the position that the venue tells`],
  [REASON.reject_burst, BY_TIME],
  [REASON.price_jump, BY_TIME],
  [REASON.open_interest_cap, BY_TIME],
  [REASON.position_breaker, "a position within its cap"],
  [REASON.paused, BY_RESUME],
  [REASON.reducing, BY_RESUME],
  [REASON.stopped, "a new run"],
  [REASON.holding, "the venue's word of what stands there"],
]);

/** How a reason not to quote is cleared, for people; "" for what passes with the next message. */
export function clearedBy(reason: Reason): string {
  return CLEARED_BY.get(reason) ?? "";
}
