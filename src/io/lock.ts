/**
 * One process at a time: an exclusive transaction on a small database, which the system lets go when the process is gone, however it went.
 * @module
 */
import { Database } from "bun:sqlite";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { storageError, UserError } from "./exit.ts";

/** A lock that is held until `release`, or until the process ends. */
export class ProcessLock {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Takes the lock, or throws with exit code 13 and who holds it.
   * @param what What is locked, for people: "0xabc on mainnet".
   */
  static take(path: string, what: string): ProcessLock {
    let db: Database | null = null;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      db = new Database(path, { create: true, strict: true });
      chmodSync(path, 0o600);
      // In memory: a journal file beside it would outlive a killed process and have to be rolled back.
      db.run("PRAGMA journal_mode = MEMORY");
      db.run("PRAGMA busy_timeout = 0");
      db.run("BEGIN EXCLUSIVE");
      return new ProcessLock(db);
    } catch (error) {
      db?.close();
      const { message, code } = error as { message: string; code?: string };
      if (code === "SQLITE_BUSY" || /locked|busy/i.test(message))
        throw new UserError(13, `another process trades ${what}: stop it (mmbin ctl stop), or name another account`);
      throw storageError(`${path}: cannot be locked (${code ?? message})`);
    }
  }

  release(): void {
    this.#db.close();
  }
}
