import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../src/core/prng.ts";
import { FIGURES } from "../../src/stats/profile_figures.ts";
import { at, figureOf, MID, Teller } from "../fixtures/events.ts";

describe("touch", () => {
  test("by time a touch counts as long as it holds, by event once", () => {
    const t = new Teller();
    // 2 bps for 60 s, 4 bps for 39 s, 20 bps for 1 s.
    t.touch(0, MID, 10);
    t.touch(60, MID, 20);
    t.touch(99, MID, 100);
    t.touch(100, MID, 100, 5);
    const p = t.finish();
    expect(figureOf(p, "spread_time_median")).toBeCloseTo(2, 9);
    expect(figureOf(p, "spread_time_mean")).toBeCloseTo((120 + 156 + 20) / 100, 9);
    expect(figureOf(p, "spread_time_p99")).toBeCloseTo(4, 9);
    expect(figureOf(p, "spread_event_median")).toBeCloseTo(4, 9);
    expect(figureOf(p, "spread_event_mean")).toBeCloseTo((2 + 4 + 20 + 20) / 4, 9);
    expect(figureOf(p, "touches_per_s")).toBeCloseTo(4 / 100, 9);
  });

  test("the same touch told again is no event, and one of the same time replaces", () => {
    const t = new Teller();
    t.touch(0);
    t.touch(1);
    t.touch(2, MID, 20);
    t.touch(2, MID, 30);
    t.touch(4, MID, 30);
    const p = t.finish();
    expect(p.touches).toBe(2);
    expect(figureOf(p, "spread_time_mean")).toBeCloseTo((2 * 2 + 2 * 6) / 4, 9);
  });

  test("a side that is empty is no touch", () => {
    const t = new Teller();
    t.touch(0, MID, 10);
    t.profiler.onTouch(at(10), MID - 10, 5, 0, 0);
    t.touch(90, MID, 10);
    t.touch(100, MID, 20);
    expect(figureOf(t.finish(), "spread_time_mean")).toBeCloseTo(2, 9);
  });
});

describe("flow", () => {
  test("prints of one side and millisecond are one sweep, whatever comes between them", () => {
    const t = new Teller();
    t.touch(0);
    t.print(1, 1, MID + 10, 100);
    t.print(1, -1, MID - 10, 50);
    t.print(1, 1, MID + 30, 300);
    t.print(2, 1, MID + 10, 200);
    // Told late, and still the sweep of its time.
    t.print(1, 1, MID + 20, 400);
    t.touch(100, MID, 20);
    const p = t.finish();
    expect([p.trades, p.sweeps]).toEqual([5, 3]);
    expect(figureOf(p, "trades_per_s")).toBeCloseTo(0.05, 9);
    expect(figureOf(p, "sweeps_per_s")).toBeCloseTo(0.03, 9);
    expect(figureOf(p, "trade_usd_median")).toBeCloseTo(200, 6);
    expect(figureOf(p, "trade_usd_mean")).toBeCloseTo(210, 6);
    expect(figureOf(p, "trade_usd_p99")).toBeCloseTo(400, 6);
    expect(figureOf(p, "sweep_usd_median")).toBeCloseTo(200, 6);
    expect(figureOf(p, "sweep_usd_mean")).toBeCloseTo(350, 6);
    expect(figureOf(p, "sweep_usd_p99")).toBeCloseTo(800, 6);
  });

  test("ten sweeps in every other ten seconds have a Fano factor of five", () => {
    const t = new Teller();
    t.touch(0);
    for (let w = 0; w < 200; w += 2) for (let i = 0; i < 10; i++) t.print(w * 10 + i + 0.5, 1, MID + 10);
    t.touch(2000, MID, 20);
    expect(figureOf(t.finish(), "fano_10s")).toBeCloseTo(5, 9);
  });

  test("gaps lie between sweeps; a quiet spell counts with the ends of the recording", () => {
    const t = new Teller();
    t.touch(0);
    for (const s of [100, 101, 103, 203]) t.print(s, 1, MID + 10);
    t.touch(290, MID, 20);
    const p = t.finish();
    expect(figureOf(p, "gap_median")).toBe(2);
    expect(figureOf(p, "gap_p99")).toBe(100);
    expect(figureOf(p, "gap_longest")).toBe(100);
    expect(figureOf(p, "gap_long_ratio")).toBeCloseTo((100 + 100 + 87) / 290, 9);
    expect(p.figures.gap_median?.n).toBe(3);
  });

  test("sides that repeat with a chance p have correlations (2 p - 1)^lag", () => {
    const t = new Teller();
    const random = new Prng(5);
    let side: 1 | -1 = 1;
    t.touch(0);
    for (let i = 1; i <= 20_000; i++) {
      if (random.unit() > 0.8) side = side > 0 ? -1 : 1;
      t.print(i / 10, side, MID + 10 * side);
    }
    const p = t.finish();
    for (const lag of [1, 2, 3, 10])
      expect(Math.abs(figureOf(p, `sign_lag_${lag}`) - 0.6 ** lag)).toBeLessThan(4 / Math.sqrt(20_000));
  });
});

