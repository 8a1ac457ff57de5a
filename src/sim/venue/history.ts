/**
 * What the venue remembers: of each account its orders, fills and payments, of each market its trades, candles and funding rates.
 * @module
 */
import { US_PER_MS } from "../../core/units.ts";
import { RETAINED, TRADES_REPLAY } from "../../wire/hyperliquid/facts.ts";
import type { VenueAccount } from "./account.ts";
import { CandleStore } from "./candle.ts";
import type { FundingPayment, LedgerEntry, LiquidationEvent, Trade, VenueFill, VenueListener } from "./events.ts";
import type { VenueMarket } from "./market.ts";
import type { Order, OrderStatus } from "./order.ts";
import { type OrderRecord, recordOf } from "./order_record.ts";

/** Fundings and ledger entries kept of an account: enough for a year of hourly payments on one market. */
const PAYMENTS_MAX = 10_000;

/** The newest items, cut back to `max` when twice as many have come: taking one off the front each time would move all others. */
class Recent<T> {
  readonly #items: T[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#max) this.#items.splice(0, this.#items.length - this.#max);
  }

  /** Oldest first. */
  list(): readonly T[] {
    return this.#items.length > this.#max ? this.#items.slice(-this.#max) : this.#items;
  }
}

/** What is known of one account. Lists are oldest first. */
export class AccountHistory {
  /** By oid, in the order in which their status last changed. */
  readonly orders = new Map<number, OrderRecord>();
  /** Oid of the newest order of a client id. */
  readonly cloids = new Map<string, number>();
  readonly #statuses = new Recent<OrderRecord>(RETAINED.ordersMax);
  readonly #fills = new Recent<VenueFill>(RETAINED.fillsMax);
  readonly #fundings = new Recent<FundingPayment>(PAYMENTS_MAX);
  readonly #ledger = new Recent<LedgerEntry>(PAYMENTS_MAX);

  /** Every status that an order had, one after the other: what was open and is cancelled is here twice. */
  get statuses(): readonly OrderRecord[] {
    return this.#statuses.list();
  }
  get fills(): readonly VenueFill[] {
    return this.#fills.list();
  }
  get fundings(): readonly FundingPayment[] {
    return this.#fundings.list();
  }
  get ledger(): readonly LedgerEntry[] {
    return this.#ledger.list();
  }

  onOrder(order: Order, status: OrderStatus, lots: number): void {
    const record = recordOf(order, status, lots);
    this.#statuses.push(record);
    this.orders.delete(order.oid);
    this.orders.set(order.oid, record);
    if (order.cloid !== null) this.cloids.set(order.cloid, order.oid);
    if (this.orders.size <= RETAINED.ordersMax) return;
    const [oid, oldest] = this.orders.entries().next().value as [number, OrderRecord];
    this.orders.delete(oid);
    if (oldest.cloid !== null && this.cloids.get(oldest.cloid) === oid) this.cloids.delete(oldest.cloid);
  }

  onFill(fill: VenueFill): void {
    this.#fills.push(fill);
  }
  onFunding(payment: FundingPayment): void {
    this.#fundings.push(payment);
  }
  onLedger(entry: LedgerEntry): void {
    this.#ledger.push(entry);
  }
}

/** What is known of one market. */
export class MarketHistory {
  readonly candles = new CandleStore(RETAINED.candlesMax);
  readonly #trades = new Recent<Trade>(TRADES_REPLAY.countMax);

  onTrade(trade: Trade): void {
    this.#trades.push(trade);
    this.candles.onTrade(trade.timeMs, trade.px, trade.lots);
  }

  /** Trades not older than a replay goes back, oldest first. */
  replay(nowMs: number): Trade[] {
    const fromMs = nowMs - TRADES_REPLAY.spanUs / US_PER_MS;
    return this.#trades.list().filter((trade) => trade.timeMs >= fromMs);
  }

  /** The last `count` trades, newest first. */
  recent(count: number): Trade[] {
    return this.#trades.list().slice(-count).reverse();
  }
}

const NO_HISTORY = new AccountHistory();

/** Keeps what is asked for later. Nothing of house accounts, of which there is no end. */
export class History implements VenueListener {
  readonly #accounts = new Map<VenueAccount, AccountHistory>();
  readonly #markets: readonly MarketHistory[];

  constructor(markets: readonly VenueMarket[]) {
    this.#markets = markets.map(() => new MarketHistory());
  }

  /** Of an account, empty for one that is not known. Not to be changed. */
  account(account: VenueAccount | null): AccountHistory {
    return (account === null ? undefined : this.#accounts.get(account)) ?? NO_HISTORY;
  }

  market(market: VenueMarket): MarketHistory {
    return this.#markets[market.index] as MarketHistory;
  }

  onTrade(trade: Trade): void {
    this.market(trade.market).onTrade({ ...trade });
  }
  onFill(fill: VenueFill): void {
    if (!fill.account.isHouse) this.#of(fill.account).onFill({ ...fill, liquidation: copyOf(fill.liquidation) });
  }
  onOrder(order: Order, status: OrderStatus, lots: number): void {
    if (!order.account.isHouse) this.#of(order.account).onOrder(order, status, lots);
  }
  onNonUserCancel(_order: Order): void {}
  onFunding(payment: FundingPayment): void {
    if (!payment.account.isHouse) this.#of(payment.account).onFunding({ ...payment });
  }
  onLedger(entry: LedgerEntry): void {
    if (!entry.account.isHouse) this.#of(entry.account).onLedger({ ...entry, delta: { ...entry.delta } });
  }
  onLiquidation(_event: LiquidationEvent): void {}
  onBlock(_timeMs: number): void {}

  #of(account: VenueAccount): AccountHistory {
    let found = this.#accounts.get(account);
    if (found === undefined) {
      found = new AccountHistory();
      this.#accounts.set(account, found);
    }
    return found;
  }
}

const copyOf = <T extends object>(value: T | null): T | null => (value === null ? null : { ...value });
