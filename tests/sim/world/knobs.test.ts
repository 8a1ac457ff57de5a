import { describe, expect, test } from "bun:test";
import { fieldOf, MODEL_KEYS, REGIME_KEYS } from "../../../src/exchange/world_schema.ts";
import { type MarketModel, QUIET_MODEL, type WorldSpec } from "../../../src/sim/world/spec.ts";
import { type Changes, changed, START_US, start, taleOf, worldSpec } from "./support.ts";

/** Everything happens often, so that every key has something to move within a minute. */
const BUSY: MarketModel = changed(QUIET_MODEL, {
  fair: { sigmaBps: 1, busyRatio: 2, jumpsPerHour: 600 },
  makers: {
    count: 3,
    lookSeconds: 0.2,
    refillSeconds: 0.5,
    viewBps: 0.1,
    pullRatio: 0.5,
    smallerRatio: 0.6,
    inventoryUsd: 20_000e6,
  },
  takers: { perSecond: 1, gapsPerHour: 60, gapMinutes: 0.2, depthShape: 0.2, sizeMaxUsd: 20_000e6, persistRatio: 0.3 },
  impact: { baseBps: 0.2, slowRatio: 0.3 },
  sweeps: { perHour: 900 },
  informed: { lookSeconds: 0.3, sizeMaxUsd: 3_000e6 },
  oracle: { errorBps: 0.5 },
});
const MIRROR: MarketModel = changed(BUSY, {
  fair: { leader: "ONE", basisBps: 8, basisSeconds: 20 },
  arbitrage: { lookSeconds: 0.2, edgeBps: 1, sizeUsd: 900e6 },
});
/** The run begins open, at noon, and closes 18 s later. */
const CLOSING: MarketModel = changed(BUSY, { hours: { closeHour: 12.005, openHour: 13 } });
const SECONDS = 60;

/** Both regimes come several times in a run. */
const regime = { calmSeconds: 10, busySeconds: 10 };

const tale = (spec: WorldSpec): string => taleOf(start({ ...spec, regime }, 5), SECONDS);
const ofOne = (model: MarketModel): string => tale(worldSpec(5, model));
const ofMirror = (model: MarketModel): string => tale(worldSpec(5, BUSY, model));

/** Saturday noon. */
const saturday = (model: MarketModel): WorldSpec => {
  const spec = worldSpec(5, model);
  return { ...spec, venue: { ...spec.venue, startUs: START_US + 3 * 86_400e6 } };
};

const base = { one: ofOne(BUSY), mirror: ofMirror(MIRROR), closing: ofOne(CLOSING) };
const FOLLOWERS = ["leader", "follow_seconds", "basis_bps", "basis_seconds"];

describe("every key of a model changes what happens", () => {
  for (const group of Object.keys(MODEL_KEYS) as (keyof MarketModel)[])
    for (const key of MODEL_KEYS[group].filter((k) => k.key !== "weekend"))
      test(`${group}.${key.key}`, () => {
        const followers = group === "arbitrage" || FOLLOWERS.includes(key.key);
        const from = followers ? MIRROR : group === "hours" ? CLOSING : BUSY;
        const field = fieldOf(key.key);
        const old = (from[group] as unknown as Record<string, unknown>)[field];
        const value = otherOf(key.key, old);
        const to = changed(from, { [group]: { [field]: value } } as Changes);
        const [before, after] = followers
          ? [base.mirror, ofMirror(to)]
          : [from === CLOSING ? base.closing : base.one, ofOne(to)];
        expect(after).not.toBe(before);
      });

  test("hours.weekend", () => {
    const weekend = changed(CLOSING, { hours: { weekend: true, closeHour: 21, openHour: 22 } });
    const daily = changed(weekend, { hours: { weekend: false } });
    expect(tale(saturday(weekend))).not.toBe(tale(saturday(daily)));
  });

  test.each(REGIME_KEYS.map((k) => k.key))("%s", (key) => {
    const longer = { ...regime, [fieldOf(key)]: 20 };
    expect(taleOf(start({ ...worldSpec(5, BUSY), regime: longer }, 5), SECONDS)).not.toBe(base.one);
  });
});

/** Another value that the key may have. */
function otherOf(key: string, old: unknown): unknown {
  if (typeof old === "boolean") return !old;
  if (key === "leader") return "";
  if (key === "busy_ratio" || key === "busy_wide_ratio") return (old as number) * 3;
  // 36 s after noon.
  if (key === "open_hour") return 12.01;
  if (key === "close_hour") return 12.01;
  if (key === "count" || key === "levels" || key === "levels_max") return (old as number) + 3;
  if (key === "levels_min") return 2;
  return (old as number) === 0 ? 0.5 : (old as number) * 0.6;
}
