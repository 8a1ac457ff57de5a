/**
 * Units of the core, and the exact way between decimal strings and integers.
 *
 * Prices of books and of our orders are whole numbers of 10^-(6 - szDecimals) dollars, sizes whole lots of 10^-szDecimals coins, so that
 * `px * lots` is exactly micro-dollars. Time is whole microseconds since 1970. Distances, spreads and fees are fractions of price.
 * @module
 */
import { assert } from "./assert.ts";

/** Whole price units of 10^-(6 - szDecimals) dollars. */
export type Px = number;
/** Whole size steps of 10^-szDecimals coins; signed when it is a position. */
export type Lots = number;
/** Whole micro-dollars of the collateral token. */
export type MicroUsd = number;
/** Whole microseconds since 1970, or a span of them. */
export type TimeUs = number;

/** One basis point as a fraction of price. */
export const BPS = 1e-4;
export const US_PER_MS = 1_000;
export const US_PER_SECOND = 1_000_000;
export const US_PER_DAY = 86_400 * US_PER_SECOND;
export const MICRO_PER_USD = 1_000_000;
/** Perps have at most this many decimals in price and size together (venue rule: 6 for perps, 8 for spot). */
export const PERP_DECIMALS = 6;

/** Powers of ten that are exact in a double and that prices and sizes need. */
const POW10 = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12] as const;

/** 10^n for n from 0 to 12. */
export function pow10(n: number): number {
  const value = POW10[n];
  assert(value !== undefined, "units: power of ten is from 0 to 12");
  return value;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal string as a whole number of 10^-decimals, exactly; NaN when it is not a decimal or has digits beyond.
 *
 * Trailing zeros are no digits: "42727.0" is whole. An exponent is read, because the venue's own recorded sizes hold `1e-05`.
 */
export function parseScaled(text: string, decimals: number): number {
  const plain = parsePlain(text, decimals);
  if (plain >= 0) return plain;
  const match = DECIMAL.exec(text);
  if (match === null) return Number.NaN;
  const fraction = match[3] ?? "";
  const shift = Number(match[4] ?? 0) + decimals - fraction.length;
  let digits = (match[2] as string) + fraction;
  if (shift >= 0) {
    if (shift > 15) return /^0+$/.test(digits) ? 0 : Number.NaN;
    digits += "0".repeat(shift);
  } else {
    const cut = digits.length + shift;
    const tail = cut <= 0 ? digits : digits.slice(cut);
    if (!/^0*$/.test(tail)) return Number.NaN;
    digits = cut <= 0 ? "0" : digits.slice(0, cut);
  }
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) return Number.NaN;
  return match[1] === "-" && value !== 0 ? -value : value;
}

/** The same for what the wire sends: at most 15 digits with at most one point among them. -1 for anything else, and where digits are too many. */
function parsePlain(text: string, decimals: number): number {
  const { length } = text;
  if (length === 0 || length > 16) return -1;
  let value = 0;
  let digits = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (digits >= 0 || i === 0 || i === length - 1) return -1;
      digits = 0;
    } else if (code < 48 || code > 57) return -1;
    else if (digits >= decimals) {
      if (code !== 48) return -1;
    } else {
      value = value * 10 + code - 48;
      if (digits >= 0) digits += 1;
    }
  }
  const scaled = value * pow10(decimals - Math.max(0, digits));
  return scaled <= Number.MAX_SAFE_INTEGER ? scaled : -1;
}

/** Writes a whole number of 10^-decimals as a decimal string without trailing zeros; the reverse of `parseScaled`. */
export function formatScaled(value: number, decimals: number): string {
  assert(Number.isSafeInteger(value), "units: a scaled value is a whole number");
  const sign = value < 0 ? "-" : "";
  const digits = String(Math.abs(value)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads a plain finite number from an argument or a setting; NaN for anything else ("", "1x", "Infinity", "0x10"). */
export function parseNumber(text: string): number {
  if (!NUMBER.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}
