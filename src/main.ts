/**
 * argv to a command, errors to an exit code.
 * @module
 */
import { parseCommand } from "./cli/args.ts";
import { COMMANDS } from "./cli/commands.ts";
import { nearest } from "./core/nearest.ts";
import { exitCodeOf, usageError } from "./io/exit.ts";
import { refuseKeyOnArgv } from "./io/secret.ts";

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
  const argv = process.argv.slice(2);
  // Before anything looks at the words, and may repeat one of them in a message.
  refuseKeyOnArgv(argv);
  process.exitCode = await main(argv);
} catch (error) {
  const code = exitCodeOf(error);
  const { bugText, writeError } = await import("./io/log.ts");
  // Bad input is one line; a bug is everything we know.
  if (code === 1) writeError(bugText(error));
  else writeError(`mmbin: ${(error as Error).message}`);
  process.exitCode = code;
}
// Everything is written by now. A venue that never answers a question or a farewell must not keep the process for its sake.
process.exit();
