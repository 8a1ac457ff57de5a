/**
 * What passes between whoever decides orders and the venue's door: requests out, answers in, with their times.
 * @module
 */
import type { Reason } from "../../core/reason.ts";
import type { Lots, TimeUs } from "../../core/units.ts";

/** One order as it may be sent: its number in the run's frames, the venue's number and its grids. */
export interface TradedMarket {
  market: number;
  coin: string;
  assetId: number;
  szDecimals: number;
}

/**
 * What became of one request. `cloid` is the counter of the order that was asked for (place, modify), or of the one that a cancel is about; minus
 * its order id where the order does not carry one of ours.
 */
export interface OrderAnswer {
  market: number;
  /** One of ACTION: what was asked. */
  action: number;
  cloid: number;
  /** Order that a modify or cancel is about. */
  targetCloid: number;
  oid: number;
  /**
   * One of ORDER_STATUS: `resting`, `filled`, `cancelled`, `rejected` (counted; of a modify, its old order is gone), `refused` (nothing was executed:
   * what a modify or cancel is about stands as it stood), `missing`, `timed_out` (nobody knows: ask).
   */
  status: number;
  reason: Reason;
  /** Of an order that rests or is filled; NaN where it is `cancelled`, because the answer does not say what was left; 0 otherwise. */
  leavesLots: Lots;
  /** The venue's own words where it refused, or "". */
  text: string;
  receivedUs: TimeUs;
  /** It was told to be `timed_out` before. */
  isLate: boolean;
}

/** Times of one signed action, our clock; what did not happen is NaN. Differences are the legs that a report shows. */
export interface ActionTimes {
  decidedUs: TimeUs;
  /** Signed, handed to the socket or to HTTP. */
  signedUs: TimeUs;
  answeredUs: TimeUs;
  /** Block that took it, by the venue's clock, where a push told: corrected by the offset of the clocks. */
  blockUs: TimeUs;
  viaSocket: boolean;
}

/** Who hears what becomes of requests. Never called from inside `queue`, `flush` or `cancelAll`; `onReply`, `onLost` and `onBlock` tell at once. */
export interface GatewayEvents {
  /** All answers of one action, in its order. Where they were `timed_out`, the true ones may come later: once. */
  onAnswers(answers: readonly OrderAnswer[], receivedUs: TimeUs): void;
  /** Once for each action that was answered: when the block is known too, or will not be. */
  onTimes(times: ActionTimes): void;
  /** Something that must be told: an answer that is not understood, a signer that the venue does not know. */
  onProblem(problem: GatewayProblem): void;
}

/** A refusal that no order is to blame for. */
export interface GatewayProblem {
  kind: "signer" | "unreadable" | "http" | "nonce" | "expired" | "limit" | "other";
  /** Sentence for people with the raw reply in it. */
  text: string;
  /** Whether going on is pointless: the venue does not know the key. */
  isFatal: boolean;
}

/** Signs actions for one key. The key itself never leaves it. */
export interface Signer {
  /** Address of the key, lower case. */
  readonly address: string;
  sign(digest: Uint8Array): { r: string; s: string; v: 27 | 28 };
}

/** Nonces of one key: whole milliseconds, strictly increasing for as long as the key lives. */
export interface NonceSource {
  next(): number;
}
