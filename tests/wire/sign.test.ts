import { describe, expect, test } from "bun:test";
import { createL1ActionHash, signL1Action, signUserSignedAction } from "@nktkas/hyperliquid/signing";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { hyperliquid } from "ccxt";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { signAction } from "../../src/venue/hyperliquid/sign_action.ts";
import type { L1Action } from "../../src/wire/hyperliquid/action.ts";
import { cloidText } from "../../src/wire/hyperliquid/cloid.ts";
import { actionHash, agentDigest, type HashContext, type Network } from "../../src/wire/hyperliquid/hash.ts";
import { recoverSigner } from "../../src/wire/hyperliquid/recover.ts";
import { addressOf, signDigest, trimSignature, type WireSignature } from "../../src/wire/hyperliquid/sign.ts";
import { userDigest } from "../../src/wire/hyperliquid/user_signed.ts";
import { K1, K1_ADDRESS, USER_VECTORS } from "../fixtures/vectors.ts";

const SEED = 20_261_125;
const wallet = privateKeyToAccount(K1);

/** The other client: methods that it does not type. */
interface Ccxt {
  options: { [key: string]: unknown };
  actionHash(action: object, vault: string | undefined, nonce: number, expiresAfter?: number): Uint8Array;
  signL1Action(
    action: object,
    nonce: number,
    vault?: string,
    expiresAfter?: number,
  ): { r: string; s: string; v: number };
  buildUsdSendSig(message: object): { r: string; s: string; v: number };
  buildWithdrawSig(message: object): { r: string; s: string; v: number };
  buildApproveBuilderFeeSig(message: object): { r: string; s: string; v: number };
}
const ccxt = new hyperliquid({ privateKey: K1, walletAddress: K1_ADDRESS }) as unknown as Ccxt;

const hexText = (digits: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).map((h) => `0x${h}`);
const uint = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
);
const decimal = fc.tuple(fc.nat(1e6), fc.nat(99_999)).map(([a, b]) => String(Number(`${a}.${b}`)));
const maybe = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<object> =>
  fc.oneof(
    fc.constant({}),
    value.map((v) => ({ [key]: v })),
  );

const kind = fc.oneof(
  fc.constantFrom("Gtc", "Ioc", "Alo").map((tif) => ({ limit: { tif } })),
  fc
    .record({ isMarket: fc.boolean(), triggerPx: decimal, tpsl: fc.constantFrom("tp", "sl") })
    .map((trigger) => ({ trigger })),
);
const order = fc
  .tuple(
    fc.record({ a: uint, b: fc.boolean(), p: decimal, s: decimal, r: fc.boolean(), t: kind }),
    maybe("c", hexText(32)),
  )
  .map(([o, c]) => ({ ...o, ...c }));
const action = fc.oneof(
  fc
    .tuple(
      fc.array(order, { minLength: 1, maxLength: 18 }),
      maybe(
        "builder",
        hexText(40).map((b) => ({ b, f: 10 })),
      ),
    )
    .map(([orders, builder]) => ({ type: "order", orders, grouping: "na", ...builder })),
  fc.array(fc.record({ a: uint, o: uint }), { maxLength: 18 }).map((cancels) => ({ type: "cancel", cancels })),
  fc
    .array(fc.record({ asset: uint, cloid: hexText(32) }), { maxLength: 4 })
    .map((cancels) => ({ type: "cancelByCloid", cancels, f: true })),
  fc.record({ oid: uint, order }).map((m) => ({ type: "modify", ...m })),
  fc.array(fc.record({ oid: uint, order }), { maxLength: 4 }).map((modifies) => ({ type: "batchModify", modifies })),
  fc
    .record({ asset: uint, isBuy: fc.boolean(), ntli: fc.integer() })
    .map((m) => ({ type: "updateIsolatedMargin", ...m })),
  uint.map((time) => ({ type: "scheduleCancel", time })),
);
// One client pads a nonce of 11 hex digits only: a time of ours, in milliseconds, has as many.
const time = fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 });
const context: fc.Arbitrary<HashContext> = fc.record({
  nonce: time,
  vaultAddress: fc.option(hexText(40)),
  expiresAfter: fc.option(time),
});
const network = fc.constantFrom<Network>("Mainnet", "Testnet");
const optional = (c: HashContext): { vaultAddress?: `0x${string}`; expiresAfter?: number } => ({
  ...(c.vaultAddress === null ? {} : { vaultAddress: c.vaultAddress as `0x${string}` }),
  ...(c.expiresAfter === null ? {} : { expiresAfter: c.expiresAfter }),
});

