/**
 * The head of a tape's line in its usual form, read from bytes.
 * @module
 */

const OPEN = new TextEncoder().encode('{"local_ms":');
const BODY = new TextEncoder().encode(',"msg":{');
const CLOSE = 0x7d;

/** What `parseTapeHead` found: receive time and where the push begins. One record, valid until the next call. */
export const TAPE_HEAD = { timeUs: 0, bodyAt: 0 };

/** Reads `{"local_ms":N,"msg":{` at bytes[from..to). False when the line is not of this form. */
export function parseTapeHead(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = 0; i < OPEN.length; i++) if (bytes[from + i] !== OPEN[i]) return false;
  let at = from + OPEN.length;
  let ms = 0;
  const digitsAt = at;
  for (; at < to; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) break;
    ms = ms * 10 + digit;
  }
  if (at === digitsAt || at - digitsAt > 14) return false;
  let us = ms * 1000;
  if (bytes[at] === 0x2e) {
    let unit = 100;
    for (at += 1; at < to; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      // Three digits are microseconds, the fourth rounds.
      if (unit >= 1) us += digit * unit;
      else if (unit === 0.1 && digit >= 5) us += 1;
      unit = unit === 1 ? 0.1 : unit === 0.1 ? 0 : unit / 10;
    }
  }
  if (at + BODY.length >= to) return false;
  for (let i = 0; i < BODY.length; i++) if (bytes[at + i] !== BODY[i]) return false;
  // A line that was cut, or that carries more keys, has another end: the plain parse decides.
  if (bytes[to - 1] !== CLOSE || bytes[to - 2] !== CLOSE) return false;
  TAPE_HEAD.timeUs = us;
  TAPE_HEAD.bodyAt = at + BODY.length - 1;
  return true;
}
