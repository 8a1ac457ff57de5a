import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { civilOf, formatDay, monthStartDay } from "../../../src/sim/venue/calendar.ts";
import { CANDLE_INTERVALS, type CandleInterval, CandleStore, candleSpan } from "../../../src/sim/venue/candle.ts";
import { AccountHistory, History } from "../../../src/sim/venue/history.ts";
import type { Order } from "../../../src/sim/venue/order.ts";
import { Bench, limit, orderAction } from "../../fixtures/venue.ts";

const intervalOf = (name: string): CandleInterval => CANDLE_INTERVALS.find((i) => i.name === name) as CandleInterval;

describe("the calendar", () => {
  test.each([
    [0, "1970-01-01"],
    [-1, "1969-12-31"],
    [11_016, "2000-02-29"],
    [19_782, "2024-02-29"],
    [19_783, "2024-03-01"],
    [20_717, "2026-09-21"],
    [47_540, "2100-02-28"],
    [47_541, "2100-03-01"],
  ])("day %i is %s", (day, date) => {
    expect(formatDay(day)).toBe(date);
  });

  test("agrees with the host's on any day", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 200_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        expect(civilOf(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(civilOf(monthStartDay(day))).toEqual({ ...civilOf(day), day: 1 });
      }),
      { seed: 7 },
    );
  });
});

