/**
 * The last step before an intent: budget, cap and slot, one candidate after another in order of priority.
 * @module
 */

import { assert } from "../assert.ts";
import { ACTION, type FrameLane, INTENT, KIND } from "../frame.ts";
import type { QuotaLedger } from "../quota/ledger.ts";
import { CLASS, PATIENCE_US, PRIORITY, type Throttle } from "../quota/throttle.ts";
import type { Ladder } from "../quote/ladder.ts";
import { REASON, type Reason } from "../reason.ts";
import type { Exposure } from "../risk/exposure.ts";
import type { MarginPool } from "../risk/margin.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";
import type { Candidates } from "./reconcile.ts";
import { NO_SLOT, type Slots } from "./slots.ts";

declare const approved: unique symbol;

/**
 * Intents that budget and cap have passed. Only `Sender` writes into such a lane, and a venue port takes nothing else, so an order that
 * risk did not see does not compile.
 */
export type ApprovedIntents = FrameLane & { readonly [approved]: true };

/** Marks a lane as the one that a desk's senders write into. Called once, by the desk. */
export function approvedLane(lane: FrameLane): ApprovedIntents {
  return lane as ApprovedIntents;
}

/** Counts orders of the whole desk: client ids are this counter under the run's number. */
export class CloidCounter {
  value = 0;
  next(): number {
    this.value += 1;
    return this.value;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.value = state.num(this.value);
  }
}

/** Turns candidates into approved intents, or counts why not. */
export class Sender {
  /** Why the last decision could not place an order that a side wants, or `none`. */
  bidHeld: Reason = REASON.none;
  askHeld: Reason = REASON.none;
  readonly #out: ApprovedIntents;
  readonly #market: number;
  readonly #slots: Slots;
  readonly #exposure: Exposure;
  readonly #throttle: Throttle;
  readonly #ledger: QuotaLedger;
  readonly #cloids: CloidCounter;
  readonly #margin: MarginPool;
  /** Since when a side waits for the slot; NaN when none does. Moves of the other side must not keep it waiting for ever. */
  #missingSinceUs: TimeUs = Number.NaN;

  constructor(
    out: ApprovedIntents,
    market: number,
    slots: Slots,
    exposure: Exposure,
    throttle: Throttle,
    ledger: QuotaLedger,
    cloids: CloidCounter,
    margin: MarginPool,
  ) {
    this.#out = out;
    this.#market = market;
    this.#slots = slots;
    this.#exposure = exposure;
    this.#throttle = throttle;
    this.#ledger = ledger;
    this.#cloids = cloids;
    this.#margin = margin;
  }

  /** Tells the address what this market may come to need. Called at every decision: prices move margins too. */
  updateMargin(): void {
    this.#margin.set(this.#market, this.#exposure.marginUsd(0, 0));
  }

  /** Sends what may be sent. `bids` and `asks` are the ladders that the candidates' levels point into. */
  send(
    candidates: Candidates,
    bids: Ladder,
    asks: Ladder,
    reduceOnly: boolean,
    nowUs: TimeUs,
    venueTimeUs: TimeUs,
  ): void {
    this.bidHeld = REASON.none;
    this.askHeld = REASON.none;
    this.#askForSlot(candidates, bids, asks, nowUs);
    for (let i = 0; i < candidates.count; i++) {
      const side = candidates.side[i] as number;
      const ladder = side > 0 ? bids : asks;
      const level = candidates.level[i] as number;
      const slot = candidates.slot[i] as number;
      const priority = candidates.priority[i] as number;
      const reason = candidates.reason[i] as Reason;
      const action = candidates.action[i] as number;
      if (action === ACTION.cancel) {
        this.cancel(slot, priority, reason, nowUs, venueTimeUs);
        continue;
      }
      const px = ladder.px[level] as Px;
      const lots = ladder.lots[level] as Lots;
      if (action === ACTION.place) this.#place(side, px, lots, reduceOnly, priority, reason, nowUs, venueTimeUs);
      else this.#modify(slot, px, lots, priority, reason, nowUs, venueTimeUs);
    }
  }

