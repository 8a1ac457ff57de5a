/**
 * The venue's pushes, scanned from bytes straight into frames; whatever is unusual goes through a checked parse.
 * @module
 */
import { BBO, BOOK, BOOK_LEVELS_MAX, BUY, type FrameLane, KIND, SELL, TRADE } from "../../core/frame.ts";
import { PERP_DECIMALS, US_PER_MS } from "../../core/units.ts";
import { Scanner } from "./scanner.ts";
import { TRADES_MAX } from "./schema.ts";
import { SlowCodec } from "./slow_codec.ts";

/** A market to decode, under its index in the run. */
export interface CodecMarket {
  coin: string;
  market: number;
  szDecimals: number;
}

/** Channels counted apart, by their index in `counts`. */
export const CHANNEL_NAMES = ["bbo", "l2Book", "trades", "activeAssetCtx", "other"] as const;
const C = { bbo: 0, l2Book: 1, trades: 2, context: 3, other: 4 } as const;

/** Market index of a coin that is not traded here: only its time counts. */
const STRANGER = -1;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const BBO_HEAD = bytesOf('{"channel":"bbo","data":{"coin":"');
const BOOK_HEAD = bytesOf('{"channel":"l2Book","data":{"coin":"');
const TRADES_HEAD = bytesOf('{"channel":"trades","data":[');
const CONTEXT_HEAD = bytesOf('{"channel":"activeAssetCtx"');
const TIME = bytesOf('","time":');
const BBO_LIST = bytesOf(',"bbo":[');
const LEVELS = bytesOf(',"levels":[[');
const LEVEL_SZ = bytesOf('","sz":"');
const NULL = bytesOf("null");
const SIDES_BETWEEN = bytesOf("],[");
const BOOK_END = bytesOf("]]}}");
const BOOK_END_FAST = bytesOf(']],"fast":true}}');
const BBO_END = bytesOf("]}}");
const TRADE_COIN = bytesOf('{"coin":"');
const TRADE_SIDE = bytesOf('","side":"');
const TRADE_PX = bytesOf('","px":"');
const TRADE_HASH = bytesOf(',"hash":"');
const TRADE_TID = bytesOf(',"tid":');
const TRADE_USERS = bytesOf(',"users":["');
const USERS_BETWEEN = bytesOf('","');
const USERS_END = bytesOf('"]');
const TRADES_END = bytesOf("]}");

/**
 * Decodes pushes of known coins into frames.
 *
 * The fast way knows the venue's usual order of keys and nothing else; at the first byte that differs it takes back what it wrote and hands
 * the message to the slow way, which parses, checks and either writes the same frames or counts the message as bad. Exact: a price or size
 * with more digits than its grid is refused, never rounded.
 */
export class MarketCodec {
  /** Newest venue time of any push of the connection, microseconds. */
  newestVenueTimeUs = 0;
  /** Venue time of the message just decoded; 0 when it has none (a context). */
  messageVenueTimeUs = 0;
  /** Messages by channel. */
  readonly counts = new Float64Array(CHANNEL_NAMES.length);
  /** Messages that took the slow way, and those that it refused. */
  slowCount = 0;
  badCount = 0;
  /** What the first refused message was refused for. */
  firstBad = "";
  unknownChannelCount = 0;
  /** Channel of the message just decoded. */
  channel = 0;
  /** Market of the message just decoded, or -1. */
  market = STRANGER;
  /** Set by the caller: trades of this message repeat older ones. */
  markReplayed = false;
  readonly #scan = new Scanner();
  readonly #coins: Uint8Array[];
  readonly #markets: readonly CodecMarket[];
  readonly #slow: SlowCodec;

  constructor(markets: readonly CodecMarket[]) {
    this.#markets = markets;
    this.#coins = markets.map((m) => bytesOf(m.coin));
    this.#slow = new SlowCodec(markets);
  }

