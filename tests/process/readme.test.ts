/**
 * Runs the README's console blocks. A line `$ command` is run, the lines below it are what it must print on either stream: `...` alone stands
 * for any lines, `...` within a line for any text, `[exit N]` for its exit code (0 where it is not named).
 * @module
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  command: string;
  expected: string[];
  code: number;
}

function examples(): Example[] {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const found: Example[] = [];
  for (const [, block] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of (block as string).trimEnd().split("\n")) {
      const exit = /^\[exit (\d+)\]$/.exec(line);
      if (line.startsWith("$ ")) found.push({ command: line.slice(2), expected: [], code: 0 });
      else if (exit !== null) (found.at(-1) as Example).code = Number(exit[1]);
      else found.at(-1)?.expected.push(line);
    }
  }
  return found;
}

/** The expected lines as one pattern. */
function patternOf(expected: readonly string[]): RegExp {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const lines = expected.map((line) =>
    line === "..." ? "(?:.*\\n)*?" : `${line.split("...").map(escaped).join(".*")}\\n`,
  );
  return new RegExp(`^${lines.join("")}$`);
}

describe.skipIf(!enabled)("the README is true (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("it opens with two commands, the second being make test", () => {
    const text = readFileSync(join(root, "README.md"), "utf8");
    expect(text.indexOf("$ make paper")).toBeGreaterThan(0);
    expect(text.indexOf("`make test`")).toBeGreaterThan(text.indexOf("$ make paper"));
  });

  test.each(examples().map((e) => [e.command, e] as const))(
    "$ %s",
    async (command, example) => {
      const runnable = command
        .replace(/^mmbin /, `"${process.execPath}" src/main.ts `)
        .replace(/^make /, "make --no-print-directory ");
      const child = Bun.spawn(["bash", "-c", `${runnable} 2>&1`], {
        cwd: root,
        env: {
          PATH: process.env.PATH ?? "",
          HOME: folder,
          XDG_STATE_HOME: join(folder, "state"),
          NO_COLOR: "1",
          COLUMNS: "100",
        },
        stdout: "pipe",
      });
      const out = await new Response(child.stdout).text();
      expect(await child.exited).toBe(example.code);
      if (!patternOf(example.expected).test(out)) expect(out).toBe(example.expected.join("\n"));
    },
    90_000,
  );
});
