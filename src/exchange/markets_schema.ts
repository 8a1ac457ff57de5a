/**
 * The keys of a markets file: what each means, what it may be, and its place in the venue's specification.
 * @module
 */
import { z } from "zod";
import { MICRO_PER_USD, US_PER_MS } from "../core/units.ts";
import { MARKET_DEFAULTS } from "../sim/venue/default_spec.ts";
import { VENUE_RULES, type VenueRules } from "../sim/venue/spec.ts";

/** One key: its schema says what is allowed, in the words that an error prints. */
export interface MarketsKey {
  key: string;
  help: string;
  allowed: string;
  schema: z.ZodType;
}

function number(key: string, help: string, min: number, max: number, whole = false): MarketsKey {
  const allowed = `${min} to ${max}${whole ? ", whole" : ""}`;
  return { key, help, allowed, schema: (whole ? z.int() : z.number()).min(min).max(max) };
}

function text(key: string, help: string, allowed: string, pattern: RegExp): MarketsKey {
  return { key, help, allowed, schema: z.string().regex(pattern) };
}

function flag(key: string, help: string): MarketsKey {
  return { key, help, allowed: "true or false", schema: z.boolean() };
}

/** Dollars that are whole micro-dollars in a double. */
const USD_MAX = 9_000_000_000;
const DECIMAL = /^\d{1,12}(\.\d{1,6})?$/;
const decimalAllowed = 'a decimal in quotes, as "1.5"';
/** Deployers may ask for at most 3, in growth mode below 10 (fees page, August 2026); what is far beyond would not fit a balance. */
export const FEE_SCALE = /^\d(\.\d{1,6})?$/;
const scaleAllowed = 'a decimal below 10 in quotes, as "1.5"';

export const RULE_KEYS: readonly MarketsKey[] = [
  number("block_ms", "time from block to block", 1, 60_000, true),
  number("modify_cost", "requests that one modify costs; the venue's pages leave it open", 0, 10, true),
  flag("cancels_share_counter", "whether cancels move the counter of requests; left open too"),
  number("maker_credit", "share of a maker's volume that earns requests; left open too", 0, 1),
  number("items_max", "orders, cancels or modifies in one action", 1, 10_000, true),
  number(
    "taker_delay_blocks",
    "blocks that an action with a GTC or IOC order waits longer than others",
    0,
    1_000,
    true,
  ),
  number("schedule_cancel_volume_usd", "volume below which no dead man's switch may be set", 0, USD_MAX),
  number("schedule_cancels_per_day", "times that a dead man's switch may fire in a UTC day", 0, 1_000, true),
  number("far_price_ratio", "prices further from the reference than this share of it are refused", 0.01, 1),
  number("open_orders_base", "open orders of an address without volume", 1, 100_000, true),
  number("open_orders_max", "open orders of an address with any volume", 1, 100_000, true),
  number("request_price_usd", "price of one request bought", 0, 1_000),
];

export const TOKEN_KEYS: readonly MarketsKey[] = [
  number("index", "spot index of the token", 0, 100_000, true),
  text("name", "as the venue writes it", "1 to 8 letters and digits, capitals", /^[A-Z0-9]{1,8}$/),
  text("id", "token id", "0x and 32 hexadecimal digits", /^0x[0-9a-f]{32}$/),
  number("sz_decimals", "decimals of a size", 0, 8, true),
  number("wei_decimals", "decimals of the smallest unit", 0, 18, true),
];

export const DEX_KEYS: readonly MarketsKey[] = [
  text("name", 'first "", the venue\'s own; then 2 to 6 lower-case letters', '"" or 2 to 6 letters', /^([a-z]{2,6})?$/),
  text("full_name", "for people", "at most 64 characters", /^.{0,64}$/),
  text("collateral", "name of a token: USDC, USDE or one listed here", "a token's name", /^[A-Z0-9]{1,8}$/),
  text("fee_scale", "deployer's fee scale; without meaning on the venue's own dex", scaleAllowed, FEE_SCALE),
  number("oi_cap_usd", "open interest of all its markets together", 1, USD_MAX),
];

const tierSchema = z.strictObject({ from_usd: z.number().min(0).max(USD_MAX), max_leverage: z.int().min(1).max(50) });

