import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BBO, BOOK, BUY, FrameLane, KIND, readText, SELL, TEXT_BYTES_MAX, writeText } from "../../../src/core/frame.ts";
import { RunningHash } from "../../../src/core/hash.ts";
import { BookView, MidHistory, UNKNOWN_LOTS } from "../../../src/core/market/book.ts";
import { ceilPx, floorPx, isLegalPx, pxAbove, pxBelow, tickPx } from "../../../src/core/market/grid.ts";
import { lotsForAtLeast, lotsForAtMost } from "../../../src/core/market/instrument.ts";
import { editDistance, nearest } from "../../../src/core/nearest.ts";
import { moneyFromCapital } from "../../../src/core/params.ts";
import { Prng } from "../../../src/core/prng.ts";
import { formatScaled, parseNumber, parseScaled } from "../../../src/core/units.ts";

const run = { seed: 20250904, numRuns: 400 };

describe("units", () => {
  test("a scaled decimal survives the way out and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 8 }), (value, decimals) => {
        expect(parseScaled(formatScaled(value, decimals), decimals)).toBe(value);
      }),
      run,
    );
  });

  test.each([
    ["42727.0", 1, 427270],
    ["1e-05", 5, 1],
    ["0.10", 1, 1],
    ["-3.5", 2, -350],
    ["0.0", 0, 0],
    ["12e3", 0, 12000],
    ["0.15", 1, Number.NaN],
    ["", 2, Number.NaN],
    ["1.", 2, Number.NaN],
    ["9007199254740993", 0, Number.NaN],
    ["0x10", 0, Number.NaN],
  ])("%s at %d decimals is %d", (text, decimals, value) => {
    expect(parseScaled(text, decimals)).toBe(value);
  });

  test("a number is a number or nothing", () => {
    expect(["1", "-2.5", ".5", "1e-3", "+7"].map(parseNumber)).toEqual([1, -2.5, 0.5, 0.001, 7]);
    for (const text of ["", " 1", "1x", "Infinity", "NaN", "0x1", "1e999"]) expect(parseNumber(text)).toBeNaN();
  });
});

describe("grid", () => {
  // px in units of 10^-(6 - szDecimals): legal or not by five figures or a whole dollar.
  test.each([
    [1_097_550, 5, true],
    [1_097_555, 5, false],
    [300_010, 2, true],
    [300_015, 2, false],
    [184_720, 0, true],
    [184_725, 0, false],
    [12_345, 0, true],
    [99_999, 0, true],
    [1_234_560_000, 2, true],
    [1_234_565_000, 2, false],
    [0, 2, false],
  ])("%d with %d size decimals", (px, szDecimals, legal) => {
    expect(isLegalPx(px, szDecimals)).toBe(legal);
  });

  test("rounding is legal, goes the safe way, and moves by less than a tick", () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 5e9, noNaN: true }), fc.integer({ min: 0, max: 6 }), (px, szDecimals) => {
        const down = floorPx(px, szDecimals);
        const up = ceilPx(px, szDecimals);
        const tick = tickPx(px, szDecimals);
        expect(down <= px && up >= px).toBe(true);
        expect(isLegalPx(down, szDecimals) && isLegalPx(up, szDecimals)).toBe(true);
        expect(px - down < tick && up - px < tick).toBe(true);
        expect(pxBelow(up, szDecimals)).toBeLessThan(up);
        expect(pxAbove(down, szDecimals)).toBeGreaterThan(down);
        expect(isLegalPx(pxBelow(up, szDecimals), szDecimals) || pxBelow(up, szDecimals) === 0).toBe(true);
      }),
      run,
    );
  });

  test("lots for a notional: just enough, and just within", () => {
    expect(lotsForAtLeast(11_500_000, 300_000)).toBe(39);
    expect(lotsForAtMost(11_500_000, 300_000)).toBe(38);
  });
});

type Levels = [number, number][];
const lane = new FrameLane(256);

function book(view: BookView, time: number, bids: Levels, asks: Levels, fast = false): boolean {
  lane.clear();
  const at = lane.begin(KIND.book, BOOK.levels + 2 * (bids.length + asks.length), time, time, 0);
  lane.data.set([fast ? 1 : 0, bids.length, asks.length, ...bids.flat(), ...asks.flat()], at + BOOK.fast);
  return view.applyBook(lane.data, at);
}
function bbo(view: BookView, time: number, bid: [number, number], ask: [number, number]): boolean {
  lane.clear();
  const at = lane.begin(KIND.bbo, BBO.size, time, time, 0);
  lane.data.set([...bid, ...ask], at + BBO.bidPx);
  return view.applyBbo(lane.data, at);
}
function levels(view: BookView, side: "bids" | "asks"): Levels {
  const s = view[side];
  return Array.from({ length: s.count }, (_, i) => [
    s.px[s.count - 1 - i] as number,
    s.lots[s.count - 1 - i] as number,
  ]);
}

