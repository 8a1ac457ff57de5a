import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUY, SELL } from "../../src/core/frame.ts";
import { SCORER_COUNT } from "../../src/sim/resting.ts";
import { ShadowBench } from "../fixtures/shadow.ts";

// Prices in ten-thousandths of a dollar around $30: ticks of 10. 34 lots are about $10.2.
const BIDS: [number, number][] = [
  [299_990, 50],
  [299_980, 80],
  [299_970, 100],
];
const ASKS: [number, number][] = [
  [300_010, 60],
  [300_020, 90],
];

/** A bench with a book at 0 ms and a bid of 40 lots at `px`, live at 110 ms. */
function withBid(px: number, lots = 40): { bench: ShadowBench; id: number } {
  const bench = new ShadowBench();
  bench.book(0, BIDS, ASKS);
  const id = bench.place(10, BUY, px, lots);
  bench.until(120);
  return { bench, id };
}

describe("time", () => {
  test("an order is live one loop after the decision and its answer is known half a loop later", () => {
    const { bench } = withBid(299_980);
    bench.until(159.9);
    expect(bench.told).toEqual([]);
    bench.until(160);
    expect(bench.told).toEqual(["160 #1 resting"]);
  });

  test("a fill is known half a loop after it happened", () => {
    const { bench } = withBid(299_980);
    bench.trade(200, SELL, 299_970, 500).until(400);
    expect(bench.told).toEqual(["160 #1 resting", "250 #1 fill 40@299980"]);
  });

  test("a print before the arrival does not fill, one at the arrival does", () => {
    const early = new ShadowBench().book(0, BIDS, ASKS);
    early.place(10, BUY, 299_980, 40);
    early.trade(109, SELL, 299_970, 500).until(300);
    expect(early.filled()).toEqual([0, 0, 0, 0]);
    const same = new ShadowBench().book(0, BIDS, ASKS);
    same.place(10, BUY, 299_980, 40);
    same.trade(110, SELL, 299_970, 500).until(300);
    expect(same.filled()).toEqual([40, 40, 40, 40]);
  });
});

describe("what fills", () => {
  test("at our price only what is left after the queue, opposite aggressors only", () => {
    const { bench } = withBid(299_980);
    bench.trade(200, BUY, 299_980, 500).trade(210, SELL, 299_980, 70).until(300);
    expect(bench.filled()).toEqual([0, 0, 40, 0]);
    bench.trade(310, SELL, 299_980, 30).until(500);
    // 80 in front: 70 and then 10 of the 30 pass before 20 reach us.
    expect(bench.filled()).toEqual([20, 20, 40, 20]);
  });

  test("a print beyond our price fills the rest under generous crossing, the printed volume under strict", () => {
    const { bench } = withBid(299_980);
    bench.trade(200, SELL, 299_970, 5).until(400);
    expect(bench.filled()).toEqual([40, 40, 40, 5]);
    expect(bench.fills.every((f) => f.px === 299_980)).toBe(true);
  });

  test("the opposite best reaching our price fills under generous crossing and not under strict", () => {
    const { bench } = withBid(299_980);
    bench.bbo(200, [299_960, 5], [299_980, 5]).until(400);
    expect(bench.filled()).toEqual([40, 40, 40, 0]);
  });

  test("improving the touch puts us in front", () => {
    const { bench } = withBid(300_000);
    bench.trade(200, SELL, 300_000, 40).until(300);
    expect(bench.filled()).toEqual([40, 40, 40, 40]);
  });

  test("beyond the visible book only a trade through fills, until the price is shown", () => {
    const { bench } = withBid(299_900);
    bench.trade(200, SELL, 299_900, 10_000).until(300);
    expect(bench.filled()).toEqual([0, 0, 0, 0]);
    bench
      .book(
        400,
        [
          [299_950, 10],
          [299_900, 70],
        ],
        ASKS,
      )
      .trade(1_000, SELL, 299_900, 70)
      .until(1_100);
    expect(bench.filled()[0]).toBe(0);
    bench.trade(1_200, SELL, 299_900, 40).until(1_300);
    expect(bench.filled()[0]).toBe(40);
  });

  test("replayed prints never fill", () => {
    const { bench } = withBid(299_980);
    bench.trade(200, SELL, 299_900, 500, 200, true).until(400);
    expect(bench.filled()).toEqual([0, 0, 0, 0]);
  });

  test("a trade's volume is spent once over all our orders, the better price first", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 300_000, 40);
    bench.place(10, BUY, 300_000, 40);
    bench.until(200).trade(210, SELL, 300_000, 60).until(400);
    expect(bench.filled()).toEqual([60, 60, 60, 60]);
  });

  test("the central model lets some cancels in front move us up, the pessimistic one lets none", () => {
    const { bench } = withBid(299_980);
    // Sixty join behind our forty-odd in front, then forty cancel somewhere.
    bench
      .book(
        200,
        [
          [299_990, 50],
          [299_980, 140],
        ],
        ASKS,
      )
      .until(900);
    bench
      .book(
        1_000,
        [
          [299_990, 50],
          [299_980, 100],
        ],
        ASKS,
      )
      .until(1_600);
    bench.trade(1_700, SELL, 299_980, 90).until(1_900);
    const [pessimistic, central] = bench.filled() as [number, number];
    expect(pessimistic).toBe(10);
    expect(central).toBeGreaterThan(30);
  });
});

