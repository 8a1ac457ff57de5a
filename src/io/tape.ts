/**
 * Tapes: what the venue sent, one JSON object a line, plain or compressed, read and written as streams.
 * @module
 */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { parseTapeHead, TAPE_HEAD } from "./tape_line.ts";
import { ZstdWalker } from "./zstd.ts";

/** A tape that cannot be used, in one line: file, line, what, and how to mend it. */
export class TapeError extends Error {
  override readonly name = "TapeError";
  readonly exitCode = 11;
}

/** Who takes the lines of a tape. Bytes are valid during the call only. */
export interface TapeHandler {
  onFileStart?(path: string): void;
  /** The push's own JSON object stands at bytes[from..to). Returns what is wrong with it, or "". */
  onPush(bytes: Uint8Array, from: number, to: number, timeUs: number): string;
  onInfo(request: unknown, response: unknown, timeUs: number): void;
  onMark(reason: string, timeUs: number): void;
}

export interface TapeOptions {
  /** Count bad lines instead of stopping at the first. */
  skipBadLines: boolean;
  /** Asked before each line; true ends the reading. */
  stop?: () => boolean;
  /** Asked before each push: a promise is awaited, so that a clock can pace the tape. */
  pace?: (timeUs: number) => Promise<void> | undefined;
}

export interface TapeStats {
  path: string;
  lineCount: number;
  badLineCount: number;
  /** Line numbers of the first bad lines. */
  badLines: number[];
  /** The file ends in the middle (only with `skipBadLines`). */
  truncated: boolean;
}

/** A line longer than this is no push of the venue (its largest, a full set of contexts, is under 200 kB). */
const LINE_BYTES_MAX = 8 * 1024 * 1024;
const BAD_LINES_SHOWN = 5;
const NEWLINE = 0x0a;

/** Reads tapes one after another. Returns what was read of each. */
export async function readTapes(
  paths: readonly string[],
  handler: TapeHandler,
  options: TapeOptions,
): Promise<TapeStats[]> {
  const stats: TapeStats[] = [];
  for (const path of paths) {
    if (options.stop?.() === true) break;
    handler.onFileStart?.(path);
    stats.push(await new TapeReading(path, handler, options).run());
  }
  return stats;
}

/** Opens a file as decompressed bytes; `walker` watches a zstd file for its end. Null for an empty file. */
async function openBytes(path: string): Promise<{ stream: Readable; walker: ZstdWalker | null } | null> {
  const head = await readHead(path);
  if (head.length === 0) return null;
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const gunzip = createGunzip();
    file.on("error", (error) => gunzip.destroy(error));
    return { stream: file.pipe(gunzip), walker: null };
  }
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) {
    const walker = new ZstdWalker();
    const unzstd = createZstdDecompress();
    file.on("data", (chunk) => walker.push(chunk as Uint8Array));
    file.on("error", (error) => unzstd.destroy(error));
    return { stream: file.pipe(unzstd), walker };
  }
  return { stream: file, walker: null };
}

