/**
 * What the venue says when it refuses, to the letter, each text with its source.
 *
 * "page" is the error-responses page of August 2026, "recorded" an answer of the live venue quoted by its users in 2025 and 2026. The page
 * lists texts without the suffix ` asset=<id>`, with which live answers to orders and cancels end.
 * @module
 */

/** Ends the text of one order or cancel as live answers do (recorded: ticks, margin, post-only, minimum, oracle, missing order). */
function about(text: string, assetId: number): string {
  return `${text} asset=${assetId}`;
}

// Orders and cancels, one text per item of `statuses`.

/** Status tickRejected (page; recorded with asset 0, 1, 3, 7 and 13). */
export function tickText(assetId: number): string {
  return about("Price must be divisible by tick size.", assetId);
}

/** Status minTradeNtlRejected: under $10 and not the close of a whole position (page; recorded with asset 0, 4 and 173). */
export function minNotionalText(assetId: number): string {
  return about("Order must have minimum value of $10.", assetId);
}

/** Status perpMarginRejected (page; recorded with asset 4). */
export function marginText(assetId: number): string {
  return about("Insufficient margin to place order.", assetId);
}

/** Status reduceOnlyRejected (page; recorded, testnet probe of October 2026). */
export function reduceOnlyText(assetId: number): string {
  return about("Reduce only order would increase position.", assetId);
}

/** Status badAloPxRejected; `bid` and `ask` as the venue prints prices here, without a trailing ".0" (page; recorded with asset 4). */
export function badAloPxText(bid: string, ask: string, assetId: number): string {
  return about(`Post only order would have immediately matched, bbo was ${bid}@${ask}.`, assetId);
}

/** Status iocCancelRejected (page; recorded with asset 0). */
export function iocCancelText(assetId: number): string {
  return about("Order could not immediately match against any resting orders.", assetId);
}

/** Status badTriggerPxRejected: the wrong side of the mark, or a price off the grid (page; recorded with asset 0, 1 and 187). */
export function badTriggerPxText(assetId: number): string {
  return about("Invalid TP/SL price.", assetId);
}

/** Status marketOrderNoLiquidityRejected (page; the suffix by analogy). */
export function noLiquidityText(assetId: number): string {
  return about("No liquidity available for market order.", assetId);
}

/** Statuses positionIncrease- and positionFlipAtOpenInterestCapRejected (page, no full stop; the suffix by analogy). */
export function openInterestCapText(assetId: number): string {
  return about("Order would increase open interest while open interest is capped", assetId);
}

/** Status tooAggressiveAtOpenInterestCapRejected (page, no full stop; the suffix by analogy). */
export function tooAggressiveText(assetId: number): string {
  return about("Order rejected due to price more aggressive than oracle while at open interest cap", assetId);
}

/** Status openInterestIncreaseRejected (page, no full stop; the suffix by analogy). */
export function openInterestIncreaseText(assetId: number): string {
  return about("Order would increase open interest too quickly", assetId);
}

/** Status oracleRejected. The page says "Order price too far from oracle"; live answers read as here (recorded with asset 4, August 2026, and 110029). */
export function oracleText(assetId: number): string {
  return about("Price too far from oracle", assetId);
}

/** Status perpMaxPositionRejected (page, no full stop; the suffix by analogy). */
export function maxPositionText(assetId: number): string {
  return about("Order would cause position to exceed margin tier limit at current leverage", assetId);
}

/** Status insufficientSpotBalanceRejected; the page describes it, the wire says this (recorded). */
export function spotBalanceText(assetId: number): string {
  return about("Insufficient spot balance", assetId);
}

/** A cancel of what does not rest: unknown, done or somebody else's (page; recorded with asset 4). */
export function missingOrderText(assetId: number): string {
  return about("Order was never placed, already canceled, or filled.", assetId);
}

/** A market that the deployer has halted (quoted in the tests of a client, 2026, with asset 99). */
export function haltedText(assetId: number): string {
  return about("Trading is halted.", assetId);
}

/** Status tooManyOpenOrdersRejected: no source has its wording, this is the status put in words. */
export function tooManyOpenOrdersText(assetId: number): string {
  return about("Too many open orders.", assetId);
}