  /** Writes the frames of one push and returns their number. `from` and `to` bound the push's own JSON object. */
  decode(bytes: Uint8Array, from: number, to: number, timeUs: number, lane: FrameLane): number {
    const before = lane.length;
    this.market = STRANGER;
    this.messageVenueTimeUs = 0;
    const scan = this.#scan;
    scan.open(bytes, from, to);
    let frames = -1;
    if (scan.take(BBO_HEAD)) {
      this.channel = C.bbo;
      frames = this.#bbo(timeUs, lane);
    } else if (scan.take(BOOK_HEAD)) {
      this.channel = C.l2Book;
      frames = this.#book(timeUs, lane);
    } else if (scan.take(TRADES_HEAD)) {
      this.channel = C.trades;
      frames = this.#trades(timeUs, lane);
    } else {
      // A context comes once a second and has no time of its own: the plain parse is fast enough and counts as usual.
      const isContext = scan.take(CONTEXT_HEAD);
      return this.#decodeSlowly(bytes, from, to, timeUs, lane, before, isContext);
    }
    if (frames < 0 || scan.at !== to) return this.#decodeSlowly(bytes, from, to, timeUs, lane, before, false);
    this.counts[this.channel] = (this.counts[this.channel] as number) + 1;
    if (this.messageVenueTimeUs > this.newestVenueTimeUs) this.newestVenueTimeUs = this.messageVenueTimeUs;
    return frames;
  }

