/**
 * What fills were worth: capture, markout and edge, each mid taken at its own time.
 * @module
 */
import { MidHistory } from "../core/market/book.ts";
import { BPS, type Lots, type MicroUsd, type Px, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { FILL_AT, FillTable } from "./fills.ts";
import { type Interval, interval } from "./interval.ts";
import { RunningInterval } from "./running.ts";

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

/** What fills were worth at one horizon, micro-dollars. */
export interface EdgeTotals {
  notionalUsd: number;
  captureUsd: number;
  markoutUsd: number;
  edgeUsd: number;
}

/**
 * Follows the fills of one market under one rule.
 *
 * With s = +1 for a buy and m- the last mid strictly before the fill in venue time: capture = s (m- - px) / m-, markout(h) =
 * s (m(t + h) - m-) / m- with m(x) the last mid strictly before x, edge(h) = capture + markout(h) - fee. The two mids are taken at different
 * times: taken at the same one, the edge is minus the fee whatever happened.
 */
export class EdgeTracker {
  /** Edge at the headline's horizon so far, basis points: what `summary` computes anew from every fill. */
  readonly headline = new RunningInterval();
  readonly #mids = new MidHistory();
  readonly #fills = new FillTable(HORIZON_COUNT);
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
    const fills = this.#fills;
    const i = fills.add();
    fills.set(i, FILL_AT.timeUs, timeUs);
    fills.set(i, FILL_AT.side, side);
    fills.set(i, FILL_AT.notionalUsd, notionalUsd);
    fills.set(i, FILL_AT.midBefore, midBefore);
    fills.set(i, FILL_AT.captureFrac, (side * (midBefore - px)) / midBefore);
    fills.set(i, FILL_AT.feeFrac, feeUsd / notionalUsd);
    fills.set(i, FILL_AT.sigma, sigma);
    fills.set(i, FILL_AT.cluster, this.#clusterOf(timeUs, side));
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
    const fills = this.#fills;
    for (let h = 0; h < HORIZON_COUNT; h++) {
      const spanUs = (HORIZONS[h] as number) * US_PER_SECOND;
      let next = this.#pending[h] as number;
      while (next < fills.count) {
        const dueUs = fills.get(next, FILL_AT.timeUs) + spanUs;
        if (dueUs > timeUs) break;
        const midBefore = fills.get(next, FILL_AT.midBefore);
        const move = fills.get(next, FILL_AT.side) * (this.#mids.before(dueUs) - midBefore);
        fills.set(next, FILL_AT.markouts + h, move / midBefore);
        if (h === HEADLINE) this.#addHeadline(next);
        next += 1;
      }
      this.#pending[h] = next;
    }
  }

  #addHeadline(i: number): void {
    if (Number.isNaN(this.#markout(i, HEADLINE))) return;
    const fills = this.#fills;
    const edgeBps = this.#edgeOf(i, HEADLINE) / BPS;
    const cluster = fills.get(i, FILL_AT.cluster);
    this.headline.add(edgeBps, fills.get(i, FILL_AT.notionalUsd), cluster, this.#blockOf(i, HEADLINE));
  }

  /** Horizons that end inside a gap stay unknown. */
  onGap(lastTimeUs: TimeUs): void {
    this.#settle(lastTimeUs);
    this.#pending.fill(this.#fills.count);
    this.#mids.clear();
  }

  /** The run ended at `timeUs`. */
  finish(timeUs: TimeUs): void {
    this.#settle(timeUs);
  }

  get fillCount(): number {
    return this.#fills.count + this.unmeasuredCount;
  }

  get notionalUsd(): MicroUsd {
    return this.#fills.column(FILL_AT.notionalUsd).reduce((a, b) => a + b, 0);
  }

  /** Sums over the fills whose markout at a horizon is known, micro-dollars: means over several runs are made of them. */
  totals(h: number): EdgeTotals {
    const fills = this.#fills;
    const totals = { notionalUsd: 0, captureUsd: 0, markoutUsd: 0, edgeUsd: 0 };
    for (let i = 0; i < fills.count; i++) {
      const markout = this.#markout(i, h);
      if (Number.isNaN(markout)) continue;
      const notionalUsd = fills.get(i, FILL_AT.notionalUsd);
      totals.notionalUsd += notionalUsd;
      totals.captureUsd += notionalUsd * fills.get(i, FILL_AT.captureFrac);
      totals.markoutUsd += notionalUsd * markout;
      totals.edgeUsd += notionalUsd * this.#edgeOf(i, h);
    }
    return totals;
  }

  summary(): EdgeSummary {
    const fills = this.#fills;
    const weights = fills.column(FILL_AT.notionalUsd);
    const known = this.#known(HEADLINE);
    const sigma = fills.column(FILL_AT.sigma);
    const adverse = known.filter((i) => this.#markout(i, HEADLINE) < -adverseThreshold(sigma[i] as number)).length;
    const wins = known.filter((i) => this.#edgeOf(i, HEADLINE) > 0).length;
    return {
      fills: fills.count + this.unmeasuredCount,
      unmeasured: this.unmeasuredCount,
      clusters: new Set(fills.column(FILL_AT.cluster)).size,
      notionalUsd: weights.reduce((a, b) => a + b, 0),
      captureBps: mean(
        fills.column(FILL_AT.captureFrac).map((frac) => frac / BPS),
        weights,
      ),
      feeBps: mean(
        fills.column(FILL_AT.feeFrac).map((frac) => frac / BPS),
        weights,
      ),
      markoutBps: HORIZONS.map((_, h) => {
        const at = this.#known(h);
        return mean(
          at.map((i) => this.#markout(i, h) / BPS),
          at.map((i) => weights[i] as number),
        );
      }),
      edgeBps: HORIZONS.map((_, h) => this.#edge(h)),
      asRate: known.length === 0 ? null : adverse / known.length,
      winRate: known.length === 0 ? null : wins / known.length,
    };
  }

  #edge(h: number): Interval {
    const fills = this.#fills;
    const at = this.#known(h);
    return interval(
      at.map((i) => this.#edgeOf(i, h) / BPS),
      at.map((i) => fills.get(i, FILL_AT.notionalUsd)),
      at.map((i) => fills.get(i, FILL_AT.cluster)),
      at.map((i) => this.#blockOf(i, h)),
    );
  }

  #markout(i: number, h: number): number {
    return this.#fills.get(i, FILL_AT.markouts + h);
  }

  #edgeOf(i: number, h: number): number {
    return this.#fills.get(i, FILL_AT.captureFrac) + this.#markout(i, h) - this.#fills.get(i, FILL_AT.feeFrac);
  }

  /** Time block of a fill in the interval of a horizon. */
  #blockOf(i: number, h: number): number {
    const blockUs = Math.max(BLOCK_SECONDS_MIN, 2 * (HORIZONS[h] as number)) * US_PER_SECOND;
    return Math.floor(this.#fills.get(i, FILL_AT.timeUs) / blockUs);
  }

  /** Fills whose markout at a horizon is known. */
  #known(h: number): number[] {
    const all = Array.from({ length: this.#fills.count }, (_, i) => i);
    return all.filter((i) => !Number.isNaN(this.#markout(i, h)));
  }
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
