/**
 * Answers on their way back: frames that wait for the venue time at which we know them.
 * @module
 */
import { assert } from "../core/assert.ts";
import { F, FRAME_SIZE_MAX, type FrameLane, KIND, ORDER } from "../core/frame.ts";
import type { Reason } from "../core/reason.ts";
import type { Lots, TimeUs } from "../core/units.ts";

/** Writes the answer to a request into the emptied lane; returns where it begins. Side, price and size are the request's own and stay 0. */
export function writeAnswer(
  lane: FrameLane,
  market: number,
  happenedUs: TimeUs,
  cloid: number,
  oid: number,
  status: number,
  reason: Reason,
  leavesLots: Lots,
): number {
  lane.clear();
  const at = lane.begin(KIND.order, ORDER.size, 0, happenedUs, market);
  const data = lane.data;
  data[at + ORDER.cloid] = cloid;
  data[at + ORDER.oid] = oid;
  data[at + ORDER.status] = status;
  data[at + ORDER.reason] = reason;
  data[at + ORDER.side] = 0;
  data[at + ORDER.px] = 0;
  data[at + ORDER.lots] = 0;
  data[at + ORDER.leavesLots] = leavesLots;
  data[at + ORDER.reduceOnly] = 0;
  return at;
}

/** Answers that may be on their way at once: every slot of a few markets, and a burst of fills. */
const REPLIES_MAX = 4096;
/** Doubles of one waiting frame; a fill, the longest, has 15. */
const SLOT_SIZE = 16;

/** Frames ordered by when they are known, equal times in order of entry. */
export class ReplyQueue {
  readonly #frames = new Float64Array(REPLIES_MAX * SLOT_SIZE);
  readonly #due = new Float64Array(REPLIES_MAX);
  /** Places in order of time; the first `#count` are waiting. */
  readonly #order = new Int32Array(REPLIES_MAX);
  #count = 0;

  constructor() {
    for (let i = 0; i < REPLIES_MAX; i++) this.#order[i] = i;
  }

  get nextDueUs(): TimeUs {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#due[this.#order[0] as number] as TimeUs);
  }

  /** Enters the frame at data[at], to be known at `dueUs`. */
  add(data: Float64Array, at: number, dueUs: TimeUs): void {
    assert(this.#count < REPLIES_MAX, "replies: there is room for one more answer");
    const size = data[at] as number;
    assert(size <= SLOT_SIZE && size <= FRAME_SIZE_MAX, "replies: an answer fits its place");
    const place = this.#order[this.#count] as number;
    for (let i = 0; i < size; i++) this.#frames[place * SLOT_SIZE + i] = data[at + i] as number;
    this.#due[place] = dueUs;
    let rank = this.#count;
    while (rank > 0 && (this.#due[this.#order[rank - 1] as number] as TimeUs) > dueUs) {
      this.#order[rank] = this.#order[rank - 1] as number;
      rank -= 1;
    }
    this.#order[rank] = place;
    this.#count += 1;
  }

  /** Moves every answer known by `venueTimeUs` into the lane, stamped `timeUs`. Returns how many. */
  drain(venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): number {
    let moved = 0;
    while (moved < this.#count && (this.#due[this.#order[moved] as number] as TimeUs) <= venueTimeUs) {
      const at = lane.push(this.#frames, (this.#order[moved] as number) * SLOT_SIZE);
      lane.data[at + F.timeUs] = timeUs;
      moved += 1;
    }
    if (moved === 0) return 0;
    // The places that became free go behind the waiting ones.
    for (let i = 0; i < moved; i++) this.#free[i] = this.#order[i] as number;
    this.#order.copyWithin(0, moved, this.#count);
    this.#count -= moved;
    for (let i = 0; i < moved; i++) this.#order[this.#count + i] = this.#free[i] as number;
    return moved;
  }
  readonly #free = new Int32Array(REPLIES_MAX);
}
