import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BBO, BOOK, BUY, CONTEXT, F, FrameLane, KIND, SELL, TRADE } from "../../src/core/frame.ts";
import { Prng } from "../../src/core/prng.ts";
import { parseScaled } from "../../src/core/units.ts";
import { type CodecMarket, MarketCodec } from "../../src/wire/hyperliquid/codec.ts";

const MARKETS: CodecMarket[] = [
  { coin: "BTC", market: 0, szDecimals: 5 },
  { coin: "WLFI", market: 1, szDecimals: 0 },
  { coin: "xyz:XYZ100", market: 2, szDecimals: 4 },
];
const encoder = new TextEncoder();

function decode(text: string, codec = new MarketCodec(MARKETS)): { codec: MarketCodec; frames: number[][] } {
  const lane = new FrameLane(65_536);
  const bytes = encoder.encode(text);
  codec.decode(bytes, 0, bytes.length, 7, lane);
  const frames: number[][] = [];
  for (let at = 0; at < lane.length; at += lane.data[at] as number) {
    frames.push(Array.from(lane.data.subarray(at, at + (lane.data[at] as number))));
  }
  return { codec, frames };
}

/** Frames of a push by the plain way: parse everything, convert every string. Independent of the product's scanner. */
function oracle(text: string): number[][] {
  const push = JSON.parse(text) as { channel: string; data: Record<string, unknown> & Record<string, unknown>[] };
  const market = (coin: unknown): CodecMarket | undefined => MARKETS.find((m) => m.coin === coin);
  const head = (size: number, kind: number, ms: unknown, m: CodecMarket): number[] => [
    size,
    kind,
    0,
    7,
    Number(ms) * 1000,
    m.market,
  ];
  const pair = (l: Record<string, string> | null, m: CodecMarket): number[] =>
    l === null ? [0, 0] : [parseScaled(l.px as string, 6 - m.szDecimals), parseScaled(l.sz as string, m.szDecimals)];
  const data = push.data;
  if (push.channel === "trades") {
    return (data as Record<string, unknown>[]).flatMap((t) => {
      const m = market(t.coin);
      if (m === undefined) return [];
      const [px, lots] = pair(t as Record<string, string>, m) as [number, number];
      return [[...head(TRADE.size, KIND.trade, t.time, m), px, lots, t.side === "B" ? BUY : SELL, t.tid as number, 0]];
    });
  }
  const m = market(data.coin);
  if (m === undefined) return [];
  if (push.channel === "bbo") {
    const touch = (data.bbo as (Record<string, string> | null)[]).flatMap((l) => pair(l, m));
    return [[...head(BBO.size, KIND.bbo, data.time, m), ...touch]];
  }
  const [bids, asks] = data.levels as [Record<string, string>[], Record<string, string>[]];
  const levels = [...bids, ...asks].flatMap((l) => pair(l, m));
  const size = BOOK.levels + levels.length;
  return [[...head(size, KIND.book, data.time, m), data.fast === true ? 1 : 0, bids.length, asks.length, ...levels]];
}

const BBO_TEXT =
  '{"channel":"bbo","data":{"coin":"BTC","time":1791278884013,"bbo":[{"px":"85811.0","sz":"9.48256","n":43},' +
  '{"px":"85812.0","sz":"4.09277","n":1}]}}';
const FAST_TEXT =
  '{"channel":"l2Book","data":{"coin":"WLFI","time":1791279270407,"levels":[[{"px":"0.18472","sz":"896","n":7}],' +
  '[{"px":"0.18475","sz":"684.0","n":null}]],"fast":true}}';
const TRADES_TEXT =
  '{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"85827.0","sz":"0.02721","time":1791278878126,"hash":"0xe7a3",' +
  '"tid":1062032029372010,"users":["0x04","0x05"]}]}';
const CONTEXT_TEXT =
  '{"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"39980.76392",' +
  '"prevDayPx":"85840.0","dayNtlVlm":"1821282705.4506571293","premium":"-0.0001864194","oraclePx":"85828.5",' +
  '"markPx":"85814.0","midPx":"85811.5","impactPxs":["85811.0","85812.0"],"dayBaseVlm":"21229.55909"}}}';

describe("the venue's usual messages", () => {
  test.each([BBO_TEXT, FAST_TEXT, TRADES_TEXT])("are scanned into the frames that a plain parse gives: %s", (text) => {
    const { codec, frames } = decode(text);
    expect(frames).toEqual(oracle(text));
    expect([codec.slowCount, codec.badCount]).toEqual([0, 0]);
  });

  test("a context keeps oracle and mark as they are, off the grid or not, stamped with the newest venue time", () => {
    const codec = new MarketCodec(MARKETS);
    decode(BBO_TEXT, codec);
    const [frame] = decode(CONTEXT_TEXT, codec).frames as [number[]];
    expect(frame[CONTEXT.oraclePx]).toBe(858_285);
    expect(frame[CONTEXT.markPx]).toBe(858_140);
    expect(frame[F.venueTimeUs]).toBe(1791278884013_000);
    expect(codec.slowCount).toBe(0);
  });

  test("another coin's message moves the connection's time and nothing else", () => {
    const { codec, frames } = decode(BBO_TEXT.replace("BTC", "DOGE"));
    expect(frames).toEqual([]);
    expect(codec.newestVenueTimeUs).toBe(1791278884013_000);
    expect(codec.market).toBe(-1);
  });

  test("acks, pongs and posts are nothing; an unknown channel is counted", () => {
    for (const text of ['{"channel":"pong"}', '{"channel":"subscriptionResponse","data":{}}']) {
      expect(decode(text).codec).toMatchObject({ badCount: 0, unknownChannelCount: 0 });
    }
    expect(decode('{"channel":"news","data":1}').codec.unknownChannelCount).toBe(1);
  });
});

