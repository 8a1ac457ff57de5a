/**
 * Paper trading on what a venue says now: the same session as over tapes, fed by a connection.
 * @module
 */
import { US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { type LoadedConfig, loadConfig } from "../io/config.ts";
import { exitCodeOf, storageError, usageError } from "../io/exit.ts";
import { NetError } from "../io/net.ts";
import { TapeWriter } from "../io/tape_writer.ts";
import { BUILD } from "../io/version.ts";
import type { Drift } from "../venue/hyperliquid/drift.ts";
import { InfoClient } from "../venue/hyperliquid/info.ts";
import type { InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { CHECKPOINT_US, checkPriorFiles, findPrior, saveCheckpoint } from "./checkpoint.ts";
import { askFacts, Following, type Place, skewText } from "./follow.ts";
import { withPaperError } from "./paper_error_file.ts";
import { openPlace } from "./place.ts";
import { REPORT_SCHEMA, type Report, type ReportWarning } from "./report_schema.ts";
import { RunEnded, type RunIo, type RunRequest } from "./request.ts";
import { RunRecords } from "./run_records.ts";
import { Session } from "./session.ts";
import { StatusWriter } from "./status.ts";
import { WorkTime } from "./work_time.ts";

/** Runs the request on its venue: mainnet when markets are named, the embedded one when none is. */
export async function runVenue(request: RunRequest, io: RunIo): Promise<Report> {
  const loaded = loadConfig(request.config.file);
  const wanted = request.markets.length > 0 ? request.markets : loaded.markets;
  const place = openPlace(request, request.venue ?? (wanted.length > 0 ? "mainnet" : "local"));
  try {
    const markets = wanted.length > 0 || place.market === null ? wanted : [place.market];
    if (markets.length === 0) throw usageError("no market: name one, or list markets in the config");
    return await new PaperRun(request, io, place, loaded).run(markets);
  } finally {
    place.close();
  }
}

/** One paper run on one venue. */
export class PaperRun {
  /** Our own time from a message received to its intents ready: of those that led to intents, and of all. */
  readonly intentWork = new WorkTime();
  readonly messageWork = new WorkTime();
  readonly #request: RunRequest;
  readonly #io: RunIo;
  readonly #place: Place;
  readonly #loaded: LoadedConfig;
  readonly #drifts: Drift[] = [];
  #beganUs = 0;

  constructor(request: RunRequest, io: RunIo, place: Place, loaded: LoadedConfig) {
    this.#request = request;
    this.#io = io;
    this.#place = place;
    this.#loaded = loaded;
  }

  /** Trades until the time is up, the venue ends or somebody stops it. */
  async run(markets: readonly string[]): Promise<Report> {
    const request = this.#request;
    const { clock } = this.#place;
    const info = new InfoClient(clock, this.#place.net, this.#place.venue);
    const answers = await askFacts(this.#place, info, markets, request.address, this.#io.note);
    const quota = request.address === null ? null : await info.quota(request.address);
    checkPriorFiles(request.priors, markets);
    const venueName = this.#place.venue.name;
    const nowUs = clock.nowUs();
    const session = new Session({
      ...request,
      markets,
      answers,
      loaded: this.#loaded,
      quotaUsedCount: quota?.usedCount ?? request.quotaUsedCount,
      quotaVolumeUsd: quota?.volumeUsd ?? request.quotaVolumeUsd,
      priors: markets.map((market) => findPrior(request.priors, market, venueName, nowUs, this.#io.note)),
      quotaReservedCount: quota?.reservedCount ?? 0,
    });
    const writer = request.recordFile === null ? null : await createWriter(request.recordFile, clock.nowUs(), answers);
    const { venue, seed, machine } = this.#place;
    const where = { venue: venue.name, seed, account: null };
    const records = RunRecords.open(session, request, this.#loaded, where, clock.nowUs(), machine);
    this.#beganUs = clock.nowUs();
    const following = this.#follow(info, markets, answers, session, writer);
    let ended: Error | null = null;
    try {
      await following.run();
    } catch (error) {
      ended = error as Error;
    } finally {
      await writer?.close();
      await records.close();
    }
    try {
      // Without data there is nothing to report, and a bug is told as one.
      if (ended !== null && (session.startedUs === 0 || exitCodeOf(ended) === 1)) throw ended;
      this.#saveCheckpoints(session, markets);
      if (writer !== null && writer.failure !== "") throw unwritable(writer.path, writer.failure);
      if (session.startedUs === 0) throw new NetError(`${venueName}: sent nothing of ${markets.join(", ")}`);
      const report = this.#report(session, following, records, ended);
      records.end(report, this.#io, ended !== null);
      if (ended !== null) throw new RunEnded(report, ended);
      return report;
    } catch (error) {
      if (!(error instanceof RunEnded)) await records.fail();
      throw error;
    }
  }

  #follow(
    info: InfoClient,
    markets: readonly string[],
    answers: InfoAnswer[],
    session: Session,
    writer: TapeWriter | null,
  ): Following {
    const { clock } = this.#place;
    let checkpointUs = 0;
    const status = new StatusWriter(session, markets, this.#io, clock);
    return new Following(this.#place, info, markets, answers, session.followed, session.intake, {
      onPush: (bytes, length, receivedUs, text, startUs) => {
        if (this.#isOver(session, receivedUs)) return;
        const before = session.sequencer.intentCount;
        const problem = session.onPush(bytes, 0, length, receivedUs);
        const workUs = clock.monotonicUs() - startUs;
        this.messageWork.add(workUs);
        if (session.sequencer.intentCount > before) this.intentWork.add(workUs);
        if (problem === "") writer?.writePush(receivedUs, text);
        status.update(receivedUs);
      },
      onLost: (reason, timeUs) => {
        session.intake.onMark(reason);
        writer?.writeMark(timeUs, reason);
        status.onLost(reason);
        this.#io.note(`connection lost: ${reason}`);
      },
      onTick: (nowUs) => {
        status.update(nowUs);
        if (this.#io.stopRequested() || this.#isOver(session, nowUs)) {
          status.finish();
          return true;
        }
        session.onClock(nowUs);
        if (session.startedUs > 0 && nowUs >= checkpointUs) {
          if (checkpointUs > 0) this.#saveCheckpoints(session, markets);
          checkpointUs = nowUs + CHECKPOINT_US;
        }
        return false;
      },
      onDrift: (drift) => {
        this.#drifts.push(drift);
        this.#io.note(`feed_drift: ${drift.text}`);
      },
      onFacts: (changed, timeUs) => {
        for (const { request, response } of changed) writer?.writeInfo(timeUs, request, response);
        session.onFacts();
      },
      onNote: (text) => this.#io.note(text),
    });
  }

  /** Keeps what was learnt. A disk that is full costs the next run its prior, not this one its life. */
  #saveCheckpoints(session: Session, markets: readonly string[]): void {
    if (this.#place.seed !== null) return;
    try {
      for (let i = 0; i < markets.length; i++) {
        const checkpoint = session.checkpoint(i, this.#place.venue.name);
        if (checkpoint !== null) saveCheckpoint(checkpoint);
      }
    } catch (error) {
      this.#io.note(`no checkpoint: ${(error as Error).message}`);
    }
  }

  #isOver(session: Session, nowUs: number): boolean {
    const { forSeconds } = this.#request;
    // A venue that sends nothing is not waited for longer than one that does.
    const fromUs = session.startedUs > 0 ? session.startedUs : this.#beganUs;
    return forSeconds !== null && nowUs - fromUs > forSeconds * US_PER_SECOND;
  }

  #report(session: Session, following: Following, records: RunRecords, ended: Error | null): Report {
    const work = this.intentWork;
    const feed = following.report({
      p50: work.quantileUs(0.5),
      p99: work.quantileUs(0.99),
      max: work.maxUs,
      n: work.count,
    });
    return {
      schema: REPORT_SCHEMA,
      build: BUILD.id,
      command: this.#request.command,
      config_hash: session.configHash,
      seed: this.#place.seed,
      world: this.#place.world,
      started_us: session.startedUs,
      ended_us: session.endedUs,
      stopped: this.#io.stopRequested(),
      tapes: [],
      counts: session.intake.counts(),
      feed,
      run_id: this.#request.runId,
      journal: records.report,
      live: null,
      twin: null,
      solver_calls: session.solverCalls,
      ladders: session.ladders,
      markets: withPaperError(
        session.finish(
          [],
          [...this.#place.warnings, ...this.#warnings(feed.clock_offset_ms, ended), ...records.warnings],
        ),
      ),
    };
  }

  #warnings(offsetMs: number | null, ended: Error | null): ReportWarning[] {
    const warnings: ReportWarning[] = [];
    if (ended !== null) warnings.push({ code: "ended", text: `the run was ended: ${ended.message}` });
    const skew = skewText((offsetMs ?? 0) * US_PER_MS);
    if (skew !== "") warnings.push({ code: "clock_skew", text: skew });
    for (const text of new Set(this.#drifts.map((d) => d.text))) warnings.push({ code: "feed_drift", text });
    return warnings;
  }
}

async function createWriter(path: string, nowUs: number, answers: readonly InfoAnswer[]): Promise<TapeWriter> {
  let writer: TapeWriter;
  try {
    writer = await TapeWriter.create(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw storageError(`${path}: is there already and is not overwritten: name another file`);
    throw unwritable(path, code ?? "error");
  }
  for (const { request, response } of answers) writer.writeInfo(nowUs, request, response);
  writer.flush();
  return writer;
}

const unwritable = (path: string, why: string): Error => storageError(`${path}: cannot be written (${why})`);
