/**
 * One recorded market: its book and trades as orders of house accounts, among the orders of whoever else trades there.
 * @module
 */
import { BookView } from "../../core/market/book.ts";
import type { Lots, Px } from "../../core/units.ts";
import type { VenueAccount } from "../venue/account.ts";
import type { VenueMarket } from "../venue/market.ts";
import type { Venue } from "../venue/venue.ts";
import { type Sizes, TapeSide } from "./side.ts";

/** A recorded trade; `side` is the taker's. */
export interface TapePrint {
  side: 1 | -1;
  px: Px;
  lots: Lots;
}

/** Accounts of the house: two, so that its bids never meet its asks as one account's, and one that takes. */
export interface TapeAccounts {
  bids: VenueAccount;
  asks: VenueAccount;
  taker: VenueAccount;
}

/** A print that found no volume is tried again behind volume of the house; a client in the way may eat that once more. */
const PRINT_ATTEMPTS = 3;

/**
 * Repeats one market block by block. A recorded book is what a block left, so before the block's trades the house stands at what was left
 * plus what was traded: posts come first, then cancellations, then the trades as orders that take at their price and size, each in the place
 * that the venue's ordering gives it; then what is still missing, which takes the orders of others that it meets, because whoever quoted that
 * price would have had them.
 */
export class TapeMarket {
  readonly market: VenueMarket;
  /** What the recording says of the book. */
  readonly view = new BookView();
  /** Of the newest context; NaN while none was recorded. */
  oraclePx = Number.NaN;
  /** Lots of trades that were printed, and of those that the venue refused. */
  printedLots: Lots = 0;
  missedLots: Lots = 0;
  readonly #taker: VenueAccount;
  readonly #bids: TapeSide;
  readonly #asks: TapeSide;
  #prints: TapePrint[] = [];
  #changed = false;

  constructor(market: VenueMarket, accounts: TapeAccounts) {
    this.market = market;
    this.#taker = accounts.taker;
    this.#bids = new TapeSide(1, accounts.bids, market);
    this.#asks = new TapeSide(-1, accounts.asks, market);
  }

  onBook(data: Float64Array): void {
    if (this.view.applyBook(data, 0)) this.#changed = true;
  }

  onBbo(data: Float64Array): void {
    if (this.view.applyBbo(data, 0)) this.#changed = true;
  }

  onPrint(print: TapePrint): void {
    this.#prints.push(print);
    this.#changed = true;
  }

  /** Nothing is known any more: the house stands for nothing until the next book. */
  onGap(): void {
    this.view.clear();
    this.#changed = true;
  }

  /** Submits what makes the coming block as it was recorded. */
  submit(venue: Venue): void {
    if (!this.#changed) return;
    this.#changed = false;
    const prints = this.#prints;
    this.#prints = [];
    const hash = venue.nextHash();
    const { trading } = venue;
    const bids = this.#wanted(this.#bids, prints);
    const asks = this.#wanted(this.#asks, prints);
    const left =
      prints.length === 0 ? { bids, asks } : { bids: this.#wanted(this.#bids), asks: this.#wanted(this.#asks) };
    const post = (): void => {
      this.#bids.grow(trading, bids, false, hash);
      this.#asks.grow(trading, asks, false, hash);
    };
    const cancel = (): void => {
      this.#bids.cut(trading, bids);
      this.#asks.cut(trading, asks);
    };
    const take = (): void => {
      for (const print of prints) this.#print(venue, print);
      this.#bids.cut(trading, left.bids);
      this.#asks.cut(trading, left.asks);
      this.#bids.grow(trading, left.bids, true, hash);
      this.#asks.grow(trading, left.asks, true, hash);
    };
    venue.submitTurn({ run: post }, 0);
    venue.submitTurn({ run: cancel }, 1);
    venue.submitTurn({ run: take }, 2);
  }

  /** What stands on a side before `prints`: the recorded levels and what was traded of them, but nothing better than the trades: that came later. */
  #wanted({ side }: TapeSide, prints: readonly TapePrint[] = []): Sizes {
    const levels = side > 0 ? this.view.bids : this.view.asks;
    const met = prints.filter((print) => print.side === -side);
    const best = met.reduce((px, print) => ((print.px - px) * side > 0 ? print.px : px), side > 0 ? 0 : Infinity);
    const sizes = new Map<Px, Lots>();
    for (let i = levels.count - 1; i >= 0; i--) {
      const px = levels.px[i] as Px;
      if (met.length === 0 || (px - best) * side <= 0) sizes.set(px, levels.lots[i] as Lots);
    }
    for (const { px, lots } of met) sizes.set(px, (sizes.get(px) ?? 0) + lots);
    return sizes;
  }

  /** One recorded trade: an order that takes its size at its price. What it does not find the house brings itself. */
  #print(venue: Venue, { side, px, lots }: TapePrint): void {
    const { trading } = venue;
    const [resting, same] = side > 0 ? [this.#asks, this.#bids] : [this.#bids, this.#asks];
    let left = lots;
    for (let attempt = 0; attempt < PRINT_ATTEMPTS && left > 0; attempt++) {
      const hash = venue.nextHash();
      // Nothing of the house may stand where it would be met at another price than the recorded one.
      resting.cutBetter(trading, px, false);
      if (attempt > 0) {
        same.cutBetter(trading, px, true);
        resting.place(trading, px, left, hash);
      }
      const order = trading.placeHouse(this.#taker, this.market, side, px, left, "Ioc", hash);
      if (typeof order !== "string") left -= order.filledLots;
    }
    this.printedLots += lots - left;
    this.missedLots += left;
  }
}
