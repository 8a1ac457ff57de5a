/**
 * How long requests take, leg by leg, and what that makes of the way out and the way back.
 * @module
 */
import type { ActionTimes } from "./trading.ts";

/** Bins a factor of 2^(1/16) apart, from 1 us to 17 minutes: quantiles are exact to 4.4 %. */
const PER_OCTAVE = 16;
const BINS = 30 * PER_OCTAVE;
/** Loops that a median of late is taken of: minutes of quoting, so that a slow hour is noticed and a slow request is not. */
const RECENT = 65;

/** One leg as reports have it, microseconds; null before the first. */
export interface LegReport {
  count: number;
  p50_us: number | null;
  p99_us: number | null;
  max_us: number | null;
}

export interface LatencyReport {
  decided_to_signed: LegReport;
  signed_to_answered: LegReport;
  decided_to_answered: LegReport;
  /** Only of actions whose block a push told. */
  signed_to_block: LegReport;
  block_to_answered: LegReport;
  via_socket: number;
  via_http: number;
}

/** Medians of the two ways, for a simulated exchange whose loop is to be like the one measured. */
export interface LatencyFit {
  /** From a decision to the block that takes it. */
  outboundUs: number;
  /** From a block to our knowledge of it. */
  inboundUs: number;
  /** Whether pushes told when blocks were; otherwise the loop is cut in half. */
  isMeasured: boolean;
}

/** Durations of one leg: a histogram of fixed size, no samples. */
class Leg {
  count = 0;
  maxUs = 0;
  readonly #bins = new Float64Array(BINS);

  /** What did not happen is NaN and is not counted. Clocks that disagree can make a leg negative: that is the shortest. */
  add(us: number): void {
    if (Number.isNaN(us)) return;
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(PER_OCTAVE * Math.log2(Math.max(1, us)))));
    this.#bins[bin] = (this.#bins[bin] as number) + 1;
    this.count += 1;
    if (us > this.maxUs) this.maxUs = us;
  }

  /** Upper edge of the bin that holds the quantile; NaN before the first. */
  quantileUs(q: number): number {
    let left = Math.max(1, Math.ceil(q * this.count));
    for (let bin = 0; bin < BINS && this.count > 0; bin++) {
      left -= this.#bins[bin] as number;
      if (left <= 0) return Math.min(this.maxUs, 2 ** (bin / PER_OCTAVE));
    }
    return Number.NaN;
  }

  report(): LegReport {
    if (this.count === 0) return { count: 0, p50_us: null, p99_us: null, max_us: null };
    const [p50, p99] = [this.quantileUs(0.5), this.quantileUs(0.99)];
    return { count: this.count, p50_us: Math.round(p50), p99_us: Math.round(p99), max_us: Math.round(this.maxUs) };
  }
}

/** Collects the times of actions. `add` allocates nothing. */
export class Latency {
  readonly #signing = new Leg();
  readonly #way = new Leg();
  readonly #loop = new Leg();
  readonly #toBlock = new Leg();
  readonly #outbound = new Leg();
  readonly #inbound = new Leg();
  readonly #recent = new Float64Array(RECENT);
  readonly #sorted = new Float64Array(RECENT);
  #recentCount = 0;
  #socketCount = 0;
  #httpCount = 0;

  /** Takes an action that was answered. */
  add(times: ActionTimes): void {
    const { decidedUs, signedUs, answeredUs, blockUs } = times;
    if (times.viaSocket) this.#socketCount += 1;
    else this.#httpCount += 1;
    this.#signing.add(signedUs - decidedUs);
    this.#way.add(answeredUs - signedUs);
    this.#loop.add(answeredUs - decidedUs);
    this.#toBlock.add(blockUs - signedUs);
    this.#outbound.add(blockUs - decidedUs);
    this.#inbound.add(answeredUs - blockUs);
    const loopUs = answeredUs - decidedUs;
    if (Number.isNaN(loopUs)) return;
    this.#recent[this.#recentCount % RECENT] = loopUs;
    this.#recentCount += 1;
  }

  /** Loops measured so far. */
  get loops(): number {
    return this.#recentCount;
  }

  /** The loop as it is of late: median from a decision to its answer over the newest 65; NaN before the first. */
  loopUs(): number {
    const count = Math.min(this.#recentCount, RECENT);
    if (count === 0) return Number.NaN;
    // Places that hold nothing yet sort to the end.
    this.#sorted.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < count; i++) this.#sorted[i] = this.#recent[i] as number;
    this.#sorted.sort();
    return this.#sorted[count >> 1] as number;
  }

  /**
   * Fits the two ways that a simulated exchange takes: its loop is their sum, the share of its answers `inboundUs` of that.
   *
   * Where pushes told the times of blocks, outbound is the median of block less decision and inbound that of answer less block; both carry the error
   * of the clocks' offset with opposite signs, so the sum is exact and the share is not. Without them the loop is halved. The block is when the
   * order stood in the book by the venue's own time; the venue's clock moves in blocks, so either median is good to about half a block (35 ms).
   * Null before the first answer.
   */
  fitLatency(): LatencyFit | null {
    if (this.#loop.count === 0) return null;
    if (this.#outbound.count === 0) {
      const halfUs = Math.max(1, Math.round(this.#loop.quantileUs(0.5) / 2));
      return { outboundUs: halfUs, inboundUs: halfUs, isMeasured: false };
    }
    const of = (leg: Leg): number => Math.max(1, Math.round(leg.quantileUs(0.5)));
    return { outboundUs: of(this.#outbound), inboundUs: of(this.#inbound), isMeasured: true };
  }

  report(): LatencyReport {
    return {
      decided_to_signed: this.#signing.report(),
      signed_to_answered: this.#way.report(),
      decided_to_answered: this.#loop.report(),
      signed_to_block: this.#toBlock.report(),
      block_to_answered: this.#inbound.report(),
      via_socket: this.#socketCount,
      via_http: this.#httpCount,
    };
  }
}
