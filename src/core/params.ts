/**
 * The parameters of one market, in the core's units, and the defaults that follow from a profile and from capital.
 *
 * Profiles differ in these numbers only: no code asks which profile runs. `io/config.ts` maps each to its key in the file.
 * @module
 */
import { BPS, MICRO_PER_USD } from "./units.ts";

export interface MarketParams {
  // --- money (micro-dollars) ---
  /** Capital of this market: the address's capital over its markets. */
  readonly capitalUsd: number;
  /** Notional of one order, constant in a run. */
  readonly clipUsd: number;
  /** Hard cap on position plus everything in flight on a side. */
  readonly positionCapUsd: number;
  /** Most levels a side. */
  readonly levelsMax: number;
  /** Loss since the start of the UTC day that stops quoting. */
  readonly dailyLossUsd: number;
  /** Fall of equity from its highest of the UTC day that stops quoting. */
  readonly drawdownUsd: number;
  /** Margin set aside for this market; position and resting orders must fit it at `leverage`. */
  readonly isolatedMarginUsd: number;
  /** Leverage used; 0 means the market's maximum. */
  readonly leverage: number;
  /** Smallest order we send: above the venue's $10, so that rounding and a falling price do not make it illegal. */
  readonly orderMinUsd: number;

  // --- spread ---
  /** Above 0: quote this fixed half-spread around fair value instead of the model's (comparison runs). */
  readonly halfSpreadFixedFrac: number;
  /** With a fixed half-spread: re-quote when an order is further off than this. */
  readonly requoteFixedFrac: number;
  /** Largest half-spread; every term together. */
  readonly halfSpreadMaxFrac: number;
  /** Linear skew at the cap; negative means "half(0)", the default. */
  readonly skewAtCapFrac: number;

  // --- risk aversion ---
  /** Skew per clip that gamma is calibrated from; negative means "the linear skew's". */
  readonly skewPerClipFrac: number;
  readonly gammaMin: number;
  readonly gammaMax: number;
  /** 1: log-additive; 0: multiplicative; between: geometric mix. */
  readonly riskModelBlend: number;
  /** M: bound on |ln gamma - ln gamma0| of the log-additive model. */
  readonly gammaLogRangeMax: number;
  readonly betaVolatility: number;
  readonly betaToxicity: number;
  readonly betaDepletion: number;
  readonly betaKappaUncertainty: number;
  readonly betaDrawdown: number;

  // --- estimators ---
  /** kappa0: prior mean of the intensity decay, per fraction of price. */
  readonly kappaPriorPerFrac: number;
  /** Observations that the kappa prior counts for. */
  readonly kappaPriorCount: number;
  /** Sweeps per side, and the seconds they took, that the arrival prior counts for. */
  readonly arrivalPriorCount: number;
  readonly arrivalPriorSeconds: number;
  /** Time constant with which sweeps are forgotten, seconds. */
  readonly intensityMemorySeconds: number;
  readonly volatilityFastSeconds: number;
  readonly volatilitySlowSeconds: number;
  /** Smallest volatility used, fraction per square root of a second. */
  readonly volatilityFloorFrac: number;
  /** Prior volatility, weighing as much as 60 s of data. */
  readonly volatilityPriorFrac: number;
  /** Weight of the market curve, in own fills, against which own fills shift the adverse-selection intercept. */
  readonly ownFillPriorCount: number;

  /** Half-life of the slow basis between a market and its reference, seconds. */
  readonly referenceHalfLifeSeconds: number;
  /** Largest weight of a proven reference in fair value; 0 leaves it a level only. */
  readonly referenceWeightMax: number;
  /** Standard deviations of the reference's deviation that a side may be behind before it is held back; 0 turns the veto off. */
  readonly referenceVetoSd: number;

  // --- order flow ---
  /** Full loop from an event at the venue to our answer being live there, seconds. */
  readonly latencySeconds: number;
  /** Dimensionless price of a request: sets the re-quote band. Negative means "what the budget of requests makes it". */
  readonly chi: number;
  /** Time in which what is left of the budget is spent, seconds: the surplus falls by a factor of e in it, on top of what fills earn. */
  readonly quotaHorizonSeconds: number;
  /** Step a minute, as a logarithm, by which an automatic chi is corrected when requests do not keep to their pace; 0 for none. */
  readonly quotaFeedback: number;
  /** What the venue does not say for certain: requests that a modify costs, whether cancels count with orders, what a maker's dollar earns. */
  readonly quotaModifyCost: number;
  readonly quotaCancelsShare: number;
  readonly quotaMakerCreditRatio: number;
  /** Silence of the whole connection that stops quoting, seconds. */
  readonly staleFeedSeconds: number;
  /** Multiples of the base half-spread with one and with two or more stale signals. */
  readonly staleFactorOne: number;
  readonly staleFactorTwo: number;
  /** Half-life of the distance added after a same-side burst of own fills, seconds. */
  readonly burstHalfLifeSeconds: number;
  /** Move of the mid within ten seconds, as a fraction, after which every order goes and quoting waits. */
  readonly priceJumpFrac: number;
  /** Requests kept for cancels and flattening; quoting never spends them. */
  readonly reserveCount: number;
}

