import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BBO, BOOK, BUY, CONTEXT, FrameLane, KIND, TRADE } from "../../src/core/frame.ts";
import { parseScaled } from "../../src/core/units.ts";
import { type CodecMarket, MarketCodec } from "../../src/wire/hyperliquid/codec.ts";
import { formatDecimal, formatFloat, formatSum } from "../../src/wire/hyperliquid/format.ts";
import { SlowCodec } from "../../src/wire/hyperliquid/slow_codec.ts";
import { decode, encoder } from "../fixtures/pushes.ts";

/** Frames of the live venue, captured by third parties in 2026; addresses are anonymous, two hashes padded with zeros. */
const FRAMES = readFileSync(join(import.meta.dir, "../fixtures/captured.ndjson"), "utf8")
  .trim()
  .split("\n");

// The spot pair counts as a perp of that many decimals: its numbers fit.
const MARKETS: CodecMarket[] = [
  { coin: "BTC", market: 0, szDecimals: 5 },
  { coin: "SOL", market: 1, szDecimals: 2 },
  { coin: "@107", market: 2, szDecimals: 2 },
  { coin: "xyz:XYZ100", market: 3, szDecimals: 4 },
];

interface Push {
  channel: string;
  data: unknown;
}
const channelOf = (text: string): string => (JSON.parse(text) as Push).channel;
const of = (channel: string): string[] => FRAMES.filter((text) => channelOf(text) === channel);
const one = (text: string): number[] => {
  const { codec, frames } = decode(text, new MarketCodec(MARKETS));
  expect([codec.badCount, codec.unknownChannelCount, frames.length]).toEqual([0, 0, 1]);
  return frames[0] as number[];
};

describe("captured market data", () => {
  test("touches, with and without a bid", () => {
    const [btc, spot] = of("bbo").map(one) as [number[], number[]];
    expect(btc.slice(1, 6)).toEqual([KIND.bbo, 0, 7, 1_791_278_884_013_000, 0]);
    expect(btc.slice(BBO.bidPx)).toEqual([858_110, 948_256, 858_120, 409_277]);
    expect(spot.slice(BBO.bidPx)).toEqual([0, 0, 926_380, 1_289]);
  });

  test("books: plain, fast and grouped, which has a spread and takes the checked way", () => {
    const [plain, fast, grouped] = of("l2Book").map(one) as [number[], number[], number[]];
    expect(plain.slice(BOOK.fast, BOOK.levels)).toEqual([0, 2, 2]);
    expect(plain.slice(BOOK.levels)).toEqual([858_210, 96_592, 858_180, 80_629, 858_220, 2_698_831, 858_230, 442_262]);
    expect(fast.slice(BOOK.fast)).toEqual([1, 1, 1, 1_191_900, 89_630, 1_192_000, 68_482]);
    expect(grouped.slice(BOOK.fast)).toEqual([0, 1, 1, 858_740, 1_786_492, 858_760, 122_481]);
    const ways = of("l2Book").map((text) => decode(text, new MarketCodec(MARKETS)).codec.slowCount);
    expect(ways).toEqual([0, 0, 1]);
  });

  test("a trade", () => {
    const frame = one(of("trades")[0] as string);
    expect([frame[TRADE.px], frame[TRADE.lots], frame[TRADE.side], frame[TRADE.tid]]).toEqual([
      858_270,
      2_721,
      BUY,
      188_095_306_343_783,
    ]);
  });

  test("a context", () => {
    const frame = one(of("activeAssetCtx")[0] as string);
    expect([frame[CONTEXT.oraclePx], frame[CONTEXT.markPx]]).toEqual([858_280, 858_140]);
    expect(frame[CONTEXT.fundingRatePerHour]).toBe(0.0000125);
    expect(frame[CONTEXT.openInterestLots]).toBeCloseTo(3_998_076_392, 3);
  });

  test("the checked way makes the same frames of them", () => {
    for (const text of FRAMES.filter((t) => ["bbo", "l2Book", "trades"].includes(channelOf(t)))) {
      const lane = new FrameLane(4_096);
      const bytes = encoder.encode(text);
      new SlowCodec(MARKETS).decode(bytes, 0, bytes.length, 7, lane, false);
      expect(Array.from(lane.data.subarray(0, lane.length))).toEqual(one(text));
    }
  });
});

describe("captured frames of other channels", () => {
  const OTHERS = ["candle", "allMids", "orderUpdates", "user", "userFills", "openOrders", "spotState", "userFundings"];

  test("every frame is of a channel named here", () => {
    const known = new Set([...OTHERS, "bbo", "l2Book", "trades", "activeAssetCtx"]);
    expect(FRAMES.map(channelOf).filter((channel) => !known.has(channel))).toEqual([]);
    expect(FRAMES.length).toBe(18);
  });

  test.each(OTHERS.flatMap((channel) => of(channel).map((text, i) => [`${channel} ${i}`, text] as const)))(
    "%s makes no market frames and is no error",
    (_, text) => {
      const { codec, frames } = decode(text, new MarketCodec(MARKETS));
      expect(frames).toEqual([]);
      expect([codec.badCount, codec.unknownChannelCount, codec.market]).toEqual([0, 1, -1]);
    },
  );
});

/** Every decimal inside, with where it stands. */
function decimals(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return /^-?\d+\.\d+$/.test(value) ? [[path, value]] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => decimals(inner, `${path}.${key}`));
}

describe("numbers of captured frames", () => {
  const all = FRAMES.flatMap((text) => decimals((JSON.parse(text) as Push).data, channelOf(text)));

  test("are many", () => {
    expect(all.length).toBe(80);
  });

  test.each(all)("%s: %s is printed the same again", (_, text) => {
    const [, fraction] = text.split(".") as [string, string];
    const scale = fraction === "0" ? 0 : fraction.length;
    // "1821282705.4506571293" has more digits than a double counts: it is a double, printed to ten.
    const whole = parseScaled(text, scale);
    if (!Number.isNaN(whole)) {
      expect(formatDecimal(whole, scale)).toBe(text);
      expect(formatSum(whole, scale)).toBe(text);
    }
    expect(formatFloat(Number(text))).toBe(text);
  });
});
