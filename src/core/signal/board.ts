/**
 * All that is known of one market: its book, and every estimate made from book and trades.
 * @module
 */
import { CONTEXT, F, KIND, TRADE } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import { OwnMarkouts } from "../learn/markout.ts";
import { BookView, MidHistory } from "../market/book.ts";
import { SweepAssembler } from "../market/trades.ts";
import type { MarketParams } from "../params.ts";
import { Viability, type ViabilityInputs } from "../quote/viability.ts";
import type { Reason } from "../reason.ts";
import type { Lots, Px, TimeUs } from "../units.ts";
import { Flow } from "./flow.ts";
import { CHANNEL, SignalHub } from "./hub.ts";
import { microPrice, TouchDepth } from "./imbalance.ts";
import { Impact } from "./impact.ts";
import { Intensity } from "./intensity.ts";
import { Volatility } from "./volatility.ts";

/** Time between two verdicts: one block. */
const VERDICT_US = 30_000_000;

/** Feeds book and trades to every estimator of a market, and holds what they say. */
export class SignalBoard {
  readonly book = new BookView();
  readonly mids = new MidHistory();
  readonly volatility: Volatility;
  readonly intensity: Intensity;
  readonly viability = new Viability();
  readonly impact: Impact;
  readonly imbalance = new TouchDepth();
  readonly flow = new Flow();
  readonly hub: SignalHub;
  /** Fair value, price units: the micro-price. */
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
  #verdictUs = Number.NEGATIVE_INFINITY;
  #venueTimeUs = 0;
  #touchBid = 0;
  #touchAsk = 0;

  constructor(params: MarketParams) {
    this.volatility = new Volatility(params);
    this.intensity = new Intensity(params);
    this.impact = new Impact(params, this.viability);
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
      return;
    }
    this.fairPx = microPrice(book);
    this.volatility.onPrice(this.fairPx);
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
    this.intensity.onTimer(timeUs);
    this.impact.onTimer(timeUs, this.intensity.thresholdIndex);
    this.flow.onTimer(this.#venueTimeUs);
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
    this.#verdictUs = timeUs;
    this.viability.evaluate(inputs);
  }

  /** Why the feed cannot be quoted on, or `none`. */
  feedReason(nowUs: TimeUs): Reason {
    return this.hub.feedReason(nowUs);
  }

  /** What was known before a gap says nothing about now; what straddles it is dropped. */
  onGap(timeUs: TimeUs): void {
    this.#sweeps.clear();
    this.book.clear();
    this.mids.clear();
    this.fairPx = Number.NaN;
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
    this.flow.foldInto(hash);
    this.hub.foldInto(hash);
    this.viability.foldInto(hash);
  }
}
