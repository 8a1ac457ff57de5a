import { describe, expect, test } from "bun:test";
import { BUY, CONTEXT, FrameLane, KIND, SELL } from "../../src/core/frame.ts";
import { type Levels, VenuePortBench } from "../fixtures/port.ts";
import { START_MS, user } from "../fixtures/venue.ts";

const BIDS: Levels = [[299_990, 50]];
const ASKS: Levels = [[300_020, 60]];
const MS_TO_THE_HOUR = 3_600_000 - (START_MS % 3_600_000);

function withBook(options: ConstructorParameters<typeof VenuePortBench>[0] = {}): VenuePortBench {
  const bench = new VenuePortBench(options);
  bench.book(BIDS, ASKS);
  return bench;
}

describe("what only a venue does", () => {
  test("margin that is not there rejects an order", () => {
    const bench = withBook({ depositUsd: 10_000_000 });
    bench.place(BUY, 300_000, 400);
    expect(bench.wait(600).told).toEqual(["#1 rejected margin"]);
  });

  test("a price far from the oracle rejects an order, in the words of live answers", () => {
    const bench = withBook();
    bench.place(SELL, 6_000_000, 40);
    expect(bench.wait(600).told).toEqual(["#1 rejected too_far_from_oracle"]);
  });

  test("a halt ends what rests and settles the position at the mark, and both are told", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 100);
    bench.place(SELL, 300_010, 40);
    bench.wait(600).take(SELL, 300_000, 60);
    bench.wait(600);
    const { venue } = bench.bench;
    venue.setHalted(venue.markets[0] as never, true);
    bench.wait(600);
    expect(bench.told.slice(0, 3)).toEqual(["#1 resting 100", "#2 resting 40", "#1 fill 60@300000 fee 2699"]);
    expect(bench.told.slice(3)).toEqual([
      "#1 cancelled venue_cancelled",
      "#2 cancelled venue_cancelled",
      "#0 fill 60@300000 fee 0",
    ]);
    expect(bench.port.account.of(0).positionLots).toBe(0);
    bench.place(BUY, 300_000, 40);
    expect(bench.wait(600).told.at(-1)).toBe("#3 rejected other_refusal");
  });

  test("funding is paid with the hour and told as it was booked", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 400);
    bench.wait(600).take(SELL, 300_000, 400);
    bench.wait(MS_TO_THE_HOUR).wait(300);
    const account = bench.port.account.of(0);
    expect(account.fundingUsd).toBeLessThan(0);
    expect(bench.told.at(-1)).toBe(`funding ${account.fundingUsd}`);
    const dex = bench.bench.venue.accountOf(user("c")).dex(0);
    expect(account.cashUsd).toBe(dex.cashUsd - 100_000_000);
  });

  test("one block takes what has arrived by its time, new orders before takers", () => {
    const bench = withBook();
    // A decision that arrives with the block at 140 ms meets the taker of that block.
    bench.place(BUY, 300_000, 40);
    bench.wait(139);
    const { venue } = bench.bench;
    const taker = venue.accountOf(user("b"));
    const order = { a: 0, b: false, p: "30", s: "0.4", r: false, t: { limit: { tif: "Ioc" as const } } };
    venue.submitHouse({ account: taker, action: { type: "order", orders: [order], grouping: "na" } });
    expect(bench.wait(400).told).toEqual(["#1 resting 40", "#1 fill 40@300000 fee 1799"]);
    expect(bench.toldMs).toEqual([280, 280]);
  });

  test("a cancel beats the takers of its own block", () => {
    const bench = withBook();
    const cloid = bench.place(BUY, 300_000, 40);
    bench.wait(560).cancel(cloid);
    bench.wait(139);
    const { venue } = bench.bench;
    const order = { a: 0, b: false, p: "30", s: "0.4", r: false, t: { limit: { tif: "Ioc" as const } } };
    const action = { type: "order" as const, orders: [order], grouping: "na" as const };
    venue.submitHouse({ account: venue.accountOf(user("b")), action });
    expect(bench.wait(400).told).toEqual(["#1 resting 40", "#1 cancelled"]);
  });

  test("a reducing order that shrank with the position is settled by its last fill", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 100);
    bench.wait(600).take(SELL, 300_000, 100);
    bench.wait(600).place(SELL, 300_010, 100, true);
    bench.place(SELL, 300_000, 60);
    bench.wait(600).take(BUY, 300_000, 60);
    bench.wait(600).take(BUY, 300_010, 40);
    expect(bench.wait(600).told.slice(-3)).toEqual([
      "#3 fill 60@300000 fee 2699",
      "#2 fill 40@300010 fee 1800",
      "#2 settled",
    ]);
    expect(bench.port.account.of(0).positionLots).toBe(0);
  });

  test("contexts mark the account", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    bench.wait(600).take(SELL, 300_000, 40);
    const lane = new FrameLane(CONTEXT.size);
    const at = lane.begin(KIND.context, CONTEXT.size, 1, 1, 0);
    lane.data.set([301_000, 301_000, 0, 0], at + CONTEXT.oraclePx);
    bench.port.onMarket(lane.data, at);
    expect(bench.port.markets[0]?.hasContext).toBe(true);
    expect(bench.port.account.of(0).equityUsd).toBe(40 * 1_000 - 1_799);
  });

  test("a closed port sends nothing and leaves nothing", () => {
    const bench = withBook();
    bench.place(BUY, 300_000, 40);
    bench.wait(600).place(SELL, 300_010, 40);
    bench.port.close();
    bench.place(BUY, 300_000, 40);
    expect(bench.wait(900).told).toEqual(["#1 resting 40"]);
    expect(bench.port.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
    expect(bench.bench.venue.accountOf(user("c")).orders.size).toBe(0);
  });
});
