/**
 * The fills of one tracker, kept for the whole run: numbers in blocks, not objects, because a run may last for weeks.
 * @module
 */

/** Columns of a fill; one markout a horizon follows them. */
export const FILL_AT = {
  timeUs: 0,
  side: 1,
  notionalUsd: 2,
  midBefore: 3,
  captureFrac: 4,
  feeFrac: 5,
  /** Volatility at the fill, fraction per root second. */
  sigma: 6,
  cluster: 7,
  /** NaN until it is known, and for good where it straddles a gap or the end. */
  markouts: 8,
} as const;
/** Fills of one block: 13 doubles each with five horizons make 6.7 kB, so that a market with few fills stays small. */
const BLOCK_FILLS = 64;

/** Grows by blocks; a fill takes 104 bytes with five horizons. */
export class FillTable {
  count = 0;
  readonly #size: number;
  readonly #blocks: Float64Array[] = [];

  constructor(horizonCount: number) {
    this.#size = FILL_AT.markouts + horizonCount;
  }

  /** Appends a fill with nothing but NaN and returns its index. */
  add(): number {
    if (this.count % BLOCK_FILLS === 0) this.#blocks.push(new Float64Array(BLOCK_FILLS * this.#size).fill(Number.NaN));
    this.count += 1;
    return this.count - 1;
  }

  get(i: number, column: number): number {
    return this.#block(i)[(i % BLOCK_FILLS) * this.#size + column] as number;
  }

  set(i: number, column: number, value: number): void {
    this.#block(i)[(i % BLOCK_FILLS) * this.#size + column] = value;
  }

  /** One column of every fill. */
  column(column: number): number[] {
    return Array.from({ length: this.count }, (_, i) => this.get(i, column));
  }

  #block(i: number): Float64Array {
    return this.#blocks[Math.floor(i / BLOCK_FILLS)] as Float64Array;
  }
}
