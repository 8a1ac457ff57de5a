/**
 * Candles of one market, from its trades.
 * @module
 */
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

/** Candles of all intervals, the newest `max` of each. Times without trades have none. */
export class CandleStore {
  readonly #series: Candle[][] = CANDLE_INTERVALS.map(() => []);
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  onTrade(timeMs: number, px: Px, lots: Lots): void {
    for (let i = 0; i < CANDLE_INTERVALS.length; i++) {
      const series = this.#series[i] as Candle[];
      const candle = series[series.length - 1];
      if (candle === undefined || timeMs > candle.endMs) {
        const [startMs, endMs] = candleSpan(CANDLE_INTERVALS[i] as CandleInterval, timeMs);
        series.push({ startMs, endMs, openPx: px, closePx: px, highPx: px, lowPx: px, lots, tradeCount: 1 });
        // Cut rarely: taking one off the front of an array moves all others.
        if (series.length >= 2 * this.#max) series.splice(0, series.length - this.#max);
        continue;
      }
      candle.closePx = px;
      if (px > candle.highPx) candle.highPx = px;
      if (px < candle.lowPx) candle.lowPx = px;
      candle.lots += lots;
      candle.tradeCount += 1;
    }
  }

  /** Candles of an interval that begin within a range of time, oldest first, the newest `max` of them. */
  range(interval: string, fromMs: number, toMs: number): Candle[] {
    const series = this.#series[CANDLE_INTERVALS.findIndex((i) => i.name === interval)] ?? [];
    return series.filter((c) => c.startMs >= fromMs && c.startMs <= toMs).slice(-this.#max);
  }

  /** The candle of the last trade, or null. */
  newest(interval: string): Candle | null {
    return this.#series[CANDLE_INTERVALS.findIndex((i) => i.name === interval)]?.at(-1) ?? null;
  }
}
