/**
 * The venue port: a run whose orders stand in the books of a simulated venue, as those of any other account.
 * @module
 */
import { assert } from "../core/assert.ts";
import { ACTION, BUY, CONTEXT, F, FILL, FrameLane, FUNDING, INTENT, KIND, ORDER_STATUS } from "../core/frame.ts";
import { MidHistory } from "../core/market/book.ts";
import type { Instrument } from "../core/market/instrument.ts";
import { REASON, type Reason } from "../core/reason.ts";
import { type Lots, type MicroUsd, type TimeUs, US_PER_MS } from "../core/units.ts";
import type { Action, ActionReply, ItemStatus, WireOrder } from "../wire/hyperliquid/action.ts";
import { cloidCounter, cloidText, type RunNumber } from "../wire/hyperliquid/cloid.ts";
import { CANNOT_MODIFY } from "../wire/hyperliquid/errors.ts";
import { formatPlain } from "../wire/hyperliquid/format.ts";
import { reasonOf } from "../wire/hyperliquid/refusal.ts";
import { Account } from "./account.ts";
import type { BlockActor } from "./block_actor.ts";
import type { AddressLimiter } from "./limits.ts";
import type { OrderPort, PortMarket, RequestCounts } from "./order_port.ts";
import { QuotaTold } from "./quota_told.ts";
import { ReplyQueue, writeAnswer } from "./replies.ts";
import { DRIVER } from "./resting.ts";
import type { ShadowSink } from "./shadow.ts";
import type { VenueAccount } from "./venue/account.ts";
import type { FundingPayment, VenueFill, VenueListener } from "./venue/events.ts";
import type { VenueMarket } from "./venue/market.ts";
import type { Order, OrderStatus } from "./venue/order.ts";
import type { Venue } from "./venue/venue.ts";

/** Requests that may be under way at once, as many as the shadow exchange has room for. */
const REQUESTS_MAX = 2048;
/** One run a venue: its number says nothing. */
const RUN: RunNumber = [0, 0];

export interface VenuePortOptions {
  venue: Venue;
  /** The world's own participants. */
  actor: BlockActor | null;
  /** The account that trades: known to the venue, with money. */
  account: VenueAccount;
  /** By the run's market index. */
  markets: readonly VenueMarket[];
  instruments: readonly Instrument[];
  /** From a decision to the venue's mempool, and from a block to our knowledge of it: each at least 1 us. */
  outboundUs: number;
  inboundUs: number;
  quotaUsedCount?: number;
  quotaVolumeUsd?: MicroUsd;
}

interface Waiting {
  arrivalUs: TimeUs;
  /** Decisions made together: what is of one kind in them is one action. */
  batch: number;
  intent: Float64Array;
}

/** What a market of the run looks like from here. */
class Place implements PortMarket {
  instrument: Instrument;
  readonly latePrintCount = 0;
  hasContext = false;
  readonly venueMarket: VenueMarket;
  readonly mids = new MidHistory();

  constructor(instrument: Instrument, venueMarket: VenueMarket) {
    this.instrument = instrument;
    this.venueMarket = venueMarket;
  }
}

/** Ends that the account asked for itself, and hears of in the reply; fills are told one by one. */
const ASKED: ReadonlySet<OrderStatus> = new Set<OrderStatus>(["open", "canceled", "triggered"]);

/**
 * Takes intents, sends them as the account's actions and tells what comes of them, in the frames that the shadow exchange writes.
 *
 * The clock is the venue's: `advance` makes every block that is due, whoever acts in it before. A request is in the mempool `outboundUs` after
 * its decision and in the first block from then on; what a block did is known `inboundUs` later. Nothing is decided here: limits, margin,
 * post-only and races are the venue's.
 */
export class VenuePort implements OrderPort, VenueListener {
  readonly account: Account;
  readonly limiter: AddressLimiter;
  readonly markets: readonly Place[];
  readonly counts: readonly RequestCounts[];
  readonly #options: VenuePortOptions;
  readonly #sink: ShadowSink;
  readonly #blockUs: TimeUs;
  readonly #waiting: Waiting[] = [];
  readonly #replies = new ReplyQueue();
  readonly #lane = new FrameLane(64);
  readonly #quota = new QuotaTold();
  readonly #indexes = new Map<VenueMarket, number>();
  /** Unfilled lots of the orders that ended by a request of the block in hand, by client id: the replies come after. */
  readonly #ended = new Map<number, Lots>();
  #closed = false;
  #nonce = 0;
  #hash = 0;
  #batch = 0;

