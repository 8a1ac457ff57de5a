/**
 * The intake: between whoever receives the venue's pushes and the sequencer. Decodes, and recognises what a connection does to data.
 * @module
 */
import { DESK, F, type FrameLane, GAP, KIND, TRADE } from "../core/frame.ts";
import { type TimeUs, US_PER_DAY, US_PER_SECOND } from "../core/units.ts";
import { CHANNEL_NAMES, type CodecMarket, MarketCodec } from "../wire/hyperliquid/codec.ts";

/** Silence of the whole connection that counts as a gap. */
const GAP_US = 10 * US_PER_SECOND;
/** A file that starts so soon after the last one's end was written by the same connection: nobody reconnects that quickly. */
const CONTINUES_US = US_PER_SECOND;
/** Trade ids remembered a market: the venue repeats about 20 s of trades on a subscribe, at most a few hundred. */
const TIDS_MAX = 8192;

/** What was seen, for reports. */
export interface IntakeCounts {
  messages: Record<string, number>;
  slow: number;
  bad: number;
  unknown_channels: number;
  time_backwards: number;
  gaps: number;
  gap_seconds: number;
  replayed_trades: number;
  duplicate_trades: number;
}

/** Input whose order in time makes no sense: one line that says so. */
export class IntakeError extends Error {
  override readonly name = "IntakeError";
  readonly exitCode = 11;
}

/** The last trade ids of one market, with their times: the venue's ids are hashes and unique only together with it. */
class TidMemory {
  readonly #seen = new Map<number, number>();

