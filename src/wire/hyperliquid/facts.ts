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
/** Items of an answer that weigh one more, by question (rate-limits page, August 2026). */
export const INFO_ITEMS_PER_WEIGHT: { readonly [type: string]: number } = {
  recentTrades: 20,
  historicalOrders: 20,
  userFills: 20,
  userFillsByTime: 20,
  fundingHistory: 20,
  userFunding: 20,
  userNonFundingLedgerUpdates: 20,
  twapHistory: 20,
  userTwapSliceFills: 20,
  userTwapSliceFillsByTime: 20,
  candleSnapshot: 60,
};
/** An action weighs one, and one more for each 40 orders or cancels in it (rate-limits page, August 2026). */
export const EXCHANGE_ITEMS_PER_WEIGHT = 40;
/**
 * Limits of WebSocket connections from one address (rate-limits page, August 2026; older pages allow more). Users that may be followed: the page
 * says 10, the error text of clients 15.
 */
export const SOCKET_LIMITS = {
  connectionsMax: 10,
  usersMax: 10,
  postsMax: 100,
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
/** The same for sums over markets and for accounts, whose worth moves with the marks (mids, contexts: measured, September 2026; accounts: assumed). */
export const SUMMARY_CADENCE_US = { allMids: 5_000_000, allDexsAssetCtxs: 13_600_000, account: 5_000_000 } as const;
/** Levels a side of a full and of a fast book (WebSocket page and measurement, September 2026). */
export const BOOK_LEVELS = { full: 20, fast: 5 } as const;
/** Trades that a new subscriber is told: about 20 s of them (measured, September 2026); the count is a bound of ours. */
export const TRADES_REPLAY = { spanUs: 20_000_000, countMax: 512 } as const;
/** Orders and fills that the venue still answers for (order page; measured, August 2026). */
export const RETAINED = {
  ordersMax: 2_000,
  fillsMax: 10_000,
  answerMax: 2_000,
  rangeMax: 500,
  candlesMax: 5_000,
} as const;
/** Market orders may be this large, dollars, by the market's largest leverage (order-types page, August 2026). */
export const MARKET_ORDER_NOTIONALS: readonly (readonly [leverageMin: number, usd: string])[] = [
  [25, "30000000.0"],
  [20, "5000000.0"],
  [10, "2000000.0"],
  [0, "500000.0"],
];

/** The limiter's refusal, with the numbers it prints (recorded error texts, 2025 and 2026). */
export function refusalText(usedCount: number, limitCount: number, volume: string): string {
  const counts = `(${usedCount} > ${limitCount - 1})`;
  const hint = "Place taker orders to free up 1 request per USDC traded.";
  return `Too many cumulative requests sent ${counts} for cumulative volume traded $${volume}. ${hint}`;
}

/** One tier of fees: rates as the venue prints them, fractions of notional. */
export interface FeeTier {
  /** Weighted volume of 14 days above which it holds, dollars. */
  ntlCutoff: string;
  cross: string;
  add: string;
  spotCross: string;
  spotAdd: string;
}

const tier = (ntlCutoff: string, cross: string, add: string, spotCross: string, spotAdd: string): FeeTier => ({
  ntlCutoff,
  cross,
  add,
  spotCross,
  spotAdd,
});

/**
 * Fees as `userFees` answers them under `feeSchedule` (fees page, August 2026; shape and spelling of numbers from the info-endpoint page and
 * captured answers, September 2026). Tiers go by volume, makers of a large share of the exchange's maker volume have rebates, staked HYPE
 * buys a discount: 10,000 HYPE are 0.1 bps of the most there can be, a billion.
 */
export const FEE_SCHEDULE = {
  cross: "0.00045",
  add: "0.00015",
  spotCross: "0.0007",
  spotAdd: "0.0004",
  tiers: {
    vip: [
      tier("5000000.0", "0.0004", "0.00012", "0.0006", "0.0003"),
      tier("25000000.0", "0.00035", "0.00008", "0.0005", "0.0002"),
      tier("100000000.0", "0.0003", "0.00004", "0.0004", "0.0001"),
      tier("500000000.0", "0.00028", "0.0", "0.00035", "0.0"),
      tier("2000000000.0", "0.00026", "0.0", "0.0003", "0.0"),
      tier("7000000000.0", "0.00024", "0.0", "0.00025", "0.0"),
    ],
    mm: [
      { makerFractionCutoff: "0.005", add: "-0.00001" },
      { makerFractionCutoff: "0.015", add: "-0.00002" },
      { makerFractionCutoff: "0.03", add: "-0.00003" },
    ],
  },
  referralDiscount: "0.04",
  stakingDiscountTiers: [
    { bpsOfMaxSupply: "0.0", discount: "0.0" },
    { bpsOfMaxSupply: "0.0001", discount: "0.05" },
    { bpsOfMaxSupply: "0.001", discount: "0.1" },
    { bpsOfMaxSupply: "0.01", discount: "0.15" },
    { bpsOfMaxSupply: "0.1", discount: "0.2" },
    { bpsOfMaxSupply: "1.0", discount: "0.3" },
    { bpsOfMaxSupply: "5.0", discount: "0.4" },
  ],
} as const;

/** The referral discount holds for so much of an account's first volume, dollars (fees page, August 2026). */
export const REFERRAL_VOLUME_USD = 25_000_000;
