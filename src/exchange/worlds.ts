/**
 * The worlds that come with the program.
 * @module
 */
import { nearest } from "../core/nearest.ts";
import type { TimeUs } from "../core/units.ts";
import { configError } from "../io/exit.ts";
import type { Chain } from "../sim/venue/default_spec.ts";
import type { WorldSpec } from "../sim/world/spec.ts";
import hip3Growth from "../worlds/hip3-growth.toml" with { type: "text" };
import hip3Mirror from "../worlds/hip3-mirror.toml" with { type: "text" };
import never from "../worlds/never.toml" with { type: "text" };
import pays from "../worlds/pays.toml" with { type: "text" };
import perpLiquid from "../worlds/perp-liquid.toml" with { type: "text" };
import perpThin from "../worlds/perp-thin.toml" with { type: "text" };
import quiet from "../worlds/quiet.toml" with { type: "text" };
import { parseWorld, readWorld } from "./world_file.ts";

const TEXTS: Readonly<Record<string, string>> = {
  quiet,
  "perp-thin": perpThin,
  "perp-liquid": perpLiquid,
  "hip3-mirror": hip3Mirror,
  "hip3-growth": hip3Growth,
  pays,
  never,
};

export const WORLD_NAMES: readonly string[] = Object.keys(TEXTS);

/** What the exchange serves when nobody names a world. */
export const DEFAULT_WORLD = "quiet";

/** A world of the program by its name, else the file of that path. */
export function loadWorld(nameOrPath: string, chain: Chain, seed: number, startUs: TimeUs): WorldSpec {
  const text = TEXTS[nameOrPath];
  if (text !== undefined) return parseWorld(text, `worlds/${nameOrPath}.toml`, chain, seed, startUs);
  if (!nameOrPath.endsWith(".toml"))
    throw configError(`no world ${nameOrPath}${hint(nameOrPath)}; a file ends in .toml`);
  return readWorld(nameOrPath, chain, seed, startUs);
}

function hint(name: string): string {
  const near = nearest(name, WORLD_NAMES);
  return near === "" ? ` (known: ${WORLD_NAMES.join(", ")})` : `: did you mean ${near}?`;
}
