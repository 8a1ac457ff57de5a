/**
 * `mmbin version`.
 * @module
 */
import { writeOut } from "../io/log.ts";
import { BUILD } from "../io/version.ts";
import type { Parsed } from "./spec.ts";

/** Prints which build this is. */
export async function versionCommand(parsed: Parsed): Promise<number> {
  const facts = {
    name: "mmbin",
    version: BUILD.version,
    commit: BUILD.commit,
    bun: Bun.version,
    platform: process.platform,
    arch: process.arch,
  };
  writeOut(
    parsed.has("json") ? `${JSON.stringify(facts)}\n` : `mmbin ${facts.version} (${facts.commit}), Bun ${facts.bun}\n`,
  );
  return 0;
}
