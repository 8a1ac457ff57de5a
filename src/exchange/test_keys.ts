/**
 * Keys for trying the local exchange. Public by construction: whoever knows the seed knows them.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { addressOf } from "../wire/hyperliquid/sign.ts";

export interface TestKey {
  /** 0x and 64 hex digits. */
  key: string;
  address: string;
}

/** Told wherever the keys are printed. */
export const TEST_KEYS_NOTE = "public test keys, anybody can derive them from the seed: never send money to them";

/** The first `count` keys of a seed. */
export function testKeys(seed: number, count: number): TestKey[] {
  // A constant of its own: the keys shall not be the market's random numbers.
  const random = new Prng(seed + 0x6b6579);
  return Array.from({ length: count }, () => {
    let key = "0x";
    for (let word = 0; word < 8; word++) key += random.uint32().toString(16).padStart(8, "0");
    return { key, address: addressOf(key) };
  });
}
