/**
 * The keys of a world file's models: what each means, and what it may be.
 * @module
 */
import type { MarketModel } from "../sim/world/spec.ts";

/** One key of a model. Its name in the program is the same in camel case; dollars are micro-dollars there. */
export interface ModelKey {
  key: string;
  help: string;
  kind: "number" | "flag" | "coin";
  min: number;
  max: number;
  whole: boolean;
}

const number = (key: string, min: number, max: number, help: string): ModelKey => ({
  key,
  help,
  kind: "number",
  min,
  max,
  whole: false,
});
const whole = (key: string, min: number, max: number, help: string): ModelKey => ({
  ...number(key, min, max, help),
  whole: true,
});
const flag = (key: string, help: string): ModelKey => ({ ...number(key, 0, 1, help), kind: "flag" });

/** Keys of `[world]` besides its name and what it is about. */
export const REGIME_KEYS: readonly ModelKey[] = [
  number("calm_seconds", 1, 1e7, "mean duration of the calm regime"),
  number("busy_seconds", 1, 1e7, "mean duration of the busy regime"),
];

/** Keys of each table of a model. */
export const MODEL_KEYS: Readonly<Record<keyof MarketModel, readonly ModelKey[]>> = {
  fair: [
    number("sigma_bps", 0, 100, "volatility of fair value, calm, per root second"),
    number("busy_ratio", 0.1, 20, "volatility of the busy regime over that"),
    number("momentum_ratio", 0, 0.98, "share of the variance that comes as a drift that fades"),
    number("momentum_seconds", 0.05, 3_600, "time in which it fades"),
    number("jumps_per_hour", 0, 3_600, "jumps of fair value"),
    number("jump_bps", 0, 500, "mean size of a jump"),
    { ...number("leader", 0, 0, "coin that this one follows"), kind: "coin" },
    number("follow_seconds", 0.01, 600, "time in which 63 % of a leader's move arrives"),
    number("basis_bps", 0, 200, "standard deviation of the distance to the leader"),
    number("basis_seconds", 1, 1e6, "time in which that is pulled back"),
  ],
  makers: [
    whole("count", 1, 16, "makers"),
    number("half_bps", 0.01, 500, "from what the first maker believes to its best quote"),
    number("wider_ratio", 1, 5, "each further maker is wider by this factor"),
    number("slower_ratio", 1, 20, "and slower by this one"),
    number("smaller_ratio", 0.001, 1, "and smaller by this one"),
    number("busy_wide_ratio", 0.2, 10, "widening in the busy regime"),
    whole("levels", 4, 100, "levels a side of one maker"),
    number("gap_bps", 0, 100, "mean distance between levels; at least a tick"),
    number("size_usd", 12, 1e7, "mean size of the best level"),
    number("size_sigma", 0, 3, "spread of sizes, sd of the logarithm"),
    number("growth_ratio", 0, 10, "how much each further level adds to the mean size"),
    number("look_seconds", 0.01, 600, "median time between two looks of the first maker"),
    number("look_sigma", 0, 3, "spread of that time, sd of the logarithm"),
    number("refill_seconds", 0.01, 3_600, "mean time until a quote comes back to a better price"),
    number("churn_ratio", 0, 1, "chance that a look changes the size of some level"),
    number(
      "pull_ratio",
      0,
      1,
      "share of the quotes in reach of a sweep that are cancelled just before it; not the slowest maker's",
    ),
    number("inventory_usd", 100, 1e8, "position at which a maker leans as far as it ever does"),
    number("skew_ratio", 0, 5, "how far that is, in half-spreads"),
    number("view_bps", 0, 100, "error of a maker's own view of fair value"),
  ],
  takers: [
    number("per_second", 0, 50, "takers that no other excites, calm"),
    number("branching_ratio", 0, 0.95, "takers that one excites directly"),
    number("burst_seconds", 0.05, 3_600, "time in which excitement fades"),
    number("busy_ratio", 0, 20, "rate in the busy regime over that in the calm one"),
    number("touch_ratio", 0, 1, "share that stops at the touch"),
    number("size_usd", 12, 1e7, "mean of what those ask for"),
    number("size_sigma", 0, 4, "spread of it, sd of the logarithm"),
    number("size_max_usd", 12, 1e8, "most that any takes"),
    number("depth_bps", 0.01, 200, "depth beyond the touch of the others, scale"),
    number("depth_shape", 0, 0.9, "its shape: generalised Pareto, 0 is exponential"),
    number("persist_ratio", 0, 0.99, "chance that a taker does what the one before did"),
    number("lean_ratio", 0, 0.5, "how far, in chance, takers lean against what makers hold"),
    number("gaps_per_hour", 0, 60, "times without any taker"),
    number("gap_minutes", 0.1, 600, "their mean duration"),
  ],
  impact: [
    number("base_bps", -20, 20, "what a sweep leaves in fair value at depth 0"),
    number("phi_ratio", 0, 3, "share of its depth that it leaves"),
    number("phi_sigma", 0, 2, "spread of that share, sd of the logarithm"),
    number("touch_ratio", -2, 5, "the share for a taker who stops at the touch"),
    number("slow_ratio", -1, 1, "share of what is left that arrives late; below 0, of more that is given back late"),
    number("slow_seconds", 0.05, 600, "time in which 63 % of that has come"),
  ],
  sweeps: [
    number("per_hour", 0, 3_600, "orders that eat level after level"),
    whole("levels_min", 1, 20, "fewest levels"),
    whole("levels_max", 1, 20, "most levels"),
    number("seconds", 0.05, 60, "time that one takes"),
  ],
  informed: [
    number("look_seconds", 0.01, 600, "mean time between looks of takers who know fair value"),
    number("chance_ratio", 0, 1, "chance that they act on what they see"),
    number("edge_bps", 0, 100, "what must be in it beyond the quote"),
    number("size_max_usd", 12, 1e8, "most that one takes"),
  ],
  arbitrage: [
    number("look_seconds", 0.01, 600, "mean time between looks of who trades a mirror against its leader"),
    number("edge_bps", 0, 200, "what must lie between the two touches"),
    number("size_usd", 12, 1e7, "most on each side"),
  ],
  oracle: [
    number("seconds", 0.1, 600, "time between two words of the oracle"),
    number("error_bps", 0, 100, "its error"),
  ],
  hours: [
    number("close_hour", 0, 24, "hour, UTC, at which the underlying closes"),
    number("open_hour", 0, 24, "and opens; the same is never closed"),
    flag("weekend", "closed from Friday's close to Sunday's opening"),
    flag("halted", "closed means halted; else a thin book"),
    number("wide_ratio", 0.2, 20, "half-spread of the thin book over that of the open one"),
    number("size_ratio", 0.01, 10, "its sizes over those"),
    number("rate_ratio", 0, 10, "and the rate of takers, and volatility"),
  ],
};

/** What a key may be, in words. */
export function allowedOf(key: ModelKey): string {
  if (key.kind === "flag") return "true or false";
  if (key.kind === "coin") return "a coin of this world that follows none itself";
  return `${key.min} to ${key.max}${key.whole ? ", whole" : ""}`;
}

/** The name of a key in the program. */
export const fieldOf = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
