/**
 * A small venue to trade on: two markets of one dex, accounts with money, and everything that happened as lines of text.
 * @module
 */
import { parseScaled } from "../../../src/core/units.ts";
import { LIMITER_RULES } from "../../../src/sim/limits.ts";
import { VenueAccount } from "../../../src/sim/venue/account.ts";
import { Clearing } from "../../../src/sim/venue/clearing.ts";
import type { Trade, VenueFill, VenueListener } from "../../../src/sim/venue/events.ts";
import { VenueMarket } from "../../../src/sim/venue/market.ts";
import type { Order, OrderStatus } from "../../../src/sim/venue/order.ts";
import { type DexSpec, type MarketSpec, VENUE_RULES, type VenueRules } from "../../../src/sim/venue/spec.ts";
import { Trading } from "../../../src/sim/venue/trading.ts";
import type {
  ActionReply,
  ItemStatus,
  WireGrouping,
  WireOrder,
  WireTif,
} from "../../../src/wire/hyperliquid/action.ts";
import { formatLots, formatPx } from "../../../src/wire/hyperliquid/format.ts";

export const HASH = `0x${"ab".repeat(32)}`;

export function marketSpec(coin: string, changes: Partial<MarketSpec> = {}): MarketSpec {
  return {
    coin,
    szDecimals: 2,
    maxLeverage: 20,
    marginTiers: [],
    marginMode: "normal",
    growth: false,
    feeScale: null,
    oiCapUsd: 1e15,
    oraclePx: "100",
    fundingMultiplier: 1,
    fundingInterestFrac: 1e-4,
    impactNotionalUsd: 6e9,
    ...changes,
  };
}

export function traderOf(address: string, isHouse = false): VenueAccount {
  return new VenueAccount({ address, dexCount: 1, rules: LIMITER_RULES, isHouse });
}

export class World implements VenueListener {
  nowMs = 1_700_000_000_000;
  readonly markets: VenueMarket[];
  readonly accounts: VenueAccount[] = [];
  readonly clearing: Clearing;
  readonly trading: Trading;
  /** Events since the last `take`, one line each. */
  log: string[] = [];
  trades: Trade[] = [];
  fills: VenueFill[] = [];
  statuses: { order: Order; status: OrderStatus }[] = [];
  #oid = 0;

  constructor(specs: MarketSpec[], rules: Partial<VenueRules>) {
    const dex: DexSpec = {
      name: "",
      fullName: "",
      collateralToken: 0,
      feeScale: "0",
      totalOiCapUsd: 1e15,
      markets: specs,
    };
    this.markets = specs.map((spec, i) => new VenueMarket(i, i, 0, dex, spec));
    const host = {
      nowMs: () => this.nowMs,
      rules: { ...VENUE_RULES, ...rules },
      markets: this.markets,
      accounts: () => this.accounts,
      marketByAsset: (assetId: number) => this.markets[assetId] ?? null,
      nextOid: () => ++this.#oid,
      listener: this as VenueListener,
    };
    this.clearing = new Clearing(host);
    this.trading = new Trading(host, this.clearing);
  }

  /** An account with money, named by its address in the log. */
  trader(name: string, usd = 100_000): VenueAccount {
    const account = traderOf(name);
    this.accounts.push(account);
    if (usd > 0) this.clearing.deposit(account, 0, usd * 1e6);
    return account;
  }

  order(account: VenueAccount, orders: WireOrder[], grouping: WireGrouping = "na"): ItemStatus[] {
    return statusesOf(this.trading.order(account, { type: "order", orders, grouping }, HASH));
  }

  /** One order, its status as text: `resting 3`, `filled 3 1.0 at 100.5`, or the error. */
  put(account: VenueAccount, order: WireOrder): string {
    return told(this.order(account, [order])[0]!);
  }

