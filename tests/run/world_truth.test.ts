import { describe, expect, test } from "bun:test";
import {
  TRUTH_MAKERS,
  TRUTH_SECONDS,
  TRUTH_SEEDS,
  type Truth,
  type TruthMaker,
  type TruthRow,
  truthCard,
  truthText,
  worldTruth,
} from "../../src/run/world_truth.ts";

const [OMNISCIENT, IDEAL, LATE] = TRUTH_MAKERS as readonly [TruthMaker, TruthMaker, TruthMaker];

async function truth(
  world: string,
  maker: TruthMaker,
  depthsBps: readonly number[],
  seconds: number,
  seeds = 4,
): Promise<Truth> {
  return (await worldTruth({ world, coin: null, seed: 11, seeds, seconds, depthsBps }, maker)) as Truth;
}
const row = (found: Truth, depthBps: number): TruthRow => found.rows.find((r) => r.depthBps === depthBps) as TruthRow;

describe("in pays", () => {
  // Sweeps go 4 bps beyond the touch on average and leave a quarter: depth* = 4 + (4 / 4 + 1.5) / 0.75 = 7.3 bps, edge there 3 bps.
  test.each([OMNISCIENT, IDEAL, LATE])("$name: 7 to 8 bps earn about 3 bps a fill, clearly", async (maker) => {
    const found = await truth("pays", maker, [2, 5, 7, 8, 12, 15], 2_400);
    const best = row(found, found.bestBps as number);
    expect(best.depthBps).toBeGreaterThan(5);
    expect(best.depthBps).toBeLessThan(9);
    const known = row(found, 7);
    expect(known.regretDollarsPerHour).toBeLessThan(0.2 * best.dollarsPerHour);
    expect(known.edgeLoBps).toBeGreaterThan(1.5);
    expect(known.edgeHiBps).toBeLessThan(4.5);
    expect(best.feeBps).toBeCloseTo(1.5, 3);
    expect(row(found, 2).edgeHiBps).toBeLessThan(0);
    // Further out each fill earns more, and all of them less.
    expect(row(found, 15).edgeBps).toBeGreaterThan(best.edgeBps);
    expect(row(found, 15).regretDollarsPerHour).toBeGreaterThan(3);
    expect(best.regretDollarsPerHour).toBe(0);
  });
});

describe("no depth earns", () => {
  test.each(Array.from({ length: 15 }, (_, i) => i + 1))("in never, ideal, at %p bps", async (depth) => {
    // Few fills there, so longer.
    const found = await truth("never", IDEAL, [depth], depth > 8 ? 3_600 : 600);
    expect(row(found, depth).edgeBps).toBeLessThan(0);
    expect(found.bestBps).toBe(null);
  });

  // As on the tape that it is like. Far out the runs that `--truth` makes unasked, nearer, where fills are many, a third of each.
  test.each(Array.from({ length: 15 }, (_, i) => i + 1))(
    "in perp-thin, ideal, at %p bps, with the whole interval",
    async (depth) => {
      const seconds = depth > 8 ? TRUTH_SECONDS : TRUTH_SECONDS / 3;
      const request = { world: "perp-thin", coin: null, seed: 1, seeds: TRUTH_SEEDS, seconds };
      const found = (await worldTruth({ ...request, depthsBps: [depth] }, IDEAL)) as Truth;
      expect(row(found, depth).edgeHiBps).toBeLessThan(0);
      expect(found.bestBps).toBe(null);
    },
    60_000,
  );
});

test("edge is what was captured less what it moved and the fee, and regret is against the best", async () => {
  const found = await truth("pays", IDEAL, [5, 8], 600, 2);
  for (const r of found.rows) {
    expect(r.captureBps - r.adverseBps - r.feeBps).toBeCloseTo(r.edgeBps, 9);
    expect(r.dollarsPerHour).toBeCloseTo((r.edgeBps * 1e-4 * 100 * r.orders) / ((2 * 600) / 3_600), 9);
    // A fill of a part of an order earns on that part: fills are more than the orders that they make up.
    expect(r.orders).toBeLessThan(r.fills);
    expect(r.orders).toBeGreaterThan(0.5 * r.fills);
    expect(r.captureBps).toBeCloseTo(r.depthBps, 0);
  }
});

test("the same request gives the same table and card", async () => {
  const request = { world: "pays", coin: null, seed: 3, seeds: 2, seconds: 300, depthsBps: [7] };
  const [one, two] = [(await worldTruth(request, LATE)) as Truth, (await worldTruth(request, LATE)) as Truth];
  expect(truthText(one)).toBe(truthText(two));
  expect(truthText(one)).toContain("d bps");
  const card = JSON.parse(JSON.stringify(truthCard(request, one)));
  expect([card.schema, card.world, card.coin, card.rows.length]).toEqual(["mmbin.world-truth/1", "pays", "PAYS", 1]);
  expect(card.world_hash).toMatch(/^[0-9a-f]{12}$/);
});

test("a world without takers has no fills, and says so", async () => {
  const found = await truth("quiet", IDEAL, [400], 60, 1);
  expect(found.rows[0]?.fills).toBe(0);
  expect(found.bestBps).toBe(null);
  expect(truthText(found)).toContain("no depth earns");
});

test("a wish to stop is heard between two runs, and nothing is told of what is not whole", async () => {
  let asked = 0;
  const stopRequested = (): boolean => {
    asked += 1;
    return asked > 2;
  };
  const request = { world: "pays", coin: null, seed: 3, seeds: 2, seconds: 60, depthsBps: [5, 7], stopRequested };
  expect(await worldTruth(request, IDEAL)).toBe(null);
  expect(asked).toBe(3);
});