/** Names of profiles: `hip3` and `perp` for trading, `fixed` for comparison runs without the model. */
export const PROFILES = ["hip3", "perp", "fixed"] as const;
export type ProfileName = (typeof PROFILES)[number];

/** What a parameter set starts from before capital decides the money. */
export type ProfileDefaults = Omit<
  MarketParams,
  "capitalUsd" | "clipUsd" | "positionCapUsd" | "levelsMax" | "dailyLossUsd" | "drawdownUsd" | "isolatedMarginUsd"
>;

const perp: ProfileDefaults = {
  leverage: 0,
  orderMinUsd: 11.5 * MICRO_PER_USD,
  halfSpreadFixedFrac: 0,
  requoteFixedFrac: 1 * BPS,
  halfSpreadMaxFrac: 50 * BPS,
  skewAtCapFrac: -1,
  skewPerClipFrac: -1,
  gammaMin: 0.1,
  gammaMax: 300,
  riskModelBlend: 1,
  gammaLogRangeMax: 1.2,
  betaVolatility: 0.5,
  betaToxicity: 0.6,
  betaDepletion: 0.3,
  betaKappaUncertainty: 0.3,
  betaDrawdown: 0.3,
  kappaPriorPerFrac: 3_500,
  kappaPriorCount: 10,
  arrivalPriorCount: 2,
  arrivalPriorSeconds: 100,
  intensityMemorySeconds: 45 * 60,
  volatilityFastSeconds: 60,
  volatilitySlowSeconds: 900,
  volatilityFloorFrac: 0.2 * BPS,
  volatilityPriorFrac: 1.5 * BPS,
  ownFillPriorCount: 30,
  referenceHalfLifeSeconds: 600,
  referenceWeightMax: 1,
  referenceVetoSd: 2,
  latencySeconds: 0.3,
  chi: -1,
  quotaHorizonSeconds: 3600,
  quotaFeedback: 0.05,
  quotaModifyCost: 1,
  quotaCancelsShare: 1,
  quotaMakerCreditRatio: 1,
  staleFeedSeconds: 10,
  staleFactorOne: 1.5,
  staleFactorTwo: 2,
  burstHalfLifeSeconds: 60,
  priceJumpFrac: 0.05,
  reserveCount: 5,
};

export const PROFILE_DEFAULTS: Readonly<Record<ProfileName, ProfileDefaults>> = {
  perp,
  // Builder-deployed markets: wider touch, fewer and deeper sweeps.
  hip3: { ...perp, kappaPriorPerFrac: 1_900 },
  fixed: { ...perp, halfSpreadFixedFrac: 6 * BPS },
};

/** Less capital than this for one market cannot hold two orders of the venue's minimum. */
export const CAPITAL_PER_MARKET_USD_MIN = 25 * MICRO_PER_USD;

/** Share of buying power that the cap may take, so that a liquidation is far away. */
const CAP_OF_BUYING_POWER = 0.25;
const CLIP_OF_CAPITAL = 0.08;
const LEVELS_LIMIT = 8;
const DAILY_LOSS_OF_CAPITAL = 0.05;
const DRAWDOWN_OF_CAPITAL = 0.08;
const MARGIN_OVER_CAP = 1.5;

/** The money settings that one number, capital, decides unless they are set. */
export type MoneyParams = Pick<
  MarketParams,
  "capitalUsd" | "clipUsd" | "positionCapUsd" | "levelsMax" | "dailyLossUsd" | "drawdownUsd" | "isolatedMarginUsd"
>;

/**
 * The capital table: every money setting of a market from its capital, whole micro-dollars.
 *
 * Overrides enter where the table uses them, so a set clip moves the number of levels and a set cap the margin.
 * @param leverage The leverage that will be used (the market's maximum unless set), above 0.
 */
export function moneyFromCapital(
  capitalUsd: number,
  leverage: number,
  orderMinUsd: number,
  set: Partial<MoneyParams> = {},
): MoneyParams {
  const clipWanted = set.clipUsd ?? Math.max(orderMinUsd, CLIP_OF_CAPITAL * capitalUsd);
  const capWanted = Math.min(capitalUsd * leverage * CAP_OF_BUYING_POWER, capitalUsd);
  const positionCapUsd = set.positionCapUsd ?? Math.max(capWanted, 2 * clipWanted);
  const clipUsd = Math.min(clipWanted, positionCapUsd / 2);
  const levels = Math.floor(positionCapUsd / clipUsd / 2);
  return {
    capitalUsd: Math.round(capitalUsd),
    clipUsd: Math.round(clipUsd),
    positionCapUsd: Math.round(positionCapUsd),
    levelsMax: set.levelsMax ?? Math.min(LEVELS_LIMIT, Math.max(1, levels)),
    dailyLossUsd: Math.round(set.dailyLossUsd ?? DAILY_LOSS_OF_CAPITAL * capitalUsd),
    drawdownUsd: Math.round(set.drawdownUsd ?? DRAWDOWN_OF_CAPITAL * capitalUsd),
    isolatedMarginUsd: Math.round(
      set.isolatedMarginUsd ?? Math.min(capitalUsd, (positionCapUsd / leverage) * MARGIN_OVER_CAP),
    ),
  };
}