  constructor(options: VenuePortOptions, sink: ShadowSink) {
    assert(options.outboundUs >= 1 && options.inboundUs >= 1, "venue port: every way takes time");
    this.#options = options;
    this.#sink = sink;
    this.#blockUs = Math.round(options.venue.rules.blockUs / US_PER_MS) * US_PER_MS;
    this.account = new Account(options.instruments.length);
    this.limiter = options.account.limiter;
    this.limiter.usedCount = options.quotaUsedCount ?? 0;
    this.limiter.volumeUsd = options.quotaVolumeUsd ?? 0;
    this.markets = options.instruments.map((one, i) => new Place(one, options.markets[i] as VenueMarket));
    this.markets.forEach((place, i) => {
      this.#indexes.set(place.venueMarket, i);
    });
    this.counts = options.instruments.map(() => ({ place: 0, modify: 0, cancel: 0, rejected: 0, refused: 0 }));
    options.venue.listen(this);
  }

  /** When the next block is made. */
  get nextBlockUs(): TimeUs {
    return this.#options.venue.nowUs + this.#blockUs;
  }

  submit(data: Float64Array, at: number, timeUs: TimeUs): void {
    if (this.#closed) return;
    assert(this.#waiting.length < REQUESTS_MAX, "venue port: there is room for one more request");
    const arrivalUs = timeUs + this.#options.outboundUs;
    const intent = data.slice(at, at + INTENT.size);
    let rank = this.#waiting.length;
    while (rank > 0 && (this.#waiting[rank - 1] as Waiting).arrivalUs > arrivalUs) rank -= 1;
    this.#waiting.splice(rank, 0, { arrivalUs, batch: this.#batch, intent });
  }

  /** One decision is complete: its orders go in as few actions as there are kinds. */
  flush(): void {
    this.#batch += 1;
  }

  /** The run ends: what rests is cancelled at the venue, what is under way or asked for from now on never arrives. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#options.venue.trading.cancelAll(this.#options.account, "canceled");
  }

  /** Makes every block up to `timeUs`. */
  advance(timeUs: TimeUs): void {
    while (this.nextBlockUs <= timeUs) this.step();
  }

  /** Makes one block: what has arrived by its time is in it. */
  step(): void {
    const { venue, actor } = this.#options;
    const blockUs = this.nextBlockUs;
    actor?.beforeBlock(venue);
    while (this.#waiting.length > 0 && (this.#waiting[0] as Waiting).arrivalUs <= blockUs) this.#sendNext();
    venue.step();
    this.#ended.clear();
  }

  nextDueUs(): TimeUs {
    const first = this.#waiting[0];
    if (first === undefined && this.#options.venue.pendingCount === 0) return this.#replies.nextDueUs;
    // The block that takes the request may answer it, whatever else that block does.
    const blockUs = this.nextBlockUs;
    const late = first === undefined ? 0 : Math.ceil(Math.max(0, first.arrivalUs - blockUs) / this.#blockUs);
    return Math.min(this.#replies.nextDueUs, blockUs + late * this.#blockUs + this.#options.inboundUs);
  }

  poll(dueUs: TimeUs, timeUs: TimeUs, lane: FrameLane): number {
    const frames = this.#replies.drain(dueUs, timeUs, lane);
    return frames > 0 && this.writeQuota(dueUs, timeUs, lane) ? frames + 1 : frames;
  }

  /** Whatever is heard of by now, the count is the venue's of its newest block. */
  writeQuota(_venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): boolean {
    return this.#quota.write(this.limiter, this.#options.venue.nowUs, timeUs, lane);
  }

  /** Marks the account as the venue's contexts say. Books and prints are known to the venue itself. */
  onMarket(data: Float64Array, at: number): void {
    if (data[at + F.kind] !== KIND.context) return;
    const index = data[at + F.market] as number;
    const place = this.markets[index];
    const markPx = data[at + CONTEXT.markPx] as number;
    if (place === undefined || !Number.isFinite(markPx)) return;
    place.hasContext = true;
    this.account.of(index).mark(markPx);
    this.#sink.onMark(index, data[at + F.venueTimeUs] as TimeUs, markPx);
  }

  /** The middle of the touch of the others moved: what captures and markouts are measured from. */
  onMid(index: number, venueTimeUs: TimeUs, mid: number): void {
    const place = this.markets[index];
    if (place === undefined) return;
    place.mids.add(venueTimeUs, mid);
    if (!place.hasContext) this.account.of(index).mark(mid);
    this.#sink.onMid(index, venueTimeUs, mid);
  }

  // --- requests ---

  /** Sends the first that waits, with all of its batch that are of its kind. */
  #sendNext(): void {
    const { batch, intent } = this.#waiting[0] as Waiting;
    const kind = intent[INTENT.action];
    const together: Float64Array[] = [];
    for (let i = 0; i < this.#waiting.length; ) {
      const one = this.#waiting[i] as Waiting;
      if (one.batch !== batch || one.intent[INTENT.action] !== kind) i += 1;
      else together.push((this.#waiting.splice(i, 1)[0] as Waiting).intent);
    }
    this.#send(kind as number, together);
  }

  #send(kind: number, intents: readonly Float64Array[]): void {
    const placeOf = (intent: Float64Array): Place => this.markets[intent[F.market] as number] as Place;
    const target = (intent: Float64Array): string => cloidText(RUN, intent[INTENT.targetCloid] as number);
    if (kind === ACTION.cancel) {
      const cancels = intents.map((one) => ({ asset: placeOf(one).venueMarket.assetId, cloid: target(one) }));
      this.#submit({ type: "cancelByCloid", cancels }, (reply) => {
        intents.forEach((one, i) => {
          this.#onCancelled(one, itemOf(reply, i));
        });
      });
      return;
    }
    const orders = intents.map((one) => orderOf(one, placeOf(one)));
    const action: Action =
      kind === ACTION.place
        ? { type: "order", orders, grouping: "na" }
        : {
            type: "batchModify",
            modifies: orders.map((order, i) => ({ oid: target(intents[i] as Float64Array), order })),
          };
    this.#submit(action, (reply) => {
      intents.forEach((one, i) => {
        this.#onPlaced(one, itemOf(reply, i));
      });
    });
  }

  #submit(action: Action, onReply: (reply: ActionReply) => void): void {
    const { venue, account } = this.#options;
    this.#nonce = Math.max(this.#nonce + 1, venue.nowMs);
    this.#hash += 1;
    const hash = `0x${this.#hash.toString(16).padStart(64, "0")}`;
    venue.submit({
      signer: account.address,
      vault: null,
      nonce: this.#nonce,
      expiresAfterMs: null,
      action,
      hash,
      onReply,
    });
  }

  /** A place or a modify has its reply: both ask for a new order. */
  #onPlaced(intent: Float64Array, item: ItemStatus | null): void {
    const index = intent[F.market] as number;
    const cloid = intent[INTENT.cloid] as number;
    const counts = this.counts[index] as RequestCounts;
    if (item === null) {
      this.#refused(index, cloid);
      return;
    }
    const isModify = intent[INTENT.action] === ACTION.modify;
    const old = isModify ? (intent[INTENT.targetCloid] as number) : 0;
    if (isModify) counts.modify += 1;
    else counts.place += 1;
    if (typeof item === "object" && "error" in item) {
      if (isModify && item.error === CANNOT_MODIFY) {
        this.#answer(index, cloid, 0, ORDER_STATUS.missing, REASON.missing_order, 0);
        this.#answer(index, old, 0, ORDER_STATUS.settled, REASON.none, 0);
        return;
      }
      counts.rejected += 1;
      this.#answer(index, cloid, 0, ORDER_STATUS.rejected, reasonOf(item.error), 0);
      if (isModify) this.#tellOld(index, old);
      return;
    }
    assert(typeof item === "object" && "resting" in item, "venue port: a post-only order rests or is refused");
    const { oid } = item.resting;
    const lots = this.#options.account.orders.get(oid)?.lots ?? 0;
    this.#answer(index, cloid, oid, ORDER_STATUS.resting, REASON.none, lots);
    if (isModify) this.#tellOld(index, old);
  }

  /** A modify says nothing of the order that it was about: it ended in this block, or stands as it did. */
  #tellOld(index: number, cloid: number): void {
    const leaves = this.#ended.get(cloid);
    if (leaves === undefined) this.#answer(index, cloid, 0, ORDER_STATUS.resting, REASON.none, 0);
    else this.#answer(index, cloid, 0, ORDER_STATUS.cancelled, REASON.none, leaves);
  }

  #onCancelled(intent: Float64Array, item: ItemStatus | null): void {
    const index = intent[F.market] as number;
    const cloid = intent[INTENT.targetCloid] as number;
    if (item === null) {
      this.#refused(index, cloid);
      return;
    }
    (this.counts[index] as RequestCounts).cancel += 1;
    if (item === "success") {
      this.#answer(index, cloid, 0, ORDER_STATUS.cancelled, REASON.none, this.#ended.get(cloid) ?? 0);
      return;
    }
    // Its fills were told before: nothing more comes of it.
    this.#answer(index, cloid, 0, ORDER_STATUS.missing, REASON.missing_order, 0);
    this.#answer(index, cloid, 0, ORDER_STATUS.settled, REASON.none, 0);
  }

