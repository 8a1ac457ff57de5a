import { describe, expect, test } from "bun:test";
import { ExchangeClient } from "@nktkas/hyperliquid";
import { hyperliquid } from "ccxt";
import { privateKeyToAccount } from "viem/accounts";
import { type Envelope, parseEnvelope } from "../../src/wire/hyperliquid/action_schema.ts";
import { actionHash, agentDigest } from "../../src/wire/hyperliquid/hash.ts";
import { signerOf } from "../../src/wire/hyperliquid/recover.ts";
import { signDigest, trimSignature } from "../../src/wire/hyperliquid/sign.ts";
import { isUserSigned } from "../../src/wire/hyperliquid/user_signed.ts";
import { K1, K1_ADDRESS } from "../fixtures/vectors.ts";

const NONCE = 1_700_000_000_000;
const VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea";
const CLOID = "0x000000000000000000065d291ba7c0aB";
const ORDER = { a: 110_000, b: true, p: "31175", s: "0.032", r: false, t: { limit: { tif: "Alo" } } };
const SIGNATURE = { r: "0x1", s: "0x2", v: 27 };

const envelope = (action: unknown, more: object = {}): string =>
  JSON.stringify({ action, nonce: NONCE, signature: SIGNATURE, ...more });
const orderOf = (change: object): object => ({ type: "order", orders: [{ ...ORDER, ...change }], grouping: "na" });
const parsed = (text: string): Envelope => {
  const found = parseEnvelope(text);
  expect(found).not.toBeNull();
  return found as Envelope;
};

/** A client whose requests end here. */
function client(sent: string[], defaults: { vault?: `0x${string}`; expires?: number } = {}): ExchangeClient {
  const transport = {
    isTestnet: false,
    request: async (_: string, payload: unknown) => {
      sent.push(JSON.stringify(payload));
      const { action } = payload as { action: { type: string } };
      const statuses = action.type.startsWith("cancel") ? ["success"] : [{ resting: { oid: 1 } }];
      return { status: "ok", response: { type: "order", data: { statuses } } };
    },
  };
  return new ExchangeClient({
    transport: transport as never,
    wallet: privateKeyToAccount(K1),
    ...(defaults.vault === undefined ? {} : { defaultVaultAddress: defaults.vault }),
    ...(defaults.expires === undefined ? {} : { defaultExpiresAfter: defaults.expires }),
  });
}

