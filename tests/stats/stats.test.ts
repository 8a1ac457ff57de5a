import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../src/core/prng.ts";
import { Attribution } from "../../src/stats/attribution.ts";
import { adverseThreshold, EdgeTracker } from "../../src/stats/edge.ts";
import { effectiveCount, interval, isDecided, longRunVariance, studentQuantile } from "../../src/stats/interval.ts";

const S = 1_000_000;

describe("intervals", () => {
  test("long-run variance of twelve values at lags 0 to 3", () => {
    const y = [2.1, 3.4, -0.5, 4, 2.2, 1.8, 3.9, -1.2, 2.7, 3.1, 0.4, 2.9];
    [2.5972222222, 1.0037962963, 0.4916049383, 0.7243981481].forEach((s, lag) => {
      expect(longRunVariance(y, lag)).toBeCloseTo(s, 9);
    });
    // Negative correlation is no reason for confidence.
    expect(effectiveCount(y)).toBe(12);
  });

  test("Student's t at 97.5 %", () => {
    for (const [degrees, t] of [
      [1, 12.7062],
      [2, 4.30265],
      [5, 2.57058],
      [15, 2.13145],
      [30, 2.04227],
      [1000, 1.96234],
    ] as const) {
      expect(studentQuantile(0.975, degrees)).toBeCloseTo(t, 3);
    }
  });

  const ones = (n: number): number[] => new Array(n).fill(1);

  test("16 values: mean 2.79, sd 1.65, the interval of the t distribution", () => {
    const random = new Prng(1);
    const raw = Array.from({ length: 16 }, () => random.normal());
    const m = raw.reduce((a, b) => a + b, 0) / 16;
    const sd = Math.sqrt(raw.reduce((a, b) => a + (b - m) ** 2, 0) / 15);
    const values = raw.map((x) => 2.79 + ((x - m) / sd) * 1.649992);
    const index = values.map((_, i) => i);
    const result = interval(values, ones(16), index, index);
    expect((result.hi as number) - (result.mean as number)).toBeCloseTo(0.88, 2);
  });

  test("fills of one sweep are one: the cluster error is the wider one", () => {
    const values = Array.from({ length: 40 }, (_, i) => (Math.floor(i / 4) % 2 === 0 ? 5 : -5));
    const clusters = values.map((_, i) => Math.floor(i / 4));
    const result = interval(
      values,
      ones(40),
      clusters,
      values.map((_, i) => i),
    );
    expect(result.method).toBe("cluster");
    expect(result.clusters).toBe(10);
    const naive = interval(
      values,
      ones(40),
      values.map((_, i) => i),
      values.map((_, i) => i),
    );
    expect((result.hi as number) - (result.lo as number)).toBeGreaterThan(
      1.8 * ((naive.hi as number) - (naive.lo as number)),
    );
  });

  test("covers the truth 95 times in 100 when minutes are correlated, and the plain one does not", () => {
    const random = new Prng(77);
    let covered = 0;
    let plain = 0;
    const runs = 400;
    for (let r = 0; r < runs; r++) {
      const values: number[] = [];
      const blocks: number[] = [];
      for (let b = 0; b < 40; b++) {
        const drift = 2 * random.normal();
        for (let i = 0; i < 6; i++) {
          values.push(drift + random.normal());
          blocks.push(b);
        }
      }
      const index = values.map((_, i) => i);
      const wide = interval(values, ones(240), index, blocks);
      const iid = interval(values, ones(240), index, index);
      if ((wide.lo as number) <= 0 && (wide.hi as number) >= 0) covered += 1;
      if ((iid.lo as number) <= 0 && (iid.hi as number) >= 0) plain += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.92);
    expect(plain / runs).toBeLessThan(0.8);
  });

  test("a verdict wants a narrow interval, a hundred clusters and thirty blocks", () => {
    const good = { mean: 4, lo: 3, hi: 5, n: 300, clusters: 120, blocks: 40, n_effective: 300, method: "iid" as const };
    expect(isDecided(good)).toBe(true);
    expect(isDecided({ ...good, clusters: 99 })).toBe(false);
    expect(isDecided({ ...good, blocks: 29 })).toBe(false);
    expect(isDecided({ ...good, lo: 1, hi: 7 })).toBe(false);
    expect(isDecided({ ...good, mean: null })).toBe(false);
  });

  test("one observation has a mean and no interval; none has neither", () => {
    expect(interval([3], [1], [0], [0])).toMatchObject({ mean: 3, lo: null, hi: null, n: 1 });
    expect(interval([], [], [], [])).toMatchObject({ mean: null, n: 0 });
  });
});

function edgeAfter(side: number, px: number, mids: [seconds: number, mid: number][], feeUsd = 0): EdgeTracker {
  const tracker = new EdgeTracker();
  tracker.onMid(0, 30_000);
  tracker.onFill(1 * S, side, px, 100, feeUsd, 30_000, 1e-4);
  for (const [seconds, mid] of mids) tracker.onMid(seconds * S, mid);
  tracker.finish(400 * S);
  return tracker;
}

