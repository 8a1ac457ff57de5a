/**
 * The interval of a mean that grows, kept as sums: what a status line shows between two reports.
 * @module
 */
import { halfWidth, type Interval, widest } from "./interval.ts";

/** A mean so far and its 95 % interval; null where too little was seen. */
export type RunningMean = Omit<Interval, "n_effective">;

/**
 * Sums of one kind of group. With A = sum of w x and W = sum of w in a group, the squared sum of its scores w (x - mean) is
 * A^2 - 2 mean A W + mean^2 W^2: three sums over groups know the error for whatever the mean becomes.
 */
class GroupSums {
  readonly #sums = new Map<number, { value: number; weight: number }>();
  #valueSquare = 0;
  #product = 0;
  #weightSquare = 0;

  add(group: number, value: number, weight: number): void {
    const old = this.#sums.get(group) ?? { value: 0, weight: 0 };
    const sum = { value: old.value + value, weight: old.weight + weight };
    this.#sums.set(group, sum);
    this.#valueSquare += sum.value * sum.value - old.value * old.value;
    this.#product += sum.value * sum.weight - old.value * old.weight;
    this.#weightSquare += sum.weight * sum.weight - old.weight * old.weight;
  }

  get count(): number {
    return this.#sums.size;
  }

  /** Half-width around `mean`; Infinity under two groups. */
  half(mean: number, weightSum: number): number {
    const square = this.#valueSquare - 2 * mean * this.#product + mean * mean * this.#weightSquare;
    // Equal values leave a difference of rounding errors, which may be below zero.
    return halfWidth(Math.max(0, square) / (weightSum * weightSum), this.count);
  }
}

/**
 * The same interval as `interval` gives over all observations so far, to a ten-thousandth of a basis point, at a cost that does not grow with
 * them. Over 1,000 fills `interval` takes 0.9 ms and these sums 0.2 ms, nearly all of it for three quantiles, and only when a fill was added
 * since: 50 markets may be looked at in one go.
 */
export class RunningInterval {
  readonly #each = new GroupSums();
  readonly #clusters = new GroupSums();
  readonly #blocks = new GroupSums();
  #n = 0;
  #sum = 0;
  #weightSum = 0;
  /** The first value: sums are of what lies beyond it, so that squares of a mean far from zero do not swallow the error. */
  #origin = 0;
  #read: RunningMean | null = null;

  /** One observation. @param weight Above 0. */
  add(value: number, weight: number, cluster: number, block: number): void {
    if (this.#n === 0) this.#origin = value;
    const weighted = weight * (value - this.#origin);
    this.#each.add(this.#n, weighted, weight);
    this.#clusters.add(cluster, weighted, weight);
    this.#blocks.add(block, weighted, weight);
    this.#sum += weighted;
    this.#weightSum += weight;
    this.#n += 1;
    this.#read = null;
  }

  get count(): number {
    return this.#n;
  }

  /** Mean and interval so far, computed once after each observation. */
  read(): RunningMean {
    this.#read ??= this.#compute();
    return this.#read;
  }

  #compute(): RunningMean {
    const counts = { n: this.#n, clusters: this.#clusters.count, blocks: this.#blocks.count };
    if (this.#n === 0) return { mean: null, lo: null, hi: null, ...counts, method: "none" };
    const shifted = this.#sum / this.#weightSum;
    const mean = this.#origin + shifted;
    const wide = widest(
      this.#each.half(shifted, this.#weightSum),
      this.#clusters.half(shifted, this.#weightSum),
      this.#blocks.half(shifted, this.#weightSum),
    );
    if (wide.method === "none") return { mean, lo: null, hi: null, ...counts, method: "none" };
    return { mean, lo: mean - wide.half, hi: mean + wide.half, ...counts, method: wide.method };
  }
}
