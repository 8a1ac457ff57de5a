/**
 * Whether a zstd stream is whole: Bun's decoder ends without a word where a file was cut.
 * @module
 */

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * Walks the frame and block headers of a zstd stream as its bytes pass, without decoding.
 *
 * Source: RFC 8878, sections 3.1.1 (frame and block headers) and 3.1.2 (skippable frames).
 */
export class ZstdWalker {
  /** Whether the bytes so far end exactly where a frame ends. */
  isComplete = false;
  /** Set when the bytes are no zstd at all. */
  isForeign = false;
  #state: "magic" | "descriptor" | "block" | "skip_size" = "magic";
  /** Payload bytes to pass before the next header. */
  #skip = 0;
  #need = 4;
  #have = 0;
  readonly #head = new Uint8Array(18);
  #hasChecksum = false;
  #isLast = false;

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.isForeign) {
      this.isComplete = false;
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
      } else {
        this.#head[this.#have] = chunk[at] as number;
        this.#have += 1;
        at += 1;
        if (this.#have === this.#need) this.#header();
      }
      if (this.#skip === 0 && this.#have === 0 && this.#state === "magic") this.isComplete = true;
    }
  }

  #little(from: number, bytes: number): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (this.#head[from + i] as number);
    return value;
  }

  #next(state: "magic" | "descriptor" | "block" | "skip_size", need: number): void {
    this.#state = state;
    this.#need = need;
    this.#have = 0;
  }

  #header(): void {
    if (this.#state === "magic") {
      const magic = this.#little(0, 4);
      if (magic === MAGIC) this.#next("descriptor", 1);
      else if (magic - (magic % 16) === SKIPPABLE) this.#next("skip_size", 4);
      else this.isForeign = true;
    } else if (this.#state === "skip_size") {
      this.#skip = this.#little(0, 4);
      this.#next("magic", 4);
    } else if (this.#state === "descriptor") {
      this.#descriptor();
    } else {
      this.#block();
    }
  }

  #descriptor(): void {
    const flags = this.#head[0] as number;
    const single = (flags >> 5) & 1;
    const sizeFlag = flags >> 6;
    this.#hasChecksum = ((flags >> 2) & 1) === 1;
    const contentBytes = sizeFlag === 0 ? single : 2 ** sizeFlag;
    const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
    this.#skip = 1 - single + dictionaryBytes + contentBytes;
    this.#isLast = false;
    this.#next("block", 3);
  }

  #block(): void {
    if (this.#isLast) return;
    const header = this.#little(0, 3);
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    // A run-length block holds one byte whatever its size.
    this.#skip = type === 1 ? 1 : header >> 3;
    if (!isLast) {
      this.#next("block", 3);
      return;
    }
    if (this.#hasChecksum) this.#skip += 4;
    this.#next("magic", 4);
  }
}
