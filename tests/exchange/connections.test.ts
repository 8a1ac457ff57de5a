import { describe, expect, test } from "bun:test";
import { Desk, type Ear, key } from "../fixtures/exchange.ts";
import { limit, orderAction, user } from "../fixtures/venue.ts";

const U = user("a");
const MIXED = "0xAAaaAaaAaAaAAaaAAaaAAAAAaaAAAAAaaaAAaAaa";
const PARSE = "Error parsing JSON into valid websocket request: ";

describe("acknowledgements echo the canonical subscription, before any data", () => {
  test.each([
    [{ type: "allMids" }, { type: "allMids" }],
    [
      { type: "allMids", dex: "xyz" },
      { type: "allMids", dex: "xyz" },
    ],
    [
      { type: "bbo", coin: "AAA", surprise: 1 },
      { type: "bbo", coin: "AAA" },
    ],
    [
      { type: "l2Book", coin: "AAA" },
      { type: "l2Book", coin: "AAA", nSigFigs: null, mantissa: null, fast: false },
    ],
    [
      { fast: true, mantissa: 2, nSigFigs: 5, coin: "xyz:AAA", type: "l2Book" },
      { type: "l2Book", coin: "xyz:AAA", nSigFigs: 5, mantissa: 2, fast: true },
    ],
    [
      { type: "trades", coin: "AAA" },
      { type: "trades", coin: "AAA" },
    ],
    [
      { type: "candle", coin: "AAA", interval: "1M" },
      { type: "candle", coin: "AAA", interval: "1M" },
    ],
    [
      { type: "activeAssetCtx", coin: "AAA" },
      { type: "activeAssetCtx", coin: "AAA" },
    ],
    [{ type: "assetCtxs" }, { type: "assetCtxs", dex: "" }],
    [{ type: "allDexsAssetCtxs" }, { type: "allDexsAssetCtxs" }],
    [{ type: "fastAssetCtxs" }, { type: "fastAssetCtxs" }],
    [{ type: "spotAssetCtxs" }, { type: "spotAssetCtxs" }],
    [{ type: "outcomeMetaUpdates" }, { type: "outcomeMetaUpdates" }],
    [
      { type: "userFills", user: MIXED },
      { type: "userFills", user: U, aggregateByTime: false },
    ],
    [
      { type: "userEvents", user: MIXED },
      { type: "userEvents", user: U },
    ],
    [
      { type: "orderUpdates", user: MIXED },
      { type: "orderUpdates", user: U },
    ],
    [
      { type: "openOrders", user: U },
      { type: "openOrders", user: U, dex: "" },
    ],
    [
      { type: "clearinghouseState", user: U, dex: "xyz" },
      { type: "clearinghouseState", user: U, dex: "xyz" },
    ],
    [
      { type: "allDexsClearinghouseState", user: U },
      { type: "allDexsClearinghouseState", user: U },
    ],
    [
      { type: "spotState", user: U },
      { type: "spotState", user: U, ignorePortfolioMargin: false },
    ],
    [
      { type: "userFundings", user: U },
      { type: "userFundings", user: U },
    ],
    [
      { type: "userNonFundingLedgerUpdates", user: U },
      { type: "userNonFundingLedgerUpdates", user: U },
    ],
    [
      { type: "userHistoricalOrders", user: U },
      { type: "userHistoricalOrders", user: U },
    ],
    [
      { type: "userTwapSliceFills", user: U },
      { type: "userTwapSliceFills", user: U },
    ],
    [
      { type: "userTwapHistory", user: U },
      { type: "userTwapHistory", user: U },
    ],
    [
      { type: "twapStates", user: U },
      { type: "twapStates", user: U, dex: "" },
    ],
    [
      { type: "activeAssetData", coin: "AAA", user: MIXED },
      { type: "activeAssetData", user: U, coin: "AAA" },
    ],
    [
      { type: "notification", user: U },
      { type: "notification", user: U },
    ],
    [
      { type: "webData2", user: U },
      { type: "webData2", user: U },
    ],
    [
      { type: "webData3", user: U },
      { type: "webData3", user: U },
    ],
  ] as [object, object][])("%o", (asked, echoed) => {
    const [first] = new Desk().ear().subscribe(asked);
    expect(JSON.stringify(first)).toBe(
      JSON.stringify({ channel: "subscriptionResponse", data: { method: "subscribe", subscription: echoed } }),
    );
  });
});

