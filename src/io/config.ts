/**
 * Configuration: file, environment and flags to the parameters of each market, with the origin of every value.
 * @module
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { RunningHash } from "../core/hash.ts";
import { nearest } from "../core/nearest.ts";
import {
  CAPITAL_PER_MARKET_USD_MIN,
  type MarketParams,
  type MoneyParams,
  moneyFromCapital,
  PROFILE_DEFAULTS,
  PROFILES,
  type ProfileName,
} from "../core/params.ts";
import { MICRO_PER_USD, parseNumber } from "../core/units.ts";
import { configError } from "./exit.ts";
import { RUN_SETTINGS, type RunSetting, type RunSettings } from "./run_settings.ts";
import { SETTINGS, type Setting } from "./settings.ts";

/** Capital of an address when nobody says. */
const CAPITAL_DEFAULT_USD = 100 * MICRO_PER_USD;

/** Where settings come from, lowest first: profile and capital, file, file's market table, environment, flags. */
export interface ConfigSource {
  /** Path of a TOML file, or null. */
  file: string | null;
  /** `key=value` of the command line, in order. */
  set: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  profile: string | null;
}

type Values = Record<string, number>;

/** What real orders need beside settings. */
export interface LiveConfig {
  /** Nothing is sent unless a person wrote this. */
  armed: boolean;
  /** Account that is traded, lower case; null where the key's own record says it. */
  account: string | null;
  /** Name of the key in the keystore. */
  key: string | null;
}

/** A checked configuration file. */
export interface LoadedConfig {
  live: LiveConfig;
  profile: ProfileName | null;
  markets: string[];
  values: Values;
  perMarket: Record<string, Values>;
  origins: Record<string, string>;
}

/** Settings of markets and of the process share one space of names. */
const ALL_SETTINGS: readonly (Setting | RunSetting)[] = [...SETTINGS, ...RUN_SETTINGS];
const anySettingOf = (key: string): Setting | RunSetting | undefined => ALL_SETTINGS.find((s) => s.key === key);

/** A setting's schema in outside units. */
function settingSchema(s: Setting | RunSetting): z.ZodNumber {
  const base = s.integer ? z.int() : z.number();
  return base.min(s.min).max(s.max).describe(s.meaning);
}

const shapeOf = (settings: readonly (Setting | RunSetting)[]): Record<string, z.ZodOptional<z.ZodNumber>> =>
  Object.fromEntries(settings.map((s) => [s.key, settingSchema(s).optional()]));
const settingShape = shapeOf(SETTINGS);

/** Schema of the file, unknown keys refused. */
export const configSchema = z.strictObject({
  profile: z.enum(PROFILES).optional().describe("defaults to start from"),
  markets: z.array(z.string().min(1)).optional().describe("markets that a command takes when none is named"),
  live: z
    .strictObject({
      armed: z.boolean().optional().describe("real orders need true"),
      account: z
        .string()
        .regex(/^0x[0-9a-fA-F]{40}$/, "an account is 0x and 40 hexadecimal digits")
        .optional()
        .describe("account that is traded"),
      key: z.string().min(1).optional().describe("name of its agent's key in the keystore"),
    })
    .optional()
    .describe("what real orders need"),
  market: z.record(z.string(), z.strictObject(settingShape)).optional().describe("settings of one market"),
  ...settingShape,
  ...shapeOf(RUN_SETTINGS),
});

