/**
 * One market's quoting: estimates and position to two ladders.
 * @module
 */

import { assert } from "../assert.ts";
import { BUY, SELL } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { BookView } from "../market/book.ts";
import { type Instrument, lotsForAtLeast, lotsForAtMost, tickFrac } from "../market/instrument.ts";
import type { MarketParams } from "../params.ts";
import { CHI_MIN } from "../quota/band.ts";
import { Band, prepareBand } from "../quota/gate.ts";
import { CHI_START, type PricedMarket } from "../quota/price.ts";
import { REASON, type Reason } from "../reason.ts";
import type { SignalBoard } from "../signal/board.ts";
import type { StateWalk } from "../state.ts";
import type { Lots } from "../units.ts";
import { Ladder, type LadderInputs, writeLadder } from "./ladder.ts";
import { type QuoteInputs, QuoteModel } from "./model.ts";
import { TERM } from "./spread.ts";
import type { ViabilityInputs } from "./viability.ts";

/** Owns the quote model, the band and both ladders of a market. */
export class Quoter {
  readonly model: QuoteModel;
  /** Each side has its own: the pull threshold depends on how close its best distance stands to fair value. */
  readonly bidBand = new Band();
  readonly askBand = new Band();
  readonly bids = new Ladder();
  readonly asks = new Ladder();
  kappaPerFrac: number;
  /** Whether the last ladders were one minimum order a side because the market is not known to pay. */
  minimal = true;
  /** Whether the last reducing ladder closes a position that is too small for an ordinary order. */
  reduceOnly = false;
  /** Distances of the best levels without the reset, of the position last priced. */
  bidBestFrac = 0;
  askBestFrac = 0;
  /** What scarcity of requests asks of this market: the price of one, dimensionless, and the most levels a side. */
  chi: number;
  levelsMax: number;
  readonly #params: MarketParams;
  readonly #inputs: QuoteInputs;
  readonly #ladderInputs: LadderInputs;
  readonly #viabilityInputs: ViabilityInputs;
  #instrument: Instrument | null = null;
  #capLots = 0;
  readonly #fixed: boolean;

