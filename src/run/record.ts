/**
 * Recording: what a venue sends, as tapes that `backtest` reads.
 * @module
 */
import { FrameLane } from "../core/frame.ts";
import { US_PER_SECOND } from "../core/units.ts";
import { loadConfig } from "../io/config.ts";
import { storageError, usageError } from "../io/exit.ts";
import { NetError } from "../io/net.ts";
import { BUILD } from "../io/version.ts";
import { InfoClient } from "../venue/hyperliquid/info.ts";
import { type InfoAnswer, resolveInstrument } from "../wire/hyperliquid/instrument.ts";
import { askFacts, Following, followedCoins, type Place } from "./follow.ts";
import { Intake, type IntakeCounts } from "./intake.ts";
import { openPlace } from "./place.ts";
import type { FeedReport } from "./report_schema.ts";
import type { RunIo, RunRequest } from "./request.ts";
import { StatusPace } from "./status.ts";
import { SILENCE_TOLD_SECONDS } from "./status_text.ts";
import { TapeFolder, type TapePiece } from "./tape_folder.ts";

/** Room for the frames of one push. */
const LANE_SIZE = 262_144;
const MINUTE_US = 60 * US_PER_SECOND;
const WARNED = "bad_message";

export interface RecordRequest extends RunRequest {
  folder: string;
  rotateSeconds: number;
}

/** What was recorded. */
export interface RecordSummary {
  schema: "mmbin.record/1";
  build: string;
  venue: string;
  markets: string[];
  /** Markets recorded because others are measured against them. */
  references: string[];
  started_us: number;
  ended_us: number;
  files: TapePiece[];
  counts: IntakeCounts;
  feed: FeedReport;
  /** Why writing stopped before the end, or null. */
  failure: string | null;
}

/** Records until the time is up or somebody stops it. */
export async function runRecord(request: RecordRequest, io: RunIo): Promise<RecordSummary> {
  const loaded = loadConfig(request.config.file);
  const wanted = request.markets.length > 0 ? request.markets : loaded.markets;
  const place = openPlace(request, request.venue ?? "mainnet");
  try {
    const markets = wanted.length > 0 || place.market === null ? wanted : [place.market];
    if (markets.length === 0) throw usageError("no market: name one, or list markets in the config");
    return await record(request, io, place, markets);
  } finally {
    place.close();
  }
}

async function record(
  request: RecordRequest,
  io: RunIo,
  place: Place,
  markets: readonly string[],
): Promise<RecordSummary> {
  const { clock } = place;
  const info = new InfoClient(clock, place.net, place.venue);
  const answers = await askFacts(place, info, markets, request.address, io.note);
  const coins = followedCoins(markets, answers);
  const followed = coins.map((coin, market) => ({ coin, market, szDecimals: szDecimalsOf(coin, answers) }));
  const intake = new Intake(followed);
  const lane = new FrameLane(LANE_SIZE);
  const startUs = clock.nowUs();
  const { folder, rotateSeconds } = request;
  const tapes = await TapeFolder.create(folder, place.venue.name, markets, rotateSeconds, answers, startUs);
  const pace = new StatusPace(io.status.form, clock);
  let firstUs = 0;
  let lastUs = 0;
  const following = new Following(place, info, markets, answers, followed, intake, {
    onPush: (bytes, length, receivedUs, text) => {
      if (firstUs === 0) firstUs = receivedUs;
      if (isOver(request, firstUs, receivedUs)) return;
      lane.clear();
      // What cannot be read would make the tape unreadable: it is counted and left out.
      const problem = intake.onPush(bytes, 0, length, receivedUs, lane);
      if (problem === "") tapes.writePush(receivedUs, text);
      else io.note(`${WARNED}: ${problem}`);
      lastUs = receivedUs;
    },
    onLost: (reason, timeUs) => {
      intake.onMark(reason);
      tapes.writeMark(timeUs, reason);
      io.note(`connection lost: ${reason}`);
    },
    onTick: (nowUs) => {
      tapes.onTime(nowUs);
      if (pace.isDue(nowUs)) io.status.write([statusText(intake, startUs, firstUs === 0 ? startUs : lastUs, nowUs)]);
      return io.stopRequested() || tapes.failure !== "" || isOver(request, firstUs || startUs, nowUs);
    },
    onDrift: (drift) => io.note(`feed_drift: ${drift.text}`),
    onFacts: (changed, timeUs) => {
      for (const answer of changed) tapes.writeInfo(timeUs, answer);
    },
    onNote: (text) => io.note(text),
  });
  await following.run().finally(() => tapes.close());
  return {
    schema: "mmbin.record/1",
    build: BUILD.id,
    venue: place.venue.name,
    markets: [...markets],
    references: coins.filter((coin) => !markets.includes(coin)),
    started_us: firstUs,
    ended_us: lastUs,
    files: await tapes.close(),
    counts: intake.counts(),
    feed: following.report({ p50: null, p99: null, max: 0, n: 0 }),
    failure: tapes.failure === "" ? null : tapes.failure,
  };
}

function isOver(request: RecordRequest, firstUs: number, nowUs: number): boolean {
  return request.forSeconds !== null && nowUs - firstUs > request.forSeconds * US_PER_SECOND;
}

function szDecimalsOf(coin: string, answers: readonly InfoAnswer[]): number {
  return resolveInstrument(coin, answers).szDecimals;
}

function statusText(intake: Intake, startUs: number, heardUs: number, nowUs: number): string {
  const { messages, gaps, gap_seconds } = intake.counts();
  const parts = Object.entries(messages).map(([name, count]) => `${name} ${count}`);
  const silent = (nowUs - heardUs) / US_PER_SECOND;
  return [
    `${((nowUs - startUs) / MINUTE_US).toFixed(0)} min`,
    parts.join(", "),
    `${gaps} gap(s), ${gap_seconds.toFixed(1)} s`,
    ...(silent >= SILENCE_TOLD_SECONDS ? [`feed silent ${silent.toFixed(0)} s`] : []),
  ].join(" | ");
}

/** Turns a failure of the disk into the error that ends the command, after its summary was printed. */
export function checkRecorded(summary: RecordSummary): void {
  if (summary.failure !== null) throw storageError(summary.failure);
  if (summary.started_us === 0) throw new NetError(`${summary.venue}: sent nothing of ${summary.markets.join(", ")}`);
}
