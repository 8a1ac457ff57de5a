/**
 * Whether a market pays: the edge of a passive order by depth, with intervals, from the market's own sweeps.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import { Prng } from "../prng.ts";
import { THRESHOLD_COUNT, THRESHOLDS_FRAC } from "../signal/intensity.ts";
import type { StateWalk } from "../state.ts";
import { BPS, US_PER_SECOND } from "../units.ts";

export const BLOCK_US = 30 * US_PER_SECOND;
/** Blocks remembered: two hours. */
const BLOCKS_MAX = 240;
const BLOCKS_MIN = 30;
const SWEEPS_MIN = 100;
/** A depth is looked at when at least this many sweeps passed it. */
const DEPTH_SWEEPS_MIN = 30;
const RESAMPLES = 400;
/** Any fixed seed will do: the verdict must be a function of the blocks alone. */
const SEED = 0x5eed;
const LOW = 0.025;
const HIGH = 0.975;
/** Posted price of a request, micro-dollars (venue: 0.0005 USDC). */
const REQUEST_PRICE_USD = 500;

const DEPTHS_FRAC = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48].map((bps) => bps * BPS);
const DEPTH_COUNT = DEPTHS_FRAC.length;
/** Sums a threshold: n, D, D^2, move, D move. */
const FIT = 5;
const DEPTH_AT = THRESHOLD_COUNT * FIT;
const ROW = DEPTH_AT + 2 * DEPTH_COUNT;

/** Columns of a row that one verdict needs: one threshold's fit, and the depths. */
const COLUMNS_MAX = FIT + 2 * DEPTH_COUNT;
/** Columns summed in one pass over the draws, each in a register of its own: an addition waits for the one before it, four side by side do not. */
const LANES = 4;
// Scratch of one verdict, shared by all markets: which block each resample drew in each place, four columns block by block, sums by resample.
const drawn = new Uint8Array(RESAMPLES * BLOCKS_MAX);
let drawnBlocks = 0;
const lanes = new Float64Array(BLOCKS_MAX * LANES);
const resampled = new Float64Array(RESAMPLES * (COLUMNS_MAX + LANES));

/** Draws the blocks of every resample. The seed is fixed, so that their number alone decides: it is mostly the same as before. */
function drawBlocks(blocks: number): void {
  if (blocks === drawnBlocks) return;
  const random = new Prng(SEED);
  for (let i = 0; i < RESAMPLES * blocks; i++) drawn[i] = random.below(blocks);
  drawnBlocks = blocks;
}

/** Where column `c` of a verdict stands in a row. */
const columnAt = (c: number, fitAt: number): number => (c < FIT ? fitAt + c : DEPTH_AT + c - FIT);

const STATES = ["viable", "undecided", "not_viable"] as const;
export type ViabilityState = (typeof STATES)[number];
const REASONS = [
  "few_blocks",
  "few_sweeps",
  "phi_at_least_one",
  "phi_may_be_one",
  "no_depth_earns",
  "interval_holds_zero",
  "clip_too_small",
  "earns",
] as const;
export type ViabilityReason = (typeof REASONS)[number];

/** What a verdict needs beside the sweeps. */
export interface ViabilityInputs {
  thresholdIndex: number;
  sigma: number;
  latencySeconds: number;
  feeFrac: number;
  touchHalfFrac: number;
  clipUsd: number;
}

/** The verdict on a market, made from blocks of its own sweeps; see `evaluate`. */
export class Viability {
  state: ViabilityState = "undecided";
  reason: ViabilityReason = "few_blocks";
  phi = Number.NaN;
  phiLo = Number.NaN;
  phiHi = Number.NaN;
  /** NaN when no depth can be named: too little data, or phi at 1 or more. */
  bestDepthFrac = Number.NaN;
  /**
   * 95 % interval of the depth that earns most, from the draws behind every other interval, one depth of the grid wider on either side: between
   * two depths the curve may be higher than at both. Beyond the depths that are looked at it says no more than that.
   */
  bestDepthLoFrac = Number.NaN;
  bestDepthHiFrac = Number.NaN;
  /** At the best depth: what the market moves against a fill, and what being late costs. Depth less these and the fee is the edge. */
  adverseFrac = Number.NaN;
  latencyFrac = Number.NaN;
  edgeFrac = Number.NaN;
  edgeLoFrac = Number.NaN;
  edgeHiFrac = Number.NaN;
  /** Smallest order that pays for its own requests at the posted price, micro-dollars. */
  clipMinUsd = Number.NaN;
  readonly #rows = new Float64Array(BLOCKS_MAX * ROW);
  readonly #block = new Float64Array(BLOCKS_MAX);
  readonly #sum = new Float64Array(ROW);
  readonly #phis = new Float64Array(RESAMPLES);
  readonly #edges = new Float64Array(RESAMPLES * DEPTH_COUNT);
  readonly #bests = new Float64Array(RESAMPLES);
  readonly #scratch = new Float64Array(RESAMPLES);
  readonly #edge = new Float64Array(DEPTH_COUNT);
  #blockCount = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #afterGap = true;

