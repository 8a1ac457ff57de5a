/**
 * Who trades a mirror against its leader.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS } from "../../core/units.ts";
import type { Level } from "../venue/book.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import { leaveImpact } from "./impact.ts";
import { isOpen, type Stage } from "./stage.ts";

/** When a mirror's touch and its leader's are apart by more than what it wants, takes both in the same block, and so pulls the mirror back. */
export class Arbitrageur implements HouseTurn {
  nextSeconds: number;
  readonly #mirror: Stage;
  readonly #leader: Stage;
  readonly #random: Prng;

  constructor(mirror: Stage, leader: Stage, random: Prng) {
    this.#mirror = mirror;
    this.#leader = leader;
    this.#random = random;
    this.nextSeconds = mirror.model.arbitrage.lookSeconds * random.exponential();
  }

  /** Asks for a turn in the coming block if the two are apart. */
  act(venue: Venue, seconds: number): void {
    this.nextSeconds = seconds + this.#mirror.model.arbitrage.lookSeconds * this.#random.exponential();
    if (this.#target() !== 0) venue.submitTurn(this, 2);
  }

  /** Looks again at `seconds`. */
  skip(seconds: number): void {
    this.nextSeconds = seconds;
  }

  run(venue: Venue): void {
    const side = this.#target();
    if (side === 0) return;
    const { market, model, house } = this.#mirror;
    const level = touchOf(this.#mirror, side);
    const other = touchOf(this.#leader, -side as 1 | -1);
    if (level === null || other === null) return;
    // As much of one as of the other, in dollars.
    const maxUsd = Math.min(model.arbitrage.sizeUsd, level.lots * level.px, other.lots * other.px);
    const taken = house.take(venue, market, side, level.px, maxUsd, this.#random);
    if (taken === 0) return;
    // Whoever trades with it learns where the leader is: the distance between the two closes by a share of what lay between them.
    const gapFrac = Math.abs((other.px * this.#mirror.fair.ratio) / taken - 1);
    leaveImpact(this.#mirror, side, gapFrac, false, this.#random);
    house.take(venue, this.#leader.market, -side as 1 | -1, other.px, maxUsd, this.#random);
  }

  /** +1 when the mirror is too cheap, -1 when it is too dear. */
  #target(): 0 | 1 | -1 {
    const { market, fair, model } = this.#mirror;
    const leader = this.#leader.market;
    if (!isOpen(market) || !isOpen(leader)) return 0;
    const [bid, ask] = [market.book.bestPx(1), market.book.bestPx(-1)];
    const [leaderBid, leaderAsk] = [leader.book.bestPx(1), leader.book.bestPx(-1)];
    if (bid === null || ask === null || leaderBid === null || leaderAsk === null) return 0;
    const edge = 1 + model.arbitrage.edgeBps * BPS;
    if (ask * edge < leaderBid * fair.ratio) return 1;
    return bid > leaderAsk * fair.ratio * edge ? -1 : 0;
  }
}

/** The best level that a taker of `side` would meet. */
function touchOf(stage: Stage, side: 1 | -1): Level | null {
  const levels = side > 0 ? stage.market.book.asks : stage.market.book.bids;
  return levels[levels.length - 1] ?? null;
}
