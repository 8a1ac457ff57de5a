/**
 * Orders of the simulated venue: placed, matched, modified, cancelled, triggered. The only way into its books.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, Px } from "../../core/units.ts";
import type {
  ActionReply,
  BatchModifyAction,
  CancelAction,
  CancelByCloidAction,
  ItemStatus,
  ModifyAction,
  OrderAction,
  WireBuilder,
  WireTif,
} from "../../wire/hyperliquid/action.ts";
import { BUILDER_NOT_APPROVED } from "../../wire/hyperliquid/errors.ts";
import type { VenueAccount } from "./account.ts";
import { runCancels, runCancelsByCloid } from "./canceling.ts";
import { checkNumbers, type Draft, readBatch } from "./draft.ts";
import type { LiquidationNote } from "./events.ts";
import type { VenueMarket } from "./market.ts";
import { Matching, ZERO_HASH } from "./matching.ts";
import { runModifies } from "./modify.ts";
import { cancelAggressive } from "./open_interest.ts";
import { OpenOrders } from "./open_orders.ts";
import { Order, type OrderStatus } from "./order.ts";
import { type Placed, Placing } from "./placing.ts";
import type { ClearingPort, TradingHost } from "./ports.ts";
import { EMPTY_BATCH } from "./refusals.ts";
import { itemOf, replyOf } from "./replies.ts";
import { fireTriggers } from "./triggers.ts";

export type { ClearingPort, FillBooking, TradingHost } from "./ports.ts";

/**
 * Takes decoded actions of known accounts, in the order of the block. Signatures, nonces, the limiter and the order of actions within a
 * block are the caller's. Everything that happens is told to the host's listener as it happens.
 */
export class Trading {
  readonly #host: TradingHost;
  readonly #clearing: ClearingPort;
  readonly #orders: OpenOrders;
  readonly #matching: Matching;
  readonly #placing: Placing;

  constructor(host: TradingHost, clearing: ClearingPort) {
    this.#host = host;
    this.#clearing = clearing;
    this.#orders = new OpenOrders(host, clearing);
    this.#matching = new Matching(host, clearing, this.#orders);
    this.#placing = new Placing(host, clearing, this.#orders, this.#matching);
  }

