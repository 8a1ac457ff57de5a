/**
 * The shadow exchange: our orders against a recorded, generated or live market that does not know them.
 * @module
 */
import { assert } from "../core/assert.ts";
import { ACTION, F, FILL, FrameLane, FUNDING, GAP, INTENT, KIND, ORDER_STATUS } from "../core/frame.ts";
import { UNKNOWN_LOTS } from "../core/market/book.ts";
import { isLegalPx } from "../core/market/grid.ts";
import type { Instrument } from "../core/market/instrument.ts";
import { REASON, type Reason } from "../core/reason.ts";
import type { Lots, MicroUsd, Px, TimeUs } from "../core/units.ts";
import { Account } from "./account.ts";
import { ActionVerdict } from "./action_verdict.ts";
import { feeOf } from "./fee.ts";
import { AddressLimiter, type LimiterRules } from "./limits.ts";
import type { OrderPort, RequestCounts } from "./order_port.ts";
import { QuotaTold } from "./quota_told.ts";
import { ReplyQueue, writeAnswer } from "./replies.ts";
import { RequestQueue } from "./request_queue.ts";
import { DRIVER, ORDER_STATE, SCORERS, type Scorer } from "./resting.ts";
import { type MarketHost, ShadowMarket } from "./shadow_market.ts";

export interface ShadowOptions {
  instruments: readonly Instrument[];
  /** The whole loop in venue time, from an event to our answer to it being live: at least 2 us. */
  latencyUs: number;
  /** Requests that the address has used, and its credited volume (micro-dollars), at the start. */
  quotaUsedCount?: number;
  quotaVolumeUsd?: MicroUsd;
  /** Rules of the limiter that nobody has proven, where they should differ from what is believed. */
  limiterRules?: LimiterRules;
  /** From an event to our knowledge of it, as a share of the loop; half of it when absent. */
  answerRatio?: number;
  /** Rules that score the order stream; the first drives. */
  scorers?: readonly Scorer[];
}

/** Hears what happens at the venue, in venue time, under every scorer. */
export interface ShadowSink {
  onFill(
    market: number,
    scorer: number,
    identity: number,
    venueTimeUs: TimeUs,
    side: number,
    px: Px,
    lots: Lots,
    feeUsd: MicroUsd,
    midBefore: number,
  ): void;
  onMid(market: number, venueTimeUs: TimeUs, mid: number): void;
  onMark(market: number, venueTimeUs: TimeUs, markPx: number): void;
  /** @param usd Positive when received. */
  onFunding(market: number, usd: MicroUsd): void;
  onGap(lastVenueTimeUs: TimeUs): void;
  /** The run starts from a position that was there. */
  onAdopt?(market: number, lots: Lots): void;
}

/**
 * Takes intents, gives back answers and fills.
 *
 * A decision made at venue time v is live at v + L; what happens at t is known at t + L/2. At equal time a new order meets the events of its
 * arrival, and a cancel or modify comes after them: the race goes against us. A limiter refuses before anything else; post-only orders that
 * would cross at arrival, prices off the grid and notionals under the minimum are rejected and count as requests.
 */
export class ShadowExchange implements MarketHost, OrderPort {
  readonly account: Account;
  readonly limiter: AddressLimiter;
  readonly markets: readonly ShadowMarket[];
  readonly counts: readonly RequestCounts[];
  readonly #latencyUs: number;
  readonly #backUs: number;
  readonly #sink: ShadowSink;
  readonly #replies = new ReplyQueue();
  readonly #lane = new FrameLane(64);
  readonly #queue = new RequestQueue();
  readonly #requests = this.#queue.data;
  /**
   * Per market: when it has something to settle next, and when an end becomes certain (NaN: not known since something happened there). Most
   * messages are of one market: the others are not looked at.
   */
  readonly #dueUs: Float64Array;
  readonly #endUs: Float64Array;
  readonly #verdict: ActionVerdict;
  #nowUs = 0;
  #identity = 0;
  #oid = 0;
  #tid = 0;
  readonly #quota = new QuotaTold();

