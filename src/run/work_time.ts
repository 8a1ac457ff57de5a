/**
 * How long our own work takes, from a message's bytes to intents ready: a histogram without samples.
 * @module
 */

/** Bins a factor of 2^(1/8) apart, from 1/16 us to over a second. */
const PER_OCTAVE = 8;
const BINS = 24 * PER_OCTAVE;
const OFFSET = 4 * PER_OCTAVE;

/** Times by size; quantiles are exact to a ninth. */
export class WorkTime {
  count = 0;
  maxUs = 0;
  readonly #bins = new Float64Array(BINS);

  add(us: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(PER_OCTAVE * Math.log2(us)) + OFFSET));
    this.#bins[bin] = (this.#bins[bin] as number) + 1;
    this.count += 1;
    if (us > this.maxUs) this.maxUs = us;
  }

  /** Forgets everything: what came before was warm-up. */
  clear(): void {
    this.count = 0;
    this.maxUs = 0;
    this.#bins.fill(0);
  }

  /** Upper edge of the bin that holds the quantile, microseconds; null before the first. */
  quantileUs(q: number): number | null {
    if (this.count === 0) return null;
    let left = Math.ceil(q * this.count);
    for (let bin = 0; bin < BINS; bin++) {
      left -= this.#bins[bin] as number;
      if (left <= 0) return Math.min(this.maxUs, 2 ** ((bin - OFFSET) / PER_OCTAVE));
    }
    return this.maxUs;
  }
}
