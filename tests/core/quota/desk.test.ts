import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ACTION, BUY, ORDER_STATUS, SELL } from "../../../src/core/frame.ts";
import { MODE, MODE_NAMES } from "../../../src/core/quota/mode.ts";
import { THROTTLE_WAIT_US } from "../../../src/core/quota/throttle.ts";
import { REASON } from "../../../src/core/reason.ts";
import { DeskBench, type SentOrder } from "../../fixtures/desk_bench.ts";

const S = 1_000_000;
const MID = 300_000;
/** Capital of several clips: four levels a side where nothing is scarce. */
const RICH = { clipUsd: 12e6, levelsMax: 4 };

describe("modes", () => {
  const rows: [surplus: number, cap: number, mode: string, levels: number][] = [
    [10_000, 10_000, "full", 4],
    [4_600, 66_000, "passive", 2],
    [1_000, 66_000, "conserve", 2],
    [0, 10_000, "throttled", 1],
    [-500, 10_000, "throttled", 1],
  ];
  test.each(rows)("%d left of %d: %s, %d level(s) on both sides", (surplus, cap, mode, levels) => {
    const b = new DeskBench(1, RICH).paying();
    b.left(surplus, cap);
    b.timer();
    expect(MODE_NAMES[b.desk.mode.mode]).toBe(mode as (typeof MODE_NAMES)[number]);
    b.grant(b.bbo(MID));
    expect([b.standing(BUY), b.standing(SELL)]).toEqual([levels, levels]);
  });

  test("an order is made larger where it stands in full and passive, not in conserve", () => {
    for (const [surplus, cap, grows] of [
      [10_000, 10_000, true],
      [4_600, 66_000, true],
      [1_000, 66_000, false],
    ] as const) {
      const b = new DeskBench(1, { clipUsd: 40e6, levelsMax: 1, positionCapUsd: 400e6, isolatedMarginUsd: 100e6 });
      b.left(surplus, cap);
      b.timer();
      // Not known to pay: the least. Known to pay: a whole clip.
      b.grant(b.bbo(MID));
      b.paying();
      const sent: SentOrder[] = [];
      for (let i = 0; i < 4; i++) sent.push(...b.grant(b.timer()));
      expect(sent.some((o) => o.action === ACTION.modify && o.px * o.lots > 30e6)).toBe(grows);
    }
  });

  test("a price that scarcity sets moves quotes outwards by the reset and by nothing else", () => {
    const distance = (surplus: number): [number, number, number] => {
      const b = new DeskBench();
      b.left(surplus, 1_000_000);
      b.timer();
      b.bbo(MID);
      const { quoter } = b.desk.engines[0] as (typeof b.desk.engines)[number];
      return [quoter.bidBestFrac, quoter.resetFrac(BUY), quoter.chi];
    };
    const [bestRich, resetRich, chiRich] = distance(900_000);
    const [bestPoor, resetPoor, chiPoor] = distance(300);
    expect(chiPoor).toBeGreaterThan(10 * chiRich);
    expect(bestPoor).toBe(bestRich);
    expect(resetPoor).toBeGreaterThan(resetRich);
  });

  test("a chi that is set stays, whatever is left", () => {
    const b = new DeskBench(1, { chi: 0.3 });
    b.left(0);
    for (let i = 0; i < 40; i++) b.timer();
    expect(b.desk.engines[0]?.quoter.chi).toBe(0.3);
  });
});

