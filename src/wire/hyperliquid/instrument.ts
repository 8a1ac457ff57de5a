/**
 * From the venue's answers to the facts of one market. Nothing is guessed: what is missing has a name.
 * @module
 */
import { Decimal } from "decimal.js";
import type { z } from "zod";
import type { InstrumentFacts } from "../../core/market/instrument.ts";
import { nearest } from "../../core/nearest.ts";
import { GROWTH_RATIO, HIP3_ASSET_BASE, HIP3_ASSET_STRIDE, MIN_NOTIONAL_USD } from "./facts.ts";
import { type Meta, metaSchema, type PerpDexs, perpDexsSchema, type UserFees, userFeesSchema } from "./schema.ts";

/** A question asked of the venue and its answer, as tapes record them. */
export interface InfoAnswer {
  request: { type: string; dex?: string; user?: string; [key: string]: unknown };
  response: unknown;
}

/** A fact that is needed is not there, or is not what it must be. */
export class FactsError extends Error {
  override readonly name = "FactsError";
  readonly exitCode = 11;
}

/** No such market. */
export class UnknownMarketError extends Error {
  override readonly name = "UnknownMarketError";
  readonly exitCode = 2;
}

/** Everything about a market that a person wants to see before trading it. */
export interface MarketSheet {
  market: string;
  dex: string;
  dexIndex: number;
  assetId: number;
  collateralToken: number;
  szDecimals: number;
  maxLeverage: number;
  marginMode: string;
  growth: boolean;
  /** As the venue prints it; null on the venue's own dex. */
  deployerFeeScale: string | null;
  makerFeeBps: number;
  takerFeeBps: number;
  minNotionalUsd: string;
  creditRatio: number;
  delisted: boolean;
  /** Whose fee tier it is. */
  feesOf: string;
}

/** Nobody: its fees are those of tier 0. */
export const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";
const MEND = "record the tape with its facts, or supply them with --facts FILE";

/** Dex of a coin name: "" for the venue's own. */
export function dexOf(coin: string): string {
  const colon = coin.indexOf(":");
  return colon < 0 ? "" : coin.slice(0, colon);
}

function find(answers: readonly InfoAnswer[], type: string, dex: string | null): InfoAnswer | undefined {
  // The newest answer holds: facts may have been asked again during a recording.
  return answers.findLast((a) => a.request.type === type && (dex === null || (a.request.dex ?? "") === dex));
}

function check<T>(schema: z.ZodType<T>, answer: InfoAnswer | undefined, type: string, coin: string): T {
  if (answer === undefined) throw new FactsError(`${coin}: the tape holds no answer to ${type}: ${MEND}`);
  const parsed = schema.safeParse(answer.response);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? "" : ` at ${issue.path.join(".")}: ${issue.message}`;
  throw new FactsError(`${coin}: the answer to ${type} is not understood${where}`);
}

interface Resolved {
  dex: string;
  dexIndex: number;
  index: number;
  meta: Meta;
  entry: Meta["universe"][number];
  fees: UserFees;
  feesOf: string;
  scale: string | null;
}

function resolve(coin: string, answers: readonly InfoAnswer[]): Resolved {
  const dex = dexOf(coin);
  const meta = check(metaSchema, find(answers, "meta", dex), dex === "" ? "meta" : `meta of dex ${dex}`, coin);
  const index = meta.universe.findIndex((entry) => entry.name === coin);
  const entry = meta.universe[index];
  if (entry === undefined) {
    const known = knownMarkets(answers);
    const near = nearest(coin, known);
    const list = known.length <= 8 ? `there are ${known.join(", ")}` : "there is none like it";
    throw new UnknownMarketError(`unknown market ${coin}: ${near === "" ? list : `did you mean ${near}?`}`);
  }
  let dexs: PerpDexs = [null];
  if (dex !== "") dexs = check(perpDexsSchema, find(answers, "perpDexs", null), "perpDexs", coin);
  const dexIndex = dex === "" ? 0 : dexs.findIndex((d) => d?.name === dex);
  if (dexIndex < 0) throw new FactsError(`${coin}: perpDexs does not list the dex ${dex}: ${MEND}`);
  const feesAnswer = find(answers, "userFees", null);
  const fees = check(userFeesSchema, feesAnswer, "userFees", coin);
  const scale = dex === "" ? null : (entry.deployerFeeScale ?? dexs[dexIndex]?.deployerFeeScale ?? null);
  if (dex !== "" && scale === null)
    throw new FactsError(`${coin}: neither meta nor perpDexs says its deployerFeeScale: ${MEND}`);
  return { dex, dexIndex, index, meta, entry, fees, feesOf: feesAnswer?.request.user ?? ZERO_ADDRESS, scale };
}

