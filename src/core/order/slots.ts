/**
 * Slots: containers without rank, each for at most one live order of one market.
 * @module
 */

import { assert } from "../assert.ts";
import { BUY } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, Px, TimeUs } from "../units.ts";

/** What a slot holds. */
export const SLOT = {
  empty: 0,
  /** Sent, no answer yet: may rest already. */
  placing: 1,
  resting: 2,
  /** Two orders under one slot until the venue says which lives. */
  modifying: 3,
  cancelling: 4,
  /** The venue says there is no such order and we have not seen it end: a fill may still be on its way. */
  unknown: 5,
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
  /** What is left of it. */
  readonly leavesLots = new Float64Array(SLOT_COUNT);
  /** While modifying: the order that is to replace it. */
  readonly nextCloid = new Float64Array(SLOT_COUNT);
  readonly nextPx = new Float64Array(SLOT_COUNT);
  readonly nextLots = new Float64Array(SLOT_COUNT);
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
    for (let i = 0; i < this.limit; i++) {
      if (this.state[i] === SLOT.empty) continue;
      if (this.cloid[i] === cloid || (this.state[i] === SLOT.modifying && this.nextCloid[i] === cloid)) return i;
    }
    return NO_SLOT;
  }

  /**
   * Most lots that this slot can still fill: both legs of a modify, since either may be the one that trades.
   * In flight, cancelling and unknown count in full, because nothing is inferred from silence.
   */
  exposureLots(slot: number): Lots {
    const state = this.state[slot];
    if (state === SLOT.empty) return 0;
    const leaves = this.leavesLots[slot] as Lots;
    return state === SLOT.modifying ? leaves + (this.nextLots[slot] as Lots) : leaves;
  }

  /** Sum of `exposureLots` over one side. */
  sideExposureLots(side: number): Lots {
    let sum = 0;
    for (let i = 0; i < this.limit; i++) {
      if (this.state[i] !== SLOT.empty && this.side[i] === side) sum += this.exposureLots(i);
    }
    return sum;
  }

  get isEmpty(): boolean {
    return this.limit === 0;
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
    this.reduceOnly[slot] = reduceOnly ? 1 : 0;
    this.nextCloid[slot] = 0;
    this.nextPx[slot] = 0;
    this.nextLots[slot] = 0;
    this.sinceUs[slot] = nowUs;
  }

  /** Registers the replacing leg before the modify is sent. */
  modify(slot: number, nextCloid: number, px: Px, lots: Lots, nowUs: TimeUs): void {
    assert(this.state[slot] === SLOT.resting, "slots: only a resting order is modified");
    assert(lots > 0 && px > 0, "slots: an order has price and size");
    this.state[slot] = SLOT.modifying;
    this.nextCloid[slot] = nextCloid;
    this.nextPx[slot] = px;
    this.nextLots[slot] = lots;
    this.sinceUs[slot] = nowUs;
  }

  cancel(slot: number, nowUs: TimeUs): void {
    assert(this.state[slot] === SLOT.resting, "slots: only a resting order is cancelled");
    this.state[slot] = SLOT.cancelling;
    this.sinceUs[slot] = nowUs;
  }

  free(slot: number): void {
    this.state[slot] = SLOT.empty;
    this.cloid[slot] = 0;
    this.nextCloid[slot] = 0;
    this.leavesLots[slot] = 0;
    this.nextLots[slot] = 0;
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
    }
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.state);
    state.array(this.side);
    state.array(this.cloid);
    state.array(this.px);
    state.array(this.leavesLots);
    state.array(this.nextCloid);
    state.array(this.nextPx);
    state.array(this.nextLots);
    state.array(this.reduceOnly);
    state.array(this.sinceUs);
    this.limit = state.num(this.limit);
  }
}
