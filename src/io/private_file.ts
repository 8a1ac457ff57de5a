/**
 * Files that nobody but their owner may read: refused where others can, written whole or not at all.
 * @module
 */
import {
  closeSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { keyError, storageError } from "./exit.ts";

/** Any right of group or others. */
const OTHERS = 0o077;
/** The right to write of group or others, and the bit that keeps others from replacing files in a shared folder. */
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;
/** Longest private file that is read: key files take half a kilobyte. */
const BYTES_MAX = 65_536;

/** What is wrong with the rights of a folder of private files, with the command that mends it; "" for nothing. */
export function folderProblem(folder: string): string {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return "";
  if (!stat.isDirectory()) return `${folder} is not a folder`;
  if ((stat.mode & OTHERS) === 0) return "";
  return `${folder}: group or others can open it (mode ${modeText(stat.mode)}): chmod 700 ${quoted(folder)}`;
}

/** What is wrong with the rights of a private file; "" for nothing. */
export function fileProblem(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "" : problemOf(path, stat.mode);
}

/** What lets somebody else put another file in the place of this one; "" for nothing. */
export function replaceProblem(path: string): string {
  const folder = dirname(path);
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || (stat.mode & OTHERS_WRITE) === 0 || (stat.mode & STICKY) !== 0) return "";
  return `${folder}: group or others can put files there (mode ${modeText(stat.mode)}): chmod go-w ${quoted(folder)}`;
}

/** Reads a private file. The rights are those of the file that was opened. Throws a key error where others can read it. */
export function readPrivate(path: string): Buffer {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    const code = codeOf(error);
    throw keyError(`${path}: ${code === "ENOENT" ? "no such file" : `cannot be read (${code})`}`);
  }
  try {
    const stat = fstatSync(fd);
    const problem = problemOf(path, stat.mode);
    if (problem !== "") throw keyError(problem);
    if (stat.isDirectory() || stat.size > BYTES_MAX) throw keyError(`${path}: this is no key file`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a folder of private files. Throws a key error where others can open it. */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(`${folder}: cannot be made (${codeOf(error)})`);
  }
  const problem = folderProblem(folder);
  if (problem !== "") throw keyError(problem);
}

/** Writes a new private file. Returns false, and writes nothing, where there is one of that name. */
export function writePrivate(path: string, text: string): boolean {
  const partial = writePartial(path, text);
  try {
    // A link is refused where the name is taken: a rename would put the new file in place of the old one.
    linkSync(partial, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw storageError(`${path}: cannot be written (${codeOf(error)})`);
  } finally {
    unlinkSync(partial);
  }
  syncFolder(dirname(path));
  return true;
}

/** Writes a private file in place of what is there; on disk when this returns. */
export function replacePrivate(path: string, text: string): void {
  const partial = writePartial(path, text);
  try {
    renameSync(partial, path);
  } catch (error) {
    throw storageError(`${path}: cannot be written (${codeOf(error)})`);
  }
  syncFolder(dirname(path));
}

/** What happens on the way of a write that nobody waits for. */
export interface LaterEvents {
  /** Whether it still shall take the place of what is there: asked right before it does. */
  isWanted(): boolean;
  /** It is in its place, though maybe not on disk yet. */
  onPlaced(): void;
  /** On disk, not wanted any more (null both), or what went wrong. */
  onDone(error: Error | null): void;
}

/** The same while other things go on: the disk takes 5 to 100 ms, the calls here well under one. */
export function replacePrivateLater(path: string, text: string, events: LaterEvents): void {
  const fail = (error: unknown): void => events.onDone(storageError(`${path}: cannot be written (${codeOf(error)})`));
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.later`);
  let fd: number;
  try {
    unlinkIfThere(partial);
    fd = openSync(partial, "wx", 0o600);
    writeSync(fd, text);
  } catch (error) {
    fail(error);
    return;
  }
  fsync(fd, (error) => {
    closeSync(fd);
    if (error !== null) return fail(error);
    try {
      if (!events.isWanted()) {
        unlinkSync(partial);
        return events.onDone(null);
      }
      renameSync(partial, path);
      events.onPlaced();
      fd = openSync(dirname(path), "r");
    } catch (problem) {
      return fail(problem);
    }
    fsync(fd, (problem) => {
      closeSync(fd);
      if (problem !== null) fail(problem);
      else events.onDone(null);
    });
  });
}

/** Writes beside the file what will become it. */
function writePartial(path: string, text: string): string {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    // Left by a process of this number that died: never a file that anybody reads.
    unlinkIfThere(partial);
    const fd = openSync(partial, "wx", 0o600);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storageError(`${path}: cannot be written (${codeOf(error)})`);
  }
  return partial;
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** The name of a new file is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function problemOf(path: string, mode: number): string {
  if ((mode & OTHERS) === 0) return "";
  return `${path}: group or others can read it (mode ${modeText(mode)}): chmod 600 ${quoted(path)}`;
}

const modeText = (mode: number): string => (mode & 0o777).toString(8).padStart(3, "0");
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "error";

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
