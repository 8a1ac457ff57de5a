/**
 * The profile of a market of a simulated world: as fast as it goes, no text in between.
 * @module
 */
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import type { BlockActor } from "../exchange/host.ts";
import { yieldTurn } from "../io/clock.ts";
import type { Level } from "../sim/venue/book.ts";
import type { Trade, VenueListener } from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Venue } from "../sim/venue/venue.ts";
import { type MarketProfile, MarketProfiler } from "../stats/market_profile.ts";
import { type BookLevel, LEVELS_SHOWN } from "../stats/market_record.ts";

/** A venue with its participants, before the first block. */
export interface LiveWorld {
  venue: Venue;
  actor: BlockActor;
}

/** The venue's `l2Book` comes so often. */
const BOOK_US = US_PER_SECOND / 2;
/** What happens before a world has found its pace is not counted, venue seconds. */
export const WARM_SECONDS = 60;
/** Blocks of one turn before a wish to stop is heard: a few tens of milliseconds. */
const TURN_BLOCKS = 4096;

/** Runs a world for so many venue seconds after its warm-up. Returns null when asked to stop. */
export async function profileWorld(
  world: LiveWorld,
  market: VenueMarket,
  options: { seconds: number; draws?: number; stopRequested?(): boolean },
): Promise<MarketProfile | null> {
  const { venue, actor } = world;
  const watchFromUs = venue.nowUs + WARM_SECONDS * US_PER_SECOND;
  const endUs = watchFromUs + options.seconds * US_PER_SECOND;
  const watch = new MarketWatch(market, watchFromUs);
  venue.listen(watch);
  for (let blocks = 0; venue.nowUs < endUs; blocks++) {
    if (blocks % TURN_BLOCKS === 0) {
      if (options.stopRequested?.() === true) return null;
      await yieldTurn();
    }
    actor.beforeBlock(venue);
    venue.step();
  }
  return watch.profiler.finish(options.draws === undefined ? {} : { draws: options.draws });
}

/** Tells a profiler what the venue's feed would show of one market. */
export class MarketWatch implements VenueListener {
  readonly profiler = new MarketProfiler();
  readonly #market: VenueMarket;
  readonly #fromUs: TimeUs;
  #touchVersion = -1;
  #bookUs: TimeUs;

  constructor(market: VenueMarket, fromUs: TimeUs) {
    this.#market = market;
    this.#fromUs = fromUs;
    this.#bookUs = fromUs;
  }

  onTrade(trade: Trade): void {
    const timeUs = trade.timeMs * US_PER_MS;
    if (trade.market === this.#market && timeUs >= this.#fromUs)
      this.profiler.onTrade(timeUs, trade.side, trade.px, trade.lots);
  }

  /** Touch and book as they stand when the block ends. */
  onBlock(timeMs: number): void {
    const timeUs = timeMs * US_PER_MS;
    if (timeUs < this.#fromUs) return;
    const { book } = this.#market;
    if (book.touchVersion !== this.#touchVersion) {
      this.#touchVersion = book.touchVersion;
      const bid = book.bids[book.bids.length - 1];
      const ask = book.asks[book.asks.length - 1];
      this.profiler.onTouch(timeUs, bid?.px ?? 0, bid?.lots ?? 0, ask?.px ?? 0, ask?.lots ?? 0);
    }
    if (timeUs < this.#bookUs) return;
    this.#bookUs = timeUs + BOOK_US;
    this.profiler.onBook(timeUs, shown(book.bids), shown(book.asks));
  }

  onFill(): void {}
  onOrder(): void {}
  onNonUserCancel(): void {}
  onFunding(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
}

/** The levels that the feed shows, best first. */
function shown(levels: readonly Level[]): BookLevel[] {
  const count = Math.min(LEVELS_SHOWN, levels.length);
  return Array.from({ length: count }, (_, i) => {
    const { px, lots } = levels[levels.length - 1 - i] as Level;
    return { px, lots };
  });
}
