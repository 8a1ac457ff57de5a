/**
 * An order as it was asked for, read from the wire: everything that can be refused without knowing the account.
 * @module
 */
import { isLegalPx } from "../../core/market/grid.ts";
import { type Lots, type Px, parseScaled, pow10 } from "../../core/units.ts";
import type { WireGrouping, WireOrder, WireTif, WireTrigger } from "../../wire/hyperliquid/action.ts";
import * as texts from "../../wire/hyperliquid/errors.ts";
import type { VenueMarket } from "./market.ts";
import type { Trigger } from "./order.ts";
import type { TradingHost } from "./ports.ts";
import { EMPTY_BATCH, MAIN_ORDER_IS_TRIGGER, unknownAssetText } from "./refusals.ts";

export interface Draft {
  market: VenueMarket;
  side: 1 | -1;
  px: Px;
  /** 0 is refused later, unless a TP or SL order means the whole position by it. */
  lots: Lots;
  tif: WireTif;
  reduceOnly: boolean;
  /** Lower case. */
  cloid: string | null;
  trigger: Trigger | null;
}

/**
 * Reads a batch. What is wrong with one order refuses all with one text, because the venue looks at this before any order is placed: an
 * empty batch, prices off the grid or far away, sizes with too many decimals, TP/SL groups that are none (error-responses page, August 2026).
 */
export function readBatch(host: TradingHost, wires: readonly WireOrder[], grouping: WireGrouping): Draft[] | string {
  if (wires.length === 0) return EMPTY_BATCH;
  const drafts: Draft[] = [];
  for (const wire of wires) {
    const draft = readDraft(host, wire, grouping === "positionTpsl");
    if (typeof draft === "string") return draft;
    drafts.push(draft);
  }
  const reason = checkGroup(drafts, grouping);
  return reason ?? drafts;
}

function readDraft(host: TradingHost, wire: WireOrder, wholePosition: boolean): Draft | string {
  const market = host.marketByAsset(wire.a);
  if (market === null) return unknownAssetText(wire.a);
  const side = wire.b ? 1 : -1;
  const px = readPx(wire.p, market);
  if (typeof px === "string") return px;
  const lots = readDecimal(wire.s, market.szDecimals);
  const reason = checkNumbers(host, market, px, lots);
  if (reason !== null) return reason;
  let trigger: Trigger | null = null;
  if ("trigger" in wire.t) {
    trigger = readTrigger(wire.t.trigger, side, market);
    if (trigger === null) return texts.badTriggerPxText(wire.a);
    trigger.wholePosition = wholePosition || (wire.r && lots === 0);
  }
  return {
    market,
    side,
    px,
    lots,
    tif: "limit" in wire.t ? wire.t.limit.tif : "Gtc",
    reduceOnly: wire.r,
    cloid: wire.c?.toLowerCase() ?? null,
    trigger,
  };
}

/** Why no order of this market can have such a price and size, in the venue's words; null when one can. */
export function checkNumbers(host: TradingHost, market: VenueMarket, px: Px, lots: Lots): string | null {
  if (!isLegalPx(px, market.szDecimals)) return px > 0 ? texts.tickText(market.assetId) : texts.INVALID_PRICE;
  if (Number.isNaN(lots) || lots < 0 || !Number.isSafeInteger(px * lots)) return texts.INVALID_SIZE;
  const { farPriceRatio } = host.rules;
  return isFar(px, market.markPx, farPriceRatio) ? texts.farPriceText(Math.round(farPriceRatio * 100)) : null;
}

function readPx(text: string, market: VenueMarket): Px | string {
  const px = readDecimal(text, market.pxDecimals);
  if (isLegalPx(px, market.szDecimals)) return px;
  // A positive decimal that is not on the grid is a matter of ticks; what is no such number is no price at all.
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? texts.tickText(market.assetId) : texts.INVALID_PRICE;
}

/** `parseScaled` without its pattern for the short plain decimals that clients send; a fifth of an order's way to the book otherwise. */
function readDecimal(text: string, decimals: number): number {
  // Nine digits times a million are exact.
  if (text.length > 9) return parseScaled(text, decimals);
  let value = 0;
  let point = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) value = 10 * value + code - 48;
    else if (code === 46 && point < 0 && i > 0) point = i;
    else return parseScaled(text, decimals);
  }
  const shift = point < 0 ? decimals : decimals - (text.length - 1 - point);
  if (text.length === 0 || shift < 0 || point === text.length - 1) return parseScaled(text, decimals);
  return value * pow10(shift);
}

function readTrigger(wire: WireTrigger, side: 1 | -1, market: VenueMarket): Trigger | null {
  const px = parseScaled(wire.triggerPx, market.pxDecimals);
  if (!isLegalPx(px, market.szDecimals)) return null;
  // Take profit of a long (a sell) and stop loss of a short (a buy) wait for the mark to rise.
  const above = (wire.tpsl === "tp") === side < 0;
  return { isMarket: wire.isMarket, px, tpsl: wire.tpsl, above, wholePosition: false };
}

/** Whether a price is further from the reference than the rule allows: the mark for a batch, the oracle for an order. */
export function isFar(px: Px, referencePx: number, ratio: number): boolean {
  return Math.abs(px - referencePx) > ratio * referencePx;
}

/**
 * Why the orders are no group of the kind that was asked for; null when they are.
 *
 * normalTpsl: a plain order and one or two reduce-only triggers against it. positionTpsl: one or two reduce-only triggers. Triggers outside
 * of groups need not be reduce-only (seen resting on the live venue, June 2026).
 */
function checkGroup(drafts: readonly Draft[], grouping: WireGrouping): string | null {
  // Paid from staked HYPE, which nobody has here.
  if (typeof grouping === "object") return grouping.p > 0 ? texts.PRIORITY_BALANCE : null;
  if (grouping === "na") return null;
  const first = drafts[0] as Draft;
  let exits = drafts;
  if (grouping === "normalTpsl") {
    if (first.trigger !== null) return MAIN_ORDER_IS_TRIGGER;
    exits = drafts.slice(1);
  }
  const side = grouping === "normalTpsl" ? -first.side : first.side;
  const fits = exits.every((o) => o.trigger !== null && o.reduceOnly && o.market === first.market && o.side === side);
  return fits && exits.length >= 1 && exits.length <= 2 ? null : texts.UNEXPECTED_TRIGGERS;
}
