/**
 * `mmbin market`.
 * @module
 */
import { usageError } from "../io/exit.ts";
import { writeOut } from "../io/log.ts";
import { readMarketSheet } from "../run/market.ts";
import type { Parsed } from "./spec.ts";

/** Prints the fact sheet of one market, or its figures. */
export async function marketCommand(parsed: Parsed): Promise<number> {
  if (parsed.has("stats")) return (await import("./stats.ts")).tapeStatsCommand(parsed);
  if (parsed.text("html") !== null) throw usageError("market: --html is for --stats");
  const tapes = parsed.texts("tape");
  const facts = parsed.text("facts");
  if (tapes.length === 0 && facts === null) throw usageError("market: --tape FILE or --facts FILE is missing");
  const sheet = await readMarketSheet(parsed.words[0] as string, tapes, facts, parsed.has("skip-bad-lines"));
  if (parsed.has("json")) writeOut(`${JSON.stringify(sheet, null, 2)}\n`);
  else
    writeOut(
      `${Object.entries(sheet)
        .map(([key, value]) => `${key.padEnd(18)} ${value ?? "-"}`)
        .join("\n")}\n`,
    );
  return 0;
}
