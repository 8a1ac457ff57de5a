/**
 * What an account may change about its margin, and the venue's words when it may not.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import {
  CROSS_NOT_ALLOWED,
  INVALID_LEVERAGE,
  LEVERAGE_MARGIN,
  LEVERAGE_MARGIN_ISOLATED,
  LEVERAGE_TYPE_OPEN,
  MARGIN_EMPTY_POSITION,
  MARGIN_INCREASE,
  MARGIN_REDUCTION,
  MARGIN_REMOVAL,
  MARGIN_UPDATE_ZERO,
  NOT_ISOLATED,
  NOT_STRICT_ISOLATED,
} from "../../wire/hyperliquid/errors.ts";
import type { DexAccount, MarketTerms, Position, VenueAccount } from "./account.ts";
import {
  crossTotals,
  isolatedEquityUsd,
  isolatedFloorUsd,
  maxLeverageAt,
  notionalUsd,
  otherNeedsUsd,
  withdrawableUsd,
} from "./margin.ts";
import type { VenueMarket } from "./market.ts";

/**
 * Chooses leverage and margin mode of a market.
 *
 * Raising leverage always works and moves no money. Lowering it must be backed: an isolated position by its own equity, everything else
 * (cross positions, and resting orders of either kind) by what the dex has.
 */
export function setLeverage(
  account: VenueAccount,
  market: VenueMarket,
  terms: MarketTerms,
  isCross: boolean,
  leverage: number,
): string | null {
  const dex = account.dex(market.dexIndex);
  const position = dex.positions.get(market) ?? null;
  if (!Number.isInteger(leverage) || leverage < 1 || leverage > market.spec.maxLeverage) return INVALID_LEVERAGE;
  if (isCross && market.spec.marginMode !== "normal") return CROSS_NOT_ALLOWED;
  if (position !== null && position.isolated === isCross) return LEVERAGE_TYPE_OPEN;
  if (position !== null && leverage > terms.leverage && leverage > maxLeverageAt(market.spec, notionalUsd(position)))
    return INVALID_LEVERAGE;
  if (position?.isolated && leverage < terms.leverage && isolatedEquityUsd(position) < notionalUsd(position) / leverage)
    return LEVERAGE_MARGIN_ISOLATED;
  const before = { isolated: terms.isolated, leverage: terms.leverage };
  const neededUsd = otherNeedsUsd(dex, null);
  terms.isolated = !isCross;
  terms.leverage = leverage;
  if (!isBacked(dex, neededUsd)) {
    Object.assign(terms, before);
    return isCross ? LEVERAGE_MARGIN : LEVERAGE_MARGIN_ISOLATED;
  }
  if (position !== null) position.leverage = leverage;
  return null;
}

/** Whether the dex carries all that is asked of it; asking for no more than before is always right. */
function isBacked(dex: DexAccount, neededBeforeUsd: number): boolean {
  const neededUsd = otherNeedsUsd(dex, null);
  return neededUsd <= neededBeforeUsd || neededUsd <= crossTotals(dex).valueUsd;
}

/** Moves margin between the dex's cash and an isolated position; negative takes it out, down to what leverage and transfers ask for. */
export function setIsolatedMargin(account: VenueAccount, market: VenueMarket, ntliUsd: MicroUsd): string | null {
  const dex = account.dex(market.dexIndex);
  const position = dex.positions.get(market) ?? null;
  if (!Number.isSafeInteger(ntliUsd) || ntliUsd === 0) return MARGIN_UPDATE_ZERO;
  if (position === null) return MARGIN_EMPTY_POSITION;
  if (!position.isolated) return NOT_ISOLATED;
  if (ntliUsd > 0) return add(dex, position, ntliUsd);
  if (market.spec.marginMode === "strictIsolated") return MARGIN_REMOVAL;
  if (isolatedEquityUsd(position) + ntliUsd < isolatedFloorUsd(position)) return MARGIN_REDUCTION;
  move(dex, position, ntliUsd);
  return null;
}

/** Adds as much margin as brings a strictly isolated position down to `leverage` at the mark. */
export function topUpMargin(account: VenueAccount, market: VenueMarket, leverage: number): string | null {
  const dex = account.dex(market.dexIndex);
  const position = dex.positions.get(market) ?? null;
  if (market.spec.marginMode !== "strictIsolated") return NOT_STRICT_ISOLATED;
  if (!Number.isFinite(leverage) || leverage <= 0) return INVALID_LEVERAGE;
  if (position === null) return MARGIN_EMPTY_POSITION;
  const missingUsd = Math.ceil(notionalUsd(position) / leverage - isolatedEquityUsd(position));
  if (missingUsd <= 0) return MARGIN_UPDATE_ZERO;
  return add(dex, position, missingUsd);
}

function add(dex: DexAccount, position: Position, usd: MicroUsd): string | null {
  if (usd > withdrawableUsd(dex)) return MARGIN_INCREASE;
  move(dex, position, usd);
  return null;
}

function move(dex: DexAccount, position: Position, usd: MicroUsd): void {
  dex.cashUsd -= usd;
  position.rawUsd += usd;
}
