/**
 * The markets of a local exchange as a TOML file: read strictly, and printed so that reading gives the same.
 * @module
 */
import type { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { PERP_DECIMALS, parseScaled, type TimeUs } from "../core/units.ts";
import { configError } from "../io/exit.ts";
import { type Chain, defaultTokens } from "../sim/venue/default_spec.ts";
import type { DexSpec, MarginMode, MarketSpec, TokenSpec, VenueSpec } from "../sim/venue/spec.ts";
import {
  DEX_KEYS,
  dollarsOf,
  MARKET_KEYS,
  type MarketsKey,
  marketsSchema,
  microUsd,
  RAW_MARKET_DEFAULTS,
  type RawMarkets,
  type RawTable,
  type RawTier,
  RULE_KEYS,
  rawRules,
  rulesOf,
  TOKEN_KEYS,
} from "./markets_schema.ts";
import { lineOf, parseToml, readText } from "./toml.ts";

/** Reads a file; throws a config error of one line that names file, line, key and what is allowed. */
export function readMarkets(path: string, chain: Chain, seed: number, startUs: TimeUs): VenueSpec {
  return parseMarkets(readText(path), path, chain, seed, startUs);
}

/** @param path How errors name the file. */
export function parseMarkets(text: string, path: string, chain: Chain, seed: number, startUs: TimeUs): VenueSpec {
  return marketsOf(parseToml(text, path), text, path, chain, seed, startUs);
}

/** The tables of a markets file, or of another file that holds them. @param text Where errors look for lines. */
export function marketsOf(
  raw: unknown,
  text: string,
  path: string,
  chain: Chain,
  seed: number,
  startUs: TimeUs,
): VenueSpec {
  const parsed = marketsSchema.safeParse(raw);
  if (!parsed.success) throw configError(describeIssue(path, text, parsed.error.issues[0] as z.core.$ZodIssue));
  const data = parsed.data as unknown as RawMarkets;
  const fail = (at: readonly (string | number)[], why: string): never => {
    throw configError(`${path}:${lineOf(text, at)}: ${at.at(-1)}: ${why}`);
  };
  const tokens = [...defaultTokens(chain), ...(data.token ?? []).map(tokenOf)];
  checkUnique(
    tokens.map((t) => t.name),
    (i) => fail(["token", i - tokens.length + (data.token?.length ?? 0), "name"], "is there already"),
  );
  checkUnique(
    tokens.map((t) => String(t.index)),
    (i) => fail(["token", i - tokens.length + (data.token?.length ?? 0), "index"], "is there already"),
  );
  const dexs = data.dex.map((dex, i) => dexOf(dex, i, tokens, fail));
  checkUnique(
    dexs.map((d) => d.name),
    (i) => fail(["dex", i, "name"], "is there already"),
  );
  return { chain, tokens, dexs, rules: rulesOf(data.rules ?? {}), seed, startUs };
}

type Fail = (at: readonly (string | number)[], why: string) => never;

function tokenOf(raw: RawTable): TokenSpec {
  return {
    index: raw.index as number,
    name: raw.name as string,
    tokenId: raw.id as string,
    szDecimals: (raw.sz_decimals as number | undefined) ?? 2,
    weiDecimals: (raw.wei_decimals as number | undefined) ?? 8,
  };
}

function dexOf(raw: RawMarkets["dex"][number], index: number, tokens: readonly TokenSpec[], fail: Fail): DexSpec {
  const name = raw.name as string;
  if ((index === 0) !== (name === ""))
    fail(["dex", index, "name"], 'the first dex, and no other, is the venue\'s own and is called ""');
  // Transfers call the place of spot balances so.
  if (name === "spot") fail(["dex", index, "name"], "spot is no dex's name");
  const collateral = (raw.collateral as string | undefined) ?? "USDC";
  const token = tokens.find((t) => t.name === collateral);
  if (token === undefined)
    return fail(["dex", index, "collateral"], `no such token (allowed: ${tokens.map((t) => t.name).join(", ")})`);
  const markets = raw.market.map((market, i) => marketOf(market, name, ["dex", index, "market", i], fail));
  checkUnique(
    markets.map((m) => m.coin),
    (i) => fail(["dex", index, "market", i, "coin"], "is there already"),
  );
  return {
    name,
    fullName: (raw.full_name as string | undefined) ?? name,
    collateralToken: token.index,
    feeScale: (raw.fee_scale as string | undefined) ?? "1.0",
    totalOiCapUsd: microUsd(raw.oi_cap_usd ?? 1_000_000_000),
    markets,
  };
}

function marketOf(given: RawTable, dex: string, at: readonly (string | number)[], fail: Fail): MarketSpec {
  const raw = { ...RAW_MARKET_DEFAULTS, ...given };
  const coin = raw.coin as string;
  if (coin.includes(":") ? !coin.startsWith(`${dex}:`) : dex !== "")
    fail([...at, "coin"], dex === "" ? "has no colon on the venue's own dex" : `begins with ${dex}: on its dex`);
  const szDecimals = raw.sz_decimals as number;
  const px = parseScaled(raw.oracle_px as string, PERP_DECIMALS - szDecimals);
  if (!(px > 0)) fail([...at, "oracle_px"], `is above 0 and has at most ${PERP_DECIMALS - szDecimals} decimals`);
  const maxLeverage = raw.max_leverage as number;
  const tiers = (raw.margin_tiers as RawTier[] | undefined) ?? [];
  const ascends = tiers.every((t, i) => {
    const before = tiers[i - 1];
    return before === undefined
      ? t.from_usd === 0 && t.max_leverage === maxLeverage
      : t.from_usd > before.from_usd && t.max_leverage < before.max_leverage;
  });
  if (!ascends) fail([...at, "margin_tiers"], `allowed: ${allowedOf(MARKET_KEYS, "margin_tiers")}`);
  for (const key of ["growth", "fee_scale"])
    if (dex === "" && given[key] !== undefined && given[key] !== false) fail([...at, key], "is for HIP-3 markets only");
  // Printed as 1 there.
  if (dex === "" && raw.funding_multiplier !== RAW_MARKET_DEFAULTS.funding_multiplier)
    fail([...at, "funding_multiplier"], "is for HIP-3 markets only");
  return {
    coin,
    szDecimals,
    maxLeverage,
    marginTiers: tiers.map((t) => ({ lowerBoundUsd: microUsd(t.from_usd), maxLeverage: t.max_leverage })),
    marginMode: raw.margin_mode as MarginMode,
    growth: raw.growth as boolean,
    feeScale: (raw.fee_scale as string | undefined) ?? null,
    oiCapUsd: microUsd(raw.oi_cap_usd),
    oraclePx: raw.oracle_px as string,
    fundingMultiplier: raw.funding_multiplier as number,
    fundingInterestFrac: raw.funding_interest as number,
    impactNotionalUsd: microUsd(raw.impact_usd),
  };
}

function checkUnique(names: readonly string[], onRepeat: (index: number) => never): void {
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) onRepeat(i);
  });
}

