/**
 * A rival maker of the simulated venue: a ladder of post-only orders around what it believes, re-quoted only where it moves.
 * @module
 */
import { ceilPx, floorPx, pxAbove, pxBelow } from "../core/market/grid.ts";
import type { Prng } from "../core/prng.ts";
import type { Lots, Px } from "../core/units.ts";
import type { ActionReply, WireOrder } from "../wire/hyperliquid/action.ts";
import { formatPlain } from "../wire/hyperliquid/format.ts";
import type { VenueAccount } from "./venue/account.ts";
import type { Level } from "./venue/book.ts";
import type { VenueMarket } from "./venue/market.ts";
import type { Order } from "./venue/order.ts";
import type { Venue } from "./venue/venue.ts";

/** Levels a side of one maker; two makers with gaps of one to three ticks fill the 20 levels that the venue shows. */
const LEVELS = 14;
/** Chance a block (70 ms) that a missing best level is filled again, half a second on average, and a look that some size changes. */
const REFILL_CHANCE = 0.14;
const CHURN_CHANCE = 0.15;
/** Inventory at which a maker leans as far as it ever does, micro-dollars, and how far: a share of its half-spread. */
export const INVENTORY_USD = 300_000e6;
const SKEW_RATIO = 0.6;
/** Quotes are above the smallest order by a margin, micro-dollars. */
const QUOTE_MIN_USD = 12e6;

/** One quote. Oid 0 until the venue has answered, -1 when it refused. */
interface Slot {
  px: Px;
  lots: Lots;
  oid: number;
}

/** What a look changes: slots that take over an order, slots that need a new one, orders that nobody needs. */
interface Changes {
  modified: { oid: number; slot: Slot; side: 1 | -1 }[];
  placed: { slot: Slot; side: 1 | -1 }[];
  cancelled: number[];
}

/** One maker of the generated market: a ladder that follows what he believes, by orders like everybody. */
export class Rival {
  readonly account: VenueAccount;
  readonly #market: VenueMarket;
  readonly #random: Prng;
  readonly #halfFrac: number;
  readonly #meanUsd: number;
  readonly #lagSeconds: number;
  /** Best first. */
  readonly #bids: Slot[] = [];
  readonly #asks: Slot[] = [];
  #believed = 0;
  /** Whether the venue refused something: then an order may rest that no slot knows. */
  #refused = false;

  constructor(
    account: VenueAccount,
    market: VenueMarket,
    random: Prng,
    shape: { halfFrac: number; meanUsd: number; lagSeconds: number },
  ) {
    this.account = account;
    this.#market = market;
    this.#random = random;
    this.#halfFrac = shape.halfFrac;
    this.#meanUsd = shape.meanUsd;
    this.#lagSeconds = shape.lagSeconds;
  }

