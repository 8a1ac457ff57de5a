/**
 * The state of a simulated venue in numbers: counters, and whether its money balances.
 * @module
 */
import type { Venue } from "../sim/venue/venue.ts";

/** Spot balances are counted in 10^-8 of a token, perp balances in 10^-6. */
const TOKEN_DECIMALS = 8;
const UNITS_PER_MICRO = 100n;

export interface TokenState {
  token: string;
  /** Paid in. */
  deposited: string;
  /** On accounts: spot, cash of all dexs, isolated margin. Positions are inside: their sum is nothing. */
  held: string;
  /** Fees of trades, with builders' parts. */
  fees: string;
  /** Other money of the venue: activations, requests bought, withdrawals. */
  kept: string;
  /** deposited - held - fees - kept: 0.0 always. */
  difference: string;
}

export interface VenueState {
  blocks: number;
  time_ms: number;
  pending: number;
  accounts: number;
  house_accounts: number;
  open_orders: number;
  positions: number;
  clients: number;
  fault_rules: number;
  faults: number;
  tokens: TokenState[];
  markets: { coin: string; oracle: number; mark: number; open_lots: number; halted: boolean; delisted: boolean }[];
}

/** Counts everything once. */
export function venueState(venue: Venue, wire: { clients: number; rules: number; struck: number }): VenueState {
  const all = [...venue.accounts()];
  const house = all.filter((account) => account.isHouse).length;
  return {
    blocks: venue.blockCount,
    time_ms: venue.nowMs,
    pending: venue.pendingCount,
    accounts: all.length - house,
    house_accounts: house,
    open_orders: all.reduce((sum, account) => sum + account.orders.size, 0),
    positions: venue.markets.reduce((sum, market) => sum + market.positions.size, 0),
    clients: wire.clients,
    fault_rules: wire.rules,
    faults: wire.struck,
    tokens: venue.spec.tokens.map((token) => tokenState(venue, token.index, token.name)),
    markets: venue.markets.map((m) => ({
      coin: m.coin,
      oracle: m.oraclePx / 10 ** m.pxDecimals,
      mark: m.markPx / 10 ** m.pxDecimals,
      open_lots: m.openLots,
      halted: m.halted,
      delisted: m.delisted,
    })),
  };
}

/** Sums in whole units: a sum of many doubles near 2^53 would round. */
function tokenState(venue: Venue, index: number, name: string): TokenState {
  let held = 0n;
  let fees = 0n;
  venue.spec.dexs.forEach((dex, dexIndex) => {
    if (dex.collateralToken !== index) return;
    for (const account of venue.accounts()) {
      const { cashUsd, positions } = account.dex(dexIndex);
      held += BigInt(cashUsd) * UNITS_PER_MICRO;
      for (const position of positions.values()) held += BigInt(position.rawUsd) * UNITS_PER_MICRO;
    }
    const ledger = venue.clearing.ledger(dexIndex);
    fees += BigInt(ledger.feesUsd + ledger.builderFeesUsd) * UNITS_PER_MICRO;
  });
  for (const account of venue.accounts()) held += BigInt(account.spot.get(index) ?? 0);
  const deposited = BigInt(venue.deposited.get(index) ?? 0);
  const kept = BigInt(venue.kept.get(index) ?? 0);
  return {
    token: name,
    deposited: text(deposited),
    held: text(held),
    fees: text(fees),
    kept: text(kept),
    difference: text(deposited - held - fees - kept),
  };
}

/** Units of 10^-8 as the venue prints amounts: at least one digit behind the point. */
function text(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(TOKEN_DECIMALS + 1, "0");
  const fraction = digits.slice(-TOKEN_DECIMALS).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -TOKEN_DECIMALS)}.${fraction === "" ? "0" : fraction}`;
}
