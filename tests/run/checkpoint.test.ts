import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inheritedAgeSeconds, PRIOR_AT, priorWeight } from "../../src/core/learn/prior.ts";
import { loadConfig } from "../../src/io/config.ts";
import {
  type Checkpoint,
  checkPriorFiles,
  checkpointPath,
  findPrior,
  makeCheckpoint,
  type Prior,
  saveCheckpoint,
  valuesOf,
} from "../../src/run/checkpoint.ts";
import { PaperRun } from "../../src/run/paper.ts";
import { markedPlace } from "../fixtures/loopback.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";

const HOUR = 3600;
const HOUR_US = 3_600_000_000;
const MARKET = "sim:HYPE";
const folder = mkdtempSync(join(tmpdir(), "mmbin-prior-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const world = makeWorld(6, 420);
const learnt = runWorld(world, []);
const checkpoint = learnt.checkpoint(0, "testnet") as Checkpoint;
const nowUs = checkpoint.saved_us;
const notes: string[] = [];
const note = (line: string): void => {
  notes.push(line);
};

describe("age", () => {
  test.each([
    [0, 1],
    [4 * HOUR, 1],
    [38 * HOUR, 0.55],
    [72 * HOUR, 0.1],
    [7 * 24 * HOUR, 0.1],
    [7 * 24 * HOUR + 1, 0],
    [-30, 1],
    [-120, 0],
    [Number.NaN, 0],
  ])("%d s old counts %d", (age, weight) => {
    expect(priorWeight(age)).toBeCloseTo(weight, 12);
  });

  test("what was inherited stays old until the run's own data have taken its place", () => {
    expect(inheritedAgeSeconds(6 * 24 * HOUR, 60, 2700)).toBeCloseTo(6 * 24 * HOUR * Math.exp(-60 / 2700), 6);
    const prior: Prior = { source: "x", ageSeconds: 6 * 24 * HOUR, weight: 0.1, values: valuesOf(checkpoint) };
    const values = new Float64Array(PRIOR_AT.size);
    const after = (seconds: number): number => {
      const next = makeCheckpoint(MARKET, "testnet", nowUs, seconds, prior, 2700, values);
      return (nowUs - next.dated_us) / 1e6 / HOUR;
    };
    expect(after(300)).toBeGreaterThan(128);
    expect(after(6 * HOUR)).toBeLessThan(0.1);
  });
});

describe("what is carried", () => {
  test("round trip through the file, number by number", () => {
    const path = saveCheckpoint(checkpoint);
    expect(path).toBe(checkpointPath("testnet", MARKET));
    const prior = findPrior(["latest"], MARKET, "testnet", nowUs, note) as Prior;
    const values = new Float64Array(PRIOR_AT.size);
    learnt.desk.engines[0]?.board.writePrior(values);
    expect([...prior.values]).toEqual([...values]);
    expect([prior.ageSeconds, prior.weight]).toEqual([0, 1]);
  });

  test("a run of less than five minutes has nothing worth keeping", () => {
    const brief = runWorld({ ...world, pushes: world.pushes.slice(0, 2_000) }, []);
    expect(brief.checkpoint(0, "testnet")).toBe(null);
  });

  test("a market that showed no book leaves what was learnt of it before alone", () => {
    const silent = world.pushes.filter((p) => !p.text.includes(`"${MARKET}"`));
    const run = runWorld({ ...world, pushes: silent }, [], { markets: [MARKET, "HYPE"] });
    expect([run.checkpoint(0, "testnet"), run.checkpoint(1, "testnet")?.market]).toEqual([null, "HYPE"]);
  });

  test("the file of another name that is written alike is not taken", () => {
    const path = saveCheckpoint({ ...checkpoint, market: "a:b" });
    expect(checkpointPath("testnet", "a_b")).toBe(path);
    expect(findPrior(["latest"], "a_b", "testnet", nowUs, note)).toBe(null);
    expect(findPrior(["latest"], "a:b", "testnet", nowUs, note)?.source).toBe(path);
  });

  test("every loop is fed, on a socket as over a tape: the two learn the same", async () => {
    const items = world.pushes.map((p) => ({ timeUs: p.timeUs, text: p.text }));
    const place = markedPlace(world.answers, items);
    await new PaperRun(requestFor({ command: "paper" }), QUIET, place, loadConfig(null)).run([MARKET]);
    place.close();
    const saved = JSON.parse(readFileSync(checkpointPath("tape", MARKET), "utf8")) as Checkpoint;
    expect({ ...saved, venue: "testnet" }).toEqual(checkpoint);
    expect(saved.sweeps[0]).toBeGreaterThan(50);
    expect(saved.seconds).toBeGreaterThan(300);
    expect(saved.variance_per_s.every((v) => v > 0)).toBe(true);
    expect(saved.impact_sums.filter((x) => x !== 0).length).toBeGreaterThan(30);
    expect(saved.half_touch?.[0]).toBeGreaterThan(0);
    expect(saved.basis).not.toBe(null);
  });
});

describe("a prior moves decisions and makes nothing warm", () => {
  const values = valuesOf(checkpoint);
  const fresh = makeWorld(9, 150);
  const hash = (priors: (Prior | null)[]): string => runWorld(fresh, [], { priors }).sequencer.intentHash;
  const none = hash([null]);
  const blank = valuesOf({
    ...checkpoint,
    variance_per_s: [0, 0],
    sweeps: [0, 0, 0, 0, 0],
    excess: [0, 0, 0, 0, 0],
    all_sweeps: 0,
    all_micro_usd: 0,
    seconds: 0,
    impact_sums: checkpoint.impact_sums.map(() => 0),
    half_touch: null,
    basis: null,
  });
  const only = (from: number, to: number): Float64Array => {
    const part = blank.slice();
    part.set(values.subarray(from, to), from);
    return part;
  };

  test("an empty one changes nothing", () => {
    expect(hash([{ source: "", ageSeconds: 0, weight: 1, values: blank }])).toBe(none);
  });

  test.each([
    ["volatility", PRIOR_AT.volatility, PRIOR_AT.intensity],
    ["intensity", PRIOR_AT.intensity, PRIOR_AT.impact],
    ["impact", PRIOR_AT.impact, PRIOR_AT.touch],
  ])("%s moves quotes by itself, less with less weight", (_name, from, to) => {
    const full = hash([{ source: "", ageSeconds: 0, weight: 1, values: only(from, to) }]);
    const faint = hash([{ source: "", ageSeconds: 0, weight: 0.1, values: only(from, to) }]);
    expect(new Set([none, full, faint]).size).toBe(3);
  });

  test("the touch moves the verdict's depths, the basis where the reference says the price should be", () => {
    const at = (part: Float64Array): ReturnType<typeof runWorld> =>
      runWorld({ ...fresh, pushes: fresh.pushes.slice(0, 400) }, [], {
        priors: [{ source: "", ageSeconds: 0, weight: 1, values: part }],
      });
    const wide = only(PRIOR_AT.touch, PRIOR_AT.basis);
    wide[PRIOR_AT.touch] = 0.01;
    expect(at(wide).desk.engines[0]?.board.touch.meanFrac).toBeGreaterThan(0.005);
    expect(at(blank).desk.engines[0]?.board.touch.meanFrac).toBeLessThan(0.001);
    const shifted = only(PRIOR_AT.basis, PRIOR_AT.size);
    shifted[PRIOR_AT.basis] = 0.02;
    expect(at(shifted).desk.engines[0]?.board.reference.basis).toBeGreaterThan(0.015);
  });

  test("cold stays cold: signals, graduation, proof", () => {
    const seen = new Set<string>();
    const session = runWorld({ ...fresh, pushes: fresh.pushes.slice(0, 800) }, [], {
      priors: [{ source: "", ageSeconds: 0, weight: 1, values }],
      onPush: (s) => {
        const board = s.desk.engines[0]?.board;
        for (const v of board?.hub.view() ?? []) if (v.state !== "cold" && v.name !== "fair") seen.add(v.name);
        if (board?.intensity.graduated === true) seen.add("graduated");
        if (board?.reference.isProven === true) seen.add("proven");
      },
    });
    expect([...seen].filter((name) => name !== "flow")).toEqual([]);
    expect(session.desk.engines[0]?.board.intensity.observations).toBeGreaterThan(20);
    expect(session.finish([], [])[0]?.prior).toEqual({ source: "", age_s: 0, weight: 1 });
  });
});

describe("a prior that does not fit", () => {
  const write = (name: string, value: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };
  const good = write("good.json", checkpoint);

  test("named and fitting, it is taken, on a tape whatever its venue", () => {
    expect(findPrior([good], MARKET, "testnet", nowUs, note)?.weight).toBe(1);
    expect(findPrior([good], MARKET, null, nowUs, note)?.weight).toBe(1);
    expect(findPrior([good], "BTC", "testnet", nowUs, note)).toBe(null);
    expect(findPrior(["none"], MARKET, "testnet", nowUs, note)).toBe(null);
    expect(findPrior(["latest"], "BTC", "testnet", nowUs, note)).toBe(null);
  });

  test.each([
    ["missing", () => join(folder, "nowhere.json"), "no such file"],
    ["not JSON", () => write("a.json", "{"), "is no checkpoint (not JSON)"],
    ["of another shape", () => write("b.json", { ...checkpoint, sweeps: [1] }), "is no checkpoint (sweeps"],
    ["with a surprise", () => write("c.json", { ...checkpoint, edge: 1 }), "is no checkpoint"],
    [
      "of another venue",
      () => write("d.json", { ...checkpoint, venue: "mainnet" }),
      "was learnt on mainnet, this run is on testnet",
    ],
    ["too old", () => write("e.json", { ...checkpoint, dated_us: nowUs - 200 * HOUR_US }), "is 8.3 days old"],
  ])("%s: one line, exit 11", (_name, path, text) => {
    let error: Error & { exitCode?: number } = new Error("none");
    try {
      findPrior([path()], MARKET, "testnet", nowUs, note);
    } catch (e) {
      error = e as Error;
    }
    expect([error.exitCode, error.message.includes(text), error.message.includes("\n")]).toEqual([11, true, false]);
  });

  test("the latest that cannot be used is said and left", () => {
    notes.length = 0;
    saveCheckpoint({ ...checkpoint, dated_us: nowUs - 200 * HOUR_US });
    expect(findPrior(["latest"], MARKET, "testnet", nowUs, note)).toBe(null);
    expect(notes).toEqual([expect.stringContaining("no prior: ")]);
  });

  test("a file for a market that is not traded was meant for something", () => {
    expect(() => checkPriorFiles([good], ["BTC"])).toThrow("is of sim:HYPE, which this run does not trade");
  });
});
