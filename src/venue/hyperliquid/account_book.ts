/**
 * What the venue has told of the account, booked exactly once and passed on as frames.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { DESK, FILL, type FrameLane, FUNDING, KIND, ORDER, ORDER_STATUS, POSITION, QUOTA } from "../../core/frame.ts";
import { REASON, type Reason } from "../../core/reason.ts";
import type { Lots, MicroUsd, TimeUs } from "../../core/units.ts";
import type {
  AccountMessage,
  DexStateFact,
  FillFact,
  FundingFact,
  OrderFact,
  QuotaFact,
} from "../../wire/hyperliquid/account_facts.ts";
import { cloidCounter, type RunNumber } from "../../wire/hyperliquid/cloid.ts";
import type { CodecMarket } from "../../wire/hyperliquid/codec.ts";
import { dexOf } from "../../wire/hyperliquid/instrument.ts";
import { orderedFills } from "./fill_order.ts";
import { outcomeOf } from "./order_outcome.ts";
import { OwnOrders } from "./own_orders.ts";
import { Seen } from "./seen.ts";

/** Messages kept from before the start position is known: a snapshot of 2,000 fills and whatever happens in those seconds. */
const WAITING_MAX = 8_192;
/** Fills told by an answer whose push may still come: a push is late by seconds, and a snapshot holds 2,000 at most. */
const LATE_FILLS_MAX = 2_048;

/** Sums of one market as the venue told them: whole micro-dollars. */
export class MarketLedger {
  /** Signed, with the position that the run started from. */
  positionLots: Lots = 0;
  /** Cash flow of fills, fees and funding since the start. */
  cashUsd: MicroUsd = 0;
  /** Sum of price x size. */
  filledUsd: MicroUsd = 0;
  feesUsd: MicroUsd = 0;
  fundingUsd: MicroUsd = 0;
  fillCount = 0;
  /** Fills in which we took, and in which we were liquidated: a maker expects neither. */
  crossedCount = 0;
  liquidatedCount = 0;
}

/** Where an account stands when a run begins: what its past was read from, and what it holds. */
export interface Anchor {
  /** Everything before this time is history. */
  fromUs: TimeUs;
  /** What was told of the time since then, and is in the positions. */
  fills: readonly FillFact[];
  fundings: readonly FundingFact[];
  states: readonly DexStateFact[];
}

/** What a run before had booked, for one that goes on from it. */
export interface Booked {
  /** Everything before this time was booked, or came before that run. */
  fromUs: TimeUs;
  fills: readonly { market: number; oid: number; tid: number; lots: Lots; timeUs: TimeUs }[];
  fundings: readonly { market: number; timeUs: TimeUs }[];
  /** Signed, by market. */
  positions: readonly Lots[];
}

/**
 * Applies what the channels push and what questions are answered, in any order and however often, and writes a frame for what is new.
 *
 * Nothing is written before `anchor`: until then it is not known what is history. A snapshot is treated as any list of fills: what was booked is
 * skipped, what is history is skipped, what is left was missed and is booked.
 */
export class AccountBook {
  readonly ledgers: readonly MarketLedger[];
  readonly orders = new OwnOrders();
  /** Newest state by dex, newest count of requests. */
  readonly dexStates = new Map<string, DexStateFact>();
  quota: QuotaFact | null = null;
  /** Where both sides' books begin to be compared, by dex: what the venue said, and what had been booked of its markets by then. */
  readonly begins = new Map<string, { state: DexStateFact; cashUsd: MicroUsd }>();
  newestFillUs: TimeUs = 0;
  /** Fills that came more than once, of other coins, and missed ones that a snapshot or an answer brought. */
  duplicateFillCount = 0;
  strangeFillCount = 0;
  missedFillCount = 0;
  /** Fills that began at another position than ours: one before them is missing, or came later. */
  brokenChainCount = 0;
  liquidationCount = 0;
  venueCancelCount = 0;
  /** Statuses that were not understood, and the last of them. */
  unknownStatusCount = 0;
  unknownStatus = "";
  /** Messages that were not understood, and what was wrong with the last. */
  problemCount = 0;
  problem = "";
  readonly #run: RunNumber;
  readonly #markets: readonly CodecMarket[];
  readonly #fills = new Seen();
  readonly #fundings = new Seen();
  /** Fills that an answer or a snapshot told first. */
  readonly #lateFills = new Set<string>();
  #isAnchored = false;
  #waitingFills: FillFact[] = [];
  #waitingFundings: FundingFact[] = [];

