import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../src/core/prng.ts";
import { ForecastTable } from "../../src/stats/forecast.ts";
import { pairedRatios, ratioInterval } from "../../src/stats/paired.ts";

const one = (sums: number[]) => sums.map((sum) => ({ sum, weight: 1 }));

describe("paired ratios", () => {
  test("with equal weights it is the paired t interval", () => {
    // Differences 1, 2, 3: mean 2, sd 1, t(0.975, 2) = 4.3027.
    const pair = pairedRatios(one([2, 4, 6]), one([1, 2, 3]));
    expect(pair.difference).toBeCloseTo(2, 12);
    expect((pair.hi as number) - 2).toBeCloseTo(4.30265 / Math.sqrt(3), 4);
  });

  test("what both runs share cancels", () => {
    const common = [5, -40, 300, 7];
    const pair = pairedRatios(one(common.map((x) => x + 1)), one(common));
    expect([pair.difference, pair.lo, pair.hi].map((x) => Math.round((x as number) * 1e9) / 1e9)).toEqual([1, 1, 1]);
  });

  test("a seed without fills moves nothing", () => {
    const with0 = pairedRatios([...one([1, 3]), { sum: 0, weight: 0 }], [...one([0, 1]), { sum: 0, weight: 0 }]);
    expect(with0.difference).toBe(pairedRatios(one([1, 3]), one([0, 1])).difference as number);
  });

  test("nothing is known of one seed, or without a fill", () => {
    expect(pairedRatios(one([2]), one([1]))).toMatchObject({ difference: 1, lo: null, hi: null });
    expect(pairedRatios([{ sum: 0, weight: 0 }], one([1]))).toMatchObject({ first: null, second: 1, difference: null });
  });

  test("95 % of the intervals hold the truth", () => {
    const random = new Prng(7);
    let inside = 0;
    const rounds = 1000;
    for (let round = 0; round < rounds; round++) {
      const draw = (edge: number) => {
        const weight = 1 + 3 * random.unit();
        return { sum: weight * (edge + random.normal()), weight };
      };
      const first = Array.from({ length: 20 }, () => draw(0.5));
      const second = Array.from({ length: 20 }, () => draw(0));
      const { lo, hi } = pairedRatios(first, second);
      if ((lo as number) <= 0.5 && (hi as number) >= 0.5) inside += 1;
    }
    expect(inside / rounds).toBeGreaterThan(0.92);
    expect(inside / rounds).toBeLessThan(0.98);
  });

  test("swapping the runs turns the interval round", () => {
    const part = fc.record({
      sum: fc.double({ min: -100, max: 100, noNaN: true }),
      weight: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { minLength: 2, maxLength: 9 }), (pairs) => {
        const there = pairedRatios(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        );
        const back = pairedRatios(
          pairs.map(([, b]) => b),
          pairs.map(([a]) => a),
        );
        expect(back.difference as number).toBeCloseTo(-(there.difference as number), 9);
        expect(back.lo as number).toBeCloseTo(-(there.hi as number), 9);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test("one ratio alone", () => {
    expect(ratioInterval(one([1, 2, 3])).mean).toBe(2);
  });
});

describe("forecasts", () => {
  const table = new ForecastTable(4);
  table.addGroup([
    { k: 4, happened: true },
    { k: 4, happened: false },
    { k: 0, happened: false },
  ]);
  table.addGroup([{ k: 2, happened: true }]);

  test("the Brier score is the mean square of forecast less outcome", () => {
    expect(table.brier.mean).toBeCloseTo((0 + 1 + 0 + 0.25) / 4, 12);
    expect(table.baseBrier).toBeCloseTo(0.5 * 0.5, 12);
  });

  test("the curve says how often each forecast came true", () => {
    expect(table.curve.map(({ forecast, count, observed }) => [forecast, count, observed])).toEqual([
      [0, 1, 0],
      [0.25, 0, null],
      [0.5, 1, 1],
      [0.75, 0, null],
      [1, 2, 0.5],
    ]);
  });

  test("no interval reaches below 0", () => {
    expect(table.brier.lo).toBe(0);
  });

  test("of nothing nothing is known", () => {
    expect(new ForecastTable(2).brier).toEqual({ mean: null, lo: null, hi: null });
    expect(new ForecastTable(2).baseBrier).toBeNull();
  });
});