  /** Whether (tid, timeUs) was seen; remembers it if not. */
  seen(tid: number, timeUs: TimeUs): boolean {
    if (this.#seen.get(tid) === timeUs) return true;
    this.#seen.set(tid, timeUs);
    if (this.#seen.size > TIDS_MAX) this.#seen.delete(this.#seen.keys().next().value as number);
    return false;
  }
}

/** Turns received pushes into frames, gaps marked and repeats taken out, and counts what it met. */
export class Intake {
  readonly codec: MarketCodec;
  gapCount = 0;
  gapUs = 0;
  backwardsCount = 0;
  replayedCount = 0;
  duplicateCount = 0;
  /** Receive time of the newest message as frames carry it: never goes back. */
  timeUs = 0;
  /** Messages of each market. */
  readonly marketCounts: number[];
  readonly #tids: TidMemory[];
  /** Per market: the next trades push is the first since a subscribe. */
  readonly #awaitsReplay: boolean[];
  #lastUs = Number.NaN;
  #fileStarts = false;
  #gapReason = "";
  /** Newest venue time before the last gap: a trade from before it is not new, whichever push repeats it. */
  #gapVenueUs = 0;

  constructor(markets: readonly CodecMarket[]) {
    this.codec = new MarketCodec(markets);
    this.marketCounts = markets.map(() => 0);
    this.#tids = markets.map(() => new TidMemory());
    this.#awaitsReplay = markets.map(() => true);
  }

  /** A new file may be a new connection, whose first trades repeat older ones: unless it goes on where the last one ended. */
  onFileStart(): void {
    this.#fileStarts = true;
  }

  /** The recorder lost its connection. The next message comes after a gap. */
  onMark(reason: string): void {
    this.#gapReason = reason === "" ? "mark" : reason;
  }

  /**
   * Takes one push: bytes[from..to) is its JSON object. Writes a gap frame first where there was one. Returns what is wrong with the push, or
   * "" (a push of a channel or coin that we do not follow is not wrong).
   */
  onPush(bytes: Uint8Array, from: number, to: number, receivedUs: TimeUs, lane: FrameLane): string {
    const timeUs = this.#clockTime(receivedUs);
    const bad = this.codec.badCount;
    const before = lane.length;
    const lastVenueUs = this.codec.newestVenueTimeUs;
    if (this.#fileStarts && !(timeUs - this.#lastUs <= CONTINUES_US)) this.#awaitsReplay.fill(true);
    this.#fileStarts = false;
    const isGap = this.#isGap(timeUs);
    if (isGap) this.#writeGap(timeUs, lane);
    const start = lane.length;
    this.codec.decode(bytes, from, to, timeUs, lane);
    if (this.codec.badCount > bad) {
      // Nothing of it counts: the gap is told, once, before the next push that is understood.
      lane.length = before;
      return `holds a push that is not understood (${this.codec.firstBad})`;
    }
    if (isGap) this.#applyGap(timeUs, lastVenueUs);
    this.#gapReason = "";
    this.#lastUs = timeUs;
    this.timeUs = timeUs;
    const market = this.codec.market;
    if (market >= 0) this.marketCounts[market] = (this.marketCounts[market] as number) + 1;
    if (this.codec.channel === 2 && this.codec.market >= 0) this.#checkTrades(lane, start);
    return "";
  }

  #clockTime(receivedUs: TimeUs): TimeUs {
    if (receivedUs >= this.timeUs) return receivedUs;
    if (this.timeUs - receivedUs > GAP_US) {
      throw new IntakeError(
        `time goes back by ${((this.timeUs - receivedUs) / US_PER_SECOND).toFixed(1)} s: name the tapes in order of time, each once`,
      );
    }
    this.backwardsCount += 1;
    return this.timeUs;
  }

  /** Whether the connection was silent too long, was lost, or crossed into another UTC day. Before the first push nothing can be lost. */
  #isGap(timeUs: TimeUs): boolean {
    if (Number.isNaN(this.#lastUs)) return false;
    return timeUs - this.#lastUs > GAP_US || this.#gapReason !== "" || this.#isNewDay(timeUs);
  }

  #isNewDay(timeUs: TimeUs): boolean {
    return Math.floor(timeUs / US_PER_DAY) !== Math.floor(this.#lastUs / US_PER_DAY);
  }

  #writeGap(timeUs: TimeUs, lane: FrameLane): void {
    const at = lane.begin(KIND.gap, GAP.size, timeUs, this.codec.newestVenueTimeUs, DESK);
    lane.data[at + GAP.reasonTextId] = 0;
    lane.data[at + GAP.lastVenueTimeUs] = this.codec.newestVenueTimeUs;
    lane.data[at + GAP.durationUs] = timeUs - this.#lastUs;
  }

  /** Counts a gap that was told. */
  #applyGap(timeUs: TimeUs, lastVenueUs: TimeUs): void {
    const silentUs = timeUs - this.#lastUs;
    this.gapCount += 1;
    this.gapUs += silentUs;
    // A day boundary in a living connection repeats nothing; a lost connection does.
    if (silentUs <= GAP_US && this.#gapReason === "") return;
    this.#awaitsReplay.fill(true);
    this.#gapVenueUs = lastVenueUs;
  }

  /** Marks what a subscribe repeats (the first trades after it, and any from before the gap), and takes out trades seen before. */
  #checkTrades(lane: FrameLane, start: number): void {
    const data = lane.data;
    let kept = start;
    for (let at = start; at < lane.length; ) {
      const size = data[at] as number;
      // The venue sends one coin a push; ids of two coins may be equal, so each trade asks its own market.
      const market = data[at + F.market] as number;
      const venueUs = data[at + F.venueTimeUs] as TimeUs;
      if (!(this.#tids[market] as TidMemory).seen(data[at + TRADE.tid] as number, venueUs)) {
        if (this.#awaitsReplay[market] === true || venueUs <= this.#gapVenueUs) {
          data[at + TRADE.replayed] = 1;
          this.replayedCount += 1;
        }
        if (kept !== at) data.copyWithin(kept, at, at + size);
        kept += size;
      } else this.duplicateCount += 1;
      at += size;
      // The first push of a market ends with its last trade of this one.
      if (at >= lane.length || data[at + F.market] !== market) this.#awaitsReplay[market] = false;
    }
    lane.length = kept;
  }

  counts(): IntakeCounts {
    const messages: Record<string, number> = {};
    CHANNEL_NAMES.forEach((name, i) => {
      messages[name] = this.codec.counts[i] as number;
    });
    return {
      messages,
      slow: this.codec.slowCount,
      bad: this.codec.badCount,
      unknown_channels: this.codec.unknownChannelCount,
      time_backwards: this.backwardsCount,
      gaps: this.gapCount,
      gap_seconds: this.gapUs / US_PER_SECOND,
      replayed_trades: this.replayedCount,
      duplicate_trades: this.duplicateCount,
    };
  }
}
