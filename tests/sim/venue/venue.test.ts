import { describe, expect, test } from "bun:test";
import { Prng } from "../../../src/core/prng.ts";
import type { Action, WireTif } from "../../../src/wire/hyperliquid/action.ts";
import { Bench, dexSpec, limit, marketSpec, oidOf, orderAction, user } from "../../fixtures/venue.ts";

const statusOf = (reply: unknown): string => JSON.stringify(reply);

describe("blocks", () => {
  test("a cancel of the same block comes before the taker, a post-only before both", () => {
    const bench = new Bench();
    const [maker, taker] = [bench.account("a"), bench.account("b")];
    const oid = oidOf(bench.place(maker, limit(0, "sell", "10", "30.3", "Alo")));
    // Sent in the order taker, cancel, post-only: done the other way round.
    const taken = bench.send(taker, orderAction(limit(0, "buy", "10", "30.3", "Ioc")));
    const cancelled = bench.send(maker, { type: "cancel", cancels: [{ a: 0, o: oid }] });
    const posted = bench.send(maker, orderAction(limit(0, "sell", "10", "30.2", "Alo")));
    bench.venue.step();
    expect(statusOf(posted[0])).toContain("resting");
    expect(statusOf(cancelled[0])).toContain('"success"');
    expect(statusOf(taken[0])).toContain("filled");
    expect(bench.told.trades.map((t) => [t.px, t.lots])).toEqual([[302_000, 1_000]]);
  });

  test("takers may be made to wait longer", () => {
    const bench = new Bench({}, { takerDelayBlocks: 3 });
    const [maker, taker] = [bench.account("a"), bench.account("b")];
    bench.place(maker, limit(0, "sell", "10", "30.3", "Alo"));
    const taken = bench.send(taker, orderAction(limit(0, "buy", "10", "30.3", "Ioc")));
    bench.steps(3);
    expect(taken).toEqual([]);
    bench.venue.step();
    expect(statusOf(taken[0])).toContain("filled");
  });

  test("everything of a block bears its time, on whole milliseconds, 70 apart", () => {
    const bench = new Bench();
    const before = bench.venue.nowMs;
    bench.venue.step();
    expect(bench.venue.nowMs - before).toBe(70);
    const [maker, taker] = [bench.account("a"), bench.account("b")];
    bench.place(maker, limit(0, "sell", "10", "30.3"));
    bench.place(taker, limit(0, "buy", "10", "30.3", "Ioc"));
    expect(bench.told.trades[0]?.timeMs).toBe(bench.venue.nowMs);
    expect(bench.told.fills.map((fill) => fill.timeMs)).toEqual([bench.venue.nowMs, bench.venue.nowMs]);
  });
});

