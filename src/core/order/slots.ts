/**
 * Slots: containers without rank, each for at most one live order of one market.
 * @module
 */

import { assert } from "../assert.ts";
import { ACTION, BUY } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";

/** What a slot holds. */
export const SLOT = {
  empty: 0,
  /** Sent, no answer yet: may rest already. */
  placing: 1,
  resting: 2,
  /** Two orders under one slot until the venue has said that one lives and how the other ended. */
  modifying: 3,
  cancelling: 4,
  /** Nobody may count on it and it may still fill: no answer came, or it ended and its fills are not all told. */
  unknown: 5,
} as const;

/** What is known of one order under a slot. */
export const LEG = {
  /** Sent; the venue has said nothing of it. */
  asked: 0,
  /** Known to have come to rest. */
  live: 1,
  /** Rested, and a request that may have ended it has no clear answer. */
  doubted: 2,
  /** Over, and how much of it had filled by then is not told. */
  closing: 3,
  /** Over; what is left of it are fills that happened and are not told yet. */
  over: 4,
} as const;

/**
 * Slots of one market: eight levels a side, and as many again for orders on their way out while others come in.
 * More would only let a fault place more.
 */
export const SLOT_COUNT = 32;
/** Stands for "no slot". */
export const NO_SLOT = -1;

/** State of all slots of one market, one typed array a field. Index is the slot. */
export class Slots {
  readonly state = new Uint8Array(SLOT_COUNT);
  readonly side = new Int8Array(SLOT_COUNT);
  /** Our counter of the order that rests, or of the only one sent. */
  readonly cloid = new Float64Array(SLOT_COUNT);
  readonly px = new Float64Array(SLOT_COUNT);
  /** What is left of it: what was asked for less the fills that were told, never less than the venue's own count. */
  readonly leavesLots = new Float64Array(SLOT_COUNT);
  /** What is known of it, one of LEG. */
  readonly leg = new Uint8Array(SLOT_COUNT);
  /** The order that is to replace it; 0 where there is none. */
  readonly nextCloid = new Float64Array(SLOT_COUNT);
  readonly nextPx = new Float64Array(SLOT_COUNT);
  readonly nextLots = new Float64Array(SLOT_COUNT);
  readonly nextLeg = new Uint8Array(SLOT_COUNT);
  readonly reduceOnly = new Uint8Array(SLOT_COUNT);
  /** When the last request about this slot went out, or when it became unknown. */
  readonly sinceUs = new Float64Array(SLOT_COUNT);

  /** Slots at and beyond this index are empty: scans end here. */
  limit = 0;

  /** A free slot, or NO_SLOT. */
  findEmpty(): number {
    for (let i = 0; i < SLOT_COUNT; i++) if (this.state[i] === SLOT.empty) return i;
    return NO_SLOT;
  }

  /** The slot whose resting or replacing order has this counter, or NO_SLOT. */
  find(cloid: number): number {
    if (cloid === 0) return NO_SLOT;
    for (let i = 0; i < this.limit; i++) {
      if (this.state[i] !== SLOT.empty && (this.cloid[i] === cloid || this.nextCloid[i] === cloid)) return i;
    }
    return NO_SLOT;
  }

  /**
   * Most lots by which this slot can still move the position: both legs of a modify, since either may be the one that trades, and what may
   * have filled without our knowing. In flight, cancelling and unknown count in full, because nothing is inferred from silence.
   */
  exposureLots(slot: number): Lots {
    // An empty slot has neither leg.
    return (this.leavesLots[slot] as Lots) + (this.nextLots[slot] as Lots);
  }

  /** Sum of `exposureLots` over one side. */
  sideExposureLots(side: number): Lots {
    let sum = 0;
    for (let i = 0; i < this.limit; i++) {
      if (this.state[i] !== SLOT.empty && this.side[i] === side) sum += this.exposureLots(i);
    }
    return sum;
  }

  /** The request about a slot that waits for its answer, one of ACTION; 0 when none does. */
  pendingAction(slot: number): number {
    const state = this.state[slot];
    if (state === SLOT.placing) return ACTION.place;
    if (state === SLOT.cancelling) return ACTION.cancel;
    // Answered, a modify may still wait for the word of how the old order ended.
    const isAsked = this.nextCloid[slot] !== 0 && this.nextLeg[slot] === LEG.asked;
    return state === SLOT.modifying && isAsked ? ACTION.modify : 0;
  }

  get isEmpty(): boolean {
    return this.limit === 0;
  }

