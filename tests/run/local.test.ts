import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { worldHash } from "../../src/exchange/world_file.ts";
import { loadWorld, WORLD_NAMES } from "../../src/exchange/worlds.ts";
import { runTapes } from "../../src/run/backtest.ts";
import { localWorldOf, marketOf, openLocal } from "../../src/run/local_place.ts";
import { runVenue } from "../../src/run/paper.ts";
import { runRecord } from "../../src/run/record.ts";
import { type Report, reportSchema } from "../../src/run/report_schema.ts";
import type { RunRequest } from "../../src/run/request.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-local-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const paper = (set: Partial<RunRequest>): Promise<Report> =>
  runVenue(requestFor({ command: "paper", speed: 1_000_000, forSeconds: 180, priors: ["none"], ...set }), QUIET);

const decisions = (report: Report): unknown =>
  report.markets.map((m) => [m.market, m.intent_count, m.intent_hash, m.state_hash, m.fills, m.pnl_usd]);

describe("paper on a local world", () => {
  let base: Report;
  beforeAll(async () => {
    base = await paper({});
  });

  test("trades the world's own market on its own, and names the world", () => {
    expect(base.markets.map((m) => m.market)).toEqual(["hyna:HYPE"]);
    expect(base.markets[0]?.reference.market).toBe("HYPE");
    expect(base.seed).toBe(1);
    expect(base.world).toEqual({ name: "hip3-mirror", hash: worldHash(loadWorld("hip3-mirror", "Testnet", 1, 0)) });
    expect(base.markets[0]?.warnings.map((w) => w.text)).toContain(
      "a generated market: nothing here says anything about a real one",
    );
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(base))).success).toBe(true);
  });

  test("follows every channel, and what a subscribe repeats is marked", () => {
    expect(base.markets[0]?.intent_count).toBeGreaterThan(20);
    const { bbo, l2Book, trades, activeAssetCtx } = base.counts.messages as Record<string, number>;
    // Two coins: a context a second each, a book each 0.56 s and each 5 s.
    expect(activeAssetCtx).toBeGreaterThan(2 * 178);
    expect(l2Book).toBeGreaterThan(2 * (178 / 0.56 + 178 / 5) - 20);
    expect(bbo).toBeGreaterThan(300);
    expect(trades).toBeGreaterThan(50);
    expect(base.counts).toMatchObject({ bad: 0, gaps: 0, slow: 0, time_backwards: 0, unknown_channels: 0 });
    expect(base.counts.replayed_trades).toBeGreaterThan(0);
    expect(base.feed).toMatchObject({ venue: "local", connects: 1, clock_offset_ms: 0, drift: [], bad_messages: 0 });
  });

  test.each([2_000, 300_000])("decides the same at speed %d", async (speed) => {
    expect(decisions(await paper({ speed }))).toEqual(decisions(base));
  });

  test("decides otherwise with another seed", async () => {
    const other = await paper({ seed: 2 });
    expect(other.seed).toBe(2);
    expect(other.markets[0]?.intent_hash).not.toBe(base.markets[0]?.intent_hash as string);
  });

  test("keeps what is traded on paper out of the market: twice the money sees the same messages", async () => {
    const rich = await paper({ config: { file: null, set: ["capital_usd=5000"], env: {}, profile: null } });
    expect(rich.markets[0]?.intent_hash).not.toBe(base.markets[0]?.intent_hash as string);
    expect(rich.counts).toEqual(base.counts);
  });

  test("ends when it is asked to", async () => {
    let ticks = 0;
    const io = { ...QUIET, stopRequested: () => ++ticks > 40 };
    const report = await runVenue(requestFor({ command: "paper", speed: 100, priors: ["none"] }), io);
    expect(report.stopped).toBe(true);
    expect(report.ended_us - report.started_us).toBeLessThan(30e6);
  });

  test("takes the markets that are named, and another world", async () => {
    const both = await paper({ venue: "local", markets: ["HYPE", "hyna:HYPE"], forSeconds: 60 });
    expect(both.markets.map((m) => m.market)).toEqual(["HYPE", "hyna:HYPE"]);
    const thin = await paper({ venue: "local:perp-thin", forSeconds: 60 });
    expect([thin.world?.name, thin.markets[0]?.market]).toEqual(["perp-thin", "WLFI"]);
    await expect(paper({ venue: "local", markets: ["BTC"] })).rejects.toThrow("unknown market BTC");
    await expect(paper({ venue: "local:nowhere" })).rejects.toThrow("no world nowhere");
  });

  test("takes a world of a file", async () => {
    const path = join(folder, "own.toml");
    writeFileSync(
      path,
      '[world]\nname = "own"\n[[dex]]\nname = ""\n[[dex.market]]\ncoin = "AAA"\nsz_decimals = 2\nmax_leverage = 5\noracle_px = "12"\n',
    );
    const report = await paper({ venue: `local:${path}`, forSeconds: 30 });
    expect([report.world?.name, report.markets[0]?.market]).toEqual(["own", "AAA"]);
  });
});

test("record writes a local world as a tape that decides as the run did", async () => {
  const out = join(folder, "tapes");
  const request = { ...requestFor({ command: "paper", venue: "local", speed: 1_000_000, forSeconds: 120 }) };
  const summary = await runRecord({ ...request, folder: out, rotateSeconds: 3600 }, QUIET);
  expect([summary.markets, summary.references, summary.venue]).toEqual([["hyna:HYPE"], ["HYPE"], "local"]);
  const tapes = readdirSync(out).map((file) => join(out, file));
  const back = await runTapes(requestFor({ tapes, markets: ["hyna:HYPE"] }), QUIET);
  const live = await paper({ forSeconds: 120 });
  expect(decisions(back)).toEqual(decisions(live));
});

test("every world has a market of its own, on its HIP-3 dex where it has one", () => {
  const markets = WORLD_NAMES.map((name) => [name, marketOf(loadWorld(name, "Testnet", 1, 0))]);
  expect(Object.fromEntries(markets)).toMatchObject({
    quiet: "sim:HYPE",
    "perp-thin": "WLFI",
    "perp-liquid": "SOL",
    "hip3-mirror": "hyna:HYPE",
    "hip3-growth": "xyz:XYZ100",
  });
});

test.each([
  ["local", "hip3-mirror"],
  ["local:never", "never"],
  ["local:./a:b.toml", "./a:b.toml"],
  ["localhost", null],
  ["mainnet", null],
])("--venue %s is the world %p", (venue, world) => {
  expect(localWorldOf(venue)).toBe(world);
});

test("the exchange behind it takes questions of everybody, as the venue does", async () => {
  const place = openLocal(requestFor({ command: "paper" }), "hip3-mirror");
  try {
    const ask = async (body: object): Promise<unknown> =>
      (await fetch(place.venue.infoUrl, { method: "POST", body: JSON.stringify(body) })).json();
    expect(await ask({ type: "exchangeStatus" })).toMatchObject({ time: place.clock.nowUs() / 1000 });
    const dexs = (await ask({ type: "perpDexs" })) as ({ name: string } | null)[];
    expect(dexs.map((dex) => dex?.name ?? null)).toEqual([null, "hyna"]);
  } finally {
    place.close();
  }
});
