/**
 * How a command is described: flags and words, once, for help and for checking alike.
 * @module
 */
import type { ArgsDef } from "citty";

/** What a flag's value must be; checked before anything runs. */
export type FlagKind = "text" | "number" | "boolean" | "numbers";

export interface Flag {
  kind: FlagKind;
  help: string;
  /** Shown in place of the value. */
  hint?: string;
  /** May be given more than once. */
  many?: true;
  min?: number;
  /** A number without a fraction, small enough to be exact. */
  integer?: true;
  /** Closed list of values. */
  oneOf?: readonly string[];
}

/** What a command got: every value checked. */
export interface Parsed {
  words: string[];
  text(flag: string): string | null;
  texts(flag: string): string[];
  number(flag: string): number | null;
  numbers(flag: string): number[];
  has(flag: string): boolean;
}

export interface CommandSpec {
  name: string;
  help: string;
  /** Words that follow the command: how many at least and at most, and their name in help. */
  words: { name: string; min: number; max: number; help: string } | null;
  flags: Readonly<Record<string, Flag>>;
  examples: readonly string[];
  run(parsed: Parsed): Promise<number>;
}

/** The same definition in citty's terms, for its usage text. */
export function cittyArgs(spec: CommandSpec): ArgsDef {
  const args: ArgsDef = {};
  if (spec.words !== null) {
    args[spec.words.name] = { type: "positional", description: spec.words.help, required: spec.words.min > 0 };
  }
  for (const [name, flag] of Object.entries(spec.flags)) {
    const description = flag.many ? `${flag.help} (may be repeated)` : flag.help;
    if (flag.kind === "boolean") args[name] = { type: "boolean", description };
    else args[name] = { type: "string", description, valueHint: flag.oneOf?.join("|") ?? flag.hint ?? flag.kind };
  }
  return args;
}
