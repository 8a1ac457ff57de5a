/**
 * `mmbin ctl`.
 * @module
 */
import { nearest } from "../core/nearest.ts";
import { usageError } from "../io/exit.ts";
import { writeOut } from "../io/log.ts";
import { askCtl, CTL_COMMANDS, type CtlCommand } from "../run/ctl.ts";
import { ctlText } from "../run/ctl_text.ts";
import type { Parsed } from "./spec.ts";

/** Asks a running maker to do something, and prints what it says. */
export async function ctlCommand(parsed: Parsed): Promise<number> {
  const word = parsed.words[0] as string;
  if (!Object.hasOwn(CTL_COMMANDS, word)) {
    const names = Object.keys(CTL_COMMANDS);
    const near = nearest(word, names);
    throw usageError(`ctl: ${word} is none of ${names.join(", ")}${near === "" ? "" : `: did you mean ${near}?`}`);
  }
  const answer = await askCtl(word as CtlCommand, parsed.text("run"));
  writeOut(parsed.has("json") ? `${JSON.stringify(answer, null, 2)}\n` : ctlText(answer));
  return answer.ok === true ? 0 : 6;
}
