/**
 * The code signature of a macOS executable: is it whole, and an ad-hoc one where it is not.
 * @module
 */
import { createHash } from "node:crypto";

const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const MAGIC_SIGNATURE = 0xfade0cc0;
const MAGIC_DIRECTORY = 0xfade0c02;
const PAGE_BYTES = 4096;
const HASH_BYTES = 32;
/** Super blob with one index entry, then the fixed part of a code directory of version 2.4. */
const SUPER_BYTES = 20;
const DIRECTORY_BYTES = 88;
const ADHOC_LINKER_SIGNED = 0x20002;
/** The name that Apple's linker and Bun give what they sign; the kernel asks for none in particular. */
const IDENTIFIER = "a.out\0";

interface Layout {
  /** Where the load command of the signature, and those of two segments, stand. */
  command: number;
  text: number;
  linkedit: number;
  /** Where the signature itself begins. */
  start: number;
}

/** Whether the embedded signature covers everything before it and every page has the hash that it says. */
export function isSigned(bytes: Buffer): boolean {
  const { start } = layoutOf(bytes);
  if (start + SUPER_BYTES > bytes.length || bytes.readUInt32BE(start) !== MAGIC_SIGNATURE) return false;
  const directory = start + bytes.readUInt32BE(start + 16);
  if (directory + DIRECTORY_BYTES > bytes.length || bytes.readUInt32BE(directory) !== MAGIC_DIRECTORY) return false;
  const hashes = directory + bytes.readUInt32BE(directory + 16);
  const pages = bytes.readUInt32BE(directory + 28);
  const pageBytes = 2 ** (bytes[directory + 39] as number);
  if (bytes.readUInt32BE(directory + 32) !== start || pages !== Math.ceil(start / pageBytes)) return false;
  return hashPages(bytes, start, pageBytes).equals(bytes.subarray(hashes, hashes + pages * HASH_BYTES));
}

/**
 * The executable with an ad-hoc signature in place of whatever it has: what `codesign --sign -` means, and what an arm64 Mac asks of every
 * program. The layout is that of Apple's linker: SHA-256 of each 4 KiB page, the last one cut where the signature begins.
 */
export function signAdHoc(bytes: Buffer): Buffer {
  const { command, text, linkedit, start } = layoutOf(bytes);
  const pages = Math.ceil(start / PAGE_BYTES);
  const hashesAt = DIRECTORY_BYTES + IDENTIFIER.length;
  const signature = Buffer.alloc(SUPER_BYTES + hashesAt + pages * HASH_BYTES);
  const code = Buffer.from(bytes.subarray(0, start));

  // The hashes cover the load commands, so these tell the new size first.
  const linkeditBytes = start + signature.length - Number(code.readBigUInt64LE(linkedit + 40));
  code.writeUInt32LE(signature.length, command + 12);
  code.writeBigUInt64LE(BigInt(linkeditBytes), linkedit + 48);
  code.writeBigUInt64LE(BigInt(Math.ceil(linkeditBytes / PAGE_BYTES) * PAGE_BYTES), linkedit + 32);

  [MAGIC_SIGNATURE, signature.length, 1, 0, SUPER_BYTES].forEach((word, i) => {
    signature.writeUInt32BE(word, 4 * i);
  });
  const directory = signature.subarray(SUPER_BYTES);
  const head = [MAGIC_DIRECTORY, directory.length, 0x20400, ADHOC_LINKER_SIGNED];
  [...head, hashesAt, DIRECTORY_BYTES, 0, pages, start].forEach((word, i) => {
    directory.writeUInt32BE(word, 4 * i);
  });
  // Hash size, SHA-256, no platform, and the page as a power of two.
  directory.set([HASH_BYTES, 2, 0, Math.log2(PAGE_BYTES)], 36);
  code.copy(directory, 64, text + 40, text + 48);
  code.copy(directory, 72, text + 48, text + 56);
  for (const at of [64, 72]) directory.subarray(at, at + 8).reverse();
  directory.writeBigUInt64BE(1n, 80); // the main binary
  directory.write(IDENTIFIER, DIRECTORY_BYTES, "latin1");
  hashPages(code, start, PAGE_BYTES).copy(directory, hashesAt);
  return Buffer.concat([code, signature]);
}

function layoutOf(bytes: Buffer): Layout {
  const found: Record<string, number> = {};
  let at = 32;
  for (let i = 0; i < bytes.readUInt32LE(16); i++) {
    const kind = bytes.readUInt32LE(at);
    if (kind === LC_CODE_SIGNATURE) found.command = at;
    if (kind === LC_SEGMENT_64) found[bytes.toString("latin1", at + 8, at + 24).replace(/\0+$/, "")] = at;
    at += bytes.readUInt32LE(at + 4);
  }
  const { command, __TEXT: text, __LINKEDIT: linkedit } = found;
  if (command === undefined || text === undefined || linkedit === undefined) {
    throw new Error("a Mach-O file without room for a signature");
  }
  return { command, text, linkedit, start: bytes.readUInt32LE(command + 8) };
}

function hashPages(bytes: Buffer, end: number, pageBytes: number): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < end; at += pageBytes) {
    hashes.push(
      createHash("sha256")
        .update(bytes.subarray(at, Math.min(at + pageBytes, end)))
        .digest(),
    );
  }
  return Buffer.concat(hashes);
}
