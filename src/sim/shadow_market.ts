/**
 * One market of the shadow exchange: the recorded book, our orders in it, and what fills them under each rule.
 * @module
 */
import { BUY, CONTEXT, F, KIND, TRADE } from "../core/frame.ts";
import { BookView, MidHistory, UNKNOWN_LOTS } from "../core/market/book.ts";
import type { Instrument } from "../core/market/instrument.ts";
import type { Lots, Px, TimeUs } from "../core/units.ts";
import { advanceFront } from "./queue.ts";
import { DRIVER, ORDER_STATE, ORDERS_MAX, RestingOrders, SCORERS, type Scorer } from "./resting.ts";

/**
 * Prints of a block may arrive this long, in venue time, after newer touches: 95 % of those recorded came within 0.39 s. Depth that could
 * hold them, and ends of orders that they could have filled, wait for it.
 */
export const SETTLE_US = 500_000;
/** An ended order is remembered this long so that prints that came too late can be counted. */
const ENDED_MEMORY_US = 2_000_000;

const HOUR_US = 3_600_000_000;

/** What a market tells its exchange. */
export interface MarketHost {
  /** A scorer filled `lots` of order `i` at its own price at venue time `timeUs`. */
  onFill(market: ShadowMarket, i: number, scorer: number, timeUs: TimeUs, lots: Lots): void;
  /** The end of a settling order is certain. `filled` when a late print filled it whole after all. */
  onSettled(market: ShadowMarket, i: number, filled: boolean): void;
  onMid(market: ShadowMarket, timeUs: TimeUs, mid: number): void;
  onMark(market: ShadowMarket, timeUs: TimeUs, markPx: number): void;
  /** An hour ended: what one lot of a long position receives, micro-dollars (negative: pays). */
  onFunding(market: ShadowMarket, timeUs: TimeUs, usdPerLot: number): void;
}

/** Our orders in one recorded market: arrivals, queues, crossings, ends. */
export class ShadowMarket {
  readonly index: number;
  /** Its facts now: fees may change on the way. */
  instrument: Instrument;
  readonly book = new BookView();
  readonly mids = new MidHistory();
  readonly orders: RestingOrders;
  /** Prints that would have filled an order whose end was already acknowledged: not counted as fills, and reported. */
  latePrintCount = 0;
  /** Whether the venue's contexts, with oracle and funding rate, have been seen. */
  hasContext = false;
  #oraclePx = Number.NaN;
  #fundingRate = 0;
  #hour = Number.NaN;
  /** Newest venue time for which this market's prints have been seen. */
  #tradesSeenUs = 0;
  #lastMid = Number.NaN;
  readonly #host: MarketHost;
  /** Printed volume left per scorer, of the trade in hand. */
  readonly #volume: Float64Array;
  /** Most lots in front of an order of ours at the price of the trade in hand, per scorer: a later order stands behind them too. */
  readonly #ahead: Float64Array;
  readonly #sorted: Int16Array;

  /** Whether an order is over when the driver has filled it; else whoever placed it says when. */
  readonly #driven: boolean;

  constructor(
    index: number,
    instrument: Instrument,
    host: MarketHost,
    scorers: readonly Scorer[] = SCORERS,
    driven = true,
    capacity = ORDERS_MAX,
  ) {
    this.index = index;
    this.instrument = instrument;
    this.orders = new RestingOrders(scorers, capacity);
    this.#sorted = new Int16Array(capacity);
    this.#volume = new Float64Array(scorers.length);
    this.#ahead = new Float64Array(scorers.length);
    this.#host = host;
    this.#driven = driven;
  }

  /** Takes a market frame of this market. Requests that arrive before it must have been applied. */
  onFrame(data: Float64Array, at: number): void {
    const kind = data[at + F.kind];
    this.#settleFunding(data[at + F.venueTimeUs] as TimeUs);
    if (kind === KIND.trade) this.#onTrade(data, at);
    else if (kind === KIND.bbo || kind === KIND.book) this.#onBook(data, at, kind === KIND.bbo);
    else if (kind === KIND.context) {
      this.hasContext = true;
      this.#oraclePx = data[at + CONTEXT.oraclePx] as number;
      this.#fundingRate = data[at + CONTEXT.fundingRatePerHour] as number;
      const markPx = data[at + CONTEXT.markPx] as number;
      // NaN where the venue sent none: the last mark holds.
      if (Number.isFinite(markPx)) this.#host.onMark(this, data[at + F.venueTimeUs] as TimeUs, markPx);
    }
  }