describe("returns", () => {
  /** Steps of a hundredth of a second whose parts go on with `rho`, for an hour. */
  function walk(rho: number): ReturnType<Teller["finish"]> {
    const t = new Teller();
    const random = new Prng(9);
    let mid = MID * 100;
    let step = 0;
    for (let i = 0; i <= 72_000; i++) {
      t.touch(i / 20, Math.round(mid), 10);
      step = rho * step + 40 * random.normal();
      mid += step;
    }
    return t.finish();
  }

  test("a random walk has the deviation of its steps and a variance ratio of one", () => {
    const p = walk(0);
    // 20 steps a second of 40 units of 10^-7.
    const second = (40 * Math.sqrt(20)) / 1000;
    expect(Math.abs(figureOf(p, "mid_sd_1s") / second - 1)).toBeLessThan(0.04);
    expect(Math.abs(figureOf(p, "mid_sd_5s") / (second * Math.sqrt(5)) - 1)).toBeLessThan(0.08);
    expect(Math.abs(figureOf(p, "variance_ratio") - 1)).toBeLessThan(0.15);
  });

  test("moves that go on have the variance ratio of their autocorrelation", () => {
    const rho = 0.8;
    // Variance of a sum of n steps over n: 1 + 2 sum (1 - k / n) rho^k.
    const perStep = (n: number): number => {
      let sum = 1;
      for (let k = 1; k < n; k++) sum += 2 * (1 - k / n) * rho ** k;
      return sum;
    };
    expect(Math.abs(figureOf(walk(rho), "variance_ratio") / (perStep(100) / perStep(6)) - 1)).toBeLessThan(0.15);
  });
});

