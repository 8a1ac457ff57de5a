/**
 * One market: facts in, estimates, wanted ladder, and the requests that lead there.
 * @module
 */

import { assert } from "./assert.ts";
import {
  ACTION,
  BUY,
  COMMAND,
  COMMAND_FRAME,
  F,
  FILL,
  FUNDING,
  KIND,
  ORDER,
  ORDER_STATUS,
  POSITION,
  SELL,
  TIMER,
  TIMER_GRID_US,
} from "./frame.ts";
import type { RunningHash } from "./hash.ts";
import { type Instrument, readInstrument, syncInstrument } from "./market/instrument.ts";
import { Lifecycle } from "./order/lifecycle.ts";
import { addSideCandidates, Candidates, type SideContext } from "./order/reconcile.ts";
import { type ApprovedIntents, type CloidCounter, Sender } from "./order/sender.ts";
import { NO_SLOT, SLOT, Slots } from "./order/slots.ts";
import type { MarketParams } from "./params.ts";
import type { QuotaLedger } from "./quota/ledger.ts";
import type { QuotaMode } from "./quota/mode.ts";
import type { QuotaPrice } from "./quota/price.ts";
import { PRIORITY, type Throttle } from "./quota/throttle.ts";
import { Quoter } from "./quote/quoter.ts";
import { REASON, type Reason } from "./reason.ts";
import { BurstGuard } from "./risk/burst.ts";
import { Exposure } from "./risk/exposure.ts";
import { MarketGuard } from "./risk/guard.ts";
import type { MarginPool } from "./risk/margin.ts";
import { Position } from "./risk/position.ts";
import { SignalBoard } from "./signal/board.ts";
import type { StateWalk } from "./state.ts";
import type { Lots, TimeUs } from "./units.ts";

/** What the markets of one address share. */
export interface DeskShare {
  readonly intents: ApprovedIntents;
  readonly ledger: QuotaLedger;
  readonly throttle: Throttle;
  readonly price: QuotaPrice;
  readonly mode: QuotaMode;
  readonly margin: MarginPool;
  readonly cloids: CloidCounter;
  /** A breaker on the money of the address, or `none`. */
  breaker: Reason;
  /** Drawdown of the day over the allowed one. */
  drawdownRatio: number;
  /** The venue cancelled one of our orders by itself. */
  onVenueCancel(nowUs: TimeUs): void;
}

/** Market-making of one market: `on` is the only way in, the desk's lane the only way out. */
export class Engine {
  readonly market: number;
  readonly params: MarketParams;
  readonly slots = new Slots();
  readonly position = new Position();
  readonly lifecycle: Lifecycle;
  readonly exposure: Exposure;
  readonly board: SignalBoard;
  readonly quoter: Quoter;
  readonly burst: BurstGuard;
  readonly guard: MarketGuard;
  readonly sender: Sender;
  instrument: Instrument | null = null;
  /** Why nothing is quoted at all, or `none`. */
  reason: Reason = REASON.no_book;
  /** Why a side is not wanted, or `none`. */
  bidReason: Reason = REASON.no_book;
  askReason: Reason = REASON.no_book;
  /** Decisions in which a ladder was computed. */
  ladderCount = 0;
  /** Mark of the venue where it sends one, in price units; NaN otherwise. */
  markPx = Number.NaN;
  readonly #share: DeskShare;
  readonly #candidates = new Candidates();
  readonly #bidContext: SideContext = newContext(BUY);
  readonly #askContext: SideContext = newContext(SELL);
  /** What the reference adds to each side in the decision in hand. */
  #bidVetoFrac = 0;
  #askVetoFrac = 0;
  #isPriced = false;

