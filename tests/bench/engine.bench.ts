/**
 * Frames a second through the engine on one core, over the recorded four-coin tape where there is one, else a generated market.
 * @module
 */
import { heapStats } from "bun:jsc";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Desk } from "../../src/core/desk.ts";
import { FrameLane, KIND } from "../../src/core/frame.ts";
import { loadConfig, resolveParams } from "../../src/io/config.ts";
import { readTapes } from "../../src/io/tape.ts";
import { Session } from "../../src/run/session.ts";
import { type InfoAnswer, resolveInstrument } from "../../src/wire/hyperliquid/instrument.ts";
import { makeWorld } from "../fixtures/world.ts";
import { conditions } from "./support.ts";

const config = { file: null, set: ["capital_usd=400"], env: {}, profile: null };

/** Every frame that a desk was given in one run over the input: market data, timers, answers and fills. */
interface Recorded {
  frames: Float64Array;
  length: number;
  count: number;
  markets: string[];
  answers: InfoAnswer[];
  what: string;
}

async function record(): Promise<Recorded> {
  const data = process.env.MMBIN_DATA;
  const path = data === undefined ? "" : join(data, "tapes", "hl-2025-09-04T1946Z-23min-BTC-ETH-SOL-WLFI.ndjson.gz");
  const answers: InfoAnswer[] = [];
  const frames = new FrameLane(24_000_000);
  let count = 0;
  const taken = (session: Session): Session => {
    const accept = session.sequencer.accept.bind(session.sequencer);
    session.sequencer.accept = (from, at) => {
      frames.push(from, at);
      count += 1;
      accept(from, at);
    };
    return session;
  };
  if (existsSync(path)) {
    const markets = ["BTC", "ETH", "SOL", "WLFI"];
    let session: Session | null = null;
    await readTapes(
      [path],
      {
        onInfo: (request, response) => {
          answers.push({ request: request as InfoAnswer["request"], response });
        },
        onMark: () => {},
        onPush: (bytes, from, to, timeUs) => {
          session ??= taken(
            new Session({
              markets,
              answers,
              config,
              loaded: loadConfig(null),
              latencySeconds: null,
              quotaUsedCount: 0,
              quotaVolumeUsd: 1e6,
            }),
          );
          return session.onPush(bytes, from, to, timeUs);
        },
      },
      { skipBadLines: false },
    );
    return {
      frames: frames.data,
      length: frames.length,
      count,
      markets,
      answers,
      what: "23 recorded minutes of BTC, ETH, SOL, WLFI",
    };
  }
  const world = makeWorld(1, 1_200);
  const markets = ["HYPE", "sim:HYPE"];
  const session = taken(
    new Session({
      markets,
      answers: world.answers,
      config,
      loaded: loadConfig(null),
      latencySeconds: null,
      quotaUsedCount: 0,
      quotaVolumeUsd: 1e6,
    }),
  );
  for (const p of world.pushes) session.onPush(p.bytes, 0, p.bytes.length, p.timeUs);
  return {
    frames: frames.data,
    length: frames.length,
    count,
    markets,
    answers: world.answers,
    what: "20 generated minutes of two markets",
  };
}

function newDesk(recorded: Recorded): Desk {
  return new Desk(
    recorded.markets.map((market) => {
      const facts = resolveInstrument(market, recorded.answers);
      return resolveParams(config, loadConfig(null), market, recorded.markets.length, facts.maxLeverage).params;
    }),
  );
}

function replay(recorded: Recorded, desk: Desk): number {
  const { frames, length } = recorded;
  let intents = 0;
  for (let at = 0; at < length; at += frames[at] as number) {
    desk.on(frames, at);
    if (desk.intents.length > 0) intents += 1;
    desk.intents.clear();
  }
  return intents;
}

const recorded = await record();
console.log(`engine: ${conditions()}; ${recorded.what}, ${recorded.count} frames, timers and answers included`);
replay(recorded, newDesk(recorded));
const rates: number[] = [];
let desk = newDesk(recorded);
for (let i = 0; i < 5; i++) {
  desk = newDesk(recorded);
  const start = Bun.nanoseconds();
  replay(recorded, desk);
  rates.push((recorded.count * 1e9) / (Bun.nanoseconds() - start));
}
const rate = rates.sort((a, b) => a - b)[2] as number;
const ladders = desk.engines.reduce((sum, e) => sum + e.ladderCount, 0);
const solves = desk.engines.reduce((sum, e) => sum + e.quoter.model.solver.solveCount, 0);
// A frame of the desk reaches every market: shares are of market frames.
const share = (100 * ladders) / recorded.count;
console.log(
  `  ${Math.round(rate).toLocaleString("en")} frames a second (wanted 300,000), ` +
    `${ladders} ladders (${share.toFixed(0)} per 100 frames), ${solves} solver calls`,
);

// A million frames in steady state: the touch moves to and fro, timers run, orders are out.
const engine = desk.engines[desk.engines.length - 1] as Desk["engines"][number];
const frame = new Float64Array(16);
let t = 2e15;
const bid = engine.board.book.bidPx;
const ask = engine.board.book.askPx;
const steady = (n: number): void => {
  for (let i = 0; i < n; i++) {
    t += 50_000;
    frame.set([10, KIND.bbo, 0, t, t, engine.market, bid + 10 * (i % 2), 900, ask + 10 * (i % 2), 800]);
    desk.on(frame, 0);
    desk.intents.clear();
  }
};
steady(100_000);
Bun.gc(true);
const before = heapStats().objectCount;
steady(1_000_000);
console.log(`  heap objects over a million frames: ${before} before, ${heapStats().objectCount} after`);
