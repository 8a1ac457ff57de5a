import { expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import { printFunding } from "../../src/exchange/print_account.ts";
import { printBbo, printBook, printCandle, printContext, printTrade } from "../../src/exchange/print_market.ts";
import { printFill, printFrontendOrder, printOrder } from "../../src/exchange/print_order.ts";
import { frame, frameOf } from "../../src/exchange/topic.ts";
import type { VenueAccount } from "../../src/sim/venue/account.ts";
import { Level } from "../../src/sim/venue/book.ts";
import type { VenueFill } from "../../src/sim/venue/events.ts";
import { VenueMarket } from "../../src/sim/venue/market.ts";
import type { OrderRecord } from "../../src/sim/venue/order_record.ts";
import { dexSpec, marketSpec, venueSpec } from "../fixtures/venue.ts";

// Frames captured on mainnet in October 2026 (addresses shortened there, zeros here): what we print is equal, byte by byte, keys in their order.

const { tokens } = venueSpec();
const market = (coin: string, szDecimals: number): VenueMarket => {
  const spec = marketSpec({ coin, szDecimals, impactNotionalUsd: 1 });
  return new VenueMarket(0, 0, coin.includes(":") ? 1 : 0, dexSpec("", [spec]), spec);
};
const BTC = market("BTC", 5);
const XYZ = market("xyz:XYZ100", 4);
const account = { address: "0x" } as unknown as VenueAccount;
const fill = (over: Partial<VenueFill>): VenueFill => ({
  account,
  market: BTC,
  side: -1,
  px: 0,
  lots: 0,
  timeMs: 0,
  startLots: 0,
  dir: "",
  closedPnlUsd: 0,
  hash: "0x",
  oid: 0,
  crossed: false,
  feeUsd: 0,
  builderFeeUsd: 0,
  tid: 0,
  cloid: null,
  liquidation: null,
  ...over,
});
const order = (over: Partial<OrderRecord>): OrderRecord => ({
  oid: 0,
  market: BTC,
  side: 1,
  px: 0,
  lots: 0,
  origLots: 0,
  tif: "Alo",
  reduceOnly: false,
  cloid: null,
  timeMs: 0,
  trigger: null,
  status: "open",
  statusMs: 0,
  children: [],
  ...over,
});
const level = (px: number, lots: number, count: number): Level => Object.assign(new Level(px), { lots, count });

/** A market with a book of these levels, best first. */
function booked(coin: string, szDecimals: number, bids: Level[], asks: Level[]): VenueMarket {
  const made = market(coin, szDecimals);
  made.book.bids.push(...bids.reverse());
  made.book.asks.push(...asks.reverse());
  return made;
}

test("bbo", () => {
  const btc = booked("BTC", 5, [level(858_110, 948_256, 43)], [level(858_120, 409_277, 1)]);
  expect(frame("bbo", printBbo(btc, 1_791_278_884_013))).toBe(
    '{"channel":"bbo","data":{"coin":"BTC","time":1791278884013,"bbo":[{"px":"85811.0","sz":"9.48256","n":43},{"px":"85812.0","sz":"4.09277","n":1}]}}',
  );
});

test("books: full, fast, aggregated", () => {
  const form = { levelCount: 20, nSigFigs: null, mantissa: null, fast: false };
  const btc = booked(
    "BTC",
    5,
    [level(858_210, 96_592, 4), level(858_180, 80_629, 1)],
    [level(858_220, 2_698_831, 71), level(858_230, 442_262, 4)],
  );
  expect(printBook(btc, 1_791_278_882_097, form)).toBe(
    '{"coin":"BTC","time":1791278882097,"levels":[[{"px":"85821.0","sz":"0.96592","n":4},{"px":"85818.0","sz":"0.80629","n":1}],' +
      '[{"px":"85822.0","sz":"26.98831","n":71},{"px":"85823.0","sz":"4.42262","n":4}]]}',
  );
  const sol = booked("SOL", 2, [level(1_191_900, 89_630, 7)], [level(1_192_000, 68_482, 11)]);
  expect(printBook(sol, 1_791_279_270_407, { ...form, levelCount: 5, fast: true })).toBe(
    '{"coin":"SOL","time":1791279270407,"levels":[[{"px":"119.19","sz":"896.3","n":7}],[{"px":"119.2","sz":"684.82","n":11}]],"fast":true}',
  );
  const near = booked("BTC", 5, [level(858_740, 1_786_492, 63)], [level(858_750, 122_481, 6)]);
  expect(printBook(near, 1_791_279_269_350, { ...form, nSigFigs: 5, mantissa: 2 })).toBe(
    '{"coin":"BTC","time":1791279269350,"levels":[[{"px":"85874.0","sz":"17.86492","n":63}],[{"px":"85876.0","sz":"1.22481","n":6}]],"spread":"1.0"}',
  );
});

test("trades", () => {
  const hash = "0xe7a30278f69a68bee91c0445f4fe140206c5005e919d87908b6badcbb59e42a9";
  const [buyer, seller] = [`0x${"4".padStart(40, "0")}`, `0x${"5".padStart(40, "0")}`];
  const trade = {
    market: BTC,
    side: 1 as const,
    px: 858_270,
    lots: 2_721,
    timeMs: 1_791_278_878_126,
    hash,
    tid: 188_095_306_343_783,
  };
  expect(frameOf("trades", [printTrade({ ...trade, buyer, seller })])).toBe(
    `{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"85827.0","sz":"0.02721","time":1791278878126,"hash":"${hash}",` +
      `"tid":188095306343783,"users":["${buyer}","${seller}"]}]}`,
  );
});

test("candle", () => {
  const span = { startMs: 1_791_278_880_000, endMs: 1_791_278_939_999 };
  const candle = {
    ...span,
    openPx: 858_270,
    closePx: 858_120,
    highPx: 858_270,
    lowPx: 858_010,
    lots: 73_617,
    tradeCount: 20,
  };
  expect(frameOf("candle", printCandle(BTC, "1m", candle))).toBe(
    '{"channel":"candle","data":{"t":1791278880000,"T":1791278939999,"s":"BTC","i":"1m","o":"85827.0","c":"85812.0","h":"85827.0",' +
      '"l":"85801.0","v":"0.73617","n":20}}',
  );
});

test("context", () => {
  const btc = booked("BTC", 5, [level(858_110, 948_256, 43)], [level(858_120, 409_277, 1)]);
  Object.assign(btc, {
    fundingFrac: 0.0000125,
    openLots: 3_998_076_392,
    prevDayPx: 858_400,
    dayVolumeUsd: 1_821_282_705_450_657,
    premiumFrac: -0.0001864194,
    oraclePx: 858_280,
    markPx: 858_140,
    dayLots: 2_122_955_909,
  });
  expect(JSON.stringify(printContext(btc))).toBe(
    '{"funding":"0.0000125","openInterest":"39980.76392","prevDayPx":"85840.0","dayNtlVlm":"1821282705.4506568909","premium":"-0.0001864194",' +
      '"oraclePx":"85828.0","markPx":"85814.0","midPx":"85811.5","impactPxs":["85811.0","85812.0"],"dayBaseVlm":"21229.55909"}',
  );
});

test("order updates", () => {
  const cloid = "0x000000000000000000065d291b5eb630";
  const canceled = order({
    market: XYZ,
    side: -1,
    px: 3_116_950,
    lots: 1_000,
    origLots: 1_000,
    oid: 566_617_840_215,
    timeMs: 1_791_280_994_709,
    cloid,
  });
  expect(JSON.stringify(printOrder(canceled))).toBe(
    `{"coin":"xyz:XYZ100","side":"A","limitPx":"31169.5","sz":"0.1","oid":566617840215,"timestamp":1791280994709,"origSz":"0.1","cloid":"${cloid}"}`,
  );
});

test("open orders", () => {
  const cloid = "0x000000000000000000065d291ba7c026";
  const open = order({
    market: XYZ,
    side: -1,
    px: 3_117_500,
    lots: 296,
    origLots: 320,
    oid: 566_617_880_209,
    timeMs: 1_791_280_999_484,
    cloid,
  });
  expect(JSON.stringify(printFrontendOrder(open))).toBe(
    '{"coin":"xyz:XYZ100","side":"A","limitPx":"31175.0","sz":"0.0296","oid":566617880209,"timestamp":1791280999484,"triggerCondition":"N/A",' +
      '"isTrigger":false,"triggerPx":"0.0","children":[],"isPositionTpsl":false,"reduceOnly":false,"orderType":"Limit","origSz":"0.032",' +
      `"tif":"Alo","cloid":"${cloid}"}`,
  );
});

test("a fill of a liquidation", () => {
  const printed = printFill(
    fill({
      px: 666_530,
      lots: 100,
      timeMs: 1_781_528_065_899,
      startLots: -2_130,
      dir: "Open Short",
      hash: "0xe29fd267b4d2c6f0e41904231bbec90000daea4d4fd5e5c286687dba73d6a0db",
      oid: 55_030_848_197,
      feeUsd: 9_997,
      tid: 745_210_434_703_679,
      cloid: "0xe8d5fd7ebbb4c3cff4d1803472a11463",
      liquidation: { liquidatedUser: "0x360878d351f05975e25f1807a27895e1e5e004fb", markPx: 666_070, method: "market" },
    }),
    tokens,
  );
  expect(JSON.stringify(printed)).toBe(
    '{"coin":"BTC","px":"66653.0","sz":"0.001","side":"A","time":1781528065899,"startPosition":"-0.0213","dir":"Open Short","closedPnl":"0.0",' +
      '"hash":"0xe29fd267b4d2c6f0e41904231bbec90000daea4d4fd5e5c286687dba73d6a0db","oid":55030848197,"crossed":false,"fee":"0.009997",' +
      '"tid":745210434703679,"cloid":"0xe8d5fd7ebbb4c3cff4d1803472a11463","liquidation":{"liquidatedUser":' +
      '"0x360878d351f05975e25f1807a27895e1e5e004fb","markPx":"66607.0","method":"market"},"feeToken":"USDC","twapId":null}',
  );
});

test("a fill with a builder's fee", () => {
  const printed = printFill(
    fill({
      market: market("xyz:SP500", 3),
      side: 1,
      px: 7_429_100,
      lots: 1_149,
      timeMs: 1_784_916_125_478,
      dir: "Open Long",
      oid: 502_150_498_105,
      feeUsd: 4_489_271,
      builderFeeUsd: 4_268_017,
      tid: 955_441_961_359_817,
    }),
    tokens,
  );
  expect(JSON.stringify(printed)).toBe(
    '{"coin":"xyz:SP500","px":"7429.1","sz":"1.149","side":"B","time":1784916125478,"startPosition":"0.0","dir":"Open Long","closedPnl":"0.0",' +
      '"hash":"0x","oid":502150498105,"crossed":false,"fee":"4.489271","builderFee":"4.268017","tid":955441961359817,"feeToken":"USDC","twapId":null}',
  );
});

test("a large start position shows the double that the venue keeps it in (as its fills of October 2025 do)", () => {
  const printed = printFill(fill({ market: market("xyz:BIG", 1), startLots: -40_365_801 }), tokens);
  expect(printed).toMatchObject({ startPosition: "-4036580.1000000001" });
});

test("funding", () => {
  const payment = { account, market: BTC, timeMs: 1_791_280_800_037, usd: -601_087, lots: 55_919, rateFrac: 0.0000125 };
  expect(JSON.stringify({ funding: printFunding(payment) })).toBe(
    '{"funding":{"time":1791280800037,"coin":"BTC","usdc":"-0.601087","szi":"0.55919","fundingRate":"0.0000125","nSamples":null}}',
  );
});

test("the published vector of fast contexts unpacks as ours do", () => {
  const vector = "q1ZyCnFWsqpWyk0syg6oULJSsjQ3NTDQM1Wq1VFyDfFAkTI2MzXQMwJLVVRWWfmFuTiiyBuamOoZKdXWAgA=";
  expect(inflateRawSync(Buffer.from(vector, "base64")).toString()).toBe(
    '{"BTC":{"markPx":"97500.5"},"ETH":{"markPx":"3650.25"},"xyz:NVDA":{"markPx":"145.2"}}',
  );
});
