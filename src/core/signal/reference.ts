/**
 * A reference for fair value: the book of the validator perp that a HIP-3 market mirrors, or the oracle that it follows.
 * @module
 */
import type { RunningHash } from "../hash.ts";
import type { MarketParams } from "../params.ts";
import type { StateWalk } from "../state.ts";
import { BPS } from "../units.ts";

/** What a market is measured against. A market index from 0 on is the validator perp's; these two are not indices. */
export const REFERENCE = { none: -1, oracle: -2 } as const;

const STEPS_PER_SECOND = 4;
const STEP_SECONDS = 1 / STEPS_PER_SECOND;
/** Lags looked at, steps either way: one second, as far as one venue's own books lie apart. */
const LAG_MAX = 4;
const LAG_COUNT = 2 * LAG_MAX + 1;
/** Horizon of the fit, steps: one second. */
const FIT_STEPS = 4;
/** What is left of a move after our own latency is judged over this time, steps: five seconds, the headline horizon of markouts. */
const GAIN_STEPS = 20;
/** Logs of prices kept: the longest latency (10 s) and the gain's horizon fit. */
const RING = 64;
const LATENCY_STEPS_MAX = RING - GAIN_STEPS - 2;
/** Sums are forgotten with this time constant, as those of sweeps are. */
const MEMORY_SECONDS = 45 * 60;
/** Steps until basis and deviation mean something: one minute. */
const WARM_STEPS = 240;
const BLOCK_STEPS = 30 * STEPS_PER_SECOND;
const BLOCKS_MAX = 240;
const BLOCKS_MIN = 30;
/** Two-sided 95 % of a normal. */
const Z95 = 1.959963984540054;
/** Beyond this many deviations the two markets have come apart: that is no forecast. */
const BREAK_SD = 6;
/** Smallest deviation that a veto speaks of: below a fifth of a basis point it is rounding. */
const NOISE_FRAC = 0.2 * BPS;

/**
 * Keeps the slow basis between a market and its reference, and measures what the reference is worth here.
 *
 *   x(t) = ln(reference) + basis - ln(micro-price): where the reference says the price should be, beyond this book
 *   basis: moving average of ln(micro-price) - ln(reference), half-life `reference_half_life_s`
 *   ln m(t + 1 s) - ln m(t) = w x(t): least squares through the origin, forgetting; w in [0, 1]; R2 = Sxr^2 / (Sxx Srr)
 *   lag: argmax over +-1 s of the correlation of quarter-second returns; positive when the reference moves first
 *   gain: sum p D / sum |p| with p = w x(t) and D = ln m(t + L + 5 s) - ln m(t + L), L our latency, w of before t
 *
 * A reference gives level at once: when it says that the price should be lower by more than noise, no bid stands above it (`vetoFrac`), and
 * the ask is left alone. It moves fair value (`shiftFrac`) only when the gain's 95 % interval over blocks of 30 s lies above 0: on recorded
 * coins slopes were significant and helped no quote. Source of x, w and the cap: lead-lag between venues as market makers use it.
 */
export class Reference {
  /** One of REFERENCE, or the index of the market that is the reference. */
  market: number = REFERENCE.none;
  /** Mean log distance of the market from its reference. */
  basis = Number.NaN;
  weight = 0;
  r2 = Number.NaN;
  lagSeconds = Number.NaN;
  gainFrac = Number.NaN;
  gainLoFrac = Number.NaN;
  gainHiFrac = Number.NaN;
  blockCount = 0;
  /** Times that the veto held a side back, by decisions. */
  vetoCount = 0;
  readonly #keep: number;
  readonly #basisWeight: number;
  readonly #weightMax: number;
  readonly #vetoSd: number;
  readonly #vetoMaxFrac: number;
  #latencySteps = 1;
  #lnReference = Number.NaN;
  #count = 0;
  #basisCount = 0;
  #steps = 0;
  readonly #own = new Float64Array(RING).fill(Number.NaN);
  readonly #other = new Float64Array(RING).fill(Number.NaN);
  readonly #x = new Float64Array(RING).fill(Number.NaN);
  readonly #p = new Float64Array(RING).fill(Number.NaN);
  readonly #cross = new Float64Array(LAG_COUNT);
  #ownSquare = 0;
  #otherSquare = 0;
  #xx = 0;
  #xr = 0;
  #rr = 0;
  #weightSum = 0;
  readonly #blockGain = new Float64Array(BLOCKS_MAX);
  readonly #blockSize = new Float64Array(BLOCKS_MAX);
  #openGain = 0;
  #openSize = 0;
  #openSteps = 0;

  constructor(params: MarketParams) {
    this.#keep = Math.exp(-STEP_SECONDS / MEMORY_SECONDS);
    this.#basisWeight = 1 - 2 ** (-STEP_SECONDS / params.referenceHalfLifeSeconds);
    this.#weightMax = params.referenceWeightMax;
    this.#vetoSd = params.referenceVetoSd;
    this.#vetoMaxFrac = params.halfSpreadMaxFrac;
    this.setLatency(params.latencySeconds);
  }

