/**
 * The public events of one market, kept in venue time: touches, prints, what the book held, and where nothing was recorded.
 * @module
 */
import { BPS, type Lots, type Px, type TimeUs } from "../core/units.ts";
import type { Segment } from "./blocks.ts";
import { Column } from "./column.ts";

/** One price of a book. */
export interface BookLevel {
  px: Px;
  lots: Lots;
}

/** Distances from the mid at which the book's depth is read, basis points. */
export const DEPTH_BPS = [1, 2, 5, 10] as const;
/** Levels a side that the venue's feed shows: fewer mean that the side ends there. */
export const LEVELS_SHOWN = 20;

/** Keeps events as they are told. Touches come in order of time; prints may come late, and are sorted when they are read. */
export class MarketRecord {
  /** Touches by time, which never falls. */
  readonly touchUs = new Column();
  readonly bidPx = new Column();
  readonly askPx = new Column();
  readonly #touchSegment = new Column();
  readonly printUs = new Column();
  readonly printSide = new Column();
  readonly printPx = new Column();
  readonly printLots = new Column();
  readonly bookUs = new Column();
  /** Dollars within each distance of the mid, mean of both sides, micro-dollars; NaN where the levels shown do not reach so far. */
  readonly depthUsd = DEPTH_BPS.map(() => new Column());
  readonly segments: Segment[] = [];
  #open = false;
  #bidLots = 0;
  #askLots = 0;

  /** The best prices from `timeUs` on. Lots 0 where a side is empty: then there is no touch. An equal touch is no event. */
  onTouch(timeUs: TimeUs, bidPx: Px, bidLots: Lots, askPx: Px, askLots: Lots): void {
    const isNew = !this.#open;
    this.#reach(timeUs);
    const has = bidLots > 0 && askLots > 0;
    const bid = has ? bidPx : 0;
    const ask = has ? askPx : 0;
    const { count } = this.touchUs;
    const last = count - 1;
    const same = this.bidPx.at(last) === bid && this.askPx.at(last) === ask;
    if (!isNew && same && this.#bidLots === bidLots && this.#askLots === askLots) return;
    this.#bidLots = bidLots;
    this.#askLots = askLots;
    if (!isNew && this.touchUs.at(last) === timeUs) {
      this.bidPx.set(last, bid);
      this.askPx.set(last, ask);
      return;
    }
    this.touchUs.push(timeUs);
    this.bidPx.push(bid);
    this.askPx.push(ask);
    this.#touchSegment.push(this.segments.length - 1);
  }

  /** A print. `side` is the aggressor's, +1 bought. */
  onTrade(timeUs: TimeUs, side: number, px: Px, lots: Lots): void {
    this.#reach(timeUs);
    this.printUs.push(timeUs);
    this.printSide.push(side);
    this.printPx.push(px);
    this.printLots.push(lots);
  }

  /** The book, best level first, at most as many levels as the feed shows. */
  onBook(timeUs: TimeUs, bids: readonly BookLevel[], asks: readonly BookLevel[]): void {
    this.#reach(timeUs);
    const bid = bids[0];
    const ask = asks[0];
    if (bid === undefined || ask === undefined || bid.px >= ask.px) return;
    const mid = (bid.px + ask.px) / 2;
    this.bookUs.push(timeUs);
    DEPTH_BPS.forEach((bps, k) => {
      const reach = mid * bps * BPS;
      this.depthUsd[k]?.push((within(bids, mid, reach) + within(asks, mid, reach)) / 2);
    });
  }

  /** Nothing was recorded from the last event on until the next: what was known says nothing about then. */
  onGap(): void {
    this.#open = false;
  }

  #reach(timeUs: TimeUs): void {
    const last = this.segments[this.segments.length - 1];
    if (this.#open && last !== undefined) {
      if (timeUs > last.endUs) last.endUs = timeUs;
      return;
    }
    // What comes late from before a gap must not make segments overlap.
    const startUs = last === undefined ? timeUs : Math.max(timeUs, last.endUs + 1);
    this.segments.push({ startUs, endUs: startUs });
    this.#open = true;
  }

  /** Index of the segment that holds a time; -1 in a gap. */
  segmentAt(timeUs: TimeUs): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.segments[middle] as Segment).endUs < timeUs) low = middle + 1;
      else high = middle;
    }
    return low < this.segments.length && (this.segments[low] as Segment).startUs <= timeUs ? low : -1;
  }

  /** Index of the last touch strictly before `timeUs` in the same segment; -1 when there is none. */
  touchBefore(timeUs: TimeUs): number {
    const i = this.touchUs.countBelow(timeUs) - 1;
    return i >= 0 && this.#touchSegment.at(i) === this.segmentAt(timeUs) ? i : -1;
  }

  /** Last mid strictly before a time of the same segment, price units; NaN without one. */
  midBefore(timeUs: TimeUs): number {
    return this.midOf(this.touchBefore(timeUs));
  }

  /** Mid of touch `i`; NaN where a side was empty, and for -1. */
  midOf(i: number): number {
    const bid = this.bidPx.at(i);
    return bid > 0 ? (bid + this.askPx.at(i)) / 2 : Number.NaN;
  }

  /** How long touch `i` held: to the next one, or to the end of its segment. */
  heldUs(i: number): number {
    const segment = this.#touchSegment.at(i);
    const toUs =
      this.#touchSegment.at(i + 1) === segment ? this.touchUs.at(i + 1) : (this.segments[segment] as Segment).endUs;
    return toUs - this.touchUs.at(i);
  }
}

/** Micro-dollars of a side within `reach` of the mid; NaN when the side goes on beyond what is shown, and that lies within. */
function within(levels: readonly BookLevel[], mid: number, reach: number): number {
  let usd = 0;
  for (const { px, lots } of levels) {
    if (Math.abs(px - mid) > reach) return usd;
    usd += px * lots;
  }
  return levels.length < LEVELS_SHOWN ? usd : Number.NaN;
}
