/**
 * One market's numbers to two distances: where the best bid and the best ask should stand, and why.
 * @module
 */

import { assert } from "../assert.ts";
import { BUY, SELL } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { MarketParams } from "../params.ts";
import { PHI_MAX, PHI_MIN } from "../signal/impact.ts";
import type { StateWalk } from "../state.ts";
import { GammaModel, gammaFromSkew, type RiskFeatures } from "./gamma.ts";
import { GlftSolver } from "./glft.ts";
import { chooseSkew } from "./skew.ts";
import { applyBounds, governorWidening, latencyWidening, spreadFloor, TERM, TERMS } from "./spread.ts";

/**
 * Largest |ln(A'/A)|: e^600 and e^-600 are doubles with room for the solver's products, where e^-746 is 0 and e^710 is infinite. A steep
 * market (kappa 70,000) whose sweeps are followed by 20 bps reaches 700; at 600 no quote is ever filled by the model's reckoning.
 */
const ARRIVAL_LOG_MAX = 600;

/** What a refresh takes; one object a market, filled anew each time. */
export interface QuoteInputs {
  nowUs: number;
  /** Decay of sweep depth per fraction of price, and sweeps per second and side at distance 0. */
  kappaPerFrac: number;
  arrivalPerSecond: number;
  /** Adverse selection a + phi E[D | D > d] (fractions). */
  phi: number;
  interceptFrac: number;
  feeFrac: number;
  /** Fraction per square root of a second. */
  sigma: number;
  latencySeconds: number;
  /** 1, or more while signals are stale. */
  staleFactor: number;
  tickFrac: number;
  /** Whole clips that the cap holds. */
  clipsMax: number;
  features: RiskFeatures;
}

/** Quantities of one refresh, all distances as fractions of price. */
export class QuoteModel {
  readonly bidTerms = new Float64Array(TERMS.length);
  readonly askTerms = new Float64Array(TERMS.length);
  bidBestFrac = 0;
  askBestFrac = 0;
  bidFloorBound = false;
  askFloorBound = false;
  bidCapBound = false;
  askCapBound = false;
  /** Best distance without inventory, from the model alone. */
  halfFlatFrac = 0;
  /** Risk aversion in use. */
  gamma = 0;
  readonly solver = new GlftSolver();
  readonly #neutral = new GlftSolver();
  readonly #gammaModel = new GammaModel();
  readonly #params: MarketParams;
  #kappa = 1;
  #phi = 0;
  #costFrac = 0;
  #feeFrac = 0;
  #interceptFrac = 0;
  #latencyFrac = 0;
  #stalenessFrac = 0;
  #baseFrac = 0;
  #floorFrac = 0;
  #clipsMax = 0;

  constructor(params: MarketParams) {
    this.#params = params;
  }

