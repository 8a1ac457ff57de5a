import { describe, expect, test } from "bun:test";
import { MeasuredLatency } from "../../../src/core/latency.ts";
import { REASON } from "../../../src/core/reason.ts";
import { clearedBy, VenueCancelBreaker } from "../../../src/core/risk/breaker.ts";
import { PositionMismatch } from "../../../src/core/risk/mismatch.ts";
import { Position } from "../../../src/core/risk/position.ts";
import { JUMP_WAIT_US, PriceJump } from "../../../src/core/risk/price_jump.ts";
import { RejectBreaker } from "../../../src/core/risk/rejects.ts";

const S = 1_000_000;
const MINUTE = 60 * S;
const NOON = 20_000 * 86_400 * S + 43_200 * S;

describe("a burst of rejections", () => {
  /** Rejects `count` times, `everyS` apart, from `fromUs` on; returns when that was over. */
  function reject(breaker: RejectBreaker, count: number, everyS: number, fromUs: number): number {
    for (let i = 0; i < count; i++) breaker.onReject(fromUs + i * everyS * S);
    return fromUs + (count - 1) * everyS * S;
  }

  test.each([
    [9, 1, false],
    [10, 1, true],
    [10, 6.6, true],
    [10, 6.7, false],
    [100, 7, false],
  ])("%i of them %d s apart trip: %p", (count, everyS, trips) => {
    const breaker = new RejectBreaker();
    expect(breaker.isOpen(reject(breaker, count, everyS, NOON))).toBe(trips);
  });

  test("waits one minute, then two, up to ten; answers that come while it waits count for nothing", () => {
    const breaker = new RejectBreaker();
    let nowUs = NOON;
    const minutes: number[] = [];
    for (let n = 0; n < 6; n++) {
      nowUs = reject(breaker, 10, 0.1, nowUs);
      minutes.push((breaker.untilUs - nowUs) / MINUTE);
      reject(breaker, 10, 0.1, nowUs);
      nowUs = breaker.untilUs;
      expect(breaker.isOpen(nowUs)).toBe(false);
    }
    expect(minutes).toEqual([1, 2, 4, 8, 10, 10]);
    expect(breaker.trippedCount).toBe(6);
  });

  test("begins with a minute again on a new UTC day, and when it is cleared", () => {
    const breaker = new RejectBreaker();
    const wait = (fromUs: number): number => {
      const nowUs = reject(breaker, 10, 0.1, fromUs);
      return (breaker.untilUs - nowUs) / MINUTE;
    };
    expect([wait(NOON), wait(NOON + 10 * MINUTE), wait(NOON + 86_400 * S)]).toEqual([1, 2, 1]);
    expect(wait(NOON + 86_400 * S + 10 * MINUTE)).toBe(2);
    breaker.clear();
    expect(breaker.isOpen(NOON + 86_400 * S + 10 * MINUTE)).toBe(false);
    expect(wait(NOON + 86_400 * S + 20 * MINUTE)).toBe(1);
  });
});

describe("the venue's own cancels", () => {
  test.each([
    [[0, 1], false],
    [[0, 30, 60], true],
    [[0, 30, 61], false],
    [[0, 30, 61, 62], true],
  ])("at %j s trip: %p, until cleared", (seconds, trips) => {
    const breaker = new VenueCancelBreaker();
    for (const s of seconds) breaker.onVenueCancel(NOON + s * S);
    expect(breaker.tripped).toBe(trips);
    breaker.clear();
    expect(breaker.tripped).toBe(false);
  });
});

describe("a jump of the price", () => {
  test.each<[string, [atS: number, mid: number][], boolean]>([
    [
      "a fall by more than the limit at once",
      [
        [0, 1000],
        [0.1, 949],
      ],
      true,
    ],
    [
      "a rise",
      [
        [0, 1000],
        [0.1, 1051],
      ],
      true,
    ],
    [
      "within the limit",
      [
        [0, 1000],
        [0.1, 951],
      ],
      false,
    ],
    [
      "in steps within ten seconds",
      [
        [0, 1000],
        [4, 970],
        [9.9, 949],
      ],
      true,
    ],
    [
      "in steps over eleven and more",
      [
        [0, 1000],
        [6, 975],
        [11.5, 949],
      ],
      false,
    ],
    [
      "from the low of the window, not from its start",
      [
        [0, 1000],
        [2, 960],
        [5, 1009],
      ],
      true,
    ],
    [
      "after a silence",
      [
        [0, 1000],
        [60, 900],
      ],
      false,
    ],
  ])("%s", (_name, mids, trips) => {
    const jump = new PriceJump(0.05);
    for (const [atS, mid] of mids) jump.onMid(NOON + atS * S, mid);
    const last = NOON + (mids.at(-1)?.[0] ?? 0) * S;
    expect(jump.isOpen(last)).toBe(trips);
    expect(jump.isOpen(last + JUMP_WAIT_US)).toBe(false);
  });

  test("is counted once, and what comes is measured from where it ended", () => {
    const jump = new PriceJump(0.05);
    for (const mid of [1000, 940, 945, 938]) jump.onMid(NOON, mid);
    expect(jump.trippedCount).toBe(1);
    jump.onMid(NOON + 5 * S, 880);
    expect([jump.trippedCount, jump.untilUs]).toEqual([2, NOON + 5 * S + JUMP_WAIT_US]);
  });
});

