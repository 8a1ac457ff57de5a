/**
 * `mmbin exchange`.
 * @module
 */
import { MICRO_PER_USD, parseNumber } from "../core/units.ts";
import { usageError } from "../io/exit.ts";
import { writeError, writeOut } from "../io/log.ts";
import {
  cardText,
  DEFAULT_WORLD,
  EXCHANGE_PORT,
  type ExchangeIo,
  type ExchangeRequest,
  marketsText,
  runExchange,
  worldsText,
} from "../run/exchange.ts";
import { runTapeExchange } from "../run/exchange_tape.ts";
import type { TapeRequest } from "../run/tape_source.ts";
import {
  TRUTH_DEPTHS_BPS,
  TRUTH_MAKERS,
  TRUTH_SECONDS,
  TRUTH_SEEDS,
  truthCard,
  truthHead,
  truthText,
  worldTruth,
} from "../run/world_truth.ts";
import { listenForSignals, parseSpan } from "./run.ts";
import type { Parsed } from "./spec.ts";

const PORT_MAX = 65_535;
/** Sums of all accounts stay whole in a double below this, dollars. */
const FUND_MAX_USD = 10_000_000;

/** Flags that mean something with `--stats` only, and those that a recording needs, whether measured or served. */
const STATS_FLAGS = ["against", "seeds", "html"] as const;
const TAPE_FLAGS = ["market", "facts", "skip-bad-lines"] as const;

/** Serves the local exchange until stopped, or prints what there is to know of it. */
export async function exchangeCommand(parsed: Parsed): Promise<number> {
  const request = requestOf(parsed);
  const tape = tapeOf(parsed);
  if (parsed.has("stats")) return (await import("./stats.ts")).worldStatsCommand(parsed, request);
  refuseStatsFlags(parsed);
  if (parsed.has("print-markets")) {
    writeOut(marketsText(request));
    return 0;
  }
  if (parsed.has("list-worlds")) {
    writeOut(worldsText());
    return 0;
  }
  const signal = listenForSignals();
  if (parsed.has("truth")) {
    await printTruth(request, parsed.has("json"), () => signal.code !== 0);
    return signal.code;
  }
  const quiet = parsed.has("quiet");
  let readerGone = false;
  const io: ExchangeIo = {
    onReady: (card) => {
      if (!writeOut(parsed.has("json") ? `${JSON.stringify(card)}\n` : cardText(card))) readerGone = true;
    },
    // What may cost money at the real venue is told even so.
    note: (line) => writeError(`mmbin: ${line}`),
    status: (line) => {
      if (!quiet) writeError(line);
    },
    stopRequested: () => readerGone || signal.code !== 0,
  };
  await (tape === null ? runExchange(request, io) : runTapeExchange(request, tape, io));
  return signal.code;
}

/** The recordings that shall be the market, or null. */
function tapeOf(parsed: Parsed): TapeRequest | null {
  const files = parsed.texts("tape");
  if (files.length === 0) {
    const stray = parsed.has("stats") ? undefined : TAPE_FLAGS.find((flag) => parsed.has(flag));
    if (stray !== undefined) throw usageError(`exchange: --${stray} is for --tape and --stats`);
    return null;
  }
  if (parsed.has("stats")) throw usageError("exchange: --stats measures a world: --against names the tape beside it");
  for (const flag of ["world", "markets", "control", "print-markets", "list-worlds", "truth"])
    if (parsed.has(flag))
      throw usageError(`exchange: --${flag} and --tape exclude each other: a recording has its own markets and time`);
  return {
    files,
    markets: parsed.texts("market"),
    factsFile: parsed.text("facts"),
    skipBadLines: parsed.has("skip-bad-lines"),
  };
}

/** Refuses flags that `--stats` alone reads. */
function refuseStatsFlags(parsed: Parsed): void {
  const stray = STATS_FLAGS.find((flag) => parsed.has(flag));
  if (stray !== undefined) throw usageError(`exchange: --${stray} is for --stats`);
}

/** Prints what an order a side earns at each depth, and around what. */
async function printTruth(request: ExchangeRequest, json: boolean, stopRequested: () => boolean): Promise<void> {
  const { seed, forSeconds } = request;
  const world = request.world ?? DEFAULT_WORLD;
  const seconds = forSeconds ?? TRUTH_SECONDS;
  const depthsBps = TRUTH_DEPTHS_BPS;
  const what = { world, coin: null, seed, seeds: TRUTH_SEEDS, seconds, depthsBps, stopRequested };
  if (!json) writeOut(truthHead(what));
  for (const maker of TRUTH_MAKERS) {
    const truth = await worldTruth(what, maker);
    if (truth === null) return;
    if (!writeOut(json ? `${JSON.stringify(truthCard(what, truth))}\n` : truthText(truth))) return;
  }
}

function requestOf(parsed: Parsed): ExchangeRequest {
  const port = parsed.number("port") ?? EXCHANGE_PORT;
  if (port > PORT_MAX) throw usageError(`exchange: --port is at most ${PORT_MAX}, not ${port}`);
  const speed = parsed.number("speed") ?? 1;
  const control = parsed.has("control");
  if (speed === 0 && !control)
    throw usageError("exchange: --speed 0 makes no blocks by itself: it needs --control, which steps them");
  if (parsed.has("world") && parsed.has("markets"))
    throw usageError("exchange: --markets has markets of its own, which are quiet: it does not go with --world");
  if (parsed.has("truth") && parsed.has("stats")) throw usageError("exchange: --truth and --stats exclude each other");
  if (parsed.has("truth") && parsed.has("markets")) throw usageError("exchange: --truth is for a --world");
  return {
    port,
    world: parsed.text("world"),
    marketsFile: parsed.text("markets"),
    seed: parsed.number("seed") ?? 1,
    speed,
    chain: parsed.text("chain") === "mainnet" ? "Mainnet" : "Testnet",
    funds: parsed.texts("fund").map(parseFund),
    control,
    forSeconds: parseSpan(parsed.text("for"), "--for"),
  };
}

/** Reads ADDR=USD. */
function parseFund(text: string): { address: string; usd: number } {
  const match = /^(0x[0-9a-fA-F]{40})=(.+)$/.exec(text);
  const dollars = match === null ? Number.NaN : parseNumber(match[2] as string);
  if (match === null || !(dollars > 0 && dollars <= FUND_MAX_USD))
    throw usageError(`exchange: --fund is an address, = and at most ${FUND_MAX_USD} dollars, not "${text}"`);
  return { address: (match[1] as string).toLowerCase(), usd: Math.round(dollars * MICRO_PER_USD) };
}