  /** Pays funding when the venue's clock enters a new hour: minus the rate times the oracle price for each lot held. */
  #settleFunding(timeUs: TimeUs): void {
    const hour = Math.floor(timeUs / HOUR_US);
    if (!(hour > this.#hour)) {
      if (Number.isNaN(this.#hour)) this.#hour = hour;
      return;
    }
    this.#hour = hour;
    const isKnown = Number.isFinite(this.#fundingRate * this.#oraclePx);
    if (this.hasContext && isKnown) this.#host.onFunding(this, timeUs, -this.#fundingRate * this.#oraclePx);
  }

  #onBook(data: Float64Array, at: number, isBbo: boolean): void {
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    const newTouch = isBbo || timeUs > this.book.touchTimeUs;
    if (!(isBbo ? this.book.applyBbo(data, at) : this.book.applyBook(data, at))) return;
    if (newTouch && this.book.hasTouch && !this.book.isCrossed) {
      this.#cross(timeUs);
      const mid = this.book.mid;
      if (mid !== this.#lastMid) {
        this.#lastMid = mid;
        this.mids.add(timeUs, mid);
        this.#host.onMid(this, timeUs, mid);
      }
    }
    this.#watchDepth(timeUs);
    this.settle(timeUs);
  }

  /** The touch moved: an order that the opposite best reached is filled for the rest, one that our own best left behind is remembered. */
  #cross(timeUs: TimeUs): void {
    const orders = this.orders;
    for (let i = 0; i < orders.limit; i++) {
      if (!orders.stoodAt(i, timeUs)) continue;
      const px = orders.px[i] as Px;
      const isBuy = orders.side[i] === BUY;
      const passed = isBuy ? this.book.bidPx < px : this.book.askPx > px;
      if (passed && orders.state[i] === ORDER_STATE.live) orders.passedUs[i] = timeUs;
      const reached = isBuy ? this.book.askPx <= px : this.book.bidPx >= px;
      if (!reached) continue;
      for (let s = 0; s < orders.scorerCount; s++)
        if (!(orders.scorers[s] as Scorer).isStrict) this.#fill(i, s, timeUs, orders.owed(i, s));
      this.#freeIfDone(i, timeUs);
    }
  }

  /** An order that the driver has filled is over: the generous scorers had filled it before, and nobody manages the rest of the strict one. */
  #freeIfDone(i: number, timeUs: TimeUs): void {
    const orders = this.orders;
    if (!this.#driven || orders.state[i] !== ORDER_STATE.live || orders.owed(i, DRIVER) > 0) return;
    if (orders.isAwaited(i)) {
      // Its predecessor's end is still open and points here: the place must not go to another order before.
      orders.state[i] = ORDER_STATE.ended;
      orders.endUs[i] = timeUs;
    } else orders.free(i);
  }

  #onTrade(data: Float64Array, at: number): void {
    if (data[at + TRADE.replayed] === 1) return;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    const px = data[at + TRADE.px] as Px;
    const lots = data[at + TRADE.lots] as Lots;
    const aggressor = data[at + TRADE.side] as number;
    this.#volume.fill(lots);
    this.#ahead.fill(0);
    const count = this.#sortOrders();
    for (let k = 0; k < count; k++) this.#meet(this.#sorted[k] as number, timeUs, px, lots, aggressor);
    if (timeUs > this.#tradesSeenUs) this.#tradesSeenUs = timeUs;
  }

  /** Orders in the order in which a taker meets them: better price first (sides never compete for one trade), then arrival. */
  #sortOrders(): number {
    const orders = this.orders;
    let count = 0;
    for (let i = 0; i < orders.limit; i++) {
      if (orders.state[i] === ORDER_STATE.free) continue;
      let at = count;
      while (at > 0 && this.#goesFirst(i, this.#sorted[at - 1] as number)) {
        this.#sorted[at] = this.#sorted[at - 1] as number;
        at -= 1;
      }
      this.#sorted[at] = i;
      count += 1;
    }
    return count;
  }

