/**
 * Balances, positions and payments of accounts as the venue prints them.
 * @module
 */
import { MICRO_PER_USD } from "../core/units.ts";
import { type MarketTerms, VenueAccount } from "../sim/venue/account.ts";
import type { FundingPayment, LedgerEntry } from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { TokenSpec, VenueSpec } from "../sim/venue/spec.ts";
import {
  type DexSummary,
  dexSummary,
  type MarginSummary,
  maxTrade,
  type PositionSummary,
} from "../sim/venue/summary.ts";
import { formatDecimal, formatFloat, formatLots, formatUsd } from "../wire/hyperliquid/format.ts";
import { printNearPx } from "./print_market.ts";
import type { View } from "./topic.ts";

/** Spot balances are counted in 10^-8. */
const SPOT_DECIMALS = 8;
/** Fees of transfers are charged to who sends to an address that the venue does not know. */
const ACTIVATION_FEE = "1.0";

/** Micro-dollars that need not be whole. */
const usd = (value: number): string => formatFloat(value / MICRO_PER_USD);
/** Price units that need not be whole, with all their digits. */
const exactPx = (market: VenueMarket, px: number): string => formatFloat(px / 10 ** market.pxDecimals);

function printMargin(summary: MarginSummary): object {
  return {
    accountValue: usd(summary.accountValueUsd),
    totalNtlPos: usd(summary.totalNtlPosUsd),
    totalRawUsd: usd(summary.totalRawUsd),
    totalMarginUsed: usd(summary.totalMarginUsedUsd),
  };
}

function printPosition(p: PositionSummary): object {
  const { market } = p;
  return {
    type: "oneWay",
    position: {
      coin: market.coin,
      szi: formatLots(p.lots, market.szDecimals),
      leverage: printLeverage(p.isolated, p.leverage, p.rawUsd),
      entryPx: printNearPx(market, p.entryPx),
      positionValue: usd(p.positionValueUsd),
      unrealizedPnl: usd(p.unrealizedPnlUsd),
      returnOnEquity: formatFloat(p.returnOnEquityRatio),
      liquidationPx: p.liquidationPx === null ? null : exactPx(market, p.liquidationPx),
      marginUsed: usd(p.marginUsedUsd),
      maxLeverage: p.maxLeverage,
      cumFunding: {
        allTime: formatUsd(p.fundingAllTimeUsd),
        sinceOpen: formatUsd(p.fundingSinceOpenUsd),
        sinceChange: formatUsd(p.fundingSinceChangeUsd),
      },
    },
  };
}

function printLeverage(isolated: boolean, leverage: number, rawUsd: number): object {
  return isolated ? { type: "isolated", value: leverage, rawUsd: usd(rawUsd) } : { type: "cross", value: leverage };
}

const NOTHING: MarginSummary = { accountValueUsd: 0, totalNtlPosUsd: 0, totalRawUsd: 0, totalMarginUsedUsd: 0 };
const EMPTY: DexSummary = {
  margin: NOTHING,
  cross: NOTHING,
  crossMaintenanceUsd: 0,
  withdrawableUsd: 0,
  positions: [],
};

/** `clearinghouseState` of an account on one dex; of an unknown one all is nothing. */
export function printClearinghouse(account: VenueAccount | null, dexIndex: number, timeMs: number): object {
  const summary = account === null ? EMPTY : dexSummary(account, dexIndex);
  return {
    marginSummary: printMargin(summary.margin),
    crossMarginSummary: printMargin(summary.cross),
    crossMaintenanceMarginUsed: usd(summary.crossMaintenanceUsd),
    withdrawable: usd(summary.withdrawableUsd),
    assetPositions: summary.positions.map(printPosition),
    time: timeMs,
  };
}

/** Every dex with the user's state on it. */
export function printClearinghouses(view: View, user: string): [dex: string, state: object][] {
  const { venue } = view;
  return venue.spec.dexs.map((dex, index) => [dex.name, printClearinghouse(venue.find(user), index, venue.nowMs)]);
}

/** Spot balances. Nothing trades on spot here, so nothing is held back. */
export function printSpot(account: VenueAccount | null, tokens: readonly TokenSpec[]): object {
  const balances: object[] = [];
  for (const [index, units] of account?.spot ?? []) {
    const token = tokens.find((t) => t.index === index);
    if (token === undefined || units === 0) continue;
    const total = formatDecimal(units, SPOT_DECIMALS);
    balances.push({ coin: token.name, token: index, total, hold: "0.0", entryNtl: "0.0" });
  }
  return { balances };
}

/** `activeAssetData`. */
function printActiveAsset(user: string, account: VenueAccount | null, market: VenueMarket, terms: MarketTerms): object {
  const position = account?.position(market) ?? null;
  const isolated = position?.isolated ?? terms.isolated;
  const max = account === null ? { maxLots: [0, 0], availableUsd: [0, 0] } : maxTrade(account, market, terms);
  return {
    user,
    coin: market.coin,
    leverage: printLeverage(isolated, position?.leverage ?? terms.leverage, position?.rawUsd ?? 0),
    maxTradeSzs: max.maxLots.map((lots) => formatLots(lots, market.szDecimals)),
    availableToTrade: max.availableUsd.map(usd),
    markPx: printNearPx(market, market.markPx),
  };
}

/** What a user may trade on a market. Asking makes neither an account nor a choice of leverage. */
export function printActiveAssetOf(view: View, user: string, market: VenueMarket): object {
  const { venue } = view;
  const account = venue.find(user);
  const chosen = account?.dex(market.dexIndex).terms.get(market);
  return printActiveAsset(user, account, market, chosen ?? venue.clearing.terms(strangerOf(view, user), market));
}

/** An account that the venue does not know: nothing of it stays. */
export function strangerOf(view: View, address: string): VenueAccount {
  const { spec, rules } = view.venue;
  return new VenueAccount({ address, dexCount: spec.dexs.length, rules: rules.limiter });
}

/** A funding payment as the socket has it. */
export function printFunding(payment: FundingPayment): object {
  return { time: payment.timeMs, ...fundingFields(payment) };
}

/** The same as a delta of `userFunding`. */
export function printFundingDelta(payment: FundingPayment, zeroHash: string): object {
  return { time: payment.timeMs, hash: zeroHash, delta: { type: "funding", ...fundingFields(payment) } };
}

function fundingFields(payment: FundingPayment): object {
  return {
    coin: payment.market.coin,
    usdc: formatUsd(payment.usd),
    szi: formatLots(payment.lots, payment.market.szDecimals),
    fundingRate: formatFloat(payment.rateFrac),
    nSamples: null,
  };
}

/** A change of balance. */
export const printLedger = (entry: LedgerEntry): object => ({
  time: entry.timeMs,
  hash: entry.hash,
  delta: entry.delta,
});

/** `preTransferCheck`: an address that the venue does not know costs its first sender a dollar. */
export function printTransferCheck(account: VenueAccount | null, hasSent: boolean): object {
  const userExists = account?.exists === true;
  return { fee: userExists ? "0.0" : ACTIVATION_FEE, isSanctioned: false, userExists, userHasSentTx: hasSent };
}

/** Index of a dex by its name, or -1. */
export const dexIndexOf = (spec: VenueSpec, name: string): number => spec.dexs.findIndex((dex) => dex.name === name);
