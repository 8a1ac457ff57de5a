import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportSchema } from "../../src/run/report_schema.ts";
import { statusSchema } from "../../src/run/status_schema.ts";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-status-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") };

function start(args: string[]): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, "src/main.ts", ...args], {
    cwd: root,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(args);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

/** Lines of stdout, each checked: statuses, then the report. */
function parse(out: string): { minutes: number[]; report: ReturnType<typeof reportSchema.parse> } {
  expect(out.endsWith("\n")).toBe(true);
  const values = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const report = reportSchema.parse(values.pop());
  return { minutes: values.map((v) => Math.round(statusSchema.parse(v).elapsed_s / 60)), report };
}

describe.skipIf(!enabled)("the status of a run (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("paper --json: a status a market minute and the report as the last line, nothing but that, nothing on stderr", async () => {
    const ran = await run(["paper", "--for", "3m", "--speed", "2000", "--json"]);
    const { minutes, report } = parse(ran.out);
    expect([ran.code, ran.err, minutes, report.stopped]).toEqual([0, "", [1, 2, 3], false]);
    // What is kept is for people, too.
    const reports = join(folder, "state", "mmbin", "reports");
    const kept = readFileSync(join(reports, readdirSync(reports)[0] as string), "utf8");
    expect(kept).toBe(`${JSON.stringify(report, null, 2)}\n`);
  });

  test("--quiet leaves the report alone on its line, and the same decisions", async () => {
    const loud = await run(["paper", "--for", "2m", "--speed", "5000", "--json"]);
    const quiet = await run(["paper", "--for", "2m", "--speed", "5000", "--json", "--quiet"]);
    const [a, b] = [parse(loud.out), parse(quiet.out)];
    expect([a.minutes, b.minutes]).toEqual([[1, 2], []]);
    expect(b.report.markets[0]?.intent_hash).toBe(a.report.markets[0]?.intent_hash as string);
  });

  test("without --json: a plain line a market minute on stderr, the table on stdout", async () => {
    const ran = await run(["paper", "--for", "3m", "--speed", "2000"]);
    const lines = ran.err.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" | ").slice(0, 2))).toEqual([
      ["1:00", "hyna:HYPE"],
      ["2:00", "hyna:HYPE"],
      ["3:00", "hyna:HYPE"],
    ]);
    for (const line of lines) expect(line).toMatch(/ \/ .* \| half .* \| edge .* n \d+ \| \d+ req, .* \| .*\$.* \| /);
    expect(`${ran.err}${ran.out}`).not.toContain("\u001b");
    expect(ran.out).toContain("\nhyna:HYPE  hip3");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends JSON lines with the report so far and %d", async (signal, code) => {
    const child = start(["paper", "--speed", "600", "--json"]);
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    let out = "";
    for (let sent = false; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      out += decoder.decode(value, { stream: true });
      if (!sent && out.includes("\n")) child.kill(signal);
      sent ||= out.includes("\n");
    }
    expect(await child.exited).toBe(code);
    const { minutes, report } = parse(out);
    expect(report.stopped).toBe(true);
    expect(minutes[0]).toBe(1);
  });

  test("a reader that goes away ends the run, and the report is kept all the same", async () => {
    const reports = join(folder, "state", "mmbin", "reports");
    const before = readdirSync(reports).length;
    const child = Bun.spawn(["bash", "-c", `"${process.execPath}" src/main.ts paper --speed 600 --json | head -1`], {
      cwd: root,
      env,
      stdout: "pipe",
      stderr: "pipe",
    });
    const out = await new Response(child.stdout).text();
    await child.exited;
    expect(statusSchema.parse(JSON.parse(out)).elapsed_s).toBeGreaterThan(59);
    expect(readdirSync(reports).length).toBe(before + 1);
    expect(await new Response(child.stderr).text()).toBe("");
  });

  test("report --status-schema documents the lines", async () => {
    const schema = JSON.parse((await run(["report", "--status-schema"])).out);
    expect(schema).toMatchObject({ type: "object", additionalProperties: false });
    expect(schema.properties.edge.description).toContain("95 % interval");
  });
});
