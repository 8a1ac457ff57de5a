/**
 * The journal on disk: segments of checksummed blocks, each opening with a header and a snapshot, so that each can be replayed alone.
 *
 * A segment is a sequence of blocks, little-endian, 8-byte aligned: `u32 magic, u32 crc, u32 type, u32 byteCount`, then `byteCount` bytes.
 * The checksum (CRC-32 of zlib) covers everything behind it. The first block is the header (JSON, blanks at its end), the second the
 * snapshot (the doubles of the core's state), every further one whole frames as core/frame.ts lays them out in memory.
 * @module
 */
import { z } from "zod";
import { FRAME_VERSION, KIND } from "../core/frame.ts";

export const JOURNAL_SCHEMA = "mmbin.journal/1";
/** Ending of a segment's file; its name is its number, so that the order of names is the order of time. */
export const SEGMENT_ENDING = ".mmj";

/** "MMJ1". */
export const BLOCK_MAGIC = 0x314a4d4d;
export const BLOCK_HEAD_BYTES = 16;
/** Where the checksum begins: behind magic and checksum. */
export const BLOCK_CHECKED_FROM = 8;
export const BLOCK = { header: 1, snapshot: 2, frames: 3 } as const;
/** No block of ours is larger: a snapshot of 64 markets takes about 9 MB. */
export const BLOCK_BYTES_MAX = 64 * 1024 * 1024;

const numbers = z.record(z.string(), z.number());

/** What every segment of a run says of the run. */
export const runHeaderSchema = z.strictObject({
  build: z.string(),
  target: z.string().describe("platform and libc: their transcendental functions differ in the last bit"),
  run_id: z.string(),
  run_number: z.tuple([z.number(), z.number()]).describe("two words of 32 bits; client ids carry it"),
  command: z.string(),
  venue: z.string(),
  account: z.string().nullable().describe("whose orders were real; null where none were"),
  seed: z.number().nullable(),
  continues: z.string().optional().describe("the run whose state this one went on from"),
  config_hash: z.string(),
  latency_s: z.number(),
  markets: z
    .array(z.strictObject({ coin: z.string(), sz_decimals: z.number() }))
    .describe("by index in frames: those traded first, then their references"),
  profiles: z.array(z.string()),
  params: z.array(numbers).describe("effective parameters of each traded market, core units"),
  facts: z.array(numbers).describe("facts of each traded market"),
  priors: z.array(z.strictObject({ source: z.string(), age_s: z.number(), weight: z.number() }).nullable()),
});
export type RunHeader = z.infer<typeof runHeaderSchema>;

/** Opens a segment. */
export const segmentHeaderSchema = runHeaderSchema.extend({
  schema: z.literal(JOURNAL_SCHEMA),
  frame_version: z.literal(FRAME_VERSION),
  kinds: z.record(z.string(), z.number()),
  state_version: z.number(),
  segment: z.int(),
  time_us: z.number(),
  frames_before: z.int().describe("frames that the run had taken when the segment began: the next one follows"),
});
export type SegmentHeader = z.infer<typeof segmentHeaderSchema>;

/** What differs from segment to segment. */
export interface SegmentPlace {
  segment: number;
  timeUs: number;
  framesBefore: number;
  stateVersion: number;
}

/** A header as the bytes of its block's payload: a multiple of eight. */
export function encodeHeader(run: RunHeader, place: SegmentPlace): Uint8Array {
  const header: SegmentHeader = {
    schema: JOURNAL_SCHEMA,
    frame_version: FRAME_VERSION,
    kinds: { ...KIND },
    state_version: place.stateVersion,
    segment: place.segment,
    time_us: place.timeUs,
    frames_before: place.framesBefore,
    ...run,
  };
  const text = JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  padded.set(bytes);
  return padded;
}

/** Checksum of a block: its type, its size and its payload. */
export function blockChecksum(type: number, payload: Uint8Array): number {
  const head = new Uint32Array([type, payload.length]);
  return Bun.hash.crc32(payload, Bun.hash.crc32(new Uint8Array(head.buffer)));
}

/** File name of a segment. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(6, "0")}${SEGMENT_ENDING}`;
}