describe("book", () => {
  test("bid | price | ask: at equal time the touch feed decides, and better levels of the book are dropped", () => {
    const view = new BookView();
    bbo(view, 10, [98, 5], [101, 6]);
    book(
      view,
      10,
      [
        [99, 1],
        [98, 2],
        [97, 3],
      ],
      [
        [100, 1],
        [101, 2],
        [102, 3],
      ],
    );
    expect(levels(view, "bids")).toEqual([
      [98, 5],
      [97, 3],
    ]);
    expect(levels(view, "asks")).toEqual([
      [101, 6],
      [102, 3],
    ]);
  });

  test("a touch beyond the known levels thins the book and never crosses it", () => {
    const view = new BookView();
    book(
      view,
      10,
      [
        [99, 1],
        [98, 2],
        [97, 3],
      ],
      [
        [101, 1],
        [102, 2],
        [103, 3],
      ],
    );
    bbo(view, 11, [102, 4], [105, 9]);
    expect(levels(view, "bids")).toEqual([
      [102, 4],
      [99, 1],
      [98, 2],
      [97, 3],
    ]);
    expect(levels(view, "asks")).toEqual([[105, 9]]);
    expect(view.isCrossed).toBe(false);
  });

  test("a book older than the touch gives its depth under that touch; one older than the depth is refused", () => {
    const view = new BookView();
    bbo(view, 20, [99, 1], [101, 1]);
    expect(
      book(
        view,
        15,
        [
          [100, 9],
          [98, 2],
        ],
        [[102, 3]],
      ),
    ).toBe(true);
    expect(levels(view, "bids")).toEqual([
      [99, 1],
      [98, 2],
    ]);
    expect(levels(view, "asks")).toEqual([
      [101, 1],
      [102, 3],
    ]);
    expect(book(view, 14, [[50, 1]], [[150, 1]])).toBe(false);
    expect(bbo(view, 19, [1, 1], [2, 1])).toBe(false);
    expect(view.staleCount).toBe(2);
  });

  test("the five-level form keeps the deeper levels that the full one showed", () => {
    const view = new BookView();
    const from = (px: number, n: number, step: number): Levels =>
      Array.from({ length: n }, (_, i) => [px + step * i, i + 1]);
    book(view, 10, from(99, 20, -1), from(101, 20, 1));
    book(
      view,
      11,
      from(98, 5, -1).map(([px]) => [px, 50]),
      from(102, 5, 1),
      true,
    );
    expect(levels(view, "bids").slice(0, 7)).toEqual([
      [98, 50],
      [97, 50],
      [96, 50],
      [95, 50],
      [94, 50],
      [93, 7],
      [92, 8],
    ]);
    expect(view.asks.count).toBe(19);
    book(view, 12, [[98, 1]], from(102, 5, 1), true);
    expect(levels(view, "bids")).toEqual([[98, 1]]);
  });

  test("shown size: 0 between known levels, unknown deeper than them", () => {
    const view = new BookView();
    book(
      view,
      10,
      [
        [99, 1],
        [97, 3],
      ],
      [
        [101, 1],
        [104, 4],
      ],
    );
    expect([99, 98, 97, 96, 100].map((px) => view.lotsAt(BUY, px))).toEqual([1, 0, 3, UNKNOWN_LOTS, 0]);
    expect([101, 102, 104, 105, 100].map((px) => view.lotsAt(SELL, px))).toEqual([1, 0, 4, UNKNOWN_LOTS, 0]);
  });

  test("whatever comes in whatever order: sides sorted, never crossed, the newest touch on top", () => {
    const message = fc.record({
      kind: fc.constantFrom("bbo", "full", "fast"),
      time: fc.integer({ min: 0, max: 40 }),
      mid: fc.integer({ min: 500, max: 540 }),
      n: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        const view = new BookView();
        let touch = { time: -1, bid: 0, ask: 0 };
        for (const m of messages) {
          const n = m.kind === "fast" ? Math.min(5, m.n) : m.n;
          const bids: Levels = Array.from({ length: n }, (_, i) => [m.mid - 1 - i, 1 + i]);
          const asks: Levels = Array.from({ length: n }, (_, i) => [m.mid + 1 + i, 1 + i]);
          const taken =
            m.kind === "bbo"
              ? bbo(view, m.time, [m.mid - 1, 3], [m.mid + 1, 4])
              : book(view, m.time, bids, asks, m.kind === "fast");
          const newer =
            m.kind === "bbo"
              ? m.time >= touch.time
              : m.time > touch.time || (m.time === touch.time && view.bidPx === m.mid - 1);
          if (taken && newer) touch = { time: m.time, bid: m.mid - 1, ask: m.mid + 1 };
          for (const side of ["bids", "asks"] as const) {
            const prices = levels(view, side).map(([px]) => (side === "bids" ? -px : px));
            expect(prices.every((px, i) => i === 0 || px > (prices[i - 1] as number))).toBe(true);
            expect(view[side].count).toBeLessThanOrEqual(40);
          }
          expect(view.isCrossed).toBe(false);
          if (view.hasTouch) expect([view.bidPx, view.askPx]).toEqual([touch.bid, touch.ask]);
        }
      }),
      run,
    );
  });
});

