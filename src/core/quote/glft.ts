/**
 * Optimal quote offsets of a risk-averse market maker with a bound on inventory: the exact stationary solution and its closed form.
 * @module
 */

import { assert } from "../assert.ts";
import type { StateWalk } from "../state.ts";

/** Largest inventory bound, in clips, that quoting runs the exact recursion for: beyond it both forms agree where positions really are. */
export const EXACT_CLIPS_MAX = 20;

/** ln(1 + x) / x, which tends to 1: without the series the quotient of two tiny numbers would lose its digits. */
function logRatio(x: number): number {
  return Math.abs(x) < 1e-8 ? 1 - x / 2 + (x * x) / 3 : Math.log1p(x) / x;
}

/** Risk-neutral half-spread under aversion gamma: ln(1 + gamma/kappa) / gamma, at most 1/kappa. */
export function riskHalfSpread(kappa: number, gamma: number): number {
  return logRatio(gamma / kappa) / kappa;
}

/** (1 + gamma/kappa)^(1 + kappa/gamma), which tends to e. */
function growth(kappa: number, gamma: number): number {
  const x = gamma / kappa;
  return Math.exp((1 + x) * logRatio(x));
}

/**
 * Skew per clip of the closed form: sigma sqrt(gamma / (2 A kappa) (1 + gamma/kappa)^(1 + kappa/gamma)).
 *
 * Source: Gueant (2017), arXiv:1605.01862, eqs. 4.6 and 4.7 with xi = gamma and Delta = 1.
 */
export function closedFormSkew(kappa: number, arrivalPerSecond: number, gamma: number, sigma: number): number {
  return sigma * Math.sqrt((gamma / (2 * arrivalPerSecond * kappa)) * growth(kappa, gamma));
}

/**
 * Solves for the offsets at every inventory from -Q to Q clips, and answers at any inventory between.
 *
 * With alpha = kappa gamma sigma^2 / 2 and eta = A (1 + gamma/kappa)^-(1 + kappa/gamma), the value function's ratios r_q = f_q / f_(q-1)
 * of the ground state satisfy r_Q = eta / (alpha Q^2 + mu), r_q = eta / (alpha q^2 + mu - eta r_(q+1)), and mu is the root of
 * mu = 2 eta r_1 in (0, 2 eta]. Then bid(q) = base - ln(r_(q+1)) / kappa for q >= 0, mirrored below, and ask(q) = bid(-q).
 *
 * Source: Gueant, Lehalle and Fernandez-Tapia (2013), Mathematics and Financial Economics 7, 477-507; stationary limit of theorem 1.
 *
 * Any consistent units do: distances in fractions of price go with kappa per fraction and sigma in fractions per square root of a second.
 */
export class GlftSolver {
  /** Times that the recursion was really solved; equal inputs return at once. */
  solveCount = 0;
  /** Distance at which one fill is worth most without inventory: ln(1 + gamma/kappa)/gamma. */
  base = 0;
  /** Smallest eigenvalue of the control problem, negative: -lambda0 / kappa is the growth rate of certainty-equivalent wealth. */
  lambda0 = 0;
  #kappa = Number.NaN;
  #arrival = Number.NaN;
  #gamma = Number.NaN;
  #sigma = Number.NaN;
  #clipsMax = -1;
  #slope = 0;
  readonly #exactClipsMax: number;
  /** ln(r_q) / kappa for q = 1..Q. */
  readonly #logRatios: Float64Array;

  /** @param exactClipsMax Bound up to which the exact recursion is used. */
  constructor(exactClipsMax = EXACT_CLIPS_MAX) {
    this.#exactClipsMax = exactClipsMax;
    this.#logRatios = new Float64Array(exactClipsMax + 2);
  }

