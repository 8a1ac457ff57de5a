import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";

async function exchange(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = [process.execPath, "src/main.ts", "exchange", ...args];
  const child = Bun.spawn(command, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

describe.skipIf(!enabled)("mmbin exchange with worlds (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("--list-worlds names each with its hash, and the card of a world has the same", async () => {
    const list = await exchange("--list-worlds");
    expect(list.code).toBe(0);
    const lines = list.out.trim().split("\n");
    expect(lines.length).toBe(7);
    for (const line of lines) expect(line).toMatch(/^[a-z0-9-]+ +[0-9a-f]{12} {2}\S/);
    const card = JSON.parse((await exchange("--world", "pays", "--port", "0", "--for", "1s", "--json")).out);
    expect(list.out).toContain(`${card.world}          ${card.world_hash}`);
    expect(card.markets).toEqual(["PAYS"]);
    const quiet = JSON.parse((await exchange("--port", "0", "--for", "1s", "--json")).out);
    expect(quiet.world).toBe("quiet");
  }, 30_000);

  test.each([
    [["--world", "perp-thn"], 3, "did you mean perp-thin?"],
    [["--world", "/nowhere.toml"], 3, "/nowhere.toml: no such file"],
    [["--world", "pays", "--markets", "x.toml"], 2, "--markets has markets of its own"],
    [["--truth", "--markets", "x.toml"], 2, "--truth is for a --world"],
  ])("%p ends with %p", async (args, code, text) => {
    const ended = await exchange(...args);
    expect(ended.code).toBe(code);
    expect(ended.err).toContain(text);
    expect(ended.err.trim().split("\n").length).toBe(1);
  });

  test("--truth prints a table for each maker, or a card a line", async () => {
    const text = await exchange("--world", "pays", "--truth", "--for", "30s");
    expect([text.code, text.out.split("\n").filter((line) => line.includes("d bps")).length]).toEqual([0, 3]);
    expect(text.out).toMatch(/^pays \([0-9a-f]{12}\), PAYS: an order of \$100 a side/);
    const cards = (await exchange("--world", "pays", "--truth", "--for", "30s", "--json")).out.trim().split("\n");
    expect(cards.map((line) => JSON.parse(line).rows.length)).toEqual([15, 15, 15]);
  }, 60_000);
});
