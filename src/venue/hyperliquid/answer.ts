/**
 * From what the venue said of a request to what its owner hears.
 * @module
 */
import { ACTION, ORDER_STATUS } from "../../core/frame.ts";
import { REASON } from "../../core/reason.ts";
import { parseScaled, type TimeUs } from "../../core/units.ts";
import type { Request } from "./batch.ts";
import type { ItemOutcome } from "./reply.ts";
import type { OrderAnswer } from "./trading.ts";

/**
 * What became of one intent. An order that was executed in part rests with what is left: nothing that we send ends at the first fill.
 */
export function answerOf(request: Request, outcome: ItemOutcome, receivedUs: TimeUs): OrderAnswer {
  const { action, targetCloid, market, lots } = request;
  const { status, reason, oid, text, filledText } = outcome;
  const about = {
    market: market.market,
    action,
    cloid: action === ACTION.cancel ? targetCloid : request.cloid,
    targetCloid: action === ACTION.place ? 0 : targetCloid,
    oid,
    reason,
    text,
    receivedUs,
    isLate: false,
  };
  if (status === ORDER_STATUS.resting) return { ...about, status, leavesLots: lots };
  // The answer to a cancel does not say how much was left of the order: its fills, or a push, will.
  if (status === ORDER_STATUS.cancelled) return { ...about, status, leavesLots: Number.NaN };
  if (status !== ORDER_STATUS.filled) return { ...about, status, leavesLots: 0 };
  const leavesLots = lots - parseScaled(filledText, market.szDecimals);
  // A size that is off the market's grid, or more than was asked for, is not understood.
  if (!(leavesLots >= 0)) return { ...about, status: ORDER_STATUS.timed_out, reason: REASON.no_answer, leavesLots: 0 };
  return { ...about, status: leavesLots > 0 ? ORDER_STATUS.resting : status, leavesLots };
}