describe("two-sided, whatever is left", () => {
  const surpluses = fc.constantFrom(10_000, 2_100, 1_900, 600, 400, 60, 12, 9, 7, 6, 5, 1, 0, -1, -500, -20_000);
  const step = fc.record({
    what: fc.constantFrom("move", "move", "wait", "fill bid", "fill ask", "refuse"),
    by: fc.integer({ min: -30, max: 30 }),
  });

  test("a side that is missing is back within three slots, and both stand when nothing happens", () => {
    fc.assert(
      fc.property(
        surpluses,
        fc.boolean(),
        fc.array(step, { minLength: 5, maxLength: 40 }),
        (surplus, paying, steps) => {
          const b = new DeskBench(1, RICH);
          if (paying) b.paying();
          b.left(surplus);
          b.timer();
          let mid = MID;
          let missingUs = [b.now, b.now];
          const look = (): void => {
            const { bidReason, askReason } = b.desk.engines[0] as (typeof b.desk.engines)[number];
            [BUY, SELL].forEach((side, i) => {
              // The cap alone forbids a side.
              const wanted = (side === BUY ? bidReason : askReason) === REASON.none;
              if (b.standing(side) > 0 || !wanted) missingUs[i] = b.now;
              expect(b.now - (missingUs[i] as number)).toBeLessThanOrEqual(3 * THROTTLE_WAIT_US + S);
            });
          };
          const pass = (seconds: number, grants = true): void => {
            for (let t = 0; t < seconds * 4; t++) {
              const sent = [...b.timer(), ...b.bbo(mid)];
              if (grants) b.grant(sent);
              else for (const order of sent) b.grant(b.answer(order, ORDER_STATUS.refused));
              look();
            }
          };
          pass(1);
          for (const { what, by } of steps) {
            if (what === "move") mid += 10 * by;
            const slot = what === "fill bid" ? b.resting(BUY) : what === "fill ask" ? b.resting(SELL) : -1;
            if (slot >= 0) b.grant(b.fillSlot(0, slot));
            if (what === "refuse") {
              pass(0.5, false);
              missingUs = [b.now, b.now];
            }
            pass(1 + Math.abs(by) / 3);
          }
          pass(40);
          const { bidReason, askReason } = b.desk.engines[0] as (typeof b.desk.engines)[number];
          if (bidReason === REASON.none) expect(b.standing(BUY)).toBeGreaterThan(0);
          if (askReason === REASON.none) expect(b.standing(SELL)).toBeGreaterThan(0);
          if (surplus <= -500) expect(b.desk.mode.mode).toBe(MODE.throttled);
        },
      ),
      { seed: 20260114, numRuns: 30 },
    );
  });
});

test("in a market that runs away, moves of one side do not keep the other missing", () => {
  const b = new DeskBench();
  b.left(-100);
  b.timer();
  b.grant(b.bbo(MID));
  // We are long: whatever the ask needs reduces, and goes first.
  b.grant(b.fillSlot(0, b.resting(BUY)));
  let mid = MID;
  let askMoves = 0;
  for (let t = 0; t < 4 * 3 * (THROTTLE_WAIT_US / S) && b.standing(BUY) === 0; t++) {
    mid += 12;
    const sent = b.grant([...b.timer(), ...b.bbo(mid)]);
    askMoves += sent.filter((o) => o.side === SELL && o.action === ACTION.modify).length;
  }
  expect(askMoves).toBeGreaterThan(0);
  expect(b.standing(BUY)).toBe(1);
});

describe("several markets with one budget that is spent", () => {
  test("missing sides of all of them go out in one action of one frame", () => {
    const b = new DeskBench(3);
    b.left(-10);
    for (let m = 0; m < 3; m++) for (const order of b.bbo(MID, m)) b.answer(order, ORDER_STATUS.refused);
    b.now += 2 * THROTTLE_WAIT_US;
    for (let m = 0; m < 3; m++) for (const order of b.bbo(MID, m)) b.answer(order, ORDER_STATUS.refused);
    b.now += 2 * THROTTLE_WAIT_US;
    const sent = b.timer();
    expect(sent.map((o) => o.action)).toEqual(Array(6).fill(ACTION.place));
    expect([...new Set(sent.map((o) => o.market))]).toEqual([0, 1, 2]);
    expect(b.timer()).toEqual([]);
  });

  test("a market that always has something to do leaves the others their turn", () => {
    const b = new DeskBench(3);
    b.left(10_000);
    for (let m = 0; m < 3; m++) b.grant([...b.timer(), ...b.bbo(MID, m)]);
    b.left(-100);
    const moves = [0, 0, 0];
    let mid = MID;
    for (let t = 0; t < 4 * 240; t++) {
      // The first market's book speaks ten times as often.
      mid += t % 88 === 0 ? 600 : 0;
      const sent = [...b.timer()];
      for (let k = 0; k < 10; k++) sent.push(...b.bbo(mid, 0));
      sent.push(...b.bbo(mid, 1), ...b.bbo(mid, 2));
      for (const order of sent) moves[order.market] = (moves[order.market] as number) + 1;
      b.grant(sent);
    }
    expect(Math.min(...moves)).toBeGreaterThan(4);
    expect(Math.max(...moves) - Math.min(...moves)).toBeLessThan(16);
  });
});

