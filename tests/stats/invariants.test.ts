import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../src/core/prng.ts";
import { BPS } from "../../src/core/units.ts";
import { Attribution } from "../../src/stats/attribution.ts";
import { EdgeTracker } from "../../src/stats/edge.ts";
import { type Interval, interval, longRunVariance } from "../../src/stats/interval.ts";
import { emptyState, TimeSummary } from "../../src/stats/summary.ts";

const S = 1_000_000;
const RUNS = { seed: 20250904, numRuns: 200 };
const side = fc.constantFrom(-1, 1);
const mids = fc.array(fc.integer({ min: 29_000, max: 31_000 }), { minLength: 12, maxLength: 12 });
const trade = fc.record({
  side,
  px: fc.integer({ min: 29_500, max: 30_500 }),
  lots: fc.integer({ min: 1, max: 400 }),
  feeUsd: fc.integer({ min: -500, max: 5_000 }),
});

/** One fill at 1.5 s into a path of one mid a second. */
function edgeOf(path: readonly number[], t: { side: number; px: number; lots: number; feeUsd: number }): EdgeTracker {
  const tracker = new EdgeTracker();
  path.forEach((mid, second) => {
    if (second === 2) tracker.onFill(1.5 * S, t.side, t.px, t.lots, t.feeUsd, path[1] as number, 1e-4);
    tracker.onMid(second * S, mid);
  });
  tracker.finish(path.length * S);
  return tracker;
}

describe("identities of a fill", () => {
  test("edge in dollars plus the drift after it is what the fill earned", () => {
    fc.assert(
      fc.property(mids, trade, (path, t) => {
        const summary = edgeOf(path, t).summary();
        const before = path[1] as number;
        // 1.5 s + 5 s: the last mid strictly before 6.5 s.
        const atHorizon = path[6] as number;
        const last = path.at(-1) as number;
        const edgeFrac = (summary.edgeBps[1]?.mean as number) * BPS;
        const edgeUsd = (edgeFrac + t.feeUsd / (t.px * t.lots)) * before * t.lots - t.feeUsd;
        const driftUsd = t.side * (last - atHorizon) * t.lots;
        const earnedUsd = t.side * (last - t.px) * t.lots - t.feeUsd;
        expect(Math.abs(edgeUsd + driftUsd - earnedUsd)).toBeLessThan(1e-9 * before * t.lots);
      }),
      RUNS,
    );
  });

  test("a sale in the mirrored market is worth what the purchase was", () => {
    fc.assert(
      fc.property(mids, trade, (path, t) => {
        const flat = [...path];
        flat[1] = 30_000;
        const mirrored = flat.map((mid) => 60_000 - mid);
        const a = edgeOf(flat, { ...t, feeUsd: 0 }).summary();
        const b = edgeOf(mirrored, { ...t, side: -t.side, px: 60_000 - t.px, feeUsd: 0 }).summary();
        expect(b.captureBps as number).toBeCloseTo(a.captureBps as number, 9);
        expect(b.markoutBps[1] as number).toBeCloseTo(a.markoutBps[1] as number, 9);
      }),
      RUNS,
    );
  });

  test("a constant added to every price changes no dollar of the parts", () => {
    fc.assert(
      fc.property(
        mids,
        fc.array(trade, { minLength: 1, maxLength: 10 }),
        fc.integer({ max: 9_000 }),
        (path, fills, by) => {
          const partsAt = (shift: number): number[] => {
            const parts = new Attribution();
            parts.onMark((path[0] as number) + shift);
            fills.forEach((t, i) => {
              parts.onFill(t.side, t.px + shift, t.lots, t.feeUsd, (path[i] as number) + shift);
              parts.onMark((path[i + 1] as number) + shift);
            });
            return [parts.spreadUsd, parts.inventoryUsd, parts.feesUsd];
          };
          expect(partsAt(by)).toEqual(partsAt(0));
        },
      ),
      RUNS,
    );
  });

  test("fills of one sweep stay one cluster when the other side's fills are told between them", () => {
    const tracker = new EdgeTracker();
    tracker.onMid(0, 100);
    for (const s of [1, -1, 1, -1, 1]) tracker.onFill(S, s, 100 - s, 1, 0, 100, 1e-4);
    expect(tracker.summary().clusters).toBe(2);
  });

  test("a fill without a mid before it counts as a fill, and is told to have no edge", () => {
    const tracker = new EdgeTracker();
    tracker.onFill(S, 1, 99, 10, 5, Number.NaN, 1e-4);
    expect(tracker.summary()).toMatchObject({ fills: 1, unmeasured: 1, clusters: 0, notionalUsd: 0, captureBps: null });
  });
});

