/**
 * A private key under a password, in the file format that wallets share: Web3 Secret Storage, version 3.
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { keyError } from "./exit.ts";
import { wipe } from "./secret.ts";

/** Work of one attempt at a password: 128 MB of memory, and 1.5 s on a slow shared core (Xeon, 2026). */
export const SCRYPT_N = 2 ** 17;
const SCRYPT_R = 8;
const SCRYPT_P = 1;
/** Bytes that the password is stretched to: the first half encrypts, the second authenticates. */
const DERIVED_BYTES = 32;
const HALF = DERIVED_BYTES / 2;
/** Most work that a foreign file may ask for: 1 GiB of memory, and a quarter of an hour of hashing. */
const SCRYPT_BYTES_MAX = 2 ** 30;
const SCRYPT_WORK_MAX = 2 ** 34;
const PBKDF2_ROUNDS_MAX = 50_000_000;
const SALT_BYTES = 32;
const IV_BYTES = 16;
const CIPHER = "aes-128-ctr";

const hex = z.string().regex(/^(?:[0-9a-fA-F]{2})+$/);
const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`));
const dklen = z.int().min(DERIVED_BYTES).max(1_024);

const kdfSchema = z.discriminatedUnion("kdf", [
  z.object({
    kdf: z.literal("scrypt"),
    kdfparams: z.object({ dklen, n: z.int().min(2), r: z.int().min(1), p: z.int().min(1), salt: hex }),
  }),
  z.object({
    kdf: z.literal("pbkdf2"),
    kdfparams: z.object({ dklen, c: z.int().min(1), prf: z.literal("hmac-sha256"), salt: hex }),
  }),
]);

/** What we keep beside the key. Not under the password: whoever can write the file can change it, so the venue is asked who the key acts for. */
const notesSchema = z.object({
  /** Account that the key acts for, lower case; null where nobody said. */
  account: z.string().nullable(),
  venue: z.string().nullable(),
  addedMs: z.number(),
});
export type KeyNotes = z.infer<typeof notesSchema>;

const cryptoSchema = z
  .object({
    cipher: z.literal(CIPHER),
    cipherparams: z.object({ iv: hexOf(IV_BYTES) }),
    ciphertext: hexOf(32),
    mac: hexOf(32),
  })
  .and(kdfSchema);

const keyFileSchema = z.object({
  version: z.literal(3),
  id: z.string().optional(),
  /** Of the key, 40 digits. Some writers leave it out, some put 0x before it. */
  address: z
    .string()
    .regex(/^(?:0x)?[0-9a-fA-F]{40}$/)
    .optional(),
  crypto: cryptoSchema,
  mmbin: notesSchema.optional(),
});
export type KeyFile = z.infer<typeof keyFileSchema>;

/** Reads a key file's text. Throws a key error that names the part that is wrong. */
export function parseKeyFile(text: string, path: string): KeyFile {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw keyError(`${path}: this is no key file: no JSON`);
  }
  // Early writers spelt it with a capital letter.
  if (typeof raw === "object" && raw !== null && "Crypto" in raw && !("crypto" in raw)) {
    raw = { ...raw, crypto: raw.Crypto };
  }
  const parsed = keyFileSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw keyError(
    `${path}: this is no Web3 key file of version 3: ${issue?.path.join(".") || "file"}: ${issue?.message}`,
  );
}

/** Address of a key file, lower case with 0x; null where the file does not tell. */
export function addressIn(file: KeyFile): string | null {
  return file.address === undefined ? null : `0x${file.address.replace(/^0x/, "").toLowerCase()}`;
}

/**
 * Encrypts a key.
 * @param key     32 bytes.
 * @param address Of the key, 0x and 40 digits.
 * @param n       Cost of one attempt at the password, a power of two; lower ones are for tests.
 */
export function encryptKey(
  key: Uint8Array,
  address: string,
  password: Uint8Array,
  notes: KeyNotes,
  n: number = SCRYPT_N,
): KeyFile {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const kdfparams = { dklen: DERIVED_BYTES, n, r: SCRYPT_R, p: SCRYPT_P, salt: bytesToHex(salt) };
  const derived = derive({ kdf: "scrypt", kdfparams }, password, "");
  const cipher = createCipheriv(CIPHER, derived.subarray(0, HALF), iv);
  const ciphertext = concatBytes(cipher.update(key), cipher.final());
  const mac = macOf(derived, ciphertext);
  wipe(derived);
  return {
    version: 3,
    id: randomUUID(),
    address: address.slice(2),
    crypto: {
      cipher: CIPHER,
      cipherparams: { iv: bytesToHex(iv) },
      ciphertext: bytesToHex(ciphertext),
      kdf: "scrypt",
      kdfparams,
      mac: bytesToHex(mac),
    },
    mmbin: notes,
  };
}

/** Decrypts a key: 32 bytes, which the caller wipes. Throws a key error for a wrong password. */
export function decryptKey(file: KeyFile, password: Uint8Array, path: string): Uint8Array {
  const { crypto } = file;
  const derived = derive(crypto, password, path);
  const ciphertext = hexToBytes(crypto.ciphertext);
  const isRight = timingSafeEqual(macOf(derived, ciphertext), hexToBytes(crypto.mac));
  if (!isRight) {
    wipe(derived);
    throw keyError(`${path}: wrong password, or a damaged file`);
  }
  const decipher = createDecipheriv(CIPHER, derived.subarray(0, HALF), hexToBytes(crypto.cipherparams.iv));
  const plain = decipher.update(ciphertext);
  const key = new Uint8Array(plain);
  wipe(plain);
  wipe(derived);
  return key;
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(derived.subarray(HALF, DERIVED_BYTES), ciphertext));
}

/** Stretches a password. Costs what the file says; a file that asks for absurd work is refused. */
function derive(file: z.infer<typeof kdfSchema>, password: Uint8Array, path: string): Uint8Array {
  if (file.kdf === "pbkdf2") {
    const { c, dklen: dkLen, salt } = file.kdfparams;
    if (c > PBKDF2_ROUNDS_MAX) throw keyError(`${path}: asks for ${c} rounds of hashing, more than anybody needs`);
    return pbkdf2(sha256, password, hexToBytes(salt), { c, dkLen });
  }
  const { n, r, p, dklen: dkLen, salt } = file.kdfparams;
  const bytes = 128 * r * (n + p);
  const isPower = Number.isInteger(Math.log2(n));
  if (!isPower || bytes > SCRYPT_BYTES_MAX || n * r * p * 128 > SCRYPT_WORK_MAX) {
    throw keyError(`${path}: scrypt with n ${n}, r ${r}, p ${p} is impossible, or more than anybody needs`);
  }
  return scrypt(password, hexToBytes(salt), { N: n, r, p, dkLen, maxmem: SCRYPT_BYTES_MAX + 1_024 });
}
