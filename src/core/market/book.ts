/**
 * One view of the book out of three feeds: `bbo`, the 20-level `l2Book` and its 5-level `fast` form, merged by venue time.
 * @module
 */

import { assert } from "../assert.ts";
import { BBO, BOOK, BOOK_LEVELS_MAX, BUY, F, KIND } from "../frame.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";

/** Levels a side that the view keeps: a full book plus touches that arrived in front of it; beyond that the deepest is dropped. */
const LEVELS_MAX = 2 * BOOK_LEVELS_MAX;
/** Levels of the `fast` form. Fewer on a side mean that the side ends there. */
const FAST_LEVELS = 5;

/** What `lotsAt` answers for a price deeper than the deepest level known. */
export const UNKNOWN_LOTS = -1;

/** One side, worst level first and best last: a new touch is a push, a lost one a pop. */
class Side {
  readonly px = new Float64Array(LEVELS_MAX);
  readonly lots = new Float64Array(LEVELS_MAX);
  /** -1 for bids (a higher price is better), +1 for asks. */
  readonly away: number;
  count = 0;

  constructor(away: number) {
    this.away = away;
  }

  /** Whether `a` is a better price than `b` on this side. */
  isBetter(a: Px, b: Px): boolean {
    return (b - a) * this.away > 0;
  }

  push(px: Px, lots: Lots): void {
    if (this.count === LEVELS_MAX) {
      this.px.copyWithin(0, 1);
      this.lots.copyWithin(0, 1);
      this.count -= 1;
    }
    this.px[this.count] = px;
    this.lots[this.count] = lots;
    this.count += 1;
  }

  /** Makes (px, lots) the touch: better levels go, an equal one is updated. Lots 0 empties the side. */
  setTouch(px: Px, lots: Lots): void {
    if (lots === 0) {
      this.count = 0;
      return;
    }
    while (this.count > 0 && this.isBetter(this.px[this.count - 1] as Px, px)) this.count -= 1;
    if (this.count > 0 && this.px[this.count - 1] === px) this.lots[this.count - 1] = lots;
    else this.push(px, lots);
  }

  /** Replaces levels by `n` pairs at data[from...], best first; keeps older levels deeper than the last of them when `keepDeeper`. */
  setLevels(data: Float64Array, from: number, n: number, keepDeeper: boolean): void {
    let kept = 0;
    if (keepDeeper && n > 0) {
      const worst = data[from + 2 * (n - 1)] as Px;
      while (kept < this.count && this.isBetter(worst, this.px[kept] as Px)) kept += 1;
      // Room for the new ones: the deepest of the old go first.
      const excess = kept + n - LEVELS_MAX;
      if (excess > 0) {
        this.px.copyWithin(0, excess, kept);
        this.lots.copyWithin(0, excess, kept);
        kept -= excess;
      }
    }
    this.count = kept;
    for (let i = n - 1; i >= 0; i--) this.push(data[from + 2 * i] as Px, data[from + 2 * i + 1] as Lots);
  }

  lotsAt(px: Px): Lots {
    if (this.count === 0 || this.isBetter(this.px[0] as Px, px)) return UNKNOWN_LOTS;
    for (let i = this.count - 1; i >= 0; i--) {
      const level = this.px[i] as Px;
      if (level === px) return this.lots[i] as Lots;
      if (this.isBetter(px, level)) return 0;
    }
    return 0;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.count = state.num(this.count);
    state.array(this.px);
    state.array(this.lots);
  }
}

/**
 * The merged book of one market.
 *
 * `bbo` is sent every block and `l2Book` every half second or five, so the newest touch and the newest depth differ in age. At equal venue
 * time `bbo` decides the touch. A book older than the touch is taken for its depth and the touch laid over it: levels better than the touch
 * are dropped, so that a touch beyond the known levels thins the book and never crosses it. What is older than what is known is refused.
 */
export class BookView {
  readonly bids = new Side(-1);
  readonly asks = new Side(1);
  /** Venue time of the newest touch, from either feed. */
  touchTimeUs: TimeUs = -1;
  /** Venue time of the newest depth. */
  depthTimeUs: TimeUs = -1;
  /** Messages refused because something newer of the same feed was known. */
  staleCount = 0;
  #bboTimeUs = Number.NEGATIVE_INFINITY;
  #bidPx = 0;
  #bidLots = 0;
  #askPx = 0;
  #askLots = 0;

