/**
 * `mmbin inspect`.
 * @module
 */
import { writeOut } from "../io/log.ts";
import { fieldsOf, frameText } from "../run/frame_text.ts";
import { inspectJournal } from "../run/inspect.ts";
import { findJournal } from "../run/runs.ts";
import type { Parsed } from "./spec.ts";

/** Lines collected before they are written: a journal holds millions. */
const BATCH = 500;

/** Prints frames of a journal. */
export async function inspectCommand(parsed: Parsed): Promise<number> {
  const lines: string[] = [];
  const flush = (): boolean => {
    const open = lines.length === 0 || writeOut(`${lines.join("\n")}\n`);
    lines.length = 0;
    return open;
  };
  const kinds = parsed.texts("kind").flatMap((text) => text.split(","));
  const filter = {
    from: parsed.number("from"),
    to: parsed.number("to"),
    kinds,
    market: parsed.text("market"),
    order: parsed.number("order"),
  };
  inspectJournal(findJournal(parsed.words[0] as string), filter, (data, at, markets) => {
    lines.push(parsed.has("json") ? JSON.stringify(fieldsOf(data, at, markets)) : frameText(data, at, markets));
    return lines.length < BATCH || flush();
  });
  flush();
  return 0;
}
