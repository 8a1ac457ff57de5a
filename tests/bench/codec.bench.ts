/**
 * Messages a second: scanned into frames, against JSON.parse and number conversion of the same bytes in the same run.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FrameLane } from "../../src/core/frame.ts";
import { MarketCodec } from "../../src/wire/hyperliquid/codec.ts";
import { conditions, nanoseconds } from "./support.ts";

const level = (px: number, sz: number): string => `{"px":"${px}.0","sz":"${sz / 1e5}","n":${1 + (sz % 40)}}`;
const side = (from: number, step: number): string =>
  Array.from({ length: 20 }, (_, i) => level(from + step * i, 317_021 + 7_919 * i)).join(",");
const bbo = `{"channel":"bbo","data":{"coin":"BTC","time":1757015216253,"bbo":[${level(109_755, 324_457)},${level(109_756, 1_517_236)}]}}`;
const book = `{"channel":"l2Book","data":{"coin":"BTC","time":1757015216253,"levels":[[${side(109_755, -1)}],[${side(109_756, 1)}]]}}`;

/** The first recorded BTC push of a channel; "" where there are no recordings. */
function recorded(channel: string): string {
  const data = process.env.MMBIN_DATA;
  const path = data === undefined ? "" : join(data, "tapes", "hl-2025-09-03T1255Z-4min-BTC-ETH-SOL-WLFI.ndjson.gz");
  if (!existsSync(path)) return "";
  const lines = gunzipSync(readFileSync(path)).toString().split("\n");
  const line = lines.find((l) => l.includes(`"msg":{"channel":"${channel}","data":{"coin":"BTC"`)) ?? "";
  return line.slice(line.indexOf('"msg":') + 6, -1);
}

const decoder = new TextDecoder();
const out = new Float64Array(256);

/** The plain way: text, objects, numbers, into the same kind of array. */
function plain(bytes: Uint8Array): void {
  const push = JSON.parse(decoder.decode(bytes));
  out[0] = push.data.time * 1000;
  let at = 1;
  const sides = push.channel === "bbo" ? [push.data.bbo] : push.data.levels;
  for (const levels of sides) {
    for (const l of levels) {
      out[at] = Number(l.px);
      out[at + 1] = Number(l.sz);
      at += 2;
    }
  }
}

const codec = new MarketCodec([{ coin: "BTC", market: 0, szDecimals: 5 }]);
const lane = new FrameLane(1024);
console.log(`codec: ${conditions()}`);
for (const [name, text, calls, target] of [
  ["bbo, generated", bbo, 200_000, 2.5],
  ["l2Book 20 x 20, generated", book, 20_000, 4],
  ["bbo, recorded", recorded("bbo"), 200_000, 2.5],
  ["l2Book 20 x 20, recorded", recorded("l2Book"), 20_000, 4],
] as const) {
  if (text === "") continue;
  const bytes = new TextEncoder().encode(text);
  const scanned = nanoseconds(calls, (n) => {
    for (let i = 0; i < n; i++) {
      lane.clear();
      codec.decode(bytes, 0, bytes.length, i, lane);
    }
  });
  const parsed = nanoseconds(calls, (n) => {
    for (let i = 0; i < n; i++) plain(bytes);
  });
  const ratio = (parsed / scanned).toFixed(2);
  console.log(
    `  ${name.padEnd(26)} ${bytes.length} bytes  ${scanned.toFixed(0)} ns, JSON.parse ${parsed.toFixed(0)} ns: ${ratio} times as fast (wanted ${target})`,
  );
}
if (codec.slowCount > 0)
  console.log(`  ${codec.slowCount} messages took the slow way: the figures are not of the scanner`);