describe("the same as third-party signers", () => {
  test("hashes of random actions, TypeScript client", () => {
    fc.assert(
      fc.property(action, context, (a, c) => {
        const theirs = createL1ActionHash({ action: a, nonce: c.nonce, ...optional(c) });
        expect(`0x${bytesToHex(actionHash(a, c))}`).toBe(theirs);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("hashes of random actions, ccxt", () => {
    fc.assert(
      fc.property(action, context, (a, c) => {
        const theirs = ccxt.actionHash(a, c.vaultAddress?.slice(2), c.nonce, c.expiresAfter ?? undefined);
        expect(bytesToHex(actionHash(a, c))).toBe(bytesToHex(theirs));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("signatures of random actions, TypeScript client", async () => {
    await fc.assert(
      fc.asyncProperty(action, context, network, async (a, c, net) => {
        const isTestnet = net === "Testnet";
        const theirs = await signL1Action({ wallet, action: a, nonce: c.nonce, isTestnet, ...optional(c) });
        expect(signDigest(agentDigest(actionHash(a, c), net), K1)).toEqual(theirs);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test("signatures of random actions, ccxt", () => {
    fc.assert(
      fc.property(action, context, network, (a, c, net) => {
        ccxt.options.sandboxMode = net === "Testnet";
        const theirs = ccxt.signL1Action(a, c.nonce, c.vaultAddress?.slice(2), c.expiresAfter ?? undefined);
        const ours = signDigest(agentDigest(actionHash(a, c), net), K1);
        expect(trimSignature(ours)).toEqual(trimSignature(theirs));
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  describe("the actions that orders are sent with, until they expire", () => {
    const run = [7, 9] as const;
    const sent = { a: 110_003, b: true, p: "30.12", s: "0.5", r: false, t: { limit: { tif: "Alo" as const } } };
    const orders = Array.from({ length: 10 }, (_, i) => ({
      ...sent,
      b: i % 2 === 0,
      r: i === 9,
      c: cloidText(run, i + 1),
    }));
    const cloid = cloidText(run, 3);
    const actions: [string, L1Action][] = [
      ["a ladder of ten", { type: "order", orders, grouping: "na" }],
      [
        "modifies by number and by client id",
        {
          type: "batchModify",
          modifies: orders.map((o, i) => ({ oid: i % 2 === 0 ? 566_617_964_508 + i : cloid, order: o })),
        },
      ],
      ["cancels by client id", { type: "cancelByCloid", cancels: [{ asset: 110_003, cloid }], f: true }],
      ["cancels by number", { type: "cancel", cancels: [{ a: 110_003, o: 566_617_964_508 }], f: true }],
    ];
    const nonce = 1_790_000_000_123;
    const expiresAfter = nonce + 5_000;
    const vault = `0x${"ab".repeat(20)}` as const;
    test.each(actions)("%s", async (_, a) => {
      for (const vaultAddress of [null, vault]) {
        const context = { network: "Mainnet", nonce, vaultAddress, expiresAfter } as const;
        const signer = {
          address: K1_ADDRESS,
          sign: (digest: Uint8Array) => signDigest(digest, K1) as WireSignature & { v: 27 | 28 },
        };
        const body = JSON.parse(signAction(a, context, signer));
        const about = { nonce, expiresAfter, ...(vaultAddress !== null && { vaultAddress }) };
        const theirs = await signL1Action({ wallet, action: a as unknown as { [key: string]: unknown }, ...about });
        expect(body).toEqual({ action: a, signature: theirs, ...about });
        // Their clients print keys in the same order, so what is sent is the same to the byte.
        expect(JSON.stringify(body.action)).toBe(JSON.stringify(a));
        ccxt.options.sandboxMode = false;
        const others = ccxt.signL1Action(a, nonce, vaultAddress?.slice(2), expiresAfter);
        expect(trimSignature(body.signature)).toEqual(trimSignature(others));
      }
    });
  });

  test("user-signed actions, both clients", async () => {
    const chain = { signatureChainId: "0x66eee", hyperliquidChain: "Mainnet" } as const;
    const fields = { hyperliquidChain: "Mainnet", destination: K1_ADDRESS, amount: "12.5", time: 1_700_000_000_000 };
    const fee = { hyperliquidChain: "Mainnet", maxFeeRate: "0.01%", builder: K1_ADDRESS, nonce: 1_700_000_000_000 };
    const signed = (type: string, message: object): object =>
      trimSignature(signDigest(userDigest({ type, ...chain, ...message }) as Uint8Array, K1));
    expect(signed("usdSend", fields)).toEqual(trimSignature(ccxt.buildUsdSendSig(fields)));
    expect(signed("withdraw3", fields)).toEqual(trimSignature(ccxt.buildWithdrawSig(fields)));
    expect(signed("approveBuilderFee", fee)).toEqual(trimSignature(ccxt.buildApproveBuilderFeeSig(fee)));
    const types = {
      "HyperliquidTransaction:ApproveAgent": [
        { name: "hyperliquidChain", type: "string" },
        { name: "agentAddress", type: "address" },
        { name: "agentName", type: "string" },
        { name: "nonce", type: "uint64" },
      ],
    };
    const agent = { type: "approveAgent", ...chain, agentAddress: K1_ADDRESS, agentName: "", nonce: 1 };
    const theirs = await signUserSignedAction({ wallet, action: agent, types });
    expect(signed("approveAgent", { agentAddress: K1_ADDRESS, nonce: 1 })).toEqual(trimSignature(theirs));
  });
});

describe("recovery", () => {
  const key = hexText(64).filter((k) => !/^0x0+$/.test(k) && k < "0xfffffffffffffffffffffffffffffffe");
  const digest = hexText(64).map((h) => hexToBytes(h.slice(2)));

  test("finds whoever signed, whatever the padding and the base of v", () => {
    fc.assert(
      fc.property(key, digest, (k, d) => {
        const made = signDigest(d, k);
        const address = addressOf(k);
        const bare = { r: made.r.slice(2), s: made.s.slice(2), v: made.v - 27 };
        for (const s of [made, trimSignature(made), bare]) expect(recoverSigner(d, s)).toBe(address);
        expect(signDigest(d, k)).toEqual(made);
        expect(privateKeyToAccount(k as `0x${string}`).address.toLowerCase()).toBe(address);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  test("any flipped bit is another signer or none", () => {
    fc.assert(
      fc.property(digest, fc.nat(255), fc.constantFrom("digest", "r", "s"), (d, bit, part) => {
        const made = signDigest(d, K1);
        const flip = (hex: string): string => {
          const bytes = hexToBytes(hex.slice(2));
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          return `0x${bytesToHex(bytes)}`;
        };
        const changed = part === "digest" ? made : { ...made, [part]: flip(made[part as "r" | "s"]) };
        const at = part === "digest" ? hexToBytes(flip(`0x${bytesToHex(d)}`).slice(2)) : d;
        expect(recoverSigner(at, changed)).not.toBe(K1_ADDRESS);
        expect(recoverSigner(d, { ...made, v: 55 - made.v })).not.toBe(K1_ADDRESS);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  const d = userDigest((USER_VECTORS[0] as (typeof USER_VECTORS)[number]).action) as Uint8Array;
  const good = signDigest(d, K1);
  const ORDER_N = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  test.each([
    ["no digits", { ...good, r: "" }],
    ["0x alone", { ...good, r: "0x" }],
    ["no hex", { ...good, s: "0xzz" }],
    ["zero r", { ...good, r: "0x0" }],
    ["zero s", { ...good, s: `0x${"0".repeat(64)}` }],
    ["r of the group's order", { ...good, r: ORDER_N }],
    ["s of the group's order", { ...good, s: ORDER_N }],
    ["65 digits", { ...good, r: `0x1${good.r.slice(2)}` }],
    ["r that is on no point", { ...good, r: "0x5" }],
    ["v 26", { ...good, v: 26 }],
    ["v 29", { ...good, v: 29 }],
    ["v 2", { ...good, v: 2 }],
    ["v no number", { ...good, v: Number.NaN }],
    ["v a fraction", { ...good, v: 27.5 }],
  ])("%s: nobody", (_, signature) => {
    expect(recoverSigner(d, signature)).toBeNull();
  });
});
