import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../../src/core/prng.ts";
import { BLOCK_US, Viability, type ViabilityInputs } from "../../../src/core/quote/viability.ts";
import { BPS } from "../../../src/core/units.ts";

const DEPTHS_BPS = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
const TWO_BPS = 2;
const INPUTS: ViabilityInputs = {
  thresholdIndex: TWO_BPS,
  sigma: 1.2 * BPS,
  latencySeconds: 0.3,
  feeFrac: 1.5 * BPS,
  touchHalfFrac: 2 * BPS,
  clipUsd: 100e6,
};

interface MarketShape {
  seed: number;
  phi: number;
  noiseBps: number;
  blocks: number;
  sweepsPerBlock: number;
}
/** One sweep: its block, depth and the move after it, basis points. */
type SweepRow = [block: number, depth: number, move: number];

/** Sweeps whose depth beyond 2 bps is exponential with mean 4 bps, and which leave `phi` of it. */
function sweepsOf({ seed, phi, noiseBps, blocks, sweepsPerBlock }: MarketShape): SweepRow[] {
  const random = new Prng(seed);
  const rows: SweepRow[] = [];
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < sweepsPerBlock; i++) {
      const depth = 2 + 4 * random.exponential();
      rows.push([b, depth, phi * depth + noiseBps * random.normal()]);
    }
  }
  return rows;
}

function judged(rows: readonly SweepRow[], blocks: number, inputs: ViabilityInputs = INPUTS): Viability {
  const viability = new Viability();
  for (let b = 0; b < blocks; b++) viability.onTime(b * BLOCK_US);
  for (const [b, depth, move] of rows) viability.onImpact(b * BLOCK_US, depth * BPS, move * BPS);
  viability.evaluate(inputs);
  return viability;
}

const judgedShape = (shape: MarketShape): Viability => judged(sweepsOf(shape), shape.blocks);
const bpsOf = (frac: number): number => Math.round((frac / BPS) * 1e6) / 1e6;
const indexOf = (frac: number): number => DEPTHS_BPS.indexOf(bpsOf(frac));
const span = (v: Viability): number => indexOf(v.bestDepthHiFrac) - indexOf(v.bestDepthLoFrac);

