/**
 * Time-weighted facts of a run: how long it quoted, on which sides, how wide, and why not.
 * @module
 */
import { TERMS } from "../core/quote/spread.ts";
import { REASON } from "../core/reason.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";

/** Highest reason code plus one. */
const REASON_COUNT = 64;

/** State of a market between two frames. One object, filled anew after each frame. */
export interface QuoteState {
  bidResting: boolean;
  askResting: boolean;
  /** Why a side is not wanted; `none` when it is. */
  bidReason: number;
  askReason: number;
  /** Why an order that a wanted side lacks could not be sent; `none` when it was, and its answer is awaited. */
  bidHeld: number;
  askHeld: number;
  /** Own best ask less own best bid, and the market's, over the mid; NaN when not two-sided. */
  quotedSpreadFrac: number;
  marketSpreadFrac: number;
  bidTerms: Float64Array;
  askTerms: Float64Array;
  floorBound: boolean;
  capBound: boolean;
}

/** A new state in which nothing is quoted. */
export function emptyState(): QuoteState {
  return {
    bidResting: false,
    askResting: false,
    bidReason: REASON.no_book,
    askReason: REASON.no_book,
    bidHeld: REASON.none,
    askHeld: REASON.none,
    quotedSpreadFrac: Number.NaN,
    marketSpreadFrac: Number.NaN,
    bidTerms: new Float64Array(TERMS.length),
    askTerms: new Float64Array(TERMS.length),
    floorBound: false,
    capBound: false,
  };
}

/** Adds up what held between frames, weighted by how long it held. */
export class TimeSummary {
  durationUs = 0;
  quotingUs = 0;
  /** Time with both sides resting while both were wanted: orders that outlive their reason are no share of it. */
  twoSidedUs = 0;
  /** Time in which both sides were wanted: outside cap, breakers, halts and missing data. */
  twoSidedPossibleUs = 0;
  floorUs = 0;
  capUs = 0;
  /** Microseconds a side was not quoted, by reason code; both sides summed. */
  readonly noQuoteUs = new Float64Array(REASON_COUNT);
  readonly termSum = new Float64Array(TERMS.length);
  #pricedUs = 0;
  #quotedSum = 0;
  #quotedUs = 0;
  #marketSum = 0;
  #marketUs = 0;
  #atUs = Number.NaN;

  /** Time reached `nowUs` in the state that held until then. */
  advance(nowUs: TimeUs, state: QuoteState): void {
    const dt = Number.isNaN(this.#atUs) ? 0 : nowUs - this.#atUs;
    this.#atUs = nowUs;
    if (dt <= 0) return;
    this.durationUs += dt;
    if (state.bidResting || state.askResting) this.quotingUs += dt;
    const wanted = state.bidReason === REASON.none && state.askReason === REASON.none;
    if (wanted) {
      this.twoSidedPossibleUs += dt;
      if (state.bidResting && state.askResting) this.twoSidedUs += dt;
      this.#addPriced(dt, state);
    }
    if (!state.bidResting) this.#addMissing(state.bidReason, state.bidHeld, dt);
    if (!state.askResting) this.#addMissing(state.askReason, state.askHeld, dt);
    if (!Number.isNaN(state.quotedSpreadFrac)) {
      this.#quotedSum += state.quotedSpreadFrac * dt;
      this.#quotedUs += dt;
    }
    if (!Number.isNaN(state.marketSpreadFrac)) {
      this.#marketSum += state.marketSpreadFrac * dt;
      this.#marketUs += dt;
    }
  }

  #addPriced(dt: number, state: QuoteState): void {
    this.#pricedUs += dt;
    if (state.floorBound) this.floorUs += dt;
    if (state.capBound) this.capUs += dt;
    for (let i = 0; i < TERMS.length; i++) {
      const both = (state.bidTerms[i] as number) + (state.askTerms[i] as number);
      this.termSum[i] = (this.termSum[i] as number) + (both / 2) * dt;
    }
  }

  /** A side that is wanted and not there is on its way: sent and not answered, or held back. */
  #addMissing(reason: number, held: number, dt: number): void {
    const code = reason !== REASON.none ? reason : held !== REASON.none ? held : REASON.in_flight;
    this.noQuoteUs[code] = (this.noQuoteUs[code] as number) + dt;
  }

  /** The time inside a gap is no time of the run. */
  onGap(): void {
    this.#atUs = Number.NaN;
  }

  get seconds(): number {
    return this.durationUs / US_PER_SECOND;
  }
  get quotedSpreadFrac(): number {
    return this.#quotedSum / this.#quotedUs;
  }
  get marketSpreadFrac(): number {
    return this.#marketSum / this.#marketUs;
  }
  /** Mean of a term over the time in which both sides were priced. */
  termFrac(i: number): number {
    return (this.termSum[i] as number) / this.#pricedUs;
  }
  get floorRatio(): number {
    return this.floorUs / this.#pricedUs;
  }
  get capRatio(): number {
    return this.capUs / this.#pricedUs;
  }
}
