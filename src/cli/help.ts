/**
 * Help: the overview, one command, and the exit codes.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { defineCommand, renderUsage } from "citty";
import { EXIT_CODES } from "../io/exit.ts";
import { hasColor, writeOut } from "../io/log.ts";
import { BUILD } from "../io/version.ts";
import { COMMANDS } from "./commands.ts";
import { type CommandSpec, cittyArgs } from "./spec.ts";

function define(spec: CommandSpec): ReturnType<typeof defineCommand> {
  return defineCommand({ meta: { name: spec.name, description: spec.help }, args: cittyArgs(spec) });
}

function main(): ReturnType<typeof defineCommand> {
  return defineCommand({
    meta: { name: "mmbin", version: BUILD.version, description: "a market maker for Hyperliquid" },
    subCommands: Object.fromEntries(COMMANDS.map((spec) => [spec.name, define(spec)])),
  });
}

function print(text: string): void {
  writeOut(hasColor("out") ? text : stripVTControlCharacters(text));
}

/** Prints the overview. */
export async function printOverview(): Promise<void> {
  print(`${(await renderUsage(main())).trimEnd()}\n\nmmbin help exit-codes lists how it ends.\n`);
}

/** Prints one command's flags, words and examples. */
export async function printCommandHelp(spec: CommandSpec): Promise<void> {
  const usage = (await renderUsage(define(spec), main())).trimEnd();
  print(`${usage}\n\nEXAMPLES\n\n${spec.examples.map((e) => `  ${e}`).join("\n")}\n`);
}

/** Prints the exit codes. */
export function printExitCodes(): void {
  writeOut(`${EXIT_CODES.map((e) => `${String(e.code).padStart(4)}  ${e.name.padEnd(12)} ${e.meaning}`).join("\n")}\n`);
}