describe("the request budget", () => {
  /** The limiter's transcript: cumulative volume $56,000.00, cap 66,000, used 61,400. */
  function setup(limiter = {}) {
    const bench = new Bench(
      {},
      { limiter: { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 1, ...limiter } },
    );
    const account = bench.account("a");
    account.limiter.usedCount = 61_400;
    account.limiter.volumeUsd = 56_000_000_000;
    return { bench, account, other: bench.account("b") };
  }
  const place = (): Action => orderAction(limit(0, "buy", "1", "25.4", "Alo"));
  const refusal = (used: number, limitCount: number, volume: string): string =>
    `Too many cumulative requests sent (${used} > ${limitCount}) for cumulative volume traded $${volume}. ` +
    "Place taker orders to free up 1 request per USDC traded.";

  test("step by step", () => {
    const { bench, account, other } = setup();
    const cancelOne = (): Action => ({ type: "cancel", cancels: [{ a: 0, o: 1 }] });
    let accepted = 0;
    // Orders one by one, each taken back by the venue's own hand so that they do not pile up (500 a block, as a flood would come).
    for (let i = 0; i < 4_600; i++) {
      bench.send(account, place()).push = (reply) => {
        accepted += JSON.stringify(reply).includes("resting") ? 1 : 0;
        return 0;
      };
      if (i % 500 === 499 || i === 4_599) {
        bench.venue.step();
        bench.venue.trading.cancelAll(account, "canceled");
      }
    }
    expect(accepted).toBe(4_600);
    expect(account.limiter.usedCount).toBe(66_000);
    const first = bench.send(account, place());
    const cancel = bench.send(account, cancelOne());
    bench.venue.step();
    expect(first[0]).toEqual({ status: "err", response: refusal(66_000, 65_999, "56000.00") });
    expect(statusOf(cancel[0])).toContain("already canceled, or filled");
    expect(account.limiter.usedCount).toBe(66_001);
    // One passes each 10 s after the answer to the last one.
    const seconds = (n: number): void => bench.steps(Math.ceil(n / 0.07) - 1);
    for (const used of [66_002, 66_003]) {
      seconds(10);
      expect(statusOf(bench.act(account, place()))).toContain("resting");
      expect(account.limiter.usedCount).toBe(used);
    }
    // One at 5 s is refused, and does not move the slot: at 10 s it is free.
    seconds(5);
    expect(bench.act(account, place())).toEqual({ status: "err", response: refusal(66_003, 65_999, "56000.00") });
    // A maker's fill of $25.40 raises volume and limit by 25: 22 more places pass at once.
    other.limiter.usedCount = 0;
    expect(statusOf(bench.place(other, limit(0, "sell", "1", "25.4", "Ioc")))).toContain("filled");
    expect(account.limiter.volumeUsd).toBe(56_025_400_000);
    const answers = Array.from({ length: 23 }, () => bench.send(account, place()));
    bench.venue.step();
    expect(answers.slice(0, 22).every((a) => statusOf(a[0]).includes("resting"))).toBe(true);
    expect(answers[22]?.[0]).toEqual({ status: "err", response: refusal(66_025, 66_024, "56025.40") });
  });

  test("a refusal does not move the slot", () => {
    const { bench, account } = setup();
    account.limiter.usedCount = 66_000;
    const passes = (): boolean => statusOf(bench.act(account, place())).includes("resting");
    const wait = (blocks: number): void => bench.steps(blocks - 1);
    expect(passes()).toBe(true);
    wait(72);
    expect(passes()).toBe(false);
    // 142 blocks are 9.94 s, 143 are 10.01 s.
    wait(70);
    expect(passes()).toBe(false);
    expect(passes()).toBe(true);
    expect(account.limiter.usedCount).toBe(66_002);
  });

  test.each([
    ["a modify may cost two", { modifyCost: 2 }, 2, 0],
    ["a modify costs one", {}, 1, 0],
    ["cancels may have a counter of their own", { cancelsShareCounter: false }, 1, 1],
  ] as [string, object, number, number][])("%s", (_, rules, modifyCost, apart) => {
    const { bench, account } = setup(rules);
    const oid = oidOf(bench.place(account, limit(0, "buy", "1", "29", "Alo")));
    const before = account.limiter.usedCount;
    bench.act(account, { type: "batchModify", modifies: [{ oid, order: limit(0, "buy", "1", "28", "Alo") }] });
    expect(account.limiter.usedCount - before).toBe(modifyCost);
    bench.act(account, { type: "cancel", cancels: [{ a: 0, o: 1 }] });
    expect(account.limiter.usedCount - before).toBe(modifyCost + 1 - apart);
  });

  test("growth mode earns a tenth, and a maker's share is a rule", () => {
    for (const [asset, makerCreditRatio, maker, taker] of [
      [0, 1, 30, 30],
      [0, 0, 0, 30],
      [110_001, 1, 3, 3],
    ] as const) {
      const bench = new Bench({}, { limiter: { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio } });
      const [a, b] = [bench.account("a"), bench.account("b")];
      bench.place(a, limit(asset, "sell", "1", "30"));
      bench.place(b, limit(asset, "buy", "1", "30", "Ioc"));
      expect([a.limiter.volumeUsd, b.limiter.volumeUsd]).toEqual([maker * 1e6, taker * 1e6]);
    }
  });
});

