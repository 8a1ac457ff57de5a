import { describe, expect, test } from "bun:test";
import { BUY, SELL } from "../../../src/core/frame.ts";
import { Slots } from "../../../src/core/order/slots.ts";
import { REASON } from "../../../src/core/reason.ts";
import { MoneyBreaker } from "../../../src/core/risk/breaker.ts";
import { BURST_WINDOW_US, BurstGuard } from "../../../src/core/risk/burst.ts";
import { Exposure } from "../../../src/core/risk/exposure.ts";
import { Position } from "../../../src/core/risk/position.ts";
import { US_PER_DAY, US_PER_SECOND } from "../../../src/core/units.ts";

const USD = 1_000_000;

describe("money breaker", () => {
  test("trips on the loss of the day in dollars and holds until the day ends", () => {
    const breaker = new MoneyBreaker(5 * USD, 8 * USD);
    expect(breaker.onEquity(0, 0)).toBe(REASON.none);
    expect(breaker.onEquity(1, -4.99 * USD)).toBe(REASON.none);
    expect(breaker.onEquity(2, -5 * USD)).toBe(REASON.daily_loss);
    expect(breaker.onEquity(3, 10 * USD)).toBe(REASON.daily_loss);
    expect(breaker.onEquity(US_PER_DAY, 10 * USD)).toBe(REASON.none);
    expect(breaker.trippedCount).toBe(1);
  });

  test("trips on the fall from the highest of the day even when the day is up", () => {
    const breaker = new MoneyBreaker(50 * USD, 8 * USD);
    breaker.onEquity(0, 0);
    breaker.onEquity(1, 20 * USD);
    expect(breaker.onEquity(2, 12.01 * USD)).toBe(REASON.none);
    expect(breaker.drawdownRatio).toBeCloseTo(7.99 / 8, 12);
    expect(breaker.onEquity(3, 12 * USD)).toBe(REASON.drawdown);
  });

  test("a tiny peak is not a large ratio: two cents lost of two cents won trips nothing", () => {
    const breaker = new MoneyBreaker(5 * USD, 8 * USD);
    breaker.onEquity(0, 0);
    breaker.onEquity(1, 0.02 * USD);
    expect(breaker.onEquity(2, -0.18 * USD)).toBe(REASON.none);
  });

  test("yesterday's loss is not carried into the new day", () => {
    const breaker = new MoneyBreaker(5 * USD, 80 * USD);
    breaker.onEquity(0, 0);
    breaker.onEquity(1, -4.9 * USD);
    expect(breaker.onEquity(US_PER_DAY, -4.9 * USD)).toBe(REASON.none);
    expect(breaker.onEquity(US_PER_DAY + 1, -9.8 * USD)).toBe(REASON.none);
    expect(breaker.onEquity(US_PER_DAY + 2, -9.9 * USD)).toBe(REASON.daily_loss);
  });
});

describe("exposure", () => {
  test("the cap in lots is floor(cap / fair) at the first quote and stays while a position or an order is there", () => {
    const position = new Position();
    const slots = new Slots();
    const exposure = new Exposure(100 * USD, 100 * USD, position, slots);
    exposure.setLeverage(5);
    exposure.update(300_000);
    expect(exposure.capLots).toBe(333);
    position.onFill(BUY, 300_000, 10, 0);
    exposure.update(400_000);
    expect(exposure.capLots).toBe(333);
    position.onFill(SELL, 300_000, 10, 0);
    slots.place(0, 1, BUY, 100, 1, false, 0);
    exposure.update(400_000);
    expect(exposure.capLots).toBe(333);
    slots.free(0);
    exposure.update(310_000);
    expect(exposure.capLots).toBe(333);
    exposure.update(400_000);
    expect(exposure.capLots).toBe(250);
  });

  test("margin set aside binds before the cap when leverage is low", () => {
    const exposure = new Exposure(100 * USD, 30 * USD, new Position(), new Slots());
    exposure.setLeverage(2);
    exposure.update(1_000_000);
    expect(exposure.capLots).toBe(60);
  });

  test("worst case counts the position and everything in flight on that side only", () => {
    const position = new Position();
    const slots = new Slots();
    const exposure = new Exposure(100 * USD, 100 * USD, position, slots);
    exposure.setLeverage(5);
    exposure.update(1_000_000);
    position.onFill(BUY, 1_000_000, 40, 0);
    slots.place(0, 1, BUY, 990_000, 30, false, 0);
    slots.place(1, 2, SELL, 1_010_000, 50, false, 0);
    expect(exposure.worstLots(BUY)).toBe(70);
    expect(exposure.worstLots(SELL)).toBe(10);
    expect(exposure.roomLots(BUY)).toBe(60);
    expect(exposure.roomLots(SELL)).toBe(140);
    expect(exposure.fits(BUY, 30)).toBe(true);
    expect(exposure.fits(BUY, 31)).toBe(false);
    exposure.record();
    expect(exposure.maxRatio).toBe(0.7);
  });
});

describe("position", () => {
  test("equity after a round trip is the difference of prices less fees, to the micro-dollar", () => {
    const position = new Position();
    position.onFill(BUY, 27_421, 50, 411);
    position.onFill(SELL, 27_500, 50, 412);
    expect(position.lots).toBe(0);
    expect(position.equityUsd(Number.NaN)).toBe(50 * 79 - 823);
    expect(position.feesUsd).toBe(823);
  });

  test("a long gains when the mark rises, a short loses", () => {
    const long = new Position();
    long.onFill(BUY, 100, 10, 0);
    expect(long.equityUsd(101.5)).toBe(15);
    const short = new Position();
    short.onFill(SELL, 100, 10, 0);
    expect(short.equityUsd(101.5)).toBe(-15);
  });
});

describe("burst guard", () => {
  const clip = 10;

  test("one clip is no burst, more than one within two seconds is", () => {
    const guard = new BurstGuard(60);
    expect(guard.onFill(BUY, 0, 10, 4e-4, clip)).toBe(false);
    expect(guard.addedFrac(BUY, 1)).toBe(0);
    expect(guard.onFill(BUY, BURST_WINDOW_US, 1, 6e-4, clip)).toBe(true);
    expect(guard.addedFrac(BUY, BURST_WINDOW_US)).toBeCloseTo(12e-4, 12);
    expect(guard.addedFrac(SELL, BURST_WINDOW_US)).toBe(0);
  });

  test("fills further apart, or on both sides, are none", () => {
    const guard = new BurstGuard(60);
    guard.onFill(BUY, 0, 10, 4e-4, clip);
    expect(guard.onFill(BUY, BURST_WINDOW_US + 1, 10, 4e-4, clip)).toBe(false);
    expect(guard.onFill(SELL, BURST_WINDOW_US + 2, 10, 4e-4, clip)).toBe(false);
  });

  test("the added distance halves in a half-life and is gone after two", () => {
    const guard = new BurstGuard(60);
    guard.onFill(SELL, 0, 11, 5e-4, clip);
    expect(guard.addedFrac(SELL, 60 * US_PER_SECOND)).toBeCloseTo(5e-4, 12);
    expect(guard.addedFrac(SELL, 121 * US_PER_SECOND)).toBe(0);
  });
});
