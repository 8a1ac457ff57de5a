import { describe, expect, test } from "bun:test";
import { feeOf } from "../../src/sim/fee.ts";
import { AddressLimiter } from "../../src/sim/limits.ts";
import { advanceFront, logProb, logProb2, powerProb, powerProb2, powerProb3, riskAverse } from "../../src/sim/queue.ts";

const S = 1_000_000;

describe("queue models", () => {
  test.each([
    [30, 70, [0.8448275862, 0.927027027, 0.5538345146, 0.9236334916, 0.49, 0.91]],
    [70, 30, [0.1551724138, 0.072972973, 0.4461654854, 0.7440731378, 0.09, 0.51]],
  ] as [number, number, number[]][])(
    "probability that a cancel was behind us, %d in front and %d behind",
    (front, back, expected) => {
      const models = [powerProb(2), powerProb(3), logProb, logProb2, powerProb2(2), powerProb3(2)];
      models.forEach((model, i) => {
        expect(model(front, back)).toBeCloseTo(expected[i] as number, 9);
      });
    },
  );

  test.each([
    [30, 100, 80, 0, [26.8965517241, 21.0766902918, 30]],
    [30, 100, 80, 15, [29.224137931, 27.7691725729, 30]],
    [95, 100, 60, 0, [55.1104972376, 60, 60]],
    [30, 100, 120, 0, [30, 30, 30]],
  ] as [number, number, number, number, number[]][])(
    "front %d of %d, then %d with %d traded",
    (front, prev, next, traded, expected) => {
      [powerProb(2), logProb, riskAverse].forEach((model, i) => {
        expect(advanceFront(front, prev, next, traded, model)).toBeCloseTo(expected[i] as number, 9);
      });
    },
  );

  test("cancels alone never fill an order: the front stays at 0 where a known model went to -17.55", () => {
    expect(advanceFront(5, 100, 20, 0, logProb)).toBe(0);
  });
});

describe("fees", () => {
  test.each([
    [253_720_000, 353, 3e-5, 2_686_894],
    [27_421, 50, 3e-4, 411],
    [100, 1, -3e-5, 0],
    // Whole in decimals, a hair short in doubles: the venue charges what doubles say.
    [1_000_000, 100, 3e-4, 29_999],
    [1_000_000, 100, -3e-5, -3_000],
  ])("%d x %d at %d", (px, lots, rate, fee) => {
    expect(feeOf(px, lots, rate) + 0).toBe(fee);
  });
});

describe("the address limiter", () => {
  test("an address with 4,600 requests left, request by request", () => {
    const limiter = new AddressLimiter(61_400, 56_000 * S);
    expect([limiter.capCount, limiter.surplusCount]).toEqual([66_000, 4_600]);
    let now = 0;
    const place = (): boolean => limiter.request(1, false, now, now);
    for (let i = 0; i < 4_600; i++) expect(place()).toBe(true);
    expect(place()).toBe(false);
    expect(limiter.refusal()).toBe(
      "Too many cumulative requests sent (66000 > 65999) for cumulative volume traded $56000.00. Place taker orders to free up 1 request per USDC traded.",
    );
    expect(limiter.request(1, true, now, now)).toBe(true);
    expect(limiter.usedCount).toBe(66_001);
    for (const used of [66_002, 66_003]) {
      now += 10 * S;
      expect(place()).toBe(true);
      expect(limiter.usedCount).toBe(used);
    }
    now += 5 * S;
    expect(place()).toBe(false);
    now += 5 * S;
    expect(place()).toBe(true);
    limiter.usedCount = 66_003;
    limiter.onFill(25.4 * S);
    expect(limiter.capCount).toBe(66_025);
    for (let i = 0; i < 22; i++) expect(place()).toBe(true);
    expect(place()).toBe(false);
  });

  test("what is unproven can be otherwise: the price of a modify, cancels apart, no credit for makers", () => {
    const rules = { modifyCost: 2, cancelsShareCounter: false, makerCreditRatio: 0 };
    const limiter = new AddressLimiter(0, 0, rules);
    limiter.request(limiter.rules.modifyCost, false, 0, 0);
    limiter.request(1, true, 0, 0);
    limiter.onFill(50 * S);
    expect([limiter.usedCount, limiter.capCount]).toEqual([2, 10_000]);
  });

  test("the throttle counts from the answer, not from the request", () => {
    const limiter = new AddressLimiter(10_000, 0);
    expect(limiter.request(1, false, 0, 2 * S)).toBe(true);
    expect(limiter.request(1, false, 11 * S, 13 * S)).toBe(false);
    expect(limiter.request(1, false, 12 * S, 14 * S)).toBe(true);
  });

  test("a batch passes whole while one request is left, and the debt is real", () => {
    const limiter = new AddressLimiter(9_999, 0);
    expect(limiter.request(20, false, 0, 0)).toBe(true);
    expect(limiter.surplusCount).toBe(-19);
  });

  test("cancels have room to twice a small limit, and then wait like everyone", () => {
    const limiter = new AddressLimiter(19_999, 0);
    expect(limiter.request(1, true, 0, 0)).toBe(true);
    expect(limiter.request(1, true, 0, 0)).toBe(true);
    expect(limiter.request(1, true, S, S)).toBe(false);
  });
});
