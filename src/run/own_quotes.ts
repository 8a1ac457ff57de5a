/**
 * Our own orders of one market with the times between which they stood in its book, as far as answers and fills have told.
 * @module
 */
import { assert } from "../core/assert.ts";
import { ACTION, F, FILL, INTENT, ORDER, ORDER_STATUS } from "../core/frame.ts";
import type { Lots, Px, TimeUs } from "../core/units.ts";

/** Ends are remembered this long: a book of before may come after the answer that told of the end. */
const MEMORY_US = 5_000_000;
/** Orders followed of one market: every slot twice, for modifies, and what has just ended. */
const QUOTES_MAX = 512;

/** When something happened at the venue: in that block, or (an answer came then, and says no block) in it or before. */
interface Moment {
  timeUs: TimeUs;
  isExact: boolean;
}

/** One order. */
export interface OwnQuote {
  cloid: number;
  /** The order that it is to replace; 0 for none. */
  replaces: number;
  side: number;
  px: Px;
  lots: Lots;
  /** Lots filled, and when. */
  fills: { timeUs: TimeUs; lots: Lots }[];
  /** Block since which it rests; Infinity while that has not been told. */
  since: Moment;
  /** Block in which it ended; Infinity while that has not been told. */
  end: Moment;
  /** A cancel or a replacement is under way: it may be gone already. */
  isLeaving: boolean;
  /** Whether the newest book that could show it seems to. What decides where a book alone cannot. */
  isShown: boolean;
}

/** What is known of an order in a block: that it stood there, that it did not, or neither. */
export const PRESENCE = { no: 0, maybe: 1, yes: 2 } as const;

/** The orders of one market. */
export class OwnQuotes {
  readonly all: OwnQuote[] = [];

