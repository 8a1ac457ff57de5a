import { describe, expect, test } from "bun:test";
import { LocalVenue } from "../../src/exchange/venue.ts";
import { GeneratedMarket } from "../../src/sim/flow.ts";

const START = 1_767_225_600_000_000;
const BBO =
  '{"channel":"bbo","data":{"coin":"sim:HYPE","time":1767225600000,"bbo":[{"px":"30.0","sz":"1.0","n":1},null]}}';
const FAST = '{"channel":"l2Book","data":{"coin":"sim:HYPE","time":1767225600000,"levels":[[],[]],"fast":true}}';
const FULL = '{"channel":"l2Book","data":{"coin":"sim:HYPE","time":1767225600000,"levels":[[],[]]}}';
const trades = (time: number, tid: number): string =>
  `{"channel":"trades","data":[{"coin":"HYPE","side":"B","px":"30.0","sz":"1.0","time":${time},"hash":"0x0","tid":${tid},"users":["0x1","0x2"]}]}`;

function open(marks = false): { venue: LocalVenue; heard: string[]; say(text: string): void; dropped(): boolean } {
  const venue = new LocalVenue(new GeneratedMarket(1, START).answers(), { marks, nowUs: START });
  const heard: string[] = [];
  let dropped = false;
  const connection = venue.open({
    send: (text) => heard.push(text),
    drop: () => {
      dropped = true;
    },
  });
  return { venue, heard, say: (text) => connection.onMessage(text), dropped: () => dropped };
}

const subscribe = (subscription: object): string => JSON.stringify({ method: "subscribe", subscription });

describe("subscriptions", () => {
  test("are acknowledged as the venue writes them, defaults filled and strangers dropped, before the first data", async () => {
    const v = open();
    v.venue.deliver(START, FULL);
    v.say(subscribe({ type: "l2Book", coin: "sim:HYPE", surprise: 1 }));
    v.say(subscribe({ type: "trades", coin: "HYPE" }));
    await Promise.resolve();
    expect(v.heard).toEqual([
      '{"channel":"subscriptionResponse","data":{"method":"subscribe",' +
        '"subscription":{"type":"l2Book","coin":"sim:HYPE","nSigFigs":null,"mantissa":null,"fast":false}}}',
      '{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"trades","coin":"HYPE"}}}',
      FULL,
    ]);
  });

  test("the two books are two topics; each subscriber hears his own, byte by byte", () => {
    const v = open();
    v.say(subscribe({ type: "l2Book", coin: "sim:HYPE", fast: true }));
    v.say(subscribe({ type: "bbo", coin: "HYPE" }));
    for (const push of [FULL, FAST, BBO]) v.venue.deliver(START, push);
    expect(v.heard.slice(2)).toEqual([FAST]);
    v.say(subscribe({ type: "bbo", coin: "sim:HYPE" }));
    v.venue.deliver(START, BBO);
    expect(v.heard.at(-1)).toBe(BBO);
  });

  test("a late subscriber is told the last twenty seconds of trades in one push", async () => {
    const v = open();
    for (let i = 0; i < 60; i++) v.venue.deliver(START + i * 1e6, trades(1_767_225_600_000 + i * 1000, i));
    v.say(subscribe({ type: "trades", coin: "HYPE" }));
    await Promise.resolve();
    const replay = JSON.parse(v.heard[1] as string).data as { tid: number }[];
    expect([replay.length, replay[0]?.tid, replay.at(-1)?.tid]).toEqual([21, 39, 59]);
  });

  test("twice, and never: the venue's texts", () => {
    const v = open();
    const trades = subscribe({ type: "trades", coin: "HYPE" });
    v.say(trades);
    v.say(trades);
    v.say(trades.replace("subscribe", "unsubscribe"));
    v.say(trades.replace("subscribe", "unsubscribe"));
    expect(v.heard.slice(1).map((t) => JSON.parse(t).data)).toEqual([
      'Already subscribed: {"type":"trades","coin":"HYPE"}',
      { method: "unsubscribe", subscription: { type: "trades", coin: "HYPE" } },
      'Already unsubscribed: {"type":"trades","coin":"HYPE"}',
    ]);
    v.venue.deliver(START, '{"channel":"trades","data":[{"coin":"HYPE","time":1}]}');
    expect(v.heard.length).toBe(4);
  });

  test.each([
    { type: "bbo", coin: "NOPE" },
    { type: "bbo", coin: "hype" },
    { type: "bbo", coin: "SIM:HYPE" },
    { type: "bbo", coin: "none:HYPE" },
    { type: "l2Book", coin: "HYPE", nSigFigs: 6 },
    { type: "l2Book", coin: "HYPE", mantissa: 2 },
  ])("%o ends the connection without a word", (subscription) => {
    const v = open();
    v.say(subscribe(subscription));
    expect([v.heard, v.dropped(), v.venue.clientCount]).toEqual([[], true, 0]);
  });

  test.each([
    "not json",
    '{"method":"subscribe"}',
    '{"method":"dance","subscription":{"type":"bbo","coin":"HYPE"}}',
    '{"method":"subscribe","subscription":{"type":"nope","coin":"HYPE"}}',
    '{"method":"subscribe","subscription":{"type":"bbo","coin":["HYPE"]}}',
    '{"method":"post","request":{"type":"info","payload":{"type":"meta"}}}',
    "null",
  ])("%s is not understood, and quoted", (text) => {
    const v = open();
    v.say(text);
    expect(v.heard.map((t) => JSON.parse(t))).toEqual([
      { channel: "error", data: `Error parsing JSON into valid websocket request: ${text}` },
    ]);
  });
});