/** Reads and checks a file. */
export function loadConfig(path: string | null): LoadedConfig {
  const loaded: LoadedConfig = {
    live: { armed: false, account: null, key: null },
    profile: null,
    markets: [],
    values: {},
    perMarket: {},
    origins: {},
  };
  if (path === null) return loaded;
  const text = readText(path);
  let raw: unknown;
  try {
    raw = Bun.TOML.parse(text);
  } catch (error) {
    throw configError(`${path}: not TOML: ${(error as Error).message.split("\n")[0]}`);
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw configError(describeIssue(path, text, parsed.error.issues[0]));
  const data = parsed.data as Record<string, unknown>;
  loaded.profile = (data.profile as ProfileName | undefined) ?? null;
  loaded.markets = (data.markets as string[] | undefined) ?? [];
  const live = (data.live ?? {}) as { armed?: boolean; account?: string; key?: string };
  loaded.live = { armed: live.armed ?? false, account: live.account?.toLowerCase() ?? null, key: live.key ?? null };
  for (const s of ALL_SETTINGS) {
    const value = data[s.key];
    if (typeof value !== "number") continue;
    loaded.values[s.key] = value;
    loaded.origins[s.key] = `${path}:${lineOf(text, s.key)}`;
  }
  for (const [name, table] of Object.entries((data.market as Record<string, Values> | undefined) ?? {})) {
    loaded.perMarket[name] = table;
    for (const key of Object.keys(table)) loaded.origins[`${name}/${key}`] = `${path} [market."${name}"]`;
  }
  return loaded;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw configError(`${path}: ${code === "ENOENT" ? "no such file" : `cannot be read (${code})`}`);
  }
}

/** Line of the first assignment to a key; 1 when it is not found. */
function lineOf(text: string, key: string): number {
  const at = text.split("\n").findIndex((line) => line.trimStart().startsWith(key));
  return at < 0 ? 1 : at + 1;
}

function describeIssue(path: string, text: string, issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return `${path}: is not understood`;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = [...ALL_SETTINGS.map((s) => s.key), "profile", "markets", "live", "market"];
    const near = nearest(key, known);
    return `${path}:${lineOf(text, key)}: unknown setting ${key}${near === "" ? "" : `: did you mean ${near}?`}`;
  }
  const key = String(issue.path.at(-1) ?? "");
  return `${path}:${lineOf(text, key)}: ${issue.path.join(".")}: ${issue.message}${rangeOf(key)}`;
}

function rangeOf(key: string): string {
  const s = anySettingOf(key);
  return s === undefined ? "" : ` (allowed: ${s.min} to ${s.max}${s.integer ? ", whole" : ""})`;
}

/** Checks one `key=value` from a flag or the environment; returns its key and outside value. */
function parseAssignment(key: string, text: string, where: string): number {
  const setting = anySettingOf(key);
  if (setting === undefined) {
    const near = nearest(
      key,
      ALL_SETTINGS.map((s) => s.key),
    );
    throw configError(`${where}: unknown setting ${key}${near === "" ? "" : `: did you mean ${near}?`}`);
  }
  const value = parseNumber(text);
  if (Number.isNaN(value)) throw configError(`${where}: ${key} must be a number, not "${text}"${rangeOf(key)}`);
  const parsed = settingSchema(setting).safeParse(value);
  if (!parsed.success) throw configError(`${where}: ${key} = ${text} is out of range${rangeOf(key)}`);
  return value;
}

/** A market's parameters and where each came from, by key. */
export interface ResolvedParams {
  params: MarketParams;
  profile: ProfileName;
  origins: Record<string, string>;
}

/** Profile of a market: named, from the file, else by the dex prefix of its name. */
export function profileOf(source: ConfigSource, loaded: LoadedConfig, market: string): ProfileName {
  if (source.profile !== null) {
    const known = PROFILES.find((p) => p === source.profile);
    if (known !== undefined) return known;
    throw configError(`unknown profile ${source.profile}: did you mean ${nearest(source.profile, PROFILES)}?`);
  }
  return loaded.profile ?? (market.includes(":") ? "hip3" : "perp");
}

/**
 * Everything that a market trades with.
 * @param marketCount Markets that share the address's capital. @param maxLeverage The venue's limit for this market.
 */
