/**
 * What the venue says of an account must look like before we believe it. Unknown keys are left alone, known ones are checked.
 * @module
 */
import { z } from "zod";

const decimal = z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, "a decimal string");
const time = z.int().positive();
const id = z.int().nonnegative();
const side = z.enum(["A", "B"]);
const cloid = z.string().nullish();

/** One own fill (fills of October 2025; captured pushes, October 2026). */
export const fillSchema = z.object({
  coin: z.string(),
  px: decimal,
  sz: decimal,
  side,
  time,
  startPosition: decimal,
  oid: id,
  crossed: z.boolean(),
  fee: decimal,
  tid: id,
  cloid,
  liquidation: z.object({ liquidatedUser: z.string() }).nullish(),
});
/** One order, as short lists have it and as frontends get it: only the latter say what is a trigger. */
export const orderSchema = z.object({
  coin: z.string(),
  side,
  limitPx: decimal,
  sz: decimal,
  oid: id,
  timestamp: time,
  origSz: decimal,
  cloid,
  reduceOnly: z.boolean().optional(),
  isTrigger: z.boolean().optional(),
});
/** An order and what became of it: an element of `orderUpdates`, and the order of an answer to `orderStatus`. */
export const statusedSchema = z.object({ order: orderSchema, status: z.string().min(1), statusTimestamp: time });
/** Answer to `orderStatus`. */
export const orderStatusSchema = z.union([
  z.object({ status: z.literal("unknownOid") }),
  z.object({ status: z.literal("order"), order: statusedSchema }),
]);
/** One funding payment as sockets have it. */
export const fundingSchema = z.object({ time, coin: z.string(), usdc: decimal });
/** One funding payment as `userFunding` answers it. */
export const fundingDeltaSchema = z.object({ time, delta: z.object({ coin: z.string(), usdc: decimal }) });

const leverage = z.object({ type: z.enum(["cross", "isolated"]), value: z.number() });
export type Leverage = z.infer<typeof leverage>;
/** Answer to `activeAssetData`, the part that tells what leverage the next order has. */
export const activeAssetSchema = z.object({ leverage });

const margin = z.object({ accountValue: decimal, totalRawUsd: decimal, totalMarginUsed: decimal });
/** One position. */
export const positionSchema = z.object({
  position: z.object({
    coin: z.string(),
    szi: decimal,
    entryPx: decimal.nullish(),
    leverage,
    unrealizedPnl: decimal,
  }),
});
/** State of an account on one dex. */
export const clearinghouseSchema = z.object({
  marginSummary: margin,
  withdrawable: decimal,
  assetPositions: z.array(positionSchema),
  time,
});

const list = z.array(z.unknown());
/** `data` of the account's channels, their elements unchecked: one that is odd must not hide the others. */
export const userFillsSchema = z.object({ isSnapshot: z.boolean().optional(), fills: list });
export const userFundingsSchema = z.object({ isSnapshot: z.boolean().optional(), fundings: list });
export const userEventSchema = z.object({
  fills: list.optional(),
  funding: z.unknown().optional(),
  liquidation: z.unknown().optional(),
  nonUserCancel: list.optional(),
});
export const openOrdersSchema = z.object({ orders: list });
export const dexStateSchema = z.object({ dex: z.string().default(""), clearinghouseState: z.unknown() });
export const dexStatesSchema = z.object({ clearinghouseStates: z.array(z.tuple([z.string(), z.unknown()])) });
export const listSchema = list;
/** An order that the venue ended. */
export const nonUserCancelSchema = z.object({ coin: z.string(), oid: id });
/** A liquidation of the account, or by it. */
export const liquidationSchema = z.object({ liquidated_user: z.string(), liquidated_account_value: decimal });

/** Answer to `spotClearinghouseState`, the parts that tell what money there is. */
export const spotStateSchema = z.object({
  balances: z.array(z.object({ coin: z.string(), token: id.optional(), total: decimal, hold: decimal })),
});
