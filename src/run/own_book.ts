/**
 * The public book without our own orders in it: what the run may measure itself against.
 * @module
 */
import { BBO, BOOK, BUY, F, type FrameLane, KIND, SELL } from "../core/frame.ts";
import type { Lots, Px, TimeUs } from "../core/units.ts";
import { type OthersLevel, OthersSide } from "./others_side.ts";
import { leavesAt, type OwnQuote, OwnQuotes, PRESENCE, presenceAt } from "./own_quotes.ts";

/** Orders at one price whose presence is weighed at once; beyond that the newest belief holds. */
const GUESSES_MAX = 6;
/** Levels of the `fast` form: fewer mean that the side ends there. */
const FAST_LEVELS = 5;

/** What a turn of belief about one order weighs: less than any difference between what the others would have done. */
const TURN_MISS = 1e-6;

/** One market. */
class OwnMarket {
  readonly quotes = new OwnQuotes();
  readonly bids = new OthersSide(BUY);
  readonly asks = new OthersSide(SELL);
  touchUs: TimeUs = Number.NEGATIVE_INFINITY;
  depthUs: TimeUs = Number.NEGATIVE_INFINITY;
}

/** What was done to frames. */
export interface OwnBookCounts {
  /** Books and touches seen, and those in which something of ours stood. */
  frames: number;
  changed: number;
  /** Touches that were ours alone, replaced by the next of the others; and those behind which nobody is known. */
  replaced: number;
  emptied: number;
  /** Prices at which it had to be weighed whether an order of ours stood there yet, or still. */
  guessed: number;
}

/**
 * Takes our own orders out of `book` and `bbo` frames before the core sees them: it would take its own quotes for a market to follow.
 *
 * Answers say in which block an order came and went, books are of a block: where both are known the difference is exact. A book may be faster
 * than the answer about a request. Then the others are assumed to have moved least: the order is taken to stand there if the level without it
 * is what the others had there before, or is nothing, or is nearer to that than the level as it is. Where our order is the whole touch, the
 * next level that was shown of the others takes its place; what moved behind us since then shows with the next book, half a second at most.
 */
export class OwnBook {
  readonly counts: OwnBookCounts = { frames: 0, changed: 0, replaced: 0, emptied: 0, guessed: 0 };
  readonly #markets: readonly OwnMarket[];
  #isChanged = false;

  /** @param marketCount Markets that are traded; frames of others, which are looked at only, pass as they are. */
  constructor(marketCount: number) {
    this.#markets = Array.from({ length: marketCount }, () => new OwnMarket());
  }

  /** A request was handed to the gateway. */
  onIntent(data: Float64Array, at: number): void {
    this.#markets[data[at + F.market] as number]?.quotes.onIntent(data, at);
  }

  /** An `order` frame was given to the core. */
  onOrderFrame(data: Float64Array, at: number): void {
    this.#markets[data[at + F.market] as number]?.quotes.onOrder(data, at);
  }

  /** A `fill` frame was given to the core. */
  onFillFrame(data: Float64Array, at: number): void {
    this.#markets[data[at + F.market] as number]?.quotes.onFill(data, at);
  }

  /** Frames of the account were given to the core. */
  onAccount(lane: FrameLane): void {
    const { data } = lane;
    for (let at = 0; at < lane.length; at += data[at] as number) {
      if (data[at + F.kind] === KIND.order) this.onOrderFrame(data, at);
      else if (data[at + F.kind] === KIND.fill) this.onFillFrame(data, at);
    }
  }

  /** Takes our orders out of every book and touch of the lane, in place: frames may become shorter, none disappears. */
  strip(lane: FrameLane): void {
    const { data } = lane;
    let to = 0;
    for (let from = 0; from < lane.length; ) {
      const size = data[from] as number;
      const market = this.#markets[data[from + F.market] as number];
      if (to !== from) data.copyWithin(to, from, from + size);
      from += size;
      if (market !== undefined && data[to + F.kind] === KIND.bbo) this.#bbo(market, data, to);
      if (market !== undefined && data[to + F.kind] === KIND.book) this.#book(market, data, to);
      to += data[to] as number;
    }
    lane.length = to;
  }

