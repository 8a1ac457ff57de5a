/**
 * The parity test against its published values.
 * @module
 */
import { describe, expect, test } from "bun:test";
import { parityEvidence, parityOf } from "../../src/stats/parity.ts";

describe("evidence against parity", () => {
  test.each([
    [7, 15.3, 2, 5.127_092_58],
    [16, 15.87, 2, 0.321_469_66],
    [34, 34, 2, 0.226_680_94],
    [20, 40, 2, 93.475_713_82],
    [7, 30, 2, 48_985.231_743_14],
    [7, 15.3, 1, 4.463_086_19],
    [16, 15.87, 1, 0.224_862_28],
    [34, 34, 1, 0.156_241_15],
    [20, 40, 1, 77.525_201_18],
    [7, 30, 1, 63_149.721_976_78],
  ])("%d fills of %d foretold, prior %d: %d", (fills, foretold, prior, evidence) => {
    expect(parityEvidence(fills, foretold, prior, prior) / evidence).toBeCloseTo(1, 7);
  });

  test("many fills as foretold tie the ratio down to one, and too few are found out", () => {
    const fair = parityOf(1000, 1000);
    expect(fair.ratio).toBeCloseTo(1, 6);
    expect(fair.ratioLo).toBeGreaterThan(0.93);
    expect(fair.ratioHi).toBeLessThan(1.07);
    expect(parityOf(30, 100).ratioHi).toBeLessThan(0.5);
    expect(parityOf(30, 100).evidence).toBeGreaterThan(20);
    expect(parityOf(0, 0).evidence).toBeCloseTo(1, 9);
  });
});
