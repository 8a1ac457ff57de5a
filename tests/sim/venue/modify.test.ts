import { describe, expect, test } from "bun:test";
import type { ActionReply, WireOrder } from "../../../src/wire/hyperliquid/action.ts";
import { HASH, limit, statusesOf, told, trigger, type World, worldOf } from "./support_trading.ts";

const BUY = true;
const SELL = false;
const CLOID = `0x${"0d".repeat(16)}`;

interface Scene {
  w: World;
  modify(oid: number | string, order: WireOrder, a?: true): ActionReply;
}

/** Account a bids 1 at 99 as order 1, b offers 1 at 101 as order 2. */
function scene(): Scene {
  const w = worldOf();
  const [a, b] = [w.trader("a"), w.trader("b")];
  w.put(a, limit(BUY, "99", "1", "Gtc", { c: CLOID }));
  w.put(b, limit(SELL, "101", "1"));
  w.take();
  return {
    w,
    modify: (oid, order, always) =>
      w.trading.modify(a, { type: "modify", oid, order, ...(always === undefined ? {} : { a: always }) }, HASH),
  };
}

const OK = { status: "ok", response: { type: "default" } } as const;
const err = (response: string): ActionReply => ({ status: "err", response });

describe("modify", () => {
  test("cancels and places under a new id, at the end of the line", () => {
    const { w, modify } = scene();
    w.put(w.accounts[1]!, limit(BUY, "99", "2"));
    w.take();
    expect(modify(1, limit(BUY, "99", "1.5", "Alo"))).toEqual(OK);
    expect(w.take()).toEqual(["a #1 canceled 1.0", "a #4 open 1.5"]);
    expect(w.drawn().bids).toEqual(["99.0: 2.0+1.5"]);
  });

  test("keeps the builder that the order was placed with", () => {
    const { w, modify } = scene();
    const [a] = w.accounts;
    const builder = { b: `0x${"b".repeat(40)}`, f: 10 };
    a!.builders.set(builder.b, 10);
    w.trading.order(a!, { type: "order", orders: [limit(BUY, "98", "1")], grouping: "na", builder }, HASH);
    expect(modify(3, limit(BUY, "97", "1", "Alo"))).toEqual(OK);
    expect(a!.orders.get(4)?.builder).toEqual(builder);
  });

  test("finds the order by client id, which passes to the new one", () => {
    const { w, modify } = scene();
    expect(modify(CLOID.toUpperCase().replace("X", "x"), limit(BUY, "98", "1", "Alo", { c: CLOID }))).toEqual(OK);
    expect(w.accounts[0]!.cloids.get(CLOID)?.oid).toBe(3);
    expect(modify(CLOID, limit(BUY, "97", "1", "Alo"))).toEqual(OK);
    expect(w.accounts[0]!.cloids.size).toBe(0);
  });

  test("the old order is gone when the new one is refused", () => {
    const { w, modify } = scene();
    const text =
      "Error placing new order during modify: Post only order would have immediately matched, bbo was None@101. asset=0";
    expect(modify(1, limit(BUY, "101", "1", "Alo"))).toEqual(err(text));
    expect(w.take()).toEqual(["a #1 canceled 1.0", "a #3 badAloPxRejected 1.0"]);
    expect(w.accounts[0]!.orders.size).toBe(0);
  });

  test("the old order stays when the new one cannot be read", () => {
    const { w, modify } = scene();
    expect(modify(1, limit(BUY, "99.00001", "1"))).toEqual(err("Price must be divisible by tick size. asset=0"));
    expect([w.take(), w.accounts[0]!.orders.size]).toEqual([[], 1]);
  });

  test("without always-place a GTC is made post-only", () => {
    const { w, modify } = scene();
    expect(modify(1, limit(BUY, "98", "1"))).toEqual(OK);
    expect(w.accounts[0]!.orders.get(3)?.tif).toBe("Alo");
    expect(modify(3, limit(BUY, "101", "1"))).toEqual(
      err(
        "Error placing new order during modify: Post only order would have immediately matched, bbo was None@101. asset=0",
      ),
    );
  });

  test.each([
    ["an unknown order", 77, limit(BUY, "98", "1", "Alo")],
    ["somebody else's", 2, limit(SELL, "102", "1", "Alo")],
    ["an unknown client id", `0x${"0e".repeat(16)}`, limit(BUY, "98", "1", "Alo")],
    ["another market", 1, { ...limit(BUY, "6", "9", "Alo"), a: 1 }],
    ["a new Ioc, without always-place", 1, limit(BUY, "101", "1", "Ioc")],
    ["a new market order, without always-place", 1, limit(BUY, "101", "1", "FrontendMarket")],
    ["a new trigger, without always-place", 1, trigger(SELL, "90", "1", "sl")],
  ])("%s: refused before anything is cancelled", (_name, oid, order) => {
    const { w, modify } = scene();
    expect(modify(oid, order)).toEqual(err("Cannot modify canceled or filled order"));
    expect([w.take(), w.accounts[0]!.orders.size]).toEqual([[], 1]);
  });

  test("with always-place anything goes", () => {
    const { w, modify } = scene();
    expect(modify(1, limit(BUY, "101", "0.5", "Ioc"), true)).toEqual(OK);
    expect(w.take()).toEqual([
      "a #1 canceled 1.0",
      "a #3 open 0.5",
      "trade B 0.5 at 101.0",
      "a took #3 Open Long",
      "b made #2 Open Short",
      "a #3 filled 0.0",
    ]);
    w.put(w.accounts[0]!, limit(BUY, "99", "1"));
    expect(modify(4, trigger(SELL, "90", "0.5", "sl"), true)).toEqual(OK);
    expect(w.markets[0]!.triggers.size).toBe(1);
  });

  test("a batch says of each what became of it", () => {
    const { w } = scene();
    const a = w.accounts[0]!;
    const modifies = [
      { oid: 1, order: limit(BUY, "98", "1", "Alo") },
      { oid: 1, order: limit(BUY, "97", "1", "Alo") },
      { oid: 3, order: limit(BUY, "102", "1", "Alo") },
    ];
    const send = (list: typeof modifies): string[] =>
      statusesOf(w.trading.batchModify(a, { type: "batchModify", modifies: list }, HASH)).map(told);
    expect(send(modifies)).toEqual([
      "resting 3",
      "Cannot modify canceled or filled order",
      "Error placing new order during modify: Post only order would have immediately matched, bbo was None@101. asset=0",
    ]);
    expect(send([])).toEqual(["Batch is empty."]);
    expect(send([modifies[0]!, { oid: 1, order: limit(BUY, "97", "1.001") }])).toEqual(["Order has invalid size."]);
  });
});
