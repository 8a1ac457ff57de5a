/**
 * Orders of ours inside a market that does not know them: one order stream, scored under several rules at once.
 * @module
 */
import { assert } from "../core/assert.ts";
import type { Lots, Px, TimeUs } from "../core/units.ts";
import { powerProb, type QueueModel, riskAverse } from "./queue.ts";

/** One rule that scores the order stream. */
export interface Scorer {
  name: string;
  queue: QueueModel;
  /** Stands in front of everyone. */
  isTouch: boolean;
  /** Fills what was printed only; the others fill the rest as soon as the market moved through the order. */
  isStrict: boolean;
}

const scorer = (name: string, queue: QueueModel, isStrict: boolean, isTouch = false): Scorer => ({
  name,
  queue,
  isTouch,
  isStrict,
});

/** Rules of every run. The first drives the engine and the account. */
export const SCORERS: readonly Scorer[] = [
  scorer("pessimistic", riskAverse, false),
  scorer("central", powerProb(3), false),
  scorer("touch", riskAverse, false, true),
  scorer("strict", riskAverse, true),
];
export const SCORER_COUNT = SCORERS.length;
/** The same and what is left of three queue models under two crossing rules. */
export const ALL_SCORERS: readonly Scorer[] = [
  ...SCORERS,
  scorer("strict_central", powerProb(3), true),
  scorer("strict_touch", riskAverse, true, true),
];
export const DRIVER = 0;

/**
 * Orders a market may have alive or settling: the engine's 32 slots, and as many that ended within the last moments.
 */
export const ORDERS_MAX = 96;

export const ORDER_STATE = {
  free: 0,
  live: 1,
  /** Replaced or cancelled, its end not acknowledged: a print that is still on its way may prove that it filled. */
  settling: 2,
  /** Ended and acknowledged; kept a moment to count prints that came too late. */
  ended: 3,
} as const;

/** Orders of one market, one array a field. An order keeps its identity through modifies; each modify starts a new leg. */
export class RestingOrders {
  readonly scorers: readonly Scorer[];
  readonly scorerCount: number;
  readonly capacity: number;
  readonly state: Uint8Array;
  readonly identity: Float64Array;
  readonly side: Float64Array;
  readonly cloid: Float64Array;
  readonly oid: Float64Array;
  readonly px: Float64Array;
  readonly liveFromUs: Float64Array;
  readonly endUs: Float64Array;
  /** Lots that the order wants in all, filled ones included; each scorer owes this less what it has filled. */
  readonly totalLots: Float64Array;
  readonly filledLots: Float64Array;
  /** What was asked for beyond it and cut off at arrival: a reduce-only order is never more than the position. */
  readonly cutLots: Float64Array;
  /** Displayed lots in front, per scorer; Infinity while the price lies beyond the known book. */
  readonly front: Float64Array;
  /**
   * Displayed size of the level when it was last taken into account, and what traded there since: up to the held depth, between it and the
   * next one, and after both. A print belongs to the depth that shows it missing; with an older one it would count again as shrinkage.
   */
  readonly levelLots: Float64Array;
  readonly tradedLots: Float64Array;
  readonly tradedNextLots: Float64Array;
  readonly tradedLaterLots: Float64Array;
  /** Depth seen and not yet taken into account: the oldest, and the newest after it. */
  readonly heldUs: Float64Array;
  readonly heldLots: Float64Array;
  readonly nextUs: Float64Array;
  readonly nextLots: Float64Array;
  /** Newest venue time at which the best of our own side stood beyond our price. */
  readonly passedUs: Float64Array;
  readonly lateFillLots: Float64Array;
  /** Index of the order that replaces a settling one, or -1. */
  readonly successor: Int16Array;
  /** Cloid under which the end of a settling order is answered. */
  readonly answerCloid: Float64Array;

  /** Places at and beyond this index are free. */
  limit = 0;

