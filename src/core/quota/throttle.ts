/**
 * Whether a request may go out now: a reserve for getting out, and one slot every ten seconds when the budget is spent.
 * @module
 */

import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";
import type { QuotaLedger } from "./ledger.ts";

/** Why a request is sent; smaller goes first. */
export const PRIORITY = {
  /** Cancels and everything that risk asks for: never held back by the budget, the venue keeps a larger one for them. */
  risk: 0,
  placeMissing: 1,
  tooClose: 2,
  tooFar: 3,
  resize: 4,
} as const;

/** Surplus above the reserve that each priority needs: moving a far order is worth least, so it stops first. */
const SURPLUS_MIN = [Number.NEGATIVE_INFINITY, 0, 2, 4, 4] as const;

/**
 * Spacing of requests while the budget is spent. The venue grants one 10 s after its previous answer; clients saw 11.1 s between their own
 * sends, and a refused attempt gains nothing, so we wait the longer.
 */
export const THROTTLE_WAIT_US = 11.1 * US_PER_SECOND;

/** Holds requests back so that what is left is there for what matters most. */
export class Throttle {
  readonly #ledger: QuotaLedger;
  readonly #reserveCount: number;
  #lastSentUs = Number.NEGATIVE_INFINITY;

  constructor(ledger: QuotaLedger, reserveCount: number) {
    this.#ledger = ledger;
    this.#reserveCount = reserveCount;
  }

  /**
   * `none` when a request of this priority may go out at `nowUs`, else why not.
   *
   * At or below the reserve one request goes out each slot, whoever asks first in order of priority. The reserve is spent at that pace too:
   * held back for good it would leave a missing side missing, and only fills, which need both sides, could open the gate again. Cancels have
   * their own, larger cap at the venue and never wait here.
   */
  check(priority: number, nowUs: TimeUs): Reason {
    if (priority === PRIORITY.risk) return REASON.none;
    const surplus = this.#ledger.surplusCount - this.#reserveCount;
    if (surplus > (SURPLUS_MIN[priority] as number)) return REASON.none;
    if (surplus <= 0 && priority < PRIORITY.resize && nowUs - this.#lastSentUs >= THROTTLE_WAIT_US) return REASON.none;
    return REASON.quota_spent;
  }

  onSent(nowUs: TimeUs): void {
    this.#lastSentUs = nowUs;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.#lastSentUs = state.num(this.#lastSentUs);
  }
}
