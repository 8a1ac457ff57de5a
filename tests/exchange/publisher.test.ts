import { describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import { printSpotContexts } from "../../src/exchange/print_spot.ts";
import { Desk, type Ear, key, OID, ONE, T0, TWO } from "../fixtures/exchange.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

/** An exchange with two funded accounts, and one ear on a subscription whose snapshot is behind it. */
function hearing(subscription: object): { desk: Desk; ear: Ear } {
  const desk = new Desk();
  desk.fund("1");
  desk.fund("2");
  const ear = desk.ear();
  ear.subscribe(subscription);
  return { desk, ear };
}

const sell = (s: string, p: string, coin = 0) => orderAction(limit(coin, "sell", s, p));
const take = (s: string, p: string, coin = 0) => orderAction(limit(coin, "buy", s, p, "Ioc"));

describe("snapshots come at once, behind the acknowledgement", () => {
  const EMPTY_LIST = { isSnapshot: true, user: TWO };
  test.each([
    [{ type: "bbo", coin: "AAA" }, "bbo", { coin: "AAA", time: T0 + 70, bbo: [null, { px: "30.0", sz: "1.0", n: 1 }] }],
    [
      { type: "l2Book", coin: "AAA" },
      "l2Book",
      { coin: "AAA", time: T0 + 70, levels: [[], [{ px: "30.0", sz: "1.0", n: 1 }]] },
    ],
    [
      { type: "l2Book", coin: "AAA", fast: true },
      "l2Book",
      { coin: "AAA", time: T0 + 70, levels: [[], [{ px: "30.0", sz: "1.0", n: 1 }]], fast: true },
    ],
    [{ type: "allMids" }, "allMids", { mids: { AAA: "30.0", BBB: "30.0" } }],
    [{ type: "allMids", dex: "" }, "allMids", { mids: { AAA: "30.0", BBB: "30.0" } }],
    [{ type: "allMids", dex: "xyz" }, "allMids", { dex: "xyz", mids: { "xyz:AAA": "30.0", "xyz:GGG": "30.0" } }],
    [{ type: "spotAssetCtxs" }, "spotAssetCtxs", printSpotContexts()],
    [{ type: "userFills", user: TWO }, "userFills", { ...EMPTY_LIST, fills: [] }],
    [{ type: "userFundings", user: TWO }, "userFundings", { ...EMPTY_LIST, fundings: [] }],
    [{ type: "userHistoricalOrders", user: TWO }, "userHistoricalOrders", { ...EMPTY_LIST, orderHistory: [] }],
    [{ type: "userTwapSliceFills", user: TWO }, "userTwapSliceFills", { ...EMPTY_LIST, twapSliceFills: [] }],
    [{ type: "userTwapHistory", user: TWO }, "userTwapHistory", { ...EMPTY_LIST, history: [] }],
    [{ type: "twapStates", user: TWO }, "twapStates", { dex: "", user: TWO, states: [] }],
    [{ type: "openOrders", user: TWO, dex: "xyz" }, "openOrders", { dex: "xyz", user: TWO, orders: [] }],
    [{ type: "spotState", user: TWO }, "spotState", { user: TWO, spotState: { balances: [] } }],
  ] as [object, string, object][])("%o", (subscription, channel, data) => {
    const desk = new Desk();
    desk.fund("1");
    desk.act(key("1"), sell("1", "30"));
    const [ack, ...rest] = desk.ear().subscribe(subscription);
    expect(ack?.channel).toBe("subscriptionResponse");
    expect(rest).toEqual([{ channel, data }]);
  });

  test.each(["orderUpdates", "userEvents", "notification"])("%s begins with silence", (type) => {
    const desk = new Desk();
    desk.fund("1");
    desk.act(key("1"), sell("1", "30"));
    expect(desk.ear().subscribe({ type, user: ONE }).length).toBe(1);
  });

  test("the touch of a delisted market too, though it is acknowledged", () => {
    const desk = new Desk();
    desk.bench.venue.delist(desk.bench.venue.markets[0]!);
    expect(desk.ear().subscribe({ type: "bbo", coin: "AAA" }).length).toBe(1);
  });

  test("states of accounts and contexts are those of the questions", () => {
    const desk = new Desk();
    desk.fund("1");
    const data = (subscription: object): unknown => desk.ear().subscribe(subscription)[1]?.data;
    const state = desk.info({ type: "clearinghouseState", user: ONE, dex: "xyz" });
    expect(data({ type: "clearinghouseState", user: ONE, dex: "xyz" })).toEqual({
      dex: "xyz",
      user: ONE,
      clearinghouseState: state,
    });
    const all = data({ type: "allDexsClearinghouseState", user: ONE }) as { clearinghouseStates: unknown[] };
    expect(all.clearinghouseStates[1]).toEqual(["xyz", state]);
    expect(data({ type: "activeAssetData", user: ONE, coin: "AAA" })).toEqual(
      desk.info({ type: "activeAssetData", user: ONE, coin: "AAA" }),
    );
    const [, contexts] = desk.info({ type: "metaAndAssetCtxs", dex: "xyz" }) as [unknown, unknown[]];
    expect(data({ type: "assetCtxs", dex: "xyz" })).toEqual({ dex: "xyz", ctxs: contexts });
    expect((data({ type: "allDexsAssetCtxs" }) as { ctxs: unknown[] }).ctxs[1]).toEqual(["xyz", contexts]);
    expect(data({ type: "activeAssetCtx", coin: "xyz:AAA" })).toEqual({ coin: "xyz:AAA", ctx: contexts[0] });
    expect(data({ type: "webData2", user: ONE })).toEqual(desk.info({ type: "webData2", user: ONE }));
    expect(data({ type: "webData3", user: ONE })).toMatchObject({
      userState: { user: ONE, agentAddress: null, cumLedger: "200000.0", serverTime: T0 },
      perpDexStates: [{ totalVaultEquity: "0.0" }, { totalVaultEquity: "0.0" }],
    });
    const ledger = data({ type: "userNonFundingLedgerUpdates", user: ONE }) as { nonFundingLedgerUpdates: unknown[] };
    expect(ledger.nonFundingLedgerUpdates.length).toBe(2);
  });
});

describe("the touch", () => {
  test("is told once in each block in which it changed, and not when it changed back", () => {
    const { desk, ear } = hearing({ type: "bbo", coin: "AAA" });
    const bbos = (): unknown[] => ear.data("bbo").map((d) => (d as { bbo: unknown }).bbo);
    desk.act(key("1"), sell("1", "30"));
    expect(bbos()).toEqual([[null, { px: "30.0", sz: "1.0", n: 1 }]]);
    desk.act(key("1"), sell("1", "31"));
    desk.bench.steps(50);
    expect(bbos()).toEqual([]);
    desk.act(key("1"), orderAction(limit(0, "sell", "1", "30"), limit(0, "buy", "1", "29")));
    expect(bbos()).toEqual([
      [
        { px: "29.0", sz: "1.0", n: 1 },
        { px: "30.0", sz: "2.0", n: 2 },
      ],
    ]);
    // The book counts a change, but the touch is what was told.
    const book = desk.bench.venue.marketByCoin("AAA")?.book as { touchVersion: number };
    book.touchVersion += 1;
    desk.bench.venue.step();
    expect(bbos()).toEqual([]);
  });
});

describe("books share one clock", () => {
  const timesOf = (ear: Ear): number[] => ear.data("l2Book").map((d) => (d as { time: number }).time);

  test.each([
    [{ fast: false }, 5_360, 12],
    [{ fast: true }, 540, 111],
  ])("%o every %i ms, changed or not", (options, periodMs, count) => {
    const { desk, ear } = hearing({ type: "l2Book", coin: "AAA", ...options });
    ear.subscribe({ type: "l2Book", coin: "BBB", ...options });
    desk.bench.steps(Math.ceil(60_200 / 70));
    const times = timesOf(ear);
    expect(times.length / 2).toBeWithin(count - 1, count + 2);
    // Both books are pushed in the same blocks, on multiples of the period.
    expect(times.filter((_, i) => i % 2 === 0)).toEqual(times.filter((_, i) => i % 2 === 1));
    for (const time of times) expect(time % periodMs).toBeLessThan(70);
  });

  test("twenty levels a side, five on the fast one, best first", () => {
    const { desk } = hearing({ type: "l2Book", coin: "AAA" });
    const orders = Array.from({ length: 25 }, (_, i) => limit(0, "buy", "1", String(29 - i / 10)));
    desk.act(key("1"), orderAction(...orders, limit(0, "sell", "1", "30")));
    const levels = (options: object): { px: string }[] => {
      const frames = desk.ear().subscribe({ type: "l2Book", coin: "AAA", ...options });
      return (frames[1] as { data: unknown } as { data: { levels: { px: string }[][] } }).data.levels[0] ?? [];
    };
    expect(levels({}).length).toBe(20);
    expect(levels({ fast: true }).map((l) => l.px)).toEqual(["29.0", "28.9", "28.8", "28.7", "28.6"]);
  });

  test.each([
    [
      { nSigFigs: 2 },
      [["29.0", "3.0", 2]],
      [
        ["30.0", "1.0", 1],
        ["31.0", "2.0", 1],
      ],
    ],
    [
      { nSigFigs: 3 },
      [["29.9", "3.0", 2]],
      [
        ["30.0", "1.0", 1],
        ["30.1", "2.0", 1],
      ],
    ],
    [
      { nSigFigs: 5 },
      [
        ["29.998", "1.0", 1],
        ["29.994", "2.0", 1],
      ],
      [
        ["30.0", "1.0", 1],
        ["30.003", "2.0", 1],
      ],
    ],
    [
      { nSigFigs: 5, mantissa: 2 },
      [
        ["29.998", "1.0", 1],
        ["29.994", "2.0", 1],
      ],
      [
        ["30.0", "1.0", 1],
        ["30.004", "2.0", 1],
      ],
    ],
    [
      { nSigFigs: 5, mantissa: 5 },
      [
        ["29.995", "1.0", 1],
        ["29.99", "2.0", 1],
      ],
      [
        ["30.0", "1.0", 1],
        ["30.005", "2.0", 1],
      ],
    ],
  ] as [object, unknown[], unknown[]][])(
    "%o rounds bids down and asks up; the spread stays that of the touch",
    (options, bids, asks) => {
      const { desk } = hearing({ type: "bbo", coin: "AAA" });
      desk.act(
        key("1"),
        orderAction(
          limit(0, "buy", "1", "29.998"),
          limit(0, "buy", "2", "29.994"),
          limit(0, "sell", "1", "30"),
          limit(0, "sell", "2", "30.003"),
        ),
      );
      const data = desk.ear().subscribe({ type: "l2Book", coin: "AAA", ...options })[1]?.data as {
        levels: { px: string; sz: string; n: number }[][];
        spread: string;
      };
      expect(data.levels.map((side) => side.map((l) => [l.px, l.sz, l.n]))).toEqual([bids, asks] as never);
      expect(data.spread).toBe("0.002");
      const rest = desk.info({ type: "l2Book", coin: "AAA", ...options }) as { levels: unknown };
      expect(rest.levels).toEqual(data.levels);
    },
  );
});

describe("trades and candles", () => {
  test("one frame a coin and block, one trade a match, in match order", () => {
    const { desk, ear } = hearing({ type: "trades", coin: "AAA" });
    ear.subscribe({ type: "trades", coin: "BBB" });
    desk.act(
      key("1"),
      orderAction(limit(0, "sell", "1", "30"), limit(0, "sell", "1", "31"), limit(1, "sell", "1", "30")),
    );
    desk.act(key("2"), orderAction(limit(0, "buy", "2", "31", "Ioc"), limit(1, "buy", "1", "30", "Ioc")));
    const frames = ear.data("trades") as { coin: string; px: string; side: string; users: string[]; time: number }[][];
    expect(frames.map((f) => f.map((t) => [t.coin, t.px, t.side, t.time]))).toEqual([
      [
        ["AAA", "30.0", "B", T0 + 140],
        ["AAA", "31.0", "B", T0 + 140],
      ],
      [["BBB", "30.0", "B", T0 + 140]],
    ]);
    expect(frames[0]?.[0]?.users).toEqual([TWO, ONE]);
  });

  test("the first frame replays about twenty seconds", () => {
    const { desk } = hearing({ type: "bbo", coin: "AAA" });
    desk.act(key("1"), sell("10", "30"));
    for (let i = 0; i < 3; i++) {
      desk.act(key("2"), take("1", "30"));
      desk.bench.steps(Math.ceil(9_000 / 70));
    }
    const replay = desk.ear().subscribe({ type: "trades", coin: "AAA" })[1]?.data as { time: number }[];
    expect(replay.length).toBe(2);
    desk.bench.steps(300);
    expect(desk.ear().subscribe({ type: "trades", coin: "AAA" }).length).toBe(1);
  });

  test("candles come about twice a second while there are trades, and each to its end", () => {
    const { desk, ear } = hearing({ type: "candle", coin: "AAA", interval: "1m" });
    desk.act(key("1"), sell("100", "30"));
    // The minute turns 40 s after the start; trades of both minutes fall between two pushes.
    for (let i = 0; i < 250; i++) {
      desk.act(key("2"), take("0.4", "30"));
      desk.bench.steps(2);
    }
    desk.bench.steps(10);
    const candles = ear.data("candle") as { t: number; n: number; v: string }[];
    expect(candles.length).toBeWithin(96, 101);
    const first = candles.filter((c) => c.t === 1_789_999_980_000);
    const second = candles.filter((c) => c.t === 1_790_000_040_000);
    expect((first.at(-1)?.n as number) + (second.at(-1)?.n as number)).toBe(250);
    desk.bench.steps(200);
    expect(ear.data("candle")).toEqual([]);
  });
});

describe("clocks of contexts and mids", () => {
  test.each([
    [{ type: "activeAssetCtx", coin: "AAA" }, "activeAssetCtx", 60],
    [{ type: "allMids" }, "allMids", 12],
    [{ type: "assetCtxs" }, "assetCtxs", 12],
    [{ type: "allDexsAssetCtxs" }, "allDexsAssetCtxs", 4],
    [{ type: "clearinghouseState", user: ONE }, "clearinghouseState", 12],
  ] as [object, string, number][])("%o: about %s times %i a minute", (subscription, channel, count) => {
    const { desk, ear } = hearing(subscription);
    desk.bench.steps(Math.floor(60_000 / 70));
    expect(ear.data(channel).length).toBeWithin(count - 1, count + 2);
  });

  test("fast contexts: all coins first, then only what changed", () => {
    const { desk, ear } = hearing({ type: "bbo", coin: "AAA" });
    const unpack = (data: unknown): unknown =>
      JSON.parse(inflateRawSync(Buffer.from(data as string, "base64")).toString());
    const [, first] = ear.subscribe({ type: "fastAssetCtxs" });
    expect(Object.keys(unpack(first?.data) as object)).toEqual(["AAA", "BBB", "xyz:AAA", "xyz:GGG"]);
    desk.bench.steps(30);
    expect(ear.data("fastAssetCtxs")).toEqual([]);
    desk.act(key("1"), orderAction(limit(0, "buy", "1", "29"), limit(0, "sell", "1", "31")));
    desk.bench.steps(30);
    expect(ear.data("fastAssetCtxs").map(unpack)).toEqual([{ AAA: { midPx: "30.0" } }]);
  });
});

describe("one user's events", () => {
  test("order updates: one bare list a block, of all dexs; a fill at once is open and filled", () => {
    const { desk, ear } = hearing({ type: "orderUpdates", user: TWO });
    desk.act(key("1"), sell("1", "30"));
    expect(ear.take()).toEqual([]);
    desk.act(key("2"), orderAction(limit(0, "buy", "1", "31"), limit(110_001, "buy", "1", "20")));
    const order = { coin: "AAA", side: "B", limitPx: "31.0", oid: OID + 2, timestamp: T0 + 140, origSz: "1.0" };
    const [updates, ...more] = ear.data("orderUpdates") as object[][];
    expect(more).toEqual([]);
    expect(updates?.slice(0, 2)).toEqual([
      { order: { ...order, sz: "1.0" }, status: "open", statusTimestamp: T0 + 140 },
      { order: { ...order, sz: "0.0" }, status: "filled", statusTimestamp: T0 + 140 },
    ]);
    expect(updates?.[2]).toMatchObject({ order: { coin: "xyz:GGG" }, status: "open" });
    desk.act(key("2"), orderAction(limit(0, "buy", "1", "30", "Alo"), limit(0, "sell", "1", "20", "Alo")));
    desk.act(key("2"), { type: "cancel", cancels: [{ a: 110_001, o: OID + 3 }] });
    expect((ear.data("orderUpdates") as { status: string }[][]).map((list) => list.map((u) => u.status))).toEqual([
      ["open", "badAloPxRejected"],
      ["canceled"],
    ]);
  });

  test("fills: without the mark of a snapshot, also as events, and a line for who rested", () => {
    const { desk, ear } = hearing({ type: "userFills", user: ONE });
    ear.subscribe({ type: "userEvents", user: ONE });
    ear.subscribe({ type: "notification", user: ONE });
    const taker = desk.ear();
    taker.subscribe({ type: "notification", user: TWO });
    desk.act(key("1"), sell("2", "30"));
    desk.act(key("2"), take("1", "30"));
    const frames = ear.take();
    expect(frames.map((f) => f.channel)).toEqual(["userFills", "user", "notification"]);
    const [fills, events, line] = frames.map((f) => f.data) as [{ fills: unknown[] }, { fills: unknown[] }, unknown];
    expect(Object.keys(fills)).toEqual(["user", "fills"]);
    expect(fills.fills).toEqual(desk.info({ type: "userFills", user: ONE }) as never);
    expect(events).toEqual({ fills: fills.fills });
    expect(line).toEqual({ notification: "Resting order filled: Sold 1.0 AAA at $30" });
    expect(taker.take()).toEqual([]);
  });

  test("what the venue cancels is told as its own doing", () => {
    const { desk, ear } = hearing({ type: "userEvents", user: ONE });
    desk.act(key("1"), orderAction(limit(0, "sell", "1", "30")));
    desk.act(key("1"), take("1", "30"));
    expect(ear.data("user")).toEqual([{ nonUserCancel: [{ coin: "AAA", oid: OID + 1 }] }]);
  });

  test("a liquidation is told under its own key", () => {
    const { desk, ear } = hearing({ type: "userEvents", user: ONE });
    const account = desk.bench.venue.accountOf(ONE);
    const numbers = { lid: 7, notionalUsd: 1_234_500_000, accountValueUsd: 12_000_000 };
    desk.bench.venue.listener.onLiquidation({ account, liquidator: TWO, ...numbers });
    desk.bench.venue.step();
    expect(ear.data("user")).toEqual([
      {
        liquidation: {
          lid: 7,
          liquidator: TWO,
          liquidated_user: ONE,
          liquidated_ntl_pos: "1234.5",
          liquidated_account_value: "12.0",
        },
      },
    ]);
  });

  test("funding: as an event, in the list of payments, and as an empty ledger frame", () => {
    const { desk, ear } = hearing({ type: "userEvents", user: ONE });
    desk.act(key("1"), sell("1", "30"));
    desk.act(key("2"), take("1", "30"));
    for (let minute = 0; minute < 46; minute++) {
      desk.bench.steps(Math.floor(60_000 / 70));
      ear.say({ method: "ping" });
    }
    desk.bench.steps(Math.floor((2_799_000 - 46 * 59_990) / 70));
    ear.subscribe({ type: "userFundings", user: ONE });
    ear.subscribe({ type: "userNonFundingLedgerUpdates", user: ONE });
    ear.take();
    desk.bench.steps(30);
    const funding = { coin: "AAA", usdc: "0.000375", szi: "-1.0", fundingRate: "0.0000125", nSamples: null };
    const frames = ear.take() as { channel: string; data: { fundings?: { time: number }[] } }[];
    expect(frames).toMatchObject([
      { channel: "user", data: { funding } },
      { channel: "userFundings", data: { user: ONE, fundings: [funding] } },
      { channel: "userNonFundingLedgerUpdates", data: { user: ONE, nonFundingLedgerUpdates: [] } },
    ]);
    expect(frames[1]?.data).not.toHaveProperty("isSnapshot");
  });

  test("lists of open orders and states follow in the same block", () => {
    const { desk, ear } = hearing({ type: "openOrders", user: ONE });
    ear.subscribe({ type: "openOrders", user: ONE, dex: "xyz" });
    ear.subscribe({ type: "clearinghouseState", user: ONE });
    ear.subscribe({ type: "userHistoricalOrders", user: ONE });
    desk.act(key("1"), sell("2", "30"));
    expect(ear.take()).toMatchObject([
      { channel: "openOrders", data: { dex: "", user: ONE, orders: [{ sz: "2.0" }] } },
      { channel: "userHistoricalOrders", data: { user: ONE, orderHistory: [{ status: "open" }] } },
    ] as never);
    desk.act(key("2"), take("1", "30"));
    expect(ear.take()).toMatchObject([
      { channel: "openOrders", data: { orders: [{ sz: "1.0", origSz: "2.0" }] } },
      {
        channel: "clearinghouseState",
        data: { dex: "", clearinghouseState: { assetPositions: [{ position: { szi: "-1.0" } }] } },
      },
    ] as never);
  });

  test("money that moves is told in the ledger", () => {
    const { desk, ear } = hearing({ type: "userNonFundingLedgerUpdates", user: ONE });
    desk.bench.venue.fund(ONE, 0, 5_000_000);
    desk.bench.venue.step();
    expect(ear.data("userNonFundingLedgerUpdates")).toMatchObject([
      { user: ONE, nonFundingLedgerUpdates: [{ time: T0, delta: { type: "deposit", usdc: "5.0" } }] },
    ]);
  });

  test("what may be traded is told when it is another", () => {
    const { desk, ear } = hearing({ type: "activeAssetData", user: ONE, coin: "AAA" });
    desk.bench.steps(60);
    expect(ear.data("activeAssetData")).toEqual([]);
    desk.act(key("1"), { type: "updateLeverage", asset: 0, isCross: true, leverage: 5 });
    desk.bench.steps(30);
    expect(ear.data("activeAssetData")).toMatchObject([{ leverage: { type: "cross", value: 5 } }]);
  });

  test("nobody hears another's events", () => {
    const { desk, ear } = hearing({ type: "orderUpdates", user: TWO });
    for (const type of ["userFills", "userEvents", "userFundings", "notification"]) ear.subscribe({ type, user: TWO });
    desk.act(key("1"), sell("2", "30"));
    expect(ear.take()).toEqual([]);
  });
});

describe("subscribers", () => {
  test("share one text; who leaves hears no more, and nothing is made for nobody", () => {
    const { desk, ear } = hearing({ type: "trades", coin: "AAA" });
    const other = desk.ear();
    other.subscribe({ type: "trades", coin: "AAA" });
    desk.act(key("1"), sell("3", "30"));
    desk.act(key("2"), take("1", "30"));
    const [mine, theirs] = [ear.heard.slice(), other.heard.slice()];
    expect(mine.length).toBe(1);
    expect(mine).toEqual(theirs);
    ear.say({ method: "unsubscribe", subscription: { type: "trades", coin: "AAA" } });
    ear.take();
    desk.act(key("2"), take("1", "30"));
    expect([ear.heard.length, other.heard.length]).toEqual([0, 2]);
    other.close();
    desk.act(key("2"), take("1", "30"));
    expect([other.heard.length, desk.exchange.connections.subscriptionCount]).toEqual([2, 0]);
  });

  test("one who comes later is not told twice what others are told", () => {
    const { desk, ear } = hearing({ type: "activeAssetData", user: ONE, coin: "AAA" });
    desk.act(key("1"), { type: "updateLeverage", asset: 0, isCross: true, leverage: 5 });
    // Between the change and the clock a second one subscribes: the first must still be told.
    desk.ear().subscribe({ type: "activeAssetData", user: ONE, coin: "AAA" });
    desk.bench.steps(30);
    expect(ear.data("activeAssetData").length).toBe(1);
  });
});

const hashText = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");

test("the same calls give the same bytes", () => {
  const run = (): string => {
    const desk = new Desk();
    desk.fund("1");
    desk.fund("2");
    const ear = desk.ear();
    const texts: string[] = [];
    for (const type of ["bbo", "trades", "l2Book", "activeAssetCtx"])
      ear.say({ method: "subscribe", subscription: { type, coin: "AAA" } });
    for (const type of ["orderUpdates", "userFills", "userEvents", "webData2", "openOrders"])
      ear.say({ method: "subscribe", subscription: { type, user: ONE } });
    for (let i = 0; i < 40; i++) {
      desk.act(
        key("1"),
        orderAction(limit(0, "sell", "1", String(30 + (i % 7) / 10)), limit(0, "buy", "1", String(29 - (i % 5) / 10))),
      );
      if (i % 3 === 0) desk.act(key("2"), take("2", "31"));
      desk.bench.steps(20);
      texts.push(JSON.stringify(desk.info({ type: "clearinghouseState", user: ONE })));
    }
    return hashText([...ear.heard, ...texts].join("\n"));
  };
  const first = run();
  expect(first).not.toBe(hashText(""));
  expect(run()).toBe(first);
});