describe("unusual messages take the checked way to the same frames", () => {
  test.each([
    ["blanks", BBO_TEXT.replaceAll(":", ": ")],
    [
      "another order of keys",
      BBO_TEXT.replace('"coin":"BTC","time":1791278884013', '"time":1791278884013,"coin":"BTC"'),
    ],
    ["keys that are new", BBO_TEXT.replace('"n":43', '"n":43,"extra":[1,{"a":"}"}]')],
    ["a size with an exponent", TRADES_TEXT.replace("0.02721", "1e-05")],
    ["an escaped coin", BBO_TEXT.replace("BTC", "\\u0042TC")],
  ])("%s", (_name, text) => {
    const { codec, frames } = decode(text);
    expect(frames).toEqual(oracle(text));
    expect([codec.slowCount, codec.badCount]).toEqual([1, 0]);
  });

  test("an empty side is lots 0 on either way", () => {
    const text = BBO_TEXT.replace('{"px":"85811.0","sz":"9.48256","n":43}', "null");
    expect(decode(text).frames).toEqual(oracle(text));
  });

  test.each([
    ["a size finer than the market's", BBO_TEXT.replace("9.48256", "9.482567")],
    ["a price finer than the market's", BBO_TEXT.replace("85811.0", "85811.05")],
    ["a size of nothing", BBO_TEXT.replace("9.48256", "0.0")],
    ["a number for a string", BBO_TEXT.replace('"85811.0"', "85811.0")],
    ["no time", BBO_TEXT.replace('"time":1791278884013,', "")],
    ["a third side", TRADES_TEXT.replace('"side":"B"', '"side":"C"')],
    ["half a message", BBO_TEXT.slice(0, 90)],
    ["no JSON", "hello"],
    [
      "21 levels",
      FAST_TEXT.replace(
        '[{"px":"0.18472","sz":"896","n":7}]',
        `[${Array(21).fill('{"px":"0.18472","sz":"896","n":7}').join(",")}]`,
      ),
    ],
  ])("%s is refused, counted and leaves no frame", (_name, text) => {
    const { codec, frames } = decode(text);
    expect(frames).toEqual([]);
    expect(codec.badCount).toBe(1);
    expect(codec.firstBad).not.toBe("");
  });
});

describe("fuzz", () => {
  test("a damaged message never crashes, and never gives a frame that a plain parse would not give", () => {
    const seed = 20250904;
    const random = new Prng(seed);
    const samples = [BBO_TEXT, FAST_TEXT, TRADES_TEXT];
    for (let i = 0; i < 6_000; i++) {
      const bytes = encoder.encode(samples[i % 3]);
      for (let k = 0; k <= random.below(3); k++) bytes[random.below(bytes.length)] = 32 + random.below(95);
      const text = new TextDecoder().decode(bytes);
      const { codec, frames } = decode(text);
      if (frames.length === 0) continue;
      let expected: number[][];
      try {
        expected = oracle(text);
      } catch {
        throw new Error(`seed ${seed}, step ${i}: frames from what does not parse: ${text}`);
      }
      expect({ text, frames }).toEqual({ text, frames: expected });
      expect(codec.badCount).toBe(0);
    }
  });
});

test("allocates nothing", () => {
  const codec = new MarketCodec(MARKETS);
  const lane = new FrameLane(1024);
  const samples = [BBO_TEXT, FAST_TEXT, TRADES_TEXT];
  const chunk = encoder.encode(samples.join("\n"));
  const starts = samples.map((_, i) => samples.slice(0, i).join("\n").length + (i > 0 ? 1 : 0));
  const work = (n: number): void => {
    for (let i = 0; i < n; i++) {
      const from = starts[i % 3] as number;
      lane.clear();
      codec.decode(chunk, from, from + (samples[i % 3] as string).length, i, lane);
    }
  };
  work(20_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(200_000);
  expect(heapStats().objectCount - before).toBeLessThan(200);
  expect([codec.slowCount, codec.badCount]).toEqual([0, 0]);
});

const data = process.env.MMBIN_DATA;
describe("recorded messages", () => {
  test.skipIf(data === undefined)(
    "every one of the four-minute tape decodes as a plain parse does (needs MMBIN_DATA)",
    () => {
      const path = join(data as string, "tapes", "hl-2025-09-03T1255Z-4min-BTC-ETH-SOL-WLFI.ndjson.gz");
      expect(existsSync(path)).toBe(true);
      const codec = new MarketCodec(MARKETS);
      let messages = 0;
      for (const line of gunzipSync(readFileSync(path)).toString().split("\n")) {
        const at = line.indexOf(',"msg":');
        if (at < 0) continue;
        messages += 1;
        const text = line.slice(at + 7, -1);
        expect(decode(text, codec).frames).toEqual(oracle(text));
      }
      expect(messages).toBeGreaterThan(8_000);
      expect(codec.badCount).toBe(0);
      // Only sizes with an exponent leave the fast way.
      expect(codec.slowCount).toBeLessThan(60);
    },
  );
});
