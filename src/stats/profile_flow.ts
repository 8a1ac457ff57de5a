/**
 * Figures of the flow: how often takers come, how large, in which order of sides, and how long nobody does.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import { type BlockSample, BlockSums, type Blocks, type Estimate } from "./blocks.ts";
import type { MarketRecord } from "./market_record.ts";
import { SIGN_LAGS } from "./profile_figures.ts";
import type { Samples } from "./samples.ts";
import type { TakerSweep } from "./sweeps.ts";

/** Window of the Fano factor. */
const WINDOW_US = 10 * US_PER_SECOND;
/** A gap longer than this is a quiet spell. */
const LONG_SECONDS = 60;

/** Fills `out` with the figures of the flow. */
export function addFlowFigures(
  out: Map<string, Estimate>,
  record: MarketRecord,
  blocks: Blocks,
  sweeps: readonly TakerSweep[],
  samples: Samples,
): void {
  const prints = new BlockSums(blocks, 1);
  for (const timeUs of record.printUs.view()) if (record.segmentAt(timeUs) >= 0) prints.add(timeUs, 1);
  const counts = new BlockSums(blocks, 1);
  for (const { timeUs } of sweeps) counts.add(timeUs, 1);
  const rate = (sum: (k: number) => number, times: Float64Array): number => sum(0) / blocks.secondsOf(times);
  out.set("trades_per_s", prints.estimate(rate));
  out.set("sweeps_per_s", counts.estimate(rate));
  addSizes(out, "trade", samples.tradeUsd);
  addSizes(out, "sweep", samples.sweepUsd);
  out.set("fano_10s", fano(record, blocks, sweeps));
  addGaps(out, record, blocks, sweeps, samples);
  for (let lag = 1; lag <= SIGN_LAGS; lag++) out.set(`sign_lag_${lag}`, signCorrelation(record, blocks, sweeps, lag));
}

function addSizes(out: Map<string, Estimate>, name: string, sizes: BlockSample): void {
  out.set(`${name}_usd_median`, sizes.quantile(0.5));
  out.set(`${name}_usd_mean`, sizes.mean());
  out.set(`${name}_usd_p90`, sizes.quantile(0.9));
  out.set(`${name}_usd_p99`, sizes.quantile(0.99));
}

/** Variance over mean of the number of sweeps in 10 s: 1 for independent arrivals, above 1 for bursts. */
function fano(record: MarketRecord, blocks: Blocks, sweeps: readonly TakerSweep[]): Estimate {
  const sums = new BlockSums(blocks, 3);
  let next = 0;
  for (const { startUs, endUs } of record.segments)
    for (let from = Math.ceil(startUs / WINDOW_US) * WINDOW_US; from + WINDOW_US <= endUs; from += WINDOW_US) {
      while (next < sweeps.length && (sweeps[next] as TakerSweep).timeUs < from) next += 1;
      const first = next;
      while (next < sweeps.length && (sweeps[next] as TakerSweep).timeUs < from + WINDOW_US) next += 1;
      const count = next - first;
      sums.add(from, 1, count, count * count);
    }
  return sums.estimate((sum) => sum(2) / sum(1) - sum(1) / sum(0));
}

/** Gaps between sweeps. The pieces at the ends of a segment are no gaps of their own, and count towards quiet time and the longest only. */
function addGaps(
  out: Map<string, Estimate>,
  record: MarketRecord,
  blocks: Blocks,
  sweeps: readonly TakerSweep[],
  samples: Samples,
): void {
  const quiet = new BlockSums(blocks, 1);
  let longest = 0;
  const see = (fromUs: number, toUs: number): number => {
    const seconds = (toUs - fromUs) / US_PER_SECOND;
    longest = Math.max(longest, seconds);
    if (seconds > LONG_SECONDS) addQuiet(quiet, fromUs, toUs);
    return seconds;
  };
  let next = 0;
  record.segments.forEach(({ startUs, endUs }, segment) => {
    let lastUs = startUs;
    let seen = false;
    for (; next < sweeps.length; next++) {
      const { timeUs } = sweeps[next] as TakerSweep;
      if (record.segmentAt(timeUs) !== segment) break;
      const seconds = see(lastUs, timeUs);
      if (seen) samples.gapSeconds.add(timeUs, seconds);
      seen = true;
      lastUs = timeUs;
    }
    see(lastUs, endUs);
  });
  const { count } = samples.gapSeconds;
  out.set("gap_median", samples.gapSeconds.quantile(0.5));
  out.set("gap_p99", samples.gapSeconds.quantile(0.99));
  out.set("gap_longest", { value: count === 0 ? null : longest, lo: null, hi: null, n: count });
  out.set(
    "gap_long_ratio",
    blocks.estimate(blocks.count, (times) => quiet.of(times, 0) / blocks.secondsOf(times)),
  );
}

/** A quiet spell belongs to every second that it covers. */
function addQuiet(quiet: BlockSums, fromUs: number, toUs: number): void {
  for (let t = fromUs; t < toUs; t += US_PER_SECOND) quiet.add(t, Math.min(US_PER_SECOND, toUs - t) / US_PER_SECOND);
}

/** Correlation of the sides of sweeps `lag` apart, none across a gap. */
function signCorrelation(record: MarketRecord, blocks: Blocks, sweeps: readonly TakerSweep[], lag: number): Estimate {
  const sums = new BlockSums(blocks, 4);
  for (let i = lag; i < sweeps.length; i++) {
    const a = sweeps[i - lag] as TakerSweep;
    const b = sweeps[i] as TakerSweep;
    if (record.segmentAt(a.timeUs) === record.segmentAt(b.timeUs))
      sums.add(b.timeUs, 1, a.side, b.side, a.side * b.side);
  }
  return sums.estimate((sum) => {
    const a = sum(1) / sum(0);
    const b = sum(2) / sum(0);
    return (sum(3) / sum(0) - a * b) / Math.sqrt((1 - a * a) * (1 - b * b));
  });
}
