import { describe, expect, test } from "bun:test";
import { BUY, SELL } from "../../src/core/frame.ts";
import { EdgeTracker } from "../../src/stats/edge.ts";
import { LATENCY_US, MS, ShadowBench } from "../fixtures/shadow.ts";

// Ways in which simulated fills flatter, each with the market that would show it.
const BIDS: [number, number][] = [
  [299_990, 50],
  [299_980, 80],
];
const ASKS: [number, number][] = [[300_010, 60]];

function bench(): ShadowBench {
  return new ShadowBench().book(0, BIDS, ASKS);
}

describe("a simulated fill is harder to get than a real one", () => {
  test("1: a print at our price does not fill while others stand in front", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.until(200).trade(210, SELL, 299_980, 79).until(400);
    expect(b.filled()[0]).toBe(0);
  });

  test("2: one print does not fill two of our orders with the same volume", () => {
    const b = bench();
    b.place(10, BUY, 300_000, 40);
    b.place(20, BUY, 300_000, 40);
    b.until(200).trade(210, SELL, 300_000, 50).until(400);
    expect(b.filled()[0]).toBe(50);
  });

  test("3: volume is not counted as a print and again as the shrinkage that it caused, in either order of receipt", () => {
    const after = bench();
    after.place(10, BUY, 299_980, 40);
    after.until(200).trade(210, SELL, 299_980, 60);
    after
      .book(
        280,
        [
          [299_990, 50],
          [299_980, 20],
        ],
        ASKS,
      )
      .until(900);
    after.trade(1_000, SELL, 299_980, 20).until(1_200);
    expect(after.filled().slice(0, 2)).toEqual([0, 0]);
    const before = bench();
    before.place(10, BUY, 299_980, 40);
    before.until(200).book(
      210,
      [
        [299_990, 50],
        [299_980, 20],
      ],
      ASKS,
    );
    before.trade(330, SELL, 299_980, 60, 209).until(900);
    before.trade(1_000, SELL, 299_980, 20).until(1_200);
    expect(before.filled().slice(0, 2)).toEqual([0, 0]);
  });

  test("4: cancels are not all in front of us", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.until(200)
      .book(
        210,
        [
          [299_990, 50],
          [299_980, 160],
        ],
        ASKS,
      )
      .until(900);
    b.book(
      1_000,
      [
        [299_990, 50],
        [299_980, 80],
      ],
      ASKS,
    ).until(1_700);
    b.trade(1_800, SELL, 299_980, 80).until(2_000);
    expect(b.filled()[0]).toBe(0);
  });

  test("5: an order joins the queue when it arrives, not when it is decided", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.trade(60, SELL, 299_980, 80)
      .book(
        70,
        [
          [299_990, 50],
          [299_980, 80],
        ],
        ASKS,
      )
      .until(200);
    b.trade(210, SELL, 299_980, 60).until(400);
    expect(b.filled()[0]).toBe(0);
  });

  test("6: the queue in front is the one of the arrival, grown since the decision", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.book(
      100,
      [
        [299_990, 50],
        [299_980, 300],
      ],
      ASKS,
    ).until(200);
    b.trade(210, SELL, 299_980, 299).until(400);
    expect(b.filled()[0]).toBe(0);
  });

  test("7: levels are whole price units: a price a tick away is another level", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.until(200).trade(210, SELL, 299_990, 500).until(400);
    expect(b.filled()).toEqual([0, 0, 0, 0]);
  });

  test("8: our own size is never somebody else's: it does not shrink a level or stand in front of our next order", () => {
    const b = bench();
    b.place(10, BUY, 300_000, 40);
    b.place(20, BUY, 299_980, 40);
    b.until(200).trade(210, SELL, 300_000, 40).until(400);
    expect(b.filled()[0]).toBe(40);
    b.trade(410, SELL, 299_980, 120).until(600);
    // The 80 displayed go first, then our 40, whatever we did elsewhere.
    expect(b.filled()[0]).toBe(80);
  });

  test("9: a fill is measured from the mid before it, not from the one that its own message brought", () => {
    const b = bench();
    b.place(10, BUY, 299_980, 40);
    b.until(200).bbo(210, [299_900, 5], [299_960, 5]).until(400);
    expect(b.fills[0]?.midBefore).toBe(300_000);
    const tracker = new EdgeTracker();
    tracker.onMid(0, 300_000);
    tracker.onFill(210 * MS, BUY, 299_980, 40, 0, 300_000, 1e-4);
    tracker.onMid(210 * MS, 299_930);
    tracker.finish(2_000 * MS);
    expect(tracker.summary().edgeBps[0]?.mean as number).toBeLessThan(0);
  });

  test("10: a print smaller than our order fills a part of it", () => {
    const b = bench();
    b.place(10, BUY, 300_000, 100);
    b.until(200).trade(210, SELL, 300_000, 30).until(400);
    expect(b.filled()[0]).toBe(30);
  });

  test("11: requests are limited as at the venue", () => {
    const b = new ShadowBench({ quotaUsedCount: 9_999 }).book(0, BIDS, ASKS);
    for (let i = 0; i < 5; i++) b.place(10 + i, BUY, 299_980 - 10 * i, 40);
    b.until(400);
    expect(b.told.filter((line) => line.endsWith("refused")).length).toBe(4);
  });

  test("12: at equal time the event comes before our cancel", () => {
    const b = bench();
    const id = b.place(10, BUY, 299_980, 40);
    b.until(200);
    b.cancel(200, id);
    b.trade(200 + LATENCY_US / MS, SELL, 299_970, 10).until(600);
    expect(b.filled()[0]).toBe(40);
  });

  test("13: a sell is filled by the same rules as a buy, mirrored", () => {
    const b = bench();
    b.place(10, SELL, 300_010, 40);
    b.until(200).trade(210, BUY, 300_010, 60).until(300);
    expect(b.filled()[0]).toBe(0);
    b.trade(310, BUY, 300_010, 10).until(400);
    expect(b.filled()[0]).toBe(10);
    b.trade(410, BUY, 300_020, 1).until(600);
    expect(b.filled().slice(0, 3)).toEqual([40, 40, 40]);
  });
});
