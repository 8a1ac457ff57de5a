/**
 * The one source of randomness: seeded, so that a seed is the bug report.
 * @module
 */

/** xoshiro128** by Blackman and Vigna (2018), seeded through splitmix32. Not for keys. */
export class Prng {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  /** @param seed Any whole number; only its low 32 bits and the next 21 count. */
  constructor(seed: number) {
    let state = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32) | 0, 0x9e3779b9);
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#s0 = next();
    this.#s1 = next();
    this.#s2 = next();
    this.#s3 = next() | 1; // never all zero
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const x = Math.imul(this.#s1, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= t;
    this.#s3 = (this.#s3 << 11) | (this.#s3 >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 32 bits fine. */
  unit(): number {
    return this.uint32() / 4294967296;
  }

  /** A whole number from 0 to n - 1, n at most 2^32; the bias of the multiplication is below n / 2^32. */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.unit());
  }

  /** Standard normal (Box-Muller, one of the pair: state stays four words). */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.unit());
  }
}
