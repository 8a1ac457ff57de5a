/**
 * A rival maker: a ladder of post-only orders around what it believes, moved only where it has to move.
 * @module
 */
import { ceilPx, floorPx, pxAbove, pxBelow } from "../../core/market/grid.ts";
import type { Prng } from "../../core/prng.ts";
import { BPS, type Lots, type Px } from "../../core/units.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { Level } from "../venue/book.ts";
import { ZERO_HASH } from "../venue/matching.ts";
import type { Order } from "../venue/order.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import { ORDER_MIN_USD } from "./house.ts";
import { isOpen, type Stage } from "./stage.ts";

/** The venue refuses prices too far from the mark: after great news makers go there in steps of this factor, and the mark with them. */
const FAR_FACTOR = 1.5;

/**
 * One maker of one market. It looks at fair value after its reaction time and acts in that block: quotes that have become too good are pulled
 * at once, better prices are offered only after a while, and the rest stays where it is and keeps its place in line.
 *
 * Its turn is what a batch of modifies would be, so it is of the class of post-only orders.
 */
export class Maker implements HouseTurn {
  readonly account: VenueAccount;
  nextSeconds: number;
  readonly #stage: Stage;
  readonly #random: Prng;
  readonly #halfFrac: number;
  readonly #sizeUsd: number;
  readonly #lookSeconds: number;
  /** Best first. */
  readonly #bids: Order[] = [];
  readonly #asks: Order[] = [];
  #lookedSeconds = 0;
  #seconds = 0;

  /** @param place 0 is the tightest and quickest. */
  constructor(stage: Stage, place: number, random: Prng) {
    const { halfBps, widerRatio, slowerRatio, smallerRatio, sizeUsd, lookSeconds } = stage.model.makers;
    this.account = stage.house.makers[place] as VenueAccount;
    this.#stage = stage;
    this.#random = random;
    this.#halfFrac = halfBps * BPS * widerRatio ** place;
    this.#sizeUsd = sizeUsd * smallerRatio ** place;
    this.#lookSeconds = lookSeconds * slowerRatio ** place;
    this.nextSeconds = 0;
  }

  /** Asks for a turn in the coming block. */
  act(venue: Venue, seconds: number): void {
    this.nextSeconds =
      seconds + this.#lookSeconds * Math.exp(this.#stage.model.makers.lookSigma * this.#random.normal());
    this.#seconds = seconds;
    venue.submitTurn(this, 0);
  }

  /** Looks again at `seconds`. */
  skip(seconds: number): void {
    this.nextSeconds = seconds;
  }