describe("arrival", () => {
  test.each([
    ["crosses the ask", 300_010, 40, false, "rejected"],
    ["is off the grid", 299_985, 40, false, "rejected"],
    ["is under ten dollars", 299_980, 33, false, "rejected"],
    ["is reduce-only without a position", 299_980, 40, true, "rejected"],
  ] as [string, number, number, boolean, string][])(
    "an order that %s is rejected and counts as a request",
    (_name, px, lots, reduceOnly, status) => {
      const bench = new ShadowBench().book(0, BIDS, ASKS);
      bench.place(10, BUY, px, lots, reduceOnly);
      bench.until(300);
      expect(bench.told).toEqual([`160 #1 ${status}`]);
      expect(bench.exchange.limiter.usedCount).toBe(1);
      expect(bench.exchange.counts[0]?.rejected).toBe(1);
    },
  );

  test("post-only is judged against the book of its arrival, not of the decision", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_990, 40);
    bench.bbo(60, [299_970, 5], [299_980, 5]).until(300);
    expect(bench.told).toEqual(["160 #1 rejected"]);
  });

  test("a whole position under the minimum closes reduce-only, and is shrunk to it", () => {
    const { bench } = withBid(299_980);
    bench.trade(200, SELL, 299_980, 95).until(300);
    expect(bench.exchange.account.of(0).positionLots).toBe(15);
    bench.place(310, SELL, 300_010, 20, true);
    bench.until(500).trade(600, BUY, 300_020, 5).until(800);
    expect(bench.exchange.account.of(0).positionLots).toBe(0);
  });

  test("an address without requests left is refused, and nothing counts", () => {
    const bench = new ShadowBench({ quotaUsedCount: 10_000 }).book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    bench.place(11, BUY, 299_970, 40);
    bench.until(400);
    expect(bench.told).toEqual(["160 #1 resting", "161 #2 refused"]);
    expect(bench.exchange.limiter.usedCount).toBe(10_001);
    expect(bench.exchange.counts[0]).toMatchObject({ place: 1, refused: 1 });
  });
});

describe("races", () => {
  test("a fill before a cancel takes effect stands, and the cancel finds nothing", () => {
    const { bench, id } = withBid(299_980);
    bench.until(200);
    bench.cancel(200, id);
    bench.trade(300, SELL, 299_970, 500).until(500);
    expect(bench.told).toEqual(["160 #1 resting", "350 #1 fill 40@299980", "350 #1 missing", "350 #1 settled"]);
    expect(bench.exchange.account.of(0).positionLots).toBe(40);
  });

  test("after a cancel took effect nothing fills", () => {
    const { bench, id } = withBid(299_980);
    bench.until(200);
    bench.cancel(200, id);
    bench.trade(301, SELL, 299_970, 500).until(500);
    expect(bench.told).toEqual(["160 #1 resting", "350 #1 cancelled"]);
    expect(bench.filled()).toEqual([0, 0, 0, 0]);
  });

  test("a modify loses the queue, and its old order even when the new one is rejected", () => {
    const { bench, id } = withBid(299_980);
    bench.trade(150, SELL, 299_980, 80).until(200);
    const next = bench.modify(200, id, BUY, 299_970, 40);
    bench.until(400).trade(410, SELL, 299_970, 100).until(500);
    expect(bench.filled()[0]).toBe(0);
    bench.modify(500, next, BUY, 300_020, 40);
    bench.until(800).trade(810, SELL, 299_000, 900).until(900);
    expect(bench.told.slice(-2)).toEqual(["650 #3 rejected", "650 #2 cancelled"]);
    expect(bench.filled()[0]).toBe(0);
  });

  test("a print that beat the cancel but arrives later than newer touches still fills", () => {
    const { bench, id } = withBid(299_980);
    bench.until(200);
    bench.cancel(200, id);
    // Our own best falls below our price at 290: somebody sold through us, the print is not here yet.
    bench.bbo(290, [299_950, 5], [300_000, 5]).until(420);
    expect(bench.told).toEqual(["160 #1 resting"]);
    bench.trade(430, SELL, 299_950, 300, 290).until(600);
    expect(bench.told.slice(1).sort()).toEqual(["430 #1 fill 40@299980", "430 #1 missing", "430 #1 settled"]);
  });

  test("without such a print the cancel is told after half a second", () => {
    const { bench, id } = withBid(299_980);
    bench.until(200);
    bench.cancel(200, id);
    bench.bbo(290, [299_950, 5], [300_000, 5]).until(900);
    expect(bench.told).toEqual(["160 #1 resting", "790 #1 cancelled"]);
  });

  test("a print later than that is not a fill any more, and is counted", () => {
    const { bench, id } = withBid(299_980);
    bench.until(200);
    bench.cancel(200, id);
    bench.bbo(290, [299_950, 5], [300_000, 5]).until(900);
    bench.trade(910, SELL, 299_950, 300, 290).until(1_000);
    expect(bench.filled()[0]).toBe(0);
    expect(bench.exchange.markets[0]?.latePrintCount).toBe(1);
  });
});

