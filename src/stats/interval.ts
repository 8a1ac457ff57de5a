/**
 * Means with intervals that do not flatter: the widest of independent, sweep-clustered and time-block errors.
 * @module
 */

/** A weighted mean and its 95 % interval; null where too little was seen. */
export interface Interval {
  mean: number | null;
  lo: number | null;
  hi: number | null;
  /** Observations, independent clusters among them, and time blocks that hold any. */
  n: number;
  clusters: number;
  blocks: number;
  /** Observations that independent ones would have to be to know as much (Newey and West 1987). */
  n_effective: number | null;
  /** Which error was the widest. */
  method: IntervalMethod;
}
export type IntervalMethod = "iid" | "cluster" | "block" | "none";

const CONFIDENCE = 0.95;
/** What a verdict on an edge needs beside a narrow interval. */
const CLUSTERS_MIN = 100;
const BLOCKS_MIN = 30;

/**
 * Mean of `values` weighted by `weights` with the widest 95 % interval.
 *
 * Errors are of group sums of w (x - mean): groups of one, of a sweep, of a time block; a factor G / (G - 1) and Student's t with G - 1
 * degrees of freedom for G groups. Fills of one sweep are one event, and a minute of one trend is hardly more than one.
 * @param clusterOf Sweep number of each observation. @param blockOf Time block of each; equal numbers are one group, in any order.
 */
export function interval(
  values: readonly number[],
  weights: readonly number[],
  clusterOf: readonly number[],
  blockOf: readonly number[],
): Interval {
  const n = values.length;
  const none: Interval = {
    mean: null,
    lo: null,
    hi: null,
    n,
    clusters: 0,
    blocks: 0,
    n_effective: null,
    method: "none",
  };
  if (n === 0) return none;
  let weightSum = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    weightSum += weights[i] as number;
    sum += (weights[i] as number) * (values[i] as number);
  }
  const mean = sum / weightSum;
  const scores = values.map((x, i) => ((weights[i] as number) * (x - mean)) / weightSum);
  const each = groupWidth(
    scores,
    scores.map((_, i) => i),
  );
  const cluster = groupWidth(scores, clusterOf);
  const block = groupWidth(scores, blockOf);
  const clusters = cluster.groups;
  const blocks = block.groups;
  const { half, method } = widest(each.half, cluster.half, block.half);
  if (method === "none") return { ...none, mean, clusters, blocks };
  return { mean, lo: mean - half, hi: mean + half, n, clusters, blocks, n_effective: effectiveCount(values), method };
}

/** Half-width of the interval whose errors are independent between groups; Infinity under two groups. */
function groupWidth(scores: readonly number[], groupOf: readonly number[]): { half: number; groups: number } {
  const sums = new Map<number, number>();
  for (let i = 0; i < scores.length; i++) {
    const group = groupOf[i] as number;
    sums.set(group, (sums.get(group) ?? 0) + (scores[i] as number));
  }
  const groups = sums.size;
  let square = 0;
  for (const sum of sums.values()) square += sum * sum;
  return { half: halfWidth(square, groups), groups };
}

/** Half-width from the sum of squared group sums; Infinity under two groups. */
export function halfWidth(square: number, groups: number): number {
  if (groups < 2) return Number.POSITIVE_INFINITY;
  return Math.sqrt((square * groups) / (groups - 1)) * studentQuantile((1 + CONFIDENCE) / 2, groups - 1);
}

/** The widest of three errors; `none` when one of them is unknown: with fewer than two groups of any kind nothing is known. */
export function widest(iid: number, cluster: number, block: number): { half: number; method: IntervalMethod } {
  const half = Math.max(iid, cluster, block);
  if (!Number.isFinite(half)) return { half, method: "none" };
  return { half, method: half === block ? "block" : half === cluster ? "cluster" : "iid" };
}

/** Whether an edge is known: interval no wider than half of it on each side, 100 clusters, 30 blocks; otherwise it is undecided. */
export function isDecided(x: Interval): boolean {
  if (x.mean === null || x.lo === null || x.hi === null) return false;
  return (x.hi - x.lo) / 2 <= Math.abs(x.mean) / 2 && x.clusters >= CLUSTERS_MIN && x.blocks >= BLOCKS_MIN;
}

/**
 * Long-run variance with Bartlett weights up to `lag`: g0 + 2 sum (1 - l / (L + 1)) g_l, g_l = (1/n) sum e_i e_(i-l).
 * Source: Newey and West (1987), Econometrica 55, 703-708.
 */
export function longRunVariance(values: readonly number[], lag: number): number {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  let sum = 0;
  for (let l = 0; l <= lag; l++) {
    let product = 0;
    for (let i = l; i < n; i++) product += ((values[i] as number) - mean) * ((values[i - l] as number) - mean);
    sum += (l === 0 ? 1 : 2 * (1 - l / (lag + 1))) * (product / n);
  }
  return sum;
}

/** n g0 / S: never more than n, since negative correlation between fills is no reason for confidence. */
export function effectiveCount(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 3) return null;
  const lag = Math.min(n - 1, Math.ceil(4 * (n / 100) ** (2 / 9)));
  const variance = longRunVariance(values, 0);
  const longRun = longRunVariance(values, lag);
  return longRun <= variance ? n : (n * variance) / longRun;
}

/** Quantile of Student's t, by bisection of its distribution function. */
export function studentQuantile(p: number, degrees: number): number {
  let low = -1e3;
  let high = 1e3;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function studentCdf(t: number, degrees: number): number {
  const tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** Regularised incomplete beta function by its continued fraction (Lentz's method; Abramowitz and Stegun 26.5.8). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** ln Gamma by Lanczos' approximation (g = 7, nine terms), good to 1e-14. */
function logGamma(z: number): number {
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const x = z - 1;
  let sum = terms[0] as number;
  for (let i = 1; i < 9; i++) sum += (terms[i] as number) / (x + i);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}
