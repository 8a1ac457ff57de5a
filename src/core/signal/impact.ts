/**
 * Adverse selection by depth: how much of a sweep's depth is still there some seconds later.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { Sweep } from "../market/trades.ts";
import type { MarketParams } from "../params.ts";
import type { StateWalk } from "../state.ts";
import { US_PER_SECOND } from "../units.ts";
import { THRESHOLD_COUNT, THRESHOLDS_FRAC } from "./intensity.ts";

/** Horizons of the fit, seconds; quotes and verdicts use the second. */
export const IMPACT_HORIZONS = [1, 5, 30] as const;
export const HEADLINE_HORIZON = 1;
const HORIZON_COUNT = IMPACT_HORIZONS.length;
/** Sweeps that may await their horizon: 30 s at more than 100 sweeps a second. */
const PENDING_MAX = 4096;
/**
 * Before data: a sweep keeps half of its depth. Between none (quotes as if flow were harmless) and all (no quote can earn). Counts as 20
 * sweeps, a fifth of what a verdict needs.
 */
const PRIOR_PHI = 0.5;
const PRIOR_COUNT = 20;
/** Share that quotes are built with. At 1 no depth earns, and distances grow like 1 / (1 - phi): the verdict says so, quotes stay sane. */
export const PHI_MIN = -1;
export const PHI_MAX = 0.8;
/** Sums kept per horizon and threshold. */
const N = 0;
const D = 1;
const DD = 2;
const M = 3;
const DM = 4;
const SUMS = 5;

/** Sums of all fits. */
export const IMPACT_SUM_COUNT = HORIZON_COUNT * THRESHOLD_COUNT * SUMS;

/** Called when a sweep's move at the headline horizon is known. */
export interface ImpactSink {
  onImpact(venueTimeUs: number, depthFrac: number, moveFrac: number): void;
}

/**
 * Least squares of the move after a sweep on its depth, over sweeps beyond a threshold: AS(d) = a + phi E[D | D > d].
 *
 * The move is side (m(t + h) - m-) / m-, m- the mid strictly before the sweep and m(x) the last mid strictly before x. On recorded markets
 * phi is near 1 at 5 s: a deep quote is filled only by a large sweep, and a large sweep moves the price.
 */
export class Impact {
  /** a of the market's own curve, a + own shift as quotes use it, and the bounded phi, at the headline horizon. */
  curveInterceptFrac = 0;
  interceptFrac = 0;
  phi = PRIOR_PHI;
  /** Sweeps whose horizon a gap cut, or that found no room. */
  droppedCount = 0;
  readonly #sums = new Float64Array(IMPACT_SUM_COUNT);
  readonly #timeUs = new Float64Array(PENDING_MAX);
  readonly #side = new Float64Array(PENDING_MAX);
  readonly #mid = new Float64Array(PENDING_MAX);
  readonly #depth = new Float64Array(PENDING_MAX);
  /** Sweeps written so far, and resolved so far per horizon; the ring index is the count modulo its size. */
  #written = 0;
  readonly #resolved = new Float64Array(HORIZON_COUNT);
  readonly #memorySeconds: number;
  readonly #ownPriorCount: number;
  readonly #priorDepth: number;
  readonly #sink: ImpactSink;
  /** Sweeps that this run settled itself at the headline horizon, by threshold: what is warm is judged by them. */
  readonly #seenCount = new Float64Array(THRESHOLD_COUNT);
  #ownCount = 0;
  #ownSum = 0;
  #lastTimeUs = Number.NaN;

  constructor(params: MarketParams, sink: ImpactSink) {
    this.#memorySeconds = params.intensityMemorySeconds;
    this.#ownPriorCount = params.ownFillPriorCount;
    this.#priorDepth = 1 / params.kappaPriorPerFrac;
    this.#sink = sink;
  }

  onSweep(sweep: Sweep): void {
    if (this.#written - (this.#resolved[HORIZON_COUNT - 1] as number) >= PENDING_MAX) {
      this.droppedCount += 1;
      return;
    }
    const i = this.#written % PENDING_MAX;
    this.#timeUs[i] = sweep.venueTimeUs;
    this.#side[i] = sweep.side;
    this.#mid[i] = sweep.midBefore;
    this.#depth[i] = sweep.depthFrac;
    this.#written += 1;
  }

