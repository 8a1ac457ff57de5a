/**
 * What the type of an action says about how it is signed and counted.
 * @module
 */
import type { Action } from "./action.ts";

const USER_SIGNED: ReadonlySet<Action["type"]> = new Set([
  "approveAgent",
  "approveBuilderFee",
  "sendAsset",
  "usdClassTransfer",
  "usdSend",
  "spotSend",
  "withdraw3",
  "userSetAbstraction",
] satisfies Action["type"][]);

/** Whether it is signed field by field, by the account itself and none of its agents. */
export function isUserSigned(action: Action): boolean {
  return USER_SIGNED.has(action.type);
}

/**
 * Types that are done for the vault or sub-account that the envelope names, and whose hash holds it (exchange-endpoint page, August 2026). One
 * client names its vault in every envelope, also where it signed without.
 */
const FOR_VAULT: ReadonlySet<Action["type"]> = new Set([
  "order",
  "cancel",
  "cancelByCloid",
  "modify",
  "batchModify",
  "scheduleCancel",
  "updateLeverage",
  "updateIsolatedMargin",
  "topUpIsolatedOnlyMargin",
] satisfies Action["type"][]);

/** Whether the action is done for the envelope's vault. */
export function actsForVault(action: Action): boolean {
  return FOR_VAULT.has(action.type);
}

/** Orders, cancels or modifies in the action. */
export function itemCountOf(action: Action): number {
  switch (action.type) {
    case "order":
      return action.orders.length;
    case "cancel":
    case "cancelByCloid":
      return action.cancels.length;
    case "batchModify":
      return action.modifies.length;
    default:
      return 1;
  }
}
