/**
 * How one trade changes one account's position and cash. Whole micro-dollars throughout: what one side pays the other gets.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, MicroUsd, Px } from "../../core/units.ts";
import { type DexAccount, type MarketTerms, Position, type VenueAccount } from "./account.ts";
import type { VenueMarket } from "./market.ts";

/**
 * Books a trade without its fee; returns the profit that closing realised, before fees.
 *
 * The trade's cash, -side x px x lots, goes to the dex's cash when the position is cross and to its own when isolated. A trade through zero
 * closes first and then opens. `terms` says how a new position is held.
 *
 * @param side +1 buys. @param lots Above 0.
 */
export function bookTrade(
  account: VenueAccount,
  market: VenueMarket,
  terms: MarketTerms,
  side: 1 | -1,
  px: Px,
  lots: Lots,
): MicroUsd {
  assert(Number.isSafeInteger(px * lots) && lots > 0, "booking: notional is whole micro-dollars, size above 0");
  const dex = account.dex(market.dexIndex);
  let position = dex.positions.get(market) ?? null;
  const before = position?.lots ?? 0;
  let left = lots;
  let closedPnlUsd = 0;
  if (position !== null && Math.sign(before) !== side) {
    const closing = Math.min(lots, Math.abs(before));
    closedPnlUsd = close(dex, position, side, px, closing);
    left -= closing;
    if (position.lots === 0) {
      dex.positions.delete(market);
      market.positions.delete(account);
      position = null;
    }
  }
  if (left > 0) {
    if (position === null) {
      position = new Position(market, terms.isolated, terms.leverage);
      dex.positions.set(market, position);
      market.positions.set(account, position);
    }
    open(dex, position, side, px, left);
  }
  const after = before + side * lots;
  market.openLots += Math.max(0, after) - Math.max(0, before);
  return closedPnlUsd;
}

/** Cost leaves in proportion; an isolated position gives back that share of its equity, and all of it, debt too, when nothing remains. */
function close(dex: DexAccount, position: Position, side: 1 | -1, px: Px, lots: Lots): MicroUsd {
  const size = Math.abs(position.lots);
  const costUsd = lots === size ? position.costUsd : Math.round((position.costUsd * lots) / size);
  const equityUsd = position.rawUsd + position.lots * px;
  position.costUsd -= costUsd;
  position.lots += side * lots;
  position.fundingSinceChangeUsd = 0;
  if (position.isolated) {
    position.rawUsd -= side * px * lots;
    const released = position.lots === 0 ? position.rawUsd : Math.max(0, Math.trunc((equityUsd * lots) / size));
    position.rawUsd -= released;
    dex.cashUsd += released;
  } else dex.cashUsd -= side * px * lots;
  const pnlUsd = -side * (px * lots - costUsd);
  // No negative zero: it would be printed.
  return pnlUsd + 0;
}

/** An isolated position takes notional over leverage, rounded up, out of the dex's cash. */
function open(dex: DexAccount, position: Position, side: 1 | -1, px: Px, lots: Lots): void {
  position.costUsd += px * lots;
  position.lots += side * lots;
  position.fundingSinceChangeUsd = 0;
  if (position.isolated) {
    const marginUsd = Math.ceil((px * lots) / position.leverage);
    dex.cashUsd -= marginUsd;
    position.rawUsd += marginUsd - side * px * lots;
  } else dex.cashUsd -= side * px * lots;
}

/** What a fill did, in the venue's words. */
export function dirOf(startLots: Lots, side: 1 | -1, lots: Lots): string {
  const after = startLots + side * lots;
  if (startLots === 0 || Math.sign(startLots) === side) return side > 0 ? "Open Long" : "Open Short";
  if (after === 0 || Math.sign(after) !== side) return startLots > 0 ? "Close Long" : "Close Short";
  return startLots > 0 ? "Long > Short" : "Short > Long";
}

/** What a fill is called on the side of who is liquidated; asked before the fill is booked. */
export function liquidatedDir(position: Position): string {
  return `Liquidated ${position.isolated ? "Isolated" : "Cross"} ${position.lots > 0 ? "Long" : "Short"}`;
}
