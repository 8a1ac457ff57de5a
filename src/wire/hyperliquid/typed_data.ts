/**
 * Typed data as wallets hash it, no more of EIP-712 than the venue uses: flat structures of a few kinds of field.
 * @module
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "../../core/assert.ts";

/** Kinds of field and their names, in the order of the type. */
export type TypedField = readonly [kind: TypedKind, name: string];
export type TypedKind = "string" | "address" | "bool" | "uint32" | "uint64" | "bytes" | "bytes32";

/** Domains differ in these two; version is "1" and the contract is zero everywhere. */
export interface TypedDomain {
  name: string;
  chainId: number;
}

const WORD = 32;
const DOMAIN_TYPE = keccak_256(
  utf8ToBytes("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);
const VERSION = keccak_256(utf8ToBytes("1"));

/**
 * Digest to sign: keccak256(19 01 | hash of the domain | hash of the message), EIP-712.
 *
 * Field names must be fit for their kinds (`fits` says so): a message is checked before it is hashed.
 */
export function typedDigest(
  domain: TypedDomain,
  fields: readonly TypedField[],
  primaryType: string,
  message: { readonly [name: string]: unknown },
): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * WORD);
  bytes[0] = 0x19;
  bytes[1] = 0x01;
  bytes.set(domainHash(domain), 2);
  bytes.set(structHash(fields, primaryType, message), 2 + WORD);
  return keccak_256(bytes);
}

/** Whether every field of a message is there and is what its kind needs. */
export function fits(fields: readonly TypedField[], message: { readonly [name: string]: unknown }): boolean {
  return fields.every(([kind, name]) => fitsKind(kind, message[name]));
}

// Domains are few (one per chain that clients sign on): kept up to a bound that nobody honest reaches.
const DOMAINS_MAX = 64;
const domains = new Map<string, Uint8Array>();

function domainHash(domain: TypedDomain): Uint8Array {
  const key = `${domain.name} ${domain.chainId}`;
  const known = domains.get(key);
  if (known !== undefined) return known;
  const words = new Uint8Array(5 * WORD);
  words.set(DOMAIN_TYPE, 0);
  words.set(keccak_256(utf8ToBytes(domain.name)), WORD);
  words.set(VERSION, 2 * WORD);
  putUint(words, 3 * WORD, domain.chainId);
  const hash = keccak_256(words);
  if (domains.size >= DOMAINS_MAX) domains.clear();
  domains.set(key, hash);
  return hash;
}

const typeHashes = new Map<string, Uint8Array>();

function typeHash(fields: readonly TypedField[], primaryType: string): Uint8Array {
  const text = `${primaryType}(${fields.map(([kind, name]) => `${kind} ${name}`).join(",")})`;
  let hash = typeHashes.get(text);
  if (hash === undefined) {
    hash = keccak_256(utf8ToBytes(text));
    typeHashes.set(text, hash);
  }
  return hash;
}

function structHash(
  fields: readonly TypedField[],
  primaryType: string,
  message: { readonly [name: string]: unknown },
): Uint8Array {
  const words = new Uint8Array((fields.length + 1) * WORD);
  words.set(typeHash(fields, primaryType));
  fields.forEach(([kind, name], i) => {
    putField(words, (i + 1) * WORD, kind, message[name]);
  });
  return keccak_256(words);
}

/** One field as a word: numbers and addresses at its end, what has no fixed length by its hash. */
function putField(words: Uint8Array, at: number, kind: TypedKind, value: unknown): void {
  assert(fitsKind(kind, value), "typed data: a field fits its kind");
  if (kind === "string") words.set(keccak_256(utf8ToBytes(value as string)), at);
  else if (kind === "bytes") words.set(keccak_256(hexToBytes((value as string).slice(2))), at);
  else if (kind === "bytes32") words.set(value as Uint8Array, at);
  else if (kind === "address") words.set(hexToBytes((value as string).slice(2)), at + 12);
  else putUint(words, at, Number(value));
}

function putUint(words: Uint8Array, at: number, value: number): void {
  const view = new DataView(words.buffer);
  view.setUint32(at + WORD - 8, Math.floor(value / 4_294_967_296));
  view.setUint32(at + WORD - 4, value % 4_294_967_296);
}

function fitsKind(kind: TypedKind, value: unknown): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "address":
      return typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);
    case "bytes":
      return typeof value === "string" && /^0x([0-9a-fA-F]{2})*$/.test(value);
    case "bytes32":
      return value instanceof Uint8Array && value.length === WORD;
    case "uint32":
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff;
    default:
      return Number.isSafeInteger(value) && (value as number) >= 0;
  }
}
