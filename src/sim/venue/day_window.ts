/**
 * What a market traded in the last day, by the hour.
 * @module
 */
import type { Lots, MicroUsd } from "../../core/units.ts";
import type { VenueMarket } from "./market.ts";

const HOURS = 24;

/** Twenty-four hourly sums and opening prices; keeps the market's `dayVolumeUsd`, `dayLots` and `prevDayPx`. */
export class DayWindow {
  readonly #market: VenueMarket;
  readonly #usd = new Float64Array(HOURS);
  readonly #lots = new Float64Array(HOURS);
  readonly #openPx = new Float64Array(HOURS).fill(Number.NaN);
  #hour: number;

  /** @param hour Hours since 1970. */
  constructor(market: VenueMarket, hour: number) {
    this.#market = market;
    this.#hour = hour;
    this.#openPx[hour % HOURS] = market.markPx;
  }

  /** One trade, counted once. */
  onTrade(usd: MicroUsd, lots: Lots): void {
    const at = this.#hour % HOURS;
    this.#usd[at] = (this.#usd[at] as number) + usd;
    this.#lots[at] = (this.#lots[at] as number) + lots;
    this.#market.dayVolumeUsd += usd;
    this.#market.dayLots += lots;
  }

  /** Begins `hour`: what is a day old leaves the sums, and the price of then becomes the one compared with. */
  roll(hour: number): void {
    const market = this.#market;
    for (let h = Math.max(this.#hour + 1, hour - HOURS + 1); h <= hour; h++) {
      const at = h % HOURS;
      market.dayVolumeUsd -= this.#usd[at] as number;
      market.dayLots -= this.#lots[at] as number;
      if (!Number.isNaN(this.#openPx[at])) market.prevDayPx = this.#openPx[at] as number;
      this.#usd[at] = 0;
      this.#lots[at] = 0;
      this.#openPx[at] = market.markPx;
    }
    this.#hour = hour;
  }
}
