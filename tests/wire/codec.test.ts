import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CONTEXT, F, FrameLane } from "../../src/core/frame.ts";
import { MarketCodec } from "../../src/wire/hyperliquid/codec.ts";
import { TRADES_MAX } from "../../src/wire/hyperliquid/schema.ts";
import {
  BBO_TEXT,
  CONTEXT_TEXT,
  decode,
  encoder,
  FAST_TEXT,
  MARKETS,
  oracle,
  TRADES_TEXT,
} from "../fixtures/pushes.ts";

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

describe("a push of trades", () => {
  const trade = (coin: string, tid: number, hash = "0xe7"): string =>
    `{"coin":"${coin}","side":"A","px":"1.0","sz":"1.0","time":5,"hash":"${hash}","tid":${tid}}`;
  const push = (trades: string[]): string => `{"channel":"trades","data":[${trades.join(",")}]}`;

  test("of two coins gives each its own, and a stranger's bad price refuses all", () => {
    const text = push([trade("BTC", 1), trade("DOGE", 2), trade("WLFI", 3)]);
    expect(decode(text).frames).toEqual(oracle(text));
    const { codec, frames } = decode(push([trade("BTC", 1), trade("DOGE", 2).replace("1.0", "x")]));
    expect([frames.length, codec.badCount]).toEqual([0, 1]);
  });

  test("that is longer than any lane is refused as input, not met as a bug", () => {
    const many = (count: number): string => push(Array.from({ length: count }, (_, i) => trade("BTC", i)));
    expect(decode(many(TRADES_MAX)).frames.length).toBe(TRADES_MAX);
    const { codec, frames } = decode(many(TRADES_MAX + 1));
    expect([frames.length, codec.badCount]).toEqual([0, 1]);
  });

  test("with broken UTF-8 in what we do not read is refused all the same", () => {
    const bytes = encoder.encode(push([trade("BTC", 1, "0xZ")]));
    bytes[bytes.indexOf(0x5a)] = 0xff;
    const codec = new MarketCodec(MARKETS);
    const lane = new FrameLane(1024);
    expect(codec.decode(bytes, 0, bytes.length, 7, lane)).toBe(0);
    expect([lane.length, codec.badCount]).toEqual([0, 1]);
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
