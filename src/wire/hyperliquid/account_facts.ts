/**
 * What the venue says of an account, in the core's units: fills, order updates, funding, positions, and what is left of requests and money.
 * @module
 */
import type { Lots, MicroUsd, Px, TimeUs } from "../../core/units.ts";

/** One own fill. A market that is not followed has index -1. */
export interface FillFact {
  kind: "fill";
  market: number;
  coin: string;
  oid: number;
  /** As the venue writes it, or null. */
  cloid: string | null;
  tid: number;
  /** +1 we bought. */
  side: number;
  px: Px;
  lots: Lots;
  /** Positive when paid; builder fees included. */
  feeUsd: MicroUsd;
  /** Whether we took. */
  crossed: boolean;
  /** Signed position before it: orders fills of one millisecond. */
  startLots: Lots;
  timeUs: TimeUs;
  /** Of a liquidation in which the account was the liquidated one. */
  liquidated: boolean;
}

/** Status of one own order. */
export interface OrderFact {
  kind: "order";
  market: number;
  coin: string;
  oid: number;
  cloid: string | null;
  /** As the venue names it: open, filled, canceled, marginCanceled... */
  status: string;
  side: number;
  px: Px;
  leavesLots: Lots;
  origLots: Lots;
  reduceOnly: boolean;
  /** A stop or take-profit that waits for its trigger: rests in no book. */
  isTrigger: boolean;
  timeUs: TimeUs;
}

/** Funding paid (negative) or received. */
export interface FundingFact {
  kind: "funding";
  market: number;
  coin: string;
  usd: MicroUsd;
  timeUs: TimeUs;
}

/** The account's state in one dex. */
export interface DexStateFact {
  kind: "dex_state";
  dex: string;
  accountValueUsd: MicroUsd;
  /** Cash: what all positions would leave if they were worth nothing. Moves with fills, fees, funding and transfers only. */
  rawUsd: MicroUsd;
  withdrawableUsd: MicroUsd;
  marginUsedUsd: MicroUsd;
  /** Only positions that are not flat, of whatever market. */
  positions: readonly PositionFact[];
  timeUs: TimeUs;
}

export interface PositionFact {
  market: number;
  coin: string;
  /** Signed; of a market that is not followed, NaN: its grid is not known. */
  lots: Lots;
  /** The venue's own text of the size. */
  sizeText: string;
  entryPx: number;
  leverage: number;
  isCross: boolean;
  unrealizedUsd: MicroUsd;
}

/** The venue's count of requests. */
export interface QuotaFact {
  kind: "quota";
  usedCount: number;
  capCount: number;
  /** Bought beyond those used. */
  reservedCount: number;
  volumeUsd: MicroUsd;
}

/** The venue ended one of our orders by itself; what for comes with the order's own update. */
export interface VenueCancelFact {
  kind: "venue_cancel";
  market: number;
  coin: string;
  oid: number;
}

/** A liquidation began: of the account, where `isOurs`, or one that it took part in. */
export interface LiquidationFact {
  kind: "liquidation";
  isOurs: boolean;
  accountValueUsd: MicroUsd;
}

export type AccountFact =
  | FillFact
  | OrderFact
  | FundingFact
  | DexStateFact
  | QuotaFact
  | VenueCancelFact
  | LiquidationFact;

/** One message of an account channel. */
export interface AccountMessage {
  channel: string;
  /** A picture of the past that a subscribe brings: fills in it are history and never booked as new. */
  isSnapshot: boolean;
  facts: readonly AccountFact[];
  /** What was not understood, or "". */
  problem: string;
}
