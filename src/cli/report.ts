/**
 * `mmbin report`.
 * @module
 */
import { readFileSync } from "node:fs";
import { inputError, usageError } from "../io/exit.ts";
import { hasColor, terminalWidth, writeOut } from "../io/log.ts";
import { reportJsonSchema, reportSchema } from "../run/report_schema.ts";
import { renderReport } from "../run/report_table.ts";
import type { Parsed } from "./spec.ts";

/** Renders a stored report, or prints the schema of all. */
export async function reportCommand(parsed: Parsed): Promise<number> {
  if (parsed.has("schema")) {
    writeOut(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
    return 0;
  }
  const path = parsed.words[0];
  if (path === undefined) throw usageError("report: name a JSON report, or pass --schema");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw inputError(`${path}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : "is not JSON"}`);
  }
  const report = reportSchema.safeParse(value);
  if (!report.success) {
    const issue = report.error.issues[0];
    throw inputError(`${path}: is no report of this version: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  writeOut(renderReport(report.data, { color: hasColor("out"), width: terminalWidth() }));
  return 0;
}
