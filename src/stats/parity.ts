/**
 * Whether fills come at the pace that a model foretold: an e-process that may be looked at at any time.
 * @module
 */

/** Shape and rate of the gamma prior on the ratio of paces: mean 1, so that parity is what is expected. */
const PRIOR = 2;
/** Evidence against parity from here on: a fair model is refused wrongly in at most one run of twenty, however often one looks. */
export const PARITY_EVIDENCE = 20;

export interface Parity {
  fills: number;
  foretold: number;
  /** Evidence against parity; above 20 it is refused. */
  evidence: number;
  /** Ratio of real to foretold pace, posterior mean and 95 % interval. */
  ratio: number;
  ratioLo: number;
  ratioHi: number;
}

/**
 * Evidence against "the pace is as foretold" after `fills` fills where `foretold` were expected: gamma-mixture e-process,
 * E = b^a / Gamma(a) Gamma(a + N) / (b + L)^(a + N) e^L. Evidence of several markets multiplies.
 *
 * Source: Howard, Ramdas, McAuliffe and Sekhon (2021), time-uniform Chernoff bounds by conjugate mixtures, for Poisson counts.
 */
export function parityEvidence(fills: number, foretold: number, a: number = PRIOR, b: number = PRIOR): number {
  const ln = a * Math.log(b) - lnGamma(a) + lnGamma(a + fills) - (a + fills) * Math.log(b + foretold) + foretold;
  return Math.exp(ln);
}

/** The test with the ratio of paces: its posterior is Gamma(a + N, b + L), here by Wilson and Hilferty's cube-root approximation. */
export function parityOf(fills: number, foretold: number): Parity {
  const shape = PRIOR + fills;
  const rate = PRIOR + foretold;
  const quantile = (z: number): number => {
    const c = 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape));
    return (shape * Math.max(0, c) ** 3) / rate;
  };
  return {
    fills,
    foretold,
    evidence: parityEvidence(fills, foretold),
    ratio: shape / rate,
    ratioLo: quantile(-1.96),
    ratioHi: quantile(1.96),
  };
}

/** Coefficients of Lanczos' approximation (g = 7, n = 9), good to 15 digits. */
const LANCZOS = [
  0.999_999_999_999_809_9, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_1,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
  1.505_632_735_149_311_6e-7,
];

/** Natural logarithm of the gamma function, x above 0.5. */
function lnGamma(x: number): number {
  const z = x - 1;
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
