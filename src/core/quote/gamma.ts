/**
 * Risk aversion: calibrated from a skew one wants to see, then moved by bounded features.
 * @module
 */

import { assert } from "../assert.ts";
import type { MarketParams } from "../params.ts";
import type { StateWalk } from "../state.ts";
import { US_PER_SECOND } from "../units.ts";
import { closedFormSkew } from "./glft.ts";

/** Fastest change of ln gamma per second: gamma must not spend requests by jittering. */
export const LOG_GAMMA_PER_SECOND_MAX = 0.1;

/** A last step of this size lands within the last digits: a secant's error shrinks with the product of its last two steps. */
const STEP_END = 1e-13;
/** Halving alone from the widest bounds ends by then. */
const STEPS_MAX = 60;

/** Features of risk, each in [0, 1]; NaN is a cold signal and changes nothing. */
export interface RiskFeatures {
  volatility: number;
  toxicity: number;
  depletion: number;
  kappaUncertainty: number;
  drawdown: number;
}

/**
 * Gamma whose closed-form skew per clip is `skewFrac`, within [min, max].
 *
 * Dimensionless: CARA aversion times the notional of one clip. ln skew rises with ln gamma, at slope 1/2 where gamma is small (its limit,
 * gamma = 2 A kappa skew^2 / (e sigma^2), is where the search begins) and steeper beyond: a secant within a bracket takes five to eight
 * steps where halving took sixty, which was half of a refresh.
 */
export function gammaFromSkew(
  skewFrac: number,
  kappa: number,
  arrivalPerSecond: number,
  sigma: number,
  min: number,
  max: number,
): number {
  assert(min > 0 && max >= min, "gamma: bounds are above 0 and in order");
  if (closedFormSkew(kappa, arrivalPerSecond, min, sigma) >= skewFrac) return min;
  if (closedFormSkew(kappa, arrivalPerSecond, max, sigma) <= skewFrac) return max;
  let low = Math.log(min);
  let high = Math.log(max);
  let x = Math.log((2 * arrivalPerSecond * kappa * skewFrac * skewFrac) / (Math.E * sigma * sigma));
  if (!(x > low && x < high)) x = (low + high) / 2;
  let slope = 0.5;
  let off = logSkewOff(x, skewFrac, kappa, arrivalPerSecond, sigma);
  for (let i = 0; i < STEPS_MAX; i++) {
    if (off < 0) low = x;
    else high = x;
    let next = x - off / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - x) <= STEP_END) return Math.exp(next);
    const offNext = logSkewOff(next, skewFrac, kappa, arrivalPerSecond, sigma);
    const rise = (offNext - off) / (next - x);
    if (rise > 0) slope = rise;
    x = next;
    off = offNext;
  }
  return Math.exp(x);
}

/** ln of the skew at a ln gamma over the wanted one. A function of its own: a closure would be made anew with every refresh. */
function logSkewOff(
  logGamma: number,
  skewFrac: number,
  kappa: number,
  arrivalPerSecond: number,
  sigma: number,
): number {
  return Math.log(closedFormSkew(kappa, arrivalPerSecond, Math.exp(logGamma), sigma) / skewFrac);
}

/** A feature as the models take it: clipped, and 0 while its signal is cold. */
function bounded(x: number): number {
  return x > 0 ? Math.min(1, x) : 0;
}

/** Sum of beta x over the features. */
function additiveSum(features: RiskFeatures, params: MarketParams): number {
  return (
    params.betaVolatility * bounded(features.volatility) +
    params.betaToxicity * bounded(features.toxicity) +
    params.betaDepletion * bounded(features.depletion) +
    params.betaKappaUncertainty * bounded(features.kappaUncertainty) +
    params.betaDrawdown * bounded(features.drawdown)
  );
}

/** ln of the product of (1 + beta x) over the features: the multiplicative chain, kept for comparison. */
function multiplicativeLog(features: RiskFeatures, params: MarketParams): number {
  return (
    Math.log1p(params.betaVolatility * bounded(features.volatility)) +
    Math.log1p(params.betaToxicity * bounded(features.toxicity)) +
    Math.log1p(params.betaDepletion * bounded(features.depletion)) +
    Math.log1p(params.betaKappaUncertainty * bounded(features.kappaUncertainty)) +
    Math.log1p(params.betaDrawdown * bounded(features.drawdown))
  );
}

/** M tanh(z / M): slope 1 near 0, never beyond M, so that no chain of features multiplies gamma out of sight. */
export function softBound(z: number, rangeMax: number): number {
  return rangeMax === 0 ? 0 : rangeMax * Math.tanh(z / rangeMax);
}

/** ln(gamma / gamma0) under the blend of the log-additive (1) and the multiplicative (0) model. */
export function logGammaShift(features: RiskFeatures, params: MarketParams): number {
  const additive = softBound(additiveSum(features, params), params.gammaLogRangeMax);
  const blend = params.riskModelBlend;
  return blend === 1 ? additive : blend * additive + (1 - blend) * multiplicativeLog(features, params);
}

/** Gamma over time: follows its model at a limited rate. */
export class GammaModel {
  gamma = Number.NaN;
  #atUs = 0;

  /** Moves towards gamma0 e^shift within the bounds and the rate; the first call lands on it. */
  update(gamma0: number, features: RiskFeatures, params: MarketParams, nowUs: number): number {
    const wanted = Math.min(
      params.gammaMax,
      Math.max(params.gammaMin, gamma0 * Math.exp(logGammaShift(features, params))),
    );
    if (Number.isNaN(this.gamma)) this.gamma = wanted;
    const step = (LOG_GAMMA_PER_SECOND_MAX * Math.max(0, nowUs - this.#atUs)) / US_PER_SECOND;
    const change = Math.log(wanted / this.gamma);
    // Landing on the wanted value exactly keeps equal inputs equal, so that the solver's cache holds.
    this.gamma = Math.abs(change) <= step ? wanted : this.gamma * Math.exp(Math.sign(change) * step);
    this.#atUs = nowUs;
    return this.gamma;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.gamma = state.num(this.gamma);
    this.#atUs = state.num(this.#atUs);
  }
}
