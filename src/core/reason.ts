/**
 * Reason codes: every expected outcome that is not the wished one, by number inside and by name outside.
 *
 * Expected outcomes are returned, never thrown. Numbers stand in journals: never reuse one.
 * @module
 */

export const REASON = {
  none: 0,
  // why a side is not quoted
  no_book: 1,
  crossed_book: 2,
  no_fees: 3,
  stale_feed: 4,
  daily_loss: 5,
  drawdown: 6,
  position_breaker: 7,
  cap: 8,
  stopped: 10,
  gap: 11,
  delisted: 12,
  journal: 13,
  holding: 14,
  paused: 15,
  reducing: 16,
  reject_burst: 17,
  position_mismatch: 18,
  venue_cancels: 19,
  // why an order was not sent
  band_holds: 20,
  in_flight: 21,
  quota_spent: 22,
  price_jump: 23,
  // what the venue said
  post_only_crossed: 30,
  price_off_grid: 31,
  below_minimum: 32,
  zero_size: 33,
  too_many_requests: 34,
  missing_order: 35,
  reduce_only_increase: 36,
  margin: 37,
  no_answer: 38,
  other_refusal: 39,
  open_interest_cap: 40,
  too_far_from_oracle: 41,
  venue_cancelled: 42,
  expired: 43,
  // why an order was sent
  place_missing: 50,
  too_close: 51,
  too_far: 52,
  resize: 53,
  surplus_level: 54,
} as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

const NAMES = new Map<number, string>(Object.entries(REASON).map(([name, code]) => [code, name]));

/** The name of a code, as reports and traces print it. */
export function reasonName(code: number): string {
  return NAMES.get(code) ?? `reason_${code}`;
}
