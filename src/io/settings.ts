/**
 * The table of settings: key, unit, range, meaning. Everything about configuration follows from it.
 * @module
 */
import type { MarketParams } from "../core/params.ts";
import { BPS, MICRO_PER_USD } from "../core/units.ts";

/** One setting of a market. */
export interface Setting {
  /** Name in files, flags and environment. */
  key: string;
  param: keyof MarketParams;
  /** Core units in one outside unit. */
  scale: number;
  min: number;
  max: number;
  integer?: true;
  /** Whether capital decides the default. */
  money?: true;
  /** What an outside value below 0 stands for, where one is allowed. */
  automatic?: string;
  meaning: string;
}

const usd = MICRO_PER_USD;

export const SETTINGS: readonly Setting[] = [
  {
    key: "capital_usd",
    param: "capitalUsd",
    scale: usd,
    min: 1,
    max: 1e8,
    money: true,
    meaning: "capital of the address, divided over its markets",
  },
  { key: "clip_usd", param: "clipUsd", scale: usd, min: 10, max: 1e7, money: true, meaning: "notional of one order" },
  {
    key: "position_cap_usd",
    param: "positionCapUsd",
    scale: usd,
    min: 20,
    max: 1e8,
    money: true,
    meaning: "hard cap on position and everything in flight on its side",
  },
  {
    key: "levels_max",
    param: "levelsMax",
    scale: 1,
    min: 1,
    max: 8,
    integer: true,
    money: true,
    meaning: "most orders a side",
  },
  {
    key: "daily_loss_usd",
    param: "dailyLossUsd",
    scale: usd,
    min: 0.01,
    max: 1e8,
    money: true,
    meaning: "loss of the UTC day that stops quoting",
  },
  {
    key: "drawdown_usd",
    param: "drawdownUsd",
    scale: usd,
    min: 0.01,
    max: 1e8,
    money: true,
    meaning: "fall from the day's highest equity that stops quoting",
  },
  {
    key: "isolated_margin_usd",
    param: "isolatedMarginUsd",
    scale: usd,
    min: 1,
    max: 1e8,
    money: true,
    meaning: "margin set aside for the market; position and orders fit it",
  },
  {
    key: "leverage",
    param: "leverage",
    scale: 1,
    min: 0,
    max: 50,
    meaning: "leverage used; 0 is the market's maximum",
  },
  {
    key: "order_min_usd",
    param: "orderMinUsd",
    scale: usd,
    min: 10,
    max: 1e6,
    meaning: "smallest order sent; the venue's minimum is 10",
  },
  {
    key: "half_spread_fixed_bps",
    param: "halfSpreadFixedFrac",
    scale: BPS,
    min: 0,
    max: 500,
    meaning: "above 0: quote this half-spread instead of the model's",
  },
  {
    key: "requote_fixed_bps",
    param: "requoteFixedFrac",
    scale: BPS,
    min: 0,
    max: 500,
    meaning: "with a fixed half-spread: move an order that is further off than this",
  },
  {
    key: "half_spread_max_bps",
    param: "halfSpreadMaxFrac",
    scale: BPS,
    min: 0.1,
    max: 500,
    meaning: "largest half-spread, all terms together",
  },
  {
    key: "skew_at_cap_bps",
    param: "skewAtCapFrac",
    scale: BPS,
    min: -1,
    max: 500,
    automatic: "half-spread without inventory",
    meaning: "linear skew at the cap; below 0: the half-spread without inventory",
  },
  {
    key: "skew_per_clip_bps",
    param: "skewPerClipFrac",
    scale: BPS,
    min: -1,
    max: 500,
    automatic: "linear skew per clip",
    meaning: "skew per clip that risk aversion is calibrated from; below 0: the linear one's",
  },
  { key: "gamma_min", param: "gammaMin", scale: 1, min: 1e-3, max: 1e4, meaning: "smallest risk aversion" },
  { key: "gamma_max", param: "gammaMax", scale: 1, min: 1e-3, max: 1e4, meaning: "largest risk aversion" },
  {
    key: "risk_model_blend",
    param: "riskModelBlend",
    scale: 1,
    min: 0,
    max: 1,
    meaning: "1 log-additive risk model, 0 multiplicative",
  },
  {
    key: "gamma_log_range_max",
    param: "gammaLogRangeMax",
    scale: 1,
    min: 0,
    max: 5,
    meaning: "bound of the log-additive model on |ln gamma - ln gamma0|",
  },
  {
    key: "beta_volatility",
    param: "betaVolatility",
    scale: 1,
    min: 0,
    max: 5,
    meaning: "weight of rising volatility in risk aversion",
  },
  { key: "beta_toxicity", param: "betaToxicity", scale: 1, min: 0, max: 5, meaning: "weight of one-sided taker flow" },
  { key: "beta_depletion", param: "betaDepletion", scale: 1, min: 0, max: 5, meaning: "weight of a thin touch" },
  {
    key: "beta_kappa_uncertainty",
    param: "betaKappaUncertainty",
    scale: 1,
    min: 0,
    max: 5,
    meaning: "weight of not knowing kappa",
  },
  { key: "beta_drawdown", param: "betaDrawdown", scale: 1, min: 0, max: 5, meaning: "weight of the day's drawdown" },
  {
    key: "kappa_prior",
    param: "kappaPriorPerFrac",
    scale: 1,
    min: 10,
    max: 1e6,
    meaning: "decay of sweep depth expected before data, per fraction of price",
  },
  {
    key: "kappa_prior_count",
    param: "kappaPriorCount",
    scale: 1,
    min: 2,
    max: 1e5,
    meaning: "sweeps that this expectation counts for",
  },
  {
    key: "arrival_prior_count",
    param: "arrivalPriorCount",
    scale: 1,
    min: 0.01,
    max: 1e5,
    meaning: "sweeps a side expected before data",
  },
  {
    key: "arrival_prior_s",
    param: "arrivalPriorSeconds",
    scale: 1,
    min: 1,
    max: 1e6,
    meaning: "seconds in which they were expected",
  },
  {
    key: "intensity_memory_s",
    param: "intensityMemorySeconds",
    scale: 1,
    min: 60,
    max: 1e6,
    meaning: "time constant with which sweeps are forgotten",
  },
  {
    key: "volatility_fast_s",
    param: "volatilityFastSeconds",
    scale: 1,
    min: 1,
    max: 1e5,
    meaning: "half-life of the fast volatility",
  },
  {
    key: "volatility_slow_s",
    param: "volatilitySlowSeconds",
    scale: 1,
    min: 1,
    max: 1e6,
    meaning: "half-life of the slow volatility",
  },
  {
    key: "volatility_floor_bps",
    param: "volatilityFloorFrac",
    scale: BPS,
    min: 0,
    max: 100,
    meaning: "smallest volatility used, per root second",
  },
  {
    key: "volatility_prior_bps",
    param: "volatilityPriorFrac",
    scale: BPS,
    min: 0.01,
    max: 100,
    meaning: "volatility expected before data, weighing a minute",
  },
  {
    key: "own_fill_prior_count",
    param: "ownFillPriorCount",
    scale: 1,
    min: 1,
    max: 1e6,
    meaning: "own fills that weigh as much as the market's curve",
  },
  {
    key: "reference_half_life_s",
    param: "referenceHalfLifeSeconds",
    scale: 1,
    min: 1,
    max: 86_400,
    meaning: "half-life of the basis between a market and its reference",
  },
  {
    key: "reference_weight_max",
    param: "referenceWeightMax",
    scale: 1,
    min: 0,
    max: 1,
    meaning: "largest weight in fair value of a reference that has been shown to pay",
  },
  {
    key: "reference_veto_sd",
    param: "referenceVetoSd",
    scale: 1,
    min: 0,
    max: 20,
    meaning: "deviations by which the reference may leave a side behind before it is held back; 0 never",
  },
  {
    key: "latency_s",
    param: "latencySeconds",
    scale: 1,
    min: 0.001,
    max: 30,
    meaning: "time from an event at the venue to our answer being live there",
  },
  {
    key: "chi",
    param: "chi",
    scale: 1,
    min: 1e-4,
    max: 12,
    meaning: "price of a request, dimensionless; larger waits longer before re-quoting",
  },
  {
    key: "stale_feed_s",
    param: "staleFeedSeconds",
    scale: 1,
    min: 0.5,
    max: 600,
    meaning: "silence of the connection that stops quoting",
  },
  {
    key: "stale_factor_one",
    param: "staleFactorOne",
    scale: 1,
    min: 1,
    max: 5,
    meaning: "multiple of the base half-spread with one stale signal",
  },
  { key: "stale_factor_two", param: "staleFactorTwo", scale: 1, min: 1, max: 5, meaning: "multiple with two or more" },
  {
    key: "burst_half_life_s",
    param: "burstHalfLifeSeconds",
    scale: 1,
    min: 0.1,
    max: 3600,
    meaning: "half-life of the distance added after a burst of own fills",
  },
  {
    key: "reserve_count",
    param: "reserveCount",
    scale: 1,
    min: 0,
    max: 1e6,
    integer: true,
    meaning: "requests kept for getting out",
  },
];

/** The setting of a key, or undefined. */
export function settingOf(key: string): Setting | undefined {
  return SETTINGS.find((s) => s.key === key);
}
