/**
 * A simulated market beside a recorded one, figure by figure.
 * @module
 */
import type { Estimate } from "./blocks.ts";
import { studentQuantile } from "./interval.ts";
import { FIGURES, type FigureSpec } from "./profile_figures.ts";

/** Figures by key: a profile's own, an average over seeds, or targets out of a file. */
export type Figures = Readonly<Record<string, Estimate>>;

/** A figure may be off by this share of the recorded value, or lie anywhere within the recording's own interval. */
export const TOLERANCE_RATIO = 0.25;

/** One figure of both. */
export interface Comparison {
  spec: FigureSpec;
  world: Estimate;
  target: Estimate;
  /** Whether a calibrated world must meet it: the tail inside the touch is no tail. */
  counts: boolean;
  /** World over target; null where one is unknown, and where the target may be 0. */
  ratio: number | null;
  /** What is accepted; null without a target. */
  lo: number | null;
  hi: number | null;
  /** Null where the recording says nothing. */
  within: boolean | null;
}

const UNKNOWN: Estimate = { value: null, lo: null, hi: null, n: 0 };

/** Compares every figure, in the order of tables. */
export function compare(world: Figures, target: Figures): Comparison[] {
  const halfTouchBps = (target.spread_time_median?.value ?? 0) / 2;
  return FIGURES.map((spec) => {
    const counts = spec.counts && (spec.beyondBps === null || spec.beyondBps > halfTouchBps);
    return { spec, counts, ...compareOne(world[spec.key] ?? UNKNOWN, target[spec.key] ?? UNKNOWN) };
  });
}

function compareOne(world: Estimate, target: Estimate): Omit<Comparison, "spec" | "counts"> {
  const x = world.value;
  const y = target.value;
  if (y === null) return { world, target, ratio: null, lo: null, hi: null, within: null };
  const off = TOLERANCE_RATIO * Math.abs(y);
  const lo = Math.min(y - off, target.lo ?? y);
  const hi = Math.max(y + off, target.hi ?? y);
  const mayBeZero = y === 0 || ((target.lo ?? y) <= 0 && (target.hi ?? y) >= 0);
  const ratio = x === null || mayBeZero ? null : x / y;
  return { world, target, ratio, lo, hi, within: x !== null && x >= lo && x <= hi };
}

/** Figures that count and miss their target: a calibrated world has none. */
export function misses(rows: readonly Comparison[]): Comparison[] {
  return rows.filter((row) => row.counts && row.within === false);
}

/** Means over runs that differ in their seeds, with 95 % intervals from how much they differ; one run's figures as they are. */
export function averageFigures(runs: readonly Figures[]): Figures {
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) return only;
  return Object.fromEntries(FIGURES.map(({ key }) => [key, averageOf(runs.map((run) => run[key] ?? UNKNOWN))]));
}

function averageOf(estimates: readonly Estimate[]): Estimate {
  const known = estimates.filter((e) => e.value !== null);
  const values = known.map((e) => e.value as number);
  const n = estimates.reduce((sum, e) => sum + e.n, 0);
  const k = values.length;
  if (k === 0) return { ...UNKNOWN, n };
  const mean = values.reduce((a, b) => a + b, 0) / k;
  if (k === 1) return { value: mean, lo: null, hi: null, n };
  const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const half = Math.sqrt(square / (k - 1) / k) * studentQuantile(0.975, k - 1);
  return { value: mean, lo: mean - half, hi: mean + half, n };
}

/** The comparisons that miss, a line each: what a test prints. */
export function missText(rows: readonly Comparison[]): string[] {
  const text = (x: number | null): string => (x === null ? "unknown" : x.toPrecision(3));
  return misses(rows).map((r) => `${r.spec.key}: ${text(r.world.value)} is not in [${text(r.lo)}, ${text(r.hi)}]`);
}
