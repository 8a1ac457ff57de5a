/**
 * Requests on their way to a simulated venue, in order of arrival.
 * @module
 */
import { assert } from "../core/assert.ts";
import { INTENT } from "../core/frame.ts";
import type { TimeUs } from "../core/units.ts";

/** Requests that may be under way at once. */
const REQUESTS_MAX = 2048;

/** Intents by arrival, equal ones by decision. A request keeps its place in `data` until the next is added; ranks move. */
export class RequestQueue {
  /** Intents, each at its place times `INTENT.size`. */
  readonly data = new Float64Array(REQUESTS_MAX * INTENT.size);
  /** Requests that have not arrived. */
  count = 0;
  readonly #arrivalUs = new Float64Array(REQUESTS_MAX);
  /** Of which decision each is: what is of one kind in a decision is one action. */
  readonly #batchOf = new Float64Array(REQUESTS_MAX);
  readonly #places = new Int32Array(REQUESTS_MAX);
  #batch = 0;

  constructor() {
    for (let i = 0; i < REQUESTS_MAX; i++) this.#places[i] = i;
  }

  /** Takes one intent. */
  add(from: Float64Array, at: number, arrivalUs: TimeUs): void {
    assert(this.count < REQUESTS_MAX, "request queue: there is room for one more request");
    const place = this.#places[this.count] as number;
    const base = place * INTENT.size;
    for (let i = 0; i < INTENT.size; i++) this.data[base + i] = from[at + i] as number;
    this.#arrivalUs[place] = arrivalUs;
    this.#batchOf[place] = this.#batch;
    let rank = this.count;
    while (rank > 0 && (this.#arrivalUs[this.#places[rank - 1] as number] as TimeUs) > arrivalUs) {
      this.#places[rank] = this.#places[rank - 1] as number;
      rank -= 1;
    }
    this.#places[rank] = place;
    this.count += 1;
  }

  /** A decision is complete. */
  endBatch(): void {
    this.#batch += 1;
  }

  /** Place of the request of this rank, earliest first. */
  placeAt(rank: number): number {
    return this.#places[rank] as number;
  }

  arrivalUsOf(place: number): TimeUs {
    return this.#arrivalUs[place] as TimeUs;
  }

  batchOf(place: number): number {
    return this.#batchOf[place] as number;
  }

  /** Takes the request of this rank out and returns its place. */
  take(rank: number): number {
    const place = this.#places[rank] as number;
    this.#places.copyWithin(rank, rank + 1, this.count);
    this.count -= 1;
    this.#places[this.count] = place;
    return place;
  }

  /** How many requests that have not arrived are of the same decision, kind and time as the one at `place`. */
  companionsOf(place: number): number {
    let count = 0;
    for (let rank = 0; rank < this.count; rank++) {
      const other = this.#places[rank] as number;
      const sameKind =
        this.data[other * INTENT.size + INTENT.action] === this.data[place * INTENT.size + INTENT.action];
      const sameTime = this.#arrivalUs[other] === this.#arrivalUs[place];
      if (other !== place && sameKind && sameTime && this.#batchOf[other] === this.#batchOf[place]) count += 1;
    }
    return count;
  }

  clear(): void {
    this.count = 0;
  }
}
