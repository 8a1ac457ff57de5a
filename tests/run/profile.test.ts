import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Exchange } from "../../src/exchange/exchange.ts";
import { calibrate } from "../../src/run/calibrate.ts";
import { calibrationPage } from "../../src/run/calibration_page.ts";
import { calibrationJson, calibrationText } from "../../src/run/calibration_report.ts";
import { worldSource } from "../../src/run/open_world.ts";
import { profileTape } from "../../src/run/profile_tape.ts";
import { MarketWatch } from "../../src/run/profile_world.ts";
import type { VenueMarket } from "../../src/sim/venue/market.ts";
import type { MarketProfile } from "../../src/stats/market_profile.ts";
import { FIGURES } from "../../src/stats/profile_figures.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-profile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COIN = "WLFI";
const IO = { status: (): void => {}, stopRequested: () => false };
const source = worldSource({ world: "perp-thin", marketsFile: null, chain: "Testnet" });

/** A stretch of a world watched directly, and the same stretch as a client would record it. */
function recordWorld(path: string, seconds: number): MarketProfile {
  const { venue, actor } = source.open(3);
  const exchange = new Exchange(venue, { ipLimits: false });
  const lines: string[] = [];
  const connection = exchange.open({
    send: (text) => {
      if (/^\{"channel":"(bbo|l2Book|trades)"/.test(text)) lines.push(`{"local_ms":${venue.nowMs},"msg":${text}}`);
    },
    drop: () => {},
  });
  const run = (blocks: number): void => {
    for (let i = 0; i < blocks; i++) {
      actor.beforeBlock(venue);
      venue.step();
    }
  };
  run(300);
  const watch = new MarketWatch(venue.marketByCoin(COIN) as VenueMarket, venue.nowUs);
  for (const type of ["bbo", "l2Book", "trades"])
    connection.onMessage(JSON.stringify({ method: "subscribe", subscription: { type, coin: COIN } }));
  venue.listen(watch);
  run(Math.round((seconds * 1e6) / venue.rules.blockUs));
  const ask = (request: object): string => {
    let answer = "";
    exchange.post("/info", JSON.stringify(request), ({ text }) => {
      answer = text;
    });
    return JSON.stringify({ local_ms: venue.nowMs, info: { request, response: JSON.parse(answer) } });
  };
  const user = "0x0000000000000000000000000000000000000000";
  const infos = [{ type: "perpDexs" }, { type: "meta" }, { type: "userFees", user }].map(ask);
  writeFileSync(path, `${[...infos, ...lines].join("\n")}\n`);
  return watch.profiler.finish({ draws: 0 });
}

describe("one market told in two ways", () => {
  const path = join(folder, "world.ndjson");
  let direct: MarketProfile;
  let taped: MarketProfile;
  beforeAll(async () => {
    direct = recordWorld(path, 900);
    taped = await profileTape({ tapes: [path], market: COIN, factsFile: null, skipBadLines: false, draws: 0 });
  });

  test("trades, sweeps and time are the same but for the edges of the recording", () => {
    expect(direct.trades).toBeGreaterThan(500);
    // What a subscribe repeats counts as nothing, and so does the first push of trades.
    expect(direct.trades - taped.trades).toBeGreaterThanOrEqual(0);
    expect(direct.trades - taped.trades).toBeLessThan(20);
    expect(Math.abs(direct.seconds - taped.seconds)).toBeLessThan(2);
    // Books are read at the first block after each half second.
    expect(direct.figures.depth_usd_1bps?.n).toBe(Math.ceil(900 / 0.56));
  });

  test("figures agree to a few per cent", () => {
    const apart = FIGURES.filter(({ key }) => {
      const a = direct.figures[key]?.value ?? null;
      const b = taped.figures[key]?.value ?? null;
      if (a === null || b === null) return a !== b;
      // The feed shows a book each 5 s where the watch reads ten, and a few sweeps at the edges move the fits of few.
      const slack = key.startsWith("depth_usd") ? 0.35 : 0.03;
      return Math.abs(a - b) > slack * Math.max(Math.abs(a), Math.abs(b)) + 0.01;
    });
    const few = apart.filter(({ key }) => (direct.figures[key]?.n ?? 0) >= 100);
    expect(few.map(({ key }) => [key, direct.figures[key]?.value, taped.figures[key]?.value])).toEqual([]);
  });

  test("a connection that was lost cuts the recording in two", async () => {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const middle = Math.floor(lines.length / 2);
    const mark = JSON.stringify({ local_ms: JSON.parse(lines[middle] as string).local_ms, mark: { gap: "lost" } });
    const cut = join(folder, "cut.ndjson");
    writeFileSync(cut, `${[...lines.slice(0, middle), mark, ...lines.slice(middle)].join("\n")}\n`);
    const profile = await profileTape({ tapes: [cut], market: COIN, factsFile: null, skipBadLines: false, draws: 0 });
    expect(profile.gaps).toBe(1);
    expect(profile.trades).toBeLessThan(taped.trades);
  });

  test.each([
    ["BTC", 2, "unknown market BTC"],
    [COIN, 11, "no such file"],
  ])("%s of a tape that lacks it ends with %d", async (market, code, message) => {
    const tapes = code === 2 ? [path] : ["/nowhere.ndjson"];
    const failed = profileTape({ tapes, market, factsFile: null, skipBadLines: false });
    await expect(failed).rejects.toMatchObject({ exitCode: code, message: expect.stringContaining(message) });
  });
});

describe("calibration", () => {
  const world = { ...source, market: null, seed: 1, seedCount: 2, seconds: 300 };
  const tape = { tapes: [join(folder, "tape.ndjson")], market: COIN, factsFile: null, skipBadLines: false };
  beforeAll(() => {
    recordWorld(tape.tapes[0] as string, 400);
  });

  test("is the same each time, and another seed is another market", async () => {
    const read = async (seed: number) => (await calibrate({ ...world, seed }, null, IO))?.world?.figures;
    expect(await read(1)).toEqual(await read(1));
    expect(await read(7)).not.toEqual(await read(1));
  });

  test("runs as long as the tape unless told, and stops when asked", async () => {
    const calibration = await calibrate({ ...world, seedCount: 1, seconds: null }, tape, IO);
    const { world: measured, tape: recorded } = calibration ?? {};
    expect(Math.abs((measured?.seconds ?? 0) - (recorded?.seconds ?? 0))).toBeLessThan(2);
    expect(await calibrate(world, null, { ...IO, stopRequested: () => true })).toBeNull();
  });

  test("table, JSON and page say the same of each figure", async () => {
    const calibration = await calibrate(world, tape, IO);
    if (calibration === null) throw new Error("nobody asked to stop");
    const json = calibrationJson(calibration) as {
      within: number;
      counted: number;
      figures: { key: string; counts: boolean; within: boolean | null; ratio: number | null }[];
    };
    const counted = json.figures.filter((f) => f.counts && f.within !== null);
    expect([json.counted, json.within]).toEqual([counted.length, counted.filter((f) => f.within).length]);
    const text = calibrationText(calibration);
    expect(text).toContain(`${json.within} of ${json.counted} figures that count`);
    expect(text.match(/ {2}NO$/gm)?.length ?? 0).toBe(json.counted - json.within);
    expect(
      Math.max(
        ...text
          .split("\n")
          .slice(2)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
    const page = calibrationPage(calibration);
    expect(page.match(/<tr class="miss">/g)?.length ?? 0).toBe(json.counted - json.within);
    expect(page.match(/<svg /g)?.length).toBe(7);
    // Nothing is loaded, nothing runs, and no number went wrong.
    expect(page).not.toMatch(/<script|https?:|src=|@import|NaN|undefined|Infinity/);
  });

  test("a market that the world lacks is refused, unless it is the tape's", async () => {
    await expect(calibrate({ ...world, market: "XX" }, null, IO)).rejects.toThrow(
      "the world has no market XX: it has WLFI",
    );
  });
});
