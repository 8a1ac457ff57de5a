/**
 * How far the book trades from the oracle, measured where a sizeable order would trade.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { Level } from "./book.ts";
import type { VenueMarket } from "./market.ts";

/** Average price of selling (`impactBidPx`) and of buying (`impactAskPx`) the impact notional, price units. */
export interface ImpactPxs {
  impactBidPx: number;
  impactAskPx: number;
}

/** Impact prices; null when a side is too thin for the notional. */
export function impactPxs(market: VenueMarket): ImpactPxs | null {
  const impactBidPx = impactPx(market.book.bids, market.spec.impactNotionalUsd);
  const impactAskPx = impactPx(market.book.asks, market.spec.impactNotionalUsd);
  return Number.isNaN(impactBidPx) || Number.isNaN(impactAskPx) ? null : { impactBidPx, impactAskPx };
}

/** Best level last. */
function impactPx(levels: readonly Level[], notionalUsd: MicroUsd): number {
  let leftUsd = notionalUsd;
  let lots = 0;
  for (let i = levels.length - 1; i >= 0; i--) {
    const level = levels[i] as Level;
    const usd = Math.min(leftUsd, level.px * level.lots);
    lots += usd / level.px;
    leftUsd -= usd;
    if (leftUsd <= 0) return notionalUsd / lots;
  }
  return Number.NaN;
}

/**
 * Premium as a fraction of the oracle; null when the book is too thin. Main dex: how far the impact prices lie beyond the oracle, zero while
 * they enclose it. HIP-3: their middle (funding and HIP-3 pages, August 2026).
 */
export function premiumFrac(market: VenueMarket): number | null {
  const impact = impactPxs(market);
  if (impact === null) return null;
  const { impactBidPx, impactAskPx } = impact;
  const oraclePx = market.oraclePx;
  if (market.dexIndex > 0) return (0.5 * (impactBidPx + impactAskPx)) / oraclePx - 1;
  return (Math.max(0, impactBidPx - oraclePx) - Math.max(0, oraclePx - impactAskPx)) / oraclePx;
}
