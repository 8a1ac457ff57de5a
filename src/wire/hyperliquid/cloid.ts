/**
 * Client ids: 16 bytes in hex, the run's number before the counter of the order.
 * @module
 */

/** A run's number: two words of 32 bits. */
export type RunNumber = readonly [high: number, low: number];

const WORD_DIGITS = 8;
const COUNTER_DIGITS = 16;
const TEXT = /^0x[0-9a-f]{32}$/;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** Client id of an order of a run, as the venue takes it. */
export function cloidText(run: RunNumber, counter: number): string {
  return `0x${hex(run[0], WORD_DIGITS)}${hex(run[1], WORD_DIGITS)}${hex(counter, COUNTER_DIGITS)}`;
}

/** Counter of an order of the run by its client id; 0 for one that is absent or not of this run. */
export function cloidCounter(run: RunNumber, text: string | null): number {
  const id = text?.toLowerCase() ?? "";
  if (!TEXT.test(id) || !id.startsWith(`0x${hex(run[0], WORD_DIGITS)}${hex(run[1], WORD_DIGITS)}`)) return 0;
  const counter = Number.parseInt(id.slice(2 + 2 * WORD_DIGITS), 16);
  return Number.isSafeInteger(counter) ? counter : 0;
}
