/**
 * The venue's limiter of one address, to the letter.
 * @module
 */
import { formatScaled, MICRO_PER_USD, type MicroUsd, type TimeUs } from "../core/units.ts";
import { CANCEL_EXTRA, REQUESTS_INITIAL, refusalText, THROTTLE_SPACING_US } from "../wire/hyperliquid/facts.ts";

/** What the venue's pages leave open, with what its users' experience speaks for. */
export interface LimiterRules {
  /** Requests that a modify costs. */
  modifyCost: number;
  /** Whether cancels move the same counter as orders. */
  cancelsShareCounter: boolean;
  /** Share of a maker's volume that earns requests. */
  makerCreditRatio: number;
}

export const LIMITER_RULES: LimiterRules = { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 1 };

/**
 * Lifetime budget of requests: 10,000 and one per credited dollar traded.
 *
 * An action of n units is accepted while used is below the limit, whatever n, and then counts n. Cancels have a limit of their own. When
 * the budget is spent one action passes each 10 s after the answer to the last one; what is refused changes nothing.
 */
export class AddressLimiter {
  usedCount: number;
  reservedCount = 0;
  /** Credited volume, micro-dollars. */
  volumeUsd: MicroUsd;
  readonly rules: LimiterRules;
  #cancelCount = 0;
  #lastGrantUs = Number.NEGATIVE_INFINITY;

  /** @param usedCount Requests already used by the address. @param volumeUsd Its credited volume so far, micro-dollars. */
  constructor(usedCount = 0, volumeUsd: MicroUsd = 0, rules: LimiterRules = LIMITER_RULES) {
    this.usedCount = usedCount;
    this.volumeUsd = volumeUsd;
    this.rules = rules;
  }

  /** L: requests allowed in all. */
  get capCount(): number {
    return REQUESTS_INITIAL + Math.floor(this.volumeUsd / MICRO_PER_USD);
  }

  /** Requests used beyond those bought. */
  get netUsedCount(): number {
    return Math.max(0, this.usedCount - this.reservedCount);
  }

  /** B: requests left; negative in debt. */
  get surplusCount(): number {
    return this.capCount + Math.max(0, this.reservedCount - this.usedCount) - this.netUsedCount;
  }

  get cancelCapCount(): number {
    return Math.min(this.capCount + CANCEL_EXTRA, 2 * this.capCount);
  }

  /**
   * Asks for `units` requests at venue time `nowUs`; `answerUs` is when the answer is known, from which the throttle counts.
   * Returns whether they were granted.
   */
  request(units: number, isCancel: boolean, nowUs: TimeUs, answerUs: TimeUs): boolean {
    const counted = this.rules.cancelsShareCounter ? this.netUsedCount : this.#cancelCount;
    if (isCancel && counted < this.cancelCapCount) {
      if (this.rules.cancelsShareCounter) this.usedCount += units;
      else this.#cancelCount += units;
      return true;
    }
    const inBudget = this.netUsedCount < this.capCount;
    if (!inBudget && nowUs - this.#lastGrantUs < THROTTLE_SPACING_US) return false;
    this.usedCount += units;
    this.#lastGrantUs = answerUs;
    return true;
  }

  /** A fill earns its credited notional; a maker's by the ratio of the rules. */
  onFill(creditedUsd: MicroUsd, isMaker = true): void {
    this.volumeUsd += isMaker ? creditedUsd * this.rules.makerCreditRatio : creditedUsd;
  }

  /** What the venue would answer to a request refused now. */
  refusal(): string {
    const cents = Math.floor(this.volumeUsd / 10_000);
    const [whole, fraction = ""] = formatScaled(cents, 2).split(".");
    return refusalText(this.netUsedCount, this.capCount, `${whole}.${fraction.padEnd(2, "0")}`);
  }
}
