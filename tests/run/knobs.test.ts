import { describe, expect, test } from "bun:test";
import { SETTINGS } from "../../src/io/settings.ts";
import { makeMirrorWorld, makeWorld, runWorld, type World } from "../fixtures/world.ts";

// Five minutes with a silence of four seconds (every signal goes stale) and, before it, some of books alone (one signal does).
const world = makeWorld(3, 300, (push, second) => {
  if (second > 200 && second < 204) return false;
  const booksAreSilent = second > 100 && second % 20 < 3;
  return !(booksAreSilent && push.text.startsWith('{"channel":"l2Book"'));
});

/** A base on which every part of the machine is at work: a market that pays, several clips, some inventory. */
const BASE = ["capital_usd=150"];
const bases = new Map<string, string>();

/** Eighteen minutes in which the reference is ahead by a second: only a reference that has been proven moves fair value. */
const mirror = makeMirrorWorld(3, 1080, 1000);
const WORLD_OF: Record<string, World> = { reference_weight_max: mirror };

/** Rules of the venue's counter show where it is nearly spent. */
const USED_OF: Record<string, number> = {
  quota_modify_cost: 9_000,
  quota_cancels_share: 9_992,
  quota_maker_credit: 9_960,
};

function hashOf(set: readonly string[], key = ""): string {
  const options = { viable: true, quotaUsedCount: USED_OF[key] ?? 0 };
  return runWorld(WORLD_OF[key] ?? world, [...BASE, ...set], options).sequencer.intentHash;
}

function baseHash(extra: readonly string[], of: string): string {
  const key = `${of in WORLD_OF || of in USED_OF ? of : ""} ${extra.join(" ")}`;
  const known = bases.get(key) ?? hashOf(extra, of);
  bases.set(key, known);
  return known;
}

/** Each setting, a value other than its own, and what must be set beside it for it to have a say. */
const KNOBS: [key: string, value: string, beside?: string[]][] = [
  ["capital_usd", "400"],
  ["clip_usd", "20"],
  ["position_cap_usd", "60"],
  ["levels_max", "1"],
  ["daily_loss_usd", "0.01", ["half_spread_fixed_bps=0.8"]],
  ["drawdown_usd", "0.01", ["half_spread_fixed_bps=0.8"]],
  ["isolated_margin_usd", "5"],
  ["leverage", "1", ["isolated_margin_usd=60"]],
  ["order_min_usd", "14"],
  ["half_spread_fixed_bps", "6"],
  ["requote_fixed_bps", "3", ["half_spread_fixed_bps=4"]],
  ["half_spread_max_bps", "3"],
  ["skew_at_cap_bps", "20"],
  ["skew_per_clip_bps", "6"],
  ["gamma_min", "50"],
  ["gamma_max", "0.2"],
  ["risk_model_blend", "0", ["skew_per_clip_bps=4"]],
  ["gamma_log_range_max", "0.05", ["skew_per_clip_bps=4"]],
  ["beta_volatility", "5", ["skew_per_clip_bps=4"]],
  ["beta_toxicity", "5", ["skew_per_clip_bps=4"]],
  ["beta_depletion", "5", ["skew_per_clip_bps=4"]],
  ["beta_kappa_uncertainty", "5", ["skew_per_clip_bps=4"]],
  ["beta_drawdown", "5", ["skew_per_clip_bps=4"]],
  ["kappa_prior", "800"],
  ["kappa_prior_count", "50"],
  ["arrival_prior_count", "30"],
  ["arrival_prior_s", "1000"],
  ["intensity_memory_s", "60"],
  ["volatility_fast_s", "10"],
  ["volatility_slow_s", "100"],
  ["volatility_floor_bps", "20"],
  ["volatility_prior_bps", "6"],
  ["own_fill_prior_count", "1"],
  ["reference_half_life_s", "5"],
  ["reference_weight_max", "0"],
  ["reference_veto_sd", "0"],
  ["latency_s", "0.6"],
  ["chi", "0.5"],
  ["quota_horizon_h", "0.2"],
  ["quota_feedback", "1"],
  ["quota_modify_cost", "2"],
  ["quota_cancels_share", "0"],
  ["quota_maker_credit", "0"],
  ["stale_feed_s", "1", ["chi=0.01"]],
  ["stale_factor_one", "4"],
  ["stale_factor_two", "1"],
  ["burst_half_life_s", "5", ["half_spread_fixed_bps=0.8"]],
  ["price_jump_pct", "0.05"],
  ["reserve_count", "9500"],
];

describe("every setting moves a quote or a decision", () => {
  test.each(KNOBS)("%s = %s", (key, value, beside = []) => {
    expect(hashOf([...beside, `${key}=${value}`], key)).not.toBe(baseHash(beside, key));
  });

  test("no setting is missing from this table", () => {
    expect(KNOBS.map(([key]) => key).sort()).toEqual(SETTINGS.map((s) => s.key).sort());
  });

  test("the same settings decide the same", () => {
    expect(hashOf([])).toBe(baseHash([], ""));
  });
});
