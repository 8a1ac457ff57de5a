/**
 * The statistics of one run: every tracker of every market, fed by the exchange in venue time and by the desk in receipt time.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import type { Engine } from "../core/engine.ts";
import { BUY, F, KIND, SELL } from "../core/frame.ts";
import { SLOT, type Slots } from "../core/order/slots.ts";
import type { Lots, MicroUsd, Px, TimeUs } from "../core/units.ts";
import { DRIVER, SCORERS } from "../sim/resting.ts";
import type { ShadowSink } from "../sim/shadow.ts";
import { Attribution } from "../stats/attribution.ts";
import { EdgeTracker } from "../stats/edge.ts";
import { emptyState, type QuoteState, TimeSummary } from "../stats/summary.ts";
import type { DriveObserver } from "./drive.ts";

/** What is followed of one market. */
export interface MarketStatistics {
  /** One tracker a scorer, in the order of SCORERS. */
  readonly edges: readonly EdgeTracker[];
  readonly attribution: Attribution;
  readonly time: TimeSummary;
  readonly state: QuoteState;
  frameCount: number;
  intentCount: number;
  /** Whether the venue sends marks: then mids do not mark. */
  marked: boolean;
}

/** Follows every market of a run; the exchange and the drive tell it what happens. */
export class Statistics implements ShadowSink, DriveObserver {
  readonly markets: readonly MarketStatistics[];
  /** Newest venue time heard. */
  venueTimeUs = 0;
  #engines: readonly Engine[] = [];

  constructor(marketCount: number, scorerCount: number = SCORERS.length) {
    this.markets = Array.from({ length: marketCount }, () => ({
      edges: Array.from({ length: scorerCount }, () => new EdgeTracker()),
      attribution: new Attribution(),
      time: new TimeSummary(),
      state: emptyState(),
      frameCount: 0,
      intentCount: 0,
      marked: false,
    }));
  }

  /** The desk whose quotes are watched. */
  watch(desk: Desk): void {
    this.#engines = desk.engines;
  }

  onFill(
    market: number,
    scorer: number,
    _identity: number,
    venueTimeUs: TimeUs,
    side: number,
    px: Px,
    lots: Lots,
    feeUsd: MicroUsd,
    midBefore: number,
  ): void {
    const m = this.#of(market);
    const sigma = this.#engines[market]?.board.volatility.sigma ?? 0;
    (m.edges[scorer] as EdgeTracker).onFill(venueTimeUs, side, px, lots, feeUsd, midBefore, sigma);
    if (scorer === DRIVER) m.attribution.onFill(side, px, lots, feeUsd, midBefore);
  }

  onMid(market: number, venueTimeUs: TimeUs, mid: number): void {
    const m = this.#of(market);
    if (venueTimeUs > this.venueTimeUs) this.venueTimeUs = venueTimeUs;
    for (let s = 0; s < m.edges.length; s++) (m.edges[s] as EdgeTracker).onMid(venueTimeUs, mid);
    if (!m.marked) m.attribution.onMark(mid);
  }

  onMark(market: number, _venueTimeUs: TimeUs, markPx: number): void {
    const m = this.#of(market);
    m.marked = true;
    m.attribution.onMark(markPx);
  }

  onFunding(market: number, usd: MicroUsd): void {
    this.#of(market).attribution.onFunding(usd);
  }

  onAdopt(market: number, lots: Lots): void {
    this.#of(market).attribution.onAdopt(lots);
  }

  onGap(lastVenueTimeUs: TimeUs): void {
    for (const m of this.markets) for (const edge of m.edges) edge.onGap(lastVenueTimeUs);
  }

  onFrame(data: Float64Array, at: number): void {
    const nowUs = data[at + F.timeUs] as TimeUs;
    const market = data[at + F.market] as number;
    const isGap = data[at + F.kind] === KIND.gap;
    if (market >= 0) this.#look(market, nowUs, isGap);
    else for (let m = 0; m < this.markets.length; m++) this.#look(m, nowUs, isGap);
  }

  #look(market: number, nowUs: TimeUs, isGap: boolean): void {
    const m = this.#of(market);
    const engine = this.#engines[market];
    if (engine === undefined) return;
    m.frameCount += 1;
    if (isGap) m.time.onGap();
    m.time.advance(nowUs, m.state);
    fillState(m.state, engine);
  }

  onIntent(data: Float64Array, at: number): void {
    this.#of(data[at + F.market] as number).intentCount += 1;
  }

  #of(market: number): MarketStatistics {
    return this.markets[market] as MarketStatistics;
  }

  /** The run ended. */
  finish(): void {
    for (const m of this.markets) for (const edge of m.edges) edge.finish(this.venueTimeUs);
  }
}

/** Reads off the engine what stands now. */
function fillState(state: QuoteState, engine: Engine): void {
  const bid = bestRestingPx(engine.slots, BUY);
  const ask = bestRestingPx(engine.slots, SELL);
  const book = engine.board.book;
  const model = engine.quoter.model;
  state.bidResting = bid > 0;
  state.askResting = ask > 0;
  state.bidReason = engine.bidReason;
  state.askReason = engine.askReason;
  state.bidHeld = engine.sender.bidHeld;
  state.askHeld = engine.sender.askHeld;
  const mid = book.mid;
  state.quotedSpreadFrac = bid > 0 && ask > 0 ? (ask - bid) / mid : Number.NaN;
  state.marketSpreadFrac = book.hasTouch ? (book.askPx - book.bidPx) / mid : Number.NaN;
  for (let i = 0; i < state.bidTerms.length; i++) {
    state.bidTerms[i] = model.bidTerms[i] as number;
    state.askTerms[i] = model.askTerms[i] as number;
  }
  state.floorBound = model.bidFloorBound || model.askFloorBound;
  state.capBound = model.bidCapBound || model.askCapBound;
}

/** Best price of our orders that rest on a side; 0 when there is none. */
export function bestRestingPx(slots: Slots, side: number): Px {
  let best = 0;
  for (let i = 0; i < slots.limit; i++) {
    const state = slots.state[i];
    const rests = state === SLOT.resting || state === SLOT.modifying || state === SLOT.cancelling;
    if (!rests || slots.side[i] !== side || (slots.leavesLots[i] as number) <= 0) continue;
    const px = slots.px[i] as Px;
    if (best === 0 || side * (px - best) > 0) best = px;
  }
  return best;
}
