/**
 * A world as a TOML file: the tables of a markets file, and a model for each coin that is not quiet.
 * @module
 */
import { nearest } from "../core/nearest.ts";
import { MICRO_PER_USD, type TimeUs } from "../core/units.ts";
import { configError } from "../io/exit.ts";
import { type Chain, defaultSpec } from "../sim/venue/default_spec.ts";
import type { VenueSpec } from "../sim/venue/spec.ts";
import { type MarketModel, modelOf, QUIET_MODEL, REGIME, type RegimeSpec, type WorldSpec } from "../sim/world/spec.ts";
import { formatMarkets, marketsOf } from "./markets_file.ts";
import { lineOf, parseToml, readText } from "./toml.ts";
import { allowedOf, fieldOf, MODEL_KEYS, type ModelKey, REGIME_KEYS } from "./world_schema.ts";

type Table = Record<string, unknown>;
type At = readonly (string | number)[];

const NAME = /^[a-z0-9-]{1,24}$/;
const GROUPS = Object.keys(MODEL_KEYS) as (keyof MarketModel)[];
const TABLES = ["world", "rules", "token", "dex", "model"];

/** Reads a file; throws a config error of one line that names file, line, key and what is allowed. */
export function readWorld(path: string, chain: Chain, seed: number, startUs: TimeUs): WorldSpec {
  return parseWorld(readText(path), path, chain, seed, startUs);
}

/** @param path How errors name the file. */
export function parseWorld(text: string, path: string, chain: Chain, seed: number, startUs: TimeUs): WorldSpec {
  const raw = parseToml(text, path) as Table;
  const reader = new Reader(text, path);
  reader.refuseStrangers(raw, TABLES, []);
  const { world, model, ...markets } = raw;
  const head = reader.table(world, ["world"]);
  reader.refuseStrangers(head, ["name", "about", ...REGIME_KEYS.map((k) => k.key)], ["world"]);
  const name = head.name;
  if (typeof name !== "string" || !NAME.test(name))
    return reader.fail(["world", "name"], "1 to 24 lower-case letters, digits and dashes");
  const about = head.about ?? "";
  if (typeof about !== "string" || about.length > 160) return reader.fail(["world", "about"], "at most 160 characters");
  const regime = reader.fill(head, REGIME_KEYS, REGIME, ["world"]) as RegimeSpec;
  // Without a table of its own a world has the default markets.
  const venue =
    markets.dex === undefined
      ? { ...defaultSpec(chain, seed, startUs), ...rulesOnly(markets, text, path, chain, startUs) }
      : marketsOf(markets, text, path, chain, seed, startUs);
  return { name, about, venue, regime, models: reader.models(model ?? [], venue) };
}

/** Rules without markets: read beside the default ones. */
function rulesOnly(
  markets: Table,
  text: string,
  path: string,
  chain: Chain,
  startUs: TimeUs,
): Pick<VenueSpec, "rules" | "tokens"> {
  const market = { coin: "X", sz_decimals: 0, max_leverage: 1, oracle_px: "1" };
  const dex = [{ name: "", market: [market] }];
  const { rules, tokens } = marketsOf({ ...markets, dex }, text, path, chain, 0, startUs);
  return { rules, tokens };
}

/** Twelve hex digits of what a world is: its markets, rules, regimes and models, whatever the file leaves out or how it is written. */
export function worldHash(spec: WorldSpec): string {
  const models = spec.venue.dexs.flatMap((dex) => dex.markets.map((m) => [m.coin, modelOf(spec, m.coin)]));
  const content = JSON.stringify([formatMarkets(spec.venue), spec.regime, sorted(models)]);
  return new Bun.CryptoHasher("sha256").update(content).digest("hex").slice(0, 12);
}

/** The same value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** Reads tables of one file and says where they are wrong. */
class Reader {
  readonly #text: string;
  readonly #path: string;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  fail(at: At, allowed: string, why = "has a value that is not allowed"): never {
    const key = at.filter((part) => typeof part === "string").join(".");
    throw configError(`${this.#path}:${lineOf(this.#text, at)}: ${key}: ${why} (allowed: ${allowed})`);
  }

  refuseStrangers(table: Table, known: readonly string[], at: At): void {
    for (const key of Object.keys(table)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      const hint = near === "" ? ` (known: ${known.join(", ")})` : `: did you mean ${near}?`;
      throw configError(`${this.#path}:${lineOf(this.#text, [...at, key])}: unknown key ${key}${hint}`);
    }
  }

  table(value: unknown, at: At): Table {
    if (value === undefined) return this.fail(at, `a table [${at.at(-1)}]`, "is missing");
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return this.fail(at, `a table [${at.join(".")}]`);
    return value as Table;
  }

  models(raw: unknown, venue: VenueSpec): Map<string, MarketModel> {
    const coins = venue.dexs.flatMap((dex) => dex.markets.map((m) => m.coin));
    const models = new Map<string, MarketModel>();
    if (!Array.isArray(raw)) return this.fail(["model"], "tables [[model]]");
    for (const [i, value] of raw.entries()) {
      const at: At = ["model", i];
      const table = this.table(value, at);
      this.refuseStrangers(table, ["coin", ...GROUPS], at);
      const { coin } = table;
      if (typeof coin !== "string" || !coins.includes(coin) || models.has(coin))
        return this.fail([...at, "coin"], `each of ${coins.join(", ")} once`);
      models.set(coin, this.#model(table, at));
    }
    this.#checkLeaders(models, coins, raw as Table[]);
    return models;
  }

  #model(table: Table, at: At): MarketModel {
    const model: Record<string, object> = {};
    for (const group of GROUPS) {
      const place = [...at, group];
      const inner = table[group] === undefined ? {} : this.table(table[group], place);
      const keys = MODEL_KEYS[group].map((k) => k.key);
      this.refuseStrangers(inner, keys, place);
      model[group] = this.fill(inner, MODEL_KEYS[group], QUIET_MODEL[group], place);
    }
    const read = model as unknown as MarketModel;
    if (read.sweeps.levelsMin > read.sweeps.levelsMax) this.fail([...at, "sweeps", "levels_min"], "at most levels_max");
    return read;
  }

  /** `defaults` with what the table says. */
  fill(table: Table, keys: readonly ModelKey[], defaults: object, at: At): object {
    const filled: Record<string, unknown> = { ...defaults };
    for (const key of keys) {
      const value = table[key.key];
      if (value === undefined) continue;
      if (!isAllowed(key, value)) this.fail([...at, key.key], allowedOf(key));
      filled[fieldOf(key.key)] = key.key.endsWith("_usd") ? Math.round((value as number) * MICRO_PER_USD) : value;
    }
    return filled;
  }

  #checkLeaders(models: Map<string, MarketModel>, coins: readonly string[], raw: readonly Table[]): void {
    for (const [coin, { fair }] of models) {
      if (fair.leader === "") continue;
      const isFree = coins.includes(fair.leader) && (models.get(fair.leader) ?? QUIET_MODEL).fair.leader === "";
      if (isFree && fair.leader !== coin) continue;
      const at = raw.findIndex((table) => table.coin === coin);
      this.fail(["model", at, "fair", "leader"], "a coin of this world that follows none itself");
    }
  }
}

function isAllowed(key: ModelKey, value: unknown): boolean {
  if (key.kind === "flag") return typeof value === "boolean";
  if (key.kind === "coin") return typeof value === "string";
  if (typeof value !== "number" || !(value >= key.min && value <= key.max)) return false;
  return !key.whole || Number.isSafeInteger(value);
}
