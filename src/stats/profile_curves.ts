/**
 * What a profile's page draws: whole distributions where the figures give single numbers.
 * @module
 */
import { BPS, US_PER_SECOND } from "../core/units.ts";
import { BlockSample, type Blocks } from "./blocks.ts";
import type { MarketRecord } from "./market_record.ts";
import { excesses } from "./profile_depth.ts";
import { IMPACT_SECONDS, TAIL_BPS } from "./profile_figures.ts";
import type { Samples } from "./samples.ts";
import { moveAfter, type TakerSweep } from "./sweeps.ts";
import { fitPareto } from "./tail.ts";

/** Points of a drawn distribution; the last ones are single observations of its tail. */
const POINTS = 120;
/** Sweeps that a fitted tail wants: of the depths tried, the largest that so many went beyond. */
const TAIL_SWEEPS_MIN = 100;
/** Upper ends of groups of sweeps by depth, basis points: most sweeps stop at the touch, so equal numbers would leave the tail one group. */
const IMPACT_BPS = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 50] as const;
/** Sweeps that a group needs: the mean of fewer is noise. */
const IMPACT_SWEEPS_MIN = 10;
/** Stretch of mids that is drawn, and its step. */
const MID_SECONDS = 1200;
const MID_STEP_SECONDS = 2;

/** A distribution: share of observations above each value, falling. */
export interface Survival {
  x: number[];
  share: number[];
}

/** Mean moves after sweeps of one depth, basis points, one a horizon. */
export interface ImpactGroup {
  depthBps: number;
  moveBps: (number | null)[];
  n: number;
}

/** A generalised Pareto tail beyond a depth, basis points, that the share `share` of sweeps went beyond. */
export interface TailFit {
  beyondBps: number;
  share: number;
  shape: number;
  scaleBps: number;
  n: number;
}

export interface Curves {
  spreadBps: Survival;
  tradeUsd: Survival;
  gapSeconds: Survival;
  /** Depths of sweeps from the mid, basis points, and the tail fitted to them; null without enough of them. */
  depthBps: Survival;
  depthFit: TailFit | null;
  impact: ImpactGroup[];
  /** Seconds and basis points from the first mid; null where there was none. */
  mid: { seconds: number[]; bps: (number | null)[] };
}

/** Distributions of a record. */
export function makeCurves(
  record: MarketRecord,
  blocks: Blocks,
  sweeps: readonly TakerSweep[],
  samples: Samples,
): Curves {
  const depths = new BlockSample(blocks);
  for (const s of sweeps) depths.add(s.timeUs, s.depthFrac / BPS);
  return {
    spreadBps: survival(samples.spreadByTime),
    tradeUsd: survival(samples.tradeUsd),
    gapSeconds: survival(samples.gapSeconds),
    depthBps: survival(depths),
    depthFit: fitTail(blocks, sweeps, depths.count),
    impact: impactGroups(record, sweeps),
    mid: mids(record),
  };
}

function fitTail(blocks: Blocks, sweeps: readonly TakerSweep[], count: number): TailFit | null {
  for (const beyondBps of [...TAIL_BPS].reverse()) {
    const tail = excesses(blocks, sweeps, beyondBps * BPS);
    if (tail.count < TAIL_SWEEPS_MIN) continue;
    const x = tail.values();
    const { shape, scale } = fitPareto(x, new Float64Array(x.length).fill(1));
    return { beyondBps, share: tail.count / count, shape, scaleBps: scale / BPS, n: tail.count };
  }
  return null;
}

/** Shares are even down to a twentieth and fall geometrically from there: tails are drawn on a logarithmic axis. */
function survival(sample: BlockSample): Survival {
  const { count } = sample;
  if (count === 0) return { x: [], share: [] };
  const share: number[] = [];
  for (let i = 0; i < POINTS / 2; i++) share.push(1 - (0.95 * i) / (POINTS / 2));
  const least = Math.min(0.05, 1 / count);
  for (let i = 0; i <= POINTS / 2; i++) share.push(0.05 * (least / 0.05) ** (i / (POINTS / 2)));
  const x = sample.quantilesAt(share.map((s) => 1 - s));
  return { x, share };
}

function impactGroups(record: MarketRecord, sweeps: readonly TakerSweep[]): ImpactGroup[] {
  return IMPACT_BPS.flatMap((to, i) => {
    const from = IMPACT_BPS[i - 1] ?? 0;
    const group = sweeps.filter((s) => s.depthFrac > from * BPS && s.depthFrac <= to * BPS);
    if (group.length < IMPACT_SWEEPS_MIN) return [];
    const moveBps = IMPACT_SECONDS.map((seconds) => {
      const moves = group.map((s) => moveAfter(record, s, seconds * US_PER_SECOND)).filter((m) => !Number.isNaN(m));
      return moves.length === 0 ? null : mean(moves) / BPS;
    });
    return [{ depthBps: mean(group.map((s) => s.depthFrac)) / BPS, moveBps, n: group.length }];
  });
}

function mids(record: MarketRecord): Curves["mid"] {
  const first = record.segments[0];
  const last = record.segments[record.segments.length - 1];
  const out: Curves["mid"] = { seconds: [], bps: [] };
  if (first === undefined || last === undefined) return out;
  let base = Number.NaN;
  for (let s = MID_STEP_SECONDS; s <= MID_SECONDS; s += MID_STEP_SECONDS) {
    const timeUs = first.startUs + s * US_PER_SECOND;
    if (timeUs > last.endUs) break;
    const mid = record.midBefore(timeUs);
    if (Number.isNaN(base)) base = mid;
    out.seconds.push(s);
    out.bps.push(Number.isNaN(mid) ? null : Math.log(mid / base) / BPS);
  }
  return out;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
