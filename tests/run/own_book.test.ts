import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  ACTION,
  BBO,
  BOOK,
  F,
  FILL,
  FrameLane,
  INTENT,
  KIND,
  ORDER,
  ORDER_STATUS,
  TRADE,
} from "../../src/core/frame.ts";
import { OwnBook } from "../../src/run/own_book.ts";
import { type OwnBookFigures, runOwnBook } from "../fixtures/own_book_run.ts";

// Whole worlds: seconds on a machine that does nothing else.
setDefaultTimeout(60_000);

type Level = [px: number, lots: number];

/** Writes frames, takes them through, reads them back as text: bids best first, then asks. */
class Bench {
  readonly own = new OwnBook(1);
  readonly #lane = new FrameLane(4_096);

  #with(size: number, kind: 7 | 8 | 14, timeUs: number, fields: Record<number, number>): number {
    this.#lane.clear();
    const at = this.#lane.begin(kind, size, timeUs, timeUs, 0);
    this.#lane.data.fill(0, at + F.payload, at + size);
    for (const [offset, value] of Object.entries(fields)) this.#lane.data[at + Number(offset)] = value;
    return at;
  }

  asks(action: number, cloid: number, target: number, side: number, px: number, lots: number): void {
    const fields = {
      [INTENT.action]: action,
      [INTENT.cloid]: cloid,
      [INTENT.targetCloid]: target,
      [INTENT.side]: side,
      [INTENT.px]: px,
      [INTENT.lots]: lots,
    };
    this.own.onIntent(this.#lane.data, this.#with(INTENT.size, KIND.intent, 0, fields));
  }

  place(cloid: number, side: number, px: number, lots: number): void {
    this.asks(ACTION.place, cloid, 0, side, px, lots);
  }

  cancel(cloid: number): void {
    this.asks(ACTION.cancel, cloid, cloid, 0, 0, 0);
  }

  modify(cloid: number, target: number, side: number, px: number, lots: number): void {
    this.asks(ACTION.modify, cloid, target, side, px, lots);
  }

  /** A push of the block at `timeUs`. */
  hears(status: keyof typeof ORDER_STATUS, cloid: number, timeUs: number, more: Record<number, number> = {}): void {
    const fields = { [ORDER.cloid]: cloid, [ORDER.status]: ORDER_STATUS[status], [F.timeUs]: timeUs + 30, ...more };
    this.own.onOrderFrame(this.#lane.data, this.#with(ORDER.size, KIND.order, timeUs, fields));
  }

  /** The answer to a request, which came at `timeUs` and says no block. */
  answered(status: keyof typeof ORDER_STATUS, cloid: number, timeUs: number): void {
    this.hears(status, cloid, timeUs, { [F.timeUs]: timeUs });
  }

  fills(cloid: number, lots: number, timeUs: number): void {
    const fields = { [FILL.cloid]: cloid, [FILL.lots]: lots };
    this.own.onFillFrame(this.#lane.data, this.#with(FILL.size, KIND.fill, timeUs, fields));
  }

  /** An order that is known to rest since `timeUs`. */
  rests(cloid: number, side: number, px: number, lots: number, timeUs: number): void {
    this.place(cloid, side, px, lots);
    this.hears("resting", cloid, timeUs);
  }

  bbo(timeUs: number, bid: Level, ask: Level = [110, 9]): string {
    this.#lane.clear();
    this.#bbo(timeUs, bid, ask);
    this.own.strip(this.#lane);
    return this.#text();
  }

  #bbo(timeUs: number, bid: Level, ask: Level): void {
    const at = this.#lane.begin(KIND.bbo, BBO.size, timeUs, timeUs, 0);
    [...bid, ...ask].forEach((value, i) => {
      this.#lane.data[at + BBO.bidPx + i] = value;
    });
  }

  book(timeUs: number, bids: Level[], asks: Level[] = [[110, 9]], fast = false): string {
    this.#lane.clear();
    this.#book(timeUs, bids, asks, fast, 0);
    this.own.strip(this.#lane);
    return this.#text();
  }

  #book(timeUs: number, bids: Level[], asks: Level[], fast: boolean, market: number): void {
    const size = BOOK.levels + 2 * (bids.length + asks.length);
    const at = this.#lane.begin(KIND.book, size, timeUs, timeUs, market);
    this.#lane.data[at + BOOK.fast] = fast ? 1 : 0;
    this.#lane.data[at + BOOK.bidCount] = bids.length;
    this.#lane.data[at + BOOK.askCount] = asks.length;
    this.#lane.data.set([...bids, ...asks].flat(), at + BOOK.levels);
  }

  /** A book, a print, a touch, and a book of a market that is only looked at, in one lane. */
  many(): string {
    this.#lane.clear();
    this.#book(
      100,
      [
        [100, 5],
        [99, 3],
      ],
      [
        [110, 9],
        [111, 1],
      ],
      true,
      0,
    );
    const at = this.#lane.begin(KIND.trade, TRADE.size, 100, 100, 0);
    this.#lane.data.set([100, 2, -1, 77, 0], at + TRADE.px);
    this.#bbo(100, [100, 5], [110, 9]);
    this.#book(100, [[100, 5]], [[110, 9]], true, 1);
    this.own.strip(this.#lane);
    return this.#text();
  }

  #text(): string {
    const { data, length } = this.#lane;
    const parts: string[] = [];
    for (let at = 0; at < length; at += data[at] as number) {
      const size = data[at] as number;
      if (data[at + F.kind] === KIND.trade) {
        parts.push(`trade ${Array.from(data.subarray(at + TRADE.px, at + TRADE.size)).join(" ")}`);
        continue;
      }
      const isBbo = data[at + F.kind] === KIND.bbo;
      const from = at + (isBbo ? BBO.bidPx : BOOK.levels);
      const bids = isBbo ? 1 : (data[at + BOOK.bidCount] as number);
      const pairs: string[] = [];
      for (let i = from; i < at + size; i += 2) pairs.push(`${data[i]}x${data[i + 1]}`);
      parts.push(`${pairs.slice(0, bids).join(" ")} | ${pairs.slice(bids).join(" ")}`);
    }
    return parts.join("; ");
  }
}

describe("an order that is known to rest", () => {
  test("is taken out of its level, on its side alone", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 2, 50);
    b.rests(2, -1, 110, 4, 50);
    expect(
      b.book(
        100,
        [
          [100, 5],
          [99, 3],
        ],
        [[110, 9]],
      ),
    ).toBe("100x3 99x3 | 110x5");
    expect(b.bbo(110, [100, 5], [110, 9])).toBe("100x3 | 110x5");
    expect(b.bbo(120, [99, 3], [111, 9])).toBe("99x3 | 111x9");
    expect(b.own.counts).toMatchObject({ frames: 3, changed: 2, replaced: 0, guessed: 0 });
  });

  test("leaves no empty level, and moves what follows in the lane", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 5, 50);
    b.rests(2, -1, 111, 1, 50);
    expect(b.many()).toBe("99x3 | 110x9; trade 100 2 -1 77 0; 99x3 | 110x9; 100x5 | 110x9");
  });

  test("that is the whole touch gives way to the next level of the others", () => {
    const b = new Bench();
    b.book(10, [
      [99, 3],
      [98, 2],
    ]);
    b.rests(1, 1, 100, 5, 50);
    b.rests(2, 1, 99, 1, 50);
    b.book(60, [
      [100, 5],
      [99, 4],
      [98, 2],
    ]);
    expect(b.bbo(100, [100, 5])).toBe("99x3 | 110x9");
    expect(b.own.counts).toMatchObject({ replaced: 1, emptied: 0 });
  });

  test("with nobody behind it leaves the side empty", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 5, 50);
    expect(b.bbo(100, [100, 5])).toBe("0x0 | 110x9");
    expect(b.own.counts.emptied).toBe(1);
    expect(b.book(110, [[100, 5]])).toBe(" | 110x9");
    expect(b.bbo(120, [0, 0])).toBe("0x0 | 110x9");
  });

  test("is not taken out of a book that is older than it, nor of one after its end", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 2, 50);
    expect(b.bbo(49, [100, 5])).toBe("100x5 | 110x9");
    b.hears("cancelled", 1, 200);
    expect(b.bbo(199, [100, 5])).toBe("100x3 | 110x9");
    expect(b.bbo(200, [100, 5])).toBe("100x5 | 110x9");
  });

  test("by an answer alone, stood there already in a book of before the answer that shows it", () => {
    const b = new Bench();
    b.bbo(10, [99, 4]);
    b.place(1, 1, 100, 2);
    b.answered("resting", 1, 80);
    // Between block 50, in which it came, and the push that says so.
    expect(b.bbo(50, [100, 2])).toBe("99x4 | 110x9");
    b.hears("resting", 1, 50);
    expect(b.bbo(60, [100, 2])).toBe("99x4 | 110x9");
    b.modify(2, 1, 1, 98, 2);
    expect(b.bbo(90, [100, 2])).toBe("99x4 | 110x9");
    b.answered("resting", 2, 150);
    // It had moved in block 120 and not yet in block 110: the book says which.
    expect(b.bbo(110, [100, 2])).toBe("99x4 | 110x9");
    expect(b.bbo(120, [99, 4])).toBe("99x4 | 110x9");
    b.hears("resting", 2, 120);
    expect(b.bbo(130, [100, 3])).toBe("100x3 | 110x9");
  });

  test("is as large as it was in the block of the book", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 5, 50);
    b.fills(1, 2, 100);
    expect(b.bbo(99, [100, 8])).toBe("100x3 | 110x9");
    expect(b.bbo(100, [100, 6])).toBe("100x3 | 110x9");
    b.fills(1, 3, 110);
    expect(b.bbo(110, [100, 3])).toBe("100x3 | 110x9");
  });

  test("that was filled without our knowing is what is left of the level", () => {
    const b = new Bench();
    b.book(10, [
      [100, 4],
      [99, 3],
    ]);
    b.rests(1, 1, 100, 5, 50);
    expect(b.bbo(100, [100, 2])).toBe("99x3 | 110x9");
  });

  test("that was found is one of ours; two at one price are both", () => {
    const b = new Bench();
    b.hears("found", -9, 10, { [ORDER.side]: 1, [ORDER.px]: 100, [ORDER.leavesLots]: 2 });
    b.hears("found", -9, 10, { [ORDER.side]: 1, [ORDER.px]: 100, [ORDER.leavesLots]: 2 });
    b.rests(1, 1, 100, 1, 50);
    expect(b.bbo(100, [100, 5])).toBe("100x2 | 110x9");
  });
});

