import { describe, expect, test } from "bun:test";
import type { ItemStatus, WireOrder } from "../../../src/wire/hyperliquid/action.ts";
import { HASH, limit, statusesOf, told, trigger, worldOf } from "./support_trading.ts";

const BUY = true;
const SELL = false;
const cloid = (n: number): string => `0x${n.toString(16).padStart(32, "0")}`;

describe("a batch is refused as a whole, with one status, and nothing is told", () => {
  const good = limit(BUY, "99", "1");
  test.each<[string, WireOrder[], "na" | "normalTpsl" | "positionTpsl" | { p: number }, string]>([
    ["no order", [], "na", "Batch is empty."],
    ["no such asset", [good, { ...good, a: 9 }], "na", "Asset does not exist. asset=9"],
    ["six figures", [good, limit(BUY, "99.1234", "1")], "na", "Price must be divisible by tick size. asset=0"],
    ["too many decimals", [good, limit(BUY, "9.12345", "1")], "na", "Price must be divisible by tick size. asset=0"],
    ["price 0", [good, limit(BUY, "0", "1")], "na", "Order has invalid price."],
    ["no price", [good, limit(BUY, "abc", "1")], "na", "Order has invalid price."],
    ["size with too many decimals", [good, limit(BUY, "99", "1.001")], "na", "Order has invalid size."],
    ["size below 0", [good, limit(BUY, "99", "-1")], "na", "Order has invalid size."],
    [
      "far above",
      [good, limit(SELL, "195.01", "1")],
      "na",
      "Order price cannot be more than 95% away from the reference price",
    ],
    [
      "far below",
      [good, limit(BUY, "4.99", "10")],
      "na",
      "Order price cannot be more than 95% away from the reference price",
    ],
    [
      "trigger price off the grid",
      [good, trigger(SELL, "90", "1", "sl", { t: { trigger: { isMarket: true, triggerPx: "90.0001", tpsl: "sl" } } })],
      "na",
      "Invalid TP/SL price. asset=0",
    ],
    ["a group without TP and SL", [good], "normalTpsl", "Unexpected number of trigger orders"],
    ["a group of two plain orders", [good, good], "normalTpsl", "Unexpected number of trigger orders"],
    [
      "a group that begins with a trigger",
      [trigger(SELL, "90", "1", "sl"), good],
      "normalTpsl",
      "Main order cannot be trigger order.",
    ],
    [
      "three exits",
      [good, trigger(SELL, "90", "1", "sl"), trigger(SELL, "91", "1", "sl"), trigger(SELL, "110", "1", "tp")],
      "normalTpsl",
      "Unexpected number of trigger orders",
    ],
    [
      "an exit that is not reduce-only",
      [good, trigger(SELL, "90", "1", "sl", { r: false })],
      "normalTpsl",
      "Unexpected number of trigger orders",
    ],
    [
      "an exit on the parent's side",
      [good, trigger(BUY, "110", "1", "sl")],
      "normalTpsl",
      "Unexpected number of trigger orders",
    ],
    [
      "an exit on another market",
      [good, trigger(SELL, "6", "9", "sl", { a: 1 })],
      "normalTpsl",
      "Unexpected number of trigger orders",
    ],
    [
      "a plain order for the position",
      [limit(SELL, "110", "1")],
      "positionTpsl",
      "Unexpected number of trigger orders",
    ],
    [
      "an exit of the position that may open",
      [trigger(SELL, "90", "1", "sl", { r: false })],
      "positionTpsl",
      "Unexpected number of trigger orders",
    ],
    ["a priority fee without stake", [good], { p: 5 }, "Insufficient delegatable balance for priority order"],
  ])("%s", (_name, orders, grouping, text) => {
    const w = worldOf();
    const a = w.trader("a");
    expect(w.order(a, orders, grouping)).toEqual([{ error: text }]);
    expect([w.take(), a.orders.size]).toEqual([[], 0]);
  });

  test("a builder that is not approved, or for less", () => {
    const w = worldOf();
    const a = w.trader("a");
    const send = (f: number): ItemStatus[] =>
      statusesOf(
        w.trading.order(a, { type: "order", orders: [good, good], grouping: "na", builder: { b: "0xAA", f } }, HASH),
      );
    expect(send(10)).toEqual([{ error: "Builder fee has not been approved." }]);
    a.builders.set("0xaa", 10);
    expect(send(11).length).toBe(1);
    expect(send(10)).toEqual([{ resting: { oid: 1 } }, { resting: { oid: 2 } }]);
    expect(a.orders.get(1)?.builder).toEqual({ b: "0xaa", f: 10 });
  });
});