  #find(cloid: number): OwnQuote | undefined {
    return this.all.find((one) => one.cloid === cloid);
  }

  #add(cloid: number, replaces: number, side: number, px: Px, lots: Lots, sinceUs: TimeUs): void {
    assert(this.all.length < QUOTES_MAX, "own quotes: orders that ended are forgotten");
    const since = { timeUs: sinceUs, isExact: sinceUs < Number.POSITIVE_INFINITY };
    const end = { timeUs: Number.POSITIVE_INFINITY, isExact: false };
    const quote = { cloid, replaces, side, px, lots, fills: [], since, end };
    this.all.push({ ...quote, isLeaving: false, isShown: since.isExact });
  }

  #remove(cloid: number): void {
    const at = this.all.findIndex((one) => one.cloid === cloid);
    if (at >= 0) this.all.splice(at, 1);
  }

  /** A request was sent. */
  onIntent(data: Float64Array, at: number): void {
    const of = (offset: number): number => data[at + offset] as number;
    const target = this.#find(of(INTENT.targetCloid));
    if (of(INTENT.action) !== ACTION.place && target !== undefined) target.isLeaving = true;
    if (of(INTENT.action) === ACTION.cancel) return;
    const replaces = of(INTENT.action) === ACTION.modify ? of(INTENT.targetCloid) : 0;
    const never = Number.POSITIVE_INFINITY;
    this.#add(of(INTENT.cloid), replaces, of(INTENT.side), of(INTENT.px), of(INTENT.lots), never);
  }

  /** An `order` frame. Its venue time is the block's where a push brought it; an answer to a request has the time of its arrival twice. */
  onOrder(data: Float64Array, at: number): void {
    const cloid = data[at + ORDER.cloid] as number;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    const moment = { timeUs, isExact: timeUs !== data[at + F.timeUs] };
    const quote = this.#find(cloid);
    switch (data[at + ORDER.status]) {
      case ORDER_STATUS.found:
        if (quote === undefined) this.#found(data, at, cloid);
        return;
      case ORDER_STATUS.resting:
        if (quote === undefined) {
          // One that a process before had sent: an update of the venue's says where it stands.
          if ((data[at + ORDER.px] as number) > 0) this.#found(data, at, cloid);
          return;
        }
        quote.since = known(quote.since, moment);
        // A book may have shown by now that a cancel under way was done.
        if (!quote.isLeaving) quote.isShown = true;
        this.#end(quote.replaces, moment);
        return;
      case ORDER_STATUS.filled:
      case ORDER_STATUS.cancelled:
        this.#end(cloid, moment);
        if (quote !== undefined) this.#end(quote.replaces, moment);
        return;
      case ORDER_STATUS.refused:
        this.#onRefused(quote);
        return;
      case ORDER_STATUS.rejected:
      case ORDER_STATUS.settled:
        this.#remove(cloid);
        return;
      case ORDER_STATUS.missing:
        this.#onMissing(quote, moment);
        return;
      default:
    }
  }

  #found(data: Float64Array, at: number, cloid: number): void {
    const of = (offset: number): number => data[at + offset] as number;
    this.#add(cloid, 0, of(ORDER.side), of(ORDER.px), of(ORDER.leavesLots), Number.NEGATIVE_INFINITY);
  }

  /** Nothing changed: a place never was, a cancel or a replacement left the order where it is. */
  #onRefused(quote: OwnQuote | undefined): void {
    if (quote === undefined) return;
    const stays = quote.replaces === 0 ? quote : this.#find(quote.replaces);
    const isNew = quote.replaces !== 0 || (quote.since.timeUs === Number.POSITIVE_INFINITY && !quote.isLeaving);
    if (stays !== undefined) stays.isLeaving = false;
    if (isNew) this.#remove(quote.cloid);
  }

  /** The order that was to be cancelled or replaced was gone: its own end may have been told, or will be. */
  #onMissing(quote: OwnQuote | undefined, moment: Moment): void {
    if (quote === undefined) return;
    if (quote.replaces === 0) this.#end(quote.cloid, moment);
    else {
      this.#end(quote.replaces, moment);
      this.#remove(quote.cloid);
    }
  }

  #end(cloid: number, moment: Moment): void {
    const quote = cloid === 0 ? undefined : this.#find(cloid);
    if (quote !== undefined) quote.end = known(quote.end, moment);
  }

  /** A `fill` frame. */
  onFill(data: Float64Array, at: number): void {
    const quote = this.#find(data[at + FILL.cloid] as number);
    if (quote === undefined) return;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    quote.fills.push({ timeUs, lots: data[at + FILL.lots] as Lots });
    const moment = { timeUs, isExact: true };
    this.#end(quote.replaces, moment);
    if (leavesAt(quote, Number.POSITIVE_INFINITY) <= 0) quote.end = known(quote.end, moment);
  }

  /** Forgets what had ended long before `timeUs`. */
  forget(timeUs: TimeUs): void {
    for (let i = this.all.length - 1; i >= 0; i--)
      if ((this.all[i] as OwnQuote).end.timeUs < timeUs - MEMORY_US) this.all.splice(i, 1);
  }
}

/** What of an order was unfilled after the block at `timeUs`. */
export function leavesAt(quote: OwnQuote, timeUs: TimeUs): Lots {
  let lots = quote.lots;
  for (const fill of quote.fills) if (fill.timeUs <= timeUs) lots -= fill.lots;
  return lots;
}

/** What is known with one more word: a block is better than an arrival, and of equals the earlier one. */
function known(before: Moment, told: Moment): Moment {
  if (before.isExact !== told.isExact) return before.isExact ? before : told;
  return told.timeUs < before.timeUs ? told : before;
}

/** Whether an order stood in the book after the block at `timeUs`. */
export function presenceAt({ since, end, isLeaving }: OwnQuote, timeUs: TimeUs): number {
  if (end.timeUs <= timeUs) return PRESENCE.no;
  if (timeUs < since.timeUs) return since.isExact ? PRESENCE.no : PRESENCE.maybe;
  return isLeaving && !end.isExact ? PRESENCE.maybe : PRESENCE.yes;
}
