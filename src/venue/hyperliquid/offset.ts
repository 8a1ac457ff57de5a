/**
 * How far the venue's clock stands from ours, from many questions.
 * @module
 */
import type { ClockOffset } from "./info.ts";

/** Samples kept: as many minutes. Two good quartz clocks part by a few milliseconds in that time. */
const SAMPLES = 8;
/** Samples further apart than their errors and this are of two clocks: one was set. The venue's own time moves in blocks, and may lag by so much. */
const STEP_US = 250_000;

/** Keeps the sample with the shortest way: a queue on one side of the way shifts the middle, and only ever makes the way longer. */
export class OffsetEstimate {
  #samples: ClockOffset[] = [];

  add(sample: ClockOffset): void {
    const { best } = this;
    const isStep = best !== null && Math.abs(sample.offsetUs - best.offsetUs) > sample.errorUs + best.errorUs + STEP_US;
    this.#samples = isStep ? [sample] : [...this.#samples.slice(1 - SAMPLES), sample];
  }

  /** The best of the samples kept; null before the first. */
  get best(): ClockOffset | null {
    let best: ClockOffset | null = null;
    for (const sample of this.#samples) if (best === null || sample.errorUs <= best.errorUs) best = sample;
    return best;
  }
}
