/**
 * Fair value of the markets of a small made-up world, moved only when somebody looks. Not calibrated to any real market.
 * @module
 */
import type { Prng } from "../core/prng.ts";
import { BPS } from "../core/units.ts";

/** How one market of the world behaves. Distances as fractions of price. */
export interface MarketShape {
  /** Volatility in the calm and the busy regime, per root second; without meaning for one that follows another. */
  sigmaFrac: readonly [number, number];
  /** From a maker's belief to its best quotes. */
  halfFrac: number;
  /** Mean size of a quote, micro-dollars. */
  meanUsd: number;
  /** Half of a move of fair value is followed by the quickest maker in this time. */
  makerLagSeconds: number;
  /** Takers without information. */
  noisePerSecond: number;
  /** Depth of a sweep beyond the touch, and the share of it that stays in fair value. */
  depthFrac: number;
  impactRatio: number;
  /** Blocks between two looks of makers and informed takers. */
  lookBlocks: number;
}

/** Lively: the market that leads, and its mirror on a HIP-3 dex, as in the generated market of the tapes. */
export const LEADER_SHAPE: MarketShape = {
  sigmaFrac: [0.9 * BPS, 2.4 * BPS],
  halfFrac: 0.3 * BPS,
  meanUsd: 2_700e6,
  makerLagSeconds: 0.15,
  noisePerSecond: 2.5,
  depthFrac: 0.8 * BPS,
  impactRatio: 0.7,
  lookBlocks: 3,
};
export const MIRROR_SHAPE: MarketShape = {
  sigmaFrac: LEADER_SHAPE.sigmaFrac,
  halfFrac: 2.6 * BPS,
  meanUsd: 750e6,
  makerLagSeconds: 0.45,
  noisePerSecond: 0.9,
  depthFrac: 3.2 * BPS,
  impactRatio: 0.65,
  lookBlocks: 4,
};
/** Quiet: two-sided books that hardly cost anything. */
export const QUIET_SHAPE: MarketShape = {
  sigmaFrac: [0.3 * BPS, 0.6 * BPS],
  halfFrac: 1 * BPS,
  meanUsd: 4_000e6,
  makerLagSeconds: 0.5,
  noisePerSecond: 0.1,
  depthFrac: 1.5 * BPS,
  impactRatio: 0.5,
  lookBlocks: 15,
};

const REGIME_SECONDS = 300;
/** Own life of a mirror's fair value against its leader's: noise, pulled back within two minutes; it sees the leader half a second late. */
const BASIS_SIGMA_FRAC = 0.25 * BPS;
const BASIS_SECONDS = 120;
const FOLLOW_SECONDS = 0.5;
/** No single sweep moves fair value by more than this share of it. */
export const IMPACT_MAX_FRAC = 15 * BPS;

/** Calm or busy, for the whole world. */
export class Regime {
  index: 0 | 1 = 0;
  readonly #random: Prng;
  #seconds = 0;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Moves to a time, seconds. */
  advance(seconds: number): void {
    if (this.#random.unit() < (seconds - this.#seconds) / REGIME_SECONDS) this.index = this.index === 0 ? 1 : 0;
    this.#seconds = seconds;
  }
}

/**
 * Fair value of one market, price units: a random walk, or a leader's value as it was a moment ago with a deviation of its own. Gaussian steps
 * over any span are exact, so looking seldom costs nothing but resolution.
 */
export class FairValue {
  px: number;
  readonly #shape: MarketShape;
  readonly #leader: FairValue | null;
  readonly #regime: Regime;
  readonly #random: Prng;
  /** Leader's value as known here, and how far ours is from it (ln). */
  #followed: number;
  #deviation = 0;
  #ratio = 1;
  #seconds = 0;

  constructor(px: number, shape: MarketShape, leader: FairValue | null, regime: Regime, random: Prng) {
    this.px = px;
    this.#shape = shape;
    this.#leader = leader;
    this.#regime = regime;
    this.#random = random;
    this.#followed = leader?.px ?? px;
    this.#ratio = leader === null ? 1 : px / leader.px;
  }

  /** Moves to a time, seconds since the beginning. */
  advance(seconds: number): void {
    const span = seconds - this.#seconds;
    if (span <= 0) return;
    this.#seconds = seconds;
    const root = Math.sqrt(span);
    if (this.#leader === null) {
      this.px *= Math.exp((this.#shape.sigmaFrac[this.#regime.index] as number) * root * this.#random.normal());
      return;
    }
    this.#followed += (this.#leader.px - this.#followed) * (1 - Math.exp(-span / FOLLOW_SECONDS));
    this.#deviation *= Math.exp(-span / BASIS_SECONDS);
    this.#deviation += BASIS_SIGMA_FRAC * root * this.#random.normal();
    this.px = this.#followed * this.#ratio * Math.exp(this.#deviation);
  }

  /** A taker's print moves it by a share, `frac` signed. */
  impact(frac: number): void {
    const bounded = Math.max(-IMPACT_MAX_FRAC, Math.min(IMPACT_MAX_FRAC, frac));
    this.px *= Math.exp(bounded);
    if (this.#leader !== null) this.#deviation += bounded;
  }

  /** News: fair value is at `px` from now on. A mirror's leader does not move, so that its difference stays. */
  set(px: number): void {
    this.#ratio *= px / this.px;
    this.px = px;
  }
}
