/**
 * Differences between two runs of one seed: what is common to both cancels, seeds are the independent observations.
 * @module
 */
import { halfWidth } from "./interval.ts";

/** Two means, their difference first less second, and its 95 % interval; null where too little was seen. */
export interface PairedDifference {
  first: number | null;
  second: number | null;
  difference: number | null;
  lo: number | null;
  hi: number | null;
  seeds: number;
}

/** A sum and what it is divided by, of one seed: an edge in micro-dollars and the notional that earned it, or a count and 1. */
export interface RatioPart {
  sum: number;
  weight: number;
}

/**
 * Difference of two ratios of sums over seeds.
 *
 * Each ratio is sum(x) / sum(w) over all seeds, so that a seed with few fills counts little. By the delta method seed i moves a ratio by
 * (x_i - r w_i) / sum(w); the difference of what it moves the two by is one observation, with Student's t for n - 1 seeds.
 * Source: Cochran (1977), "Sampling Techniques", 6.4 and 6.19.
 */
export function pairedRatios(first: readonly RatioPart[], second: readonly RatioPart[]): PairedDifference {
  const seeds = first.length;
  const a = ratioOf(first);
  const b = ratioOf(second);
  if (a === null || b === null) return { first: a?.ratio ?? null, second: b?.ratio ?? null, ...UNKNOWN, seeds };
  let square = 0;
  for (let i = 0; i < seeds; i++) {
    const score = scoreOf(first[i] as RatioPart, a) - scoreOf(second[i] as RatioPart, b);
    square += score * score;
  }
  const difference = a.ratio - b.ratio;
  const half = halfWidth(square, seeds);
  const isKnown = Number.isFinite(half);
  return {
    first: a.ratio,
    second: b.ratio,
    difference,
    lo: isKnown ? difference - half : null,
    hi: isKnown ? difference + half : null,
    seeds,
  };
}

/** One ratio of sums over seeds with its 95 % interval. */
export function ratioInterval(parts: readonly RatioPart[]): {
  mean: number | null;
  lo: number | null;
  hi: number | null;
} {
  const zero = parts.map(() => ({ sum: 0, weight: 1 }));
  const { first, lo, hi } = pairedRatios(parts, zero);
  return { mean: first, lo, hi };
}

const UNKNOWN = { difference: null, lo: null, hi: null };

interface Ratio {
  ratio: number;
  weight: number;
}

function ratioOf(parts: readonly RatioPart[]): Ratio | null {
  let sum = 0;
  let weight = 0;
  for (const part of parts) {
    sum += part.sum;
    weight += part.weight;
  }
  return weight > 0 ? { ratio: sum / weight, weight } : null;
}

const scoreOf = (part: RatioPart, of: Ratio): number => (part.sum - of.ratio * part.weight) / of.weight;
