import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUY, SELL } from "../../../src/core/frame.ts";
import { isLegalPx } from "../../../src/core/market/grid.ts";
import { Ladder, type LadderInputs, waterFill, writeLadder } from "../../../src/core/quote/ladder.ts";
import { REASON } from "../../../src/core/reason.ts";

const BPS = 1e-4;
const USD = 1e6;

function inputs(set: Partial<LadderInputs> = {}): LadderInputs {
  return {
    side: BUY,
    fairPx: 300_000,
    szDecimals: 2,
    bestFrac: 6 * BPS,
    resetFrac: 0,
    stepFrac: 3 * BPS,
    oppositePx: 300_010,
    kappaPerFrac: 1900,
    gainSlope: 1,
    gainCostFrac: 2 * BPS,
    sweepUsd: 500 * USD,
    roomLots: 400,
    clipUsd: 12 * USD,
    orderMinUsd: 11.5 * USD,
    levelsMax: 4,
    minimal: false,
    ...set,
  };
}

function build(set: Partial<LadderInputs> = {}): { ladder: Ladder; reason: number } {
  const ladder = new Ladder();
  return { ladder, reason: writeLadder(ladder, inputs(set)) };
}

describe("water-filling", () => {
  // kappa 1900, A .05, fee 1.5 bps, AS 3 e^(-d/8), mean taker $200, depths 4..20 bps.
  const weights = [0.0159102, 0.04929851, 0.05901242, 0.05713884, 0.04189436, 0.02041752];
  const rows: [number, number[]][] = [
    [100, [0, 11.503701, 47.474529, 41.021769, 0, 0]],
    [300, [0, 66.764905, 102.735733, 96.282973, 34.21639, 0]],
    [1000, [2.071046, 228.257737, 264.228565, 257.775805, 195.709222, 51.957625]],
  ];
  test.each(rows)("a budget of %d dollars", (budget, expected) => {
    const sizes = new Float64Array(6);
    const logs = Float64Array.from(weights, Math.log);
    waterFill(sizes, logs, new Float64Array(6).fill(1e9), 6, budget, 0, 200);
    expected.forEach((size, i) => {
      expect(sizes[i]).toBeCloseTo(size, 3);
    });
  });

  test("equals greedy spending of the budget, dollar by dollar, within a dollar a level", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 50, max: 900 }),
        (w, budget) => {
          const sizes = new Float64Array(8);
          waterFill(sizes, Float64Array.from(w, Math.log), new Float64Array(8).fill(1e9), w.length, budget, 0, 200);
          const greedy = w.map(() => 0);
          for (let spent = 0; spent < budget; spent++) {
            let best = 0;
            const marginal = (i: number): number => (w[i] as number) * Math.exp(-(greedy[i] as number) / 200);
            for (let i = 1; i < w.length; i++) if (marginal(i) > marginal(best)) best = i;
            greedy[best] = (greedy[best] as number) + 1;
          }
          greedy.forEach((size, i) => {
            expect(Math.abs(size - (sizes[i] as number))).toBeLessThan(1.5);
          });
        },
      ),
      { seed: 20250904, numRuns: 60 },
    );
  });
});

describe("any budget and weights", () => {
  const v = 200;
  const value = (w: readonly number[], sizes: Float64Array): number =>
    w.reduce((sum, x, i) => sum + x * v * -Math.expm1(-(sizes[i] as number) / v), 0);
  const fill = (w: readonly number[], budget: number): Float64Array => {
    const sizes = new Float64Array(8);
    waterFill(sizes, Float64Array.from(w, Math.log), new Float64Array(8).fill(1e9), w.length, budget, 0, v);
    return sizes;
  };

  test("spend all of it, more where it is worth more, with falling returns", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 3, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 10, max: 2_000, noNaN: true }),
        (w, budget) => {
          const sizes = fill(w, budget);
          expect(sizes.reduce((a, b) => a + b, 0)).toBeCloseTo(budget, 6);
          for (let i = 0; i < w.length; i++) {
            for (let j = 0; j < w.length; j++) {
              if ((w[i] as number) >= (w[j] as number))
                expect(sizes[i] as number).toBeGreaterThanOrEqual(sizes[j] as number);
            }
          }
          const [less, here, more] = [0.9, 1, 1.1].map((x) => value(w, fill(w, x * budget))) as [
            number,
            number,
            number,
          ];
          expect(here).toBeGreaterThan(less);
          expect(more - here).toBeLessThanOrEqual(here - less + 1e-9);
        },
      ),
      { seed: 20250904, numRuns: 100 },
    );
  });
});

