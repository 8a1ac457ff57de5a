/**
 * What a simulated venue consists of, before anything happens: its dexs, their markets, and the rules that hold.
 * @module
 */
import type { MicroUsd, TimeUs } from "../../core/units.ts";
import { LIMITER_RULES, type LimiterRules } from "../limits.ts";

export interface MarginTier {
  /** Notional from which the tier holds. */
  lowerBoundUsd: MicroUsd;
  maxLeverage: number;
}

export type MarginMode = "normal" | "noCross" | "strictIsolated";

export interface MarketSpec {
  /** With its dex prefix. */
  coin: string;
  szDecimals: number;
  maxLeverage: number;
  /** First tier from 0; one tier of `maxLeverage` when empty. */
  marginTiers: readonly MarginTier[];
  marginMode: MarginMode;
  growth: boolean;
  /** Fee scale of this market alone; null takes the dex's. */
  feeScale: string | null;
  oiCapUsd: MicroUsd;
  /** Decimal string. */
  oraclePx: string;
  /** HIP-3: funding is multiplied by it (0 to 10). */
  fundingMultiplier: number;
  /** Interest per 8 hours in the funding formula. */
  fundingInterestFrac: number;
  /** Bound of interest less premium per 8 hours; absent: 0.05 % on the venue's own dex, 0.03 % on others. */
  fundingClampFrac?: number;
  /** Notional at which impact prices are taken. */
  impactNotionalUsd: MicroUsd;
}

export interface DexSpec {
  /** "" is the venue's own. */
  name: string;
  fullName: string;
  /** Spot token index. */
  collateralToken: number;
  /** Decimal string; without meaning on the venue's own dex. */
  feeScale: string;
  totalOiCapUsd: MicroUsd;
  markets: readonly MarketSpec[];
}

/** Spot tokens that serve as collateral. Index as on mainnet. */
export interface TokenSpec {
  index: number;
  name: string;
  /** 0x and 32 hex digits. */
  tokenId: string;
  szDecimals: number;
  weiDecimals: number;
}

/** Rules that the venue's pages leave open or that differ by network, with what is believed. */
export interface VenueRules {
  blockUs: TimeUs;
  limiter: LimiterRules;
  /** Items that one action may hold. */
  itemsMax: number;
  /** Volume below which no dead man's switch may be set, micro-dollars. */
  scheduleCancelVolumeUsd: MicroUsd;
  scheduleCancelsPerDay: number;
  /** Prices further from the reference are refused. */
  farPriceRatio: number;
  openOrdersBase: number;
  openOrdersMax: number;
  /** Blocks that an action with a GTC or IOC order waits longer than others in the mempool. */
  takerDelayBlocks: number;
  /** Price of one request, micro-dollars. */
  requestPriceUsd: MicroUsd;
}

export const VENUE_RULES: VenueRules = {
  blockUs: 70_000,
  limiter: LIMITER_RULES,
  itemsMax: 200,
  scheduleCancelVolumeUsd: 1_000_000_000_000,
  scheduleCancelsPerDay: 10,
  farPriceRatio: 0.95,
  openOrdersBase: 1_000,
  openOrdersMax: 5_000,
  takerDelayBlocks: 0,
  requestPriceUsd: 500,
};

export interface VenueSpec {
  /** Whose signatures are taken: the two networks hash with a letter of their own. */
  chain: "Mainnet" | "Testnet";
  tokens: readonly TokenSpec[];
  /** The venue's own first. */
  dexs: readonly DexSpec[];
  rules: VenueRules;
  seed: number;
  /** Venue time before the first block. */
  startUs: TimeUs;
}
