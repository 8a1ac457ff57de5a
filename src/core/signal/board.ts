/**
 * All that is known of one market: its book, and every estimate made from book and trades.
 * @module
 */

import { BBO, BOOK, CONTEXT, F, KIND, PRIOR, TRADE } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import { OwnMarkouts } from "../learn/markout.ts";
import { PRIOR_AT } from "../learn/prior.ts";
import { BookView, MidHistory } from "../market/book.ts";
import { SweepAssembler } from "../market/trades.ts";
import type { MarketParams } from "../params.ts";
import { Viability, type ViabilityInputs } from "../quote/viability.ts";
import type { Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { BPS, type Lots, type Px, type TimeUs } from "../units.ts";
import { Flow } from "./flow.ts";
import { CHANNEL, SignalHub } from "./hub.ts";
import { microPrice, TouchDepth, TouchSpread } from "./imbalance.ts";
import { Impact } from "./impact.ts";
import { Intensity } from "./intensity.ts";
import { REFERENCE, Reference } from "./reference.ts";
import { Volatility } from "./volatility.ts";

/** Time between two verdicts: one block. */
const VERDICT_US = 30_000_000;
/** A proven reference moves fair value by at most half the touch and this much, and by at most 3 sigma of a second. */
const SHIFT_BEYOND_TOUCH_FRAC = 2 * BPS;
const SHIFT_SIGMAS = 3;

/** Feeds book and trades to every estimator of a market, and holds what they say. */
export class SignalBoard {
  readonly book = new BookView();
  readonly mids = new MidHistory();
  readonly volatility: Volatility;
  readonly intensity: Intensity;
  readonly viability = new Viability();
  readonly impact: Impact;
  readonly imbalance = new TouchDepth();
  readonly touch = new TouchSpread();
  readonly flow = new Flow();
  readonly hub: SignalHub;
  readonly reference: Reference;
  /** Fair value, price units: the micro-price, moved by the reference where that has been shown to pay. */
  fairPx = Number.NaN;
  /** Last known mid, kept through a gap. */
  lastMid = Number.NaN;
  replayedCount = 0;
  readonly #sweeps = new SweepAssembler();
  readonly #ownFills: OwnMarkouts;
  readonly #fair: number;
  readonly #volatilityId: number;
  readonly #intensityId: number;
  readonly #impactId: number;
  readonly #flowId: number;
  readonly #depthId: number;
  readonly #referenceId: number;
  #microPx = Number.NaN;
  #verdictUs = Number.NEGATIVE_INFINITY;
  readonly #verdictPhaseUs: number;
  #venueTimeUs = 0;
  #touchBid = 0;
  #touchAsk = 0;

  /** @param verdictPhaseUs Delay of every verdict but the first, so that many markets are not judged at one moment. */
  constructor(params: MarketParams, verdictPhaseUs = 0) {
    this.#verdictPhaseUs = verdictPhaseUs % VERDICT_US;
    this.volatility = new Volatility(params);
    this.intensity = new Intensity(params);
    this.impact = new Impact(params, this.viability);
    this.reference = new Reference(params);
    this.hub = new SignalHub(params);
    this.#ownFills = new OwnMarkouts({
      onOwnMarkout: (adverseFrac, depthFrac) => this.#onOwnMarkout(adverseFrac, depthFrac),
    });
    this.#fair = this.hub.register("fair", CHANNEL.bbo);
    this.#depthId = this.hub.register("depth", CHANNEL.book);
    this.#volatilityId = this.hub.register("volatility", CHANNEL.bbo);
    this.#intensityId = this.hub.register("intensity", CHANNEL.trades);
    this.#impactId = this.hub.register("impact", CHANNEL.trades);
    this.#flowId = this.hub.register("flow", CHANNEL.trades);
    this.#referenceId = this.hub.register("reference", CHANNEL.reference);
  }

  /** What this market is measured against: a market's index, or one of REFERENCE. Known once, with the market's facts. */
  setReference(market: number, timeUs: TimeUs): void {
    this.reference.market = market;
    if (market === REFERENCE.none) this.hub.disable(this.#referenceId, timeUs);
  }

  /** Takes a `book` or `bbo` frame of the reference's market. Returns whether fair value or a veto may have moved. */
  onReference(data: Float64Array, at: number): boolean {
    const isBbo = data[at + F.kind] === KIND.bbo;
    // Only books come whatever happens: their pace says whether the reference is still there.
    if (!isBbo) this.hub.onChannel(CHANNEL.reference, data[at + F.timeUs] as TimeUs);
    const bids = isBbo ? (data[at + BBO.bidLots] as number) : (data[at + BOOK.bidCount] as number);
    const asks = isBbo ? (data[at + BBO.askLots] as number) : (data[at + BOOK.askCount] as number);
    const bidPx = data[at + (isBbo ? BBO.bidPx : BOOK.levels)] as number;
    const askPx = data[at + (isBbo ? BBO.askPx : BOOK.levels + 2 * bids)] as number;
    if (bids === 0 || asks === 0) return false;
    this.reference.onReference((bidPx + askPx) / 2);
    return this.#updateFair();
  }

  /** Fair value from the micro-price and the reference. Returns whether it or a veto depends on the reference now. */
  #updateFair(): boolean {
    const micro = this.#microPx;
    this.fairPx = micro;
    if (!this.hub.isWarm(this.#referenceId) || Number.isNaN(micro)) return false;
    const book = this.book;
    const halfTouch = (book.askPx - book.bidPx) / 2 / book.mid;
    const cap = Math.min(halfTouch + SHIFT_BEYOND_TOUCH_FRAC, SHIFT_SIGMAS * this.volatility.sigma);
    this.fairPx = micro * (1 + this.reference.shiftFrac(micro, cap));
    return true;
  }

  /** How much further a side must stand because the reference left it behind; 0 while the reference is cold or stale. */
  vetoFrac(side: number): number {
    return this.hub.isWarm(this.#referenceId) ? this.reference.vetoFrac(side, this.fairPx) : 0;
  }

  /** Takes a `book` or `bbo` frame. Returns whether it told something new. */
  onBook(data: Float64Array, at: number): boolean {
    this.#closeSweep();
    const timeUs = data[at + F.timeUs] as TimeUs;
    const isBbo = data[at + F.kind] === KIND.bbo;
    this.hub.onChannel(isBbo ? CHANNEL.bbo : CHANNEL.book, timeUs);
    if (!(isBbo ? this.book.applyBbo(data, at) : this.book.applyBook(data, at))) return false;
    this.#onTouch();
    return true;
  }

  #onTouch(): void {
    const book = this.book;
    const venueTimeUs = book.touchTimeUs;
    this.#venueTimeUs = venueTimeUs;
    if (!book.hasTouch || book.isCrossed) {
      this.fairPx = Number.NaN;
      this.#microPx = Number.NaN;
      return;
    }
    this.#microPx = microPrice(book);
    this.#updateFair();
    this.volatility.onPrice(this.#microPx);
    this.imbalance.onTouch(book.bidLots, book.askLots);
    this.#settle(venueTimeUs);
    if (book.bidPx === this.#touchBid && book.askPx === this.#touchAsk) return;
    this.#touchBid = book.bidPx;
    this.#touchAsk = book.askPx;
    this.mids.add(venueTimeUs, book.mid);
    this.lastMid = book.mid;
  }

  /** Horizons that ended by `venueTimeUs` are settled at the mid that held until then. */
  #settle(venueTimeUs: TimeUs): void {
    if (Number.isNaN(this.lastMid)) return;
    this.viability.onTime(venueTimeUs);
    this.impact.onMid(venueTimeUs, this.lastMid);
    this.#ownFills.onMid(venueTimeUs, this.lastMid);
  }

  /** Takes a `trade` frame. Replayed trades are old news and feed nothing. */
  onTrade(data: Float64Array, at: number): void {
    this.hub.onChannel(CHANNEL.trades, data[at + F.timeUs] as TimeUs);
    if (data[at + TRADE.replayed] === 1) {
      this.replayedCount += 1;
      return;
    }
    const venueTimeUs = data[at + F.venueTimeUs] as TimeUs;
    const side = data[at + TRADE.side] as number;
    if (!this.#sweeps.continues(side, venueTimeUs)) {
      this.#closeSweep();
      this.#sweeps.open(side, venueTimeUs, this.mids.before(venueTimeUs));
    }
    this.#sweeps.add(data[at + TRADE.px] as Px, data[at + TRADE.lots] as Lots);
  }

  #closeSweep(): void {
    if (!this.#sweeps.close()) return;
    const sweep = this.#sweeps.sweep;
    this.intensity.onSweep(sweep);
    this.impact.onSweep(sweep);
    this.flow.onSweep(sweep.side, sweep.notionalUsd, sweep.venueTimeUs);
  }

  /** Takes a `context` frame; returns the mark. */
  onContext(data: Float64Array, at: number): number {
    this.#closeSweep();
    this.hub.onChannel(CHANNEL.context, data[at + F.timeUs] as TimeUs);
    const oraclePx = data[at + CONTEXT.oraclePx] as number;
    if (this.reference.market === REFERENCE.oracle && oraclePx > 0) {
      this.hub.onChannel(CHANNEL.reference, data[at + F.timeUs] as TimeUs);
      this.reference.onReference(oraclePx);
      this.#updateFair();
    }
    return data[at + CONTEXT.markPx] as number;
  }

  /** An own fill. Returns its distance from the mid before it, as a fraction (from the last mid when none is remembered). */
  onOwnFill(side: number, px: Px, venueTimeUs: TimeUs): number {
    const before = this.mids.before(venueTimeUs);
    const mid = Number.isNaN(before) ? this.lastMid : before;
    const depthFrac = (side * (mid - px)) / mid;
    this.#ownFills.onFill(side, venueTimeUs, before, depthFrac);
    return depthFrac;
  }

  #onOwnMarkout(adverseFrac: number, depthFrac: number): void {
    // Against the curve without the shift that own fills made, or the lesson would be learnt again and again.
    const reach = depthFrac + 1 / this.intensity.kappaForQuotes;
    this.impact.onOwnFill(adverseFrac, this.impact.curveInterceptFrac + this.impact.phi * reach);
  }

  /** The connection's newest message, of whichever market, came at `timeUs`. */
  onConnection(timeUs: TimeUs): void {
    this.hub.onConnection(timeUs);
  }

  onTimer(timeUs: TimeUs): void {
    this.#closeSweep();
    this.volatility.onTimer(timeUs);
    this.imbalance.onTimer(timeUs);
    this.touch.onTimer(timeUs, this.book);
    this.intensity.onTimer(timeUs);
    this.impact.onTimer(timeUs, this.intensity.thresholdIndex);
    this.flow.onTimer(this.#venueTimeUs);
    // A reference that fell silent stands still: measured against it, this market's own way would look like basis.
    this.reference.onTimer(this.hub.isStale(this.#referenceId) ? Number.NaN : this.#microPx);
    this.hub.setWarm(this.#referenceId, this.reference.isWarm, timeUs);
    this.hub.setWarm(this.#fair, !Number.isNaN(this.fairPx), timeUs);
    this.hub.setWarm(this.#depthId, this.imbalance.isWarm, timeUs);
    this.hub.setWarm(this.#volatilityId, this.volatility.isWarm, timeUs);
    this.hub.setWarm(this.#intensityId, this.intensity.graduated, timeUs);
    this.hub.setWarm(this.#impactId, this.impact.sweepCount(this.intensity.thresholdIndex) >= 100, timeUs);
    this.hub.setWarm(this.#flowId, this.flow.isWarm, timeUs);
    this.hub.update(timeUs);
    if (this.#venueTimeUs > 0) this.viability.onTime(this.#venueTimeUs);
  }

  /** Judges the market anew when half a minute has passed since the last verdict. */
  updateViability(timeUs: TimeUs, inputs: ViabilityInputs): void {
    if (timeUs - this.#verdictUs < VERDICT_US) return;
    // A verdict resamples for a millisecond: fifty on one timer hold everything up, one a timer nobody notices.
    this.#verdictUs = this.#verdictUs === Number.NEGATIVE_INFINITY ? timeUs + this.#verdictPhaseUs : timeUs;
    this.viability.evaluate(inputs);
  }

  /** Why the feed cannot be quoted on, or `none`. */
  feedReason(nowUs: TimeUs): Reason {
    return this.hub.feedReason(nowUs);
  }

  /** What a later run may start from: values as in learn/prior.ts. */
  writePrior(out: Float64Array): void {
    this.volatility.writePrior(out, PRIOR_AT.volatility);
    this.intensity.writePrior(out, PRIOR_AT.intensity);
    this.impact.writePrior(out, PRIOR_AT.impact);
    this.touch.writePrior(out, PRIOR_AT.touch);
    out[PRIOR_AT.basis] = this.reference.basis;
  }

  /** Takes a `prior` frame: what an earlier run learnt. Nothing is warm, graduated or proven by it. */
  onPrior(data: Float64Array, at: number): void {
    const weight = data[at + PRIOR.weight] as number;
    const from = at + PRIOR.values;
    this.volatility.applyPrior(data, from + PRIOR_AT.volatility, weight);
    this.intensity.applyPrior(data, from + PRIOR_AT.intensity, weight);
    this.impact.applyPrior(data, from + PRIOR_AT.impact, weight);
    this.touch.applyPrior(data, from + PRIOR_AT.touch, weight);
    this.reference.applyPrior(data[from + PRIOR_AT.basis] as number, weight);
  }

  /** What was known before a gap says nothing about now; what straddles it is dropped. */
  onGap(timeUs: TimeUs): void {
    this.#sweeps.clear();
    this.book.clear();
    this.mids.clear();
    this.fairPx = Number.NaN;
    this.#microPx = Number.NaN;
    this.reference.onGap();
    this.#touchBid = 0;
    this.volatility.onGap();
    this.intensity.onGap();
    this.impact.onGap();
    this.viability.onGap();
    this.#ownFills.onGap();
    this.hub.onGap(timeUs);
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.fairPx);
    hash.fold(this.book.bidPx);
    hash.fold(this.book.askPx);
    hash.fold(this.book.touchTimeUs);
    hash.fold(this.book.depthTimeUs);
    this.volatility.foldInto(hash);
    this.intensity.foldInto(hash);
    this.impact.foldInto(hash);
    this.imbalance.foldInto(hash);
    this.touch.foldInto(hash);
    this.flow.foldInto(hash);
    this.hub.foldInto(hash);
    this.reference.foldInto(hash);
    this.viability.foldInto(hash);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.book.syncState(state);
    this.mids.syncState(state);
    this.volatility.syncState(state);
    this.intensity.syncState(state);
    this.viability.syncState(state);
    this.impact.syncState(state);
    this.imbalance.syncState(state);
    this.touch.syncState(state);
    this.flow.syncState(state);
    this.hub.syncState(state);
    this.reference.syncState(state);
    this.#sweeps.syncState(state);
    this.#ownFills.syncState(state);
    this.fairPx = state.num(this.fairPx);
    this.lastMid = state.num(this.lastMid);
    this.replayedCount = state.num(this.replayedCount);
    this.#microPx = state.num(this.#microPx);
    this.#verdictUs = state.num(this.#verdictUs);
    this.#venueTimeUs = state.num(this.#venueTimeUs);
    this.#touchBid = state.num(this.#touchBid);
    this.#touchAsk = state.num(this.#touchAsk);
  }
}
