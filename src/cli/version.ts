/**
 * `mmbin version`.
 * @module
 */
import { release } from "node:os";
import { writeOut } from "../io/log.ts";
import { BUILD } from "../io/version.ts";
import type { Parsed } from "./spec.ts";

/** Prints which build this is, and what it runs on: what a bug report needs. */
export async function versionCommand(parsed: Parsed): Promise<number> {
  const facts = {
    name: "mmbin",
    version: BUILD.version,
    commit: BUILD.commit,
    target: BUILD.target,
    bun: Bun.version,
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
  };
  writeOut(
    parsed.has("json")
      ? `${JSON.stringify(facts)}\n`
      : `mmbin ${facts.version} (${facts.commit}), ${facts.target}, Bun ${facts.bun}\n`,
  );
  return 0;
}
