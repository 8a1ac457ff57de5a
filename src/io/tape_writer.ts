/**
 * Writing tapes: zstd frames appended one after another, each whole by itself.
 * @module
 */
import { open } from "node:fs/promises";

/** Lines collected before a frame is written. */
const FRAME_BYTES = 1024 * 1024;
/** Lines reach the disk within this time of the clock that stamps them: what a crash may cost. */
export const FLUSH_US = 10_000_000;
/** Text that may wait for a slow disk; what comes after it is refused, and said. */
const WAITING_BYTES_MAX = 64 * FRAME_BYTES;

/**
 * Appends lines to a `.zst` tape. Every frame stands alone, so that what was written stays readable whatever happens next.
 *
 * Adding never waits: compressing and writing go on behind, frame after frame in order. What goes wrong there is kept in `failure`.
 */
export class TapeWriter {
  readonly path: string;
  /** Why nothing more is written, or "". */
  failure = "";
  lineCount = 0;
  /** Bytes on disk. */
  byteCount = 0;
  #pending: string[] = [];
  #pendingBytes = 0;
  #waitingBytes = 0;
  #flushUs = Number.NaN;
  #behind: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates the file, so that an unwritable place shows before the first line. What is recorded cannot be had again: none is overwritten. */
  static async create(path: string): Promise<TapeWriter> {
    await (await open(path, "wx", 0o600)).close();
    return new TapeWriter(path);
  }

  /** @param push The push's own JSON text. */
  writePush(timeUs: number, push: string): void {
    this.#add(timeUs, `{"local_ms":${timeUs / 1000},"msg":${push}}\n`);
  }

  writeInfo(timeUs: number, request: unknown, response: unknown): void {
    this.#add(timeUs, `${JSON.stringify({ local_ms: timeUs / 1000, info: { request, response } })}\n`);
  }

  writeMark(timeUs: number, reason: string): void {
    this.#add(timeUs, `${JSON.stringify({ local_ms: timeUs / 1000, mark: { gap: reason } })}\n`);
  }

  #add(timeUs: number, line: string): void {
    if (this.failure !== "") return;
    if (Number.isNaN(this.#flushUs)) this.#flushUs = timeUs;
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    this.lineCount += 1;
    if (this.#pendingBytes < FRAME_BYTES && timeUs - this.#flushUs < FLUSH_US) return;
    this.#flushUs = timeUs;
    this.flush();
  }

  /** Hands what is pending over to be written as one frame. */
  flush(): void {
    if (this.#pending.length === 0 || this.failure !== "") return;
    const bytes = this.#pendingBytes;
    if (this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.failure = `the disk is too slow: ${WAITING_BYTES_MAX / FRAME_BYTES} MB wait to be written`;
      return;
    }
    const lines = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#waitingBytes += bytes;
    this.#behind = this.#behind.then(async () => {
      await this.#write(Buffer.from(lines.join("")));
      this.#waitingBytes -= bytes;
    });
  }

  async #write(text: Buffer): Promise<void> {
    if (this.failure !== "") return;
    try {
      const frame = await Bun.zstdCompress(text);
      const file = await open(this.path, "a");
      try {
        // Unlike a single write, this goes on until all of it is written or the disk says no.
        await file.appendFile(frame);
        this.byteCount += frame.length;
      } finally {
        await file.close();
      }
    } catch (error) {
      this.failure = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
  }

  /** Writes the rest and waits for all of it. */
  async close(): Promise<void> {
    this.flush();
    await this.#behind;
  }
}