  get isViable(): boolean {
    return this.state === "viable";
  }

  /** Blocks that hold market time, at most two hours of them. */
  get blockCount(): number {
    return Math.min(this.#blockCount, BLOCKS_MAX);
  }

  /** Market time reached `venueTimeUs`: opens its block and every quiet one before it, so that they count as what they are. */
  onTime(venueTimeUs: number): void {
    const block = Math.floor(venueTimeUs / BLOCK_US);
    if (block <= this.#newest) return;
    const first = this.#afterGap ? block : Math.max(this.#newest + 1, block - BLOCKS_MAX + 1);
    for (let b = first; b <= block; b++) this.#open(b);
    this.#newest = block;
    this.#afterGap = false;
  }

  #open(block: number): void {
    const slot = this.#blockCount % BLOCKS_MAX;
    this.#rows.fill(0, slot * ROW, (slot + 1) * ROW);
    this.#block[slot] = block;
    this.#blockCount += 1;
  }

  /** The time inside a gap opens no blocks. */
  onGap(): void {
    this.#afterGap = true;
  }

  /** A sweep of depth D was followed by a move (both fractions) at the verdict's horizon. */
  onImpact(venueTimeUs: number, depthFrac: number, moveFrac: number): void {
    const row = this.#findRow(Math.floor(venueTimeUs / BLOCK_US));
    if (row < 0) return;
    const rows = this.#rows;
    for (let t = 0; t < THRESHOLD_COUNT; t++) {
      if (depthFrac <= (THRESHOLDS_FRAC[t] as number)) break;
      const at = row + t * FIT;
      rows[at] = (rows[at] as number) + 1;
      rows[at + 1] = (rows[at + 1] as number) + depthFrac;
      rows[at + 2] = (rows[at + 2] as number) + depthFrac * depthFrac;
      rows[at + 3] = (rows[at + 3] as number) + moveFrac;
      rows[at + 4] = (rows[at + 4] as number) + depthFrac * moveFrac;
    }
    for (let g = 0; g < DEPTH_COUNT; g++) {
      if (depthFrac <= (DEPTHS_FRAC[g] as number)) break;
      const at = row + DEPTH_AT + 2 * g;
      rows[at] = (rows[at] as number) + 1;
      rows[at + 1] = (rows[at + 1] as number) + depthFrac;
    }
  }

  /** Offset of a block's row, looking back from the newest; -1 when it is forgotten. */
  #findRow(block: number): number {
    for (let i = 1; i <= this.blockCount; i++) {
      const slot = (this.#blockCount - i) % BLOCKS_MAX;
      if (this.#block[slot] === block) return slot * ROW;
      if ((this.#block[slot] as number) < block) return -1;
    }
    return -1;
  }

  /**
   * Judges the market anew. Cold path: 400 resamples of at most 240 blocks, a few milliseconds; called every half minute.
   *
   * edge(d) = d - a - phi E[D | D > d] - (1 - phi) kappa sigma^2 L - fee, with the fit over sweeps beyond the threshold and the conditional
   * mean as it was observed; block bootstrap, 95 %.
   */
  evaluate(inputs: ViabilityInputs): void {
    const blocks = this.blockCount;
    this.#sumAll(blocks);
    const n = this.#sum[inputs.thresholdIndex * FIT] as number;
    this.#forget();
    if (n >= DEPTH_SWEEPS_MIN) this.phi = this.#slope(inputs.thresholdIndex);
    if (blocks < BLOCKS_MIN) this.#conclude("undecided", "few_blocks");
    else if (n < SWEEPS_MIN) this.#conclude("undecided", "few_sweeps");
    else {
      // Intervals only where there is enough to have any: under that they would be guesses with error bars.
      this.#measure(inputs, blocks);
      this.#judge(inputs);
    }
  }

  #forget(): void {
    this.phi = Number.NaN;
    this.phiLo = Number.NaN;
    this.phiHi = Number.NaN;
    this.bestDepthFrac = Number.NaN;
    this.bestDepthLoFrac = Number.NaN;
    this.bestDepthHiFrac = Number.NaN;
    this.adverseFrac = Number.NaN;
    this.latencyFrac = Number.NaN;
    this.edgeFrac = Number.NaN;
    this.edgeLoFrac = Number.NaN;
    this.edgeHiFrac = Number.NaN;
    this.clipMinUsd = Number.NaN;
  }

  #conclude(state: ViabilityState, reason: ViabilityReason): void {
    this.state = state;
    this.reason = reason;
  }

  #sumAll(blocks: number): void {
    this.#sum.fill(0);
    for (let b = 0; b < blocks; b++) {
      const at = b * ROW;
      for (let k = 0; k < ROW; k++) this.#sum[k] = (this.#sum[k] as number) + (this.#rows[at + k] as number);
    }
  }

  /** Slope over the sums in hand. */
  #slope(t: number): number {
    const at = t * FIT;
    const n = this.#sum[at] as number;
    const d = this.#sum[at + 1] as number;
    const denominator = n * (this.#sum[at + 2] as number) - d * d;
    return denominator > 0 ? (n * (this.#sum[at + 4] as number) - d * (this.#sum[at + 3] as number)) / denominator : 0;
  }

  /** Edge at every depth over the sums in hand, into `out` from `at`; NaN where nothing passed. Returns phi. */
  #edges0(inputs: ViabilityInputs, out: Float64Array, at: number): number {
    const t = inputs.thresholdIndex;
    const n = this.#sum[t * FIT] as number;
    const d = this.#sum[t * FIT + 1] as number;
    const phi = this.#slope(t);
    const a = n > 0 ? ((this.#sum[t * FIT + 3] as number) - phi * d) / n : 0;
    const late = this.#late(inputs, phi);
    for (let g = 0; g < DEPTH_COUNT; g++) {
      const passed = this.#sum[DEPTH_AT + 2 * g] as number;
      const mean = (this.#sum[DEPTH_AT + 2 * g + 1] as number) / passed;
      out[at + g] = passed > 0 ? (DEPTHS_FRAC[g] as number) - a - phi * mean - late - inputs.feeFrac : Number.NaN;
    }
    return phi;
  }

  /** What being late costs over the sums in hand: (1 - phi) kappa sigma^2 L. */
  #late(inputs: ViabilityInputs, phi: number): number {
    const t = inputs.thresholdIndex;
    const n = this.#sum[t * FIT] as number;
    const excess = (this.#sum[t * FIT + 1] as number) - n * (THRESHOLDS_FRAC[t] as number);
    const kappa = excess > 0 ? n / excess : 0;
    // Above phi = 1 being late would count as a gain: it never does.
    return Math.max(0, 1 - phi) * kappa * inputs.sigma * inputs.sigma * inputs.latencySeconds;
  }

  /** Point estimates, then their bootstrap distributions. */
  #measure(inputs: ViabilityInputs, blocks: number): void {
    this.phi = this.#edges0(inputs, this.#edge, 0);
    this.#measureClip(inputs);
    const usable = this.#markDepths(inputs);
    // The sums in hand are still those of all blocks.
    const best = this.#best(this.#edge, 0);
    const late = this.#late(inputs, this.phi);
    const fitAt = inputs.thresholdIndex * FIT;
    // Only the threshold in use and the depths: the others would be four fifths of the work.
    const columns = FIT + 2 * (this.#deepest() + 1);
    this.#resample(blocks, fitAt, columns);
    this.#sum.fill(0);
    for (let r = 0; r < RESAMPLES; r++) {
      const at = r * (COLUMNS_MAX + LANES);
      for (let c = 0; c < columns; c++) this.#sum[columnAt(c, fitAt)] = resampled[at + c] as number;
      this.#phis[r] = this.#edges0(inputs, this.#edges, r * DEPTH_COUNT);
      this.#bests[r] = this.#best(this.#edges, r * DEPTH_COUNT);
    }
    this.phiLo = this.#quantile(this.#phis, 0, 1, LOW);
    this.phiHi = this.#quantile(this.#phis, 0, 1, HIGH);
    if (this.phi >= 1 || !usable) return;
    this.bestDepthFrac = DEPTHS_FRAC[best] as number;
    this.#spanDepths(best);
    this.latencyFrac = late;
    this.adverseFrac = this.bestDepthFrac - late - inputs.feeFrac - (this.#edge[best] as number);
    this.edgeFrac = this.#edge[best] as number;
    this.edgeLoFrac = this.#quantile(this.#edges, best, DEPTH_COUNT, LOW);
    this.edgeHiFrac = this.#quantile(this.#edges, best, DEPTH_COUNT, HIGH);
  }

  /** Sums of each resample, column by column: each sum takes its blocks in the order in which they were drawn. */
  #resample(blocks: number, fitAt: number, columns: number): void {
    drawBlocks(blocks);
    for (let first = 0; first < columns; first += LANES) {
      for (let lane = 0; lane < LANES; lane++) {
        const from = first + lane < columns ? columnAt(first + lane, fitAt) : -1;
        for (let b = 0; b < blocks; b++)
          lanes[b * LANES + lane] = from < 0 ? 0 : (this.#rows[b * ROW + from] as number);
      }
      for (let r = 0; r < RESAMPLES; r++) {
        let sum0 = 0;
        let sum1 = 0;
        let sum2 = 0;
        let sum3 = 0;
        for (let i = r * blocks; i < (r + 1) * blocks; i++) {
          const at = (drawn[i] as number) * LANES;
          sum0 += lanes[at] as number;
          sum1 += lanes[at + 1] as number;
          sum2 += lanes[at + 2] as number;
          sum3 += lanes[at + 3] as number;
        }
        const at = r * (COLUMNS_MAX + LANES) + first;
        resampled[at] = sum0;
        resampled[at + 1] = sum1;
        resampled[at + 2] = sum2;
        resampled[at + 3] = sum3;
      }
    }
  }

  /**
   * Interval of the best depth: it holds the point, whatever the draws say. The neighbours count even where they are not looked at: inside the
   * usual touch the grid ends, not the curve.
   */
  #spanDepths(best: number): void {
    const first = Math.min(best, this.#quantile(this.#bests, 0, 1, LOW)) - 1;
    const last = Math.max(best, this.#quantile(this.#bests, 0, 1, HIGH)) + 1;
    this.bestDepthLoFrac = DEPTHS_FRAC[Math.max(0, first)] as number;
    this.bestDepthHiFrac = DEPTHS_FRAC[Math.min(DEPTH_COUNT - 1, last)] as number;
  }

  /**
   * The depth that earns most in a time, of the edges in `edges` from `at`, which are those of the sums in hand: edge times the sweeps that
   * come so far, as the largest edge of a fill lies where hardly any does. Where none earns, the one that loses least a fill. NaN where no
   * depth is looked at, or nothing passed any.
   */
  #best(edges: Float64Array, at: number): number {
    let best = Number.NaN;
    let most = Number.NEGATIVE_INFINITY;
    for (let g = 0; g < DEPTH_COUNT; g++) {
      if (Number.isNaN(this.#edge[g] as number)) continue;
      const edge = edges[at + g] as number;
      const worth = edge > 0 ? edge * (this.#sum[DEPTH_AT + 2 * g] as number) : edge;
      if (worth > most) {
        best = g;
        most = worth;
      }
    }
    return best;
  }

  /** Index of the deepest depth that is looked at; -1 when there is none. */
  #deepest(): number {
    let g = DEPTH_COUNT - 1;
    while (g >= 0 && Number.isNaN(this.#edge[g] as number)) g -= 1;
    return g;
  }

  /** Strikes depths inside the touch and those that too few sweeps passed. Returns whether any is left. */
  #markDepths(inputs: ViabilityInputs): boolean {
    let usable = false;
    for (let g = 0; g < DEPTH_COUNT; g++) {
      const passed = this.#sum[DEPTH_AT + 2 * g] as number;
      const inside = (DEPTHS_FRAC[g] as number) < inputs.touchHalfFrac;
      if (inside || passed < DEPTH_SWEEPS_MIN) this.#edge[g] = Number.NaN;
      else usable = true;
    }
    return usable;
  }

  /** V = p kappa s^2 / (2 e^2 lambda* (1 - phi)), s = kappa sigma, lambda* the fill rate at the best distance d*. */
  #measureClip(inputs: ViabilityInputs): void {
    const t = inputs.thresholdIndex;
    const n = this.#sum[t * FIT] as number;
    const d = this.#sum[t * FIT + 1] as number;
    const excess = d - n * (THRESHOLDS_FRAC[t] as number);
    const keep = 1 - this.phi;
    if (excess <= 0 || keep <= 0) return;
    const kappa = n / excess;
    const a = ((this.#sum[t * FIT + 3] as number) - this.phi * d) / n;
    const best = 1 / kappa + (a + this.phi / kappa + inputs.feeFrac) / keep;
    // Sweeps a second and side beyond the threshold, over the blocks' own time, thinned to the best distance.
    const seconds = (this.blockCount * BLOCK_US) / US_PER_SECOND;
    const rate = (n / 2 / seconds) * Math.exp(-kappa * (best - (THRESHOLDS_FRAC[t] as number)));
    const drift = kappa * kappa * inputs.sigma * inputs.sigma;
    this.clipMinUsd = (REQUEST_PRICE_USD * kappa * drift) / (2 * Math.E * Math.E * rate * keep);
  }

  /** Quantile of a column of `RESAMPLES` values; NaN ones (a resample that nothing passed) count as lowest. */
  #quantile(values: Float64Array, column: number, stride: number, q: number): number {
    for (let r = 0; r < RESAMPLES; r++) {
      const value = values[r * stride + column] as number;
      this.#scratch[r] = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
    }
    this.#scratch.sort();
    return this.#scratch[Math.min(RESAMPLES - 1, Math.floor(q * RESAMPLES))] as number;
  }

  #judge(inputs: ViabilityInputs): void {
    if (this.phiLo >= 1) {
      this.#conclude("not_viable", "phi_at_least_one");
      return;
    }
    let looked = 0;
    let hopeless = 0;
    for (let g = 0; g < DEPTH_COUNT; g++) {
      if (Number.isNaN(this.#edge[g] as number)) continue;
      looked += 1;
      if (this.#quantile(this.#edges, g, DEPTH_COUNT, HIGH) <= 0) hopeless += 1;
    }
    if (looked > 0 && hopeless === looked) this.#conclude("not_viable", "no_depth_earns");
    else if (this.phi >= 1) this.#conclude("undecided", "phi_may_be_one");
    else if (!(this.edgeLoFrac > 0)) this.#conclude("undecided", "interval_holds_zero");
    else if (!(inputs.clipUsd >= this.clipMinUsd)) this.#conclude("undecided", "clip_too_small");
    else this.#conclude("viable", "earns");
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.state === "viable" ? 1 : this.state === "undecided" ? 0 : -1);
    hash.fold(this.phi);
    hash.fold(this.edgeFrac);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.state = STATES[state.num(STATES.indexOf(this.state))] as ViabilityState;
    this.reason = REASONS[state.num(REASONS.indexOf(this.reason))] as ViabilityReason;
    this.phi = state.num(this.phi);
    this.phiLo = state.num(this.phiLo);
    this.phiHi = state.num(this.phiHi);
    this.bestDepthFrac = state.num(this.bestDepthFrac);
    this.bestDepthLoFrac = state.num(this.bestDepthLoFrac);
    this.bestDepthHiFrac = state.num(this.bestDepthHiFrac);
    this.adverseFrac = state.num(this.adverseFrac);
    this.latencyFrac = state.num(this.latencyFrac);
    this.edgeFrac = state.num(this.edgeFrac);
    this.edgeLoFrac = state.num(this.edgeLoFrac);
    this.edgeHiFrac = state.num(this.edgeHiFrac);
    this.clipMinUsd = state.num(this.clipMinUsd);
    this.#blockCount = state.num(this.#blockCount);
    this.#newest = state.num(this.#newest);
    this.#afterGap = state.bool(this.#afterGap);
    // Blocks that were never opened hold nothing; sums and resamples are made anew by every verdict.
    for (let slot = 0; slot < this.blockCount; slot++) this.#block[slot] = state.num(this.#block[slot] as number);
    state.array(this.#rows.subarray(0, this.blockCount * ROW));
  }
}
