import { describe, expect, test } from "bun:test";
import type { VenueAccount } from "../../../src/sim/venue/account.ts";
import { limit, statusesOf, told, trigger, type World, worldOf } from "./support_trading.ts";

const BUY = true;
const SELL = false;

/** Account a is long 2, mm bids 10 at 95 as order 3 (and offers 10 at 105 as order 4). */
function scene(held = "2"): { w: World; a: VenueAccount; mm: VenueAccount } {
  const w = worldOf();
  const [a, mm] = [w.trader("a"), w.trader("mm", 1e6)];
  w.hold(a, held);
  w.order(mm, [limit(BUY, "95", "10"), limit(SELL, "105", "10")]);
  w.take();
  return { w, a, mm };
}
const limitTrigger = (
  b: boolean,
  triggerPx: string,
  p: string,
  s: string,
  tpsl: "tp" | "sl",
): ReturnType<typeof trigger> =>
  trigger(b, triggerPx, s, tpsl, { p, t: { trigger: { isMarket: false, triggerPx, tpsl } } });

describe("triggers on the mark", () => {
  test.each([
    ["stop loss of a long", "2", SELL, "sl", "96", "96.01", "96"],
    ["take profit of a long", "2", SELL, "tp", "104", "103.99", "104"],
    ["stop loss of a short", "-2", BUY, "sl", "104", "103.99", "104"],
    ["take profit of a short", "-2", BUY, "tp", "96", "96.01", "96"],
  ] as const)("%s", (_name, held, side, tpsl, px, before, at) => {
    const { w, a } = scene(held);
    expect(w.put(a, trigger(side, px, "2", tpsl))).toBe("resting 5");
    expect(w.take()).toEqual(["a #5 open 2.0"]);
    w.mark(before);
    expect(w.take()).toEqual([]);
    w.mark(at);
    expect(w.take().map((line) => line.replace(/ at .*/, ""))).toEqual([
      "a #5 triggered 2.0",
      "a #5 open 2.0",
      `trade ${side ? "B" : "A"} 2.0`,
      `a took #5 Close ${side ? "Short" : "Long"}`,
      `mm made #${side ? 4 : 3} Open ${side ? "Short" : "Long"}`,
      "a #5 filled 0.0",
    ]);
    expect([a.orders.size, w.markets[0]!.triggers.size]).toEqual([0, 0]);
  });

  test.each([
    [SELL, "tp", "100", false],
    [SELL, "tp", "100.01", true],
    [SELL, "sl", "100", false],
    [SELL, "sl", "99.99", true],
    [BUY, "tp", "100", false],
    [BUY, "tp", "99.99", true],
    [BUY, "sl", "100", false],
    [BUY, "sl", "100.01", true],
  ] as const)("buy %p %s at %s with the mark at 100: accepted %p", (side, tpsl, px, accepted) => {
    const { w, a } = scene(side ? "-2" : "2");
    expect(w.put(a, trigger(side, px, "2", tpsl))).toBe(accepted ? "resting 5" : "Invalid TP/SL price. asset=0");
    if (!accepted) expect(w.take()).toEqual(["a #5 badTriggerPxRejected 2.0"]);
  });

  test("a market trigger trades to a tenth from the mark and no further", () => {
    const { w, a, mm } = scene();
    w.cancel(mm, 3);
    w.order(mm, [limit(BUY, "86.4", "1"), limit(BUY, "86.39", "5")]);
    w.put(a, trigger(SELL, "96", "2", "sl"));
    w.take();
    w.mark("96");
    expect(w.take().slice(-2)).toEqual(["mm #5 filled 0.0", "a #7 canceled 1.0"]);
    w.put(a, trigger(SELL, "95.9", "1", "sl"));
    w.take();
    w.mark("96.2");
    w.mark("95.99");
    w.put(mm, limit(SELL, "106", "1"));
    w.cancel(mm, 6);
    w.put(mm, limit(BUY, "80", "1"));
    w.take();
    w.mark("95.9");
    expect(w.take()).toEqual(["a #8 triggered 1.0", "a #8 iocCancelRejected 1.0"]);
  });

  test("a market trigger and an empty side", () => {
    const { w, a, mm } = scene();
    w.cancel(mm, 3);
    w.put(a, trigger(SELL, "96", "2", "sl"));
    w.take();
    w.mark("96");
    expect(w.take()).toEqual(["a #5 triggered 2.0", "a #5 marketOrderNoLiquidityRejected 2.0"]);
    expect([a.orders.size, w.markets[0]!.triggers.size]).toEqual([0, 0]);
  });

  test("a limit trigger rests at its own price", () => {
    const { w, a } = scene();
    w.put(a, limitTrigger(SELL, "97", "96.5", "2", "sl"));
    w.take();
    w.mark("97");
    expect(w.take()).toEqual(["a #5 triggered 2.0", "a #5 open 2.0"]);
    expect(w.drawn().asks).toEqual(["96.5: 2.0", "105.0: 10.0"]);
    // Now a plain order: a fast cancel sees it.
    const fast = w.trading.cancel(a, { type: "cancel", cancels: [{ a: 0, o: 5 }], f: true });
    expect(statusesOf(fast)).toEqual(["success"]);
  });

  test("a limit trigger that may open reserves its margin when it rests, not before", () => {
    const { w, a } = scene();
    w.put(a, { ...limitTrigger(SELL, "97", "96.5", "3", "sl"), r: false });
    const terms = w.clearing.terms(a, w.markets[0]!);
    expect(terms.sellLots).toBe(0);
    w.mark("97");
    expect(terms.sellLots).toBe(300);
    w.cancel(a, 5);
    expect(terms.sellLots).toBe(0);
  });

  test("a trigger that may open needs margin when it fires", () => {
    const { w, a } = scene();
    const stop = trigger(BUY, "104", "5000", "sl", { r: false, p: "110" });
    expect(w.put(a, stop)).toBe("resting 5");
    expect(w.put(a, { ...stop, s: "1" })).toBe("resting 6");
    a.dex(0).cashUsd = -100e6;
    w.take();
    w.mark("104");
    expect(w.take().slice(0, 4)).toEqual([
      "a #5 triggered 5000.0",
      "a #5 perpMarginRejected 5000.0",
      "a #6 triggered 1.0",
      "a #6 open 1.0",
    ]);
  });

  test("a reduce-only trigger without a position waits, and is refused when it fires", () => {
    const w = worldOf();
    const a = w.trader("a");
    expect(w.put(a, trigger(SELL, "96", "2", "sl"))).toBe("resting 1");
    w.take();
    w.mark("96");
    expect(w.take()).toEqual(["a #1 triggered 2.0", "a #1 reduceOnlyRejected 2.0"]);
  });

  test("nothing fires while the market is halted", () => {
    const { w, a } = scene();
    w.put(a, trigger(SELL, "96", "2", "sl"));
    w.take();
    w.markets[0]!.halted = true;
    w.mark("90");
    expect(w.take()).toEqual([]);
  });

  test("a trigger is cancelled like any order, but not by a fast cancel", () => {
    const { w, a } = scene();
    w.put(a, trigger(SELL, "96", "2", "sl"));
    const fast = w.trading.cancel(a, { type: "cancel", cancels: [{ a: 0, o: 5 }], f: true });
    expect(statusesOf(fast).map(told)).toEqual(["Order was never placed, already canceled, or filled. asset=0"]);
    expect(w.cancel(a, 5)).toEqual(["success"]);
    expect([a.orders.size, w.markets[0]!.triggers.size]).toEqual([0, 0]);
    w.put(a, limit(BUY, "90", "1"));
    const plain = w.trading.cancel(a, { type: "cancel", cancels: [{ a: 0, o: 6 }], f: true });
    expect(statusesOf(plain)).toEqual(["success"]);
  });
});

