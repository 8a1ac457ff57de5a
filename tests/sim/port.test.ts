import { describe, expect, test } from "bun:test";
import { BUY, SELL } from "../../src/core/frame.ts";
import { type Levels, type PortBench, type PortOptions, ShadowPortBench, VenuePortBench } from "../fixtures/port.ts";

const BIDS: Levels = [
  [299_990, 50],
  [299_980, 80],
];
const ASKS: Levels = [
  [300_020, 60],
  [300_030, 90],
];

const PORTS: [string, (options?: PortOptions) => PortBench][] = [
  ["shadow", (options) => new ShadowPortBench(options)],
  ["venue", (options) => new VenuePortBench(options)],
];

describe.each(PORTS)("the life of an order at the %s port", (_name, open) => {
  const withBook = (options?: PortOptions): PortBench => {
    const bench = open(options);
    bench.book(BIDS, ASKS);
    return bench;
  };

  test("a place rests, and is told a loop later at the earliest", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    expect(bench.wait(279).told).toEqual([]);
    expect(bench.wait(200).told).toEqual(["#1 resting 40"]);
    expect(bench.toldMs[0]).toBeGreaterThanOrEqual(280);
  });

  test.each<[string, number, number, number, boolean, string]>([
    ["crosses", BUY, 300_020, 40, false, "post_only_crossed"],
    ["crosses from above", SELL, 299_990, 40, false, "post_only_crossed"],
    ["is off the grid", BUY, 300_001, 40, false, "price_off_grid"],
    ["is under the minimum", BUY, 300_000, 33, false, "below_minimum"],
    ["has no size", BUY, 300_000, 0, false, "zero_size"],
    ["would open and may only reduce", BUY, 300_000, 40, true, "reduce_only_increase"],
  ])("an order that %s is rejected", (_why, side, px, lots, reduceOnly, reason) => {
    const bench = withBook();
    bench.place(side, px, lots, reduceOnly);
    expect(bench.wait(600).told).toEqual([`#1 rejected ${reason}`]);
    expect(bench.port.counts[0]).toMatchObject({ place: 1, rejected: 1, refused: 0 });
    expect(bench.port.limiter.usedCount).toBe(1);
  });

  test("post-only is looked at on arrival", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    bench.wait(70).book([[299_980, 80]], [[300_000, 60]]);
    expect(bench.wait(600).told).toEqual(["#1 rejected post_only_crossed"]);
  });

  test("what is taken is filled, part by part, at its own price and fee", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 100);
    bench.wait(600).take(SELL, 300_000, 60);
    bench.wait(600).take(SELL, 300_000, 40);
    expect(bench.wait(600).told).toEqual([
      "#1 resting 100",
      "#1 fill 60@300000 fee 2699",
      "#1 fill 40@300000 fee 1799",
    ]);
    const account = bench.port.account.of(0);
    expect([account.positionLots, account.cashUsd, account.feesUsd]).toEqual([100, -30_004_498, 4_498]);
  });

  test("who was there before is served before", () => {
    const bench = withBook();
    bench.place(BUY, 299_990, 40);
    bench.wait(600).take(SELL, 299_990, 50);
    expect(bench.wait(600).told).toEqual(["#1 resting 40"]);
    bench.take(SELL, 299_990, 35);
    expect(bench.wait(600).told).toEqual(["#1 resting 40", "#1 fill 35@299990 fee 1574"]);
  });

  test("a cancel ends it once", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).cancel(cloid);
    bench.wait(600).cancel(cloid);
    expect(bench.wait(600).told).toEqual(["#1 resting 40", "#1 cancelled", "#1 missing missing_order", "#1 settled"]);
    bench.take(SELL, 300_000, 20);
    expect(bench.wait(600).told).toHaveLength(4);
    expect(bench.port.counts[0]).toMatchObject({ place: 1, cancel: 2 });
  });

  test("a fill that beat the cancel stands", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).cancel(cloid);
    bench.take(SELL, 300_000, 40);
    expect(bench.wait(900).told.toSorted()).toEqual([
      "#1 fill 40@300000 fee 1799",
      "#1 missing missing_order",
      "#1 resting 40",
      "#1 settled",
    ]);
  });

  test("a modify ends the old order and places a new one", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).modify(cloid, BUY, 300_010, 50);
    bench.wait(600);
    expect(bench.told).toEqual(["#1 resting 40", "#2 resting 50", "#1 cancelled"]);
    bench.take(SELL, 300_010, 50);
    expect(bench.wait(600).told.at(-1)).toBe("#2 fill 50@300010 fee 2250");
    expect(bench.port.account.of(0).positionLots).toBe(50);
  });

  test("a modify of what was filled finds nothing and places nothing", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).modify(cloid, BUY, 300_010, 50);
    bench.take(SELL, 300_000, 40);
    bench.wait(900);
    expect(bench.told.toSorted()).toEqual([
      "#1 fill 40@300000 fee 1799",
      "#1 resting 40",
      "#1 settled",
      "#2 missing missing_order",
    ]);
    bench.take(SELL, 300_010, 50);
    expect(bench.wait(600).port.account.of(0).positionLots).toBe(40);
  });

  test("a modify whose new order is rejected leaves neither", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).modify(cloid, BUY, 300_020, 50);
    bench.wait(600).cancel(cloid);
    expect(bench.wait(600).told).toEqual([
      "#1 resting 40",
      "#2 rejected post_only_crossed",
      "#1 cancelled",
      "#1 missing missing_order",
      "#1 settled",
    ]);
  });

  test("a spent budget lets one action pass, refuses the next and changes nothing; cancels pass", () => {
    const bench = withBook({ quotaUsedCount: 10_000 });
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(600).modify(cloid, BUY, 300_010, 50);
    bench.wait(600).place(SELL, 300_010, 40);
    bench.wait(600);
    expect(bench.told).toEqual(["#1 resting 40", "#2 refused too_many_requests", "#3 refused too_many_requests"]);
    expect(bench.port.counts[0]).toMatchObject({ place: 1, modify: 0, refused: 2 });
    bench.take(SELL, 300_000, 35);
    bench.wait(600).cancel(cloid);
    expect(bench.wait(600).told.slice(3)).toEqual(["#1 fill 35@300000 fee 1574", "#1 cancelled"]);
  });

  test("a reducing order is cut to the position and ends with it", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    bench.wait(600).take(SELL, 300_000, 40);
    bench.wait(600).place(SELL, 300_010, 60, true);
    bench.wait(600).take(BUY, 300_010, 40);
    bench.wait(600);
    expect(bench.told.slice(2, 4)).toEqual(["#2 resting 40", "#2 fill 40@300010 fee 1800"]);
    expect(bench.port.account.of(0).positionLots).toBe(0);
  });

  test("the limiter's count is told with the answers that moved it", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    bench.place(SELL, 300_010, 40);
    bench.wait(600);
    expect(bench.port.limiter.netUsedCount).toBe(2);
  });
});
