/**
 * Where words go: data to stdout, everything else to stderr.
 * @module
 */
import { writeSync } from "node:fs";
import { createConsola } from "consola";

/** Messages for people, on stderr. Repeats are not folded: twenty equal warnings are twenty facts. */
export const log = createConsola({ stdout: process.stderr, stderr: process.stderr, throttle: 0 });

/** Whether a stream wants colour: FORCE_COLOR, NO_COLOR and TERM=dumb go before what it is. */
export function hasColor(stream: "out" | "err"): boolean {
  const { env } = process;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0") return true;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.TERM === "dumb") return false;
  return (stream === "out" ? process.stdout : process.stderr).isTTY === true;
}

/** Columns to fit a table into. */
export function terminalWidth(): number {
  const set = Number(process.env.COLUMNS);
  return Number.isInteger(set) && set >= 40 ? set : Math.max(40, process.stdout.columns ?? 100);
}

/** Writes data to stdout, whole, whatever its size. Returns false, without a word, when its reader went away (`| head`). */
export function writeOut(text: string): boolean {
  const bytes = Buffer.from(text);
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") continue;
      // A pipe without a reader, a terminal that is gone.
      if (code === "EPIPE" || code === "EIO") return false;
      throw error;
    }
  }
  return true;
}

/** A bug as it is told: everything that is known of it. */
export function bugText(error: unknown): string {
  return `mmbin: bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Writes one line to stderr. */
export function writeError(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody listens: there is nowhere left to say so.
  }
}
