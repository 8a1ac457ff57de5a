/**
 * The order book of one market: price-time priority over linked queues.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, Px } from "../../core/units.ts";
import type { Order } from "./order.ts";

/** Orders at one price, first come first. */
export class Level {
  px: Px;
  lots: Lots = 0;
  count = 0;
  head: Order | null = null;
  tail: Order | null = null;

  constructor(px: Px) {
    this.px = px;
  }
}

/** Emptied levels kept for the next price: a quote that moves by a tick makes and empties one each time. */
const SPARE_LEVELS_MAX = 256;

/**
 * Both sides; the best level of each is the last of its array, so that the touch comes and goes without moving the others.
 *
 * Cost: an order at a price that exists is O(1) near the touch and O(log levels) elsewhere; a new price moves the levels better than it.
 */
export class OrderBook {
  readonly bids: Level[] = [];
  readonly asks: Level[] = [];
  /** Counts changes of the touch (price, size or count), so that a publisher knows when to speak. */
  touchVersion = 0;
  /** Counts changes of anything. */
  version = 0;
  readonly #spare: Level[] = [];

  /** Best price of a side, +1 for bids; null when it is empty. */
  bestPx(side: 1 | -1): Px | null {
    const levels = side > 0 ? this.bids : this.asks;
    return levels.length === 0 ? null : (levels[levels.length - 1] as Level).px;
  }

  /** First order in line on a side, +1 for bids; null when it is empty. */
  best(side: 1 | -1): Order | null {
    const levels = side > 0 ? this.bids : this.asks;
    return levels.length === 0 ? null : (levels[levels.length - 1] as Level).head;
  }

  /** Puts an order behind the others at its price. */
  add(order: Order): void {
    assert(order.level === null, "book: an order that is added does not rest yet");
    assert(order.lots > 0, "book: an order that is added has a size");
    const levels = order.side > 0 ? this.bids : this.asks;
    const level = this.#levelAt(levels, order.side, order.px);
    order.level = level;
    order.previous = level.tail;
    if (level.tail === null) level.head = order;
    else level.tail.next = order;
    level.tail = order;
    level.lots += order.lots;
    level.count++;
    this.#changed(levels, level);
  }

  /** Takes an order out. Its size stays with it: what remained. */
  remove(order: Order): void {
    const level = order.level;
    assert(level !== null, "book: an order that is removed rests");
    const levels = order.side > 0 ? this.bids : this.asks;
    this.#changed(levels, level);
    if (order.previous === null) level.head = order.next;
    else order.previous.next = order.next;
    if (order.next === null) level.tail = order.previous;
    else order.next.previous = order.previous;
    order.level = null;
    order.previous = null;
    order.next = null;
    level.lots -= order.lots;
    level.count--;
    if (level.count === 0) this.#drop(levels, order.side, level);
  }

  /** Takes `lots` off a resting order, which keeps its place; it leaves the book when nothing remains. */
  reduce(order: Order, lots: Lots): void {
    const level = order.level;
    assert(level !== null, "book: an order that is reduced rests");
    assert(lots > 0 && lots <= order.lots, "book: an order loses some of its size, at most all of it");
    if (lots === order.lots) {
      this.remove(order);
      order.lots = 0;
      return;
    }
    order.lots -= lots;
    level.lots -= lots;
    this.#changed(order.side > 0 ? this.bids : this.asks, level);
  }

  #changed(levels: Level[], level: Level): void {
    this.version++;
    if (levels[levels.length - 1] === level) this.touchVersion++;
  }

  /** The level at `px`, made when there is none. */
  #levelAt(levels: Level[], side: 1 | -1, px: Px): Level {
    const at = seek(levels, side, px);
    const found = levels[at];
    if (found !== undefined && found.px === px) return found;
    const level = this.#spare.pop() ?? new Level(px);
    level.px = px;
    if (at === levels.length) levels.push(level);
    else levels.splice(at, 0, level);
    return level;
  }

  #drop(levels: Level[], side: 1 | -1, level: Level): void {
    assert(level.lots === 0, "book: an empty level holds no lots");
    if (levels[levels.length - 1] === level) levels.pop();
    else levels.splice(seek(levels, side, level.px), 1);
    if (this.#spare.length < SPARE_LEVELS_MAX) this.#spare.push(level);
  }
}

/** Where `px` is or belongs: the first level that is not worse, worst first. The touch is looked at before the halves. */
function seek(levels: readonly Level[], side: 1 | -1, px: Px): number {
  let high = levels.length;
  if (high === 0) return 0;
  const ahead = side * (px - (levels[high - 1] as Level).px);
  if (ahead >= 0) return ahead > 0 ? high : high - 1;
  let low = 0;
  high--;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (side * ((levels[middle] as Level).px - px) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