describe("a well-formed subscription to what is not there ends the connection without a word", () => {
  test.each([
    { type: "bbo", coin: "NOPE" },
    { type: "bbo", coin: "aaa" },
    { type: "bbo", coin: "XYZ:AAA" },
    { type: "bbo", coin: "GGG" },
    { type: "allMids", dex: "none" },
    { type: "openOrders", user: U, dex: "none" },
    { type: "activeAssetData", user: U, coin: "@107" },
    { type: "l2Book", coin: "AAA", nSigFigs: 6 },
    { type: "l2Book", coin: "AAA", nSigFigs: 1 },
    { type: "l2Book", coin: "AAA", mantissa: 2 },
    { type: "l2Book", coin: "AAA", nSigFigs: 4, mantissa: 2 },
    { type: "l2Book", coin: "AAA", nSigFigs: 5, mantissa: 3 },
  ])("%o", (subscription) => {
    const desk = new Desk();
    const ear = desk.ear();
    ear.subscribe({ type: "bbo", coin: "AAA" });
    expect(ear.subscribe(subscription)).toEqual([]);
    expect([ear.dropped, desk.exchange.connections.clientCount, desk.exchange.connections.subscriptionCount]).toEqual([
      true,
      0,
      0,
    ]);
    ear.say({ method: "ping" });
    expect(ear.take()).toEqual([]);
  });
});

describe("the error channel", () => {
  test.each([
    "not json",
    "null",
    "7",
    '{"method":"subscribe"}',
    '{"method":"dance","subscription":{"type":"bbo","coin":"AAA"}}',
    '{"method":"subscribe","subscription":{"type":"nope","coin":"AAA"}}',
    '{"method":"subscribe","subscription":{"type":"bbo","coin":["AAA"]}}',
    '{"method":"subscribe","subscription":{"type":"bbo"}}',
    '{"method":"subscribe","subscription":{"type":"candle","coin":"AAA","interval":"2m"}}',
    '{"method":"subscribe","subscription":{"type":"orderUpdates","user":"0x12"}}',
    '{"method":"subscribe","subscription":{"type":"l2Book","coin":"AAA","nSigFigs":"5"}}',
    '{"method":"post","request":{"type":"info","payload":{"type":"meta"}}}',
    '{"method":"post","id":-1,"request":{"type":"info","payload":{"type":"meta"}}}',
    '{"method":"post","id":1,"request":{"type":"explorer","payload":{"type":"meta"}}}',
    '{"method":"post","id":1,"request":{"type":"info","payload":{"type":"nope"}}}',
  ])("%s is quoted as not understood", (text) => {
    const ear = new Desk().ear();
    ear.say(text);
    expect(ear.take()).toEqual([{ channel: "error", data: PARSE + text }]);
  });

  test("twice, and never", () => {
    const ear = new Desk().ear();
    const subscription = { type: "trades", coin: "AAA" };
    ear.subscribe(subscription);
    expect(ear.subscribe(subscription)).toEqual([
      { channel: "error", data: 'Already subscribed: {"type":"trades","coin":"AAA"}' },
    ]);
    ear.say({ method: "unsubscribe", subscription });
    ear.say({ method: "unsubscribe", subscription });
    expect(ear.take()).toEqual([
      { channel: "subscriptionResponse", data: { method: "unsubscribe", subscription } },
      { channel: "error", data: 'Already unsubscribed: {"type":"trades","coin":"AAA"}' },
    ]);
  });

  test("what only the explorer's host serves is invalid here", () => {
    expect(new Desk().ear().subscribe({ type: "explorerBlock" })).toEqual([
      { channel: "error", data: 'Invalid subscription {"type":"explorerBlock"}' },
    ]);
  });
});

