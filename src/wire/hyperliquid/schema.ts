/**
 * What the venue's answers and pushes must look like before we believe them. Unknown keys are left alone, known ones are checked.
 * @module
 */
import { z } from "zod";

const decimal = z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, "a decimal string");

/** One market of a dex. Values that change what an order may do are closed lists: an unknown one is a reason to stop. */
const universeEntry = z.object({
  name: z.string().min(1),
  szDecimals: z.int().min(0).max(6),
  maxLeverage: z.int().min(1),
  marginTableId: z.int().optional(),
  onlyIsolated: z.boolean().optional(),
  isDelisted: z.boolean().optional(),
  marginMode: z.enum(["strictIsolated", "noCross", "normal"]).optional(),
  growthMode: z.enum(["enabled", "disabled"]).optional(),
  deployerFeeScale: decimal.optional(),
});

/** Answer to `meta`. */
export const metaSchema = z.object({ universe: z.array(universeEntry), collateralToken: z.int().default(0) });
export type Meta = z.infer<typeof metaSchema>;

/** Answer to `perpDexs`: position 0 is the venue's own dex. */
export const perpDexsSchema = z.array(
  z.object({ name: z.string().min(1), deployerFeeScale: decimal.optional() }).nullable(),
);
export type PerpDexs = z.infer<typeof perpDexsSchema>;

/** Answer to `userFees`, the parts a perp needs. */
export const userFeesSchema = z.object({
  userCrossRate: decimal,
  userAddRate: decimal,
  activeReferralDiscount: decimal.default("0"),
});
export type UserFees = z.infer<typeof userFeesSchema>;

/** Answer to `userRateLimit`: older answers lack the surplus. */
export const rateLimitSchema = z.object({
  cumVlm: decimal,
  nRequestsUsed: z.int().nonnegative(),
  nRequestsCap: z.int().nonnegative(),
  nRequestsSurplus: z.int().nonnegative().default(0),
});
/** Answer to `exchangeStatus`. */
export const statusSchema = z.object({ time: z.int().positive() });

const level = z.object({ px: decimal, sz: decimal, n: z.int().nullish() });

/** `data` of the pushes that become frames. */
export const bboSchema = z.object({
  coin: z.string(),
  time: z.int().positive(),
  bbo: z.tuple([level.nullable(), level.nullable()]),
});
export const bookSchema = z.object({
  coin: z.string(),
  time: z.int().positive(),
  levels: z.tuple([z.array(level).max(20), z.array(level).max(20)]),
  fast: z.boolean().optional(),
});
/** Trades in one push: a subscribe repeats about 20 s, a few hundred; the bound keeps a push within the room of a frame lane. */
export const TRADES_MAX = 4096;
export const tradesSchema = z
  .array(
    z.object({
      coin: z.string(),
      side: z.enum(["A", "B"]),
      px: decimal,
      sz: decimal,
      time: z.int().positive(),
      tid: z.int().nonnegative(),
    }),
  )
  .max(TRADES_MAX);
export const contextSchema = z.object({
  coin: z.string(),
  ctx: z.object({
    funding: decimal,
    openInterest: decimal,
    oraclePx: decimal,
    markPx: decimal,
  }),
});
/** Answer to `metaAndAssetCtxs`: the lists of markets and of their contexts, in the same order. */
export const contextsSchema = z.tuple([metaSchema, z.array(z.object({ midPx: decimal.nullable() }))]);
/** Any push. */
export const pushSchema = z.object({ channel: z.string(), data: z.unknown().optional() });
