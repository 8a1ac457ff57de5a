/**
 * Makers who see a sweep coming.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { Level } from "../venue/book.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import type { Stage } from "./stage.ts";

/**
 * Quick makers learn of the news behind a sweep as soon as whoever sweeps, and cancels come first in a block: of the quotes within its reach
 * only a share is still there when it arrives. Why a sweep of a thousand dollars passes through a book of ten times that.
 */
export class Flinch implements HouseTurn {
  readonly #stage: Stage;
  readonly #random: Prng;
  /** Sweeps that are coming in this block. */
  readonly #sides: (1 | -1)[] = [];
  readonly #limitPxs: number[] = [];

  constructor(stage: Stage, random: Prng) {
    this.#stage = stage;
    this.#random = random;
  }

  /** A sweep will come in this block. @param side Its side. @param limitPx How far it will go. */
  warn(venue: Venue, side: 1 | -1, limitPx: number): void {
    if (this.#stage.model.makers.pullRatio === 0) return;
    this.#sides.push(side);
    this.#limitPxs.push(limitPx);
    venue.submitTurn(this, 1);
  }

  run(venue: Venue): void {
    const side = this.#sides.shift();
    const limitPx = this.#limitPxs.shift();
    const { market, model, house } = this.#stage;
    if (side === undefined || limitPx === undefined) return;
    const levels = side > 0 ? market.book.asks : market.book.bids;
    const mayStay = model.makers.count === 1 ? null : (house.makers[model.makers.count - 1] ?? null);
    // If the slowest maker has nothing there, the last level in reach stays: somebody is always too late.
    let last = levels.length;
    let found = false;
    while (last > 0 && side * ((levels[last - 1]?.px ?? 0) - limitPx) <= 0) {
      last--;
      found ||= holds(levels[last] as Level, mayStay);
    }
    for (let i = levels.length - 1; i >= (found ? last : last + 1); i--) {
      for (let order = levels[i]?.head ?? null; order !== null; ) {
        const { next, account } = order;
        if (account !== mayStay && house.makers.includes(account) && this.#random.unit() < model.makers.pullRatio)
          venue.trading.cancelHouse(order);
        order = next;
      }
    }
  }
}

/** Whether an account has an order there. */
function holds(level: Level, account: VenueAccount | null): boolean {
  for (let order = level.head; order !== null; order = order.next) if (order.account === account) return true;
  return false;
}
