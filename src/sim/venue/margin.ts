/**
 * Margin: what a position needs, what an account has, and the price at which it is taken away.
 *
 * Pure formulas over accounts. A mark need not be a whole number of price units, so these are doubles in micro-dollars; money itself moves
 * in whole ones elsewhere. Source: margining, margin-tiers and liquidations pages, August 2026.
 * @module
 */
import type { Lots, MicroUsd } from "../../core/units.ts";
import type { DexAccount, MarketTerms, Position } from "./account.ts";
import type { VenueMarket } from "./market.ts";
import type { MarginTier, MarketSpec } from "./spec.ts";

/** Share of the notional of cross positions that must stay, whatever the leverage. */
export const TRANSFER_MARGIN_RATIO = 0.1;

/** One tier as maintenance is computed in it: notional x maintenanceFrac - deductionUsd, up to `upperUsd`. */
export interface Maintenance {
  maxLeverage: number;
  maintenanceFrac: number;
  deductionUsd: number;
  upperUsd: number;
}

/** Sums over what shares one pool of collateral. */
export interface MarginTotals {
  valueUsd: number;
  notionalUsd: number;
  /** Cash without the value of positions. */
  rawUsd: number;
  marginUsd: number;
  maintenanceUsd: number;
}

function tiersOf(spec: MarketSpec): readonly MarginTier[] {
  return spec.marginTiers.length > 0 ? spec.marginTiers : [{ lowerBoundUsd: 0, maxLeverage: spec.maxLeverage }];
}

/**
 * The tier of a notional. Maintenance is half the initial margin at the tier's largest leverage, less a deduction that makes it continuous:
 * deduction_k = deduction_(k-1) + lowerBound_k x (rate_k - rate_(k-1)). A notional on the bound belongs to the tier below.
 */
export function maintenanceAt(spec: MarketSpec, notionalUsd: number): Maintenance {
  const tiers = tiersOf(spec);
  let maxLeverage = (tiers[0] as MarginTier).maxLeverage;
  let maintenanceFrac = 1 / (2 * maxLeverage);
  let deductionUsd = 0;
  for (let k = 1; k < tiers.length; k++) {
    const tier = tiers[k] as MarginTier;
    if (notionalUsd <= tier.lowerBoundUsd)
      return { maxLeverage, maintenanceFrac, deductionUsd, upperUsd: tier.lowerBoundUsd };
    const frac = 1 / (2 * tier.maxLeverage);
    deductionUsd += tier.lowerBoundUsd * (frac - maintenanceFrac);
    maintenanceFrac = frac;
    maxLeverage = tier.maxLeverage;
  }
  return { maxLeverage, maintenanceFrac, deductionUsd, upperUsd: Number.POSITIVE_INFINITY };
}

/** Largest leverage that a notional may have. */
export function maxLeverageAt(spec: MarketSpec, notionalUsd: number): number {
  return maintenanceAt(spec, notionalUsd).maxLeverage;
}

/** Largest notional that may be held at a leverage: where the first tier begins that does not allow it. */
export function tierLimitUsd(spec: MarketSpec, leverage: number): number {
  const tier = tiersOf(spec).find((t) => t.maxLeverage < leverage);
  return tier === undefined ? Number.POSITIVE_INFINITY : tier.lowerBoundUsd;
}

/** Below this much equity a position of that notional is liquidated, micro-dollars. */
export function maintenanceUsd(spec: MarketSpec, notionalUsd: number): number {
  const tier = maintenanceAt(spec, notionalUsd);
  return notionalUsd * tier.maintenanceFrac - tier.deductionUsd;
}

/** Notional at the mark, unsigned. */
export function notionalUsd(position: Position): number {
  return Math.abs(position.lots) * position.market.markPx;
}

/** What an isolated position is worth: the venue prints it as its margin used. */
export function isolatedEquityUsd(position: Position): number {
  return position.rawUsd + position.lots * position.market.markPx;
}

