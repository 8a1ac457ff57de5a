/**
 * Fair value of one market of a world: a random walk with a drift that fades, jumps, or a leader's value with a distance of its own.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS } from "../../core/units.ts";
import type { Regime } from "./regime.ts";
import type { FairSpec } from "./spec.ts";

/** No single trade moves fair value by more than this share of it. */
const IMPACT_MAX_FRAC = 200 * BPS;
const SECONDS_PER_HOUR = 3_600;

/**
 * Fair value, price units, moved only when somebody looks. Steps over any span are exact in distribution, so looking seldom costs nothing
 * but resolution.
 *
 * The drift m is an Ornstein-Uhlenbeck process with time T whose integral has variance s2 t in the long run: d m = -m/T dt + s/T dW. It gives
 * returns over a few T positive autocorrelation; the ratio of the variance of long returns to that of short ones is 1 / (1 - momentum ratio).
 */
export class FairValue {
  px: number;
  readonly #spec: FairSpec;
  readonly #leader: FairValue | null;
  readonly #regime: Regime;
  readonly #random: Prng;
  #drift = 0;
  #jumpSeconds = Number.POSITIVE_INFINITY;
  /** Leader's value as known here, distance from it (ln), and what one is of the other without it. */
  #followed: number;
  #deviation = 0;
  #ratio = 1;
  #seconds = 0;
  #stillRatio = 1;
  /** Of the trades so far, what has yet to arrive (ln), and in what time 63 % of it does. */
  #owed = 0;
  #owedSeconds = 1;

  constructor(px: number, spec: FairSpec, leader: FairValue | null, regime: Regime, random: Prng) {
    this.px = px;
    this.#spec = spec;
    this.#leader = leader;
    this.#regime = regime;
    this.#random = random;
    this.#followed = leader?.px ?? px;
    this.#ratio = leader === null ? 1 : px / leader.px;
    if (spec.jumpsPerHour > 0) this.#jumpSeconds = this.#jumpGap();
  }

  /** The market that this one follows. */
  get leader(): FairValue | null {
    return this.#leader;
  }

  /** Price of this market over its leader's, without the distance of the moment. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Volatility is multiplied by this from now on: closed markets hardly move. */
  setStillness(ratio: number): void {
    this.#stillRatio = ratio;
  }

  /** Moves to a time, seconds since the beginning. */
  advance(seconds: number): void {
    const span = seconds - this.#seconds;
    if (span <= 0) return;
    this.#seconds = seconds;
    if (this.#leader === null) this.px *= Math.exp(this.#step(span));
    else this.#follow(this.#leader, span, seconds);
    if (this.#owed !== 0) this.#pay(span);
    while (seconds >= this.#jumpSeconds) {
      this.impact((this.#random.unit() < 0.5 ? -1 : 1) * this.#spec.jumpBps * BPS * this.#random.exponential());
      this.#jumpSeconds += this.#jumpGap();
    }
  }

  /** A trade moves it by a share, `frac` signed. */
  impact(frac: number): void {
    const bounded = Math.max(-IMPACT_MAX_FRAC, Math.min(IMPACT_MAX_FRAC, frac));
    this.px *= Math.exp(bounded);
    if (this.#leader !== null) this.#deviation += bounded;
  }

  /** The same, but it arrives bit by bit: 63 % in so many seconds. */
  impactSlowly(frac: number, seconds: number): void {
    this.#owed += Math.max(-IMPACT_MAX_FRAC, Math.min(IMPACT_MAX_FRAC, frac));
    this.#owedSeconds = seconds;
  }

  #pay(span: number): void {
    const paid = this.#owed * (1 - Math.exp(-span / this.#owedSeconds));
    // Less than a hundredth of a basis point is paid at once, so that the account is closed some time.
    const due = Math.abs(this.#owed - paid) < 0.01 * BPS ? this.#owed : paid;
    this.#owed -= due;
    this.impact(due);
  }

  /** News: fair value is at `px` from now on. A mirror's leader does not move, so that its difference stays. */
  set(px: number): void {
    this.#ratio *= px / this.px;
    this.px = px;
  }

  #step(span: number): number {
    const { sigmaBps, busyRatio, momentumRatio, momentumSeconds } = this.#spec;
    const random = this.#random;
    const sigma = sigmaBps * BPS * this.#stillRatio * (this.#regime.isBusy ? busyRatio : 1);
    const walk = sigma * Math.sqrt((1 - momentumRatio) * span) * random.normal();
    if (momentumRatio === 0) return walk;
    const s2 = momentumRatio * sigma * sigma;
    const time = momentumSeconds;
    const decay = Math.exp(-span / time);
    const start = this.#drift;
    // The noise of the drift and of its integral over the span, jointly normal.
    const driftVar = (s2 / (2 * time)) * (1 - decay * decay);
    const bothVar = (s2 / 2) * (1 - decay) ** 2;
    const pathVar = s2 * (span - 2 * time * (1 - decay) + (time / 2) * (1 - decay * decay));
    const a = random.normal();
    this.#drift = start * decay + Math.sqrt(driftVar) * a;
    const slope = driftVar > 0 ? bothVar / Math.sqrt(driftVar) : 0;
    const path = slope * a + Math.sqrt(Math.max(0, pathVar - slope * slope)) * random.normal();
    return walk + start * time * (1 - decay) + path;
  }

  #follow(leader: FairValue, span: number, seconds: number): void {
    const { followSeconds, basisBps, basisSeconds } = this.#spec;
    leader.advance(seconds);
    this.#followed += (leader.px - this.#followed) * (1 - Math.exp(-span / followSeconds));
    const decay = Math.exp(-span / basisSeconds);
    this.#deviation = this.#deviation * decay + basisBps * BPS * Math.sqrt(1 - decay * decay) * this.#random.normal();
    this.px = this.#followed * this.#ratio * Math.exp(this.#deviation);
  }

  #jumpGap(): number {
    return (this.#random.exponential() * SECONDS_PER_HOUR) / this.#spec.jumpsPerHour;
  }
}
