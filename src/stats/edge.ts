/**
 * What fills were worth: capture, markout and edge, each mid taken at its own time.
 * @module
 */
import { MidHistory } from "../core/market/book.ts";
import { BPS, type Lots, type MicroUsd, type Px, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { type Interval, interval } from "./interval.ts";

/** Horizons of markouts, seconds. */
export const HORIZONS = [1, 5, 30, 60, 300] as const;
/** Index of the horizon that rates are given at. */
export const HEADLINE = 1;
const HORIZON_COUNT = HORIZONS.length;
/** Shortest time block of an interval, seconds; a block is never shorter than twice its horizon. */
const BLOCK_SECONDS_MIN = 30;

/** Means of one tracker; null where nothing was observed. */
export interface EdgeSummary {
  fills: number;
  /** Fills among them without a mid before: they have no edge and no notional here. */
  unmeasured: number;
  clusters: number;
  notionalUsd: MicroUsd;
  captureBps: number | null;
  feeBps: number | null;
  markoutBps: (number | null)[];
  edgeBps: Interval[];
  asRate: number | null;
  winRate: number | null;
}

interface Fill {
  timeUs: TimeUs;
  side: number;
  notionalUsd: MicroUsd;
  midBefore: number;
  captureFrac: number;
  feeFrac: number;
  sigma: number;
  cluster: number;
  /** Markout per horizon; NaN until it is known, and for good where it straddles a gap or the end. */
  markoutFrac: Float64Array;
}

/**
 * Follows the fills of one market under one rule.
 *
 * With s = +1 for a buy and m- the last mid strictly before the fill in venue time: capture = s (m- - px) / m-, markout(h) =
 * s (m(t + h) - m-) / m- with m(x) the last mid strictly before x, edge(h) = capture + markout(h) - fee. The two mids are taken at different
 * times: taken at the same one, the edge is minus the fee whatever happened.
 */
export class EdgeTracker {
  readonly #mids = new MidHistory();
  readonly #fills: Fill[] = [];
  readonly #pending = new Float64Array(HORIZON_COUNT);
  /** Time and cluster of the newest sweep that sold and that bought. */
  readonly #sweepTimeUs = new Float64Array(2).fill(Number.NaN);
  readonly #sweepCluster = new Float64Array(2);
  #clusterCount = 0;
  /** Fills whose mid before was not known: they count, and have no edge. */
  unmeasuredCount = 0;

  onMid(timeUs: TimeUs, mid: number): void {
    this.#settle(timeUs);
    this.#mids.add(timeUs, mid);
  }

  /** @param sigma Volatility at the fill (fraction per root second): what counts as adverse depends on it. */
  onFill(timeUs: TimeUs, side: number, px: Px, lots: Lots, feeUsd: MicroUsd, midBefore: number, sigma: number): void {
    if (Number.isNaN(midBefore)) {
      this.unmeasuredCount += 1;
      return;
    }
    const notionalUsd = px * lots;
    this.#fills.push({
      timeUs,
      side,
      notionalUsd,
      midBefore,
      captureFrac: (side * (midBefore - px)) / midBefore,
      feeFrac: feeUsd / notionalUsd,
      sigma,
      cluster: this.#clusterOf(timeUs, side),
      markoutFrac: new Float64Array(HORIZON_COUNT).fill(Number.NaN),
    });
  }

  /** Fills of one venue millisecond and side come from one sweep, also when fills of the other side were told between them. */
  #clusterOf(timeUs: TimeUs, side: number): number {
    const at = side > 0 ? 1 : 0;
    if (this.#sweepTimeUs[at] !== timeUs) {
      this.#clusterCount += 1;
      this.#sweepTimeUs[at] = timeUs;
      this.#sweepCluster[at] = this.#clusterCount;
    }
    return this.#sweepCluster[at] as number;
  }

  /** Settles every horizon that ended by `timeUs`. */
  #settle(timeUs: TimeUs): void {
    for (let h = 0; h < HORIZON_COUNT; h++) {
      const spanUs = (HORIZONS[h] as number) * US_PER_SECOND;
      let next = this.#pending[h] as number;
      while (next < this.#fills.length) {
        const fill = this.#fills[next] as Fill;
        const dueUs = fill.timeUs + spanUs;
        if (dueUs > timeUs) break;
        fill.markoutFrac[h] = (fill.side * (this.#mids.before(dueUs) - fill.midBefore)) / fill.midBefore;
        next += 1;
      }
      this.#pending[h] = next;
    }
  }

  /** Horizons that end inside a gap stay unknown. */
  onGap(lastTimeUs: TimeUs): void {
    this.#settle(lastTimeUs);
    this.#pending.fill(this.#fills.length);
    this.#mids.clear();
  }

  /** The run ended at `timeUs`. */
  finish(timeUs: TimeUs): void {
    this.#settle(timeUs);
  }

  get fillCount(): number {
    return this.#fills.length + this.unmeasuredCount;
  }

  summary(): EdgeSummary {
    const fills = this.#fills;
    const weights = fills.map((f) => f.notionalUsd);
    const edges = HORIZONS.map((_, h) => this.#edge(h));
    const known = fills.filter((f) => !Number.isNaN(f.markoutFrac[HEADLINE] as number));
    const adverse = known.filter((f) => (f.markoutFrac[HEADLINE] as number) < -adverseThreshold(f.sigma)).length;
    const wins = known.filter((f) => edgeOf(f, HEADLINE) > 0).length;
    return {
      fills: fills.length + this.unmeasuredCount,
      unmeasured: this.unmeasuredCount,
      clusters: new Set(fills.map((f) => f.cluster)).size,
      notionalUsd: weights.reduce((a, b) => a + b, 0),
      captureBps: mean(
        fills.map((f) => f.captureFrac / BPS),
        weights,
      ),
      feeBps: mean(
        fills.map((f) => f.feeFrac / BPS),
        weights,
      ),
      markoutBps: HORIZONS.map((_, h) => {
        const at = fills.filter((f) => !Number.isNaN(f.markoutFrac[h] as number));
        return mean(
          at.map((f) => (f.markoutFrac[h] as number) / BPS),
          at.map((f) => f.notionalUsd),
        );
      }),
      edgeBps: edges,
      asRate: known.length === 0 ? null : adverse / known.length,
      winRate: known.length === 0 ? null : wins / known.length,
    };
  }

  #edge(h: number): Interval {
    const at = this.#fills.filter((f) => !Number.isNaN(f.markoutFrac[h] as number));
    const blockUs = Math.max(BLOCK_SECONDS_MIN, 2 * (HORIZONS[h] as number)) * US_PER_SECOND;
    return interval(
      at.map((f) => edgeOf(f, h) / BPS),
      at.map((f) => f.notionalUsd),
      at.map((f) => f.cluster),
      at.map((f) => Math.floor(f.timeUs / blockUs)),
    );
  }
}

function edgeOf(fill: Fill, h: number): number {
  return fill.captureFrac + (fill.markoutFrac[h] as number) - fill.feeFrac;
}

/** A fill is called adverse when the mid moved against it by more than this in 5 s: a basis point, or two standard deviations. */
export function adverseThreshold(sigma: number): number {
  return Math.max(BPS, 2 * sigma * Math.sqrt(HORIZONS[HEADLINE]));
}

function mean(values: readonly number[], weights: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    sum += (weights[i] as number) * (values[i] as number);
    weight += weights[i] as number;
  }
  return sum / weight;
}
