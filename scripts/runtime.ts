/**
 * Bun's runtimes of other platforms, from their npm packages, exactly those that package-lock.json pins.
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inputError, UserError } from "../src/io/exit.ts";

/** A package of the lock file; its `integrity` is what npm calls by that name: `sha512-` and the hash in base64. */
export interface Pin {
  name: string;
  version: string;
  integrity: string;
}

interface Lock {
  packages: Record<string, { version?: string; integrity?: string } | undefined>;
}

/** The package that holds the runtime of `target`, as pinned in the lock file at `root`. */
export function pinOf(root: string, target: string): Pin {
  const name = `@oven/bun-${target.replace("arm64", "aarch64")}`;
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const { version, integrity } = packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw inputError(`${target}: package-lock.json pins no ${name}: this version of Bun has no such runtime`);
  }
  return { name, version, integrity };
}

/** Refuses an archive that is not the pinned one; `what` calls it by a name that says how to mend it. */
function verify(archive: string, pin: Pin, what: string): void {
  const has = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (has === pin.integrity) return;
  throw inputError(`${pin.name}@${pin.version}: ${what} has ${has}, package-lock.json wants ${pin.integrity}`);
}

/**
 * The archive of a pinned package, in `cache`, verified each time. The ordinary npm client brings what is not there yet; what it brings gets its
 * name only once it has been verified.
 */
export async function archiveOf(cache: string, pin: Pin): Promise<string> {
  const archive = join(cache, `${pin.name.replace("@oven/", "")}-${pin.version}.tgz`);
  if (existsSync(archive)) {
    verify(archive, pin, `${archive} (remove it)`);
    return archive;
  }
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, ".pack-"));
  try {
    await pack(scratch, pin);
    const packed = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
    if (packed === undefined) throw new UserError(5, `${pin.name}@${pin.version}: npm packed nothing`);
    verify(join(scratch, packed), pin, "what npm brought");
    renameSync(join(scratch, packed), archive);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return archive;
}

/** Unpacks the runtime of an archive into `folder` and returns its path. */
export function unpack(archive: string, folder: string): string {
  const ran = spawnSync("tar", ["-xzf", archive, "-C", folder, "package/bin/bun"], { encoding: "utf8" });
  if (ran.status !== 0) throw inputError(`${archive}: cannot be unpacked: ${(ran.stderr ?? "").trim()}`);
  return join(folder, "package", "bin", "bun");
}

function pack(folder: string, pin: Pin): Promise<void> {
  const spec = `${pin.name}@${pin.version}`;
  const args = ["pack", spec, "--ignore-scripts", "--loglevel=error", "--pack-destination", folder];
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const why =
        said
          .trim()
          .split("\n")
          .find((line) => line !== "") ?? "";
      if (code === 0) resolve();
      else reject(new UserError(5, `${spec} cannot be had from npm: ${why || `exit ${code}`}`));
    });
  });
}
