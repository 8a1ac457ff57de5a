import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/core/prng.ts";
import { BLOCK_US, BlockSample, BlockSums, Blocks } from "../../src/stats/blocks.ts";

const START = 1_000 * BLOCK_US;
const minutes = (count: number, draws = 400, seed = 1): Blocks =>
  new Blocks([{ startUs: START, endUs: START + count * BLOCK_US }], draws, seed);

describe("blocks", () => {
  test("a recording with a gap has the seconds that were recorded, each in its minute", () => {
    const segments = [
      { startUs: START + 30e6, endUs: START + 70e6 },
      { startUs: START + 100e6, endUs: START + 130e6 },
      { startUs: START + 600e6, endUs: START + 610e6 },
    ];
    const blocks = new Blocks(segments, 10, 1);
    expect([...blocks.seconds]).toEqual([30, 30, 10, 10]);
    expect(blocks.secondsOf(blocks.once)).toBe(80);
    expect([START, START + 90e6, START + 130e6, START + 300e6].map((t) => blocks.at(t))).toEqual([0, 1, 2, -1]);
  });

  test("an event at the very end of the recording counts", () => {
    const blocks = minutes(2);
    const sums = new BlockSums(blocks, 1);
    sums.add(START + 2 * BLOCK_US, 1);
    expect(sums.count).toBe(1);
    expect(blocks.secondsOf(blocks.once)).toBe(120);
  });

  test("under five minutes there is a value and no interval", () => {
    const blocks = minutes(3);
    const sums = new BlockSums(blocks, 1);
    for (let i = 0; i < 3; i++) sums.add(START + i * BLOCK_US, 5);
    expect(sums.estimate((sum) => sum(0))).toEqual({ value: 15, lo: null, hi: null, n: 3 });
  });

  test("nothing seen is no value", () => {
    expect(new BlockSample(minutes(10)).quantile(0.5)).toEqual({ value: null, lo: null, hi: null, n: 0 });
  });
});

describe("intervals", () => {
  test("the interval of a mean over independent minutes is as wide as it should be", () => {
    const random = new Prng(11);
    const blocks = minutes(200, 1000);
    const sums = new BlockSums(blocks, 2);
    for (let b = 0; b < 200; b++) {
      // Ten observations that agree within their minute: as good as one.
      const level = random.normal();
      for (let i = 0; i < 10; i++) sums.add(START + b * BLOCK_US + i, 1, level);
    }
    const { lo, hi } = sums.estimate((sum) => sum(1) / sum(0));
    const width = (hi as number) - (lo as number);
    expect(width / (2 * 1.96 * Math.sqrt(1 / 200))).toBeGreaterThan(0.85);
    expect(width / (2 * 1.96 * Math.sqrt(1 / 200))).toBeLessThan(1.15);
  });

  test("a seed gives its draws again, another one others", () => {
    const read = (seed: number) => {
      const sums = new BlockSums(minutes(20, 100, seed), 1);
      for (let b = 0; b < 20; b++) sums.add(START + b * BLOCK_US, b * b);
      return sums.estimate((sum) => sum(0));
    };
    expect(read(5)).toEqual(read(5));
    expect(read(6)).not.toEqual(read(5));
  });
});

describe("quantiles", () => {
  test.each([
    [0.5, 2],
    [0.75, 3],
    [0.76, 10],
    [0.99, 10],
  ])("share %d of the weight is reached at %d", (q, value) => {
    const sample = new BlockSample(minutes(1));
    // Weights 1, 4, 2.5 and 2.5 of 10, told out of order.
    for (const [x, w] of [
      [10, 2.5],
      [1, 1],
      [3, 2.5],
      [2, 4],
    ] as const)
      sample.add(START, x, w);
    expect(sample.quantile(q).value).toBe(value);
    expect(sample.quantilesAt([q])).toEqual([value]);
  });
});