  constructor(scorers: readonly Scorer[] = SCORERS, capacity: number = ORDERS_MAX) {
    this.scorers = scorers;
    this.scorerCount = scorers.length;
    this.capacity = capacity;
    this.filledLots = new Float64Array(capacity * scorers.length);
    this.front = new Float64Array(capacity * scorers.length);
    this.state = new Uint8Array(capacity);
    this.identity = new Float64Array(capacity);
    this.side = new Float64Array(capacity);
    this.cloid = new Float64Array(capacity);
    this.oid = new Float64Array(capacity);
    this.px = new Float64Array(capacity);
    this.liveFromUs = new Float64Array(capacity);
    this.endUs = new Float64Array(capacity);
    this.totalLots = new Float64Array(capacity);
    this.cutLots = new Float64Array(capacity);
    this.levelLots = new Float64Array(capacity);
    this.tradedLots = new Float64Array(capacity);
    this.tradedNextLots = new Float64Array(capacity);
    this.tradedLaterLots = new Float64Array(capacity);
    this.heldUs = new Float64Array(capacity);
    this.heldLots = new Float64Array(capacity);
    this.nextUs = new Float64Array(capacity);
    this.nextLots = new Float64Array(capacity);
    this.passedUs = new Float64Array(capacity);
    this.lateFillLots = new Float64Array(capacity);
    this.successor = new Int16Array(capacity).fill(-1);
    this.answerCloid = new Float64Array(capacity);
  }

  /** Takes a free place; the caller fills the rest. */
  add(): number {
    let i = 0;
    while (i < this.capacity && this.state[i] !== ORDER_STATE.free) i++;
    if (i === this.capacity) i = this.#oldestEnded();
    assert(i >= 0, "resting: the market has room for one more order");
    if (i >= this.limit) this.limit = i + 1;
    this.heldUs[i] = 0;
    this.nextUs[i] = 0;
    this.tradedLots[i] = 0;
    this.tradedNextLots[i] = 0;
    this.tradedLaterLots[i] = 0;
    this.passedUs[i] = 0;
    this.lateFillLots[i] = 0;
    this.successor[i] = -1;
    this.answerCloid[i] = 0;
    this.cutLots[i] = 0;
    this.endUs[i] = Number.POSITIVE_INFINITY;
    return i;
  }

  /** The ended order that is remembered longest, or -1: its place costs a late print that goes uncounted, a full pool the run. */
  #oldestEnded(): number {
    let oldest = -1;
    for (let i = 0; i < this.capacity; i++) {
      if (this.state[i] !== ORDER_STATE.ended || this.isAwaited(i)) continue;
      if (oldest < 0 || (this.endUs[i] as TimeUs) < (this.endUs[oldest] as TimeUs)) oldest = i;
    }
    return oldest;
  }

  /** Whether a settling order points here as the one that replaces it. */
  isAwaited(i: number): boolean {
    for (let j = 0; j < this.limit; j++)
      if (this.state[j] === ORDER_STATE.settling && this.successor[j] === i) return true;
    return false;
  }

  free(i: number): void {
    this.state[i] = ORDER_STATE.free;
    while (this.limit > 0 && this.state[this.limit - 1] === ORDER_STATE.free) this.limit -= 1;
  }

  clear(): void {
    this.state.fill(ORDER_STATE.free);
    this.limit = 0;
  }

  find(cloid: number): number {
    for (let i = 0; i < this.limit; i++) if (this.state[i] === ORDER_STATE.live && this.cloid[i] === cloid) return i;
    return -1;
  }

  /** Lots that a scorer still owes on an order. */
  owed(i: number, scorer: number): Lots {
    return Math.max(0, (this.totalLots[i] as Lots) - (this.filledLots[i * this.scorerCount + scorer] as Lots));
  }

  /** Sets every scorer's front from the displayed size; `touch` is always first. */
  setFront(i: number, lots: number): void {
    for (let s = 0; s < this.scorerCount; s++)
      this.front[i * this.scorerCount + s] = (this.scorers[s] as Scorer).isTouch && lots !== Infinity ? 0 : lots;
  }

  /** Whether the order stood in the book at `timeUs`: it takes part in events of its arrival, and in those of its end. */
  stoodAt(i: number, timeUs: TimeUs): boolean {
    const state = this.state[i];
    if (state !== ORDER_STATE.live && state !== ORDER_STATE.settling) return false;
    return timeUs >= (this.liveFromUs[i] as TimeUs) && timeUs <= (this.endUs[i] as TimeUs);
  }

  /** Whether a price lies strictly beyond ours: below a bid, above an ask. */
  isBeyond(i: number, px: Px): boolean {
    return (this.side[i] as number) * ((this.px[i] as Px) - px) > 0;
  }
}
