/**
 * One address: its markets, its budget of requests, its money.
 * @module
 */

import { assert } from "./assert.ts";
import { type DeskShare, Engine } from "./engine.ts";
import { COMMAND, COMMAND_FRAME, DESK, F, FrameLane, INTENT, KIND, LATENCY, QUOTA } from "./frame.ts";
import type { RunningHash } from "./hash.ts";
import { MeasuredLatency } from "./latency.ts";
import { type ApprovedIntents, approvedLane, CloidCounter } from "./order/sender.ts";
import { SLOT_COUNT } from "./order/slots.ts";
import type { MarketParams } from "./params.ts";
import { type LedgerRules, QuotaLedger } from "./quota/ledger.ts";
import { QuotaMode } from "./quota/mode.ts";
import { type PricedMarket, QuotaPrice } from "./quota/price.ts";
import { Throttle } from "./quota/throttle.ts";
import { REASON, type Reason } from "./reason.ts";
import { clearedBy, MoneyBreaker, type OpenBreaker, VenueCancelBreaker } from "./risk/breaker.ts";
import { MarginPool } from "./risk/margin.ts";
import type { StateWalk } from "./state.ts";
import { type TimeUs, US_PER_SECOND } from "./units.ts";

/** Markets of one address in one process. A cap so that lanes and scans are bounded; 50 at 20 messages a second fill half a core. */
export const MARKETS_MAX = 64;
/** Order and number of the fields of a saved state. Goes up with every change to them. */
export const STATE_VERSION = 4;
/** How often the price of a request is found anew. */
const PRICE_US = 4 * US_PER_SECOND;

/** Takes every frame of an address and leaves the intents that follow from it. */
export class Desk {
  /** Intents of the frame just taken. Whoever feeds the desk sends them and clears the lane. */
  readonly intents: ApprovedIntents;
  readonly engines: readonly Engine[];
  readonly ledger: QuotaLedger;
  readonly price: QuotaPrice;
  readonly mode = new QuotaMode();
  /** What all markets together may come to need, against the capital of the address. */
  readonly margin: MarginPool;
  readonly breaker: MoneyBreaker;
  readonly venueCancels = new VenueCancelBreaker();
  readonly #latency = new MeasuredLatency();
  readonly #share: DeskShare;
  /** Decisions cannot be written down: nothing new is risked until they can. */
  #journalDown = false;
  readonly #reserveCount: number;
  readonly #priced: readonly PricedMarket[];
  #isPriced = false;

  /** @param params One set a market; the index is the market's number in every frame. */
  constructor(params: readonly MarketParams[]) {
    assert(params.length > 0 && params.length <= MARKETS_MAX, "desk: has between one and 64 markets");
    // Every slot of every market may answer one frame with a request.
    this.intents = approvedLane(new FrameLane(params.length * SLOT_COUNT * 2 * INTENT.size));
    let dailyLossUsd = 0;
    let drawdownUsd = 0;
    let capitalUsd = 0;
    let reserveCount = 0;
    for (const p of params) {
      dailyLossUsd += p.dailyLossUsd;
      drawdownUsd += p.drawdownUsd;
      capitalUsd += p.capitalUsd;
      reserveCount = Math.max(reserveCount, p.reserveCount);
    }
    this.#reserveCount = reserveCount;
    this.breaker = new MoneyBreaker(dailyLossUsd, drawdownUsd);
    this.ledger = new QuotaLedger(rulesOf(params));
    this.price = priceOf(params, this.ledger.rules.modifyCost);
    this.margin = new MarginPool(capitalUsd, params.length);
    this.#priced = params.map(newPriced);
    this.#share = {
      intents: this.intents,
      ledger: this.ledger,
      throttle: new Throttle(this.ledger, reserveCount, params.length),
      price: this.price,
      mode: this.mode,
      margin: this.margin,
      cloids: new CloidCounter(),
      breaker: REASON.none,
      drawdownRatio: 0,
      onVenueCancel: (nowUs) => {
        this.venueCancels.onVenueCancel(nowUs);
        this.#updateBreaker();
      },
    };
    this.engines = params.map((p, market) => new Engine(market, p, this.#share));
  }

  /** Takes one frame; what it leads to is in `intents` afterwards. */
  on(data: Float64Array, at: number): void {
    const kind = data[at + F.kind];
    const market = data[at + F.market] as number;
    this.#share.throttle.beginFrame();
    if (kind === KIND.quota) {
      this.#onQuota(data, at);
      return;
    }
    if (kind === KIND.latency) {
      this.#onLoop(data[at + LATENCY.loopUs] as number);
      return;
    }
    if (kind === KIND.command) this.#onCommand(data[at + COMMAND_FRAME.command] as number);
    if (kind === KIND.timer) {
      this.#checkMoney(data[at + F.timeUs] as TimeUs);
      this.#rationRequests(data[at + F.timeUs] as TimeUs);
    }
    if (market === DESK) {
      for (let i = 0; i < this.engines.length; i++) (this.engines[i] as Engine).on(data, at);
    } else {
      assert(market >= 0 && market < 2 * MARKETS_MAX, "desk: frame is of a market of the run");
      const engine = this.engines[market];
      if (engine !== undefined) engine.on(data, at);
      if (kind === KIND.bbo || kind === KIND.book) this.#onReference(market, data, at);
    }
    if (kind === KIND.fill) this.#checkMoney(data[at + F.timeUs] as TimeUs);
  }

  /** Gives a book to the engines that measure their market against it; a market that is only looked at has no engine of its own. */
  #onReference(market: number, data: Float64Array, at: number): void {
    for (let i = 0; i < this.engines.length; i++) {
      const engine = this.engines[i] as Engine;
      if (engine.board.reference.market === market) engine.onReference(data, at);
    }
  }