test("ping, and questions by post", () => {
  const v = open();
  v.say('{"method":"ping"}');
  v.say('{"method":"post","id":7,"request":{"type":"info","payload":{"type":"exchangeStatus"}}}');
  v.say('{"method":"post","id":8,"request":{"type":"info","payload":{"type":"nope"}}}');
  v.say('{"method":"post","id":9,"request":{"type":"action","payload":{}}}');
  expect(v.heard.map((t) => JSON.parse(t))).toEqual([
    { channel: "pong" },
    {
      channel: "post",
      data: {
        id: 7,
        response: {
          type: "info",
          payload: { type: "exchangeStatus", data: { time: 1_767_225_600_000, specialStatuses: null } },
        },
      },
    },
    {
      channel: "post",
      data: {
        id: 8,
        response: { type: "error", payload: "422 Failed to deserialize the JSON body into the target type" },
      },
    },
    { channel: "post", data: { id: 9, response: { type: "error", payload: "422 Unprocessable Entity" } } },
  ]);
});

test("marks precede what is sent, on marked venues only", () => {
  const v = open(true);
  v.say(subscribe({ type: "bbo", coin: "sim:HYPE" }));
  v.venue.deliver(START + 5, BBO);
  v.venue.end();
  expect(v.heard.slice(1)).toEqual([
    `{"channel":"mmbinClock","data":{"timeUs":${START + 5}}}`,
    BBO,
    '{"channel":"mmbinClock","data":{"end":true}}',
  ]);
});

describe("questions", () => {
  const info = (request: object): unknown => {
    const v = open();
    v.venue.deliver(START, FULL);
    v.venue.deliver(START, trades(5, 1));
    const reply = v.venue.info(JSON.stringify(request));
    return reply.status === 200 ? JSON.parse(reply.text) : `${reply.status} ${reply.text}`;
  };
  const UNREADABLE = "422 Failed to deserialize the JSON body into the target type";
  const user = "0x00000000000000000000000000000000000000AA";

  test.each([
    [{ type: "perpDexs" }, [null, { name: "sim", fullName: "generated", deployerFeeScale: "1.0" }]],
    [
      { type: "userFees", user },
      { userCrossRate: "0.00045", userAddRate: "0.00015", activeReferralDiscount: "0.0" },
    ],
    [
      { type: "userRateLimit", user },
      { cumVlm: "0.0", nRequestsUsed: 0, nRequestsCap: 10_000, nRequestsSurplus: 0 },
    ],
    [{ type: "exchangeStatus" }, { time: 1_767_225_600_000, specialStatuses: null }],
    [
      { type: "l2Book", coin: "sim:HYPE" },
      { coin: "sim:HYPE", time: 1_767_225_600_000, levels: [[], []] },
    ],
    [{ type: "l2Book", coin: "NOPE" }, null],
    [{ type: "meta", dex: "nope" }, null],
    [{ type: "userFees", user: "0x1" }, UNREADABLE],
    [{ type: "nope" }, UNREADABLE],
    [[], UNREADABLE],
  ] as [object, unknown][])("%o", (request, expected) => {
    expect(info(request)).toEqual(expected);
  });

  test("meta with contexts has one for each market, in order", () => {
    const [meta, contexts] = info({ type: "metaAndAssetCtxs", dex: "sim" }) as [{ universe: unknown[] }, unknown[]];
    expect(contexts.length).toBe(meta.universe.length);
  });

  test("what is no JSON is refused in the venue's words", () => {
    expect(open().venue.info("{")).toMatchObject({ status: 422, contentType: "text/plain" });
  });
});
