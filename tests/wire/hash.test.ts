import { describe, expect, test } from "bun:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { parseScaled } from "../../src/core/units.ts";
import { canonicalDecimal } from "../../src/wire/hyperliquid/action_schema.ts";
import { actionBytes, actionHash, agentDigest, type Network } from "../../src/wire/hyperliquid/hash.ts";
import { recoverSigner } from "../../src/wire/hyperliquid/recover.ts";
import { addressOf, signDigest, trimSignature, type WireSignature } from "../../src/wire/hyperliquid/sign.ts";
import { multiSigDigest, userDigest } from "../../src/wire/hyperliquid/user_signed.ts";
import {
  K1,
  K1_ADDRESS,
  K2,
  K2_ADDRESS,
  L1_VECTORS,
  MULTI_SIG_VECTORS,
  type PublishedSignature,
  USD_SEND,
  USER_VECTORS,
} from "../fixtures/vectors.ts";

function published(text: PublishedSignature): WireSignature {
  const [r, s, v] = text.split(" ") as [string, string, string];
  return { r, s, v: Number(v) };
}

/** Signs, and finds the same signature, un-padded, and the same signer, from the padded form and from the un-padded. */
function expectSignature(digest: Uint8Array | null, key: string, expected: PublishedSignature): void {
  expect(digest).not.toBeNull();
  const made = signDigest(digest as Uint8Array, key);
  expect([made.r.length, made.s.length]).toEqual([66, 66]);
  // Some publish r and s with their zeros, some without.
  expect(trimSignature(made)).toEqual(trimSignature(published(expected)));
  const address = addressOf(key);
  expect(recoverSigner(digest as Uint8Array, made)).toBe(address);
  expect(recoverSigner(digest as Uint8Array, trimSignature(made))).toBe(address);
}

const NETWORKS: readonly Network[] = ["Mainnet", "Testnet"];

describe("published vectors", () => {
  test("keys have their addresses", () => {
    expect([addressOf(K1), addressOf(K2)]).toEqual([K1_ADDRESS, K2_ADDRESS]);
  });

  test.each(L1_VECTORS.map((v) => [v.name, v] as const))("%s: bytes, hash, signatures and signer", (_, v) => {
    if (v.packed !== null) expect(bytesToHex(actionBytes(v.action))).toBe(v.packed);
    const hash = actionHash(v.action, { nonce: v.nonce, vaultAddress: v.vault, expiresAfter: v.expires });
    expect(`0x${bytesToHex(hash)}`).toBe(v.hash);
    for (const network of NETWORKS) {
      const expected = network === "Mainnet" ? v.main : v.test;
      if (expected !== null) expectSignature(agentDigest(hash, network), v.key, expected);
    }
  });

  test.each(USER_VECTORS.map((v) => [v.name, v] as const))("%s: a user-signed action", (_, v) => {
    expectSignature(userDigest(v.action), v.key, v.signature);
  });

  test.each(MULTI_SIG_VECTORS.map((v) => [v.name, v] as const))("%s: a multi-signature action", (_, v) => {
    const parties = { multiSigUser: v.multiSigUser, outerSigner: K2_ADDRESS };
    const context = { nonce: v.nonce, vaultAddress: null, expiresAfter: null };
    const inner =
      v.signedAction === null
        ? agentDigest(actionHash([v.multiSigUser, K2_ADDRESS, v.action], context), v.network)
        : userDigest(v.signedAction, parties);
    expectSignature(inner, K2, v.inner);
    const signatures = [trimSignature(published(v.inner))];
    const wrapper = { signatureChainId: "0x66eee", signatures, payload: { ...parties, action: v.action } };
    expectSignature(multiSigDigest(actionHash(wrapper, context), v.network, "0x66eee", v.nonce), K2, v.outer);
  });

  test.each([
    ["0.00001231", 1231],
    ["1.033", 103_300_000],
    ["0.000012312312", Number.NaN],
    // 1.2e19 of these units: right, but more than a double counts, and no price or size of ours.
    ["123123123123", Number.NaN],
  ])("V13: %s in units of 10^-8", (decimal, units) => {
    expect(parseScaled(decimal, 8)).toBe(units);
  });
});

