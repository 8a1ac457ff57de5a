/**
 * Figures of sweeps' depth: how many stop at the touch, how the rest decays, and how much of it stays in the price.
 * @module
 */
import { BPS, US_PER_SECOND } from "../core/units.ts";
import { BlockSample, BlockSums, type Blocks, type Estimate } from "./blocks.ts";
import type { MarketRecord } from "./market_record.ts";
import { IMPACT_DEPTHS_BPS, IMPACT_SECONDS, TAIL_BPS } from "./profile_figures.ts";
import { moveAfter, type TakerSweep } from "./sweeps.ts";
import { decayOf, fitPareto, variationOf } from "./tail.ts";

/** Deeper than this a sweep is counted as just so deep: one freak print must not rule the decay. Recorded sweeps stay within 40 bps. */
const CENSOR_FRAC = 50 * BPS;
const MARKOUT_US = 5 * US_PER_SECOND;
/** Fits of fewer sweeps say nothing. */
const FIT_MIN = 10;

/** Fills `out` with the figures of depth and impact. */
export function addDepthFigures(
  out: Map<string, Estimate>,
  record: MarketRecord,
  blocks: Blocks,
  sweeps: readonly TakerSweep[],
): void {
  const known = sweeps.filter((s) => !Number.isNaN(s.mid));
  const all = new BlockSums(blocks, 3);
  for (const s of known) all.add(s.timeUs, 1, s.isBeyond ? 0 : 1, Math.max(0, s.depthFrac - s.halfTouchFrac));
  out.set(
    "touch_mass",
    all.estimate((sum) => sum(1) / sum(0)),
  );
  // Over all sweeps: nothing prints inside the market, so depth counts from the touch.
  out.set(
    "kappa_all",
    all.estimate((sum) => sum(0) / sum(2)),
  );
  for (const bps of TAIL_BPS) addTail(out, blocks, known, bps);
  addImpact(out, record, blocks, known);
  out.set("taker_markout_5s", takerMarkout(record, blocks, known));
}

function addTail(out: Map<string, Estimate>, blocks: Blocks, sweeps: readonly TakerSweep[], bps: number): void {
  const threshold = bps * BPS;
  const shares = new BlockSums(blocks, 2);
  for (const s of sweeps) shares.add(s.timeUs, 1, s.depthFrac > threshold ? 1 : 0);
  out.set(
    `beyond_${bps}bps`,
    shares.estimate((sum) => sum(1) / sum(0)),
  );
  const tail = excesses(blocks, sweeps, threshold);
  const enough = (value: number): number => (tail.count >= FIT_MIN ? value : Number.NaN);
  out.set(
    `kappa_${bps}bps`,
    tail.fit((x, w) => enough(decayOf(x, w, CENSOR_FRAC - threshold))),
  );
  out.set(
    `cv_${bps}bps`,
    tail.fit((x, w) => enough(variationOf(x, w))),
  );
  out.set(
    `shape_${bps}bps`,
    tail.fit((x, w) => enough(fitPareto(x, w).shape)),
  );
}

/** Depths beyond a threshold, less the threshold. */
export function excesses(blocks: Blocks, sweeps: readonly TakerSweep[], thresholdFrac: number): BlockSample {
  const sample = new BlockSample(blocks);
  for (const s of sweeps) if (s.depthFrac > thresholdFrac) sample.add(s.timeUs, s.depthFrac - thresholdFrac);
  return sample;
}

/** AS(d) = a + phi E[D | D > d]: least squares of the move on the depth over sweeps beyond d, one row a sweep; and phi with a = 0. */
function addImpact(
  out: Map<string, Estimate>,
  record: MarketRecord,
  blocks: Blocks,
  sweeps: readonly TakerSweep[],
): void {
  for (const seconds of IMPACT_SECONDS) {
    const moves = sweeps.map((s) => moveAfter(record, s, seconds * US_PER_SECOND));
    for (const bps of IMPACT_DEPTHS_BPS) {
      const sums = new BlockSums(blocks, 5);
      sweeps.forEach((s, i) => {
        const move = moves[i] as number;
        const d = s.depthFrac;
        if (d > bps * BPS && !Number.isNaN(move)) sums.add(s.timeUs, 1, d, d * d, move, d * move);
      });
      const enough = sums.count >= FIT_MIN;
      const phi = (sum: (k: number) => number): number =>
        enough ? (sum(0) * sum(4) - sum(1) * sum(3)) / (sum(0) * sum(2) - sum(1) * sum(1)) : Number.NaN;
      const at = `${bps}bps_${seconds}s`;
      out.set(`phi_${at}`, sums.estimate(phi));
      out.set(
        `a_${at}`,
        sums.estimate((sum) => (sum(3) - phi(sum) * sum(1)) / sum(0) / BPS),
      );
      out.set(
        `origin_${at}`,
        sums.estimate((sum) => (enough ? sum(3) / sum(1) : Number.NaN)),
      );
    }
  }
}

/** What takers gained 5 s later against their price, by notional, basis points: above 0, makers lost. */
function takerMarkout(record: MarketRecord, blocks: Blocks, sweeps: readonly TakerSweep[]): Estimate {
  const sums = new BlockSums(blocks, 2);
  for (const s of sweeps) {
    const dueUs = s.timeUs + MARKOUT_US;
    if (record.segmentAt(dueUs) !== record.segmentAt(s.timeUs)) continue;
    const gain = s.side * (record.midBefore(dueUs) * s.lots - s.usd);
    if (!Number.isNaN(gain)) sums.add(s.timeUs, s.usd, gain);
  }
  return sums.estimate((sum) => sum(1) / sum(0) / BPS);
}
