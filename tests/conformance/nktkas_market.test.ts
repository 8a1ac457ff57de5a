/**
 * @nktkas/hyperliquid asks the local exchange about its markets; every answer is held against the types that the package declares.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { HttpTransport, type InfoClient } from "@nktkas/hyperliquid";
import { SymbolConverter } from "@nktkas/hyperliquid/utils";
import { ExchangeFixture } from "../fixtures/loopback_exchange.ts";
import { nkClients } from "../fixtures/nktkas.ts";
import { TypeWitness } from "../fixtures/nktkas_types.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";

describe.skipIf(!enabled)("@nktkas/hyperliquid on markets (needs MMBIN_PROCESS_TESTS=1)", () => {
  const witness = new TypeWitness();
  let venue: ExchangeFixture;
  let info: InfoClient;

  beforeAll(() => {
    venue = new ExchangeFixture();
    info = nkClients(venue, 1).info;
    for (let i = 0; i < 25; i++) {
      venue.house("BTC", true, String(89_990 - 7 * i), "0.5");
      venue.house("BTC", false, String(90_010 + 7 * i), "0.25");
    }
    venue.house("BTC", true, "89990", "0.1");
    venue.house("sim:XYZ", true, "499.5", "10");
    venue.house("sim:XYZ", false, "500.5", "10");
  });
  afterAll(() => venue.stop());

  test("meta lists markets in the order of their ids, with keys only where they say something", async () => {
    const main = witness.info("meta", await info.meta());
    expect(main.universe.map((u) => [u.name, u.szDecimals, u.maxLeverage])).toEqual([
      ["BTC", 5, 40],
      ["ETH", 4, 25],
      ["HYPE", 2, 10],
    ]);
    expect(main.collateralToken).toBe(0);
    const tables = new Map(main.marginTables);
    for (const entry of main.universe)
      expect(
        entry.marginTableId < 50 ? entry.maxLeverage : tables.get(entry.marginTableId)?.marginTiers[0]?.maxLeverage,
      ).toBe(entry.marginTableId < 50 ? entry.marginTableId : entry.maxLeverage);
    expect(main.universe.some((u) => "onlyIsolated" in u || "marginMode" in u || "growthMode" in u)).toBe(false);
    const sim = witness.info("meta", await info.meta({ dex: "sim" }));
    expect(sim.universe.map((u) => u.name)).toEqual(["sim:HYPE", "sim:XYZ"]);
    expect(sim.universe[1]).toMatchObject({ onlyIsolated: true, marginMode: "strictIsolated", growthMode: "enabled" });
    expect(sim.universe[0]).not.toHaveProperty("growthMode");
  });

  test("contexts stand in the order of the universe", async () => {
    for (const dex of ["", "sim"]) {
      const [meta, contexts] = witness.info("metaAndAssetCtxs", await info.metaAndAssetCtxs({ dex }), dex);
      expect(contexts.length).toBe(meta.universe.length);
    }
    const [, contexts] = await info.metaAndAssetCtxs();
    expect(contexts[0]).toMatchObject({ midPx: "90000.0", oraclePx: "90000.0", markPx: "90000.0" });
    // Nobody quotes ETH.
    expect(contexts[1]).toMatchObject({ midPx: null, impactPxs: null, premium: null });
  });

  test("dexs: the first is null, a place in the list is the dex's index", async () => {
    const dexs = witness.info("perpDexs", await info.perpDexs());
    expect(dexs.length).toBe(2);
    expect(dexs[0]).toBeNull();
    expect(dexs[1]).toMatchObject({ name: "sim", deployerFeeScale: "1.0" });
    const metas = witness.info("allPerpMetas", await info.allPerpMetas());
    expect(metas.map((m) => m.universe.length)).toEqual([3, 2]);
  });

  test("SymbolConverter finds ids and sizes, on the HIP-3 dex too", async () => {
    const transport = new HttpTransport({ apiUrl: venue.url, isTestnet: true });
    const converter = await SymbolConverter.create({ transport, dexs: ["sim"] });
    expect(["BTC", "HYPE", "sim:HYPE", "sim:XYZ", "sim:NONE"].map((c) => converter.getAssetId(c))).toEqual([
      0,
      2,
      110_000,
      110_001,
      undefined,
    ]);
    expect(["BTC", "HYPE", "sim:XYZ"].map((c) => converter.getSzDecimals(c))).toEqual([5, 2, 3]);
    const all = await SymbolConverter.create({ transport, dexs: true });
    expect(all.getAssetId("sim:HYPE")).toBe(110_000);
  });

  test("mids: without prefix on the venue's own dex, with it on a HIP-3 one", async () => {
    const main = witness.info("allMids", await info.allMids());
    expect(main.BTC).toBe("90000.0");
    expect(Object.keys(main).some((coin) => coin.includes(":"))).toBe(false);
    const sim = witness.info("allMids", await info.allMids({ dex: "sim" }));
    expect(sim["sim:XYZ"]).toBe("500.0");
  });

  test("a book has 20 levels a side, best first, with the count of orders", async () => {
    const book = witness.info("l2Book", await info.l2Book({ coin: "BTC" }));
    const [bids, asks] = book?.levels ?? [[], []];
    expect([bids.length, asks.length]).toEqual([20, 20]);
    expect(bids[0]).toEqual({ px: "89990.0", sz: "0.6", n: 2 });
    expect(asks[0]).toEqual({ px: "90010.0", sz: "0.25", n: 1 });
    expect(bids[19]?.px).toBe("89857.0");
    expect(book).not.toHaveProperty("spread");
    expect(await info.l2Book({ coin: "NONE" })).toBeNull();
    expect(witness.info("l2Book", await info.l2Book({ coin: "ETH" }))?.levels).toEqual([[], []]);
  });

  test.each([
    [5, undefined, "89990.0", "90010.0"],
    [5, 2, "89990.0", "90010.0"],
    [5, 5, "89990.0", "90010.0"],
    [4, undefined, "89990.0", "90010.0"],
    [3, undefined, "89900.0", "90100.0"],
    [2, undefined, "89000.0", "91000.0"],
  ] as const)("a book to %d figures, mantissa %p: bids down, asks up", async (nSigFigs, mantissa, bid, ask) => {
    const book = await info.l2Book({ coin: "BTC", nSigFigs, mantissa });
    witness.info("l2Book", book, `${nSigFigs} ${mantissa}`);
    const [bids, asks] = book?.levels ?? [[], []];
    expect([bids[0]?.px, asks[0]?.px]).toEqual([bid, ask]);
    // The touch itself: 89990 and 90010.
    expect(book?.spread).toBe("20.0");
    const step = { 5: mantissa ?? 1, 4: 10, 3: 100, 2: 1_000 }[nSigFigs];
    for (const level of [...bids, ...asks]) expect(Number(level.px) % step).toBe(0);
    // Everything within the grid of the first level is in it: 25 orders and the second one at 89990 for coarse grids.
    if (nSigFigs === 2)
      expect([bids[0], asks[0]]).toEqual([
        { px: "89000.0", sz: "12.6", n: 26 },
        { px: "91000.0", sz: "6.25", n: 25 },
      ]);
  });

  test("trades and candles agree", async () => {
    venue.fund("0x00000000000000000000000000000000000000aa", 1_000_000);
    const other = venue.venue.accountOf("0x00000000000000000000000000000000000000aa");
    const take = (isBuy: boolean, px: string, s: string): void => {
      const order = { a: 0, b: isBuy, p: px, s, r: false, t: { limit: { tif: "Ioc" as const } } };
      venue.venue.submitHouse({ account: other, action: { type: "order", orders: [order], grouping: "na" } });
      venue.step();
    };
    const startTime = venue.nowMs;
    take(true, "90010", "0.1");
    take(true, "90017", "0.2");
    take(false, "89990", "0.3");
    const trades = witness.info("recentTrades", await info.recentTrades({ coin: "BTC" }));
    // Newest first; the second one took two levels.
    expect(trades.map((t) => [t.side, t.px, t.sz])).toEqual([
      ["A", "89990.0", "0.3"],
      ["B", "90017.0", "0.05"],
      ["B", "90010.0", "0.15"],
      ["B", "90010.0", "0.1"],
    ]);
    expect(new Set(trades.map((t) => t.tid)).size).toBe(4);
    expect(String(trades[0]?.users[1])).toBe(other.address);
    for (const interval of [
      "1m",
      "3m",
      "5m",
      "15m",
      "30m",
      "1h",
      "2h",
      "4h",
      "8h",
      "12h",
      "1d",
      "3d",
      "1w",
      "1M",
    ] as const) {
      const candles = await info.candleSnapshot({ coin: "BTC", interval, startTime: startTime - 90 * 86_400_000 });
      witness.info("candleSnapshot", candles, interval);
      const v = candles.reduce((sum, c) => sum + Number(c.v), 0);
      expect([v.toFixed(5), candles.reduce((sum, c) => sum + c.n, 0)]).toEqual(["0.60000", 4]);
      const last = candles.at(-1);
      expect([last?.s, last?.i, last?.h, last?.l, last?.c]).toEqual(["BTC", interval, "90017.0", "89990.0", "89990.0"]);
      expect((last?.T ?? 0) >= startTime && (last?.t ?? Number.POSITIVE_INFINITY) <= venue.nowMs).toBe(true);
    }
    expect(await info.candleSnapshot({ coin: "ETH", interval: "1m", startTime })).toEqual([]);
  });

  test("funding is paid each hour and remembered", async () => {
    const startTime = venue.nowMs;
    venue.advance(3_700_000);
    const rates = witness.info("fundingHistory", await info.fundingHistory({ coin: "BTC", startTime }));
    expect(rates.length).toBeGreaterThanOrEqual(1);
    expect(rates[0]?.coin).toBe("BTC");
    expect((rates[0]?.time ?? 0) % 3_600_000).toBeLessThan(200);
    const predicted = witness.info("predictedFundings", await info.predictedFundings());
    expect(predicted.map(([coin]) => coin)).toEqual(["BTC", "ETH", "HYPE"]);
    expect(predicted[0]?.[1].some(([name]) => name === "HlPerp")).toBe(true);
  });

  test("what else a client may ask about markets", async () => {
    witness.info("spotMeta", await info.spotMeta());
    witness.info("spotMetaAndAssetCtxs", await info.spotMetaAndAssetCtxs());
    witness.info("outcomeMeta", await info.outcomeMeta());
    expect(witness.info("exchangeStatus", await info.exchangeStatus())).toMatchObject({ time: venue.nowMs });
    witness.info("maxMarketOrderNtls", await info.maxMarketOrderNtls());
    expect(witness.info("marginTable", await info.marginTable({ id: 20 })).marginTiers).toEqual([
      { lowerBound: "0.0", maxLeverage: 20 },
    ]);
    expect(witness.info("perpDexLimits", await info.perpDexLimits({ dex: "sim" }))?.totalOiCap).toBe("100000000.0");
    expect(await info.perpDexLimits({ dex: "none" })).toBeNull();
    witness.info("perpDexStatus", await info.perpDexStatus({ dex: "sim" }));
    witness.info("perpDexStatus", await info.perpDexStatus({ dex: "" }));
    expect(witness.info("perpsAtOpenInterestCap", await info.perpsAtOpenInterestCap())).toEqual([]);
  });

  test("all answers are of the declared types", async () => {
    expect(witness.count).toBeGreaterThan(30);
    expect(await witness.differences()).toEqual([]);
  });
});
