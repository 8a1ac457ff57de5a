import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadWorld } from "../../src/exchange/worlds.ts";
import {
  coinOf,
  ERROR_LATENCIES,
  ERROR_WORLDS,
  hashOf,
  measurePaperError,
  seedsOf,
} from "../../src/run/paper_error.ts";
import { CHECK, measureCheck, quotePaperError, readMeasured } from "../../src/run/paper_error_file.ts";
import { measuredSchema, paperErrorsSchema } from "../../src/run/paper_error_schema.ts";
import { renderPaperErrors, renderTuning } from "../../src/run/paper_error_table.ts";
import { tunePaper } from "../../src/run/paper_error_tune.ts";

// Seeds of whole worlds: seconds on a machine that does nothing else.
setDefaultTimeout(60_000);

const main = join(import.meta.dir, "../../src/main.ts");
const always = (): boolean => true;

describe("the figures that come with the program", () => {
  const file = readMeasured();

  test("are reproduced by the command that made them, as far as a test has time", async () => {
    expect(await measureCheck()).toEqual(file.check);
  });

  test("are of every world and latency, or of worlds that have changed since and say so", () => {
    const cells = new Set(file.rows.map((row) => `${row.world} ${row.latency_s}`));
    for (const world of ERROR_WORLDS) for (const s of ERROR_LATENCIES) expect(cells.has(`${world} ${s}`)).toBe(true);
    for (const row of file.rows) {
      expect(row.seeds).toBeGreaterThanOrEqual(10);
      expect([row.queue, row.crossing]).toEqual(["pessimistic", "generous"]);
    }
  });
});

describe("what a report quotes", () => {
  const row = {
    world: "pays",
    hash: hashOf("pays") as string,
    coin: "PAYS",
    latency_s: 0.3,
    seeds: 12,
    queue: "pessimistic" as const,
    crossing: "generous" as const,
    fills_per_hour: { paper: 5, real: 4, difference: 1, lo: 0, hi: 2 },
    edge_bps: { paper: 2, real: 1, difference: 1, lo: 0.5, hi: 1.5 },
  };
  const fileOf = (rows: (typeof row)[]) =>
    measuredSchema.parse({ schema: "mmbin.paper_error_file/1", minutes: 30, rows, check: [] });

  test("the nearest latency that was measured, and only that", () => {
    const file = fileOf([{ ...row, latency_s: 0.1 }, row, { ...row, latency_s: 0.65 }]);
    expect([0.05, 0.25, 0.5, 2].map((s) => quotePaperError(s, file)?.latency_s)).toEqual([0.1, 0.3, 0.65, 0.65]);
    expect(quotePaperError(0.3, file)?.worlds).toHaveLength(1);
  });

  test("a world that is another one now says so", () => {
    const quote = quotePaperError(0.3, fileOf([row, { ...row, world: "never", hash: "000000000000" }]));
    expect(quote?.worlds.map((one) => [one.world, one.changed])).toEqual([
      ["pays", false],
      ["never", true],
    ]);
  });

  test("a world that is gone has changed", () => {
    expect(quotePaperError(0.3, fileOf([{ ...row, world: "atlantis" }]))?.worlds[0]?.changed).toBe(true);
  });

  test("nothing where nothing was measured", () => {
    expect(quotePaperError(0.3, fileOf([]))).toBeNull();
  });
});

