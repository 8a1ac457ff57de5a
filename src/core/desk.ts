/**
 * One address: its markets, its budget of requests, its money.
 * @module
 */

import { assert } from "./assert.ts";
import { type DeskShare, Engine } from "./engine.ts";
import { COMMAND, COMMAND_FRAME, DESK, F, FrameLane, INTENT, KIND, QUOTA } from "./frame.ts";
import type { RunningHash } from "./hash.ts";
import { type ApprovedIntents, approvedLane, CloidCounter } from "./order/sender.ts";
import { SLOT, SLOT_COUNT } from "./order/slots.ts";
import type { MarketParams } from "./params.ts";
import { QuotaLedger } from "./quota/ledger.ts";
import { Throttle } from "./quota/throttle.ts";
import { REASON, type Reason } from "./reason.ts";
import { MoneyBreaker } from "./risk/breaker.ts";
import type { StateWalk } from "./state.ts";
import type { TimeUs } from "./units.ts";

/** Markets of one address in one process. A cap so that lanes and scans are bounded; 50 at 20 messages a second fill half a core. */
export const MARKETS_MAX = 64;
/** Order and number of the fields of a saved state. Goes up with every change to them. */
export const STATE_VERSION = 4;

/** Takes every frame of an address and leaves the intents that follow from it. */
export class Desk {
  /** Intents of the frame just taken. Whoever feeds the desk sends them and clears the lane. */
  readonly intents: ApprovedIntents;
  readonly engines: readonly Engine[];
  readonly ledger = new QuotaLedger();
  readonly breaker: MoneyBreaker;
  readonly #share: DeskShare;
  /** Decisions cannot be written down: nothing new is risked until they can. */
  #journalDown = false;

  /** @param params One set a market; the index is the market's number in every frame. */
  constructor(params: readonly MarketParams[]) {
    assert(params.length > 0 && params.length <= MARKETS_MAX, "desk: has between one and 64 markets");
    // Every slot of every market may answer one frame with a request.
    this.intents = approvedLane(new FrameLane(params.length * SLOT_COUNT * 2 * INTENT.size));
    let dailyLossUsd = 0;
    let drawdownUsd = 0;
    let reserveCount = 0;
    for (const p of params) {
      dailyLossUsd += p.dailyLossUsd;
      drawdownUsd += p.drawdownUsd;
      reserveCount = Math.max(reserveCount, p.reserveCount);
    }
    this.breaker = new MoneyBreaker(dailyLossUsd, drawdownUsd);
    this.#share = {
      intents: this.intents,
      ledger: this.ledger,
      throttle: new Throttle(this.ledger, reserveCount),
      cloids: new CloidCounter(),
      breaker: REASON.none,
      drawdownRatio: 0,
    };
    this.engines = params.map((p, market) => new Engine(market, p, this.#share));
  }

  /** Takes one frame; what it leads to is in `intents` afterwards. */
  on(data: Float64Array, at: number): void {
    const kind = data[at + F.kind];
    const market = data[at + F.market] as number;
    if (kind === KIND.quota) {
      const used = data[at + QUOTA.usedCount] as number;
      this.ledger.onVenue(
        used,
        data[at + QUOTA.capCount] as number,
        data[at + QUOTA.reservedCount] as number,
        this.#inFlight(),
      );
      return;
    }
    if (kind === KIND.command) this.#onCommand(data[at + COMMAND_FRAME.command] as number);
    if (kind === KIND.timer) this.#checkMoney(data[at + F.timeUs] as TimeUs);
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
    this.#updateBreaker();
  }

  /** Money goes before the journal: it holds for the day, the journal until its disk is back. */
  #updateBreaker(): void {
    const money = this.breaker.tripped;
    this.#share.breaker = money === REASON.none && this.#journalDown ? REASON.journal : money;
  }

  /** Requests sent and not answered: the venue's count may lack them. */
  #inFlight(): number {
    let count = 0;
    for (let e = 0; e < this.engines.length; e++) {
      const state = (this.engines[e] as Engine).slots.state;
      for (let i = 0; i < SLOT_COUNT; i++) {
        const s = state[i];
        if (s === SLOT.placing || s === SLOT.modifying || s === SLOT.cancelling) count += 1;
      }
    }
    return count;
  }

  /** Folds the whole state of the desk. */
  foldInto(hash: RunningHash): void {
    this.ledger.foldInto(hash);
    this.breaker.foldInto(hash);
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
    this.breaker.syncState(state);
    this.#share.throttle.syncState(state);
    this.#share.cloids.syncState(state);
    this.#share.breaker = state.num(this.#share.breaker) as Reason;
    this.#share.drawdownRatio = state.num(this.#share.drawdownRatio);
    this.#journalDown = state.bool(this.#journalDown);
    for (let i = 0; i < this.engines.length; i++) (this.engines[i] as Engine).syncState(state);
  }
}