describe("a position that the venue tells otherwise", () => {
  const own = 10;
  test.each<[string, [atS: number, told: number, fills: number][], boolean]>([
    ["once", [[0, 12, 0]], false],
    [
      "twice, five seconds apart",
      [
        [0, 12, 0],
        [5, 12, 0],
      ],
      true,
    ],
    [
      "twice, closer",
      [
        [0, 12, 0],
        [4.9, 12, 0],
      ],
      false,
    ],
    [
      "otherwise each time",
      [
        [0, 12, 0],
        [5, 13, 0],
      ],
      true,
    ],
    [
      "with the right number between",
      [
        [0, 12, 0],
        [3, 10, 0],
        [6, 12, 0],
      ],
      false,
    ],
    [
      "with a fill between",
      [
        [0, 12, 0],
        [5, 12, 1],
      ],
      false,
    ],
    [
      "with a fill between, and five seconds more",
      [
        [0, 12, 0],
        [5, 12, 1],
        [10, 12, 1],
      ],
      true,
    ],
  ])("%s", (_name, frames, trips) => {
    const mismatch = new PositionMismatch();
    for (const [atS, told, fills] of frames) mismatch.onPosition(NOON + atS * S, told, own, fills);
    expect(mismatch.tripped).toBe(trips);
  });

  test("stays tripped when the numbers agree again: somebody has to say that it is understood", () => {
    const mismatch = new PositionMismatch();
    for (const atS of [0, 5]) mismatch.onPosition(NOON + atS * S, 12, own, 0);
    mismatch.onPosition(NOON + 10 * S, own, own, 0);
    expect(mismatch.tripped).toBe(true);
    mismatch.clear();
    expect([mismatch.tripped, mismatch.trippedCount]).toEqual([false, 1]);
  });
});

describe("a position that is taken over", () => {
  test("is worth what it was at that moment: no profit, no fill, no fee", () => {
    const position = new Position();
    position.adopt(-250, 300_123.5);
    expect([position.lots, position.fillCount, position.feesUsd, position.filledUsd]).toEqual([-250, 0, 0, 0]);
    expect(position.equityUsd(300_123.5)).toBe(0);
    expect(position.equityUsd(300_124.5)).toBe(-250);
  });

  test("without a mark counts for nothing until the first one, whatever fills meanwhile", () => {
    const position = new Position();
    position.adopt(100, Number.NaN);
    expect([position.lots, position.equityUsd(300_000)]).toEqual([100, 0]);
    position.onFill(-1, 300_010, 40, 0);
    expect([position.lots, position.equityUsd(300_000)]).toEqual([60, 400]);
    position.onMark(300_000);
    expect(position.equityUsd(300_000)).toBe(400);
    expect(position.equityUsd(300_002)).toBe(520);
    expect(Number.isSafeInteger(position.cashUsd)).toBe(true);
  });

  test("again in the middle of a run changes the size and not the equity", () => {
    const position = new Position();
    position.onFill(1, 300_000, 100, 4_500);
    position.adopt(130, 300_100);
    expect(position.equityUsd(300_100)).toBe(100 * 100 - 4_500);
    position.adopt(130, 300_100);
    expect(position.equityUsd(300_101)).toBe(100 * 100 - 4_500 + 130);
  });
});

describe("the measured loop", () => {
  test("holds as it is the first time, is smoothed after, and stays within its bounds", () => {
    const latency = new MeasuredLatency();
    expect(latency.seconds).toBeNaN();
    latency.onLoop(0.4 * S);
    expect(latency.seconds).toBe(0.4);
    latency.onLoop(0.8 * S);
    expect(latency.seconds).toBeCloseTo(0.5, 12);
    latency.onLoop(Number.NaN);
    expect(latency.seconds).toBeCloseTo(0.5, 12);
    const short = new MeasuredLatency();
    short.onLoop(1);
    expect(short.seconds).toBe(0.02);
    const long = new MeasuredLatency();
    long.onLoop(60 * S);
    expect(long.seconds).toBe(5);
  });
});

test("every breaker and command says how it is cleared", () => {
  const { daily_loss, drawdown, journal, venue_cancels, position_mismatch, reject_burst, price_jump } = REASON;
  const { open_interest_cap, paused, reducing, stopped, holding, position_breaker } = REASON;
  const all = [daily_loss, drawdown, journal, venue_cancels, position_mismatch, reject_burst, price_jump];
  for (const reason of [...all, open_interest_cap, paused, reducing, stopped, holding, position_breaker])
    expect(clearedBy(reason)).not.toBe("");
});
