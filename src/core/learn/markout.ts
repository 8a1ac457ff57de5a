/**
 * What our own fills taught: the move after each, against what the market's curve had said.
 * @module
 */
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";

/** Horizon of the lesson, the verdict's own. */
const HORIZON_US = 5 * US_PER_SECOND;
/** Fills that may await their horizon: five seconds of one fill a block on both sides are 150. */
const PENDING_MAX = 256;

/** Receives the adverse move of a fill (positive: against us) and the distance it was filled at. */
export interface MarkoutSink {
  onOwnMarkout(adverseFrac: number, depthFrac: number): void;
}

/** Own fills waiting for the mid five seconds later. */
export class OwnMarkouts {
  droppedCount = 0;
  readonly #timeUs = new Float64Array(PENDING_MAX);
  readonly #side = new Float64Array(PENDING_MAX);
  readonly #mid = new Float64Array(PENDING_MAX);
  readonly #depth = new Float64Array(PENDING_MAX);
  readonly #sink: MarkoutSink;
  #written = 0;
  #resolved = 0;

  constructor(sink: MarkoutSink) {
    this.#sink = sink;
  }

  /** @param midBefore Last mid strictly before the fill; NaN fills teach nothing. */
  onFill(side: number, venueTimeUs: TimeUs, midBefore: number, depthFrac: number): void {
    if (Number.isNaN(midBefore) || this.#written - this.#resolved >= PENDING_MAX) {
      this.droppedCount += 1;
      return;
    }
    const i = this.#written % PENDING_MAX;
    this.#timeUs[i] = venueTimeUs;
    this.#side[i] = side;
    this.#mid[i] = midBefore;
    this.#depth[i] = depthFrac;
    this.#written += 1;
  }

  /** The touch changed at `venueTimeUs`; until then the mid was `midBefore`. */
  onMid(venueTimeUs: TimeUs, midBefore: number): void {
    while (this.#resolved < this.#written) {
      const i = this.#resolved % PENDING_MAX;
      if ((this.#timeUs[i] as number) + HORIZON_US > venueTimeUs) return;
      const before = this.#mid[i] as number;
      const adverse = (-(this.#side[i] as number) * (midBefore - before)) / before;
      this.#sink.onOwnMarkout(adverse, this.#depth[i] as number);
      this.#resolved += 1;
    }
  }

  onGap(): void {
    this.droppedCount += this.#written - this.#resolved;
    this.#resolved = this.#written;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.droppedCount = state.num(this.droppedCount);
    this.#written = state.num(this.#written);
    this.#resolved = state.num(this.#resolved);
    for (let n = this.#resolved; n < this.#written; n++) {
      const i = n % PENDING_MAX;
      this.#timeUs[i] = state.num(this.#timeUs[i] as number);
      this.#side[i] = state.num(this.#side[i] as number);
      this.#mid[i] = state.num(this.#mid[i] as number);
      this.#depth[i] = state.num(this.#depth[i] as number);
    }
  }
}
