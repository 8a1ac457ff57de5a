/**
 * Numbers as the venue prints them: no exponent, no zeros that say nothing, but always one digit after the point.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { type Lots, type MicroUsd, PERP_DECIMALS, type Px, pow10 } from "../../core/units.ts";

/** Digits that sums in binary floating point are printed with at most: "3155203.7660619998" (captured answers, 2025 and 2026). */
const FLOAT_DECIMALS = 10;
/** 2^19: from here on doubles lie more than 10^-10 apart. */
const EXACT_BELOW = 524_288;

/** Whole units of 10^-decimals: 666530 with 1 is "66653.0", -213 with 4 "-0.0213", 0 "0.0". 0.1 us. */
export function formatDecimal(value: number, decimals: number): string {
  return print(value, decimals, ".0");
}

/** The same without ".0" for whole numbers, as the venue's texts have prices ("bbo was 84441@84442") and requests must have all numbers. */
export function formatPlain(value: number, decimals: number): string {
  return print(value, decimals, "");
}

/** A decimal that a request gave, as answers have it: "5000" and "5000.00" are "5000.0". */
export function formatGiven(text: string): string {
  const [whole = "", fraction = ""] = text.split(".");
  return `${whole}.${fraction.replace(/0+$/, "") || "0"}`;
}

/** A price in units of 10^-decimals dollars; decimals are 6 - szDecimals of the market. */
export function formatPx(px: Px, decimals: number): string {
  return print(px, decimals, ".0");
}

/** A size or position in lots of 10^-szDecimals. */
export function formatLots(lots: Lots, szDecimals: number): string {
  return print(lots, szDecimals, ".0");
}

/** Micro-dollars as dollars: fees, results, transfers, `cumVlm`. */
export function formatUsd(usd: MicroUsd): string {
  return print(usd, PERP_DECIMALS, ".0");
}

/**
 * What the venue holds in a double and prints to ten digits: start positions and the sums of an account. Whole units of 10^-decimals, so
 * -40365801 with 1 is "-4036580.1000000001" and 3155203766062 with 6 "3155203.7660619998" (fills of October 2025, answers of 2025 and 2026;
 * `cumVlm` is not such a sum: "170043721737.45").
 */
export function formatSum(value: number, decimals: number): string {
  const unit = pow10(decimals);
  // Up to here the nearest double is within half of the tenth digit, so nothing shows.
  if (Math.abs(value) < EXACT_BELOW * unit) return print(value, decimals, ".0");
  return formatFloat(value / unit);
}

/** A double that lies on no grid, to ten digits after the point. Never "-0.0". */
export function formatFloat(value: number): string {
  assert(Math.abs(value) < 1e21, "format: a number below 1e21, beyond which JavaScript prints exponents");
  const text = value.toFixed(FLOAT_DECIMALS);
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  // One zero stays behind the point.
  if (text.charCodeAt(end - 1) === 46) end++;
  const short = text.slice(0, end);
  return short === "-0.0" ? "0.0" : short;
}

/** As many as a price or size can lack in front of its digits: decimals are at most 12. */
const ZEROS = "0000000000000";
const ZERO = 48;

/** The digits are made once and cut: half the time of making both sides of the point, and books are what the venue prints most. */
function print(value: number, decimals: number, whenWhole: string): string {
  assert(Number.isSafeInteger(value), "format: a scaled value is a whole number");
  assert(decimals < ZEROS.length, "format: at most 12 decimals");
  const sign = value < 0 ? "-" : "";
  let digits = String(value < 0 ? -value : value);
  if (digits.length <= decimals) digits = ZEROS.slice(0, decimals + 1 - digits.length) + digits;
  const point = digits.length - decimals;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === ZERO) end--;
  const whole = digits.slice(0, point);
  return end === point ? `${sign}${whole}${whenWhole}` : `${sign}${whole}.${digits.slice(point, end)}`;
}
