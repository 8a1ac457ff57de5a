import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUY, SELL } from "../../src/core/frame.ts";
import { advanceFront, riskAverse } from "../../src/sim/queue.ts";
import { SCORER_COUNT } from "../../src/sim/resting.ts";
import { ShadowBench } from "../fixtures/shadow.ts";

type Levels = [number, number][];
const BIDS: Levels = [
  [299_990, 50],
  [299_980, 80],
];
const ASKS: Levels = [[300_010, 60]];

/** Lots filled of each order (by identity, from 1), under each scorer. */
function byOrder(bench: ShadowBench): Record<number, number[]> {
  const sums: Record<number, number[]> = {};
  for (const fill of bench.fills) {
    sums[fill.identity] ??= new Array<number>(SCORER_COUNT).fill(0);
    const row = sums[fill.identity] as number[];
    row[fill.scorer] = (row[fill.scorer] as number) + fill.lots;
  }
  return sums;
}

describe("two of our orders at once", () => {
  test("the better price is met first, whichever came first", () => {
    const bench = new ShadowBench().book(0, [[299_980, 80]], ASKS);
    bench.place(10, BUY, 299_990, 40);
    bench.place(20, BUY, 300_000, 40);
    bench.until(200).trade(210, SELL, 299_990, 50).until(400);
    expect([byOrder(bench)[1]?.[0], byOrder(bench)[2]?.[0]]).toEqual([10, 40]);
  });

  test("at one price the one that arrived first is met first", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 300_000, 40);
    bench.place(20, BUY, 300_000, 40);
    bench.until(200).trade(210, SELL, 300_000, 60).until(400);
    expect([byOrder(bench)[1]?.[0], byOrder(bench)[2]?.[0]]).toEqual([40, 20]);
  });

  test("a later order of one price never passes an earlier one, though the book shrank before it came", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    const shrunk: Levels = [
      [299_990, 50],
      [299_980, 5],
    ];
    bench.until(150).book(200, shrunk, ASKS);
    bench.place(201, BUY, 299_980, 40);
    bench.until(310).trade(320, SELL, 299_980, 60).until(500);
    expect(byOrder(bench)).toEqual({ 1: [0, 0, 40, 0], 2: [0, 0, 20, 0] });
  });
});

describe("prints and depth", () => {
  test("a print that comes while older depth waits is not counted again by the depth that shows it", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    const after: Levels = [
      [299_990, 50],
      [299_980, 70],
    ];
    bench.until(150).book(200, BIDS, ASKS).trade(300, SELL, 299_980, 10).until(305);
    bench.book(310, after, ASKS).until(900).trade(1_000, SELL, 299_980, 70).until(1_200);
    expect(bench.filled()).toEqual([0, 0, 40, 0]);
  });

  test("the central model gives the share of cancels that its formula says, in whole lots", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    for (const [ms, lots] of [
      [200, 140],
      [1_000, 100],
    ] as const) {
      const shown: Levels = [
        [299_990, 50],
        [299_980, lots],
      ];
      bench.until(ms).book(ms, shown, ASKS);
    }
    bench.until(1_600).trade(1_700, SELL, 299_980, 90).until(1_900);
    // Of 40 cancels 60^3 / (60^3 + 80^3) = 0.297 were behind: 51.9 stay in front of the 90.
    expect(bench.filled()[1]).toBe(38);
  });

  test("never more stands in front than the level shows", () => {
    expect(advanceFront(90, 100, 60, 20, riskAverse)).toBe(60);
  });

  test("a print that happened before our arrival and was received after it does not fill", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    bench.until(120).trade(130, SELL, 299_970, 500, 109).until(400);
    expect(bench.filled()).toEqual([0, 0, 0, 0]);
  });

  test("the mid before a fill is not the one of the same venue time", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    bench.place(10, BUY, 299_980, 40);
    bench.until(200).bbo(210, [299_980, 80], [300_000, 5]).trade(215, SELL, 299_970, 5, 210).until(400);
    expect(bench.fills[0]?.midBefore).toBe(300_000);
  });
});

