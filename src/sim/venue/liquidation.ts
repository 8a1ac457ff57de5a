/**
 * Liquidation: positions whose equity is below maintenance are closed, first on the book, then by the backstop.
 *
 * Rules of the liquidations page, August 2026: of a position above $100k a fifth goes to the book; for 30 s after that, orders are for the
 * whole of what is left; below two thirds of maintenance the backstop takes positions and collateral over at the mark. No fee for it.
 * @module
 */
import { formatScaled, type Lots, type MicroUsd } from "../../core/units.ts";
import type { Position, VenueAccount } from "./account.ts";
import type { Clearing } from "./clearing.ts";
import { type ClearingHost, NO_HASH } from "./clearing.ts";
import type { LiquidationNote } from "./events.ts";
import { crossTotals, isolatedEquityUsd, maintenanceUsd, notionalUsd } from "./margin.ts";
import type { VenueMarket } from "./market.ts";

/** Positions above this notional begin with a part. */
const PARTIAL_USD: MicroUsd = 100_000_000_000;
const PARTIAL_RATIO = 0.2;
const COOLDOWN_MS = 30_000;
const BACKSTOP_RATIO = 2 / 3;

/** Address of the backstop of a dex (HIP-3 page, August 2026). */
export function backstopAddress(dexIndex: number): string {
  return `0x4${dexIndex.toString(16).padStart(39, "0")}`;
}

/** What liquidation needs of the venue around it. */
export interface LiquidationHost extends ClearingHost {
  /** The house account at `backstopAddress(dexIndex)`. */
  backstop(dexIndex: number): VenueAccount;
  /** Sends a market order that closes `lots` (unsigned) of the account's position; returns the lots that it filled. */
  forceClose(account: VenueAccount, market: VenueMarket, lots: Lots, note: LiquidationNote): Lots;
  /** Ends the account's orders on the market with `liquidatedCanceled`. */
  cancelOrders(account: VenueAccount, market: VenueMarket): void;
}

/** What is liquidated together: one isolated position, or all cross positions of an account on one dex. */
interface Pool {
  account: VenueAccount;
  dexIndex: number;
  /** The isolated one; null for cross. */
  isolated: Position | null;
}

interface Health {
  equityUsd: number;
  maintenanceUsd: number;
}

/** Looks at everybody who holds something after each update of the marks. */
export class Liquidation {
  readonly #host: LiquidationHost;
  readonly #clearing: Clearing;
  #lid = 0;

  constructor(host: LiquidationHost, clearing: Clearing) {
    this.#host = host;
    this.#clearing = clearing;
  }

  /** Liquidates whom the marks have brought below maintenance. Costs a look at each position; house accounts are passed over. */
  onMarks(): void {
    for (const pool of this.#unhealthy()) this.#liquidate(pool);
  }

  #unhealthy(): Pool[] {
    const found: Pool[] = [];
    const seen: Set<VenueAccount>[] = [];
    for (const market of this.#host.markets) {
      if (market.positions.size === 0) continue;
      const { dexIndex } = market;
      for (const [account, position] of market.positions) {
        if (account.isHouse) continue;
        if (!position.isolated) {
          // A cross account is looked at once, with all its positions.
          seen[dexIndex] ??= new Set();
          if (seen[dexIndex].has(account)) continue;
          seen[dexIndex].add(account);
        }
        const pool: Pool = { account, dexIndex, isolated: position.isolated ? position : null };
        if (isBelow(pool)) found.push(pool);
      }
    }
    return found;
  }