describe("mids", () => {
  test("the last one strictly before, an equal time replaced, nothing before the first", () => {
    const mids = new MidHistory();
    mids.add(10, 1);
    mids.add(20, 2);
    mids.add(20, 3);
    expect([10, 11, 20, 21].map((t) => mids.before(t))).toEqual([Number.NaN, 1, 1, 3]);
  });
});

describe("frames", () => {
  test("text comes back as it was, cut at the longest", () => {
    for (const text of ["", "xyz:XYZ100", "größer", "a".repeat(TEXT_BYTES_MAX)]) {
      const lane2 = new FrameLane(512);
      const at = writeText(lane2, 5, 9, text);
      expect(readText(lane2.data, at)).toEqual({ id: 9, text });
    }
  });

  test("a lane that is full stops the program instead of losing a frame", () => {
    const small = new FrameLane(12);
    small.begin(KIND.timer, 6, 1, 1, -1);
    small.begin(KIND.timer, 6, 1, 1, -1);
    expect(() => small.begin(KIND.timer, 6, 1, 1, -1)).toThrow("frame: the lane has room");
  });
});

describe("hash and chance", () => {
  test("equal numbers hash equal, -0 is 0, one bit is enough to differ", () => {
    const of = (...x: number[]): string => {
      const hash = new RunningHash();
      for (const v of x) hash.fold(v);
      return hash.digest();
    };
    expect(of(1, 2)).toBe(of(1, 2));
    expect(of(0)).toBe(of(-0));
    expect(of(1, 2)).not.toBe(of(2, 1));
    expect(of(1)).not.toBe(of(1 + Number.EPSILON));
  });

  test("the generator is the seed's, uniform and normal as they should be", () => {
    const a = new Prng(42);
    const b = new Prng(42);
    expect(Array.from({ length: 5 }, () => a.uint32())).toEqual(Array.from({ length: 5 }, () => b.uint32()));
    expect(new Prng(43).uint32()).not.toBe(new Prng(42).uint32());
    const n = 50_000;
    let sum = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      const x = a.normal();
      sum += x;
      square += x * x;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.02);
    expect(Math.abs(square / n - 1)).toBeLessThan(0.03);
  });
});

describe("everything from capital", () => {
  test.each([
    [50, { clip: 11.5, cap: 50, levels: 2, loss: 2.5, drawdown: 4 }],
    [100, { clip: 11.5, cap: 100, levels: 4, loss: 5, drawdown: 8 }],
    [1000, { clip: 80, cap: 1000, levels: 6, loss: 50, drawdown: 80 }],
  ])("%d dollars", (capital, want) => {
    for (const leverage of [4, 10, 40]) {
      const money = moneyFromCapital(capital * 1e6, leverage, 11.5e6);
      expect({
        clip: money.clipUsd / 1e6,
        cap: money.positionCapUsd / 1e6,
        levels: money.levelsMax,
        loss: money.dailyLossUsd / 1e6,
        drawdown: money.drawdownUsd / 1e6,
      }).toEqual(want);
      expect(money.isolatedMarginUsd).toBeLessThanOrEqual(capital * 1e6);
      expect(money.isolatedMarginUsd * leverage).toBeGreaterThanOrEqual(money.positionCapUsd);
    }
  });
});

describe("nearest", () => {
  test("a swap counts one, far words match nothing", () => {
    expect(editDistance("tape", "tpae")).toBe(1);
    expect(nearest("WLF", ["BTC", "WLFI"])).toBe("WLFI");
    expect(nearest("zzzzzz", ["BTC", "WLFI"])).toBe("");
  });
});