describe("switches", () => {
  test("a dead man's switch cancels everything at its time", () => {
    const bench = new Bench();
    const account = bench.account("a");
    account.volumeUsd = 1_000_000_000_000;
    const oids = [0, 1].map((a) => oidOf(bench.place(account, limit(a, "buy", "10", "29", "Alo"))));
    const time = bench.venue.nowMs + 6_000;
    expect(bench.act(account, { type: "scheduleCancel", time })).toEqual({
      status: "ok",
      response: { type: "default" },
    });
    while (bench.venue.nowMs < time - 70) bench.venue.step();
    expect(account.orders.size).toBe(2);
    bench.steps(1);
    expect(account.orders.size).toBe(0);
    expect(bench.told.lines.filter((line) => line.includes("scheduledCancel"))).toEqual(
      oids.map((oid, i) => `order ${oid} scheduledCancel ${i === 0 ? 1_000 : 10}`),
    );
  });

  test("a halt cancels orders and settles positions at the mark; books balance", () => {
    const bench = new Bench();
    const [a, b] = [bench.account("a"), bench.account("b")];
    bench.place(a, limit(0, "sell", "10", "30.3"));
    bench.place(b, limit(0, "buy", "4", "30.3", "Ioc"));
    const market = bench.venue.marketByAsset(0) as NonNullable<ReturnType<typeof bench.venue.marketByAsset>>;
    bench.venue.setHalted(market, true);
    // The venue ended it, not the user, and says so.
    expect(bench.told.lines.filter((line) => line.startsWith("nonUserCancel")).length).toBe(1);
    expect([a.orders.size, a.positionLots(market), b.positionLots(market), market.openLots]).toEqual([0, 0, 0, 0]);
    expect(statusOf(bench.place(a, limit(0, "buy", "1", "30")))).toContain("Trading is halted.");
    bench.venue.setHalted(market, false);
    expect(oidOf(bench.place(a, limit(0, "buy", "1", "30")))).toBeGreaterThan(0);
    const cash = a.dex(0).cashUsd + b.dex(0).cashUsd + bench.venue.clearing.ledger(0).feesUsd;
    expect(cash).toBe(200_000_000_000);
  });

  test("fees that change are charged from the next fill on", () => {
    const bench = new Bench();
    const [a, b] = [bench.account("a"), bench.account("b")];
    const market = bench.venue.marketByAsset(110_001) as NonNullable<ReturnType<typeof bench.venue.marketByAsset>>;
    const fees = (): number[] => {
      bench.told.fills.length = 0;
      bench.place(a, limit(110_001, "sell", "10", "30"));
      bench.place(b, limit(110_001, "buy", "10", "30", "Ioc"));
      return bench.told.fills.map((fill) => fill.feeUsd).sort((x, y) => x - y);
    };
    // $300 x 1.5 and 4.5 bp, twice that on a dex of scale 1, a tenth in growth mode.
    expect(fees()).toEqual([9_000, 27_000]);
    bench.venue.setFees(market, "0.5", false);
    expect(fees()).toEqual([67_500, 202_500]);
  });
});

test("the same seed and the same actions tell the same story", () => {
  const run = (seed: number): string => {
    const bench = new Bench();
    const random = new Prng(seed);
    const accounts = ["a", "b", "c"].map((digit) => bench.account(digit));
    for (let i = 0; i < 600; i++) {
      const account = accounts[random.uint32() % 3] as (typeof accounts)[number];
      const tif = (["Alo", "Gtc", "Ioc"] as WireTif[])[random.uint32() % 3] as WireTif;
      const asset = [0, 1, 110_000, 110_001][random.uint32() % 4] as number;
      const px = (30 + (Math.floor(random.unit() * 21) - 10) / 100).toFixed(2);
      const side = random.uint32() % 2 === 0 ? "buy" : "sell";
      bench.send(account, orderAction(limit(asset, side, String(1 + (random.uint32() % 9)), String(Number(px)), tif)));
      if (i % 5 === 0) bench.venue.step();
    }
    bench.steps(60_000);
    return bench.told.lines.join("\n");
  };
  const told = run(7);
  expect(told.split("\n").length).toBeGreaterThan(500);
  expect(run(7)).toBe(told);
  expect(run(8)).not.toBe(told);
});

test("the markets of a dex share a cap on open interest", () => {
  const dexs = [
    dexSpec("", [marketSpec({ coin: "AAA" })]),
    dexSpec("xyz", [marketSpec({ coin: "xyz:AAA" }), marketSpec({ coin: "xyz:BBB" })], {
      totalOiCapUsd: 1_000_000_000,
    }),
  ];
  const bench = new Bench({ dexs });
  const [a, b] = [bench.account("a"), bench.account("b")];
  bench.place(a, limit(110_000, "sell", "40", "30"));
  expect(statusOf(bench.place(b, limit(110_000, "buy", "40", "30", "Ioc")))).toContain("filled");
  const text = "Order would increase open interest while open interest is capped";
  expect(statusOf(bench.place(a, limit(110_001, "sell", "1", "30")))).toContain(text);
  expect(oidOf(bench.place(a, limit(0, "sell", "1", "30")))).toBeGreaterThan(0);
});

test("an unknown asset is said so", () => {
  const bench = new Bench();
  const account = bench.account("a");
  const reply = bench.act(account, { type: "updateLeverage", asset: 77, isCross: true, leverage: 3 });
  expect(reply).toEqual({ status: "err", response: "Unknown asset 77." });
  expect(bench.venue.find(user("f"))).toBeNull();
});
