/**
 * The optimal impulse band of a price chi, and its inverse: which chi makes orders move so often.
 * @module
 */
import { assert } from "../assert.ts";

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

/** Newton's steps end here at the latest; it takes four to eight, and bisection inside the bracket does the rest. */
const STEPS_MAX = 100;
/** Relative size of a step that changes nothing any more: some units in the last place. */
const STEP_MIN = 1e-15;
/** The same for the net gain, which is a difference of integrals: at a small chi it is known to no more digits. */
const GAIN_STEP_MIN = 1e-13;

/**
 * Solves the band for `chi`.
 *
 * An order left alone drifts as a Brownian motion u and gains h(u) = (1 + u) e^-u; moving it costs chi. With p(u) = g u + (2 + u) e^-u - level
 * the optimal impulse control satisfies p(lo) = p(u0) = p(hi) = 0, the integral of p from lo to u0 is chi/2 and from u0 to hi -chi/2; g is
 * the net gain. One parameter is free: for each g, the level is found so that both integrals agree, and g so that they are chi/2.
 *
 * Source: own derivation of the fixed-cost impulse problem; compare Lo, Mamaysky and Wang (2004). A quarter-power law for small chi: the
 * half-width tends to (12 chi)^(1/4). Newton's method throughout, held inside a bracket: the integral falls with g by
 * (u0 - lo)(hi - u0) / 2, and both integrals together with the level by hi - lo. Some 0.1 ms.
 */
export function solveBand(chi: number): BandSolution {
  assert(chi > 0 && chi < 14.7, "band: chi is inside its range");
  const roots = new Float64Array(3);
  // The integral grows as g falls from 1 (free requests) to 0 (unaffordable).
  let low = 1e-9;
  let high = 1 - 1e-12;
  let g = Math.min(high, Math.max(0.05, 1 - Math.sqrt(12 * chi) / 6));
  for (let i = 0; i < STEPS_MAX; i++) {
    const excess = balancedIntegral(g, roots) - chi / 2;
    if (excess > 0) low = g;
    else high = g;
    const slope = (((roots[1] as number) - (roots[0] as number)) * ((roots[2] as number) - (roots[1] as number))) / 2;
    const step = excess / slope;
    if (Math.abs(step) <= GAIN_STEP_MIN) break;
    g = inside(g + step, low, high);
  }
  balancedIntegral(g, roots);
  const lo = roots[0] as number;
  const u0 = roots[1] as number;
  const hi = roots[2] as number;
  // Mean time from u0 to the edges of a unit Brownian motion.
  const requoteRate = 1 / ((u0 - lo) * (hi - u0));
  return { lo, u0, hi, netRatio: g, requoteRate };
}

/** `x` where it lies between, else the middle. */
function inside(x: number, low: number, high: number): number {
  return x > low && x < high ? x : (low + high) / 2;
}

/** p(u) without its level. */
function shape(g: number, u: number): number {
  return g * u + (2 + u) * Math.exp(-u);
}

/** Integral of `shape` from a to b. */
function shapeIntegral(g: number, a: number, b: number): number {
  return (g * (b * b - a * a)) / 2 - (3 + b) * Math.exp(-b) + (3 + a) * Math.exp(-a);
}

/**
 * For a net gain g, finds the level at which the two integrals are equal and opposite; writes the three roots and returns the integral.
 *
 * shape has a local maximum left of u = 0 and a local minimum right of it (its slope is g - (1 + u) e^-u).
 */
function balancedIntegral(g: number, roots: Float64Array): number {
  const top = slopeRoot(g, -1, 0);
  const bottom = slopeRoot(g, 0, 60);
  let low = shape(g, bottom);
  let high = shape(g, top);
  let level = (low + high) / 2;
  let integral = 0;
  let lo = (top - 2) / 2;
  let u0 = (top + bottom) / 2;
  let hi = 2 * bottom;
  for (let i = 0; i < STEPS_MAX; i++) {
    lo = crossing(g, level, -2, top, lo);
    u0 = crossing(g, level, top, bottom, u0);
    let right = bottom + 1;
    while (shape(g, right) < level) right = 2 * right + 1;
    hi = crossing(g, level, bottom, right, hi);
    integral = shapeIntegral(g, lo, u0) - level * (u0 - lo);
    // A higher level shrinks the left hump and deepens the right one.
    const both = integral + shapeIntegral(g, u0, hi) - level * (hi - u0);
    if (both > 0) low = level;
    else high = level;
    const step = both / (hi - lo);
    if (Math.abs(step) <= STEP_MIN * level) break;
    level = inside(level + step, low, high);
  }
  roots[0] = lo;
  roots[1] = u0;
  roots[2] = hi;
  return integral;
}

