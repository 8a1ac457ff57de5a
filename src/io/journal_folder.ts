/**
 * All journals of this machine's user: how much of them is kept.
 * @module
 */
import { mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { type TimeUs, US_PER_DAY, US_PER_MS } from "../core/units.ts";
import { storageError } from "./exit.ts";
import { SEGMENT_ENDING } from "./journal_format.ts";
import { stateFolder } from "./paths.ts";

/** What is kept of journals. */
export interface KeepPolicy {
  keepBytes: number;
  keepDays: number;
}

/** A run that was written to within this time may still be running: its newest segment stays. */
const ALIVE_US = 3_600_000_000;

interface Piece {
  path: string;
  bytes: number;
  changedUs: TimeUs;
  /** Newest of its run. */
  isNewest: boolean;
}

/** Folder of all journals, a folder a run in it. */
export function journalsFolder(): string {
  return join(stateFolder(), "journals");
}

/** Folders of all journals. */
export function journalFolders(): string[] {
  return namesOf(journalsFolder()).map((name) => join(journalsFolder(), name));
}

/** Makes the folder of a run's journal. Throws a storage error where that cannot be, or where a journal is. */
export function makeJournalFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(`${path}: cannot be made (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
  if (namesOf(path).some((name) => name.endsWith(SEGMENT_ENDING)))
    throw storageError(`${path}: holds the journal of another run: name a new folder`);
}

/**
 * Deletes the oldest segments of these folders until the rest fits the policy. The newest segment of a run that may be alive is never deleted, nor is
 * `keepPath`. Files that are no segments stay. Returns the bytes freed.
 */
export function pruneJournals(folders: readonly string[], policy: KeepPolicy, nowUs: TimeUs, keepPath: string): number {
  const pieces = list(folders).sort((a, b) => a.changedUs - b.changedUs || (a.path < b.path ? -1 : 1));
  let total = pieces.reduce((sum, p) => sum + p.bytes, 0);
  let freed = 0;
  for (const piece of pieces) {
    const tooOld = nowUs - piece.changedUs > policy.keepDays * US_PER_DAY;
    if (!tooOld && total <= policy.keepBytes) continue;
    if (piece.path === keepPath || (piece.isNewest && nowUs - piece.changedUs < ALIVE_US)) continue;
    try {
      unlinkSync(piece.path);
    } catch {
      // Somebody else was quicker, or may and we may not.
      continue;
    }
    total -= piece.bytes;
    freed += piece.bytes;
    removeEmpty(join(piece.path, ".."));
  }
  return freed;
}

function list(folders: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  for (const folder of folders) {
    const names = namesOf(folder).filter((name) => name.endsWith(SEGMENT_ENDING));
    names.sort();
    for (const name of names) {
      const path = join(folder, name);
      const facts = statSync(path, { throwIfNoEntry: false });
      if (facts === undefined) continue;
      const changedUs = facts.mtimeMs * US_PER_MS;
      pieces.push({ path, bytes: facts.size, changedUs, isNewest: name === names.at(-1) });
    }
  }
  return pieces;
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: other segments, or files of somebody else.
  }
}
