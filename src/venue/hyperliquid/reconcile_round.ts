/**
 * One round of questions about the account, from the open orders to the count of requests, and the telling of the answers.
 * @module
 */
import { FrameLane } from "../../core/frame.ts";
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import { readQuota } from "../../wire/hyperliquid/account_answers.ts";
import type { DexStateFact, FillFact, FundingFact, OrderFact } from "../../wire/hyperliquid/account_facts.ts";
import type { AccountCodec } from "../../wire/hyperliquid/account_messages.ts";
import { cloidCounter, cloidText, type RunNumber } from "../../wire/hyperliquid/cloid.ts";
import { dexOf, type InfoAnswer } from "../../wire/hyperliquid/instrument.ts";
import type { AccountBook } from "./account_book.ts";
import { type Ask, Inquiry } from "./inquiry.ts";
import { outcomeOf } from "./order_outcome.ts";
import type { OrderView } from "./order_view.ts";

/** Answers overlap by this: the venue's own lags by 0.2 s (measured, 2026), our clock's offset may be wrong by a second. */
const OVERLAP_US = 10 * US_PER_SECOND;
/** A request is dead this long after its expiry by the venue's clock: an answer lags, and the clock's offset is an estimate. */
const EXPIRY_MARGIN_US = 3 * US_PER_SECOND;
/** Fills that a status or a position implies are waited for: so often, so far apart. Then it is told as it is. */
const TRIES_MAX = 5;
const TRY_WAIT_US = US_PER_SECOND;
/** After that many tries an order whose fills are missing is asked about again. */
const SHORT_WAIT_US = 10 * US_PER_SECOND;
const HOUR_US = 3_600 * US_PER_SECOND;
/** Funding comes 1 to 118 ms after the hour (answers of 2025 and 2026). */
const FUNDING_LATE_US = 5 * US_PER_SECOND;
/** Fills that wait for the start are the most that one lane takes at once: 8,192 frames of 15 doubles. */
const LANE_SIZE = 131_072;

/** What a round needs. */
export interface Wiring {
  clock: Clock;
  ask: Ask;
  codec: AccountCodec;
  book: AccountBook;
  user: string;
  run: RunNumber;
  /** Orders under the slots of all markets. */
  orders(): readonly OrderView[];
  /** The venue's time now: our clock and its offset. */
  venueNowUs(): TimeUs;
  /** Takes frames; the lane is cleared afterwards. */
  emit(lane: FrameLane, timeUs: TimeUs): void;
  /** Something in a round threw. */
  onBug(error: Error): void;
}

/** What a round came to. */
export interface RoundReport {
  /** Why it was asked for; null for a small round. */
  reason: string | null;
  weight: number;
  questionCount: number;
  /** Fills that nobody had told before. */
  missedFillCount: number;
  foundCount: number;
  settledCount: number;
  /** Dexs on which positions still differ from what the fills come to. */
  disagreeing: string[];
  /** Sentences for people. */
  problems: string[];
  /** Orders about which nothing can be said yet: venue time from which on it is worth asking, by counter. */
  waits: Map<number, TimeUs>;
}

/** An order that was asked about, and when: venue time. */
interface Asked {
  /** Open and under no slot: asked about once more before it is told. */
  isStray: boolean;
  cloid: number;
  market: number;
  expiresUs: TimeUs;
  askedUs: TimeUs;
  answer: OrderFact | "unknown";
}

/**
 * Asks in an order that leaves no hole: first what is open, then the status of what is not, then the fills, then the positions. What a status calls
 * ended can fill no more, so the fills asked for after it are all there are; and positions asked for after them hold no fill that was not read, or
 * differ, and are asked for again. At the start it is the other way round: positions first, so that every fill in them is among those read.
 */
export class Round {
  readonly #w: Wiring;
  readonly #known: { fillsUs: TimeUs; fundingsUs: TimeUs };
  readonly #end: { onEnd(report: RoundReport): void; onFail(error: unknown): void };
  readonly #inquiry: Inquiry;
  readonly #lane = new FrameLane(LANE_SIZE);
  readonly #report: RoundReport;
  readonly #missedBefore: number;
  #open: OrderFact[] = [];
  #asked: Asked[] = [];
  /** Before the start: what was read of the past. */
  #fills: FillFact[] = [];
  #fundings: FundingFact[] = [];
  #states: DexStateFact[] = [];
  #tries = 0;
  #isTold = false;
  #hasAdopted = false;
  #timer: Timer | null = null;

