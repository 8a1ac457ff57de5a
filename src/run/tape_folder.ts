/**
 * A recording in pieces: a new tape each hour or so, each with the facts of its markets, so that every piece can be traded alone.
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TimeUs } from "../core/units.ts";
import { US_PER_SECOND } from "../core/units.ts";
import { stampOf } from "../io/clock.ts";
import { storageError } from "../io/exit.ts";
import { FLUSH_US, TapeWriter } from "../io/tape_writer.ts";
import type { InfoAnswer } from "../wire/hyperliquid/instrument.ts";

/** One piece, as a summary lists it. */
export interface TapePiece {
  file: string;
  lines: number;
  bytes: number;
  from_us: TimeUs;
  to_us: TimeUs;
}

/** Writes pieces one after another. */
export class TapeFolder {
  readonly #folder: string;
  readonly #name: string;
  readonly #rotateUs: number;
  readonly #answers: readonly InfoAnswer[];
  readonly #pieces: { writer: TapeWriter; fromUs: TimeUs; toUs: TimeUs }[] = [];
  #opening: Promise<void> | null = null;
  #failure = "";
  /** What came while the next piece was being opened. */
  #held: ((writer: TapeWriter) => void)[] = [];
  #flushUs: TimeUs;

  private constructor(folder: string, name: string, rotateUs: number, answers: readonly InfoAnswer[], startUs: TimeUs) {
    this.#folder = folder;
    this.#name = name;
    this.#rotateUs = rotateUs;
    this.#answers = answers;
    this.#flushUs = startUs;
  }

  /** Opens the folder and the first piece. Throws a storage error where that cannot be. */
  static async create(
    folder: string,
    venue: string,
    markets: readonly string[],
    rotateSeconds: number,
    answers: readonly InfoAnswer[],
    startUs: TimeUs,
  ): Promise<TapeFolder> {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw storageError(`${folder}: cannot be made (${(error as NodeJS.ErrnoException).code ?? "error"})`);
    }
    const coins = markets.slice(0, 4).join("-") + (markets.length > 4 ? `-and-${markets.length - 4}-more` : "");
    const name = `hl-${venue}-${coins}`.replace(/[^A-Za-z0-9.-]+/g, "_");
    const tapes = new TapeFolder(folder, name, rotateSeconds * US_PER_SECOND, answers, startUs);
    await tapes.#open(startUs);
    if (tapes.#failure !== "") throw storageError(tapes.#failure);
    return tapes;
  }

  async #open(timeUs: TimeUs): Promise<void> {
    const writer = await this.#create(join(this.#folder, `${this.#name}-${stampOf(timeUs)}`));
    if (writer === null) return;
    for (const { request, response } of this.#answers) {
      // How the markets stood at the start is no fact of a later piece.
      if (this.#pieces.length > 0 && request.type === "metaAndAssetCtxs") continue;
      writer.writeInfo(timeUs, request, response);
    }
    // At once: a recorder that is killed now leaves no empty file among the others.
    writer.flush();
    this.#pieces.at(-1)?.writer.flush();
    this.#pieces.push({ writer, fromUs: timeUs, toUs: timeUs });
    this.#opening = null;
    const held = this.#held;
    this.#held = [];
    for (const write of held) write(writer);
  }

  /** Creates the next file; a recorder that was started again within the second finds the name taken. */
  async #create(base: string): Promise<TapeWriter | null> {
    for (let n = 1; ; n++) {
      const path = `${base}${n === 1 ? "" : `-${n}`}.ndjson.zst`;
      try {
        return await TapeWriter.create(path);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "error";
        if (code === "EEXIST") continue;
        this.#failure = `${path}: cannot be written (${code})`;
        return null;
      }
    }
  }

  #write(timeUs: TimeUs, write: (writer: TapeWriter) => void): void {
    const piece = this.#pieces.at(-1);
    if (piece === undefined) return;
    if (this.#opening === null && timeUs - piece.fromUs >= this.#rotateUs) this.#opening = this.#open(timeUs);
    if (this.#opening !== null) this.#held.push(write);
    else {
      write(piece.writer);
      piece.toUs = timeUs;
    }
  }

  writePush(timeUs: TimeUs, text: string): void {
    this.#write(timeUs, (writer) => writer.writePush(timeUs, text));
  }

  /** Facts that changed. The answers that the folder was made with already hold them, for the pieces to come. */
  writeInfo(timeUs: TimeUs, { request, response }: InfoAnswer): void {
    this.#write(timeUs, (writer) => writer.writeInfo(timeUs, request, response));
  }

  writeMark(timeUs: TimeUs, reason: string): void {
    this.#write(timeUs, (writer) => writer.writeMark(timeUs, reason));
  }

  /** Lets what is pending reach the disk now and then. */
  onTime(nowUs: TimeUs): void {
    if (nowUs - this.#flushUs < FLUSH_US) return;
    this.#flushUs = nowUs;
    this.#pieces.at(-1)?.writer.flush();
  }

  /** Why nothing more is written, or "". */
  get failure(): string {
    if (this.#failure !== "") return this.#failure;
    const broken = this.#pieces.find((p) => p.writer.failure !== "");
    return broken === undefined ? "" : `${broken.writer.path}: cannot be written (${broken.writer.failure})`;
  }

  /** Writes the rest; returns the pieces. */
  async close(): Promise<TapePiece[]> {
    await this.#opening;
    for (const { writer } of this.#pieces) await writer.close();
    return this.#pieces.map(({ writer, fromUs, toUs }) => ({
      file: writer.path,
      lines: writer.lineCount,
      bytes: writer.byteCount,
      from_us: fromUs,
      to_us: toUs,
    }));
  }
}