export function resolveParams(
  source: ConfigSource,
  loaded: LoadedConfig,
  market: string,
  marketCount: number,
  maxLeverage: number,
): ResolvedParams {
  const profile = profileOf(source, loaded, market);
  const { values, origins } = collect(source, loaded, market);
  const core: Record<string, number> = { ...PROFILE_DEFAULTS[profile] };
  const money: Record<string, number> = {};
  for (const s of SETTINGS) {
    const value = values[s.key];
    if (value === undefined) origins[s.key] = s.money ? "capital table" : `profile ${profile}`;
    else if (s.money) money[s.param] = value * s.scale;
    else core[s.param] = value * s.scale;
  }
  const capitalUsd = (money.capitalUsd ?? CAPITAL_DEFAULT_USD) / marketCount;
  if (money.capitalUsd === undefined) origins.capital_usd = "default";
  if (capitalUsd < CAPITAL_PER_MARKET_USD_MIN) {
    const needed = (CAPITAL_PER_MARKET_USD_MIN * marketCount) / MICRO_PER_USD;
    throw configError(
      `capital_usd: ${marketCount} market(s) need at least ${needed} dollars, two smallest orders a market`,
    );
  }
  const leverageSet = core.leverage as number;
  const leverage = leverageSet > 0 ? Math.min(leverageSet, maxLeverage) : maxLeverage;
  const { capitalUsd: _whole, ...set } = money;
  const derived = moneyFromCapital(capitalUsd, leverage, core.orderMinUsd as number, set as Partial<MoneyParams>);
  const params = { ...core, ...derived } as unknown as MarketParams;
  checkTogether(params);
  return { params, profile, origins };
}

/** What holds for the whole process, and where each value came from. */
export function resolveRunSettings(source: ConfigSource, loaded: LoadedConfig): RunSettings {
  const collected = collect(source, loaded, "");
  const values: Values = {};
  const origins: Record<string, string> = {};
  for (const s of RUN_SETTINGS) {
    values[s.key] = collected.values[s.key] ?? s.value;
    origins[s.key] = collected.origins[s.key] ?? "default";
  }
  return { values, origins };
}

/** Values in outside units by key, highest source last. */
function collect(
  source: ConfigSource,
  loaded: LoadedConfig,
  market: string,
): { values: Values; origins: Record<string, string> } {
  const values: Values = {};
  const origins: Record<string, string> = {};
  const put = (key: string, value: number, origin: string): void => {
    values[key] = value;
    origins[key] = origin;
  };
  for (const [key, value] of Object.entries(loaded.values)) put(key, value, loaded.origins[key] ?? "file");
  for (const [key, value] of Object.entries(loaded.perMarket[market] ?? {})) {
    put(key, value, loaded.origins[`${market}/${key}`] ?? "file");
  }
  for (const s of ALL_SETTINGS) {
    const name = `MMBIN_${s.key.toUpperCase()}`;
    const text = source.env[name];
    if (text !== undefined) put(s.key, parseAssignment(s.key, text, name), `environment ${name}`);
  }
  for (const assignment of source.set) {
    const split = assignment.indexOf("=");
    if (split < 1) throw configError(`--set ${assignment}: write it as key=value`);
    const key = assignment.slice(0, split);
    put(key, parseAssignment(key, assignment.slice(split + 1), "--set"), "--set");
  }
  return { values, origins };
}

/** Settings that contradict each other. */
function checkTogether(params: MarketParams): void {
  const usd = (micro: number): string => (micro / MICRO_PER_USD).toString();
  if (params.gammaMin > params.gammaMax) throw configError("gamma_min is above gamma_max");
  if (params.positionCapUsd < 2 * params.orderMinUsd) {
    throw configError(
      `position_cap_usd ${usd(params.positionCapUsd)} holds less than two smallest orders: raise it to ${usd(2 * params.orderMinUsd)} or more`,
    );
  }
  if (params.clipUsd < params.orderMinUsd) {
    throw configError(
      `clip_usd ${usd(params.clipUsd)} is under order_min_usd ${usd(params.orderMinUsd)}: a clip is at most half of position_cap_usd`,
    );
  }
}

/** A market's parameter in outside units. */
export function outsideValue(s: Setting, params: MarketParams): number {
  // Twelve digits take back what the scale of a basis point did to the last ones.
  return Number((params[s.param] / s.scale).toPrecision(12));
}

/** Hash of every effective parameter of every market, in the table's order. */
export function configHash(markets: readonly string[], params: readonly MarketParams[]): string {
  const hash = new RunningHash();
  markets.forEach((market, i) => {
    for (let c = 0; c < market.length; c++) hash.fold(market.charCodeAt(c));
    for (const s of SETTINGS) hash.fold((params[i] as MarketParams)[s.param]);
  });
  return hash.digest();
}
