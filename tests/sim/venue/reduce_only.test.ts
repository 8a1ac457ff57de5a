import { describe, expect, test } from "bun:test";
import { limit, trigger, worldOf } from "./support_trading.ts";

const BUY = true;
const SELL = false;
const RO = { r: true } as const;

describe("reduce-only", () => {
  test("is shrunk to the position when placed; the size that was asked for is kept", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.hold(a, "2");
    expect(w.put(a, limit(SELL, "101", "5", "Gtc", RO))).toBe("resting 3");
    expect(w.take()).toEqual(["a #3 open 2.0"]);
    expect([a.orders.get(3)?.lots, a.orders.get(3)?.origLots]).toEqual([200, 500]);
  });

  test("that takes is shrunk too, and cannot turn the position", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.hold(a, "2");
    w.put(b, limit(BUY, "100", "5"));
    expect(w.put(a, limit(SELL, "100", "5", "Ioc", RO))).toBe("filled 4 2.0 at 100.0");
    expect(a.positionLots(w.markets[0]!)).toBe(0);
  });

  test("of two that together exceed the position the older goes", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.hold(a, "2");
    w.put(a, limit(SELL, "101", "1.5", "Gtc", RO));
    w.take();
    w.put(a, limit(SELL, "102", "1", "Gtc", RO));
    expect(w.take()).toEqual(["a #4 open 1.0", "a #3 reduceOnlyCanceled 1.5"]);
    w.put(a, limit(SELL, "103", "1", "Gtc", RO));
    expect(w.drawn().asks).toEqual(["102.0: 1.0", "103.0: 1.0"]);
  });

  test("shrinks in its place when the position does, and no status is told", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.hold(a, "2");
    w.put(a, limit(SELL, "101", "2", "Gtc", RO));
    w.put(b, limit(SELL, "101", "1"));
    w.put(b, limit(BUY, "100", "0.5"));
    w.take();
    w.put(a, limit(SELL, "100", "0.5", "Ioc"));
    expect(w.take().filter((line) => line.includes("#3"))).toEqual([]);
    expect(w.drawn().asks).toEqual(["101.0: 1.5+1.0"]);
  });

  test("goes when the position closes, after the fill, without a non-user cancel", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.hold(a, "2");
    w.put(a, limit(SELL, "105", "1", "Gtc", RO));
    w.put(a, limit(SELL, "101", "2"));
    w.put(a, trigger(SELL, "90", "1", "sl"));
    w.take();
    w.put(b, limit(BUY, "101", "2", "Ioc"));
    expect(w.take()).toEqual([
      "b #6 open 2.0",
      "trade B 2.0 at 101.0",
      "b took #6 Open Long",
      "a made #4 Close Long",
      "a #4 filled 0.0",
      "a #3 reduceOnlyCanceled 1.0",
      "a #5 reduceOnlyCanceled 1.0",
      "b #6 filled 0.0",
    ]);
    expect([a.orders.size, w.markets[0]!.triggers.size]).toEqual([0, 0]);
  });

  test("goes when the position turns", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.hold(a, "1");
    w.put(a, limit(SELL, "105", "1", "Gtc", RO));
    w.hold(a, "-3");
    expect(a.positionLots(w.markets[0]!)).toBe(-200);
    expect(a.orders.size).toBe(0);
  });

  test("at two levels never closes more than there is, within one sweep", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.hold(a, "2");
    w.order(a, [limit(SELL, "101", "1", "Gtc"), limit(SELL, "102", "2", "Gtc", RO)]);
    expect(w.put(b, limit(BUY, "103", "5", "Ioc"))).toBe("filled 5 2.0 at 101.5");
    expect(a.positionLots(w.markets[0]!)).toBe(0);
  });

  test("needs no margin", () => {
    const w = worldOf();
    const a = w.trader("a", 300);
    w.hold(a, "40");
    const bad = w.put(a, limit(BUY, "99", "40"));
    expect(bad).toBe("Insufficient margin to place order. asset=0");
    expect(w.put(a, limit(SELL, "101", "40", "Gtc", RO))).toBe("resting 4");
  });
});
