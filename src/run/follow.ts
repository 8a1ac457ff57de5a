/**
 * Following a venue: facts first, then the feed, its pace, its clock and its losses, until somebody says enough.
 * @module
 */
import { TIMER_GRID_US } from "../core/frame.ts";
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import type { Clock, Timer } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import type { JournalDisk } from "../io/journal_writer.ts";
import { type Net, NetError } from "../io/net.ts";
import type { VenueAddress } from "../venue/hyperliquid/address.ts";
import { type Drift, DriftMonitor, type Watched } from "../venue/hyperliquid/drift.ts";
import { Feed } from "../venue/hyperliquid/feed.ts";
import type { ClockOffset, InfoClient } from "../venue/hyperliquid/info.ts";
import { OffsetEstimate } from "../venue/hyperliquid/offset.ts";
import { type Subscription, subscriptionsOf } from "../venue/hyperliquid/subscriptions.ts";
import type { CodecMarket } from "../wire/hyperliquid/codec.ts";
import { SOCKET_LIMITS } from "../wire/hyperliquid/facts.ts";
import {
  FactsError,
  type InfoAnswer,
  resolveInstrument,
  resolveReference,
  UnknownMarketError,
} from "../wire/hyperliquid/instrument.ts";
import { changedFacts, mergeAnswers, startNotes } from "./facts.ts";
import type { Intake } from "./intake.ts";
import type { FeedReport, ReportWarning } from "./report_schema.ts";

/**
 * A turn of the loop that comes later than this means that we stood still: what waits in the socket is old, and what it says of now is wrong.
 */
const STALL_US = 2 * US_PER_SECOND;
/** Between two estimates of the venue's clock. */
const OFFSET_EVERY_US = 60 * US_PER_SECOND;
/** From a doubt to the question: many doubts at once are one, and it is answered before the next. */
const DOUBT_US = US_PER_SECOND / 4;
/** A clock further off than this makes venue times and ours disagree about what came first. */
const OFFSET_US_MAX = US_PER_SECOND;
/** Between two looks at the facts while the connection lives: fees follow the tier each day, listings and growth mode the deployer. */
const FACTS_EVERY_US = 3600 * US_PER_SECOND;

/** A venue that can be spoken to. */
export interface Place {
  venue: VenueAddress;
  clock: Clock;
  net: Net;
  /** Seed of a local world, or null. */
  seed: number | null;
  /** Whose participants make the market, and what they are in twelve hex digits; null where people do. */
  world: { name: string; hash: string } | null;
  /** What is traded when no market is named; null where there is no such one. */
  market: string | null;
  /**
   * A venue in this process that goes by this very clock, made anew by each run: its clock needs no measuring, it stands still whenever we do, and
   * no earlier run was ever on it. A busy machine at many times the speed would otherwise make it look seconds off.
   */
  isEmbedded?: boolean;
  /** What every report of a run on this venue must say. */
  warnings: readonly ReportWarning[];
  /** Lets an embedded venue begin; called when everything is subscribed. */
  start(): void;
  /** Resolves when the venue has nothing more to send. Never for a real one. */
  ended: Promise<void>;
  close(): void;
  /** What a run's files are written with and dated by where it is not the machine's own. */
  machine?: Machine;
}

/** What of the machine a run's files depend on. */
export interface Machine {
  /** Time of day of files, and how long since their last sync. */
  wall: Pick<Clock, "nowUs" | "monotonicUs">;
  disk: JournalDisk;
  /** Tells what the system lets go when the process is gone, however it went: locks. */
  onGone(letGo: () => void): void;
}

/** Who uses what is followed. */
export interface Follower {
  /** One push; `startUs` is the monotonic clock when it came. */
  onPush(bytes: Uint8Array, length: number, receivedUs: TimeUs, text: string, startUs: number): void;
  /** The connection was lost. */
  onLost(reason: string, timeUs: TimeUs): void;
  /** The clock moved on: on every timer of the grid. Returns whether to end. */
  onTick(nowUs: TimeUs): boolean;
  /** A channel departs from what is known of it. */
  onDrift(drift: Drift): void;
  /** The venue says otherwise than before. The answers that the run was given already hold what it says now. */
  onFacts(changed: readonly InfoAnswer[], timeUs: TimeUs): void;
  /** Something that a person should know at once. */
  onNote(text: string): void;
}

