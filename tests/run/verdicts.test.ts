import { describe, expect, test } from "bun:test";
import { measureVerdicts, type NamedDepth, type SeedVerdict, type WorldVerdicts } from "../../src/run/verdicts.ts";
import { renderVerdicts, summarize } from "../../src/run/verdicts_table.ts";

const SEEDS = [1, 2, 3, 4];
let found: WorldVerdicts[] | null = null;
/** Both worlds, once for all tests. */
async function verdicts(): Promise<WorldVerdicts[]> {
  found ??= await measureVerdicts(
    { worlds: ["pays", "never"], seeds: SEEDS, minutes: 40, truth: { seeds: 6, seconds: 2_400 } },
    async () => true,
  );
  return found;
}

describe("verdicts on worlds whose answer is known", () => {
  test("a market that pays is found viable within 20 minutes, and never called hopeless", async () => {
    const [pays] = await verdicts();
    expect(pays?.right).toBe("viable");
    const s = summarize(pays as WorldVerdicts);
    expect([s.rightCount, s.everFalseCount]).toEqual([SEEDS.length, 0]);
    expect(s.minutesMax).toBeLessThan(20);
  }, 120_000);

  test("the depth that it names earns nine tenths of what the best one does; the largest edge of a fill would not", async () => {
    const [pays] = await verdicts();
    const { truth, seeds } = pays as WorldVerdicts;
    const s = summarize(pays as WorldVerdicts);
    expect(s.named?.count).toBe(SEEDS.length);
    // Over 60 minutes all of 200 seeds do.
    expect(s.named?.rightDepthCount).toBeGreaterThanOrEqual(3);
    const best = Math.max(...truth.rows.map((row) => row.dollarsPerHour));
    const deepest = truth.rows.at(-1);
    expect(deepest?.edgeBps).toBe(Math.max(...truth.rows.map((row) => row.edgeBps)));
    expect(deepest?.dollarsPerHour).toBeLessThan(best / 2);
    for (const seed of seeds) expect(seed.named?.depthBps).toBeLessThan(12);
  }, 120_000);

  test("its interval holds the best depth, and the edge that it expects is too little rather than too much", async () => {
    const [pays] = await verdicts();
    const { named } = summarize(pays as WorldVerdicts);
    expect(named?.depthHeldCount).toBe(SEEDS.length);
    expect(named?.edgeAboveCount).toBe(0);
    expect(named?.biasBps[0]).toBeLessThan(0);
  }, 120_000);

  test("a market in which no depth earns is found so within 20 minutes, and never called viable", async () => {
    const [, never] = await verdicts();
    expect(never?.right).toBe("not_viable");
    expect(never?.truth.rows.every((row) => row.edgeBps < 0)).toBe(true);
    const s = summarize(never as WorldVerdicts);
    expect([s.rightCount, s.everFalseCount, s.named]).toEqual([SEEDS.length, 0, null]);
    expect(s.minutesMax).toBeLessThan(20);
  }, 120_000);

  test("the table says it all", async () => {
    const text = renderVerdicts(await verdicts(), 40);
    expect(text).toContain("4 of 4 seeds end viable, 0 undecided; 0 were ever wrong");
    expect(text).toContain("4 of 4 seeds end not viable, 0 undecided; 0 were ever wrong");
    expect(text).toContain("4 of 4 intervals hold the best");
    expect(text).toContain("too little is expected");
    expect(text).toContain("no depth from 1 to 15 bps earns");
  }, 120_000);
});

test("a world whose truth is undecided judges nobody", async () => {
  const request = { seeds: [1], minutes: 16, truth: { seeds: 2, seconds: 60 } };
  // A minute of a market without much flow: some intervals lie on both sides of zero, none above it.
  const [quiet] = await measureVerdicts({ ...request, worlds: ["hip3-growth"] }, async () => true);
  expect(quiet?.right).toBeNull();
  expect(summarize(quiet as WorldVerdicts)).toMatchObject({ rightCount: 0, everFalseCount: 0, minutesMedian: null });
  expect(renderVerdicts([quiet as WorldVerdicts], 16)).toContain("is not known well enough to judge verdicts");
}, 60_000);

const named = (over: Partial<NamedDepth> = {}): NamedDepth => ({
  ...{ depthBps: 4, depthRangeBps: [2, 6], edgeRangeBps: [1.5, 2.5], edgeBps: 1.9, adverseBps: 0.6, latencyBps: 0.1 },
  ...over,
});