  constructor(market: number, params: MarketParams, share: DeskShare) {
    this.market = market;
    this.params = params;
    this.#share = share;
    this.lifecycle = new Lifecycle(this.slots);
    this.exposure = new Exposure(params.positionCapUsd, params.isolatedMarginUsd, this.position, this.slots);
    this.board = new SignalBoard(params, market * TIMER_GRID_US);
    this.quoter = new Quoter(params);
    this.burst = new BurstGuard(params.burstHalfLifeSeconds);
    this.guard = new MarketGuard(params.priceJumpFrac);
    this.sender = new Sender(
      share.intents,
      market,
      this.slots,
      this.exposure,
      share.throttle,
      share.ledger,
      share.cloids,
      share.margin,
    );
  }

  /** The only way in: one frame of this market or of the whole desk. */
  on(data: Float64Array, at: number): void {
    const nowUs = data[at + F.timeUs] as TimeUs;
    const venueTimeUs = data[at + F.venueTimeUs] as TimeUs;
    switch (data[at + F.kind]) {
      case KIND.bbo:
      case KIND.book:
        if (!this.board.onBook(data, at)) return;
        this.#onMid(nowUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.trade:
        this.board.onTrade(data, at);
        return;
      case KIND.context:
        this.markPx = this.board.onContext(data, at);
        this.position.onMark(this.#knownMarkPx);
        return;
      case KIND.order:
        this.#onOrder(data, at, nowUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.fill:
        this.#onFill(data, at, nowUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.funding:
        this.position.onFunding(data[at + FUNDING.usd] as number);
        return;
      case KIND.timer:
        this.#onTimer(nowUs, data[at + TIMER.connectionUs] as TimeUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.instrument:
        this.#onInstrument(readInstrument(data, at), nowUs);
        return;
      case KIND.prior:
        this.board.onPrior(data, at);
        return;
      case KIND.gap:
        this.board.onGap(nowUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.position:
        this.#onPosition(data[at + POSITION.lots] as Lots, data[at + POSITION.adopt] === 1, nowUs);
        this.#decide(nowUs, venueTimeUs);
        return;
      case KIND.command:
        // What a process before saw of the market is as old as that process.
        if (data[at + COMMAND_FRAME.command] === COMMAND.start) this.board.onGap(nowUs);
        this.guard.onCommand(data[at + COMMAND_FRAME.command] as number, this.position, this.#knownMarkPx);
        this.#decide(nowUs, venueTimeUs);
        return;
      default:
        return;
    }
  }

  /** A book or touch of the market that this one is measured against. */
  onReference(data: Float64Array, at: number): void {
    if (this.board.onReference(data, at))
      this.#decide(data[at + F.timeUs] as TimeUs, data[at + F.venueTimeUs] as TimeUs);
  }

  #onInstrument(instrument: Instrument, nowUs: TimeUs): void {
    assert(instrument.market === this.market, "engine: facts are of its own market");
    this.instrument = instrument;
    const leverage =
      this.params.leverage > 0 ? Math.min(this.params.leverage, instrument.maxLeverage) : instrument.maxLeverage;
    this.exposure.setLeverage(leverage);
    this.quoter.setInstrument(instrument);
    this.board.setReference(instrument.referenceMarket, nowUs);
  }

  /** The measured loop takes the place of the setting. */
  setLatency(seconds: number): void {
    this.quoter.setLatency(seconds);
    this.board.reference.setLatency(seconds);
  }

  #onMid(nowUs: TimeUs): void {
    const { book } = this.board;
    if (!book.hasTouch || book.isCrossed) return;
    this.guard.jump.onMid(nowUs, book.mid);
    this.position.onMark(this.#knownMarkPx);
  }

  #onOrder(data: Float64Array, at: number, nowUs: TimeUs): void {
    this.#countAnswer(data, at);
    // Reply and push tell the same: what was known counts for nothing a second time.
    if (!this.lifecycle.onOrder(data, at)) return;
    const status = data[at + ORDER.status] as number;
    const reason = data[at + ORDER.reason] as number;
    if (status === ORDER_STATUS.cancelled && reason === REASON.venue_cancelled) this.#share.onVenueCancel(nowUs);
    this.guard.onOrder(nowUs, status, reason);
  }

  #onPosition(lots: Lots, adopt: boolean, nowUs: TimeUs): void {
    this.guard.onPosition(nowUs, lots, adopt, this.position, this.#knownMarkPx);
    this.exposure.record();
  }

  /** Tells the count of requests what became of one that waits for its answer; whatever is told again finds none that waits. */
  #countAnswer(data: Float64Array, at: number): void {
    const cloid = data[at + ORDER.cloid] as number;
    const slot = this.slots.find(cloid);
    const action = slot === NO_SLOT ? 0 : this.slots.pendingAction(slot);
    const asked = action === ACTION.modify ? this.slots.nextCloid[slot] : this.slots.cloid[slot];
    if (action === 0 || asked !== cloid) return;
    const { ledger, throttle } = this.#share;
    const status = data[at + ORDER.status];
    // The order's own coming to rest, told late, is no answer to the request that it be gone.
    if (action === ACTION.cancel && status === ORDER_STATUS.resting) return;
    const reason = data[at + ORDER.reason];
    const venueTimeUs = data[at + F.venueTimeUs] as TimeUs;
    // What came too late is counted, whether it is told as rejected (a place) or as refused (what it is about stands as it stood).
    if (reason === REASON.expired) ledger.onExpired(action, venueTimeUs);
    else if (status === ORDER_STATUS.refused) ledger.onRefused(action, venueTimeUs);
    else if (status === ORDER_STATUS.timed_out || reason === REASON.gap) ledger.onUnanswered(action);
    else ledger.onAnswered(venueTimeUs);
    if (action !== ACTION.cancel) throttle.onAnswer(data[at + F.timeUs] as TimeUs);
  }

