/**
 * The folder of key files: one a key, under a name that people gave it.
 * @module
 */
import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { nearest } from "../core/nearest.ts";
import { keyError, storageError, usageError } from "./exit.ts";
import { type KeyFile, parseKeyFile } from "./keystore.ts";
import { fileProblem, folderProblem, makePrivateFolder, readPrivate, writePrivate } from "./private_file.ts";

const ENDING = ".json";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** One file of the folder as it lies there: readable or not. */
export interface ListedKey {
  name: string;
  path: string;
  /** Null where the file is none of ours. */
  file: KeyFile | null;
  /** What keeps the key from being used, with what mends it; "" for nothing. */
  problem: string;
}

/** Key files of one folder. Nothing is read or written while others could read it too. */
export class KeyFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Names, in order. */
  names(): string[] {
    try {
      const files = readdirSync(this.folder).filter((file) => file.endsWith(ENDING));
      return files
        .map((file) => file.slice(0, -ENDING.length))
        .filter((name) => NAME.test(name))
        .sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return [];
      throw keyError(`${this.folder}: cannot be read (${code ?? "error"})`);
    }
  }

  /** Every key, with what is wrong with it. */
  list(): ListedKey[] {
    const shared = folderProblem(this.folder);
    return this.names().map((name) => {
      const path = this.pathOf(name);
      const problem = shared || fileProblem(path);
      try {
        return { name, path, file: parseKeyFile(readFileSync(path, "utf8"), path), problem };
      } catch (error) {
        return { name, path, file: null, problem: problem || (error as Error).message };
      }
    });
  }

  /** Reads one key's file. Throws a key error. */
  read(name: string): { path: string; file: KeyFile } {
    const path = this.pathOf(name);
    const names = this.names();
    if (!names.includes(name)) {
      const near = nearest(name, names);
      throw keyError(`no key ${name}: ${near === "" ? "mmbin keys list shows them" : `did you mean ${near}?`}`);
    }
    const problem = folderProblem(this.folder);
    if (problem !== "") throw keyError(problem);
    return { path, file: parseKeyFile(readPrivate(path).toString("utf8"), path) };
  }

  /** Throws a key error where the name is taken, or the folder is open to others. */
  checkFree(name: string): void {
    const path = this.pathOf(name);
    const problem = folderProblem(this.folder);
    if (problem !== "") throw keyError(problem);
    if (this.names().includes(name)) throw taken(name, path);
  }

  /** Writes a new key's file; its path. Never over another. */
  write(name: string, file: KeyFile): string {
    const path = this.pathOf(name);
    makePrivateFolder(this.folder);
    if (!writePrivate(path, `${JSON.stringify(file, null, 2)}\n`)) throw taken(name, path);
    return path;
  }

  /** Removes a key's file. */
  remove(name: string): void {
    const path = this.pathOf(name);
    try {
      unlinkSync(path);
    } catch (error) {
      throw storageError(`${path}: cannot be removed (${(error as NodeJS.ErrnoException).code ?? "error"})`);
    }
  }

  /** Where a key's file lies. Throws a usage error for what is no name. */
  pathOf(name: string): string {
    if (!NAME.test(name)) {
      throw usageError(`a key's name has letters, digits, dots and dashes, 64 at most, not "${name}"`);
    }
    return join(this.folder, `${name}${ENDING}`);
  }
}

function taken(name: string, path: string): Error {
  return keyError(`there is a key ${name} already (${path}): take another name, or mmbin keys remove ${name}`);
}