  run(venue: Venue): void {
    const { market, model, fair, regime, isThin } = this.#stage;
    if (!isOpen(market)) return;
    forgetEnded(this.#bids);
    forgetEnded(this.#asks);
    const { busyWideRatio, inventoryUsd, skewRatio, viewBps, refillSeconds, churnRatio } = model.makers;
    const random = this.#random;
    const view = viewBps === 0 ? fair.px : fair.px * (1 + viewBps * BPS * random.normal());
    const believed = Math.max(market.markPx / FAR_FACTOR, Math.min(market.markPx * FAR_FACTOR, view));
    const half = this.#halfFrac * (regime.isBusy ? busyWideRatio : 1) * (isThin ? model.hours.wideRatio : 1);
    const heldRatio = Math.max(-1, Math.min(1, (this.account.positionLots(market) * believed) / inventoryUsd));
    const lean = heldRatio * half * skewRatio;
    const bid = this.#behind(floorPx(believed * (1 - half - lean), market.szDecimals), 1);
    const ask = this.#behind(ceilPx(believed * (1 + half - lean), market.szDecimals), -1);
    if (bid <= 0 || ask <= 0) return;
    const spanSeconds = this.#seconds - this.#lookedSeconds;
    this.#lookedSeconds = this.#seconds;
    const refills = random.unit() < 1 - Math.exp(-spanSeconds / refillSeconds);
    // The side that retreats goes first: a quote must not meet our own on the other side.
    const first = bid > (this.#bids[0]?.px ?? bid) ? -1 : 1;
    this.#side(venue, first, first > 0 ? bid : ask, refills);
    this.#side(venue, -first as 1 | -1, first > 0 ? ask : bid, refills);
    if (random.unit() < churnRatio) this.#churn(venue, random.unit() < 0.5 ? 1 : -1);
  }

  /** The wanted price, or the best one that does not meet somebody else's order. */
  #behind(wanted: Px, side: 1 | -1): Px {
    const { book, szDecimals } = this.#stage.market;
    const against = side > 0 ? book.asks : book.bids;
    for (let i = against.length - 1; i >= 0; i--) {
      const level = against[i] as Level;
      if ((level.px - wanted) * side > 0) return wanted;
      if (this.#isForeign(level)) return side > 0 ? pxBelow(level.px, szDecimals) : pxAbove(level.px, szDecimals);
    }
    return wanted;
  }

  #isForeign(level: Level): boolean {
    for (let order: Order | null = level.head; order !== null; order = order.next)
      if (order.account !== this.account) return true;
    return false;
  }

  #side(venue: Venue, side: 1 | -1, best: Px, refills: boolean): void {
    const orders = side > 0 ? this.#bids : this.#asks;
    const { levels } = this.#stage.model.makers;
    let gone = 0;
    while (gone < orders.length && ((orders[gone] as Order).px - best) * side > 0) {
      venue.trading.cancelHouse(orders[gone] as Order);
      gone++;
    }
    if (gone > 0) orders.splice(0, gone);
    const top = orders[0];
    if (top === undefined || (refills && (best - top.px) * side > 0)) this.#refill(venue, orders, best, side);
    while (orders.length > 0 && orders.length < levels) {
      const last = orders[orders.length - 1] as Order;
      const placed = this.#place(venue, side, this.#deeper(last.px, side), orders.length);
      if (placed === null) break;
      orders.push(placed);
    }
    while (orders.length > levels) venue.trading.cancelHouse(orders.pop() as Order);
  }

  /** The maker comes back to `best`, and stands behind it too: a lone level with nothing behind would make every sweep a crash. */
  #refill(venue: Venue, orders: Order[], best: Px, side: 1 | -1): void {
    const { levels } = this.#stage.model.makers;
    const next = orders[0]?.px ?? Number.NaN;
    const fresh: Order[] = [];
    let px = best;
    while (fresh.length < levels && px > 0 && !((next - px) * side >= 0)) {
      const placed = this.#place(venue, side, px, fresh.length);
      if (placed === null) break;
      fresh.push(placed);
      px = this.#deeper(px, side);
    }
    orders.unshift(...fresh);
  }

  /** Some level gets another size, and loses its place in line. */
  #churn(venue: Venue, side: 1 | -1): void {
    const orders = side > 0 ? this.#bids : this.#asks;
    const at = this.#random.below(orders.length);
    const order = orders[at];
    if (order === undefined || !venue.trading.cancelHouse(order)) return;
    const placed = this.#place(venue, side, order.px, at);
    if (placed !== null) orders[at] = placed;
    else orders.splice(at, 1);
  }

  #place(venue: Venue, side: 1 | -1, px: Px, place: number): Order | null {
    if (px <= 0) return null;
    const { market } = this.#stage;
    const lots = this.#size(px, place);
    const placed = venue.trading.placeHouse(this.account, market, side, px, lots, "Alo", ZERO_HASH);
    return typeof placed === "string" ? null : placed;
  }

  /** The next price further from the touch: half to one and a half gaps, at least a tick. */
  #deeper(from: Px, side: 1 | -1): Px {
    const { szDecimals } = this.#stage.market;
    const gapPx = from * this.#stage.model.makers.gapBps * BPS * (0.5 + this.#random.unit());
    const next = side > 0 ? pxBelow(from, szDecimals) : pxAbove(from, szDecimals);
    const wanted = side > 0 ? floorPx(from - gapPx, szDecimals) : ceilPx(from + gapPx, szDecimals);
    return side > 0 ? Math.min(next, wanted) : Math.max(next, wanted);
  }

  /** Sizes have a heavy tail: most quotes are small, some are ten times the mean. */
  #size(px: Px, place: number): Lots {
    const { model, isThin } = this.#stage;
    const { sizeSigma, growthRatio } = model.makers;
    const meanUsd = this.#sizeUsd * (1 + growthRatio * place) * (isThin ? model.hours.sizeRatio : 1);
    const wantedUsd = meanUsd * Math.exp(sizeSigma * this.#random.normal() - (sizeSigma * sizeSigma) / 2);
    return Math.ceil(Math.max(ORDER_MIN_USD, wantedUsd) / px);
  }
}

/** Drops quotes that were filled, or cancelled by the venue. */
function forgetEnded(orders: Order[]): void {
  let kept = 0;
  for (const order of orders) if (order.level !== null) orders[kept++] = order;
  orders.length = kept;
}