  #onFill(data: Float64Array, at: number, nowUs: TimeUs): void {
    const lots = this.lifecycle.onFill(data, at);
    if (lots === 0) return;
    const instrument = this.#facts();
    const side = data[at + FILL.side] as number;
    const px = data[at + FILL.px] as number;
    this.position.onFill(side, px, lots, data[at + FILL.feeUsd] as number);
    this.exposure.record();
    const venueTimeUs = data[at + F.venueTimeUs] as TimeUs;
    this.#share.ledger.onFill(px * lots * instrument.creditRatio, venueTimeUs);
    this.#share.price.onFill(this.market, px * lots);
    const depthFrac = this.board.onOwnFill(side, px, venueTimeUs);
    const clipLots = Math.ceil(this.params.clipUsd / px);
    this.burst.onFill(side, nowUs, lots, depthFrac, clipLots);
  }

  #facts(): Instrument {
    assert(this.instrument !== null, "engine: facts come before anything else");
    return this.instrument;
  }

  #onTimer(nowUs: TimeUs, connectionUs: TimeUs): void {
    this.board.onConnection(connectionUs);
    this.board.onTimer(nowUs);
    if (this.instrument === null) return;
    this.board.updateViability(nowUs, this.quoter.viabilityInputs(this.board));
    this.#refreshModel(nowUs);
  }

  #refreshModel(nowUs: TimeUs): void {
    const refreshed = this.quoter.refresh(nowUs, this.board, this.exposure.capLots, this.#share.drawdownRatio);
    if (refreshed) this.#isPriced = true;
  }

  /** The venue's mark where it is known, else the mid; NaN before the first of both. */
  get #knownMarkPx(): number {
    return Number.isNaN(this.markPx) ? this.board.lastMid : this.markPx;
  }

  /** Profit and loss since the start at the venue's mark where it is known, else at the mid. */
  get equityUsd(): number {
    const mark = this.#knownMarkPx;
    return this.position.equityUsd(Number.isNaN(mark) ? 0 : mark);
  }

  /** Brings orders towards what is wanted now. */
  #decide(nowUs: TimeUs, venueTimeUs: TimeUs): void {
    const reason = this.#checkMarket(nowUs);
    this.reason = reason;
    if (reason !== REASON.none) {
      this.bidReason = reason;
      this.askReason = reason;
      // Nothing known (before the first book, after a gap) and a crossed view are moments between two messages: hold. Everything else,
      // a side of the book that emptied too, means that we know the market and must not be in it.
      const unknown = reason === REASON.no_book && this.board.book.isEmpty;
      if (reason !== REASON.crossed_book && !unknown) this.#cancelAll(nowUs, venueTimeUs);
      return;
    }
    const fairPx = this.board.fairPx;
    this.exposure.update(fairPx);
    this.sender.updateMargin();
    if (!this.#isPriced) this.#refreshModel(nowUs);
    const reducing = this.#checkReducing();
    this.#bidVetoFrac = this.board.vetoFrac(BUY);
    this.#askVetoFrac = this.board.vetoFrac(SELL);
    if (this.#bidVetoFrac + this.#askVetoFrac > 0) this.board.reference.vetoCount += 1;
    this.#buildLadders(nowUs, fairPx, reducing);
    this.ladderCount += 1;
    this.#candidates.clear();
    this.#fillContexts(fairPx, nowUs);
    addSideCandidates(this.#candidates, this.slots, this.quoter.bids, this.#bidContext);
    addSideCandidates(this.#candidates, this.slots, this.quoter.asks, this.#askContext);
    if (this.guard.held) this.#hold();
    this.sender.send(this.#candidates, this.quoter.bids, this.quoter.asks, this.quoter.reduceOnly, nowUs, venueTimeUs);
  }

  /** What stands at the venue is not known: only cancels that risk asks for leave. */
  #hold(): void {
    this.#candidates.keepRiskCancels();
    if (this.bidReason === REASON.none) this.bidReason = REASON.holding;
    if (this.askReason === REASON.none) this.askReason = REASON.holding;
  }

  /** Reasons for which no order may stand. */
  #checkMarket(nowUs: TimeUs): Reason {
    const stopped = this.guard.stopReason(nowUs);
    if (stopped !== REASON.none) return stopped;
    if (this.instrument === null) return REASON.no_fees;
    if (this.instrument.delisted) return REASON.delisted;
    const stale = this.board.feedReason(nowUs);
    if (stale !== REASON.none) return stale;
    if (!this.board.book.hasTouch) return REASON.no_book;
    return this.board.book.isCrossed ? REASON.crossed_book : REASON.none;
  }

  /** Reasons for which only the reducing side is quoted. */
  #checkReducing(): Reason {
    if (this.#share.breaker !== REASON.none) return this.#share.breaker;
    if (this.guard.reduceReason !== REASON.none) return this.guard.reduceReason;
    return Math.abs(this.position.lots) > this.exposure.capLots ? REASON.position_breaker : REASON.none;
  }

  #buildLadders(nowUs: TimeUs, fairPx: number, breaker: Reason): void {
    const quoter = this.quoter;
    quoter.price(this.position.lots, fairPx);
    const bidAdded = this.burst.addedFrac(BUY, nowUs);
    const askAdded = this.burst.addedFrac(SELL, nowUs);
    if (breaker !== REASON.none) {
      const side = this.position.lots === 0 ? 0 : this.position.lots > 0 ? SELL : BUY;
      quoter.writeReducing(side, Math.abs(this.position.lots), fairPx, this.board.book);
      this.bidReason = side === BUY ? REASON.none : breaker;
      this.askReason = side === SELL ? REASON.none : breaker;
      return;
    }
    this.bidReason = this.#writeSide(BUY, fairPx, bidAdded, this.#bidVetoFrac, nowUs);
    this.askReason = this.#writeSide(SELL, fairPx, askAdded, this.#askVetoFrac, nowUs);
  }

  #writeSide(side: number, fairPx: number, burstFrac: number, vetoFrac: number, nowUs: TimeUs): Reason {
    const room = this.exposure.roomLots(side);
    if (!this.guard.isInterestCapped(nowUs))
      return this.quoter.writeSide(side, fairPx, burstFrac, vetoFrac, room, this.board);
    const reducing = Math.max(0, Math.min(room, -side * this.position.lots));
    const reason = this.quoter.writeSide(side, fairPx, burstFrac, vetoFrac, reducing, this.board);
    return reason === REASON.cap ? REASON.open_interest_cap : reason;
  }

  #fillContexts(fairPx: number, nowUs: TimeUs): void {
    const quoter = this.quoter;
    const bidAdded = this.#bidVetoFrac + this.burst.addedFrac(BUY, nowUs);
    const askAdded = this.#askVetoFrac + this.burst.addedFrac(SELL, nowUs);
    fillContext(this.#bidContext, quoter, fairPx, quoter.bidBestFrac + bidAdded, this.params);
    fillContext(this.#askContext, quoter, fairPx, quoter.askBestFrac + askAdded, this.params);
    this.#bidContext.grows = this.#share.mode.resizes;
    this.#askContext.grows = this.#share.mode.resizes;
    const all = quoter.minimal;
    this.#bidContext.trim = all || this.burst.addedFrac(BUY, nowUs) > 0 || this.bidReason !== REASON.none;
    this.#askContext.trim = all || this.burst.addedFrac(SELL, nowUs) > 0 || this.askReason !== REASON.none;
  }

  #cancelAll(nowUs: TimeUs, venueTimeUs: TimeUs): void {
    for (let i = 0; i < this.slots.limit; i++) {
      if (this.slots.state[i] === SLOT.resting) this.sender.cancel(i, PRIORITY.risk, this.reason, nowUs, venueTimeUs);
    }
  }

  /** Folds everything that decides the future. */
  foldInto(hash: RunningHash): void {
    this.slots.foldInto(hash);
    this.position.foldInto(hash);
    this.exposure.foldInto(hash);
    this.burst.foldInto(hash);
    this.guard.foldInto(hash);
    this.board.foldInto(hash);
    this.quoter.foldInto(hash);
    hash.fold(this.bidReason);
    hash.fold(this.askReason);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.slots.syncState(state);
    this.position.syncState(state);
    this.lifecycle.syncState(state);
    this.exposure.syncState(state);
    this.board.syncState(state);
    this.quoter.syncState(state);
    this.burst.syncState(state);
    this.guard.syncState(state);
    this.sender.syncState(state);
    if (state.bool(this.instrument !== null)) {
      const instrument = syncInstrument(state, this.instrument);
      this.instrument = instrument;
      this.quoter.setInstrument(instrument);
    }
    this.reason = state.num(this.reason) as Reason;
    this.bidReason = state.num(this.bidReason) as Reason;
    this.askReason = state.num(this.askReason) as Reason;
    this.ladderCount = state.num(this.ladderCount);
    this.markPx = state.num(this.markPx);
    this.#bidVetoFrac = state.num(this.#bidVetoFrac);
    this.#askVetoFrac = state.num(this.#askVetoFrac);
    this.#isPriced = state.bool(this.#isPriced);
  }
}

function newContext(side: number): SideContext {
  return {
    side,
    fairPx: 0,
    bestFrac: 0,
    kappaPerFrac: 0,
    bandLo: 0,
    bandHi: 0,
    requoteFixedFrac: 0,
    trim: false,
    grows: true,
  };
}

function fillContext(
  context: SideContext,
  quoter: Quoter,
  fairPx: number,
  bestFrac: number,
  params: MarketParams,
): void {
  context.fairPx = fairPx;
  context.bestFrac = bestFrac;
  context.kappaPerFrac = quoter.kappaPerFrac;
  const band = quoter.band(context.side);
  context.bandLo = band.lo;
  context.bandHi = band.hi;
  context.requoteFixedFrac = params.halfSpreadFixedFrac > 0 ? params.requoteFixedFrac : 0;
}
