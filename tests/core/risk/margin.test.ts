import { expect, test } from "bun:test";
import { MarginPool } from "../../../src/core/risk/margin.ts";

test("markets share the capital: what is taken by one is not there for another", () => {
  const pool = new MarginPool(100e6, 2);
  expect(pool.fits(0, 60e6)).toBe(true);
  pool.set(0, 60e6);
  expect(pool.fits(1, 40e6)).toBe(true);
  expect(pool.fits(1, 40e6 + 1)).toBe(false);
  pool.set(1, 40e6);
  expect(pool.usedUsd).toBe(100e6);
  pool.set(0, 10e6);
  expect(pool.fits(1, 90e6)).toBe(true);
});

test("what asks for no more than it has always fits, also beyond the capital: prices moved, and it must be able to get out", () => {
  const pool = new MarginPool(100e6, 2);
  pool.set(0, 80e6);
  pool.set(1, 50e6);
  expect(pool.fits(0, 80e6)).toBe(true);
  expect(pool.fits(0, 70e6)).toBe(true);
  expect(pool.fits(0, 80e6 + 1)).toBe(false);
});
