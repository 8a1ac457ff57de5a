/**
 * The port of real orders: intents to the gateway, and what the venue says of them and of the account back as frames.
 * @module
 */
import { ACTION, CONTEXT, F, FILL, FrameLane, FUNDING, KIND, ORDER, ORDER_STATUS, POSITION } from "../core/frame.ts";
import { BookView, MidHistory } from "../core/market/book.ts";
import type { Instrument } from "../core/market/instrument.ts";
import { REASON } from "../core/reason.ts";
import type { Lots, MicroUsd, Px, TimeUs } from "../core/units.ts";
import { MICRO_PER_USD } from "../core/units.ts";
import { Account } from "../sim/account.ts";
import { AddressLimiter } from "../sim/limits.ts";
import type { OrderPort, PortMarket, RequestCounts } from "../sim/order_port.ts";
import { QuotaTold } from "../sim/quota_told.ts";
import { DRIVER } from "../sim/resting.ts";
import type { ShadowSink } from "../sim/shadow.ts";
import type { OrderAnswer } from "../venue/hyperliquid/trading.ts";
import { REQUESTS_INITIAL } from "../wire/hyperliquid/facts.ts";

/** Requests that the venue counts for one that came after its expiry (exchange-endpoint page, August 2026). */
export const EXPIRED_COST = 5;
/** Room for the answers to everything that may be in flight. */
const LANE_SIZE = 65_536;

/** Where intents go. */
export interface IntentSink {
  queue(data: Float64Array, at: number): void;
  flush(): void;
}

/** What is known of one market here. */
class Place implements PortMarket {
  instrument: Instrument;
  /** Real fills are never late prints. */
  readonly latePrintCount = 0;
  hasContext = false;
  readonly book = new BookView();
  readonly mids = new MidHistory();

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }
}

/**
 * The run's side of its account at the venue.
 *
 * Money is counted from the venue's own fills and fundings alone, so that it can be set against what the venue says at the end; the limiter here
 * is a mirror of the venue's count as it was told last.
 */
export class LivePort implements OrderPort {
  readonly account: Account;
  readonly limiter = new AddressLimiter();
  readonly markets: readonly Place[];
  readonly counts: readonly RequestCounts[];
  readonly #sink: ShadowSink;
  readonly #lane = new FrameLane(LANE_SIZE);
  readonly #told = new QuotaTold();
  /** Where intents go; before it is known, none is expected. */
  gateway: IntentSink | null = null;
  /** Requests whose answer never came, or does not say what became of them: the venue has counted them, or not. */
  unansweredCount = 0;
  /** What the venue counts beyond one a request: those that came after their expiry cost five. */
  surchargeCount = 0;
  /** Intents that nobody took: the run has no gateway yet, or no more. */
  untakenCount = 0;

  constructor(instruments: readonly Instrument[], sink: ShadowSink) {
    this.#sink = sink;
    this.account = new Account(instruments.length);
    this.markets = instruments.map((one) => new Place(one));
    this.counts = instruments.map(() => ({ place: 0, modify: 0, cancel: 0, rejected: 0, refused: 0 }));
  }

  submit(data: Float64Array, at: number): void {
    if (this.gateway === null) this.untakenCount += 1;
    else this.gateway.queue(data, at);
  }

  flush(): void {
    this.gateway?.flush();
  }

  // The venue has the clock: nothing is due here.
  advance(): void {}
  nextDueUs(): TimeUs {
    return Number.POSITIVE_INFINITY;
  }
  poll(): number {
    return 0;
  }

  writeQuota(venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): boolean {
    return this.#told.write(this.limiter, venueTimeUs, timeUs, lane);
  }

  /** Takes the venue's count of requests: `usedCount` net of those bought. */
  setQuota(usedCount: number, capCount: number, reservedCount: number): void {
    this.limiter.reservedCount = reservedCount;
    this.limiter.usedCount = usedCount;
    this.limiter.volumeUsd = (capCount - REQUESTS_INITIAL) * MICRO_PER_USD;
  }

  /** A frame of the market's data: mids and marks for whoever measures. */
  onMarket(data: Float64Array, at: number): void {
    const index = data[at + F.market] as number;
    const kind = data[at + F.kind];
    if (kind === KIND.gap) {
      this.#onGap(data[at + F.venueTimeUs] as TimeUs);
      return;
    }
    const place = this.markets[index];
    if (place === undefined) return;
    if (kind === KIND.context) this.#onMark(index, place, data, at);
    else if (kind === KIND.bbo || kind === KIND.book) this.#onBook(index, place, data, at);
  }