describe("the best depth's interval", () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    phi: fc.double({ min: -0.2, max: 1.3, noNaN: true }),
    noiseBps: fc.double({ min: 0, max: 15, noNaN: true }),
    blocks: fc.integer({ min: 20, max: 120 }),
    sweepsPerBlock: fc.integer({ min: 1, max: 12 }),
  });

  test("holds the point, ends on the grid, and is known exactly when the point is", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const v = judgedShape(shape);
        const named = Number.isFinite(v.bestDepthFrac);
        expect([v.bestDepthLoFrac, v.bestDepthHiFrac, v.adverseFrac, v.latencyFrac].map(Number.isFinite)).toEqual(
          new Array(4).fill(named),
        );
        if (!named) return;
        expect(indexOf(v.bestDepthLoFrac)).toBeGreaterThanOrEqual(0);
        expect(indexOf(v.bestDepthLoFrac)).toBeLessThan(indexOf(v.bestDepthFrac));
        expect(indexOf(v.bestDepthHiFrac)).toBeGreaterThan(indexOf(v.bestDepthFrac));
        const parts = v.bestDepthFrac - v.adverseFrac - v.latencyFrac - INPUTS.feeFrac;
        expect(Math.abs(parts - v.edgeFrac)).toBeLessThan(1e-15);
      }),
      { seed: 20, numRuns: 60 },
    );
  });

  test("is that of a plain bootstrap of the same blocks, one depth wider on either side", () => {
    const shape = { seed: 5, phi: 0.3, noiseBps: 20, blocks: 50, sweepsPerBlock: 5 };
    const rows = sweepsOf(shape);
    const byBlock = Array.from({ length: shape.blocks }, (_, b) => rows.filter((row) => row[0] === b));
    const v = judged(rows, shape.blocks);
    const looked = DEPTHS_BPS.map((d) => d >= 2 && rows.filter((row) => row[1] > d).length >= 30);
    // The verdict's own draws: 400 times as many blocks as there are, from the one seed.
    const random = new Prng(0x5eed);
    const bests = Array.from({ length: 400 }, () =>
      plainBest(
        byBlock.flatMap(() => byBlock[random.below(shape.blocks)] as SweepRow[]),
        looked,
      ),
    ).sort((a, b) => a - b);
    const [low, high] = [bests[10] as number, bests[390] as number];
    expect(high).toBeGreaterThan(low);
    expect(indexOf(v.bestDepthFrac)).toBe(plainBest(rows, looked));
    expect([indexOf(v.bestDepthLoFrac), indexOf(v.bestDepthHiFrac)]).toEqual([low - 1, high + 1]);
  });

  test("is wider for noise, and narrower for time", () => {
    const shape = { seed: 3, phi: 0.25, blocks: 60, sweepsPerBlock: 6 };
    const quiet = span(judgedShape({ ...shape, noiseBps: 0.5 }));
    const noisy = span(judgedShape({ ...shape, noiseBps: 20 }));
    const long = span(judgedShape({ ...shape, blocks: 240, sweepsPerBlock: 12, noiseBps: 20 }));
    expect(quiet).toBeLessThanOrEqual(3);
    expect(noisy).toBeGreaterThan(quiet);
    expect(long).toBeLessThan(noisy);
  });

  // Best distance 1 / kappa + (a + phi / kappa + fee) / (1 - phi), with kappa = 1 / (4 bps) and the cost of being late in a.
  test.each([1, 2, 3, 4, 5, 6])("holds the best distance of a market that pays (seed %d)", (seed) => {
    const v = judgedShape({ seed, phi: 0.25, noiseBps: 3, blocks: 120, sweepsPerBlock: 7 });
    const late = (0.75 / 4) * 1.2 ** 2 * 0.3;
    // Depths are from the mid: beyond the touch of 2 bps the mean sweep that reaches d goes to d + 4.
    const best = 4 + (1 + late + 1.5) / 0.75;
    expect([v.state, v.reason]).toEqual(["viable", "earns"]);
    expect(v.bestDepthLoFrac / BPS).toBeLessThan(best);
    expect(v.bestDepthHiFrac / BPS).toBeGreaterThan(best);
    expect(Math.abs(v.latencyFrac / BPS - late)).toBeLessThan(0.02);
  });

  test.each([1, 2, 3])("is of no depth in a market that never pays (seed %d)", (seed) => {
    const v = judgedShape({ seed, phi: 1.3, noiseBps: 3, blocks: 120, sweepsPerBlock: 7 });
    expect(v.state).toBe("not_viable");
    expect([v.bestDepthLoFrac, v.bestDepthHiFrac, v.adverseFrac]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("reaches inside the usual touch, where the grid was not looked at", () => {
    const shape = { seed: 2, phi: 0.25, noiseBps: 0.5, blocks: 120, sweepsPerBlock: 7 };
    const v = judged(sweepsOf(shape), shape.blocks, { ...INPUTS, touchHalfFrac: 6.5 * BPS });
    expect([bpsOf(v.bestDepthFrac), bpsOf(v.bestDepthLoFrac), bpsOf(v.bestDepthHiFrac)]).toEqual([8, 6, 12]);
  });

  test("is forgotten with the point, and the same when judged twice", () => {
    const shape = { seed: 4, phi: 0.25, noiseBps: 3, blocks: 60, sweepsPerBlock: 6 };
    const v = judgedShape(shape);
    const first = [v.bestDepthFrac, v.bestDepthLoFrac, v.bestDepthHiFrac];
    v.evaluate({ ...INPUTS, feeFrac: 90 * BPS });
    v.evaluate(INPUTS);
    expect([v.bestDepthFrac, v.bestDepthLoFrac, v.bestDepthHiFrac]).toEqual(first);
    v.evaluate({ ...INPUTS, touchHalfFrac: 100 * BPS });
    expect(v.bestDepthLoFrac).toBeNaN();
  });
});

test("a verdict allocates nothing", () => {
  const v = judgedShape({ seed: 4, phi: 0.25, noiseBps: 3, blocks: 60, sweepsPerBlock: 6 });
  for (let i = 0; i < 200; i++) v.evaluate(INPUTS);
  Bun.gc(true);
  const before = heapStats().objectCount;
  for (let i = 0; i < 200; i++) v.evaluate(INPUTS);
  expect(heapStats().objectCount - before).toBeLessThan(200);
});

/** The depth that earns most, by the definition: index on the grid. */
function plainBest(rows: readonly SweepRow[], looked: readonly boolean[]): number {
  const mean = (of: (row: SweepRow) => number, from = rows): number =>
    from.reduce((s, r) => s + of(r), 0) / from.length;
  const depth = mean((r) => r[1]);
  const move = mean((r) => r[2]);
  const phi = mean((r) => (r[1] - depth) * (r[2] - move)) / mean((r) => (r[1] - depth) ** 2);
  const late = (Math.max(0, 1 - phi) / (depth - 2)) * 1.2 ** 2 * 0.3;
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  DEPTHS_BPS.forEach((d, g) => {
    const beyond = rows.filter((r) => r[1] > d);
    if (!looked[g] || beyond.length === 0) return;
    const edge = d - (move - phi * depth) - phi * mean((r) => r[1], beyond) - late - 1.5;
    const worth = edge > 0 ? edge * beyond.length : edge;
    if (worth > most) {
      best = g;
      most = worth;
    }
  });
  return best;
}