/** Size 0 without the whole-position form of TP/SL (recorded, without suffix). */
export const ZERO_SIZE = "Order has zero size.";
/** More decimals than the market's lots have (recorded, without suffix). */
export const INVALID_SIZE = "Order has invalid size.";
/** No price at all: not a positive decimal (recorded, without suffix). */
export const INVALID_PRICE = "Order has invalid price.";
/** Order far from the mark (recorded, without suffix; 80 in most answers, 95 in later ones). */
export function farPriceText(percent: number): string {
  return `Order price cannot be more than ${percent}% away from the reference price`;
}
/** After an upgrade of the network (recorded). */
export const POST_ONLY_PERIOD = "Only post-only orders allowed immediately after a network upgrade";
/** The order names a builder that the account did not approve for this fee (recorded). */
export const BUILDER_NOT_APPROVED = "Builder fee has not been approved.";
/** Grouping and orders do not fit: children of TP/SL groups are triggers (recorded). */
export const UNEXPECTED_TRIGGERS = "Unexpected number of trigger orders";
/** A priority fee with too little staked (recorded). */
export const PRIORITY_BALANCE = "Insufficient delegatable balance for priority order";
/** A modify of an order that does not rest (recorded). */
export const CANNOT_MODIFY = "Cannot modify canceled or filled order";
/** The second half of a modify failed; the old order is gone. `reason` is the text of the new order (recorded). */
export function modifyPlaceText(reason: string): string {
  return `Error placing new order during modify: ${reason}`;
}

// Whole actions, `{"status":"err","response":text}`.

/** More than 200 orders, cancels or modifies in one action (testnet probe, October 2026). */
export const OVER_WEIGHT = "Signed action over weight limit of 200.";
/** `expiresAfter` has passed (recorded). */
export const ALREADY_EXPIRED = "Action already expired";
/** r, s and v that no key can have made (recorded). */
export const UNRECOVERABLE_SIGNER = "Unable to recover signer";

/** The recovered signer is neither an account nor an agent; `address` in lower case (recorded). */
export function unknownSignerText(address: string): string {
  return `User or API Wallet ${address} does not exist.`;
}

/** The signer's account never had a deposit (recorded). */
export function mustDepositText(address: string): string {
  return `Must deposit before performing actions. User: ${address}`;
}

/** `vaultAddress` is neither a vault nor a sub-account (recorded). */
export function vaultNotRegisteredText(address: string): string {
  return `Vault not registered: ${address}`;
}

/** The nonce was used before by this signer (recorded). */
export function duplicateNonceText(nonce: number): string {
  return `Invalid nonce: duplicate nonce ${nonce}`;
}

/** The nonce is below the least that is stored, or two days old (recorded). */
export function nonceTooLowText(nonce: number, leastNonce: number): string {
  return `Invalid nonce: nonce too low ${nonce} < ${leastNonce}`;
}

/** The nonce is more than a day ahead: no source has its wording, the mirror image of `nonceTooLowText`. */
export function nonceTooHighText(nonce: number, mostNonce: number): string {
  return `Invalid nonce: nonce too high ${nonce} > ${mostNonce}`;
}

/** Dead man's switch under $1M of volume; `traded` as "0", "12066.75" or "373.47205" (recorded). */
export function scheduledCancelVolumeText(traded: string): string {
  return `Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $${traded}.`;
}

/** Sub-accounts under $100k of volume; `traded` as above (recorded). */
export function subAccountVolumeText(traded: string): string {
  return `Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $${traded}.`;
}

/** Cross to isolated or back while a position is open (recorded). */
export const LEVERAGE_TYPE_OPEN = "Cannot switch leverage type with open position.";
/** Cross on a market that is isolated only (recorded in 2025 and 2026, xyz:SMSN among them). */
export const CROSS_NOT_ALLOWED = "Cross margin is not allowed for this asset.";
/** Leverage of 0 or above the market's most (reports of users, 2026). */
export const INVALID_LEVERAGE = "Invalid leverage value";
/** A lower leverage that the account cannot carry (recorded, 2026). */
export const LEVERAGE_MARGIN =
  "Cross position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.";
/** The same for an isolated position: no source has its wording, the sentence above with one word changed. */
export const LEVERAGE_MARGIN_ISOLATED =
  "Isolated position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.";
/** Margin moved on a cross position or on none (recorded). */
export const NOT_ISOLATED = "Position does not use isolated margin.";
/** Margin moved by nothing (strings of the node's program, collected by its users, 2026). */
export const MARGIN_UPDATE_ZERO = "Update to isolated margin cannot be zero.";
/** Margin moved where there is no position (as above). */
export const MARGIN_EMPTY_POSITION = "Cannot update margin for empty position.";
/** More margin than is free (as above; its beginning recorded in production, 2026). */
export const MARGIN_INCREASE = "Account does not have sufficient margin available for increase.";
/** Margin taken out below what the leverage asks for (recorded on testnet, September 2026). */
export const MARGIN_REDUCTION = "Position does not have sufficient margin for reduction.";
/** Margin taken out of a strictly isolated position (strings of the node's program). */
export const MARGIN_REMOVAL = "Cannot remove isolated margin for this asset. To remove margin, reduce the position.";
/** A top-up where the market is not strictly isolated (as above; no full stop). */
export const NOT_STRICT_ISOLATED = "Asset not strict isolated";