describe("what a summary counts", () => {
  const row = { fills: 10, orders: 10, fillsPerHour: 1, captureBps: 3.75, adverseBps: 0.25, feeBps: 1.5 };
  const world = (over: Partial<SeedVerdict>): WorldVerdicts => ({
    world: "w",
    hash: "h",
    coin: "C",
    right: "viable",
    truth: {
      maker: { name: "m", latencySeconds: 0.3, reference: "mid" },
      bestBps: 4,
      rows: [2, 4, 6, 8].map((depthBps, i) => ({
        ...{ ...row, depthBps, regretDollarsPerHour: 0 },
        ...{ edgeBps: i + 1, edgeLoBps: i + 0.9, edgeHiBps: i + 1.1, dollarsPerHour: [5, 10, 6, 9.8][i] as number },
      })),
    },
    seeds: [
      {
        ...{ seed: 1, state: "viable", reason: "earns", firstViableMinutes: 15, firstNotViableMinutes: null },
        ...{ named: named(), ...over },
      },
    ],
  });
  test.each([
    ["right", {}, [1, 0, 1, 1, 1, 0]],
    ["a verdict that was wrong once", { firstNotViableMinutes: 3 }, [1, 1, 1, 1, 1, 0]],
    ["undecided", { state: "undecided" }, [0, 0, 1, 1, 1, 0]],
    // Half way from 10 to 6 dollars an hour: 8 is less than nine tenths.
    ["a depth that earns too little", { named: named({ depthBps: 5 }) }, [1, 0, 1, 0, 1, 0]],
    ["a depth that earns just enough", { named: named({ depthBps: 4.4 }) }, [1, 0, 1, 1, 1, 0]],
    ["an interval beside the best depth", { named: named({ depthRangeBps: [4.5, 8] }) }, [1, 0, 0, 1, 1, 0]],
    ["an interval that ends at it", { named: named({ depthRangeBps: [1, 4] }) }, [1, 0, 1, 1, 1, 0]],
    ["an interval above the true edge", { named: named({ edgeRangeBps: [2.05, 3] }) }, [1, 0, 1, 1, 0, 1]],
    ["an interval under it", { named: named({ edgeRangeBps: [1, 1.95] }) }, [1, 0, 1, 1, 0, 0]],
    ["an interval that holds it", { named: named({ edgeRangeBps: [2, 2.1] }) }, [1, 0, 1, 1, 1, 0]],
    ["no depth named", { named: null }, [1, 0]],
  ] as [string, object, number[]][])("%s", (_, over, expected) => {
    const s = summarize(world(over));
    const n = s.named;
    const ofNamed = n === null ? [] : [n.depthHeldCount, n.rightDepthCount, n.edgeHeldCount, n.edgeAboveCount];
    expect([s.rightCount, s.everFalseCount, ...ofNamed]).toEqual(expected);
  });

  test("depths as good as the best are those whose dollars reach it by the upper end of their edge", () => {
    // 6 bps: 6 x 3.1 / 3 = 6.2 dollars; 8 bps: 9.8 x 4.1 / 4 = 10.05, and the best has 10.
    expect(summarize(world({})).bestBps).toEqual([4, 8]);
  });

  test("the bias carries the truth's error and that of the seeds, and the parts add up", () => {
    const base = world({});
    const two = [named({ edgeBps: 1.5 }), named({ edgeBps: 1.7 })].map((n) => ({ ...base.seeds[0], named: n }));
    const s = summarize({ ...base, seeds: two as SeedVerdict[] }).named;
    // Mean -0.4, half-width of the seeds 12.7 x 0.1, of the truth 0.1.
    const half = Math.hypot(12.7062 * 0.1, 0.1);
    expect(s?.biasBps[0]).toBeCloseTo(-0.4, 12);
    expect(s?.biasBps[1]).toBeCloseTo(-0.4 - half, 3);
    expect(s?.biasBps[2]).toBeCloseTo(-0.4 + half, 3);
    expect(s?.expected).toMatchObject({ capture: 4, adverse: 0.6, latency: 0.1, edge: 1.6 });
    expect(s?.expected.fee).toBeCloseTo(4 - 0.6 - 0.1 - 1.6, 12);
    expect(s?.true).toEqual({ capture: 3.75, adverse: 0.25, latency: 0, fee: 1.5, edge: 2 });
  });
});
