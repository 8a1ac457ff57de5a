/**
 * A recording as the public market of a simulated venue: recorded frames in, orders of house accounts out.
 * @module
 */
import { CONTEXT, F, GAP, KIND, TRADE } from "../../core/frame.ts";
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";
import type { VenueMarket } from "../venue/market.ts";
import type { Venue } from "../venue/venue.ts";
import { TapeMarket } from "./market.ts";

/** "tape" in ASCII heads the addresses of those who repeat a recording. */
const HOUSE_PREFIX = "0x74617065";
/** Oracles speak every 3 s, as deployers do. */
const ORACLE_US = 3 * US_PER_SECOND;
/**
 * A silence longer than this leaves nothing that could be traded against: the house stands for nothing until the next book, and clients keep
 * their connections and orders. After a shorter one the book stands as it was last seen.
 */
const GAP_US = 10 * US_PER_SECOND;

/** Acts before each block: brings recorded markets to where the recording was at the block's end. */
export class TapeActor {
  /** In the order of the frames' market indices. */
  readonly markets: readonly TapeMarket[];
  #oracleUs: TimeUs = 0;

  /** @param markets Those that the recording holds, in the order of the frames' market indices. */
  constructor(venue: Venue, markets: readonly VenueMarket[]) {
    const house = (n: number) =>
      venue.houseAccount(HOUSE_PREFIX + n.toString(16).padStart(42 - HOUSE_PREFIX.length, "0"));
    const accounts = { bids: house(1), asks: house(2), taker: house(3) };
    this.markets = markets.map((market) => new TapeMarket(market, accounts));
  }

  /** Takes a frame that was true at the end of the coming block; trades that a subscribe repeats are left out before. */
  onFrame(data: Float64Array): void {
    if (data[F.kind] === KIND.gap) {
      if ((data[GAP.durationUs] as TimeUs) > GAP_US) for (const market of this.markets) market.onGap();
      return;
    }
    const market = this.markets[data[F.market] as number];
    if (market === undefined) return;
    if (data[F.kind] === KIND.book) market.onBook(data);
    else if (data[F.kind] === KIND.bbo) market.onBbo(data);
    else if (data[F.kind] === KIND.context) market.oraclePx = data[CONTEXT.oraclePx] as number;
    else if (data[F.kind] === KIND.trade) {
      const side = (data[TRADE.side] as number) > 0 ? 1 : -1;
      market.onPrint({ side, px: data[TRADE.px] as number, lots: data[TRADE.lots] as number });
    }
  }

  /** Submits what makes the coming block as it was recorded. */
  beforeBlock(venue: Venue): void {
    if (venue.nowUs >= this.#oracleUs) this.#setOracles(venue);
    for (const market of this.markets) market.submit(venue);
  }

  /** The recorded oracle, or the recorded mid where no context was recorded. */
  #setOracles(venue: Venue): void {
    this.#oracleUs = venue.nowUs + ORACLE_US;
    for (const { market, oraclePx, view } of this.markets) {
      const px = Number.isNaN(oraclePx) ? view.mid : oraclePx;
      if (px > 0) venue.marks.setOracle(market, px);
    }
  }
}