/** What a run has with its account beside the markets, on the same connection. */
export interface AccountLink {
  subscriptions: readonly Subscription[];
  /** A message of an account channel, or the answer to a post. */
  onMessage(text: string, receivedUs: TimeUs, startUs: number): void;
  /** Everything is subscribed, at the start and after each loss. */
  onReady(timeUs: TimeUs): void;
}

/** Markets and the references that they are measured against, each once: what must be subscribed. */
export function followedCoins(markets: readonly string[], answers: readonly InfoAnswer[]): string[] {
  const references = markets.map((market) => resolveReference(market, answers));
  return [...new Set([...markets, ...references.flatMap((r) => (r.kind === "market" ? [r.coin] : []))])];
}

/** Everything asked before a run: the facts of the markets and, of a venue that lives without us, how they stand now. */
export async function askFacts(
  place: Place,
  info: InfoClient,
  markets: readonly string[],
  address: string | null,
  note: (text: string) => void,
): Promise<InfoAnswer[]> {
  const answers = await info.facts(markets, address);
  // The embedded venue begins with us: nothing was said in it yet.
  if (place.seed === null) answers.push(...(await info.contexts(markets)));
  for (const text of place.seed === null ? startNotes(markets, answers) : []) note(text);
  return answers;
}

/** One connection's life. */
export class Following {
  readonly info: InfoClient;
  readonly drift: DriftMonitor;
  readonly #place: Place;
  readonly #feed: Feed;
  readonly #markets: readonly string[];
  readonly #answers: InfoAnswer[];
  readonly #follower: Follower;
  readonly #intake: Intake;
  readonly #coins: readonly string[];
  readonly #link: AccountLink | null;
  /** When the next timer of the grid is due; NaN before the first. */
  #dueUs = Number.NaN;
  #factsUs: TimeUs;
  #isAway = false;
  readonly #offset = new OffsetEstimate();
  #isSkewed = false;
  #offsetUs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #end: (error?: Error) => void = () => {};

