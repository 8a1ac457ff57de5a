import { describe, expect, test } from "bun:test";
import type {
  L2BookResponse,
  MarginTableResponse,
  MetaAndAssetCtxsResponse,
  MetaResponse,
  PerpDexLimitsResponse,
  PerpDexsResponse,
  PredictedFundingsResponse,
  RecentTradesResponse,
  SpotMetaResponse,
} from "@nktkas/hyperliquid/api/info";
import { printSpotContexts } from "../../src/exchange/print_spot.ts";
import { Desk, key, ONE, T0, TWO, traded } from "../fixtures/exchange.ts";
import { dexSpec, limit, marketSpec, orderAction, venueSpec } from "../fixtures/venue.ts";

// Expected answers have the types that @nktkas/hyperliquid declares: the compiler checks their shape, the test their values.

const UNREADABLE = "422 Failed to deserialize the JSON body into the target type";
const NOTHING = "500 null";

describe("markets", () => {
  test("meta: keys are there only where they apply", () => {
    const main: MetaResponse = {
      universe: [
        { szDecimals: 2, name: "AAA", maxLeverage: 10, marginTableId: 10 },
        { szDecimals: 0, name: "BBB", maxLeverage: 10, marginTableId: 10 },
      ],
      marginTables: [],
      collateralToken: 0,
    };
    const desk = new Desk();
    expect(desk.info({ type: "meta" })).toEqual(main);
    const scale = { deployerFeeScale: "1.0", lastFeeScaleChangeTime: "1970-01-01T00:00:00" };
    const hip3: MetaResponse = {
      universe: [
        {
          szDecimals: 2,
          name: "xyz:AAA",
          maxLeverage: 10,
          marginTableId: 10,
          onlyIsolated: true,
          marginMode: "strictIsolated",
          ...scale,
        },
        {
          szDecimals: 2,
          name: "xyz:GGG",
          maxLeverage: 10,
          marginTableId: 10,
          growthMode: "enabled",
          lastGrowthModeChangeTime: "1970-01-01T00:00:00",
          ...scale,
        },
      ],
      marginTables: [],
      collateralToken: 0,
    };
    expect(desk.info({ type: "meta", dex: "xyz" })).toEqual(hip3);
    expect(desk.info({ type: "allPerpMetas" })).toEqual([main, hip3]);
    desk.bench.venue.delist(desk.bench.venue.marketByCoin("AAA") as never);
    expect((desk.info({ type: "meta" }) as MetaResponse).universe[0]).toEqual({
      ...(main.universe[0] as MetaResponse["universe"][0]),
      isDelisted: true,
    });
  });

  test("margin tables of several tiers have ids of their own, those of one tier are their leverage", () => {
    const marginTiers = [
      { lowerBoundUsd: 0, maxLeverage: 40 },
      { lowerBoundUsd: 150_000_000_000_000, maxLeverage: 20 },
    ];
    const dex = dexSpec("", [marketSpec({ coin: "BTC", maxLeverage: 40, marginTiers })]);
    const desk = new Desk({ dexs: [dex, dexSpec("xyz", [marketSpec({ coin: "xyz:A" })])] });
    const table: MarginTableResponse = {
      description: "tiered 40x",
      marginTiers: [
        { lowerBound: "0.0", maxLeverage: 40 },
        { lowerBound: "150000000.0", maxLeverage: 20 },
      ],
    };
    expect(desk.info({ type: "meta" })).toMatchObject({
      universe: [{ name: "BTC", marginTableId: 50 }],
      marginTables: [[50, table]],
    });
    expect(desk.info({ type: "meta", dex: "xyz" })).toMatchObject({ marginTables: [] });
    expect(desk.info({ type: "marginTable", id: 50 })).toEqual(table);
    expect(desk.info({ type: "marginTable", id: 10 })).toEqual({
      description: "",
      marginTiers: [{ lowerBound: "0.0", maxLeverage: 10 }],
    });
    expect(desk.info({ type: "marginTable", id: 51 })).toBe(NOTHING);
  });

  test("dexs: the venue's own is null, the place of the others their index", () => {
    const dexs: PerpDexsResponse = [
      null,
      {
        name: "xyz",
        fullName: "xyz",
        deployer: "0x00000000000000000000000000000000000000de",
        oracleUpdater: null,
        feeRecipient: null,
        assetToStreamingOiCap: [
          ["xyz:AAA", "1000000000.0"],
          ["xyz:GGG", "1000000000.0"],
        ],
        subDeployers: [],
        deployerFeeScale: "1.0",
        lastDeployerFeeScaleChangeTime: "1970-01-01T00:00:00",
        assetToFundingMultiplier: [
          ["xyz:AAA", "1.0"],
          ["xyz:GGG", "1.0"],
        ],
        assetToFundingInterestRate: [
          ["xyz:AAA", "0.0001"],
          ["xyz:GGG", "0.0001"],
        ],
      },
    ];
    const desk = traded();
    expect(desk.info({ type: "perpDexs" })).toEqual(dexs);
    const limits: PerpDexLimitsResponse = {
      totalOiCap: "1000000000.0",
      oiSzCapPerPerp: "1000000000.0",
      maxTransferNtl: "100000000.0",
      coinToOiCap: [
        ["xyz:AAA", "1000000000.0"],
        ["xyz:GGG", "1000000000.0"],
      ],
    };
    expect(desk.info({ type: "perpDexLimits", dex: "xyz" })).toEqual(limits);
    expect(desk.info({ type: "perpDexLimits", dex: "" })).toBeNull();
    expect(desk.info({ type: "perpDexStatus", dex: "xyz" })).toEqual({ totalNetDeposit: "200000.0" });
  });

  test("contexts: open interest counts one side, a thin book has no premium", () => {
    const [, contexts] = traded().info({ type: "metaAndAssetCtxs" }) as MetaAndAssetCtxsResponse;
    const first: MetaAndAssetCtxsResponse[1][0] = {
      funding: "0.0000125",
      openInterest: "1.0",
      prevDayPx: "30.0",
      dayNtlVlm: "30.0",
      premium: null,
      oraclePx: "30.0",
      markPx: "30.0",
      midPx: null,
      impactPxs: null,
      dayBaseVlm: "1.0",
    };
    expect(contexts[0]).toEqual(first);
    expect(contexts.length).toBe(2);
  });

  test("a deep book has impact prices, a premium and a middle between two price units", () => {
    const desk = new Desk();
    desk.fund("1", 1e13);
    desk.act(key("1"), orderAction(limit(0, "buy", "1000", "29.999"), limit(0, "sell", "1000", "30.002")));
    desk.bench.steps(100);
    const [, contexts] = desk.info({ type: "metaAndAssetCtxs" }) as MetaAndAssetCtxsResponse;
    expect(contexts[0]).toMatchObject({ midPx: "30.0005", impactPxs: ["29.999", "30.002"], premium: "0.0" });
    expect(desk.info({ type: "allMids" })).toEqual({ AAA: "30.0005", BBB: "30.0" });
  });

  test("coins at their cap of open interest", () => {
    const desk = traded();
    const market = desk.bench.venue.marketByCoin("AAA") as { oiCapUsd: number };
    expect(desk.info({ type: "perpsAtOpenInterestCap" })).toEqual([]);
    market.oiCapUsd = 30_000_000;
    expect(desk.info({ type: "perpsAtOpenInterestCap" })).toEqual(["AAA"]);
  });

  test("tokens, outcomes, status, and caps of market orders", () => {
    const desk = new Desk();
    const spot = desk.info({ type: "spotMeta" }) as SpotMetaResponse;
    const usdc: SpotMetaResponse["tokens"][0] = {
      name: "USDC",
      szDecimals: 8,
      weiDecimals: 8,
      index: 0,
      tokenId: "0x6d1e7cde53ba9467b783cb7c530ce054",
      isCanonical: true,
      evmContract: null,
      fullName: null,
      deployerTradingFeeShare: "0.0",
    };
    expect(spot.tokens[0]).toEqual(usdc);
    const pair: SpotMetaResponse["universe"][0] = { tokens: [1, 0], name: "PURR/USDC", index: 0, isCanonical: true };
    expect([spot.universe, spot.tokens.map((token) => token.index)]).toEqual([[pair], [0, 1, 235]]);
    expect(desk.info({ type: "spotMetaAndAssetCtxs" })).toEqual([spot, printSpotContexts()]);
    expect(desk.info({ type: "outcomeMeta" })).toEqual({ outcomes: [], questions: [] });
    expect(desk.info({ type: "exchangeStatus" })).toEqual({ time: T0, specialStatuses: null });
    expect(desk.info({ type: "maxMarketOrderNtls" })).toEqual([
      [25, "30000000.0"],
      [20, "5000000.0"],
      [10, "2000000.0"],
      [0, "500000.0"],
    ]);
  });

  test("books, trades, candles", () => {
    const desk = traded();
    const book: L2BookResponse = {
      coin: "AAA",
      time: T0 + 210,
      levels: [[], [{ px: "30.0", sz: "1.0", n: 1 }]],
    };
    expect(desk.info({ type: "l2Book", coin: "AAA" })).toEqual(book);
    expect(desk.info({ type: "l2Book", coin: "NOPE" })).toBeNull();
    expect(desk.info({ type: "l2Book", coin: "AAA", nSigFigs: 6 })).toBe(NOTHING);
    const [trade] = desk.info({ type: "recentTrades", coin: "AAA" }) as RecentTradesResponse;
    expect(trade).toMatchObject({ coin: "AAA", side: "B", px: "30.0", sz: "1.0", time: T0 + 140, users: [TWO, ONE] });
    expect(trade?.hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(desk.info({ type: "candleSnapshot", req: { coin: "AAA", interval: "1h", startTime: 0 } })).toEqual([
      {
        t: 1_789_999_200_000,
        T: 1_790_002_799_999,
        s: "AAA",
        i: "1h",
        o: "30.0",
        c: "30.0",
        h: "30.0",
        l: "30.0",
        v: "1.0",
        n: 1,
      },
    ]);
    const later = { coin: "AAA", interval: "1h", startTime: T0 };
    expect(desk.info({ type: "candleSnapshot", req: later })).toEqual([]);
  });

  test("funding: what is to come, and what was", () => {
    const desk = new Desk();
    const next = 1_790_002_800_000;
    const predicted = desk.info({ type: "predictedFundings" }) as PredictedFundingsResponse;
    expect(predicted[0]).toEqual([
      "AAA",
      [
        ["BinPerp", null],
        ["HlPerp", { fundingRate: "0.0000125", nextFundingTime: next, fundingIntervalHours: 1 }],
        ["BybitPerp", null],
      ],
    ]);
    desk.bench.steps(Math.ceil((next - T0) / 70) + 1);
    const ask = { type: "fundingHistory", coin: "AAA", startTime: 0 };
    const history = desk.info(ask) as { time: number }[];
    expect(history).toMatchObject([{ coin: "AAA", fundingRate: "0.0000125", premium: "0.0" }]);
    expect((history[0]?.time as number) - next).toBeWithin(0, 119);
    expect(desk.info({ ...ask, endTime: next - 1 })).toEqual([]);
  });
});

describe("what cannot be answered", () => {
  test.each([
    ["", UNREADABLE],
    ["{", UNREADABLE],
    ["null", UNREADABLE],
    [[], UNREADABLE],
    [{ type: "nope" }, UNREADABLE],
    [{ type: "constructor" }, UNREADABLE],
    [{ type: "meta", dex: 1 }, UNREADABLE],
    [{ type: "meta", dex: "none" }, NOTHING],
    [{ type: "openOrders" }, UNREADABLE],
    [{ type: "openOrders", user: "0x1" }, UNREADABLE],
    [{ type: "openOrders", user: ONE, dex: "none" }, NOTHING],
    [{ type: "orderStatus", user: ONE, oid: "0x1" }, UNREADABLE],
    [{ type: "orderStatus", user: ONE }, UNREADABLE],
    [{ type: "userFillsByTime", user: ONE, startTime: "1" }, UNREADABLE],
    [{ type: "candleSnapshot", coin: "AAA", interval: "1m", startTime: 0 }, UNREADABLE],
    [{ type: "candleSnapshot", req: { coin: "AAA", interval: "2m", startTime: 0 } }, UNREADABLE],
    [{ type: "candleSnapshot", req: { coin: "NOPE", interval: "1m", startTime: 0 } }, NOTHING],
    [{ type: "recentTrades", coin: "NOPE" }, NOTHING],
    [{ type: "fundingHistory", coin: "NOPE", startTime: 0 }, NOTHING],
    [{ type: "activeAssetData", user: ONE, coin: "@107" }, NOTHING],
    [{ type: "clearinghouseState", user: ONE, dex: "none" }, NOTHING],
  ] as [object | string, string][])("%o: %s", (question, expected) => {
    expect(new Desk().info(question)).toBe(expected);
  });

  test("the last ten trades, newest first", () => {
    const desk = new Desk();
    desk.fund("1");
    desk.fund("2");
    for (let i = 0; i < 12; i++) desk.act(key("1"), orderAction(limit(0, "sell", "1", String(30 + i / 10))));
    desk.act(key("2"), orderAction(limit(0, "buy", "12", "32", "Ioc")));
    const pxs = (desk.info({ type: "recentTrades", coin: "AAA" }) as RecentTradesResponse).map((trade) => trade.px);
    expect([pxs.length, pxs[0], pxs[9]]).toEqual([10, "31.1", "30.2"]);
  });

  test("what has no dex of its own has the venue's", () => {
    const spec = venueSpec();
    expect(new Desk().info({ type: "meta", dex: null })).toMatchObject({
      universe: [{ name: spec.dexs[0]?.markets[0]?.coin }, {}],
    });
  });
});
