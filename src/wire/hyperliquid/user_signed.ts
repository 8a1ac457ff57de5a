/**
 * Actions that an account signs field by field, so that a wallet can show what is being signed.
 * @module
 */
import type { Network } from "./hash.ts";
import { fits, type TypedDomain, type TypedField, typedDigest } from "./typed_data.ts";

/**
 * Name of the type and fields after `hyperliquidChain`, by action (exchange-endpoint page, August 2026; the types of the TypeScript client of
 * August 2026).
 */
const TYPES: { readonly [type: string]: { name: string; fields: readonly TypedField[] } } = {
  usdSend: type("UsdSend", "string destination, string amount, uint64 time"),
  spotSend: type("SpotSend", "string destination, string token, string amount, uint64 time"),
  withdraw3: type("Withdraw", "string destination, string amount, uint64 time"),
  usdClassTransfer: type("UsdClassTransfer", "string amount, bool toPerp, uint64 nonce"),
  sendAsset: type(
    "SendAsset",
    "string destination, string sourceDex, string destinationDex, string token, string amount, string fromSubAccount, uint64 nonce",
  ),
  approveAgent: type("ApproveAgent", "address agentAddress, string agentName, uint64 nonce"),
  approveBuilderFee: type("ApproveBuilderFee", "string maxFeeRate, address builder, uint64 nonce"),
  userDexAbstraction: type("UserDexAbstraction", "address user, bool enabled, uint64 nonce"),
  userSetAbstraction: type("UserSetAbstraction", "address user, string abstraction, uint64 nonce"),
  userPortfolioMargin: type("UserPortfolioMargin", "address user, bool enabled, uint64 nonce"),
  tokenDelegate: type("TokenDelegate", "address validator, uint64 wei, bool isUndelegate, uint64 nonce"),
  cDeposit: type("CDeposit", "uint64 wei, uint64 nonce"),
  cWithdraw: type("CWithdraw", "uint64 wei, uint64 nonce"),
  convertToMultiSigUser: type("ConvertToMultiSigUser", "string signers, uint64 nonce"),
  linkStakingUser: type("LinkStakingUser", "address user, bool isFinalize, uint64 nonce"),
  stakingLinkDisableTradingUser: type("StakingLinkDisableTradingUser", "address tradingUser, uint64 nonce"),
  sendToEvmWithData: type(
    "SendToEvmWithData",
    "string token, string amount, string sourceDex, string destinationRecipient, string addressEncoding, " +
      "uint32 destinationChainId, uint64 gasLimit, bytes data, uint64 nonce",
  ),
};

const CHAIN: TypedField = ["string", "hyperliquidChain"];
/** Stands after the chain in what each signer of a multi-signature account signs. */
const PAYLOAD: readonly TypedField[] = [
  ["address", "payloadMultiSigUser"],
  ["address", "outerSigner"],
];
const MULTI_SIG: readonly TypedField[] = [CHAIN, ["bytes32", "multiSigActionHash"], ["uint64", "nonce"]];

/** For whom and through whom the signers of a multi-signature account sign. */
export interface MultiSigPayload {
  multiSigUser: string;
  outerSigner: string;
}

/** Whether an action of this type is signed field by field. */
export function isUserSigned(actionType: string): boolean {
  return Object.hasOwn(TYPES, actionType);
}

/**
 * Digest of a user-signed action; null when it is none, or a field is missing or no fit.
 *
 * Strings are hashed as received, addresses typed `string` among them. An agent without a name is signed with the name "", whether the key
 * is sent or not.
 */
export function userDigest(
  action: { readonly [key: string]: unknown },
  payload: MultiSigPayload | null = null,
): Uint8Array | null {
  if (typeof action.type !== "string" || !isUserSigned(action.type)) return null;
  const { name, fields } = TYPES[action.type] as (typeof TYPES)[string];
  const domain = domainOf(action.signatureChainId);
  if (domain === null) return null;
  const message: { [key: string]: unknown } = { ...action };
  if (action.type === "approveAgent") message.agentName ??= "";
  if (payload !== null) {
    message.payloadMultiSigUser = payload.multiSigUser;
    message.outerSigner = payload.outerSigner;
  }
  const all = [CHAIN, ...(payload === null ? [] : PAYLOAD), ...fields];
  return fits(all, message) ? typedDigest(domain, all, `HyperliquidTransaction:${name}`, message) : null;
}

/**
 * Digest that the outer signer of a multi-signature action signs. `hash` is the action hash of the wrapper without its `type`.
 * Null when the chain id is no number.
 */
export function multiSigDigest(
  hash: Uint8Array,
  network: Network,
  signatureChainId: unknown,
  nonce: number,
): Uint8Array | null {
  const domain = domainOf(signatureChainId);
  const message = { hyperliquidChain: network, multiSigActionHash: hash, nonce };
  if (domain === null || !fits(MULTI_SIG, message)) return null;
  return typedDigest(domain, MULTI_SIG, "HyperliquidTransaction:SendMultiSig", message);
}

/** Any chain will do: the venue takes the id that the wallet was on. */
function domainOf(signatureChainId: unknown): TypedDomain | null {
  if (typeof signatureChainId !== "string" || !/^0x[0-9a-fA-F]{1,13}$/.test(signatureChainId)) return null;
  return { name: "HyperliquidSignTransaction", chainId: Number.parseInt(signatureChainId.slice(2), 16) };
}

function type(name: string, fields: string): { name: string; fields: readonly TypedField[] } {
  return { name, fields: fields.split(", ").map((f) => f.split(" ") as [TypedField[0], string]) };
}
