/**
 * Orders that eat level after level for about a second.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS, type Px } from "../../core/units.ts";
import type { Level } from "../venue/book.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import { drawPhi, moveFair } from "./impact.ts";
import { isOpen, type Stage } from "./stage.ts";

const SECONDS_PER_HOUR = 3_600;

/** A large order in pieces, one level each: makers who pull in between are not hit any more, those who do not are. */
export class Sweeper implements HouseTurn {
  nextSeconds: number;
  readonly #stage: Stage;
  readonly #random: Prng;
  /** Prices of the levels as they stood at the start, nearest first, and how many have been taken. */
  #targets: Px[] = [];
  #taken = 0;
  #side: 1 | -1 = 1;
  #startPx = 0;
  #reachedFrac = 0;
  #phi = 0;

  constructor(stage: Stage, random: Prng) {
    this.#stage = stage;
    this.#random = random;
    this.nextSeconds = this.#gap(0);
  }

  /** Asks for a turn in the coming block. */
  act(venue: Venue, seconds: number): void {
    const { levelsMin, levelsMax, seconds: spanSeconds } = this.#stage.model.sweeps;
    if (this.#taken >= this.#targets.length) {
      const { market } = this.#stage;
      this.#side = this.#random.unit() < 0.5 + this.#stage.model.takers.leanRatio * this.#stage.heldRatio() ? 1 : -1;
      const against = this.#side > 0 ? market.book.asks : market.book.bids;
      const count = levelsMin + this.#random.below(levelsMax - levelsMin + 1);
      this.#targets = against
        .slice(-count)
        .reverse()
        .map((level: Level) => level.px);
      this.#taken = 0;
      this.#startPx = market.midPx;
      this.#reachedFrac = 0;
      this.#phi = drawPhi(this.#stage, this.#random);
      if (Number.isNaN(this.#startPx) || this.#targets.length === 0) {
        this.#targets = [];
        this.nextSeconds = this.#gap(seconds);
        return;
      }
    }
    venue.submitTurn(this, 2);
    const isLast = this.#taken + 1 >= this.#targets.length;
    this.nextSeconds = isLast ? this.#gap(seconds) : seconds + spanSeconds / this.#targets.length;
  }

  /** What has begun is given up. */
  skip(seconds: number): void {
    this.#targets = [];
    this.nextSeconds = Number.isFinite(this.nextSeconds) ? this.#gap(seconds) : this.nextSeconds;
  }

  run(venue: Venue): void {
    const { market, model, house } = this.#stage;
    const target = this.#targets[this.#taken] ?? 0;
    this.#taken += 1;
    if (target <= 0 || !isOpen(market)) return;
    const deepest = house.take(venue, market, this.#side, target, model.takers.sizeMaxUsd, this.#random);
    if (deepest === 0) return;
    const reachedFrac = Math.max(this.#reachedFrac, (this.#side * (deepest - this.#startPx)) / this.#startPx);
    const base = this.#reachedFrac === 0 ? model.impact.baseBps * BPS : 0;
    moveFair(this.#stage, this.#side * (base + this.#phi * (reachedFrac - this.#reachedFrac)));
    this.#reachedFrac = reachedFrac;
  }

  #gap(seconds: number): number {
    const { perHour } = this.#stage.model.sweeps;
    return perHour === 0
      ? Number.POSITIVE_INFINITY
      : seconds + (SECONDS_PER_HOUR / perHour) * this.#random.exponential();
  }
}
