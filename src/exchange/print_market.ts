/**
 * Books, trades, candles and contexts of markets as the venue prints them.
 * @module
 */
import { MICRO_PER_USD, type Px } from "../core/units.ts";
import type { Level } from "../sim/venue/book.ts";
import type { Candle } from "../sim/venue/candle.ts";
import type { Trade } from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import { impactPxs } from "../sim/venue/premium.ts";
import { formatDecimal, formatFloat, formatLots, formatPx } from "../wire/hyperliquid/format.ts";

/** A price that need not lie on the grid, at the grid's nearest. */
export const printNearPx = (market: VenueMarket, px: number): string => formatPx(Math.round(px), market.pxDecimals);

/** The middle of the touch: whole units or a half. Null while a side is empty. */
export function printMid(market: VenueMarket): string | null {
  const { midPx } = market;
  return Number.isNaN(midPx) ? null : formatDecimal(midPx * 10, market.pxDecimals + 1);
}

/** What `allMids` says: the mid, without one the last trade, before any trade the mark. */
export function printMidOrLast(market: VenueMarket): string {
  return printMid(market) ?? printNearPx(market, Number.isNaN(market.lastPx) ? market.markPx : market.lastPx);
}

function printLevel(market: VenueMarket, level: { px: Px; lots: number; count: number }): string {
  const px = formatPx(level.px, market.pxDecimals);
  return `{"px":"${px}","sz":"${formatLots(level.lots, market.szDecimals)}","n":${level.count}}`;
}

/** The touch: `{coin,time,bbo}` as text. */
export function printBbo(market: VenueMarket, timeMs: number): string {
  const { bids, asks } = market.book;
  const side = (levels: readonly Level[]): string =>
    levels.length === 0 ? "null" : printLevel(market, levels[levels.length - 1] as Level);
  return `{"coin":"${market.coin}","time":${timeMs},"bbo":[${side(bids)},${side(asks)}]}`;
}

/** How a book is asked for. */
export interface BookForm {
  levelCount: number;
  nSigFigs: number | null;
  mantissa: number | null;
  fast: boolean;
}

/**
 * A book: `{coin,time,levels,spread?,fast?}` as text. An aggregated one adds the spread of the touch, which its levels no longer tell: a captured
 * book of even prices, 85874 and 85876, said 1.0 (October 2026).
 */
export function printBook(market: VenueMarket, timeMs: number, form: BookForm): string {
  const { book } = market;
  const head = `{"coin":"${market.coin}","time":${timeMs}`;
  const levels = `"levels":[[${printSide(market, book.bids, 1, form)}],[${printSide(market, book.asks, -1, form)}]]`;
  const [bid, ask] = [book.bestPx(1), book.bestPx(-1)];
  const hasSpread = form.nSigFigs !== null && bid !== null && ask !== null;
  const spread = hasSpread ? `,"spread":"${formatPx(ask - bid, market.pxDecimals)}"` : "";
  return `${head},${levels}${spread}${form.fast ? ',"fast":true' : ""}}`;
}

/** Best level last in the book, first in what is printed. */
function printSide(market: VenueMarket, levels: readonly Level[], side: 1 | -1, form: BookForm): string {
  const printed: string[] = [];
  let open: { px: Px; lots: number; count: number } | null = null;
  for (let i = levels.length - 1; i >= 0 && printed.length < form.levelCount; i--) {
    const level = levels[i] as Level;
    const px = form.nSigFigs === null ? level.px : roundPx(level.px, side, form.nSigFigs, form.mantissa ?? 1);
    if (open !== null && open.px === px) {
      open.lots += level.lots;
      open.count += level.count;
      continue;
    }
    if (open !== null) printed.push(printLevel(market, open));
    open = { px, lots: level.lots, count: level.count };
  }
  if (open !== null && printed.length < form.levelCount) printed.push(printLevel(market, open));
  return printed.join(",");
}

/** A price on a coarser grid: so many significant figures, the last a multiple of the mantissa; bids go down, asks up. */
export function roundPx(px: Px, side: 1 | -1, figures: number, mantissa: number): Px {
  // Figures that the price does not have make no step smaller than a price unit.
  const step = Math.max(1, Math.round(10 ** (String(px).length - figures) * mantissa));
  return side > 0 ? Math.floor(px / step) * step : Math.ceil(px / step) * step;
}

/** A trade. */
export function printTrade(trade: Trade): object {
  const { market } = trade;
  return {
    coin: market.coin,
    side: trade.side > 0 ? "B" : "A",
    px: formatPx(trade.px, market.pxDecimals),
    sz: formatLots(trade.lots, market.szDecimals),
    time: trade.timeMs,
    hash: trade.hash,
    tid: trade.tid,
    users: [trade.buyer, trade.seller],
  };
}

/** A candle. */
export function printCandle(market: VenueMarket, interval: string, candle: Candle): object {
  const px = (value: Px): string => formatPx(value, market.pxDecimals);
  return {
    t: candle.startMs,
    T: candle.endMs,
    s: market.coin,
    i: interval,
    o: px(candle.openPx),
    c: px(candle.closePx),
    h: px(candle.highPx),
    l: px(candle.lowPx),
    v: formatLots(candle.lots, market.szDecimals),
    n: candle.tradeCount,
  };
}

/** What `activeAssetCtx` and the lists of contexts say of a market. A thin book has no impact prices and no premium. */
export function printContext(market: VenueMarket): object {
  const impact = impactPxs(market);
  return {
    funding: formatFloat(market.fundingFrac),
    openInterest: formatLots(market.openLots, market.szDecimals),
    prevDayPx: printNearPx(market, market.prevDayPx),
    dayNtlVlm: formatFloat(market.dayVolumeUsd / MICRO_PER_USD),
    premium: impact !== null && market.premiumFrac !== null ? formatFloat(market.premiumFrac) : null,
    oraclePx: printNearPx(market, market.oraclePx),
    markPx: printNearPx(market, market.markPx),
    midPx: printMid(market),
    impactPxs:
      impact === null ? null : [printNearPx(market, impact.impactBidPx), printNearPx(market, impact.impactAskPx)],
    dayBaseVlm: formatLots(market.dayLots, market.szDecimals),
  };
}
