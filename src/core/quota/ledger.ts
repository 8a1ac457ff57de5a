/**
 * Our own count of the address's requests: what was spent, what the volume earned, what is left.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { MICRO_PER_USD, type MicroUsd } from "../units.ts";

/** Requests that a new address starts with (venue's rate-limit page). */
export const REQUESTS_INITIAL_COUNT = 10_000;

/**
 * Counts requests as the venue does: a place, modify or cancel is one each when it is sent, one is earned per credited dollar traded, and
 * the venue's own numbers replace ours whenever they come.
 */
export class QuotaLedger {
  /** Requests counted against the address, as far as we know. */
  usedCount = 0;
  capCount = REQUESTS_INITIAL_COUNT;
  reservedCount = 0;
  /** Requests this process sent. */
  sentCount = 0;
  #earnedUsd: MicroUsd = 0;

  onSent(): void {
    this.sentCount += 1;
    this.usedCount += 1;
  }

  /** A refused request was not counted by the venue. */
  onRefused(): void {
    this.usedCount -= 1;
  }

  /** @param creditedUsd Notional times the market's credit ratio, micro-dollars. */
  onFill(creditedUsd: MicroUsd): void {
    const before = Math.floor(this.#earnedUsd / MICRO_PER_USD);
    this.#earnedUsd += creditedUsd;
    this.capCount += Math.floor(this.#earnedUsd / MICRO_PER_USD) - before;
  }

  /** The venue's count, less what it cannot have seen yet. */
  onVenue(usedCount: number, capCount: number, reservedCount: number, inFlightCount: number): void {
    this.usedCount = usedCount + inFlightCount;
    this.capCount = capCount;
    this.reservedCount = reservedCount;
  }

  /** Requests left before the limiter refuses; negative when in debt. */
  get surplusCount(): number {
    return this.capCount + this.reservedCount - this.usedCount;
  }

  /** Surplus over cap. */
  get headroomRatio(): number {
    return this.surplusCount / this.capCount;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.usedCount);
    hash.fold(this.capCount);
    hash.fold(this.reservedCount);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.usedCount = state.num(this.usedCount);
    this.capCount = state.num(this.capCount);
    this.reservedCount = state.num(this.reservedCount);
    this.sentCount = state.num(this.sentCount);
    this.#earnedUsd = state.num(this.#earnedUsd);
  }
}
