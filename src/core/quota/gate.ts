/**
 * The re-quote gate: hold an order inside the optimal band, move it to the reset point outside.
 * @module
 */

import { assert } from "../assert.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";

/** chi, the dimensionless price of a request, is kept where the solution is meaningful: at 2 e^2 = 14.8 no market pays for its requests. */
export const CHI_MIN = 1e-4;
export const CHI_MAX = 12;

/** The optimal impulse band in u = kappa (distance - best distance). */
export interface BandSolution {
  /** Closer than this: too close, move away. Above -2. */
  lo: number;
  /** Where a moved order goes: the only widening that scarcity justifies. */
  u0: number;
  /** Further than this: too far, move in. */
  hi: number;
  /** Gain per unit of the unlimited gain, requests paid. */
  netRatio: number;
  /** Re-quotes per 1 / (kappa sigma)^2 of time. */
  requoteRate: number;
}

/**
 * Solves the band for `chi`.
 *
 * An order left alone drifts as a Brownian motion u and gains h(u) = (1 + u) e^-u; moving it costs chi. With p(u) = g u + (2 + u) e^-u + c
 * the optimal impulse control satisfies p(lo) = p(u0) = p(hi) = 0, the integral of p from lo to u0 is chi/2 and from u0 to hi -chi/2; g is
 * the net gain. One parameter is free: for each g, c is found so that both integrals agree, and g so that they are chi/2.
 *
 * Source: own derivation of the fixed-cost impulse problem; compare Lo, Mamaysky and Wang (2004). A quarter-power law for small chi: the
 * half-width tends to (12 chi)^(1/4).
 */
export function solveBand(chi: number): BandSolution {
  assert(chi > 0 && chi < 14.7, "band: chi is inside its range");
  let low = 1e-9;
  let high = 1 - 1e-12;
  const roots = new Float64Array(3);
  // The integral grows as g falls from 1 (free requests) to 0 (unaffordable).
  for (let i = 0; i < 100; i++) {
    const g = (low + high) / 2;
    if (balancedIntegral(g, roots) > chi / 2) low = g;
    else high = g;
  }
  const g = (low + high) / 2;
  balancedIntegral(g, roots);
  const lo = roots[0] as number;
  const u0 = roots[1] as number;
  const hi = roots[2] as number;
  // Mean time from u0 to the edges of a unit Brownian motion.
  const requoteRate = 1 / ((u0 - lo) * (hi - u0));
  return { lo, u0, hi, netRatio: g, requoteRate };
}

/** p(u) without its constant. */
function shape(g: number, u: number): number {
  return g * u + (2 + u) * Math.exp(-u);
}

/** Integral of `shape` from a to b. */
function shapeIntegral(g: number, a: number, b: number): number {
  return (g * (b * b - a * a)) / 2 - (3 + b) * Math.exp(-b) + (3 + a) * Math.exp(-a);
}

/**
 * For a net gain g, finds the constant at which the two integrals are equal and opposite; writes the three roots and returns the integral.
 *
 * shape has a local maximum left of u = 0 and a local minimum right of it (its slope is g - (1 + u) e^-u, at most g - 1 + ... at u = 0).
 */
function balancedIntegral(g: number, roots: Float64Array): number {
  const top = slopeRoot(g, -1, 0);
  const bottom = slopeRoot(g, 0, 60);
  let low = shape(g, bottom);
  let high = shape(g, top);
  let integral = 0;
  for (let i = 0; i < 100; i++) {
    const level = (low + high) / 2;
    const lo = crossing(g, level, -2, top, true);
    const u0 = crossing(g, level, top, bottom, false);
    let right = bottom + 1;
    while (shape(g, right) < level) right = 2 * right + 1;
    const hi = crossing(g, level, bottom, right, true);
    roots[0] = lo;
    roots[1] = u0;
    roots[2] = hi;
    const left = shapeIntegral(g, lo, u0) - level * (u0 - lo);
    const rightPart = shapeIntegral(g, u0, hi) - level * (hi - u0);
    integral = left;
    // A higher level shrinks the left hump and deepens the right one.
    if (left + rightPart > 0) low = level;
    else high = level;
  }
  return integral;
}