describe("an order under way", () => {
  test.each([
    ["stands there: the level grew by it", 7, "100x5"],
    ["is not there yet: the level is as before", 5, "100x5"],
    ["stands there, and others have moved less than it", 8, "100x6"],
    ["is not there yet, and others have moved less than it", 4, "100x4"],
  ])("%s", (_, shown, left) => {
    const b = new Bench();
    b.book(10, [
      [100, 5],
      [99, 3],
    ]);
    b.place(1, 1, 100, 2);
    expect(b.bbo(50, [100, shown])).toBe(`${left} | 110x9`);
    expect(b.own.counts.guessed).toBe(1);
  });

  test("that makes a touch of its own size is the touch", () => {
    const b = new Bench();
    b.book(10, [[99, 3]]);
    b.place(1, 1, 100, 2);
    expect(b.bbo(50, [100, 2])).toBe("99x3 | 110x9");
  });

  test("does not stand behind a touch that it would improve", () => {
    const b = new Bench();
    b.book(10, [[99, 3]]);
    b.place(1, 1, 100, 2);
    expect(b.bbo(50, [99, 3])).toBe("99x3 | 110x9");
    b.hears("rejected", 1, 60);
    expect(b.bbo(70, [100, 2])).toBe("100x2 | 110x9");
  });

  test.each([
    ["is still there", 7, "100x5"],
    ["is gone", 5, "100x5"],
    ["is still there, and the others are not", 2, "99x3"],
  ])("to be cancelled %s", (_, shown, left) => {
    const b = new Bench();
    b.rests(1, 1, 100, 2, 10);
    b.book(20, [
      [100, 7],
      [99, 3],
    ]);
    b.cancel(1);
    expect(b.bbo(50, [100, shown])).toBe(`${left} | 110x9`);
  });

  test("to be moved is at one of two prices", () => {
    const b = new Bench();
    b.rests(1, 1, 100, 2, 10);
    b.book(20, [
      [100, 7],
      [99, 3],
    ]);
    b.modify(2, 1, 1, 99, 2);
    expect(
      b.book(30, [
        [100, 7],
        [99, 3],
      ]),
    ).toBe("100x5 99x3 | 110x9");
    expect(
      b.book(40, [
        [100, 5],
        [99, 5],
      ]),
    ).toBe("100x5 99x3 | 110x9");
    b.hears("resting", 2, 40);
    expect(
      b.book(50, [
        [100, 6],
        [99, 5],
      ]),
    ).toBe("100x6 99x3 | 110x9");
  });

  test.each([
    ["a place that was refused is forgotten", (b: Bench) => b.place(2, 1, 100, 2), "refused", 2, "100x7"],
    ["a cancel that was refused leaves it", (b: Bench) => b.cancel(1), "refused", 1, "100x5"],
    ["a move that was refused leaves it", (b: Bench) => b.modify(2, 1, 1, 99, 2), "refused", 2, "100x5"],
    ["a cancel that found nothing: it is gone", (b: Bench) => b.cancel(1), "missing", 1, "100x7"],
    ["a move that found nothing: both are gone", (b: Bench) => b.modify(2, 1, 1, 100, 2), "missing", 2, "100x7"],
    ["settled: it is gone", (b: Bench) => b.cancel(1), "settled", 1, "100x7"],
  ] as const)("%s", (_, ask, status, cloid, left) => {
    const b = new Bench();
    if (!_.startsWith("a place")) b.rests(1, 1, 100, 2, 10);
    ask(b);
    b.hears(status, cloid, 20);
    expect(b.bbo(50, [100, 7])).toBe(`${left} | 110x9`);
    expect(b.own.counts.guessed).toBe(0);
  });

  test("whose answer never comes goes on being weighed", () => {
    const b = new Bench();
    b.book(10, [[100, 5]]);
    b.place(1, 1, 100, 2);
    b.hears("timed_out", 1, 20);
    expect(b.bbo(50, [100, 7])).toBe("100x5 | 110x9");
    expect(b.bbo(60, [100, 5])).toBe("100x5 | 110x9");
  });
});

