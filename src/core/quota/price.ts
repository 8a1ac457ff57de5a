/**
 * What a request is worth: from surplus and inflow to a pace, and from the pace to the dimensionless chi of each market's band.
 * @module
 */

import { assert } from "../assert.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { MICRO_PER_USD, type MicroUsd, type TimeUs, US_PER_SECOND } from "../units.ts";
import { CHI_MAX, CHI_MIN, chiOfNode, lnChiOfRate, nodeOfLnChi, prepareBandTable, rateOfLnChi } from "./band.ts";

/** Posted price of a request, micro-dollars (exchange-endpoint page, August 2026: 0.0005 USDC): no request is worth more. */
export const REQUEST_PRICE_USD = 500;
/** chi before the first estimate, and the default of runs that do not look at the budget. */
export const CHI_START = 0.01;
/** Fills are forgotten with this time constant, seconds. */
const MEMORY_SECONDS = 7_200;
/** Two clips in a quarter of an hour are expected before anything is known: eight an hour, what a slow market gives. */
const PRIOR_FILLS = 2;
const PRIOR_SECONDS = 900;
/** Requests per second that are spent whatever is left: one each 100 s keeps two sides standing. */
const PACE_MIN_PER_SECOND = 0.01;
/** Share of what is earned that is spent even in debt: spending less would earn less. */
const EARNED_RATIO_MIN = 0.2;
/** Share of the pace that is left for moving orders when fills take more than all of it. */
const MOVES_RATIO_MIN = 0.1;
/** Surplus that what is left returns to: the reserves of the token rules, several times over. */
export const SURPLUS_TARGET_COUNT = 40;
/**
 * Below this surplus a share of what is earned is saved besides, up to half of it where nothing is left: fills come when they like, and in two
 * hours of 30 an hour what clips of $11.5 earn strays from its mean by some 70 requests. A share, because who spends too little fills too little.
 */
const CUSHION_COUNT = 100;
const SAVED_RATIO_MAX = 0.5;
/** Most that the slow correction multiplies chi by, as a logarithm: the pace may be off by what the market's moves differ from a diffusion. */
const CORRECTION_LOG_MAX = 1;
const CORRECTION_US = 60 * US_PER_SECOND;
/** Halvings that find the common price: enough for 1e-9 of the range of ln C. */
const BISECTIONS = 40;

/** What the price needs to know of a market now. */
export interface PricedMarket {
  /** kappa^2 sigma^2: how fast an order goes stale, per second. */
  stalenessPerSecond: number;
  kappaPerFrac: number;
  clipUsd: MicroUsd;
  /** Requests earned per dollar filled, as the venue credits it. */
  creditRatio: number;
  /** Orders that stand on both sides together. */
  orderCount: number;
  /** Above 0: the user's, not to be decided. */
  chiFixed: number;
}

/**
 * Sets the pace of the address and the price of a request in each of its markets.
 *
 * Pace: R = max(earned + (B - 40) / horizon, 0.2 earned, 0.01) requests per second, so that the surplus returns to 40 exponentially and never
 * dies of its own spending; under 100 less, so that it seldom gets there. Of it, what fills take to be placed again is set aside; the rest moves orders.
 * Price: one C in dollars for every market of the address, since requests are worth the same wherever they are spent. chi = C s^2 / G with
 * s = kappa sigma and G the gain rate of an order; an order then moves nu(chi) s^2 times a second, and C is where all of them together use the
 * pace. No market gets less than a tenth of its equal share. With one market this is chi = nu^-1(moves / (orders s^2)).
 */
export class QuotaPrice {
  /** Requests per second that may be spent. */
  pacePerSecond = 0;
  /** Requests earned per second, of late. */
  earnedPerSecond = 0;
  readonly #horizonSeconds: number;
  readonly #feedback: number;
  readonly #modifyCost: number;
  readonly #count: number;
  /** Decayed notional of own fills by market (micro-dollars), and requests sent, over the decayed time they took. */
  readonly #filledUsd: Float64Array;
  #sentCount = 0;
  #seconds = 0;
  /** Node of chi in use by market, -1 before the first. */
  readonly #node: Float64Array;
  readonly #shadowUsd: Float64Array;
  #correction = 0;
  #correctedUs: TimeUs = Number.NaN;
  #minuteSent = 0;
  #sentBefore = 0;
  #updatedUs: TimeUs = Number.NaN;
  // Scratch of one update.
  readonly #gain: Float64Array;