describe("TP and SL of the position", () => {
  test("take the whole position as it is then, and one that fills ends the other", () => {
    const { w, a } = scene();
    const exits = [trigger(SELL, "110", "0", "tp", { p: "110" }), trigger(SELL, "96", "0", "sl")];
    expect(w.order(a, exits, "positionTpsl")).toEqual(["waitingForTrigger", "waitingForTrigger"]);
    w.hold(a, "1.5");
    w.mark("96");
    expect(w.take().filter((line) => line.startsWith("a "))).toEqual([
      "a #6 triggered 3.5",
      "a #6 open 3.5",
      "a took #6 Close Long",
      "a #6 filled 0.0",
      "a #5 siblingFilledCanceled 0.0",
      "a #5 nonUserCancel",
    ]);
    expect(a.positionLots(w.markets[0]!)).toBe(0);
  });

  test("show the size of the position when they were given one", () => {
    const { w, a } = scene();
    w.order(a, [trigger(SELL, "96", "1", "sl")], "positionTpsl");
    expect(w.take()).toEqual(["a #5 open 2.0"]);
    w.hold(a, "1.5");
    expect([a.orders.get(5)?.lots, a.orders.get(5)?.origLots]).toEqual([350, 350]);
    w.put(a, limit(SELL, "95", "3", "Ioc"));
    expect([a.orders.get(5)?.lots, a.orders.get(5)?.origLots]).toEqual([50, 50]);
  });

  test("that rest once fired never remain or fill for more than the size that they are told with", () => {
    const { w, a } = scene();
    const limited = { isMarket: false, triggerPx: "96", tpsl: "sl" as const };
    w.order(a, [{ ...limit(SELL, "97", "1"), r: true, t: { trigger: limited } }], "positionTpsl");
    w.hold(a, "1.5");
    w.mark("96");
    expect(w.take().filter((line) => line.startsWith("a #5"))).toContain("a #5 triggered 3.5");
    const order = a.orders.get(5)!;
    expect([order.level !== null, order.lots, order.filledLots, order.origLots]).toEqual([true, 350, 0, 350]);
  });

  test("go when the position is closed", () => {
    const { w, a } = scene();
    w.order(a, [trigger(SELL, "96", "2", "sl")], "positionTpsl");
    w.take();
    w.put(a, limit(SELL, "95", "2", "Ioc"));
    expect(w.take().at(-1)).toBe("a #5 reduceOnlyCanceled 2.0");
    expect(w.markets[0]!.triggers.size).toBe(0);
  });

  test("need a position on the other side", () => {
    const { w, a } = scene();
    const text = "Reduce only order would increase position. asset=0";
    expect(w.order(a, [trigger(BUY, "104", "0", "sl")], "positionTpsl")).toEqual([{ error: text }]);
    expect(w.take()).toEqual(["a #5 reduceOnlyRejected 0.0"]);
  });
});