  constructor(options: ShadowOptions, sink: ShadowSink) {
    assert(options.latencyUs >= 2, "shadow: latency is at least 2 us");
    this.#latencyUs = options.latencyUs;
    this.#backUs = Math.max(1, Math.floor(options.latencyUs * (options.answerRatio ?? 0.5)));
    this.#sink = sink;
    this.account = new Account(options.instruments.length);
    this.limiter = new AddressLimiter(options.quotaUsedCount, options.quotaVolumeUsd, options.limiterRules);
    this.#verdict = new ActionVerdict(this.limiter);
    const scorers = options.scorers ?? SCORERS;
    this.markets = options.instruments.map((instrument, index) => new ShadowMarket(index, instrument, this, scorers));
    this.#dueUs = new Float64Array(this.markets.length).fill(Number.NEGATIVE_INFINITY);
    this.#endUs = new Float64Array(this.markets.length).fill(Number.NaN);
    this.counts = options.instruments.map(() => ({ place: 0, modify: 0, cancel: 0, rejected: 0, refused: 0 }));
  }

  /** Takes a market frame, in order of receipt. */
  onMarket(data: Float64Array, at: number): void {
    if (data[at + F.kind] === KIND.gap) {
      this.#onGap(data[at + GAP.lastVenueTimeUs] as TimeUs);
      return;
    }
    const market = this.markets[data[at + F.market] as number];
    if (market === undefined) return;
    market.onFrame(data, at);
    this.#touch(market.index);
  }