  /**
   * Calls `visit` with every order whose fate only the venue's record can tell: no answer, a doubtful one, or an end whose fills are not all
   * told. An order that has been so for long is to be asked for.
   */
  visitUnresolved(visit: (cloid: number, sinceUs: TimeUs) => void): void {
    for (let i = 0; i < this.limit; i++) {
      const isUnknown = this.state[i] === SLOT.unknown;
      if (!isUnknown && this.state[i] !== SLOT.modifying) continue;
      const sinceUs = this.sinceUs[i] as TimeUs;
      const isOver = (this.leg[i] as number) >= LEG.closing;
      if (this.leavesLots[i] !== 0 && (isOver || (isUnknown && this.leg[i] !== LEG.live)))
        visit(this.cloid[i] as number, sinceUs);
      if (isUnknown && this.nextCloid[i] !== 0 && this.nextLeg[i] !== LEG.live)
        visit(this.nextCloid[i] as number, sinceUs);
    }
  }

  /** Price at which the slot's order stands or is asked to stand. */
  targetPx(slot: number): Px {
    return (this.state[slot] === SLOT.modifying ? this.nextPx[slot] : this.px[slot]) as Px;
  }

  /** Registers an order before it is sent. */
  place(slot: number, cloid: number, side: number, px: Px, lots: Lots, reduceOnly: boolean, nowUs: TimeUs): void {
    assert(this.state[slot] === SLOT.empty, "slots: an order is placed into an empty slot");
    assert(lots > 0 && px > 0, "slots: an order has price and size");
    if (slot >= this.limit) this.limit = slot + 1;
    this.state[slot] = SLOT.placing;
    this.side[slot] = side;
    this.cloid[slot] = cloid;
    this.px[slot] = px;
    this.leavesLots[slot] = lots;
    this.leg[slot] = LEG.asked;
    this.reduceOnly[slot] = reduceOnly ? 1 : 0;
    this.dropNext(slot);
    this.sinceUs[slot] = nowUs;
  }

  /** Registers an order that was found resting at the venue. */
  adopt(slot: number, cloid: number, side: number, px: Px, lots: Lots, reduceOnly: boolean, nowUs: TimeUs): void {
    this.place(slot, cloid, side, px, lots, reduceOnly, nowUs);
    this.leg[slot] = LEG.live;
    this.state[slot] = SLOT.resting;
  }

  /** Registers the replacing leg before the modify is sent. */
  modify(slot: number, nextCloid: number, px: Px, lots: Lots, nowUs: TimeUs): void {
    assert(this.state[slot] === SLOT.resting, "slots: only a resting order is modified");
    assert(lots > 0 && px > 0, "slots: an order has price and size");
    this.state[slot] = SLOT.modifying;
    this.nextCloid[slot] = nextCloid;
    this.nextPx[slot] = px;
    this.nextLots[slot] = lots;
    this.nextLeg[slot] = LEG.asked;
    this.sinceUs[slot] = nowUs;
  }

  /** The replacing leg is all that is left: it takes the slot over. */
  promote(slot: number): void {
    this.cloid[slot] = this.nextCloid[slot] as number;
    this.px[slot] = this.nextPx[slot] as number;
    this.leavesLots[slot] = this.nextLots[slot] as number;
    this.leg[slot] = this.nextLeg[slot] as number;
    this.dropNext(slot);
  }

  dropNext(slot: number): void {
    this.nextCloid[slot] = 0;
    this.nextPx[slot] = 0;
    this.nextLots[slot] = 0;
    this.nextLeg[slot] = LEG.asked;
  }

  cancel(slot: number, nowUs: TimeUs): void {
    assert(this.state[slot] === SLOT.resting, "slots: only a resting order is cancelled");
    this.state[slot] = SLOT.cancelling;
    this.sinceUs[slot] = nowUs;
  }

  free(slot: number): void {
    this.state[slot] = SLOT.empty;
    this.cloid[slot] = 0;
    this.leavesLots[slot] = 0;
    this.dropNext(slot);
    while (this.limit > 0 && this.state[this.limit - 1] === SLOT.empty) this.limit -= 1;
  }

  /** Folds what decides the future into a state hash. */
  foldInto(hash: RunningHash): void {
    for (let i = 0; i < SLOT_COUNT; i++) {
      const state = this.state[i] as number;
      hash.fold(state);
      if (state === SLOT.empty) continue;
      hash.fold(this.side[i] === BUY ? 1 : -1);
      hash.fold(this.cloid[i] as number);
      hash.fold(this.px[i] as number);
      hash.fold(this.leavesLots[i] as number);
      hash.fold(this.nextCloid[i] as number);
      hash.fold(this.nextPx[i] as number);
      hash.fold(this.nextLots[i] as number);
      hash.fold(8 * (this.leg[i] as number) + (this.nextLeg[i] as number));
    }
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.state);
    state.array(this.side);
    state.array(this.cloid);
    state.array(this.px);
    state.array(this.leavesLots);
    state.array(this.leg);
    state.array(this.nextCloid);
    state.array(this.nextPx);
    state.array(this.nextLots);
    state.array(this.nextLeg);
    state.array(this.reduceOnly);
    state.array(this.sinceUs);
    this.limit = state.num(this.limit);
  }
}
