/**
 * The shadow of orders that are real: what every rule would have said of the orders that stood in a venue's book.
 * @module
 */
import { assert } from "../core/assert.ts";
import { F, KIND, TRADE } from "../core/frame.ts";
import { UNKNOWN_LOTS } from "../core/market/book.ts";
import type { Instrument } from "../core/market/instrument.ts";
import type { Lots, TimeUs } from "../core/units.ts";
import { ALL_SCORERS, ORDER_STATE, type Scorer } from "./resting.ts";
import { type MarketHost, SETTLE_US, ShadowMarket } from "./shadow_market.ts";
import type { VenueAccount } from "./venue/account.ts";
import type { Trade, VenueListener } from "./venue/events.ts";
import type { VenueMarket } from "./venue/market.ts";
import type { Order, OrderStatus } from "./venue/order.ts";

/** One order that is over: what it was, what it got, what each rule gave it. */
export interface ScoredOrder {
  lots: Lots;
  px: number;
  /** Time that it stood, microseconds. */
  restedUs: number;
  filledLots: Lots;
  /** By scorer: out of every print, and out of those that the account had no part in. */
  predictedLots: readonly Lots[];
  lessOwnLots: readonly Lots[];
}

/** Prints are waited for this long after an order's end before it is scored. */
const WAIT_US = 2 * SETTLE_US;

/** Orders that stand or ended within that time: a ladder that is moved ten times a second has more than two hundred. */
const FOLLOWED_MAX = 1024;

interface Standing {
  order: Order;
  openUs: TimeUs;
  /** Last venue time at which something could fill it; Infinity while it stands. */
  endUs: TimeUs;
  /** Its place among the orders of either shadow; null until the data of its time was received. */
  places: readonly [all: number, lessOwn: number] | null;
}

/**
 * Follows the orders of one account on one market through the same public data that the account received, less its own orders.
 *
 * An order is in the shadow while it is in the book, so that what is measured is the queue model and the crossing rule alone: requests that came
 * too late or were refused are equal for both sides. It opens before what happened in its block. When it ended by a fill everything of that
 * block counts, when it was cancelled nothing does: in a block new post-only orders come first, then cancels, then takers.
 *
 * A print that the order itself made tells the shadow what it is asked. Had the order not stood there, the taker would have hit others at that
 * price or beyond, or nobody: the print stays, or it is missing. So there are two shadows, one that sees every print and one that sees none in
 * which the account had a part; what paper would have seen lies between them.
 */
export class OrderScorer implements VenueListener, MarketHost {
  readonly scored: ScoredOrder[] = [];
  readonly #all: ShadowMarket;
  readonly #lessOwn: ShadowMarket;
  /** Of prints on their way that the account had a part in. */
  readonly #ownTids = new Set<number>();
  readonly #venueMarket: VenueMarket;
  readonly #account: VenueAccount;
  readonly #scorers: readonly Scorer[];
  readonly #nowMs: () => number;
  readonly #standing = new Map<number, Standing>();
  #newestUs: TimeUs = 0;

  constructor(
    index: number,
    instrument: Instrument,
    venueMarket: VenueMarket,
    account: VenueAccount,
    nowMs: () => number,
    scorers: readonly Scorer[] = ALL_SCORERS,
  ) {
    this.#all = new ShadowMarket(index, instrument, this, scorers, false, FOLLOWED_MAX);
    this.#lessOwn = new ShadowMarket(index, instrument, this, scorers, false, FOLLOWED_MAX);
    this.#venueMarket = venueMarket;
    this.#account = account;
    this.#nowMs = nowMs;
    this.#scorers = scorers;
  }

  /** Takes a market frame in order of receipt. */
  onMarket(data: Float64Array, at: number): void {
    if (data[at + F.market] !== this.#all.index) return;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    if (timeUs > this.#newestUs) {
      this.#newestUs = timeUs;
      for (const one of this.#standing.values()) this.#update(one);
    }
    this.#all.onFrame(data, at);
    const isOwn = data[at + F.kind] === KIND.trade && this.#ownTids.delete(data[at + TRADE.tid] as number);
    if (!isOwn) this.#lessOwn.onFrame(data, at);
  }

  #update(one: Standing): void {
    if (one.openUs <= this.#newestUs) one.places ??= [this.#enter(this.#all, one), this.#enter(this.#lessOwn, one)];
    if (one.places !== null) {
      this.#all.orders.endUs[one.places[0]] = one.endUs;
      this.#lessOwn.orders.endUs[one.places[1]] = one.endUs;
    }
    if (one.endUs + WAIT_US <= this.#newestUs) this.#score(one);
  }

  #enter({ orders, book }: ShadowMarket, { order, openUs }: Standing): number {
    const i = orders.add();
    orders.state[i] = ORDER_STATE.live;
    orders.side[i] = order.side;
    orders.px[i] = order.px;
    orders.cloid[i] = order.oid;
    orders.oid[i] = order.oid;
    orders.identity[i] = order.oid;
    orders.liveFromUs[i] = openUs;
    orders.totalLots[i] = order.lots + order.filledLots;
    orders.filledLots.fill(0, i * orders.scorerCount, (i + 1) * orders.scorerCount);
    const shown = book.lotsAt(order.side, order.px);
    orders.setFront(i, shown === UNKNOWN_LOTS ? Number.POSITIVE_INFINITY : shown);
    orders.levelLots[i] = Math.max(0, shown);
    return i;
  }

  #score({ order, openUs, endUs, places }: Standing): void {
    assert(places !== null, "order scorer: an order is in the shadow before it is over");
    this.#standing.delete(order.oid);
    this.scored.push({
      lots: order.lots + order.filledLots,
      px: order.px,
      restedUs: endUs - openUs,
      filledLots: order.filledLots,
      predictedLots: this.#take(this.#all, places[0]),
      lessOwnLots: this.#take(this.#lessOwn, places[1]),
    });
  }

  /** What every rule filled of an order that is over, and its place is free. */
  #take({ orders }: ShadowMarket, place: number): Lots[] {
    const filled = this.#scorers.map((_, s) => orders.filledLots[place * orders.scorerCount + s] as Lots);
    orders.free(place);
    return filled;
  }

  // --- what the venue tells of the account's orders ---

  onOrder(order: Order, status: OrderStatus): void {
    if (order.account !== this.#account || order.market !== this.#venueMarket) return;
    const nowUs = this.#nowMs() * 1000;
    if (status === "open") {
      this.#standing.set(order.oid, { order, openUs: nowUs, endUs: Number.POSITIVE_INFINITY, places: null });
      return;
    }
    const one = this.#standing.get(order.oid);
    if (one !== undefined) one.endUs = status === "filled" ? nowUs : nowUs - 1;
  }

  onTrade({ market, buyer, seller, tid }: Trade): void {
    if (market !== this.#venueMarket) return;
    if (buyer === this.#account.address || seller === this.#account.address) this.#ownTids.add(tid);
  }

  onFill(): void {}
  onNonUserCancel(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
  onBlock(): void {}

  // --- what the shadow's market tells: fills are read off the orders when they are over ---

  onSettled(): void {}
  onMid(): void {}
  onMark(): void {}
  onFunding(): void {}
}
