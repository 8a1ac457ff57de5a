import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pack from "../../package.json" with { type: "json" };
import { hostTarget } from "../../scripts/compile.ts";

const root = join(import.meta.dir, "..", "..");
/** Two compilations on a busy machine. */
const TIMEOUT_MS = 60_000;
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-dist-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of what a build reads, outside of any repository. */
function copySources(to: string): string {
  const needed = ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"];
  const packages = Object.keys(pack.dependencies).map((name) => join("node_modules", name));
  for (const path of [...needed, ...packages]) cpSync(join(root, path), join(to, path), { recursive: true });
  return to;
}

interface Ran {
  code: number;
  out: string;
  err: string;
}

function run(command: string[], cwd: string, env: Record<string, string> = {}): Ran {
  const ran = Bun.spawnSync(command, { cwd, env: { PATH: process.env.PATH ?? "", HOME: folder, ...env } });
  return { code: ran.exitCode, out: ran.stdout.toString(), err: ran.stderr.toString() };
}

describe.skipIf(!enabled)("an executable (needs MMBIN_PROCESS_TESTS=1)", () => {
  const places = [join(folder, "a"), join(folder, "another", "place")];
  const built = places.map((place) => join(place, "out", "mmbin"));
  beforeAll(() => {
    for (const place of places) {
      const ran = run([process.execPath, "scripts/build.ts", "out"], copySources(place));
      expect([ran.code, ran.err]).toEqual([0, ""]);
    }
  }, TIMEOUT_MS);

  test("compiled from two copies in two folders is the same, and knows neither folder", () => {
    const [one, two] = built.map((path) => readFileSync(path)) as [Buffer, Buffer];
    expect(one.equals(two)).toBe(true);
    expect([folder, process.execPath].filter((path) => one.includes(path))).toEqual([]);
    expect(readdirSync(join(places[0] as string, "out"))).toEqual(["mmbin"]);
  });

  test("says what it is", () => {
    const ran = run([built[0] as string, "version", "--json"], folder);
    expect(JSON.parse(ran.out)).toMatchObject({ version: pack.version, commit: "unknown", target: hostTarget() });
  });

  test("reads no settings and runs no code that lie where it is started", () => {
    const place = join(folder, "strange");
    mkdirSync(place);
    writeFileSync(join(place, "bunfig.toml"), 'preload = ["./strange.ts"]\n');
    writeFileSync(join(place, "strange.ts"), 'process.stderr.write("strange code ran");\n');
    writeFileSync(join(place, ".env"), "MMBIN_CAPITAL_USD=200\n");
    const capital = (env: Record<string, string>): unknown => {
      const ran = run([built[0] as string, "config", "show", "--json"], place, env);
      expect([ran.code, ran.err]).toEqual([0, ""]);
      return JSON.parse(ran.out)[0].settings.capital_usd;
    };
    expect(capital({})).toEqual({ value: 100, from: "default" });
    expect(capital({ MMBIN_CAPITAL_USD: "200" })).toMatchObject({ value: 200 });
  });
});
