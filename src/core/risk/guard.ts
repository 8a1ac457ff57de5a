/**
 * What stops one market, wholly or in part: the operator, the edge that must ask the venue first, and the breakers that are not about money.
 * @module
 */
import { COMMAND, ORDER_STATUS } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type Lots, type TimeUs, US_PER_SECOND } from "../units.ts";
import { clearedBy, type OpenBreaker } from "./breaker.ts";
import { PositionMismatch } from "./mismatch.ts";
import type { Position } from "./position.ts";
import { PriceJump } from "./price_jump.ts";
import { RejectBreaker } from "./rejects.ts";

/** After the venue said that open interest is capped, nothing that would raise it is asked for this long. */
export const INTEREST_WAIT_US = 60 * US_PER_SECOND;

/** Holds, commands and breakers of one market. */
export class MarketGuard {
  /** Nothing new is placed or moved until what stands at the venue is known. */
  held = false;
  readonly jump: PriceJump;
  readonly rejects = new RejectBreaker();
  readonly mismatch = new PositionMismatch();
  /** `none`, or what the operator asked for: stopped, paused, reducing. */
  operator: Reason = REASON.none;
  #interestUntilUs: TimeUs = Number.NEGATIVE_INFINITY;

  constructor(priceJumpFrac: number) {
    this.jump = new PriceJump(priceJumpFrac);
  }

  /**
   * Takes one of COMMAND. `resume` clears the breakers of the market, and takes over the position that the venue told last where the two
   * differed. A stop is final for the process.
   */
  onCommand(command: number, position: Position, markPx: number): void {
    if (command === COMMAND.hold) this.held = true;
    else if (command === COMMAND.release) this.held = false;
    else if (command === COMMAND.stop) this.operator = REASON.stopped;
    // A stop ended the process before, not this one; what the operator said beside it holds.
    else if (command === COMMAND.start && this.operator === REASON.stopped) this.operator = REASON.none;
    if (this.operator === REASON.stopped) return;
    if (command === COMMAND.pause) this.operator = REASON.paused;
    else if (command === COMMAND.reduce) this.operator = REASON.reducing;
    else if (command === COMMAND.resume) {
      this.operator = REASON.none;
      if (this.mismatch.tripped) position.adopt(this.mismatch.toldLots, markPx);
      this.mismatch.clear();
      this.rejects.clear();
      this.jump.clear();
      this.#interestUntilUs = Number.NEGATIVE_INFINITY;
    }
  }

  /** An answer told something new of one of our orders. */
  onOrder(nowUs: TimeUs, status: number, reason: number): void {
    if (status !== ORDER_STATUS.rejected && status !== ORDER_STATUS.refused) return;
    if (reason === REASON.open_interest_cap) this.#interestUntilUs = nowUs + INTEREST_WAIT_US;
    this.rejects.onReject(nowUs);
  }

  /** What the venue says of our position: taken over, or compared. */
  onPosition(nowUs: TimeUs, lots: Lots, adopt: boolean, position: Position, markPx: number): void {
    if (adopt) {
      position.adopt(lots, markPx);
      this.mismatch.onAdopted(lots);
    } else this.mismatch.onPosition(nowUs, lots, position.lots, position.fillCount);
  }

  /** Why no order may stand, or `none`. */
  stopReason(nowUs: TimeUs): Reason {
    if (this.operator === REASON.stopped || this.operator === REASON.paused) return this.operator;
    if (this.mismatch.tripped) return REASON.position_mismatch;
    if (this.rejects.isOpen(nowUs)) return REASON.reject_burst;
    return this.jump.isOpen(nowUs) ? REASON.price_jump : REASON.none;
  }

  /** Why only the reducing side is quoted, or `none`. */
  get reduceReason(): Reason {
    return this.operator === REASON.reducing ? REASON.reducing : REASON.none;
  }

  /** Whether nothing may be asked for that adds to a position. */
  isInterestCapped(nowUs: TimeUs): boolean {
    return nowUs < this.#interestUntilUs;
  }

  /** Adds what is in force of this market to `out`. Allocates: for people, not for decisions. */
  addOpen(out: OpenBreaker[], market: number, nowUs: TimeUs): void {
    const add = (isOpen: boolean, reason: Reason, untilUs = Number.NaN): void => {
      if (isOpen) out.push({ market, reason, untilUs, clearedBy: clearedBy(reason) });
    };
    add(this.held, REASON.holding);
    add(this.operator !== REASON.none, this.operator);
    add(this.mismatch.tripped, REASON.position_mismatch);
    add(this.rejects.isOpen(nowUs), REASON.reject_burst, this.rejects.untilUs);
    add(this.jump.isOpen(nowUs), REASON.price_jump, this.jump.untilUs);
    add(this.isInterestCapped(nowUs), REASON.open_interest_cap, this.#interestUntilUs);
  }

  get trippedCount(): number {
    return this.rejects.trippedCount + this.mismatch.trippedCount + this.jump.trippedCount;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.operator);
    hash.fold((this.held ? 1 : 0) + (this.mismatch.tripped ? 2 : 0));
    // A wait that never was is minus infinity: folded as 0.
    hash.fold(Math.max(0, this.jump.untilUs));
    hash.fold(Math.max(0, this.rejects.untilUs));
    hash.fold(Math.max(0, this.#interestUntilUs));
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.held = state.bool(this.held);
    this.operator = state.num(this.operator) as Reason;
    this.jump.syncState(state);
    this.rejects.syncState(state);
    this.mismatch.syncState(state);
    this.#interestUntilUs = state.num(this.#interestUntilUs);
  }
}