describe("edge", () => {
  test("reference fill: bought at 29.994 of mid 30, mid 29.996 after 5 s, fee 1.5 bps", () => {
    const summary = edgeAfter(1, 29_994, [[3, 29_996]], 29_994 * 100 * 1.5e-4).summary();
    expect(summary.captureBps).toBeCloseTo(2, 10);
    expect(summary.markoutBps[1]).toBeCloseTo(-1.33333333, 8);
    expect(summary.edgeBps[1]?.mean).toBeCloseTo(-0.83333333, 8);
  });

  test("a buy before a rise raises edge, before a fall lowers it; a sell the other way round", () => {
    const edge = (side: number, mid: number): number =>
      edgeAfter(side, 30_000, [[3, mid]]).summary().edgeBps[1]?.mean as number;
    expect(edge(1, 30_030)).toBeCloseTo(10, 9);
    expect(edge(1, 29_970)).toBeCloseTo(-10, 9);
    expect(edge(-1, 29_970)).toBeCloseTo(10, 9);
    expect(edge(-1, 30_030)).toBeCloseTo(-10, 9);
  });

  test("capture and markout take their mids at different times: at the same one, edge would be minus the fee always", () => {
    const a = edgeAfter(1, 29_990, [[2, 30_010]]).summary();
    const b = edgeAfter(1, 29_990, [[2, 29_950]]).summary();
    expect(a.captureBps).toBe(b.captureBps as number);
    expect(a.edgeBps[1]?.mean).not.toBeCloseTo(b.edgeBps[1]?.mean as number, 3);
  });

  test("the mid at a horizon is the last one strictly before it", () => {
    const at = edgeAfter(1, 30_000, [
      [5, 30_030],
      [6, 30_090],
      [7, 30_000],
    ]).summary();
    expect(at.markoutBps[1]).toBeCloseTo(10, 9);
  });

  test("a horizon that ends in a gap or after the end is unknown, not zero", () => {
    const tracker = new EdgeTracker();
    tracker.onMid(0, 30_000);
    tracker.onFill(S, 1, 29_990, 10, 0, 30_000, 1e-4);
    tracker.onMid(3 * S, 30_010);
    tracker.onGap(3 * S);
    tracker.onMid(60 * S, 31_000);
    tracker.finish(500 * S);
    const summary = tracker.summary();
    expect(summary.markoutBps[0]).toBeCloseTo(0, 9);
    expect(summary.markoutBps.slice(1)).toEqual([null, null, null, null]);
    expect(summary.edgeBps[1]).toMatchObject({ mean: null, n: 0 });
    expect([summary.asRate, summary.winRate]).toEqual([null, null]);
  });

  test("a fill that is told late looks back for the mids it missed", () => {
    const tracker = new EdgeTracker();
    tracker.onMid(0, 30_000);
    tracker.onMid(1.5 * S, 30_030);
    tracker.onMid(2.5 * S, 30_060);
    tracker.onFill(1 * S, 1, 30_000, 10, 0, 30_000, 1e-4);
    tracker.onMid(3 * S, 30_090);
    tracker.finish(3 * S);
    expect(tracker.summary().markoutBps[0]).toBeCloseTo(10, 9);
  });

  test("what counts as adverse: a basis point, or two deviations of five seconds", () => {
    expect(adverseThreshold(1e-6)).toBe(1e-4);
    expect(adverseThreshold(3e-4)).toBeCloseTo(2 * 3e-4 * Math.sqrt(5), 15);
    const falls = edgeAfter(1, 30_000, [[2, 29_970]]).summary();
    const rises = edgeAfter(1, 30_000, [[2, 30_030]]).summary();
    expect([falls.asRate, falls.winRate]).toEqual([1, 0]);
    // Against us only: a favourable move as large is not adverse.
    expect([rises.asRate, rises.winRate]).toEqual([0, 1]);
  });

  test("fills of one side and millisecond are one cluster", () => {
    const tracker = new EdgeTracker();
    tracker.onMid(0, 100);
    for (const time of [1, 1, 1, 2]) tracker.onFill(time * S, 1, 99, 1, 0, 100, 1e-4);
    tracker.onFill(2 * S, -1, 101, 1, 0, 100, 1e-4);
    expect(tracker.summary()).toMatchObject({ fills: 5, clusters: 3 });
  });
});

describe("attribution", () => {
  test("spread, price moves and fees are the change in equity, for any history of marks and fills", () => {
    const step = fc.record({
      mark: fc.integer({ min: 9_000, max: 11_000 }),
      side: fc.constantFrom(-1, 0, 1),
      lots: fc.integer({ min: 1, max: 500 }),
      off: fc.integer({ min: -30, max: 30 }),
      before: fc.integer({ min: -9, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const parts = new Attribution();
        let cash = 0;
        let position = 0;
        let mark = 10_000;
        parts.onMark(mark);
        for (const s of steps) {
          if (s.side !== 0) {
            const px = mark + s.off;
            const fee = Math.trunc(px * s.lots * 1.5e-4);
            parts.onFill(s.side, px, s.lots, fee, mark + s.before / 2);
            cash -= s.side * px * s.lots + fee;
            position += s.side * s.lots;
          }
          mark = s.mark / 2 + 5_000;
          parts.onMark(mark);
        }
        expect(parts.close(cash + position * mark).residualUsd).toBe(0);
      }),
      { seed: 20250904, numRuns: 200 },
    );
  });

  test("books that do not close say by how much", () => {
    const parts = new Attribution();
    parts.onMark(100);
    parts.onFill(1, 99, 10, 3, 100);
    expect(parts.close(10 - 3).residualUsd).toBe(0);
    expect(parts.close(10).residualUsd).toBe(3);
  });
});