  /** While the budget is spent: says what the one slot of the address would be used for here, and takes it where it may. */
  #askForSlot(candidates: Candidates, bids: Ladder, asks: Ladder, nowUs: TimeUs): void {
    let best: number = CLASS.none;
    let action = 0;
    const spent = this.#throttle.isSpent;
    if (!spent || !candidates.hasAction(ACTION.place)) this.#missingSinceUs = Number.NaN;
    for (let i = 0; spent && i < candidates.count; i++) {
      const wanted = this.#classOf(candidates, i, bids, asks, nowUs);
      if (wanted >= best) continue;
      best = wanted;
      action = candidates.action[i] as number;
    }
    this.#throttle.ask(this.#market, best, action, nowUs);
  }

  /** What a candidate would use the slot for; `none` for what cannot be sent, or passes beside. */
  #classOf(candidates: Candidates, i: number, bids: Ladder, asks: Ladder, nowUs: TimeUs): number {
    const action = candidates.action[i] as number;
    const priority = candidates.priority[i] as number;
    if (action === ACTION.cancel || priority >= PRIORITY.resize) return CLASS.none;
    const side = candidates.side[i] as number;
    const lots = (side > 0 ? bids : asks).lots[candidates.level[i] as number] as Lots;
    if (this.#unfit(side, lots) !== REASON.none) return CLASS.none;
    if (action === ACTION.place) {
      if (this.#slots.findEmpty() === NO_SLOT) return CLASS.none;
      if (Number.isNaN(this.#missingSinceUs)) this.#missingSinceUs = nowUs;
      if (nowUs - this.#missingSinceUs >= PATIENCE_US) return CLASS.reduce;
    }
    if (priority === PRIORITY.tooFar) return CLASS.far;
    if (this.#exposure.isReducing(side)) return CLASS.reduce;
    return action === ACTION.place ? CLASS.place : CLASS.replace;
  }

  /** Why `lots` more in flight on a side are too much: for the market's cap, until answers make room, or for the address's margin. */
  #unfit(side: number, lots: Lots): Reason {
    if (!this.#exposure.fits(side, lots)) return REASON.in_flight;
    return this.#margin.fits(this.#market, this.#exposure.marginUsd(side, lots)) ? REASON.none : REASON.margin;
  }

  #place(
    side: number,
    px: Px,
    lots: Lots,
    reduceOnly: boolean,
    priority: number,
    reason: Reason,
    nowUs: TimeUs,
    venueTimeUs: TimeUs,
  ): void {
    const slot = this.#slots.findEmpty();
    let held = slot === NO_SLOT ? REASON.in_flight : this.#unfit(side, lots);
    if (held === REASON.none) held = this.#throttle.check(this.#market, ACTION.place, priority, nowUs);
    if (held !== REASON.none) {
      // What fills cap or slots is on its way out: its answer makes room.
      if (side > 0) this.bidHeld = held;
      else this.askHeld = held;
      return;
    }
    const cloid = this.#cloids.next();
    // Registered before it is sent: whatever dies between the two, the order is ours when it shows up.
    this.#slots.place(slot, cloid, side, px, lots, reduceOnly, nowUs);
    this.#write(ACTION.place, cloid, 0, side, px, lots, reduceOnly, priority, reason, nowUs, venueTimeUs);
  }

  #modify(
    slot: number,
    px: Px,
    lots: Lots,
    priority: number,
    reason: Reason,
    nowUs: TimeUs,
    venueTimeUs: TimeUs,
  ): void {
    const side = this.#slots.side[slot] as number;
    if (this.#unfit(side, lots) !== REASON.none) {
      // Both legs of a modify count until the venue says which lives. Where that would break the cap, take the old one away first: the
      // missing level is placed after the answer. A mere resize is not worth two requests.
      if (priority < PRIORITY.resize) this.cancel(slot, priority, reason, nowUs, venueTimeUs);
      return;
    }
    if (!this.#mayAsk(ACTION.modify, priority, nowUs)) return;
    const target = this.#slots.cloid[slot] as number;
    const cloid = this.#cloids.next();
    const reduceOnly = this.#slots.reduceOnly[slot] === 1;
    this.#slots.modify(slot, cloid, px, lots, nowUs);
    this.#write(ACTION.modify, cloid, target, side, px, lots, reduceOnly, priority, reason, nowUs, venueTimeUs);
  }

  /** Cancels a resting order, budget allowing (risk always may). */
  cancel(slot: number, priority: number, reason: Reason, nowUs: TimeUs, venueTimeUs: TimeUs): void {
    if (!this.#mayAsk(ACTION.cancel, priority, nowUs)) return;
    const slots = this.#slots;
    const cloid = slots.cloid[slot] as number;
    const side = slots.side[slot] as number;
    slots.cancel(slot, nowUs);
    this.#write(
      ACTION.cancel,
      // A cancel makes no order: it answers under the counter of the order it is about.
      cloid,
      cloid,
      side,
      slots.px[slot] as Px,
      slots.leavesLots[slot] as Lots,
      slots.reduceOnly[slot] === 1,
      priority,
      reason,
      nowUs,
      venueTimeUs,
    );
  }

  #mayAsk(action: number, priority: number, nowUs: TimeUs): boolean {
    return this.#throttle.check(this.#market, action, priority, nowUs) === REASON.none;
  }

  #write(
    action: number,
    cloid: number,
    targetCloid: number,
    side: number,
    px: Px,
    lots: Lots,
    reduceOnly: boolean,
    priority: number,
    reason: Reason,
    nowUs: TimeUs,
    venueTimeUs: TimeUs,
  ): void {
    assert(Number.isSafeInteger(px) && Number.isSafeInteger(lots), "sender: price and size are whole");
    const at = this.#out.begin(KIND.intent, INTENT.size, nowUs, venueTimeUs, this.#market);
    const data = this.#out.data;
    data[at + INTENT.action] = action;
    data[at + INTENT.cloid] = cloid;
    data[at + INTENT.targetCloid] = targetCloid;
    data[at + INTENT.side] = side;
    data[at + INTENT.px] = px;
    data[at + INTENT.lots] = lots;
    data[at + INTENT.reduceOnly] = reduceOnly ? 1 : 0;
    data[at + INTENT.priority] = priority;
    data[at + INTENT.reason] = reason;
    this.#throttle.onSent(this.#market, action, nowUs);
    this.#ledger.onSent(action);
    this.#exposure.record();
    this.updateMargin();
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.bidHeld = state.num(this.bidHeld) as Reason;
    this.askHeld = state.num(this.askHeld) as Reason;
    this.#missingSinceUs = state.num(this.#missingSinceUs);
  }
}