const HEAD = `# Markets and rules of a local exchange: mmbin exchange --markets FILE.toml
# What is left out is as it is here; a [[dex]] that is left out is not there. USDC and USDE are always there; another collateral token is
# [[token]]
# index = 360
# name = "USDH"
# id = "0x54e00a5988577cb0b0c9ab0cb6ef7f4b"
`;

/** The specification as a file. Each key is explained where it stands first. */
export function formatMarkets(spec: VenueSpec): string {
  const told = new Set<string>();
  const own = new Set(defaultTokens(spec.chain).map((t) => t.name));
  const tables = [`[rules]\n${formatTable(rawRules(spec.rules), RULE_KEYS, "rules", told)}`];
  for (const t of spec.tokens.filter((token) => !own.has(token.name))) {
    const raw = { index: t.index, name: t.name, id: t.tokenId, sz_decimals: t.szDecimals, wei_decimals: t.weiDecimals };
    tables.push(`[[token]]\n${formatTable(raw, TOKEN_KEYS, "token", told)}`);
  }
  for (const dex of spec.dexs) {
    const collateral = spec.tokens.find((t) => t.index === dex.collateralToken)?.name ?? "";
    const raw = { name: dex.name, full_name: dex.fullName, collateral, fee_scale: dex.feeScale };
    const cap = { oi_cap_usd: dollarsOf(dex.totalOiCapUsd) };
    tables.push(`[[dex]]\n${formatTable({ ...raw, ...cap }, DEX_KEYS, "dex", told)}`);
    for (const market of dex.markets)
      tables.push(`[[dex.market]]\n${formatTable(rawMarket(market), MARKET_KEYS, "market", told)}`);
  }
  return `${HEAD}\n${tables.join("\n")}`;
}