  /** The touch changed at `venueTimeUs`; until then the mid was `midBefore`. Settles every horizon that ended by then. */
  onMid(venueTimeUs: number, midBefore: number): void {
    for (let h = 0; h < HORIZON_COUNT; h++) {
      const spanUs = (IMPACT_HORIZONS[h] as number) * US_PER_SECOND;
      let next = this.#resolved[h] as number;
      while (next < this.#written) {
        const i = next % PENDING_MAX;
        if ((this.#timeUs[i] as number) + spanUs > venueTimeUs) break;
        this.#settle(h, i, midBefore);
        next += 1;
      }
      this.#resolved[h] = next;
    }
  }

  #settle(h: number, i: number, mid: number): void {
    const before = this.#mid[i] as number;
    const depth = this.#depth[i] as number;
    const move = ((this.#side[i] as number) * (mid - before)) / before;
    for (let t = 0; t < THRESHOLD_COUNT; t++) {
      if (depth <= (THRESHOLDS_FRAC[t] as number)) break;
      if (h === HEADLINE_HORIZON) this.#seenCount[t] = (this.#seenCount[t] as number) + 1;
      const at = (h * THRESHOLD_COUNT + t) * SUMS;
      this.#sums[at + N] = (this.#sums[at + N] as number) + 1;
      this.#sums[at + D] = (this.#sums[at + D] as number) + depth;
      this.#sums[at + DD] = (this.#sums[at + DD] as number) + depth * depth;
      this.#sums[at + M] = (this.#sums[at + M] as number) + move;
      this.#sums[at + DM] = (this.#sums[at + DM] as number) + depth * move;
    }
    if (h === HEADLINE_HORIZON) this.#sink.onImpact(this.#timeUs[i] as number, depth, move);
  }

  /** Forgets with time and publishes for the threshold in use. Called on timers. */
  onTimer(timeUs: number, thresholdIndex: number): void {
    if (timeUs % US_PER_SECOND !== 0) return;
    const dt = Number.isNaN(this.#lastTimeUs) ? 0 : (timeUs - this.#lastTimeUs) / US_PER_SECOND;
    this.#lastTimeUs = timeUs;
    const keep = Math.exp(-dt / this.#memorySeconds);
    for (let i = 0; i < this.#sums.length; i++) this.#sums[i] = (this.#sums[i] as number) * keep;
    for (let t = 0; t < THRESHOLD_COUNT; t++) this.#seenCount[t] = (this.#seenCount[t] as number) * keep;
    this.#ownCount *= keep;
    this.#ownSum *= keep;
    // The line through the same mean with the bounded slope: with the steep fit's own intercept it would promise too little.
    this.phi = Math.min(PHI_MAX, Math.max(PHI_MIN, this.fitPhi(HEADLINE_HORIZON, thresholdIndex)));
    this.curveInterceptFrac = this.#fitIntercept(HEADLINE_HORIZON, thresholdIndex, this.phi);
    this.interceptFrac = this.curveInterceptFrac + this.ownShiftFrac;
  }

  /** Sum `k` of a fit with the prior's pseudo-sweeps in it: exponential depth beyond the threshold, moves of exactly phi0 D. */
  #sum(h: number, t: number, k: number): number {
    const data = this.#sums[(h * THRESHOLD_COUNT + t) * SUMS + k] as number;
    const mean = (THRESHOLDS_FRAC[t] as number) + this.#priorDepth;
    const square = mean * mean + this.#priorDepth * this.#priorDepth;
    if (k === N) return data + PRIOR_COUNT;
    if (k === D) return data + PRIOR_COUNT * mean;
    if (k === DD) return data + PRIOR_COUNT * square;
    return data + PRIOR_COUNT * PRIOR_PHI * (k === M ? mean : square);
  }

  /** Slope of the fit at a horizon (index) and threshold (index). */
  fitPhi(h: number, t: number): number {
    const n = this.#sum(h, t, N);
    const d = this.#sum(h, t, D);
    return (n * this.#sum(h, t, DM) - d * this.#sum(h, t, M)) / (n * this.#sum(h, t, DD) - d * d);
  }

  #fitIntercept(h: number, t: number, phi: number): number {
    return (this.#sum(h, t, M) - phi * this.#sum(h, t, D)) / this.#sum(h, t, N);
  }

  /** A fill of ours moved against us by `adverseFrac` where the curve said `expectedFrac`. */
  onOwnFill(adverseFrac: number, expectedFrac: number): void {
    this.#ownCount += 1;
    this.#ownSum += adverseFrac - expectedFrac;
  }

  /** What own fills add to the intercept, shrunk towards the market's curve. */
  get ownShiftFrac(): number {
    return this.#ownSum / (this.#ownCount + this.#ownPriorCount);
  }

  /** Decayed number of sweeps beyond a threshold that this run settled at the headline horizon. */
  sweepCount(thresholdIndex: number): number {
    return this.#seenCount[thresholdIndex] as number;
  }

  /** Decayed sums of the market's own curve for a later run; what own fills taught stays here. */
  writePrior(out: Float64Array, at: number): void {
    out.set(this.#sums, at);
  }

  /** Takes an earlier run's sums as if `weight` of them had just been seen. Nothing is warm by it. */
  applyPrior(values: Float64Array, at: number, weight: number): void {
    for (let i = 0; i < IMPACT_SUM_COUNT; i++) this.#sums[i] = weight * (values[at + i] as number);
  }

  /** Pending sweeps straddle the gap: drop them. */
  onGap(): void {
    this.droppedCount += this.#written - (this.#resolved[HORIZON_COUNT - 1] as number);
    this.#resolved.fill(this.#written);
    this.#lastTimeUs = Number.NaN;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.phi);
    hash.fold(this.interceptFrac);
    hash.fold(this.#written);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.curveInterceptFrac = state.num(this.curveInterceptFrac);
    this.interceptFrac = state.num(this.interceptFrac);
    this.phi = state.num(this.phi);
    this.droppedCount = state.num(this.droppedCount);
    state.array(this.#sums);
    state.array(this.#resolved);
    state.array(this.#seenCount);
    this.#written = state.num(this.#written);
    this.#ownCount = state.num(this.#ownCount);
    this.#ownSum = state.num(this.#ownSum);
    this.#lastTimeUs = state.num(this.#lastTimeUs);
    // Only sweeps that wait for a horizon: the rest of the ring is never read again.
    for (let n = this.#resolved[HORIZON_COUNT - 1] as number; n < this.#written; n++) {
      const i = n % PENDING_MAX;
      this.#timeUs[i] = state.num(this.#timeUs[i] as number);
      this.#side[i] = state.num(this.#side[i] as number);
      this.#mid[i] = state.num(this.#mid[i] as number);
      this.#depth[i] = state.num(this.#depth[i] as number);
    }
  }
}
