/**
 * Writing a journal: frames into checksummed blocks, blocks into segments, on disk before anything acts on them.
 * @module
 */
import { closeSync, fdatasync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import {
  BLOCK,
  BLOCK_CHECKED_FROM,
  BLOCK_HEAD_BYTES,
  BLOCK_MAGIC,
  blockChecksum,
  encodeHeader,
  type RunHeader,
  segmentName,
} from "./journal_format.ts";

/** The few calls that a journal makes to the disk, so that tests can stand between. All but `sync` throw what went wrong. */
export interface JournalDisk {
  /** Creates a file that must not exist. */
  create(path: string): number;
  /** Writes some of the bytes; returns how many. */
  write(file: number, bytes: Uint8Array, from: number, count: number): number;
  /** Brings a file to the medium, off the loop. */
  sync(file: number, onDone: (error: Error | null) => void): void;
  close(file: number): void;
  remove(path: string): void;
}

/** The machine's own. */
export const DISK: JournalDisk = {
  create: (path) => openSync(path, "wx", 0o600),
  write: (file, bytes, from, count) => writeSync(file, bytes, from, count),
  sync: (file, onDone) => fdatasync(file, (error) => onDone(error ?? null)),
  close: (file) => closeSync(file),
  remove: (path) => unlinkSync(path),
};

/** When a new segment begins. */
export interface RotationPolicy {
  rotateBytes: number;
  rotateUs: TimeUs;
}

/** What a new segment begins from: the core's whole state between two frames. */
export interface SegmentStart {
  snapshot: Float64Array;
  stateVersion: number;
  framesBefore: number;
  timeUs: TimeUs;
}

/** Frames are collected up to this before they are written even when nothing acts on them. */
const BLOCK_DOUBLES = 8_192;
const HEAD_DOUBLES = BLOCK_HEAD_BYTES / 8;
/** A power loss costs at most this; a killed process nothing that was committed. */
const SYNC_US = US_PER_SECOND;

/**
 * Appends frames to the newest segment. `write` copies a frame into the block at hand; `commit` hands the block to the operating system, and
 * is called before anything acts on what it holds. Once a second the file is synced, off the loop.
 *
 * A disk that refuses is no crash: `failure` says why, what comes after it is counted as lost, and `begin` may be tried again later. What
 * then follows is a new segment, whose snapshot bridges what was lost.
 */
export class JournalWriter {
  /** Why nothing can be written, or "". */
  failure = "";
  segmentCount = 0;
  frameCount = 0;
  byteCount = 0;
  /** Frames that were not written because of a failure. */
  lostCount = 0;
  /** Newest segment, or "". */
  path = "";
  readonly #folder: string;
  readonly #run: RunHeader;
  readonly #policy: RotationPolicy;
  readonly #disk: JournalDisk;
  readonly #clock: Pick<Clock, "monotonicUs">;
  readonly #block = new Float64Array(HEAD_DOUBLES + BLOCK_DOUBLES);
  readonly #words = new Uint32Array(this.#block.buffer);
  readonly #bytes = new Uint8Array(this.#block.buffer);
  /** Doubles and frames in the block at hand. */
  #length = 0;
  #pending = 0;
  #file = -1;
  #segment = 0;
  #segmentBytes = 0;
  #beganUs = 0;
  #syncedUs = 0;
  /** The file that is being synced, or -1: one at a time. */
  #syncing = -1;
  /** Files that nothing more is written to: each is synced, then closed. */
  readonly #retired: { file: number; path: string; isSealed: boolean }[] = [];
  #onIdle: (() => void) | null = null;
  #unsynced = false;

  constructor(
    folder: string,
    run: RunHeader,
    policy: RotationPolicy,
    clock: Pick<Clock, "monotonicUs">,
    disk: JournalDisk = DISK,
  ) {
    this.#folder = folder;
    this.#run = run;
    this.#policy = policy;
    this.#clock = clock;
    this.#disk = disk;
  }

  get isDown(): boolean {
    return this.failure !== "";
  }

  /** Begins a segment; the one before it is sealed. On failure `failure` says why. */
  begin(start: SegmentStart): void {
    this.#seal();
    this.failure = "";
    this.#segment += 1;
    const path = join(this.#folder, segmentName(this.#segment));
    try {
      this.#file = this.#disk.create(path);
    } catch (error) {
      this.#fail(path, error);
      return;
    }
    this.path = path;
    this.segmentCount += 1;
    this.#segmentBytes = 0;
    this.#beganUs = start.timeUs;
    const { snapshot } = start;
    const header = encodeHeader(this.#run, { segment: this.#segment, ...start });
    this.#writeBlock(BLOCK.header, header);
    if (this.failure === "")
      this.#writeBlock(BLOCK.snapshot, new Uint8Array(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength));
    // What has no whole beginning is of no use to a reader.
    if (this.failure !== "") this.#discard(path);
  }

  /** Whether the next frame should open a new segment. */
  wantsRotation(timeUs: TimeUs): boolean {
    if (this.#file < 0) return false;
    return this.#segmentBytes >= this.#policy.rotateBytes || timeUs - this.#beganUs >= this.#policy.rotateUs;
  }

  /** Takes one whole frame. */
  write(data: Float64Array, at: number): void {
    const size = data[at] as number;
    if (this.#file >= 0 && this.#length + size > BLOCK_DOUBLES) this.commit();
    // Asked after the commit, which may have failed: what is taken now would turn up in the next segment, out of place.
    if (this.#file < 0) {
      this.lostCount += 1;
      return;
    }
    const to = HEAD_DOUBLES + this.#length;
    for (let i = 0; i < size; i++) this.#block[to + i] = data[at + i] as number;
    this.#length += size;
    this.#pending += 1;
  }

  /** Hands what was taken to the operating system: from here on it survives this process. */
  commit(): void {
    if (this.#length > 0 && this.#file >= 0) this.#writeFrames();
    if (!this.#unsynced || this.#syncing >= 0) return;
    const nowUs = this.#clock.monotonicUs();
    if (nowUs - this.#syncedUs < SYNC_US) return;
    this.#syncedUs = nowUs;
    this.#unsynced = false;
    this.#sync(this.#file);
  }

  #writeFrames(): void {
    const byteCount = this.#length * 8;
    const payload = this.#bytes.subarray(BLOCK_HEAD_BYTES, BLOCK_HEAD_BYTES + byteCount);
    this.#fillHead(BLOCK.frames, payload);
    const frames = this.#pending;
    this.#length = 0;
    this.#pending = 0;
    if (this.#writeAll(this.#bytes, BLOCK_HEAD_BYTES + byteCount)) this.frameCount += frames;
    else this.lostCount += frames;
  }

  #fillHead(type: number, payload: Uint8Array): void {
    this.#words[0] = BLOCK_MAGIC;
    this.#words[2] = type;
    this.#words[3] = payload.length;
    const head = this.#bytes.subarray(BLOCK_CHECKED_FROM, BLOCK_HEAD_BYTES);
    this.#words[1] = Bun.hash.crc32(payload, Bun.hash.crc32(head));
  }

  /** A block of its own, beside the one at hand. */
  #writeBlock(type: number, payload: Uint8Array): void {
    const head = new Uint32Array([BLOCK_MAGIC, blockChecksum(type, payload), type, payload.length]);
    if (this.#writeAll(new Uint8Array(head.buffer), BLOCK_HEAD_BYTES)) this.#writeAll(payload, payload.length);
  }

  /** Writes all of it, or fails. */
  #writeAll(bytes: Uint8Array, count: number): boolean {
    let done = 0;
    try {
      while (done < count) {
        const written = this.#disk.write(this.#file, bytes, done, count - done);
        if (written <= 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC" });
        done += written;
      }
    } catch (error) {
      this.#fail(this.path, error);
      return false;
    }
    this.#unsynced = true;
    this.#segmentBytes += count;
    this.byteCount += count;
    return true;
  }

  #fail(path: string, error: unknown): void {
    this.failure = `${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"})`;
    this.lostCount += this.#pending;
    this.#length = 0;
    this.#pending = 0;
    this.#retire();
  }

  #sync(file: number): void {
    this.#syncing = file;
    this.#disk.sync(file, (error) => {
      this.#syncing = -1;
      // Of a file that is written on, a failed sync says that its pages may be lost.
      if (error !== null && file === this.#file) this.#fail(this.path, error);
      this.#syncRetired();
    });
  }

  /** Brings the next retired file to the medium and lets it go: what was written to it since its last sync must not wait for the system. */
  #syncRetired(): void {
    if (this.#syncing >= 0) return;
    const next = this.#retired.shift();
    if (next === undefined) {
      this.#onIdle?.();
      return;
    }
    this.#syncing = next.file;
    this.#disk.sync(next.file, (error) => {
      this.#syncing = -1;
      this.#close(next.file);
      // What failed before was told; of a sealed file it is news, and the next segment opens with all that may be lost.
      if (error !== null && next.isSealed && this.failure === "") this.#fail(next.path, error);
      this.#syncRetired();
    });
  }

  /** Ends the segment at hand: everything written, synced behind, closed after that. */
  #seal(): void {
    if (this.#file < 0) return;
    if (this.#length > 0) this.#writeFrames();
    if (this.#file >= 0) this.#retire();
  }

  /** Lets go of the file at hand. */
  #retire(): void {
    const file = this.#file;
    this.#file = -1;
    this.#unsynced = false;
    if (file < 0) return;
    this.#retired.push({ file, path: this.path, isSealed: this.failure === "" });
    this.#syncRetired();
  }

  #close(file: number): void {
    try {
      this.#disk.close(file);
    } catch {
      // Nothing that could still be done about it.
    }
  }

  #discard(path: string): void {
    this.segmentCount -= 1;
    try {
      this.#disk.remove(path);
    } catch {
      // A stump stays; readers pass over it.
    }
  }

  /** Ends the journal. Resolves when everything is on the medium, or `failure` says why it may not be. */
  close(): Promise<void> {
    this.#seal();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#syncRetired();
    });
  }
}