  #begin(market: OwnMarket, timeUs: TimeUs): void {
    this.counts.frames += 1;
    this.#isChanged = false;
    market.quotes.forget(timeUs);
  }

  #bbo(market: OwnMarket, data: Float64Array, at: number): void {
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    this.#begin(market, timeUs);
    const isNew = timeUs >= market.touchUs;
    if (isNew) market.touchUs = timeUs;
    this.#touch(market, BUY, data, at + BBO.bidPx, timeUs, isNew);
    this.#touch(market, SELL, data, at + BBO.askPx, timeUs, isNew);
    if (this.#isChanged) this.counts.changed += 1;
  }

  /** One side of a touch: (px, lots) at data[at]. One that is older than what is known is cleaned and teaches nothing. */
  #touch(market: OwnMarket, side: number, data: Float64Array, at: number, timeUs: TimeUs, isNew: boolean): void {
    const others = side === BUY ? market.bids : market.asks;
    const px = data[at] as Px;
    const shownLots = data[at + 1] as Lots;
    if (shownLots === 0) {
      if (isNew) others.setLevels([], null);
      return;
    }
    const lots = shownLots - this.#ownLots(market, others, side, px, shownLots, timeUs);
    if (isNew) others.setTouch(px, lots);
    if (lots === shownLots) return;
    this.#isChanged = true;
    if (lots > 0) {
      data[at + 1] = lots;
      return;
    }
    const next = others.levels.find((level) => others.isBetter(px, level.px));
    if (next === undefined) this.counts.emptied += 1;
    else this.counts.replaced += 1;
    data[at] = next?.px ?? 0;
    data[at + 1] = next?.lots ?? 0;
  }

  #book(market: OwnMarket, data: Float64Array, at: number): void {
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    this.#begin(market, timeUs);
    const isFast = data[at + BOOK.fast] === 1;
    const bidCount = data[at + BOOK.bidCount] as number;
    const askCount = data[at + BOOK.askCount] as number;
    const bids = this.#side(market, BUY, data, at + BOOK.levels, bidCount, timeUs);
    const asks = this.#side(market, SELL, data, at + BOOK.levels + 2 * bidCount, askCount, timeUs);
    this.#learn(market, market.bids, data, at + BOOK.levels, bidCount, bids, isFast, timeUs);
    this.#learn(market, market.asks, data, at + BOOK.levels + 2 * bidCount, askCount, asks, isFast, timeUs);
    if (timeUs >= market.depthUs) market.depthUs = timeUs;
    market.touchUs = Math.max(market.touchUs, market.depthUs);
    if (!this.#isChanged) return;
    this.counts.changed += 1;
    data[at + BOOK.bidCount] = bids.length;
    data[at + BOOK.askCount] = asks.length;
    let end = at + BOOK.levels;
    for (const { px, lots } of [...bids, ...asks]) {
      data[end] = px;
      data[end + 1] = lots;
      end += 2;
    }
    data[at] = end - at;
  }

  /** Levels of one side of a book without what is ours. */
  #side(market: OwnMarket, side: number, data: Float64Array, at: number, count: number, timeUs: TimeUs): OthersLevel[] {
    const others = side === BUY ? market.bids : market.asks;
    const levels: OthersLevel[] = [];
    for (let i = 0; i < count; i++) {
      const px = data[at + 2 * i] as Px;
      const shownLots = data[at + 2 * i + 1] as Lots;
      const lots = shownLots - this.#ownLots(market, others, side, px, shownLots, timeUs);
      if (lots !== shownLots) this.#isChanged = true;
      if (lots > 0) levels.push({ px, lots });
    }
    return levels;
  }

  /** Keeps what a book shows of the others. One that is older than the touch is taken for its depth alone. */
  #learn(
    market: OwnMarket,
    others: OthersSide,
    data: Float64Array,
    at: number,
    count: number,
    levels: readonly OthersLevel[],
    isFast: boolean,
    timeUs: TimeUs,
  ): void {
    if (timeUs < market.depthUs) return;
    const touch = others.levels[0];
    const deepest = isFast && count >= FAST_LEVELS ? (data[at + 2 * (count - 1)] as Px) : null;
    others.setLevels(levels, deepest);
    if (timeUs < market.touchUs && touch !== undefined) others.setTouch(touch.px, touch.lots);
  }

  /** How much of the lots shown at a price is ours. */
  #ownLots(market: OwnMarket, others: OthersSide, side: number, px: Px, shownLots: Lots, timeUs: TimeUs): Lots {
    let sure = 0;
    let guesses: OwnQuote[] | null = null;
    for (const quote of market.quotes.all) {
      if (quote.side !== side || quote.px !== px) continue;
      const presence = presenceAt(quote, timeUs);
      if (presence === PRESENCE.yes) sure += leavesAt(quote, timeUs);
      else if (presence === PRESENCE.maybe) {
        guesses ??= [];
        guesses.push(quote);
      }
    }
    if (guesses !== null) sure += this.#guess(guesses, shownLots - sure, others.lotsAt(px), timeUs);
    // Less is shown than is ours: we have been filled and not told yet, and who was before us in the queue is gone.
    return Math.min(sure, shownLots);
  }

  /** Which of the orders stand there, if the others have moved as little as possible. What nothing speaks for stays as it was believed. */
  #guess(quotes: readonly OwnQuote[], shownLots: Lots, beforeLots: Lots, timeUs: TimeUs): Lots {
    this.counts.guessed += 1;
    const count = Math.min(quotes.length, GUESSES_MAX);
    let best = 0;
    let bestLots = 0;
    let bestMiss = Number.POSITIVE_INFINITY;
    for (let set = 0; set < 1 << count; set++) {
      let lots = 0;
      let turns = 0;
      for (let i = 0; i < count; i++) {
        const quote = quotes[i] as OwnQuote;
        const isIn = (set & (1 << i)) !== 0;
        if (isIn) lots += leavesAt(quote, timeUs);
        if (isIn !== quote.isShown) turns += 1;
      }
      if (lots > shownLots) continue;
      const miss = missOf(shownLots - lots, beforeLots) + turns * TURN_MISS;
      if (miss >= bestMiss) continue;
      best = set;
      bestLots = lots;
      bestMiss = miss;
    }
    for (let i = 0; i < count; i++) (quotes[i] as OwnQuote).isShown = (best & (1 << i)) !== 0;
    return bestLots;
  }
}

/**
 * How unlikely it is that the others have `restLots` at a price where they had `beforeLots`: nothing moved, then all of them left (what is shown is
 * exactly ours, which chance would hardly make), then any other change, the smaller the likelier.
 */
function missOf(restLots: Lots, beforeLots: Lots): number {
  if (restLots === beforeLots) return 0;
  if (restLots === 0) return 1;
  return Number.isNaN(beforeLots) ? 2 : 3 - 1 / (1 + Math.abs(restLots - beforeLots));
}
