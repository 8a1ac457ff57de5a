/**
 * argv to a command, errors to an exit code.
 * @module
 */
import { parseCommand } from "./cli/args.ts";
import { COMMANDS } from "./cli/commands.ts";
import { nearest } from "./core/nearest.ts";
import { exitCodeOf, usageError } from "./io/exit.ts";

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === "--help" || first === "-h") return help([]);
  if (first === "help") return help(rest);
  if (first === "--version" || first === "-v") return main(["version", ...rest]);
  const spec = COMMANDS.find((c) => c.name === first);
  if (spec === undefined) throw unknownCommand(first);
  if (rest.some((word) => word === "--help" || word === "-h")) return help([first]);
  return spec.run(parseCommand(spec, rest));
}

async function help(words: readonly string[]): Promise<number> {
  const { printCommandHelp, printExitCodes, printOverview } = await import("./cli/help.ts");
  const [topic] = words;
  const spec = COMMANDS.find((c) => c.name === topic);
  if (topic === undefined) await printOverview();
  else if (topic === "exit-codes") printExitCodes();
  else if (spec !== undefined) await printCommandHelp(spec);
  else throw unknownCommand(topic);
  return 0;
}

function unknownCommand(word: string): Error {
  const near = nearest(word, [...COMMANDS.map((c) => c.name), "help", "exit-codes"]);
  return usageError(`unknown command ${word}: ${near === "" ? "see mmbin --help" : `did you mean ${near}?`}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const code = exitCodeOf(error);
  const { writeError } = await import("./io/log.ts");
  // Bad input is one line; a bug is everything we know.
  if (code === 1) writeError(`mmbin: bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  else writeError(`mmbin: ${(error as Error).message}`);
  process.exitCode = code;
}