describe("an order with TP and SL", () => {
  const group = (px: string, tif: "Gtc" | "Ioc" = "Gtc"): Parameters<World["order"]>[1] => [
    limit(BUY, px, "2", tif),
    trigger(SELL, "110", "2", "tp", { c: `0x${"1".repeat(32)}` }),
    trigger(SELL, "80", "2", "sl"),
  ];
  function grouped(px: string, offered: string): { w: World; a: VenueAccount; b: VenueAccount; statuses: string[] } {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    if (offered !== "") w.put(b, limit(SELL, "100", offered));
    w.take();
    const statuses = w.order(a, group(px), "normalTpsl").map(told);
    return { w, a, b, statuses };
  }

  test("that rests: they wait for its fill, outside of the open orders", () => {
    const { w, a, b, statuses } = grouped("99", "");
    expect(statuses).toEqual(["resting 1", "waitingForFill", "waitingForFill"]);
    expect(w.take()).toEqual(["a #1 open 2.0", "a #2 open 2.0", "a #3 open 2.0"]);
    expect([...a.orders.keys(), w.markets[0]!.triggers.size, a.cloids.size]).toEqual([1, 0, 1]);
    expect(a.orders.get(1)!.children.map((child) => child.oid)).toEqual([2, 3]);
    w.put(b, limit(SELL, "99", "1.5"));
    expect(w.markets[0]!.triggers.size).toBe(0);
    w.put(b, limit(SELL, "99", "0.5"));
    expect([[...a.orders.keys()], w.markets[0]!.triggers.size]).toEqual([[2, 3], 2]);
  });

  test("that fills at once: they wait for the mark; the take profit that fills ends the stop", () => {
    const { w, a, b, statuses } = grouped("100", "2");
    expect(statuses).toEqual(["filled 2 2.0 at 100.0", "waitingForTrigger", "waitingForTrigger"]);
    w.put(b, limit(BUY, "109", "5"));
    w.take();
    w.mark("110");
    expect(w.take()).toEqual([
      "a #3 triggered 2.0",
      "a #3 open 2.0",
      "trade A 2.0 at 109.0",
      "a took #3 Close Long",
      "b made #5 Close Short",
      "a #3 filled 0.0",
      "a #4 siblingFilledCanceled 2.0",
      "a #4 nonUserCancel",
    ]);
    expect([a.orders.size, a.cloids.size]).toEqual([0, 0]);
  });

  test.each([
    ["unfilled", ""],
    ["partly filled", "1"],
  ])("that its user cancels, %s: they go with it", (_name, offered) => {
    const { w, a } = grouped("100", offered);
    w.take();
    const oid = [...a.orders.keys()][0]!;
    w.cancel(a, oid);
    const left = offered === "" ? "2.0" : "1.0";
    expect(w.take()).toEqual([
      `a #${oid} canceled ${left}`,
      `a #${oid + 1} canceled 2.0`,
      `a #${oid + 2} canceled 2.0`,
    ]);
    expect([a.orders.size, a.cloids.size]).toEqual([0, 0]);
  });

  test.each([
    ["partly filled: they wait for the mark", "1", 2],
    ["unfilled: they go", "", 0],
  ] as const)("that ends for want of margin, %s", (_name, offered, waiting) => {
    const { w, a, b } = grouped("100", offered);
    a.dex(0).cashUsd = -101e6;
    w.put(b, limit(SELL, "100", "1"));
    expect(w.log.some((line) => line.includes("marginCanceled"))).toBe(true);
    expect([w.markets[0]!.triggers.size, a.orders.size]).toEqual([waiting, waiting]);
  });

  test("that is refused takes them along, without ids", () => {
    const w = worldOf();
    const a = w.trader("a", 1);
    const text = "Insufficient margin to place order. asset=0";
    expect(w.order(a, group("99"), "normalTpsl").map(told)).toEqual([text, text, text]);
    expect(w.take()).toEqual(["a #1 perpMarginRejected 2.0"]);
  });

  test("an Ioc that is partly filled leaves none behind", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.put(b, limit(SELL, "100", "1"));
    w.take();
    w.order(a, group("100", "Ioc"), "normalTpsl");
    expect(w.take().slice(-4)).toEqual(["a #3 open 2.0", "a #3 canceled 2.0", "a #4 open 2.0", "a #4 canceled 2.0"]);
    expect([a.orders.size, a.cloids.size, w.markets[0]!.triggers.size]).toEqual([0, 0, 0]);
  });

  test("one of them is cancelled alone while it waits for the fill", () => {
    const { w, a, b } = grouped("99", "");
    expect(w.cancel(a, 3)).toEqual(["success"]);
    expect(a.orders.get(1)!.children.map((child) => child.oid)).toEqual([2]);
    w.put(b, limit(SELL, "99", "2"));
    expect([...a.orders.keys()]).toEqual([2]);
  });

  test("prices are measured from the parent that waits below the mark", () => {
    const w = worldOf();
    const a = w.trader("a");
    const exits = [trigger(SELL, "95", "1", "tp"), trigger(SELL, "91", "1", "sl")];
    expect(w.order(a, [limit(BUY, "90", "1"), ...exits], "normalTpsl").map(told)).toEqual([
      "resting 1",
      "waitingForFill",
      "Invalid TP/SL price. asset=0",
    ]);
  });
});
