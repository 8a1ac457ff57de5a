/**
 * Tells subscribers what happened, at the end of each block.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import type {
  FundingPayment,
  LedgerEntry,
  LiquidationEvent,
  Trade,
  VenueFill,
  VenueListener,
} from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Order, OrderStatus } from "../sim/venue/order.ts";
import { CADENCE_US, SUMMARY_CADENCE_US } from "../wire/hyperliquid/facts.ts";
import type { Client } from "./connections.ts";
import type { Subscription } from "./subscription.ts";
import type { Tick, Topic, View } from "./topic.ts";
import { makeTopic } from "./topics.ts";

const NOBODY: ReadonlySet<Topic> = new Set();

/** Topics that somebody listens to. Nothing is made for those that nobody does: such blocks cost one comparison. */
export class Publisher implements VenueListener {
  readonly #view: View;
  readonly #topics = new Map<string, Topic>();
  /** Topics by the address and by the market whose events they hear. */
  readonly #ofUser = new Map<string, Set<Topic>>();
  readonly #ofMarket = new Map<VenueMarket, Set<Topic>>();

  /** When the last block ended: blocks of a recording are not all of a length. */
  #lastUs: TimeUs;

  constructor(view: View) {
    this.#view = view;
    this.#lastUs = view.venue.nowUs;
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  /** Adds a subscriber and tells him what there is. `key` is the canonical JSON of the subscription. */
  subscribe(client: Client, subscription: Subscription, key: string): void {
    let topic = this.#topics.get(key);
    if (topic === undefined) {
      topic = makeTopic(this.#view, subscription);
      this.#topics.set(key, topic);
      const { user } = subscription;
      if (user !== undefined) addTo(this.#ofUser, user, topic);
      else if (subscription.coin !== undefined) addTo(this.#ofMarket, this.#marketOf(subscription), topic);
    }
    topic.clients.add(client);
    for (const text of topic.snapshot()) client.send(text);
  }

  unsubscribe(client: Client, subscription: Subscription, key: string): void {
    const topic = this.#topics.get(key);
    if (topic === undefined || !topic.clients.delete(client) || topic.clients.size > 0) return;
    this.#topics.delete(key);
    const { user } = subscription;
    if (user !== undefined) removeFrom(this.#ofUser, user, topic);
    else if (subscription.coin !== undefined) removeFrom(this.#ofMarket, this.#marketOf(subscription), topic);
  }

  onTrade(trade: Trade): void {
    if (this.#ofMarket.size > 0) for (const topic of this.#ofMarket.get(trade.market) ?? NOBODY) topic.onTrade(trade);
  }
  onFill(fill: VenueFill): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(fill.account.address)) topic.onFill(fill);
  }
  onOrder(order: Order, status: OrderStatus, lots: number): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(order.account.address)) topic.onOrder(order, status, lots);
  }
  onNonUserCancel(order: Order): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(order.account.address)) topic.onNonUserCancel(order);
  }
  onFunding(payment: FundingPayment): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(payment.account.address)) topic.onFunding(payment);
  }
  onLedger(entry: LedgerEntry): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(entry.account.address)) topic.onLedger(entry);
  }
  onLiquidation(event: LiquidationEvent): void {
    if (this.#ofUser.size > 0) for (const topic of this.#of(event.account.address)) topic.onLiquidation(event);
  }

  onBlock(timeMs: number): void {
    const nowUs = timeMs * US_PER_MS;
    const lastUs = this.#lastUs;
    this.#lastUs = nowUs;
    if (this.#topics.size === 0) return;
    const tick = tickAt(nowUs, lastUs);
    const out: string[] = [];
    for (const topic of [...this.#topics.values()]) {
      topic.publish(tick, out);
      if (out.length === 0) continue;
      for (const client of topic.clients) for (const text of out) client.send(text);
      out.length = 0;
    }
  }

  #of(address: string): ReadonlySet<Topic> {
    return this.#ofUser.get(address) ?? NOBODY;
  }

  #marketOf(subscription: Subscription): VenueMarket {
    return this.#view.venue.marketByCoin(subscription.coin as string) as VenueMarket;
  }
}

/** The clocks that strike in the block from `lastUs` to `nowUs`: each at whole multiples of its period, for all topics alike. */
function tickAt(nowUs: TimeUs, lastUs: TimeUs): Tick {
  const strikes = (periodUs: TimeUs): boolean => Math.floor(nowUs / periodUs) !== Math.floor(lastUs / periodUs);
  return {
    timeMs: nowUs / US_PER_MS,
    fullBooks: strikes(CADENCE_US.l2Book),
    fastBooks: strikes(CADENCE_US.l2BookFast),
    second: strikes(CADENCE_US.activeAssetCtx),
    mids: strikes(SUMMARY_CADENCE_US.allMids),
    contexts: strikes(SUMMARY_CADENCE_US.allDexsAssetCtxs),
    accounts: strikes(SUMMARY_CADENCE_US.account),
  };
}

function addTo<K>(map: Map<K, Set<Topic>>, key: K, topic: Topic): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, new Set([topic]));
  else found.add(topic);
}

function removeFrom<K>(map: Map<K, Set<Topic>>, key: K, topic: Topic): void {
  const found = map.get(key);
  if (found?.delete(topic) && found.size === 0) map.delete(key);
}
