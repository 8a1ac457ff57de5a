/**
 * Requests to `POST /exchange`, from text to something that can be acted on and something that can be hashed.
 * @module
 */
import { z } from "zod";
import type { Action, WireOrder } from "./action.ts";
import type { WireSignature } from "./sign.ts";

/** A request whose shape is right. Who signed it and whether it makes sense is not known yet. */
export interface Envelope {
  /** For acting on: addresses and client ids in lower case, unknown keys left out. */
  action: Action;
  /** For hashing: the action as received, keys in the order received, but decimals of orders as the venue prints them (`canonicalDecimal`). */
  signed: { readonly [key: string]: unknown };
  /** Milliseconds. */
  nonce: number;
  signature: WireSignature;
  /** 0x and 40 lower-case hex digits. */
  vaultAddress: string | null;
  /** Milliseconds. */
  expiresAfter: number | null;
}

/**
 * Reads the body of an exchange request; null for whatever the venue answers with HTTP 422: no JSON, an action it does not know, a field
 * missing or of another kind. Keys that the venue does not know are ignored.
 *
 * @param text The body, or the payload of a post over the socket, as JSON text.
 */
export function parseEnvelope(text: string): Envelope | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  return readEnvelope(body);
}

/** The same for a request that is parsed already. The action of `body` is changed in place: it is made canonical. */
export function readEnvelope(body: unknown): Envelope | null {
  const parsed = envelopeSchema.safeParse(body);
  if (!parsed.success) return null;
  const { action, nonce, signature, vaultAddress, expiresAfter } = parsed.data;
  const signed = (body as { action: { [key: string]: unknown } }).action;
  if (isDeeper(signed, DEPTH_MAX)) return null;
  canonicalize(signed);
  return { action, signed, nonce, signature, vaultAddress: vaultAddress ?? null, expiresAfter: expiresAfter ?? null };
}

/** Lists and objects within each other that an action may have: those that the venue knows have six, and the encoder ends at a hundred. */
const DEPTH_MAX = 64;

/** Whether a value nests deeper than `depth`. Keys that the venue does not know are hashed too, so they may hold anything. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  for (const key in value) if (isDeeper((value as { [key: string]: unknown })[key], depth - 1)) return true;
  return false;
}

/**
 * A decimal as the venue prints it in what it hashes: no zeros at either end that say nothing, no point without digits, no "-0".
 *
 * The venue reads a request and writes its action anew before hashing, so whoever signed "100.0" has signed something else than what is
 * hashed, "100", and recovers as a stranger (signing page, August 2026).
 */
export function canonicalDecimal(text: string): string {
  // Nearly all are canonical: one look decides.
  if (CANONICAL.test(text)) return text;
  const match = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null) return text;
  const magnitude = match[3] === undefined || match[3] === "" ? (match[2] as string) : `${match[2]}.${match[3]}`;
  return magnitude === "0" ? "0" : `${match[1]}${magnitude}`;
}

const CANONICAL = /^(?:0|-?(?:[1-9]\d*|0(?=\.))(?:\.\d*[1-9])?)$/;

/**
 * Writes the parts of an action anew that the venue holds as numbers and bytes: an order's decimals, client ids, addresses. The order of
 * keys stays, because none is added. What an account signs field by field stays as it is: there strings are strings.
 */
function canonicalize(action: { [key: string]: unknown }): void {
  const a = action as unknown as Action;
  if (a.type === "order") {
    for (const order of a.orders) canonicalizeOrder(order);
    if (a.builder !== undefined) a.builder.b = a.builder.b.toLowerCase();
  } else if (a.type === "modify") canonicalizeModify(a);
  else if (a.type === "batchModify") for (const modify of a.modifies) canonicalizeModify(modify);
  else if (a.type === "cancelByCloid") for (const cancel of a.cancels) cancel.cloid = cancel.cloid.toLowerCase();
  else if (a.type === "subAccountTransfer") a.subAccountUser = a.subAccountUser.toLowerCase();
  else if (a.type === "agentSendAsset") a.destination = a.destination.toLowerCase();
  else if (a.type === "reserveRequestWeight" && a.destination !== undefined)
    a.destination = a.destination.toLowerCase();
}

function canonicalizeModify(modify: { oid: number | string; order: WireOrder }): void {
  if (typeof modify.oid === "string") modify.oid = modify.oid.toLowerCase();
  canonicalizeOrder(modify.order);
}

function canonicalizeOrder(order: WireOrder): void {
  order.p = canonicalDecimal(order.p);
  order.s = canonicalDecimal(order.s);
  if (order.c !== undefined) order.c = order.c.toLowerCase();
  if ("trigger" in order.t) order.t.trigger.triggerPx = canonicalDecimal(order.t.trigger.triggerPx);
}

