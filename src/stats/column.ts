/**
 * A list of numbers that grows: eight bytes each, also when a day of a busy market is kept.
 * @module
 */

const FIRST_SIZE = 1024;

/** Numbers in the order in which they came. */
export class Column {
  count = 0;
  #data = new Float64Array(FIRST_SIZE);

  push(value: number): void {
    if (this.count === this.#data.length) {
      const grown = new Float64Array(2 * this.count);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.count] = value;
    this.count += 1;
  }

  /** Value `i`; NaN outside. */
  at(i: number): number {
    return i >= 0 && i < this.count ? (this.#data[i] as number) : Number.NaN;
  }

  set(i: number, value: number): void {
    this.#data[i] = value;
  }

  /** The values themselves, not a copy: valid until the next push. */
  view(): Float64Array {
    return this.#data.subarray(0, this.count);
  }

  /** Number of values below `bound`, where values never fall. */
  countBelow(bound: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#data[middle] as number) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
