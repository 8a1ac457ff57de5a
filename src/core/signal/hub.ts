/**
 * The register of signals: which are there, which are warm, which went stale, and what that costs.
 * @module
 */

import type { RunningHash } from "../hash.ts";
import type { MarketParams } from "../params.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";

export const SIGNAL_STATE = { disabled: 0, cold: 1, warm: 2, stale: 3 } as const;
const STATE_NAMES = ["disabled", "cold", "warm", "stale"] as const;
export type SignalStateName = (typeof STATE_NAMES)[number];

/** Channels whose spacing is learnt. `bbo` and `trades` speak on change only: their silence is no news while the connection lives. */
export const CHANNEL = { bbo: 0, trades: 1, book: 2, context: 3, reference: 4 } as const;
const CHANNEL_COUNT = 5;
const SPEAKS_ON_CHANGE = [true, true, false, false, false] as const;

const MAX_AGE_US_MIN = 2 * US_PER_SECOND;
const SPACINGS = 3;
/** Spacings seen before a channel's own pace is trusted. */
const LEARNT_COUNT = 20;
/** Spacings after which the older ones count half: some forty minutes of a half-second channel. */
const FORGET_COUNT = 4096;
/** Periodic books that may be missed before quoting stops. */
const MISSED_BOOKS = 3;

/** Spacing of one channel: a histogram in octaves' quarters, for a p99 and a median without keeping samples. */
class Spacing {
  lastUs = Number.NaN;
  count = 0;
  readonly #bins = new Float64Array(128);

  add(timeUs: TimeUs): void {
    if (!Number.isNaN(this.lastUs) && timeUs > this.lastUs) {
      const bin = Math.min(127, Math.max(0, Math.round(4 * Math.log2(timeUs - this.lastUs))));
      this.#bins[bin] = (this.#bins[bin] as number) + 1;
      this.count += 1;
      if (this.count >= FORGET_COUNT) this.#forget();
    }
    this.lastUs = timeUs;
  }

  /** Halves what was seen, so that a channel that changes its pace is known by the new one. */
  #forget(): void {
    this.count = 0;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      this.#bins[bin] = (this.#bins[bin] as number) / 2;
      this.count += this.#bins[bin] as number;
    }
  }

  /** Upper edge of the bin that holds the quantile. */
  quantileUs(q: number): number {
    let left = q * this.count;
    for (let bin = 0; bin < 128; bin++) {
      left -= this.#bins[bin] as number;
      if (left <= 0) return 2 ** ((bin + 0.5) / 4);
    }
    return 2 ** 32;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.lastUs = state.num(this.lastUs);
    this.count = state.num(this.count);
    state.array(this.#bins);
  }
}

/** One signal as reports show it. */
export interface SignalView {
  name: string;
  state: SignalStateName;
  sinceUs: TimeUs;
  /** Half-spread that its staleness costs now, as a multiple of the base. */
  costFactor: number;
}

/**
 * Four states: `disabled` (no such feed, decided at start), `cold` (never warm), `warm`, `stale` (was warm, then older than its channel
 * allows). Only stale costs anything. A signal that never had data is not stale: that mistake once widened every quote for twelve minutes.
 */
export class SignalHub {
  staleCount = 0;
  /** Times that a signal went stale. */
  wentStaleCount = 0;
  readonly #params: MarketParams;
  readonly #names: string[] = [];
  readonly #channel: number[] = [];
  readonly #state: number[] = [];
  readonly #sinceUs: number[] = [];
  readonly #spacing = [new Spacing(), new Spacing(), new Spacing(), new Spacing(), new Spacing()];
  readonly #maxAgeUs = new Float64Array(CHANNEL_COUNT).fill(Number.POSITIVE_INFINITY);
  #missedBookUs = Number.POSITIVE_INFINITY;
  #connectionUs = Number.NaN;
  #learntUs = 0;

  constructor(params: MarketParams) {
    this.#params = params;
  }

  /** Adds a signal fed by a channel; returns its id. */
  register(name: string, channel: number): number {
    this.#names.push(name);
    this.#channel.push(channel);
    this.#state.push(SIGNAL_STATE.cold);
    this.#sinceUs.push(Number.NaN);
    return this.#names.length - 1;
  }

  /** Turns a signal off for good: its feed does not exist here. */
  disable(id: number, timeUs: TimeUs): void {
    this.#enter(id, SIGNAL_STATE.disabled, timeUs);
  }

