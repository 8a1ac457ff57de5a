/**
 * Bounds that hold however often one looks.
 * @module
 */

/** Tuned so that the bound is narrowest after 100 observations, at 95 %. */
const RHO = 12.177_348_87;
const ALPHA = 0.05;
/** Normal quantile of a fixed-sample interval of 95 %. */
const Z = 1.959_963_985;

/**
 * Half-width of the normal-mixture confidence sequence of a mean: sd sqrt((n + rho) / n^2 ln((n + rho) / (rho a^2))).
 *
 * Source: Robbins (1970); Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024) for the asymptotic form with an estimated sd.
 */
export function anytimeHalf(sd: number, n: number): number {
  return sd * Math.sqrt(((n + RHO) / (n * n)) * Math.log((n + RHO) / (RHO * ALPHA * ALPHA)));
}

/** The same from a fixed-sample 95 % half-width, whatever dependence it allows for: its sd is half sqrt(n) / 1.96. */
export function anytimeFrom(half95: number, n: number): number {
  return anytimeHalf((half95 * Math.sqrt(n)) / Z, n);
}
