/**
 * What is signed of an action that the venue hashes itself: its bytes, their hash, and the digest of the stand-in that wallets sign.
 *
 * Source: signing page, August 2026, and the signing code of three clients, whose published vectors the tests repeat.
 * @module
 */
import { Encoder } from "@msgpack/msgpack";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { assert } from "../../core/assert.ts";
import { typedDigest } from "./typed_data.ts";

/** The venue's networks. The name goes into what is signed, so that an action of one is none on the other. */
export type Network = "Mainnet" | "Testnet";

/** What is hashed besides the action; null for what is absent. */
export interface HashContext {
  /** Milliseconds. */
  nonce: number;
  /** Vault or sub-account that is acted for: 0x and 40 hex digits. */
  vaultAddress: string | null;
  /** Milliseconds. */
  expiresAfter: number | null;
}

// One encoder for all: it keeps its buffer. Whole numbers beyond 32 bits become uint64 only without `useBigInt64`.
const encoder = new Encoder({ ignoreUndefined: true });

/** 0x and two digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** The action as MessagePack, keys in their order. The array is the caller's. */
export function actionBytes(action: unknown): Uint8Array {
  return encoder.encode(action);
}

/**
 * Hash of an action with its nonce and whom it acts for: keccak256 of the action's MessagePack, the nonce as 8 bytes, 01 and the vault's
 * 20 bytes or 00, and, when it expires, 00 and the time as 8 bytes.
 */
export function actionHash(action: unknown, context: HashContext): Uint8Array {
  const packed = encoder.encodeSharedRef(action);
  const vault = context.vaultAddress;
  const bytes = new Uint8Array(packed.length + 8 + (vault === null ? 1 : 21) + (context.expiresAfter === null ? 0 : 9));
  bytes.set(packed);
  const view = new DataView(bytes.buffer);
  let at = packed.length;
  putUint64(view, at, context.nonce);
  at += 8;
  if (vault !== null) {
    bytes[at] = 1;
    putHex(bytes, at + 1, vault, 20);
    at += 20;
  }
  at += 1;
  // The byte before the expiry is 0 already, as a fresh array is.
  if (context.expiresAfter !== null) putUint64(view, at + 1, context.expiresAfter);
  return keccak_256(bytes);
}

/** What wallets sign for an action of that hash: typed data of an "agent" whose id is the hash. The domain's chain is 1337 on both networks. */
export function agentDigest(hash: Uint8Array, network: Network): Uint8Array {
  return typedDigest(AGENT_DOMAIN, AGENT_FIELDS, "Agent", {
    source: network === "Mainnet" ? "a" : "b",
    connectionId: hash,
  });
}

const AGENT_DOMAIN = { name: "Exchange", chainId: 1337 } as const;
const AGENT_FIELDS = [
  ["string", "source"],
  ["bytes32", "connectionId"],
] as const;

function putUint64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, "hash: a time is a whole number from 0");
  view.setUint32(at, Math.floor(value / 4_294_967_296));
  view.setUint32(at + 4, value % 4_294_967_296);
}

function putHex(bytes: Uint8Array, at: number, hex: string, count: number): void {
  const start = hex.startsWith("0x") ? 2 : 0;
  assert(hex.length - start === 2 * count, "hash: an address has 40 hex digits");
  for (let i = 0; i < count; i++) {
    const byte = Number.parseInt(hex.slice(start + 2 * i, start + 2 * i + 2), 16);
    assert(Number.isInteger(byte), "hash: an address has 40 hex digits");
    bytes[at + i] = byte;
  }
}
