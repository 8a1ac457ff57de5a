/**
 * Fees as the venue charges them.
 *
 * A user's rate is that of the tier, on a HIP-3 dex times the deployer's scale (s < 1 ? 1 + s : 2 s), a tenth of it in growth mode, less the
 * referral discount; a rebate is not scaled (`feeRate` in the wire layer). The builder's part comes on top. Each part is truncated toward
 * zero to the micro-dollar, then they are added up (fees page, August 2026; real fills agree).
 * @module
 */
import type { Lots, MicroUsd, Px } from "../core/units.ts";

/** A tenth of a basis point, the unit of builder fees, as a fraction. */
const TENTH_BPS = 1e-5;

/**
 * Fee of a fill, truncated toward zero to the micro-dollar as the venue does; negative is a rebate.
 *
 * In doubles, as the venue does that too: a product like 2399 x 1.5e-4, whole in decimals, falls a hair short and is charged one micro-dollar
 * less. Of 225 such products among the exchange's fills of 81 s in October 2025, 25 were: doubles name these 25 and 2 more.
 */
export function feeOf(px: Px, lots: Lots, rateFrac: number): MicroUsd {
  return Math.trunc(px * lots * rateFrac);
}

/** The builder's part of a fill's fee. @param tenthsBps Tenths of a basis point, as the order names it. */
export function builderFeeOf(px: Px, lots: Lots, tenthsBps: number): MicroUsd {
  return feeOf(px, lots, tenthsBps * TENTH_BPS);
}
