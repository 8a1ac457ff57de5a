/**
 * Strict reading of the command line: what is not known is refused, with the nearest match.
 * @module
 */
import { parseArgs } from "node:util";
import { nearest } from "../core/nearest.ts";
import { parseNumber } from "../core/units.ts";
import { usageError } from "../io/exit.ts";
import type { CommandSpec, Flag, Parsed } from "./spec.ts";

/** Checks a command's arguments against its definition. Throws a usage error that names what is wrong. */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): Parsed {
  checkNames(spec, argv);
  const options = Object.fromEntries(
    Object.entries(spec.flags).map(([name, flag]) => [
      name,
      { type: flag.kind === "boolean" ? ("boolean" as const) : ("string" as const), multiple: true as const },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw usageError(`${spec.name}: ${firstSentence((error as Error).message)}: see mmbin ${spec.name} --help`);
  }
  const values = parsed.values as Record<string, (string | boolean)[] | undefined>;
  for (const [name, flag] of Object.entries(spec.flags)) checkValues(spec, name, flag, values[name] ?? []);
  checkWords(spec, parsed.positionals);
  return access(values, parsed.positionals);
}

/** Flags that do not exist, before the parser sees them, so that the nearest one can be named. */
function checkNames(spec: CommandSpec, argv: readonly string[]): void {
  for (const word of argv) {
    if (word === "--") return;
    if (!word.startsWith("-") || word === "-" || !Number.isNaN(parseNumber(word))) continue;
    const name = word.replace(/^--?/, "").split("=")[0] as string;
    if (word.startsWith("--") && name in spec.flags) continue;
    const near = nearest(name, Object.keys(spec.flags));
    const hint = near === "" ? `see mmbin ${spec.name} --help` : `did you mean --${near}?`;
    throw usageError(`${spec.name}: unknown flag ${word.split("=")[0]}: ${hint}`);
  }
}

function checkValues(spec: CommandSpec, name: string, flag: Flag, given: readonly (string | boolean)[]): void {
  if (given.length > 1 && !flag.many && flag.kind !== "boolean")
    throw usageError(`${spec.name}: --${name} is given twice`);
  for (const value of given) {
    if (typeof value === "boolean") continue;
    if (value === "") throw usageError(`${spec.name}: --${name} needs a value`);
    if (flag.oneOf !== undefined && !flag.oneOf.includes(value)) {
      const near = nearest(value, flag.oneOf);
      throw usageError(
        `${spec.name}: --${name} is one of ${flag.oneOf.join(", ")}, not ${value}${near === "" ? "" : `: did you mean ${near}?`}`,
      );
    }
    if (flag.kind === "number") checkNumber(spec, name, flag, value);
    if (flag.kind === "numbers") for (const part of value.split(",")) checkNumber(spec, name, flag, part);
  }
}

function checkNumber(spec: CommandSpec, name: string, flag: Flag, text: string): void {
  const value = parseNumber(text);
  if (Number.isNaN(value)) throw usageError(`${spec.name}: --${name} needs a number, not "${text}"`);
  if (flag.integer === true && !Number.isSafeInteger(value))
    throw usageError(`${spec.name}: --${name} needs a whole number of at most 2^53 - 1, not "${text}"`);
  if (flag.min !== undefined && value < flag.min)
    throw usageError(`${spec.name}: --${name} is at least ${flag.min}, not ${text}`);
}

function checkWords(spec: CommandSpec, words: readonly string[]): void {
  const max = spec.words?.max ?? 0;
  if (words.length > max) {
    throw usageError(`${spec.name}: "${words[max]}" is one word too many: see mmbin ${spec.name} --help`);
  }
  if (spec.words !== null && words.length < spec.words.min) {
    throw usageError(`${spec.name}: ${spec.words.name} is missing: see mmbin ${spec.name} --help`);
  }
}

function access(values: Record<string, (string | boolean)[] | undefined>, words: string[]): Parsed {
  const texts = (flag: string): string[] => (values[flag] ?? []).map(String);
  return {
    words,
    texts,
    text: (flag) => texts(flag)[0] ?? null,
    number: (flag) => {
      const text = texts(flag)[0];
      return text === undefined ? null : parseNumber(text);
    },
    numbers: (flag) => texts(flag).flatMap((text) => text.split(",").map(parseNumber)),
    has: (flag) => (values[flag] ?? []).length > 0,
  };
}

function firstSentence(message: string): string {
  return (message.split(". ")[0] as string).replace(/\.$/, "").replaceAll("'", "");
}
