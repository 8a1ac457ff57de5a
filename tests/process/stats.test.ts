import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeWorld } from "../fixtures/world.ts";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-stats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tape = join(folder, "generated.ndjson");
const page = join(folder, "page.html");

async function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, "src/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

describe.skipIf(!enabled)("markets in figures from the command line (needs MMBIN_PROCESS_TESTS=1)", () => {
  beforeAll(() => {
    const world = makeWorld(1, 400);
    const infos = world.answers.map((a) => JSON.stringify({ local_ms: 1_767_225_600_000, info: a }));
    const pushes = world.pushes.map((p) => `{"local_ms":${p.timeUs / 1000},"msg":${p.text}}`);
    writeFileSync(tape, `${[...infos, ...pushes].join("\n")}\n`);
  });

  test.each([
    [["exchange", "--html", "x"], 2, "--html is for --stats"],
    [["exchange", "--against", "x"], 2, "--against is for --stats"],
    [["exchange", "--stats", "--market", "XX"], 2, "the world has no market XX"],
    [["exchange", "--stats", "--against", tape], 2, "unknown market BTC"],
    [["exchange", "--stats", "--against", "/nowhere.zst"], 11, "no such file"],
    [["exchange", "--stats", "--seeds", "0"], 2, "--seeds is at least 1"],
    [["exchange", "--stats", "--seeds", "2000"], 2, "--seeds is at most 1000"],
    [["exchange", "--stats", "--for", "10s", "--html", "/proc/none/x"], 12, "cannot be written"],
    [["market", "sim:HYPE", "--stats"], 2, "--stats needs --tape FILE"],
    [["market", "sim:HYPE", "--tape", "x", "--html", "y"], 2, "--html is for --stats"],
  ] as [string[], number, string][])(
    "%p ends with %d",
    async (args, code, message) => {
      const ran = await run(args);
      expect(ran.err).toContain(message);
      expect([ran.code, ran.out, ran.err.trim().split("\n").length]).toEqual([code, "", 1]);
    },
    60_000,
  );

  test("a tape alone gives its figures", async () => {
    const ran = await run(["market", "sim:HYPE", "--tape", tape, "--stats", "--html", page]);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toContain("by time, median bps");
    expect(readFileSync(page, "utf8")).toStartWith("<!doctype html>");
  }, 60_000);

  test("a world beside a tape, twice the same", async () => {
    const args = ["exchange", "--stats", "--against", tape, "--market", "sim:HYPE", "--seeds", "2", "--for", "3m"];
    const [a, b] = await Promise.all([run([...args, "--json", "--quiet"]), run([...args, "--json", "--quiet"])]);
    expect([a.code, a.err, b.out]).toEqual([0, "", a.out]);
    const report = JSON.parse(a.out);
    expect(report).toMatchObject({ schema: "mmbin.calibration/1", world: { market: "sim:HYPE", seeds: [1, 2] } });
    expect(report.counted).toBeGreaterThan(20);
  }, 60_000);
});
