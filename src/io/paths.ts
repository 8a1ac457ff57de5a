/**
 * Where files of ours live: the XDG folders.
 * @module
 */
import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { inputError, storageError } from "./exit.ts";

/** State folder: XDG_STATE_HOME/mmbin, or ~/.local/state/mmbin. */
export function stateFolder(): string {
  const base = process.env.XDG_STATE_HOME;
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".local", "state"), "mmbin");
}

/**
 * Folder of the sockets of running processes: XDG_RUNTIME_DIR/mmbin, or in the state folder. A socket's path may have 107 bytes at most.
 */
export function runtimeFolder(): string {
  const base = process.env.XDG_RUNTIME_DIR;
  return base !== undefined && base !== "" ? join(base, "mmbin") : join(stateFolder(), "run");
}

/**
 * Folder of the key files: XDG_DATA_HOME/mmbin/keys, or ~/.local/share/mmbin/keys. Data and not configuration: folders of configuration are
 * what people copy between machines and publish.
 */
export function keysFolder(): string {
  const base = process.env.XDG_DATA_HOME;
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".local", "share"), "mmbin", "keys");
}

/** Folder of what each key has reserved of its nonces. */
export function noncesFolder(): string {
  return join(stateFolder(), "nonces");
}

/** A place where a run's report will be written, checked before the run starts. */
export interface ReportPlace {
  path: string;
  /** Writes the report there. Throws a storage error if the place is lost meanwhile. */
  write(text: string): void;
}

/**
 * Reserves the report's file in the state folder, readable by the user only.
 * @param stamp Names the run: its start and command. A counter keeps two of one moment apart.
 */
export function reserveReport(stamp: string): ReportPlace {
  const folder = join(stateFolder(), "reports");
  let path = "";
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let counter = 0; ; counter++) {
      path = join(folder, counter === 0 ? `${stamp}.json` : `${stamp}-${counter}.json`);
      try {
        closeSync(openSync(path, "wx", 0o600));
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || counter > 10_000) throw error;
      }
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
  return {
    path,
    write(text) {
      try {
        writeFileSync(path, text, { mode: 0o600 });
      } catch (error) {
        throw unwritable(path, error);
      }
    },
  };
}

/** Gives a reserved place back: the run failed before it had anything to say. */
export function dropReport(place: ReportPlace): void {
  try {
    unlinkSync(place.path);
  } catch {
    // An empty file left behind does no harm.
  }
}

function unwritable(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code ?? "error";
  return storageError(`${path}: cannot be written (${code}): set XDG_STATE_HOME to a folder that can`);
}

/** Reads a text file that the user named. Throws an input error. */
export function readUserFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw inputError(`${path}: ${code === "ENOENT" ? "no such file" : `cannot be read (${code})`}`);
  }
}

/** Writes a file that the user named. */
export function writeUserFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw storageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}