describe("candles", () => {
  const T = Date.UTC(2026, 8, 21, 14, 13, 20);
  test.each([
    ["1m", Date.UTC(2026, 8, 21, 14, 13), 60_000],
    ["15m", Date.UTC(2026, 8, 21, 14, 0), 900_000],
    ["8h", Date.UTC(2026, 8, 21, 8), 8 * 3_600_000],
    ["1d", Date.UTC(2026, 8, 21), 86_400_000],
    ["1M", Date.UTC(2026, 8, 1), 30 * 86_400_000],
  ])("%s begins and ends where it must", (name, startMs, ms) => {
    expect(candleSpan(intervalOf(name), T)).toEqual([startMs, startMs + ms - 1]);
  });

  test("of every interval hold all trades once, whatever the times", () => {
    const trade = fc.record({
      gapMs: fc.integer({ min: 0, max: 5_000_000 }),
      px: fc.integer({ min: 1, max: 99 }),
      lots: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 60 }), (trades) => {
        const store = new CandleStore(5_000);
        let timeMs = T;
        const times = trades.map(({ gapMs, px, lots }) => {
          timeMs += gapMs;
          store.onTrade(timeMs, px, lots);
          return timeMs;
        });
        for (const interval of CANDLE_INTERVALS) {
          const candles = store.range(interval.name, 0, timeMs);
          expect(candles.reduce((sum, c) => sum + c.tradeCount, 0)).toBe(trades.length);
          for (const c of candles) {
            const own = trades.filter((_, i) => (times[i] as number) >= c.startMs && (times[i] as number) <= c.endMs);
            const pxs = own.map((t) => t.px);
            expect([c.openPx, c.closePx, c.highPx, c.lowPx, c.lots]).toEqual([
              pxs[0] as number,
              pxs.at(-1) as number,
              Math.max(...pxs),
              Math.min(...pxs),
              own.reduce((sum, t) => sum + t.lots, 0),
            ]);
          }
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test("only the newest are kept", () => {
    const store = new CandleStore(10);
    for (let minute = 0; minute < 100; minute++) store.onTrade(minute * 60_000, minute + 1, 1);
    const found = store.range("1m", 0, 1e12);
    expect([found.length, found[0]?.openPx, found.at(-1)?.openPx]).toEqual([10, 91, 100]);
    expect(store.since("1m", 98 * 60_000).map((c) => c.openPx)).toEqual([99, 100]);
    expect(store.newest("1m")?.openPx).toBe(100);
    expect(store.newest("1h")?.tradeCount).toBe(40);
  });
});

describe("history", () => {
  const watched = (): { bench: Bench; history: History } => {
    const bench = new Bench();
    const history = new History(bench.venue.markets);
    bench.venue.listen(history);
    return { bench, history };
  };

  test("keeps copies: an order that changes afterwards does not change what was noted", () => {
    const { bench, history } = watched();
    const [one, two] = [bench.account("a"), bench.account("b")];
    bench.place(one, { ...limit(0, "sell", "2", "30"), c: `0x${"1".repeat(32)}` });
    const [noted] = [...history.account(one).orders.values()];
    bench.place(two, limit(0, "buy", "1", "30", "Ioc"));
    expect([noted?.lots, one.orders.get(noted?.oid as number)?.lots]).toEqual([200, 100]);
    expect(history.account(one).cloids.get(`0x${"1".repeat(32)}`)).toBe(noted?.oid);
    const fills = history.account(one).fills;
    bench.place(two, limit(0, "buy", "1", "30", "Ioc"));
    expect([fills.length, fills[0]?.startLots]).toEqual([2, 0]);
  });

  test("keeps nothing of house accounts and of strangers", () => {
    const { bench, history } = watched();
    const house = bench.venue.houseAccount(`0x${"f".repeat(40)}`);
    bench.venue.fund(house.address, 0, 1_000_000_000);
    bench.venue.submitHouse({ account: house, action: orderAction(limit(0, "sell", "1", "30")) });
    bench.place(bench.account("a"), limit(0, "buy", "1", "30", "Ioc"));
    expect([history.account(house).fills.length, history.account(house).orders.size]).toEqual([0, 0]);
    expect(history.account(null).orders.size).toBe(0);
    expect(history.market(bench.venue.markets[0] as never).recent(10).length).toBe(1);
  });

  test("keeps the newest 2,000 orders by their last change, and forgets client ids with them", () => {
    const account = new AccountHistory();
    const order = (oid: number): Order =>
      ({ oid, cloid: `0x${oid}`, children: [], trigger: null, market: {}, timeMs: 1, statusMs: 1 }) as unknown as Order;
    for (let oid = 0; oid < 2_000; oid++) account.onOrder(order(oid), "open", 1);
    account.onOrder(order(0), "canceled", 1);
    account.onOrder(order(2_000), "open", 1);
    expect([account.orders.size, account.orders.has(0), account.orders.has(1)]).toEqual([2_000, true, false]);
    expect([account.cloids.has("0x0"), account.cloids.has("0x1"), account.cloids.size]).toEqual([true, false, 2_000]);
    // A client id that was used again stays with the newer order.
    const again = { ...order(3_000), cloid: "0x2" } as Order;
    account.onOrder(again, "open", 1);
    expect([account.orders.has(2), account.cloids.get("0x2")]).toEqual([false, 3_000]);
  });

  test("keeps the newest 10,000 fills", () => {
    const account = new AccountHistory();
    for (let tid = 0; tid < 25_000; tid++) account.onFill({ tid } as never);
    expect([account.fills.length, account.fills[0]?.tid, account.fills.at(-1)?.tid]).toEqual([10_000, 15_000, 24_999]);
  });

  test("keeps at most 512 trades of the last twenty seconds for a replay", () => {
    const { bench, history } = watched();
    const [one, two] = [bench.account("a"), bench.account("b", 1e13)];
    bench.place(one, limit(0, "sell", "1000", "30"));
    for (let i = 0; i < 8; i++)
      bench.act(two, orderAction(...Array.from({ length: 100 }, () => limit(0, "buy", "0.5", "30", "Ioc"))));
    const market = history.market(bench.venue.markets[0] as never);
    expect([market.replay(bench.venue.nowMs).length, market.recent(10).length]).toEqual([512, 10]);
    expect(market.replay(bench.venue.nowMs + 20_001)).toEqual([]);
    expect(market.recent(2).map((trade) => trade.tid)).toEqual(
      market
        .replay(bench.venue.nowMs)
        .slice(-2)
        .reverse()
        .map((t) => t.tid),
    );
  });
});