  /** The loop after which a move still has to be there to be worth anything. What was judged under another one stays judged. */
  setLatency(seconds: number): void {
    this.#latencySteps = Math.min(LATENCY_STEPS_MAX, Math.ceil(seconds * STEPS_PER_SECOND));
  }

  /** Newest price of the reference, in any unit that stays the same: only ratios count. */
  onReference(price: number): void {
    this.#lnReference = price > 0 ? Math.log(price) : Number.NaN;
  }

  /** Samples both prices: on every timer, four times a second. */
  onTimer(microPrice: number): void {
    const own = microPrice > 0 ? Math.log(microPrice) : Number.NaN;
    const other = this.#lnReference;
    this.#steps += 1;
    const i = this.#steps % RING;
    this.#own[i] = own;
    this.#other[i] = other;
    this.#x[i] = Number.NaN;
    this.#p[i] = Number.NaN;
    if (Number.isNaN(own) || Number.isNaN(other)) return;
    this.#count += 1;
    this.#follow(own - other);
    const x = other + this.basis - own;
    this.#x[i] = x;
    if (this.#count > WARM_STEPS && this.#steps % STEPS_PER_SECOND === 0) this.#p[i] = this.weight * x;
    this.#correlate();
    this.#fit(own);
    this.#judge(own);
  }

  #follow(distance: number): void {
    this.#basisCount += 1;
    // A plain mean until the half-life is reached, so that the first quarter of a second does not rule for minutes.
    const weight = Math.max(1 / this.#basisCount, this.#basisWeight);
    this.basis = Number.isNaN(this.basis) ? distance : this.basis + weight * (distance - this.basis);
  }

  /** Value `back` steps ago. */
  #past(ring: Float64Array, back: number): number {
    return ring[(this.#steps - back + RING) % RING] as number;
  }

  /** Return of a ring over the step that ended `back` steps ago; NaN where one end is missing. */
  #step(ring: Float64Array, back: number): number {
    return this.#past(ring, back) - this.#past(ring, back + 1);
  }

  #correlate(): void {
    // Both series are looked at LAG_MAX steps late, so that leads of either side have both their ends.
    const own = this.#step(this.#own, LAG_MAX);
    const other = this.#step(this.#other, LAG_MAX);
    if (Number.isNaN(own) || Number.isNaN(other)) return;
    this.#ownSquare = this.#keep * this.#ownSquare + own * own;
    this.#otherSquare = this.#keep * this.#otherSquare + other * other;
    for (let l = 0; l < LAG_COUNT; l++) {
      // Ended l steps ago against LAG_MAX steps ago for ours: the reference leads by l - LAG_MAX.
      const earlier = this.#step(this.#other, l);
      const product = Number.isNaN(earlier) ? 0 : own * earlier;
      this.#cross[l] = this.#keep * (this.#cross[l] as number) + product;
    }
  }