describe("legs of one order", () => {
  test("a modify asks for its own size on top of what has filled", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    const id = bench.place(10, BUY, 300_000, 40);
    bench.until(120).trade(130, SELL, 300_000, 15).until(200);
    bench.modify(200, id, BUY, 299_990, 40);
    bench.until(400).trade(410, SELL, 299_970, 5).until(600);
    expect(bench.filled()[0]).toBe(55);
  });

  test("a late print on the old leg leaves the new leg its size", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    const id = bench.place(10, BUY, 300_000, 40);
    bench.until(200);
    bench.modify(200, id, BUY, 299_950, 40);
    bench.bbo(290, [299_960, 5], [300_010, 5]).until(310);
    bench.trade(320, SELL, 300_000, 10, 290).until(900);
    bench.trade(910, SELL, 299_940, 1).until(1_100);
    expect(bench.filled()[0]).toBe(50);
  });

  test("a late print on a replaced order does not touch a stranger that came after its new leg was filled", () => {
    const bids: Levels = [...BIDS, [299_970, 100], [299_900, 100]];
    const bench = new ShadowBench().book(0, bids, ASKS);
    const id = bench.place(10, BUY, 299_980, 40);
    bench.until(200);
    bench.modify(200, id, BUY, 299_950, 40);
    bench.place(250, BUY, 299_900, 40);
    // The touch leaves the old leg behind at 290, crosses the new one at 320; the third order is live at 350.
    bench.bbo(290, [299_970, 5], [300_000, 5]).until(310).bbo(320, [299_940, 5], [299_950, 5]);
    bench.until(360).trade(370, SELL, 299_970, 300, 290).until(600);
    bench.bbo(610, [299_880, 5], [299_890, 5]).until(900);
    expect(bench.told.at(-1)).toBe("660 #3 fill 40@299900");
  });

  test("a cancel of a new leg that never was is answered when a late print fills the old one", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    const id = bench.place(10, BUY, 299_980, 40);
    bench.until(200);
    const next = bench.modify(200, id, BUY, 299_950, 40);
    bench.cancel(205, next);
    bench.bbo(290, [299_970, 5], [300_000, 5]).until(302).bbo(303, [299_940, 5], [300_000, 5]);
    bench.until(360).trade(370, SELL, 299_970, 300, 290).until(900);
    expect(bench.told.slice(1).sort()).toEqual([
      "370 #1 fill 40@299980",
      "370 #1 settled",
      "370 #2 missing",
      "370 #2 missing",
      "370 #2 settled",
      "420 #2 settled",
    ]);
    expect(bench.exchange.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("a hundred replacements a second find room", () => {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    const ids = Array.from({ length: 16 }, (_, s) => bench.place(10, BUY, 299_980 - 10 * s, 40));
    bench.until(200);
    for (let round = 0; round < 12; round++) {
      const at = 200 + 160 * round;
      ids.forEach((id, s) => {
        ids[s] = bench.modify(at, id, BUY, 299_980 - 10 * s - (round % 2) * 200, 40);
      });
      bench.until(at + 159);
    }
    expect(bench.exchange.counts[0]).toMatchObject({ place: 16, modify: 192, rejected: 0 });
    // Each replacement is told by the new order that rests and the old one that ended.
    expect(bench.told.every((line) => /resting$|cancelled$/.test(line))).toBe(true);
  });
});

test("a context without mark, oracle or rate leaves the money as it was", () => {
  const bench = new ShadowBench().book(0, BIDS, ASKS);
  bench.place(10, BUY, 299_980, 40);
  bench.until(120).trade(130, SELL, 299_970, 1).until(300);
  const equityUsd = bench.exchange.account.equityUsd;
  bench.mark(310, Number.NaN, Number.NaN).bbo(3_600_005, [299_990, 5], [300_010, 5]).until(3_600_200);
  expect(bench.exchange.account.equityUsd).toBe(equityUsd);
});

describe("a crowded market", () => {
  // Few prices, small levels, late prints, requests about the newest orders: what makes orders of ours meet each other.
  const step = fc.record({
    kind: fc.constantFrom("trade", "trade", "trade", "book", "book", "bbo", "place", "place", "modify", "cancel"),
    dt: fc.integer({ min: 1, max: 90 }),
    side: fc.constantFrom(BUY, SELL),
    tick: fc.integer({ min: 0, max: 3 }),
    lots: fc.integer({ min: 34, max: 120 }),
    shown: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 6, maxLength: 6 }),
    late: fc.integer({ min: 0, max: 400 }),
    pick: fc.integer({ min: 0, max: 5 }),
  });
  type Step = {
    kind: string;
    dt: number;
    side: number;
    tick: number;
    lots: number;
    shown: number[];
    late: number;
    pick: number;
  };

  function play(steps: Step[]): ShadowBench {
    const bench = new ShadowBench().book(0, BIDS, ASKS);
    const ids: number[] = [];
    let now = 1;
    for (const s of steps) {
      now += s.dt;
      bench.until(now);
      const px = 300_000 - s.side * 10 * s.tick;
      const level = (k: number): [number, number] => [
        300_000 + (k < 3 ? -10 * (k + 1) : 10 * (k - 2)),
        s.shown[k] as number,
      ];
      if (s.kind === "trade")
        bench.trade(now, s.side, 300_000 + s.side * 10 * s.tick, s.lots, Math.max(0, now - s.late));
      else if (s.kind === "book") bench.book(now, [level(0), level(1), level(2)], [level(3), level(4), level(5)]);
      else if (s.kind === "bbo") bench.bbo(now, level(s.tick % 3), level(3 + (s.pick % 3)));
      else if (s.kind === "place" || ids.length === 0) ids.push(bench.place(now, s.side, px, s.lots));
      else {
        const target = ids[Math.max(0, ids.length - 1 - s.pick)] as number;
        if (s.kind === "cancel") bench.cancel(now, target);
        else ids.push(bench.modify(now, target, s.side, px, s.lots));
      }
    }
    return bench.until(now + 3_000);
  }

  test("fills are whole lots, nested order by order", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
        const bench = play(steps);
        expect(bench.fills.every((fill) => Number.isSafeInteger(fill.lots))).toBe(true);
        for (const [pessimistic, central, touch, strict] of Object.values(byOrder(bench)) as [
          number,
          number,
          number,
          number,
        ][]) {
          expect(pessimistic).toBeLessThanOrEqual(central);
          expect(central).toBeLessThanOrEqual(touch);
          expect(strict).toBeLessThanOrEqual(pessimistic);
        }
      }),
      { seed: 20250904, numRuns: 4_000 },
    );
  });
});
