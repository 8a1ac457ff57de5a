import { describe, expect, test } from "bun:test";
import type { Estimate } from "../../src/stats/blocks.ts";
import { averageFigures, compare, misses, missText } from "../../src/stats/compare.ts";

const est = (value: number | null, lo: number | null = null, hi: number | null = null): Estimate => ({
  value,
  lo,
  hi,
  n: 1,
});

function one(key: string, world: Estimate, target: Estimate, half = 0.1) {
  const rows = compare({ [key]: world }, { spread_time_median: est(2 * half), [key]: target });
  const row = rows.find((r) => r.spec.key === key);
  if (row === undefined) throw new Error(`no figure ${key}`);
  return row;
}

describe("tolerance", () => {
  test.each([
    ["at the edge of a quarter above", est(1.25), est(1), true],
    ["at the edge of a quarter below", est(0.75), est(1), true],
    ["beyond it", est(1.26), est(1), false],
    ["below it", est(0.74), est(1), false],
    ["within the tape's wider interval", est(1.9), est(1, 0.2, 2), true],
    ["beyond the wider interval", est(2.1), est(1, 0.2, 2), false],
    ["a narrow interval takes nothing away", est(1.2), est(1, 0.99, 1.01), true],
    ["each side has its own", est(0.76), est(1, 0.9, 2), true],
    ["a negative figure has a band too", est(-1.2), est(-1), true],
    ["the sign counts", est(1), est(-1), false],
    ["zero is met by zero", est(0), est(0, 0, 0), true],
    ["and missed by what is not", est(0.01), est(0, 0, 0), false],
    ["what the world lacks is missed", est(null), est(1), false],
    ["what the tape lacks is not judged", est(1), est(null), null],
  ] as [string, Estimate, Estimate, boolean | null][])("%s", (_, world, target, within) => {
    expect(one("trades_per_s", world, target).within).toBe(within);
  });

  test.each([
    [est(1.5), est(2, 1, 3), 0.75],
    [est(1.5), est(2), 0.75],
    [est(1.5), est(2, -1, 3), null],
    [est(null), est(2, 1, 3), null],
    [est(1), est(0), null],
  ])("a ratio is shown where the target cannot be 0", (world, target, ratio) => {
    expect(one("trades_per_s", world, target).ratio).toBe(ratio);
  });
});

describe("what counts", () => {
  test.each([
    ["trades_per_s", 5, true],
    ["gap_longest", 0.1, false],
    ["kappa_0.5bps", 0.25, true],
    ["kappa_0.5bps", 1.35, false],
    ["kappa_2bps", 1.35, true],
    ["depth_usd_1bps", 1.35, true],
    ["depth_usd_5bps", 1.35, true],
    ["phi_2bps_1s", 1.35, true],
    ["a_0bps_5s", 0.25, true],
    ["origin_8bps_30s", 1.35, true],
    ["touches_per_s", 1.35, false],
  ])("%s beside a half touch of %d bps: %p", (key, half, counts) => {
    expect(one(key, est(10), est(1), half).counts).toBe(counts);
    const rows = compare({ [key]: est(10) }, { spread_time_median: est(2 * half), [key]: est(1) });
    expect(misses(rows).some((r) => r.spec.key === key)).toBe(counts);
  });

  test("a miss is told in a line", () => {
    const rows = compare({ trades_per_s: est(3) }, { trades_per_s: est(1, 0.5, 1.4) });
    expect(missText(rows)).toEqual(["trades_per_s: 3.00 is not in [0.500, 1.40]"]);
  });
});

describe("averages over seeds", () => {
  test("mean and Student's interval", () => {
    const { trades_per_s: x } = averageFigures([1, 2, 3].map((v) => ({ trades_per_s: est(v) })));
    expect(x?.value).toBe(2);
    // t with 2 degrees of freedom is 4.3027; the error of the mean is 1 / sqrt(3).
    expect(x?.hi).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 5);
    expect([x?.n, (x?.lo ?? 0) + (x?.hi ?? 0)]).toEqual([3, 4]);
  });

  test("a seed that lacks a figure is left out of its mean", () => {
    const { trades_per_s: x } = averageFigures([{ trades_per_s: est(null) }, { trades_per_s: est(4) }]);
    expect([x?.value, x?.lo]).toEqual([4, null]);
  });

  test("one run stands as it is", () => {
    const only = { trades_per_s: est(1, 0, 2) };
    expect(averageFigures([only])).toBe(only);
  });
});
