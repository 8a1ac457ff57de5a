import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { QuotaLedger } from "../../src/core/quota/ledger.ts";
import { loadWorld } from "../../src/exchange/worlds.ts";
import { loadConfig } from "../../src/io/config.ts";
import { coinOf } from "../../src/run/paper_error.ts";
import type { Session } from "../../src/run/session.ts";
import { type RealRun, runReal } from "../../src/run/twin.ts";

// Hours of whole worlds: seconds on a machine that does nothing else.
setDefaultTimeout(60_000);

interface Watched extends RealRun {
  /** Share of the blocks in which nothing but the slot was left. */
  spentRatio: number;
  twoSidedRatio: number;
  edgeBps: number;
  /** Moments with nothing under way, and those in which our count was not the venue's. */
  quietCount: number;
  differentCount: number;
}

/** Trades half an hour of a world with an address that has used so many requests of 10,000 and its volume. */
function trade(world: string, used: number, volume: number, set: string[] = [], minutes = 30): Watched {
  let blocks = 0;
  let spent = 0;
  let quietCount = 0;
  let differentCount = 0;
  const look = (session: Session): void => {
    const { ledger } = session.desk;
    const limiter = session.shadow.limiter;
    blocks += 1;
    if (ledger.surplusCount <= 5) spent += 1;
    // What the venue has done is known here once nothing is due any more.
    const slots = session.desk.engines[0]?.slots;
    const isQuiet =
      session.startedUs > 0 &&
      session.shadow.nextDueUs() === Number.POSITIVE_INFINITY &&
      slots !== undefined &&
      Array.from({ length: slots.limit }, (_, i) => slots.pendingAction(i)).every((action) => action === 0);
    if (!isQuiet) return;
    quietCount += 1;
    if (ledger.usedCount !== limiter.netUsedCount || Math.abs(ledger.capCount - limiter.capCount) > 0)
      differentCount += 1;
  };
  const run = runReal({
    world,
    coin: coinOf(loadWorld(world, "Mainnet", 1, 0)),
    seed: 1,
    seconds: minutes * 60,
    latencySeconds: 0.3,
    config: { file: null, set, env: {}, profile: null },
    loaded: loadConfig(null),
    quotaUsedCount: used,
    quotaVolumeUsd: volume,
    seesOwn: false,
    onBlock: look,
  });
  const time = run.session.statistics.markets[0]?.time;
  const edge = run.figures.totals[1];
  return {
    ...run,
    spentRatio: spent / blocks,
    twoSidedRatio: (time?.twoSidedUs ?? 0) / (time?.twoSidedPossibleUs ?? 1),
    edgeBps: ((edge?.edgeUsd ?? 0) / (edge?.notionalUsd ?? 1)) * 1e4,
    quietCount,
    differentCount,
  };
}

/** Requests left, less debt, at the start; requests earned in the run. */
const leftOf = (used: number, volume: number): number => 10_000 + volume - used;
const earnedOf = (run: RealRun): number => run.figures.notionalUsd / 1e6;

describe("an address with 7 % of its requests left (61,400 of 66,000)", () => {
  const full = trade("pays", 0, 0);
  const scarce = trade("pays", 61_400, 56_000);

  test("is hardly ever throttled, asks for no more than it has and earns, and keeps both sides", () => {
    expect(scarce.spentRatio).toBeLessThan(0.01);
    expect(scarce.figures.requests).toBeLessThan(leftOf(61_400, 56_000) + earnedOf(scarce));
    expect(scarce.figures.refused).toBe(0);
    expect(scarce.twoSidedRatio).toBeGreaterThan(0.98);
    expect(scarce.session.desk.mode.spentUs[1] as number).toBeGreaterThan(25 * 60 * 1e6);
  });

  test("fills nearly as often as with all of them, for an edge of the same size, with half of the requests", () => {
    expect(scarce.figures.requests).toBeLessThan(full.figures.requests / 2);
    expect(scarce.figures.fills).toBeGreaterThan(0.7 * full.figures.fills);
    expect(scarce.edgeBps).toBeGreaterThan(full.edgeBps - 1);
  });

  test("counts as the venue does, to the unit, whenever nothing is under way", () => {
    for (const run of [full, scarce]) {
      expect(run.quietCount).toBeGreaterThan(1_000);
      expect(run.differentCount).toBe(0);
      expect(run.session.desk.ledger.driftCount).toBe(0);
    }
  });
});

describe("an address with nothing left", () => {
  test.each([
    ["nothing", 10_000, 0],
    ["a debt of 500", 10_500, 0],
  ])("%s: both sides stand most of the time, and what it earns is more than what it spends", (_name, used, volume) => {
    const run = trade("pays", used, volume);
    expect(run.twoSidedRatio).toBeGreaterThan(0.85);
    expect(run.figures.fills).toBeGreaterThan(10);
    expect(run.session.shadow.limiter.surplusCount).toBeGreaterThan(leftOf(used, volume) + 50);
    // Its slot is never refused: the venue and we agree when it opens.
    expect(run.figures.refused).toBe(0);
    expect(run.differentCount).toBe(0);
  });
});

test("a wrong belief about the venue's counter shows as drift", () => {
  const run = trade("pays", 0, 0, ["quota_modify_cost=2"], 10);
  expect(run.session.desk.ledger).toBeInstanceOf(QuotaLedger);
  expect(run.session.desk.ledger.driftCount).toBeGreaterThan(10);
  expect(run.session.desk.ledger.lastDriftCount).toBeLessThan(0);
});
