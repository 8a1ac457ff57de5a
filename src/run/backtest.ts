/**
 * Backtest and paper over recorded tapes: one way through the files, one report.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import { ScaledClock, WallClock } from "../io/clock.ts";
import { loadConfig } from "../io/config.ts";
import { usageError } from "../io/exit.ts";
import { readTapes, type TapeHandler, type TapeStats } from "../io/tape.ts";
import { BUILD } from "../io/version.ts";
import { FactsError, type InfoAnswer, UnknownMarketError } from "../wire/hyperliquid/instrument.ts";
import { checkPriorFiles, findPrior, type Prior } from "./checkpoint.ts";
import { readFacts } from "./facts_file.ts";
import { withPaperError } from "./paper_error_file.ts";
import { type MarketReport, REPORT_SCHEMA, type Report, type ReportWarning } from "./report_schema.ts";
import { NO_STATUS, type RunIo, type RunRequest } from "./request.ts";
import { RunRecords } from "./run_records.ts";
import { Session } from "./session.ts";
import { StatusWriter } from "./status.ts";

/** Runs the request's tapes and reports. */
export async function runTapes(request: RunRequest, io: RunIo): Promise<Report> {
  const loaded = loadConfig(request.config.file);
  const markets = request.markets.length > 0 ? request.markets : loaded.markets;
  if (markets.length === 0) throw usageError("no market: name one with --market, or list markets in the config");
  const pass = await runOnce(request, io, markets, request);
  try {
    const curves = await runCurve(request, io, markets);
    const report = reportOf(request, pass, curves);
    pass.records?.end(report, io);
    return report;
  } catch (error) {
    await pass.records?.fail();
    throw error;
  }
}

function reportOf(request: RunRequest, pass: Pass, curves: readonly MarketReport["latency"]["curve"][]): Report {
  const { session, records, tapes, stopped } = pass;
  const markets = session.finish(curves, [...tapeWarnings(tapes, stopped), ...(records?.warnings ?? [])]);
  return {
    schema: REPORT_SCHEMA,
    build: BUILD.id,
    command: request.command,
    config_hash: session.configHash,
    seed: null,
    world: null,
    started_us: session.startedUs,
    ended_us: session.endedUs,
    stopped,
    tapes: tapes.map((t) => ({
      file: t.path,
      lines: t.lineCount,
      bad_lines: t.badLineCount,
      first_bad_lines: t.badLines,
      truncated: t.truncated,
    })),
    counts: session.intake.counts(),
    feed: null,
    run_id: request.runId,
    journal: records?.report ?? null,
    live: null,
    twin: null,
    solver_calls: session.solverCalls,
    ladders: session.ladders,
    markets: request.command === "paper" ? withPaperError(markets) : markets,
  };
}

interface Pass {
  session: Session;
  records: RunRecords | null;
  tapes: TapeStats[];
  stopped: boolean;
}

/** One way through the tapes. */
async function runOnce(
  request: RunRequest,
  io: RunIo,
  markets: readonly string[],
  how: Pick<RunRequest, "latencySeconds" | "speed" | "journalFolder" | "reportFile">,
): Promise<Pass> {
  const { latencySeconds, speed } = how;
  const answers: InfoAnswer[] = request.factsFile === null ? [] : readFacts(request.factsFile);
  const loaded = loadConfig(request.config.file);
  checkPriorFiles(request.priors, markets);
  // A tape is no venue: its priors are whatever the user names, dated against the tape's own time.
  const priorsAt = (timeUs: number): (Prior | null)[] =>
    markets.map((market) => findPrior(request.priors, market, null, timeUs, io.note));
  let session: Session | null = null;
  let records: RunRecords | null = null;
  let clock: ScaledClock | null = null;
  let status: StatusWriter | null = null;
  let timedOut = false;
  const handler: TapeHandler = {
    onFileStart: () => session?.intake.onFileStart(),
    onInfo: (asked, response) => {
      answers.push({ request: asked as InfoAnswer["request"], response });
      session?.onFacts();
    },
    onMark: (reason) => session?.intake.onMark(reason),
    onPush: (bytes, from, to, timeUs) => {
      if (session === null) {
        session = new Session({ ...request, markets, answers, loaded, latencySeconds, priors: priorsAt(timeUs) });
        records = RunRecords.open(
          session,
          { ...request, ...how },
          loaded,
          { venue: "tape", seed: null, account: null },
          timeUs,
        );
      }
      status ??= new StatusWriter(session, markets, io, new WallClock());
      const problem = session.onPush(bytes, from, to, timeUs);
      status.update(session.endedUs);
      const limit = request.forSeconds;
      if (limit !== null && session.endedUs - session.startedUs >= limit * US_PER_SECOND) timedOut = true;
      return problem;
    },
  };
  const tapes = await readTapes(request.tapes, handler, {
    skipBadLines: request.skipBadLines,
    stop: () => timedOut || io.stopRequested(),
    pace: (timeUs) => {
      if (speed === null) return undefined;
      clock ??= new ScaledClock(timeUs, speed);
      return clock.nowUs() >= timeUs ? undefined : waitFor(clock, timeUs, io, (nowUs) => status?.update(nowUs));
    },
  }).catch(async (error: unknown) => {
    await (records as RunRecords | null)?.fail();
    throw error;
  });
  (status as StatusWriter | null)?.finish();
  if (session === null)
    throw new FactsError(`${request.tapes[0]}: holds no push of the venue: there is nothing to trade on`);
  await (records as RunRecords | null)?.close();
  const silent = (session as Session).silentMarket;
  if (silent !== null) {
    await (records as RunRecords | null)?.fail();
    throw new UnknownMarketError(`${silent} has no message on the tape: name a market that it holds`);
  }
  return { session, records, tapes, stopped: timedOut || io.stopRequested() };
}

/** Waits for the tape's next line, and gives up waiting when asked to stop. */
async function waitFor(clock: ScaledClock, timeUs: number, io: RunIo, onWait: (nowUs: number) => void): Promise<void> {
  while (clock.nowUs() < timeUs && !io.stopRequested()) {
    await clock.sleepUntil(timeUs);
    onWait(Math.min(clock.nowUs(), timeUs));
  }
}

/** The same tapes at other latencies: what speed is worth. One list a market. */
async function runCurve(
  request: RunRequest,
  io: RunIo,
  markets: readonly string[],
): Promise<MarketReport["latency"]["curve"][]> {
  if (request.latencyCurve.length === 0) return markets.map(() => null);
  const curves = markets.map((): NonNullable<MarketReport["latency"]["curve"]> => []);
  for (const seconds of request.latencyCurve) {
    if (io.stopRequested()) break;
    const { session } = await runOnce(request, { ...io, status: NO_STATUS }, markets, {
      latencySeconds: seconds,
      speed: null,
      journalFolder: null,
      reportFile: null,
    });
    session.finish([], []).forEach((m, i) => {
      curves[i]?.push({ seconds, fills: m.fills, capture_bps: m.capture_bps, edge_bps: m.edge_bps["5"] });
    });
  }
  return curves;
}

function tapeWarnings(tapes: readonly TapeStats[], stopped: boolean): ReportWarning[] {
  const warnings: ReportWarning[] = [];
  const bad = tapes.reduce((sum, t) => sum + t.badLineCount, 0);
  if (bad > 0) warnings.push({ code: "bad_lines", text: `${bad} bad line(s) of the tapes were left out` });
  if (stopped) warnings.push({ code: "stopped", text: "the run was ended before the end of its input" });
  return warnings;
}
