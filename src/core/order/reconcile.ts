/**
 * From the wanted ladder to requests: what to hold, move, place and cancel on one side, within the band and the cap.
 * @module
 */
import { ACTION, BUY } from "../frame.ts";
import { checkBand } from "../quota/gate.ts";
import { PRIORITY } from "../quota/throttle.ts";
import type { Ladder } from "../quote/ladder.ts";
import { REASON, type Reason } from "../reason.ts";
import type { Px } from "../units.ts";
import { LEG, NO_SLOT, SLOT, SLOT_COUNT, type Slots } from "./slots.ts";

/** An order smaller than this share of what is wanted, or larger than its inverse, is resized; between them a request is not worth it. */
const RESIZE_RATIO = 0.5;

/** What decides whether an order holds, for one side at one moment. Reused; the engine fills it. */
export interface SideContext {
  side: number;
  /** Fair value, price units. */
  fairPx: number;
  /** Distance of the best level from fair value, without the reset. */
  bestFrac: number;
  /** Turns a distance into the band's dimensionless u. */
  kappaPerFrac: number;
  bandLo: number;
  bandHi: number;
  /** Above 0: hold while within this distance of the wanted price, instead of the band. */
  requoteFixedFrac: number;
  /** Cancel what has no place in the ladder even when it stands far enough away. */
  trim: boolean;
  /** Whether an order is made larger where it stands: that moves no price, so no band says what it gains. */
  grows: boolean;
}

/** Candidate requests of one side, by value, allocated once. */
export class Candidates {
  readonly action = new Uint8Array(SLOT_COUNT * 2);
  readonly slot = new Int8Array(SLOT_COUNT * 2);
  readonly level = new Int8Array(SLOT_COUNT * 2);
  readonly side = new Int8Array(SLOT_COUNT * 2);
  readonly priority = new Uint8Array(SLOT_COUNT * 2);
  readonly reason = new Uint8Array(SLOT_COUNT * 2);
  count = 0;

  /** Adds one, keeping the list in order of priority (equal ones in order of arrival). */
  add(action: number, slot: number, level: number, side: number, priority: number, reason: Reason): void {
    let i = this.count;
    this.count += 1;
    while (i > 0 && (this.priority[i - 1] as number) > priority) {
      this.action[i] = this.action[i - 1] as number;
      this.slot[i] = this.slot[i - 1] as number;
      this.level[i] = this.level[i - 1] as number;
      this.side[i] = this.side[i - 1] as number;
      this.priority[i] = this.priority[i - 1] as number;
      this.reason[i] = this.reason[i - 1] as number;
      i -= 1;
    }
    this.action[i] = action;
    this.slot[i] = slot;
    this.level[i] = level;
    this.side[i] = side;
    this.priority[i] = priority;
    this.reason[i] = reason;
  }

  /** Leaves the cancels that risk asks for and nothing else: they come first in the list. */
  keepRiskCancels(): void {
    let kept = 0;
    while (kept < this.count && this.action[kept] === ACTION.cancel && this.priority[kept] === PRIORITY.risk) kept += 1;
    this.count = kept;
  }

  clear(): void {
    this.count = 0;
  }

  /** Whether any of them asks for an action of this kind. */
  hasAction(action: number): boolean {
    for (let i = 0; i < this.count; i++) if (this.action[i] === action) return true;
    return false;
  }
}

/** Which slot serves which level; scratch of one call. */
const slotOfLevel = new Int8Array(SLOT_COUNT);
const taken = new Uint8Array(SLOT_COUNT);

/**
 * Adds to `out` what would bring one side from its slots to its ladder.
 *
 * Equal prices are matched first, so that an order that stands right is never moved for another's sake. What is left is paired best with
 * best: a resting order outside its band is modified (one request instead of two, and its queue place is lost either way), one inside holds.
 * Levels without an order are placed. Orders without a level stay when they stand far enough away, because leaving them costs nothing and
 * taking them away costs a request; they go when they are too close, or when `trim` says that the ladder means it.
 * In-flight orders are left alone until the venue has answered.
 */