export const MARKET_KEYS: readonly MarketsKey[] = [
  text("coin", "with its dex and a colon on a HIP-3 dex", "letters and digits", /^([a-z]{2,6}:)?[A-Za-z0-9]{1,16}$/),
  number("sz_decimals", "decimals of a size; a price has 6 less that", 0, 6, true),
  number("max_leverage", "largest leverage", 1, 50, true),
  text("oracle_px", "price to begin with", decimalAllowed, DECIMAL),
  {
    key: "margin_tiers",
    help: "leverage by notional, from 0 upwards; left out: max_leverage at any size",
    allowed: "1 to 3 of { from_usd = 0, max_leverage = 10 }, ascending from 0, first at max_leverage",
    schema: z.array(tierSchema).min(1).max(3),
  },
  {
    key: "margin_mode",
    help: "normal allows cross; noCross and strictIsolated do not, and strictIsolated gives no margin back",
    allowed: "normal, noCross or strictIsolated",
    schema: z.enum(["normal", "noCross", "strictIsolated"]),
  },
  flag("growth", "growth mode: a tenth of the fees and of the earned requests; HIP-3 only"),
  text("fee_scale", "fee scale of this market alone; left out: its dex's", scaleAllowed, FEE_SCALE),
  number("oi_cap_usd", "open interest", 1, USD_MAX),
  number("funding_multiplier", "funding is multiplied by it; HIP-3 only", 0, 10),
  number("funding_interest", "interest per 8 hours in the funding formula", -0.01, 0.01),
  number("impact_usd", "notional at which impact prices are taken", 1, USD_MAX),
];

const shapeOf = (keys: readonly MarketsKey[], required: readonly string[]): Record<string, z.ZodType> =>
  Object.fromEntries(keys.map((k) => [k.key, required.includes(k.key) ? k.schema : k.schema.optional()]));

const marketSchema = z.strictObject(shapeOf(MARKET_KEYS, ["coin", "sz_decimals", "max_leverage", "oracle_px"]));
const dexSchema = z.strictObject({ ...shapeOf(DEX_KEYS, ["name"]), market: z.array(marketSchema).min(1).max(1_000) });

/** The whole file, unknown keys refused. */
export const marketsSchema = z.strictObject({
  rules: z.strictObject(shapeOf(RULE_KEYS, [])).optional(),
  token: z.array(z.strictObject(shapeOf(TOKEN_KEYS, ["index", "name", "id"]))).optional(),
  dex: z.array(dexSchema).min(1).max(64),
});

export interface RawTier {
  from_usd: number;
  max_leverage: number;
}
export type RawTable = Readonly<Record<string, string | number | boolean | RawTier[] | undefined>>;
export interface RawMarkets {
  rules?: RawTable;
  token?: RawTable[];
  dex: (RawTable & { market: RawTable[] })[];
}

/** Dollars to micro-dollars. */
export const microUsd = (dollars: unknown): number => Math.round((dollars as number) * MICRO_PER_USD);
export const dollarsOf = (usd: number): number => usd / MICRO_PER_USD;

/** The rules as the file writes them. */
export function rawRules(rules: VenueRules): RawTable {
  const { limiter } = rules;
  return {
    block_ms: rules.blockUs / US_PER_MS,
    modify_cost: limiter.modifyCost,
    cancels_share_counter: limiter.cancelsShareCounter,
    maker_credit: limiter.makerCreditRatio,
    items_max: rules.itemsMax,
    taker_delay_blocks: rules.takerDelayBlocks,
    schedule_cancel_volume_usd: dollarsOf(rules.scheduleCancelVolumeUsd),
    schedule_cancels_per_day: rules.scheduleCancelsPerDay,
    far_price_ratio: rules.farPriceRatio,
    open_orders_base: rules.openOrdersBase,
    open_orders_max: rules.openOrdersMax,
    request_price_usd: dollarsOf(rules.requestPriceUsd),
  };
}

/** The rules of a file: what it leaves out stays as it is by default. */
export function rulesOf(given: RawTable): VenueRules {
  const raw = { ...rawRules(VENUE_RULES), ...given };
  const number = (key: string): number => raw[key] as number;
  return {
    ...VENUE_RULES,
    blockUs: number("block_ms") * US_PER_MS,
    limiter: {
      ...VENUE_RULES.limiter,
      modifyCost: number("modify_cost"),
      cancelsShareCounter: raw.cancels_share_counter as boolean,
      makerCreditRatio: number("maker_credit"),
    },
    itemsMax: number("items_max"),
    takerDelayBlocks: number("taker_delay_blocks"),
    scheduleCancelVolumeUsd: microUsd(raw.schedule_cancel_volume_usd),
    scheduleCancelsPerDay: number("schedule_cancels_per_day"),
    farPriceRatio: number("far_price_ratio"),
    openOrdersBase: number("open_orders_base"),
    openOrdersMax: number("open_orders_max"),
    requestPriceUsd: microUsd(raw.request_price_usd),
  };
}

/** A market's optional keys by default, as the file writes them. */
export const RAW_MARKET_DEFAULTS: RawTable = {
  margin_mode: MARKET_DEFAULTS.marginMode,
  growth: MARKET_DEFAULTS.growth,
  oi_cap_usd: dollarsOf(MARKET_DEFAULTS.oiCapUsd),
  funding_multiplier: MARKET_DEFAULTS.fundingMultiplier,
  funding_interest: MARKET_DEFAULTS.fundingInterestFrac,
  impact_usd: dollarsOf(MARKET_DEFAULTS.impactNotionalUsd),
};