const TRIGGER = { trigger: { isMarket: true, triggerPx: "31000.0", tpsl: "sl" as const } };
const limit = { ...ORDER, c: CLOID as `0x${string}`, t: { limit: { tif: "Gtc" as const } } };
const CALLS: readonly [string, (c: ExchangeClient) => Promise<unknown>][] = [
  [
    "order",
    (c) => c.order({ orders: [limit, { ...ORDER, t: TRIGGER }], grouping: "normalTpsl", builder: { b: VAULT, f: 10 } }),
  ],
  ["cancel", (c) => c.cancel({ cancels: [{ a: 110_000, o: 566_617_964_508 }] })],
  ["cancelByCloid", (c) => c.cancelByCloid({ cancels: [{ asset: 0, cloid: CLOID }] })],
  ["modify", (c) => c.modify({ oid: CLOID, order: limit })],
  ["batchModify", (c) => c.batchModify({ modifies: [{ oid: 566_617_964_508, order: limit }] })],
  ["scheduleCancel", (c) => c.scheduleCancel({ time: NONCE })],
  ["scheduleCancel", (c) => c.scheduleCancel()],
  ["updateLeverage", (c) => c.updateLeverage({ asset: 0, isCross: true, leverage: 5 })],
  ["updateIsolatedMargin", (c) => c.updateIsolatedMargin({ asset: 0, isBuy: true, ntli: -5_000_000 })],
  ["topUpIsolatedOnlyMargin", (c) => c.topUpIsolatedOnlyMargin({ asset: 0, leverage: "0.5" })],
  ["reserveRequestWeight", (c) => c.reserveRequestWeight({ weight: 100 })],
  ["noop", (c) => c.noop()],
  ["createSubAccount", (c) => c.createSubAccount({ name: "example" })],
  ["subAccountTransfer", (c) => c.subAccountTransfer({ subAccountUser: VAULT, isDeposit: true, usd: 10 })],
  ["setReferrer", (c) => c.setReferrer({ code: "CODE" })],
  ["agentSetAbstraction", (c) => c.agentSetAbstraction({ abstraction: "u" })],
  ["approveAgent", (c) => c.approveAgent({ agentAddress: VAULT, agentName: null })],
  ["approveAgent", (c) => c.approveAgent({ agentAddress: VAULT, agentName: "one valid_until 1800000000000" })],
  ["approveBuilderFee", (c) => c.approveBuilderFee({ maxFeeRate: "0.01%", builder: VAULT })],
  [
    "sendAsset",
    (c) =>
      c.sendAsset({
        destination: K1_ADDRESS,
        sourceDex: "",
        destinationDex: "xyz",
        token: "USDC:0x6d1e7cde53ba9467b783cb7c530ce054",
        amount: "100",
        fromSubAccount: "",
      }),
  ],
  ["usdClassTransfer", (c) => c.usdClassTransfer({ amount: "12.5", toPerp: true })],
  ["usdSend", (c) => c.usdSend({ destination: VAULT, amount: "1" })],
  [
    "spotSend",
    (c) => c.spotSend({ destination: VAULT, token: "USDC:0x6d1e7cde53ba9467b783cb7c530ce054", amount: "1" }),
  ],
  ["withdraw3", (c) => c.withdraw3({ destination: VAULT, amount: "1" })],
  ["userSetAbstraction", (c) => c.userSetAbstraction({ user: K1_ADDRESS, abstraction: "disabled" })],
];

describe("requests of third-party clients", () => {
  test.each(CALLS)("TypeScript client, %s", async (type, call) => {
    const sent: string[] = [];
    await call(client(sent)).catch(() => {});
    const request = parsed(sent[0] as string);
    expect([request.action.type as string, request.vaultAddress, request.expiresAfter]).toEqual([type, null, null]);
    expect(signerOf(request, "Mainnet")).toBe(K1_ADDRESS);
    // What an account signs field by field names its network itself.
    expect(signerOf(request, "Testnet") === K1_ADDRESS).toBe(isUserSigned(type));
  });

  test.each(CALLS.slice(0, 10))("TypeScript client for a vault, with expiry, %s", async (_, call) => {
    const sent: string[] = [];
    await call(client(sent, { vault: VAULT, expires: NONCE })).catch(() => {});
    const request = parsed(sent[0] as string);
    expect([request.vaultAddress, request.expiresAfter]).toEqual([VAULT, NONCE]);
    expect(signerOf(request, "Mainnet")).toBe(K1_ADDRESS);
  });

  test("ccxt: orders, cancels and edits, for itself and for a vault", () => {
    const ccxt = new hyperliquid({ privateKey: K1, walletAddress: K1_ADDRESS });
    const unified = {
      info: {},
      symbol: "BTC/USDC:USDC",
      id: "BTC",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      type: "swap",
      swap: true,
      spot: false,
      contract: true,
      linear: true,
      baseId: 0,
      precision: { amount: 1e-5, price: 0.1 },
      limits: { amount: {}, price: {}, cost: {}, leverage: {} },
    };
    ccxt.setMarkets([unified as never]);
    const one = { symbol: "BTC/USDC:USDC", type: "limit", side: "buy", amount: 0.001, price: 60_000 };
    const cloid = { clientOrderId: CLOID.toLowerCase() };
    for (const vault of [{}, { vaultAddress: VAULT }]) {
      const bodies = [
        ccxt.createOrdersRequest([{ ...one, params: { ...cloid, timeInForce: "Alo" } } as never], vault),
        ccxt.cancelOrdersRequest(["566617964508"], one.symbol, vault),
        ccxt.cancelOrdersRequest([], one.symbol, { ...vault, clientOrderId: [CLOID.toLowerCase()] }),
        ccxt.editOrdersRequest([{ ...one, id: "566617964508", params: {} } as never], vault),
      ];
      for (const body of bodies) {
        const request = parsed(JSON.stringify(body));
        expect(signerOf(request, "Mainnet")).toBe(K1_ADDRESS);
        expect(request.vaultAddress).toBe("vaultAddress" in vault ? VAULT : null);
      }
    }
  });
});

