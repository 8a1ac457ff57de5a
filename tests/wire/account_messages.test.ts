import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PERP_DECIMALS, parseScaled } from "../../src/core/units.ts";
import { readQuota, readSpot } from "../../src/wire/hyperliquid/account_answers.ts";
import type { FillFact } from "../../src/wire/hyperliquid/account_facts.ts";
import { AccountCodec, microUsd } from "../../src/wire/hyperliquid/account_messages.ts";
import { CLOID, Desk, key, ONE, T0, TWO, traded } from "../fixtures/exchange.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

const USER = "0x360878d351f05975e25f1807a27895e1e5e004fb";
const MARKETS = [
  { coin: "BTC", market: 0, szDecimals: 5 },
  { coin: "xyz:XYZ100", market: 1, szDecimals: 4 },
  { coin: "xyz:SP500", market: 2, szDecimals: 3 },
];
const LOCAL = [
  { coin: "AAA", market: 0, szDecimals: 2 },
  { coin: "xyz:AAA", market: 1, szDecimals: 2 },
];
const codec = new AccountCodec(USER, MARKETS);

const captured = readFileSync(join(import.meta.dir, "../fixtures/captured.ndjson"), "utf8")
  .trim()
  .split("\n");
const of = (channel: string, nth = 0): string =>
  captured.filter((line) => line.startsWith(`{"channel":"${channel}"`))[nth] as string;

describe("captured pushes", () => {
  test("orderUpdates: a coin that is not followed keeps its words and has no lots", () => {
    const message = codec.readText(of("orderUpdates"));
    expect(message).toMatchObject({ channel: "orderUpdates", isSnapshot: false, problem: "" });
    expect(message?.facts).toMatchObject([
      { coin: "@107", market: -1, status: "open", leavesLots: Number.NaN, px: Number.NaN, side: 1 },
      { coin: "@107", market: -1, status: "filled" },
      {
        kind: "order",
        market: 1,
        coin: "xyz:XYZ100",
        oid: 566617840215,
        cloid: "0x000000000000000000065d291b5eb630",
        status: "canceled",
        side: -1,
        px: 3116950,
        leavesLots: 1000,
        origLots: 1000,
        reduceOnly: false,
        isTrigger: false,
        timeUs: 1791281001374000,
      },
    ]);
  });

  test("orderUpdates: a rejected order", () => {
    expect(codec.readText(of("orderUpdates", 1))?.facts).toMatchObject([
      { market: 0, status: "badAloPxRejected", px: 640200, leavesLots: 117163 },
    ]);
  });

  test("user: a fill of a liquidation, with start position, fee and client id", () => {
    expect(codec.readText(of("user"))?.facts).toEqual([
      {
        kind: "fill",
        market: 0,
        coin: "BTC",
        oid: 55030848197,
        cloid: "0xe8d5fd7ebbb4c3cff4d1803472a11463",
        tid: 745210434703679,
        side: -1,
        px: 666530,
        lots: 100,
        feeUsd: 9997,
        crossed: false,
        startLots: -2130,
        timeUs: 1781528065899000,
        liquidated: true,
      },
    ]);
    const other = new AccountCodec(ONE, MARKETS).readText(of("user"));
    expect(other?.facts).toMatchObject([{ liquidated: false }]);
  });

  test("user: funding, and what the venue cancelled", () => {
    expect(codec.readText(of("user", 1))?.facts).toEqual([
      { kind: "funding", market: 0, coin: "BTC", usd: -601087, timeUs: 1791280800037000 },
    ]);
    expect(codec.readText(of("user", 2))?.facts).toEqual([
      { kind: "venue_cancel", market: -1, coin: "PNUT", oid: 566615769247 },
    ]);
    expect(codec.read("user", {})).toEqual({ channel: "user", isSnapshot: false, facts: [], problem: "" });
  });

  test("userFills: a snapshot says so, and builder fees are in the fee", () => {
    const message = codec.readText(of("userFills"));
    expect(message?.isSnapshot).toBe(true);
    expect(message?.facts).toMatchObject([{ market: 2, px: 7429100, lots: 1149, feeUsd: 4489271, startLots: 0 }]);
  });

  test("openOrders and userFundings", () => {
    expect(codec.readText(of("openOrders"))?.facts).toMatchObject([
      { market: 1, status: "open", leavesLots: 296, origLots: 320, isTrigger: false, timeUs: 1791280999484000 },
    ]);
    const fundings = codec.readText(of("userFundings"));
    expect(fundings).toMatchObject({ isSnapshot: true, facts: [{ market: -1, coin: "ENA", usd: -2388780 }] });
  });

  test("channels of markets are none of the account's; a notification says nothing new", () => {
    for (const channel of ["bbo", "l2Book", "trades", "candle", "allMids", "activeAssetCtx", "spotState"])
      expect(codec.readText(of(channel))).toBeNull();
    expect(codec.read("notification", { notification: "Resting order filled" })?.facts).toEqual([]);
    for (const text of ["", "[]", "{", '{"data":1}', "Websocket connection established."])
      expect(codec.readText(text)).toBeNull();
  });
});