  /** @param known Times up to which fills and funding are known completely; moved on as they are read. */
  constructor(
    wiring: Wiring,
    reason: string | null,
    known: { fillsUs: TimeUs; fundingsUs: TimeUs },
    end: { onEnd(report: RoundReport): void; onFail(error: unknown): void },
  ) {
    this.#w = wiring;
    this.#known = known;
    this.#end = end;
    this.#inquiry = new Inquiry(wiring.ask, end.onFail, wiring.onBug);
    this.#missedBefore = wiring.book.missedFillCount;
    this.#report = {
      reason,
      weight: 0,
      questionCount: 0,
      missedFillCount: 0,
      foundCount: 0,
      settledCount: 0,
      disagreeing: [],
      problems: [],
      waits: new Map(),
    };
  }

  start(): void {
    if (this.#report.reason === null) this.#askStatuses();
    else this.#askOpenOrders();
  }

  close(): void {
    this.#inquiry.close();
    this.#timer?.cancel();
  }

  #question(type: string, more: object = {}): InfoAnswer["request"] {
    return { type, user: this.#w.user, ...more };
  }

  #problem(text: string): void {
    if (text !== "" && !this.#report.problems.includes(text)) this.#report.problems.push(text);
  }

  #askOpenOrders(): void {
    const { dexs } = this.#w.book;
    const requests = dexs.map((dex) => this.#question("frontendOpenOrders", { dex }));
    this.#inquiry.all(requests, (responses) => {
      for (const response of responses) {
        const { facts, problem } = this.#w.codec.openOrders(response);
        this.#problem(problem);
        this.#open.push(...facts);
      }
      this.#noteStrangers(dexs);
      this.#askStatuses();
    });
  }

  /** Lists what is open and no business of this run, without what is not open any more. */
  #noteStrangers(dexs: readonly string[]): void {
    const { strangers } = this.#w.book.orders;
    const listed = new Set(this.#open.map((fact) => fact.oid));
    for (const [oid, { coin }] of strangers) if (dexs.includes(dexOf(coin)) && !listed.has(oid)) strangers.delete(oid);
    for (const fact of this.#open) if (fact.market < 0 || fact.isTrigger) this.#w.book.orders.note(fact, false);
  }

  #keyOf(fact: OrderFact): number {
    return cloidCounter(this.#w.run, fact.cloid) || -fact.oid;
  }

  /**
   * Asks about every order of a slot that is not among the open ones, and once more about each open one that no slot knows: it may have ended since
   * the list was made. Requests that may still be answered are whoever's who sent them.
   */
  #askStatuses(): void {
    const { venueNowUs, run } = this.#w;
    const askedUs = venueNowUs();
    const open = new Map(this.#open.map((fact) => [this.#keyOf(fact), fact]));
    const isFull = this.#report.reason !== null;
    const wanted: Omit<Asked, "answer">[] = [];
    const known = new Set<number>();
    for (const { cloid, market, expiresUs, isResting, isUnresolved } of this.#w.orders()) {
      known.add(cloid);
      if (open.has(cloid) || !(isUnresolved || (isFull && isResting))) continue;
      wanted.push({ isStray: false, cloid, market, expiresUs, askedUs });
    }
    for (const [cloid, { market, isTrigger }] of open)
      if (market >= 0 && !isTrigger && !known.has(cloid))
        wanted.push({ isStray: true, cloid, market, expiresUs: 0, askedUs });
    const requests = wanted.map(({ cloid }) => {
      const oid = open.get(cloid)?.oid ?? (cloid < 0 ? -cloid : cloidText(run, cloid));
      return this.#question("orderStatus", { oid });
    });
    this.#inquiry.all(requests, (responses) => {
      responses.forEach((response, i) => {
        const answer = this.#w.codec.orderStatus(response);
        if (answer === null) this.#problem(`orderStatus is not understood: ${JSON.stringify(response).slice(0, 200)}`);
        else this.#asked.push({ ...(wanted[i] as Omit<Asked, "answer">), answer });
      });
      if (this.#w.book.isAnchored) this.#askFills();
      else this.#askStates();
    });
  }

  /** Asks for the fills since they were last known completely, and books what is new. */
  #askFills(): void {
    const { book, codec, clock, venueNowUs } = this.#w;
    const askedUs = venueNowUs();
    const fromUs = this.#known.fillsUs - OVERLAP_US;
    const history: FillFact[] = [];
    this.#inquiry.pages(
      this.#question("userFillsByTime"),
      fromUs,
      (response) => {
        const { facts, problem } = codec.fills(response);
        this.#problem(problem);
        if (!book.isAnchored) history.push(...facts);
        else if (book.applyFills(facts, true, clock.nowUs(), this.#lane) > 0) this.#emit();
        return facts.reduce((newest, fact) => Math.max(newest, fact.timeUs), 0);
      },
      (isWhole) => {
        if (!isWhole) this.#problem("there are more fills since the last time than can be read");
        this.#fills = history;
        // Before the start the whole window is read each time: it is compared with positions.
        if (book.isAnchored) this.#known.fillsUs = askedUs;
        this.#askFundings();
      },
    );
  }

  #askFundings(): void {
    const { book, codec, clock, venueNowUs } = this.#w;
    const askedUs = venueNowUs();
    const fromUs = this.#known.fundingsUs - OVERLAP_US;
    const isDue = Math.floor(askedUs / HOUR_US) !== Math.floor((fromUs - FUNDING_LATE_US) / HOUR_US);
    if (this.#report.reason === null || !isDue) {
      this.#onPayments();
      return;
    }
    const history: FundingFact[] = [];
    this.#inquiry.pages(
      this.#question("userFunding"),
      fromUs,
      (response) => {
        const { facts, problem } = codec.fundings(response);
        this.#problem(problem);
        if (!book.isAnchored) history.push(...facts);
        else if (book.applyFundings(facts, clock.nowUs(), this.#lane) > 0) this.#emit();
        return facts.reduce((newest, fact) => Math.max(newest, fact.timeUs), 0);
      },
      () => {
        this.#fundings = history;
        if (book.isAnchored) this.#known.fundingsUs = askedUs;
        this.#onPayments();
      },
    );
  }

  /** Fills and funding are told. Orders follow when none of their fills is missing. */
  #onPayments(): void {
    if (!this.#w.book.isAnchored) this.#tryStart();
    else if (this.#isTold) this.#askStates();
    else if (this.#asked.some((one) => this.#isShort(one)) && this.#tries < TRIES_MAX) this.#tryAgain();
    else this.#tellOrders();
  }

  #tryAgain(): void {
    this.#tries += 1;
    const { clock } = this.#w;
    this.#timer = clock.setTimer(clock.nowUs() + TRY_WAIT_US, () => {
      if (this.#w.book.isAnchored) this.#askFills();
      else this.#askStates();
    });
  }

  /**
   * Whether more of the order has filled than was told. Of reduce-only orders that is not known: they shrink with the position and keep their
   * original size. Of orders from before the run neither: their fills are history.
   */
  #isShort({ answer, cloid }: Asked): boolean {
    if (answer === "unknown" || answer.reduceOnly || cloid < 0) return false;
    const status = outcomeOf(answer.status);
    if (status?.isEnd !== true || answer.status.toLowerCase().includes("reject")) return false;
    const filledLots = this.#w.book.orders.find(answer.oid)?.filledLots ?? 0;
    return filledLots < answer.origLots - answer.leavesLots;
  }

  /** Tells what became of every order: first what lives, so that a slot with two orders holds on to it, then what ended. */
  #tellOrders(): void {
    const { book, clock } = this.#w;
    const timeUs = clock.nowUs();
    const orders = new Map(this.#w.orders().map((one) => [one.cloid, one]));
    const ofSlots = this.#asked.filter((one) => !one.isStray);
    for (const fact of [...this.#open, ...ofSlots.map(({ answer }) => answer)]) {
      if (fact === "unknown" || outcomeOf(fact.status)?.isEnd !== false || book.leavesLots(fact) <= 0) continue;
      // One with a request under way is whoever's who sent that.
      const order = orders.get(this.#keyOf(fact));
      if (order?.isResting === true || order?.isUnresolved === true) book.applyOrder(fact, timeUs, this.#lane);
    }
    for (const one of ofSlots) this.#tellEnd(one, timeUs);
    for (const one of this.#asked) if (one.isStray && !orders.has(one.cloid)) this.#tellFound(one, timeUs);
    this.#isTold = true;
    this.#tries = 0;
    this.#emit();
    if (this.#report.reason === null) this.#finish();
    // At the start the positions have been read before.
    else if (this.#hasAdopted) this.#askQuota();
    else this.#askStates();
  }

  #tellEnd(one: Asked, timeUs: TimeUs): void {
    const { book } = this.#w;
    const { answer, cloid, market, askedUs, expiresUs } = one;
    if (answer === "unknown") {
      const deadUs = expiresUs + EXPIRY_MARGIN_US;
      if (askedUs < deadUs) this.#report.waits.set(cloid, deadUs);
      else this.#settle(market, cloid, 0, timeUs, askedUs);
      return;
    }
    const outcome = outcomeOf(answer.status);
    if (outcome === null) this.#problem(`order ${answer.oid} of ${answer.coin} has the status ${answer.status}`);
    if (outcome?.isEnd !== true) return;
    book.applyOrder(answer, timeUs, this.#lane);
    if (!this.#isShort(one)) {
      this.#settle(market, cloid, answer.oid, timeUs, answer.timeUs);
      return;
    }
    this.#report.waits.set(cloid, askedUs + SHORT_WAIT_US);
    this.#problem(`order ${answer.oid} of ${answer.coin} is ${answer.status}, and fills of it are missing`);
  }

  #settle(market: number, cloid: number, oid: number, timeUs: TimeUs, venueTimeUs: TimeUs): void {
    this.#w.book.writeSettled(market, cloid, oid, timeUs, venueTimeUs, this.#lane);
    this.#report.settledCount += 1;
  }

  /** An open order that no slot knew, neither when the list was made nor now, and that was open when it was asked for by its id. */
  #tellFound({ answer, cloid }: Asked, timeUs: TimeUs): void {
    const { book } = this.#w;
    const fact = this.#open.find((one) => this.#keyOf(one) === cloid);
    if (fact === undefined || answer === "unknown" || outcomeOf(answer.status)?.isEnd !== false) return;
    if (book.orders.find(fact.oid)?.hasEnded === true || book.leavesLots(fact) <= 0) return;
    book.writeFound(fact, timeUs, this.#lane);
    this.#report.foundCount += 1;
  }

  #askStates(): void {
    const { book, codec, clock } = this.#w;
    const requests = book.dexs.map((dex) => this.#question("clearinghouseState", { dex }));
    this.#inquiry.all(requests, (responses) => {
      const states: DexStateFact[] = [];
      responses.forEach((response, i) => {
        const { facts, problem } = codec.state(book.dexs[i] as string, response);
        this.#problem(problem);
        states.push(...facts);
      });
      if (!book.isAnchored) {
        this.#states = states;
        this.#askFills();
        return;
      }
      const disagreeing = states.filter((state) => !book.agrees(state));
      if (disagreeing.length > 0 && this.#tries < TRIES_MAX) {
        this.#tryAgain();
        return;
      }
      this.#report.disagreeing = disagreeing.map((state) => state.dex);
      for (const state of states) {
        book.begin(state);
        book.applyState(state, false, clock.nowUs(), this.#lane);
      }
      this.#askQuota();
    });
  }

  /** Adopts the positions if they and what was read and pushed of the past are of one moment; else asks for both again. */
  #tryStart(): void {
    const { book, clock } = this.#w;
    const fromUs = this.#known.fillsUs - OVERLAP_US;
    const anchor = { fromUs, fills: this.#fills, fundings: this.#fundings, states: this.#states };
    if (this.#states.length === book.dexs.length && book.fits(anchor)) {
      book.anchor(anchor, clock.nowUs(), this.#lane);
      this.#emit();
      this.#hasAdopted = true;
      this.#tellOrders();
    } else if (this.#tries < TRIES_MAX) this.#tryAgain();
    else {
      this.close();
      this.#end.onFail(new Error("positions and fills of the account do not fit together"));
    }
  }

  #askQuota(): void {
    const askedUs = this.#w.clock.nowUs();
    this.#inquiry.all([this.#question("userRateLimit")], ([response]) => {
      const quota = readQuota(response);
      if (quota === null) this.#problem("userRateLimit is not understood");
      else this.#w.book.applyQuota(quota, askedUs, this.#w.clock.nowUs(), this.#lane);
      this.#emit();
      this.#finish();
    });
  }

  #emit(): void {
    if (this.#lane.length > 0) this.#w.emit(this.#lane, this.#w.clock.nowUs());
    this.#lane.clear();
  }

  #finish(): void {
    const report = this.#report;
    report.weight = this.#inquiry.weight;
    report.questionCount = this.#inquiry.questionCount;
    report.missedFillCount = this.#w.book.missedFillCount - this.#missedBefore;
    this.close();
    this.#end.onEnd(report);
  }
}
