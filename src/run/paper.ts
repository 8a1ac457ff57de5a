/**
 * Paper trading on a generated market, through the codec and at the pace of a scaled clock.
 * @module
 */

import { US_PER_SECOND } from "../core/units.ts";
import { ScaledClock } from "../io/clock.ts";
import { loadConfig } from "../io/config.ts";
import { storageError } from "../io/exit.ts";
import { TapeWriter } from "../io/tape_writer.ts";
import { BUILD } from "../io/version.ts";
import { GENERATED_MARKET, GeneratedMarket } from "../sim/flow.ts";
import { REPORT_SCHEMA, type Report, type ReportWarning } from "./report_schema.ts";
import type { RunIo, RunRequest } from "./request.ts";
import { Session } from "./session.ts";
import { StatusLine } from "./status.ts";

/** Every generated run starts at the same moment: seed and settings alone decide it. */
const START_US = 1_767_225_600 * US_PER_SECOND;
/** Pushes between two looks at the clock. */
const BATCH = 64;

/** Trades the generated market until the time is up or somebody stops it. */
export async function runGenerated(request: RunRequest, io: RunIo): Promise<Report> {
  const loaded = loadConfig(request.config.file);
  const wanted = request.markets.length > 0 ? request.markets : loaded.markets;
  const markets = wanted.length > 0 ? wanted : [GENERATED_MARKET];
  const world = new GeneratedMarket(request.seed, START_US);
  const answers = world.answers();
  const session = new Session({ ...request, markets, answers, loaded });
  const status = new StatusLine(session, markets, io);
  const writer = request.recordFile === null ? null : await createWriter(request.recordFile);
  for (const { request: asked, response } of answers) await writer?.writeInfo(START_US, asked, response);
  const clock = new ScaledClock(START_US, request.speed ?? 1);
  const encoder = new TextEncoder();
  const endUs = request.forSeconds === null ? Number.POSITIVE_INFINITY : START_US + request.forSeconds * US_PER_SECOND;
  let count = 0;
  for (;;) {
    const push = world.next();
    if (push.timeUs > endUs || io.stopRequested()) break;
    count += 1;
    // Signals are only heard between turns of the event loop, so it gets one now and then even when the clock is ahead.
    while ((clock.nowUs() < push.timeUs || count % BATCH === 0) && !io.stopRequested()) {
      await clock.sleepUntil(push.timeUs);
      if (clock.nowUs() >= push.timeUs) break;
    }
    if (io.stopRequested()) break;
    const bytes = encoder.encode(push.text);
    await writer?.writePush(push.timeUs, push.text);
    session.onPush(bytes, 0, bytes.length, push.timeUs);
    status.update();
  }
  await writer?.close();
  return report(request, session, io.stopRequested());
}

async function createWriter(path: string): Promise<TapeWriter> {
  try {
    return await TapeWriter.create(path);
  } catch (error) {
    throw storageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}

function report(request: RunRequest, session: Session, stopped: boolean): Report {
  const warnings: ReportWarning[] = [
    { code: "generated", text: "a generated market: nothing here says anything about a real one" },
  ];
  return {
    schema: REPORT_SCHEMA,
    build: BUILD.id,
    command: request.command,
    config_hash: session.configHash,
    seed: request.seed,
    started_us: session.startedUs,
    ended_us: session.endedUs,
    stopped,
    tapes: [],
    counts: session.intake.counts(),
    solver_calls: session.solverCalls,
    ladders: session.ladders,
    markets: session.finish([], warnings),
  };
}