  #liquidate(pool: Pool): void {
    const { account, dexIndex, isolated } = pool;
    this.#cancelOrders(pool);
    // What an earlier liquidation of the same turn did may have healed or ended it.
    if (!isBelow(pool)) return;
    const health = healthOf(pool);
    const positions = positionsOf(pool);
    const notional = positions.reduce((sum, p) => sum + notionalUsd(p), 0);
    const held = positions.map((p) => ({ position: p, lots: p.lots }));
    const isBackstop = health.equityUsd < BACKSTOP_RATIO * health.maintenanceUsd;
    if (isBackstop) this.#takeOver(pool, positions);
    else this.#toMarket(pool, positions);
    const taken = held.filter(({ position, lots }) => account.positionLots(position.market) !== lots);
    if (taken.length === 0) return;
    this.#host.listener.onLiquidation({
      account,
      lid: ++this.#lid,
      // On the book nobody in particular liquidates: the order is the account's own.
      liquidator: isBackstop ? this.#host.backstop(dexIndex).address : account.address,
      notionalUsd: Math.round(notional),
      accountValueUsd: Math.round(health.equityUsd),
    });
    this.#host.listener.onLedger({
      account,
      timeMs: this.#host.nowMs(),
      hash: NO_HASH,
      delta: {
        type: "liquidation",
        liquidatedNtlPos: decimalText(Math.round(notional), 6),
        accountValue: decimalText(Math.round(health.equityUsd), 6),
        leverageType: isolated === null ? "Cross" : "Isolated",
        liquidatedPositions: taken.map(({ position, lots }) => ({
          coin: position.market.coin,
          szi: decimalText(lots, position.market.szDecimals),
        })),
      },
    });
  }

  #cancelOrders(pool: Pool): void {
    const { account, dexIndex, isolated } = pool;
    const markets = new Set<VenueMarket>();
    for (const order of account.orders.values()) {
      const { market } = order;
      if (market.dexIndex !== dexIndex) continue;
      if (isolated === null ? !this.#clearing.terms(account, market).isolated : market === isolated.market)
        markets.add(market);
    }
    for (const market of markets) this.#host.cancelOrders(account, market);
  }

  /** Market orders, the position with the largest maintenance first, until what is left is enough. */
  #toMarket(pool: Pool, positions: readonly Position[]): void {
    const { account, dexIndex, isolated } = pool;
    const dex = account.dex(dexIndex);
    const nowMs = this.#host.nowMs();
    const cashBeforeUsd = dex.cashUsd;
    const inCooldown = nowMs < dex.liquidationPauseMs;
    let isPartial = false;
    for (const position of positions) {
      if (!isBelow(pool)) break;
      const size = Math.abs(position.lots);
      const part = !inCooldown && notionalUsd(position) > PARTIAL_USD;
      isPartial ||= part;
      const lots = part ? Math.max(1, Math.floor(size * PARTIAL_RATIO)) : size;
      this.#host.forceClose(account, position.market, lots, noteOf(account, position.market, "market"));
    }
    if (isPartial) dex.liquidationPauseMs = nowMs + COOLDOWN_MS;
    if (positionsOf(pool).length > 0) return;
    // A position closed beyond its collateral leaves a debt, which is the backstop's: the account keeps what was not at stake.
    const debtUsd = isolated === null ? -dex.cashUsd : cashBeforeUsd - dex.cashUsd;
    if (debtUsd > 0) this.#clearing.moveCash(this.#host.backstop(dexIndex), account, dexIndex, debtUsd);
  }

  /** Positions at the mark and all their collateral, debts too. */
  #takeOver(pool: Pool, positions: readonly Position[]): void {
    const { account, dexIndex, isolated } = pool;
    const backstop = this.#host.backstop(dexIndex);
    for (const position of positions)
      this.#clearing.takeOver(account, position, backstop, noteOf(account, position.market, "backstop"));
    if (isolated !== null) return;
    const dex = account.dex(dexIndex);
    this.#clearing.moveCash(account, backstop, dexIndex, dex.cashUsd);
  }
}

function noteOf(account: VenueAccount, market: VenueMarket, method: "market" | "backstop"): LiquidationNote {
  return { liquidatedUser: account.address, markPx: market.markPx, method };
}

/** Positions of the pool that are still held, the largest maintenance first, then by place of the market. */
function positionsOf(pool: Pool): Position[] {
  const dex = pool.account.dex(pool.dexIndex);
  const held = [...dex.positions.values()].filter((p) => (pool.isolated === null ? !p.isolated : p === pool.isolated));
  const need = (p: Position): number => maintenanceUsd(p.market.spec, notionalUsd(p));
  return held.sort((a, b) => need(b) - need(a) || a.market.index - b.market.index);
}

function healthOf(pool: Pool): Health {
  if (pool.isolated === null) {
    const cross = crossTotals(pool.account.dex(pool.dexIndex));
    return { equityUsd: cross.valueUsd, maintenanceUsd: cross.maintenanceUsd };
  }
  const { spec } = pool.isolated.market;
  return {
    equityUsd: isolatedEquityUsd(pool.isolated),
    maintenanceUsd: maintenanceUsd(spec, notionalUsd(pool.isolated)),
  };
}

/** An isolated position that was closed is an object with no lots: its maintenance is nothing and its equity too. */
function isBelow(pool: Pool): boolean {
  const health = healthOf(pool);
  return health.maintenanceUsd > 0 && health.equityUsd < health.maintenanceUsd;
}

/** As the ledger prints it: at least one decimal. */
function decimalText(value: number, decimals: number): string {
  const text = formatScaled(value, decimals);
  return text.includes(".") ? text : `${text}.0`;
}
