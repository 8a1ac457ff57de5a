/**
 * Figures of the price: the touch's spread, returns of the mid, the depth of the book.
 * @module
 */
import { BPS, MICRO_PER_USD, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { type BlockSample, BlockSums, type Blocks, type Estimate } from "./blocks.ts";
import { DEPTH_BPS, type MarketRecord } from "./market_record.ts";
import type { Samples } from "./samples.ts";

/** Short horizon of the variance ratio: about one round trip to the venue. */
const SHORT_US = 300 * US_PER_MS;
const LONG_US = 5 * US_PER_SECOND;
/** Depth counts where the levels shown reach so far in at least this share of the books. */
const REACH_MIN = 0.9;

/** Fills `out` with the figures of the price. */
export function addPriceFigures(
  out: Map<string, Estimate>,
  record: MarketRecord,
  blocks: Blocks,
  samples: Samples,
): void {
  out.set("spread_time_median", samples.spreadByTime.quantile(0.5));
  out.set("spread_time_mean", samples.spreadByTime.mean());
  out.set("spread_time_p99", samples.spreadByTime.quantile(0.99));
  out.set("spread_event_median", samples.spreadByEvent.quantile(0.5));
  out.set("spread_event_mean", samples.spreadByEvent.mean());
  const touches = new BlockSums(blocks, 1);
  for (const timeUs of record.touchUs.view()) touches.add(timeUs, 1);
  out.set(
    "touches_per_s",
    touches.estimate((sum, times) => sum(0) / blocks.secondsOf(times)),
  );
  const second = returns(record, blocks, US_PER_SECOND, US_PER_SECOND);
  const five = returns(record, blocks, LONG_US, US_PER_SECOND);
  out.set("mid_sd_1s", second.estimate(deviation));
  out.set("mid_sd_5s", five.estimate(deviation));
  out.set("variance_ratio", varianceRatio(record, blocks));
  DEPTH_BPS.forEach((bps, k) => {
    out.set(`depth_usd_${bps}bps`, depth(record, blocks, k));
  });
}

/** Sums 1, r, r^2 of log returns over `spanUs`, in basis points, from each multiple of `stepUs` on. */
function returns(record: MarketRecord, blocks: Blocks, spanUs: number, stepUs: number): BlockSums {
  const sums = new BlockSums(blocks, 3);
  eachStart(record, spanUs, stepUs, (timeUs) => {
    const r = returnOver(record, timeUs, spanUs);
    if (!Number.isNaN(r)) sums.add(timeUs, 1, r, r * r);
  });
  return sums;
}

function eachStart(record: MarketRecord, spanUs: number, stepUs: number, take: (timeUs: number) => void): void {
  for (const { startUs, endUs } of record.segments)
    for (let t = Math.ceil(startUs / stepUs) * stepUs; t + spanUs <= endUs; t += stepUs) take(t);
}

function returnOver(record: MarketRecord, timeUs: number, spanUs: number): number {
  return Math.log(record.midBefore(timeUs + spanUs) / record.midBefore(timeUs)) / BPS;
}

function variance(sum: (k: number) => number, at = 0): number {
  const mean = sum(at + 1) / sum(at);
  return sum(at + 2) / sum(at) - mean * mean;
}

function deviation(sum: (k: number) => number): number {
  return Math.sqrt(variance(sum));
}

/** Variance a second at 5 s over that at 0.3 s, both from the same starts: 1 for a random walk, above 1 where moves go on. */
function varianceRatio(record: MarketRecord, blocks: Blocks): Estimate {
  const sums = new BlockSums(blocks, 6);
  eachStart(record, LONG_US, SHORT_US, (timeUs) => {
    const short = returnOver(record, timeUs, SHORT_US);
    const long = returnOver(record, timeUs, LONG_US);
    if (!Number.isNaN(short + long)) sums.add(timeUs, 1, short, short * short, 1, long, long * long);
  });
  return sums.estimate((sum) => variance(sum, 3) / LONG_US / (variance(sum, 0) / SHORT_US));
}

/** Mean dollars of a side within DEPTH_BPS[k] of the mid; unknown where the levels shown do not reach so far. */
function depth(record: MarketRecord, blocks: Blocks, k: number): Estimate {
  const sums = new BlockSums(blocks, 2);
  const column = record.depthUsd[k] as MarketRecord["depthUsd"][number];
  let known = 0;
  for (let i = 0; i < column.count; i++) {
    const usd = column.at(i);
    if (Number.isNaN(usd)) continue;
    known += 1;
    sums.add(record.bookUs.at(i), 1, usd / MICRO_PER_USD);
  }
  if (known < REACH_MIN * column.count) return { value: null, lo: null, hi: null, n: known };
  return sums.estimate((sum) => sum(1) / sum(0));
}

/** Spreads of the touch in basis points of the mid: weighted by how long they held, and each once. */
export function addSpreads(record: MarketRecord, byTime: BlockSample, byEvent: BlockSample): void {
  for (let i = 0; i < record.touchUs.count; i++) {
    const mid = record.midOf(i);
    const bps = (record.askPx.at(i) - record.bidPx.at(i)) / mid / BPS;
    const timeUs = record.touchUs.at(i);
    byTime.add(timeUs, bps, record.heldUs(i) / US_PER_SECOND);
    byEvent.add(timeUs, bps);
  }
}