  /** @param followed The markets as the intake knows them, in its order. */
  constructor(
    place: Place,
    info: InfoClient,
    markets: readonly string[],
    answers: InfoAnswer[],
    followed: readonly CodecMarket[],
    intake: Intake,
    follower: Follower,
    link: AccountLink | null = null,
  ) {
    this.#place = place;
    this.info = info;
    this.#markets = markets;
    this.#answers = answers;
    this.#intake = intake;
    this.#follower = follower;
    const coins = followed.map((m) => m.coin);
    this.#coins = coins;
    this.#link = link;
    const subscriptions = [...subscriptionsOf(coins), ...(link?.subscriptions ?? [])];
    if (subscriptions.length > SOCKET_LIMITS.subscriptionsMax) {
      throw usageError(
        `${coins.length} markets with their references need ${subscriptions.length} subscriptions: the venue allows ${SOCKET_LIMITS.subscriptionsMax}`,
      );
    }
    this.#factsUs = place.clock.nowUs();
    this.drift = new DriftMonitor(coins, (drift) => follower.onDrift(drift));
    this.#feed = new Feed(
      {
        clock: place.clock,
        net: place.net,
        url: place.venue.socketUrl,
        subscriptions,
        recheck: () => this.#recheck(),
        seed: 1,
      },
      {
        onPush: (bytes, length, receivedUs, text, startUs) =>
          this.#guard(() => this.#onPush(bytes, length, receivedUs, text, startUs)),
        ...(link !== null && {
          onAccount: (text: string, receivedUs: TimeUs, startUs: number) =>
            this.#guard(() => {
              if (!this.#isStalled(receivedUs)) link.onMessage(text, receivedUs, startUs);
            }),
        }),
        onLost: (reason, timeUs) => this.#guard(() => this.#onLost(reason, timeUs)),
        onReady: () => {
          this.#isAway = false;
          place.start();
          this.#guard(() => link?.onReady(place.clock.nowUs()));
        },
        onFatal: (error) => this.#end(error),
      },
    );
  }

  /** Follows until `onTick` says enough, the venue ends, or something breaks that waiting does not mend: then it rejects. */
  async run(): Promise<void> {
    try {
      this.#offsetUs = this.#place.clock.nowUs();
      await this.#measureOffset();
      await new Promise<void>((resolve, reject) => {
        this.#end = (error) => (error === undefined ? resolve() : reject(error));
        this.#place.ended.then(() => resolve(), reject);
        this.#feed.start();
        this.#schedule();
      });
    } finally {
      this.#timer?.cancel();
      this.#feed.stop();
    }
  }

  /** Nothing that a handler throws may be lost in a socket's callback: it ends the run. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Sends a post on the connection; false when that cannot be. */
  send(text: string): boolean {
    return this.#feed.send(text);
  }

  /** Whether everything is subscribed. */
  get isReady(): boolean {
    return this.#feed.isReady;
  }

  /** Venue time minus ours as far as it is known. */
  get offsetUs(): number {
    return this.#offset.best?.offsetUs ?? 0;
  }

  /** Asks for the venue's time soon: something speaks against what is known of it. */
  doubtClock(): void {
    this.#offsetUs = Math.min(this.#offsetUs, this.#place.clock.nowUs() - OFFSET_EVERY_US + DOUBT_US);
  }

  /** Ends it because of something that was found out elsewhere. */
  fail(error: Error): void {
    this.#end(error);
  }

  /** Real orders must not be decided on what piled up while we stood still: the connection is made anew, and the venue asked what is. */
  #isStalled(nowUs: TimeUs): boolean {
    const { speed = 1 } = this.#place.clock;
    if (this.#link === null || !(nowUs - this.#dueUs > STALL_US * Math.max(1, speed))) return false;
    this.#dueUs = Number.NaN;
    // What looks like a pause may be a clock that was set: expiries and nonces need its distance from the venue's.
    this.#offsetUs = Number.NEGATIVE_INFINITY;
    this.#follower.onNote(
      `stalled: this process stood still for some seconds; it asks the venue anew what stands there`,
    );
    this.#feed.dropNow("we stood still");
    return true;
  }

  #schedule(): void {
    const { clock } = this.#place;
    const dueUs = (Math.floor(clock.nowUs() / TIMER_GRID_US) + 1) * TIMER_GRID_US;
    this.#dueUs = dueUs;
    this.#timer = clock.setTimer(dueUs, () => this.#guard(() => this.#tick()));
  }

  #tick(): void {
    const nowUs = this.#place.clock.nowUs();
    this.#isStalled(nowUs);
    if (this.#feed.isReady) this.drift.onTime(nowUs);
    // The embedded venue drives our clock, so that its time and ours part only by what passes on the way; its facts nobody could change.
    if (this.#place.seed === null) this.#askAgain(nowUs);
    if (this.#follower.onTick(nowUs)) this.#end();
    else this.#schedule();
  }

  #askAgain(nowUs: TimeUs): void {
    if (nowUs - this.#offsetUs >= OFFSET_EVERY_US) {
      this.#offsetUs = nowUs;
      void this.#measureOffset();
    }
    if (nowUs - this.#factsUs >= FACTS_EVERY_US) this.#lookAtFacts(nowUs);
  }

  async #measureOffset(): Promise<void> {
    if (this.#place.isEmbedded === true) return;
    let sample: ClockOffset | null;
    try {
      sample = await this.info.clockOffset();
    } catch {
      // No answer is the feed's trouble too, and nothing is traded on the offset: the last estimate stands.
      return;
    }
    if (sample === null) return;
    this.#offset.add(sample);
    const text = skewText(this.#offset.best?.offsetUs ?? 0);
    if (text !== "" && !this.#isSkewed) this.#follower.onNote(`clock_skew: ${text}`);
    this.#isSkewed = text !== "";
  }

  #onPush(bytes: Uint8Array, length: number, receivedUs: TimeUs, text: string, startUs: number): void {
    if (this.#isStalled(receivedUs)) return;
    this.#follower.onPush(bytes, length, receivedUs, text, startUs);
    const { codec } = this.#intake;
    if (codec.market < 0) return;
    const channel = watchedChannel(codec.channel, text);
    if (channel !== null) this.drift.onPush(codec.market, channel, receivedUs, text);
  }

  #onLost(reason: string, timeUs: TimeUs): void {
    this.drift.onLost();
    this.#follower.onLost(reason, timeUs);
  }

  #lookAtFacts(nowUs: TimeUs): void {
    this.#factsUs = nowUs;
    this.#recheck().catch((error: Error) => {
      if (error instanceof FactsError) this.#end(error);
      // No answer now is one in an hour, or the feed's trouble too.
    });
  }

  /**
   * Names and indices must be what they were: an order to a market that was renumbered would go to another one. Fees and listings may change,
   * and are taken over.
   */
  async #recheck(): Promise<void> {
    const fresh = await this.#freshAnswers();
    const before = this.#coins.map((coin) => resolveInstrument(coin, this.#answers));
    const changes = changedFacts(this.#coins, before, fresh);
    for (const { index, keys, text } of changes) {
      // Of a reference only prices are read.
      const isTraded = index < this.#markets.length;
      if (keys.includes("szDecimals") || (isTraded && keys.includes("assetId"))) {
        throw new FactsError(`${text} at the venue: start again with the new facts`);
      }
      if (isTraded) this.#follower.onNote(`facts_changed: ${text}`);
    }
    const gone = this.#coins.find((coin) => !isListed(coin, fresh));
    if (gone !== undefined) {
      throw new FactsError(`the venue no longer lists ${gone}, which this run follows: start again without it`);
    }
    const changed = mergeAnswers(this.#answers, fresh);
    if (changed.length > 0) this.#follower.onFacts(changed, this.#place.clock.nowUs());
  }

  async #freshAnswers(): Promise<InfoAnswer[]> {
    const userFees = this.#answers.findLast((a) => a.request.type === "userFees");
    try {
      return await this.info.facts(this.#markets, userFees?.request.user ?? null);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof UnknownMarketError) {
        throw new FactsError(`the venue no longer lists a market of this run (${message}): start again without it`);
      }
      if (!this.#isAway && this.#feed.state === "waiting") this.#follower.onNote(`not back yet: ${message}`);
      this.#isAway = true;
      // An answer that was understood at the start and is not now comes from a venue in trouble, and may be right again later.
      throw error instanceof FactsError ? new NetError(message) : error;
    }
  }

  /** What the report says of the connection. */
  report(latency: FeedReport["work_us"]): FeedReport {
    const { counts } = this.#feed;
    const { codec } = this.#intake;
    const offset = this.#offset.best;
    return {
      venue: this.#place.venue.name,
      connects: counts.connects,
      lost: counts.lost,
      messages: counts.messages,
      venue_errors: counts.errors,
      first_venue_error: counts.first_error,
      round_trip_ms: counts.rtt_ms,
      clock_offset_ms: offset === null ? null : offset.offsetUs / US_PER_MS,
      clock_error_ms: offset === null ? null : offset.errorUs / US_PER_MS,
      http_requests: this.info.requestCount,
      http_retries: this.info.retryCount,
      bad_messages: codec.badCount,
      first_bad: codec.firstBad === "" ? null : codec.firstBad,
      drift: this.drift.list,
      work_us: latency,
    };
  }
}

/** What is wrong with this machine's clock as a sentence, or "". */
export function skewText(offsetUs: number): string {
  if (Math.abs(offsetUs) <= OFFSET_US_MAX) return "";
  const side = offsetUs > 0 ? "behind" : "ahead of";
  return `this machine's clock is ${(Math.abs(offsetUs) / US_PER_SECOND).toFixed(1)} s ${side} the venue's: set it`;
}

/** A codec channel as the monitor names it; the two books are told apart by their ending. */
function watchedChannel(channel: number, text: string): Watched | null {
  // Keys that are new may stand behind the one that tells.
  if (channel === 1) return text.endsWith('"fast":true}}') || text.includes('"fast":true') ? "l2BookFast" : "l2Book";
  return (["bbo", null, "trades", "activeAssetCtx"] as const)[channel] ?? null;
}

function isListed(coin: string, answers: readonly InfoAnswer[]): boolean {
  try {
    resolveInstrument(coin, answers);
    return true;
  } catch {
    return false;
  }
}