  #onGap(lastVenueUs: TimeUs): void {
    for (const place of this.markets) {
      place.book.clear();
      place.mids.clear();
    }
    this.#sink.onGap(lastVenueUs);
  }

  #onMark(index: number, place: Place, data: Float64Array, at: number): void {
    const markPx = data[at + CONTEXT.markPx] as number;
    if (!Number.isFinite(markPx)) return;
    place.hasContext = true;
    this.account.of(index).mark(markPx);
    this.#sink.onMark(index, data[at + F.venueTimeUs] as TimeUs, markPx);
  }

  #onBook(index: number, place: Place, data: Float64Array, at: number): void {
    const { book } = place;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    const isBbo = data[at + F.kind] === KIND.bbo;
    const isNew = isBbo || timeUs > book.touchTimeUs;
    if (!(isBbo ? book.applyBbo(data, at) : book.applyBook(data, at))) return;
    if (!isNew || !book.hasTouch || book.isCrossed) return;
    place.mids.add(timeUs, book.mid);
    if (!place.hasContext) this.account.of(index).mark(book.mid);
    this.#sink.onMid(index, timeUs, book.mid);
  }

  /** Whether the market's value is known: before that no position can be taken over. */
  isMarked(index: number): boolean {
    return !Number.isNaN(this.account.of(index).markPx);
  }

  /**
   * Books what a lane of account frames says before the desk takes them. The lane comes from the account book, which tells every fill and every
   * payment once.
   */
  onAccount(lane: FrameLane): void {
    const { data } = lane;
    for (let at = 0; at < lane.length; at += data[at] as number) {
      const index = data[at + F.market] as number;
      if (index < 0 || this.markets[index] === undefined) continue;
      const kind = data[at + F.kind];
      if (kind === KIND.fill && data[at + FILL.snapshot] === 0) this.#onFill(index, data, at);
      else if (kind === KIND.funding) this.#onFunding(index, data[at + FUNDING.usd] as MicroUsd);
      else if (kind === KIND.position && data[at + POSITION.adopt] === 1)
        this.adopt(index, data[at + POSITION.lots] as Lots);
    }
  }

  #onFill(index: number, data: Float64Array, at: number): void {
    const side = data[at + FILL.side] as number;
    const px = data[at + FILL.px] as Px;
    const lots = data[at + FILL.lots] as Lots;
    const feeUsd = data[at + FILL.feeUsd] as MicroUsd;
    const timeUs = data[at + F.venueTimeUs] as TimeUs;
    this.account.of(index).onFill(side, px, lots, feeUsd);
    const before = (this.markets[index] as Place).mids.before(timeUs);
    this.#sink.onFill(index, DRIVER, data[at + FILL.oid] as number, timeUs, side, px, lots, feeUsd, before);
  }

  #onFunding(index: number, usd: MicroUsd): void {
    this.account.of(index).onFunding(usd);
    this.#sink.onFunding(index, usd);
  }

  /** Starts from a position that is there: worth nothing more and nothing less than its mark. */
  adopt(index: number, lots: Lots): void {
    const account = this.account.of(index);
    if (lots === account.positionLots) return;
    account.adopt(lots, account.markPx);
    this.#sink.onAdopt?.(index, lots);
  }

  /** Counts answers as the venue does, and writes them as frames. The lane is ours until the next call. */
  writeAnswers(answers: readonly OrderAnswer[]): FrameLane {
    const lane = this.#lane;
    lane.clear();
    for (const answer of answers) {
      this.#count(answer);
      const at = lane.begin(KIND.order, ORDER.size, answer.receivedUs, answer.receivedUs, answer.market);
      const { data } = lane;
      data[at + ORDER.cloid] = answer.action === ACTION.cancel ? answer.targetCloid : answer.cloid;
      data[at + ORDER.oid] = answer.oid;
      data[at + ORDER.status] = answer.status;
      data[at + ORDER.reason] = answer.reason;
      data[at + ORDER.side] = 0;
      data[at + ORDER.px] = 0;
      data[at + ORDER.lots] = 0;
      data[at + ORDER.leavesLots] = answer.leavesLots;
      data[at + ORDER.reduceOnly] = 0;
    }
    return lane;
  }

  #count({ market, action, status, reason, isLate }: OrderAnswer): void {
    const counts = this.counts[market] as RequestCounts;
    // What has no answer is counted when it has one, or never: the venue's own count stands beside it in the report.
    if (status === ORDER_STATUS.timed_out) {
      this.unansweredCount += 1;
      return;
    }
    if (isLate) this.unansweredCount -= 1;
    if (status === ORDER_STATUS.refused) {
      counts.refused += 1;
      if (reason === REASON.expired) this.surchargeCount += EXPIRED_COST;
      return;
    }
    if (reason === REASON.expired) this.surchargeCount += EXPIRED_COST - 1;
    if (action === ACTION.place) counts.place += 1;
    else if (action === ACTION.modify) counts.modify += 1;
    else counts.cancel += 1;
    if (status === ORDER_STATUS.rejected) counts.rejected += 1;
  }
}
