import { describe, expect, test } from "bun:test";
import { SELL } from "../../src/core/frame.ts";
import { batchesOf, OrderIds, requestOf } from "../../src/venue/hyperliquid/batch.ts";
import { cloidText } from "../../src/wire/hyperliquid/cloid.ts";
import { type Asked, cancel, intentFrame, MARKETS, modify, place, RUN, START_US } from "../fixtures/gateway.ts";

const c = (counter: number): string => cloidText(RUN, counter);
const ids = (known: Readonly<Record<number, number>> = {}): OrderIds => {
  const found = new OrderIds(RUN);
  for (const [cloid, oid] of Object.entries(known)) found.learn(Number(cloid), oid);
  return found;
};
const actions = (asked: readonly Asked[], known: Readonly<Record<number, number>> = {}): object[] =>
  batchesOf(
    asked.map((one) => requestOf(intentFrame(one, START_US), 0, MARKETS)),
    ids(known),
  ).map((batch) => batch.action);

const wire = (cloid: number, more: object = {}): object => ({
  a: 0,
  b: true,
  p: "30",
  s: "1",
  r: false,
  t: { limit: { tif: "Alo" } },
  c: c(cloid),
  ...more,
});

describe("the requests of one decision", () => {
  test("one action a kind: cancels, places, modifies, each in the order of their decision", () => {
    const asked = [
      modify(11, 1),
      place(12),
      cancel(2),
      place(13, { market: 2, side: SELL, lots: 123, reduceOnly: true }),
      cancel(3),
    ];
    expect(actions(asked, { 1: 101, 2: 102, 3: 103 })).toEqual([
      {
        type: "cancel",
        cancels: [
          { a: 0, o: 102 },
          { a: 0, o: 103 },
        ],
        f: true,
      },
      { type: "order", orders: [wire(12), wire(13, { a: 110_000, b: false, s: "1.23", r: true })], grouping: "na" },
      { type: "batchModify", modifies: [{ oid: 101, order: wire(11) }] },
    ]);
  });

  test.each([
    ["all numbers known", [cancel(1), cancel(-9)], { 1: 101 }, [["cancel", [101, 9]]]],
    ["none known", [cancel(1), cancel(2)], {}, [["cancelByCloid", [c(1), c(2)]]]],
    ["some known, all ours", [cancel(1), cancel(2)], { 1: 101 }, [["cancelByCloid", [c(1), c(2)]]]],
    [
      "some not ours, some unknown",
      [cancel(1), cancel(-9), cancel(2)],
      { 2: 102 },
      [
        ["cancel", [9, 102]],
        ["cancelByCloid", [c(1)]],
      ],
    ],
  ] as const)("cancels, %s", (_, asked, known, expected) => {
    const found = actions(asked, known as Record<number, number>) as {
      type: string;
      cancels: { o?: number; cloid?: string }[];
    }[];
    expect(found.map(({ type, cancels }) => [type, cancels.map(({ o, cloid }) => o ?? cloid)]) as unknown).toEqual(
      expected,
    );
  });

  test("a modify names the order by our client id while its number is not known, and by its number where it is not ours", () => {
    expect(actions([modify(11, 1), modify(12, -77)])).toEqual([
      {
        type: "batchModify",
        modifies: [
          { oid: c(1), order: wire(11) },
          { oid: 77, order: wire(12) },
        ],
      },
    ]);
  });

  test("forty are two actions: the network address pays for 39 at a time", () => {
    const found = actions(Array.from({ length: 40 }, (_, i) => place(i + 1))) as { orders: object[] }[];
    expect(found.map((action) => action.orders.length)).toEqual([39, 1]);
  });

  test.each([
    [0, 300_000, 100, "30", "1"],
    [0, 301_200, 7, "30.12", "0.07"],
    [1, 30_001_000, 5, "30.001", "5"],
  ])("numbers of market %d: %d and %d are %s and %s", (market, px, lots, p, s) => {
    const [action] = actions([place(1, { market, px, lots })]) as { orders: { p: string; s: string }[] }[];
    expect([action?.orders[0]?.p, action?.orders[0]?.s]).toEqual([p, s]);
  });

  test("numbers of orders are remembered up to a bound", () => {
    const known = ids();
    for (let i = 1; i <= 9_000; i++) known.learn(i, 1_000_000 + i);
    expect([known.oidOf(1), known.oidOf(9_000)]).toEqual([0, 1_009_000]);
    known.forget(9_000);
    expect(known.oidOf(9_000)).toBe(0);
  });

  test("an order without a client id of ours cannot be named by one", () => {
    expect(() => ids().textOf(-5)).toThrow("batch: an order without our client id is named by the venue's");
    expect(() => requestOf(intentFrame(place(1, { market: 5 }), START_US), 0, MARKETS)).toThrow(
      "market that is traded",
    );
  });
});
