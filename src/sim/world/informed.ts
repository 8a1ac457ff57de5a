/**
 * Takers who know fair value.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS } from "../../core/units.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import { isOpen, type Stage } from "./stage.ts";

/** Hits quotes that fair value has left by more than it wants to earn. What it knows is in fair value already, so it leaves nothing there. */
export class InformedTakers implements HouseTurn {
  nextSeconds: number;
  readonly #stage: Stage;
  readonly #random: Prng;

  constructor(stage: Stage, random: Prng) {
    this.#stage = stage;
    this.#random = random;
    this.nextSeconds = stage.model.informed.lookSeconds * random.exponential();
  }

  /** Asks for a turn in the coming block if there is something to hit: makers who act in it are first. */
  act(venue: Venue, seconds: number): void {
    const { lookSeconds, chanceRatio } = this.#stage.model.informed;
    this.nextSeconds = seconds + lookSeconds * this.#random.exponential();
    if (this.#target() !== 0 && this.#random.unit() < chanceRatio) venue.submitTurn(this, 2);
  }

  /** Looks again at `seconds`. */
  skip(seconds: number): void {
    this.nextSeconds = seconds;
  }

  run(venue: Venue): void {
    const { market, model, house, fair } = this.#stage;
    const side = this.#target();
    if (side === 0) return;
    const limitPx = fair.px * (1 - side * model.informed.edgeBps * BPS);
    house.take(venue, market, side, limitPx, model.informed.sizeMaxUsd, this.#random);
  }

  /** +1 when an ask is too low, -1 when a bid is too high. */
  #target(): 0 | 1 | -1 {
    const { market, model, fair } = this.#stage;
    if (!isOpen(market)) return 0;
    const edge = model.informed.edgeBps * BPS;
    const ask = market.book.bestPx(-1);
    if (ask !== null && fair.px * (1 - edge) >= ask) return 1;
    const bid = market.book.bestPx(1);
    return bid !== null && fair.px * (1 + edge) <= bid ? -1 : 0;
  }
}