describe("the envelope", () => {
  test.each([
    ["absent", {}, null],
    ["null", { vaultAddress: null }, null],
    ["with 0x", { vaultAddress: VAULT }, VAULT],
    ["without 0x", { vaultAddress: VAULT.slice(2) }, VAULT],
    ["in capitals", { vaultAddress: `0x${VAULT.slice(2).toUpperCase()}` }, VAULT],
  ])("a vault %s", (_, more, vault) => {
    expect(parsed(envelope(orderOf({}), more)).vaultAddress).toBe(vault);
  });

  test.each([
    ["absent", {}, null],
    ["null", { expiresAfter: null }, null],
    ["there", { expiresAfter: NONCE }, NONCE],
  ])("an expiry %s", (_, more, expiry) => {
    expect(parsed(envelope(orderOf({}), more)).expiresAfter).toBe(expiry);
  });

  test("unknown keys are ignored, client ids and addresses are lower case to act on", () => {
    const text = envelope(
      { ...orderOf({ c: CLOID }), builder: { b: `0x${VAULT.slice(2).toUpperCase()}`, f: 1 } },
      { isFrontend: true },
    );
    const { action } = parsed(text);
    expect(action).toEqual({
      type: "order",
      orders: [{ ...ORDER, c: CLOID.toLowerCase() }],
      grouping: "na",
      builder: { b: VAULT, f: 1 },
    } as never);
  });

  test("what is hashed keeps the order of keys and what else was sent", () => {
    const text = envelope({
      grouping: "na",
      extra: 1,
      orders: [{ t: ORDER.t, a: 0, b: true, p: "1", s: "1", r: false }],
      type: "order",
    });
    const { signed } = parsed(text);
    expect(Object.keys(signed)).toEqual(["grouping", "extra", "orders", "type"]);
    expect(Object.keys((signed as { orders: object[] }).orders[0] as object)).toEqual(["t", "a", "b", "p", "s", "r"]);
  });

  test("a vault in the envelope of an action that knows none does not count", () => {
    const action = { type: "createSubAccount", name: "example" };
    const hash = actionHash(action, { nonce: NONCE, vaultAddress: null, expiresAfter: null });
    const signature = signDigest(agentDigest(hash, "Mainnet"), K1);
    expect(signerOf(parsed(envelope(action, { signature, vaultAddress: VAULT })), "Mainnet")).toBe(K1_ADDRESS);
  });

  /** Signs one action, sends another. */
  function recovered(signedAction: object, sentAction: object): string | null {
    const hash = actionHash(signedAction, { nonce: NONCE, vaultAddress: null, expiresAfter: null });
    const signature = trimSignature(signDigest(agentDigest(hash, "Mainnet"), K1));
    return signerOf(parsed(envelope(sentAction, { signature })), "Mainnet");
  }

  test.each([
    ["as printed", {}, {}, true],
    ["a price with a zero too many, signed as sent", { p: "31175.0" }, { p: "31175.0" }, false],
    ["a size with a zero too many, signed as sent", { s: "0.0320" }, { s: "0.0320" }, false],
    ["a price with a zero too many, signed without", {}, { p: "31175.0" }, true],
    ["a size without, signed without", {}, { s: "00.032" }, true],
    ["a trigger with a zero too many, signed as sent", { t: TRIGGER }, { t: TRIGGER }, false],
    ["a client id in capitals, signed as sent", { c: CLOID }, { c: CLOID }, false],
    ["a client id in capitals, signed in lower case", { c: CLOID.toLowerCase() }, { c: CLOID }, true],
  ])("%s", (_, signedChange, sentChange, same) => {
    expect(recovered(orderOf(signedChange), orderOf(sentChange)) === K1_ADDRESS).toBe(same);
    const modify = (change: object): object => ({
      type: "batchModify",
      modifies: [{ oid: 1, order: { ...ORDER, ...change } }],
    });
    expect(recovered(modify(signedChange), modify(sentChange)) === K1_ADDRESS).toBe(same);
  });
});