  #checkMoney(nowUs: TimeUs): void {
    let equityUsd = 0;
    for (let i = 0; i < this.engines.length; i++) equityUsd += (this.engines[i] as Engine).equityUsd;
    this.breaker.onEquity(nowUs, equityUsd);
    this.#updateBreaker();
    this.#share.drawdownRatio = this.breaker.drawdownRatio;
  }

  #onCommand(command: number): void {
    if (command === COMMAND.journalDown) this.#journalDown = true;
    if (command === COMMAND.journalUp) this.#journalDown = false;
    if (command === COMMAND.resume) this.venueCancels.clear();
    this.#updateBreaker();
  }

  #onLoop(loopUs: number): void {
    this.#latency.onLoop(loopUs);
    this.#applyLatency();
  }

  #applyLatency(): void {
    if (Number.isNaN(this.#latency.seconds)) return;
    for (let i = 0; i < this.engines.length; i++) (this.engines[i] as Engine).setLatency(this.#latency.seconds);
  }

  /** What lasts longest is named: money for the day, the venue's cancels until somebody says otherwise, the journal until its disk is back. */
  #updateBreaker(): void {
    this.#share.breaker = this.breaker.tripped;
    if (this.#share.breaker !== REASON.none) return;
    if (this.venueCancels.tripped) this.#share.breaker = REASON.venue_cancels;
    else if (this.#journalDown) this.#share.breaker = REASON.journal;
  }

  /** Passes over client ids that a process before may have used and nobody wrote down. */
  skipCloids(count: number): void {
    this.#share.cloids.value += count;
  }

  // --- what the edge asks ---

  /** The loop that decisions allow for, seconds: as measured; before that the setting, of several the longest. */
  get latencySeconds(): number {
    if (!Number.isNaN(this.#latency.seconds)) return this.#latency.seconds;
    return this.engines.reduce((longest, engine) => Math.max(longest, engine.params.latencySeconds), 0);
  }

  /** Whether any market waits for the venue's word of what stands there. */
  get isHeld(): boolean {
    return this.engines.some((engine) => engine.guard.held);
  }

  /** Every breaker and command in force at `nowUs`, with how it is cleared. Allocates: for people, not for decisions. */
  openBreakers(nowUs: TimeUs): OpenBreaker[] {
    const open: OpenBreaker[] = [];
    const add = (isOpen: boolean, reason: Reason): void => {
      if (isOpen) open.push({ market: DESK, reason, untilUs: Number.NaN, clearedBy: clearedBy(reason) });
    };
    add(this.breaker.tripped !== REASON.none, this.breaker.tripped);
    add(this.venueCancels.tripped, REASON.venue_cancels);
    add(this.#journalDown, REASON.journal);
    for (const engine of this.engines) engine.guard.addOpen(open, engine.market, nowUs);
    return open;
  }

  /**
   * Calls `visit` with every order of which only the venue's record can tell what became of it, and since when: what has been so for longer
   * than an answer takes is to be asked for. `cloid` is negative for an order that was found at the venue.
   */
  visitUnresolved(visit: (market: number, cloid: number, sinceUs: TimeUs) => void): void {
    for (const { market, slots } of this.engines)
      slots.visitUnresolved((cloid, sinceUs) => visit(market, cloid, sinceUs));
  }

  /** Times that any breaker tripped. */
  get trippedCount(): number {
    const own = this.breaker.trippedCount + this.venueCancels.trippedCount;
    return this.engines.reduce((sum, engine) => sum + engine.guard.trippedCount, own);
  }

  #onQuota(data: Float64Array, at: number): void {
    this.ledger.onVenue(
      data[at + QUOTA.usedCount] as number,
      data[at + QUOTA.capCount] as number,
      data[at + QUOTA.reservedCount] as number,
      this.#inFlight(),
      data[at + F.venueTimeUs] as TimeUs,
    );
  }

  /** What the requests cost that were sent and not answered: the venue's count may lack them. */
  #inFlight(): number {
    let count = 0;
    for (let e = 0; e < this.engines.length; e++) {
      const { slots } = this.engines[e] as Engine;
      for (let i = 0; i < slots.limit; i++) count += this.ledger.countedCostOf(slots.pendingAction(i));
    }
    return count;
  }

  /** Decides how much may be asked for: the mode at every timer, the price of a request every few seconds and with the mode. */
  #rationRequests(nowUs: TimeUs): void {
    const { ledger, price, mode } = this;
    // The first mode needs a first pace: what nothing burns would last for ever.
    if (!this.#isPriced) this.#priceRequests(nowUs);
    const changed = mode.update(nowUs, ledger.surplusCount, ledger.capCount, this.#reserveCount, price.burnPerSecond);
    if (nowUs % PRICE_US === 0 || changed) this.#priceRequests(nowUs);
    for (let i = 0; i < this.engines.length; i++) {
      const { params, quoter } = this.engines[i] as Engine;
      quoter.levelsMax = Math.min(params.levelsMax, mode.levelsMax);
    }
  }

  #priceRequests(nowUs: TimeUs): void {
    const { ledger, price, mode } = this;
    this.#isPriced = true;
    for (let i = 0; i < this.engines.length; i++)
      (this.engines[i] as Engine).quoter.writePriced(this.#priced[i] as PricedMarket);
    price.update(nowUs, ledger.surplusCount, mode.horizonMultiple, ledger.sentCount, this.#priced);
    for (let i = 0; i < this.engines.length; i++) {
      const { params, quoter } = this.engines[i] as Engine;
      if (params.chi < 0) quoter.chi = price.chi(i);
    }
  }

  /** Folds the whole state of the desk. */
  foldInto(hash: RunningHash): void {
    this.ledger.foldInto(hash);
    this.price.foldInto(hash);
    this.mode.foldInto(hash);
    this.margin.foldInto(hash);
    this.breaker.foldInto(hash);
    this.venueCancels.foldInto(hash);
    for (let i = 0; i < this.engines.length; i++) (this.engines[i] as Engine).foldInto(hash);
  }

  /**
   * The whole state of the address: written by a `StateWriter`, taken over from a `StateReader` by a desk that was made with the same
   * parameters. Between frames only.
   */
  syncState(state: StateWalk): void {
    assert(this.intents.length === 0, "desk: no intent waits between frames");
    assert(state.num(STATE_VERSION) === STATE_VERSION, "desk: the state is of this version");
    assert(state.num(this.engines.length) === this.engines.length, "desk: the state is of as many markets");
    this.ledger.syncState(state);
    this.price.syncState(state);
    this.mode.syncState(state);
    this.margin.syncState(state);
    this.breaker.syncState(state);
    this.venueCancels.syncState(state);
    this.#latency.syncState(state);
    this.#share.throttle.syncState(state);
    this.#share.cloids.syncState(state);
    this.#share.breaker = state.num(this.#share.breaker) as Reason;
    this.#share.drawdownRatio = state.num(this.#share.drawdownRatio);
    this.#journalDown = state.bool(this.#journalDown);
    this.#isPriced = state.bool(this.#isPriced);
    for (let i = 0; i < this.engines.length; i++) (this.engines[i] as Engine).syncState(state);
    this.#applyLatency();
  }
}

/** Rules of the address's counter. Markets share it: where their settings differ, the dearer one holds. */
function rulesOf(params: readonly MarketParams[]): LedgerRules {
  return {
    modifyCost: Math.max(...params.map((p) => p.quotaModifyCost)),
    cancelsShareCounter: params.some((p) => p.quotaCancelsShare !== 0),
    makerCreditRatio: Math.min(...params.map((p) => p.quotaMakerCreditRatio)),
  };
}

function priceOf(params: readonly MarketParams[], modifyCost: number): QuotaPrice {
  const horizonSeconds = Math.max(...params.map((p) => p.quotaHorizonSeconds));
  const feedback = Math.max(...params.map((p) => p.quotaFeedback));
  const automatic = params.some((p) => p.chi < 0);
  return new QuotaPrice(params.length, horizonSeconds, feedback, modifyCost, automatic);
}

function newPriced(): PricedMarket {
  return { stalenessPerSecond: 0, kappaPerFrac: 0, clipUsd: 0, creditRatio: 0, orderCount: 0, chiFixed: 0 };
}