  /** @param markets Those traded, by their index in the run. */
  constructor(run: RunNumber, markets: readonly CodecMarket[]) {
    markets.forEach((one, i) => {
      assert(one.market === i, "account book: markets are in the order of their indexes");
    });
    this.#run = run;
    this.#markets = markets;
    this.ledgers = markets.map(() => new MarketLedger());
  }

  get isAnchored(): boolean {
    return this.#isAnchored;
  }

  /** Dexs that the markets are on. */
  get dexs(): string[] {
    return [...new Set(this.#markets.map((one) => dexOf(one.coin)))];
  }

  /** Applies one message. Returns how many frames it led to. */
  apply(message: AccountMessage, timeUs: TimeUs, lane: FrameLane): number {
    if (message.problem !== "") {
      this.problemCount += 1;
      this.problem = message.problem;
    }
    const fills: FillFact[] = [];
    const fundings: FundingFact[] = [];
    let frames = 0;
    for (const fact of message.facts) {
      if (fact.kind === "fill") fills.push(fact);
      else if (fact.kind === "funding") fundings.push(fact);
      else if (fact.kind === "order") frames += this.applyOrder(fact, timeUs, lane);
      else if (fact.kind === "dex_state") frames += this.applyState(fact, false, timeUs, lane);
      else if (fact.kind === "quota") frames += this.applyQuota(fact, timeUs, timeUs, lane);
      else if (fact.kind === "venue_cancel") this.venueCancelCount += 1;
      else if (fact.isOurs) this.liquidationCount += 1;
    }
    if (fills.length > 0) frames += this.applyFills(fills, message.isSnapshot, timeUs, lane);
    if (fundings.length > 0) frames += this.applyFundings(fundings, timeUs, lane);
    return frames;
  }

  /**
   * The run begins: from here on everything new is booked. What came before and is neither history nor in the answers that the positions agree
   * with happened since, and is booked now.
   */
  anchor(anchor: Anchor, timeUs: TimeUs, lane: FrameLane): number {
    assert(!this.#isAnchored, "account book: a run has one start");
    this.#isAnchored = true;
    this.#fills.lineUs = anchor.fromUs;
    this.#fundings.lineUs = anchor.fromUs;
    for (const fill of anchor.fills) {
      this.#fills.take(fillKey(fill), fill.timeUs);
      this.orders.of(fill.oid).filledLots += fill.lots;
      this.newestFillUs = Math.max(this.newestFillUs, fill.timeUs);
    }
    for (const funding of anchor.fundings) this.#fundings.take(fundingKey(funding), funding.timeUs);
    let frames = 0;
    for (const state of anchor.states) {
      this.begin(state);
      frames += this.applyState(state, true, timeUs, lane);
    }
    const fills = this.#waitingFills;
    const fundings = this.#waitingFundings;
    this.#waitingFills = [];
    this.#waitingFundings = [];
    return frames + this.applyFills(fills, false, timeUs, lane) + this.applyFundings(fundings, timeUs, lane);
  }

  /**
   * Whether the positions of an anchor are those after the fills in it, and before those that were pushed and are not in it: then all are of one
   * moment, whatever lagged behind what.
   */
  fits(anchor: Anchor): boolean {
    const inside = new Set(anchor.fills.map(fillKey));
    const later = this.#waitingFills.filter((fill) => fill.timeUs >= anchor.fromUs && !inside.has(fillKey(fill)));
    const ends = new Map<number, Lots>();
    for (const fill of orderedFills(anchor.fills, () => Number.NaN))
      ends.set(fill.market, fill.startLots + fill.side * fill.lots);
    const starts = new Map<number, Lots>();
    for (const fill of orderedFills(later, (coin) => ends.get(this.#marketOf(coin)) ?? Number.NaN).reverse())
      starts.set(fill.market, fill.startLots);
    return this.#markets.every(({ coin, market }) => {
      const state = anchor.states.find((one) => one.dex === dexOf(coin));
      const lots = state?.positions.find((one) => one.market === market)?.lots ?? 0;
      return (ends.get(market) ?? lots) === lots && (starts.get(market) ?? lots) === lots;
    });
  }

  #marketOf(coin: string): number {
    return this.#markets.find((one) => one.coin === coin)?.market ?? -1;
  }

  /** Goes on from what a run before had booked: what it has not seen and the venue tells was missed, and is booked. */
  resume(booked: Booked): void {
    assert(!this.#isAnchored, "account book: a run has one start");
    this.#isAnchored = true;
    this.#fills.lineUs = booked.fromUs;
    this.#fundings.lineUs = booked.fromUs;
    const coinOf = (market: number): string => (this.#markets[market] as CodecMarket).coin;
    for (const { market, oid, tid, lots, timeUs } of booked.fills) {
      this.#fills.take(fillKey({ timeUs, tid, coin: coinOf(market) }), timeUs);
      this.orders.of(oid).filledLots += lots;
      this.newestFillUs = Math.max(this.newestFillUs, timeUs);
    }
    for (const { market, timeUs } of booked.fundings)
      this.#fundings.take(fundingKey({ timeUs, coin: coinOf(market) }), timeUs);
    booked.positions.forEach((lots, i) => {
      (this.ledgers[i] as MarketLedger).positionLots = lots;
    });
  }

  /** Books the fills that are new, in the order they happened. `isLate` where they should have been pushed before. */
  applyFills(fills: readonly FillFact[], isLate: boolean, timeUs: TimeUs, lane: FrameLane): number {
    if (!this.#isAnchored) {
      this.#waitingFills.push(...fills);
      assert(this.#waitingFills.length <= WAITING_MAX, "account book: the start position is known within seconds");
      return 0;
    }
    const fresh = fills.filter((fill) => this.#fills.take(fillKey(fill), fill.timeUs));
    this.duplicateFillCount += fills.length - fresh.length;
    // An answer may overtake the push of the same fill: that one was not missed.
    if (!isLate) for (const fill of fills) if (this.#lateFills.delete(fillKey(fill))) this.missedFillCount -= 1;
    const positionOf = (coin: string): Lots => {
      return this.ledgers[this.#marketOf(coin)]?.positionLots ?? Number.NaN;
    };
    let frames = 0;
    for (const fill of orderedFills(fresh, positionOf)) {
      if (this.newestFillUs < fill.timeUs) this.newestFillUs = fill.timeUs;
      if (fill.market < 0) {
        this.strangeFillCount += 1;
        continue;
      }
      if (isLate) this.#countMissed(fill);
      this.#bookFill(fill, timeUs, lane);
      frames += 1;
    }
    return frames;
  }

  #countMissed(fill: FillFact): void {
    this.missedFillCount += 1;
    this.#lateFills.add(fillKey(fill));
    if (this.#lateFills.size > LATE_FILLS_MAX) this.#lateFills.delete(this.#lateFills.keys().next().value as string);
  }

  #bookFill(fill: FillFact, timeUs: TimeUs, lane: FrameLane): void {
    const ledger = this.ledgers[fill.market] as MarketLedger;
    const notionalUsd = fill.px * fill.lots;
    if (fill.startLots !== ledger.positionLots) this.brokenChainCount += 1;
    ledger.positionLots += fill.side * fill.lots;
    ledger.cashUsd -= fill.side * notionalUsd + fill.feeUsd;
    ledger.filledUsd += notionalUsd;
    ledger.feesUsd += fill.feeUsd;
    ledger.fillCount += 1;
    if (fill.crossed) ledger.crossedCount += 1;
    if (fill.liquidated) ledger.liquidatedCount += 1;
    const cloid = this.#cloidOf(fill.oid, fill.cloid);
    this.orders.of(fill.oid).filledLots += fill.lots;
    const at = lane.begin(KIND.fill, FILL.size, timeUs, fill.timeUs, fill.market);
    const { data } = lane;
    data[at + FILL.cloid] = cloid;
    data[at + FILL.oid] = fill.oid;
    data[at + FILL.tid] = fill.tid;
    data[at + FILL.side] = fill.side;
    data[at + FILL.px] = fill.px;
    data[at + FILL.lots] = fill.lots;
    data[at + FILL.feeUsd] = fill.feeUsd;
    data[at + FILL.crossed] = fill.crossed ? 1 : 0;
    data[at + FILL.snapshot] = 0;
  }

  /** Books the payments that are new. */
  applyFundings(fundings: readonly FundingFact[], timeUs: TimeUs, lane: FrameLane): number {
    if (!this.#isAnchored) {
      this.#waitingFundings.push(...fundings);
      return 0;
    }
    const fresh = fundings.filter((one) => this.#fundings.take(fundingKey(one), one.timeUs));
    let frames = 0;
    for (const one of fresh.sort((a, b) => a.timeUs - b.timeUs)) {
      if (one.market < 0 || one.usd === 0) continue;
      const ledger = this.ledgers[one.market] as MarketLedger;
      ledger.cashUsd += one.usd;
      ledger.fundingUsd += one.usd;
      const at = lane.begin(KIND.funding, FUNDING.size, timeUs, one.timeUs, one.market);
      lane.data[at + FUNDING.usd] = one.usd;
      frames += 1;
    }
    return frames;
  }

  /** What the venue says of one order. Silent about orders that are not the run's, and about `open` of one that has ended. */
  applyOrder(fact: OrderFact, timeUs: TimeUs, lane: FrameLane): number {
    const outcome = outcomeOf(fact.status);
    if (outcome === null) {
      if (fact.status !== "triggered") {
        this.unknownStatusCount += 1;
        this.unknownStatus = fact.status;
      }
      return 0;
    }
    const cloid = this.#cloidOf(fact.oid, fact.cloid);
    const order = this.orders.of(fact.oid);
    if (fact.market < 0 || fact.isTrigger || (cloid < 0 && !order.isAdopted)) {
      order.hasEnded ||= outcome.isEnd;
      this.orders.note(fact, order.hasEnded);
      return 0;
    }
    if (!outcome.isEnd && order.hasEnded) return 0;
    order.hasEnded ||= outcome.isEnd;
    this.writeOrder(fact, outcome.status, outcome.reason, timeUs, lane);
    return 1;
  }

  /** An order that rests and that no slot knows. It is the run's from now on. */
  writeFound(fact: OrderFact, timeUs: TimeUs, lane: FrameLane): void {
    assert(fact.market >= 0 && !fact.isTrigger, "account book: what is found is an order of a traded market");
    this.orders.of(fact.oid).isAdopted = true;
    this.orders.strangers.delete(fact.oid);
    this.writeOrder(fact, ORDER_STATUS.found, REASON.none, timeUs, lane);
  }

  /** What of the order has not filled never will. */
  writeSettled(market: number, cloid: number, oid: number, timeUs: TimeUs, venueTimeUs: TimeUs, lane: FrameLane): void {
    const at = lane.begin(KIND.order, ORDER.size, timeUs, venueTimeUs, market);
    lane.data.fill(0, at + ORDER.cloid, at + ORDER.size);
    lane.data[at + ORDER.cloid] = cloid;
    lane.data[at + ORDER.oid] = oid;
    lane.data[at + ORDER.status] = ORDER_STATUS.settled;
  }

  /** One `order` frame with everything that the venue said. */
  writeOrder(fact: OrderFact, status: number, reason: Reason, timeUs: TimeUs, lane: FrameLane): void {
    const at = lane.begin(KIND.order, ORDER.size, timeUs, fact.timeUs, fact.market);
    const { data } = lane;
    data[at + ORDER.cloid] = this.#cloidOf(fact.oid, fact.cloid);
    data[at + ORDER.oid] = fact.oid;
    data[at + ORDER.status] = status;
    data[at + ORDER.reason] = reason;
    data[at + ORDER.side] = fact.side;
    data[at + ORDER.px] = fact.px;
    data[at + ORDER.lots] = fact.origLots;
    data[at + ORDER.leavesLots] = this.leavesLots(fact);
    data[at + ORDER.reduceOnly] = fact.reduceOnly ? 1 : 0;
  }

  /**
   * What is left of an order: what the venue says, less what has filled since it said so. `orderStatus` tells the size as of the last change of
   * status; a list is as old as its way.
   */
  leavesLots(fact: OrderFact): Lots {
    const filledLots = this.orders.find(fact.oid)?.filledLots ?? 0;
    return Math.max(0, Math.min(fact.leavesLots, fact.origLots - filledLots));
  }

  /** Positions of a dex: 0 where none is listed, since the venue lists all that are not flat. */
  applyState(state: DexStateFact, adopt: boolean, timeUs: TimeUs, lane: FrameLane): number {
    this.dexStates.set(state.dex, state);
    if (!this.#isAnchored) return 0;
    let frames = 0;
    for (const { coin, market } of this.#markets) {
      if (dexOf(coin) !== state.dex) continue;
      const position = state.positions.find((one) => one.market === market);
      const lots = position?.lots ?? 0;
      if (adopt) (this.ledgers[market] as MarketLedger).positionLots = lots;
      const at = lane.begin(KIND.position, POSITION.size, timeUs, state.timeUs, market);
      lane.data[at + POSITION.lots] = lots;
      lane.data[at + POSITION.entryPx] = position?.entryPx ?? Number.NaN;
      lane.data[at + POSITION.adopt] = adopt ? 1 : 0;
      frames += 1;
    }
    return frames;
  }

  /** Whether the positions of a dex are what the fills come to. */
  agrees(state: DexStateFact): boolean {
    return this.#markets.every(({ coin, market }) => {
      if (dexOf(coin) !== state.dex) return true;
      const lots = state.positions.find((one) => one.market === market)?.lots ?? 0;
      return lots === (this.ledgers[market] as MarketLedger).positionLots;
    });
  }

  /** From this state on the venue's cash and ours move alike. The first one of a dex counts: everything that is in it has been told. */
  begin(state: DexStateFact): void {
    if (!this.begins.has(state.dex)) this.begins.set(state.dex, { state, cashUsd: this.cashOf(state.dex) });
  }

  /** Cash that came in since the start on a dex, over all its markets that are traded. */
  cashOf(dex: string): MicroUsd {
    const own = this.#markets.filter(({ coin }) => dexOf(coin) === dex);
    return own.reduce((sum, { market }) => sum + (this.ledgers[market] as MarketLedger).cashUsd, 0);
  }

  /**
   * Takes the venue's count of requests. It was true at some moment after `askedUs` and says so: what was answered since may be in it or not.
   * With the time of its arrival it would pass for newer than answers that overtook it, and the requests that it lacks for drift.
   */
  applyQuota(fact: QuotaFact, askedUs: TimeUs, timeUs: TimeUs, lane: FrameLane): number {
    this.quota = fact;
    const at = lane.begin(KIND.quota, QUOTA.size, timeUs, askedUs, DESK);
    lane.data[at + QUOTA.usedCount] = fact.usedCount;
    lane.data[at + QUOTA.capCount] = fact.capCount;
    lane.data[at + QUOTA.reservedCount] = fact.reservedCount;
    return 1;
  }

  /** Our counter of an order, or minus its id. */
  counterOf(fact: OrderFact): number {
    return this.#cloidOf(fact.oid, fact.cloid);
  }

  /** Our counter of an order, or minus its id. Remembered: not everything that names the order names its client id. */
  #cloidOf(oid: number, text: string | null): number {
    const order = this.orders.of(oid);
    if (order.counter === 0) order.counter = cloidCounter(this.#run, text);
    return order.counter === 0 ? -oid : order.counter;
  }
}

/** A trade id is a hash of two order ids: with time and coin it is one fill. */
const fillKey = (fill: Pick<FillFact, "timeUs" | "tid" | "coin">): string => `${fill.timeUs} ${fill.tid} ${fill.coin}`;
const fundingKey = (funding: Pick<FundingFact, "timeUs" | "coin">): string => `${funding.timeUs} ${funding.coin}`;