test("orders that ended are forgotten after a while", () => {
  const b = new Bench();
  for (let i = 1; i <= 5_000; i++) {
    b.rests(i, 1, 100, 1, i * 1_000_000);
    b.hears("cancelled", i, i * 1_000_000 + 10);
    b.bbo(i * 1_000_000 + 20, [100, 5]);
  }
  expect(b.bbo(1e10, [100, 5])).toBe("100x5 | 110x9");
});

describe("a run in a world sees what it would see without its orders", () => {
  // How long ways are: drawn for each channel, so that books overtake answers; and as on one connection, where the order is the venue's.
  const ways = [
    ["drawn delays", {}],
    ["one connection", { delays: { baseUs: 150_000, jitterUs: 0, lateUs: 0 } }],
  ] as const;

  test.each([
    ["pays", ...ways[0]],
    ["pays", ...ways[1]],
    ["hip3-mirror", ...ways[0]],
    ["hip3-mirror", ...ways[1]],
  ] as const)("%s, %s: in 99 touches of 100", (world, _, way) => {
    const sum = {
      messages: 0,
      touchesRight: 0,
      books: 0,
      booksRight: 0,
      rawRight: 0,
      wrongBehind: 0,
      wrongOther: 0,
      requests: 0,
    };
    for (const seed of [1, 2, 3, 4]) {
      const figures: OwnBookFigures = runOwnBook({ world, seed, seconds: 300, ...way });
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += figures[key];
    }
    expect(sum.requests).toBeGreaterThan(800);
    expect(sum.touchesRight / sum.messages).toBeGreaterThan(0.99);
    expect(sum.booksRight / sum.books).toBeGreaterThan(0.997);
    expect(sum.touchesRight).toBeGreaterThan(sum.rawRight);
    // What is left moved behind an order of ours that was the touch alone: no message shows it. Nothing is wrong without a reason.
    expect(sum.wrongBehind).toBeGreaterThanOrEqual(0.6 * (sum.messages - sum.touchesRight));
    expect(sum.wrongOther).toBe(0);
  });
});