describe("a measurement", () => {
  test("seeds for tuning and for reporting never meet", () => {
    expect(seedsOf(3, "odd")).toEqual([1, 3, 5]);
    expect(seedsOf(3, "even")).toEqual([2, 4, 6]);
  });

  test.each([
    ["hip3-mirror", "hyna:HYPE"],
    ["perp-thin", "WLFI"],
    ["quiet", "sim:HYPE"],
  ])("%s is about %s", (world, coin) => {
    expect(coinOf(loadWorld(world, "Mainnet", 1, 0))).toBe(coin);
  });

  test("is the same again, has every rule, and prints with its conditions", async () => {
    const request = { worlds: ["pays"], latencies: [0.3], seeds: seedsOf(2, "odd"), minutes: 5 };
    const errors = await measurePaperError(request, always);
    expect(await measurePaperError(request, always)).toEqual(errors);
    expect(paperErrorsSchema.parse(errors)).toEqual(errors);
    expect(errors.cells).toHaveLength(6);
    for (const cell of errors.cells) {
      const { paper, real, difference } = cell.edge_bps;
      if (paper !== null && real !== null) expect(difference as number).toBeCloseTo(paper - real, 3);
    }
    const orders = errors.orders[0];
    expect(orders?.hits.every((h) => h.both + h.filled_only === orders.filled)).toBe(true);
    expect(orders?.less_own.hits.every((h) => h.both + h.filled_only === orders.filled)).toBe(true);
    // Every rule foretells at most as much out of fewer prints.
    orders?.less_own.hits.forEach((h, i) => {
      expect(h.both).toBeLessThanOrEqual(orders.hits[i]?.both as number);
    });
    expect(orders?.forecasts.all.curve.reduce((sum, point) => sum + point.count, 0)).toBe(orders?.count as number);
    const text = renderPaperErrors(errors);
    for (const part of [
      "2 seeds of 5 min",
      "pessimistic generous *",
      "touch strict",
      "Brier",
      "less own prints",
      hashOf("pays") as string,
    ])
      expect(text).toContain(part);
  });

  test("ends when asked to, with what there is", async () => {
    let asked = 0;
    const request = { worlds: ["pays", "never"], latencies: [0.3], seeds: seedsOf(3, "odd"), minutes: 1 };
    const errors = await measurePaperError(request, () => ++asked < 2);
    expect(errors.cells.filter((cell) => cell.drives).map((cell) => cell.seeds)).toEqual([1]);
    expect(errors.orders.map((one) => one.world)).toEqual(["pays"]);
    expect(renderPaperErrors(errors)).not.toContain("0 seeds");
    const none = await measurePaperError(request, () => false);
    expect([none.seeds, none.cells]).toEqual([[], []]);
    expect(renderPaperErrors(none)).not.toContain("undefined");
  });

  test("tuning looks at eighteen settings on even seeds and tells odd ones of two at most", async () => {
    const heard: string[] = [];
    const tuning = await tunePaper(
      { worlds: ["pays"], latencies: [0.3], minutes: 2 },
      2,
      (text) => heard.push(text) > 0,
    );
    expect(heard.map((text) => Number(text.split(" ").at(-1)))).toEqual([2, 4, 1, 3]);
    expect(tuning.variants).toHaveLength(18);
    const told = tuning.variants.filter((one) => one.odd !== null);
    expect(told.every((one) => one.isDefault || one.isBest)).toBe(true);
    expect(told.some((one) => one.isDefault)).toBe(true);
    expect(renderTuning(tuning)).toContain("(default)");
  });
});

describe("mmbin bench paper-error", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [main, "bench", ...args], { encoding: "utf8" });

  test("prints JSON of its schema, and writes what reports quote", () => {
    const out = join(mkdtempSync(join(tmpdir(), "mmbin-error-")), "figures.json");
    const args = [
      "--worlds",
      CHECK.world,
      "--seeds",
      "2",
      "--minutes",
      "2",
      "--latency",
      "0.3",
      "--json",
      "--out",
      out,
    ];
    const child = run("paper-error", ...args);
    expect(child.status).toBe(0);
    expect(paperErrorsSchema.parse(JSON.parse(child.stdout)).seeds).toEqual([1, 3]);
    const written = measuredSchema.parse(JSON.parse(readFileSync(out, "utf8")));
    expect(written.rows).toHaveLength(1);
    expect(written.check).toEqual(readMeasured().check);
  });

  test.each([
    [["paper-eror"], 2, "paper-error"],
    [["paper-error", "--worlds", "atlantis"], 3, "atlantis"],
    [["paper-error", "--seeds", "1"], 2, "--seeds is at least 2"],
  ])("%p is refused", (args, code, text) => {
    const child = run(...args);
    expect(child.stderr).toContain(text);
    expect(child.status).toBe(code);
  });
});
