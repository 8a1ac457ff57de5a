import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatScaled, parseScaled } from "../../src/core/units.ts";
import {
  formatDecimal,
  formatFloat,
  formatGiven,
  formatLots,
  formatPlain,
  formatPx,
  formatSum,
  formatUsd,
} from "../../src/wire/hyperliquid/format.ts";

describe("numbers on a grid", () => {
  test.each([
    [0, 0, "0.0"],
    [0, 6, "0.0"],
    [-0, 4, "0.0"],
    [666_530, 1, "66653.0"],
    [-213, 4, "-0.0213"],
    [1, 6, "0.000001"],
    [-1, 6, "-0.000001"],
    [10, 6, "0.00001"],
    [123_450, 3, "123.45"],
    [31_169_500, 3, "31169.5"],
    [5, 0, "5.0"],
    [100, 0, "100.0"],
    [Number.MAX_SAFE_INTEGER, 6, "9007199254.740991"],
    [Number.MAX_SAFE_INTEGER, 1, "900719925474099.1"],
    [-Number.MAX_SAFE_INTEGER, 0, "-9007199254740991.0"],
  ])("%d with %d decimals is %s", (value, decimals, text) => {
    expect(formatDecimal(value, decimals)).toBe(text);
    expect(formatPx(value, decimals)).toBe(text);
    expect(formatLots(value, decimals)).toBe(text);
    if (decimals === 6) expect(formatUsd(value)).toBe(text);
  });

  test("agree with the plain way, and can be read back", () => {
    const value = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -100_000, max: 100_000 }));
    fc.assert(
      fc.property(value, fc.nat(8), (v, decimals) => {
        const plain = formatScaled(v, decimals);
        expect(formatPlain(v, decimals)).toBe(plain);
        expect(formatDecimal(v, decimals)).toBe(plain.includes(".") ? plain : `${plain}.0`);
        expect(parseScaled(formatDecimal(v, decimals), decimals) + 0).toBe(v + 0);
      }),
      { seed: 20_261_125, numRuns: 3_000 },
    );
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("%p is a bug", (value) => {
    expect(() => formatDecimal(value, 2)).toThrow("a scaled value is a whole number");
  });
});

describe("doubles", () => {
  test.each([
    [0, "0.0"],
    [-0, "0.0"],
    [-1e-12, "0.0"],
    [1, "1.0"],
    [-1.5, "-1.5"],
    [100, "100.0"],
    [0.0000125, "0.0000125"],
    [1e-7, "0.0000001"],
    [1e-10, "0.0000000001"],
    [-0.0001864194, "-0.0001864194"],
    [1 / 3, "0.3333333333"],
    [3155203.766062, "3155203.7660619998"],
    [4345291.885056, "4345291.8850560002"],
    [1e20, "100000000000000000000.0"],
  ])("%d is %s", (value, text) => {
    expect(formatFloat(value)).toBe(text);
  });

  test.each([Number.NaN, 1e21, Number.NEGATIVE_INFINITY])("%p is a bug", (value) => {
    expect(() => formatFloat(value)).toThrow("a number below 1e21");
  });
});

describe("sums that the venue holds in doubles", () => {
  test.each([
    [-40_365_801, 1, "-4036580.1000000001"],
    [31_616_629, 1, "3161662.8999999999"],
    [3_155_203_766_062, 6, "3155203.7660619998"],
    [2_720_674_577_600, 6, "2720674.5776"],
    [524_287_999_999, 6, "524287.999999"],
    [524_288_100_000, 6, "524288.1"],
    [0, 4, "0.0"],
  ])("%d with %d decimals is %s", (value, decimals, text) => {
    expect(formatSum(value, decimals)).toBe(text);
  });

  test("below 2^19 nothing shows", () => {
    fc.assert(
      fc.property(fc.integer({ min: -524_288e5 + 1, max: 524_288e5 - 1 }), (value) => {
        expect(formatSum(value, 5)).toBe(formatFloat(value / 1e5));
      }),
      { seed: 20_261_125, numRuns: 3_000 },
    );
  });
});

test.each([
  ["5000", "5000.0"],
  ["5000.00", "5000.0"],
  ["0.5", "0.5"],
  ["12.340", "12.34"],
  ["-7", "-7.0"],
])("%s in a request is %s in an answer", (given, text) => {
  expect(formatGiven(given)).toBe(text);
});
