/**
 * The public data of a simulated venue as frames, block by block: touches, books, prints, contexts, as its channels send them.
 * @module
 */
import { BBO, BOOK, CONTEXT, FrameLane, KIND, TRADE } from "../core/frame.ts";
import { type Lots, type Px, type TimeUs, US_PER_MS } from "../core/units.ts";
import { BOOK_LEVELS, CADENCE_US } from "../wire/hyperliquid/facts.ts";
import { CHANNEL, type Channel, type FeedLine } from "./feed_line.ts";
import type { VenueAccount } from "./venue/account.ts";
import type { Level } from "./venue/book.ts";
import type { Trade, VenueListener } from "./venue/events.ts";
import type { VenueMarket } from "./venue/market.ts";

/** Prints of one market in one block: a sweep through every level of a book. */
const LANE_SIZE = 16_384;

/** Hears the middle of the touch when it moved, at the end of its block. */
export type MidListener = (market: number, venueTimeUs: TimeUs, mid: number) => void;

interface Followed {
  market: VenueMarket;
  version: number;
  /** Touch as it was told last: bid, lots, ask, lots. */
  shown: [number, number, number, number];
  others: [number, number, number, number];
  mid: number;
  trades: Trade[];
}

const NEVER: [number, number, number, number] = [-1, -1, -1, -1];

/** Makes the messages of a venue and puts them on every line. */
export class VenueFeed implements VenueListener {
  /** Lines that get what the venue sends. */
  readonly lines: FeedLine[] = [];
  /** Lines that get it as it would be without the orders of `own`. Prints are what they are. */
  readonly lessOwn: FeedLine[] = [];
  /** Hear the mid without the orders of `own`. */
  readonly onMid: MidListener[] = [];
  readonly #followed: Followed[];
  readonly #own: VenueAccount | null;
  readonly #blockUs: TimeUs;
  readonly #lane = new FrameLane(LANE_SIZE);

