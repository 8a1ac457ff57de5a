import { describe, expect, test } from "bun:test";
import { QuotaLedger } from "../../../src/core/quota/ledger.ts";
import { PRIORITY, THROTTLE_WAIT_US, Throttle } from "../../../src/core/quota/throttle.ts";
import { REASON } from "../../../src/core/reason.ts";

const USD = 1_000_000;

describe("quota ledger", () => {
  test("a request is one, a credited dollar earns one, fractions wait for the rest of the dollar", () => {
    const ledger = new QuotaLedger();
    for (let i = 0; i < 3; i++) ledger.onSent();
    expect(ledger.surplusCount).toBe(9_997);
    ledger.onFill(0.6 * USD);
    expect(ledger.capCount).toBe(10_000);
    ledger.onFill(0.6 * USD);
    expect(ledger.capCount).toBe(10_001);
    ledger.onRefused();
    expect(ledger.usedCount).toBe(2);
  });

  test("the venue's numbers replace ours, in-flight requests added", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(61_400, 66_000, 0, 2);
    expect(ledger.surplusCount).toBe(4_598);
    expect(ledger.headroomRatio).toBeCloseTo(4_598 / 66_000, 12);
  });
});

describe("throttle", () => {
  function at(surplus: number): Throttle {
    const ledger = new QuotaLedger();
    ledger.onVenue(10_000 - surplus, 10_000, 0, 0);
    const throttle = new Throttle(ledger, 5);
    throttle.onSent(0);
    return throttle;
  }
  const rows: [number, boolean, boolean, boolean][] = [
    [10, true, true, true],
    [9, true, true, false],
    [7, true, false, false],
    [6, true, false, false],
    [5, false, false, false],
    [0, false, false, false],
    [-50, false, false, false],
  ];
  test.each(rows)("with %d left: place %p, too close %p, too far %p", (surplus, place, close, far) => {
    const throttle = at(surplus);
    expect(throttle.check(PRIORITY.placeMissing, 1) === REASON.none).toBe(place);
    expect(throttle.check(PRIORITY.tooClose, 1) === REASON.none).toBe(close);
    expect(throttle.check(PRIORITY.tooFar, 1) === REASON.none).toBe(far);
    expect(throttle.check(PRIORITY.risk, 1)).toBe(REASON.none);
  });

  test("when spent, one request goes out each slot, and never a mere resize", () => {
    const throttle = at(-3);
    expect(throttle.check(PRIORITY.tooFar, THROTTLE_WAIT_US - 1)).toBe(REASON.quota_spent);
    expect(throttle.check(PRIORITY.resize, THROTTLE_WAIT_US)).toBe(REASON.quota_spent);
    expect(throttle.check(PRIORITY.tooFar, THROTTLE_WAIT_US)).toBe(REASON.none);
    throttle.onSent(THROTTLE_WAIT_US);
    expect(throttle.check(PRIORITY.placeMissing, THROTTLE_WAIT_US + 1)).toBe(REASON.quota_spent);
  });
});