  #goesFirst(a: number, b: number): boolean {
    const orders = this.orders;
    const difference = (orders.side[a] as number) * ((orders.px[a] as Px) - (orders.px[b] as Px));
    if (difference !== 0) return difference > 0;
    return (orders.liveFromUs[a] as TimeUs) < (orders.liveFromUs[b] as TimeUs);
  }

  /** One print meets one order. */
  #meet(i: number, timeUs: TimeUs, px: Px, lots: Lots, aggressor: number): void {
    const orders = this.orders;
    const beyond = orders.isBeyond(i, px);
    const atPrice = px === orders.px[i] && aggressor === -(orders.side[i] as number);
    if (!beyond && !atPrice) return;
    if (orders.state[i] === ORDER_STATE.ended) {
      const stood = timeUs >= (orders.liveFromUs[i] as TimeUs) && timeUs <= (orders.endUs[i] as TimeUs);
      if (stood && beyond && orders.owed(i, DRIVER) > 0) this.latePrintCount += 1;
      return;
    }
    if (!orders.stoodAt(i, timeUs)) return;
    if (atPrice) this.#noteTraded(i, timeUs, lots);
    for (let s = 0; s < orders.scorerCount; s++) {
      const k = i * orders.scorerCount + s;
      const volume = this.#volume[s] as number;
      const owed = orders.owed(i, s);
      // Beyond our price the generous rule fills the rest, whatever was printed; the strict one only what was.
      let filled = beyond ? ((orders.scorers[s] as Scorer).isStrict ? Math.min(owed, volume) : owed) : 0;
      if (atPrice) {
        const front = orders.front[k] as number;
        const ahead = Math.max(front, this.#ahead[s] as number);
        this.#ahead[s] = ahead;
        // Whole lots: the central model's front is a fraction.
        filled = Math.min(owed, Math.max(0, Math.floor(volume - ahead)));
        orders.front[k] = Math.max(0, front - lots);
      }
      this.#volume[s] = Math.max(0, volume - filled);
      this.#fill(i, s, timeUs, filled);
    }
    this.#freeIfDone(i, timeUs);
  }

  /** Enters a print at our price with the depth that will show it missing. */
  #noteTraded(i: number, timeUs: TimeUs, lots: Lots): void {
    const orders = this.orders;
    const heldUs = orders.heldUs[i] as TimeUs;
    const nextUs = orders.nextUs[i] as TimeUs;
    if (heldUs === 0 || timeUs <= heldUs) orders.tradedLots[i] = (orders.tradedLots[i] as Lots) + lots;
    else if (nextUs === 0 || timeUs <= nextUs) orders.tradedNextLots[i] = (orders.tradedNextLots[i] as Lots) + lots;
    else orders.tradedLaterLots[i] = (orders.tradedLaterLots[i] as Lots) + lots;
  }

  #fill(i: number, scorer: number, timeUs: TimeUs, lots: Lots): void {
    if (lots <= 0) return;
    const orders = this.orders;
    const k = i * orders.scorerCount + scorer;
    orders.filledLots[k] = (orders.filledLots[k] as Lots) + lots;
    // A late print on a replaced leg belongs to the same order: the legs that replaced it keep their own size.
    for (let leg = orders.successor[i] as number; leg >= 0; leg = orders.successor[leg] as number) {
      const next = leg * orders.scorerCount + scorer;
      orders.filledLots[next] = (orders.filledLots[next] as Lots) + lots;
      if (scorer === DRIVER) orders.totalLots[leg] = (orders.totalLots[leg] as Lots) + lots;
    }
    if (scorer === DRIVER && orders.state[i] === ORDER_STATE.settling) {
      orders.lateFillLots[i] = (orders.lateFillLots[i] as Lots) + lots;
    }
    this.#host.onFill(this, i, scorer, timeUs, lots);
  }

  /** Notes what the book shows at our prices. It is taken into account once the prints up to it have been seen. */
  #watchDepth(timeUs: TimeUs): void {
    const orders = this.orders;
    for (let i = 0; i < orders.limit; i++) {
      if (orders.state[i] !== ORDER_STATE.live) continue;
      const shown = this.book.lotsAt(orders.side[i] as number, orders.px[i] as Px);
      if (shown === UNKNOWN_LOTS) continue;
      if (orders.heldUs[i] === 0) {
        orders.heldUs[i] = timeUs;
        orders.heldLots[i] = shown;
      } else {
        // Prints after the depth that this one replaces are up to this one now.
        orders.tradedNextLots[i] = (orders.tradedNextLots[i] as Lots) + (orders.tradedLaterLots[i] as Lots);
        orders.tradedLaterLots[i] = 0;
        orders.nextUs[i] = timeUs;
        orders.nextLots[i] = shown;
      }
    }
  }

  /** Whether prints up to `timeUs` have been seen, or are overdue at `nowUs`. */
  #isSettled(timeUs: TimeUs, nowUs: TimeUs): boolean {
    return this.#tradesSeenUs > timeUs || nowUs >= timeUs + SETTLE_US;
  }

  /** Takes into account what has settled by `nowUs`: depth at our prices, and the ends of orders. */
  settle(nowUs: TimeUs): void {
    const orders = this.orders;
    for (let i = 0; i < orders.limit; i++) {
      const state = orders.state[i];
      if (state === ORDER_STATE.live) this.#settleDepth(i, nowUs);
      else if (state === ORDER_STATE.settling) this.#settleEnd(i, nowUs);
      else if (state === ORDER_STATE.ended && nowUs > (orders.endUs[i] as TimeUs) + ENDED_MEMORY_US) {
        orders.free(i);
      }
    }
  }

  #settleDepth(i: number, nowUs: TimeUs): void {
    const orders = this.orders;
    while (orders.heldUs[i] !== 0 && this.#isSettled(orders.heldUs[i] as TimeUs, nowUs)) {
      this.#applyDepth(i, orders.heldLots[i] as Lots);
      orders.tradedLots[i] = orders.tradedNextLots[i] as Lots;
      orders.tradedNextLots[i] = orders.tradedLaterLots[i] as Lots;
      orders.tradedLaterLots[i] = 0;
      orders.heldUs[i] = orders.nextUs[i] as TimeUs;
      orders.heldLots[i] = orders.nextLots[i] as Lots;
      orders.nextUs[i] = 0;
    }
  }

  #applyDepth(i: number, shown: Lots): void {
    const orders = this.orders;
    const traded = orders.tradedLots[i] as Lots;
    const prev = orders.levelLots[i] as Lots;
    for (let s = 0; s < orders.scorerCount; s++) {
      const k = i * orders.scorerCount + s;
      const scorer = orders.scorers[s] as Scorer;
      if (scorer.isTouch) orders.front[k] = 0;
      else if (orders.front[k] === Number.POSITIVE_INFINITY) orders.front[k] = shown;
      else orders.front[k] = advanceFront(orders.front[k] as number, prev, shown, traded, scorer.queue);
    }
    orders.levelLots[i] = shown;
  }

  #settleEnd(i: number, nowUs: TimeUs): void {
    const orders = this.orders;
    const filled = orders.owed(i, DRIVER) === 0;
    if (!filled && !this.#isSettled(orders.passedUs[i] as TimeUs, nowUs)) return;
    orders.state[i] = ORDER_STATE.ended;
    this.#host.onSettled(this, i, filled);
  }

  /** Venue time from which on `settle` has something to do, if nothing happens before; -Infinity when it has already. */
  nextChangeUs(): TimeUs {
    const orders = this.orders;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < orders.limit; i++) {
      const state = orders.state[i];
      if (state === ORDER_STATE.ended) next = Math.min(next, (orders.endUs[i] as TimeUs) + ENDED_MEMORY_US);
      else if (state === ORDER_STATE.free || (state === ORDER_STATE.live && orders.heldUs[i] === 0)) continue;
      else {
        const isLive = state === ORDER_STATE.live;
        const timeUs = (isLive ? orders.heldUs[i] : orders.passedUs[i]) as TimeUs;
        if (this.#tradesSeenUs > timeUs || (!isLive && orders.owed(i, DRIVER) === 0)) return Number.NEGATIVE_INFINITY;
        next = Math.min(next, timeUs + SETTLE_US);
      }
    }
    return next;
  }

  /** Venue time at which the next settling order is certain at the latest; Infinity when there is none. */
  nextSettleUs(): TimeUs {
    const orders = this.orders;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < orders.limit; i++) {
      if (orders.state[i] === ORDER_STATE.settling) next = Math.min(next, (orders.passedUs[i] as TimeUs) + SETTLE_US);
    }
    return next;
  }

  /** Whether the end of a live order has to wait: our own best moved beyond it at a time whose prints have not been seen. */
  endIsUncertain(i: number, nowUs: TimeUs): boolean {
    const passedUs = this.orders.passedUs[i] as TimeUs;
    return passedUs > 0 && !this.#isSettled(passedUs, nowUs);
  }

  /** Last mid strictly before a venue time; NaN when none is remembered. */
  midBefore(timeUs: TimeUs): number {
    return this.mids.before(timeUs);
  }

  /** The recording lost some time: what was shown says nothing about now. */
  clear(): void {
    this.book.clear();
    this.mids.clear();
    this.#lastMid = Number.NaN;
  }
}