  /** @param markets In the order of the run's indexes. */
  constructor(markets: readonly VenueMarket[], blockUs: TimeUs, own: VenueAccount | null = null) {
    this.#followed = markets.map((market) => ({
      market,
      version: -1,
      shown: [...NEVER],
      others: [...NEVER],
      mid: Number.NaN,
      trades: [],
    }));
    this.#own = own;
    this.#blockUs = blockUs;
  }

  onTrade(trade: Trade): void {
    for (const one of this.#followed) if (one.market === trade.market) one.trades.push(trade);
  }

  onBlock(timeMs: number): void {
    const nowUs = timeMs * US_PER_MS;
    for (let i = 0; i < this.#followed.length; i++) this.#publish(i, nowUs);
  }

  onFill(): void {}
  onOrder(): void {}
  onNonUserCancel(): void {}
  onFunding(): void {}
  onLedger(): void {}
  onLiquidation(): void {}

  #strikes(periodUs: TimeUs, nowUs: TimeUs): boolean {
    return Math.floor(nowUs / periodUs) !== Math.floor((nowUs - this.#blockUs) / periodUs);
  }

  #publish(index: number, nowUs: TimeUs): void {
    const one = this.#followed[index] as Followed;
    if (one.trades.length > 0) this.#sendTrades(one, index, nowUs);
    if (one.market.book.version !== one.version) {
      one.version = one.market.book.version;
      this.#sendTouch(one, index, nowUs);
    }
    if (this.#strikes(CADENCE_US.l2Book, nowUs)) this.#sendBooks(one, index, nowUs, false);
    if (this.#strikes(CADENCE_US.l2BookFast, nowUs)) this.#sendBooks(one, index, nowUs, true);
    if (this.#strikes(CADENCE_US.activeAssetCtx, nowUs)) this.#sendContext(one, index, nowUs);
  }

  #send(lines: readonly FeedLine[], index: number, channel: Channel, nowUs: TimeUs): void {
    if (lines.length === 0) return;
    const frames = this.#lane.data.slice(0, this.#lane.length);
    for (const line of lines) line.send(index, channel, nowUs, frames);
  }

  #sendTrades(one: Followed, index: number, nowUs: TimeUs): void {
    this.#lane.clear();
    for (const { px, lots, side, tid } of one.trades) {
      const at = this.#lane.begin(KIND.trade, TRADE.size, 0, nowUs, index);
      const data = this.#lane.data;
      data[at + TRADE.px] = px;
      data[at + TRADE.lots] = lots;
      data[at + TRADE.side] = side;
      data[at + TRADE.tid] = tid;
      data[at + TRADE.replayed] = 0;
    }
    one.trades.length = 0;
    this.#send(this.lines, index, CHANNEL.trades, nowUs);
    this.#send(this.lessOwn, index, CHANNEL.trades, nowUs);
  }

  /** `bbo`: where the touch is another one than told last. */
  #sendTouch(one: Followed, index: number, nowUs: TimeUs): void {
    if (this.#touchMoved(one, one.shown, null)) {
      this.#writeTouch(one.shown, index, nowUs);
      this.#send(this.lines, index, CHANNEL.bbo, nowUs);
    }
    if (!this.#touchMoved(one, one.others, this.#own)) return;
    this.#writeTouch(one.others, index, nowUs);
    this.#send(this.lessOwn, index, CHANNEL.bbo, nowUs);
    const [bidPx, bidLots, askPx, askLots] = one.others;
    const mid = bidLots > 0 && askLots > 0 ? (bidPx + askPx) / 2 : Number.NaN;
    if (mid === one.mid || Number.isNaN(mid)) return;
    one.mid = mid;
    for (const hear of this.onMid) hear(index, nowUs, mid);
  }

  /** Reads the touch, without `own`, into `told`; whether it changed. */
  #touchMoved(one: Followed, told: [number, number, number, number], own: VenueAccount | null): boolean {
    const { book } = one.market;
    let moved = false;
    for (const side of [1, -1] as const) {
      const levels = side > 0 ? book.bids : book.asks;
      let px: Px = 0;
      let lots: Lots = 0;
      for (let i = levels.length - 1; i >= 0 && lots === 0; i--) {
        const level = levels[i] as Level;
        px = level.px;
        lots = level.lots - ownLots(own, one.market, side, px);
      }
      const at = side > 0 ? 0 : 2;
      if (lots === 0) px = 0;
      if (told[at] !== px || told[at + 1] !== lots) moved = true;
      told[at] = px;
      told[at + 1] = lots;
    }
    return moved;
  }

  #writeTouch(touch: readonly number[], index: number, nowUs: TimeUs): void {
    this.#lane.clear();
    const at = this.#lane.begin(KIND.bbo, BBO.size, 0, nowUs, index);
    for (let i = 0; i < 4; i++) this.#lane.data[at + BBO.bidPx + i] = touch[i] as number;
  }

  #sendBooks(one: Followed, index: number, nowUs: TimeUs, fast: boolean): void {
    const channel = fast ? CHANNEL.fastBook : CHANNEL.book;
    if (this.lines.length > 0) {
      this.#writeBook(one, index, nowUs, fast, null);
      this.#send(this.lines, index, channel, nowUs);
    }
    if (this.lessOwn.length === 0) return;
    this.#writeBook(one, index, nowUs, fast, this.#own);
    this.#send(this.lessOwn, index, channel, nowUs);
  }

  #writeBook(one: Followed, index: number, nowUs: TimeUs, fast: boolean, own: VenueAccount | null): void {
    const most = fast ? BOOK_LEVELS.fast : BOOK_LEVELS.full;
    const pairs: number[] = [];
    const counts: number[] = [];
    for (const side of [1, -1] as const) {
      const levels = side > 0 ? one.market.book.bids : one.market.book.asks;
      let count = 0;
      for (let i = levels.length - 1; i >= 0 && count < most; i--) {
        const level = levels[i] as Level;
        const lots = level.lots - ownLots(own, one.market, side, level.px);
        if (lots === 0) continue;
        pairs.push(level.px, lots);
        count += 1;
      }
      counts.push(count);
    }
    this.#lane.clear();
    const at = this.#lane.begin(KIND.book, BOOK.levels + pairs.length, 0, nowUs, index);
    const data = this.#lane.data;
    data[at + BOOK.fast] = fast ? 1 : 0;
    data[at + BOOK.bidCount] = counts[0] as number;
    data[at + BOOK.askCount] = counts[1] as number;
    for (let i = 0; i < pairs.length; i++) data[at + BOOK.levels + i] = pairs[i] as number;
  }

  #sendContext(one: Followed, index: number, nowUs: TimeUs): void {
    this.#lane.clear();
    const at = this.#lane.begin(KIND.context, CONTEXT.size, 0, nowUs, index);
    const data = this.#lane.data;
    const { oraclePx, markPx, fundingFrac, openLots } = one.market;
    data[at + CONTEXT.oraclePx] = oraclePx;
    data[at + CONTEXT.markPx] = markPx;
    data[at + CONTEXT.fundingRatePerHour] = fundingFrac;
    data[at + CONTEXT.openInterestLots] = openLots;
    this.#send(this.lines, index, CHANNEL.context, nowUs);
    this.#send(this.lessOwn, index, CHANNEL.context, nowUs);
  }
}

/** Lots of an account that rest at a price. */
function ownLots(own: VenueAccount | null, market: VenueMarket, side: 1 | -1, px: Px): Lots {
  if (own === null) return 0;
  let lots = 0;
  for (const order of own.orders.values())
    if (order.market === market && order.side === side && order.px === px && order.level !== null) lots += order.lots;
  return lots;
}
