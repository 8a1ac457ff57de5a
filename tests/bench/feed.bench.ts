/**
 * Paper trading over a loopback WebSocket, its venue in another process: our own time from a message received to its intents ready, and the
 * share of a core that fifty markets take.
 * @module
 */
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { MarkedNet } from "../../src/exchange/marked_net.ts";
import { DrivenClock } from "../../src/io/clock.ts";
import { loadConfig } from "../../src/io/config.ts";
import { BunNet } from "../../src/io/net.ts";
import type { Place } from "../../src/run/follow.ts";
import { PaperRun } from "../../src/run/paper.ts";
import { openPlace } from "../../src/run/place.ts";
import { NO_STATUS, type StatusOutput } from "../../src/run/request.ts";
import type { WorkTime } from "../../src/run/work_time.ts";
import { resolveVenue } from "../../src/venue/hyperliquid/address.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { marketNames } from "./markets.ts";
import { conditions, median } from "./support.ts";
import { spawnVenue, type VenuePlace } from "./venue.ts";

/** Runs of one input; each figure is the median of them. */
const ROUNDS = 5;
const MANY = 50;
/** Generated this much faster than they are made, fifty markets send a thousand messages a second. */
const PACE = 1.85;
/** Real seconds of the fifty markets: the compiler has its time, then it counts. */
const WARM_SECONDS = 6;
const STRETCH_SECONDS = 20;

function requestOf(markets: readonly string[]) {
  const set = [`capital_usd=${Math.max(100, 40 * markets.length)}`];
  return requestFor({
    command: "paper",
    markets,
    config: { file: null, set, env: {}, profile: null },
    quotaVolumeUsd: 1e6,
  });
}

/** A venue that drives our clock by its marks. */
function markedPlace({ url, startUs }: VenuePlace): Place {
  const clock = new DrivenClock(startUs);
  const ended = Promise.withResolvers<void>();
  return {
    venue: resolveVenue(url, "tape"),
    clock,
    net: new MarkedNet(new BunNet(), clock, ended.resolve),
    seed: 1,
    world: null,
    market: null,
    warnings: [],
    start: () => {},
    ended: ended.promise,
    close: () => {},
  };
}

interface Round {
  intents: WorkTime;
  all: WorkTime;
}

/** One run over a marked venue; its first two minutes of market time are warm-up. */
async function runMarked(spec: { tape?: string; seconds: number }, markets: readonly string[]): Promise<Round> {
  const venue = await spawnVenue({ ...spec, markets: markets.length, pace: 1, marks: true });
  let minutes = 0;
  const write = (lines: readonly string[]): void => {
    minutes += lines.length;
    if (minutes === 2 * markets.length) for (const work of [run.intentWork, run.messageWork]) work.clear();
  };
  const status: StatusOutput = { ...NO_STATUS, form: "lines", write };
  const run = new PaperRun(requestOf(markets), { ...QUIET, status }, markedPlace(venue), loadConfig(null));
  try {
    await run.run(markets);
  } finally {
    await venue.stop();
  }
  return { intents: run.intentWork, all: run.messageWork };
}

const figures = (rounds: readonly WorkTime[]): string => {
  const [p50, p99] = [0.5, 0.99].map((q) => median(rounds.map((work) => work.quantileUs(q) ?? Number.NaN)).toFixed(0));
  return `p50 ${p50} us, p99 ${p99} us (n ${median(rounds.map((work) => work.count)).toLocaleString("en")})`;
};

async function printLatency(): Promise<void> {
  const data = process.env.MMBIN_DATA;
  const tape = data === undefined ? "" : join(data, "tapes", "hl-2025-09-04T1946Z-23min-BTC-ETH-SOL-WLFI.ndjson.gz");
  const isRecorded = existsSync(tape);
  for (const markets of isRecorded ? [["WLFI"], ["BTC", "ETH", "SOL", "WLFI"]] : [marketNames(1), marketNames(4)]) {
    const rounds: Round[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push(await runMarked(isRecorded ? { tape, seconds: 0 } : { seconds: 1_380 }, markets));
    }
    const what = isRecorded
      ? `23 recorded minutes of ${markets.join(", ")}`
      : `23 generated minutes, ${markets.length} market(s)`;
    console.log(`  ${what} as fast as the socket gives them, first two minutes apart, medians of ${ROUNDS} runs`);
    console.log(`    messages that led to intents: ${figures(rounds.map((r) => r.intents))}: wanted p99 100 us`);
    console.log(`    all messages: ${figures(rounds.map((r) => r.all))}: wanted p99 100 us`);
  }
}

async function printMany(): Promise<void> {
  const markets = marketNames(MANY);
  const seconds = WARM_SECONDS + STRETCH_SECONDS + 3;
  const venue = await spawnVenue({ markets: MANY, seconds, pace: PACE, marks: false });
  const request = { ...requestOf(markets), forSeconds: WARM_SECONDS + STRETCH_SECONDS + 1, venue: venue.url };
  const run = new PaperRun(request, QUIET, { ...openPlace(request, venue.url), seed: 1 }, loadConfig(null));
  const ran = run.run(markets);
  await Bun.sleep(1000 * WARM_SECONDS);
  for (const work of [run.intentWork, run.messageWork]) work.clear();
  const start = Bun.nanoseconds();
  const before = process.cpuUsage();
  await Bun.sleep(1000 * STRETCH_SECONDS);
  const used = process.cpuUsage(before);
  const elapsed = (Bun.nanoseconds() - start) / 1e9;
  const count = run.messageWork.count;
  const [intents, all] = [figures([run.intentWork]), figures([run.messageWork])];
  await ran;
  await venue.stop();
  const core = ((used.user + used.system) / 1e4 / elapsed).toFixed(0);
  const perMessage = ((used.user + used.system) / count).toFixed(0);
  console.log(
    `  ${MANY} generated markets in real time, ${Math.round(count / elapsed)} messages a second, ${elapsed.toFixed(0)} s`,
  );
  console.log(
    `    ${core} % of one core (wanted 60), ${perMessage} us a message with socket, timers and simulated fills`,
  );
  console.log(`    messages that led to intents: ${intents}; all: ${all}`);
}

console.log(`feed: ${conditions()}, load ${(loadavg()[0] as number).toFixed(1)}`);
await printLatency();
await printMany();