  cancel(account: VenueAccount, ...oids: number[]): ItemStatus[] {
    return statusesOf(this.trading.cancel(account, { type: "cancel", cancels: oids.map((o) => ({ a: 0, o })) }));
  }

  /** Two accounts trade so that `account` holds `sz` more (negative: less) at `px`. */
  hold(account: VenueAccount, sz: string, px = "100"): void {
    const other = this.trader(`mm${this.accounts.length}`, 1e8);
    const [buys, size] = sz.startsWith("-") ? [false, sz.slice(1)] : [true, sz];
    this.put(other, limit(!buys, px, size));
    this.put(account, limit(buys, px, size));
    this.take();
  }

  mark(px: string, market = this.markets[0]!): void {
    market.markPx = parseScaled(px, market.pxDecimals);
    this.trading.onMark(market);
  }

  /** What happened since the last time. */
  take(): string[] {
    const log = this.log;
    this.log = [];
    return log;
  }

  /** Resting orders of a market from the best down: `px: lots+lots`, bids then asks. */
  drawn(market = this.markets[0]!): { bids: string[]; asks: string[] } {
    const side = (levels: typeof market.book.bids): string[] =>
      levels.toReversed().map((level) => {
        const sizes: string[] = [];
        for (let o = level.head; o !== null; o = o.next) sizes.push(formatLots(o.lots, market.szDecimals));
        return `${formatPx(level.px, market.pxDecimals)}: ${sizes.join("+")}`;
      });
    return { bids: side(market.book.bids), asks: side(market.book.asks) };
  }

  onTrade(trade: Trade): void {
    this.trades.push(trade);
    const { market, px, lots, side } = trade;
    this.log.push(
      `trade ${side > 0 ? "B" : "A"} ${formatLots(lots, market.szDecimals)} at ${formatPx(px, market.pxDecimals)}`,
    );
  }
  onFill(fill: VenueFill): void {
    this.fills.push(fill);
    this.log.push(`${fill.account.address} ${fill.crossed ? "took" : "made"} #${fill.oid} ${fill.dir}`);
  }
  onOrder(order: Order, status: OrderStatus, lots: number): void {
    this.statuses.push({ order, status });
    this.log.push(`${order.account.address} #${order.oid} ${status} ${formatLots(lots, order.market.szDecimals)}`);
  }
  onNonUserCancel(order: Order): void {
    this.log.push(`${order.account.address} #${order.oid} nonUserCancel`);
  }
  onFunding(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
  onBlock(): void {}
}

export function worldOf(changes: Partial<MarketSpec> = {}, rules: Partial<VenueRules> = {}): World {
  return new World([marketSpec("AAA", changes), marketSpec("BBB", { oraclePx: "7", szDecimals: 1 })], rules);
}

export function limit(
  b: boolean,
  p: string,
  s: string,
  tif: WireTif = "Gtc",
  extra: Partial<WireOrder> = {},
): WireOrder {
  return { a: 0, b, p, s, r: false, t: { limit: { tif } }, ...extra };
}

/** A reduce-only trigger; market by default, with the trigger's price as its own. */
export function trigger(
  b: boolean,
  triggerPx: string,
  s: string,
  tpsl: "tp" | "sl",
  extra: Partial<WireOrder> = {},
): WireOrder {
  return { a: 0, b, p: triggerPx, s, r: true, t: { trigger: { isMarket: true, triggerPx, tpsl } }, ...extra };
}

export function statusesOf(reply: ActionReply): ItemStatus[] {
  if (reply.status === "ok" && "data" in reply.response && typeof reply.response.data === "object")
    return reply.response.data.statuses;
  throw new Error(`no statuses: ${JSON.stringify(reply)}`);
}

export function told(item: ItemStatus): string {
  if (typeof item === "string") return item;
  if ("error" in item) return item.error;
  if ("resting" in item) return `resting ${item.resting.oid}`;
  return `filled ${item.filled.oid} ${item.filled.totalSz} at ${item.filled.avgPx}`;
}