  /**
   * Takes new estimates and solves where one moved.
   *
   * Adverse selection AS(d) = a + phi (d + 1/kappa) enters by a change of variable, not as a constant: with c = a + phi/kappa + fee the gain
   * of a fill at d is (1 - phi) d - c, so delta' = (1 - phi) d - c solves the problem without fee or adverse selection under
   * kappa' = kappa / (1 - phi) and A' = A e^(-kappa c / (1 - phi)). Then d0 = (delta' + c) / (1 - phi), and delta' is the base.
   */
  refresh(inputs: QuoteInputs): void {
    const params = this.#params;
    const kappa = inputs.kappaPerFrac;
    const phi = Math.min(PHI_MAX, Math.max(PHI_MIN, inputs.phi));
    const keep = 1 - phi;
    const cost = inputs.interceptFrac + phi / kappa + inputs.feeFrac;
    const kappaPrimed = kappa / keep;
    const arrivalPrimed = inputs.arrivalPerSecond * Math.exp(within((-kappa * cost) / keep, ARRIVAL_LOG_MAX));
    this.#kappa = kappa;
    this.#phi = phi;
    this.#costFrac = cost;
    this.#feeFrac = inputs.feeFrac;
    this.#interceptFrac = inputs.interceptFrac;
    this.#clipsMax = inputs.clipsMax;
    // Without aversion: what the wanted skew is measured against.
    this.#neutral.solve(kappaPrimed, arrivalPrimed, 0, inputs.sigma, inputs.clipsMax);
    const neutralHalf = (this.#neutral.bid(0) + this.#neutral.ask(0)) / 2;
    const halfAtZero = (neutralHalf + cost) / keep;
    const wanted = params.skewPerClipFrac >= 0 ? params.skewPerClipFrac : Math.max(0, halfAtZero) / inputs.clipsMax;
    const gamma0 = gammaFromSkew(
      wanted * keep,
      kappaPrimed,
      arrivalPrimed,
      inputs.sigma,
      params.gammaMin,
      params.gammaMax,
    );
    this.gamma = this.#gammaModel.update(gamma0, inputs.features, params, inputs.nowUs);
    this.solver.solve(kappaPrimed, arrivalPrimed, this.gamma, inputs.sigma, inputs.clipsMax);
    this.#baseFrac = (this.solver.bid(0) + this.solver.ask(0)) / 2;
    this.halfFlatFrac = (this.#baseFrac + cost) / keep;
    this.#latencyFrac = latencyWidening(kappa, inputs.sigma, inputs.latencySeconds);
    this.#stalenessFrac = (inputs.staleFactor - 1) * this.#baseFrac;
    this.#floorFrac = spreadFloor(inputs.tickFrac, inputs.sigma, inputs.latencySeconds);
  }

  /** Offset of the model's own quote at a signed inventory on a side, before additive terms: d0(q). */
  #modelFrac(positionClips: number): number {
    return (this.solver.bid(positionClips) + this.#costFrac) / (1 - this.#phi);
  }

  /**
   * Computes both distances and their terms for a position.
   *
   * Both sides share half(q); the bid stands at half + S and the ask at half - S, and the side that reduces never stands further off than
   * half(0).
   * @param positionClips Signed, may be fractional.
   * @param capUsedRatio Position over cap, signed.
   */
  price(positionClips: number, capUsedRatio: number): void {
    assert(this.#clipsMax >= 1, "model: refreshed before it prices");
    if (this.#params.halfSpreadFixedFrac > 0) {
      this.#priceFixed(capUsedRatio);
      return;
    }
    const bid = this.#modelFrac(positionClips);
    const ask = this.#modelFrac(-positionClips);
    const half = (bid + ask) / 2;
    const atCap = this.#params.skewAtCapFrac >= 0 ? this.#params.skewAtCapFrac : Math.max(0, this.halfFlatFrac);
    const skew = chooseSkew((bid - ask) / 2, atCap, capUsedRatio);
    const bidModel = skew < 0 ? Math.min(half + skew, this.halfFlatFrac) : half + skew;
    const askModel = skew > 0 ? Math.min(half - skew, this.halfFlatFrac) : half - skew;
    this.bidBestFrac = this.#fillTerms(this.bidTerms, half, bidModel, capUsedRatio);
    this.askBestFrac = this.#fillTerms(this.askTerms, half, askModel, -capUsedRatio);
    this.#flagBounds();
  }

  /** The plain comparison strategy: one distance, linear skew, no model. */
  #priceFixed(capUsedRatio: number): void {
    const half = this.#params.halfSpreadFixedFrac;
    const atCap = this.#params.skewAtCapFrac >= 0 ? this.#params.skewAtCapFrac : half;
    this.bidTerms.fill(0);
    this.askTerms.fill(0);
    this.bidTerms[TERM.base] = half;
    this.askTerms[TERM.base] = half;
    this.bidTerms[TERM.skew] = atCap * capUsedRatio;
    this.askTerms[TERM.skew] = -atCap * capUsedRatio;
    this.bidBestFrac = half + atCap * capUsedRatio;
    this.askBestFrac = half - atCap * capUsedRatio;
    this.#flagBounds();
  }

  #fillTerms(terms: Float64Array, half: number, modelFrac: number, growingRatio: number): number {
    // half = base(q) + fee + AS(half), with AS(d) = a + phi (d + 1/kappa): the itemised form of d0.
    const adverse = this.#interceptFrac + this.#phi * (half + 1 / this.#kappa);
    terms[TERM.fee] = this.#feeFrac;
    terms[TERM.adverse_selection] = adverse;
    terms[TERM.base] = half - this.#feeFrac - adverse;
    terms[TERM.skew] = modelFrac - half;
    terms[TERM.volatility_latency] = this.#latencyFrac;
    terms[TERM.staleness] = this.#stalenessFrac;
    terms[TERM.governor] = governorWidening(this.#baseFrac, growingRatio);
    terms[TERM.reference] = 0;
    terms[TERM.burst] = 0;
    terms[TERM.reset] = 0;
    return applyBounds(terms, this.#floorFrac, this.#params.halfSpreadMaxFrac);
  }

  #flagBounds(): void {
    this.bidFloorBound = this.bidTerms[TERM.floor] !== 0;
    this.askFloorBound = this.askTerms[TERM.floor] !== 0;
    this.bidCapBound = this.bidTerms[TERM.cap] !== 0;
    this.askCapBound = this.askTerms[TERM.cap] !== 0;
  }

  /** The base half-spread without inventory: what staleness and the governor are multiples of. */
  get baseFrac(): number {
    return this.#baseFrac;
  }

  /** Terms of a side. */
  termsOf(side: number): Float64Array {
    assert(side === BUY || side === SELL, "model: a side is +1 or -1");
    return side === BUY ? this.bidTerms : this.askTerms;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.gamma);
    hash.fold(this.halfFlatFrac);
    hash.fold(this.bidBestFrac);
    hash.fold(this.askBestFrac);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.bidTerms);
    state.array(this.askTerms);
    this.bidBestFrac = state.num(this.bidBestFrac);
    this.askBestFrac = state.num(this.askBestFrac);
    this.bidFloorBound = state.bool(this.bidFloorBound);
    this.askFloorBound = state.bool(this.askFloorBound);
    this.bidCapBound = state.bool(this.bidCapBound);
    this.askCapBound = state.bool(this.askCapBound);
    this.halfFlatFrac = state.num(this.halfFlatFrac);
    this.gamma = state.num(this.gamma);
    this.solver.syncState(state);
    this.#neutral.syncState(state);
    this.#gammaModel.syncState(state);
    this.#kappa = state.num(this.#kappa);
    this.#phi = state.num(this.#phi);
    this.#costFrac = state.num(this.#costFrac);
    this.#feeFrac = state.num(this.#feeFrac);
    this.#interceptFrac = state.num(this.#interceptFrac);
    this.#latencyFrac = state.num(this.#latencyFrac);
    this.#stalenessFrac = state.num(this.#stalenessFrac);
    this.#baseFrac = state.num(this.#baseFrac);
    this.#floorFrac = state.num(this.#floorFrac);
    this.#clipsMax = state.num(this.#clipsMax);
  }
}

/** `x`, at most `max` in size. */
function within(x: number, max: number): number {
  return Math.min(max, Math.max(-max, x));
}