describe("posts", () => {
  const post = (ear: Ear, id: number, type: string, payload: object): void =>
    ear.say({ method: "post", id, request: { type, payload } });

  test("a ping, a question and an action have the venue's frames", () => {
    const desk = new Desk();
    desk.fund("1");
    const ear = desk.ear();
    ear.say({ method: "ping" });
    post(ear, 256, "info", { type: "exchangeStatus" });
    post(ear, 257, "action", desk.envelope(key("1"), orderAction(limit(0, "buy", "1", "20"))));
    expect(ear.take()).toEqual([
      { channel: "pong" },
      {
        channel: "post",
        data: {
          id: 256,
          response: {
            type: "info",
            payload: { type: "exchangeStatus", data: { time: desk.bench.venue.nowMs, specialStatuses: null } },
          },
        },
      },
    ] as never);
    desk.bench.venue.step();
    expect(ear.take() as unknown).toEqual([
      {
        channel: "post",
        data: {
          id: 257,
          response: {
            type: "action",
            payload: {
              status: "ok",
              response: { type: "order", data: { statuses: [{ resting: { oid: 566_000_000_001 } }] } },
            },
          },
        },
      },
    ]);
  });

  test.each([
    ["action", { action: { type: "nope" } }, "422 Unprocessable Entity"],
    ["info", { type: "meta", dex: "none" }, "500 Internal Server Error"],
  ])("a failed %s mirrors the status over HTTP", (type, payload, text) => {
    const ear = new Desk().ear();
    post(ear, 3, type, payload);
    expect(ear.take() as unknown).toEqual([
      { channel: "post", data: { id: 3, response: { type: "error", payload: text } } },
    ]);
  });

  test("a hundred may be in flight, over all connections", () => {
    const desk = new Desk({}, { ipLimits: true });
    desk.fund("1");
    const [one, two] = [desk.ear(), desk.ear()];
    const send = (ear: Ear, id: number): void => post(ear, id, "action", desk.envelope(key("1"), { type: "noop" }));
    for (let id = 0; id < 100; id++) send(one, id);
    send(two, 1234);
    expect(two.take()).toEqual([{ channel: "error", data: "too many pending post requests id=1234" }]);
    desk.bench.venue.step();
    expect(one.data("post").length).toBe(100);
    send(two, 1235);
    desk.bench.venue.step();
    expect(two.data("post").length).toBe(1);
  });

  test("those of a connection that is gone end with their blocks", () => {
    const desk = new Desk({}, { ipLimits: true });
    desk.fund("1");
    const [one, two] = [desk.ear(), desk.ear()];
    for (let id = 0; id < 100; id++) post(one, id, "action", desk.envelope(key("1"), { type: "noop" }));
    one.close();
    desk.bench.venue.step();
    post(two, 7, "info", { type: "exchangeStatus" });
    expect(two.data("post").length).toBe(1);
  });

  test("an answer to a connection that is gone is nobody's", () => {
    const desk = new Desk();
    desk.fund("1");
    const ear = desk.ear();
    post(ear, 1, "action", desk.envelope(key("1"), { type: "noop" }));
    ear.close();
    desk.bench.venue.step();
    expect(ear.heard).toEqual([]);
  });
});

