/**
 * Compiles mmbin: the one place that knows the targets, what is baked in and with which flags.
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { UserError } from "../src/io/exit.ts";
import { headerOf } from "./header.ts";

/** What is released. Bun builds for x64 with Nehalem (2008, SSE4.2) as the least since 1.4: its baseline packages hold the same bytes. */
export const TARGETS = [
  "linux-x64",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
] as const;
export type Target = (typeof TARGETS)[number];

/** The interpreter's path stands within the first kilobyte of each runtime. */
const HEAD_BYTES = 4096;

/** The target that this process is itself; its libc is read from its own header, since a host may have both. */
export function hostTarget(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return base;
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(process.execPath, "r");
  readSync(file, head, 0, HEAD_BYTES, 0);
  closeSync(file);
  return headerOf(head)?.interpreter.includes("ld-musl") === true ? `${base}-musl` : base;
}

/** Version and commit of the sources at `root`; no time of day and no path, so that equal sources give an equal file. */
export function identityOf(root: string): { version: string; commit: string } {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const git = (...args: string[]): string => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout ?? "";
  const commit = git("rev-parse", "HEAD").slice(0, 12) || "unknown";
  const read = ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"];
  const changed = git("status", "--porcelain", "--", ...read) !== "";
  return { version, commit: changed ? `${commit}-modified` : commit };
}

/** What to compile. Without a `runtime` the executable carries a copy of `bun` itself. */
export interface Compilation {
  root: string;
  bun: string;
  target: string;
  runtime?: string;
  outfile: string;
}

/**
 * Compiles one executable to `outfile`. Its folder is made; the file replaces an older one in a single step.
 *
 * The name that the compiler writes to is baked into the file, so it writes to `mmbin` everywhere. The runtime would read `.env` and run the
 * preloads of a `bunfig.toml` in whatever folder mmbin is started from: a program that trades runs nothing that lies about.
 */
export function compile(c: Compilation): void {
  const { version, commit } = identityOf(c.root);
  const folder = join(c.outfile, "..");
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".compile-"));
  try {
    const args = [
      ...["build", "--compile", "--minify", "--sourcemap=none"],
      ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
      ...["--define", `MMBIN_VERSION="${version}"`, "--define", `MMBIN_COMMIT="${commit}"`],
      ...["--define", `MMBIN_TARGET="${c.target}"`],
      ...(c.runtime === undefined ? [] : [`--target=bun-${c.target}`, `--compile-executable-path=${c.runtime}`]),
      ...["src/main.ts", "--outfile", join(scratch, "mmbin")],
    ];
    // A bare environment: nothing of the caller's shell may reach the bundle.
    const env = { PATH: process.env.PATH ?? "", HOME: scratch, TMPDIR: scratch };
    const ran = spawnSync(c.bun, args, { cwd: c.root, env, encoding: "utf8" });
    if (ran.status !== 0) {
      throw new UserError(1, `${c.target}: the compiler failed: ${(ran.stderr || ran.error?.message || "").trim()}`);
    }
    chmodSync(join(scratch, "mmbin"), 0o755);
    renameSync(join(scratch, "mmbin"), c.outfile);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
