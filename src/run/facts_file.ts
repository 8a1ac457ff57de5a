/**
 * Facts from a file of their own, for tapes that were recorded without them.
 * @module
 */
import { inputError } from "../io/exit.ts";
import { readUserFile } from "../io/paths.ts";
import type { InfoAnswer } from "../wire/hyperliquid/instrument.ts";

/** Reads `{request, response}` pairs: a JSON array, or one object a line, bare or as a tape's info lines. */
export function readFacts(path: string): InfoAnswer[] {
  const text = readUserFile(path);
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) return parseAll(path, trimmed, 1);
  return trimmed.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : parseAll(path, line, i + 1)));
}

function parseAll(path: string, text: string, line: number): InfoAnswer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw inputError(`${path}: line ${line} is not JSON: write one {"request":…,"response":…} a line`);
  }
  return (Array.isArray(value) ? value : [value]).map((entry) => {
    const pair = (entry?.info ?? entry) as { request?: { type?: unknown }; response?: unknown };
    if (typeof pair?.request?.type !== "string" || pair.response === undefined) {
      throw inputError(`${path}: line ${line} is no {"request":{"type":…},"response":…}`);
    }
    return { request: pair.request as InfoAnswer["request"], response: pair.response };
  });
}