describe("ladder", () => {
  test("prices are legal, strictly ordered, behind the other side's touch; sizes respect minimum, clip and room", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(BUY, SELL),
        fc.integer({ min: 20_000, max: 990_000 }),
        fc.double({ min: 0.1, max: 40, noNaN: true }),
        fc.double({ min: 0.2, max: 10, noNaN: true }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: 11.5, max: 90, noNaN: true }),
        (side, fairPx, best, step, roomLots, levelsMax, clip) => {
          const oppositePx = side === BUY ? fairPx + 10 - (fairPx % 10) : fairPx - (fairPx % 10);
          const set = {
            side,
            fairPx,
            bestFrac: best * BPS,
            stepFrac: step * BPS,
            roomLots,
            levelsMax,
            clipUsd: clip * USD,
            oppositePx,
          };
          const { ladder, reason } = build(set);
          let sum = 0;
          for (let i = 0; i < ladder.count; i++) {
            const px = ladder.px[i] as number;
            const lots = ladder.lots[i] as number;
            expect(isLegalPx(px, 2)).toBe(true);
            expect(side * (oppositePx - px)).toBeGreaterThan(0);
            if (i > 0) expect(side * ((ladder.px[i - 1] as number) - px)).toBeGreaterThan(0);
            expect(px * lots).toBeGreaterThanOrEqual(11.5 * USD);
            sum += lots;
          }
          expect(sum).toBeLessThanOrEqual(roomLots);
          expect(ladder.count).toBeLessThanOrEqual(levelsMax);
          expect(ladder.count === 0).toBe(reason === REASON.cap);
        },
      ),
      { seed: 20250904, numRuns: 500 },
    );
  });

  test("rounding never improves a price: bids go down, asks go up, by less than a tick", () => {
    const bid = build({ bestFrac: 6.1 * BPS }).ladder.px[0] as number;
    expect(bid).toBe(299_810);
    const ask = build({ side: SELL, bestFrac: 6.1 * BPS, oppositePx: 299_990 }).ladder.px[0] as number;
    expect(ask).toBe(300_190);
  });

  test("equal legal prices become one level with their sizes added", () => {
    // Half a tick apart: of eight candidates about four prices are left.
    const { ladder } = build({ bestFrac: 6.05 * BPS, stepFrac: 0.16 * BPS, levelsMax: 8, sweepUsd: 1e6 * USD });
    expect(new Set(Array.from(ladder.px.subarray(0, ladder.count))).size).toBe(ladder.count);
    expect((ladder.px[0] as number) * (ladder.lots[0] as number)).toBeGreaterThan(20 * USD);
  });

  test("more levels only where they earn: a steep decay keeps one", () => {
    expect(build({ kappaPerFrac: 300, sweepUsd: 10 * USD }).ladder.count).toBeGreaterThan(1);
    expect(build({ kappaPerFrac: 60_000, clipUsd: 48 * USD, levelsMax: 8, roomLots: 160 }).ladder.count).toBe(1);
  });

  test("no weight anywhere: still one minimum order at the best distance", () => {
    const { ladder, reason } = build({ gainCostFrac: 1 });
    expect([reason, ladder.count]).toEqual([REASON.none, 1]);
    expect((ladder.px[0] as number) * (ladder.lots[0] as number)).toBeLessThan(11.8 * USD);
  });

  test("a best distance that gains nothing by itself is still quoted in full where deeper ones gain", () => {
    const { ladder } = build({ bestFrac: 1 * BPS, gainCostFrac: 2 * BPS, roomLots: 4_000, clipUsd: 80 * USD });
    expect((ladder.px[0] as number) * (ladder.lots[0] as number)).toBeGreaterThan(75 * USD);
  });

  test("minimal means one minimum order; room under the minimum means the cap", () => {
    expect(build({ minimal: true }).ladder.count).toBe(1);
    expect(build({ roomLots: 30 })).toMatchObject({ reason: REASON.cap });
  });
});

test("writing a ladder allocates nothing", () => {
  const ladder = new Ladder();
  const one = inputs({ clipUsd: 80 * USD, levelsMax: 8, roomLots: 2_000, sweepUsd: 100 * USD });
  const work = (n: number): void => {
    for (let i = 0; i < n; i++) {
      one.fairPx = 300_000 + (i % 9);
      one.roomLots = 1_000 + (i % 700);
      writeLadder(ladder, one);
    }
  };
  work(20_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(50_000);
  expect(ladder.count).toBeGreaterThan(1);
  expect(heapStats().objectCount - before).toBeLessThan(200);
});
