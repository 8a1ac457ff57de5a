import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameLane, HEADER_SIZE } from "../../src/core/frame.ts";
import { CHANNEL_NAMES, MarketCodec } from "../../src/wire/hyperliquid/codec.ts";
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

const SEED = 20250904;
/** Contexts have no fast way. */
const CONTEXT_CHANNEL = CHANNEL_NAMES.indexOf("activeAssetCtx");

/** A book of twenty levels a side, and trades in one push, as the venue sends them. */
const LEVELS = (from: number): string =>
  Array.from({ length: 20 }, (_, i) => `{"px":"${from + i}.5","sz":"0.0${i + 11}","n":${i + 1}}`).join(",");
const BOOK_TEXT = `{"channel":"l2Book","data":{"coin":"BTC","time":1791279270407,"levels":[[${LEVELS(85_000)}],[${LEVELS(86_000)}]]}}`;
const TRADE = TRADES_TEXT.slice(TRADES_TEXT.indexOf("[") + 1, -2);
const SWEEP_TEXT = TRADES_TEXT.replace(
  TRADE,
  [TRADE, TRADE.replace("BTC", "WLFI"), TRADE.replace("BTC", "DOGE")].join(","),
);
const SAMPLES = [BBO_TEXT, FAST_TEXT, TRADES_TEXT, CONTEXT_TEXT, BOOK_TEXT, SWEEP_TEXT];

/** What a damaged or clever message is made of: the grammar's own tokens, and numbers at the edges of what is exact. */
const TOKENS = [
  ...'{}[],:"\\ \n\t0123456789.-+eE',
  ...[
    "null",
    "true",
    "1e-05",
    "1e5",
    "-1",
    "00",
    "0.0",
    ".5",
    "5.",
    "9007199254740993",
    "99999999999999999999",
    "0.0000001",
  ],
  ...[
    '"fast":true',
    '"n":null',
    '"coin":"BTC",',
    '"time":1,',
    '{"px":"1","sz":"1","n":1}',
    "\\u0042",
    "BTC",
    "xyz:XYZ100",
    "é",
  ],
].map((token) => encoder.encode(token));

interface Edit {
  kind: "digit" | "grow" | "blank" | "key" | "byte" | "cut" | "token" | "copy" | "end";
  at: number;
  length: number;
  value: number;
}

/** Mostly small changes that stay JSON, so that what is compared is frames and not only refusals. */
const EDITS = [
  ...Array(8).fill("digit"),
  ...Array(4).fill("grow"),
  "blank",
  "key",
  "byte",
  "cut",
  "token",
  "token",
  "copy",
  "end",
] as Edit["kind"][];

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...EDITS),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 40 }),
  value: fc.nat(65_535),
});
const damaged: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) => edits.reduce(damage, encoder.encode(text)));

function damage(bytes: Uint8Array, e: Edit): Uint8Array {
  let at = Math.floor(e.at * bytes.length);
  // The next digit behind the place, or the place itself behind the last one.
  if (e.kind === "digit" || e.kind === "grow") {
    const found = bytes.findIndex((byte, i) => i >= at && byte >= 48 && byte <= 57);
    at = found < 0 ? at : found;
  }
  const head = bytes.subarray(0, at);
  const tail = bytes.subarray(at);
  // Legal everywhere but in a string: a blank behind a colon, and a key that is new before the next one.
  if (e.kind === "blank") return insertAt(bytes, bytes.indexOf(0x3a, at) + 1, " ");
  if (e.kind === "key") return insertAt(bytes, Buffer.from(bytes).indexOf(',"', at), ',"x":[{"y":"}"}]');
  const digit = Uint8Array.of(48 + (e.value % 10));
  if (e.kind === "digit") return Buffer.concat([head, digit, tail.subarray(1)]);
  if (e.kind === "grow") return Buffer.concat([head, digit, tail]);
  if (e.kind === "byte") return Buffer.concat([head, Uint8Array.of(e.value % 256), tail.subarray(1)]);
  if (e.kind === "cut") return Buffer.concat([head, tail.subarray(e.length)]);
  if (e.kind === "copy") return Buffer.concat([head, tail.subarray(0, e.length), tail]);
  if (e.kind === "end") return Buffer.from(head);
  // Half of the tokens replace what stands there, half come before it.
  const token = TOKENS[e.value % TOKENS.length] as Uint8Array;
  return Buffer.concat([head, token, e.length % 2 === 0 ? tail : tail.subarray(token.length)]);
}

