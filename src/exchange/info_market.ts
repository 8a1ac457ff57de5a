/**
 * Questions about markets: lists, books, trades, candles, funding.
 * @module
 */
import { BOOK_LEVELS, MARKET_ORDER_NOTIONALS, RETAINED } from "../wire/hyperliquid/facts.ts";
import { formatFloat, formatUsd } from "../wire/hyperliquid/format.ts";
import { dexIndexOf } from "./print_account.ts";
import { printBook, printCandle, printTrade } from "./print_market.ts";
import { printCapped, printDexLimits, printDexs, printMarginTable, printMeta } from "./print_meta.ts";
import { printSpotContexts, printSpotMeta } from "./print_spot.ts";
import { type Asked, BAD_VALUE, type Question, type Questions } from "./question.ts";
import { areFigures } from "./subscription.ts";
import { marketsOf, printContexts, printMids } from "./summary_topics.ts";
import type { View } from "./topic.ts";

const HOUR_MS = 3_600_000;
/** Trades that `recentTrades` answers (captured, October 2026). */
const RECENT_TRADES = 10;

/** A question about one dex that exists. */
const ofDex = (answer: (view: View, dexIndex: number) => unknown): Question => ({
  fields: ["dex"],
  answer: (view, { dex }) => {
    const dexIndex = dexIndexOf(view.venue.spec, dex);
    return dexIndex < 0 ? BAD_VALUE : answer(view, dexIndex);
  },
});

const plain = (answer: (view: View) => unknown): Question => ({ fields: [], answer });

export const MARKET_QUESTIONS: Questions = {
  meta: ofDex(printMeta),
  metaAndAssetCtxs: ofDex((view, dexIndex) => [printMeta(view, dexIndex), printContexts(view, dexIndex)]),
  allPerpMetas: plain((view) => view.venue.spec.dexs.map((_, index) => printMeta(view, index))),
  perpDexs: plain(printDexs),
  perpDexLimits: {
    fields: ["dex"],
    answer: (view, { dex }) => printDexLimits(view, dexIndexOf(view.venue.spec, dex)),
  },
  perpDexStatus: ofDex((view, dexIndex) => ({
    totalNetDeposit: formatUsd(view.venue.clearing.ledger(dexIndex).netDepositUsd),
  })),
  perpsAtOpenInterestCap: ofDex(printCapped),
  marginTable: { fields: ["id"], answer: (view, { id }) => printMarginTable(view, id) ?? BAD_VALUE },
  maxMarketOrderNtls: plain(() => MARKET_ORDER_NOTIONALS),
  spotMeta: plain(printSpotMeta),
  spotMetaAndAssetCtxs: plain((view) => [printSpotMeta(view), printSpotContexts()]),
  outcomeMeta: plain(() => ({ outcomes: [], questions: [] })),
  exchangeStatus: plain((view) => ({ time: view.venue.nowMs, specialStatuses: null })),
  usdcRouting: plain(() => ({ depositRoute: "bridge", withdrawalRoute: "bridge" })),
  allMids: ofDex(printMids),
  l2Book: { fields: ["coin", "nSigFigs", "mantissa"], answer: book },
  recentTrades: { fields: ["coin"], answer: recentTrades },
  candleSnapshot: { fields: ["req"], answer: candles },
  fundingHistory: { fields: ["coin", "startTime", "endTime"], answer: fundings },
  predictedFundings: plain(predictedFundings),
};

/** A coin that is not listed has no book: null, with HTTP 200. */
function book(view: View, { coin, nSigFigs, mantissa }: Asked): unknown {
  const market = view.venue.marketByCoin(coin);
  if (market === null) return null;
  if (!areFigures(nSigFigs, mantissa)) return BAD_VALUE;
  const form = { levelCount: BOOK_LEVELS.full, nSigFigs, mantissa, fast: false };
  return JSON.parse(printBook(market, view.venue.nowMs, form));
}

function recentTrades(view: View, { coin }: Asked): unknown {
  const market = view.venue.marketByCoin(coin);
  return market === null ? BAD_VALUE : view.history.market(market).recent(RECENT_TRADES).map(printTrade);
}

function candles(view: View, { req }: Asked): unknown {
  const market = view.venue.marketByCoin(req.coin);
  if (market === null) return BAD_VALUE;
  const found = view.history.market(market).candles.range(req.interval, req.startTime, req.endTime);
  return found.map((candle) => printCandle(market, req.interval, candle));
}

/** Hours of a range, oldest first, at most 500: the next page begins behind the last. */
function fundings(view: View, { coin, startTime, endTime }: Asked): unknown {
  const market = view.venue.marketByCoin(coin);
  if (market === null) return BAD_VALUE;
  const found = view.venue.funding.history(market).filter((p) => p.timeMs >= startTime && p.timeMs <= endTime);
  return found.slice(0, RETAINED.rangeMax).map((p) => ({
    coin,
    fundingRate: formatFloat(p.rateFrac),
    premium: formatFloat(p.premiumFrac),
    time: p.timeMs,
  }));
}

/** The venue's own dex only; other exchanges say nothing here. */
function predictedFundings(view: View): unknown {
  const nextFundingTime = (Math.floor(view.venue.nowMs / HOUR_MS) + 1) * HOUR_MS;
  return marketsOf(view, 0).map((market) => [
    market.coin,
    [
      ["BinPerp", null],
      ["HlPerp", { fundingRate: formatFloat(market.fundingFrac), nextFundingTime, fundingIntervalHours: 1 }],
      ["BybitPerp", null],
    ],
  ]);
}
