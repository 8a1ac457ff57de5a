/**
 * Compiles the executables of a release into `dist`, with SHA256SUMS: every target, or none and the reason for each that cannot be had.
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inputError, UserError } from "../src/io/exit.ts";
import { compile, hostTarget, identityOf, TARGETS, type Target } from "./compile.ts";
import { checkHeader } from "./header.ts";
import { run } from "./run.ts";
import { archiveOf, pinOf, unpack } from "./runtime.ts";
import { isSigned, signAdHoc } from "./signature.ts";

/** One line of SHA256SUMS: what `sha256sum -c` reads. */
export const sumLine = (name: string, bytes: Buffer): string => `${sha256(bytes)}  ${name}\n`;

const nameOf = (target: Target): string => `mmbin-${target}`;

function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Every archive, or one error that names each target whose runtime cannot be had. */
async function archives(root: string, cache: string): Promise<Map<Target, string>> {
  const asked = TARGETS.map(async (target) => archiveOf(cache, pinOf(root, target)));
  const settled = await Promise.allSettled(asked);
  const found = new Map<Target, string>();
  const lost: string[] = [];
  settled.forEach((answer, i) => {
    const target = TARGETS[i] as Target;
    if (answer.status === "fulfilled") found.set(target, answer.value);
    else lost.push(`${nameOf(target)}: ${answer.reason instanceof Error ? answer.reason.message : answer.reason}`);
  });
  if (lost.length > 0) throw new UserError(5, `nothing was built\n  ${lost.join("\n  ")}`);
  return found;
}

/** Gives what Bun leaves with a stale signature an ad-hoc one, then checks what the file says about itself. */
function finish(file: string, target: Target): Buffer {
  let bytes: Buffer = readFileSync(file);
  const wrong = checkHeader(bytes, target);
  if (wrong !== undefined) throw inputError(`${nameOf(target)} ${wrong}`);
  if (!target.startsWith("darwin") || isSigned(bytes)) return bytes;
  // Bun signs what it compiles for arm64 only; on x64 the signature of the bare runtime stays, and no longer fits.
  bytes = signAdHoc(bytes);
  if (!isSigned(bytes)) throw inputError(`${nameOf(target)} cannot be signed`);
  writeFileSync(file, bytes);
  return bytes;
}

/** The one that this machine can run must run, and say what it is. */
function tryOut(file: string, target: Target, commit: string): void {
  const ran = spawnSync(file, ["version", "--json"], { encoding: "utf8" });
  const said = ran.status === 0 ? (JSON.parse(ran.stdout) as { target: string; commit: string }) : undefined;
  if (said?.target === target && said.commit === commit) return;
  throw inputError(`${nameOf(target)} does not run here: ${ran.stderr || ran.stdout || ran.error?.message}`);
}

async function dist(): Promise<void> {
  const root = join(import.meta.dir, "..");
  const folder = resolve(process.argv[2] ?? join(root, "dist"));
  const host = TARGETS.find((target) => target === hostTarget());
  if (host === undefined)
    throw inputError(`a release is compiled on one of ${TARGETS.join(", ")}, not ${hostTarget()}`);
  mkdirSync(folder, { recursive: true });
  for (const name of [...TARGETS.map(nameOf), "SHA256SUMS"]) rmSync(join(folder, name), { force: true });
  const found = await archives(root, join(root, "dist", ".runtimes"));
  const scratch = mkdtempSync(join(folder, ".dist-"));
  try {
    // The pinned Bun compiles, whichever Bun runs this script.
    const runtimeOf = (target: Target): string => {
      mkdirSync(join(scratch, target));
      return unpack(found.get(target) as string, join(scratch, target));
    };
    const bun = runtimeOf(host);
    const identity = identityOf(root);
    let sums = "";
    for (const target of TARGETS) {
      const outfile = join(scratch, nameOf(target));
      compile({ root, bun, target, runtime: target === host ? bun : runtimeOf(target), outfile });
      const bytes = finish(outfile, target);
      if (target === host) tryOut(outfile, target, identity.commit);
      sums += sumLine(nameOf(target), bytes);
      process.stdout.write(`${nameOf(target).padEnd(24)} ${Math.round(bytes.length / 1e6)} MB\n`);
    }
    for (const target of TARGETS) renameSync(join(scratch, nameOf(target)), join(folder, nameOf(target)));
    writeFileSync(join(folder, "SHA256SUMS"), sums);
    tell(identity, sums);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function tell({ version, commit }: { version: string; commit: string }, sums: string): void {
  const lines = [
    `mmbin ${version}+${commit}, build hash ${sha256(sums)} (the SHA-256 of SHA256SUMS)`,
    "linux-x64, linux-arm64: glibc 2.17 or newer. The musl ones: musl 1.2.5 (Alpine 3.20) and libstdc++ (apk add libstdc++).",
    "x64: any processor with SSE4.2 (2008); Bun's baseline build is the same file.",
    "darwin: ad-hoc signed, each page checked; not notarised, so a browser's download needs: xattr -d com.apple.quarantine FILE",
    "        Should macOS kill it all the same: codesign --force --sign - FILE",
  ];
  if (commit.endsWith("-modified")) lines.push("! the sources are not those of the commit: no release");
  process.stdout.write(`${lines.join("\n")}\n`);
}

if (import.meta.main) await run("dist", dist);
