import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MODE, MODE_NAMES, MODE_REASONS, QuotaMode } from "../../../src/core/quota/mode.ts";

const RESERVE = 5;
/** A burn that ends a surplus in so many hours. */
const burn = (surplus: number, hours: number): number => surplus / hours / 3600;
const nameOf = (mode: QuotaMode): string => MODE_NAMES[mode.mode];

describe("the mode of an address", () => {
  const rows: [surplus: number, cap: number, hours: number, mode: string, reason: string][] = [
    [10_000, 10_000, 1, "full", "headroom"],
    [2_000, 10_000, 1, "full", "headroom"],
    [1_999, 10_000, 1, "passive", "headroom"],
    [500, 10_000, 1, "passive", "headroom"],
    [499, 10_000, 1, "conserve", "headroom"],
    // 7 % of a large cap is no emergency: it lasts a day.
    [4_600, 66_000, 1, "passive", "headroom"],
    [4_600, 66_000, 24, "full", "runway"],
    [4_600, 66_000, 23.9, "passive", "headroom"],
    [3_000, 66_000, 4, "passive", "runway"],
    [3_000, 66_000, 3.9, "conserve", "headroom"],
    [400_000, 10_000_000, 55, "full", "runway"],
    // A runway says little of a small surplus.
    [1_999, 66_000, 1_000, "passive", "runway"],
    [199, 66_000, 1_000, "conserve", "headroom"],
    [6, 10_000, 1_000, "conserve", "headroom"],
    [5, 10_000, 1_000, "throttled", "spent"],
    [0, 10_000, 1_000, "throttled", "spent"],
    [-500, 10_000, 1_000, "throttled", "spent"],
  ];
  test.each(rows)("%d left of a cap of %d, for %d hours: %s, by %s", (surplus, cap, hours, name, reason) => {
    const mode = new QuotaMode();
    mode.update(0, surplus, cap, RESERVE, burn(surplus, hours));
    expect([nameOf(mode), MODE_REASONS[mode.reason]]).toEqual([name, reason as (typeof MODE_REASONS)[number]]);
  });

  test("a surplus that grows lasts for ever", () => {
    const mode = new QuotaMode();
    mode.update(0, 3_000, 1e6, RESERVE, -0.1);
    expect([nameOf(mode), mode.runwayHours]).toEqual(["full", Number.POSITIVE_INFINITY]);
  });

  test("a milder mode needs a quarter more than the stricter one was entered at", () => {
    const mode = new QuotaMode();
    const at = (surplus: number): string => {
      mode.update(0, surplus, 10_000, RESERVE, burn(surplus, 1));
      return nameOf(mode);
    };
    expect([2_100, 1_990, 2_010, 2_490, 2_500, 2_010].map(at)).toEqual([
      "full",
      "passive",
      "passive",
      "passive",
      "full",
      "full",
    ]);
    expect([490, 510, 620, 625, 5, 9, 10, 11].map(at)).toEqual([
      "conserve",
      "conserve",
      "conserve",
      "passive",
      "throttled",
      "throttled",
      "throttled",
      "conserve",
    ]);
    expect(mode.changeCount).toBe(6);
  });

  test("time is counted in the mode that held, and none over a gap", () => {
    const mode = new QuotaMode();
    const at = (s: number, surplus: number): void => void mode.update(s * 1e6, surplus, 10_000, RESERVE, 1);
    at(0, 9_000);
    at(0.25, 1_000);
    at(0.5, 1_000);
    at(20, 1_000);
    at(20.25, 0);
    at(20.5, 0);
    expect([...mode.spentUs]).toEqual([250_000, 500_000, 0, 250_000]);
  });

  test("stricter means fewer levels, a longer horizon and never no level", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 20_000 }), fc.integer({ min: 10_000, max: 1e6 }), (surplus, cap) => {
        const mode = new QuotaMode();
        mode.update(0, surplus, cap, RESERVE, burn(Math.max(1, surplus), 10));
        expect(mode.levelsMax).toBeGreaterThanOrEqual(1);
        if (mode.mode === MODE.passive) expect(mode.levelsMax).toBe(2);
        // One order alone would leave its side empty for a loop after each fill.
        if (mode.mode === MODE.conserve) expect(mode.levelsMax).toBe(2);
        if (mode.mode === MODE.throttled) expect(mode.levelsMax).toBe(1);
        expect(mode.horizonMultiple).toBeGreaterThanOrEqual(1);
        expect(mode.resizes).toBe(mode.mode <= MODE.passive);
      }),
      { seed: 20260113, numRuns: 200 },
    );
  });
});
