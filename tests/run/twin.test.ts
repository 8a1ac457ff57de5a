import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { loadWorld } from "../../src/exchange/worlds.ts";
import { loadConfig } from "../../src/io/config.ts";
import { coinOf, ERROR_WORLDS } from "../../src/run/paper_error.ts";
import { paperFigures, runPaper, runReal, type TwinRequest } from "../../src/run/twin.ts";
import { ALL_SCORERS } from "../../src/sim/resting.ts";

// Seeds of whole worlds: seconds on a machine that does nothing else.
setDefaultTimeout(60_000);

const request = (world: string, seed: number, minutes = 5): TwinRequest => ({
  world,
  coin: coinOf(loadWorld(world, "Mainnet", seed, 0)),
  seed,
  seconds: minutes * 60,
  latencySeconds: 0.3,
  config: { file: null, set: [], env: {}, profile: null },
  loaded: loadConfig(null),
});

describe("a run whose orders stand in the book", () => {
  const runs = ERROR_WORLDS.flatMap((world) => [1, 2, 3].map((seed): [string, number] => [world, seed]));

  test.each(runs)("%s, seed %i: its books are the venue's to the micro-dollar", (world, seed) => {
    const run = runReal(request(world, seed));
    expect(run.residuals).toEqual([0, 0, 0, 0, 0]);
    expect(run.figures.requests).toBeGreaterThan(0);
    // The end of a run leaves nothing behind.
    expect(run.account.orders.size).toBe(0);
  });

  test("over an hour, with funding, on both kinds of margin", () => {
    let fills = 0;
    for (const world of ["hip3-mirror", "hip3-growth"]) {
      const run = runReal(request(world, 4, 70));
      expect(run.residuals).toEqual([0, 0, 0, 0, 0]);
      fills += run.figures.fills;
    }
    expect(fills).toBeGreaterThan(0);
  });

  test("with a budget that is spent it waits for its slot, and still agrees", () => {
    const { session, residuals, figures } = runReal({ ...request("pays", 1), quotaUsedCount: 9_990 });
    expect(residuals).toEqual([0, 0, 0, 0, 0]);
    // One action in eleven seconds at most, and what fills earn.
    expect(figures.requests).toBeGreaterThan(3);
    expect(figures.refused).toBe(0);
    expect(figures.requests).toBeLessThan(runReal(request("pays", 1)).figures.requests / 2);
    expect(session.shadow.limiter.usedCount).toBe(9_990 + figures.requests);
  });

  test("never trades with itself, and never takes", () => {
    const { session, account, venue } = runReal(request("pays", 2));
    expect(session.desk.engines[0]?.position.fillCount).toBeGreaterThan(0);
    // A maker's fees alone: 1.5 bps of what was filled.
    const own = session.desk.engines[0]?.position;
    expect((own?.feesUsd ?? 0) / (own?.filledUsd ?? 1)).toBeCloseTo(1.5e-4, 6);
    expect(venue.find(account.address)?.volumeUsd).toBe(own?.filledUsd as number);
  });

  test("the same seed decides the same, also in another process", () => {
    const once = runReal(request("pays", 3)).session.sequencer.intentHash;
    expect(runReal(request("pays", 3)).session.sequencer.intentHash).toBe(once);
    expect(runReal(request("pays", 4)).session.sequencer.intentHash).not.toBe(once);
    const script = join(import.meta.dir, "../fixtures/twin_child.ts");
    const child = spawnSync(process.execPath, [script, "pays", "3"], { encoding: "utf8" });
    expect(child.stdout.trim()).toBe(once);
  });
});

describe("the shadow of real orders", () => {
  const { orders, figures } = runReal(request("pays", 5, 20));

  test("every fill is of an order that was followed", () => {
    const filled = orders.filter((one) => one.filledLots > 0);
    expect(filled.length).toBeGreaterThan(10);
    expect(figures.fills).toBeGreaterThanOrEqual(filled.length);
    for (const one of orders) expect(one.filledLots).toBeLessThanOrEqual(one.lots);
  });

  test("strict fills at most what generous fills, the back of the queue at most what the front does", () => {
    const at = (name: string): number => ALL_SCORERS.findIndex((scorer) => scorer.name === name);
    const [back, central, front] = [at("pessimistic"), at("central"), at("touch")];
    for (const { predictedLots, lots } of orders) {
      const of = (s: number): number => predictedLots[s] as number;
      expect(of(back)).toBeLessThanOrEqual(of(central));
      expect(of(central)).toBeLessThanOrEqual(of(front));
      expect(of(at("strict"))).toBeLessThanOrEqual(of(back));
      expect(of(at("strict_central"))).toBeLessThanOrEqual(of(central));
      expect(of(at("strict_touch"))).toBeLessThanOrEqual(of(front));
      expect(of(front)).toBeLessThanOrEqual(lots);
    }
  });

  test("it foretells most fills and imagines few", () => {
    const filled = orders.filter((one) => one.filledLots > 0);
    const foretold = filled.filter((one) => (one.predictedLots[0] as number) > 0);
    expect(foretold.length / filled.length).toBeGreaterThan(0.8);
    const imagined = orders.filter((one) => one.filledLots === 0 && (one.predictedLots[0] as number) > 0);
    expect(imagined.length / filled.length).toBeLessThan(0.2);
  });
});

describe("the paper twin", () => {
  test("latencies share one market and do not disturb each other", () => {
    const [fast, slow] = runPaper(request("pays", 6), [0.1, 0.65]);
    const alone = runPaper(request("pays", 6), [0.65])[0];
    expect(slow?.sequencer.intentHash).toBe(alone?.sequencer.intentHash as string);
    expect(fast?.sequencer.intentHash).not.toBe(slow?.sequencer.intentHash as string);
  });

  test("has a figure of every rule, and one order stream", () => {
    const session = runPaper(request("pays", 6, 20), [0.3])[0];
    if (session === undefined) throw new Error("one latency, one session");
    const figures = paperFigures(session);
    expect(figures).toHaveLength(6);
    expect(new Set(figures.map((f) => f.requests)).size).toBe(1);
    expect(figures[0]?.notionalUsd as number).toBeLessThanOrEqual(figures[2]?.notionalUsd as number);
    expect(session.shadow.account.of(0).positionLots).toBe(session.desk.engines[0]?.position.lots as number);
  });
});
