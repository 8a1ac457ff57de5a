/**
 * `mmbin config`.
 * @module
 */
import { z } from "zod";
import { nearest } from "../core/nearest.ts";
import {
  type ConfigSource,
  configSchema,
  loadConfig,
  outsideValue,
  resolveParams,
  resolveRunSettings,
} from "../io/config.ts";
import { usageError } from "../io/exit.ts";
import { writeOut } from "../io/log.ts";
import { RUN_SETTINGS } from "../io/run_settings.ts";
import { SETTINGS } from "../io/settings.ts";
import type { Parsed } from "./spec.ts";

const ACTIONS = ["show", "check", "schema"] as const;
/** Leverage assumed where no tape tells the market's own: the capital table's columns hold from 4 up. */
const LEVERAGE_ASSUMED = 10;

/** Shows, checks or documents settings. */
export async function configCommand(parsed: Parsed): Promise<number> {
  const [action, market] = parsed.words as [string, string | undefined];
  if (!ACTIONS.some((a) => a === action)) {
    const near = nearest(action, ACTIONS);
    throw usageError(`config: show, check or schema, not ${action}${near === "" ? "" : `: did you mean ${near}?`}`);
  }
  if (action === "schema") {
    writeOut(`${JSON.stringify(z.toJSONSchema(configSchema), null, 2)}\n`);
    return 0;
  }
  const source: ConfigSource = {
    file: parsed.text("config"),
    set: parsed.texts("set"),
    env: process.env,
    profile: parsed.text("profile"),
  };
  const loaded = loadConfig(source.file);
  const markets = market !== undefined ? [market] : loaded.markets.length > 0 ? loaded.markets : ["BTC"];
  const count = Math.max(1, loaded.markets.length);
  const whole = resolveRunSettings(source, loaded);
  const resolved = markets.map((name) => ({ name, ...resolveParams(source, loaded, name, count, LEVERAGE_ASSUMED) }));
  if (action === "check") {
    writeOut(
      parsed.has("json") ? `${JSON.stringify({ ok: true, markets })}\n` : `${source.file ?? "settings"}: good\n`,
    );
    return 0;
  }
  if (parsed.has("json")) {
    const shown = resolved.map(({ name, profile, params, origins }) => ({
      market: name,
      profile,
      settings: Object.fromEntries(
        SETTINGS.map((s) => [s.key, { value: outsideValue(s, params), from: origins[s.key] }]),
      ),
      process: Object.fromEntries(
        RUN_SETTINGS.map((s) => [s.key, { value: whole.values[s.key], from: whole.origins[s.key] }]),
      ),
    }));
    writeOut(`${JSON.stringify(shown, null, 2)}\n`);
    return 0;
  }
  for (const { name, profile, params, origins } of resolved) {
    writeOut(`${name}, profile ${profile} (leverage ${LEVERAGE_ASSUMED} assumed where a market's own decides)\n`);
    for (const s of SETTINGS) {
      const value = String(outsideValue(s, params));
      writeOut(`  ${s.key.padEnd(24)} ${value.padStart(12)}  ${(origins[s.key] as string).padEnd(16)} ${s.meaning}\n`);
    }
  }
  writeOut("the whole process\n");
  for (const s of RUN_SETTINGS) {
    const value = String(whole.values[s.key]);
    writeOut(
      `  ${s.key.padEnd(24)} ${value.padStart(12)}  ${(whole.origins[s.key] as string).padEnd(16)} ${s.meaning}\n`,
    );
  }
  return 0;
}
