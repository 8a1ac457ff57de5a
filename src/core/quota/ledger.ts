/**
 * Our own count of the address's requests: what was spent, what the volume earned, what is left.
 * @module
 */

import { assert } from "../assert.ts";
import { ACTION } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { MICRO_PER_USD, type MicroUsd, type TimeUs, US_PER_SECOND } from "../units.ts";

/** Requests that a new address starts with (rate-limits page, August 2026). */
export const REQUESTS_INITIAL_COUNT = 10_000;
/** Cancels may go this far beyond the request limit, at most to twice it (rate-limits page, August 2026). */
const CANCEL_EXTRA_COUNT = 100_000;
/** A request that arrives after its expiry costs this many (exchange-endpoint page, August 2026). */
const STALE_COST = 5;
/**
 * How long caps may disagree before it is drift: the venue credits a fill before it tells of it (0.2 to 0.4 s, p99 about 2 s), so that a count
 * taken between the two is right and ahead of ours.
 */
const CREDIT_LAG_US = 10 * US_PER_SECOND;
/** Caps are whole dollars of volume, ours and the venue's, and both began with cents that we do not know: sums differ by less than two. */
const CAP_TOLERANCE_COUNT = 2;

/** What the venue's pages leave open, with what they and its users' experience speak for. Drift shows which is true. */
export interface LedgerRules {
  /** Requests that a modify costs. */
  modifyCost: number;
  /** Whether cancels move the same counter as orders. */
  cancelsShareCounter: boolean;
  /** Share of a maker's volume that earns requests. */
  makerCreditRatio: number;
}

export const LEDGER_RULES: LedgerRules = { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 1 };

/**
 * Counts requests as the venue does: a place, modify or cancel is one each when it is sent (a batch of n is n), rejected ones count and
 * refused ones do not, one is earned per credited dollar traded, and the venue's own numbers replace ours whenever they come.
 *
 * Inside there is one signed count, used less reserved; the venue prints it as two of which one is 0.
 */
export class QuotaLedger {
  capCount = REQUESTS_INITIAL_COUNT;
  /** Requests that this process was counted for. */
  sentCount = 0;
  /** Reconciliations that found the venue's count or cap to be another than ours, unexplained: a rule is wrong, or somebody else sends. */
  driftCount = 0;
  /** The newest such difference, the venue's less ours. */
  lastDriftCount = 0;
  readonly rules: LedgerRules;
  #netCount = 0;
  /** Cancels sent, where they have a counter of their own. */
  #cancelCount = 0;
  /** Counted as sent without an answer that says so: the venue may or may not have seen them. */
  #unsureCount = 0;
  /** Volume credited, and the part of the venue's cap that our fills do not explain. */
  #earnedUsd: MicroUsd = 0;
  #unexplainedCount = 0;
  #unexplainedSinceUs: TimeUs = Number.NaN;
  #isCounted = false;
  /** Venue time of the newest count taken over, and of the newest answer to a request. */
  #countedUs: TimeUs = Number.NEGATIVE_INFINITY;
  #answeredUs: TimeUs = Number.NEGATIVE_INFINITY;

  constructor(rules: LedgerRules = LEDGER_RULES) {
    assert(rules.modifyCost >= 1, "ledger: a modify costs at least one request");
    this.rules = rules;
  }

  /** Requests that an action on one order costs: one of ACTION. */
  costOf(action: number): number {
    return action === ACTION.modify ? this.rules.modifyCost : 1;
  }

  /** What of it the venue's count of requests shows: 0 for no action, and for cancels with a counter of their own. */
  countedCostOf(action: number): number {
    if (action === 0 || (action === ACTION.cancel && !this.rules.cancelsShareCounter)) return 0;
    return this.costOf(action);
  }