  /** Takes a `book` frame. Returns false when it was older than the depth already known. */
  applyBook(data: Float64Array, at: number): boolean {
    assert(data[at + F.kind] === KIND.book, "book: frame has its kind");
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    if (timeUs < this.depthTimeUs) {
      this.staleCount += 1;
      return false;
    }
    const fast = data[at + BOOK.fast] === 1;
    const bidCount = data[at + BOOK.bidCount] as number;
    const askCount = data[at + BOOK.askCount] as number;
    const levels = at + BOOK.levels;
    this.bids.setLevels(data, levels, bidCount, fast && bidCount >= FAST_LEVELS);
    this.asks.setLevels(data, levels + 2 * bidCount, askCount, fast && askCount >= FAST_LEVELS);
    this.depthTimeUs = timeUs;
    if (timeUs <= this.#bboTimeUs) this.#layTouch();
    else this.touchTimeUs = timeUs;
    return true;
  }

  /** Takes a `bbo` frame. Returns false when it was older than the touch already known. */
  applyBbo(data: Float64Array, at: number): boolean {
    assert(data[at + F.kind] === KIND.bbo, "bbo: frame has its kind");
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    if (timeUs < this.touchTimeUs) {
      this.staleCount += 1;
      return false;
    }
    this.#bboTimeUs = timeUs;
    this.touchTimeUs = timeUs;
    this.#bidPx = data[at + BBO.bidPx] as Px;
    this.#bidLots = data[at + BBO.bidLots] as Lots;
    this.#askPx = data[at + BBO.askPx] as Px;
    this.#askLots = data[at + BBO.askLots] as Lots;
    this.#layTouch();
    return true;
  }

  #layTouch(): void {
    this.bids.setTouch(this.#bidPx, this.#bidLots);
    this.asks.setTouch(this.#askPx, this.#askLots);
  }

  /** Forgets everything (after a gap: what was known says nothing about now). Times stay, so that older messages stay refused. */
  clear(): void {
    this.bids.count = 0;
    this.asks.count = 0;
    this.#bidLots = 0;
    this.#askLots = 0;
  }

  /** Whether both sides have a level. */
  get hasTouch(): boolean {
    return this.bids.count > 0 && this.asks.count > 0;
  }

  /** Whether nothing is known at all. */
  get isEmpty(): boolean {
    return this.bids.count === 0 && this.asks.count === 0;
  }

  /** Best bid; 0 when there is none. */
  get bidPx(): Px {
    return this.bids.count > 0 ? (this.bids.px[this.bids.count - 1] as Px) : 0;
  }
  get bidLots(): Lots {
    return this.bids.count > 0 ? (this.bids.lots[this.bids.count - 1] as Lots) : 0;
  }
  /** Best ask; Infinity when there is none. */
  get askPx(): Px {
    return this.asks.count > 0 ? (this.asks.px[this.asks.count - 1] as Px) : Number.POSITIVE_INFINITY;
  }
  get askLots(): Lots {
    return this.asks.count > 0 ? (this.asks.lots[this.asks.count - 1] as Lots) : 0;
  }

  /** Whether the touch is locked or crossed: no fair value can be read from it. */
  get isCrossed(): boolean {
    return this.hasTouch && this.bidPx >= this.askPx;
  }

  /** Half-way between the touches, in price units (a half-integer at most); NaN without a touch. */
  get mid(): number {
    return this.hasTouch ? (this.bidPx + this.askPx) / 2 : Number.NaN;
  }

  /** Displayed lots on `side` at `px`: 0 inside the known book where nothing stands, UNKNOWN_LOTS deeper than it. */
  lotsAt(side: number, px: Px): Lots {
    return side === BUY ? this.bids.lotsAt(px) : this.asks.lotsAt(px);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.bids.syncState(state);
    this.asks.syncState(state);
    this.touchTimeUs = state.num(this.touchTimeUs);
    this.depthTimeUs = state.num(this.depthTimeUs);
    this.staleCount = state.num(this.staleCount);
    this.#bboTimeUs = state.num(this.#bboTimeUs);
    this.#bidPx = state.num(this.#bidPx);
    this.#bidLots = state.num(this.#bidLots);
    this.#askPx = state.num(this.#askPx);
    this.#askLots = state.num(this.#askLots);
  }
}

/** Mids kept for looking back: two minutes at eight touch changes a second. */
const HISTORY_SIZE = 1024;

/** The recent mids of one market by venue time, for "the last mid strictly before". */
export class MidHistory {
  readonly #timeUs = new Float64Array(HISTORY_SIZE);
  readonly #mid = new Float64Array(HISTORY_SIZE);
  #next = 0;
  #count = 0;

  /** Records the mid that holds from `timeUs` on. Times must not go back; an equal time replaces. */
  add(timeUs: TimeUs, mid: number): void {
    const last = (this.#next + HISTORY_SIZE - 1) % HISTORY_SIZE;
    if (this.#count > 0) {
      const lastTimeUs = this.#timeUs[last] as number;
      assert(timeUs >= lastTimeUs, "mids: time does not go back");
      if (timeUs === lastTimeUs) {
        this.#mid[last] = mid;
        return;
      }
    }
    this.#timeUs[this.#next] = timeUs;
    this.#mid[this.#next] = mid;
    this.#next = (this.#next + 1) % HISTORY_SIZE;
    if (this.#count < HISTORY_SIZE) this.#count += 1;
  }

  /** Last mid at a venue time strictly before `timeUs`; NaN when none is remembered. */
  before(timeUs: TimeUs): number {
    for (let i = 1; i <= this.#count; i++) {
      const at = (this.#next + HISTORY_SIZE - i) % HISTORY_SIZE;
      if ((this.#timeUs[at] as number) < timeUs) return this.#mid[at] as number;
    }
    return Number.NaN;
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.#timeUs);
    state.array(this.#mid);
    this.#next = state.num(this.#next);
    this.#count = state.num(this.#count);
  }
}