describe("what does not fit is named, and hides nothing else", () => {
  const fill = (over: object): object => ({
    ...(JSON.parse(of("user")) as { data: { fills: object[] } }).data.fills[0],
    ...over,
  });

  test.each([
    ["a price off the grid", { px: "66653.12" }, "BTC: price 66653.12"],
    ["a size off the grid", { sz: "0.0000001" }, "size 0.0000001"],
    ["a start position that is near no lot", { startPosition: "0.000005" }, "position 0.000005"],
    ["no side", { side: "X" }, "side"],
    ["a number where a string is due", { px: 66653 }, "px"],
    ["no id", { tid: undefined }, "tid"],
  ])("a fill with %s", (_, over, problem) => {
    const message = codec.read("userFills", { fills: [fill(over), fill({ tid: 5 })] });
    expect(message?.problem).toContain(problem);
    expect(message?.facts).toMatchObject([{ tid: 5 }]);
  });

  test("unknown keys are left alone, unknown statuses kept", () => {
    expect(codec.read("userFills", { fills: [fill({ newKey: 1 })], other: true })?.problem).toBe("");
    const update = (JSON.parse(of("orderUpdates", 1)) as { data: object[] }).data[0];
    expect(codec.read("orderUpdates", [{ ...update, status: "somethingNew" }])?.facts).toMatchObject([
      { status: "somethingNew" },
    ]);
  });

  test.each(["orderUpdates", "userFills", "user", "userFundings", "openOrders", "clearinghouseState"])(
    "%s of another shape",
    (channel) => {
      const message = codec.read(channel, "text");
      expect(message?.facts).toEqual([]);
      expect(message?.problem).toStartWith(`${channel}: `);
    },
  );
});

describe("numbers", () => {
  test.each([
    ["-2.38878", -2388780],
    ["0.0", 0],
    ["-0.0000001", 0],
    ["3155203.7660619998", 3155203766062],
    ["1e-05", 10],
  ])("%s dollars", (text, usd) => {
    expect(Object.is(microUsd(text), usd)).toBe(true);
  });

  test("positions that are doubles are read back to their lots", () => {
    const one = new AccountCodec(USER, [{ coin: "DOGE", market: 0, szDecimals: 1 }]);
    const fill = { coin: "DOGE", px: "0.2", sz: "1.5", side: "B", time: 1, oid: 1, crossed: true, fee: "0.0", tid: 1 };
    expect(one.fills([{ ...fill, startPosition: "-4036580.1000000001" }]).facts).toMatchObject([
      { startLots: -40365801 },
    ]);
  });
});