/**
 * Fee rate of a market: the account's base rate, on a HIP-3 dex times (s < 1 ? 1 + s : 2 s), a tenth of it in growth mode, less the
 * referral discount. A rebate is not multiplied by the dex's scale (venue's fees page, August 2026; own fills agree).
 */
export function feeRate(base: string, scale: string | null, growth: boolean, referral: string): number {
  let rate = new Decimal(base);
  if (scale !== null && rate.greaterThan(0)) {
    const s = new Decimal(scale);
    rate = rate.times(s.lessThan(1) ? s.plus(1) : s.times(2));
  }
  if (growth) rate = rate.times(GROWTH_RATIO);
  if (rate.greaterThan(0)) rate = rate.times(new Decimal(1).minus(referral));
  return rate.toNumber();
}

/** The facts that the core trades on. */
export function resolveInstrument(coin: string, answers: readonly InfoAnswer[]): InstrumentFacts {
  const found = resolve(coin, answers);
  const growth = found.entry.growthMode === "enabled";
  const referral = found.fees.activeReferralDiscount;
  return {
    szDecimals: found.entry.szDecimals,
    maxLeverage: found.entry.maxLeverage,
    assetId: found.dexIndex === 0 ? found.index : HIP3_ASSET_BASE + found.dexIndex * HIP3_ASSET_STRIDE + found.index,
    makerFeeFrac: feeRate(found.fees.userAddRate, found.scale, growth, referral),
    takerFeeFrac: feeRate(found.fees.userCrossRate, found.scale, growth, referral),
    growth,
    creditRatio: growth ? GROWTH_RATIO : 1,
    delisted: found.entry.isDelisted === true,
    isolatedOnly: found.entry.onlyIsolated === true || found.entry.marginMode === "strictIsolated",
    minNotionalUsd: MIN_NOTIONAL_USD,
  };
}

/** The sheet that a person reads. */
export function marketSheet(coin: string, answers: readonly InfoAnswer[]): MarketSheet {
  const found = resolve(coin, answers);
  const facts = resolveInstrument(coin, answers);
  return {
    market: coin,
    dex: found.dex,
    dexIndex: found.dexIndex,
    assetId: facts.assetId,
    collateralToken: found.meta.collateralToken,
    szDecimals: facts.szDecimals,
    maxLeverage: facts.maxLeverage,
    marginMode: found.entry.marginMode ?? (facts.isolatedOnly ? "isolated" : "normal"),
    growth: facts.growth,
    deployerFeeScale: found.scale,
    makerFeeBps: new Decimal(facts.makerFeeFrac).times(10_000).toNumber(),
    takerFeeBps: new Decimal(facts.takerFeeFrac).times(10_000).toNumber(),
    minNotionalUsd: new Decimal(facts.minNotionalUsd).div(1_000_000).toString(),
    creditRatio: facts.creditRatio,
    delisted: facts.delisted,
    feesOf: found.feesOf === ZERO_ADDRESS ? "tier 0 (no address)" : found.feesOf,
  };
}

/**
 * What a market is measured against: the validator perp of the same name where a HIP-3 market mirrors one, else its oracle; a validator perp
 * is its own. Named by the venue's lists: a perp that is delisted or not in them is no reference.
 */
export type ReferenceFacts =
  | { kind: "none" }
  | { kind: "oracle" }
  | { kind: "market"; coin: string; szDecimals: number };

/** Finds the reference of a coin. */
export function resolveReference(coin: string, answers: readonly InfoAnswer[]): ReferenceFacts {
  const dex = dexOf(coin);
  if (dex === "") return { kind: "none" };
  const meta = metaSchema.safeParse(find(answers, "meta", "")?.response);
  const mirrored = coin.slice(dex.length + 1);
  const entry = meta.success ? meta.data.universe.find((e) => e.name === mirrored) : undefined;
  if (entry === undefined || entry.isDelisted === true) return { kind: "oracle" };
  return { kind: "market", coin: mirrored, szDecimals: entry.szDecimals };
}

/** Whether the fees are those of nobody: tier 0, which a report must say. */
export function feesAreTierZero(answers: readonly InfoAnswer[]): boolean {
  const user = find(answers, "userFees", null)?.request.user;
  return user === undefined || user === ZERO_ADDRESS;
}

/** Names of every market in the answers. */
export function knownMarkets(answers: readonly InfoAnswer[]): string[] {
  const names = new Set<string>();
  for (const answer of answers) {
    if (answer.request.type !== "meta") continue;
    const parsed = metaSchema.safeParse(answer.response);
    if (parsed.success) for (const entry of parsed.data.universe) names.add(entry.name);
  }
  return [...names];
}