describe("silence", () => {
  const BLOCKS_PER_MINUTE = Math.ceil(60_000 / 70);

  test("a connection that was sent nothing for a minute ends; a pong is something", () => {
    const desk = new Desk();
    const [silent, chatty] = [desk.ear(), desk.ear()];
    desk.bench.steps(BLOCKS_PER_MINUTE - 1);
    chatty.say({ method: "ping" });
    expect([silent.dropped, chatty.dropped]).toEqual([false, false]);
    desk.bench.steps(1);
    expect([silent.dropped, chatty.dropped]).toEqual([true, false]);
    desk.bench.steps(BLOCKS_PER_MINUTE);
    expect([chatty.dropped, desk.exchange.connections.clientCount]).toEqual([true, 0]);
  });

  test("data keep it open", () => {
    const desk = new Desk();
    const ear = desk.ear();
    ear.subscribe({ type: "activeAssetCtx", coin: "AAA" });
    desk.bench.steps(2 * BLOCKS_PER_MINUTE);
    expect(ear.dropped).toBe(false);
  });
});

describe("limits of one network address", () => {
  const limited = (usersMax?: number): Desk => new Desk({}, { ipLimits: true, ...(usersMax && { usersMax }) });

  test("ten connections at a time, and thirty new ones a minute", () => {
    const desk = limited();
    const ears = Array.from({ length: 11 }, () => desk.ear());
    expect(ears.map((ear) => ear.dropped)).toEqual([...Array(10).fill(false), true]);
    for (const ear of ears) ear.close();
    const more = Array.from({ length: 20 }, () => {
      const ear = desk.ear();
      ear.close();
      return ear.dropped;
    });
    expect(more).toEqual([...Array(19).fill(false), true]);
    desk.bench.steps(Math.ceil(60_000 / 70));
    expect(desk.ear().dropped).toBe(false);
  });

  test.each([undefined, 15])("%s users over all connections", (usersMax) => {
    const desk = limited(usersMax);
    const count = usersMax ?? 10;
    const ears = [desk.ear(), desk.ear()];
    const address = (n: number): string => `0x${n.toString(16).padStart(40, "0")}`;
    for (let n = 0; n < count; n++) ears[n % 2]?.subscribe({ type: "orderUpdates", user: address(n) });
    const last = ears[0] as Ear;
    // One who is followed already costs nothing more.
    expect(last.subscribe({ type: "userFills", user: address(1) })[0]?.channel).toBe("subscriptionResponse");
    expect(last.subscribe({ type: "orderUpdates", user: address(99) })).toEqual([
      { channel: "error", data: `Cannot track more than ${count} total users.` },
    ]);
    ears[1]?.close();
    expect(last.subscribe({ type: "orderUpdates", user: address(99) })[0]?.channel).toBe("subscriptionResponse");
  });

  test("two thousand messages a minute, then the connection ends", () => {
    const desk = limited();
    const ear = desk.ear();
    for (let i = 0; i < 2_000; i++) ear.say({ method: "ping" });
    expect([ear.heard.length, ear.dropped]).toEqual([2_000, false]);
    ear.say({ method: "ping" });
    expect([ear.heard.length, ear.dropped]).toEqual([2_000, true]);
  });

  test("a thousand subscriptions over all connections", () => {
    const desk = limited();
    const intervals = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"];
    const candles = ["AAA", "BBB", "xyz:AAA", "xyz:GGG"].flatMap((coin) =>
      intervals.map((interval) => ({ type: "candle", coin, interval })),
    );
    const books = ["AAA", "BBB", "xyz:AAA", "xyz:GGG"].flatMap((coin) =>
      [2, 3, 4, 5, null].flatMap((nSigFigs) => [true, false].map((fast) => ({ type: "l2Book", coin, nSigFigs, fast }))),
    );
    const ears = Array.from({ length: 10 }, () => desk.ear());
    const answers = [
      ...candles,
      ...books,
      { type: "allMids" },
      { type: "allMids", dex: "" },
      { type: "assetCtxs" },
      { type: "bbo", coin: "AAA" },
    ];
    expect(answers.length).toBe(100);
    for (const ear of ears) for (const subscription of answers) ear.subscribe(subscription);
    expect(desk.exchange.connections.subscriptionCount).toBe(1_000);
    expect(ears[0]?.subscribe({ type: "bbo", coin: "BBB" })).toEqual([
      { channel: "error", data: "Cannot track more than 1000 total subscriptions." },
    ]);
  });
});
