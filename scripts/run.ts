/**
 * How a script ends: what went wrong in one line, and the exit code of `mmbin help exit-codes`.
 * @module
 */
import { exitCodeOf } from "../src/io/exit.ts";

/** Runs `main`; an error nobody expected keeps its stack. */
export async function run(name: string, main: () => void | Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const code = exitCodeOf(error);
    const said = error instanceof Error ? (code === 1 ? error.stack : error.message) : String(error);
    process.stderr.write(`${name}: ${said}\n`);
    process.exitCode = code;
  }
}