  #fit(own: number): void {
    const x = this.#past(this.#x, FIT_STEPS);
    const move = own - this.#past(this.#own, FIT_STEPS);
    if (Number.isNaN(x) || Number.isNaN(move)) return;
    this.#xx = this.#keep * this.#xx + x * x;
    this.#xr = this.#keep * this.#xr + x * move;
    this.#rr = this.#keep * this.#rr + move * move;
    this.#weightSum = this.#keep * this.#weightSum + 1;
  }

  #judge(own: number): void {
    const p = this.#past(this.#p, this.#latencySteps + GAIN_STEPS);
    const from = this.#past(this.#own, GAIN_STEPS);
    if (!Number.isNaN(p) && !Number.isNaN(from)) {
      this.#openGain += p * (own - from);
      this.#openSize += Math.abs(p);
    }
    this.#openSteps += 1;
    if (this.#openSteps < BLOCK_STEPS) return;
    if (this.#openSize > 0) {
      const slot = this.blockCount % BLOCKS_MAX;
      this.#blockGain[slot] = this.#openGain;
      this.#blockSize[slot] = this.#openSize;
      this.blockCount += 1;
    }
    this.#openGain = 0;
    this.#openSize = 0;
    this.#openSteps = 0;
    this.#publish();
  }

  /** Every half minute: weight, R2, lag and the gain with its interval. */
  #publish(): void {
    if (this.#xx > 0) this.weight = Math.min(1, Math.max(0, this.#xr / this.#xx));
    if (this.#xx > 0 && this.#rr > 0) this.r2 = (this.#xr * this.#xr) / (this.#xx * this.#rr);
    const scale = Math.sqrt(this.#ownSquare * this.#otherSquare);
    if (scale > 0) {
      let best = 0;
      for (let l = 1; l < LAG_COUNT; l++) {
        if ((this.#cross[l] as number) > (this.#cross[best] as number)) best = l;
      }
      this.lagSeconds = (best - LAG_MAX) * STEP_SECONDS;
    }
    this.#measureGain();
  }

  /** Ratio of sums over blocks, with the linearised standard error of a ratio. */
  #measureGain(): void {
    const n = Math.min(this.blockCount, BLOCKS_MAX);
    let gain = 0;
    let size = 0;
    for (let b = 0; b < n; b++) {
      gain += this.#blockGain[b] as number;
      size += this.#blockSize[b] as number;
    }
    if (n < 2 || size <= 0) return;
    this.gainFrac = gain / size;
    let squares = 0;
    for (let b = 0; b < n; b++) {
      const rest = (this.#blockGain[b] as number) - this.gainFrac * (this.#blockSize[b] as number);
      squares += rest * rest;
    }
    const error = (Z95 * Math.sqrt((squares * n) / (n - 1))) / size;
    this.gainLoFrac = this.gainFrac - error;
    this.gainHiFrac = this.gainFrac + error;
  }

  /** Whether moving fair value by the reference has been shown to pay at our latency. */
  get isProven(): boolean {
    return this.blockCount >= BLOCKS_MIN && this.gainLoFrac > 0;
  }

  get isWarm(): boolean {
    return this.#count >= WARM_STEPS;
  }

  get isKnown(): boolean {
    return !Number.isNaN(this.#lnReference);
  }

  /** Standard deviation of x, fraction. */
  get deviationSd(): number {
    return this.#weightSum > 0 ? Math.max(NOISE_FRAC, Math.sqrt(this.#xx / this.#weightSum)) : Number.NaN;
  }

  /** x now: what the reference says beyond this book, fraction of price; NaN while unknown. */
  deviation(microPrice: number): number {
    return this.#lnReference + this.basis - Math.log(microPrice);
  }

  /** What to add to fair value, fraction of price: 0 until proven, and when the two have come apart. At most `capFrac` either way. */
  shiftFrac(microPrice: number, capFrac: number): number {
    if (!this.isProven || !this.isWarm) return 0;
    const x = this.deviation(microPrice);
    if (!(Math.abs(x) <= BREAK_SD * this.deviationSd)) return 0;
    const shift = Math.min(this.#weightMax, this.weight) * x;
    return Math.min(capFrac, Math.max(-capFrac, shift));
  }

  /**
   * How much further a side stands from fair value because the reference has left it behind, fraction of price: what x exceeds
   * `reference_veto_sd` standard deviations by, on the side that would be run over; 0 on the other. A veto, never an invitation.
   */
  vetoFrac(side: number, fairPx: number): number {
    if (!this.isWarm || this.#vetoSd === 0) return 0;
    const behind = -side * this.deviation(fairPx) - this.#vetoSd * this.deviationSd;
    return behind > 0 ? Math.min(behind, this.#vetoMaxFrac) : 0;
  }

  /** Takes the basis of an earlier run, counting for `weight` of a half-life. */
  applyPrior(basis: number, weight: number): void {
    if (!Number.isFinite(basis) || !(weight > 0)) return;
    this.basis = basis;
    this.#basisCount = Math.floor(weight / this.#basisWeight);
  }

  /** Prices before a gap say nothing about those after it, except how far they lie apart. */
  onGap(): void {
    this.#lnReference = Number.NaN;
    this.#own.fill(Number.NaN);
    this.#other.fill(Number.NaN);
    this.#x.fill(Number.NaN);
    this.#p.fill(Number.NaN);
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.basis);
    hash.fold(this.weight);
    hash.fold(this.#lnReference);
    hash.fold(this.#openGain);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.market = state.num(this.market);
    this.#latencySteps = state.num(this.#latencySteps);
    this.basis = state.num(this.basis);
    this.weight = state.num(this.weight);
    this.r2 = state.num(this.r2);
    this.lagSeconds = state.num(this.lagSeconds);
    this.gainFrac = state.num(this.gainFrac);
    this.gainLoFrac = state.num(this.gainLoFrac);
    this.gainHiFrac = state.num(this.gainHiFrac);
    this.blockCount = state.num(this.blockCount);
    this.vetoCount = state.num(this.vetoCount);
    this.#lnReference = state.num(this.#lnReference);
    this.#count = state.num(this.#count);
    this.#basisCount = state.num(this.#basisCount);
    this.#steps = state.num(this.#steps);
    state.array(this.#own);
    state.array(this.#other);
    state.array(this.#x);
    state.array(this.#p);
    state.array(this.#cross);
    this.#ownSquare = state.num(this.#ownSquare);
    this.#otherSquare = state.num(this.#otherSquare);
    this.#xx = state.num(this.#xx);
    this.#xr = state.num(this.#xr);
    this.#rr = state.num(this.#rr);
    this.#weightSum = state.num(this.#weightSum);
    state.array(this.#blockGain);
    state.array(this.#blockSize);
    this.#openGain = state.num(this.#openGain);
    this.#openSize = state.num(this.#openSize);
    this.#openSteps = state.num(this.#openSteps);
  }
}
