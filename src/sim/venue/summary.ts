/**
 * An account in the numbers that the venue prints: `clearinghouseState` and `activeAssetData`, before they become text.
 *
 * Dollars are micro-dollars and prices price units, both doubles: a mark need not be whole.
 * @module
 */
import type { Lots, MicroUsd } from "../../core/units.ts";
import type { DexAccount, MarketTerms, Position, VenueAccount } from "./account.ts";
import {
  crossTotals,
  isolatedEquityUsd,
  liquidationPx,
  maintenanceUsd,
  marginNeedUsd,
  notionalUsd,
  otherNeedsUsd,
  tierLimitUsd,
  withdrawableUsd,
  worstLots,
} from "./margin.ts";
import type { VenueMarket } from "./market.ts";

/** As `marginSummary`: accountValue = totalRawUsd + sum of lots x mark. */
export interface MarginSummary {
  accountValueUsd: number;
  totalNtlPosUsd: number;
  totalRawUsd: MicroUsd;
  totalMarginUsedUsd: number;
}

export interface PositionSummary {
  market: VenueMarket;
  lots: Lots;
  isolated: boolean;
  leverage: number;
  /** Of an isolated position; 0 for cross. */
  rawUsd: MicroUsd;
  entryPx: number;
  positionValueUsd: number;
  unrealizedPnlUsd: number;
  returnOnEquityRatio: number;
  liquidationPx: number | null;
  marginUsedUsd: number;
  maxLeverage: number;
  /** Positive when paid, as the venue prints `cumFunding`. */
  fundingAllTimeUsd: MicroUsd;
  fundingSinceOpenUsd: MicroUsd;
  fundingSinceChangeUsd: MicroUsd;
}

export interface DexSummary {
  margin: MarginSummary;
  cross: MarginSummary;
  crossMaintenanceUsd: number;
  withdrawableUsd: number;
  positions: PositionSummary[];
}

/** The account on one dex. */
export function dexSummary(account: VenueAccount, dexIndex: number): DexSummary {
  const dex = account.dex(dexIndex);
  const totals = crossTotals(dex);
  const cross = {
    accountValueUsd: totals.valueUsd,
    totalNtlPosUsd: totals.notionalUsd,
    totalRawUsd: dex.cashUsd,
    totalMarginUsedUsd: totals.marginUsd,
  };
  const margin = { ...cross };
  const positions: PositionSummary[] = [];
  for (const position of dex.positions.values()) {
    positions.push(positionSummary(account, position));
    if (!position.isolated) continue;
    const equityUsd = isolatedEquityUsd(position);
    margin.accountValueUsd += equityUsd;
    margin.totalNtlPosUsd += notionalUsd(position);
    margin.totalRawUsd += position.rawUsd;
    margin.totalMarginUsedUsd += equityUsd;
  }
  const crossMaintenanceUsd = totals.maintenanceUsd;
  return { margin, cross, crossMaintenanceUsd, withdrawableUsd: withdrawableUsd(dex), positions };
}

/** One position. Its return is on the margin that its entry asked for; a cross one is liquidated with all others of the dex. */
export function positionSummary(account: VenueAccount, position: Position): PositionSummary {
  const { market, lots, isolated, leverage, rawUsd, costUsd } = position;
  const dex = account.dex(market.dexIndex);
  const valueUsd = notionalUsd(position);
  const unrealizedPnlUsd = lots * market.markPx - Math.sign(lots) * costUsd;
  const equityUsd = isolatedEquityUsd(position);
  const cross = isolated ? null : crossTotals(dex);
  return {
    market,
    lots,
    isolated,
    leverage,
    rawUsd,
    entryPx: costUsd / Math.abs(lots),
    positionValueUsd: valueUsd,
    unrealizedPnlUsd,
    returnOnEquityRatio: (unrealizedPnlUsd * leverage) / costUsd,
    liquidationPx:
      cross === null
        ? liquidationPx(position, equityUsd, maintenanceUsd(market.spec, valueUsd))
        : liquidationPx(position, cross.valueUsd, cross.maintenanceUsd),
    marginUsedUsd: isolated ? equityUsd : valueUsd / leverage,
    maxLeverage: market.spec.maxLeverage,
    fundingAllTimeUsd: 0 - (dex.terms.get(market)?.fundingAllTimeUsd ?? 0),
    fundingSinceOpenUsd: 0 - position.fundingSinceOpenUsd,
    fundingSinceChangeUsd: 0 - position.fundingSinceChangeUsd,
  };
}

/** What an account may still trade, buying and selling. */
export interface MaxTrade {
  maxLots: [buy: Lots, sell: Lots];
  /** Margin behind it, micro-dollars: lots x mark / leverage before they were cut to whole lots. */
  availableUsd: [buy: number, sell: number];
}

/** The largest order of each side that would pass the margin check now, so with what rests counted. */
export function maxTrade(account: VenueAccount, market: VenueMarket, terms: MarketTerms): MaxTrade {
  const dex = account.dex(market.dexIndex);
  const buy = maxLots(dex, market, terms, 1);
  const sell = maxLots(dex, market, terms, -1);
  const perLotUsd = market.markPx / terms.leverage;
  // A hair is added before cutting: a quotient of whole numbers may fall just under the whole number that it is.
  return {
    maxLots: [Math.floor(buy + 1e-9), Math.floor(sell + 1e-9)],
    availableUsd: [buy * perLotUsd, sell * perLotUsd],
  };
}

/** The margin check solved for size. What the account uses already may be used again, however little is free. */
function maxLots(dex: DexAccount, market: VenueMarket, terms: MarketTerms, side: 1 | -1): number {
  const position = dex.positions.get(market) ?? null;
  const { buyLots, sellLots, leverage, isolated } = terms;
  const along = side * (position?.lots ?? 0);
  const resting = side > 0 ? buyLots : sellLots;
  const usedUsd = marginNeedUsd(market, position, terms, buyLots, sellLots);
  const budgetUsd = Math.max(usedUsd, crossTotals(dex).valueUsd - otherNeedsUsd(dex, market));
  const perLotUsd = market.markPx / leverage;
  const against = Math.max(0, -along);
  const freedUsd = isolated && position !== null && against > 0 ? Math.max(0, isolatedEquityUsd(position)) : 0;
  const byMargin = (budgetUsd + freedUsd) / perLotUsd + (isolated ? against : -along) - resting;
  const worst = worstLots(position?.lots ?? 0, buyLots, sellLots);
  const byTier = Math.max(worst, tierLimitUsd(market.spec, leverage) / market.markPx) - along - resting;
  return Math.max(0, Math.min(byMargin, byTier));
}
