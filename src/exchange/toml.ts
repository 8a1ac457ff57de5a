/**
 * TOML files: read, parsed, and where in the text a key stands.
 * @module
 */
import { readFileSync } from "node:fs";
import { configError } from "../io/exit.ts";

/** A file's text; throws a config error of one line. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw configError(`${path}: ${code === "ENOENT" ? "no such file" : `cannot be read (${code})`}`);
  }
}

/** @param path How errors name the file. */
export function parseToml(text: string, path: string): unknown {
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    throw configError(`${path}: not TOML: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** Line of the key that a path of tables, places and a key leads to; the last table's line when the key is not written. */
export function lineOf(text: string, path: readonly (string | number)[]): number {
  const lines = text.split("\n").map((line) => line.trim());
  let line = 0;
  let table = "";
  for (const part of path) {
    if (typeof part === "number") {
      for (let n = 0; n <= part; n++) {
        const next = lines.findIndex((l, i) => i >= line && l.replaceAll(" ", "").startsWith(`[[${table}]]`));
        if (next >= 0) line = next + 1;
      }
    } else {
      table = table === "" ? part : `${table}.${part}`;
      const key = new RegExp(`^(${part}\\s*=|\\[+\\s*${table.replaceAll(".", "\\.")}\\s*\\])`);
      if (part !== path.at(-1) && typeof path[path.indexOf(part) + 1] === "number") continue;
      const found = lines.findIndex((l, i) => i >= line && key.test(l));
      if (found >= 0) line = found + 1;
    }
  }
  return Math.max(1, line);
}