/** Lists, one within the other. */
const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

describe("what the venue cannot read", () => {
  test.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["no action", JSON.stringify({ nonce: NONCE, signature: SIGNATURE })],
    ["an unknown action", envelope({ type: "orders" })],
    ["an action without type", envelope({ orders: [] })],
    ["no nonce", JSON.stringify({ action: { type: "noop" }, signature: SIGNATURE })],
    ["a nonce in text", envelope({ type: "noop" }, { nonce: "1" })],
    ["a negative nonce", envelope({ type: "noop" }, { nonce: -1 })],
    ["a nonce beyond a double", envelope({ type: "noop" }, { nonce: 2 ** 60 })],
    ["no signature", JSON.stringify({ action: { type: "noop" }, nonce: NONCE })],
    ["r that is no hex", envelope({ type: "noop" }, { signature: { ...SIGNATURE, r: "0xg" } })],
    ["s of 65 digits", envelope({ type: "noop" }, { signature: { ...SIGNATURE, s: `0x${"1".repeat(65)}` } })],
    ["v in text", envelope({ type: "noop" }, { signature: { ...SIGNATURE, v: "27" } })],
    ["a short vault", envelope({ type: "noop" }, { vaultAddress: "0x12" })],
    ["an expiry in text", envelope({ type: "noop" }, { expiresAfter: "1" })],
    ["a price as a number", envelope(orderOf({ p: 31_175 }))],
    ["a price with an exponent", envelope(orderOf({ p: "1e5" }))],
    ["no price", envelope(orderOf({ p: "" }))],
    ["a size as a number", envelope(orderOf({ s: 1 }))],
    ["a side in text", envelope(orderOf({ b: "true" }))],
    ["an asset by name", envelope(orderOf({ a: "BTC" }))],
    ["a negative asset", envelope(orderOf({ a: -1 }))],
    ["half an asset", envelope(orderOf({ a: 0.5 }))],
    ["no reduce-only", envelope(orderOf({ r: undefined }))],
    ["a time in force of reads only", envelope(orderOf({ t: { limit: { tif: "LiquidationMarket" } } }))],
    ["a time in force in lower case", envelope(orderOf({ t: { limit: { tif: "gtc" } } }))],
    ["a trigger without price", envelope(orderOf({ t: { trigger: { isMarket: true, tpsl: "sl" } } }))],
    ["a client id of 31 digits", envelope(orderOf({ c: `0x${"1".repeat(31)}` }))],
    ["a client id without 0x", envelope(orderOf({ c: "1".repeat(32) }))],
    ["an unknown grouping", envelope({ ...orderOf({}), grouping: "all" })],
    ["no grouping", envelope({ type: "order", orders: [ORDER] })],
    ["a fast cancel that is false", envelope({ type: "cancel", cancels: [], f: false })],
    ["always-place that is false", envelope({ type: "batchModify", modifies: [], a: false })],
    ["an oid in decimal text", envelope({ type: "modify", oid: "77738308", order: ORDER })],
    ["lists within lists beyond what can be hashed", envelope({ type: "noop", x: nested(64) })],
    ["leverage of a half", envelope({ type: "updateLeverage", asset: 0, isCross: true, leverage: 0.5 })],
    [
      "a third network",
      envelope({
        type: "usdSend",
        signatureChainId: "0x1",
        hyperliquidChain: "Devnet",
        destination: VAULT,
        amount: "1",
        time: 1,
      }),
    ],
  ])("%s", (_, text) => {
    expect(parseEnvelope(text)).toBeNull();
  });

  test("and what it can, though it looks odd", () => {
    const odd = [orderOf({ p: "0" }), orderOf({ p: "-1" }), { type: "order", orders: [], grouping: { p: 100 } }];
    for (const action of odd) parsed(envelope(action));
    parsed(envelope({ type: "noop", x: nested(63) }));
  });
});
