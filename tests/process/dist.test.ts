import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pack from "../../package.json" with { type: "json" };
import { hostTarget, TARGETS } from "../../scripts/compile.ts";
import { sumLine } from "../../scripts/dist.ts";
import { checkHeader, headerOf } from "../../scripts/header.ts";
import { archiveOf, pinOf } from "../../scripts/runtime.ts";
import { isSigned, signAdHoc } from "../../scripts/signature.ts";

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

  test.each([
    ["cannot be had", "echo npm error no such thing >&2; exit 1", "cannot be had from npm: npm error no such thing"],
    ["is another one", 'for last; do :; done; echo else > "$last/any.tgz"', "what npm brought has sha512-"],
  ])("whose runtime %s is named, and nothing is released", (_, npm, why) => {
    const place = places[0] as string;
    const tools = mkdtempSync(join(folder, "tools-"));
    writeFileSync(join(tools, "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
    mkdirSync(join(place, "dist"), { recursive: true });
    for (const name of ["SHA256SUMS", "mmbin-linux-x64"])
      writeFileSync(join(place, "dist", name), "of an older release");
    const ran = run([process.execPath, "scripts/dist.ts"], place, { PATH: `${tools}:${process.env.PATH}` });
    expect(ran.code).toBe(5);
    for (const target of TARGETS) expect(ran.err).toContain(`  mmbin-${target}: @oven/bun-`);
    expect(ran.err.split(why).length - 1).toBe(TARGETS.length);
    expect(readdirSync(join(place, "dist"), { recursive: true })).toEqual([".runtimes"]);
  });
});

describe.skipIf(!enabled)("a runtime (needs MMBIN_PROCESS_TESTS=1)", () => {
  test.each(TARGETS)("of %s is pinned at the version of Bun", (target) => {
    expect(pinOf(root, target)).toMatchObject({
      version: pack.devDependencies.bun,
      integrity: expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/),
    });
  });

  test("that is not pinned is refused by name", () => {
    expect(() => pinOf(root, "plan9-arm64")).toThrow("package-lock.json pins no @oven/bun-plan9-aarch64");
  });

  test("is used with the pinned hash only", async () => {
    const pin = { name: "@oven/bun-any", version: "1.0.0", integrity: "" };
    const archive = join(folder, "bun-any-1.0.0.tgz");
    writeFileSync(archive, "an archive");
    const integrity = `sha512-${createHash("sha512").update("an archive").digest("base64")}`;
    expect(await archiveOf(folder, { ...pin, integrity })).toBe(archive);
    writeFileSync(archive, "an archivf");
    const refused = await archiveOf(folder, { ...pin, integrity }).catch((error) => error);
    expect(refused).toMatchObject({ exitCode: 11 });
    expect(refused.message).toContain(`${archive} (remove it) has sha512-`);
  });
});

describe.skipIf(!enabled)("a release (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("has the sums that sha256sum reads", () => {
    const bytes = Buffer.from("abc");
    const line = sumLine("mmbin-any", bytes);
    expect(line).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  mmbin-any\n");
    const place = join(folder, "sums");
    mkdirSync(place);
    writeFileSync(join(place, "SHA256SUMS"), line + sumLine("mmbin-other", bytes));
    for (const name of ["mmbin-any", "mmbin-other"]) writeFileSync(join(place, name), bytes);
    const tool = Bun.which("sha256sum") === null ? ["shasum", "-a", "256"] : ["sha256sum"];
    expect(run([...tool, "-c", "SHA256SUMS"], place)).toMatchObject({ code: 0 });
    writeFileSync(join(place, "mmbin-any"), "abd");
    expect(run([...tool, "-c", "SHA256SUMS"], place)).toMatchObject({ code: 1 });
  });

  test("knows a file for another platform by its head", () => {
    const here = readFileSync(process.execPath);
    expect(checkHeader(here, hostTarget())).toBeUndefined();
    expect(TARGETS.filter((target) => checkHeader(here, target) === undefined)).toEqual(
      TARGETS.filter((target) => target === hostTarget()),
    );
    expect(checkHeader(Buffer.from("#!/bin/sh\n".repeat(9)), "linux-x64")).toBe("is no executable");
    expect(headerOf(machO(4096))).toEqual({ format: "Mach-O", arch: "arm64", interpreter: "" });
    expect(checkHeader(machO(4096), "darwin-x64")).toBe("is for arm64");
  });

  test.each([4096, 9000, 4097])("signs %d bytes for macOS so that each one counts", (size) => {
    const bare = machO(size);
    expect(isSigned(bare)).toBe(false);
    const signed = signAdHoc(bare);
    expect(isSigned(signed)).toBe(true);
    expect(signAdHoc(signed).equals(signed)).toBe(true);
    for (const at of [300, size - 1, signed.length - 1]) {
      const changed = Buffer.from(signed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(isSigned(changed)).toBe(false);
    }
    // The last page is hashed up to the signature, neither padded nor beyond.
    const start = Math.floor((size - 1) / 4096) * 4096;
    const last = createHash("sha256").update(signed.subarray(start, size)).digest();
    expect(signed.subarray(-32).equals(last)).toBe(true);
  });
});

/** The least of an arm64 Mach-O file whose signature stands at `size`: a text and a link segment, and 64 bytes of no signature. */
function machO(size: number): Buffer {
  const bytes = Buffer.alloc(size + 64, 7);
  bytes.fill(0, 0, 32 + 72 + 72 + 16);
  [0xfeedfacf, 0x0100000c, 0, 2, 3].forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i);
  });
  const segment = (at: number, name: string, offset: number, length: number): void => {
    bytes.writeUInt32LE(0x19, at);
    bytes.writeUInt32LE(72, at + 4);
    bytes.write(name, at + 8, "latin1");
    bytes.writeBigUInt64LE(BigInt(offset), at + 40);
    bytes.writeBigUInt64LE(BigInt(length), at + 48);
  };
  segment(32, "__TEXT", 0, 2048);
  segment(104, "__LINKEDIT", 2048, bytes.length - 2048);
  [0x1d, 16, size, 64].forEach((word, i) => {
    bytes.writeUInt32LE(word, 176 + 4 * i);
  });
  return bytes;
}
