/**
 * Orders and fills as the venue prints them.
 * @module
 */
import type { LiquidationNote, VenueFill } from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Order, Trigger } from "../sim/venue/order.ts";
import { type OrderRecord, recordOf } from "../sim/venue/order_record.ts";
import type { TokenSpec } from "../sim/venue/spec.ts";
import { formatDecimal, formatLots, formatPlain, formatPx, formatSum, formatUsd } from "../wire/hyperliquid/format.ts";

const sideOf = (side: 1 | -1): string => (side > 0 ? "B" : "A");

/** An order as `openOrders` and `orderUpdates` have it. */
export function printOrder(order: OrderRecord): object {
  const { market } = order;
  return {
    coin: market.coin,
    side: sideOf(order.side),
    limitPx: formatPx(order.px, market.pxDecimals),
    sz: formatLots(order.lots, market.szDecimals),
    oid: order.oid,
    timestamp: order.timeMs,
    origSz: formatLots(order.origLots, market.szDecimals),
    ...(order.cloid !== null && { cloid: order.cloid }),
    ...(order.reduceOnly && { reduceOnly: true }),
  };
}

/** An order as frontends get it, with its kind, its condition and its children. */
export function printFrontendOrder(order: OrderRecord): object {
  const { market, trigger } = order;
  return {
    coin: market.coin,
    side: sideOf(order.side),
    limitPx: formatPx(order.px, market.pxDecimals),
    sz: formatLots(order.lots, market.szDecimals),
    oid: order.oid,
    timestamp: order.timeMs,
    triggerCondition: trigger === null ? "N/A" : conditionOf(trigger, market),
    isTrigger: trigger !== null,
    triggerPx: trigger === null ? "0.0" : formatPx(trigger.px, market.pxDecimals),
    children: order.children.map(printFrontendOrder),
    isPositionTpsl: trigger?.wholePosition === true,
    reduceOnly: order.reduceOnly,
    orderType: kindOf(order),
    origSz: formatLots(order.origLots, market.szDecimals),
    tif: trigger === null ? order.tif : null,
    cloid: order.cloid,
  };
}

/** An order with its status, as `orderStatus` and `historicalOrders` have it. */
export function printStatus(order: OrderRecord): object {
  return { order: printFrontendOrder(order), status: order.status, statusTimestamp: order.statusMs };
}

/** The order as it rests now. */
export const liveRecord = (order: Order): OrderRecord => recordOf(order, order.status, order.lots);

function conditionOf(trigger: Readonly<Trigger>, market: VenueMarket): string {
  return `Price ${trigger.above ? "above" : "below"} ${formatPlain(trigger.px, market.pxDecimals)}`;
}

function kindOf(order: OrderRecord): string {
  const { trigger } = order;
  if (trigger === null) return order.tif === "FrontendMarket" || order.tif === "LiquidationMarket" ? "Market" : "Limit";
  return `${trigger.tpsl === "tp" ? "Take Profit" : "Stop"} ${trigger.isMarket ? "Market" : "Limit"}`;
}

/** A fill, from the side of its account. */
export function printFill(fill: VenueFill, tokens: readonly TokenSpec[]): object {
  const { market } = fill;
  return {
    coin: market.coin,
    px: formatPx(fill.px, market.pxDecimals),
    sz: formatLots(fill.lots, market.szDecimals),
    side: sideOf(fill.side),
    time: fill.timeMs,
    // A double at the venue: large ones show it.
    startPosition: formatSum(fill.startLots, market.szDecimals),
    dir: fill.dir,
    closedPnl: formatUsd(fill.closedPnlUsd),
    hash: fill.hash,
    oid: fill.oid,
    crossed: fill.crossed,
    fee: formatUsd(fill.feeUsd),
    ...(fill.builderFeeUsd !== 0 && { builderFee: formatUsd(fill.builderFeeUsd) }),
    tid: fill.tid,
    ...(fill.cloid !== null && { cloid: fill.cloid }),
    ...(fill.liquidation !== null && { liquidation: printLiquidation(fill.liquidation, market) }),
    feeToken: tokens.find((token) => token.index === market.dex.collateralToken)?.name ?? "USDC",
    twapId: null,
  };
}

function printLiquidation(note: LiquidationNote, market: VenueMarket): object {
  const markPx = formatPx(Math.round(note.markPx), market.pxDecimals);
  return { liquidatedUser: note.liquidatedUser, markPx, method: note.method };
}

/**
 * Fills of one order in one block as one, where it took several resting orders: sizes, profits and fees summed, price the weighted mean.
 * The venue's `aggregateByTime`. Order stays that of the first of each.
 */
export function aggregateFills(fills: readonly VenueFill[], tokens: readonly TokenSpec[]): object[] {
  const groups = new Map<string, VenueFill[]>();
  for (const fill of fills) {
    const key = fill.crossed ? `${fill.oid} ${fill.timeMs}` : `${fill.oid} ${fill.tid}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fill]);
    else group.push(fill);
  }
  return [...groups.values()].map((group) =>
    group.length === 1 ? printFill(group[0] as VenueFill, tokens) : sum(group, tokens),
  );
}

function sum(group: readonly VenueFill[], tokens: readonly TokenSpec[]): object {
  // Whichever way the list runs, the position before all of them is that of the smallest or largest start, on the side of the trade.
  const first = group.reduce((a, b) => (a.startLots * a.side <= b.startLots * b.side ? a : b));
  const total = { ...first, lots: 0, closedPnlUsd: 0, feeUsd: 0, builderFeeUsd: 0 };
  let notionalUsd = 0;
  for (const fill of group) {
    total.lots += fill.lots;
    total.closedPnlUsd += fill.closedPnlUsd;
    total.feeUsd += fill.feeUsd;
    total.builderFeeUsd += fill.builderFeeUsd;
    notionalUsd += fill.px * fill.lots;
  }
  // The mean may lie between two price units: two more digits.
  const px = formatDecimal(Math.round((notionalUsd / total.lots) * 100), first.market.pxDecimals + 2);
  return { ...printFill(total, tokens), px };
}