  /** Something happened in a market: what was known of its next settling is not true any more. */
  #touch(market: number): void {
    this.#dueUs[market] = Number.NEGATIVE_INFINITY;
    this.#endUs[market] = Number.NaN;
  }

  /** Takes one intent that was decided at `venueTimeUs`. */
  submit(data: Float64Array, at: number, venueTimeUs: TimeUs): void {
    this.#queue.add(data, at, venueTimeUs + this.#latencyUs);
  }

  /** One decision is complete: its orders arrive in as few actions as there are kinds. */
  flush(): void {
    this.#queue.endBatch();
  }

  /** The venue's clock reached `venueTimeUs`: requests arrive, ends become certain. */
  advance(venueTimeUs: TimeUs): void {
    if (venueTimeUs > this.#nowUs) this.#nowUs = venueTimeUs;
    let rank = 0;
    while (rank < this.#queue.count) {
      const place = this.#queue.placeAt(rank);
      const arrivalUs = this.#queue.arrivalUsOf(place);
      if (arrivalUs > venueTimeUs) break;
      const isPlace = this.#requests[place * INTENT.size + INTENT.action] === ACTION.place;
      if (arrivalUs === venueTimeUs && !isPlace) {
        rank += 1;
        continue;
      }
      this.#arrive(this.#queue.take(rank), arrivalUs);
    }
    for (let i = 0; i < this.markets.length; i++) {
      if (venueTimeUs < (this.#dueUs[i] as TimeUs)) continue;
      const market = this.markets[i] as ShadowMarket;
      market.settle(venueTimeUs);
      this.#dueUs[i] = market.nextChangeUs();
      this.#endUs[i] = market.nextSettleUs();
    }
  }

  /** Venue time at which the next answer may be known; Infinity when nothing is under way. */
  nextDueUs(): TimeUs {
    let next = this.#replies.nextDueUs;
    if (this.#queue.count > 0) next = Math.min(next, this.#queue.arrivalUsOf(this.#queue.placeAt(0)) + this.#backUs);
    for (let i = 0; i < this.markets.length; i++) {
      let endUs = this.#endUs[i] as TimeUs;
      if (Number.isNaN(endUs)) {
        endUs = (this.markets[i] as ShadowMarket).nextSettleUs();
        this.#endUs[i] = endUs;
      }
      if (endUs < next) next = endUs;
    }
    return next;
  }

  /** Writes the answers known by `venueTimeUs`, stamped `timeUs`, and the limiter's count where it moved. Returns how many frames. */
  poll(venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): number {
    const frames = this.#replies.drain(venueTimeUs, timeUs, lane);
    return frames > 0 && this.writeQuota(venueTimeUs, timeUs, lane) ? frames + 1 : frames;
  }

  /** Writes the venue's count of our requests if it moved since it was last told. */
  writeQuota(venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): boolean {
    return this.#quota.write(this.limiter, venueTimeUs, timeUs, lane);
  }

  // --- requests at the venue ---

  /** Whether the limiter lets an order pass: an action passes whole, and the first of it asks for all. */
  #isGranted(place: number, action: number, timeUs: TimeUs, answerUs: TimeUs): boolean {
    if (this.#verdict.isKnown(this.#queue.batchOf(place), action, timeUs)) return this.#verdict.granted;
    return this.#verdict.judge(1 + this.#queue.companionsOf(place), answerUs);
  }

  #arrive(place: number, timeUs: TimeUs): void {
    const base = place * INTENT.size;
    const request = this.#requests;
    const action = request[base + INTENT.action] as number;
    const marketIndex = request[base + F.market] as number;
    const market = this.markets[marketIndex] as ShadowMarket;
    this.#touch(marketIndex);
    const counts = this.counts[marketIndex] as RequestCounts;
    const answerUs = timeUs + this.#backUs;
    const cloid = request[base + INTENT.cloid] as number;
    if (!this.#isGranted(place, action, timeUs, answerUs)) {
      counts.refused += 1;
      this.#answer(market, cloid, 0, ORDER_STATUS.refused, REASON.too_many_requests, 0, timeUs, answerUs);
      return;
    }
    if (action === ACTION.place) {
      counts.place += 1;
      const i = this.#place(market, base, timeUs, -1);
      if (i < 0) return;
      const oid = market.orders.oid[i] as number;
      this.#answer(
        market,
        cloid,
        oid,
        ORDER_STATUS.resting,
        REASON.none,
        market.orders.owed(i, DRIVER),
        timeUs,
        answerUs,
      );
    } else if (action === ACTION.modify) {
      counts.modify += 1;
      this.#modify(market, base, timeUs);
    } else {
      counts.cancel += 1;
      this.#cancel(market, base, timeUs);
    }
  }

  /** Why the venue rejects an order at arrival, or `none`. `lots` is what would rest. */
  #check(market: ShadowMarket, side: number, px: Px, lots: Lots, reduceOnly: boolean): Reason {
    if (lots <= 0) return REASON.zero_size;
    if (!isLegalPx(px, market.instrument.szDecimals)) return REASON.price_off_grid;
    const position = this.account.of(market.index).positionLots;
    if (reduceOnly && side * position >= 0) return REASON.reduce_only_increase;
    const closesAll = reduceOnly && lots >= Math.abs(position);
    if (px * lots < market.instrument.minNotionalUsd && !closesAll) return REASON.below_minimum;
    // Without a book, or with a crossed one, nobody can say that an order would not have matched: it is taken to.
    if (!market.book.hasTouch || market.book.isCrossed) return REASON.post_only_crossed;
    const crosses = side > 0 ? px >= market.book.askPx : px <= market.book.bidPx;
    return crosses ? REASON.post_only_crossed : REASON.none;
  }

  /** Places an order, or the new leg of the order `from`. Returns its place, or -1 when it was rejected. */
  #place(market: ShadowMarket, base: number, timeUs: TimeUs, from: number): number {
    const request = this.#requests;
    const side = request[base + INTENT.side] as number;
    const px = request[base + INTENT.px] as Px;
    const cloid = request[base + INTENT.cloid] as number;
    const reduceOnly = request[base + INTENT.reduceOnly] === 1;
    const asked = request[base + INTENT.lots] as Lots;
    let lots = asked;
    const reason = this.#check(market, side, px, lots, reduceOnly);
    const answerUs = timeUs + this.#backUs;
    if (reason !== REASON.none) {
      (this.counts[market.index] as RequestCounts).rejected += 1;
      this.#answer(market, cloid, 0, ORDER_STATUS.rejected, reason, 0, timeUs, answerUs);
      return -1;
    }
    if (reduceOnly) lots = Math.min(lots, Math.abs(this.account.of(market.index).positionLots));
    const orders = market.orders;
    const i = orders.add();
    orders.state[i] = ORDER_STATE.live;
    orders.side[i] = side;
    orders.px[i] = px;
    orders.cloid[i] = cloid;
    this.#oid += 1;
    orders.oid[i] = this.#oid;
    orders.liveFromUs[i] = timeUs;
    if (from < 0) this.#identity += 1;
    orders.identity[i] = from < 0 ? this.#identity : (orders.identity[from] as number);
    const count = orders.scorerCount;
    for (let s = 0; s < count; s++)
      orders.filledLots[i * count + s] = from < 0 ? 0 : (orders.filledLots[from * count + s] as Lots);
    orders.cutLots[i] = asked - lots;
    orders.totalLots[i] = lots + (orders.filledLots[i * count + DRIVER] as Lots);
    const shown = market.book.lotsAt(side, px);
    orders.setFront(i, shown === UNKNOWN_LOTS ? Number.POSITIVE_INFINITY : shown);
    orders.levelLots[i] = Math.max(0, shown);
    return i;
  }

  #modify(market: ShadowMarket, base: number, timeUs: TimeUs): void {
    const request = this.#requests;
    const cloid = request[base + INTENT.cloid] as number;
    const old = market.orders.find(request[base + INTENT.targetCloid] as number);
    if (old < 0) {
      this.#missing(market, cloid, request[base + INTENT.targetCloid] as number, timeUs, timeUs + this.#backUs);
      return;
    }
    // The old order is gone whatever becomes of the new one.
    this.#end(market, old, timeUs);
    const next = this.#place(market, base, timeUs, old);
    if (next < 0) {
      market.orders.state[old] = ORDER_STATE.ended;
      this.#tellEnd(market, old, REASON.none, timeUs, timeUs + this.#backUs);
      return;
    }
    market.orders.successor[old] = next;
    market.orders.answerCloid[old] = cloid;
    if (!market.endIsUncertain(old, timeUs)) this.#settleNow(market, old);
  }

  #cancel(market: ShadowMarket, base: number, timeUs: TimeUs): void {
    const cloid = this.#requests[base + INTENT.targetCloid] as number;
    const i = market.orders.find(cloid);
    if (i < 0) {
      this.#missing(market, cloid, cloid, timeUs, timeUs + this.#backUs);
      return;
    }
    this.#end(market, i, timeUs);
    market.orders.answerCloid[i] = cloid;
    if (!market.endIsUncertain(i, timeUs)) this.#settleNow(market, i);
  }

  #end(market: ShadowMarket, i: number, timeUs: TimeUs): void {
    market.orders.state[i] = ORDER_STATE.settling;
    market.orders.endUs[i] = timeUs;
  }

  #settleNow(market: ShadowMarket, i: number): void {
    market.orders.state[i] = ORDER_STATE.ended;
    this.onSettled(market, i, false);
  }

  /** The end of a cancelled or replaced order is certain: answer it. */
  onSettled(market: ShadowMarket, i: number, filled: boolean): void {
    const orders = market.orders;
    const endUs = orders.endUs[i] as TimeUs;
    const next = orders.successor[i] as number;
    const cloid = orders.answerCloid[i] as number;
    const dueUs = Math.max(endUs + this.#backUs, this.#nowUs);
    if (filled) {
      // A print that beat the request filled it: there was nothing left to cancel or replace.
      const old = orders.cloid[i] as number;
      if (next >= 0 && orders.state[next] === ORDER_STATE.ended) {
        // What was to replace it had traded whole before that was known: both did.
        this.#answer(market, cloid, 0, ORDER_STATUS.filled, REASON.none, 0, endUs, dueUs);
        this.#answer(market, old, 0, ORDER_STATUS.settled, REASON.none, 0, endUs, dueUs);
      } else {
        if (next >= 0) this.#drop(market, next, dueUs);
        this.#missing(market, cloid, old, endUs, dueUs);
        // Had the new order traded meanwhile, it was believed to live; its fills are known by then.
        const knownUs = this.#nowUs + this.#backUs;
        if (next >= 0) this.#answer(market, cloid, 0, ORDER_STATUS.settled, REASON.none, 0, endUs, knownUs);
      }
    } else {
      if (next >= 0) {
        const oid = orders.oid[next] as number;
        this.#answer(market, cloid, oid, ORDER_STATUS.resting, REASON.none, orders.owed(next, DRIVER), endUs, dueUs);
      }
      this.#tellEnd(market, i, REASON.none, endUs, dueUs);
    }
    orders.successor[i] = -1;
  }

  /** Takes away an order that never was, since what it replaced had been filled; a request about it found nothing. */
  #drop(market: ShadowMarket, i: number, dueUs: TimeUs): void {
    const orders = market.orders;
    // An ended one stays remembered until its time is over.
    if (orders.state[i] === ORDER_STATE.ended) return;
    if (orders.state[i] === ORDER_STATE.settling) {
      const next = orders.successor[i] as number;
      if (next >= 0) this.#drop(market, next, dueUs);
      const cloid = orders.answerCloid[i] as number;
      this.#missing(market, cloid, orders.cloid[i] as number, orders.endUs[i] as TimeUs, dueUs);
    }
    orders.free(i);
  }

  /** The request `cloid` found nothing of `target`. Its fills were told before: nothing more comes of it. */
  #missing(market: ShadowMarket, cloid: number, target: number, happenedUs: TimeUs, dueUs: TimeUs): void {
    this.#answer(market, cloid, 0, ORDER_STATUS.missing, REASON.missing_order, 0, happenedUs, dueUs);
    this.#answer(market, target, 0, ORDER_STATUS.settled, REASON.none, 0, happenedUs, dueUs);
  }

  /** The order is over with what it still owes unfilled. */
  #tellEnd(market: ShadowMarket, i: number, reason: Reason, happenedUs: TimeUs, dueUs: TimeUs): void {
    const orders = market.orders;
    const leaves = orders.owed(i, DRIVER) + (orders.cutLots[i] as Lots);
    const cloid = orders.cloid[i] as number;
    const oid = orders.oid[i] as number;
    this.#answer(market, cloid, oid, ORDER_STATUS.cancelled, reason, leaves, happenedUs, dueUs);
  }

  #answer(
    market: ShadowMarket,
    cloid: number,
    oid: number,
    status: number,
    reason: Reason,
    leavesLots: Lots,
    happenedUs: TimeUs,
    dueUs: TimeUs,
  ): void {
    const at = writeAnswer(this.#lane, market.index, happenedUs, cloid, oid, status, reason, leavesLots);
    this.#replies.add(this.#lane.data, at, dueUs);
  }

  // --- what the markets tell ---

  onFill(market: ShadowMarket, i: number, scorer: number, timeUs: TimeUs, lots: Lots): void {
    const orders = market.orders;
    const side = orders.side[i] as number;
    const px = orders.px[i] as Px;
    const feeUsd = feeOf(px, lots, market.instrument.makerFeeFrac);
    const identity = orders.identity[i] as number;
    const before = market.midBefore(timeUs);
    if (scorer === DRIVER) {
      this.account.of(market.index).onFill(side, px, lots, feeUsd);
      this.limiter.onFill(px * lots * market.instrument.creditRatio);
      this.#tellFill(market, i, timeUs, lots, feeUsd);
      // What was cut off is not known to whoever asked: it would wait for more.
      if (orders.owed(i, DRIVER) === 0 && (orders.cutLots[i] as Lots) > 0)
        this.#tellEnd(market, i, REASON.none, timeUs, Math.max(timeUs + this.#backUs, this.#nowUs));
    }
    this.#sink.onFill(market.index, scorer, identity, timeUs, side, px, lots, feeUsd, before);
  }

  #tellFill(market: ShadowMarket, i: number, timeUs: TimeUs, lots: Lots, feeUsd: MicroUsd): void {
    const orders = market.orders;
    this.#tid += 1;
    this.#lane.clear();
    const at = this.#lane.begin(KIND.fill, FILL.size, 0, timeUs, market.index);
    const data = this.#lane.data;
    data[at + FILL.cloid] = orders.cloid[i] as number;
    data[at + FILL.oid] = orders.oid[i] as number;
    data[at + FILL.tid] = this.#tid;
    data[at + FILL.side] = orders.side[i] as number;
    data[at + FILL.px] = orders.px[i] as Px;
    data[at + FILL.lots] = lots;
    data[at + FILL.feeUsd] = feeUsd;
    data[at + FILL.crossed] = 0;
    data[at + FILL.snapshot] = 0;
    this.#replies.add(data, at, Math.max(timeUs + this.#backUs, this.#nowUs));
  }

  onMid(market: ShadowMarket, timeUs: TimeUs, mid: number): void {
    if (Number.isNaN(this.#markOf(market))) this.account.of(market.index).mark(mid);
    this.#sink.onMid(market.index, timeUs, mid);
  }

  onMark(market: ShadowMarket, timeUs: TimeUs, markPx: number): void {
    this.#marks[market.index] = markPx;
    this.account.of(market.index).mark(markPx);
    this.#sink.onMark(market.index, timeUs, markPx);
  }

  onFunding(market: ShadowMarket, timeUs: TimeUs, usdPerLot: number): void {
    const usd = Math.trunc(this.account.of(market.index).positionLots * usdPerLot);
    if (usd === 0) return;
    this.account.of(market.index).onFunding(usd);
    this.#sink.onFunding(market.index, usd);
    this.#lane.clear();
    const at = this.#lane.begin(KIND.funding, FUNDING.size, 0, timeUs, market.index);
    this.#lane.data[at + FUNDING.usd] = usd;
    this.#replies.add(this.#lane.data, at, Math.max(timeUs + this.#backUs, this.#nowUs));
  }

  /** The venue's own mark where it sends one: mids do not mark any more from then on. */
  readonly #marks: number[] = [];
  #markOf(market: ShadowMarket): number {
    return this.#marks[market.index] ?? Number.NaN;
  }

  /** A gap ends everything at the last message before it, free of requests; the position stays. */
  #onGap(lastVenueTimeUs: TimeUs): void {
    for (let m = 0; m < this.markets.length; m++) {
      const market = this.markets[m] as ShadowMarket;
      const orders = market.orders;
      for (let i = 0; i < orders.limit; i++) {
        const state = orders.state[i];
        if (state === ORDER_STATE.live || state === ORDER_STATE.settling)
          this.#tellEnd(market, i, REASON.gap, lastVenueTimeUs, lastVenueTimeUs);
      }
      orders.clear();
      market.clear();
      this.#touch(m);
    }
    for (let rank = 0; rank < this.#queue.count; rank++) {
      const base = this.#queue.placeAt(rank) * INTENT.size;
      const market = this.markets[this.#requests[base + F.market] as number] as ShadowMarket;
      const cloid = this.#requests[base + INTENT.cloid] as number;
      const lots = this.#requests[base + INTENT.lots] as Lots;
      // A cancel answers under the order it is about, of which the end is told already.
      if (this.#requests[base + INTENT.action] !== ACTION.cancel)
        this.#answer(market, cloid, 0, ORDER_STATUS.cancelled, REASON.gap, lots, lastVenueTimeUs, lastVenueTimeUs);
    }
    this.#queue.clear();
    this.#sink.onGap(lastVenueTimeUs);
  }
}
