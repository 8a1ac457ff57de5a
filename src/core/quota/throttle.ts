/**
 * Whether a request may go out now: a reserve for getting out, and one slot every ten seconds for all markets when the budget is spent.
 * @module
 */

import { assert } from "../assert.ts";
import { ACTION } from "../frame.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";
import type { QuotaLedger } from "./ledger.ts";

/** Why a request is sent; smaller goes first. */
export const PRIORITY = {
  /** Cancels and everything that risk asks for: never held back by the budget, the venue keeps a larger one for them. */
  risk: 0,
  placeMissing: 1,
  tooClose: 2,
  tooFar: 3,
  resize: 4,
} as const;

/** Surplus above the reserve that each priority needs: moving a far order is worth least, so it stops first. */
const SURPLUS_MIN = [Number.NEGATIVE_INFINITY, 0, 2, 4, 4] as const;
/**
 * Up to this surplus far orders move at the pace of the slot, so that what is left lasts through a stretch without fills. Without it a simulated day of
 * a market that earned little, begun with 7 % of the requests left, was throttled 2.2 % of the time.
 */
const SPARING_COUNT = 40;

/**
 * Spacing of requests while the budget is spent. The venue grants one 10 s after its previous answer; clients saw 11.1 s between their own
 * sends, and a refused attempt gains nothing, so we wait the longer.
 */
export const THROTTLE_WAIT_US = 11.1 * US_PER_SECOND;
/** After an answer was received here it is at least this long until the venue grants again, however slow the way. */
const ANSWER_WAIT_US = 10 * US_PER_SECOND;

/** What a market would use the one slot for; smaller goes first. What gets us out, then what stands to lose, then what is missing. */
export const CLASS = { reduce: 0, replace: 1, place: 2, far: 3, none: 4 } as const;
/** What waited for two slots goes before what did not, whatever it is: no market starves, and no side stays missing. */
export const PATIENCE_US = 2 * THROTTLE_WAIT_US;
/** A market that has not asked again for so long does not want any more: every one decides at least four times a second. */
const WANT_AGE_US = US_PER_SECOND;

/**
 * The one place that lets requests out.
 *
 * In budget each priority needs its surplus. At or below the reserve one *action* goes out each slot, as the venue grants it, with as many orders
 * as are of its kind: the missing sides of one decision go together, and those of other markets decided in the same frame ride along, because a
 * placed side pays for itself when it fills. Held back for good a missing side would stay missing, and only fills, which need both sides, could
 * open the gate again. Cancels have their own, larger cap at the venue and pass beside while it lasts.
 */
export class Throttle {
  readonly #ledger: QuotaLedger;
  readonly #reserveCount: number;
  #lastSentUs: TimeUs = Number.NEGATIVE_INFINITY;
  #lastAnswerUs: TimeUs = Number.NEGATIVE_INFINITY;
  /** Of each market: what it wants (one of CLASS), when it last said so, since when it waits, when it was last granted. */
  readonly #class: Uint8Array;
  readonly #wantUs: Float64Array;
  readonly #sinceUs: Float64Array;
  readonly #grantedUs: Float64Array;
  /** The slot taken last: in which frame, by whom, for what kind of action. */
  #frame = 0;
  #slotFrame = -1;
  #slotMarket = -1;
  #slotAction = 0;
  #slotShared = false;

  constructor(ledger: QuotaLedger, reserveCount: number, marketCount = 1) {
    this.#ledger = ledger;
    this.#reserveCount = reserveCount;
    this.#class = new Uint8Array(marketCount).fill(CLASS.none);
    this.#wantUs = new Float64Array(marketCount).fill(Number.NEGATIVE_INFINITY);
    this.#sinceUs = new Float64Array(marketCount).fill(Number.NaN);
    this.#grantedUs = new Float64Array(marketCount).fill(Number.NEGATIVE_INFINITY);
  }

  /** A frame is taken: what its decisions ask for can go out together. */
  beginFrame(): void {
    this.#frame += 1;
  }

  /** Whether only the slot is left. */
  get isSpent(): boolean {
    return this.#ledger.surplusCount <= this.#reserveCount;
  }

