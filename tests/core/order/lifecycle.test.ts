import { describe, expect, test } from "bun:test";
import { BUY, ORDER_STATUS, SELL } from "../../../src/core/frame.ts";
import { LEG, SLOT, SLOT_COUNT } from "../../../src/core/order/slots.ts";
import { StateReader, StateWriter } from "../../../src/core/state.ts";
import { LifeBench } from "../../fixtures/order_life.ts";

function told(...lines: string[]): LifeBench {
  const bench = new LifeBench();
  for (const line of lines) bench.say(line);
  return bench;
}

describe("exposure of a slot", () => {
  test("counts in flight, both legs of a modify, cancelling and unknown in full, on its own side", () => {
    const bench = told("place A 10");
    const exposures: number[] = [];
    for (const line of ["A resting", "modify A B 7", "B resting", "A cancelled 10", "cancel B", "B missing"]) {
      bench.say(line);
      exposures.push(bench.slots.sideExposureLots(BUY));
    }
    expect(exposures).toEqual([10, 17, 17, 7, 7, 7]);
    expect(bench.slots.state[0]).toBe(SLOT.unknown);
    expect(bench.slots.sideExposureLots(SELL)).toBe(0);
  });
});

describe("fills", () => {
  test("of an order that no slot knows change the position and are counted as late", () => {
    const bench = told("place A 10", "fill C 3");
    expect([bench.position, bench.life.lateFillCount, bench.slots.exposureLots(0)]).toEqual([3, 1, 10]);
  });

  test("of a snapshot change nothing", () => {
    const bench = told("place A 10", "A resting");
    bench.fill(1, BUY, 10, 5, 1);
    expect(bench.picture).toBe("resting 10 0");
  });

  test("told twice are booked once", () => {
    const bench = told("place A 10", "fill A 4", "fill A 4 again");
    expect([bench.picture, bench.life.duplicateFillCount]).toEqual(["resting 6 4", 1]);
  });
});

describe("counts", () => {
  test("an answer told twice counts once, one to a stranger as stray", () => {
    const bench = told("place A 10", "A rejected", "A rejected", "place B 10", "B refused", "B refused");
    const { rejectedCount, refusedCount, strayAnswerCount } = bench.life;
    expect([rejectedCount, refusedCount, strayAnswerCount]).toEqual([1, 1, 2]);
  });

  test("a frame says whether it is news", () => {
    const bench = told("place A 10");
    expect(bench.order(1, ORDER_STATUS.resting, 10)).toBe(true);
    expect(bench.order(1, ORDER_STATUS.resting, 10)).toBe(false);
    expect(bench.order(1, ORDER_STATUS.cancelled, 10)).toBe(true);
    expect(bench.order(1, ORDER_STATUS.cancelled, 10)).toBe(false);
  });
});

describe("orders found at the venue", () => {
  const found = { side: SELL, px: 101, reduceOnly: 1 };

  test("are adopted once, as resting, and are managed like any other", () => {
    const bench = new LifeBench();
    expect(bench.order(-77, ORDER_STATUS.found, 5, found)).toBe(true);
    expect(bench.order(-77, ORDER_STATUS.found, 5, found)).toBe(false);
    const { slots } = bench;
    expect([slots.state[0], slots.side[0], slots.px[0], slots.leavesLots[0], slots.reduceOnly[0]]).toEqual([
      SLOT.resting,
      SELL,
      101,
      5,
      1,
    ]);
    expect([slots.state[1], slots.leg[0]]).toEqual([SLOT.empty, LEG.live]);
    slots.cancel(0, 9);
    expect(bench.order(-77, ORDER_STATUS.cancelled, 5)).toBe(true);
    expect(slots.isEmpty).toBe(true);
  });

  test("do not come back from an older picture after they ended", () => {
    const bench = new LifeBench();
    bench.order(-77, ORDER_STATUS.found, 5, found);
    bench.order(-77, ORDER_STATUS.cancelled, 5);
    expect(bench.order(-77, ORDER_STATUS.found, 5, found)).toBe(false);
    expect(bench.slots.isEmpty).toBe(true);
    expect(bench.life.unadoptedCount).toBe(0);
  });

  test("without a free slot are counted, and are for others to cancel", () => {
    const bench = new LifeBench();
    for (let i = 1; i <= SLOT_COUNT + 2; i++) bench.order(-i, ORDER_STATUS.found, 5, found);
    expect(bench.life.unadoptedCount).toBe(2);
    expect(bench.slots.find(-SLOT_COUNT - 1)).toBe(-1);
    expect(bench.slots.sideExposureLots(SELL)).toBe(5 * SLOT_COUNT);
  });

  test("with nothing left of them are nothing", () => {
    const bench = new LifeBench();
    expect(bench.order(-77, ORDER_STATUS.found, 0, found)).toBe(false);
    expect(bench.order(0, ORDER_STATUS.found, 5, found)).toBe(false);
    expect(bench.slots.isEmpty).toBe(true);
  });
});

describe("what is to be asked for", () => {
  const cases: [script: string[], cloids: number[]][] = [
    [["place A 10"], []],
    [["place A 10", "A timed_out"], [1]],
    [["place A 10", "A resting", "modify A B 8"], []],
    [
      ["place A 10", "A resting", "modify A B 8", "B timed_out"],
      [1, 2],
    ],
    [["place A 10", "A resting", "modify A B 8", "B timed_out", "A resting"], [2]],
    // The new order lives; how the old one ended was not told.
    [["place A 10", "A resting", "modify A B 8", "B resting"], [1]],
    [["place A 10", "A resting", "cancel A", "A missing"], [1]],
    [["place A 10", "A resting", "cancel A", "A cancelled 6"], [1]],
    [["place A 10", "A resting", "cancel A", "A cancelled 10"], []],
  ];
  test.each(cases)("%j: %j", (script, cloids) => {
    expect(told(...script).unresolved).toEqual(cloids);
  });
});

test("a slot keeps both legs, what is known of them and the ended orders through a snapshot", () => {
  const bench = told(
    "place A 10",
    "A resting",
    "modify A B 8",
    "B timed_out",
    "fill B 3",
    "place C 5",
    "C cancelled 5",
  );
  const writer = new StateWriter();
  bench.slots.syncState(writer);
  bench.life.syncState(writer);
  const other = new LifeBench();
  const reader = new StateReader(writer.data.slice());
  other.slots.syncState(reader);
  other.life.syncState(reader);
  reader.finish();
  for (const one of [bench, other]) {
    one.say("A cancelled 10");
    expect(one.slots.sideExposureLots(BUY)).toBe(5);
    expect(one.order(3, ORDER_STATUS.found, 5, { side: BUY, px: 100 })).toBe(false);
    expect(one.slots.state[0]).toBe(SLOT.resting);
  }
});