const lower = (text: string): string => text.toLowerCase();
const count = z.int().nonnegative();
const decimal = z.string().regex(/^-?\d+(\.\d*)?$/);
const text = z.string();
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform(lower);
const cloid = z
  .string()
  .regex(/^0x[0-9a-fA-F]{32}$/)
  .transform(lower);
const oidOrCloid = z.union([count, cloid]);

const order = z.object({
  a: count,
  b: z.boolean(),
  p: decimal,
  s: decimal,
  r: z.boolean(),
  t: z.union([
    z.object({ limit: z.object({ tif: z.enum(["Gtc", "Ioc", "Alo", "FrontendMarket"]) }) }),
    z.object({ trigger: z.object({ isMarket: z.boolean(), triggerPx: decimal, tpsl: z.enum(["tp", "sl"]) }) }),
  ]),
  c: cloid.exactOptional(),
});

const chain = { signatureChainId: text, hyperliquidChain: z.enum(["Mainnet", "Testnet"]) };
const assetMove = {
  destination: address,
  sourceDex: text,
  destinationDex: text,
  token: text,
  amount: decimal,
  fromSubAccount: text.transform(lower),
  nonce: count,
};

const actionSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("order"),
    orders: z.array(order),
    grouping: z.union([z.enum(["na", "normalTpsl", "positionTpsl"]), z.object({ p: count })]),
    builder: z.object({ b: address, f: count }).exactOptional(),
  }),
  z.object({
    type: z.literal("cancel"),
    cancels: z.array(z.object({ a: count, o: count })),
    f: z.literal(true).exactOptional(),
  }),
  z.object({
    type: z.literal("cancelByCloid"),
    cancels: z.array(z.object({ asset: count, cloid })),
    f: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal("modify"), oid: oidOrCloid, order, a: z.literal(true).exactOptional() }),
  z.object({
    type: z.literal("batchModify"),
    modifies: z.array(z.object({ oid: oidOrCloid, order })),
    a: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal("scheduleCancel"), time: count.exactOptional() }),
  z.object({ type: z.literal("updateLeverage"), asset: count, isCross: z.boolean(), leverage: count }),
  z.object({ type: z.literal("updateIsolatedMargin"), asset: count, isBuy: z.boolean(), ntli: z.int() }),
  z.object({ type: z.literal("topUpIsolatedOnlyMargin"), asset: count, leverage: decimal }),
  z.object({ type: z.literal("reserveRequestWeight"), weight: count, destination: address.exactOptional() }),
  z.object({ type: z.literal("noop") }),
  z.object({ type: z.literal("createSubAccount"), name: text }),
  z.object({ type: z.literal("subAccountTransfer"), subAccountUser: address, isDeposit: z.boolean(), usd: count }),
  z.object({ type: z.literal("setReferrer"), code: text }),
  z.object({ type: z.literal("agentSendAsset"), ...assetMove }),
  z.object({ type: z.literal("agentSetAbstraction"), abstraction: z.enum(["i", "u", "p"]) }),
  z.object({
    type: z.literal("approveAgent"),
    ...chain,
    agentAddress: address,
    agentName: text.nullable().exactOptional(),
    nonce: count,
  }),
  z.object({ type: z.literal("approveBuilderFee"), ...chain, maxFeeRate: text, builder: address, nonce: count }),
  z.object({ type: z.literal("sendAsset"), ...chain, ...assetMove }),
  // The amount may go on with " subaccount:0x...".
  z.object({ type: z.literal("usdClassTransfer"), ...chain, amount: text, toPerp: z.boolean(), nonce: count }),
  z.object({ type: z.literal("usdSend"), ...chain, destination: address, amount: decimal, time: count }),
  z.object({ type: z.literal("spotSend"), ...chain, destination: address, token: text, amount: decimal, time: count }),
  z.object({ type: z.literal("withdraw3"), ...chain, destination: address, amount: decimal, time: count }),
  z.object({
    type: z.literal("userSetAbstraction"),
    ...chain,
    user: address,
    abstraction: z.enum(["disabled", "unifiedAccount", "portfolioMargin"]),
    nonce: count,
  }),
]);

const quantity = z.string().regex(/^(0x)?[0-9a-fA-F]{1,64}$/);

const envelopeSchema = z.object({
  action: actionSchema,
  nonce: count,
  signature: z.object({ r: quantity, s: quantity, v: z.int() }),
  // One client sends it without 0x.
  vaultAddress: z
    .string()
    .regex(/^(0x)?[0-9a-fA-F]{40}$/)
    .transform((vault) => (vault.startsWith("0x") ? vault : `0x${vault}`).toLowerCase())
    .nullish(),
  expiresAfter: count.nullish(),
});
