/**
 * Prints joined into sweeps, each with the market as it stood just before.
 * @module
 */
import type { MicroUsd, TimeUs } from "../core/units.ts";
import type { MarketRecord } from "./market_record.ts";

/** What one taker did: the prints of one side and venue millisecond. */
export interface TakerSweep {
  timeUs: TimeUs;
  /** +1 bought. */
  side: number;
  usd: MicroUsd;
  lots: number;
  /** Last mid strictly before it, price units; NaN where none was known. */
  mid: number;
  /** Distance of the deepest print from that mid, as a fraction; negative for a print inside. */
  depthFrac: number;
  /** Distance of the best price of just before from that mid, as a fraction; NaN with it. */
  halfTouchFrac: number;
  /** Whether it went beyond the best price of just before. */
  isBeyond: boolean;
}

/** Sweeps of a record in order of time, and how many prints fell into no recorded time. */
export interface Sweeps {
  all: TakerSweep[];
  lostPrints: number;
}

/** Sorts the prints by venue time and joins them. */
export function sweepsOf(record: MarketRecord): Sweeps {
  const times = record.printUs.view();
  const order = Uint32Array.from({ length: times.length }, (_, i) => i);
  order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  const all: TakerSweep[] = [];
  let lostPrints = 0;
  /** The sweeps of the newest millisecond: one a side at most. */
  let open: TakerSweep[] = [];
  for (const i of order) {
    const timeUs = times[i] as number;
    const side = record.printSide.at(i);
    if (record.segmentAt(timeUs) < 0) {
      lostPrints += 1;
      continue;
    }
    if (open[0]?.timeUs !== timeUs) open = [];
    let sweep = open.find((s) => s.side === side);
    if (sweep === undefined) {
      sweep = openSweep(record, timeUs, side);
      open.push(sweep);
      all.push(sweep);
    }
    addPrint(record, sweep, i);
  }
  return { all, lostPrints };
}

function openSweep(record: MarketRecord, timeUs: TimeUs, side: number): TakerSweep {
  const touch = record.touchBefore(timeUs);
  const mid = record.midOf(touch);
  const halfTouchFrac = (record.askPx.at(touch) - record.bidPx.at(touch)) / 2 / mid;
  return { timeUs, side, usd: 0, lots: 0, mid, depthFrac: Number.NEGATIVE_INFINITY, halfTouchFrac, isBeyond: false };
}

function addPrint(record: MarketRecord, sweep: TakerSweep, i: number): void {
  const px = record.printPx.at(i);
  const lots = record.printLots.at(i);
  sweep.usd += px * lots;
  sweep.lots += lots;
  if (Number.isNaN(sweep.mid)) return;
  sweep.depthFrac = Math.max(sweep.depthFrac, (sweep.side * (px - sweep.mid)) / sweep.mid);
  const best = (sweep.side > 0 ? record.askPx : record.bidPx).at(record.touchBefore(sweep.timeUs));
  if ((px - best) * sweep.side > 0) sweep.isBeyond = true;
}

/** Move of the mid in a sweep's direction from just before it to `spanUs` after, as a fraction; NaN across a gap or the end. */
export function moveAfter(record: MarketRecord, sweep: TakerSweep, spanUs: TimeUs): number {
  const dueUs = sweep.timeUs + spanUs;
  if (record.segmentAt(dueUs) !== record.segmentAt(sweep.timeUs)) return Number.NaN;
  return (sweep.side * (record.midBefore(dueUs) - sweep.mid)) / sweep.mid;
}
