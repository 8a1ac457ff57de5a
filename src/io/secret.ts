/**
 * Secrets on their way in: never by the command line, read as bytes so that they can be wiped.
 * @module
 */
import { readSync } from "node:fs";
import { isatty } from "node:tty";
import { keyError } from "./exit.ts";

const KEY_BYTES = 32;
/** Digits of what is refused as a key: a digit more or less in pasting leaves nearly all of it. Addresses have 40, client ids 32. */
const KEY_DIGITS = { min: 60, max: 68 };
/** Longest line that is read as a secret. */
const LINE_BYTES_MAX = 4_096;

/** Whether a word of the command line holds something like a private key. */
export function looksLikeKey(word: string): boolean {
  const parts = word.split(/[=,:;@\s"'`()[\]{}]+/);
  return parts.some((part) => {
    const digits = /^-*(?:0x)?([0-9a-f]+)$/i.exec(part)?.[1] ?? "";
    return digits.length >= KEY_DIGITS.min && digits.length <= KEY_DIGITS.max;
  });
}

/**
 * Refuses a command line with a key on it, whatever the flag. Every user of the machine can read the command lines of all processes, and shells
 * keep them: such a key is known. The message must not repeat it.
 */
export function refuseKeyOnArgv(argv: readonly string[]): void {
  const at = argv.findIndex(looksLikeKey);
  if (at < 0) return;
  throw keyError(
    `word ${at + 1} of the command line looks like a private key: others can read it there, and your shell may have kept it: stop using ` +
      "this key, make another with mmbin keys add NAME --generate; keys come by prompt, --key-fd N or a file in MMBIN_PRIVATE_KEY_FILE",
  );
}

/** Reads one line from a file descriptor, byte by byte, so that what follows is left for others. Throws a key error. */
export function readSecretLine(fd: number, flag: string): Uint8Array {
  if (isatty(fd))
    throw keyError(`${flag} ${fd} is a terminal, which shows what is typed: leave the flag out to be asked`);
  const line = new Uint8Array(LINE_BYTES_MAX);
  let length = 0;
  const one = new Uint8Array(1);
  for (;;) {
    let count = 0;
    try {
      count = readSync(fd, one, 0, 1, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "error";
      if (code === "EAGAIN") continue;
      // The end of a pipe is told as an error on some systems.
      if (code !== "EOF")
        throw keyError(`${flag} ${fd}: ${code === "EBADF" ? "not open" : `cannot be read (${code})`}`);
    }
    if (count === 0 || one[0] === 0x0a) break;
    if (length === LINE_BYTES_MAX) throw keyError(`${flag} ${fd}: the line is longer than ${LINE_BYTES_MAX} bytes`);
    line[length] = one[0] as number;
    length += 1;
  }
  if (length > 0 && line[length - 1] === 0x0d) length -= 1;
  if (length === 0) throw keyError(`${flag} ${fd}: nothing to read there`);
  const secret = line.slice(0, length);
  wipe(line);
  wipe(one);
  return secret;
}

/**
 * Reads the text of a key, with or without 0x and blanks around it, as its 32 bytes; the text is wiped. Throws a key error that tells how long
 * the text was and nothing else of it.
 */
export function parseKey(text: Uint8Array, from: string): Uint8Array {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  if (text[start] === 0x30 && ((text[start + 1] ?? 0) | 0x20) === 0x78) start += 2;
  const key = new Uint8Array(KEY_BYTES);
  let isGood = end - start === 2 * KEY_BYTES;
  for (let i = 0; i < KEY_BYTES && isGood; i++) {
    const high = digitOf(text[start + 2 * i] as number);
    const low = digitOf(text[start + 2 * i + 1] as number);
    isGood = high >= 0 && low >= 0;
    key[i] = 16 * high + low;
  }
  wipe(text);
  if (isGood) return key;
  wipe(key);
  throw keyError(
    `${from}: a private key is 64 hexadecimal digits, this is something else of ${end - start} characters`,
  );
}

/** Overwrites a secret. */
export function wipe(secret: Uint8Array): void {
  secret.fill(0);
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
