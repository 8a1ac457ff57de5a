/**
 * What the head of an executable says about where it runs.
 * @module
 */

/** Format and processor; `interpreter` is the loader that an ELF asks for, empty for Mach-O. */
export interface Header {
  format: "ELF" | "Mach-O";
  arch: "x64" | "arm64";
  interpreter: string;
}

const PT_INTERP = 3;
const ELF_ARCH: Record<number, Header["arch"]> = { 62: "x64", 183: "arm64" };
const MACHO_ARCH: Record<number, Header["arch"]> = { 16777223: "x64", 16777228: "arm64" };

/** Reads a 64-bit little-endian ELF or Mach-O header; undefined for anything else. */
export function headerOf(bytes: Buffer): Header | undefined {
  if (bytes.length < 64) return undefined;
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    const arch = MACHO_ARCH[bytes.readUInt32LE(4)];
    return arch && { format: "Mach-O", arch, interpreter: "" };
  }
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2) return undefined;
  const arch = ELF_ARCH[bytes.readUInt16LE(18)];
  return arch && { format: "ELF", arch, interpreter: interpreterOf(bytes) };
}

/** Says what is wrong with `bytes` as an executable for `target`; undefined when nothing is. */
export function checkHeader(bytes: Buffer, target: string): string | undefined {
  const [platform, arch, libc] = target.split("-");
  const header = headerOf(bytes);
  if (header?.format !== (platform === "darwin" ? "Mach-O" : "ELF")) return `is ${header?.format ?? "no executable"}`;
  if (header.arch !== arch) return `is for ${header.arch}`;
  const musl = header.interpreter.includes("/ld-musl-");
  if (platform === "linux" && musl !== (libc === "musl")) return `asks for ${header.interpreter || "no loader"}`;
  return undefined;
}

function interpreterOf(bytes: Buffer): string {
  const table = Number(bytes.readBigUInt64LE(32));
  const entryBytes = bytes.readUInt16LE(54);
  for (let i = 0; i < bytes.readUInt16LE(56); i++) {
    const at = table + i * entryBytes;
    if (at + 40 > bytes.length || bytes.readUInt32LE(at) !== PT_INTERP) continue;
    const start = Number(bytes.readBigUInt64LE(at + 8));
    return bytes.toString("latin1", start, start + Number(bytes.readBigUInt64LE(at + 32)) - 1);
  }
  return "";
}
