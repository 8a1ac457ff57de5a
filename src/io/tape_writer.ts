/**
 * Writing tapes: zstd frames appended one after another, each whole by itself.
 * @module
 */
import { open } from "node:fs/promises";

/** Lines collected before a frame is written: a cut loses at most this much. */
const FRAME_BYTES = 1024 * 1024;

/** Appends lines to a `.zst` tape. Every frame stands alone, so that what was written stays readable whatever happens next. */
export class TapeWriter {
  readonly #path: string;
  #pending: string[] = [];
  #bytes = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Creates or empties the file, so that an unwritable place shows before the first line. */
  static async create(path: string): Promise<TapeWriter> {
    await (await open(path, "w")).close();
    return new TapeWriter(path);
  }

  /** @param push The push's own JSON text. */
  async writePush(timeUs: number, push: string): Promise<void> {
    await this.#add(`{"local_ms":${timeUs / 1000},"msg":${push}}\n`);
  }

  async writeInfo(timeUs: number, request: unknown, response: unknown): Promise<void> {
    await this.#add(`${JSON.stringify({ local_ms: timeUs / 1000, info: { request, response } })}\n`);
  }

  async writeMark(timeUs: number, reason: string): Promise<void> {
    await this.#add(`${JSON.stringify({ local_ms: timeUs / 1000, mark: { gap: reason } })}\n`);
  }

  async #add(line: string): Promise<void> {
    this.#pending.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= FRAME_BYTES) await this.flush();
  }

  /** Writes what is pending as one frame. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const frame = Bun.zstdCompressSync(Buffer.from(this.#pending.join("")));
    this.#pending = [];
    this.#bytes = 0;
    const file = await open(this.#path, "a");
    try {
      await file.write(frame);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.flush();
  }
}
