/**
 * The confidence sequence against its published values.
 * @module
 */
import { describe, expect, test } from "bun:test";
import { anytimeFrom, anytimeHalf } from "../../src/stats/sequence.ts";

describe("a bound that may be looked at at any time", () => {
  test.each([
    [16, 4.335_341_6],
    [50, 2.176_943_2],
    [100, 1.517_561_2],
    [500, 0.705_958_3],
    [2000, 0.373_604_7],
  ])("after %d observations of sd 5: %d", (n, half) => {
    expect(anytimeHalf(5, n)).toBeCloseTo(half, 6);
  });

  test("is wider than the bound for one look at a fixed number", () => {
    for (const n of [20, 100, 1000]) expect(anytimeFrom(1, n)).toBeGreaterThan(1.4);
  });
});
