/**
 * The spread as a sum one can read: every term of a quoted distance, floor and cap included.
 * @module
 */

/** Terms of one side's distance from fair value, fractions of price. Their sum is the distance. */
export const TERMS = [
  "base",
  "fee",
  "adverse_selection",
  "skew",
  "volatility_latency",
  "staleness",
  "governor",
  "reference",
  "burst",
  "reset",
  "floor",
  "cap",
] as const;
export type TermName = (typeof TERMS)[number];

/** Index of each term in a terms array. */
export const TERM: Readonly<Record<TermName, number>> = {
  base: 0,
  fee: 1,
  adverse_selection: 2,
  skew: 3,
  volatility_latency: 4,
  staleness: 5,
  governor: 6,
  reference: 7,
  burst: 8,
  reset: 9,
  floor: 10,
  cap: 11,
};

/** Share of kappa sigma^2 L by which latency widens: the Gaussian optimum is 1, quotes that can be crossed want 1.5 to 2. */
const LATENCY_MULTIPLE = 1.5;
/** Standard deviations of fair value over the latency that a quote must stand away. */
const FLOOR_SIGMAS = 1.5;

/** Widening for being late: 1.5 kappa sigma^2 L. */
export function latencyWidening(kappa: number, sigma: number, latencySeconds: number): number {
  return LATENCY_MULTIPLE * kappa * sigma * sigma * latencySeconds;
}

/** Smallest half-spread: one tick, or 1.5 standard deviations of what fair value does before we can react. */
export function spreadFloor(tickFrac: number, sigma: number, latencySeconds: number): number {
  return Math.max(tickFrac, FLOOR_SIGMAS * sigma * Math.sqrt(latencySeconds));
}

/** Widening of the side that would grow the position: 0 up to half the cap, then linear to one base at the cap. */
export function governorWidening(baseFrac: number, capUsedRatio: number): number {
  return capUsedRatio <= 0.5 ? 0 : baseFrac * Math.min(1, 2 * capUsedRatio - 1);
}

/** Sum of the terms, in their order. */
export function sumTerms(terms: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < TERMS.length; i++) sum += terms[i] as number;
  return sum;
}

/**
 * Brings the sum of the terms into [floor, cap] by writing the difference into their own entries, so that the sum stays the distance.
 * Returns the distance.
 */
export function applyBounds(terms: Float64Array, floorFrac: number, capFrac: number): number {
  terms[TERM.floor] = 0;
  terms[TERM.cap] = 0;
  const sum = sumTerms(terms);
  if (sum < floorFrac) terms[TERM.floor] = floorFrac - sum;
  // The cap is the user's: where it lies below the floor it wins.
  const floored = Math.max(sum, floorFrac);
  if (floored > capFrac) terms[TERM.cap] = capFrac - floored;
  return Math.min(floored, capFrac);
}
