/**
 * Figures with intervals that do not flatter: whole minutes are drawn again, not single events.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { Column } from "./column.ts";

/** A figure, its 95 % interval and the observations behind it; null where too little was seen. */
export interface Estimate {
  value: number | null;
  lo: number | null;
  hi: number | null;
  n: number;
}

/** A stretch of time without a gap, both ends included. */
export interface Segment {
  startUs: TimeUs;
  endUs: TimeUs;
}

/** Length of a block: longer than nearly all dependence in flow, and a tape of 23 minutes still holds 24. */
export const BLOCK_US = 60 * US_PER_SECOND;
/** Fewer blocks say nothing of how much they differ. */
const BLOCKS_MIN = 5;
/** An interval needs this share of its draws to be known (a fit may lack observations in some). */
const KNOWN_MIN = 0.9;
const TAIL = 0.025;

/**
 * The minutes of a recording, and how often each counts in every draw of a block bootstrap (Efron 1979; blocks: Kuensch 1989). All figures of
 * a profile share the draws.
 */
export class Blocks {
  readonly count: number;
  /** Seconds of each block that were recorded. */
  readonly seconds: Float64Array;
  /** Every block once. */
  readonly once: Float64Array;
  readonly #indexOf = new Map<number, number>();
  readonly #draws: Float64Array[] = [];

  /** @param draws Draws of an interval; 0 gives figures without intervals. */
  constructor(segments: readonly Segment[], draws: number, seed: number) {
    const seconds: number[] = [];
    for (const { startUs, endUs } of segments)
      for (let from = startUs; from <= endUs; ) {
        const minute = Math.floor(from / BLOCK_US);
        const to = Math.min(endUs, (minute + 1) * BLOCK_US);
        const index = this.#indexOf.get(minute) ?? seconds.push(0) - 1;
        this.#indexOf.set(minute, index);
        seconds[index] = (seconds[index] as number) + (to - from) / US_PER_SECOND;
        if (Math.floor(endUs / BLOCK_US) === minute) break;
        from = to;
      }
    this.count = seconds.length;
    this.seconds = Float64Array.from(seconds);
    this.once = new Float64Array(this.count).fill(1);
    const random = new Prng(seed);
    for (let d = 0; d < (this.count < BLOCKS_MIN ? 0 : draws); d++) {
      const times = new Float64Array(this.count);
      for (let i = 0; i < this.count; i++) {
        const drawn = random.below(this.count);
        times[drawn] = (times[drawn] as number) + 1;
      }
      this.#draws.push(times);
    }
  }

  /** Block of a time that was recorded; -1 for others. */
  at(timeUs: TimeUs): number {
    return this.#indexOf.get(Math.floor(timeUs / BLOCK_US)) ?? -1;
  }

  /** Seconds recorded, each block counted so often. */
  secondsOf(times: Float64Array): number {
    let sum = 0;
    for (let b = 0; b < this.count; b++) sum += (times[b] as number) * (this.seconds[b] as number);
    return sum;
  }

  /** A figure as a function of how often each block counts. */
  estimate(n: number, figure: (times: Float64Array) => number): Estimate {
    const value = n === 0 || this.count === 0 ? Number.NaN : figure(this.once);
    if (!Number.isFinite(value)) return { value: null, lo: null, hi: null, n };
    const drawn = this.#draws
      .map(figure)
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    if (drawn.length === 0 || drawn.length < KNOWN_MIN * this.#draws.length) return { value, lo: null, hi: null, n };
    const rank = (p: number): number => drawn[Math.min(drawn.length - 1, Math.floor(p * drawn.length))] as number;
    return { value, lo: rank(TAIL), hi: rank(1 - TAIL), n };
  }
}

/** Sums of several quantities by block: whatever is made of sums costs a draw one pass over the blocks. */
export class BlockSums {
  count = 0;
  readonly #blocks: Blocks;
  readonly #width: number;
  readonly #sums: Float64Array;

  constructor(blocks: Blocks, width: number) {
    this.#blocks = blocks;
    this.#width = width;
    this.#sums = new Float64Array(width * blocks.count);
  }

