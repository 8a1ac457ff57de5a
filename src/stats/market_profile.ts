/**
 * What a market is like, in figures: one reader for a recorded market and a simulated one.
 * @module
 */
import { type Lots, type Px, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { Blocks, type Estimate } from "./blocks.ts";
import { type BookLevel, MarketRecord } from "./market_record.ts";
import { type Curves, makeCurves } from "./profile_curves.ts";
import { addDepthFigures } from "./profile_depth.ts";
import { addFlowFigures } from "./profile_flow.ts";
import { addPriceFigures } from "./profile_price.ts";
import { makeSamples } from "./samples.ts";
import { sweepsOf } from "./sweeps.ts";

/** Draws of every interval: its ends then move by a tenth of its width from seed to seed. */
const DRAWS = 400;

/** The figures of a market by key, and its distributions. */
export interface MarketProfile {
  /** Time that was recorded, and its minutes. */
  seconds: number;
  blocks: number;
  gaps: number;
  touches: number;
  trades: number;
  sweeps: number;
  /** Prints whose time lies in no recorded stretch. */
  lostTrades: number;
  figures: Record<string, Estimate>;
  curves: Curves;
}

/**
 * Takes a market's public events in venue time and gives its profile.
 *
 * A trade is judged against the last touch strictly before its own time, whenever it is told: trades and touches of one block share their
 * time. Memory grows with the events, 40 bytes a touch or print.
 */
export class MarketProfiler {
  readonly #record = new MarketRecord();

  /** The best prices from `timeUs` on; times of touches never fall. Lots 0 where a side is empty. Telling the same again is no event. */
  onTouch(timeUs: TimeUs, bidPx: Px, bidLots: Lots, askPx: Px, askLots: Lots): void {
    this.#record.onTouch(timeUs, bidPx, bidLots, askPx, askLots);
  }

  /** A print, in any order. @param side The aggressor's: +1 bought. */
  onTrade(timeUs: TimeUs, side: number, px: Px, lots: Lots): void {
    this.#record.onTrade(timeUs, side, px, lots);
  }

  /** The book as the feed shows it: best level first, at most 20 a side. */
  onBook(timeUs: TimeUs, bids: readonly BookLevel[], asks: readonly BookLevel[]): void {
    this.#record.onBook(timeUs, bids, asks);
  }

  /** What happened until the next event is not known. */
  onGap(): void {
    this.#record.onGap();
  }

  /** The profile of what was told. @param options.draws 0 leaves out intervals. @param options.seed Of the draws. */
  finish(options: { draws?: number; seed?: number } = {}): MarketProfile {
    const record = this.#record;
    const blocks = new Blocks(record.segments, options.draws ?? DRAWS, options.seed ?? 1);
    const sweeps = sweepsOf(record);
    const samples = makeSamples(record, blocks, sweeps.all);
    const figures = new Map<string, Estimate>();
    addPriceFigures(figures, record, blocks, samples);
    addFlowFigures(figures, record, blocks, sweeps.all, samples);
    addDepthFigures(figures, record, blocks, sweeps.all);
    return {
      seconds: record.segments.reduce((sum, s) => sum + s.endUs - s.startUs, 0) / US_PER_SECOND,
      blocks: blocks.count,
      gaps: Math.max(0, record.segments.length - 1),
      touches: record.touchUs.count,
      trades: record.printUs.count - sweeps.lostPrints,
      sweeps: sweeps.all.length,
      lostTrades: sweeps.lostPrints,
      figures: Object.fromEntries(figures),
      curves: makeCurves(record, blocks, sweeps.all, samples),
    };
  }
}