  #add(action: number, count: number): void {
    this.sentCount += count;
    if (this.countedCostOf(action) === 0) this.#cancelCount += count;
    else this.#netCount += count;
  }

  onSent(action: number): void {
    this.#add(action, this.costOf(action));
  }

  /** The limiter refused: nothing was counted. */
  onRefused(action: number, venueTimeUs: TimeUs): void {
    this.#add(action, -this.costOf(action));
    this.onAnswered(venueTimeUs);
  }

  /** The request came after its expiry: that costs five times itself. */
  onExpired(action: number, venueTimeUs: TimeUs): void {
    this.#add(action, (STALE_COST - 1) * this.costOf(action));
    this.onAnswered(venueTimeUs);
  }

  /** No answer will tell whether it was counted: it is taken to be, until the venue's count says. */
  onUnanswered(action: number): void {
    this.#unsureCount += this.countedCostOf(action);
  }

  /** A request was answered: a count taken at the venue before that is older than what we know. */
  onAnswered(venueTimeUs: TimeUs): void {
    if (venueTimeUs > this.#answeredUs) this.#answeredUs = venueTimeUs;
  }

  /** @param volumeUsd A maker's notional times the market's credit ratio, micro-dollars. @param venueTimeUs When it happened. */
  onFill(volumeUsd: MicroUsd, venueTimeUs: TimeUs): void {
    const creditedUsd = volumeUsd * this.rules.makerCreditRatio;
    if (venueTimeUs <= this.#countedUs) {
      // The count that was taken over holds it already.
      this.#unexplainedCount -= creditedUsd / MICRO_PER_USD;
      return;
    }
    const before = Math.floor(this.#earnedUsd / MICRO_PER_USD);
    this.#earnedUsd += creditedUsd;
    this.capCount += Math.floor(this.#earnedUsd / MICRO_PER_USD) - before;
  }

  /**
   * Takes over the venue's count as it prints it: `usedCount` = max(0, counted - reserved), `reservedCount` = max(0, reserved - counted).
   *
   * A count from before an answer that we have is older than ours and is passed over. With requests in flight the venue may have counted any
   * of them: ours, which holds them all, stands while that can explain the difference.
   * @param inFlightCount What the requests without an answer cost. @param venueTimeUs When the count was true.
   */
  onVenue(
    usedCount: number,
    capCount: number,
    reservedCount: number,
    inFlightCount: number,
    venueTimeUs: TimeUs,
  ): void {
    if (venueTimeUs < this.#answeredUs) return;
    const first = !this.#isCounted;
    this.#isCounted = true;
    this.#takeUsed(usedCount - reservedCount, inFlightCount, first);
    // The first count comes before anything of ours; whose clock stamped it does not matter.
    if (!first) {
      this.#countedUs = venueTimeUs;
      this.#explainCap(capCount - this.capCount, venueTimeUs);
    }
    this.capCount = capCount;
  }

  #takeUsed(netCount: number, inFlightCount: number, first: boolean): void {
    const drift = netCount - this.#netCount;
    const open = inFlightCount + this.#unsureCount;
    if (inFlightCount > 0 && drift <= 0 && drift >= -open) return;
    if (inFlightCount === 0) {
      if (!first && (drift > 0 || drift < -open)) this.#alarm(drift);
      this.#unsureCount = 0;
    }
    this.#netCount = netCount + inFlightCount;
  }

  /** A cap that our fills do not explain is drift when it stays: what is told late explains itself. */
  #explainCap(moreCount: number, venueTimeUs: TimeUs): void {
    this.#unexplainedCount += moreCount;
    if (Math.abs(this.#unexplainedCount) < CAP_TOLERANCE_COUNT) {
      this.#unexplainedSinceUs = Number.NaN;
    } else if (Number.isNaN(this.#unexplainedSinceUs)) {
      this.#unexplainedSinceUs = venueTimeUs;
    } else if (venueTimeUs - this.#unexplainedSinceUs >= CREDIT_LAG_US) {
      this.#alarm(this.#unexplainedCount);
      this.#unexplainedCount = 0;
      this.#unexplainedSinceUs = Number.NaN;
    }
  }

  #alarm(drift: number): void {
    this.driftCount += 1;
    this.lastDriftCount = drift;
  }

  /** Requests used beyond those bought. */
  get usedCount(): number {
    return Math.max(0, this.#netCount);
  }

  /** Requests bought beyond those used. */
  get reservedCount(): number {
    return Math.max(0, -this.#netCount);
  }

  /** B: requests left before the limiter refuses; negative when in debt. */
  get surplusCount(): number {
    return this.capCount - this.#netCount;
  }

  /** Requests left for cancels, which have a larger cap of their own: min(L + 100,000, 2 L). */
  get cancelSurplusCount(): number {
    const cap = Math.min(this.capCount + CANCEL_EXTRA_COUNT, 2 * this.capCount);
    return cap - (this.rules.cancelsShareCounter ? this.usedCount : this.#cancelCount);
  }

  /** Surplus over cap. */
  get headroomRatio(): number {
    return this.surplusCount / this.capCount;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.#netCount);
    hash.fold(this.#cancelCount);
    hash.fold(this.capCount);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.capCount = state.num(this.capCount);
    this.sentCount = state.num(this.sentCount);
    this.driftCount = state.num(this.driftCount);
    this.lastDriftCount = state.num(this.lastDriftCount);
    this.#netCount = state.num(this.#netCount);
    this.#cancelCount = state.num(this.#cancelCount);
    this.#unsureCount = state.num(this.#unsureCount);
    this.#earnedUsd = state.num(this.#earnedUsd);
    this.#unexplainedCount = state.num(this.#unexplainedCount);
    this.#unexplainedSinceUs = state.num(this.#unexplainedSinceUs);
    this.#isCounted = state.bool(this.#isCounted);
    this.#countedUs = state.num(this.#countedUs);
    this.#answeredUs = state.num(this.#answeredUs);
  }
}