  /** One observation at a recorded time; others are left out. */
  add(timeUs: TimeUs, ...values: number[]): void {
    const block = this.#blocks.at(timeUs);
    if (block < 0) return;
    this.count += 1;
    for (let k = 0; k < this.#width; k++) {
      const i = block * this.#width + k;
      this.#sums[i] = (this.#sums[i] as number) + (values[k] as number);
    }
  }

  /** Sum `k`, each block counted so often. */
  of(times: Float64Array, k: number): number {
    let sum = 0;
    for (let b = 0; b < times.length; b++) sum += (times[b] as number) * (this.#sums[b * this.#width + k] as number);
    return sum;
  }

  /** Estimate of a figure that is made of these sums. */
  estimate(figure: (sum: (k: number) => number, times: Float64Array) => number): Estimate {
    return this.#blocks.estimate(this.count, (times) => figure((k) => this.of(times, k), times));
  }
}

/** Weighted observations by block, for quantiles and fits that need each of them. */
export class BlockSample {
  readonly #blocks: Blocks;
  readonly #values = new Column();
  readonly #weights = new Column();
  readonly #at = new Column();
  #order: Uint32Array | null = null;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  add(timeUs: TimeUs, value: number, weight = 1): void {
    const block = this.#blocks.at(timeUs);
    if (block < 0 || !Number.isFinite(value)) return;
    this.#values.push(value);
    this.#weights.push(weight);
    this.#at.push(block);
    this.#order = null;
  }

  get count(): number {
    return this.#values.count;
  }

  /** The values in the order in which they came, not a copy. */
  values(): Float64Array {
    return this.#values.view();
  }

  /** Smallest value that at least the share `q` of the weight does not exceed. */
  quantile(q: number): Estimate {
    return this.#blocks.estimate(this.count, (times) => this.quantileOf(times, q));
  }

  mean(): Estimate {
    return this.fit((values, weights) => {
      let sum = 0;
      let weight = 0;
      for (let i = 0; i < values.length; i++) {
        sum += (weights[i] as number) * (values[i] as number);
        weight += weights[i] as number;
      }
      return sum / weight;
    });
  }

  /** A figure of all observations, given in order of size, with their weights in the draw. */
  fit(figure: (values: Float64Array, weights: Float64Array) => number): Estimate {
    const order = this.#sorted();
    const values = Float64Array.from(order, (i) => this.#values.at(i));
    const weights = new Float64Array(order.length);
    return this.#blocks.estimate(this.count, (times) => {
      for (let k = 0; k < order.length; k++) weights[k] = this.#weightOf(order[k] as number, times);
      return figure(values, weights);
    });
  }

  /** The quantile with each block counted so often. */
  quantileOf(times: Float64Array, q: number): number {
    const order = this.#sorted();
    let total = 0;
    for (let i = 0; i < order.length; i++) total += this.#weightOf(i, times);
    let left = q * total;
    for (let k = 0; k < order.length; k++) {
      const i = order[k] as number;
      left -= this.#weightOf(i, times);
      // Sums of weights round: what is as good as reached is reached.
      if (left <= 1e-9 * total) return this.#values.at(i);
    }
    return Number.NaN;
  }

  /** Quantiles at shares that do not fall, in one pass: a distribution to draw. */
  quantilesAt(shares: readonly number[]): number[] {
    const order = this.#sorted();
    let total = 0;
    for (const i of order) total += this.#weights.at(i);
    const found: number[] = [];
    let reached = 0;
    for (const i of order) {
      reached += this.#weights.at(i);
      while (found.length < shares.length && reached >= (shares[found.length] as number) * total - 1e-9 * total)
        found.push(this.#values.at(i));
    }
    return found;
  }

  #weightOf(i: number, times: Float64Array): number {
    return this.#weights.at(i) * (times[this.#at.at(i)] as number);
  }

  #sorted(): Uint32Array {
    if (this.#order === null) {
      const values = this.#values.view();
      this.#order = Uint32Array.from({ length: values.length }, (_, i) => i);
      this.#order.sort((a, b) => (values[a] as number) - (values[b] as number));
    }
    return this.#order;
  }
}
