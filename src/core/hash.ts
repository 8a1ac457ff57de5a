/**
 * A running 64-bit hash of doubles: what two runs must agree on.
 * @module
 */
import type { StateWalk } from "./state.ts";

// Two independent 32-bit lanes (FNV-1a's prime and MurmurHash3's first constant). Not cryptographic: it tells runs apart, it keeps no one out.
const PRIME_A = 0x01000193;
const PRIME_B = 0x85ebca6b;
const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/** Folds numbers in order; equal sequences give equal digests on machines of one architecture. */
export class RunningHash {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  /** Folds one double, bit by bit the same for equal values (-0 counts as 0, every NaN as one). Allocates nothing. */
  fold(value: number): void {
    scratch[0] = value === 0 ? 0 : value;
    if (Number.isNaN(value)) scratch[0] = Number.NaN;
    const low = words[0] as number;
    const high = words[1] as number;
    this.#a = Math.imul(Math.imul(this.#a ^ low, PRIME_A) ^ high, PRIME_A);
    const mixed = Math.imul(this.#b ^ high, PRIME_B);
    this.#b = Math.imul(((mixed << 13) | (mixed >>> 19)) ^ low, PRIME_B);
  }

  /** The two words of the digest, unsigned. */
  get wordA(): number {
    return this.#a >>> 0;
  }
  get wordB(): number {
    return this.#b >>> 0;
  }

  /** Saves or restores the hash itself, so that a replay from the middle of a run ends with the hash of the whole. */
  syncState(state: StateWalk): void {
    this.#a = state.num(this.#a >>> 0) | 0;
    this.#b = state.num(this.#b >>> 0) | 0;
  }

  /** Sixteen hex digits. */
  digest(): string {
    return this.wordA.toString(16).padStart(8, "0") + this.wordB.toString(16).padStart(8, "0");
  }
}
