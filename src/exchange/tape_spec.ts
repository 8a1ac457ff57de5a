/**
 * A venue's specification out of a recording's facts: the markets, dexs and scales that were asked for when it was recorded.
 * @module
 */
import { MICRO_PER_USD, type TimeUs } from "../core/units.ts";
import { type Chain, defaultTokens, MARKET_DEFAULTS } from "../sim/venue/default_spec.ts";
import { type DexSpec, type MarginTier, type MarketSpec, VENUE_RULES, type VenueSpec } from "../sim/venue/spec.ts";
import { FactsError, type InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { type Meta, metaSchema, perpDexsSchema } from "../wire/hyperliquid/schema.ts";

/** Nobody's caps are recorded: larger than any position, small enough that sums stay whole. */
const OI_CAP_USD = 1_000_000_000 * MICRO_PER_USD;
/** What a market without data is worth until somebody says so: a price must be above 0. */
const UNKNOWN_PX = "1";

/** What one market of the recording is worth when it begins, a decimal string by coin. */
export type FirstPrices = ReadonlyMap<string, string>;

/** Reads dexs and markets in their recorded places, which are their asset ids. Throws a `FactsError` on answers that are not understood. */
export function tapeSpec(
  answers: readonly InfoAnswer[],
  prices: FirstPrices,
  chain: Chain,
  seed: number,
  startUs: TimeUs,
): VenueSpec {
  const listed = perpDexsSchema.safeParse(answers.findLast((a) => a.request.type === "perpDexs")?.response ?? [null]);
  if (!listed.success) throw new FactsError("the tape's answer to perpDexs is not understood");
  const tokens = defaultTokens(chain);
  const dexs = listed.data.map((dex, i): DexSpec => {
    const name = i === 0 ? "" : (dex?.name ?? `dex${i}`);
    const answer = answers.findLast((a) => a.request.type === "meta" && (a.request.dex ?? "") === name);
    const meta = answer === undefined ? null : readMeta(name, answer);
    const collateralToken = meta?.collateralToken ?? 0;
    if (!tokens.some((token) => token.index === collateralToken)) tokens.push(tokenOf(collateralToken));
    return {
      name,
      fullName: name,
      collateralToken,
      feeScale: dex?.deployerFeeScale ?? "1.0",
      totalOiCapUsd: OI_CAP_USD,
      markets: (meta?.universe ?? []).map((entry) =>
        marketOf(entry, answer as InfoAnswer, prices.get(entry.name) ?? UNKNOWN_PX),
      ),
    };
  });
  return { chain, tokens, dexs, rules: VENUE_RULES, seed, startUs };
}

function readMeta(dex: string, answer: InfoAnswer): Meta {
  const parsed = metaSchema.safeParse(answer.response);
  if (parsed.success) return parsed.data;
  throw new FactsError(`the tape's answer to meta${dex === "" ? "" : ` of dex ${dex}`} is not understood`);
}

/** A collateral that only the recording knows: what it is called is not in `meta`. */
function tokenOf(index: number): VenueSpec["tokens"][number] {
  const tokenId = `0x${index.toString(16).padStart(32, "0")}`;
  return { index, name: `TOKEN${index}`, tokenId, szDecimals: 2, weiDecimals: 8 };
}

function marketOf(entry: Meta["universe"][number], answer: InfoAnswer, oraclePx: string): MarketSpec {
  const { name, szDecimals, maxLeverage, marginMode, onlyIsolated, growthMode, deployerFeeScale } = entry;
  return {
    ...MARKET_DEFAULTS,
    coin: name,
    szDecimals,
    maxLeverage,
    marginTiers: tiersOf(answer.response, entry.marginTableId ?? -1),
    marginMode: marginMode ?? (onlyIsolated === true ? "strictIsolated" : "normal"),
    growth: growthMode === "enabled",
    feeScale: deployerFeeScale ?? null,
    oiCapUsd: OI_CAP_USD,
    oraclePx,
  };
}

/** Tiers of a margin table as `meta` holds it; none where the table has one tier or is not there. */
function tiersOf(response: unknown, id: number): readonly MarginTier[] {
  const { marginTables } = response as { marginTables?: [number, { marginTiers?: RawTier[] }][] };
  const tiers = marginTables?.find(([known]) => known === id)?.[1]?.marginTiers ?? [];
  if (tiers.length < 2) return [];
  return tiers.map((tier) => ({
    lowerBoundUsd: Math.round(Number(tier.lowerBound) * MICRO_PER_USD),
    maxLeverage: tier.maxLeverage,
  }));
}

interface RawTier {
  lowerBound: string;
  maxLeverage: number;
}
