/**
 * From the venue's words to reasons.
 * @module
 */
import { REASON, type Reason } from "../../core/reason.ts";
import { ALREADY_EXPIRED, CANNOT_MODIFY, INVALID_PRICE, ZERO_SIZE } from "./errors.ts";

/** How the limiter begins (recorded, 2025 and 2026). */
export const LIMITER_START = "Too many cumulative requests";
/** How the second half of a modify begins to tell that it failed: the old order is gone by then (recorded). */
export const MODIFY_PLACE_START = "Error placing new order during modify: ";
export const MISSING_START = "Order was never placed, already canceled, or filled";

/**
 * Reasons by how a text begins: the venue ends it with the asset, the touch or a number, with or without a full stop, and the page and live answers
 * differ in that (error-responses page, August 2026; live answers, 2025 and 2026).
 */
const REASONS: readonly (readonly [start: string, reason: Reason])[] = [
  ["Post only order would have immediately matched", REASON.post_only_crossed],
  [MISSING_START, REASON.missing_order],
  [CANNOT_MODIFY, REASON.missing_order],
  [LIMITER_START, REASON.too_many_requests],
  [ALREADY_EXPIRED, REASON.expired],
  ["Price must be divisible by tick size", REASON.price_off_grid],
  [INVALID_PRICE, REASON.price_off_grid],
  ["Order must have minimum value of", REASON.below_minimum],
  [ZERO_SIZE, REASON.zero_size],
  ["Insufficient margin to place order", REASON.margin],
  ["Insufficient spot balance", REASON.margin],
  ["Order would cause position to exceed margin tier limit", REASON.margin],
  ["Reduce only order would increase position", REASON.reduce_only_increase],
  ["Order would increase open interest", REASON.open_interest_cap],
  ["Order rejected due to price more aggressive than oracle", REASON.open_interest_cap],
  ["Order price too far from oracle", REASON.too_far_from_oracle],
  ["Price too far from oracle", REASON.too_far_from_oracle],
  ["Order price cannot be more than", REASON.too_far_from_oracle],
];

/**
 * Texts that are about an order or a batch of them, and about nothing that our frames have a reason for. Known all the same: a batch that fails
 * with one of them was read and refused as a whole.
 */
const OTHERS: readonly string[] = [
  "Order has invalid size",
  "Order could not immediately match",
  "Invalid TP/SL price",
  "No liquidity available for market order",
  "Main order cannot be trigger order",
  "Only post-only orders allowed",
  "Trading is halted",
  "Too many open orders",
  "Builder fee has not been approved",
  "Unexpected number of trigger orders",
  "Insufficient delegatable balance",
  "Signed action over weight limit",
];

/** Reason of a text; `other_refusal` for what none fits, and "" has none. The second half of a modify has the reason of its order. */
export function reasonOf(text: string): Reason {
  if (text === "") return REASON.none;
  const words = text.startsWith(MODIFY_PLACE_START) ? text.slice(MODIFY_PLACE_START.length) : text;
  return REASONS.find(([start]) => words.startsWith(start))?.[1] ?? REASON.other_refusal;
}

/** Whether the venue has been seen to say this of an order: then it was read and refused, and nothing of it was executed. */
export function isKnownRefusal(text: string): boolean {
  return reasonOf(text) !== REASON.other_refusal || OTHERS.some((start) => text.startsWith(start));
}

/** Whether a text says that the venue does not know whoever signed, or whom the action is for: no request of ours will be taken. */
export function isUnknownSigner(text: string): boolean {
  return SIGNER.test(text);
}

const SIGNER =
  /^(L1 error: )?(User or API Wallet 0x\w+ does not exist|Must deposit before performing actions|Vault not registered|Unable to recover signer)/;
