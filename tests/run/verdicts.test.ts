import { describe, expect, test } from "bun:test";
import { measureVerdicts, type WorldVerdicts } from "../../src/run/verdicts.ts";
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
    expect(s.namedCount).toBe(SEEDS.length);
    // Over 60 minutes all of 200 seeds do.
    expect(s.rightDepthCount).toBeGreaterThanOrEqual(3);
    const best = Math.max(...truth.rows.map((row) => row.dollarsPerHour));
    const deepest = truth.rows.at(-1);
    expect(deepest?.edgeBps).toBe(Math.max(...truth.rows.map((row) => row.edgeBps)));
    expect(deepest?.dollarsPerHour).toBeLessThan(best / 2);
    for (const seed of seeds) expect(seed.depthBps).toBeLessThan(12);
  }, 120_000);

  test("a market in which no depth earns is found so within 20 minutes, and never called viable", async () => {
    const [, never] = await verdicts();
    expect(never?.right).toBe("not_viable");
    expect(never?.truth.rows.every((row) => row.edgeBps < 0)).toBe(true);
    const s = summarize(never as WorldVerdicts);
    expect([s.rightCount, s.everFalseCount, s.namedCount]).toEqual([SEEDS.length, 0, 0]);
    expect(s.minutesMax).toBeLessThan(20);
  }, 120_000);

  test("the table says it all", async () => {
    const text = renderVerdicts(await verdicts(), 40);
    expect(text).toContain("4 of 4 seeds end viable, 0 undecided; 0 were ever wrong");
    expect(text).toContain("4 of 4 seeds end not viable, 0 undecided; 0 were ever wrong");
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

describe("what a summary counts", () => {
  const world = (over: Partial<WorldVerdicts["seeds"][number]>): WorldVerdicts => ({
    world: "w",
    hash: "h",
    coin: "C",
    right: "viable",
    truth: {
      maker: { name: "m", latencySeconds: 0.3, reference: "mid" },
      bestBps: 4,
      rows: [2, 4, 6].map((depthBps, i) => ({
        ...{
          depthBps,
          fills: 10,
          orders: 10,
          fillsPerHour: 1,
          captureBps: 0,
          adverseBps: 0,
          feeBps: 0,
          regretDollarsPerHour: 0,
        },
        ...{ edgeBps: i + 1, edgeLoBps: i + 0.9, edgeHiBps: i + 1.1, dollarsPerHour: [5, 10, 6][i] as number },
      })),
    },
    seeds: [
      {
        ...{ seed: 1, state: "viable", reason: "earns", firstViableMinutes: 15, firstNotViableMinutes: null },
        ...{ depthBps: 4, edgeBps: [1.5, 2.5] as [number, number], ...over },
      },
    ],
  });
  test.each([
    ["right", {}, [1, 0, 1, 1]],
    ["a verdict that was wrong once", { firstNotViableMinutes: 3 }, [1, 1, 1, 1]],
    ["undecided", { state: "undecided" }, [0, 0, 1, 1]],
    // Half way from 10 to 6 dollars an hour: 8 is less than nine tenths.
    ["a depth that earns too little", { depthBps: 5 }, [1, 0, 0, 1]],
    ["a depth that earns just enough", { depthBps: 4.4 }, [1, 0, 1, 1]],
    ["an interval beside the truth", { edgeBps: [2.05, 3] }, [1, 0, 1, 0]],
    ["an interval that holds it", { edgeBps: [2, 2.1] }, [1, 0, 1, 1]],
    ["no depth named", { depthBps: null, edgeBps: null }, [1, 0, 0, 0]],
  ] as [string, object, number[]][])("%s", (_, over, expected) => {
    const s = summarize(world(over));
    expect([s.rightCount, s.everFalseCount, s.rightDepthCount, s.edgeHeldCount]).toEqual(expected);
  });
});