  /** @param horizonSeconds Time in which what is left beyond the target is spent. @param feedback Step of the slow correction, 0 for none. */
  constructor(marketCount: number, horizonSeconds: number, feedback: number, modifyCost: number, automatic: boolean) {
    assert(horizonSeconds > 0, "price: a horizon takes time");
    this.#count = marketCount;
    this.#horizonSeconds = horizonSeconds;
    this.#feedback = feedback;
    this.#modifyCost = modifyCost;
    this.#filledUsd = new Float64Array(marketCount);
    this.#node = new Float64Array(marketCount).fill(-1);
    this.#shadowUsd = new Float64Array(marketCount);
    this.#gain = new Float64Array(marketCount);
    if (automatic) prepareBandTable();
  }

  /** Notional of an own fill, micro-dollars. */
  onFill(market: number, notionalUsd: MicroUsd): void {
    this.#filledUsd[market] = (this.#filledUsd[market] as number) + notionalUsd;
  }

  /** chi of a market whose price is decided here. */
  chi(market: number): number {
    const node = this.#node[market] as number;
    return node < 0 ? CHI_START : chiOfNode(node);
  }

  /** What one more request is worth in a market, micro-dollars, at most what one costs. */
  shadowUsd(market: number): MicroUsd {
    return this.#shadowUsd[market] as number;
  }

