/**
 * Worst-case exposure and the hard cap: position plus everything that could still fill, in lots.
 * @module
 */

import { assert } from "../assert.ts";
import { BUY, SELL } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { Slots } from "../order/slots.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, MicroUsd } from "../units.ts";
import type { Position } from "./position.ts";

/** Fair value must have moved this much before the cap in lots is taken anew. */
const RECAP_MOVE_RATIO = 0.05;

/**
 * Holds the cap in lots and answers how much more a side may hold.
 *
 * The cap is a dollar setting; in lots it is floor(cap / fair) at the first quote and stays there, because a cap that shrinks while price
 * rises would be broken by the price and not by us. It is taken anew only while flat with no orders out.
 */
export class Exposure {
  capLots: Lots = 0;
  /** Largest worst case seen, over the cap. The promise is that it never exceeds 1. */
  maxRatio = 0;
  readonly #capUsd: MicroUsd;
  readonly #marginUsd: MicroUsd;
  #fairAtCap = 0;
  #fair = 0;
  #leverage = 1;
  readonly #position: Position;
  readonly #slots: Slots;

  constructor(capUsd: MicroUsd, marginUsd: MicroUsd, position: Position, slots: Slots) {
    this.#capUsd = capUsd;
    this.#marginUsd = marginUsd;
    this.#position = position;
    this.#slots = slots;
  }

  setLeverage(leverage: number): void {
    assert(leverage > 0, "exposure: leverage is above 0");
    this.#leverage = leverage;
  }

  /** Takes fair value: sets the cap in lots at the first call, and again when flat, idle and far from the old price. */
  update(fair: number): void {
    this.#fair = fair;
    const moved = Math.abs(fair / this.#fairAtCap - 1) > RECAP_MOVE_RATIO;
    const first = this.#fairAtCap === 0;
    if (!first && !(moved && this.#position.lots === 0 && this.#slots.isEmpty)) return;
    // What the margin set aside can carry binds as well: initial margin is notional over leverage.
    this.capLots = Math.floor(Math.min(this.#capUsd, this.#marginUsd * this.#leverage) / fair);
    this.#fairAtCap = fair;
  }

  /** Worst case on a side: what we would hold, in that direction, if everything on it filled and nothing on the other. */
  worstLots(side: number): Lots {
    return side * this.#position.lots + this.#slots.sideExposureLots(side);
  }

  /** Lots that a side may hold in orders altogether. */
  roomLots(side: number): Lots {
    return Math.max(0, this.capLots - side * this.#position.lots);
  }

  /** Whether an order on `side` shrinks the position. */
  isReducing(side: number): boolean {
    return side * this.#position.lots < 0;
  }

  /** Margin that the worse of both sides may come to need, with `lots` more in flight on `side`. */
  marginUsd(side: number, lots: Lots): MicroUsd {
    const bid = this.worstLots(BUY) + (side === BUY ? lots : 0);
    const ask = this.worstLots(SELL) + (side === SELL ? lots : 0);
    return (Math.max(0, bid, ask) * this.#fair) / this.#leverage;
  }

  /** Whether `lots` more in flight on `side` keep the worst case within the cap. */
  fits(side: number, lots: Lots): boolean {
    return this.worstLots(side) + lots <= this.capLots;
  }

  /** Records the worst case of now. */
  record(): void {
    if (this.capLots === 0) return;
    const worst = Math.max(this.worstLots(BUY), this.worstLots(SELL));
    const ratio = worst / this.capLots;
    if (ratio > this.maxRatio) this.maxRatio = ratio;
  }

  /** Position over cap, signed; 0 before the cap is known. */
  get usedRatio(): number {
    return this.capLots === 0 ? 0 : this.#position.lots / this.capLots;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.capLots);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.capLots = state.num(this.capLots);
    this.maxRatio = state.num(this.maxRatio);
    this.#fairAtCap = state.num(this.#fairAtCap);
    this.#fair = state.num(this.#fair);
    this.#leverage = state.num(this.#leverage);
  }
}
