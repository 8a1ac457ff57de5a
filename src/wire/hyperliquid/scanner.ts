/**
 * A cursor over the bytes of one message: literals, whole numbers and decimals, without a string in between.
 * @module
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;
/** A decimal point, counted from the digit 0 as digits are. */
const POINT = 0x2e - 48;

/** Four bytes of a literal as one little-endian signed number, for comparing them at once. */
function word(text: string, from: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = (value << 8) | text.charCodeAt(from + i);
  return value;
}
// A level's literals as words; where a length is no multiple of four the second word overlaps the first.
const PX_A = word('{"px":"', 0);
const PX_B = word('{"px":"', 3);
const SZ_A = word('","sz":"', 0);
const SZ_B = word('","sz":"', 4);
const N_A = word('","n":', 0);
const N_B = word('","n":', 2);
const NULL_WORD = word("null", 0);
/** A level is at least this long: `{"px":"1","sz":"1","n":1}`. */
const LEVEL_BYTES_MIN = 25;
/** 10^k for the digits that a fraction may lack. */
const POW10 = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** Where the decimal that was read last ends: at its closing quote. Set by `decimalAt`, valid until its next call. */
let decimalEnd = 0;

/**
 * See `Scanner.decimal`; a function over plain values, because two calls a level are most of the time that a book takes.
 *
 * Digits before and after the point are summed as 32-bit integers (at most nine each; more go the slow way): in doubles each digit waits
 * for the multiplication of the one before, which halved the speed of a book.
 */
function decimalAt(bytes: Uint8Array, start: number, end: number, decimals: number): number {
  let at = start;
  let whole = 0;
  let digit = (bytes[at] as number) - 48;
  while (digit >= 0 && digit <= 9) {
    whole = (Math.imul(whole, 10) + digit) | 0;
    digit = (bytes[++at] as number) - 48;
  }
  if (at === start || at - start > 9) return -1;
  let value = whole * (POW10[decimals] as number);
  if (digit === POINT) {
    const fractionStart = at + 1;
    let fraction = 0;
    digit = (bytes[++at] as number) - 48;
    while (digit >= 0 && digit <= 9) {
      fraction = (Math.imul(fraction, 10) + digit) | 0;
      digit = (bytes[++at] as number) - 48;
    }
    const digits = at - fractionStart;
    if (digits === 0 || digits > 9) return -1;
    if (digits <= decimals) value += fraction * (POW10[decimals - digits] as number);
    else if (fraction % (POW10[digits - decimals] as number) !== 0) return -1;
    else value += fraction / (POW10[digits - decimals] as number);
  }
  if (digit !== QUOTE - 48 || at >= end) return -1;
  decimalEnd = at;
  return value;
}

/** Reads forward from `at`; every method leaves `at` where it was or past what it took. */
export class Scanner {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Sets the bytes to read from `at` to `end`. A view is made once for each new array: readers hand over large chunks. */
  open(bytes: Uint8Array, at: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = at;
    this.end = end;
  }

  /**
   * Levels `{"px":"...","sz":"...","n":...}` separated by commas, up to `countMax`, as pairs into `out` from `to` on. Returns their number
   * and stands behind the last; -1 on anything unusual. The hottest loop of all: 40 levels a book, so it is one function over locals.
   */
  levels(out: Float64Array, to: number, countMax: number, pxDecimals: number, lotsDecimals: number): number {
    const bytes = this.bytes;
    const view = this.#view;
    const end = this.end;
    let at = this.at;
    for (let count = 0; count < countMax; count++) {
      if (at + LEVEL_BYTES_MIN > end) return -1;
      if (((view.getInt32(at, true) ^ PX_A) | (view.getInt32(at + 3, true) ^ PX_B)) !== 0) return -1;
      const px = decimalAt(bytes, at + 7, end, pxDecimals);
      at = decimalEnd;
      if (px <= 0 || at + 12 > end) return -1;
      if (((view.getInt32(at, true) ^ SZ_A) | (view.getInt32(at + 4, true) ^ SZ_B)) !== 0) return -1;
      const lots = decimalAt(bytes, at + 8, end, lotsDecimals);
      at = decimalEnd;
      if (lots <= 0 || at + 8 > end) return -1;
      if (((view.getInt32(at, true) ^ N_A) | (view.getInt32(at + 2, true) ^ N_B)) !== 0) return -1;
      at += 6;
      let byte = bytes[at] as number;
      if (byte > 48 && byte <= 57) {
        // An order count; JSON knows no leading zeros, and a count of 0 does not occur.
        do {
          at += 1;
          byte = bytes[at] as number;
        } while (byte >= 48 && byte <= 57);
      } else if (at + 4 <= end && view.getInt32(at, true) === NULL_WORD) at += 4;
      else return -1;
      if (at >= end || bytes[at] !== CLOSE) return -1;
      at += 1;
      out[to + 2 * count] = px;
      out[to + 2 * count + 1] = lots;
      this.at = at;
      if (at >= end || bytes[at] !== COMMA) return count + 1;
      at += 1;
    }
    return -1;
  }

  /** Whether the literal stands here; passes it if so. */
  take(literal: Uint8Array): boolean {
    const length = literal.length;
    const at = this.at;
    if (at + length > this.end) return false;
    const bytes = this.bytes;
    // From the back: literals begin alike and end differently.
    for (let i = length - 1; i >= 0; i--) if (bytes[at + i] !== literal[i]) return false;
    this.at = at + length;
    return true;
  }

  isByte(byte: number): boolean {
    return this.at < this.end && this.bytes[this.at] === byte;
  }

  takeByte(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  peekQuote(): boolean {
    return this.at < this.end && this.bytes[this.at] === QUOTE;
  }

  /** A whole number without a sign that a double holds exactly (trade ids have up to 16 digits); -1 when there is none. */
  integer(): number {
    const bytes = this.bytes;
    const end = this.end;
    let at = this.at;
    let value = 0;
    while (at < end) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    // JSON knows no leading zeros.
    if (bytes[this.at] === 48 && at - this.at > 1) return -1;
    if (at === this.at || at - this.at > 16 || value > Number.MAX_SAFE_INTEGER) return -1;
    this.at = at;
    return value;
  }

  /**
   * A plain decimal up to its closing quote, which stays, as a whole number of 10^-decimals; -1 when it is not one, has an exponent or a
   * sign, or has digits beyond that are not zero.
   */
  decimal(decimals: number): number {
    const value = decimalAt(this.bytes, this.at, this.end, decimals);
    if (value >= 0) this.at = decimalEnd;
    return value;
  }

  /** Passes a string without escapes up to its closing quote, which stays. Returns 0, or -1 when it does not end. */
  skipString(): number {
    const bytes = this.bytes;
    while (this.at < this.end) {
      const byte = bytes[this.at] as number;
      if (byte === QUOTE) return 0;
      // An escape, a control character that JSON forbids here, or UTF-8 that may be broken: not ours to judge.
      if (byte === 0x5c || byte < 0x20 || byte >= 0x80) return -1;
      this.at += 1;
    }
    return -1;
  }
}
