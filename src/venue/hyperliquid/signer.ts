/**
 * A private key in memory: signs, and tells nobody.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { addressOfBytes, signWithBytes } from "../../wire/hyperliquid/sign.ts";
import type { Signer } from "./trading.ts";

/** Name under which node and Bun look for an object's own way to be printed. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * Signs with one key, which it keeps as bytes where no printing, no serialising and no stack trace reaches.
 *
 * `close` overwrites them. What the curve's arithmetic made of them on the way, big integers and copies of the engine's, lies in freed memory
 * until that is used again: who can read the memory of this process has the key all the same.
 */
export class KeySigner implements Signer {
  readonly address: string;
  readonly #key: Uint8Array;
  #isOpen = true;

  /** Takes the key over: the bytes given are wiped. @param key 32 bytes of a valid key. */
  constructor(key: Uint8Array) {
    this.address = addressOfBytes(key);
    this.#key = key.slice();
    key.fill(0);
  }

  /** Signs a digest of 32 bytes. The nonce of RFC 6979: the same digest gives the same signature. */
  sign(digest: Uint8Array): { r: string; s: string; v: 27 | 28 } {
    assert(this.#isOpen, "signer: open");
    // The curve's library signs shorter ones without a word.
    assert(digest.length === 32, "signer: a digest has 32 bytes");
    return signWithBytes(digest, this.#key);
  }

  /** Wipes the key; nothing is signed after. */
  close(): void {
    this.#key.fill(0);
    this.#isOpen = false;
  }

  toString(): string {
    return `KeySigner(${this.address})`;
  }

  toJSON(): { address: string } {
    return { address: this.address };
  }

  [INSPECT](): string {
    return this.toString();
  }
}
