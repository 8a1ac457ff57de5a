/**
 * A cursor over the bytes of one message: literals, whole numbers and decimals, without a string in between.
 * @module
 */

const QUOTE = 0x22;
/** 10^k for the digits that a fraction may lack. */
const POW10 = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8] as const;

/** Reads forward from `at`; every method leaves `at` where it was or past what it took. */
export class Scanner {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

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
    const bytes = this.bytes;
    const end = this.end;
    const start = this.at;
    let at = start;
    let value = 0;
    let byte = 0;
    while (at < end) {
      byte = bytes[at] as number;
      if (byte < 48 || byte > 57) break;
      value = value * 10 + (byte - 48);
      at += 1;
    }
    const wholeEnd = at;
    let left = decimals;
    if (byte === 0x2e) {
      at += 1;
      const fractionStart = at;
      while (at < end) {
        byte = bytes[at] as number;
        if (byte < 48 || byte > 57) break;
        if (left > 0) {
          value = value * 10 + (byte - 48);
          left -= 1;
        } else if (byte !== 48) return -1;
        at += 1;
      }
      if (at === fractionStart) return -1;
    }
    if (wholeEnd === start || byte !== QUOTE || at - start > 16) return -1;
    this.at = at;
    return value * (POW10[left] as number);
  }

  /** Passes a string without escapes up to its closing quote, which stays. Returns 0, or -1 when it does not end. */
  skipString(): number {
    const bytes = this.bytes;
    while (this.at < this.end) {
      const byte = bytes[this.at] as number;
      if (byte === QUOTE) return 0;
      // An escape, or a control character that JSON forbids here: not ours to judge.
      if (byte === 0x5c || byte < 0x20) return -1;
      this.at += 1;
    }
    return -1;
  }
}
