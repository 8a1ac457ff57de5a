/**
 * What may be carried from one run to another: volatility, local kappa, impact, the touch, the basis. Never own fills, edge or breakers.
 * @module
 */
import { assert } from "../assert.ts";
import { type FrameLane, KIND, PRIOR } from "../frame.ts";
import { IMPACT_SUM_COUNT } from "../signal/impact.ts";
import { THRESHOLD_COUNT } from "../signal/intensity.ts";

/** Values of a prior and where each part begins. Sums and variances in the core's units (fractions, seconds, micro-dollars). */
export const PRIOR_AT = {
  /** Variance per second, fast and slow. */
  volatility: 0,
  /** Sweeps and summed excess depth beyond each threshold; all sweeps, their notional; seconds. */
  intensity: 2,
  impact: 2 + 2 * THRESHOLD_COUNT + 3,
  /** Mean half touch and its mean square. */
  touch: 2 + 2 * THRESHOLD_COUNT + 3 + IMPACT_SUM_COUNT,
  /** ln(price) - ln(reference). */
  basis: 2 + 2 * THRESHOLD_COUNT + 3 + IMPACT_SUM_COUNT + 2,
  size: 2 + 2 * THRESHOLD_COUNT + 3 + IMPACT_SUM_COUNT + 3,
} as const;

/** Full weight up to this age, seconds; then a straight line down to the floor. */
const FULL_SECONDS = 4 * 3600;
const FLOOR_SECONDS = 72 * 3600;
/** Markets keep their character longer than their day: a tenth of what was learnt three days ago. */
const FLOOR_WEIGHT = 0.1;
/** Beyond this it is refused. */
const REFUSED_SECONDS = 7 * 24 * 3600;

/** Weight of a prior of this age; 0 when it is too old to be used, or from the future. */
export function priorWeight(ageSeconds: number): number {
  if (!(ageSeconds >= -60) || ageSeconds > REFUSED_SECONDS) return 0;
  if (ageSeconds <= FULL_SECONDS) return 1;
  const down = (ageSeconds - FULL_SECONDS) / (FLOOR_SECONDS - FULL_SECONDS);
  return Math.max(FLOOR_WEIGHT, 1 - (1 - FLOOR_WEIGHT) * down);
}

/**
 * Age of what a run knows after `ownSeconds` of its own data, when it began with a prior of `priorAgeSeconds`: what was inherited is forgotten
 * at the pace at which sweeps are. Without this a run of a minute would hand last week on as today's.
 */
export function inheritedAgeSeconds(priorAgeSeconds: number, ownSeconds: number, memorySeconds: number): number {
  return priorAgeSeconds * Math.exp(-ownSeconds / memorySeconds);
}

/** Writes a prior as the frame by which a market hears of it. */
export function writePriorFrame(
  lane: FrameLane,
  timeUs: number,
  market: number,
  weight: number,
  values: Float64Array,
): number {
  assert(values.length === PRIOR_AT.size, "prior: holds every value");
  const at = lane.begin(KIND.prior, PRIOR.values + PRIOR_AT.size, timeUs, timeUs, market);
  lane.data[at + PRIOR.weight] = weight;
  lane.data.set(values, at + PRIOR.values);
  return at;
}