function insertAt(bytes: Uint8Array, at: number, text: string): Uint8Array {
  return at <= 0 ? bytes : Buffer.concat([bytes.subarray(0, at), encoder.encode(text), bytes.subarray(at)]);
}

interface Decoded {
  codec: MarketCodec;
  count: number;
  frames: number[][];
}

/** Decodes bytes[from..to) into a lane that already holds something, and checks that only whole frames were added. */
function decodeBytes(bytes: Uint8Array, from: number, to: number): Decoded {
  const codec = new MarketCodec(MARKETS);
  const lane = new FrameLane(8192);
  lane.begin(13, 9, 1, 2, -1);
  const start = lane.length;
  const count = codec.decode(bytes, from, to, 7, lane);
  const frames: number[][] = [];
  let at = start;
  while (at < lane.length) {
    const size = lane.data[at] as number;
    expect(size).toBeGreaterThanOrEqual(HEADER_SIZE);
    frames.push(Array.from(lane.data.subarray(at, at + size)));
    at += size;
  }
  expect(at).toBe(lane.length);
  expect(frames.length).toBe(count);
  expect(frames.flat().every(Number.isFinite)).toBe(true);
  expect(Array.from(lane.data.subarray(0, 6))).toEqual([9, 13, 0, 1, 2, -1]);
  return { codec, count, frames };
}

const alone = (bytes: Uint8Array): Decoded => decodeBytes(bytes, 0, bytes.length);
/** A leading blank is legal JSON that the scanner does not know: the same message by the checked way. */
const slowly = (bytes: Uint8Array): Decoded => alone(Buffer.concat([Uint8Array.of(0x20), bytes]));

describe("damaged messages", () => {
  test("the scanner writes whole frames, and exactly those of the checked way", () => {
    let fast = 0;
    let framed = 0;
    fc.assert(
      fc.property(damaged, (bytes) => {
        const scanned = alone(bytes);
        const checked = slowly(bytes);
        expect(scanned.frames).toEqual(checked.frames);
        if (scanned.count > 0 && scanned.codec.channel !== CONTEXT_CHANNEL) {
          framed += 1;
          expect(scanned.codec.badCount).toBe(0);
          if (scanned.codec.slowCount === 0) fast += 1;
        }
      }),
      { seed: SEED, numRuns: 12_000 },
    );
    // Damage that leaves nothing to compare proves nothing: hundreds stay readable, on both ways.
    expect(fast).toBeGreaterThan(300);
    expect(framed - fast).toBeGreaterThan(300);
  });

  test("frames are those of a plain parse that knows nothing of the codec", () => {
    fc.assert(
      fc.property(damaged, (bytes) => {
        const { frames, codec } = alone(bytes);
        if (frames.length === 0 || codec.channel === CONTEXT_CHANNEL) return;
        const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        expect(frames).toEqual(oracle(text));
      }),
      { seed: SEED + 1, numRuns: 6_000 },
    );
  });

  test("what stands around a message in its chunk is never read into it", () => {
    const around = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...TOKENS));
    fc.assert(
      fc.property(damaged, around, around, (bytes, before, after) => {
        const chunk = Buffer.concat([before, bytes, after]);
        const inside = decodeBytes(chunk, before.length, before.length + bytes.length);
        const outcome = (d: Decoded): unknown => [d.frames, d.codec.badCount, d.codec.newestVenueTimeUs];
        expect(outcome(inside)).toEqual(outcome(alone(bytes)));
      }),
      { seed: SEED + 2, numRuns: 4_000 },
    );
  });

  test("a codec that met damage decodes the next good message as a new one does", () => {
    const codec = new MarketCodec(MARKETS);
    const lane = new FrameLane(8192);
    fc.assert(
      fc.property(damaged, fc.constantFrom(BBO_TEXT, FAST_TEXT, TRADES_TEXT, BOOK_TEXT), (bytes, good) => {
        lane.clear();
        codec.decode(bytes, 0, bytes.length, 7, lane);
        expect(decode(good, codec).frames).toEqual(oracle(good));
      }),
      { seed: SEED + 3, numRuns: 2_000 },
    );
  });
});
