/**
 * Recorded tapes as a stream of frames in venue time, read a little ahead of whoever takes them.
 * @module
 */
import { F, FrameLane, KIND, TRADE } from "../core/frame.ts";
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { readTapes } from "../io/tape.ts";
import { TapeQueue } from "../sim/tape/queue.ts";
import type { CodecMarket } from "../wire/hyperliquid/codec.ts";
import { FactsError, type InfoAnswer, resolveInstrument, UnknownMarketError } from "../wire/hyperliquid/instrument.ts";
import { readFacts } from "./facts_file.ts";
import { Intake } from "./intake.ts";

/** Room for the frames of one push. */
const LANE_SIZE = 262_144;
/**
 * A push may come this much later than newer ones of other channels (half a second was seen), and a silence must be known when it begins: what
 * lies this far behind the newest push is complete.
 */
const AHEAD_US = 15 * US_PER_SECOND;
/** Without named markets, those that speak in the beginning are repeated. */
const LOOK_US = 60 * US_PER_SECOND;
const HEAD = /^\{"channel":"(?:bbo|l2Book|trades|activeAssetCtx)","data":\[?\{"coin":"([^"]+)"/;
const PRICE = /"(?:px|oraclePx)":"([\d.]+)"/;

export interface TapeRequest {
  files: readonly string[];
  /** Empty: every market that speaks in the first minute. */
  markets: readonly string[];
  factsFile: string | null;
  skipBadLines: boolean;
}

/** What the beginning of a tape says of it. */
export interface TapeHead {
  answers: InfoAnswer[];
  /** Markets to repeat. */
  coins: string[];
  /** The first price of each, as recorded. */
  prices: Map<string, string>;
}

/** Reads until every wanted market has spoken. Throws what is missing, as a backtest of the tape would. */
export async function readTapeHead(request: TapeRequest): Promise<TapeHead> {
  const answers: InfoAnswer[] = request.factsFile === null ? [] : readFacts(request.factsFile);
  const prices = new Map<string, string>();
  const { markets } = request;
  const decoder = new TextDecoder();
  let firstUs = 0;
  let lastUs = 0;
  const isDone = (): boolean =>
    markets.length > 0 ? markets.every((coin) => prices.has(coin)) : lastUs - firstUs > LOOK_US;
  await readTapes(
    request.files,
    {
      onInfo: (asked, response) => {
        answers.push({ request: asked as InfoAnswer["request"], response });
      },
      onMark: () => {},
      onPush: (bytes, from, to, timeUs) => {
        if (firstUs === 0) firstUs = timeUs;
        lastUs = timeUs;
        const text = decoder.decode(bytes.subarray(from, Math.min(to, from + 512)));
        const coin = HEAD.exec(text)?.[1];
        const price = PRICE.exec(text)?.[1];
        if (coin !== undefined && price !== undefined && !prices.has(coin)) prices.set(coin, price);
        return "";
      },
    },
    { skipBadLines: request.skipBadLines, stop: isDone },
  );
  const coins = markets.length > 0 ? [...new Set(markets)] : [...prices.keys()];
  if (coins.length === 0)
    throw new FactsError(`${request.files[0]}: holds no push of the venue: there is no market in it`);
  for (const coin of coins) {
    resolveInstrument(coin, answers);
    if (!prices.has(coin))
      throw new UnknownMarketError(`${coin} has no message on the tape: name a market that it holds`);
  }
  return { answers, coins, prices };
}

/** The frames of a tape. `fill` before `queue` is looked at; `isOver` when nothing will come. */
export class TapeSource {
  readonly queue = new TapeQueue();
  readonly intake: Intake;
  readonly #lane = new FrameLane(LANE_SIZE);
  readonly #reading: Promise<void>;
  /** Contexts before the first time that is known. */
  readonly #waiting: Float64Array[] = [];
  #timeless = true;
  #newestUs: TimeUs = 0;
  #ended = false;
  #stopped = false;
  #failure: Error | null = null;
  /** Lets the reader go on, and wakes who waits for it. */
  #resume: (() => void) | null = null;
  #wake: (() => void) | null = null;

  /** @param markets Those of the recording, under the indices that frames shall carry. */
  constructor(request: TapeRequest, markets: readonly CodecMarket[]) {
    this.intake = new Intake(markets);
    this.#reading = this.#read(request);
  }

  /** Whether the tape is at its end and everything was taken. */
  get isOver(): boolean {
    return this.#ended && this.queue.count === 0;
  }

  /** Resolves when everything that was true until some time after the next frame is in the queue. Throws what is wrong with the tape. */
  async fill(): Promise<void> {
    while (!this.#ended && !this.isAhead) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#resume?.();
      this.#resume = null;
      await woken;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Whether `fill` would return at once. */
  get isAhead(): boolean {
    if (this.#failure !== null) return false;
    return this.#ended || (this.queue.count > 0 && this.#newestUs - this.queue.nextUs > AHEAD_US);
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#resume?.();
    await this.#reading;
  }

  async #read(request: TapeRequest): Promise<void> {
    try {
      await readTapes(
        request.files,
        {
          onFileStart: () => this.intake.onFileStart(),
          onInfo: () => {},
          onMark: (reason) => this.intake.onMark(reason),
          onPush: (bytes, from, to, timeUs) => this.#onPush(bytes, from, to, timeUs),
        },
        { skipBadLines: request.skipBadLines, stop: () => this.#stopped, pace: () => this.#pause() },
      );
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#ended = true;
    this.#wake?.();
  }

  #pause(): Promise<void> | undefined {
    if (!this.isAhead || this.#stopped) return undefined;
    this.#wake?.();
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #onPush(bytes: Uint8Array, from: number, to: number, timeUs: TimeUs): string {
    this.#lane.clear();
    const problem = this.intake.onPush(bytes, from, to, timeUs, this.#lane);
    if (problem !== "") return problem;
    const { data, length } = this.#lane;
    for (let at = 0; at < length; at += data[at + F.size] as number)
      this.#add(data.slice(at, at + (data[at + F.size] as number)));
    this.#newestUs = Math.max(this.#newestUs, this.intake.codec.newestVenueTimeUs);
    return "";
  }

  #add(frame: Float64Array): void {
    const kind = frame[F.kind];
    // What a subscribe repeats is no trade of now.
    if (kind === KIND.trade && frame[TRADE.replayed] === 1) return;
    if (kind === KIND.gap) {
      // It begins after the last thing that was true before it.
      frame[F.venueTimeUs] = (frame[F.venueTimeUs] as TimeUs) + US_PER_MS;
      this.#timeless = true;
    } else if (kind === KIND.context && this.#timeless) {
      // Contexts carry no time of their own: in the beginning and after a gap they wait for one.
      this.#waiting.push(frame);
      return;
    } else if (kind !== KIND.context) this.#flush(frame[F.venueTimeUs] as TimeUs);
    this.queue.add(frame);
  }

  #flush(timeUs: TimeUs): void {
    this.#timeless = false;
    for (const frame of this.#waiting) {
      frame[F.venueTimeUs] = timeUs;
      this.queue.add(frame);
    }
    this.#waiting.length = 0;
  }
}