  #refused(index: number, cloid: number): void {
    (this.counts[index] as RequestCounts).refused += 1;
    this.#answer(index, cloid, 0, ORDER_STATUS.refused, REASON.too_many_requests, 0);
  }

  #answer(index: number, cloid: number, oid: number, status: number, reason: Reason, leavesLots: Lots): void {
    const nowUs = this.#options.venue.nowUs;
    this.#tell(writeAnswer(this.#lane, index, nowUs, cloid, oid, status, reason, leavesLots));
  }

  #begin(kind: typeof KIND.fill | typeof KIND.funding, size: number, index: number): number {
    this.#lane.clear();
    return this.#lane.begin(kind, size, 0, this.#options.venue.nowUs, index);
  }

  #tell(at: number): void {
    this.#replies.add(this.#lane.data, at, this.#options.venue.nowUs + this.#options.inboundUs);
  }

  // --- what the venue tells of the account ---

  onFill(fill: VenueFill): void {
    const index = this.#indexes.get(fill.market);
    if (fill.account !== this.#options.account || index === undefined) return;
    const { side, px, lots, feeUsd, tid, oid } = fill;
    const nowUs = this.#options.venue.nowUs;
    this.account.of(index).onFill(side, px, lots, feeUsd);
    const at = this.#begin(KIND.fill, FILL.size, index);
    const data = this.#lane.data;
    data[at + FILL.cloid] = cloidCounter(RUN, fill.cloid);
    data[at + FILL.oid] = oid;
    data[at + FILL.tid] = tid;
    data[at + FILL.side] = side;
    data[at + FILL.px] = px;
    data[at + FILL.lots] = lots;
    data[at + FILL.feeUsd] = feeUsd;
    data[at + FILL.crossed] = fill.crossed ? 1 : 0;
    data[at + FILL.snapshot] = 0;
    this.#tell(at);
    const before = (this.markets[index] as Place).mids.before(nowUs);
    this.#sink.onFill(index, DRIVER, oid, nowUs, side, px, lots, feeUsd, before);
  }

  /** An end that nobody asked for: margin, a position that was closed, a halt. */
  onOrder(order: Order, status: OrderStatus): void {
    const index = this.#indexes.get(order.market);
    if (order.account !== this.#options.account || index === undefined || order.cloid === null) return;
    const cloid = cloidCounter(RUN, order.cloid);
    if (status === "filled") {
      // A reduce-only order shrinks with the position, which nothing tells: its last fill may be less than what was believed to rest.
      if (order.reduceOnly) this.#answer(index, cloid, order.oid, ORDER_STATUS.settled, REASON.none, 0);
      return;
    }
    // What a reduce-only order lost on the way counts as unfilled.
    const leaves = order.reduceOnly ? order.origLots - order.filledLots : order.lots;
    if (status === "canceled") this.#ended.set(cloid, leaves);
    if (ASKED.has(status) || status.endsWith("ejected")) return;
    const reason = status === "reduceOnlyCanceled" ? REASON.none : REASON.venue_cancelled;
    this.#answer(index, cloid, order.oid, ORDER_STATUS.cancelled, reason, leaves);
  }

  onFunding(payment: FundingPayment): void {
    const index = this.#indexes.get(payment.market);
    if (payment.account !== this.#options.account || index === undefined || payment.usd === 0) return;
    this.account.of(index).onFunding(payment.usd);
    this.#sink.onFunding(index, payment.usd);
    const at = this.#begin(KIND.funding, FUNDING.size, index);
    this.#lane.data[at + FUNDING.usd] = payment.usd;
    this.#tell(at);
  }

  onTrade(): void {}
  onNonUserCancel(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
  onBlock(): void {}
}

/** A status of a reply; null when the limiter let nothing pass. */
function itemOf(reply: ActionReply, i: number): ItemStatus | null {
  if (reply.status === "err") return null;
  assert("data" in reply.response && typeof reply.response.data === "object", "venue port: a status an order");
  // An action of which nothing can be understood has one status for all.
  const { statuses } = reply.response.data;
  return (statuses[i] ?? statuses[0]) as ItemStatus;
}

function orderOf(intent: Float64Array, place: Place): WireOrder {
  const { assetId, szDecimals, pxDecimals } = place.venueMarket;
  return {
    a: assetId,
    b: intent[INTENT.side] === BUY,
    p: formatPlain(intent[INTENT.px] as number, pxDecimals),
    s: formatPlain(intent[INTENT.lots] as number, szDecimals),
    r: intent[INTENT.reduceOnly] === 1,
    t: { limit: { tif: "Alo" } },
    c: cloidText(RUN, intent[INTENT.cloid] as number),
  };
}