describe("a gap", () => {
  test("ends what rests and what is on its way, free of requests, and keeps the position", () => {
    const { bench } = withBid(299_980);
    bench.trade(130, SELL, 299_980, 100).until(200);
    const position = bench.exchange.account.of(0).positionLots;
    bench.place(200, SELL, 300_010, 40);
    const used = bench.exchange.limiter.usedCount;
    bench.gap(210).until(300);
    expect(bench.told.filter((line) => line.endsWith("cancelled")).length).toBe(2);
    expect(bench.exchange.limiter.usedCount).toBe(used);
    expect(bench.exchange.counts[0]?.cancel).toBe(0);
    bench.book(20_000, BIDS, ASKS).trade(20_001, SELL, 290_000, 900).until(20_100);
    expect(bench.exchange.account.of(0).positionLots).toBe(position);
  });
});

describe("funding", () => {
  test("each hour a long pays a positive rate on the oracle price, a short receives it, nobody pays without a context", () => {
    const hour = 3_600_000;
    const { bench } = withBid(299_980);
    bench.mark(150, 300_000, 1.25e-5).trade(200, SELL, 299_970, 500).until(400);
    bench.bbo(hour - 1, [299_990, 5], [300_010, 5]);
    expect(bench.funding).toEqual([]);
    bench.bbo(hour + 5, [299_990, 5], [300_010, 5]).until(hour + 100);
    // 40 lots x 300,000 x 0.0000125 = 150 micro-dollars.
    expect(bench.funding).toEqual([-150]);
    expect(bench.exchange.account.of(0).fundingUsd).toBe(-150);
    const { bench: bare } = withBid(299_980);
    bare.trade(200, SELL, 299_970, 500).bbo(hour + 5, [299_990, 5], [300_010, 5]);
    expect(bare.funding).toEqual([]);
  });
});

describe("one order stream under four rules", () => {
  const step = fc.record({
    kind: fc.constantFrom("trade", "trade", "book", "bbo", "place", "modify", "cancel"),
    dt: fc.integer({ min: 1, max: 180 }),
    side: fc.constantFrom(BUY, SELL),
    tick: fc.integer({ min: -6, max: 6 }),
    lots: fc.integer({ min: 34, max: 160 }),
    late: fc.integer({ min: 0, max: 300 }),
  });

  function play(
    steps: { kind: string; dt: number; side: number; tick: number; lots: number; late: number }[],
  ): ShadowBench {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    let now = 1;
    const ids: number[] = [];
    for (const s of steps) {
      now += s.dt;
      bench.until(now);
      const px = 300_000 + 10 * s.tick;
      if (s.kind === "trade") bench.trade(now, s.side, px, s.lots, Math.max(0, now - s.late));
      else if (s.kind === "bbo") bench.bbo(now, [px - 10, s.lots], [px + 10, s.lots]);
      else if (s.kind === "book")
        bench.book(
          now,
          [
            [px - 10, s.lots],
            [px - 20, 70],
            [px - 40, 90],
          ],
          [
            [px + 10, 40],
            [px + 30, s.lots],
          ],
        );
      else if (s.kind === "place") ids.push(bench.place(now, s.side, px, s.lots));
      else if (ids.length > 0) {
        const target = ids[(s.lots + s.tick + 6) % ids.length] as number;
        if (s.kind === "cancel") bench.cancel(now, target);
        else ids.push(bench.modify(now, target, s.side, px, s.lots));
      }
    }
    return bench.until(now + 2_000);
  }

  test("filled volume is nested, order by order: pessimistic <= central <= touch, strict <= generous", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 90 }), (steps) => {
        const byOrder = new Map<number, number[]>();
        for (const fill of play(steps).fills) {
          const sums = byOrder.get(fill.identity) ?? new Array<number>(SCORER_COUNT).fill(0);
          sums[fill.scorer] = (sums[fill.scorer] as number) + fill.lots;
          byOrder.set(fill.identity, sums);
        }
        for (const [pessimistic, central, touch, strict] of byOrder.values() as Iterable<
          [number, number, number, number]
        >) {
          expect(pessimistic).toBeLessThanOrEqual(central);
          expect(central).toBeLessThanOrEqual(touch);
          expect(strict).toBeLessThanOrEqual(pessimistic);
        }
      }),
      { seed: 20250904, numRuns: 400 },
    );
  });

  test("cash and position are the fills, to the micro-dollar", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const bench = play(steps);
        const told = bench.told.filter((line) => line.includes("fill")).length;
        expect(told).toBe(bench.fills.filter((f) => f.scorer === 0).length);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  test("the same steps give the same fills and answers", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const a = play(steps);
        const b = play(steps);
        expect([a.fills, a.told]).toEqual([b.fills, b.told]);
      }),
      { seed: 8, numRuns: 40 },
    );
  });
});
