/**
 * How good forecasts of yes or no were: hits and misses, calibration, Brier score.
 * @module
 */
import { type RatioPart, ratioInterval } from "./paired.ts";

/** Forecasts that said the same, in steps of 1 / `steps`. */
export interface CalibrationPoint {
  forecast: number;
  count: number;
  /** Share of them that came true; null of none. */
  observed: number | null;
}

/** Forecasts against what came true, by group (a seed), whose errors are independent of each other. */
export class ForecastTable {
  readonly #steps: number;
  readonly #counts: number[];
  readonly #true: number[];
  readonly #squares: RatioPart[] = [];
  readonly #base: RatioPart[] = [];

  /** @param steps Forecasts are k / steps. */
  constructor(steps: number) {
    this.#steps = steps;
    this.#counts = new Array<number>(steps + 1).fill(0);
    this.#true = new Array<number>(steps + 1).fill(0);
  }

  /** Takes the forecasts of one group: k and whether it came true. */
  addGroup(forecasts: readonly { k: number; happened: boolean }[]): void {
    const square: RatioPart = { sum: 0, weight: 0 };
    const base: RatioPart = { sum: 0, weight: 0 };
    for (const { k, happened } of forecasts) {
      const y = happened ? 1 : 0;
      this.#counts[k] = (this.#counts[k] as number) + 1;
      this.#true[k] = (this.#true[k] as number) + y;
      square.sum += (k / this.#steps - y) ** 2;
      square.weight += 1;
      base.sum += y;
      base.weight += 1;
    }
    this.#squares.push(square);
    this.#base.push(base);
  }

  /** Mean of (forecast - outcome)^2 over all, with its 95 % interval over groups: 0 is perfect. */
  get brier(): { mean: number | null; lo: number | null; hi: number | null } {
    const { mean, lo, hi } = ratioInterval(this.#squares);
    // A mean of squares: no interval of it reaches below 0.
    return { mean, lo: lo === null ? null : Math.max(0, lo), hi };
  }

  /** Brier score of whoever always says how often it happens: p (1 - p). Null without a forecast. */
  get baseBrier(): number | null {
    const { mean } = ratioInterval(this.#base);
    return mean === null ? null : mean * (1 - mean);
  }

  get curve(): CalibrationPoint[] {
    return this.#counts.map((count, k) => ({
      forecast: k / this.#steps,
      count,
      observed: count === 0 ? null : (this.#true[k] as number) / count,
    }));
  }
}