describe("the margin of the address", () => {
  test("a market that does not fit any more says so and places nothing; the others go on", () => {
    // Each market's own margin would carry six orders a side; the address has no more than 50 dollars for all three.
    const set = { capitalUsd: 50e6 / 3, clipUsd: 60e6, positionCapUsd: 240e6, isolatedMarginUsd: 50e6, levelsMax: 4 };
    const b = new DeskBench(3, set).paying();
    b.timer();
    for (let m = 0; m < 3; m++) b.grant(b.bbo(MID, m));
    const used = b.desk.margin.usedUsd;
    expect(used).toBeLessThanOrEqual(50e6);
    expect(used).toBeGreaterThan(40e6);
    const last = b.desk.engines[2] as (typeof b.desk.engines)[number];
    expect([last.sender.bidHeld, last.sender.askHeld]).toEqual([REASON.margin, REASON.margin]);
    expect([b.standing(BUY, 0), b.standing(SELL, 0), b.standing(BUY, 2), b.standing(SELL, 2)]).toEqual([4, 4, 0, 0]);
  });

  test("whatever fills and moves, all markets together stay within the capital", () => {
    const set = { capitalUsd: 10e6, clipUsd: 30e6, positionCapUsd: 120e6, isolatedMarginUsd: 20e6, levelsMax: 2 };
    const step = fc.record({
      market: fc.nat(2),
      side: fc.constantFrom(BUY, SELL),
      by: fc.integer({ min: -8, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
        const b = new DeskBench(3, set).paying();
        b.timer();
        for (const { market, side, by } of steps) {
          b.grant(b.bbo(MID + by, market));
          const slot = b.resting(side, market);
          if (slot >= 0 && by > 4) b.grant(b.fillSlot(market, slot));
          // A few units of price are a ten-thousandth: what prices do to margins is not ours to refuse.
          expect(b.desk.margin.usedUsd).toBeLessThanOrEqual(30e6 * 1.0001);
        }
      }),
      { seed: 20260115, numRuns: 40 },
    );
  });
});

describe("the count of requests, as answers come", () => {
  const given = (): { b: DeskBench; sent: SentOrder[] } => {
    const b = new DeskBench();
    b.left(10_000);
    return { b, sent: b.bbo(MID) };
  };
  const rows: [what: string, status: number, reason: number, used: number][] = [
    ["resting counts", ORDER_STATUS.resting, REASON.none, 2],
    ["rejected counts", ORDER_STATUS.rejected, REASON.post_only_crossed, 2],
    ["refused does not", ORDER_STATUS.refused, REASON.too_many_requests, 1],
    ["expired costs five", ORDER_STATUS.rejected, REASON.expired, 6],
    ["no answer counts until the venue says", ORDER_STATUS.timed_out, REASON.no_answer, 2],
  ];
  test.each(rows)("%s, however often it is told", (_what, status, reason, used) => {
    const { b, sent } = given();
    const [one] = sent as [SentOrder];
    b.desk.engines[0]?.guard.onCommand(4, b.desk.engines[0].position, MID);
    b.answer(one, status, reason);
    expect(b.desk.ledger.usedCount).toBe(used);
    b.answer(one, status, reason);
    expect(b.desk.ledger.usedCount).toBe(used);
  });
});
