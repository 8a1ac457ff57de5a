/**
 * Volatility of the micro-price, freed from the bounce between touches, at two horizons.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { MarketParams } from "../params.ts";
import type { StateWalk } from "../state.ts";
import { US_PER_SECOND } from "../units.ts";

/** Pseudo-time for which the prior counts, seconds. */
const PRIOR_SECONDS = 60;
/** Weight of the fast horizon in the variance used. */
const FAST_WEIGHT = 0.7;
/** The corrected variance is at least this share of the plain one: with noise it can come out negative. */
const CORRECTION_FLOOR = 0.2;
/** A second's squared return counts as at most this many variances: a jump is not volatility. */
const RETURN_CAP = 25;
/** Samples until the estimate is more data than prior. */
const WARM_COUNT = 60;

/**
 * Ratio-form moving averages of r^2 and r r_-1 for irregular or regular times: num decays and adds, den decays and adds time.
 *
 * var = (num(r^2) + 2 num(r r_-1)) / den per second: the first autocovariance takes out independent noise (Zhou 1996). Unbiased from the
 * first sample and free of 1/dt.
 */
export class VarianceAverage {
  square = 0;
  cross = 0;
  seconds = 0;
  readonly #tauSeconds: number;

  /** @param halfLifeSeconds Half-life of a sample. */
  constructor(halfLifeSeconds: number) {
    this.#tauSeconds = halfLifeSeconds / Math.LN2;
  }

  /** Adds a return over `dtSeconds`, and its product with the return before it (0 when there was none). */
  add(squared: number, crossed: number, dtSeconds: number): void {
    const keep = Math.exp(-dtSeconds / this.#tauSeconds);
    this.square = keep * this.square + squared;
    this.cross = keep * this.cross + crossed;
    this.seconds = keep * this.seconds + dtSeconds;
  }

  /** Variance per second, corrected for the first autocovariance and floored. */
  get corrected(): number {
    return Math.max(this.square + 2 * this.cross, CORRECTION_FLOOR * this.square) / this.seconds;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.square = state.num(this.square);
    this.cross = state.num(this.cross);
    this.seconds = state.num(this.seconds);
  }
}

/** Two horizons of variance, mixed, floored, with a prior of a minute and jumps capped. */
export class Volatility {
  /** Standard deviation per square root of a second, fraction of price. */
  sigma: number;
  sampleCount = 0;
  readonly #fast: VarianceAverage;
  readonly #slow: VarianceAverage;
  readonly #floor: number;
  #price = Number.NaN;
  #lastPrice = Number.NaN;
  #lastReturn = 0;
  #lastSecond = Number.NaN;

  constructor(params: MarketParams) {
    this.#fast = new VarianceAverage(params.volatilityFastSeconds);
    this.#slow = new VarianceAverage(params.volatilitySlowSeconds);
    this.#floor = params.volatilityFloorFrac;
    for (const average of [this.#fast, this.#slow]) {
      average.square = params.volatilityPriorFrac ** 2 * PRIOR_SECONDS;
      average.seconds = PRIOR_SECONDS;
    }
    this.sigma = Math.max(this.#floor, params.volatilityPriorFrac);
  }

  /** Takes the newest micro-price. */
  onPrice(price: number): void {
    this.#price = price;
  }

  /** Samples at whole seconds; other timers pass. */
  onTimer(timeUs: number): void {
    if (timeUs % US_PER_SECOND !== 0 || Number.isNaN(this.#price)) return;
    const second = timeUs / US_PER_SECOND;
    const price = this.#price;
    if (second - this.#lastSecond === 1) this.#sample(Math.log(price / this.#lastPrice));
    this.#lastPrice = price;
    this.#lastSecond = second;
  }

  #sample(r: number): void {
    const cap = RETURN_CAP * this.sigma * this.sigma;
    const squared = Math.min(r * r, cap);
    const bounded = Math.sign(r) * Math.sqrt(squared);
    const crossed = bounded * this.#lastReturn;
    this.#fast.add(squared, crossed, 1);
    this.#slow.add(squared, crossed, 1);
    this.#lastReturn = bounded;
    this.sampleCount += 1;
    const variance = FAST_WEIGHT * this.#fast.corrected + (1 - FAST_WEIGHT) * this.#slow.corrected;
    this.sigma = Math.max(this.#floor, Math.sqrt(variance));
  }

  /** The return across a gap is no return. */
  onGap(): void {
    this.#price = Number.NaN;
    this.#lastPrice = Number.NaN;
    this.#lastSecond = Number.NaN;
    this.#lastReturn = 0;
  }

  /** Variances per second, fast and slow, for a later run. */
  writePrior(out: Float64Array, at: number): void {
    out[at] = this.#fast.corrected;
    out[at + 1] = this.#slow.corrected;
  }

  /** Puts what an earlier run saw in the place of the configured prior, as far as its weight goes: a minute's worth, and no sample. */
  applyPrior(values: Float64Array, at: number, weight: number): void {
    const blend = (average: VarianceAverage, variance: number): void => {
      if (!(variance > 0) || !Number.isFinite(variance)) return;
      average.square = (weight * variance + (1 - weight) * average.corrected) * PRIOR_SECONDS;
      average.seconds = PRIOR_SECONDS;
    };
    blend(this.#fast, values[at] as number);
    blend(this.#slow, values[at + 1] as number);
    const variance = FAST_WEIGHT * this.#fast.corrected + (1 - FAST_WEIGHT) * this.#slow.corrected;
    this.sigma = Math.max(this.#floor, Math.sqrt(variance));
  }

  get isWarm(): boolean {
    return this.sampleCount >= WARM_COUNT;
  }

  /** How far the fast horizon stands above the slow one: 0 at par or below, 1 at three times. Cold: NaN. */
  get ratioFeature(): number {
    if (!this.isWarm) return Number.NaN;
    const ratio = Math.log(this.#fast.corrected / this.#slow.corrected) / 2;
    return Math.min(1, Math.max(0, ratio / Math.log(3)));
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.sigma);
    hash.fold(this.#lastReturn);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.sigma = state.num(this.sigma);
    this.sampleCount = state.num(this.sampleCount);
    this.#fast.syncState(state);
    this.#slow.syncState(state);
    this.#price = state.num(this.#price);
    this.#lastPrice = state.num(this.#lastPrice);
    this.#lastReturn = state.num(this.#lastReturn);
    this.#lastSecond = state.num(this.#lastSecond);
  }
}
