/**
 * One stretch of trading with real orders, from the first connection to the venue's word that nothing is left.
 * @module
 */
import { COMMAND } from "../core/frame.ts";
import { MICRO_PER_USD, type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { exitCodeOf, UserError } from "../io/exit.ts";
import { NetError } from "../io/net.ts";
import type { UserSocket } from "../io/serve.ts";
import { BUILD } from "../io/version.ts";
import { DRIVER, SCORERS, type Scorer } from "../sim/resting.ts";
import type { RoundReport } from "../venue/hyperliquid/reconcile_round.ts";
import { accountSubscriptionsOf } from "../venue/hyperliquid/subscriptions.ts";
import { AccountCodec } from "../wire/hyperliquid/account_messages.ts";
import type { RunNumber } from "../wire/hyperliquid/cloid.ts";
import { dexOf } from "../wire/hyperliquid/instrument.ts";
import { AccountSide } from "./account_side.ts";
import { expiringText } from "./agent_check.ts";
import { CHECKPOINT_US, findPrior, saveCheckpoint } from "./checkpoint.ts";
import { CTL_NOTES, type CtlCommand, serveCtl } from "./ctl.ts";
import { Following } from "./follow.ts";
import { Ending } from "./live_end.ts";
import { LivePort } from "./live_port.ts";
import { ledgerStart, liveReport } from "./live_report.ts";
import { riskProblem } from "./live_risk.ts";
import { OwnBook } from "./own_book.ts";
import { PaperTwin } from "./paper_twin.ts";
import { REPORT_SCHEMA, type Report, type ReportWarning } from "./report_schema.ts";
import { RunEnded } from "./request.ts";
import type { Legacy } from "./resume.ts";
import { RunRecords } from "./run_records.ts";
import { Session, type SessionOptions } from "./session.ts";
import { StatusWriter } from "./status.ts";
import { readStatus } from "./status_facts.ts";
import { breakerText, quietUntilUs, seedOf, type TradingParts, tradedMarkets } from "./trading_parts.ts";

/** Between two looks at whether it pays. */
const RISK_US = 60 * US_PER_SECOND;
/** The last questions are waited for so long. */
const CLOSING_US_MAX = 20 * US_PER_SECOND;
/** The first marks come within seconds; a market without one is halted or dead. */
const MARKS_US_MAX = 30 * US_PER_SECOND;
/** Client ids passed over when a run goes on from another's journal: more than a second of orders, the most that a power loss may have cost it. */
const CLOIDS_SKIPPED = 100_000;

/** An older run's view of the market is worth nothing, and the venue may not list everything that happened since. */
const LEGACY_US_MAX = 12 * 3_600 * US_PER_SECOND;

/**
 * `connecting`: nothing is known. `reading`: the venue is asked what stands. `trading`. `ending`: everything is being cancelled. `closing`: the venue
 * is asked for the last time. `over`.
 */
type Stage = "connecting" | "reading" | "trading" | "ending" | "closing" | "over";

/** A run with real orders on its connection. */
export class Trading {
  readonly #parts: TradingParts;
  readonly #port: LivePort;
  readonly #session: Session;
  readonly #twin: PaperTwin | null;
  readonly #side: AccountSide;
  readonly #following: Following;
  readonly #status: StatusWriter;
  readonly #records: RunRecords;
  readonly #nonces: { close(): void };
  readonly #run: RunNumber;
  readonly #isResumed: boolean;
  #stage: Stage = "connecting";
  #sinceUs: TimeUs;
  #end: Ending | null = null;
  #checkpointUs: TimeUs = 0;
  #riskUs: TimeUs = 0;
  #stopAsked = false;
  #closingUs: TimeUs = 0;
  /** It ends before it began, and looks once more at what stands. */
  #isCut = false;
  /** Why it ends though nobody asked, or null. */
  #cause: Error | null = null;
  #ctl: UserSocket | null = null;

  constructor(parts: TradingParts) {
    const { place, request, door, agent, markets, legacy, info, options } = parts;
    const { clock } = place;
    this.#parts = parts;
    this.#sinceUs = clock.nowUs();
    const own = new OwnBook(markets.length);
    const twinOwn = options.shadow ? new OwnBook(markets.length) : null;
    let port: LivePort | null = null;
    this.#session = new Session({
      ...this.#sessionOptions(),
      // Real fills need no rule.
      scorers: [SCORERS[DRIVER] as Scorer],
      makePort: (shadow, sink) => {
        port = new LivePort(shadow.instruments, sink);
        return port;
      },
      beforeFrames: (lane) => own.strip(lane),
    });
    this.#port = port as unknown as LivePort;
    const { usedCount, capCount, reservedCount } = parts.found.quota;
    this.#port.setQuota(usedCount, capCount, reservedCount);
    this.#isResumed = this.#takeOver(legacy);
    this.#run = this.#isResumed && legacy !== null ? legacy.runNumber : request.runNumber;
    this.#twin = twinOwn === null ? null : new PaperTwin(this.#sessionOptions(), (lane) => twinOwn.strip(lane));
    this.#status = new StatusWriter(this.#session, markets, parts.io, clock);
    this.#following = this.#follow();
    const nonces = door.openNonces(() => this.#following.offsetUs);
    this.#nonces = nonces;
    const traded = tradedMarkets(markets, this.#session.facts);
    this.#side = new AccountSide({
      clock,
      net: place.net,
      venue: place.venue,
      network: door.network,
      info,
      session: this.#session,
      port: this.#port,
      codec: new AccountCodec(agent.account, traded),
      socket: this.#following,
      account: agent.account,
      signer: door.signer,
      nonces,
      markets: traded,
      run: this.#run,
      legacy: this.#isResumed ? legacy : null,
      ownBooks: twinOwn === null ? [own] : [own, twinOwn],
      offsetUs: () => this.#following.offsetUs,
      note: (text) => parts.io.note(text),
      onExpired: () => this.#following.doubtClock(),
      // It was asked for this key a moment ago: what it does not know is whoever the signature seems to be of.
      onFatal: ({ text }) => {
        const why = `revoked meanwhile, or not of the network ${door.network} that was signed for (--chain)`;
        this.#stop(new UserError(4, `${text} (${door.signer.address} was ${why})`));
      },
      onRound: (report) => this.#onRound(report),
      onBug: (error) => this.#following.fail(error),
    });
    const from = this.#isResumed && legacy !== null ? { continues: legacy.runId } : {};
    const where = { venue: place.venue.name, seed: seedOf(this.#parts), account: agent.account, ...from };
    const named = { ...request, runNumber: this.#run };
    this.#records = RunRecords.open(this.#session, named, parts.loaded, where, clock.nowUs(), place.machine);
  }

  #sessionOptions(): SessionOptions {
    const { request, markets, answers, loaded, found, place, io } = this.#parts;
    const { quota } = found;
    const nowUs = place.clock.nowUs();
    return {
      ...request,
      markets,
      answers,
      loaded,
      quotaUsedCount: quota.usedCount + quota.reservedCount,
      quotaVolumeUsd: quota.volumeUsd / MICRO_PER_USD,
      quotaReservedCount: quota.reservedCount,
      priors: markets.map((market) => findPrior(request.priors, market, place.venue.name, nowUs, io.note)),
    };
  }

  /** Goes on from where an earlier run of the account was: wholly where it was the same run, else with its breakers alone. */
  #takeOver(legacy: Legacy | null): boolean {
    if (legacy === null) return false;
    const { io, markets } = this.#parts;
    const isSame =
      legacy.knownUs !== null &&
      legacy.configHash === this.#session.configHash &&
      JSON.stringify(legacy.markets) === JSON.stringify(markets) &&
      this.#sinceUs - legacy.knownUs < LEGACY_US_MAX;
    if (isSame) {
      this.#session.restore(legacy.state, CLOIDS_SKIPPED);
      io.note(`resumed: goes on from ${legacy.runId}${legacy.isClean ? "" : ", which did not end as it should"}`);
      return true;
    }
    this.#session.desk.breaker.carry(legacy.breaker);
    io.note(`${legacy.runId} had other settings, is long over or never began: only its breakers are taken over`);
    return false;
  }

  /** Trades; rejects with `RunEnded` when something other than a wish ended it. */
  async run(): Promise<Report> {
    const { io, place } = this.#parts;
    this.#ctl = this.#openCtl();
    this.#side.hold(place.clock.nowUs());
    let broken: Error | null = null;
    try {
      await this.#following.run();
    } catch (error) {
      broken = error as Error;
    }
    this.#ctl?.stop();
    if (this.#stage !== "over") await this.#sweep();
    this.#side.close();
    this.#nonces.close();
    await this.#records.close();
    const cause = broken ?? this.#cause;
    if (cause !== null && exitCodeOf(cause) === 1) {
      await this.#records.fail();
      throw cause;
    }
    this.#saveCheckpoints();
    const report = this.#report(cause);
    this.#records.end(report, io, cause !== null);
    if (cause !== null) throw new RunEnded(report, cause);
    if (this.#end !== null && !this.#end.isConfirmed) {
      const left = this.#end.ordersLeft;
      throw new RunEnded(
        report,
        new UserError(
          8,
          `${left === null ? "whether orders are left is not known" : `${left} order(s) are left`}: look at the venue, or run mmbin flatten`,
        ),
      );
    }
    return report;
  }

  #follow(): Following {
    const { place, info, markets, answers, agent, io, work } = this.#parts;
    const session = this.#session;
    const dexs = [...new Set(markets.map(dexOf))];
    return new Following(
      place,
      info,
      markets,
      answers,
      session.followed,
      session.intake,
      {
        onPush: (bytes, length, receivedUs, _text, startUs) => {
          const before = session.sequencer.intentCount;
          session.onPush(bytes, 0, length, receivedUs);
          if (session.sequencer.intentCount > before) work.add(place.clock.monotonicUs() - startUs);
          this.#twin?.onPush(bytes, length, receivedUs);
          this.#status.update(receivedUs);
        },
        onLost: (reason, timeUs) => {
          session.intake.onMark(reason);
          this.#twin?.onLost(reason);
          this.#status.onLost(reason);
          io.note(`connection lost: ${reason}`);
          this.#side.onLost(timeUs);
        },
        onTick: (nowUs) => this.#onTick(nowUs),
        onDrift: (drift) => io.note(`feed_drift: ${drift.text}`),
        onFacts: () => {
          session.onFacts();
          this.#twin?.session.onFacts();
        },
        onNote: (text) => io.note(text),
      },
      {
        subscriptions: accountSubscriptionsOf(agent.account, dexs),
        onMessage: (text, receivedUs) => this.#side.onMessage(text, receivedUs),
        onReady: () => {
          if (this.#stage === "connecting") return;
          this.#side.reconcile(this.#stage === "closing" ? "end" : "reconnect");
        },
      },
    );
  }

  /** Every quarter second. Returns whether the run is over. */
  #onTick(nowUs: TimeUs): boolean {
    this.#status.update(nowUs);
    if (this.#stage === "connecting") this.#begin(nowUs);
    if (this.#wantsEnd(nowUs)) this.#beginEnd(nowUs);
    if (this.#stage === "ending" && this.#end !== null) {
      this.#end.onTick(nowUs);
      if (this.#end.isOver) this.#beginClose();
    }
    if (this.#stage === "closing" && this.#isClosed(nowUs)) this.#stage = "over";
    if (this.#stage === "over" || this.#isCut) {
      this.#status.finish();
      return true;
    }
    this.#side.onTick(nowUs);
    // A timer of this very moment is due.
    this.#session.onClock(nowUs + 1);
    this.#twin?.onClock(nowUs + 1);
    if (this.#stage === "trading") this.#look(nowUs);
    return false;
  }

  /** Asks what stands as soon as every market has a value: before that no position can be taken over at what it is worth. */
  #begin(nowUs: TimeUs): void {
    const unmarked = this.#parts.markets.findIndex((_, i) => !this.#port.isMarked(i));
    if (!this.#following.isReady || unmarked >= 0) {
      if (nowUs - this.#sinceUs < MARKS_US_MAX) return;
      const what = this.#following.isReady ? `says no price of ${this.#parts.markets[unmarked]}` : "cannot be followed";
      this.#stop(new NetError(`${this.#parts.place.venue.name} ${what}`));
      this.#stage = "over";
      return;
    }
    if (!this.#isResumed && nowUs < quietUntilUs(this.#parts.legacy)) return;
    this.#stage = "reading";
    if (this.#isResumed) this.#takeOverState(nowUs);
    this.#side.reconcile("start");
  }

  /** What the engine holds is what this run's account starts from. Nobody hears the answers to what was under way. */
  #takeOverState(nowUs: TimeUs): void {
    for (const { market, position } of this.#session.desk.engines) this.#port.adopt(market, position.lots);
    this.#side.doubtPending(nowUs);
  }

  #onRound(report: RoundReport): void {
    const { io } = this.#parts;
    for (const text of report.problems) io.note(text);
    if (report.missedFillCount > 0) io.note(`${report.missedFillCount} fill(s) were missed and are booked now`);
    for (const dex of report.disagreeing)
      io.note(`positions of ${dex === "" ? "the venue's own dex" : dex} differ from what our fills come to`);
    if (this.#stage === "reading") this.#stage = "trading";
  }

  #look(nowUs: TimeUs): void {
    if (nowUs >= this.#checkpointUs) {
      if (this.#checkpointUs > 0) this.#saveCheckpoints();
      this.#checkpointUs = nowUs + CHECKPOINT_US;
    }
    if (nowUs < this.#riskUs) return;
    this.#riskUs = nowUs + RISK_US;
    const { agent, markets, options } = this.#parts;
    const expiring = expiringText(agent, (nowUs + this.#following.offsetUs) / US_PER_MS);
    if (expiring !== "") this.#stop(new UserError(4, expiring));
    const problem = riskProblem({
      desk: this.#session.desk,
      statistics: this.#session.statistics,
      markets,
      equityUsd: (i) => this.#port.account.of(i).equityUsd,
      allowNotViable: options.allowNotViable,
    });
    if (problem !== "") this.#stop(new UserError(7, problem));
  }

  // --- the end ---

  #wantsEnd(nowUs: TimeUs): boolean {
    if (this.#isCut || this.#stage === "ending" || this.#stage === "closing" || this.#stage === "over") return false;
    const { request, io } = this.#parts;
    const isOver = request.forSeconds !== null && nowUs - this.#sinceUs > request.forSeconds * US_PER_SECOND;
    return this.#stopAsked || this.#cause !== null || isOver || io.stopRequested();
  }

  #stop(cause: Error): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    this.#parts.io.note(`ending: ${cause.message}`);
  }

  #beginEnd(nowUs: TimeUs): void {
    if (this.#stage === "connecting") {
      // What a run before left may still stand: that is looked for after the connection is given up.
      if (this.#isResumed) this.#isCut = true;
      else this.#stage = "over";
      return;
    }
    this.#stage = "ending";
    const { io, place } = this.#parts;
    this.#session.command(COMMAND.stop, nowUs);
    this.#twin?.session.command(COMMAND.stop, nowUs);
    this.#end = new Ending({
      nowUs: () => place.clock.nowUs(),
      hasOrders: () => this.#side.hasOrders,
      openOrders: () => this.#side.openOrders(),
      cancelKnown: (timeUs) => this.#side.cancelAll(timeUs),
      cancelThese: (orders, timeUs) => this.#side.cancelThese(orders, timeUs),
      isHurried: () => io.hurried(),
      note: (text) => io.note(text),
    });
  }

  /** Whether the last questions are answered, or need not be waited for any longer. */
  #isClosed(nowUs: TimeUs): boolean {
    return !this.#side.reconciler.isBusy || this.#parts.io.hurried() || nowUs - this.#closingUs > CLOSING_US_MAX;
  }

  /** The last fills, payments and counts. */
  #beginClose(): void {
    this.#stage = "closing";
    this.#closingUs = this.#parts.place.clock.nowUs();
    this.#side.reconcile("end");
  }

  /** The connection or the program broke: what rests is cancelled over HTTP, for as long as that can take. */
  async #sweep(): Promise<void> {
    const { io, place } = this.#parts;
    const { clock } = place;
    if (this.#stage === "connecting" && !this.#isResumed) return;
    this.#side.isBroken = true;
    const end = new Ending({
      nowUs: () => clock.nowUs(),
      // What was sent a moment ago may come to stand after the venue was asked.
      hasOrders: () => this.#side.gateway.isBusy,
      openOrders: () => this.#side.openOrders(),
      cancelKnown: () => {},
      cancelThese: (orders, timeUs) => this.#side.cancelThese(orders, timeUs),
      isHurried: () => io.hurried(),
      note: (text) => io.note(text),
    });
    this.#end = end;
    this.#side.cancelAll(clock.nowUs());
    while (!end.isOver) {
      const untilUs = clock.nowUs() + US_PER_SECOND / 4;
      while (clock.nowUs() < untilUs) await clock.sleepUntil(untilUs);
      end.onTick(clock.nowUs());
    }
    this.#stage = "over";
  }

  // --- others ask ---

  #openCtl(): UserSocket | null {
    const { request, place } = this.#parts;
    // A run without a place for its report is one of many in a process: nobody asks it anything.
    if (request.reportFile === null || place.machine !== undefined) return null;
    const fail = (error: Error): void => this.#following.fail(error);
    return serveCtl(request.runId, (command) => this.#onCtl(command), fail);
  }

  #onCtl(command: CtlCommand): Record<string, unknown> {
    const { place, request, agent, markets } = this.#parts;
    const nowUs = place.clock.nowUs();
    const session = this.#session;
    if (command === "stop") this.#stopAsked = true;
    else if (command !== "status") session.command(COMMAND[command], nowUs);
    const context = { surplusAtStart: this.#port.limiter.surplusCount, lostReason: "" };
    return {
      run_id: request.runId,
      account: agent.account,
      ...(CTL_NOTES[command] !== undefined && { note: CTL_NOTES[command] }),
      state: command === "stop" ? "ending" : this.#side.isHeld ? "asking the venue what stands" : this.#stage,
      breakers: session.desk.openBreakers(nowUs).map((one) => breakerText(one, markets)),
      markets: markets.map((market, i) => readStatus(session, i, market, nowUs, context)),
    };
  }

  // --- the record ---

  #saveCheckpoints(): void {
    const { markets, place, io } = this.#parts;
    // What a simulated venue taught would be a prior for nothing.
    if (place.machine !== undefined) return;
    try {
      for (let i = 0; i < markets.length; i++) {
        const checkpoint = this.#session.checkpoint(i, place.venue.name);
        if (checkpoint !== null) saveCheckpoint(checkpoint);
      }
    } catch (error) {
      io.note(`no checkpoint: ${(error as Error).message}`);
    }
  }

  #report(cause: Error | null): Report {
    const { request, place, work, io, found, agent, legacy, markets } = this.#parts;
    const session = this.#session;
    const feed = this.#following.report({
      p50: work.quantileUs(0.5),
      p99: work.quantileUs(0.99),
      max: work.maxUs,
      n: work.count,
    });
    const warnings: ReportWarning[] = [...place.warnings, ...this.#records.warnings];
    if (cause !== null) warnings.push({ code: "ended", text: `the run was ended: ${cause.message}` });
    const reports = session.finish([], warnings);
    return {
      schema: REPORT_SCHEMA,
      build: BUILD.id,
      command: "live",
      config_hash: session.configHash,
      seed: seedOf(this.#parts),
      world: place.world,
      started_us: session.startedUs,
      ended_us: session.endedUs,
      stopped: io.stopRequested() || this.#stopAsked,
      tapes: [],
      counts: session.intake.counts(),
      feed,
      run_id: request.runId,
      journal: this.#records.report,
      live: liveReport({
        agent,
        signer: this.#parts.door.signer.address,
        legacy,
        isResumed: this.#isResumed,
        side: this.#side,
        end: this.#end,
        start: ledgerStart(found),
        markets,
        instruments: session.instruments,
        counts: this.#port.counts,
        surchargeCount: this.#port.surchargeCount,
        unansweredCount: this.#port.unansweredCount,
      }),
      twin: this.#twin?.report(reports) ?? null,
      solver_calls: session.solverCalls,
      ladders: session.ladders,
      markets: reports,
    };
  }
}
