/**
 * Tails of depth: how fast they decay, and whether exponentially.
 * @module
 */

/** Weighted excesses over a threshold, of any order. */
type Numbers = ArrayLike<number>;

/**
 * Decay of an exponential tail with right censoring: kappa = (number not censored) / (sum of excesses), those beyond `cut` counted as cut.
 *
 * With `cut` infinite it is n / sum.
 */
export function decayOf(excesses: Numbers, weights: Numbers, cut: number): number {
  let known = 0;
  let sum = 0;
  for (let i = 0; i < excesses.length; i++) {
    const x = excesses[i] as number;
    const w = weights[i] as number;
    if (x <= cut) known += w;
    sum += w * Math.min(x, cut);
  }
  return known / sum;
}

/** Standard deviation over mean: 1 for an exponential tail, more for a heavier one. */
export function variationOf(values: Numbers, weights: Numbers): number {
  let n = 0;
  let sum = 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weights[i] as number;
    const x = values[i] as number;
    n += w;
    sum += w * x;
    square += w * x * x;
  }
  const mean = sum / n;
  return Math.sqrt(Math.max(0, square / n - mean * mean)) / mean;
}

/** Largest value of theta times the mean excess that is searched: a shape of 3 and more. */
const THETA_MAX = 200;
const GRID = 40;
const REFINEMENTS = 30;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** A generalised Pareto tail: survival (1 + shape x / scale)^(-1 / shape); shape 0 is exponential, above 0 heavier. */
export interface ParetoFit {
  shape: number;
  scale: number;
}

/**
 * Fits a generalised Pareto tail by maximum likelihood over one parameter, theta = shape / scale: for a given theta the best shape is
 * mean ln(1 + theta x), and the likelihood a sweep is -ln(shape / theta) - shape - 1.
 *
 * Excesses of nearly 0, as of prices whose step lies on the threshold, read as a heavy tail. NaN for fewer than three excesses.
 * Source: Grimshaw (1993), Technometrics 35, 185-191.
 */
export function fitPareto(excesses: Numbers, weights: Numbers): ParetoFit {
  let n = 0;
  let sum = 0;
  let most = 0;
  for (let i = 0; i < excesses.length; i++) {
    const w = weights[i] as number;
    if (w === 0) continue;
    n += w;
    sum += w * (excesses[i] as number);
    most = Math.max(most, excesses[i] as number);
  }
  if (n < 3 || sum === 0) return { shape: Number.NaN, scale: Number.NaN };
  const mean = sum / n;
  const shapeOf = (theta: number): number => {
    let logs = 0;
    for (let i = 0; i < excesses.length; i++) {
      const w = weights[i] as number;
      if (w !== 0) logs += w * Math.log1p(theta * (excesses[i] as number));
    }
    return logs / n;
  };
  const likelihood = (theta: number): number => {
    if (Math.abs(theta) * mean < 1e-7) return -Math.log(mean) - 1;
    const shape = shapeOf(theta);
    return -Math.log(shape / theta) - shape - 1;
  };
  const theta = maximise(likelihood, grid(mean, most));
  if (Math.abs(theta) * mean < 1e-7) return { shape: 0, scale: mean };
  const shape = shapeOf(theta);
  return { shape, scale: shape / theta };
}

/** Values of theta to look at: from near -1 / most, where the likelihood has no bound, over 0 to where shapes are absurd. */
function grid(mean: number, most: number): number[] {
  const values: number[] = [];
  for (let i = GRID / 4; i > 0; i--) values.push((-0.95 * i) / (GRID / 4) / most);
  values.push(0);
  for (let i = 0; i < GRID; i++) values.push((THETA_MAX / mean) * 10 ** (-5 + (5 * i) / (GRID - 1)));
  return values;
}

/** Best grid point, then golden sections between its neighbours. */
function maximise(f: (x: number) => number, points: readonly number[]): number {
  let best = 0;
  const values = points.map(f);
  for (let i = 1; i < points.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  let low = points[Math.max(0, best - 1)] as number;
  let high = points[Math.min(points.length - 1, best + 1)] as number;
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = f(left);
  let atRight = f(right);
  for (let i = 0; i < REFINEMENTS; i++) {
    if (atLeft > atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = f(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = f(right);
    }
  }
  return (low + high) / 2;
}
