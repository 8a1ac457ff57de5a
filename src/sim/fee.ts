/**
 * Fees as the venue charges them.
 * @module
 */
import type { Lots, MicroUsd, Px } from "../core/units.ts";

/** Fee of a fill, truncated toward zero to the micro-dollar as the venue does; negative is a rebate. */
export function feeOf(px: Px, lots: Lots, rateFrac: number): MicroUsd {
  const exact = px * lots * rateFrac;
  // A product like 3e-4 x 1e6 may fall a hair under the whole number that it is: a ten-thousandth of a micro-dollar is given back.
  return Math.trunc(exact + Math.sign(exact) * 1e-4);
}