  /**
   * Looks at fair value (price units) `seconds` after the last look and moves the quotes that have to move. Widens by `wide`.
   * The orders are executed in the coming block.
   */
  look(venue: Venue, fair: number, seconds: number, wide: number): void {
    this.#forgetEnded(this.#bids);
    this.#forgetEnded(this.#asks);
    if (this.#believed === 0) this.#believed = fair;
    this.#believed += (fair - this.#believed) * (1 - 2 ** (-seconds / this.#lagSeconds));
    const half = this.#halfFrac * wide;
    const inventoryUsd = this.account.positionLots(this.#market) * this.#believed;
    const lean = Math.max(-1, Math.min(1, inventoryUsd / INVENTORY_USD)) * half * SKEW_RATIO;
    const { szDecimals } = this.#market;
    const wantedBid = floorPx(this.#believed * (1 - half - lean), szDecimals);
    const wantedAsk = ceilPx(this.#believed * (1 + half - lean), szDecimals);
    const bid = this.#behind(wantedBid, 1);
    const ask = this.#behind(wantedAsk, -1);
    if (bid <= 0 || ask <= 0) return;
    const blocks = (seconds * 1e6) / venue.rules.blockUs;
    const refills = this.#random.unit() < 1 - (1 - REFILL_CHANCE) ** blocks;
    const changes: Changes = { modified: [], placed: [], cancelled: this.#refused ? this.#strays() : [] };
    this.#refused = false;
    // The side that retreats goes first: a quote must not meet our own on the other side.
    const rises = bid > (this.#bids[0]?.px ?? bid);
    for (const side of rises ? ([-1, 1] as const) : ([1, -1] as const))
      this.#side(side, side > 0 ? bid : ask, refills, changes);
    this.#send(venue, changes);
  }

  /** Drops quotes that were filled or cancelled by the venue. */
  #forgetEnded(slots: Slot[]): void {
    const { orders } = this.account;
    let kept = 0;
    for (const slot of slots) if (orders.has(slot.oid)) slots[kept++] = slot;
    slots.length = kept;
  }

  /** Orders of ours on this market that no slot knows: a batch that is refused whole leaves its old orders where they are. */
  #strays(): number[] {
    const known = new Set([...this.#bids, ...this.#asks].map((slot) => slot.oid));
    const mine = [...this.account.orders.values()].filter((order) => order.market === this.#market);
    return mine.filter((order) => !known.has(order.oid)).map((order) => order.oid);
  }

  /** The wanted price, or the best one that does not meet somebody else's order. */
  #behind(wanted: Px, side: 1 | -1): Px {
    const { book, szDecimals } = this.#market;
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

  #side(side: 1 | -1, best: Px, refills: boolean, changes: Changes): void {
    const slots = side > 0 ? this.#bids : this.#asks;
    const free: number[] = [];
    const fresh: Slot[] = [];
    // Quotes better than wanted now are pulled at once; a better price than the best is offered after a while.
    while (slots.length > 0 && ((slots[0] as Slot).px - best) * side > 0) free.push((slots.shift() as Slot).oid);
    const top = slots[0];
    if (top === undefined || (refills && (best - top.px) * side > 0)) this.#refill(slots, best, side, fresh);
    while (slots.length < LEVELS) {
      const px = this.#deeper((slots.at(-1) as Slot).px, side);
      if (px <= 0) break;
      const slot = { px, lots: this.#size(px), oid: 0 };
      slots.push(slot);
      fresh.push(slot);
    }
    while (slots.length > LEVELS) {
      const slot = slots.pop() as Slot;
      if (slot.oid > 0) free.push(slot.oid);
      else fresh.splice(fresh.indexOf(slot), 1);
    }
    for (const slot of fresh) {
      const oid = free.shift();
      if (oid === undefined) changes.placed.push({ slot, side });
      else changes.modified.push({ oid, slot, side });
    }
    changes.cancelled.push(...free);
    if (this.#random.unit() < CHURN_CHANCE) this.#churn(slots, side, changes);
  }

  /** The maker comes back to `best`, and stands behind it too: a lone level with nothing behind would make every sweep a crash. */
  #refill(slots: Slot[], best: Px, side: 1 | -1, fresh: Slot[]): void {
    const next = slots[0]?.px ?? Number.NaN;
    let px = best;
    while (fresh.length < LEVELS && px > 0 && !((next - px) * side >= 0)) {
      fresh.push({ px, lots: this.#size(px), oid: 0 });
      px = this.#deeper(px, side);
    }
    slots.unshift(...fresh);
  }

  #churn(slots: Slot[], side: 1 | -1, changes: Changes): void {
    const slot = slots[this.#random.below(slots.length)];
    if (slot === undefined || slot.oid <= 0) return;
    slot.lots = this.#size(slot.px);
    changes.modified.push({ oid: slot.oid, slot, side });
  }

  /** A price one to three ticks further from the touch. */
  #deeper(from: Px, side: 1 | -1): Px {
    const { szDecimals } = this.#market;
    let px = from;
    const steps = 1 + this.#random.below(3);
    for (let i = 0; i < steps && px > 0; i++) px = side > 0 ? pxBelow(px, szDecimals) : pxAbove(px, szDecimals);
    return px;
  }

  /** Sizes have a heavy tail: most quotes are small, some are ten times the mean. */
  #size(px: Px): Lots {
    const meanUsd = Math.max(QUOTE_MIN_USD, this.#meanUsd * Math.exp(this.#random.normal() - 0.5));
    return Math.ceil(meanUsd / px);
  }

  #send(venue: Venue, { modified, placed, cancelled }: Changes): void {
    const { account } = this;
    if (modified.length > 0) {
      const modifies = modified.map(({ oid, slot, side }) => ({ oid, order: this.#wire(slot, side) }));
      const slots = modified.map((m) => m.slot);
      venue.submitHouse({ account, action: { type: "batchModify", modifies }, onReply: (r) => this.#note(r, slots) });
    }
    if (placed.length > 0) {
      const orders = placed.map(({ slot, side }) => this.#wire(slot, side));
      const slots = placed.map((p) => p.slot);
      venue.submitHouse({
        account,
        action: { type: "order", orders, grouping: "na" },
        onReply: (r) => this.#note(r, slots),
      });
    }
    if (cancelled.length === 0) return;
    const cancels = cancelled.map((o) => ({ a: this.#market.assetId, o }));
    venue.submitHouse({ account, action: { type: "cancel", cancels } });
  }

  #wire(slot: Slot, side: 1 | -1): WireOrder {
    const { assetId, pxDecimals, szDecimals } = this.#market;
    const p = formatPlain(slot.px, pxDecimals);
    const s = formatPlain(slot.lots, szDecimals);
    return { a: assetId, b: side > 0, p, s, r: false, t: { limit: { tif: "Alo" } } };
  }

  /** Writes down which order each slot has; a refused one is dropped at the next look. */
  #note(reply: ActionReply, slots: readonly Slot[]): void {
    const statuses = reply.status === "ok" && reply.response.type === "order" ? reply.response.data.statuses : [];
    slots.forEach((slot, i) => {
      const status = statuses[i];
      slot.oid = typeof status === "object" && "resting" in status ? status.resting.oid : -1;
      if (slot.oid < 0) this.#refused = true;
    });
  }
}