  /**
   * While spent: a market says what it would use the slot for, and takes it if it is free and no other market has the better claim.
   * @param want One of CLASS. @param action One of ACTION: what the slot would be used for.
   */
  ask(market: number, want: number, action: number, nowUs: TimeUs): void {
    assert(market < this.#class.length, "throttle: knows the market");
    this.#class[market] = want;
    this.#wantUs[market] = nowUs;
    if (want === CLASS.none) {
      this.#sinceUs[market] = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#sinceUs[market] as number)) this.#sinceUs[market] = nowUs;
    if (!this.#isSlotFree(nowUs) || this.#hasBetter(market, nowUs)) return;
    this.#takeSlot(market, action, true);
  }

  #takeSlot(market: number, action: number, shared: boolean): void {
    this.#slotFrame = this.#frame;
    this.#slotMarket = market;
    this.#slotAction = action;
    this.#slotShared = shared;
  }

  #isSlotFree(nowUs: TimeUs): boolean {
    return nowUs - this.#lastSentUs >= THROTTLE_WAIT_US && nowUs - this.#lastAnswerUs >= ANSWER_WAIT_US;
  }

  /** Whether another market's claim goes first: by class, the impatient before all, then who was granted longest ago, then by index. */
  #hasBetter(market: number, nowUs: TimeUs): boolean {
    const own = this.#rank(market, nowUs);
    for (let m = 0; m < this.#class.length; m++) {
      if (m === market || this.#class[m] === CLASS.none || nowUs - (this.#wantUs[m] as number) > WANT_AGE_US) continue;
      const other = this.#rank(m, nowUs);
      if (other > own) continue;
      if (other < own) return true;
      const before = (this.#grantedUs[m] as number) - (this.#grantedUs[market] as number);
      if (before < 0 || ((before === 0 || Number.isNaN(before)) && m < market)) return true;
    }
    return false;
  }

  #rank(market: number, nowUs: TimeUs): number {
    const isImpatient = nowUs - (this.#sinceUs[market] as number) >= PATIENCE_US;
    return isImpatient ? -1 : (this.#class[market] as number);
  }

  /** `none` when a request on one order may go out at `nowUs`, else why not. `action` is one of ACTION, `priority` one of PRIORITY. */
  check(market: number, action: number, priority: number, nowUs: TimeUs): Reason {
    const surplus = this.#ledger.surplusCount - this.#reserveCount;
    if (action === ACTION.cancel) {
      // What stands too close is taken away at once, whatever is left for orders.
      const beside = priority <= PRIORITY.tooClose || surplus > (SURPLUS_MIN[priority] as number);
      if (beside && this.#ledger.cancelSurplusCount > 0) return REASON.none;
    }
    if (surplus > (SURPLUS_MIN[priority] as number) && surplus > 0) {
      const isSpared = priority >= PRIORITY.tooFar && surplus <= SPARING_COUNT && !this.#isSlotFree(nowUs);
      return isSpared ? REASON.quota_spent : REASON.none;
    }
    if (surplus > 0) return REASON.quota_spent;
    // Cancels beyond their own cap need the slot like everything else, and take it before anybody.
    if (action === ACTION.cancel && priority === PRIORITY.risk && this.#isSlotFree(nowUs)) return REASON.none;
    return this.#ridesAlong(market, action, priority) ? REASON.none : REASON.quota_spent;
  }

  #ridesAlong(market: number, action: number, priority: number): boolean {
    if (this.#slotFrame !== this.#frame || this.#slotAction !== action || priority >= PRIORITY.resize) return false;
    return market === this.#slotMarket || (this.#slotShared && action === ACTION.place);
  }

  /** A request goes out. Cancels within their own cap do not move the slot. */
  onSent(market: number, action: number, nowUs: TimeUs): void {
    if (action === ACTION.cancel && this.#ledger.cancelSurplusCount > 0) return;
    // The last place in budget takes the market's other one with it: the venue lets an action pass whole.
    if (action === ACTION.place && this.#slotFrame !== this.#frame) this.#takeSlot(market, action, false);
    this.#lastSentUs = nowUs;
    this.#grantedUs[market] = nowUs;
    this.#sinceUs[market] = Number.NaN;
  }

  /** A place or a modify was answered. */
  onAnswer(nowUs: TimeUs): void {
    this.#lastAnswerUs = nowUs;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.#lastSentUs = state.num(this.#lastSentUs);
    this.#lastAnswerUs = state.num(this.#lastAnswerUs);
    state.array(this.#class);
    state.array(this.#wantUs);
    state.array(this.#sinceUs);
    state.array(this.#grantedUs);
    this.#frame = state.num(this.#frame);
    this.#slotFrame = state.num(this.#slotFrame);
    this.#slotMarket = state.num(this.#slotMarket);
    this.#slotAction = state.num(this.#slotAction);
    this.#slotShared = state.bool(this.#slotShared);
  }
}
