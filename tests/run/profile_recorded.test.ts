/**
 * Profiles of recorded markets against figures that others took from the same recordings.
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { profileTape } from "../../src/run/profile_tape.ts";
import type { Estimate } from "../../src/stats/blocks.ts";
import type { MarketProfile } from "../../src/stats/market_profile.ts";
import targets from "../fixtures/recorded_profiles.json";

const data = process.env.MMBIN_DATA;
const tape = join(data ?? "", "tapes", "hl-2025-09-04T1946Z-23min-BTC-ETH-SOL-WLFI.ndjson.gz");
const cache = new Map<string, Promise<MarketProfile>>();

function profileOf(market: string): Promise<MarketProfile> {
  const known = cache.get(market);
  const made = known ?? profileTape({ tapes: [tape], market, factsFile: null, skipBadLines: false });
  cache.set(market, made);
  return made;
}

async function figure(market: string, key: string): Promise<Estimate> {
  return (await profileOf(market)).figures[key] as Estimate;
}

describe.skipIf(data === undefined)("recorded markets in figures (need MMBIN_DATA)", () => {
  // Measured by another program over a window of 35 minutes that holds these 23.
  test.each([
    ["BTC", 0.09, 0.11, 3.2, 0.4],
    ["ETH", 0.23, 0.28, 3.3, 0.88],
    ["SOL", 0.49, 0.57, 2.1, 1.01],
    ["WLFI", 2.7, 3.18, 1.23, 3.97],
  ])(
    "%s: touch %d / %d bps by event, %d trades a second, sd %d bps over 1 s",
    async (market, median, mean, rate, sd) => {
      expect(Math.abs(((await figure(market, "spread_event_median")).value as number) - median)).toBeLessThan(0.006);
      expect(Math.abs(((await figure(market, "spread_event_mean")).value as number) / mean - 1)).toBeLessThan(0.05);
      expect(Math.abs(((await figure(market, "trades_per_s")).value as number) / rate - 1)).toBeLessThan(0.06);
      expect(Math.abs(((await figure(market, "mid_sd_1s")).value as number) / sd - 1)).toBeLessThan(0.07);
    },
  );

  test.each([
    ["BTC", 327],
    ["ETH", 814],
    ["SOL", 999],
    ["WLFI", 370],
  ])("%s: a median trade of $%d lies within the interval", async (market, usd) => {
    const { lo, hi } = await figure(market, "trade_usd_median");
    expect(usd).toBeGreaterThanOrEqual((lo as number) - 1);
    expect(usd).toBeLessThanOrEqual((hi as number) + 1);
  });

  // 23-minute tape: to the digit that was given.
  test.each([
    ["BTC", 1],
    ["ETH", 0.5],
    ["SOL", 0.2],
    ["WLFI", 2.8],
  ])("%s: takers gain %d bps in 5 s", async (market, bps) => {
    expect(Math.abs(((await figure(market, "taker_markout_5s")).value as number) - bps)).toBeLessThan(0.05);
  });

  // The other program did not cut at the gap of 17.9 s: 751 sweeps of WLFI where 744 are left here.
  test.each([
    ["WLFI", "kappa_all", 10_400, 0.03],
    ["SOL", "kappa_all", 65_900, 0.08],
    ["ETH", "kappa_all", 77_800, 0.05],
    ["WLFI", "kappa_2bps", 3_583, 0.02],
    ["SOL", "kappa_0.5bps", 7_900, 0.05],
    ["ETH", "kappa_0.5bps", 7_800, 0.04],
    ["WLFI", "phi_2bps_5s", 1.03, 0.02],
    ["SOL", "phi_2bps_5s", 1.46, 0.05],
    ["ETH", "phi_2bps_5s", 1.25, 0.02],
    ["ETH", "a_2bps_5s", 0.64, 0.02],
    ["SOL", "a_2bps_5s", -1.7, 0.05],
    ["WLFI", "origin_2bps_5s", 0.81, 0.04],
    ["WLFI", "origin_8bps_5s", 0.99, 0.01],
    ["ETH", "origin_2bps_5s", 1.41, 0.02],
    ["WLFI", "shape_2bps", 0.27, 0.07],
    ["WLFI", "variance_ratio", 1.7, 0.05],
    ["BTC", "variance_ratio", 2.8, 0.08],
  ])("%s %s is %d", async (market, key, value, slack) => {
    expect(Math.abs(((await figure(market, key)).value as number) / value - 1)).toBeLessThan(slack);
  });

  test("a of WLFI beyond 2 bps, phi of its interval and the touch masses are as known", async () => {
    expect(Math.abs(((await figure("WLFI", "a_2bps_5s")).value as number) + 1.05)).toBeLessThan(0.25);
    const phi = await figure("WLFI", "phi_2bps_5s");
    // 1.03 +- 0.36 for independent sweeps; minutes are hardly wider.
    expect([phi.lo, phi.hi].map((x) => Math.round((x as number) * 10) / 10)).toEqual([0.6, 1.4]);
    for (const market of ["BTC", "ETH", "SOL", "WLFI"]) {
      const mass = (await figure(market, "touch_mass")).value as number;
      expect(mass).toBeGreaterThan(0.755);
      expect(mass).toBeLessThan(0.91);
    }
  });

  test.each(Object.entries(targets))("the targets of %s are what the tape gives", async (market, figures) => {
    const { figures: measured } = await profileOf(market);
    for (const [key, target] of Object.entries(figures)) {
      const round = (x: number | null): number | null => (x === null ? null : Number(x.toPrecision(6)));
      const { value, lo, hi, n } = measured[key] as Estimate;
      expect({ key, value: round(value), lo: round(lo), hi: round(hi), n }).toEqual({ key, ...target });
    }
  });
});
