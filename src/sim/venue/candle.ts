/**
 * Candles of one market, from its trades.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, Px } from "../../core/units.ts";
import { monthStartDay } from "./calendar.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface CandleInterval {
  name: string;
  /** 0 for calendar months. */
  ms: number;
}

/** Intervals that the venue has (candle-snapshot page, August 2026). */
export const CANDLE_INTERVALS: readonly CandleInterval[] = [
  { name: "1m", ms: MINUTE_MS },
  { name: "3m", ms: 3 * MINUTE_MS },
  { name: "5m", ms: 5 * MINUTE_MS },
  { name: "15m", ms: 15 * MINUTE_MS },
  { name: "30m", ms: 30 * MINUTE_MS },
  { name: "1h", ms: HOUR_MS },
  { name: "2h", ms: 2 * HOUR_MS },
  { name: "4h", ms: 4 * HOUR_MS },
  { name: "8h", ms: 8 * HOUR_MS },
  { name: "12h", ms: 12 * HOUR_MS },
  { name: "1d", ms: DAY_MS },
  { name: "3d", ms: 3 * DAY_MS },
  { name: "1w", ms: 7 * DAY_MS },
  { name: "1M", ms: 0 },
];

export interface Candle {
  startMs: number;
  /** Last millisecond that belongs to it. */
  endMs: number;
  openPx: Px;
  closePx: Px;
  highPx: Px;
  lowPx: Px;
  lots: Lots;
  tradeCount: number;
}

/** First and last millisecond of the candle that holds a time. Spans count from 1970, months from the calendar. */
export function candleSpan(interval: CandleInterval, timeMs: number): [startMs: number, endMs: number] {
  if (interval.ms > 0) {
    const startMs = Math.floor(timeMs / interval.ms) * interval.ms;
    return [startMs, startMs + interval.ms - 1];
  }
  const first = monthStartDay(Math.floor(timeMs / DAY_MS));
  // 32 days after the first lies in the next month, whatever the month.
  return [first * DAY_MS, monthStartDay(first + 32) * DAY_MS - 1];
}

/** Numbers of one candle in a series, in the order of `Candle`. */
const STRIDE = 8;
/** Candles that a series has room for at first. */
const ROOM_MIN = 64;

/**
 * Candles of one interval, oldest first, in one array of numbers: a venue that runs for weeks would otherwise keep some hundred thousand
 * objects for the garbage collector to walk.
 */
class Series {
  #numbers = new Float64Array(ROOM_MIN * STRIDE);
  #count = 0;
  readonly #interval: CandleInterval;
  readonly #max: number;

  constructor(interval: CandleInterval, max: number) {
    this.#interval = interval;
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  onTrade(timeMs: number, px: Px, lots: Lots): void {
    const n = this.#numbers;
    const at = (this.#count - 1) * STRIDE;
    if (this.#count === 0 || timeMs > (n[at + 1] as number)) {
      this.#begin(timeMs, px, lots);
      return;
    }
    n[at + 3] = px;
    if (px > (n[at + 4] as number)) n[at + 4] = px;
    if (px < (n[at + 5] as number)) n[at + 5] = px;
    n[at + 6] = (n[at + 6] as number) + lots;
    n[at + 7] = (n[at + 7] as number) + 1;
  }

  #begin(timeMs: number, px: Px, lots: Lots): void {
    // Cut rarely, since a cut moves all that stays: when a quarter more than the most has come.
    const roomMax = this.#max + Math.ceil(this.#max / 4);
    if (this.#count === roomMax) {
      this.#numbers.copyWithin(0, (this.#count - this.#max) * STRIDE, this.#count * STRIDE);
      this.#count = this.#max;
    } else if (this.#count * STRIDE === this.#numbers.length) {
      const wider = new Float64Array(Math.min(roomMax, 2 * this.#count) * STRIDE);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    const [startMs, endMs] = candleSpan(this.#interval, timeMs);
    this.#numbers.set([startMs, endMs, px, px, px, px, lots, 1], this.#count * STRIDE);
    this.#count += 1;
  }

  startMs(index: number): number {
    return this.#numbers[index * STRIDE] as number;
  }

  at(index: number): Candle {
    const [startMs, endMs, openPx, closePx, highPx, lowPx, lots, tradeCount] = this.#numbers.subarray(
      index * STRIDE,
      (index + 1) * STRIDE,
    ) as unknown as [number, number, Px, Px, Px, Px, Lots, number];
    return { startMs, endMs, openPx, closePx, highPx, lowPx, lots, tradeCount };
  }
}

/** Candles of all intervals, the newest `max` of each. Times without trades have none. */
export class CandleStore {
  readonly #series: readonly Series[];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
    this.#series = CANDLE_INTERVALS.map((interval) => new Series(interval, max));
  }

  onTrade(timeMs: number, px: Px, lots: Lots): void {
    for (const series of this.#series) series.onTrade(timeMs, px, lots);
  }

  /** Candles of an interval that begin within a range of time, oldest first, the newest `max` of them. */
  range(interval: string, fromMs: number, toMs: number): Candle[] {
    const series = this.#of(interval);
    const found: Candle[] = [];
    for (let i = series.count - 1; i >= 0 && found.length < this.#max; i--) {
      const startMs = series.startMs(i);
      if (startMs < fromMs) break;
      if (startMs <= toMs) found.push(series.at(i));
    }
    return found.reverse();
  }

  /** Candles that begin at a time or later, oldest first. Looks from the end: for what is new. */
  since(interval: string, fromMs: number): Candle[] {
    return this.range(interval, fromMs, Number.POSITIVE_INFINITY);
  }

  /** The candle of the last trade, or null. */
  newest(interval: string): Candle | null {
    const series = this.#of(interval);
    return series.count === 0 ? null : series.at(series.count - 1);
  }

  #of(interval: string): Series {
    const index = CANDLE_INTERVALS.findIndex((i) => i.name === interval);
    assert(index >= 0, "candles: the interval is one of the venue's");
    return this.#series[index] as Series;
  }
}
