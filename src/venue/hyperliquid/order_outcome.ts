/**
 * What a status in the venue's words means for an order of ours.
 * @module
 */
import { ORDER_STATUS } from "../../core/frame.ts";
import { REASON, type Reason } from "../../core/reason.ts";

/** One of ORDER_STATUS, and why. */
export interface OrderOutcome {
  status: number;
  reason: Reason;
  /** Nothing can fill any more. */
  isEnd: boolean;
}

const end = (status: number, reason: Reason): OrderOutcome => ({ status, reason, isEnd: true });
const rejected = (reason: Reason): OrderOutcome => end(ORDER_STATUS.rejected, reason);
const CANCELLED = end(ORDER_STATUS.cancelled, REASON.none);
const VENUE_CANCELLED = end(ORDER_STATUS.cancelled, REASON.venue_cancelled);

/** Statuses of the order-status page, August 2026, and of the clients' lists. */
const OUTCOMES: { readonly [status: string]: OrderOutcome } = {
  open: { status: ORDER_STATUS.resting, reason: REASON.none, isEnd: false },
  filled: end(ORDER_STATUS.filled, REASON.none),
  canceled: CANCELLED,
  // Ordinary ends: the position that they would have reduced is gone.
  reduceOnlyCanceled: CANCELLED,
  siblingFilledCanceled: CANCELLED,
  rejected: rejected(REASON.other_refusal),
  tickRejected: rejected(REASON.price_off_grid),
  minTradeNtlRejected: rejected(REASON.below_minimum),
  perpMarginRejected: rejected(REASON.margin),
  perpMaxPositionRejected: rejected(REASON.margin),
  reduceOnlyRejected: rejected(REASON.reduce_only_increase),
  badAloPxRejected: rejected(REASON.post_only_crossed),
  positionIncreaseAtOpenInterestCapRejected: rejected(REASON.open_interest_cap),
  positionFlipAtOpenInterestCapRejected: rejected(REASON.open_interest_cap),
  tooAggressiveAtOpenInterestCapRejected: rejected(REASON.open_interest_cap),
  openInterestIncreaseRejected: rejected(REASON.open_interest_cap),
  oracleRejected: rejected(REASON.too_far_from_oracle),
};

/**
 * The meaning of a status; null for one that says nothing of the order's life (`triggered`) or that is not known. Whatever else ends in Canceled
 * or Cancel is the venue's doing (margin, a halt, a liquidation, the dead man's switch), whatever ends in Rejected a refusal.
 */
export function outcomeOf(status: string): OrderOutcome | null {
  if (Object.hasOwn(OUTCOMES, status)) return OUTCOMES[status] as OrderOutcome;
  if (/Cancel(ed)?$/.test(status)) return VENUE_CANCELLED;
  return status.endsWith("Rejected") ? rejected(REASON.other_refusal) : null;
}