  /**
   * Takes the inputs; does nothing when none has moved.
   * @param clipsMax Q: whole clips that the cap holds, at least 1. Above the solver's limit the closed form answers.
   */
  solve(kappa: number, arrivalPerSecond: number, gamma: number, sigma: number, clipsMax: number): void {
    if (
      kappa === this.#kappa &&
      arrivalPerSecond === this.#arrival &&
      gamma === this.#gamma &&
      sigma === this.#sigma &&
      clipsMax === this.#clipsMax
    ) {
      return;
    }
    assert(kappa > 0 && arrivalPerSecond > 0, "glft: decay and arrival are above 0");
    assert(gamma >= 0 && sigma >= 0, "glft: aversion and volatility are at least 0");
    assert(Number.isSafeInteger(clipsMax) && clipsMax >= 1, "glft: the bound is a whole number of clips");
    this.#kappa = kappa;
    this.#arrival = arrivalPerSecond;
    this.#gamma = gamma;
    this.#sigma = sigma;
    this.#clipsMax = clipsMax;
    this.solveCount += 1;
    this.base = riskHalfSpread(kappa, gamma);
    if (clipsMax <= this.#exactClipsMax) this.#solveExact();
    else this.#slope = closedFormSkew(kappa, arrivalPerSecond, gamma, sigma);
  }

  #solveExact(): void {
    const eta = this.#arrival / growth(this.#kappa, this.#gamma);
    const alpha = (this.#kappa * this.#gamma * this.#sigma * this.#sigma) / 2;
    // g(mu) = mu - 2 eta r_1(mu) increases; a denominator at or below 0 means mu is too small.
    let low = 0;
    let high = 2 * eta;
    for (let i = 0; i < 200 && high - low > 0; i++) {
      const mu = (low + high) / 2;
      if (mu <= low || mu >= high) break;
      if (this.#residual(mu, alpha, eta) < 0) low = mu;
      else high = mu;
    }
    this.lambda0 = -high;
    this.#residual(high, alpha, eta);
    for (let q = 1; q <= this.#clipsMax; q++) this.#logRatios[q] = Math.log(this.#logRatios[q] as number) / this.#kappa;
  }

  /** Fills the ratios for `mu` and returns mu - 2 eta r_1; -1 when mu is below every root. */
  #residual(mu: number, alpha: number, eta: number): number {
    const ratios = this.#logRatios;
    ratios[this.#clipsMax + 1] = 0;
    for (let q = this.#clipsMax; q >= 1; q--) {
      const denominator = alpha * q * q + mu - eta * (ratios[q + 1] as number);
      if (denominator <= 0) return -1;
      ratios[q] = eta / denominator;
    }
    return mu - 2 * eta * (ratios[1] as number);
  }

  /** Bid offset at a whole inventory, -Q <= q < Q. */
  #bidAt(q: number): number {
    if (q >= 0) return this.base - (this.#logRatios[q + 1] as number);
    return this.base + (this.#logRatios[-q] as number);
  }

  /**
   * Offset of the bid below fair value at `positionClips`, which may be fractional: linear between whole clips, held at the last finite
   * value beyond Q - 1 (at Q there is no bid) and at the deepest one below -Q. May be negative; clamping is the caller's.
   */
  bid(positionClips: number): number {
    if (this.#clipsMax > this.#exactClipsMax) return this.base + (positionClips + 0.5) * this.#slope;
    const q = Math.min(this.#clipsMax - 1, Math.max(-this.#clipsMax, positionClips));
    const below = Math.floor(q);
    const here = this.#bidAt(below);
    return below === q ? here : here + (q - below) * (this.#bidAt(below + 1) - here);
  }

  /** Offset of the ask above fair value: the bid of the mirrored inventory. */
  ask(positionClips: number): number {
    return this.bid(-positionClips);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.solveCount = state.num(this.solveCount);
    this.base = state.num(this.base);
    this.lambda0 = state.num(this.lambda0);
    this.#kappa = state.num(this.#kappa);
    this.#arrival = state.num(this.#arrival);
    this.#gamma = state.num(this.#gamma);
    this.#sigma = state.num(this.#sigma);
    this.#clipsMax = state.num(this.#clipsMax);
    this.#slope = state.num(this.#slope);
    state.array(this.#logRatios);
  }
}