async function readHead(path: string): Promise<Uint8Array> {
  const head = new Uint8Array(4);
  try {
    if ((await stat(path)).isDirectory()) throw new TapeError(`${path}: is a folder: name the tape files in it`);
    const file = await open(path, "r");
    const { bytesRead } = await file.read(head, 0, 4, 0);
    await file.close();
    if (bytesRead === 0) return new Uint8Array(0);
  } catch (error) {
    if (error instanceof TapeError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new TapeError(`${path}: ${code === "ENOENT" ? "no such file" : `cannot be read (${code})`}`);
  }
  return head;
}

class TapeReading {
  readonly #stats: TapeStats;
  readonly #handler: TapeHandler;
  readonly #options: TapeOptions;
  /** A line that began in an earlier chunk. */
  #carry = new Uint8Array(64 * 1024);
  #carried = 0;
  #stopped = false;

  constructor(path: string, handler: TapeHandler, options: TapeOptions) {
    this.#stats = { path, lineCount: 0, badLineCount: 0, badLines: [], truncated: false };
    this.#handler = handler;
    this.#options = options;
  }

  async run(): Promise<TapeStats> {
    const opened = await openBytes(this.#stats.path);
    if (opened === null) {
      // What a recorder that was killed at once leaves behind.
      if (!this.#options.skipBadLines)
        throw new TapeError(`${this.#stats.path}: is empty: leave it out, or use --skip-bad-lines`);
      this.#stats.truncated = true;
      return this.#stats;
    }
    const { stream, walker } = opened;
    try {
      await this.#chunks(stream);
    } finally {
      stream.destroy();
    }
    if (this.#stopped) return this.#stats;
    if (this.#carried > 0) {
      const timeUs = this.#line(this.#carry, 0, this.#carried);
      if (typeof timeUs === "number") this.#push(this.#carry, 0, this.#carried, timeUs);
      this.#carried = 0;
    }
    if (walker !== null && !walker.isComplete) this.#cut("the last frame does not end");
    if (this.#stats.lineCount === 0 && !this.#stats.truncated)
      throw new TapeError(`${this.#stats.path}: holds no lines`);
    return this.#stats;
  }

  /** Only a failure of the stream itself tells of the file: what a handler throws is a bug or an error of its own, and passes. */
  async #chunks(stream: Readable): Promise<void> {
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    while (!this.#stopped) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        this.#cut((error as Error).message);
        return;
      }
      if (next.done === true) return;
      const pause = this.#chunk(next.value, 0);
      if (pause !== undefined) await this.#paced(next.value, pause);
    }
  }

  /** The compressed file ends in the middle, or is damaged there. */
  #cut(why: string): void {
    const { path, lineCount } = this.#stats;
    if (!this.#options.skipBadLines) {
      throw new TapeError(
        `${path}: is cut short or damaged after line ${lineCount} (${why}): copy it again, or use what is there with --skip-bad-lines`,
      );
    }
    this.#stats.truncated = true;
    this.#stats.badLineCount += 1;
  }

  /** Where a paced reading stopped to wait. */
  async #paced(chunk: Uint8Array, first: Pause): Promise<void> {
    let pause: Pause | undefined = first;
    while (pause !== undefined) {
      await pause.until;
      this.#push(pause.bytes, pause.from, pause.to, pause.timeUs);
      if (this.#options.stop?.() === true) {
        this.#stopped = true;
        return;
      }
      pause = this.#chunk(chunk, pause.next);
    }
  }

  /** Takes whole lines of a chunk from `from` on; returns early when a line wants to wait. */
  #chunk(chunk: Uint8Array, from: number): Pause | undefined {
    let start = from;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      let bytes = chunk;
      let lineFrom = start;
      let lineTo = end;
      if (this.#carried > 0) {
        this.#keep(chunk, start, end);
        bytes = this.#carry;
        lineFrom = 0;
        lineTo = this.#carried;
        this.#carried = 0;
      }
      start = end + 1;
      if (this.#options.stop?.() === true) {
        this.#stopped = true;
        return undefined;
      }
      const timeUs = this.#line(bytes, lineFrom, lineTo);
      if (timeUs === undefined) continue;
      const until = this.#options.pace?.(timeUs);
      if (until !== undefined) return { until, bytes, from: lineFrom, to: lineTo, timeUs, next: start };
      this.#push(bytes, lineFrom, lineTo, timeUs);
    }
    this.#keep(chunk, start, chunk.length);
    return undefined;
  }

  /** Keeps a part of a line for the next chunk. */
  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > LINE_BYTES_MAX) {
      throw new TapeError(`${this.#stats.path}: line ${this.#stats.lineCount + 1} is over 8 MiB: this is not a tape`);
    }
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#carry.length));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(from, to), this.#carried);
    this.#carried = needed;
  }

  #push(bytes: Uint8Array, from: number, to: number, timeUs: number): void {
    // The head is read again where a pause came between: other lines may have been parsed meanwhile.
    if (!parseTapeHead(bytes, from, trimmedEnd(bytes, from, to))) return;
    const problem = this.#handler.onPush(bytes, TAPE_HEAD.bodyAt, trimmedEnd(bytes, from, to) - 1, timeUs);
    if (problem !== "") this.#bad(problem);
  }

  /** Takes one line. Returns its time when it is a push, which the caller delivers; undefined when it is dealt with. */
  #line(bytes: Uint8Array, from: number, rawTo: number): number | undefined {
    this.#stats.lineCount += 1;
    const to = trimmedEnd(bytes, from, rawTo);
    if (to === from) return undefined;
    if (parseTapeHead(bytes, from, to)) return TAPE_HEAD.timeUs;
    return this.#unusual(bytes.subarray(from, to));
  }

  /** Facts, marks, and pushes in another order of keys. */
  #unusual(line: Uint8Array): undefined {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    } catch {
      this.#bad("is not JSON");
      return undefined;
    }
    const object = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const ms = object.local_ms;
    if (typeof ms !== "number" || !Number.isFinite(ms) || ms <= 0) {
      this.#bad('has no "local_ms", so it is not a line of a tape');
      return undefined;
    }
    const timeUs = Math.round(ms * 1000);
    const info = object.info as { request?: unknown; response?: unknown } | undefined;
    const mark = object.mark as { gap?: unknown } | undefined;
    if (info?.request !== undefined) this.#handler.onInfo(info.request, info.response, timeUs);
    else if (typeof mark?.gap === "string") this.#handler.onMark(mark.gap, timeUs);
    else if (typeof object.msg === "object" && object.msg !== null) {
      const bytes = new TextEncoder().encode(JSON.stringify(object.msg));
      const problem = this.#handler.onPush(bytes, 0, bytes.length, timeUs);
      if (problem !== "") this.#bad(problem);
    } else this.#bad('holds neither "msg" nor "info" nor "mark"');
    return undefined;
  }

  #bad(what: string): void {
    const { path, lineCount, badLines } = this.#stats;
    if (!this.#options.skipBadLines) {
      const hint = lineCount === 1 ? "name a tape file" : "mend or remove the line, or pass --skip-bad-lines";
      throw new TapeError(`${path}: line ${lineCount} ${what}: ${hint}`);
    }
    this.#stats.badLineCount += 1;
    if (badLines.length < BAD_LINES_SHOWN) badLines.push(lineCount);
  }
}

interface Pause {
  until: Promise<void>;
  bytes: Uint8Array;
  from: number;
  to: number;
  timeUs: number;
  next: number;
}

/** End of a line without trailing carriage return or blanks. */
function trimmedEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] as number) <= 0x20) end -= 1;
  return end;
}
