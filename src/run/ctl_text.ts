/**
 * What a running maker answers, for people.
 * @module
 */
import { statusSchema } from "./status_schema.ts";
import { statusLine } from "./status_text.ts";

/** An answer as lines: what was done, how each market goes, and what is in the way. */
export function ctlText(answer: Record<string, unknown>): string {
  if (answer.ok !== true) return `${String(answer.error)}\n`;
  const lines: string[] = [];
  const { run_id, account, state, note, breakers } = answer;
  lines.push(`${String(run_id)}: ${String(account)}, ${String(state)}`);
  if (typeof note === "string") lines.push(note);
  for (const text of Array.isArray(breakers) ? breakers : []) lines.push(`! ${String(text)}`);
  for (const status of Array.isArray(answer.markets) ? answer.markets : []) {
    const parsed = statusSchema.safeParse(status);
    lines.push(parsed.success ? statusLine(parsed.data) : JSON.stringify(status));
  }
  return `${lines.join("\n")}\n`;
}