function rawMarket(m: MarketSpec): RawTable {
  const tiers = m.marginTiers.map((t) => ({ from_usd: dollarsOf(t.lowerBoundUsd), max_leverage: t.maxLeverage }));
  return {
    coin: m.coin,
    sz_decimals: m.szDecimals,
    max_leverage: m.maxLeverage,
    oracle_px: m.oraclePx,
    margin_tiers: tiers.length === 0 ? undefined : tiers,
    margin_mode: m.marginMode,
    growth: m.growth,
    fee_scale: m.feeScale ?? undefined,
    oi_cap_usd: dollarsOf(m.oiCapUsd),
    funding_multiplier: m.fundingMultiplier,
    funding_interest: m.fundingInterestFrac,
    impact_usd: dollarsOf(m.impactNotionalUsd),
  };
}

function formatTable(raw: RawTable, keys: readonly MarketsKey[], table: string, told: Set<string>): string {
  return keys
    .map((k) => {
      const value = raw[k.key];
      const name = `${table}.${k.key}`;
      const help = told.has(name) ? "" : `# ${k.help}\n`;
      told.add(name);
      if (value === undefined) return help === "" ? "" : `${help}# ${k.key} =\n`;
      return `${help}${k.key} = ${formatValue(value)}\n`;
    })
    .join("");
}

function formatValue(value: string | number | boolean | RawTier[]): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const tiers = value.map((t) => `{ from_usd = ${t.from_usd}, max_leverage = ${t.max_leverage} }`);
  return `[${tiers.join(", ")}]`;
}

const allowedOf = (keys: readonly MarketsKey[], key: string): string => keys.find((k) => k.key === key)?.allowed ?? "";

/** Keys of the table that a path leads into. */
function keysOf(path: readonly PropertyKey[]): readonly MarketsKey[] {
  if (path.includes("market")) return MARKET_KEYS;
  if (path[0] === "dex") return DEX_KEYS;
  return path[0] === "token" ? TOKEN_KEYS : RULE_KEYS;
}

function describeIssue(path: string, text: string, issue: z.core.$ZodIssue): string {
  const at = issue.path as (string | number)[];
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = at.length === 0 ? ["rules", "token", "dex"] : keysOf(at).map((k) => k.key);
    const near = nearest(key, [...known, ...(at.length === 2 && at[0] === "dex" ? ["market"] : [])]);
    const hint = near === "" ? ` (known: ${known.join(", ")})` : `: did you mean ${near}?`;
    return `${path}:${lineOf(text, [...at, key])}: unknown key ${key}${hint}`;
  }
  const inTier = at.indexOf("margin_tiers");
  const place = inTier < 0 ? at : at.slice(0, inTier + 1);
  const key = String(place.at(-1) ?? "");
  const allowed = allowedOf(keysOf(place), key);
  const isMissing = issue.code === "invalid_type" && issue.message.includes("received undefined");
  const why = isMissing ? "is missing" : allowed === "" ? issue.message : "has a value that is not allowed";
  return `${path}:${lineOf(text, place)}: ${key}: ${why}${allowed === "" ? "" : ` (allowed: ${allowed})`}`;
}
