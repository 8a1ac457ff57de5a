/**
 * One run: desk, simulated exchange, statistics and their wiring, from the first push to the report.
 * @module
 */
import { assert } from "../core/assert.ts";
import { Desk, MARKETS_MAX } from "../core/desk.ts";
import { COMMAND, F, FrameLane, KIND, writeText } from "../core/frame.ts";
import { PRIOR_AT, writePriorFrame } from "../core/learn/prior.ts";
import { type Instrument, type InstrumentFacts, readInstrument, writeInstrument } from "../core/market/instrument.ts";
import type { MarketParams } from "../core/params.ts";
import { REFERENCE } from "../core/signal/reference.ts";
import { StateReader } from "../core/state.ts";
import { MICRO_PER_USD, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { type ConfigSource, configHash, type LoadedConfig, type ResolvedParams, resolveParams } from "../io/config.ts";
import { usageError } from "../io/exit.ts";
import type { RunHeader } from "../io/journal_format.ts";
import { BUILD } from "../io/version.ts";
import type { OrderPort, PortMarket, RequestCounts } from "../sim/order_port.ts";
import { SCORERS, type Scorer } from "../sim/resting.ts";
import { ShadowExchange, type ShadowOptions, type ShadowSink } from "../sim/shadow.ts";
import type { CodecMarket } from "../wire/hyperliquid/codec.ts";
import {
  FactsError,
  feesAreTierZero,
  type InfoAnswer,
  type ReferenceFacts,
  resolveInstrument,
  resolveReference,
} from "../wire/hyperliquid/instrument.ts";
import { CHECKPOINT_US, type Checkpoint, makeCheckpoint, type Prior } from "./checkpoint.ts";
import { Drive } from "./drive.ts";
import { changedFacts } from "./facts.ts";
import { Intake } from "./intake.ts";
import { buildMarketReport } from "./report.ts";
import type { MarketReport, ReportWarning } from "./report_schema.ts";
import type { RunIdentity } from "./run_identity.ts";
import { RunJournal, type RunJournalOptions } from "./run_journal.ts";
import { Sequencer } from "./sequencer.ts";
import { Statistics } from "./statistics.ts";

/** Room for the frames of one push: a first trades push holds hundreds of prints. */
const LANE_SIZE = 262_144;

export interface SessionOptions {
  markets: readonly string[];
  answers: readonly InfoAnswer[];
  config: ConfigSource;
  loaded: LoadedConfig;
  latencySeconds: number | null;
  quotaUsedCount: number;
  quotaVolumeUsd: number;
  /** What earlier runs learnt, a market each; null where there is none. */
  priors?: readonly (Prior | null)[];
  /** Requests bought beyond those used. */
  quotaReservedCount?: number;
  /** Where orders go, when that is not the shadow exchange. */
  makePort?(options: ShadowOptions, sink: ShadowSink): OrderPort;
  /** Rules that the shadow exchange scores the orders by, and the share of the loop after which it answers. */
  scorers?: readonly Scorer[];
  answerRatio?: number;
  /** Looks at the frames of a push before the run does, and may change them: what is our own in a public book. */
  beforeFrames?(lane: FrameLane): void;
}

/** One run from facts and settings to its reports. */
export class Session {
  readonly intake: Intake;
  readonly desk: Desk;
  /** Where orders go: the shadow exchange, unless the options have another port. */
  readonly shadow: OrderPort;
  readonly statistics: Statistics;
  readonly sequencer: Sequencer;
  readonly configHash: string;
  readonly latencySeconds: number;
  /** Every market whose pushes are read: those traded, in their order, then the references among the others. */
  readonly followed: readonly CodecMarket[];
  startedUs = 0;
  endedUs = 0;
  readonly #markets: readonly string[];
  readonly #answers: readonly InfoAnswer[];
  readonly #facts: InstrumentFacts[];
  readonly #instruments: Instrument[];
  readonly #resolved: readonly ResolvedParams[];
  readonly #priors: readonly (Prior | null)[];
  readonly #drive: Drive;
  readonly #lane = new FrameLane(LANE_SIZE);
  readonly #beforeFrames: ((lane: FrameLane) => void) | null;
  readonly #prime: FrameLane;
  readonly #tierZero: boolean;
  #journal: RunJournal | null = null;
  #journalWasDown = false;
  #isRestored = false;
  /** What was said of the markets since the start that is otherwise than it was, a sentence each. */
  readonly #changes: { market: number; text: string }[] = [];
  #factsAreOld = false;

  /** Resolves facts and settings. Throws what is missing or does not fit, before anything runs. */
  constructor(options: SessionOptions) {
    const { markets, answers } = options;
    const facts = markets.map((market) => resolveInstrument(market, answers));
    const twice = markets.find((market, i) => markets.indexOf(market) !== i);
    if (twice !== undefined) throw usageError(`${twice} is named twice`);
    if (markets.length > MARKETS_MAX) {
      throw usageError(`${markets.length} markets are too many: one address trades at most ${MARKETS_MAX} in one run`);
    }
    this.#markets = markets;
    this.#answers = answers;
    this.#facts = facts;
    this.#tierZero = feesAreTierZero(answers);
    this.#resolved = markets.map((market, i) => {
      const maxLeverage = (facts[i] as InstrumentFacts).maxLeverage;
      const resolved = resolveParams(options.config, options.loaded, market, markets.length, maxLeverage);
      return options.latencySeconds === null ? resolved : withLatency(resolved, options.latencySeconds);
    });
    const params = this.#resolved.map((r) => r.params);
    this.configHash = configHash(markets, params);
    const references = markets.map((market) => resolveReference(market, answers));
    this.followed = followedMarkets(markets, facts, references);
    this.#prime = primeLane(markets, facts, references, this.followed);
    this.#priors = options.priors ?? markets.map(() => null);
    this.#priors.forEach((prior, i) => {
      if (prior !== null) writePriorFrame(this.#prime, 0, i, prior.weight, prior.values);
    });
    this.#instruments = instrumentsOf(this.#prime, markets.length);
    this.desk = new Desk(params);
    const scorers = options.scorers ?? SCORERS;
    this.statistics = new Statistics(markets.length, scorers.length);
    // One address has one distance to the venue: the slowest setting of its markets.
    this.latencySeconds = Math.max(...params.map((p) => p.latencySeconds));
    const port: ShadowOptions = {
      instruments: this.#instruments,
      latencyUs: Math.round(this.latencySeconds * US_PER_SECOND),
      quotaUsedCount: options.quotaUsedCount,
      quotaVolumeUsd: Math.round(options.quotaVolumeUsd * MICRO_PER_USD),
      scorers,
      ...(options.answerRatio !== undefined && { answerRatio: options.answerRatio }),
    };
    this.shadow = options.makePort?.(port, this.statistics) ?? new ShadowExchange(port, this.statistics);
    this.shadow.limiter.reservedCount = options.quotaReservedCount ?? 0;
    this.statistics.watch(this.desk);
    this.sequencer = new Sequencer(this.desk);
    this.#drive = new Drive(this.desk, this.shadow, this.sequencer, this.statistics);
    this.intake = new Intake(this.followed);
    this.#beforeFrames = options.beforeFrames ?? null;
  }

  /** Takes one push. Returns what is wrong with it, or "". */
  onPush(bytes: Uint8Array, from: number, to: number, receivedUs: TimeUs): string {
    if (this.startedUs === 0) this.#start(receivedUs);
    this.#lane.clear();
    const problem = this.intake.onPush(bytes, from, to, receivedUs, this.#lane);
    if (problem !== "") return problem;
    this.endedUs = this.intake.timeUs;
    this.#beforeFrames?.(this.#lane);
    this.#drive.onMessage(this.#lane, this.intake.timeUs, this.intake.codec.newestVenueTimeUs);
    if (this.#factsAreOld) this.#takeFacts(this.intake.timeUs);
    this.#watchJournal(this.intake.timeUs);
    return "";
  }

  /**
   * Takes the frames of one message that was never text. Gaps and repeats are the caller's.
   * @param newestVenueTimeUs Newest time of the port's clock that the message tells of.
   */
  onFrames(lane: FrameLane, timeUs: TimeUs, newestVenueTimeUs: TimeUs): void {
    if (this.startedUs === 0) this.#start(timeUs);
    this.endedUs = timeUs;
    this.#drive.onMessage(lane, timeUs, newestVenueTimeUs);
    this.#watchJournal(timeUs);
  }

  /** Takes what the venue says of the account, as frames. */
  onAccount(lane: FrameLane, timeUs: TimeUs): void {
    if (this.startedUs === 0) this.#start(timeUs);
    this.endedUs = Math.max(this.endedUs, timeUs);
    this.#drive.onAccount(lane, timeUs);
    this.#watchJournal(timeUs);
  }

  /**
   * Goes on from the state that another run of these markets and settings left. Before the first frame only.
   * @param cloidsSkipped Client ids passed over: that run may have used more than its journal tells.
   */
  restore(state: Float64Array, cloidsSkipped: number): void {
    assert(this.startedUs === 0, "session: goes on from a state before its first frame");
    const reader = new StateReader(state);
    this.sequencer.syncState(reader);
    reader.finish();
    this.desk.skipCloids(cloidsSkipped);
    this.#isRestored = true;
  }

  /** Facts of the traded markets, in their order. */
  get facts(): readonly InstrumentFacts[] {
    return this.#facts;
  }

  /** Tells the desk something that no market said: one of COMMAND. */
  command(command: number, timeUs: TimeUs): void {
    if (this.startedUs === 0) this.#start(timeUs);
    this.#drive.command(command, timeUs);
  }

  /** Facts of the traded markets, in their order. */
  get instruments(): readonly Instrument[] {
    return this.#instruments;
  }

  /** The answers that the run was given were brought up to date. They hold from the next push on, in a run and in a replay of its tape alike. */
  onFacts(): void {
    this.#factsAreOld = true;
  }

  #takeFacts(timeUs: TimeUs): void {
    this.#factsAreOld = false;
    this.#lane.clear();
    for (const { index, facts, keys, text } of changedFacts(this.#markets, this.#facts, this.#answers)) {
      if (keys.includes("szDecimals")) throw new FactsError(`${text}: what was learnt does not fit the new grid`);
      const { referenceMarket } = this.#instruments[index] as Instrument;
      const at = writeInstrument(this.#lane, timeUs, index, facts, index + 1, referenceMarket);
      const instrument = readInstrument(this.#lane.data, at);
      this.#facts[index] = facts;
      this.#instruments[index] = instrument;
      (this.shadow.markets[index] as PortMarket).instrument = instrument;
      this.#changes.push({ market: index, text });
    }
    this.#drive.prime(this.#lane, timeUs);
  }

  /** The receiving clock moved on without a message. */
  onClock(nowUs: TimeUs): void {
    this.#drive.onClock(nowUs);
    this.#watchJournal(nowUs);
  }

  /** The port's clock reached `nowUs`, where the port has the clock that messages are received by. */
  onPortClock(nowUs: TimeUs): void {
    this.#drive.onPortClock(nowUs);
  }

  /** Writes every frame from now on. Before the first push only. */
  openJournal(options: Omit<RunJournalOptions, "run">, identity: RunIdentity, timeUs: TimeUs): RunJournal {
    assert(this.startedUs === 0, "session: the journal holds the run from its first frame on");
    this.#journal = RunJournal.open({ ...options, run: this.runHeader(identity) }, this.sequencer, timeUs);
    return this.#journal;
  }

  /** Tells the desk when what it decides cannot be written down, and when it can again. */
  #watchJournal(nowUs: TimeUs): void {
    const isDown = this.#journal?.isDown === true;
    if (isDown === this.#journalWasDown || this.startedUs === 0) return;
    this.#journalWasDown = isDown;
    this.#drive.command(isDown ? COMMAND.journalDown : COMMAND.journalUp, nowUs);
  }

  /** What journal and store say of the run. */
  runHeader(identity: RunIdentity): RunHeader {
    const numbersOf = (from: object): Record<string, number> =>
      Object.fromEntries(Object.entries(from).map(([key, value]) => [key, Number(value)]));
    return {
      build: BUILD.id,
      target: BUILD.target,
      run_id: identity.id,
      run_number: [...identity.number],
      command: identity.command,
      venue: identity.venue,
      account: identity.account,
      seed: identity.seed,
      ...(identity.continues !== undefined && { continues: identity.continues }),
      config_hash: this.configHash,
      latency_s: this.latencySeconds,
      markets: this.followed.map((m) => ({ coin: m.coin, sz_decimals: m.szDecimals })),
      profiles: this.#resolved.map((r) => r.profile),
      params: this.#resolved.map((r) => numbersOf(r.params)),
      facts: this.#facts.map(numbersOf),
      priors: this.#priors.map((p) =>
        p === null ? null : { source: p.source, age_s: p.ageSeconds, weight: p.weight },
      ),
    };
  }

  #start(timeUs: TimeUs): void {
    this.startedUs = timeUs;
    this.shadow.writeQuota(timeUs, timeUs, this.#prime);
    this.#drive.prime(this.#prime, timeUs);
    if (this.#isRestored) this.#drive.command(COMMAND.start, timeUs);
  }

  /** The first market of which nothing was said, or null. */
  get silentMarket(): string | null {
    return this.#markets.find((_, i) => this.intake.marketCounts[i] === 0) ?? null;
  }

  /** What the run has learnt of a market so far; null while it has seen too little to be worth keeping. */
  checkpoint(index: number, venue: string): Checkpoint | null {
    const engine = this.desk.engines[index] as Desk["engines"][number];
    const ownSeconds = (this.endedUs - this.startedUs) / US_PER_SECOND;
    if (ownSeconds * US_PER_SECOND < CHECKPOINT_US) return null;
    const values = new Float64Array(PRIOR_AT.size);
    engine.board.writePrior(values);
    // A market that showed no book (halted, or silent) taught nothing: what an earlier run learnt of it stays.
    if (Number.isNaN(values[PRIOR_AT.touch])) return null;
    const memorySeconds = engine.params.intensityMemorySeconds;
    const prior = this.#priors[index] ?? null;
    const market = this.#markets[index] as string;
    return makeCheckpoint(market, venue, this.endedUs, ownSeconds, prior, memorySeconds, values);
  }

  /** Ends the run and says of each market what came of it. */
  finish(curves: readonly MarketReport["latency"]["curve"][], warnings: readonly ReportWarning[]): MarketReport[] {
    this.statistics.finish();
    const stateHash = this.sequencer.finishStateHash();
    return this.#markets.map((market, i) => {
      const stats = this.statistics.markets[i] as Statistics["markets"][number];
      const account = this.shadow.account.of(i);
      return buildMarketReport({
        market,
        prior: this.#priors[i] ?? null,
        referenceName: referenceName((this.#instruments[i] as Instrument).referenceMarket, this.followed),
        profile: (this.#resolved[i] as ResolvedParams).profile,
        engine: this.desk.engines[i] as Desk["engines"][number],
        desk: this.desk,
        instrument: this.#instruments[i] as Instrument,
        account,
        requests: this.shadow.counts[i] as RequestCounts,
        parts: stats.attribution.close(account.equityUsd),
        maxDrawdownUsd: account.maxDrawdownUsd,
        time: stats.time,
        edges: stats.edges.map((edge) => edge.summary()),
        frameCount: stats.frameCount,
        intentCount: stats.intentCount,
        intentHash: this.sequencer.intentHash,
        stateHash,
        headroomRatio: this.shadow.limiter.surplusCount / this.shadow.limiter.capCount,
        latencySeconds: this.desk.latencySeconds,
        curve: curves[i] ?? null,
        runWarnings: [...warnings, ...this.#factWarnings(i)],
        latePrintCount: (this.shadow.markets[i] as PortMarket).latePrintCount,
        breakerTrips: this.desk.trippedCount,
      });
    });
  }

  #factWarnings(market: number): ReportWarning[] {
    const warnings: ReportWarning[] = this.#changes
      .filter((change) => change.market === market)
      .map(({ text }) => ({ code: "facts_changed", text }));
    if (this.intake.marketCounts[market] === 0)
      warnings.push({ code: "no_data", text: "the venue sent nothing of this market" });
    if (this.#tierZero)
      warnings.push({ code: "tier_zero", text: "fees are those of tier 0: no address was asked for its own" });
    if (!(this.shadow.markets[market] as PortMarket).hasContext) {
      warnings.push({
        code: "no_contexts",
        text: "no contexts were sent: equity is marked at the mid, and funding is not counted",
      });
    }
    const counts = this.intake.counts();
    if (counts.gaps > 0) {
      warnings.push({
        code: "gaps",
        text: `${counts.gaps} gap(s) of ${counts.gap_seconds.toFixed(1)} s in all are left out`,
      });
    }
    return warnings;
  }

  /** Times that the quote problem was solved, and ladders built. */
  get solverCalls(): number {
    return this.desk.engines.reduce((sum, engine) => sum + engine.quoter.model.solver.solveCount, 0);
  }
  get ladders(): number {
    return this.desk.engines.reduce((sum, engine) => sum + engine.ladderCount, 0);
  }
}

function withLatency(resolved: ResolvedParams, latencySeconds: number): ResolvedParams {
  const params: MarketParams = { ...resolved.params, latencySeconds };
  return { ...resolved, params, origins: { ...resolved.origins, latency_s: "--latency" } };
}

/** The markets of a run by index: those traded first, then references that are not traded themselves. */
function followedMarkets(
  markets: readonly string[],
  facts: readonly InstrumentFacts[],
  references: readonly ReferenceFacts[],
): CodecMarket[] {
  const followed = markets.map((coin, market) => ({
    coin,
    market,
    szDecimals: (facts[market] as InstrumentFacts).szDecimals,
  }));
  for (const r of references) {
    if (r.kind !== "market" || followed.some((f) => f.coin === r.coin)) continue;
    followed.push({ coin: r.coin, market: followed.length, szDecimals: r.szDecimals });
  }
  return followed;
}

/** Names and facts of the markets as the frames that open a run. */
function primeLane(
  markets: readonly string[],
  facts: readonly InstrumentFacts[],
  references: readonly ReferenceFacts[],
  followed: readonly CodecMarket[],
): FrameLane {
  const lane = new FrameLane(256 * (followed.length + 1));
  for (const { coin, market } of followed) writeText(lane, 0, market + 1, coin);
  markets.forEach((_, i) => {
    const r = references[i] as ReferenceFacts;
    const index = r.kind === "market" ? followed.findIndex((f) => f.coin === r.coin) : REFERENCE[r.kind];
    writeInstrument(lane, 0, i, facts[i] as InstrumentFacts, i + 1, index);
  });
  return lane;
}

/** The reference as reports name it. */
function referenceName(market: number, followed: readonly CodecMarket[]): string {
  if (market === REFERENCE.none) return "none";
  return market === REFERENCE.oracle ? "oracle" : (followed[market] as CodecMarket).coin;
}

/** The instruments as the frames say them, so that engine and exchange read the same. */
function instrumentsOf(lane: FrameLane, count: number): Instrument[] {
  const instruments: Instrument[] = [];
  for (let at = 0; at < lane.length; at += lane.data[at] as number) {
    if (lane.data[at + F.kind] === KIND.instrument) instruments.push(readInstrument(lane.data, at));
  }
  assert(instruments.length === count, "session: every market has its facts");
  return instruments;
}