/** A second agent by an address that serves already (recorded). */
export const AGENT_USED = "Extra agent already used.";
/** More named agents than the account may have (recorded with 3). */
export function tooManyAgentsText(limitCount: number): string {
  return `Too many extra agents for cumulative volume traded. Current limit is ${limitCount}`;
}
/** A new agent while one is being taken off (recorded). */
export const AGENT_PENDING_REMOVAL = "User has pending agent removal";
/** `valid_until` lies in the past (recorded). */
export const AGENT_EXPIRED = "Agent valid_until already expired.";
/** An agent sends to somebody else (recorded). */
export const AGENT_SEND_ELSEWHERE = "Agent can only send asset to same user or their sub-accounts.";

/** Withdrawals (recorded). */
export const WITHDRAWAL_BALANCE = "Insufficient balance for withdrawal";
/** usdSend, spotSend, sendAsset (recorded). */
export const TRANSFER_BALANCE = "Insufficient balance for token transfer";
/** Deposits into vaults (recorded). */
export const DEPOSIT_FUNDS = "Insufficient funds available to deposit.";
/** usdClassTransfer and the like on a unified account (recorded). */
export const UNIFIED_DISABLED = "Action disabled when unified account is active";
/** A change of account mode that is not open to the account (recorded). */
export const ABSTRACTION_TRANSITION = "Abstraction transition not allowed";
/** Portfolio margin for a small account (recorded). */
export const PORTFOLIO_MARGIN_SIZE = "Portfolio margin requires account value of $10000 or total volume of $5000000.";

/** A transfer to a sub-account of somebody else (recorded). */
export function subAccountNotRegisteredText(subAccount: string, master: string): string {
  return `Sub-account ${subAccount} is not registered to ${master}`;
}
/** A transfer between an account and what is none of its sub-accounts (recorded on testnet, 2026, signed by master and agent alike). */
export function subAccountTransferText(from: string, to: string): string {
  return `Invalid sub-account transfer from ${from} to ${to}`;
}
/** Referral codes (recorded). */
export const REFERRAL_UNKNOWN = "Referral code not registered";
/** Rewards, vaults, staking (recorded). */
export const NO_REWARDS = "No rewards to claim";
export const LEADER_ONLY = "Only leader can perform this vault action";
export const UNKNOWN_VALIDATOR = "Unknown validator";
export const INSUFFICIENT_STAKE = "Insufficient stake";

/** TWAP shorter than the least duration (recorded). */
export function twapDurationText(minutes: number): string {
  return `Invalid TWAP duration: ${minutes} min(s)`;
}
/** TWAP texts (recorded). */
export const TWAP_TOO_SMALL = "TWAP order value too small. Min is $1200, which is $10 per minute.";
export const TWAP_MISSING = "TWAP was never placed, already canceled, or filled.";
export const TWAP_REDUCE_ONLY = "Reduce-only TWAP order would increase position.";

// Transport.

/** Body of the HTTP 422, text/plain (recorded by several clients). */
export const UNREADABLE_BODY = "Failed to deserialize the JSON body into the target type";

/** What a post over the socket says where REST would answer with this status (500 and 429 recorded, 422 as its status reads). */
export function postFailureText(status: 422 | 429 | 500): string {
  if (status === 422) return "422 Unprocessable Entity";
  return status === 429 ? "429 Too Many Requests" : "500 Internal Server Error";
}

// The socket's error channel, `{"channel":"error","data":text}`; clients find their request by the JSON inside.

/** @param subscription Canonical JSON of the subscription, as the acknowledgement echoes it. (Recorded.) */
export function alreadySubscribedText(subscription: string): string {
  return `Already subscribed: ${subscription}`;
}
/** @param subscription Canonical JSON of the subscription. (Recorded.) */
export function alreadyUnsubscribedText(subscription: string): string {
  return `Already unsubscribed: ${subscription}`;
}
/** @param subscription JSON of the subscription as asked for; no colon before it. (Recorded.) */
export function invalidSubscriptionText(subscription: string): string {
  return `Invalid subscription ${subscription}`;
}
/** @param frame The frame as it was sent. (Recorded: unknown method or type, no JSON, missing fields.) */
export function unreadableFrameText(frame: string): string {
  return `Error parsing JSON into valid websocket request: ${frame}`;
}
/** More than 100 posts in flight (recorded). */
export function tooManyPostsText(id: number): string {
  return `too many pending post requests id=${id}`;
}
/** More users than one address may follow: the pages say 10, the text 15 (recorded). */
export function tooManyUsersText(limitCount: number): string {
  return `Cannot track more than ${limitCount} total users.`;
}
