/**
 * Compiles mmbin for this platform, from the Bun that runs this script, into `dist` or the folder that is named.
 * @module
 */
import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { compile, hostTarget, identityOf } from "./compile.ts";
import { run } from "./run.ts";

await run("build", () => {
  const root = join(import.meta.dir, "..");
  const outfile = join(resolve(process.argv[2] ?? join(root, "dist")), "mmbin");
  const { version, commit } = identityOf(root);
  compile({ root, bun: process.execPath, target: hostTarget(), outfile });
  process.stdout.write(
    `${relative(process.cwd(), outfile)} ${version}+${commit}, ${Math.round(statSync(outfile).size / 1e6)} MB\n`,
  );
});