  constructor(params: MarketParams) {
    this.#params = params;
    this.#fixed = params.halfSpreadFixedFrac > 0;
    this.chi = params.chi >= 0 ? params.chi : CHI_START;
    this.levelsMax = params.levelsMax;
    prepareBand(this.chi);
    this.kappaPerFrac = params.kappaPriorPerFrac;
    this.model = new QuoteModel(params);
    this.#inputs = {
      nowUs: 0,
      kappaPerFrac: params.kappaPriorPerFrac,
      arrivalPerSecond: params.arrivalPriorCount / params.arrivalPriorSeconds,
      phi: 0,
      interceptFrac: 0,
      feeFrac: 0,
      sigma: params.volatilityPriorFrac,
      latencySeconds: params.latencySeconds,
      staleFactor: 1,
      tickFrac: 0,
      clipsMax: 1,
      features: { volatility: 0, toxicity: 0, depletion: 0, kappaUncertainty: 0, drawdown: 0 },
    };
    this.#viabilityInputs = {
      thresholdIndex: 0,
      sigma: 0,
      latencySeconds: params.latencySeconds,
      feeFrac: 0,
      touchHalfFrac: 0,
      clipUsd: params.clipUsd,
    };
    this.#ladderInputs = {
      side: BUY,
      fairPx: 0,
      szDecimals: 0,
      bestFrac: 0,
      resetFrac: 0,
      stepFrac: 0,
      oppositePx: 0,
      kappaPerFrac: 0,
      gainSlope: 1,
      gainCostFrac: 0,
      sweepUsd: 1,
      roomLots: 0,
      clipUsd: params.clipUsd,
      orderMinUsd: params.orderMinUsd,
      levelsMax: params.levelsMax,
      minimal: false,
    };
  }

  setInstrument(instrument: Instrument): void {
    this.#instrument = instrument;
    this.#inputs.feeFrac = instrument.makerFeeFrac;
  }

  /** The loop that quotes and verdicts allow for, seconds: as measured, once it is. */
  setLatency(seconds: number): void {
    this.#inputs.latencySeconds = seconds;
    this.#viabilityInputs.latencySeconds = seconds;
  }

  /** Whether the market is outside `viable`, so that only the least is quoted. The comparison strategy does not ask. */
  isMinimal(board: SignalBoard): boolean {
    return !this.#fixed && !board.viability.isViable;
  }

  /** What a verdict on the market needs beside its sweeps. */
  viabilityInputs(board: SignalBoard): ViabilityInputs {
    const inputs = this.#viabilityInputs;
    inputs.thresholdIndex = board.intensity.thresholdIndex;
    inputs.sigma = board.volatility.sigma;
    inputs.feeFrac = this.#inputs.feeFrac;
    // The usual touch, not this moment's: a verdict holds for half a minute and more.
    inputs.touchHalfFrac = Number.isNaN(board.touch.meanFrac) ? 0 : board.touch.meanFrac;
    return inputs;
  }

  /** Takes new estimates. Called on timers, at most four times a second. Returns false while there is no price to make them of. */
  refresh(nowUs: number, board: SignalBoard, capLots: Lots, drawdownRatio: number): boolean {
    const instrument = this.#instrument;
    if (instrument === null || !(board.fairPx > 0)) return false;
    const inputs = this.#inputs;
    this.#capLots = capLots;
    inputs.nowUs = nowUs;
    inputs.kappaPerFrac = board.intensity.kappaForQuotes;
    inputs.arrivalPerSecond = board.intensity.arrivalPerSecond;
    inputs.phi = board.impact.phi;
    inputs.interceptFrac = board.impact.interceptFrac;
    inputs.sigma = board.volatility.sigma;
    inputs.staleFactor = board.hub.staleFactor;
    inputs.tickFrac = tickFrac(board.fairPx, instrument.szDecimals);
    inputs.clipsMax = Math.max(1, Math.floor(this.#params.positionCapUsd / this.#params.clipUsd));
    inputs.features.volatility = board.volatility.ratioFeature;
    inputs.features.toxicity = board.flow.toxicity;
    inputs.features.depletion = board.imbalance.depletion;
    inputs.features.kappaUncertainty = board.intensity.uncertainty;
    inputs.features.drawdown = drawdownRatio;
    this.kappaPerFrac = inputs.kappaPerFrac;
    this.model.refresh(inputs);
    board.intensity.setFlatDistance(this.model.halfFlatFrac);
    this.minimal = this.isMinimal(board);
    return true;
  }

  /** Prices a position: distances, terms and the bands around them. */
  price(positionLots: Lots, fairPx: number): void {
    const positionClips = (positionLots * fairPx) / this.#params.clipUsd;
    const capUsedRatio = this.#capLots === 0 ? 0 : positionLots / this.#capLots;
    this.model.price(positionClips, capUsedRatio);
    this.bidBestFrac = this.model.bidBestFrac;
    this.askBestFrac = this.model.askBestFrac;
    const drift = this.#inputs.sigma * Math.sqrt(this.#inputs.latencySeconds);
    this.bidBand.set(this.chi, this.kappaPerFrac, this.bidBestFrac, drift);
    this.askBand.set(this.chi, this.kappaPerFrac, this.askBestFrac, drift);
    this.model.bidTerms[TERM.reset] = this.resetFrac(BUY);
    this.model.askTerms[TERM.reset] = this.resetFrac(SELL);
    this.reduceOnly = false;
  }

  /** What the price of a request depends on here. */
  writePriced(out: PricedMarket): void {
    const params = this.#params;
    const s = this.kappaPerFrac * this.#inputs.sigma;
    out.stalenessPerSecond = s * s;
    out.kappaPerFrac = this.kappaPerFrac;
    out.clipUsd = this.minimal ? params.orderMinUsd : params.clipUsd;
    out.creditRatio = this.#instrument?.creditRatio ?? 1;
    out.orderCount = Math.max(2, this.bids.count + this.asks.count);
    out.chiFixed = params.chi >= 0 ? Math.max(params.chi, CHI_MIN) : 0;
  }

  /** The band of a side. */
  band(side: number): Band {
    return side === BUY ? this.bidBand : this.askBand;
  }

  /** What scarcity of requests adds to a freshly set quote. */
  resetFrac(side: number): number {
    return this.#fixed ? 0 : this.band(side).u0 / this.kappaPerFrac;
  }

  #fillLadderInputs(side: number, fairPx: number, book: BookView): LadderInputs {
    const instrument = this.#instrument;
    assert(instrument !== null, "quoter: facts come before quotes");
    const inputs = this.#ladderInputs;
    inputs.side = side;
    inputs.fairPx = fairPx;
    inputs.szDecimals = instrument.szDecimals;
    inputs.bestFrac = side === BUY ? this.bidBestFrac : this.askBestFrac;
    const band = this.band(side);
    inputs.resetFrac = this.resetFrac(side);
    inputs.stepFrac = Math.max(this.#inputs.tickFrac, (band.hi - band.lo) / this.kappaPerFrac);
    inputs.oppositePx = side === BUY ? book.askPx : book.bidPx;
    inputs.kappaPerFrac = this.kappaPerFrac;
    // The comparison strategy takes every distance as good.
    const phi = this.#fixed ? 0 : this.#inputs.phi;
    const cost = this.#inputs.interceptFrac + phi / this.kappaPerFrac + this.#inputs.feeFrac;
    inputs.gainSlope = 1 - phi;
    inputs.gainCostFrac = this.#fixed ? -1 : cost;
    return inputs;
  }

  /**
   * Writes the ladder of one side. `burstFrac` is what a burst keeps it away by, `vetoFrac` what the reference does. Returns why it is
   * empty, or `none`.
   */
  writeSide(
    side: number,
    fairPx: number,
    burstFrac: number,
    vetoFrac: number,
    roomLots: Lots,
    board: SignalBoard,
  ): Reason {
    const inputs = this.#fillLadderInputs(side, fairPx, board.book);
    inputs.bestFrac += burstFrac + vetoFrac;
    inputs.sweepUsd = board.intensity.sweepUsd;
    inputs.roomLots = roomLots;
    inputs.levelsMax = this.levelsMax;
    inputs.minimal = this.minimal || burstFrac > 0;
    this.model.termsOf(side)[TERM.reference] = vetoFrac;
    this.model.termsOf(side)[TERM.burst] = burstFrac;
    return writeLadder(side === BUY ? this.bids : this.asks, inputs);
  }

  /**
   * Writes the ladders of a desk that may only reduce: one order on `side` (0: none) of at most the position, nothing on the other.
   * A whole position under the venue's minimum closes reduce-only, which the venue allows below its minimum.
   */
  writeReducing(side: number, positionLots: Lots, fairPx: number, book: BookView): void {
    this.bids.count = 0;
    this.asks.count = 0;
    if (side === 0) return;
    const instrument = this.#instrument;
    assert(instrument !== null, "quoter: facts come before quotes");
    const inputs = this.#fillLadderInputs(side, fairPx, book);
    inputs.roomLots = Number.POSITIVE_INFINITY;
    inputs.minimal = true;
    const ladder = side === BUY ? this.bids : this.asks;
    if (writeLadder(ladder, inputs) !== REASON.none) return;
    const px = ladder.px[0] as number;
    const least = lotsForAtLeast(instrument.minNotionalUsd, px);
    const clipLots = Math.max(least, lotsForAtMost(this.#params.clipUsd, px));
    this.reduceOnly = positionLots < least;
    // What would be left under the minimum goes with this order: it could not be closed by an ordinary one later.
    const rest = positionLots - clipLots;
    ladder.lots[0] = rest <= 0 || rest < least ? positionLots : clipLots;
  }

  foldInto(hash: RunningHash): void {
    this.model.foldInto(hash);
    hash.fold(this.bidBand.lo);
    hash.fold(this.askBand.lo);
    hash.fold(this.bidBand.u0);
    hash.fold(this.minimal ? 1 : 0);
  }

  /** Every field that decides the future; instrument and measured latency are set again by engine and desk. */
  syncState(state: StateWalk): void {
    this.model.syncState(state);
    this.bidBand.syncState(state);
    this.askBand.syncState(state);
    this.bids.syncState(state);
    this.asks.syncState(state);
    this.kappaPerFrac = state.num(this.kappaPerFrac);
    this.minimal = state.bool(this.minimal);
    this.reduceOnly = state.bool(this.reduceOnly);
    this.bidBestFrac = state.num(this.bidBestFrac);
    this.askBestFrac = state.num(this.askBestFrac);
    this.#capLots = state.num(this.#capLots);
    this.chi = state.num(this.chi);
    this.levelsMax = state.num(this.levelsMax);
    const inputs = this.#inputs;
    inputs.nowUs = state.num(inputs.nowUs);
    inputs.kappaPerFrac = state.num(inputs.kappaPerFrac);
    inputs.arrivalPerSecond = state.num(inputs.arrivalPerSecond);
    inputs.phi = state.num(inputs.phi);
    inputs.interceptFrac = state.num(inputs.interceptFrac);
    inputs.sigma = state.num(inputs.sigma);
    inputs.staleFactor = state.num(inputs.staleFactor);
    inputs.tickFrac = state.num(inputs.tickFrac);
    inputs.clipsMax = state.num(inputs.clipsMax);
    // A reducing ladder is written without a sweep size of its own; everything else of both is filled before it is read.
    this.#ladderInputs.sweepUsd = state.num(this.#ladderInputs.sweepUsd);
  }
}