describe("one order of a batch is refused, the others are not", () => {
  test.each<[string, WireOrder, string, string]>([
    ["no size", limit(BUY, "99", "0"), "Order has zero size.", ""],
    ["no size, reduce-only but no trigger", limit(SELL, "101", "0.00", "Gtc", { r: true }), "Order has zero size.", ""],
    ["under $10", limit(BUY, "99.99", "0.1"), "Order must have minimum value of $10. asset=0", "minTradeNtlRejected"],
    [
      "reduce-only without a position",
      limit(SELL, "101", "1", "Gtc", { r: true }),
      "Reduce only order would increase position. asset=0",
      "reduceOnlyRejected",
    ],
    [
      "more than the account carries",
      limit(BUY, "99", "21000"),
      "Insufficient margin to place order. asset=0",
      "perpMarginRejected",
    ],
    [
      "a trigger that the mark has passed",
      trigger(SELL, "100", "1", "tp"),
      "Invalid TP/SL price. asset=0",
      "badTriggerPxRejected",
    ],
    [
      "an Ioc without a counterparty",
      limit(BUY, "99", "1", "Ioc"),
      "Order could not immediately match against any resting orders. asset=0",
      "iocCancelRejected",
    ],
  ])("%s", (_name, bad, text, status) => {
    const w = worldOf();
    const a = w.trader("a");
    const items = w.order(a, [limit(BUY, "99", "1"), bad, limit(BUY, "98", "1")]);
    const last = status === "" ? 2 : 3;
    expect(items).toEqual([{ resting: { oid: 1 } }, { error: text }, { resting: { oid: last } }]);
    // A refusal with a status takes an id and is told; one without leaves nothing.
    const told = w.take().map((line) => line.split(" ")[2]!);
    expect(told).toEqual(status === "" ? ["open", "open"] : ["open", status, "open"]);
    expect([...a.orders.keys()]).toEqual([1, last]);
  });

  test("a client id that is in use is refused, and free again when its order ends", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    const order = limit(BUY, "99", "1", "Gtc", { c: cloid(10) });
    const items = w.order(a, [order, order]).map(told);
    expect(items).toEqual(["resting 1", "Order with this cloid is already open. asset=0"]);
    expect(w.put(b, order)).toBe("resting 2");
    w.cancel(a, 1);
    expect(w.order(a, [order])).toEqual([{ resting: { oid: 3, cloid: cloid(10) } }]);
  });

  test("sizes and prices are read as clients write them", () => {
    const w = worldOf();
    const a = w.trader("a");
    expect(w.put(a, limit(BUY, "99.50", "1e0"))).toBe("resting 1");
    expect(w.put(a, { ...limit(BUY, "6.8000", "20.00"), a: 1 })).toBe("resting 2");
    expect(w.drawn()).toEqual({ bids: ["99.5: 1.0"], asks: [] });
  });

  test.each([
    ["99", "1", "99.0: 1.0"],
    ["099.5", "01.50", "99.5: 1.5"],
    ["99.500000000", "1.500000000", "99.5: 1.5"],
    ["99", "123456.78", "99.0: 123456.78"],
    ["9.9e1", "15e-1", "99.0: 1.5"],
    [".5", "1", "Order has invalid price."],
    ["99.", "1", "Order has invalid price."],
    ["", "1", "Order has invalid price."],
    ["-99", "1", "Order has invalid price."],
    ["99", "", "Order has invalid size."],
    ["99", "1.", "Order has invalid size."],
    ["99", "1.2.3", "Order has invalid size."],
    ["99", "0.001", "Order has invalid size."],
  ])("price %p, size %p", (px, sz, outcome) => {
    const w = worldOf();
    const reply = w.put(w.trader("a", 1e9), limit(BUY, px, sz));
    expect(reply === "resting 1" ? w.drawn().bids[0] : reply).toBe(outcome);
  });
});

describe("the smallest order", () => {
  test.each([
    ["$10 exactly", "0", limit(BUY, "100", "0.1"), "resting"],
    ["a part of the position, reduce-only", "0.5", limit(SELL, "150", "0.05", "Gtc", { r: true }), "Order must have"],
    ["the whole position", "0.1", limit(SELL, "60", "0.1", "Gtc", { r: true }), "resting"],
    ["more than the whole position", "0.1", limit(SELL, "60", "0.12", "Gtc", { r: true }), "resting"],
    ["the whole position, not reduce-only", "0.1", limit(SELL, "60", "0.1"), "Order must have"],
    ["the side that increases", "0.1", limit(BUY, "60", "0.1", "Gtc", { r: true }), "Order must have"],
  ] as const)("%s", (_name, held, order, reply) => {
    const w = worldOf();
    const a = w.trader("a");
    if (held !== "0") w.hold(a, held);
    expect(w.put(a, order)).toStartWith(reply);
  });
});

