/**
 * The distributions behind a profile's figures, made once and drawn as well.
 * @module
 */
import { MICRO_PER_USD } from "../core/units.ts";
import { BlockSample, type Blocks } from "./blocks.ts";
import type { MarketRecord } from "./market_record.ts";
import { addSpreads } from "./profile_price.ts";
import type { TakerSweep } from "./sweeps.ts";

/** Observations by block. */
export interface Samples {
  /** Basis points, weighted by the seconds that they held. */
  spreadByTime: BlockSample;
  spreadByEvent: BlockSample;
  /** Dollars. */
  tradeUsd: BlockSample;
  sweepUsd: BlockSample;
  /** Filled by whoever measures gaps. */
  gapSeconds: BlockSample;
}

/** Samples of spreads and sizes. */
export function makeSamples(record: MarketRecord, blocks: Blocks, sweeps: readonly TakerSweep[]): Samples {
  const samples: Samples = {
    spreadByTime: new BlockSample(blocks),
    spreadByEvent: new BlockSample(blocks),
    tradeUsd: new BlockSample(blocks),
    sweepUsd: new BlockSample(blocks),
    gapSeconds: new BlockSample(blocks),
  };
  addSpreads(record, samples.spreadByTime, samples.spreadByEvent);
  for (let i = 0; i < record.printUs.count; i++) {
    const timeUs = record.printUs.at(i);
    if (record.segmentAt(timeUs) < 0) continue;
    samples.tradeUsd.add(timeUs, (record.printPx.at(i) * record.printLots.at(i)) / MICRO_PER_USD);
  }
  for (const s of sweeps) samples.sweepUsd.add(s.timeUs, s.usd / MICRO_PER_USD);
  return samples;
}