/** Sums over the cross positions of one dex; the account value is cash and positions at the mark. */
export function crossTotals(dex: DexAccount): MarginTotals {
  const sum: MarginTotals = {
    valueUsd: dex.cashUsd,
    notionalUsd: 0,
    rawUsd: dex.cashUsd,
    marginUsd: 0,
    maintenanceUsd: 0,
  };
  for (const position of dex.positions.values()) {
    if (position.isolated) continue;
    const notional = notionalUsd(position);
    sum.valueUsd += position.lots * position.market.markPx;
    sum.notionalUsd += notional;
    sum.marginUsd += notional / position.leverage;
    sum.maintenanceUsd += maintenanceUsd(position.market.spec, notional);
  }
  return sum;
}

/** What may leave the dex: cross value less the larger of initial margin and a tenth of the notional, never below nothing. */
export function withdrawableUsd(dex: DexAccount): number {
  const cross = crossTotals(dex);
  return Math.max(0, cross.valueUsd - Math.max(cross.marginUsd, TRANSFER_MARGIN_RATIO * cross.notionalUsd));
}

/** What must stay in an isolated position when margin is taken out of it. */
export function isolatedFloorUsd(position: Position): number {
  return notionalUsd(position) * Math.max(1 / position.leverage, TRANSFER_MARGIN_RATIO);
}

/** Largest position that the orders of one side alone may lead to, unsigned. */
export function worstLots(lots: Lots, buyLots: Lots, sellLots: Lots): Lots {
  return Math.max(Math.abs(lots), lots + buyLots, sellLots - lots);
}

/**
 * What one market asks of the collateral that is shared: its position and its resting orders, of which the larger side counts.
 *
 * Cross: initial margin of the largest position that the orders may lead to. Isolated: the position has its own margin, so only what orders
 * would open counts, less what the position gives back when they first close it.
 */
export function marginNeedUsd(
  market: VenueMarket,
  position: Position | null,
  terms: MarketTerms,
  buyLots: Lots,
  sellLots: Lots,
): number {
  const lots = position?.lots ?? 0;
  const perLotUsd = market.markPx / terms.leverage;
  if (!terms.isolated) return worstLots(lots, buyLots, sellLots) * perLotUsd;
  const freed = position === null ? 0 : Math.max(0, isolatedEquityUsd(position));
  const openBuy = Math.max(0, lots < 0 ? buyLots + lots : buyLots);
  const openSell = Math.max(0, lots > 0 ? sellLots - lots : sellLots);
  const buyUsd = openBuy * perLotUsd - (lots < 0 ? freed : 0);
  const sellUsd = openSell * perLotUsd - (lots > 0 ? freed : 0);
  return Math.max(0, buyUsd, sellUsd);
}

/** What all markets of the dex ask of the shared collateral, but for one. */
export function otherNeedsUsd(dex: DexAccount, except: VenueMarket | null): number {
  let sum = 0;
  for (const [market, terms] of dex.terms) {
    if (market === except) continue;
    const position = dex.positions.get(market) ?? null;
    if (position === null && terms.buyLots === 0 && terms.sellLots === 0) continue;
    sum += marginNeedUsd(market, position, terms, terms.buyLots, terms.sellLots);
  }
  return sum;
}

/**
 * The mark at which equity meets maintenance, price units; null when there is none above zero.
 *
 *   px = mark - side x available / (|lots| x (1 - side x rate)),  available = equity - maintenance
 *
 * `equityUsd` and `maintenanceAllUsd` are those of what is liquidated together: the isolated position, or all cross positions. The rate is
 * that of the tier in which the answer lies, found by walking at most through the tiers.
 */
export function liquidationPx(position: Position, equityUsd: number, maintenanceAllUsd: number): number | null {
  const { spec, markPx } = position.market;
  const side = Math.sign(position.lots);
  const size = Math.abs(position.lots);
  const own = maintenanceUsd(spec, size * markPx);
  let at: Maintenance = maintenanceAt(spec, size * markPx);
  let px = Number.NaN;
  for (let turn = 0; turn <= tiersOf(spec).length; turn++) {
    // Maintenance as this tier's line has it at today's mark, so that the line is followed and not the curve.
    const line: MicroUsd = size * markPx * at.maintenanceFrac - at.deductionUsd;
    const available = equityUsd - (maintenanceAllUsd - own + line);
    px = markPx - (side * available) / (size * (1 - side * at.maintenanceFrac));
    const next = maintenanceAt(spec, size * px);
    if (next.upperUsd === at.upperUsd) break;
    at = next;
  }
  return px > 0 ? px : null;
}