/** Root of g - (1 + u) e^-u between a and b, where it changes sign once. */
function slopeRoot(g: number, a: number, b: number): number {
  let low = a;
  let high = b;
  const rising = b > 0;
  // Around 0 the slope is g - 1 + u^2 / 2.
  let u = inside((rising ? 1 : -1) * Math.sqrt(2 * (1 - g)), a, b);
  for (let i = 0; i < STEPS_MAX; i++) {
    const value = g - (1 + u) * Math.exp(-u);
    if (value > 0 === rising) high = u;
    else low = u;
    const step = value / (u * Math.exp(-u));
    if (Math.abs(step) <= STEP_MIN * Math.abs(u)) break;
    u = inside(u - step, low, high);
  }
  return u;
}

/** Where `shape` crosses `level` between a and b, on which it is monotone; `from` is a guess. */
function crossing(g: number, level: number, a: number, b: number, from: number): number {
  let low = a;
  let high = b;
  const rising = shape(g, b) > level;
  let u = inside(from, a, b);
  for (let i = 0; i < STEPS_MAX; i++) {
    const value = shape(g, u) - level;
    if (value > 0 === rising) high = u;
    else low = u;
    const step = value / (g - (1 + u) * Math.exp(-u));
    if (Math.abs(step) <= STEP_MIN * Math.abs(u)) break;
    u = inside(u - step, low, high);
  }
  return u;
}

/** Values of chi that an automatic price takes: so many a decade, 7.5 % apart, and its bands are solved once. */
const CHI_PER_DECADE = 32;
const LN_STEP = Math.LN10 / CHI_PER_DECADE;
const LN_CHI_MIN = Math.log(CHI_MIN);
const LN_CHI_MAX = Math.log(CHI_MAX);
const NODE_COUNT = Math.ceil((LN_CHI_MAX - LN_CHI_MIN) / LN_STEP) + 1;

/** Solutions at the nodes, made when they are first asked for (some 10 ms); ln of the re-quote rate beside them. */
const nodes: BandSolution[] = [];
const lnRate = new Float64Array(NODE_COUNT);

/** ln chi of a node; the last one is CHI_MAX itself. */
function lnChiOf(node: number): number {
  return Math.min(LN_CHI_MAX, LN_CHI_MIN + node * LN_STEP);
}

/** Solves every node ahead of its use. Pure, so that it decides nothing; cold it takes long enough that no decision should wait for it. */
export function prepareBandTable(): void {
  for (let node = nodes.length; node < NODE_COUNT; node++) {
    const solution = solveBand(Math.exp(lnChiOf(node)));
    nodes.push(solution);
    lnRate[node] = Math.log(solution.requoteRate);
  }
}

/** chi of a node, exactly as `bandOfNode` has it. */
export function chiOfNode(node: number): number {
  return Math.exp(lnChiOf(node));
}

/** The band of a node. */
export function bandOfNode(node: number): BandSolution {
  prepareBandTable();
  return nodes[node] as BandSolution;
}

/**
 * The node for ln chi, given the one in use: another one only when it is further off than three quarters of a step, so that an estimate on the
 * border of two does not move every order's band back and forth.
 */
export function nodeOfLnChi(lnChi: number, current: number): number {
  const exact = (Math.min(LN_CHI_MAX, Math.max(LN_CHI_MIN, lnChi)) - LN_CHI_MIN) / LN_STEP;
  if (current >= 0 && Math.abs(exact - current) <= 0.75) return current;
  return Math.min(NODE_COUNT - 1, Math.round(exact));
}

/** Re-quotes per 1 / (kappa sigma)^2 at ln chi, from the nodes; chi outside its range counts as its end. */
export function rateOfLnChi(lnChi: number): number {
  prepareBandTable();
  const exact = (Math.min(LN_CHI_MAX, Math.max(LN_CHI_MIN, lnChi)) - LN_CHI_MIN) / LN_STEP;
  const node = Math.min(NODE_COUNT - 2, Math.floor(exact));
  const from = lnRate[node] as number;
  const part = (exact - node) / ((lnChiOf(node + 1) - lnChiOf(node)) / LN_STEP);
  return Math.exp(from + Math.min(1, part) * ((lnRate[node + 1] as number) - from));
}

/**
 * ln of the chi at which orders are moved `rate` times per 1 / (kappa sigma)^2: linear in ln chi and ln rate between the nodes. Rates beyond
 * those of the range give its ends.
 */
export function lnChiOfRate(rate: number): number {
  prepareBandTable();
  const wanted = Math.log(rate);
  if (!(wanted < (lnRate[0] as number))) return LN_CHI_MIN;
  if (!(wanted > (lnRate[NODE_COUNT - 1] as number))) return LN_CHI_MAX;
  let low = 0;
  let high = NODE_COUNT - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lnRate[middle] as number) > wanted) low = middle;
    else high = middle;
  }
  const from = lnRate[low] as number;
  const part = (wanted - from) / ((lnRate[high] as number) - from);
  return lnChiOf(low) + part * (lnChiOf(high) - lnChiOf(low));
}
