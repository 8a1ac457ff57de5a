/**
 * The legal price grid: five significant figures, or a whole number of dollars, and at most 6 - szDecimals decimals.
 * @module
 */
import { assert } from "../assert.ts";
import { PERP_DECIMALS, type Px, pow10 } from "../units.ts";

/** Smallest number with more than the five significant figures that the venue allows for a price that is no whole number of dollars. */
const SIX_FIGURES = 100_000;

/**
 * Distance between legal prices around `px`, in price units; at least 1.
 *
 * Five figures give 10^(digits - 5) units. Whole dollars are always legal, so the step never exceeds one dollar: BTC at 109,755 (six
 * figures) moves by 1, not by 10. At a power of ten the step below is a tenth of the step above: this gives the one above.
 */
export function tickPx(px: number, szDecimals: number): Px {
  assert(px > 0, "grid: price is above 0");
  const dollarPx = pow10(PERP_DECIMALS - szDecimals);
  let step = 1;
  for (let bound = SIX_FIGURES; px >= bound && step < dollarPx; bound *= 10) step *= 10;
  return step;
}

/** Largest legal price at or below `px` (bids). `px` may be fractional. Returns 0 when there is none. */
export function floorPx(px: number, szDecimals: number): Px {
  if (px < 1) return 0;
  const step = tickPx(px, szDecimals);
  return Math.floor(px / step) * step;
}

/** Smallest legal price at or above `px` (asks). `px` may be fractional. */
export function ceilPx(px: number, szDecimals: number): Px {
  if (px <= 1) return 1;
  const step = tickPx(px, szDecimals);
  // Rounding up may carry into the next decade, where a multiple of the coarser step is reached exactly (99,999.5 to 100,000).
  return Math.ceil(px / step) * step;
}

/** Whether the venue would accept a whole number of price units as a price. */
export function isLegalPx(px: number, szDecimals: number): boolean {
  return Number.isSafeInteger(px) && px > 0 && px % tickPx(px, szDecimals) === 0;
}

/** Legal price next below a legal one; 0 below the smallest. */
export function pxBelow(px: Px, szDecimals: number): Px {
  return floorPx(px - 1, szDecimals);
}

/** Legal price next above a legal one. */
export function pxAbove(px: Px, szDecimals: number): Px {
  return ceilPx(px + 1, szDecimals);
}
