/**
 * Topics about one market: touch, book, trades, candles, context.
 * @module
 */
import type { Candle, CandleStore } from "../sim/venue/candle.ts";
import type { Trade } from "../sim/venue/events.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import { BOOK_LEVELS } from "../wire/hyperliquid/facts.ts";
import { type BookForm, printBbo, printBook, printCandle, printContext, printTrade } from "./print_market.ts";
import type { Subscription } from "./subscription.ts";
import { frame, frameOf, type Tick, Topic, type View } from "./topic.ts";

/** `bbo`: in each block in which the touch changed. */
export class BboTopic extends Topic {
  readonly #market: VenueMarket;
  #version: number;
  /** The touch that was told: price, lots and count of each side. */
  #told: number[];

  constructor(view: View, market: VenueMarket) {
    super(view);
    this.#market = market;
    this.#version = market.book.touchVersion;
    this.#told = touchOf(market);
  }

  /** Nothing of a delisted market (measured on mainnet, September 2026). */
  snapshot(): string[] {
    return this.#market.delisted ? [] : [frame("bbo", printBbo(this.#market, this.view.venue.nowMs))];
  }

  publish(tick: Tick, out: string[]): void {
    const { touchVersion } = this.#market.book;
    if (touchVersion === this.#version) return;
    this.#version = touchVersion;
    // What changed may have changed back within the block.
    const touch = touchOf(this.#market);
    if (touch.every((value, i) => value === this.#told[i])) return;
    this.#told = touch;
    out.push(frame("bbo", printBbo(this.#market, tick.timeMs)));
  }
}

/** Price, lots and count of the best level of each side; zeros of an empty one. */
function touchOf({ book }: VenueMarket): number[] {
  return [book.bids.at(-1), book.asks.at(-1)].flatMap((best) =>
    best === undefined ? [0, 0, 0] : [best.px, best.lots, best.count],
  );
}

/** `l2Book`: the whole book at each stroke of a clock that all books share, changed or not. */
export class BookTopic extends Topic {
  readonly #market: VenueMarket;
  readonly #form: BookForm;

  constructor(view: View, market: VenueMarket, s: Subscription) {
    super(view);
    this.#market = market;
    const fast = s.fast === true;
    const levelCount = fast ? BOOK_LEVELS.fast : BOOK_LEVELS.full;
    this.#form = { levelCount, nSigFigs: s.nSigFigs ?? null, mantissa: s.mantissa ?? null, fast };
  }

  snapshot(): string[] {
    return [this.#frame(this.view.venue.nowMs)];
  }

  publish(tick: Tick, out: string[]): void {
    if (this.#form.fast ? tick.fastBooks : tick.fullBooks) out.push(this.#frame(tick.timeMs));
  }

  #frame(timeMs: number): string {
    return frame("l2Book", printBook(this.#market, timeMs, this.#form));
  }
}

/** `trades`: one frame a block; before that, the last seconds in one frame that nothing marks as old. */
export class TradesTopic extends Topic {
  readonly #market: VenueMarket;
  #trades: object[] = [];

  constructor(view: View, market: VenueMarket) {
    super(view);
    this.#market = market;
  }

  snapshot(): string[] {
    const replay = this.view.history.market(this.#market).replay(this.view.venue.nowMs);
    return replay.length === 0 ? [] : [frameOf("trades", replay.map(printTrade))];
  }

  override onTrade(trade: Trade): void {
    this.#trades.push(printTrade(trade));
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#trades.length === 0) return;
    out.push(frameOf("trades", this.#trades));
    this.#trades = [];
  }
}

/** `candle`: the one that runs, about twice a second while there are trades; one that ended meanwhile is told to its end. */
export class CandleTopic extends Topic {
  readonly #market: VenueMarket;
  readonly #interval: string;
  #changed = false;
  #toldMs: number;

  constructor(view: View, market: VenueMarket, interval: string) {
    super(view);
    this.#market = market;
    this.#interval = interval;
    this.#toldMs = this.#candles.newest(interval)?.startMs ?? 0;
  }

  snapshot(): string[] {
    const candle = this.#candles.newest(this.#interval);
    return candle === null ? [] : [this.#frame(candle)];
  }

  override onTrade(): void {
    this.#changed = true;
  }

  publish(tick: Tick, out: string[]): void {
    if (!this.#changed || !tick.fastBooks) return;
    this.#changed = false;
    for (const candle of this.#candles.since(this.#interval, this.#toldMs)) {
      out.push(this.#frame(candle));
      this.#toldMs = candle.startMs;
    }
  }

  get #candles(): CandleStore {
    return this.view.history.market(this.#market).candles;
  }

  #frame(candle: Candle): string {
    return frameOf("candle", printCandle(this.#market, this.#interval, candle));
  }
}

/** `activeAssetCtx`: once a second. */
export class ContextTopic extends Topic {
  readonly #market: VenueMarket;

  constructor(view: View, market: VenueMarket) {
    super(view);
    this.#market = market;
  }

  snapshot(): string[] {
    return [frameOf("activeAssetCtx", { coin: this.#market.coin, ctx: printContext(this.#market) })];
  }

  publish(tick: Tick, out: string[]): void {
    if (tick.second) out.push(...this.snapshot());
  }
}
