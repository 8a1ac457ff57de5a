/**
 * The book of a run: orders, fills and cash flows as rows of the store, from the frames that the journal holds too.
 * @module
 */
import { ACTION, BUY, F, FILL, FUNDING, INTENT, KIND, ORDER, ORDER_STATUS } from "../core/frame.ts";
import { reasonName } from "../core/reason.ts";
import { PERP_DECIMALS, pow10, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import type { FillRow, LedgerRow, OrderRow, Store } from "../io/store.ts";
import type { MarketNames } from "./frame_text.ts";
import type { FrameTap } from "./sequencer.ts";

/** Between two transactions: a reader beside a running process is never further behind. */
const FLUSH_US = 5 * US_PER_SECOND;
/** Rows that wait for a store that refuses; beyond them they are given up. */
const ROWS_MAX = 100_000;

const STATE_NAMES = new Map<number, string>(Object.entries(ORDER_STATUS).map(([name, code]) => [code, name]));
const ENDED = new Set(["filled", "cancelled", "rejected", "refused", "missing", "replaced", "settled"]);

/** Follows the frames of a run and keeps its rows up to date. */
export class RunBook implements FrameTap {
  /** Why rows could not be written, or "". */
  failure = "";
  /** Rows that the store will never have. */
  #lostCount = 0;
  readonly #store: Store;
  readonly #runId: string;
  readonly #markets: readonly MarketNames[];
  readonly #clock: Pick<Clock, "monotonicUs">;
  /** Orders that may still change, by client id. */
  readonly #orders = new Map<number, OrderRow>();
  readonly #dirty = new Set<OrderRow>();
  #fills: FillRow[] = [];
  #ledger: LedgerRow[] = [];
  #flushUs: TimeUs;
  #isDue = false;

  constructor(store: Store, runId: string, markets: readonly MarketNames[], clock: Pick<Clock, "monotonicUs">) {
    this.#store = store;
    this.#runId = runId;
    this.#markets = markets;
    this.#clock = clock;
    this.#flushUs = clock.monotonicUs() + FLUSH_US;
  }

  write(data: Float64Array, at: number): void {
    switch (data[at + F.kind]) {
      case KIND.intent:
        this.#onIntent(data, at);
        return;
      case KIND.order:
        this.#onOrder(data, at);
        return;
      case KIND.fill:
        this.#onFill(data, at);
        return;
      case KIND.funding:
        this.#addLedger(data, at, "funding", data[at + FUNDING.usd] as number);
        return;
      case KIND.timer:
        this.#isDue = true;
        return;
      default:
        return;
    }
  }

  commit(): void {}

  settle(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const nowUs = this.#clock.monotonicUs();
    if (nowUs < this.#flushUs) return;
    this.#flushUs = nowUs + FLUSH_US;
    this.flush();
  }

  /** Writes what changed in one transaction. A store that refuses is tried again at the next one. */
  flush(): void {
    if (this.#dirty.size + this.#fills.length + this.#ledger.length === 0) return;
    try {
      this.#store.write({ orders: [...this.#dirty], fills: this.#fills, ledger: this.#ledger });
      this.failure = this.#lostCount === 0 ? "" : `${this.#store.path}: ${this.#lostCount} row(s) of the run are lost`;
    } catch (error) {
      this.failure = (error as Error).message;
      const count = this.#dirty.size + this.#fills.length + this.#ledger.length;
      if (count < ROWS_MAX) return;
      this.#lostCount += count;
    }
    for (const order of this.#dirty) if (ENDED.has(order.state)) this.#orders.delete(order.cloid);
    this.#dirty.clear();
    this.#fills = [];
    this.#ledger = [];
  }

  #market(data: Float64Array, at: number): MarketNames {
    return this.#markets[data[at + F.market] as number] as MarketNames;
  }

  #onIntent(data: Float64Array, at: number): void {
    const action = data[at + INTENT.action];
    if (action === ACTION.cancel) return;
    const market = this.#market(data, at);
    const timeUs = data[at + F.timeUs] as TimeUs;
    const order: OrderRow = {
      run_id: this.#runId,
      cloid: data[at + INTENT.cloid] as number,
      market: market.coin,
      side: data[at + INTENT.side] === BUY ? "buy" : "sell",
      px: dollars(data[at + INTENT.px] as number, market),
      size: coins(data[at + INTENT.lots] as number, market),
      reduce_only: data[at + INTENT.reduceOnly] as number,
      decided_us: timeUs,
      reason: reasonName(data[at + INTENT.reason] as number),
      replaces: action === ACTION.modify ? (data[at + INTENT.targetCloid] as number) : null,
      oid: null,
      state: "sent",
      state_us: timeUs,
      filled: 0,
    };
    this.#orders.set(order.cloid, order);
    this.#dirty.add(order);
  }

  #onOrder(data: Float64Array, at: number): void {
    const order = this.#orders.get(data[at + ORDER.cloid] as number);
    const status = data[at + ORDER.status] as number;
    if (order === undefined) {
      if (status === ORDER_STATUS.found) this.#onFound(data, at);
      return;
    }
    const timeUs = data[at + F.timeUs] as TimeUs;
    const oid = data[at + ORDER.oid] as number;
    if (oid > 0) order.oid = oid;
    // A request about an order that had been filled found nothing; the order is what it was.
    if (status === ORDER_STATUS.refused && order.state !== "sent") return;
    // What is over stays so: a fill may be told before the answer that its order rests, an end twice, by reply and by push.
    if (ENDED.has(order.state)) this.#dirty.add(order);
    else this.#set(order, status === ORDER_STATUS.found ? "resting" : (STATE_NAMES.get(status) as string), timeUs);
    if (status === ORDER_STATUS.resting) this.#endReplaced(order, timeUs);
  }

  /** An order that this run did not ask for: found at the venue and taken over. */
  #onFound(data: Float64Array, at: number): void {
    const market = this.#market(data, at);
    const timeUs = data[at + F.timeUs] as TimeUs;
    const cloid = data[at + ORDER.cloid] as number;
    const order: OrderRow = {
      run_id: this.#runId,
      cloid,
      market: market.coin,
      side: data[at + ORDER.side] === BUY ? "buy" : "sell",
      px: dollars(data[at + ORDER.px] as number, market),
      size: coins(data[at + ORDER.leavesLots] as number, market),
      reduce_only: data[at + ORDER.reduceOnly] as number,
      decided_us: timeUs,
      reason: "found",
      replaces: null,
      oid: data[at + ORDER.oid] as number,
      state: "resting",
      state_us: timeUs,
      filled: 0,
    };
    this.#orders.set(cloid, order);
    this.#dirty.add(order);
  }

  /** The order lives, so the one that it replaces does not: the venue cancelled that one to make room. */
  #endReplaced(order: OrderRow, timeUs: TimeUs): void {
    const old = order.replaces === null ? undefined : this.#orders.get(order.replaces);
    if (old !== undefined && (!ENDED.has(old.state) || old.state === "cancelled")) this.#set(old, "replaced", timeUs);
  }

  #onFill(data: Float64Array, at: number): void {
    const market = this.#market(data, at);
    const lots = data[at + FILL.lots] as number;
    const px = data[at + FILL.px] as number;
    const feeUsd = data[at + FILL.feeUsd] as number;
    const timeUs = data[at + F.timeUs] as TimeUs;
    const cloid = data[at + FILL.cloid] as number;
    this.#fills.push({
      run_id: this.#runId,
      market: market.coin,
      tid: data[at + FILL.tid] as number,
      oid: data[at + FILL.oid] as number,
      cloid,
      time_us: timeUs,
      venue_time_us: data[at + F.venueTimeUs] as TimeUs,
      side: data[at + FILL.side] === BUY ? "buy" : "sell",
      px: dollars(px, market),
      size: coins(lots, market),
      notional_micro_usd: Math.round(px * lots),
      fee_micro_usd: Math.round(feeUsd),
      crossed: data[at + FILL.crossed] as number,
    });
    this.#addLedger(data, at, "fee", -feeUsd);
    const order = this.#orders.get(cloid);
    if (order === undefined) return;
    order.oid = data[at + FILL.oid] as number;
    this.#endReplaced(order, timeUs);
    order.filled = Number((order.filled + coins(lots, market)).toFixed(market.sz_decimals));
    this.#set(order, order.filled >= order.size ? "filled" : order.state, timeUs);
  }

  #set(order: OrderRow, state: string, timeUs: TimeUs): void {
    order.state = state;
    order.state_us = timeUs;
    this.#dirty.add(order);
  }

  #addLedger(data: Float64Array, at: number, kind: "fee" | "funding", microUsd: number): void {
    this.#ledger.push({
      run_id: this.#runId,
      market: this.#market(data, at).coin,
      seq: data[at + F.seq] as number,
      time_us: data[at + F.timeUs] as TimeUs,
      kind,
      micro_usd: microUsd,
    });
  }
}

/** Price units as dollars: the nearest double to the decimal that the venue prints. */
const dollars = (px: number, market: MarketNames): number => px / pow10(PERP_DECIMALS - market.sz_decimals);
const coins = (lots: number, market: MarketNames): number => lots / pow10(market.sz_decimals);