describe("limits of the account and the market", () => {
  test("open orders: reduce-only and triggers stop at the base, others at what volume allows", () => {
    const w = worldOf({}, { openOrdersBase: 3, openOrdersMax: 5 });
    const a = w.trader("a");
    w.hold(a, "5");
    const plain = limit(BUY, "90", "1");
    const text = "Too many open orders. asset=0";
    expect(w.order(a, [plain, plain, plain]).every((item) => typeof item === "object" && "resting" in item)).toBe(true);
    w.take();
    expect(w.put(a, plain)).toBe(text);
    expect(w.take()).toEqual(["a #6 tooManyOpenOrdersRejected 1.0"]);
    a.volumeUsd = 10e12;
    expect(w.put(a, limit(SELL, "110", "1", "Gtc", { r: true }))).toBe(text);
    expect(w.put(a, trigger(SELL, "90", "1", "sl"))).toBe(text);
    expect([w.put(a, plain), w.put(a, plain), w.put(a, plain)]).toEqual(["resting 9", "resting 10", text]);
    a.volumeUsd = 1e15;
    expect(w.put(a, plain)).toBe(text);
    // An Ioc never rests.
    expect(w.put(a, limit(BUY, "90", "1", "Ioc"))).toContain("could not immediately match");
  });

  test.each([
    [25, "Ioc", "300000", "30000001"],
    [24, "Ioc", "50000", "5000001"],
    [10, "FrontendMarket", "20000", "2000001"],
    [9, "Ioc", "5000", "500001"],
    [9, "Gtc", "50000", "5000001"],
    [20, "Alo", "500000", "50000001"],
  ] as const)("largest notional at leverage %p, %s", (maxLeverage, tif, sz) => {
    const w = worldOf({ maxLeverage });
    const a = w.trader("a", 1e9);
    const over = String(Number(sz) + 0.01);
    const fits = w.put(a, limit(BUY, "100", sz, tif));
    expect(fits).toStartWith(tif === "Gtc" || tif === "Alo" ? "resting" : "Order could not immediately match");
    w.take();
    expect(w.put(a, limit(BUY, "100", over, tif))).toBe("Order value exceeds the maximum at this leverage. asset=0");
    expect(w.take()).toEqual([]);
  });

  test("a halted market and a delisted one take no orders", () => {
    for (const flag of ["halted", "delisted"] as const) {
      const w = worldOf();
      const a = w.trader("a");
      w.markets[0]![flag] = true;
      expect(w.put(a, limit(BUY, "99", "1"))).toBe("Trading is halted. asset=0");
      expect(w.take()).toEqual(["a #1 rejected 1.0"]);
    }
  });

  test("far from the oracle, though near the mark", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.markets[0]!.oraclePx = 500_000;
    expect(w.put(a, limit(BUY, "97.6", "1"))).toBe("Price too far from oracle asset=0");
    expect(w.take()).toEqual(["a #1 oracleRejected 1.0"]);
    expect(w.put(a, limit(BUY, "97.5", "1"))).toBe("resting 2");
  });

  test.each([
    [
      "opens",
      "-",
      limit(BUY, "99", "1"),
      "Order would increase open interest while open interest is capped",
      "positionIncreaseAtOpenInterestCapRejected",
    ],
    [
      "increases",
      "1",
      limit(BUY, "99", "1"),
      "Order would increase open interest while open interest is capped",
      "positionIncreaseAtOpenInterestCapRejected",
    ],
    [
      "turns",
      "1",
      limit(SELL, "100", "1.01"),
      "Order would increase open interest while open interest is capped",
      "positionFlipAtOpenInterestCapRejected",
    ],
    [
      "closes below the oracle",
      "1",
      limit(SELL, "99.99", "1"),
      "Order rejected due to price more aggressive than oracle while at open interest cap",
      "tooAggressiveAtOpenInterestCapRejected",
    ],
    ["closes at the oracle", "1", limit(SELL, "100", "1"), "", ""],
    ["closes below the oracle, reduce-only", "1", limit(SELL, "99.99", "1", "Gtc", { r: true }), "", ""],
  ])("at the cap of open interest, an order that %s", (_name, held, order, text, status) => {
    const w = worldOf({ oiCapUsd: 500e6 });
    const [a, b] = [w.trader("a"), w.trader("b")];
    if (held !== "-") w.hold(a, held);
    w.hold(b, held === "-" ? "5" : "4");
    const reply = w.put(a, order);
    expect(reply.replace(" asset=0", "")).toBe(text === "" ? reply : text);
    expect(w.take()[0]!.split(" ")[2]).toBe(status === "" ? "open" : status);
  });

  test("at the cap, resting orders more aggressive than the oracle go, reduce-only ones stay", () => {
    const w = worldOf({ oiCapUsd: 500e6 });
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.hold(b, "4.99");
    w.order(a, [limit(BUY, "101", "1"), limit(BUY, "100.5", "1"), limit(BUY, "100", "1"), limit(SELL, "102", "1")]);
    w.order(b, [limit(SELL, "103", "1", "Gtc", { r: true })]);
    w.mark("100");
    expect(w.drawn()).toEqual({ bids: ["101.0: 1.0", "100.5: 1.0", "100.0: 1.0"], asks: ["102.0: 1.0", "103.0: 1.0"] });
    w.take();
    w.mark("100.3");
    expect(w.take()).toEqual([
      "a #3 openInterestCapCanceled 1.0",
      "a #3 nonUserCancel",
      "a #4 openInterestCapCanceled 1.0",
      "a #4 nonUserCancel",
    ]);
    w.markets[0]!.oraclePx = 1_030_001;
    w.mark("100.3");
    expect(w.drawn()).toEqual({ bids: ["100.0: 1.0"], asks: ["103.0: 1.0"] });
  });
});