export function addSideCandidates(out: Candidates, slots: Slots, ladder: Ladder, context: SideContext): void {
  const side = context.side;
  slotOfLevel.fill(NO_SLOT);
  taken.fill(0);
  for (let level = 0; level < ladder.count; level++) {
    for (let i = 0; i < slots.limit; i++) {
      if (taken[i] === 1 || !standsAt(slots, i, side, ladder.px[level] as Px)) continue;
      slotOfLevel[level] = i;
      taken[i] = 1;
      break;
    }
  }
  for (let level = 0; level < ladder.count; level++) {
    if (slotOfLevel[level] === NO_SLOT) slotOfLevel[level] = takeBest(slots, side);
    const slot = slotOfLevel[level] as number;
    if (slot === NO_SLOT) out.add(ACTION.place, NO_SLOT, level, side, PRIORITY.placeMissing, REASON.place_missing);
    else if (slots.state[slot] === SLOT.resting) addMove(out, slots, ladder, level, slot, context);
  }
  for (let i = 0; i < slots.limit; i++) {
    if (taken[i] === 1 || slots.side[i] !== side || slots.state[i] !== SLOT.resting) continue;
    if (ladder.count === 0 || context.trim)
      out.add(ACTION.cancel, i, NO_SLOT, side, PRIORITY.risk, REASON.surplus_level);
    else if (bandReason(slots.px[i] as Px, 0, context) === REASON.too_close) {
      out.add(ACTION.cancel, i, NO_SLOT, side, PRIORITY.tooClose, REASON.too_close);
    }
  }
}

/**
 * An order that stands at this price, or will once the venue answers. One that is known to rest while the fate of its replacement is not serves
 * too: another beside it would be twice our size at one price.
 */
function standsAt(slots: Slots, slot: number, side: number, px: Px): boolean {
  if (isQuoting(slots, slot, side)) return slots.targetPx(slot) === px;
  const isHalfKnown = slots.state[slot] === SLOT.unknown && slots.leg[slot] === LEG.live;
  return isHalfKnown && slots.side[slot] === side && slots.px[slot] === px;
}

/** An order that stands, or will once the venue answers. */
function isQuoting(slots: Slots, slot: number, side: number): boolean {
  const state = slots.state[slot];
  return slots.side[slot] === side && (state === SLOT.placing || state === SLOT.resting || state === SLOT.modifying);
}

/** Takes the untaken order of the side that stands closest to the market; NO_SLOT when there is none. */
function takeBest(slots: Slots, side: number): number {
  let best = NO_SLOT;
  for (let i = 0; i < slots.limit; i++) {
    if (taken[i] === 1 || !isQuoting(slots, i, side)) continue;
    if (best === NO_SLOT || side * (slots.targetPx(i) - slots.targetPx(best)) > 0) best = i;
  }
  if (best !== NO_SLOT) taken[best] = 1;
  return best;
}

/** Distance of a price from fair value on its own side, as a fraction; negative when it stands beyond fair value. */
function distanceFrac(px: Px, context: SideContext): number {
  return (context.side === BUY ? context.fairPx - px : px - context.fairPx) / context.fairPx;
}

function bandReason(px: Px, offsetFrac: number, context: SideContext): Reason {
  const off = distanceFrac(px, context) - context.bestFrac - offsetFrac;
  if (context.requoteFixedFrac > 0) {
    if (off < -context.requoteFixedFrac) return REASON.too_close;
    return off > context.requoteFixedFrac ? REASON.too_far : REASON.band_holds;
  }
  return checkBand(context.kappaPerFrac * off, context.bandLo, context.bandHi);
}

function addMove(
  out: Candidates,
  slots: Slots,
  ladder: Ladder,
  level: number,
  slot: number,
  context: SideContext,
): void {
  const reason = bandReason(slots.px[slot] as Px, ladder.offsetFrac[level] as number, context);
  const samePx = slots.px[slot] === ladder.px[level];
  // A price that rounding or the touch keeps where it is cannot be improved by a request.
  if (reason === REASON.too_close && !samePx) {
    out.add(ACTION.modify, slot, level, context.side, PRIORITY.tooClose, reason);
  } else if (reason === REASON.too_far && !samePx) {
    out.add(ACTION.modify, slot, level, context.side, PRIORITY.tooFar, reason);
  } else {
    const leaves = slots.leavesLots[slot] as number;
    const wanted = ladder.lots[level] as number;
    if ((context.grows && leaves < RESIZE_RATIO * wanted) || wanted < RESIZE_RATIO * leaves) {
      out.add(ACTION.modify, slot, level, context.side, PRIORITY.resize, REASON.resize);
    }
  }
}
