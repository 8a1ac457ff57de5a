/**
 * Lists of markets, margin tables, dexs and tokens as the venue prints them.
 * @module
 */
import type { VenueMarket } from "../sim/venue/market.ts";
import type { DexSpec, MarginTier, MarketSpec } from "../sim/venue/spec.ts";
import { formatUsd } from "../wire/hyperliquid/format.ts";
import { marketsOf } from "./summary_topics.ts";
import type { View } from "./topic.ts";

/** Ids below are tables of one tier: the id is its leverage. */
const TABLE_ID_FIRST = 50;
/** What the venue prints for a change that never was. */
const NEVER = "1970-01-01T00:00:00";
/** Who deployed the dexs of this venue: nobody's address. */
const DEPLOYER = "0x00000000000000000000000000000000000000de";
/** Contracts that one market may have open (HIP-3 page, August 2026). */
const OI_SIZE_CAP = "1000000000.0";
const TRANSFER_MAX = "100000000.0";

/** Margin tables of all markets with more than one tier, by id; equal ones are one. */
function tablesOf(view: View): (readonly MarginTier[])[] {
  const tables: (readonly MarginTier[])[] = [];
  const known = new Set<string>();
  for (const { spec } of view.venue.markets) {
    const key = JSON.stringify(spec.marginTiers);
    if (spec.marginTiers.length < 2 || known.has(key)) continue;
    known.add(key);
    tables.push(spec.marginTiers);
  }
  return tables;
}

function tableIdOf(spec: MarketSpec, tables: readonly (readonly MarginTier[])[]): number {
  if (spec.marginTiers.length < 2) return spec.marginTiers[0]?.maxLeverage ?? spec.maxLeverage;
  const key = JSON.stringify(spec.marginTiers);
  return TABLE_ID_FIRST + tables.findIndex((tiers) => JSON.stringify(tiers) === key);
}

function printTable(tiers: readonly MarginTier[]): object {
  const description = tiers.length < 2 ? "" : `tiered ${tiers[0]?.maxLeverage}x`;
  return {
    description,
    marginTiers: tiers.map((tier) => ({ lowerBound: formatUsd(tier.lowerBoundUsd), maxLeverage: tier.maxLeverage })),
  };
}

/** The margin table of an id, or null. */
export function printMarginTable(view: View, id: number): object | null {
  if (id > 0 && id < TABLE_ID_FIRST) return printTable([{ lowerBoundUsd: 0, maxLeverage: id }]);
  const tiers = tablesOf(view)[id - TABLE_ID_FIRST];
  return tiers === undefined ? null : printTable(tiers);
}

/** `meta` of one dex. Delisted markets stay in their place: the place is the asset id. */
export function printMeta(view: View, dexIndex: number): object {
  const tables = tablesOf(view);
  const markets = marketsOf(view, dexIndex);
  const used = new Set(markets.map((market) => tableIdOf(market.spec, tables)));
  return {
    universe: markets.map((market) => printEntry(market, tableIdOf(market.spec, tables))),
    marginTables: tables
      .map((tiers, i): [number, object] => [TABLE_ID_FIRST + i, printTable(tiers)])
      .filter(([id]) => used.has(id)),
    collateralToken: view.venue.spec.dexs[dexIndex]?.collateralToken ?? 0,
  };
}

function printEntry(market: VenueMarket, marginTableId: number): object {
  const { marginMode, maxLeverage } = market.spec;
  return {
    szDecimals: market.szDecimals,
    name: market.coin,
    maxLeverage,
    marginTableId,
    ...(marginMode !== "normal" && { onlyIsolated: true }),
    ...(market.delisted && { isDelisted: true }),
    ...(marginMode !== "normal" && { marginMode }),
    ...(market.growth && { growthMode: "enabled", lastGrowthModeChangeTime: NEVER }),
    ...(market.feeScale !== null && { deployerFeeScale: market.feeScale, lastFeeScaleChangeTime: NEVER }),
  };
}

/** `perpDexs`: the venue's own is null, the place of the others is their index. */
export function printDexs(view: View): (object | null)[] {
  return view.venue.spec.dexs.map((dex, index) => (index === 0 ? null : printDex(dex)));
}

function printDex(dex: DexSpec): object {
  return {
    name: dex.name,
    fullName: dex.fullName,
    deployer: DEPLOYER,
    oracleUpdater: null,
    feeRecipient: null,
    assetToStreamingOiCap: dex.markets.map((market) => [market.coin, formatUsd(market.oiCapUsd)]),
    subDeployers: [],
    deployerFeeScale: dex.feeScale,
    lastDeployerFeeScaleChangeTime: NEVER,
    assetToFundingMultiplier: dex.markets.map((market) => [market.coin, decimal(market.fundingMultiplier)]),
    assetToFundingInterestRate: dex.markets.map((market) => [market.coin, decimal(market.fundingInterestFrac)]),
  };
}

/** `perpDexLimits`; the venue's own dex has none. */
export function printDexLimits(view: View, dexIndex: number): object | null {
  const dex = dexIndex <= 0 ? undefined : view.venue.spec.dexs[dexIndex];
  if (dex === undefined) return null;
  return {
    totalOiCap: formatUsd(dex.totalOiCapUsd),
    oiSzCapPerPerp: OI_SIZE_CAP,
    maxTransferNtl: TRANSFER_MAX,
    coinToOiCap: marketsOf(view, dexIndex).map((market) => [market.coin, formatUsd(market.oiCapUsd)]),
  };
}

/** Coins of a dex whose open interest is at its cap. */
export function printCapped(view: View, dexIndex: number): string[] {
  const capped = marketsOf(view, dexIndex).filter((market) => market.openLots * market.markPx >= market.oiCapUsd);
  return capped.map((market) => market.coin);
}

/** A plain number with at least one digit behind the point. */
const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));
