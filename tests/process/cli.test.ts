import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeWorld } from "../fixtures/world.ts";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function run(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = Bun.spawn([process.execPath, "src/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state"), ...env },
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

const tape = join(folder, "generated.ndjson");
beforeAll(() => {
  const world = makeWorld(1, 400);
  const infos = world.answers.map((a) => JSON.stringify({ local_ms: 1_767_225_600_000, info: a }));
  const pushes = world.pushes.map((p) => `{"local_ms":${p.timeUs / 1000},"msg":${p.text}}`);
  writeFileSync(tape, `${[...infos, ...pushes].join("\n")}\n`);
});

describe.skipIf(!enabled)("the program as a new user meets it (needs MMBIN_PROCESS_TESTS=1)", () => {
  test.each([
    [["backtst"], 2, "unknown command backtst: did you mean backtest?"],
    [["backtest", "--tpae", "x"], 2, "unknown flag --tpae: did you mean --tape?"],
    [["backtest", "--tape"], 2, "argument missing"],
    [["backtest", "--tape="], 2, "--tape needs a value"],
    [["backtest", "--market", "BTC"], 2, "--tape FILE is missing"],
    [["backtest", "--tape", "x", "--latency", "fast"], 2, '--latency needs a number, not "fast"'],
    [["backtest", "--tape", "x", "--profile", "hip4"], 2, "did you mean hip3?"],
    [["market", "BTC", "extra"], 2, '"extra" is one word too many'],
    [["backtest", "/nowhere.zst", "--market", "X"], 11, "no such file"],
    [["paper", "BTC", "--venue", "mainet"], 2, "did you mean mainnet?"],
    [["paper", "BTC", "--venue", "http://127.0.0.1:1"], 5, "nobody answers there (4 attempts)"],
    [["paper", "BTC", "--address", "0x12"], 2, "--address is 0x and 40 hexadecimal digits"],
    [["paper", "BTC", "--speed", "2"], 2, "--speed is for tapes and the embedded venue"],
    [["paper", "--tape", "x", "BTC", "--venue", "mainnet"], 2, "--venue and --tape exclude each other"],
    [["paper", "--prior", "/nowhere.json"], 11, "no such file"],
    [["backtest", tape, "--market", "sim:HYPE", "--prior", "latest"], 2, "--prior latest needs a venue"],
    [["record"], 2, "no market: name one"],
    [["record", "hyna:HIPE", "--venue", "local"], 2, "did you mean hyna:HYPE?"],
    [["paper", "--venue", "local:perp-thn"], 3, "no world perp-thn: did you mean perp-thin?"],
    [["paper", "--venue", "local:/nowhere.toml"], 3, "/nowhere.toml: no such file"],
    [["paper", "BTC", "--venue", "local"], 2, "unknown market BTC"],
    [["exchange", "--tape", tape, "--control"], 2, "--control and --tape exclude each other"],
    [["exchange", "--tape", tape, "--world", "quiet"], 2, "--world and --tape exclude each other"],
    [["exchange", "--market", "BTC"], 2, "--market is for --tape and --stats"],
    [["exchange", "--tape", tape, "--stats"], 2, "--against names the tape beside it"],
    [["exchange", "--tape", tape, "--market", "sim:HIPE"], 2, "did you mean sim:HYPE?"],
    [["exchange", "--tape", "/nowhere.zst"], 11, "no such file"],
    [["record", "hyna:HYPE", "--venue", "local", "--out", "/proc/none"], 12, "/proc/none: cannot be made"],
    [["paper", "--for", "soon"], 2, "--for is a time like 45s, 30m or 2h"],
    [["market"], 2, "MARKET is missing"],
    [["config", "shwo"], 2, "did you mean show?"],
    [["config", "show", "--set", "chi=lots"], 3, 'chi must be a number, not "lots"'],
    [["config", "show", "--set", "chi=99"], 3, "out of range (allowed: -1 to 12)"],
    [["config", "show", "--set", "kapa_prior=9"], 3, "did you mean kappa_prior?"],
    [["config", "show", "--set", "capital_usd=20"], 3, "need at least 25 dollars"],
    [["config", "check", "--config", "/nowhere.toml"], 3, "no such file"],
    [["backtest", "--tape", "/nowhere", "--market", "X"], 11, "no such file"],
    [["backtest", "--tape", tape, "--market", "sim:HIPE"], 2, "did you mean sim:HYPE?"],
    [["report", "/nowhere.json"], 11, "no such file"],
    [["help", "exit-kodes"], 2, "did you mean exit-codes?"],
  ] as [string[], number, string][])("%p ends with %d", async (args, code, message) => {
    const ran = await run(args);
    expect(ran.err).toContain(message);
    expect(ran.err.trim().split("\n").length).toBe(1);
    expect([ran.code, ran.out]).toEqual([code, ""]);
  });

  test("a bad config file is named with its line", async () => {
    const path = join(folder, "bad.toml");
    writeFileSync(path, 'profile = "perp"\n\nhalf_spread_maxx_bps = 4\n');
    expect(await run(["config", "check", "--config", path])).toMatchObject({ code: 3 });
    expect((await run(["config", "check", "--config", path])).err).toContain(
      "bad.toml:3: unknown setting half_spread_maxx_bps: did you mean half_spread_max_bps?",
    );
    writeFileSync(path, "chi = 400\n");
    expect((await run(["config", "check", "--config", path])).err).toContain("bad.toml:1: chi");
  });

  test("config show says where each value came from", async () => {
    const path = join(folder, "good.toml");
    writeFileSync(path, 'markets = ["hyna:HYPE"]\ncapital_usd = 200\n[market."hyna:HYPE"]\nchi = 0.2\n');
    const ran = await run(["config", "show", "--config", path, "--set", "levels_max=2", "--json"], {
      MMBIN_GAMMA_MAX: "50",
    });
    const [shown] = JSON.parse(ran.out) as [
      { profile: string; settings: Record<string, { value: number; from: string }> },
    ];
    expect(shown.profile).toBe("hip3");
    expect(shown.settings.capital_usd).toEqual({ value: 200, from: `${path}:2` });
    expect(shown.settings.chi).toEqual({ value: 0.2, from: `${path} [market."hyna:HYPE"]` });
    expect(shown.settings.levels_max).toEqual({ value: 2, from: "--set" });
    expect(shown.settings.gamma_max).toEqual({ value: 50, from: "environment MMBIN_GAMMA_MAX" });
    expect(shown.settings.clip_usd).toEqual({ value: 16, from: "capital table" });
    expect(shown.settings.kappa_prior).toEqual({ value: 1900, from: "profile hip3" });
  });

  test("a broken tape, a cut one and one without facts end with one line and 11, and can be used on request", async () => {
    const text = readFileSync(tape, "utf8");
    const broken = join(folder, "broken.ndjson");
    const lines = text.split("\n");
    lines[1000] = '{"local_ms": 12,';
    writeFileSync(broken, lines.join("\n"));
    const args = ["backtest", "--market", "sim:HYPE", "--tape"];
    const first = await run([...args, broken]);
    expect([first.code, first.err.includes("line 1001 is not JSON")]).toEqual([11, true]);
    const skipped = await run([...args, broken, "--skip-bad-lines", "--json"]);
    expect(skipped.code).toBe(0);
    expect(JSON.parse(skipped.out).tapes[0]).toMatchObject({ bad_lines: 1, first_bad_lines: [1001] });
    const cut = join(folder, "cut.zst");
    const zst = Bun.zstdCompressSync(Buffer.from(text));
    writeFileSync(cut, zst.subarray(0, zst.length - 9));
    expect(await run([...args, cut])).toMatchObject({ code: 11 });
    const bare = join(folder, "bare.ndjson");
    writeFileSync(bare, lines.filter((l) => !l.includes('"info"') && !l.includes("12,")).join("\n"));
    const without = await run([...args, bare]);
    expect([without.code, without.err.includes("the tape holds no answer to meta of dex sim")]).toEqual([11, true]);
    const facts = join(folder, "facts.json");
    writeFileSync(facts, JSON.stringify(makeWorld(1, 1).answers));
    expect((await run([...args, bare, "--facts", facts, "--quiet"])).code).toBe(0);
  });

  test("a state folder that cannot be written is told before the run starts", async () => {
    const file = join(folder, "in-the-way");
    writeFileSync(file, "");
    const ran = await run(["paper", "--for", "10s", "--speed", "1000"], { XDG_STATE_HOME: file });
    expect(ran).toMatchObject({ code: 12, out: "" });
    expect(ran.err.trim().split("\n").length).toBe(1);
  });

  test("two processes decide the same over a tape, and paper at any speed as backtest", async () => {
    const hash = (text: string): string[] => {
      const market = JSON.parse(text).markets[0];
      return [market.intent_hash, market.state_hash];
    };
    const a = await run(["backtest", "--tape", tape, "--market", "sim:HYPE", "--json", "--quiet"]);
    const b = await run(["backtest", "--tape", tape, "--market", "sim:HYPE", "--json", "--quiet"]);
    const c = await run(["paper", "sim:HYPE", "--tape", tape, "--speed", "2000", "--json", "--quiet"]);
    expect(hash(b.out)).toEqual(hash(a.out));
    expect(hash(c.out)).toEqual(hash(a.out));
    const stored = join(folder, "state", "mmbin", "reports");
    const files = readdirSync(stored);
    expect(files.length).toBeGreaterThanOrEqual(3);
    expect(statSync(join(stored, files[0] as string)).mode & 0o777).toBe(0o600);
  });

  test("a latency curve runs the tape again at each point", async () => {
    const ran = await run([
      "backtest",
      "--tape",
      tape,
      "--market",
      "sim:HYPE",
      "--latency-curve",
      "0.05,1",
      "--json",
      "--quiet",
    ]);
    const { curve } = JSON.parse(ran.out).markets[0].latency;
    expect(curve.map((p: { seconds: number }) => p.seconds)).toEqual([0.05, 1]);
  });

  test("a recorded run on a local world is the tape of itself", async () => {
    const path = join(folder, "recorded.zst");
    const paper = await run(["paper", "--for", "2m", "--speed", "5000", "--record", path, "--json", "--quiet"]);
    const back = await run(["backtest", "--tape", path, "--market", "hyna:HYPE", "--json", "--quiet"]);
    expect(JSON.parse(back.out).markets[0].intent_hash).toBe(JSON.parse(paper.out).markets[0].intent_hash);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends a run with the report so far and %d", async (signal, code) => {
    const child = Bun.spawn([process.execPath, "src/main.ts", "paper", "--speed", "600"], {
      cwd: root,
      env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") },
      stdout: "pipe",
      stderr: "pipe",
    });
    // The first status line says that it is running.
    const reader = child.stderr.getReader();
    await reader.read();
    child.kill(signal);
    const out = await new Response(child.stdout).text();
    expect(await child.exited).toBe(code);
    expect(out).toMatch(/^world hip3-mirror \([0-9a-f]{12}\), seed 1\nhyna:HYPE {2}hip3/);
    expect(out).toContain("  decisions ");
  });

  test("no colour where none is wanted, colour where it is forced", async () => {
    const args = ["paper", "--for", "20s", "--speed", "1000", "--quiet"];
    expect((await run(args)).out).not.toContain("\u001b");
    expect((await run(args, { FORCE_COLOR: "1" })).out).toContain("\u001b[1m");
    expect((await run(args, { FORCE_COLOR: "0", NO_COLOR: "1" })).out).not.toContain("\u001b");
  });

  test("help, version and schemas are there", async () => {
    expect((await run(["--help"])).out).toContain("backtest");
    expect((await run(["backtest", "--help"])).out).toContain("--latency-curve");
    expect((await run(["help", "exit-codes"])).out).toContain(" 11  input");
    expect(JSON.parse((await run(["version", "--json"])).out)).toMatchObject({ name: "mmbin" });
    expect(JSON.parse((await run(["report", "--schema"])).out)).toMatchObject({ type: "object" });
    expect(JSON.parse((await run(["config", "schema"])).out)).toMatchObject({ type: "object" });
    expect(JSON.parse((await run(["market", "sim:HYPE", "--tape", tape, "--json"])).out)).toMatchObject({
      assetId: 110_000,
      makerFeeBps: 3,
    });
  });
});
