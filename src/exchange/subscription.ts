/**
 * Subscriptions as clients ask for them and as the venue writes them back.
 * @module
 */
import { CANDLE_INTERVALS } from "../sim/venue/candle.ts";

/** A subscription with its defaults filled in, keys in the venue's order. */
export interface Subscription {
  type: string;
  coin?: string;
  user?: string;
  dex?: string;
  interval?: string;
  nSigFigs?: number | null;
  mantissa?: number | null;
  fast?: boolean;
  aggregateByTime?: boolean;
  ignorePortfolioMargin?: boolean;
}

/** What there is to subscribe to. */
export interface Catalog {
  /** As written: with its dex prefix, upper and lower case as listed. */
  hasCoin(coin: string): boolean;
  /** "" is the venue's own dex. */
  hasDex(dex: string): boolean;
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const INTERVALS: ReadonlySet<string> = new Set(CANDLE_INTERVALS.map((i) => i.name));
const UNREADABLE = Symbol("unreadable");

/** Reads one field; a field without a value is `undefined` and not echoed. */
type Read = (value: unknown) => unknown;
const coin: Read = (v) => (typeof v === "string" ? v : UNREADABLE);
const user: Read = (v) => (typeof v === "string" && ADDRESS.test(v) ? v.toLowerCase() : UNREADABLE);
const interval: Read = (v) => (typeof v === "string" && INTERVALS.has(v) ? v : UNREADABLE);
const flag: Read = (v) => (v == null ? false : typeof v === "boolean" ? v : UNREADABLE);
const figure: Read = (v) => (v == null ? null : Number.isInteger(v) && (v as number) >= 0 ? v : UNREADABLE);
const dex: Read = (v) => (v == null ? "" : typeof v === "string" ? v : UNREADABLE);
/** Echoed only when it was named. */
const namedDex: Read = (v) => (v == null ? undefined : typeof v === "string" ? v : UNREADABLE);

type Fields = readonly (readonly [key: string, read: Read])[];
const NONE: Fields = [];
const OF_COIN: Fields = [["coin", coin]];
const OF_USER: Fields = [["user", user]];
const OF_USER_AND_DEX: Fields = [
  ["user", user],
  ["dex", dex],
];

/** Every type with its fields, in the order in which the venue echoes them. */
const TYPES: ReadonlyMap<string, Fields> = new Map<string, Fields>([
  ["allMids", [["dex", namedDex]]],
  [
    "l2Book",
    [
      ["coin", coin],
      ["nSigFigs", figure],
      ["mantissa", figure],
      ["fast", flag],
    ],
  ],
  ["bbo", OF_COIN],
  ["trades", OF_COIN],
  [
    "candle",
    [
      ["coin", coin],
      ["interval", interval],
    ],
  ],
  ["activeAssetCtx", OF_COIN],
  ["assetCtxs", [["dex", dex]]],
  ["allDexsAssetCtxs", NONE],
  ["fastAssetCtxs", NONE],
  ["spotAssetCtxs", NONE],
  ["outcomeMetaUpdates", NONE],
  [
    "userFills",
    [
      ["user", user],
      ["aggregateByTime", flag],
    ],
  ],
  ["userEvents", OF_USER],
  ["orderUpdates", OF_USER],
  ["openOrders", OF_USER_AND_DEX],
  ["clearinghouseState", OF_USER_AND_DEX],
  ["allDexsClearinghouseState", OF_USER],
  [
    "spotState",
    [
      ["user", user],
      ["ignorePortfolioMargin", flag],
    ],
  ],
  ["userFundings", OF_USER],
  ["userNonFundingLedgerUpdates", OF_USER],
  ["userHistoricalOrders", OF_USER],
  ["userTwapSliceFills", OF_USER],
  ["userTwapHistory", OF_USER],
  ["twapStates", OF_USER_AND_DEX],
  [
    "activeAssetData",
    [
      ["user", user],
      ["coin", coin],
    ],
  ],
  ["notification", OF_USER],
  ["webData2", OF_USER],
  ["webData3", OF_USER],
]);

/**
 * The subscription as the venue writes it back: address in lower case, defaults filled in, unknown keys dropped. Null for what it cannot read:
 * a type that it does not know, a field that is missing or of another kind.
 */
export function parseSubscription(value: unknown): Subscription | null {
  if (typeof value !== "object" || value === null) return null;
  const asked = value as { [key: string]: unknown };
  const fields = typeof asked.type === "string" ? TYPES.get(asked.type) : undefined;
  if (fields === undefined) return null;
  const found: { [key: string]: unknown } = { type: asked.type };
  for (const [key, read] of fields) {
    const got = read(asked[key]);
    if (got === UNREADABLE) return null;
    if (got !== undefined) found[key] = got;
  }
  return found as unknown as Subscription;
}

/** Types that only the explorer's own host serves; the rest of what they need is nothing. */
const ELSEWHERE: ReadonlySet<unknown> = new Set(["explorerBlock", "explorerTxs"]);

/** Whether it is a subscription of the explorer's host, which this one calls invalid. */
export const isServedElsewhere = (value: unknown): boolean => ELSEWHERE.has((value as { type?: unknown } | null)?.type);

/**
 * Whether the venue serves it: coin and dex are listed, written exactly so, and options fit each other. What fails here ends the connection
 * without a word (measured on mainnet, September 2026).
 */
export function isServed(s: Subscription, catalog: Catalog): boolean {
  if (s.coin !== undefined && !catalog.hasCoin(s.coin)) return false;
  if (s.dex !== undefined && !catalog.hasDex(s.dex)) return false;
  const figures = s.nSigFigs ?? null;
  const mantissa = s.mantissa ?? null;
  return areFigures(figures, mantissa);
}

/** Whether a book may be asked for with these significant figures and this mantissa. */
export function areFigures(figures: number | null, mantissa: number | null): boolean {
  if (figures !== null && !(figures >= 2 && figures <= 5)) return false;
  return mantissa === null || (figures === 5 && [1, 2, 5].includes(mantissa));
}
