/**
 * What a key has reserved of its nonces, on disk: so that no process that comes later, or beside, takes one again.
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { keyError, storageError, UserError } from "./exit.ts";
import { replacePrivate, replacePrivateLater } from "./private_file.ts";
import { isProcessAlive, processMark } from "./process.ts";

const SCHEMA = "mmbin.nonces/1";

const recordSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  /** Every nonce up to this one may have been used. Milliseconds since 1970. */
  reserved_ms: z.int().min(0),
  /** Process that uses the key, 0 for none. */
  pid: z.int().min(0),
  process: z.string().nullable(),
  /** Tells two users within one process apart. */
  holder: z.string(),
});
type NonceRecord = z.infer<typeof recordSchema>;

/** Where a key's nonces are reserved before they are used. */
export interface NonceStore {
  /** Every nonce up to this one may have been used, by whomever. */
  readonly reservedMs: number;
  /** Throws when somebody else reserved meanwhile. */
  check(): void;
  /** On disk when it calls back without an error; meanwhile what was reserved before holds. Does nothing while another is under way. */
  reserveLater(toMs: number, onDone: (error: Error | null) => void): void;
  /** On disk when it returns. Throws when somebody else reserved meanwhile, or the disk refuses. */
  reserve(toMs: number): void;
  /** Gives back what was not used. */
  release(usedMs: number): void;
}

/**
 * The file of one key. Who holds it is the process named in it for as long as that lives; a process that died without a word leaves a
 * reservation that the next one begins above. Two that start in one moment may both find it free: `check` before the first nonce tells the loser.
 */
export class NonceFile implements NonceStore {
  readonly path: string;
  reservedMs: number;
  readonly #address: string;
  readonly #holder = randomUUID();
  /** As it was left: anything else is somebody else's. */
  #text = "";
  /** Writes so far: one that was begun before the last must not come after it. */
  #writeCount = 0;
  #isWriting = false;

  /**
   * Takes the key for this process.
   * @throws {UserError} Another process has it (exit 13), the file is damaged (4) or cannot be written (12).
   */
  constructor(folder: string, address: string) {
    this.#address = address;
    this.path = join(folder, address);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw storageError(`${folder}: cannot be made (${(error as NodeJS.ErrnoException).code ?? "error"})`);
    }
    const found = readRecord(this.path);
    if (found !== null && found.pid !== 0 && isProcessAlive(found.pid, found.process)) {
      throw new UserError(13, `process ${found.pid} uses the key of ${address}: one key, one process`);
    }
    this.reservedMs = found?.reserved_ms ?? 0;
    this.#write(process.pid, this.reservedMs);
  }

  check(): void {
    if (textOf(this.path) === this.#text) return;
    throw new UserError(13, `another process took the key of ${this.#address} (${this.path}): one key, one process`);
  }

  reserve(toMs: number): void {
    this.check();
    this.#write(process.pid, toMs);
  }

  release(usedMs: number): void {
    this.check();
    this.#write(0, usedMs);
  }

  reserveLater(toMs: number, onDone: (error: Error | null) => void): void {
    if (this.#isWriting) return;
    try {
      this.check();
    } catch (error) {
      onDone(error as Error);
      return;
    }
    const text = this.#textOf(process.pid, toMs);
    const at = this.#writeCount;
    this.#isWriting = true;
    replacePrivateLater(this.path, text, {
      isWanted: () => this.#writeCount === at,
      onPlaced: () => {
        this.#text = text;
      },
      onDone: (error) => {
        this.#isWriting = false;
        if (error === null && this.#writeCount === at) this.reservedMs = toMs;
        onDone(error);
      },
    });
  }

  #write(pid: number, reservedMs: number): void {
    const text = this.#textOf(pid, reservedMs);
    this.#writeCount += 1;
    replacePrivate(this.path, text);
    this.#text = text;
    this.reservedMs = reservedMs;
  }

  #textOf(pid: number, reservedMs: number): string {
    const record: NonceRecord = {
      schema: SCHEMA,
      reserved_ms: reservedMs,
      pid,
      process: pid === 0 ? null : processMark(pid),
      holder: this.#holder,
    };
    return `${JSON.stringify(record)}\n`;
  }
}

function readRecord(path: string): NonceRecord | null {
  const text = textOf(path);
  if (text === null) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    throw keyError(
      `${path}: damaged, so nobody knows which nonces were used: use a new agent key, or remove the file if this one has not signed for two days`,
    );
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw storageError(`${path}: cannot be read (${code ?? "error"})`);
  }
}