  /** Places a batch. `hash` is the action's, which its trades carry. */
  order(account: VenueAccount, action: OrderAction, hash: string): ActionReply {
    const builder = readBuilder(action.builder);
    const drafts = readBatch(this.#host, action.orders, action.grouping);
    if (typeof drafts === "string") return replyOf("order", drafts);
    if (builder !== null && (account.builders.get(builder.b) ?? -1) < builder.f)
      return replyOf("order", BUILDER_NOT_APPROVED);
    if (action.grouping === "normalTpsl") return replyOf("order", this.#placeWithExits(account, drafts, builder, hash));
    const placed = drafts.map((draft) => this.#placing.place(account, draft, builder, hash));
    const isPosition = action.grouping === "positionTpsl";
    if (isPosition) this.#bind(placed.filter((one) => typeof one !== "string"));
    return replyOf(
      "order",
      placed.map((one) => (typeof one === "string" ? { error: one } : isPosition ? "waitingForTrigger" : itemOf(one))),
    );
  }

  /** A parent and its TP and SL orders, which are refused with it. */
  #placeWithExits(account: VenueAccount, drafts: Draft[], builder: WireBuilder | null, hash: string): ItemStatus[] {
    const parent = this.#placing.place(account, drafts[0] as Draft, builder, hash);
    if (typeof parent === "string") return drafts.map(() => ({ error: parent }));
    const exits: Order[] = [];
    const items = drafts.slice(1).map((draft): ItemStatus => {
      const exit = this.#placing.place(account, draft, builder, hash, parent);
      if (typeof exit === "string") return { error: exit };
      exits.push(exit);
      return parent.status === "filled" ? "waitingForTrigger" : "waitingForFill";
    });
    this.#bind(exits);
    return [itemOf(parent), ...items];
  }

  #bind(exits: Order[]): void {
    for (const exit of exits) exit.siblings = exits;
  }

  cancel(account: VenueAccount, action: CancelAction): ActionReply {
    return replyOf("cancel", runCancels(this.#orders, account, action));
  }

  cancelByCloid(account: VenueAccount, action: CancelByCloidAction): ActionReply {
    return replyOf("cancel", runCancelsByCloid(this.#orders, account, action));
  }

  /** One modify. Its reply carries no id: what happened to the new order is in the order updates. */
  modify(account: VenueAccount, action: ModifyAction, hash: string): ActionReply {
    const items = this.#modifies(account, [action], action.a === true, hash);
    const item = typeof items === "string" ? { error: items } : (items[0] as ItemStatus);
    if (typeof item === "object" && "error" in item) return { status: "err", response: item.error };
    return { status: "ok", response: { type: "default" } };
  }

  batchModify(account: VenueAccount, action: BatchModifyAction, hash: string): ActionReply {
    if (action.modifies.length === 0) return replyOf("order", EMPTY_BATCH);
    return replyOf("order", this.#modifies(account, action.modifies, action.a === true, hash));
  }

  #modifies(
    account: VenueAccount,
    modifies: BatchModifyAction["modifies"],
    always: boolean,
    hash: string,
  ): ItemStatus[] | string {
    return runModifies(this.#host, this.#orders, this.#placing, account, modifies, always, hash);
  }

  /**
   * Places one plain order given in numbers, with the checks, the events and the end that a batch of this one order has. For participants of
   * the venue's own making, who act inside the block: what they mean need not be written as an action first, a third of an order's cost.
   */
  placeHouse(
    account: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    px: Px,
    lots: Lots,
    tif: WireTif,
    hash: string,
  ): Placed {
    const reason = checkNumbers(this.#host, market, px, lots);
    if (reason !== null) return reason;
    const draft: Draft = { market, side, px, lots, tif, reduceOnly: false, cloid: null, trigger: null };
    return this.#placing.place(account, draft, null, hash);
  }

  /** Cancels an order that rests; false when it does not any more. With `placeHouse` behind it, a modify. */
  cancelHouse(order: Order): boolean {
    if (order.level === null) return false;
    this.#orders.end(order, "canceled");
    return true;
  }

  /** Takes `lots` off an order of the venue's own participants that rests: it keeps its place, or ends when nothing remains. */
  shrinkHouse(order: Order, lots: Lots): void {
    assert(order.account.isHouse && order.level !== null, "trading: only orders of the venue's own that rest shrink");
    if (lots < order.lots) this.#orders.shrink(order, lots);
    else this.#orders.end(order, "canceled");
  }

  /** Ends all orders of an account, on one market when it is given. TP and SL orders that wait for another go with it. */
  cancelAll(account: VenueAccount, status: OrderStatus, market: VenueMarket | null = null): void {
    for (const order of [...account.orders.values()])
      if (market === null || order.market === market) this.#orders.end(order, status);
  }

  /** Ends all orders on a market, oldest first: it is halted or delisted. */
  cancelMarket(market: VenueMarket, status: OrderStatus): void {
    const orders = [...market.triggers];
    for (const level of [...market.book.bids, ...market.book.asks])
      for (let order = level.head; order !== null; order = order.next) orders.push(order);
    for (const order of orders.sort((a, b) => a.oid - b.oid)) this.#orders.end(order, status);
  }

  /**
   * A liquidation closes up to `lots` of a position against the book, at any price; returns how many found a counterparty. The order has an
   * id and is told like any other that takes; nothing is told when the book is empty.
   */
  forceClose(account: VenueAccount, market: VenueMarket, lots: Lots, note: LiquidationNote): Lots {
    const held = account.positionLots(market);
    const side = held > 0 ? -1 : 1;
    const size = Math.min(Math.abs(lots), Math.abs(held));
    if (size === 0 || market.book.best(-side as 1 | -1) === null) return 0;
    const order = new Order({
      oid: this.#host.nextOid(),
      account,
      market,
      side,
      px: Math.max(1, Math.round(market.markPx)),
      lots: size,
      tif: "LiquidationMarket",
      reduceOnly: true,
      cloid: null,
      timeMs: this.#host.nowMs(),
      builder: null,
      trigger: null,
    });
    this.#matching.execute(order, side > 0 ? Number.POSITIVE_INFINITY : 0, false, ZERO_HASH, note);
    return order.filledLots;
  }

  /** After the mark moved: triggers fire, and at the cap of open interest what has become too aggressive goes. */
  onMark(market: VenueMarket): void {
    fireTriggers(this.#matching, this.#orders, this.#clearing, market);
    cancelAggressive(this.#orders, market);
  }
}

function readBuilder(builder: WireBuilder | undefined): WireBuilder | null {
  return builder === undefined ? null : { b: builder.b.toLowerCase(), f: builder.f };
}
