/**
 * Actions as they are signed and sent to `POST /exchange`, typed. Key order is the order in which they are hashed.
 * @module
 */

export type WireTif = "Gtc" | "Ioc" | "Alo" | "FrontendMarket" | "LiquidationMarket";

export interface WireTrigger {
  isMarket: boolean;
  triggerPx: string;
  tpsl: "tp" | "sl";
}

/** One order. `a` asset id, `b` is buy, `p` price, `s` size, `r` reduce-only, `t` kind, `c` client id. */
export interface WireOrder {
  a: number;
  b: boolean;
  p: string;
  s: string;
  r: boolean;
  t: { limit: { tif: WireTif } } | { trigger: WireTrigger };
  c?: string;
}

/** Who else earns: `f` in tenths of a basis point. */
export interface WireBuilder {
  b: string;
  f: number;
}

export type WireGrouping = "na" | "normalTpsl" | "positionTpsl" | { p: number };

export interface OrderAction {
  type: "order";
  orders: WireOrder[];
  grouping: WireGrouping;
  builder?: WireBuilder;
}
export interface CancelAction {
  type: "cancel";
  cancels: { a: number; o: number }[];
  f?: true;
}
export interface CancelByCloidAction {
  type: "cancelByCloid";
  cancels: { asset: number; cloid: string }[];
  f?: true;
}
export interface ModifyAction {
  type: "modify";
  oid: number | string;
  order: WireOrder;
  a?: true;
}
export interface BatchModifyAction {
  type: "batchModify";
  modifies: { oid: number | string; order: WireOrder }[];
  a?: true;
}
export interface ScheduleCancelAction {
  type: "scheduleCancel";
  time?: number;
}
export interface UpdateLeverageAction {
  type: "updateLeverage";
  asset: number;
  isCross: boolean;
  leverage: number;
}
/** `ntli` in micro-dollars; negative takes margin out. */
export interface UpdateIsolatedMarginAction {
  type: "updateIsolatedMargin";
  asset: number;
  isBuy: boolean;
  ntli: number;
}
export interface TopUpIsolatedOnlyMarginAction {
  type: "topUpIsolatedOnlyMargin";
  asset: number;
  leverage: string;
}
export interface ReserveRequestWeightAction {
  type: "reserveRequestWeight";
  weight: number;
  destination?: string;
}
export interface NoopAction {
  type: "noop";
}
export interface CreateSubAccountAction {
  type: "createSubAccount";
  name: string;
}
/** `usd` in micro-dollars. */
export interface SubAccountTransferAction {
  type: "subAccountTransfer";
  subAccountUser: string;
  isDeposit: boolean;
  usd: number;
}
export interface SetReferrerAction {
  type: "setReferrer";
  code: string;
}
export interface AgentSendAssetAction {
  type: "agentSendAsset";
  destination: string;
  sourceDex: string;
  destinationDex: string;
  token: string;
  amount: string;
  fromSubAccount: string;
  nonce: number;
}
export interface AgentSetAbstractionAction {
  type: "agentSetAbstraction";
  abstraction: "i" | "u" | "p";
}

interface UserSigned {
  signatureChainId: string;
  hyperliquidChain: "Mainnet" | "Testnet";
}
export interface ApproveAgentAction extends UserSigned {
  type: "approveAgent";
  agentAddress: string;
  agentName?: string | null;
  nonce: number;
}
export interface ApproveBuilderFeeAction extends UserSigned {
  type: "approveBuilderFee";
  maxFeeRate: string;
  builder: string;
  nonce: number;
}
export interface SendAssetAction extends UserSigned {
  type: "sendAsset";
  destination: string;
  sourceDex: string;
  destinationDex: string;
  token: string;
  amount: string;
  fromSubAccount: string;
  nonce: number;
}
export interface UsdClassTransferAction extends UserSigned {
  type: "usdClassTransfer";
  amount: string;
  toPerp: boolean;
  nonce: number;
}
export interface UsdSendAction extends UserSigned {
  type: "usdSend";
  destination: string;
  amount: string;
  time: number;
}
export interface SpotSendAction extends UserSigned {
  type: "spotSend";
  destination: string;
  token: string;
  amount: string;
  time: number;
}
export interface WithdrawAction extends UserSigned {
  type: "withdraw3";
  destination: string;
  amount: string;
  time: number;
}
export interface UserSetAbstractionAction extends UserSigned {
  type: "userSetAbstraction";
  user: string;
  abstraction: "disabled" | "unifiedAccount" | "portfolioMargin";
  nonce: number;
}

/** Actions hashed as the venue's own, signed by the account or one of its agents. */
export type L1Action =
  | OrderAction
  | CancelAction
  | CancelByCloidAction
  | ModifyAction
  | BatchModifyAction
  | ScheduleCancelAction
  | UpdateLeverageAction
  | UpdateIsolatedMarginAction
  | TopUpIsolatedOnlyMarginAction
  | ReserveRequestWeightAction
  | NoopAction
  | CreateSubAccountAction
  | SubAccountTransferAction
  | SetReferrerAction
  | AgentSendAssetAction
  | AgentSetAbstractionAction;

/** Actions that the account itself signs, field by field. */
export type UserAction =
  | ApproveAgentAction
  | ApproveBuilderFeeAction
  | SendAssetAction
  | UsdClassTransferAction
  | UsdSendAction
  | SpotSendAction
  | WithdrawAction
  | UserSetAbstractionAction;

export type Action = L1Action | UserAction;

/** What the venue says of one order or cancel of an action. */
export type ItemStatus =
  | { resting: { oid: number; cloid?: string } }
  | { filled: { totalSz: string; avgPx: string; oid: number; cloid?: string } }
  | { error: string }
  | "success"
  | "waitingForFill"
  | "waitingForTrigger";

/** The venue's answer to an action. */
export type ActionReply =
  | { status: "ok"; response: { type: "default" } }
  | { status: "ok"; response: { type: "order" | "cancel"; data: { statuses: ItemStatus[] } } }
  | { status: "ok"; response: { type: "createSubAccount"; data: string } }
  | { status: "err"; response: string };
