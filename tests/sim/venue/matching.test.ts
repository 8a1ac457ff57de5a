import { describe, expect, test } from "bun:test";
import { tradeId, ZERO_HASH } from "../../../src/sim/venue/matching.ts";
import { HASH, limit, statusesOf, told, worldOf } from "./support_trading.ts";

const BUY = true;
const SELL = false;

describe("matching", () => {
  test("takes the best price first, and at one price the first to come", () => {
    const w = worldOf();
    const [a, b, taker] = [w.trader("a"), w.trader("b"), w.trader("t")];
    w.put(a, limit(SELL, "101", "1"));
    w.put(b, limit(SELL, "100", "1"));
    w.put(a, limit(SELL, "100", "2"));
    w.take();
    expect(w.put(taker, limit(BUY, "101", "3.5"))).toBe("filled 4 3.5 at 100.1429");
    expect(w.take()).toEqual([
      "t #4 open 3.5",
      "trade B 1.0 at 100.0",
      "t took #4 Open Long",
      "b made #2 Open Short",
      "b #2 filled 0.0",
      "trade B 2.0 at 100.0",
      "t took #4 Open Long",
      "a made #3 Open Short",
      "a #3 filled 0.0",
      "trade B 0.5 at 101.0",
      "t took #4 Open Long",
      "a made #1 Open Short",
      "t #4 filled 0.0",
    ]);
    expect(w.drawn()).toEqual({ bids: [], asks: ["101.0: 0.5"] });
    expect([w.markets[0]!.lastPx, w.markets[0]!.openLots]).toEqual([1_010_000, 350]);
  });

  test.each([
    ["Gtc that does not cross rests", "Gtc", "99", "resting 2", ["t #2 open 3.0"], ["99.0: 3.0"]],
    [
      "Gtc that is partly filled says filled and rests with what remains",
      "Gtc",
      "100",
      "filled 2 1.0 at 100.0",
      ["t #2 open 3.0", "trade B 1.0 at 100.0", "t took #2 Open Long", "a made #1 Open Short", "a #1 filled 0.0"],
      ["100.0: 2.0"],
    ],
    [
      "Ioc that is partly filled ends as canceled with what remained",
      "Ioc",
      "100",
      "filled 2 1.0 at 100.0",
      [
        "t #2 open 3.0",
        "trade B 1.0 at 100.0",
        "t took #2 Open Long",
        "a made #1 Open Short",
        "a #1 filled 0.0",
        "t #2 canceled 2.0",
      ],
      [],
    ],
    [
      "FrontendMarket is an Ioc",
      "FrontendMarket",
      "100",
      "filled 2 1.0 at 100.0",
      [
        "t #2 open 3.0",
        "trade B 1.0 at 100.0",
        "t took #2 Open Long",
        "a made #1 Open Short",
        "a #1 filled 0.0",
        "t #2 canceled 2.0",
      ],
      [],
    ],
    [
      "Ioc without a counterparty is refused, with an id",
      "Ioc",
      "99",
      "Order could not immediately match against any resting orders. asset=0",
      ["t #2 iocCancelRejected 3.0"],
      [],
    ],
    [
      "Alo that crosses is refused, with an id",
      "Alo",
      "100",
      "Post only order would have immediately matched, bbo was None@100. asset=0",
      ["t #2 badAloPxRejected 3.0"],
      [],
    ],
    ["Alo that does not cross rests", "Alo", "99.99", "resting 2", ["t #2 open 3.0"], ["99.99: 3.0"]],
  ] as const)("%s", (_name, tif, px, status, events, bids) => {
    const w = worldOf();
    const [a, taker] = [w.trader("a"), w.trader("t")];
    w.put(a, limit(SELL, "100", "1"));
    w.take();
    expect(w.put(taker, limit(BUY, px, "3", tif))).toBe(status);
    expect(w.take()).toEqual([...events]);
    expect(w.drawn().bids).toEqual([...bids]);
    expect([...taker.orders.keys()]).toEqual(bids.length > 0 ? [2] : []);
  });

  test("an Alo that crosses names both sides of the touch", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.order(a, [limit(BUY, "99.5", "1"), limit(SELL, "100.25", "1")]);
    const text = "Post only order would have immediately matched, bbo was 99.5@100.25. asset=0";
    expect(w.put(w.trader("t"), limit(SELL, "99.5", "1", "Alo"))).toBe(text);
  });

  test("of two orders of one account the resting one goes, without a trade", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.put(a, limit(SELL, "100", "1"));
    w.put(b, limit(SELL, "100", "1"));
    w.take();
    expect(w.put(a, limit(BUY, "100", "1", "Ioc"))).toBe("filled 3 1.0 at 100.0");
    expect(w.take().slice(0, 4)).toEqual([
      "a #1 selfTradeCanceled 1.0",
      "a #1 nonUserCancel",
      "a #3 open 1.0",
      "trade B 1.0 at 100.0",
    ]);
    expect([w.trades.length, a.orders.size]).toEqual([1, 0]);
  });

  test("a self-trade alone leaves an Ioc without a fill", () => {
    const w = worldOf();
    const a = w.trader("a");
    w.put(a, limit(SELL, "100", "1"));
    w.take();
    expect(w.put(a, limit(BUY, "100", "1", "Ioc"))).toContain("could not immediately match");
    expect(w.take()).toEqual(["a #1 selfTradeCanceled 1.0", "a #1 nonUserCancel", "a #2 iocCancelRejected 1.0"]);
  });

  test("a resting order whose account can no longer carry it goes, and the aggressor goes on", () => {
    const w = worldOf();
    const [poor, rich, taker] = [w.trader("poor", 1_000), w.trader("rich"), w.trader("t")];
    w.put(poor, limit(SELL, "100", "100"));
    w.put(rich, limit(SELL, "100", "1"));
    poor.dex(0).cashUsd = 3e6;
    w.take();
    expect(w.put(taker, limit(BUY, "100", "1"))).toBe("filled 3 1.0 at 100.0");
    expect(w.take().slice(0, 3)).toEqual(["poor #1 marginCanceled 100.0", "poor #1 nonUserCancel", "t #3 open 1.0"]);
    expect(w.fills.map((fill) => fill.account.address)).toEqual(["t", "rich"]);
  });

  test("both sides of a trade carry its id and the aggressor's hash", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.put(a, limit(BUY, "100", "1", "Gtc", { c: `0x${"AB".repeat(16)}` }));
    w.put(b, limit(SELL, "100", "1"));
    const tid = tradeId(1, 2);
    expect(w.trades.map(({ market: _, ...rest }) => rest)).toEqual([
      { side: -1, px: 1_000_000, lots: 100, timeMs: w.nowMs, hash: HASH, tid, buyer: "a", seller: "b" },
    ]);
    const shown = w.fills.map((f) => [f.oid, f.side, f.crossed, f.tid, f.hash, f.cloid, f.startLots, f.closedPnlUsd]);
    expect(shown).toEqual([
      [2, -1, true, tid, HASH, null, 0, 0],
      [1, 1, false, tid, HASH, `0x${"ab".repeat(16)}`, 0, 0],
    ]);
  });

  test("trade ids have fifty bits, tell buyer from seller, and do not meet", () => {
    const ids = new Set<number>();
    for (let buyer = 560_000_000_000; buyer < 560_000_000_300; buyer++)
      for (let seller = 566_617_964_508; seller < 566_617_964_808; seller++) ids.add(tradeId(buyer, seller));
    expect(ids.size).toBe(90_000);
    const all = [...ids];
    expect([Math.max(...all) < 2 ** 50, Math.max(...all) > 2 ** 49.9, all.every(Number.isSafeInteger)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(tradeId(1, 2)).not.toBe(tradeId(2, 1));
    expect(tradeId(1 + 2 ** 32, 2)).not.toBe(tradeId(1, 2));
  });

  test("a forced close takes at any price and is marked on both sides", () => {
    const w = worldOf();
    const [a, mm] = [w.trader("a"), w.trader("mm")];
    w.hold(a, "3");
    w.order(mm, [limit(BUY, "60", "1"), limit(BUY, "50", "1")]);
    w.fills = [];
    w.take();
    const note = { liquidatedUser: "a", markPx: 1_000_000, method: "market" } as const;
    expect(w.trading.forceClose(a, w.markets[0]!, 300, note)).toBe(200);
    expect(w.fills.map((f) => [f.account.address, f.px, f.dir, f.liquidation, f.hash])).toEqual([
      ["a", 600_000, "Liquidated Cross Long", note, ZERO_HASH],
      ["mm", 600_000, "Open Long", note, ZERO_HASH],
      ["a", 500_000, "Liquidated Cross Long", note, ZERO_HASH],
      ["mm", 500_000, "Open Long", note, ZERO_HASH],
    ]);
    expect(w.trading.forceClose(a, w.markets[0]!, 300, note)).toBe(0);
    expect(a.positionLots(w.markets[0]!)).toBe(100);
  });

  test("cancels: what is unknown, done, somebody else's or of another market is refused with the asset's id", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    const cloid = `0x${"0c".repeat(16)}`;
    w.order(a, [limit(BUY, "99", "1"), limit(BUY, "98", "1", "Gtc", { c: cloid.toUpperCase().replace("X", "x") })]);
    w.take();
    const missing = (id: number): string => `Order was never placed, already canceled, or filled. asset=${id}`;
    expect(w.cancel(b, 1).map(told)).toEqual([missing(0)]);
    expect(w.cancel(a, 1, 1, 77).map(told)).toEqual(["success", missing(0), missing(0)]);
    expect(w.take()).toEqual(["a #1 canceled 1.0"]);
    const by = (asset: number): string[] =>
      statusesOf(w.trading.cancelByCloid(a, { type: "cancelByCloid", cancels: [{ asset, cloid }] })).map(told);
    expect([by(1), by(0), by(0)]).toEqual([[missing(1)], ["success"], [missing(0)]]);
    expect(w.take()).toEqual(["a #2 canceled 1.0"]);
    expect([a.orders.size, a.cloids.size]).toEqual([0, 0]);
    expect(told(statusesOf(w.trading.cancel(a, { type: "cancel", cancels: [] }))[0]!)).toBe("Batch is empty.");
  });

  test("cancelling an account or a market tells each order once", () => {
    const w = worldOf();
    const [a, b] = [w.trader("a"), w.trader("b")];
    w.order(a, [limit(BUY, "99", "1"), limit(SELL, "101", "1"), { ...limit(BUY, "6.9", "9"), a: 1 }]);
    w.put(b, limit(BUY, "98", "1"));
    w.take();
    w.trading.cancelAll(a, "liquidatedCanceled", w.markets[1]!);
    w.trading.cancelMarket(w.markets[0]!, "delistedCanceled");
    w.trading.cancelAll(b, "scheduledCancel");
    expect(w.take().filter((line) => !line.endsWith("nonUserCancel"))).toEqual([
      "a #3 liquidatedCanceled 9.0",
      "a #1 delistedCanceled 1.0",
      "a #2 delistedCanceled 1.0",
      "b #4 delistedCanceled 1.0",
    ]);
    expect([a.orders.size, b.orders.size, w.drawn()]).toEqual([0, 0, { bids: [], asks: [] }]);
  });
});