  #decodeSlowly(
    bytes: Uint8Array,
    from: number,
    to: number,
    timeUs: number,
    lane: FrameLane,
    before: number,
    usual: boolean,
  ): number {
    lane.length = before;
    const slow = this.#slow;
    slow.contextVenueUs = this.newestVenueTimeUs;
    const frames = slow.decode(bytes, from, to, timeUs, lane, this.markReplayed);
    if (!usual && slow.outcome !== "ignored") this.slowCount += 1;
    this.channel = slow.channelIndex;
    this.counts[this.channel] = (this.counts[this.channel] as number) + 1;
    this.market = slow.market;
    this.messageVenueTimeUs = slow.venueTimeUs;
    if (slow.outcome === "unknown_channel") this.unknownChannelCount += 1;
    if (slow.outcome === "bad") {
      lane.length = before;
      this.badCount += 1;
      if (this.firstBad === "") this.firstBad = slow.problem;
      return 0;
    }
    if (slow.venueTimeUs > this.newestVenueTimeUs) this.newestVenueTimeUs = slow.venueTimeUs;
    return frames;
  }

  /** Index into the markets of the coin at the scanner, or -1 for a stranger; leaves the scanner on the closing quote. */
  #coin(): number {
    const scan = this.#scan;
    for (let i = 0; i < this.#coins.length; i++) {
      const coin = this.#coins[i] as Uint8Array;
      const start = scan.at;
      if (scan.take(coin) && scan.peekQuote()) return i;
      scan.at = start;
    }
    scan.skipString();
    return STRANGER;
  }

  #time(): number {
    const scan = this.#scan;
    if (!scan.take(TIME)) return -1;
    const ms = scan.integer();
    if (ms <= 0) return -1;
    this.messageVenueTimeUs = ms * US_PER_MS;
    return ms;
  }

  #bbo(timeUs: number, lane: FrameLane): number {
    const scan = this.#scan;
    const index = this.#coin();
    if (this.#time() < 0) return -1;
    if (index === STRANGER) return this.#skipRest();
    const m = this.#markets[index] as CodecMarket;
    this.market = m.market;
    if (!scan.take(BBO_LIST)) return -1;
    const at = lane.begin(KIND.bbo, BBO.size, timeUs, this.messageVenueTimeUs, m.market);
    const data = lane.data;
    // Both touches in one go, as two levels; a side that is missing leaves the fast way to the slower pair.
    const start = scan.at;
    const both = scan.levels(data, at + BBO.bidPx, 2, PERP_DECIMALS - m.szDecimals, m.szDecimals);
    if (both === 2) return scan.take(BBO_END) ? 1 : -1;
    scan.at = start;
    if (!this.#touch(data, at + BBO.bidPx, m.szDecimals)) return -1;
    if (!scan.takeByte(0x2c)) return -1;
    if (!this.#touch(data, at + BBO.askPx, m.szDecimals)) return -1;
    return scan.take(BBO_END) ? 1 : -1;
  }

  #touch(data: Float64Array, at: number, szDecimals: number): boolean {
    if (!this.#scan.take(NULL)) return this.#scan.levels(data, at, 1, PERP_DECIMALS - szDecimals, szDecimals) === 1;
    data[at] = 0;
    data[at + 1] = 0;
    return true;
  }

  #book(timeUs: number, lane: FrameLane): number {
    const scan = this.#scan;
    const index = this.#coin();
    if (this.#time() < 0) return -1;
    if (index === STRANGER) return this.#skipRest();
    const m = this.#markets[index] as CodecMarket;
    this.market = m.market;
    if (!scan.take(LEVELS)) return -1;
    const at = lane.begin(KIND.book, BOOK.levels + 4 * BOOK_LEVELS_MAX, timeUs, this.messageVenueTimeUs, m.market);
    const data = lane.data;
    const bids = this.#levels(data, at + BOOK.levels, m.szDecimals);
    if (bids < 0 || !scan.take(SIDES_BETWEEN)) return -1;
    const asks = this.#levels(data, at + BOOK.levels + 2 * bids, m.szDecimals);
    if (asks < 0) return -1;
    const fast = scan.take(BOOK_END_FAST);
    if (!fast && !scan.take(BOOK_END)) return -1;
    data[at + BOOK.fast] = fast ? 1 : 0;
    data[at + BOOK.bidCount] = bids;
    data[at + BOOK.askCount] = asks;
    const size = BOOK.levels + 2 * (bids + asks);
    data[at] = size;
    lane.length = at + size;
    return 1;
  }

  /** Levels up to the closing bracket, which stays; -1 on anything unusual. */
  #levels(data: Float64Array, at: number, szDecimals: number): number {
    if (this.#scan.isByte(0x5d)) return 0;
    return this.#scan.levels(data, at, BOOK_LEVELS_MAX, PERP_DECIMALS - szDecimals, szDecimals);
  }

  #trades(timeUs: number, lane: FrameLane): number {
    const scan = this.#scan;
    let frames = 0;
    for (let count = 1; ; count++) {
      const written = this.#trade(timeUs, lane);
      if (written < 0) return -1;
      frames += written;
      // A push is of one coin. Strangers among ours, whose numbers are not read here, and endless lists are for the checked way.
      if ((frames > 0 && frames !== count) || count > TRADES_MAX) return -1;
      if (!scan.takeByte(0x2c)) break;
    }
    return scan.take(TRADES_END) ? frames : -1;
  }

  #trade(timeUs: number, lane: FrameLane): number {
    const scan = this.#scan;
    if (!scan.take(TRADE_COIN)) return -1;
    const index = this.#coin();
    const known = index !== STRANGER;
    const szDecimals = known ? (this.#markets[index] as CodecMarket).szDecimals : 0;
    if (!scan.take(TRADE_SIDE)) return -1;
    const side = scan.takeByte(0x42) ? BUY : scan.takeByte(0x41) ? SELL : 0;
    if (side === 0 || !scan.take(TRADE_PX)) return -1;
    const px = known ? scan.decimal(PERP_DECIMALS - szDecimals) : scan.skipString();
    if (px < 0 || !scan.take(LEVEL_SZ)) return -1;
    const lots = known ? scan.decimal(szDecimals) : scan.skipString();
    if (lots < 0 || this.#time() < 0) return -1;
    if (scan.take(TRADE_HASH) && (scan.skipString() < 0 || !scan.takeByte(0x22))) return -1;
    if (!scan.take(TRADE_TID)) return -1;
    const tid = scan.integer();
    if (tid < 0) return -1;
    if (scan.take(TRADE_USERS) && !this.#users()) return -1;
    if (!scan.takeByte(0x7d)) return -1;
    if (!known) return 0;
    const market = (this.#markets[index] as CodecMarket).market;
    this.market = market;
    const at = lane.begin(KIND.trade, TRADE.size, timeUs, this.messageVenueTimeUs, market);
    const data = lane.data;
    data[at + TRADE.px] = px;
    data[at + TRADE.lots] = lots;
    data[at + TRADE.side] = side;
    data[at + TRADE.tid] = tid;
    data[at + TRADE.replayed] = this.markReplayed ? 1 : 0;
    return 1;
  }

  /** Buyer and seller, which nobody reads yet. */
  #users(): boolean {
    const scan = this.#scan;
    return scan.skipString() === 0 && scan.take(USERS_BETWEEN) && scan.skipString() === 0 && scan.take(USERS_END);
  }

  /** A stranger's book: its time was all we wanted. */
  #skipRest(): number {
    this.#scan.at = this.#scan.end;
    return 0;
  }
}
