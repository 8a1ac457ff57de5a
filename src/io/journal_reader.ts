/**
 * Reading a journal: whole blocks, torn tails cut off, damage told from them.
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { F, FRAME_SIZE_MAX, HEADER_SIZE } from "../core/frame.ts";
import {
  BLOCK,
  BLOCK_BYTES_MAX,
  BLOCK_HEAD_BYTES,
  BLOCK_MAGIC,
  blockChecksum,
  JOURNAL_SCHEMA,
  SEGMENT_ENDING,
  type SegmentHeader,
  segmentHeaderSchema,
} from "./journal_format.ts";

/** A journal that cannot be used, in one line. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly exitCode = 11;
}

/** One segment in memory. */
export interface Segment {
  path: string;
  header: SegmentHeader;
  snapshot: Float64Array;
  /** Whole blocks of frames: first double and the one behind the last. */
  blocks: readonly { from: number; to: number }[];
  /** The whole file as doubles; blocks point into it. */
  data: Float64Array;
  /** Bytes of the file that are whole; what comes after them was torn when its writer died. */
  wholeBytes: number;
  tornBytes: number;
}

/** Segment files of a journal in order of time: of a folder, or one file alone. */
export function segmentPaths(path: string): string[] {
  let names: string[];
  try {
    if (!statSync(path).isDirectory()) return [path];
    names = readdirSync(path).filter((name) => name.endsWith(SEGMENT_ENDING));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new JournalError(`${path}: ${code === "ENOENT" ? "no such journal" : `cannot be read (${code})`}`);
  }
  if (names.length === 0)
    throw new JournalError(`${path}: holds no segment of a journal (*${SEGMENT_ENDING}): name the folder of a run`);
  return names.sort().map((name) => join(path, name));
}

/**
 * Reads one segment. Null for one that has no whole beginning: its writer died while it made it.
 * @throws {JournalError} Not a journal, of another version, or damaged in the middle.
 */
export function readSegment(path: string): Segment | null {
  const bytes = readBytes(path);
  const blocks: { type: number; from: number; to: number }[] = [];
  let at = 0;
  for (;;) {
    const size = wholeBlock(bytes, at);
    if (size < 0) break;
    blocks.push({ type: typeAt(bytes, at), from: at + BLOCK_HEAD_BYTES, to: at + BLOCK_HEAD_BYTES + size });
    at += BLOCK_HEAD_BYTES + size;
  }
  if (at < bytes.length) checkTorn(path, bytes, at, blocks.length);
  const [first, second] = blocks;
  if (first === undefined || second === undefined) return null;
  if (first.type !== BLOCK.header || second.type !== BLOCK.snapshot)
    throw new JournalError(`${path}: does not open with header and snapshot: it is no journal of ours`);
  const data = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 8));
  const segment = {
    path,
    header: parseHeader(path, bytes.subarray(first.from, first.to)),
    snapshot: data.subarray(second.from / 8, second.to / 8),
    blocks: blocks.slice(2).map((b) => ({ from: b.from / 8, to: b.to / 8 })),
    data,
    wholeBytes: at,
    tornBytes: bytes.length - at,
  };
  checkFrames(segment);
  return segment;
}

/** Calls back for each frame in order, input, state and intents alike, until one answers false. */
export function forEachFrame(segment: Segment, onFrame: (data: Float64Array, at: number) => unknown): void {
  const { data } = segment;
  for (const { from, to } of segment.blocks)
    for (let at = from; at < to; at += data[at] as number) if (onFrame(data, at) === false) return;
}

/**
 * Reads the segments of a journal one after another. Null for one that has no whole beginning. One that a running process pruned after they were
 * listed is passed over: it is missing as those before it are.
 */
export function* readSegments(path: string): Generator<Segment | null> {
  const paths = segmentPaths(path);
  for (const file of paths) {
    if (file !== path && file !== paths.at(-1) && !existsSync(file)) continue;
    yield readSegment(file);
  }
}

/** Cuts off what a dying writer left behind the last whole block. Returns the bytes cut. */
export function cutTornTail(segment: Segment): number {
  if (segment.tornBytes > 0) truncateSync(segment.path, segment.wholeBytes);
  return segment.tornBytes;
}

function readBytes(path: string): Uint8Array {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new JournalError(`${path}: ${code === "ENOENT" ? "no such journal" : `cannot be read (${code})`}`);
  }
  // Doubles are read in place, which needs them aligned.
  return file.byteOffset % 8 === 0 ? file : new Uint8Array(file);
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;
const typeAt = (bytes: Uint8Array, at: number): number => wordAt(bytes, at + 8);

/** Payload bytes of the whole block at `at`, or -1. */
function wholeBlock(bytes: Uint8Array, at: number): number {
  if (at + BLOCK_HEAD_BYTES > bytes.length || wordAt(bytes, at) !== BLOCK_MAGIC) return -1;
  const size = wordAt(bytes, at + 12);
  const from = at + BLOCK_HEAD_BYTES;
  if (size % 8 !== 0 || size > BLOCK_BYTES_MAX || from + size > bytes.length) return -1;
  return blockChecksum(typeAt(bytes, at), bytes.subarray(from, from + size)) === wordAt(bytes, at + 4) ? size : -1;
}

/** A bad block at the end is a torn tail; one with whole blocks behind it is damage, and what follows cannot be trusted. */
function checkTorn(path: string, bytes: Uint8Array, at: number, blockCount: number): void {
  if (at === 0 && bytes.length >= 4 && wordAt(bytes, 0) !== BLOCK_MAGIC)
    throw new JournalError(`${path}: is no journal: name a run's folder, or one of its *${SEGMENT_ENDING} files`);
  for (let later = at + 8; later + BLOCK_HEAD_BYTES <= bytes.length; later += 8) {
    if (wholeBlock(bytes, later) < 0) continue;
    throw new JournalError(
      `${path}: block ${blockCount + 1} (byte ${at}) is damaged, and whole ones follow it: restore the file from a copy`,
    );
  }
}

function parseHeader(path: string, bytes: Uint8Array): SegmentHeader {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new JournalError(`${path}: its header is not JSON`);
  }
  const parsed = segmentHeaderSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const schema = (value as { schema?: unknown }).schema;
  if (schema !== JOURNAL_SCHEMA)
    throw new JournalError(`${path}: is a ${String(schema)}, this build reads ${JOURNAL_SCHEMA}`);
  const issue = parsed.error.issues[0];
  throw new JournalError(`${path}: its header is not understood: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** Whole blocks hold whole frames, or their writer was none of ours. */
function checkFrames(segment: Segment): void {
  const { data, path } = segment;
  for (const { from, to } of segment.blocks) {
    for (let at = from; at < to; ) {
      const size = data[at + F.size] as number;
      if (!Number.isInteger(size) || size < HEADER_SIZE || size > FRAME_SIZE_MAX || at + size > to)
        throw new JournalError(`${path}: a frame at byte ${at * 8} has a size of ${size} doubles`);
      at += size;
    }
  }
}