  /** Any message of the connection. */
  onConnection(timeUs: TimeUs): void {
    if (!(timeUs <= this.#connectionUs)) this.#connectionUs = timeUs;
  }

  /** A message of a channel of this market. */
  onChannel(channel: number, timeUs: TimeUs): void {
    (this.#spacing[channel] as Spacing).add(timeUs);
    this.#connectionUs = timeUs;
  }

  /** After a gap the pause is no spacing, and ages count anew. */
  onGap(timeUs: TimeUs): void {
    for (const spacing of this.#spacing) spacing.lastUs = Number.NaN;
    this.#connectionUs = timeUs;
  }

  /** Its owner has (or has no longer) an estimate. A signal that was warm does not become cold again. */
  setWarm(id: number, warm: boolean, timeUs: TimeUs): void {
    if (warm && this.#state[id] === SIGNAL_STATE.cold) this.#enter(id, SIGNAL_STATE.warm, timeUs);
  }

  /** Whether a signal may be used: warm and not stale. */
  isWarm(id: number): boolean {
    return this.#state[id] === SIGNAL_STATE.warm;
  }

  /** Whether a signal was warm and its channel has been silent too long since. */
  isStale(id: number): boolean {
    return this.#state[id] === SIGNAL_STATE.stale;
  }

  #enter(id: number, state: number, timeUs: TimeUs): void {
    this.#state[id] = state;
    this.#sinceUs[id] = timeUs;
  }

  /** Recomputes the states. Called on timers. */
  update(nowUs: TimeUs): void {
    if (nowUs - this.#learntUs >= US_PER_SECOND) this.#learn(nowUs);
    this.staleCount = 0;
    for (let id = 0; id < this.#state.length; id++) {
      const state = this.#state[id];
      if (state === SIGNAL_STATE.disabled || state === SIGNAL_STATE.cold) continue;
      const stale =
        this.#ageUs(this.#channel[id] as number, nowUs) > (this.#maxAgeUs[this.#channel[id] as number] as number);
      if (stale && state === SIGNAL_STATE.warm) {
        this.#enter(id, SIGNAL_STATE.stale, nowUs);
        this.wentStaleCount += 1;
      } else if (!stale && state === SIGNAL_STATE.stale) this.#enter(id, SIGNAL_STATE.warm, nowUs);
      if (stale) this.staleCount += 1;
    }
  }

  #learn(nowUs: TimeUs): void {
    this.#learntUs = nowUs;
    for (let c = 0; c < CHANNEL_COUNT; c++) {
      const spacing = this.#spacing[c] as Spacing;
      if (SPEAKS_ON_CHANGE[c]) this.#maxAgeUs[c] = MAX_AGE_US_MIN;
      else if (spacing.count >= LEARNT_COUNT) {
        this.#maxAgeUs[c] = Math.max(MAX_AGE_US_MIN, SPACINGS * spacing.quantileUs(0.99));
      }
    }
    const book = this.#spacing[CHANNEL.book] as Spacing;
    if (book.count >= LEARNT_COUNT) {
      this.#missedBookUs = Math.max(MAX_AGE_US_MIN, (MISSED_BOOKS + 1) * book.quantileUs(0.5));
    }
  }

  #ageUs(channel: number, nowUs: TimeUs): number {
    return nowUs - (SPEAKS_ON_CHANGE[channel] ? this.#connectionUs : (this.#spacing[channel] as Spacing).lastUs);
  }

  /** f: 1, 1.5 or 2 by default for none, one, more stale signals. */
  get staleFactor(): number {
    if (this.staleCount === 0) return 1;
    return this.staleCount === 1 ? this.#params.staleFactorOne : this.#params.staleFactorTwo;
  }

  /** Whether the feed as a whole is too old to quote on: a silent connection, or periodic books that stopped coming. */
  feedReason(nowUs: TimeUs): Reason {
    if (nowUs - this.#connectionUs > this.#params.staleFeedSeconds * US_PER_SECOND) return REASON.stale_feed;
    const bookAgeUs = nowUs - (this.#spacing[CHANNEL.book] as Spacing).lastUs;
    return bookAgeUs > this.#missedBookUs ? REASON.stale_feed : REASON.none;
  }

  /** Every signal, for reports. Cold path. */
  view(): SignalView[] {
    return this.#names.map((name, id) => {
      const state = this.#state[id] as number;
      const costFactor = state === SIGNAL_STATE.stale ? (this.staleFactor - 1) / this.staleCount : 0;
      return { name, state: STATE_NAMES[state] as SignalStateName, sinceUs: this.#sinceUs[id] as number, costFactor };
    });
  }

  foldInto(hash: RunningHash): void {
    for (let id = 0; id < this.#state.length; id++) hash.fold(this.#state[id] as number);
    hash.fold(this.staleCount);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.staleCount = state.num(this.staleCount);
    this.wentStaleCount = state.num(this.wentStaleCount);
    state.array(this.#state);
    state.array(this.#sinceUs);
    for (const spacing of this.#spacing) spacing.syncState(state);
    state.array(this.#maxAgeUs);
    this.#missedBookUs = state.num(this.#missedBookUs);
    this.#connectionUs = state.num(this.#connectionUs);
    this.#learntUs = state.num(this.#learntUs);
  }
}
