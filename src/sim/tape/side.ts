/**
 * One side of a recorded book as orders of a house account: brought to recorded sizes so that whoever else rests there keeps his place.
 * @module
 */
import type { Lots, Px } from "../../core/units.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { VenueMarket } from "../venue/market.ts";
import type { Order } from "../venue/order.ts";
import type { Trading } from "../venue/trading.ts";

/** What shall rest, by price. */
export type Sizes = ReadonlyMap<Px, Lots>;

/**
 * The house's orders on one side. What a level gains joins behind everybody; what it loses goes from the house's newest orders first. So
 * others move up by trades, and by cancellations only as far as the recorded level leaves nothing else.
 */
export class TapeSide {
  readonly side: 1 | -1;
  readonly #maker: VenueAccount;
  readonly #market: VenueMarket;
  /** Oldest first; filled ones are dropped when somebody looks. */
  readonly #levels = new Map<Px, Order[]>();

  constructor(side: 1 | -1, maker: VenueAccount, market: VenueMarket) {
    this.side = side;
    this.#maker = maker;
    this.#market = market;
  }

  /** Adds what is missing. Against others' orders a post-only order waits, and a `crossing` one takes them; the house never meets itself. */
  grow(trading: Trading, wanted: Sizes, crossing: boolean, hash: string): void {
    for (const [px, lots] of wanted) {
      const missing = lots - this.#lotsAt(px);
      if (missing <= 0) continue;
      const against = this.#market.book.best(-this.side as 1 | -1);
      const meets = against !== null && (px - against.px) * this.side >= 0;
      if (meets && (!crossing || against.account.isHouse)) continue;
      this.place(trading, px, missing, hash);
    }
  }

  /** One order at `px`; what of it rests belongs to its level. */
  place(trading: Trading, px: Px, lots: Lots, hash: string): void {
    const order = trading.placeHouse(this.#maker, this.#market, this.side, px, lots, "Gtc", hash);
    if (typeof order === "string" || order.level === null) return;
    const orders = this.#levels.get(px);
    if (orders === undefined) this.#levels.set(px, [order]);
    else orders.push(order);
  }

  /** Takes away what is more than wanted. */
  cut(trading: Trading, wanted: Sizes): void {
    for (const px of this.#levels.keys()) this.#cutLevel(trading, px, wanted.get(px) ?? 0);
  }

  /** Takes away whatever stands at a better price than `px`, and at `px` itself with `inclusive`. */
  cutBetter(trading: Trading, px: Px, inclusive: boolean): void {
    for (const level of this.#levels.keys()) {
      const ahead = (level - px) * this.side;
      if (ahead > 0 || (inclusive && ahead === 0)) this.#cutLevel(trading, level, 0);
    }
  }

  #cutLevel(trading: Trading, px: Px, wanted: Lots): void {
    let excess = this.#lotsAt(px) - wanted;
    const orders = this.#levels.get(px) ?? [];
    for (let i = orders.length - 1; i >= 0 && excess > 0; i--) {
      const order = orders[i] as Order;
      const lots = Math.min(excess, order.lots);
      trading.shrinkHouse(order, lots);
      excess -= lots;
      if (order.level === null) orders.pop();
    }
    if (orders.length === 0) this.#levels.delete(px);
  }

  /** Lots of the house that rest at `px`. */
  #lotsAt(px: Px): Lots {
    const orders = this.#levels.get(px);
    if (orders === undefined) return 0;
    let kept = 0;
    let lots = 0;
    for (const order of orders) {
      if (order.level === null) continue;
      orders[kept++] = order;
      lots += order.lots;
    }
    orders.length = kept;
    return lots;
  }
}
