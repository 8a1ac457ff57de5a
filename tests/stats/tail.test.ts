import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/core/prng.ts";
import { decayOf, fitPareto, variationOf } from "../../src/stats/tail.ts";

const ones = (values: readonly number[]): number[] => values.map(() => 1);
const BPS = 1e-4;
const DEPTHS = [0.8, 1.5, 0.4, 3.2, 2.1, 0.9, 5, 1.2].map((d) => d * BPS);

describe("decay", () => {
  test.each([
    ["all of it", DEPTHS, Number.POSITIVE_INFINITY, 5298.01324503],
    ["from a touch of 0.3 bps", DEPTHS.map((d) => d - 0.3 * BPS), Number.POSITIVE_INFINITY, 6299.21259843],
    // Five of eight lie below 2 bps and sum to 4.8, three count as 2 each: 5 / 10.8.
    ["censored at 2 bps", DEPTHS, 2 * BPS, 5 / (10.8 * BPS)],
  ])("%s", (_, depths, cut, kappa) => {
    expect(decayOf(depths, ones(depths), cut)).toBeCloseTo(kappa, 6);
  });

  test("a weight of two is the observation twice", () => {
    const twice = [...DEPTHS, DEPTHS[3] as number];
    const weights = DEPTHS.map((_, i) => (i === 3 ? 2 : 1));
    expect(decayOf(DEPTHS, weights, 3 * BPS)).toBeCloseTo(decayOf(twice, ones(twice), 3 * BPS), 9);
    expect(variationOf(DEPTHS, weights)).toBeCloseTo(variationOf(twice, ones(twice)), 12);
    expect(fitPareto(DEPTHS, weights).shape).toBeCloseTo(fitPareto(twice, ones(twice)).shape, 6);
  });
});

describe("generalised Pareto tail", () => {
  // Inverse of the survival function; the standard error of the shape is (1 + shape) / sqrt(n).
  test.each([
    [0, 2],
    [0.27, 1.5],
    [0.6, 0.4],
    [-0.2, 3],
  ])("shape %d and scale %d are found in 20,000 draws", (shape, scale) => {
    const random = new Prng(7);
    const draws = Array.from({ length: 20_000 }, () => {
      const e = random.exponential();
      return shape === 0 ? scale * e : (scale * Math.expm1(shape * e)) / shape;
    });
    const fit = fitPareto(draws, ones(draws));
    expect(Math.abs(fit.shape - shape)).toBeLessThan((4 * (1 + shape)) / Math.sqrt(20_000));
    expect(Math.abs(fit.scale / scale - 1)).toBeLessThan(0.05);
  });

  test("a change of unit changes the scale and not the shape", () => {
    const a = fitPareto(DEPTHS, ones(DEPTHS));
    const b = fitPareto(
      DEPTHS.map((d) => d / BPS),
      ones(DEPTHS),
    );
    expect(b.shape).toBeCloseTo(a.shape, 6);
    expect((b.scale * BPS) / a.scale).toBeCloseTo(1, 6);
  });

  test("an exponential tail has a variation of one", () => {
    const random = new Prng(3);
    const draws = Array.from({ length: 50_000 }, () => random.exponential());
    expect(Math.abs(variationOf(draws, ones(draws)) - 1)).toBeLessThan(0.02);
  });

  test.each([[[]], [[1, 2]], [[0, 0, 0, 0]]])("%p is too little", (values) => {
    expect(fitPareto(values, ones(values)).shape).toBeNaN();
  });
});
