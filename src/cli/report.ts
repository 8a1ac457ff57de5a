/**
 * `mmbin report`.
 * @module
 */
import { usageError } from "../io/exit.ts";
import { hasColor, terminalWidth, writeOut } from "../io/log.ts";
import { reportJsonSchema } from "../run/report_schema.ts";
import { renderReport } from "../run/report_table.ts";
import { findReport } from "../run/runs.ts";
import { statusJsonSchema } from "../run/status_schema.ts";
import type { Parsed } from "./spec.ts";

/** Renders a stored report, or prints the schema of all or of status lines. */
export async function reportCommand(parsed: Parsed): Promise<number> {
  if (parsed.has("schema")) {
    writeOut(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (parsed.has("status-schema")) {
    writeOut(`${JSON.stringify(statusJsonSchema(), null, 2)}\n`);
    return 0;
  }
  const name = parsed.words[0];
  if (name === undefined)
    throw usageError("report: name a run (mmbin runs lists them) or a JSON report, or pass --schema");
  const report = findReport(name);
  if (parsed.has("json")) writeOut(`${JSON.stringify(report, null, 2)}\n`);
  else writeOut(renderReport(report, { color: hasColor("out"), width: terminalWidth() }));
  return 0;
}