  /** Requests sent less those earned, per second, of late. */
  get burnPerSecond(): number {
    const planned = this.pacePerSecond * PRIOR_SECONDS;
    return (planned + this.#sentCount) / (PRIOR_SECONDS + this.#seconds) - this.earnedPerSecond;
  }

  /** Own fills per second of a market, both sides, in clips. */
  #fillsPerSecond(market: number, clipUsd: MicroUsd): number {
    return (PRIOR_FILLS + (this.#filledUsd[market] as number) / clipUsd) / (PRIOR_SECONDS + this.#seconds);
  }

  /**
   * Decides anew. Called every few seconds; no allocation, some microseconds a market.
   * @param horizonMultiple How many times longer than the horizon what is left shall last. @param sentCount Requests sent since the start.
   */
  update(
    nowUs: TimeUs,
    surplusCount: number,
    horizonMultiple: number,
    sentCount: number,
    markets: readonly PricedMarket[],
  ): void {
    assert(markets.length === this.#count, "price: every market is there");
    this.#forget(nowUs, sentCount);
    let earned = 0;
    let fills = 0;
    for (let m = 0; m < this.#count; m++) {
      const market = markets[m] as PricedMarket;
      const perSecond = this.#fillsPerSecond(m, market.clipUsd);
      fills += perSecond;
      earned += (perSecond * market.clipUsd * market.creditRatio) / MICRO_PER_USD;
      // Half of the fills are of one side, and two orders stand: each gains 1/kappa of its notional a fill.
      this.#gain[m] = ((perSecond / 2) * market.clipUsd) / market.kappaPerFrac;
    }
    this.earnedPerSecond = earned;
    const spare = (surplusCount - SURPLUS_TARGET_COUNT) / (this.#horizonSeconds * horizonMultiple);
    const lacking = Math.min(1, Math.max(0, 1 - surplusCount / CUSHION_COUNT));
    const saved = SAVED_RATIO_MAX * lacking * earned;
    this.pacePerSecond = Math.max(earned + spare - saved, EARNED_RATIO_MIN * earned, PACE_MIN_PER_SECOND);
    const moves = Math.max(this.pacePerSecond - fills, MOVES_RATIO_MIN * this.pacePerSecond) / this.#modifyCost;
    this.#correct(nowUs, markets);
    this.#setChis(moves, markets);
  }

  /** Lets time pass over what is remembered, and takes in what was sent since. */
  #forget(nowUs: TimeUs, sentCount: number): void {
    const dt = Number.isNaN(this.#updatedUs) ? 0 : Math.max(0, (nowUs - this.#updatedUs) / US_PER_SECOND);
    this.#updatedUs = nowUs;
    const keep = Math.exp(-dt / MEMORY_SECONDS);
    for (let m = 0; m < this.#count; m++) this.#filledUsd[m] = (this.#filledUsd[m] as number) * keep;
    this.#seconds = this.#seconds * keep + dt;
    this.#sentCount = this.#sentCount * keep + (sentCount - this.#sentBefore);
    this.#sentBefore = sentCount;
  }

  /**
   * Once a minute: chi goes up when more was sent than the pace, and down when less. Not beyond the ends of chi's range, where the pace is out
   * of reach and the correction would only wind up.
   */
  #correct(nowUs: TimeUs, markets: readonly PricedMarket[]): void {
    if (Number.isNaN(this.#correctedUs)) {
      this.#correctedUs = nowUs;
      this.#minuteSent = this.#sentBefore;
    }
    const us = nowUs - this.#correctedUs;
    if (us < CORRECTION_US) return;
    const observed = ((this.#sentBefore - this.#minuteSent) / us) * US_PER_SECOND;
    this.#correctedUs = nowUs;
    this.#minuteSent = this.#sentBefore;
    const step = this.#feedback * Math.min(1, observed / this.pacePerSecond - 1);
    if (!this.#hasRoom(step, markets)) return;
    this.#correction = Math.min(CORRECTION_LOG_MAX, Math.max(-CORRECTION_LOG_MAX, this.#correction + step));
  }

  /** Whether some automatic chi can still follow a step. */
  #hasRoom(step: number, markets: readonly PricedMarket[]): boolean {
    for (let m = 0; m < this.#count; m++) {
      if ((markets[m] as PricedMarket).chiFixed > 0) continue;
      const chi = this.chi(m);
      if (step > 0 ? chi < 0.99 * CHI_MAX : chi > 1.01 * CHI_MIN) return true;
    }
    return false;
  }

  /** Finds the common price at which `moves` a second are made, and from it each chi. */
  #setChis(moves: number, markets: readonly PricedMarket[]): void {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let m = 0; m < this.#count; m++) {
      const scale = this.#lnScale(m, markets);
      low = Math.min(low, Math.log(CHI_MIN) - scale);
      high = Math.max(high, Math.log(CHI_MAX) - scale);
    }
    for (let i = 0; i < BISECTIONS; i++) {
      const lnPrice = (low + high) / 2;
      if (this.#movesAt(lnPrice, markets) > moves) low = lnPrice;
      else high = lnPrice;
    }
    const lnPrice = (low + high) / 2;
    for (let m = 0; m < this.#count; m++) {
      const market = markets[m] as PricedMarket;
      const least = (MOVES_RATIO_MIN * moves) / (this.#count * market.orderCount * market.stalenessPerSecond);
      const lnChi = Math.min(lnPrice + this.#lnScale(m, markets), lnChiOfRate(least)) + this.#correction;
      this.#node[m] = nodeOfLnChi(lnChi, this.#node[m] as number);
      const chi = market.chiFixed > 0 ? market.chiFixed : this.chi(m);
      this.#shadowUsd[m] = Math.min(REQUEST_PRICE_USD, (chi * (this.#gain[m] as number)) / market.stalenessPerSecond);
    }
  }

  /** ln of s^2 / G: what turns a price in micro-dollars into a market's chi. */
  #lnScale(m: number, markets: readonly PricedMarket[]): number {
    return Math.log((markets[m] as PricedMarket).stalenessPerSecond / (this.#gain[m] as number));
  }

  /** Moves a second of all orders when a request costs so much. */
  #movesAt(lnPrice: number, markets: readonly PricedMarket[]): number {
    let moves = 0;
    for (let m = 0; m < this.#count; m++) {
      const market = markets[m] as PricedMarket;
      const lnChi = market.chiFixed > 0 ? Math.log(market.chiFixed) : lnPrice + this.#lnScale(m, markets);
      moves += market.orderCount * rateOfLnChi(lnChi) * market.stalenessPerSecond;
    }
    return moves;
  }

  foldInto(hash: RunningHash): void {
    for (let m = 0; m < this.#count; m++) hash.fold(this.#node[m] as number);
    hash.fold(this.pacePerSecond);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.pacePerSecond = state.num(this.pacePerSecond);
    this.earnedPerSecond = state.num(this.earnedPerSecond);
    state.array(this.#filledUsd);
    this.#sentCount = state.num(this.#sentCount);
    this.#seconds = state.num(this.#seconds);
    state.array(this.#node);
    state.array(this.#shadowUsd);
    this.#correction = state.num(this.#correction);
    this.#correctedUs = state.num(this.#correctedUs);
    this.#minuteSent = state.num(this.#minuteSent);
    this.#sentBefore = state.num(this.#sentBefore);
    this.#updatedUs = state.num(this.#updatedUs);
  }
}
