import { describe, expect, test } from "bun:test";
import { feeRate, type InfoAnswer, marketSheet, resolveInstrument } from "../../src/wire/hyperliquid/instrument.ts";

const fees = { userCrossRate: "0.00045", userAddRate: "0.00015", activeReferralDiscount: "0.0" };
const zero = "0x0000000000000000000000000000000000000000";

function answers(set: { entry?: object; dex?: object; fees?: object; user?: string } = {}): InfoAnswer[] {
  return [
    {
      request: { type: "perpDexs" },
      response: [null, { name: "abc", deployerFeeScale: "0.5" }, { name: "xyz", deployerFeeScale: "1.0", ...set.dex }],
    },
    {
      request: { type: "meta" },
      response: { universe: [{ name: "BTC", szDecimals: 5, maxLeverage: 40, marginTableId: 40 }], collateralToken: 0 },
    },
    {
      request: { type: "meta", dex: "xyz" },
      response: {
        universe: [
          { name: "xyz:OLD", szDecimals: 1, maxLeverage: 5, isDelisted: true },
          {
            name: "xyz:XYZ100",
            szDecimals: 4,
            maxLeverage: 20,
            onlyIsolated: true,
            marginMode: "strictIsolated",
            growthMode: "enabled",
            ...set.entry,
          },
        ],
        collateralToken: 360,
      },
    },
    { request: { type: "userFees", user: set.user ?? zero }, response: { ...fees, ...set.fees } },
  ];
}

describe("fee rates", () => {
  // base, deployer scale, growth, referral -> basis points
  test.each([
    ["0.00015", null, false, "0", 1.5],
    ["0.00015", "1.0", false, "0", 3],
    ["0.00015", "1.0", true, "0", 0.3],
    ["0.00015", "0.5", false, "0", 2.25],
    ["0.00015", "3.0", false, "0", 9],
    ["0.00015", "0", false, "0", 1.5],
    ["0.00015", "1.0", false, "0.04", 2.88],
    ["0.00045", "1.0", false, "0.04", 8.64],
    ["0.000135", "1.0", true, "0.04", 0.2592],
    ["-0.00003", "1.0", false, "0.04", -0.3],
    ["-0.00003", "1.0", true, "0", -0.03],
  ])("%s at scale %p, growth %p, referral %s is %d bps", (base, scale, growth, referral, bps) => {
    expect(feeRate(base, scale, growth, referral) * 1e4).toBeCloseTo(bps, 10);
  });
});

describe("facts", () => {
  test("of a HIP-3 market in growth mode: asset id, fees, credit, isolation", () => {
    expect(resolveInstrument("xyz:XYZ100", answers())).toEqual({
      szDecimals: 4,
      maxLeverage: 20,
      assetId: 120_001,
      makerFeeFrac: 0.3e-4,
      takerFeeFrac: 0.9e-4,
      growth: true,
      creditRatio: 0.1,
      delisted: false,
      isolatedOnly: true,
      minNotionalUsd: 10_000_000,
    });
  });

  test("of the venue's own market", () => {
    expect(resolveInstrument("BTC", answers())).toMatchObject({
      assetId: 0,
      makerFeeFrac: 1.5e-4,
      creditRatio: 1,
      growth: false,
    });
  });

  test("a scale of the market goes before that of its dex", () => {
    const own = resolveInstrument(
      "xyz:XYZ100",
      answers({ entry: { deployerFeeScale: "2.0", growthMode: "disabled" } }),
    );
    expect(own.makerFeeFrac * 1e4).toBeCloseTo(6, 10);
  });

  test("a delisted market says so", () => {
    expect(resolveInstrument("xyz:OLD", answers()).delisted).toBe(true);
  });

  test("the newest answer holds", () => {
    const later = [
      ...answers(),
      { request: { type: "userFees", user: zero }, response: { ...fees, userAddRate: "0.0001" } },
    ];
    expect(resolveInstrument("BTC", later).makerFeeFrac * 1e4).toBeCloseTo(1, 10);
  });

  test("the sheet tells whose fees they are", () => {
    expect(marketSheet("BTC", answers()).feesOf).toBe("tier 0 (no address)");
    expect(marketSheet("xyz:XYZ100", answers({ user: "0xabc" }))).toMatchObject({
      feesOf: "0xabc",
      dexIndex: 2,
      collateralToken: 360,
      makerFeeBps: 0.3,
    });
  });
});

describe("nothing is guessed", () => {
  const without = (type: string, dex?: string): InfoAnswer[] =>
    answers().filter((a) => !(a.request.type === type && a.request.dex === dex));
  test.each([
    ["no meta", "BTC", without("meta"), "BTC: the tape holds no answer to meta"],
    ["no meta of the dex", "xyz:XYZ100", without("meta", "xyz"), "no answer to meta of dex xyz"],
    ["no list of dexs", "xyz:XYZ100", without("perpDexs"), "no answer to perpDexs"],
    ["no fees", "BTC", without("userFees"), "no answer to userFees"],
    ["a dex that is not listed", "xyz:XYZ100", answers({ dex: { name: "zzz" } }), "perpDexs does not list the dex xyz"],
    [
      "no fee scale",
      "xyz:XYZ100",
      answers({ dex: { deployerFeeScale: undefined } }),
      "neither meta nor perpDexs says its deployerFeeScale",
    ],
    [
      "an unknown margin mode",
      "xyz:XYZ100",
      answers({ entry: { marginMode: "lunar" } }),
      "meta of dex xyz is not understood at universe.1.marginMode",
    ],
    ["an unknown growth mode", "xyz:XYZ100", answers({ entry: { growthMode: "paused" } }), "universe.1.growthMode"],
    [
      "a rate that is no number",
      "BTC",
      answers({ fees: { userAddRate: "cheap" } }),
      "userFees is not understood at userAddRate",
    ],
  ])("%s", (_name, market, given, message) => {
    expect(() => resolveInstrument(market, given)).toThrow(message);
  });

  test("an unknown market is named with the nearest one", () => {
    expect(() => resolveInstrument("xyz:XYZ10", answers())).toThrow(
      "unknown market xyz:XYZ10: did you mean xyz:XYZ100?",
    );
    expect(() => resolveInstrument("QQQQQQQ", answers())).toThrow("there are BTC, xyz:OLD, xyz:XYZ100");
  });
});
