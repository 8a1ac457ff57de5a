import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Level, OrderBook } from "../../../src/sim/venue/book.ts";
import { Order } from "../../../src/sim/venue/order.ts";
import { traderOf, worldOf } from "./support_trading.ts";

const { markets } = worldOf();
const market = markets[0]!;
const account = traderOf("0x01");
let oid = 0;

function orderAt(side: 1 | -1, px: number, lots: number): Order {
  oid++;
  return new Order({
    oid,
    account,
    market,
    side,
    px,
    lots,
    tif: "Gtc",
    reduceOnly: false,
    cloid: null,
    timeMs: 0,
    builder: null,
    trigger: null,
  });
}

function queue(level: Level): Order[] {
  const orders: Order[] = [];
  for (let order = level.head; order !== null; order = order.next) orders.push(order);
  return orders;
}

/** Both sides from the best down: `px: lots+lots`. */
function drawn(book: OrderBook): { bids: string[]; asks: string[] } {
  const side = (levels: readonly Level[]): string[] =>
    levels.toReversed().map(
      (level) =>
        `${level.px}: ${queue(level)
          .map((o) => o.lots)
          .join("+")}`,
    );
  return { bids: side(book.bids), asks: side(book.asks) };
}

describe("order book", () => {
  test("the best price is last, orders queue as they come", () => {
    const book = new OrderBook();
    for (const [side, px, lots] of [
      [1, 99, 1],
      [1, 97, 2],
      [1, 98, 3],
      [1, 99, 4],
      [-1, 102, 5],
      [-1, 101, 6],
      [-1, 103, 7],
      [-1, 101, 8],
    ] as const)
      book.add(orderAt(side, px, lots));
    expect(drawn(book)).toEqual({ bids: ["99: 1+4", "98: 3", "97: 2"], asks: ["101: 6+8", "102: 5", "103: 7"] });
    expect([book.bestPx(1), book.bestPx(-1)]).toEqual([99, 101]);
    expect(book.best(-1)?.lots).toBe(6);
  });

  test("an order that is reduced keeps its place, one that is taken out leaves no level behind", () => {
    const book = new OrderBook();
    const first = orderAt(1, 99, 5);
    const second = orderAt(1, 99, 6);
    book.add(first);
    book.add(second);
    book.reduce(first, 2);
    expect(drawn(book).bids).toEqual(["99: 3+6"]);
    book.remove(first);
    expect(first.lots).toBe(3);
    book.reduce(second, 6);
    expect(second.lots).toBe(0);
    expect([book.bids.length, book.bestPx(1), first.level, second.level]).toEqual([0, null, null, null]);
  });

  test("the touch's version moves with the touch alone", () => {
    const book = new OrderBook();
    book.add(orderAt(1, 99, 1));
    const deep = orderAt(1, 90, 1);
    const before = [book.touchVersion, book.version];
    book.add(deep);
    book.remove(deep);
    expect([book.touchVersion - before[0]!, book.version - before[1]!]).toEqual([0, 2]);
    const joined = orderAt(1, 99, 1);
    book.add(joined);
    book.add(orderAt(1, 100, 1));
    book.remove(joined);
    expect([book.touchVersion - before[0]!, book.version - before[1]!]).toEqual([2, 5]);
  });

  test("allocates nothing once its levels are made", () => {
    const book = new OrderBook();
    const orders = Array.from({ length: 64 }, (_, i) =>
      orderAt(i % 2 === 0 ? 1 : -1, i % 2 === 0 ? 100 - i : 101 + i, 5),
    );
    const turn = (n: number): void => {
      for (let i = 0; i < n; i++) {
        const order = orders[(i * 7) % orders.length]!;
        if (order.level === null) book.add(order);
        else book.remove(order);
      }
    };
    turn(1e5);
    Bun.gc(true);
    const before = heapStats().objectCount;
    turn(1e6);
    expect(heapStats().objectCount - before).toBeLessThan(200);
  });

  test("whatever is added, reduced and removed: sorted levels, totals, time order", () => {
    const step = fc.record({
      kind: fc.integer({ min: 0, max: 3 }),
      px: fc.integer({ min: 1, max: 12 }),
      lots: fc.integer({ min: 1, max: 9 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const book = new OrderBook();
        const resting: Order[] = [];
        for (const { kind, px, lots, pick } of steps) {
          const one = resting[pick % Math.max(1, resting.length)];
          if (kind <= 1 || one === undefined) {
            const order = orderAt(kind === 0 ? 1 : -1, px, lots);
            book.add(order);
            resting.push(order);
          } else {
            if (kind === 2) book.remove(one);
            else book.reduce(one, Math.min(lots, one.lots));
            if (one.level === null) resting.splice(resting.indexOf(one), 1);
          }
        }
        for (const side of [1, -1] as const) {
          const levels = side > 0 ? book.bids : book.asks;
          const pxs = [...new Set(resting.filter((o) => o.side === side).map((o) => o.px))];
          expect(levels.map((level) => level.px)).toEqual(pxs.sort((a, b) => side * (a - b)));
          for (const level of levels) {
            const here = resting.filter((o) => o.side === side && o.px === level.px);
            expect(queue(level)).toEqual(here);
            expect([level.lots, level.count]).toEqual([here.reduce((sum, o) => sum + o.lots, 0), here.length]);
          }
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
