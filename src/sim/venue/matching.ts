/**
 * Matches an order against the book, in price and time, and tells the trades.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, Px } from "../../core/units.ts";
import { liquidatedDir } from "./booking.ts";
import type { LiquidationNote } from "./events.ts";
import type { OpenOrders } from "./open_orders.ts";
import type { Order } from "./order.ts";
import type { ClearingPort, FillBooking, TradingHost } from "./ports.ts";
import { alignReduceOnly } from "./reduce_only.ts";

/** Of trades that no action of a user began: liquidations, triggers. */
export const ZERO_HASH = `0x${"0".repeat(64)}`;

/** Price-time matching with the venue's rules for self-trades and for makers who can no longer pay; tells opens, trades, fills and ends in order. */
export class Matching {
  readonly #host: TradingHost;
  readonly #clearing: ClearingPort;
  readonly #orders: OpenOrders;

  constructor(host: TradingHost, clearing: ClearingPort, orders: OpenOrders) {
    this.#host = host;
    this.#clearing = clearing;
    this.#orders = orders;
  }

  /**
   * Matches `order` up to `limitPx`, then rests what remains or ends it.
   *
   * A resting order of the same account is cancelled and the aggressor goes on, without a trade; so is one whose account can no longer carry
   * the fill. What remains of an order that may not rest is told as `canceled` after the fills, and as `iocCancelRejected` when there were
   * none: no capture shows the first, the reply to both is known.
   */
  execute(order: Order, limitPx: Px, rests: boolean, hash: string, note: LiquidationNote | null): void {
    const book = order.market.book;
    const side = order.side;
    while (order.lots > 0) {
      const resting = book.best(-side as 1 | -1);
      if (resting === null || side * (resting.px - limitPx) > 0) break;
      const lots = Math.min(order.lots, resting.lots);
      if (resting.account === order.account) this.#orders.end(resting, "selfTradeCanceled");
      else if (!this.#clearing.checkRestingFill(resting, lots)) this.#orders.end(resting, "marginCanceled");
      else this.#trade(order, resting, lots, hash, note);
    }
    if (order.lots === 0) this.#orders.end(order, "filled");
    else if (rests) this.#orders.rest(order);
    else this.#orders.end(order, order.filledLots > 0 ? "canceled" : "iocCancelRejected");
    // An aggressor cannot meet its own reduce-only orders, so they are brought in line once, and after a TP has ended its SL.
    if (order.filledLots > 0 || order.reduceOnly) alignReduceOnly(this.#orders, order.account, order.market);
  }

  #trade(order: Order, resting: Order, lots: Lots, hash: string, note: LiquidationNote | null): void {
    const { market, side } = order;
    const px = resting.px;
    if (order.filledLots === 0) this.#orders.open(order);
    this.#orders.fill(resting, lots);
    order.lots -= lots;
    for (const one of [order, resting]) {
      one.filledLots += lots;
      one.filledUsd += px * lots;
    }
    assert(Number.isSafeInteger(order.filledUsd), "matching: notional is exact");
    market.lastPx = px;
    const clearing = this.#clearing;
    const liquidated = note === null ? null : order.account.position(market);
    const dir = liquidated === null ? null : liquidatedDir(liquidated);
    const taken = clearing.applyFill(order.account, market, side, px, lots, true, order.builder);
    const made = clearing.applyFill(resting.account, market, -side as 1 | -1, px, lots, false, resting.builder);
    if (dir !== null) taken.dir = dir;
    const [buyer, seller] = side > 0 ? [order, resting] : [resting, order];
    const tid = tradeId(buyer.oid, seller.oid);
    const listener = this.#host.listener;
    listener.onTrade({
      market,
      side,
      px,
      lots,
      timeMs: this.#host.nowMs(),
      hash,
      tid,
      buyer: buyer.account.address,
      seller: seller.account.address,
    });
    this.#tell(order, px, lots, true, taken, tid, hash, note);
    this.#tell(resting, px, lots, false, made, tid, hash, note);
    if (resting.lots === 0) this.#orders.end(resting, "filled");
    // Before the next match, which may be with another of its reduce-only orders.
    alignReduceOnly(this.#orders, resting.account, market);
  }

  #tell(
    order: Order,
    px: Px,
    lots: Lots,
    crossed: boolean,
    booking: FillBooking,
    tid: number,
    hash: string,
    liquidation: LiquidationNote | null,
  ): void {
    const { startLots, dir, closedPnlUsd, feeUsd, builderFeeUsd } = booking;
    this.#host.listener.onFill({
      account: order.account,
      market: order.market,
      side: order.side,
      px,
      lots,
      timeMs: this.#host.nowMs(),
      startLots,
      dir,
      closedPnlUsd,
      hash,
      oid: order.oid,
      crossed,
      feeUsd,
      builderFeeUsd,
      tid,
      cloid: order.cloid,
      liquidation,
    });
  }
}

/** 50 bits from the two order ids, buyer first: the same in both users' fills, the same in every run. Not the venue's own hash. */
export function tradeId(buyerOid: number, sellerOid: number): number {
  const high = mix(mix(buyerOid, 0x9747b28c), sellerOid);
  const low = mix(mix(sellerOid, 0x811c9dc5), buyerOid);
  return (high >>> 7) * 2 ** 25 + (low >>> 7);
}

/** Folds an id of up to 53 bits into a word: MurmurHash3's finish (Appleby, 2008) over both halves. */
function mix(id: number, seed: number): number {
  let word = Math.imul(Math.floor(id / 2 ** 32) ^ seed, 0xcc9e2d51) ^ id;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
