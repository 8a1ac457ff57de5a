/**
 * The local exchange as it is when nobody says otherwise: three quiet markets on the venue's own dex, and a HIP-3 dex with two.
 * @module
 */
import { MICRO_PER_USD, type TimeUs } from "../../core/units.ts";
import { type DexSpec, type MarketSpec, type TokenSpec, VENUE_RULES, type VenueSpec } from "./spec.ts";

export type Chain = VenueSpec["chain"];

/** USDC's token id differs by network (transfer actions of the venue's own clients, August 2026). */
const USDC_ID: Readonly<Record<Chain, string>> = {
  Mainnet: "0x6d1e7cde53ba9467b783cb7c530ce054",
  Testnet: "0xeb62eee3685fc4c43992febcd9e75443",
};

/** Collateral tokens with their indexes on mainnet. */
export function defaultTokens(chain: Chain): TokenSpec[] {
  return [
    { index: 0, name: "USDC", tokenId: USDC_ID[chain], szDecimals: 8, weiDecimals: 8 },
    { index: 235, name: "USDE", tokenId: "0x2e6d84f2d7ca82e6581e03523e4389f7", szDecimals: 2, weiDecimals: 8 },
  ];
}

/** Whole dollars as micro-dollars. */
const usd = (dollars: number): number => dollars * MICRO_PER_USD;

/** What a market is when its coin, sizes and price alone are given. */
export const MARKET_DEFAULTS: Omit<MarketSpec, "coin" | "szDecimals" | "maxLeverage" | "oraclePx"> = {
  marginTiers: [],
  marginMode: "normal",
  growth: false,
  feeScale: null,
  oiCapUsd: usd(1_000_000_000),
  fundingMultiplier: 1,
  // 0.01 % per 8 hours (funding page, August 2026).
  fundingInterestFrac: 0.0001,
  impactNotionalUsd: usd(6_000),
};

/** Two tiers: from 0 and from a notional of so many dollars. */
function tiers(maxLeverage: number, fromDollars: number, leverage: number): MarketSpec["marginTiers"] {
  return [
    { lowerBoundUsd: 0, maxLeverage },
    { lowerBoundUsd: usd(fromDollars), maxLeverage: leverage },
  ];
}

/** Leverages and tiers as on mainnet (margin-tiers page, August 2026); prices are made up. */
const OWN_MARKETS: readonly MarketSpec[] = [
  {
    ...MARKET_DEFAULTS,
    coin: "BTC",
    szDecimals: 5,
    maxLeverage: 40,
    marginTiers: tiers(40, 150_000_000, 20),
    oraclePx: "90000",
    impactNotionalUsd: usd(20_000),
  },
  {
    ...MARKET_DEFAULTS,
    coin: "ETH",
    szDecimals: 4,
    maxLeverage: 25,
    marginTiers: tiers(25, 100_000_000, 15),
    oraclePx: "3000",
    impactNotionalUsd: usd(20_000),
  },
  {
    ...MARKET_DEFAULTS,
    coin: "HYPE",
    szDecimals: 2,
    maxLeverage: 10,
    marginTiers: tiers(10, 20_000_000, 5),
    oraclePx: "30",
  },
];

const SIM_MARKETS: readonly MarketSpec[] = [
  { ...MARKET_DEFAULTS, coin: "sim:HYPE", szDecimals: 2, maxLeverage: 10, oiCapUsd: usd(50_000_000), oraclePx: "30" },
  {
    ...MARKET_DEFAULTS,
    coin: "sim:XYZ",
    szDecimals: 3,
    maxLeverage: 20,
    marginMode: "strictIsolated",
    growth: true,
    oiCapUsd: usd(50_000_000),
    oraclePx: "500",
  },
];

/** The venue's own dex, and `sim`: USDC collateral and fee scale 1, as most of mainnet's HIP-3 volume has. */
export const DEFAULT_DEXS: readonly DexSpec[] = [
  {
    name: "",
    fullName: "",
    collateralToken: 0,
    feeScale: "1.0",
    totalOiCapUsd: usd(5_000_000_000),
    markets: OWN_MARKETS,
  },
  {
    name: "sim",
    fullName: "simulated",
    collateralToken: 0,
    feeScale: "1.0",
    totalOiCapUsd: usd(100_000_000),
    markets: SIM_MARKETS,
  },
];

/** The whole specification. @param startUs Venue time before the first block. */
export function defaultSpec(chain: Chain, seed: number, startUs: TimeUs): VenueSpec {
  return { chain, tokens: defaultTokens(chain), dexs: DEFAULT_DEXS, rules: VENUE_RULES, seed, startUs };
}
