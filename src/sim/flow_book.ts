/**
 * The book of a generated market: rival makers who follow fair value with a lag, and what takers leave of it.
 * @module
 */
import { assert } from "../core/assert.ts";
import { ceilPx, floorPx, pxAbove, pxBelow } from "../core/market/grid.ts";
import type { Prng } from "../core/prng.ts";
import type { Lots, Px } from "../core/units.ts";

/** Levels that makers keep a side; the venue shows 20. */
const LEVELS = 24;
/** Chance a block (70 ms) that a missing best level is filled again: half a second on average. */
const REFILL_CHANCE = 0.14;
/** Chance a block that some level's size changes. */
const CHURN_CHANCE = 0.5;

export interface FlowLevel {
  px: Px;
  lots: Lots;
}

/** One print: a taker met one level. */
export interface FlowPrint {
  px: Px;
  lots: Lots;
  /** The taker's side. */
  side: number;
}

/** Price levels with sizes that makers keep and takers eat. */
export class FlowBook {
  /** Best first. */
  readonly bids: FlowLevel[] = [];
  readonly asks: FlowLevel[] = [];
  readonly #szDecimals: number;
  readonly #meanLots: Lots;
  readonly #random: Prng;

  constructor(szDecimals: number, meanLots: Lots, random: Prng) {
    this.#szDecimals = szDecimals;
    this.#meanLots = meanLots;
    this.#random = random;
  }

  /** Makers move towards `fair` (price units) with `halfFrac` between it and their best quotes. */
  requote(fair: number, halfFrac: number): void {
    const bid = floorPx(fair * (1 - halfFrac), this.#szDecimals);
    const ask = ceilPx(fair * (1 + halfFrac), this.#szDecimals);
    this.#side(this.bids, bid, -1);
    this.#side(this.asks, ask, 1);
  }

  #side(levels: FlowLevel[], best: Px, away: number): void {
    // Quotes better than a maker wants now are pulled at once; a better price than the best is offered after a while.
    while (levels.length > 0 && (best - (levels[0] as FlowLevel).px) * away > 0) levels.shift();
    const top = levels[0];
    const missing = top === undefined || (top.px - best) * away > 0;
    if (missing && (top === undefined || this.#random.unit() < REFILL_CHANCE)) this.#refill(levels, best, away);
    if (this.#random.unit() < CHURN_CHANCE) {
      const level = levels[this.#random.below(levels.length)];
      if (level !== undefined) level.lots = this.#size();
    }
    while (levels.length < LEVELS) {
      levels.push({ px: this.#deeper((levels.at(-1) as FlowLevel).px, away), lots: this.#size() });
    }
    levels.length = LEVELS;
  }

  /** Makers come back to `best`, and stand behind it too: a lone level with nothing behind would make every sweep a crash. */
  #refill(levels: FlowLevel[], best: Px, away: number): void {
    const fresh: FlowLevel[] = [];
    const next = levels[0]?.px ?? Number.NaN;
    let px = best;
    while (fresh.length < LEVELS && !((px - next) * away >= 0)) {
      fresh.push({ px, lots: this.#size() });
      px = this.#deeper(px, away);
    }
    levels.unshift(...fresh);
  }

  /** A price one to three ticks further from the touch. */
  #deeper(from: Px, away: number): Px {
    let px = from;
    const steps = 1 + this.#random.below(3);
    for (let i = 0; i < steps; i++) px = away < 0 ? pxBelow(px, this.#szDecimals) : pxAbove(px, this.#szDecimals);
    return px;
  }

  /** Sizes have a heavy tail: most levels are small, some are ten times the mean. */
  #size(): Lots {
    return Math.max(1, Math.round(this.#meanLots * Math.exp(this.#random.normal() - 0.5)));
  }

  /** A taker of `side` takes up to `lots`, no further than `limit`. Returns its prints, best first. */
  take(side: number, lots: Lots, limit: Px): FlowPrint[] {
    const levels = side > 0 ? this.asks : this.bids;
    const prints: FlowPrint[] = [];
    let left = lots;
    while (left > 0 && levels.length > 1) {
      const level = levels[0] as FlowLevel;
      if ((level.px - limit) * side > 0) break;
      assert(level.lots > 0, "flow: a level that stands has a size");
      const taken = Math.min(left, level.lots);
      prints.push({ px: level.px, lots: taken, side });
      left -= taken;
      level.lots -= taken;
      if (level.lots === 0) levels.shift();
    }
    return prints;
  }

  get mid(): number {
    return ((this.bids[0] as FlowLevel).px + (this.asks[0] as FlowLevel).px) / 2;
  }
}
