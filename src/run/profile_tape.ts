/**
 * The profile of a market on a tape.
 * @module
 */
import { BOOK, F, FrameLane, KIND, TRADE } from "../core/frame.ts";
import { BookView } from "../core/market/book.ts";
import { readTapes } from "../io/tape.ts";
import { type MarketProfile, MarketProfiler } from "../stats/market_profile.ts";
import { type BookLevel, LEVELS_SHOWN } from "../stats/market_record.ts";
import { FactsError, type InfoAnswer, resolveInstrument, UnknownMarketError } from "../wire/hyperliquid/instrument.ts";
import { readFacts } from "./facts_file.ts";
import { Intake } from "./intake.ts";

/** Room for the frames of one push: a first trades push holds hundreds of prints. */
const LANE_SIZE = 65_536;

export interface ProfileTapeRequest {
  tapes: readonly string[];
  market: string;
  factsFile: string | null;
  skipBadLines: boolean;
  /** Draws of intervals; left out, as many as a profile takes by itself. */
  draws?: number;
}

/** Reads tapes as one recording. What a subscribe repeats and what a recorder lost count as neither flow nor time. */
export async function profileTape(request: ProfileTapeRequest): Promise<MarketProfile> {
  const { market } = request;
  const answers: InfoAnswer[] = request.factsFile === null ? [] : readFacts(request.factsFile);
  let reading: TapeMarket | null = null;
  let isNewFile = false;
  await readTapes(
    request.tapes,
    {
      onFileStart: () => {
        isNewFile = true;
      },
      onInfo: (asked, response) => {
        answers.push({ request: asked as InfoAnswer["request"], response });
      },
      onMark: (reason) => reading?.intake.onMark(reason),
      onPush: (bytes, from, to, timeUs) => {
        reading ??= new TapeMarket(market, resolveInstrument(market, answers).szDecimals);
        if (isNewFile) reading.intake.onFileStart();
        isNewFile = false;
        return reading.onPush(bytes, from, to, timeUs);
      },
    },
    { skipBadLines: request.skipBadLines },
  );
  const read = reading as TapeMarket | null;
  if (read === null)
    throw new FactsError(`${request.tapes[0]}: holds no push of the venue: there is nothing to measure`);
  if (read.intake.marketCounts[0] === 0)
    throw new UnknownMarketError(`${market} has no message on the tape: name a market that it holds`);
  return read.profiler.finish(request.draws === undefined ? {} : { draws: request.draws });
}

/** One market's pushes as its events in venue time. */
class TapeMarket {
  readonly intake: Intake;
  readonly profiler = new MarketProfiler();
  readonly #view = new BookView();
  readonly #lane = new FrameLane(LANE_SIZE);

  constructor(coin: string, szDecimals: number) {
    this.intake = new Intake([{ coin, market: 0, szDecimals }]);
  }

  onPush(bytes: Uint8Array, from: number, to: number, timeUs: number): string {
    const lane = this.#lane;
    lane.clear();
    const problem = this.intake.onPush(bytes, from, to, timeUs, lane);
    for (let at = 0; at < lane.length; at += lane.data[at + F.size] as number) this.#take(lane.data, at);
    return problem;
  }

  #take(data: Float64Array, at: number): void {
    const venueUs = data[at + F.venueTimeUs] as number;
    const kind = data[at + F.kind];
    if (kind === KIND.gap) {
      this.#view.clear();
      this.profiler.onGap();
    } else if (kind === KIND.bbo) {
      if (this.#view.applyBbo(data, at)) this.#tellTouch();
    } else if (kind === KIND.book) {
      if (!this.#view.applyBook(data, at)) return;
      this.#tellTouch();
      if (data[at + BOOK.fast] === 0) this.#tellBook(data, at, venueUs);
    } else if (kind === KIND.trade && data[at + TRADE.replayed] === 0) {
      const side = data[at + TRADE.side] as number;
      this.profiler.onTrade(venueUs, side, data[at + TRADE.px] as number, data[at + TRADE.lots] as number);
    }
  }

  #tellTouch(): void {
    const view = this.#view;
    const bidLots = view.isCrossed ? 0 : view.bidLots;
    this.profiler.onTouch(view.touchTimeUs, view.bidPx, bidLots, view.askPx, view.askLots);
  }

  #tellBook(data: Float64Array, at: number, venueUs: number): void {
    const bidCount = data[at + BOOK.bidCount] as number;
    const askCount = data[at + BOOK.askCount] as number;
    const levels = at + BOOK.levels;
    this.profiler.onBook(venueUs, levelsAt(data, levels, bidCount), levelsAt(data, levels + 2 * bidCount, askCount));
  }
}

function levelsAt(data: Float64Array, from: number, count: number): BookLevel[] {
  return Array.from({ length: Math.min(count, LEVELS_SHOWN) }, (_, i) => ({
    px: data[from + 2 * i] as number,
    lots: data[from + 2 * i + 1] as number,
  }));
}
