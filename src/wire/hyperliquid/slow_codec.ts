/**
 * The checked way from a push to frames: parse, schema, exact numbers. For what the scanner does not know.
 * @module
 */
import type { z } from "zod";
import { BBO, BOOK, BUY, CONTEXT, type FrameLane, KIND, SELL, TRADE } from "../../core/frame.ts";
import { PERP_DECIMALS, parseScaled, pow10, US_PER_MS } from "../../core/units.ts";
import type { CodecMarket } from "./codec.ts";
import { bboSchema, bookSchema, contextSchema, pushSchema, tradesSchema } from "./schema.ts";

/** Channels that carry nothing for the core and are no surprise. */
const IGNORED = new Set(["subscriptionResponse", "pong", "post"]);

type Level = z.infer<typeof bookSchema>["levels"][0][number];

/** Decodes one push by its schema; `outcome` says what it was. */
export class SlowCodec {
  outcome: "frames" | "ignored" | "unknown_channel" | "bad" = "ignored";
  problem = "";
  channelIndex = 4;
  market = -1;
  venueTimeUs = 0;
  /** Venue time that a context is stamped with: it has none of its own. */
  contextVenueUs = 0;
  readonly #markets = new Map<string, CodecMarket>();

  constructor(markets: readonly CodecMarket[]) {
    for (const market of markets) this.#markets.set(market.coin, market);
  }

  /** Writes the frames of one push; returns their number, 0 for a stranger's or a refused one (see `outcome`). */
  decode(bytes: Uint8Array, from: number, to: number, timeUs: number, lane: FrameLane, replayed: boolean): number {
    this.outcome = "frames";
    this.problem = "";
    this.channelIndex = 4;
    this.market = -1;
    this.venueTimeUs = 0;
    let push: { channel: string; data?: unknown };
    try {
      push = pushSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(from, to))));
    } catch {
      return this.#refuse("not a push: no JSON object with channel and data");
    }
    switch (push.channel) {
      case "bbo":
        this.channelIndex = 0;
        return this.#with(bboSchema, push.data, (data) => this.#bbo(data, timeUs, lane));
      case "l2Book":
        this.channelIndex = 1;
        return this.#with(bookSchema, push.data, (data) => this.#book(data, timeUs, lane));
      case "trades":
        this.channelIndex = 2;
        return this.#with(tradesSchema, push.data, (data) => this.#trades(data, timeUs, lane, replayed));
      case "activeAssetCtx":
        this.channelIndex = 3;
        return this.#with(contextSchema, push.data, (data) => this.#context(data, timeUs, lane));
      default:
        this.outcome = IGNORED.has(push.channel) ? "ignored" : "unknown_channel";
        return 0;
    }
  }

  #refuse(problem: string): number {
    this.outcome = "bad";
    this.problem = problem;
    return 0;
  }

  #with<T>(schema: z.ZodType<T>, data: unknown, write: (data: T) => number): number {
    const parsed = schema.safeParse(data);
    if (parsed.success) return write(parsed.data);
    const issue = parsed.error.issues[0];
    return this.#refuse(issue === undefined ? "unexpected shape" : `${issue.path.join(".")}: ${issue.message}`);
  }

  #levels(levels: readonly (Level | null)[], market: CodecMarket): number[] | null {
    const numbers: number[] = [];
    for (const level of levels) {
      const px = level === null ? 0 : parseScaled(level.px, PERP_DECIMALS - market.szDecimals);
      const lots = level === null ? 0 : parseScaled(level.sz, market.szDecimals);
      const wrong = level !== null && !(px > 0 && lots > 0);
      if (wrong) {
        this.#refuse(`${market.coin}: price ${level.px} or size ${level.sz} is not on the market's grid`);
        return null;
      }
      numbers.push(px, lots);
    }
    return numbers;
  }

  #bbo(data: z.infer<typeof bboSchema>, timeUs: number, lane: FrameLane): number {
    this.venueTimeUs = data.time * US_PER_MS;
    const market = this.#markets.get(data.coin);
    if (market === undefined) return 0;
    this.market = market.market;
    const numbers = this.#levels(data.bbo, market);
    if (numbers === null) return 0;
    const at = lane.begin(KIND.bbo, BBO.size, timeUs, this.venueTimeUs, market.market);
    for (let i = 0; i < 4; i++) lane.data[at + BBO.bidPx + i] = numbers[i] as number;
    return 1;
  }

  #book(data: z.infer<typeof bookSchema>, timeUs: number, lane: FrameLane): number {
    this.venueTimeUs = data.time * US_PER_MS;
    const market = this.#markets.get(data.coin);
    if (market === undefined) return 0;
    this.market = market.market;
    const bids = this.#levels(data.levels[0], market);
    const asks = this.#levels(data.levels[1], market);
    if (bids === null || asks === null) return 0;
    const size = BOOK.levels + bids.length + asks.length;
    const at = lane.begin(KIND.book, size, timeUs, this.venueTimeUs, market.market);
    lane.data[at + BOOK.fast] = data.fast === true ? 1 : 0;
    lane.data[at + BOOK.bidCount] = bids.length / 2;
    lane.data[at + BOOK.askCount] = asks.length / 2;
    lane.data.set(bids, at + BOOK.levels);
    lane.data.set(asks, at + BOOK.levels + bids.length);
    return 1;
  }

  #trades(data: z.infer<typeof tradesSchema>, timeUs: number, lane: FrameLane, replayed: boolean): number {
    let frames = 0;
    for (const trade of data) {
      this.venueTimeUs = trade.time * US_PER_MS;
      const market = this.#markets.get(trade.coin);
      if (market === undefined) continue;
      this.market = market.market;
      const numbers = this.#levels([{ px: trade.px, sz: trade.sz }], market);
      if (numbers === null) return 0;
      const at = lane.begin(KIND.trade, TRADE.size, timeUs, this.venueTimeUs, market.market);
      lane.data[at + TRADE.px] = numbers[0] as number;
      lane.data[at + TRADE.lots] = numbers[1] as number;
      lane.data[at + TRADE.side] = trade.side === "B" ? BUY : SELL;
      lane.data[at + TRADE.tid] = trade.tid;
      lane.data[at + TRADE.replayed] = replayed ? 1 : 0;
      frames += 1;
    }
    return frames;
  }

  #context(data: z.infer<typeof contextSchema>, timeUs: number, lane: FrameLane): number {
    const market = this.#markets.get(data.coin);
    if (market === undefined) return 0;
    this.market = market.market;
    const at = lane.begin(KIND.context, CONTEXT.size, timeUs, this.contextVenueUs, market.market);
    // Oracle and mark need not lie on the grid of orders: they stay doubles.
    const pxPerUsd = pow10(PERP_DECIMALS - market.szDecimals);
    lane.data[at + CONTEXT.oraclePx] = Number(data.ctx.oraclePx) * pxPerUsd;
    lane.data[at + CONTEXT.markPx] = Number(data.ctx.markPx) * pxPerUsd;
    lane.data[at + CONTEXT.fundingRatePerHour] = Number(data.ctx.funding);
    lane.data[at + CONTEXT.openInterestLots] = Number(data.ctx.openInterest) * pow10(market.szDecimals);
    return 1;
  }
}
