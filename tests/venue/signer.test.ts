import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { KeySigner } from "../../src/venue/hyperliquid/signer.ts";
import { recoverSigner } from "../../src/wire/hyperliquid/recover.ts";
import { addressOf, isPrivateKey, signDigest } from "../../src/wire/hyperliquid/sign.ts";
import { findLeaks } from "../fixtures/leak.ts";
import { K1, K1_ADDRESS } from "../fixtures/vectors.ts";

const SEED = 20_261_202;
const bytesOf = (key: string): Uint8Array => Uint8Array.from(Buffer.from(key.slice(2), "hex"));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("a signer", () => {
  test("signs as the text of its key does, and its address is recovered", () => {
    const signer = new KeySigner(bytesOf(K1));
    expect(signer.address).toBe(K1_ADDRESS);
    fc.assert(
      fc.property(digest, (hash) => {
        const signature = signer.sign(hash);
        expect(signature).toEqual(signDigest(hash, K1) as typeof signature);
        expect(recoverSigner(hash, signature)).toBe(K1_ADDRESS);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  test("its address is that of the key's text", () => {
    fc.assert(
      fc.property(digest.filter(isPrivateKey), (key) => {
        const text = `0x${Buffer.from(key).toString("hex")}`;
        expect(new KeySigner(key).address).toBe(addressOf(text));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  test("wipes the bytes it was given, and its own at the end; then it signs no more", () => {
    const given = bytesOf(K1);
    const signer = new KeySigner(given);
    expect(given.every((byte) => byte === 0)).toBe(true);
    signer.sign(new Uint8Array(32));
    signer.close();
    expect(() => signer.sign(new Uint8Array(32))).toThrow("signer: open");
  });

  test.each([0, 5, 31, 33, 64])("%d bytes are no digest", (length) => {
    expect(() => new KeySigner(bytesOf(K1)).sign(new Uint8Array(length))).toThrow("a digest has 32 bytes");
  });

  test("no way of printing it tells the key", () => {
    const signer = new KeySigner(bytesOf(K1));
    const shown = `KeySigner(${K1_ADDRESS})`;
    const texts = {
      string: `${signer}`,
      json: JSON.stringify({ signer }),
      bun: Bun.inspect(signer),
      node: inspect(signer, { depth: 9, showHidden: true }),
      nested: Bun.inspect({ a: [signer] }),
      keys: JSON.stringify([
        Object.entries(signer),
        Object.getOwnPropertyNames(signer),
        Reflect.ownKeys(signer).map(String),
      ]),
      clone: Bun.inspect(structuredClone(signer)),
      error: Bun.inspect(new Error("x", { cause: signer })),
    };
    expect(findLeaks(bytesOf(K1), { texts }).leaks).toEqual([]);
    expect([texts.string, texts.bun, texts.node]).toEqual([shown, shown, shown]);
    expect(JSON.parse(texts.json)).toEqual({ signer: { address: K1_ADDRESS } });
  });

  test.each([
    [`0x${"0".repeat(64)}`, false],
    [`0x${"0".repeat(63)}1`, true],
    ["0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", true],
    ["0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", false],
    [`0x${"f".repeat(64)}`, false],
  ])("%p is a key: %p", (text, isKey) => {
    expect(isPrivateKey(bytesOf(text))).toBe(isKey);
  });
});