describe("the local exchange", () => {
  const local = new AccountCodec(TWO, LOCAL);

  test("fills, orders and state of what was traded", () => {
    const desk = traded();
    const fills = local.fills(desk.info({ type: "userFills", user: TWO }));
    expect(fills).toEqual({
      facts: [expect.objectContaining({ px: 300000, lots: 100, side: 1, startLots: 0 })],
      problem: "",
    });
    const byTime = local.fills(desk.info({ type: "userFillsByTime", user: TWO, startTime: T0 }));
    expect(byTime.facts).toEqual(fills.facts);
    const open = local.openOrders(desk.info({ type: "frontendOpenOrders", user: TWO }));
    expect(open.facts).toMatchObject([{ px: 330000, leavesLots: 100, isTrigger: true, reduceOnly: true }]);
    const plain = local.openOrders(desk.info({ type: "openOrders", user: ONE }));
    expect(plain.facts).toMatchObject([{ px: 300000, leavesLots: 100, origLots: 200, cloid: CLOID }]);
    const state = local.state("", desk.info({ type: "clearinghouseState", user: TWO }));
    const positions = [expect.objectContaining({ lots: 100, sizeText: "1.0", entryPx: 300000, isCross: true })];
    expect(state.facts).toEqual([expect.objectContaining({ dex: "", positions })]);
    expect(local.state("xyz", desk.info({ type: "clearinghouseState", user: TWO, dex: "xyz" })).facts).toEqual([
      expect.objectContaining({ dex: "xyz", positions: [], accountValueUsd: 100_000_000_000 }),
    ]);
  });

  test("orderStatus: as of the last change of status; unknown is said, not guessed", () => {
    const desk = traded();
    expect(local.orderStatus(desk.info({ type: "orderStatus", user: ONE, oid: CLOID }))).toMatchObject({
      status: "open",
      leavesLots: 200,
      cloid: CLOID,
    });
    expect(local.orderStatus(desk.info({ type: "orderStatus", user: ONE, oid: 7 }))).toBe("unknown");
    expect(local.orderStatus({ status: "who knows" })).toBeNull();
    expect(local.orderStatus(null)).toBeNull();
  });

  test("every push of every account channel is understood, through fills, cancels, rejects and funding", () => {
    const desk = new Desk();
    desk.fund("1");
    desk.fund("2");
    const ear = desk.ear();
    for (const type of ["orderUpdates", "userFills", "userEvents", "userFundings", "notification"])
      ear.say({ method: "subscribe", subscription: { type, user: TWO } });
    for (const dex of ["", "xyz"])
      for (const type of ["openOrders", "clearinghouseState"])
        ear.say({ method: "subscribe", subscription: { type, user: TWO, dex } });
    ear.say({ method: "subscribe", subscription: { type: "allDexsClearinghouseState", user: TWO } });
    desk.act(key("1"), orderAction(limit(0, "sell", "2", "30"), limit(110_000, "sell", "2", "30")));
    desk.act(key("2"), orderAction(limit(0, "buy", "1", "31", "Ioc"), limit(110_000, "buy", "1", "30")));
    desk.act(key("2"), orderAction(limit(0, "buy", "1", "30", "Alo"), limit(0, "buy", "1", "29")));
    desk.bench.steps(60_000);
    const counts = new Map<string, number>();
    for (const text of ear.heard) {
      const message = local.readText(text);
      if (message === null) continue;
      expect(message.problem).toBe("");
      for (const fact of message.facts) {
        const name = `${message.channel} ${fact.kind}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].sort()).toEqual([
      "allDexsClearinghouseState dex_state",
      "clearinghouseState dex_state",
      "openOrders order",
      "orderUpdates order",
      "user fill",
      "user funding",
      "userFills fill",
      "userFundings funding",
    ]);
    expect(counts.get("userFills fill")).toBe(counts.get("user fill") as number);
    const fundings = local.fundings(desk.info({ type: "userFunding", user: TWO, startTime: 1 }));
    expect(fundings.problem).toBe("");
    expect(fundings.facts.length).toBe(counts.get("user funding") as number);
  });

  test("requests, spot, agents and roles", () => {
    const desk = traded();
    expect(readQuota(desk.info({ type: "userRateLimit", user: TWO }))).toEqual({
      kind: "quota",
      usedCount: 2,
      capCount: 10_030,
      reservedCount: 0,
      volumeUsd: 30_000_000,
    });
    expect(readSpot(desk.info({ type: "spotClearinghouseState", user: TWO }))).toEqual([]);
    expect(readSpot({ balances: [{ coin: "USDC", token: 0, total: "100508.11272667", hold: "1.5" }] })).toEqual([
      { coin: "USDC", totalUsd: 100508112727, holdUsd: 1500000 },
    ]);
    for (const read of [readQuota, readSpot]) expect(read("null")).toBeNull();
  });
});

const data = process.env.MMBIN_DATA;

describe.skipIf(data === undefined)("fills of the whole exchange (need MMBIN_DATA)", () => {
  test("every one is read, and prints the same size and price again", () => {
    const path = join(data ?? "", "node-fills", "hl-2025-10-27T1700Z-81s-all-coins.ndjson.gz");
    const lines = gunzipSync(readFileSync(path)).toString().trim().split("\n");
    const fills = lines.flatMap((line) => (JSON.parse(line) as { events: [string, Record<string, string>][] }).events);
    const perps = fills.map(([, fill]) => fill).filter(({ coin }) => !/^@|\//.test(coin as string));
    // The grid of a coin is not in the recording: the finest that its sizes and positions use, but for what doubles add.
    const decimals = new Map<string, number>();
    for (const { coin, sz, startPosition } of perps)
      for (const text of [sz as string, startPosition as string]) {
        const digits = text.endsWith(".0") ? 0 : (text.split(".")[1] as string).length;
        if (digits < 6) decimals.set(coin as string, Math.max(decimals.get(coin as string) ?? 0, digits));
      }
    const markets = [...decimals].map(([coin, szDecimals], market) => ({ coin, market, szDecimals }));
    const { facts, problem } = new AccountCodec(USER, markets).fills(fills.map(([, fill]) => fill));
    expect([problem, facts.length]).toEqual(["", fills.length]);
    const followed = facts.filter((fact) => fact.market >= 0);
    expect(followed.length).toBe(perps.length);
    followed.forEach((fact: FillFact, i) => {
      const { px, sz, fee, startPosition } = perps[i] as { px: string; sz: string; fee: string; startPosition: string };
      const szDecimals = decimals.get(fact.coin) as number;
      expect([fact.px, fact.lots, fact.feeUsd]).toEqual([
        parseScaled(px, PERP_DECIMALS - szDecimals),
        parseScaled(sz, szDecimals),
        parseScaled(fee, PERP_DECIMALS),
      ]);
      expect(Math.abs(fact.startLots / 10 ** szDecimals - Number(startPosition))).toBeLessThan(1e-6);
    });
  });
});
