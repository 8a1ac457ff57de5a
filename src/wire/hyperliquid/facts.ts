/**
 * Numbers that the venue set, each with its source and the date it was read, in one place.
 * @module
 */

/** Requests an address starts with (rate-limits page, August 2026). */
export const REQUESTS_INITIAL = 10_000;
/** Cancels may go this far beyond the request limit, at most to twice it (rate-limits page, August 2026). */
export const CANCEL_EXTRA = 100_000;
/** One request is let through this long after the answer to the last one, once the budget is spent (rate-limits page; testnet probe, October 2026). */
export const THROTTLE_SPACING_US = 10_000_000;
/** Smallest order, micro-dollars (error texts, October 2026). */
export const MIN_NOTIONAL_USD = 10_000_000;
/** Share of volume that earns requests on a HIP-3 market in growth mode, and share of the fee that is charged there (fees page, August 2026). */
export const GROWTH_RATIO = 0.1;
/** Asset ids: main perps count from 0, HIP-3 from 100,000 + 10,000 x dex index (asset-ids page, August 2026). */
export const HIP3_ASSET_BASE = 100_000;
export const HIP3_ASSET_STRIDE = 10_000;

/** Weight that one address of ours may ask for in a minute, and what questions weigh (rate-limits page, August 2026). */
export const INFO_WEIGHT_PER_MINUTE = 1_200;
export const INFO_WEIGHT: { readonly [type: string]: number; readonly other: number } = {
  l2Book: 2,
  allMids: 2,
  clearinghouseState: 2,
  orderStatus: 2,
  spotClearinghouseState: 2,
  exchangeStatus: 2,
  userRole: 60,
  other: 20,
};
/** Limits of WebSocket connections from one address (rate-limits page, August 2026; older pages allow more). */
export const SOCKET_LIMITS = {
  subscriptionsMax: 1_000,
  connectsPerMinuteMax: 30,
  messagesPerMinuteMax: 2_000,
} as const;
/** A connection to which the venue has sent nothing for a minute is closed (WebSocket page; measured 60.2 s, September 2026). */
export const SOCKET_IDLE_US = 60_000_000;
/**
 * Spacing of the channels that come whatever happens, microseconds: full books every 5 s (July 2026; 2 s from June, 0.5 s before), five levels
 * every half second, contexts once a second. `bbo` and `trades` speak on change.
 */
export const CADENCE_US = { l2Book: 5_360_000, l2BookFast: 540_000, activeAssetCtx: 1_000_000 } as const;

/** The limiter's refusal, with the numbers it prints (recorded error texts, 2025 and 2026). */
export function refusalText(usedCount: number, limitCount: number, volume: string): string {
  const counts = `(${usedCount} > ${limitCount - 1})`;
  const hint = "Place taker orders to free up 1 request per USDC traded.";
  return `Too many cumulative requests sent ${counts} for cumulative volume traded $${volume}. ${hint}`;
}
