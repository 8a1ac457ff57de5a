import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BLOCK_HEAD_BYTES, blockChecksum } from "../../src/io/journal_format.ts";
import { readSegment, type Segment } from "../../src/io/journal_reader.ts";
import { testFolder } from "../fixtures/journal.ts";
import { makeWorld } from "../fixtures/world.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const root = join(import.meta.dir, "..", "..");
const folder = testFolder("journals");
const journals = join(folder, "state", "mmbin", "journals");
const env = { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") };

async function run(command: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn(command, { cwd: root, env, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, err };
}
const mmbin = (...args: string[]): ReturnType<typeof run> => run([process.execPath, "src/main.ts", ...args]);
const newest = (): string => join(journals, readdirSync(journals).sort().at(-1) as string);

/** A copy of the newest journal's first segment, edited, its checksums made anew. */
function edited(name: string, kind: number, n: number, field: number): string {
  const segment = readSegment(join(newest(), "000001.mmj")) as Segment;
  const { data } = segment;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let left = n;
  for (const { from, to } of segment.blocks) {
    for (let at = from; at < to; at += data[at] as number) {
      if (data[at + 1] === kind && left-- === 0) data[at + field] = (data[at + field] as number) + 1;
    }
    const head = from * 8 - BLOCK_HEAD_BYTES;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(head + 4, blockChecksum(view.getUint32(head + 8, true), bytes.subarray(from * 8, to * 8)), true);
  }
  const path = join(folder, `${name}.mmj`);
  writeFileSync(path, bytes);
  return path;
}

describe.skipIf(!enabled)("journals as a user meets them (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("a run is replayed in another process with its hashes, and an edited frame ends with 10 and is shown", async () => {
    const ran = await mmbin("paper", "--for", "20m", "--speed", "20000", "--quiet", "--json");
    const report = JSON.parse(ran.out);
    expect(report.journal).toMatchObject({ segments: 1, lost_frames: 0, failure: null });
    const replayed = await mmbin("replay", "latest", "--verify", "--json");
    expect(replayed.code).toBe(0);
    expect(JSON.parse(replayed.out)).toMatchObject({
      equal: true,
      run_id: report.run_id,
      intent_hash: report.markets[0].intent_hash,
      state_hash: report.markets[0].state_hash,
    });
    const forged = edited("edited", 8, 0, 11);
    const found = await mmbin("replay", forged, "--verify");
    expect(found.code).toBe(10);
    expect(found.err).toMatch(
      /edited\.mmj: .* differs\n {2}after {5}\d+ 2026-.*\n {2}recorded {2}\d+ .*\n {2}replayed {2}\d+ /,
    );
    expect((await mmbin("replay", forged)).code).toBe(0);
    expect((await mmbin("report", report.run_id)).out).toContain("hyna:HYPE  hip3  20.0 min");
    expect((await mmbin("report", "latest", "--json")).out).toContain(report.run_id);
  });

  test("inspect prints what is asked for", async () => {
    const fills = await mmbin("inspect", newest(), "--kind", "fill");
    expect(fills.out).toMatch(/^\d+ \S+ fill hyna:HYPE /);
    const seq = fills.out.slice(0, fills.out.indexOf(" "));
    const json = await mmbin("inspect", newest(), "--kind", "fill,order", "--to", seq, "--json");
    const frames = json.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(frames.every((f) => f.kind === "fill" || f.kind === "order")).toBe(true);
    expect(frames.filter((f) => f.kind === "fill").length).toBe(1);
    expect(frames.find((f) => f.kind === "fill")).toMatchObject({
      market: "hyna:HYPE",
      side: expect.stringMatching(/^(buy|sell)$/),
      px: expect.any(String),
    });
  });

  test.each([
    [["replay", "/nowhere"], 11, "/nowhere: no such journal"],
    [["replay", "package.json"], 11, "package.json: is no journal"],
    [["inspect", "./src"], 11, "src: holds no segment of a journal"],
    [["replay", "2031"], 2, "no run 2031: mmbin runs lists them"],
    [["replay"], 2, "JOURNAL is missing"],
    [["report", "2031"], 2, "no run 2031: mmbin runs lists them"],
    [["runs", "--limit", "1.5"], 2, '--limit needs a whole number of at most 2^53 - 1, not "1.5"'],
    [["runs", "--limit", "99999999999999999999"], 2, "--limit needs a whole number"],
    [["runs", "--limit", "all"], 2, '--limit needs a number, not "all"'],
    [["paper", "--journal", "/proc/none", "--for", "1s"], 12, "/proc/none: cannot be made"],
    [
      ["paper", "--set", "journal_keep_mb=1", "--for", "1s"],
      3,
      "journal_keep_mb = 1 is out of range (allowed: 16 to 1048576, whole)",
    ],
    [["paper", "--set", "journal_kep_mb=100", "--for", "1s"], 3, "did you mean journal_keep_mb?"],
  ] as [string[], number, string][])("%p ends with %d", async (args, code, message) => {
    const ran = await mmbin(...args);
    expect(ran.err).toContain(message);
    expect(ran.err.trim().split("\n").length).toBe(1);
    expect([ran.code, ran.out]).toEqual([code, ""]);
  });

  test("settings of the journal take effect: a segment a minute, from the file", async () => {
    const config = join(folder, "journal.toml");
    writeFileSync(config, "journal_rotate_minutes = 1\n");
    const ran = await mmbin("paper", "--for", "3m", "--speed", "5000", "--quiet", "--json", "--config", config);
    expect(JSON.parse(ran.out).journal.segments).toBe(4);
    expect((await mmbin("replay", newest(), "--verify")).code).toBe(0);
    const shown = await mmbin("config", "show", "--config", config, "--json");
    expect(JSON.parse(shown.out)[0].process.journal_rotate_minutes).toEqual({ value: 1, from: `${config}:1` });
  });

  test("a disk that is full in the middle of a run ends nothing: the report says so, what was written replays", async () => {
    const command = `trap '' XFSZ; ulimit -f 700; exec ${process.execPath} src/main.ts paper --for 6m --speed 5000 --quiet --json`;
    const ran = await run(["bash", "-c", command]);
    expect(ran.code).toBe(0);
    const report = JSON.parse(ran.out);
    expect(report.journal.failure).toContain("cannot be written (EFBIG)");
    expect(report.journal.lost_frames).toBeGreaterThan(100);
    expect(report.markets[0].warnings.map((w: { code: string }) => w.code)).toContain("journal");
    expect(report.markets[0].no_quote_s.journal).toBeGreaterThan(10);
    expect((await mmbin("replay", report.journal.folder, "--verify")).code).toBe(0);
  });

  test("a killed run is found, finished from its journal and listed as crashed", async () => {
    const child = Bun.spawn([process.execPath, "src/main.ts", "paper", "--speed", "600"], {
      cwd: root,
      env,
      stdout: "ignore",
      stderr: "pipe",
    });
    // The second status line: minutes of market time are behind it.
    const reader = child.stderr.getReader();
    let text = "";
    while (text.split("\n").length < 4) text += new TextDecoder().decode((await reader.read()).value);
    child.kill("SIGKILL");
    await child.exited;
    const runs = JSON.parse((await mmbin("runs", "--json")).out);
    expect(runs[0]).toMatchObject({ state: "crashed", command: "paper", results: [] });
    expect(runs[0].ended_us).toBeGreaterThan(runs[0].started_us);
    const replayed = JSON.parse((await mmbin("replay", runs[0].journal, "--verify", "--json")).out);
    expect(replayed).toMatchObject({ equal: true, torn_bytes: 0 });
    expect(replayed.frames).toBeGreaterThan(1000);
    const report = await mmbin("report", runs[0].id);
    expect([report.code, report.err]).toEqual([
      11,
      expect.stringContaining("crashed and left no report: its journal is "),
    ]);
  });

  test("a journal named from here is found from anywhere", async () => {
    const child = Bun.spawn(
      [process.execPath, join(root, "src", "main.ts"), "paper", "--speed", "600", "--journal", "mine"],
      {
        cwd: folder,
        env,
        stdout: "ignore",
        stderr: "pipe",
      },
    );
    await child.stderr.getReader().read();
    child.kill("SIGKILL");
    await child.exited;
    const [run] = JSON.parse((await mmbin("runs", "--limit", "1", "--json")).out);
    expect(run).toMatchObject({ state: "crashed", journal: join(folder, "mine"), ended_us: expect.any(Number) });
  });

  test("a report that cannot be kept is printed all the same, with 12", async () => {
    const out = join(folder, "nowhere", "report.json");
    const ran = await mmbin("paper", "--for", "1m", "--speed", "5000", "--quiet", "--json", "--out", out);
    expect([ran.code, ran.err]).toEqual([12, expect.stringContaining(`${out}: cannot be written (ENOENT)`)]);
    const { run_id } = JSON.parse(ran.out);
    expect((await mmbin("report", run_id, "--json")).code).toBe(0);
  });

  test("a run that breaks is listed as failed: a market that the tape does not speak of, a bad line, a journal's folder in use", async () => {
    const tape = join(folder, "whole.ndjson");
    const world = makeWorld(1, 30);
    const lines = [
      ...world.answers.map((info) => JSON.stringify({ local_ms: 1_767_225_600_000, info })),
      ...world.pushes
        .filter((p) => p.text.includes('"coin":"sim:HYPE"'))
        .map((p) => `{"local_ms":${p.timeUs / 1000},"msg":${p.text}}`),
    ];
    writeFileSync(tape, `${lines.join("\n")}\n`);
    const newestState = async (): Promise<string> =>
      JSON.parse((await mmbin("runs", "--json", "--limit", "1")).out)[0].state;
    expect((await mmbin("backtest", "--tape", tape, "--market", "HYPE")).code).toBe(2);
    expect(await newestState()).toBe("failed");
    writeFileSync(tape, `${[...lines.slice(0, 200), "{"].join("\n")}\n`);
    const into = join(folder, "broken-journal");
    expect((await mmbin("backtest", "--tape", tape, "--market", "sim:HYPE", "--journal", into)).code).toBe(11);
    expect(await newestState()).toBe("failed");
    expect(JSON.parse((await mmbin("replay", into, "--verify", "--json")).out)).toMatchObject({
      equal: true,
      torn_bytes: 0,
    });
    expect((await mmbin("paper", "--journal", into, "--for", "1s")).code).toBe(12);
    expect(await newestState()).toBe("failed");
  });

  test("a journal that was taken while a tape is read is the backtest's", async () => {
    const tape = join(folder, "tape.zst");
    await mmbin("paper", "--for", "2m", "--speed", "5000", "--quiet", "--record", tape);
    const into = join(folder, "backtest-journal");
    const ran = await mmbin(
      "backtest",
      "--tape",
      tape,
      "--market",
      "hyna:HYPE",
      "--journal",
      into,
      "--quiet",
      "--json",
    );
    const replayed = JSON.parse((await mmbin("replay", into, "--verify", "--json")).out);
    expect(replayed.intent_hash).toBe(JSON.parse(ran.out).markets[0].intent_hash);
    const again = await mmbin("backtest", "--tape", tape, "--market", "hyna:HYPE", "--journal", into, "--quiet");
    expect([again.code, again.err]).toEqual([12, expect.stringContaining("holds the journal of another run")]);
    expect(readFileSync(join(into, "000001.mmj")).length).toBeGreaterThan(1000);
  });
});