describe("bytes", () => {
  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [65_535, "cdffff"],
    [65_536, "ce00010000"],
    [4_294_967_295, "ceffffffff"],
    [4_294_967_296, "cf0000000100000000"],
    [566_617_964_508, "cf00000083ed0fffdc"],
    [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
    [-1, "ff"],
    [-129, "d1ff7f"],
    [true, "c3"],
    [null, "c0"],
  ])("%p is %s", (value, hex) => {
    expect(bytesToHex(actionBytes(value))).toBe(hex);
  });

  test("keys keep their order, absent ones leave no trace, and arrays of 16 take their longer head", () => {
    const bytes = (value: unknown): string => bytesToHex(actionBytes(value));
    expect(bytes({ b: 1, a: 2 })).not.toBe(bytes({ a: 2, b: 1 }));
    expect(bytes({ a: 2, c: undefined })).toBe(bytes({ a: 2 }));
    expect(bytes(Array(15).fill(0)).slice(0, 2)).toBe("9f");
    expect(bytes(Array(16).fill(0)).slice(0, 6)).toBe("dc0010");
  });

  test("nonce, vault and expiry each move the hash", () => {
    const plain = { nonce: 1, vaultAddress: null, expiresAfter: null };
    const hashes = [
      plain,
      { ...plain, nonce: 2 },
      { ...plain, nonce: 4_294_967_297 },
      { ...plain, vaultAddress: K1_ADDRESS },
      { ...plain, expiresAfter: 1 },
      { ...plain, expiresAfter: 0 },
    ].map((context) => bytesToHex(actionHash({ type: "noop" }, context)));
    expect(new Set(hashes).size).toBe(6);
  });
});

describe("decimals are hashed as the venue prints them", () => {
  test.each([
    ["100", "100"],
    ["100.0", "100"],
    ["100.", "100"],
    ["0100", "100"],
    ["1670.10", "1670.1"],
    ["0.0147", "0.0147"],
    ["00.01470", "0.0147"],
    ["0", "0"],
    ["0.000", "0"],
    ["-0", "0"],
    ["-0.0", "0"],
    ["-1.50", "-1.5"],
    ["0.00001231", "0.00001231"],
    ["123123123123", "123123123123"],
    ["1200", "1200"],
    ["1e5", "1e5"],
    ["", ""],
  ])("%p becomes %p", (given, canonical) => {
    expect(canonicalDecimal(given)).toBe(canonical);
  });
});

describe("user-signed actions", () => {
  const digest = (action: { [key: string]: unknown }): string => bytesToHex(userDigest(action) ?? new Uint8Array());
  const AGENT = {
    type: "approveAgent",
    signatureChainId: "0x66eee",
    hyperliquidChain: "Mainnet",
    agentAddress: K1_ADDRESS,
    nonce: 1,
  };

  test("an agent without a name is signed with an empty one", () => {
    const unnamed = digest(AGENT);
    expect(unnamed).toBe(digest({ ...AGENT, agentName: "" }));
    expect(unnamed).toBe(digest({ ...AGENT, agentName: null }));
    expect(unnamed).not.toBe(digest({ ...AGENT, agentName: "a" }));
  });

  test("any chain id will do, and matters; the case of a typed address does not; that of a string does", () => {
    expect(digest({ ...AGENT, signatureChainId: "0x1" })).not.toBe(digest(AGENT));
    expect(digest({ ...AGENT, agentAddress: `0x${K1_ADDRESS.slice(2).toUpperCase()}` })).toBe(digest(AGENT));
    expect(digest({ ...USD_SEND, destination: "0xAB" })).not.toBe(digest({ ...USD_SEND, destination: "0xab" }));
  });

  test.each([
    ["no such action", { ...AGENT, type: "order" }],
    ["a name of every object", { ...AGENT, type: "constructor" }],
    ["no type", { nonce: 1 }],
    ["a field missing", { ...USD_SEND, amount: undefined }],
    ["a number for a string", { ...USD_SEND, amount: 1 }],
    ["a fraction for a time", { ...USD_SEND, time: 1.5 }],
    ["an address too short", { ...AGENT, agentAddress: "0x12" }],
    ["no chain", { ...AGENT, hyperliquidChain: undefined }],
    ["a chain id that is no number", { ...AGENT, signatureChainId: "main" }],
    ["no chain id", { ...AGENT, signatureChainId: undefined }],
  ])("%s has no digest", (_, action: { [key: string]: unknown }) => {
    expect(userDigest(action)).toBeNull();
  });
});