describe("depth and impact", () => {
  /** Sweeps every 40 s whose depth beyond the touch is `depths`, and after which the mid goes `a + phi D` bps in their direction. */
  function told(depths: readonly number[], a: number, phi: number): Teller {
    const t = new Teller();
    depths.forEach((bps, i) => {
      const from = i * 40;
      const side = i % 3 === 0 ? -1 : 1;
      t.touch(from, MID, 10);
      t.print(from + 1, side, MID + side * 10);
      t.print(from + 1, side, MID + side * bps * 10);
      t.touch(from + 1, MID + side * 10 * (a + phi * bps), 10);
    });
    t.touch(depths.length * 40, MID, 10);
    return t;
  }

  test("a, phi and the slope through the origin come out as they went in, at each horizon", () => {
    const depths = Array.from({ length: 60 }, (_, i) => 1 + (i % 12));
    const p = told(depths, -1, 0.5).finish();
    for (const h of [1, 5, 30]) {
      expect(figureOf(p, `phi_2bps_${h}s`)).toBeCloseTo(0.5, 9);
      expect(figureOf(p, `a_2bps_${h}s`)).toBeCloseTo(-1, 9);
    }
    // Depths 3 to 12 and 9 to 12 bps: mean move over mean depth.
    expect(figureOf(p, "origin_2bps_5s")).toBeCloseTo((-1 + 0.5 * 7.5) / 7.5, 9);
    expect(figureOf(p, "origin_8bps_5s")).toBeCloseTo((-1 + 0.5 * 10.5) / 10.5, 9);
    expect(p.figures.phi_2bps_5s?.n).toBe(50);
  });

  test("a sweep is judged against the touch strictly before it", () => {
    const p = told([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 3, 0).finish();
    // The touch of the sweep's own millisecond is 3 bps further: against it the depth would be 2.
    expect(figureOf(p, "kappa_2bps")).toBeCloseTo(1 / 3e-4, 6);
    expect(figureOf(p, "origin_2bps_1s")).toBeCloseTo(3 / 5, 9);
  });

  test("touch mass, shares beyond and kappa from the touch are counts and sums", () => {
    const p = told([1, 1, 1, 1, 1, 1, 3, 3, 5, 9], 0, 0).finish();
    expect(figureOf(p, "touch_mass")).toBeCloseTo(0.6, 9);
    expect(figureOf(p, "beyond_0.5bps")).toBe(1);
    expect(figureOf(p, "beyond_2bps")).toBeCloseTo(0.4, 9);
    expect(figureOf(p, "kappa_all")).toBeCloseTo(10 / (16 * 1e-4), 6);
    expect(figureOf(p, "kappa_2bps")).toBeNaN();
  });

  test("exponential depths beyond 2 bps give their kappa, variation and shape", () => {
    const random = new Prng(21);
    // Units are tenths of a basis point: the grid moves kappa by less than a hundredth.
    const depths = Array.from({ length: 4000 }, () => 2 + Math.round(30 * random.exponential() + 0.5) / 10);
    const p = told(depths, 0, 0).finish();
    expect(Math.abs(figureOf(p, "kappa_2bps") / 3333 - 1)).toBeLessThan(0.06);
    expect(Math.abs(figureOf(p, "cv_2bps") - 1)).toBeLessThan(0.06);
    expect(Math.abs(figureOf(p, "shape_2bps"))).toBeLessThan(0.08);
  });

  test("what takers gain is measured from their prices, by notional", () => {
    const t = new Teller();
    t.touch(0);
    t.print(10, 1, MID + 10, 300);
    t.touch(12, MID + 40);
    t.touch(20, MID);
    t.print(30, -1, MID - 10, 100);
    t.touch(60, MID, 20);
    // +30 units on $300 and -10 on $100, in tenths of a basis point of the price paid.
    const bought = (300 * 30) / (MID + 10);
    const sold = (100 * -10) / (MID - 10);
    expect(figureOf(t.finish(), "taker_markout_5s")).toBeCloseTo(((bought + sold) / 400) * 1e4, 6);
  });
});

describe("gaps in the recording", () => {
  test("nothing is measured across one", () => {
    const t = new Teller();
    t.touch(0);
    t.print(10, 1, MID + 50);
    t.print(58, 1, MID + 50);
    t.touch(60, MID, 12);
    t.profiler.onGap();
    t.touch(85, MID + 500);
    // Its time lies in the gap: it belongs to nothing that was recorded.
    t.print(80, 1, MID + 10);
    t.print(95, 1, MID + 510);
    t.touch(120, MID + 500, 12);
    const p = t.finish();
    expect([p.seconds, p.gaps, p.sweeps, p.lostTrades]).toEqual([95, 1, 3, 1]);
    // Of the two sweeps of 5 bps the second one's horizon lies in the gap, or behind it: the sweep after it is of 1 bp.
    expect([p.figures.origin_2bps_5s?.n, p.figures.origin_2bps_30s?.n]).toEqual([1, 1]);
    expect(figureOf(p, "trades_per_s")).toBeCloseTo(3 / 95, 9);
    expect(figureOf(p, "gap_longest")).toBe(48);
    expect(figureOf(p, "mid_sd_1s")).toBeCloseTo(0, 9);
  });
});

describe("depth of book", () => {
  const levels = (side: 1 | -1, count: number, step: number) =>
    Array.from({ length: count }, (_, i) => ({ px: MID - side * (5 + i * step), lots: 1000 }));

  test("dollars within a distance are the mean of both sides; beyond what is shown nothing is claimed", () => {
    const t = new Teller();
    t.touch(0, MID, 5);
    // Bids reach 20 levels of 1 unit each: 2.4 bps. Asks end after three levels.
    t.profiler.onBook(at(1), levels(1, 20, 1), levels(-1, 3, 1));
    t.touch(60, MID, 6);
    const p = t.finish();
    // Levels of $100 less a little for each bid: 6 and 16 bids within 1 and 2 bps, 3 asks.
    expect(figureOf(p, "depth_usd_1bps")).toBeCloseTo((600 - 0.045 + 300 + 0.018) / 2, 6);
    expect(figureOf(p, "depth_usd_2bps")).toBeCloseTo((1600 - 0.2 + 300 + 0.018) / 2, 6);
    expect(figureOf(p, "depth_usd_5bps")).toBeNaN();
  });
});

describe("properties", () => {
  test("the order in which prints are told does not matter", () => {
    const prints = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 59 }), fc.constantFrom(1, -1), fc.integer({ min: 1, max: 60 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(prints, fc.integer(), (list, seed) => {
        const tell = (order: typeof list) => {
          const t = new Teller();
          for (let s = 0; s <= 60; s += 2) t.touch(s, MID + (s % 7) * 3);
          for (const [s, side, d] of order) t.print(s, side as 1 | -1, MID + side * d);
          const { figures } = t.finish();
          // Which of two sides of one millisecond was first is known by the telling alone.
          const kept = FIGURES.filter(({ key }) => !key.startsWith("sign_"));
          return kept.map(({ key }) => (figures[key]?.value ?? 0).toPrecision(9));
        };
        const random = new Prng(seed);
        const shuffled = list.map((p) => [random.unit(), p] as const).sort((a, b) => a[0] - b[0]);
        expect(tell(shuffled.map(([, p]) => p))).toEqual(tell(list));
      }),
      { seed: 20260904, numRuns: 60 },
    );
  });

  test("every figure of the table is there, and no other", () => {
    const t = new Teller();
    t.touch(0);
    expect(Object.keys(t.finish().figures).sort()).toEqual(FIGURES.map((f) => f.key).sort());
  });
});