/** Root of g - (1 + u) e^-u between a and b, where it changes sign once. */
function slopeRoot(g: number, a: number, b: number): number {
  const rising = g - (1 + b) * Math.exp(-b) > 0;
  let low = a;
  let high = b;
  for (let i = 0; i < 80; i++) {
    const u = (low + high) / 2;
    if (g - (1 + u) * Math.exp(-u) > 0 === rising) high = u;
    else low = u;
  }
  return (low + high) / 2;
}

/** Where `shape` crosses `level` between a and b, on which it is monotone. */
function crossing(g: number, level: number, a: number, b: number, rising: boolean): number {
  let low = a;
  let high = b;
  for (let i = 0; i < 80; i++) {
    const u = (low + high) / 2;
    if (shape(g, u) < level === rising) low = u;
    else high = u;
  }
  return (low + high) / 2;
}

/** Solutions by chi: a solve takes some 15 ms, and the markets of an address share their chi. Pure, so that it decides nothing. */
const solved = new Map<number, BandSolution>();
const SOLVED_MAX = 256;

function solveOnce(chi: number): BandSolution {
  let solution = solved.get(chi);
  if (solution === undefined) {
    solution = solveBand(chi);
    if (solved.size >= SOLVED_MAX) solved.clear();
    solved.set(chi, solution);
  }
  return solution;
}

/** Solves the band of a chi ahead of its use: some 30 ms before the compiler has seen it, which no decision should wait for. */
export function prepareBand(chi: number): void {
  solveOnce(clipChi(chi));
}

const clipChi = (chi: number): number => Math.min(CHI_MAX, Math.max(CHI_MIN, chi));

/** Standard deviations of latency drift that the pull threshold keeps from fair value. */
const PULL_SIGMAS = 1.5;

/** The band in use: solved when chi moves, its pull threshold lifted by latency. */
export class Band {
  lo = 0;
  u0 = 0;
  hi = 0;
  #chi = Number.NaN;
  #exact: BandSolution = { lo: 0, u0: 0, hi: 0, netRatio: 1, requoteRate: 0 };

  /**
   * @param bestFrac Best distance, and `driftFrac` = sigma sqrt(latency): an order closer to fair value than 1.5 of it would be crossed
   *   before a pull arrives, so lo never allows that; the reset keeps its distance from a lifted lo.
   */
  set(chi: number, kappa: number, bestFrac: number, driftFrac: number): void {
    const clipped = clipChi(chi);
    if (clipped !== this.#chi) {
      this.#chi = clipped;
      this.#exact = solveOnce(clipped);
    }
    const exact = this.#exact;
    const floor = -kappa * (bestFrac - PULL_SIGMAS * driftFrac);
    // Above 0 the best distance itself would be inside the floor; the spread's own floor is as large, so this only meets rounding.
    this.lo = Math.min(0, Math.max(exact.lo, floor));
    this.u0 = Math.max(exact.u0, this.lo + Math.min(1.2, 0.5 / Math.sqrt(exact.requoteRate)));
    this.hi = Math.max(exact.hi, this.u0);
  }

  /** What the last decision used. The exact band is a function of chi and is solved again when it is first asked for. */
  syncState(state: StateWalk): void {
    this.lo = state.num(this.lo);
    this.u0 = state.num(this.u0);
    this.hi = state.num(this.hi);
  }
}

/** Whether an order at `u` holds, is too close or too far. */
export function checkBand(u: number, lo: number, hi: number): Reason {
  if (u <= lo) return REASON.too_close;
  return u >= hi ? REASON.too_far : REASON.band_holds;
}