describe("invariants of intervals", () => {
  const sample = fc.array(
    fc.record({
      x: fc.integer({ min: -500, max: 500 }),
      w: fc.integer({ min: 1, max: 50 }),
      cluster: fc.integer({ min: 0, max: 12 }),
      block: fc.integer({ min: 0, max: 6 }),
    }),
    { minLength: 8, maxLength: 60 },
  );
  type Sample = { x: number; w: number; cluster: number; block: number }[];
  const of = (s: Sample, value = (x: number): number => x): Interval =>
    interval(
      s.map((o) => value(o.x)),
      s.map((o) => o.w),
      s.map((o) => o.cluster),
      s.map((o) => o.block),
    );
  const half = (x: Interval): number => ((x.hi ?? Number.NaN) - (x.lo ?? Number.NaN)) / 2;

  test("without lags the long-run variance is the plain one", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 40 }), (values) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const plain = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
        expect(longRunVariance(values, 0)).toBeCloseTo(plain, 8);
      }),
      RUNS,
    );
  });

  test("values twice as large and shifted have a mean shifted and an interval twice as wide", () => {
    fc.assert(
      fc.property(sample, (s) => {
        const plain = of(s);
        const moved = of(s, (x) => 2 * x + 7);
        expect(moved.mean as number).toBeCloseTo(2 * (plain.mean as number) + 7, 8);
        if (plain.lo !== null) expect(half(moved)).toBeCloseTo(2 * half(plain), 6);
      }),
      RUNS,
    );
  });

  test("no kind of error alone is wider than the one that is told", () => {
    fc.assert(
      fc.property(sample, (s) => {
        const told = of(s);
        fc.pre(told.lo !== null);
        const each = s.map((_, i) => i);
        for (const groups of [each, s.map((o) => o.cluster), s.map((o) => o.block)]) {
          const alone = interval(
            s.map((o) => o.x),
            s.map((o) => o.w),
            groups,
            groups,
          );
          expect(half(told)).toBeGreaterThanOrEqual(half(alone) * (1 - 1e-12) - 1e-12);
        }
      }),
      RUNS,
    );
  });

  // Truth 0; share of 400 seeded samples whose interval holds it. Short samples of few groups are allowed to cover more, not less.
  test.each([
    ["independent fills", 1, 60, 0, 2],
    ["sweeps of four fills", 4, 40, 0, 2],
    ["fills that remember the last ones, blocks ten times as long", 1, 400, 0.3, 10],
  ] as const)("the interval of %s holds the truth", (_name, perCluster, clusters, memory, clustersPerBlock) => {
    const random = new Prng(31);
    let held = 0;
    for (let run = 0; run < 400; run++) {
      const s: Sample = [];
      let level = random.normal();
      for (let c = 0; c < clusters; c++) {
        level = memory * level + Math.sqrt(1 - memory ** 2) * random.normal();
        for (let i = 0; i < perCluster; i++) {
          const x = level + (perCluster > 1 ? 0.3 * random.normal() : 0);
          s.push({ x, w: 1, cluster: c, block: Math.floor(c / clustersPerBlock) });
        }
      }
      const result = of(s);
      if ((result.lo as number) <= 0 && (result.hi as number) >= 0) held += 1;
    }
    expect(held / 400).toBeGreaterThan(0.925);
  });
});

describe("time on both sides", () => {
  test("orders that outlive the reason to withdraw them are no share of it: the ratio never passes 1", () => {
    const step = fc.record({
      seconds: fc.integer({ min: 0, max: 30 }),
      bid: fc.boolean(),
      ask: fc.boolean(),
      bidReason: fc.constantFrom(0, 4, 8),
      askReason: fc.constantFrom(0, 4, 8),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const time = new TimeSummary();
        const state = emptyState();
        let nowUs = 0;
        time.advance(nowUs, state);
        for (const s of steps) {
          state.bidResting = s.bid;
          state.askResting = s.ask;
          state.bidReason = s.bidReason;
          state.askReason = s.askReason;
          nowUs += s.seconds * S;
          time.advance(nowUs, state);
        }
        expect(time.twoSidedUs).toBeLessThanOrEqual(time.twoSidedPossibleUs);
        expect(time.quotingUs).toBeLessThanOrEqual(time.durationUs);
        expect(time.durationUs).toBe(nowUs);
      }),
      RUNS,
    );
  });
});
