/**
 * The shape of a status: what is known of one market of a run at one moment. Its type, its check and its documentation.
 * @module
 */
import { z } from "zod";
import { MODE_NAMES } from "../core/quota/mode.ts";

export const STATUS_SCHEMA = "mmbin.status/1";

const known = (what: string): z.ZodNullable<z.ZodNumber> => z.number().nullable().describe(what);

export const statusSchema = z
  .strictObject({
    schema: z.literal(STATUS_SCHEMA),
    time_us: z.number().describe("market time, microseconds since 1970"),
    elapsed_s: z.number().describe("market time since the first message"),
    market: z.string(),
    position: known("coins, signed"),
    position_usd: known("at the mark, signed"),
    cap_ratio: known("position over the hard cap, signed"),
    bid_px: known("own best bid that rests"),
    ask_px: known("own best ask that rests"),
    bid_reason: z.string().nullable().describe("why no bid rests; null while one does"),
    ask_reason: z.string().nullable().describe("why no ask rests; null while one does"),
    half_spread_bps: known("wanted distance from fair value now, mean of both sides; null before the first price"),
    terms_bps: z.record(z.string(), z.number()).nullable().describe("what the half-spread is the sum of"),
    fills: z.int(),
    edge: z
      .strictObject({
        horizon_s: z.number(),
        mean_bps: z.number().nullable(),
        lo_bps: z.number().nullable(),
        hi_bps: z.number().nullable(),
        n: z.int().describe("fills that are older than the horizon"),
        clusters: z.int(),
        blocks: z.int(),
      })
      .describe("edge so far with its 95 % interval, as in the report"),
    requests: z.strictObject({
      market: z.int().describe("requests of this market in this run"),
      run: z.int().describe("requests of all markets in this run"),
      surplus: z.number().describe("requests that the address has left; negative in debt"),
      burn_per_hour: known("used less earned by volume; negative when the surplus grows; null in the first minute"),
      mode: z.enum(MODE_NAMES).describe("how much the address may ask for"),
      runway_h: known("hours until the surplus is spent at that burn; null when it grows or is not known"),
    }),
    equity_usd: known("profit and loss of this market since the start, at the mark"),
    viability: z.strictObject({ state: z.enum(["viable", "undecided", "not_viable"]), reason: z.string() }),
    feed: z.strictObject({
      silent_s: known("since the newest message of the connection; null before the first one"),
      lost: z.string().nullable().describe("why the connection is down; null while it is up"),
    }),
    stale: z
      .array(z.strictObject({ name: z.string(), cost_bps: z.number() }))
      .describe("signals that are stale, and the half-spread that each costs"),
    breaker: z
      .string()
      .nullable()
      .describe("the breaker that tripped on the money of the address, until the UTC day ends"),
  })
  .describe("one line of paper --json: a market each market minute; the report is the last line");
export type MarketStatus = z.infer<typeof statusSchema>;

/** The schema as JSON Schema, for readers of status lines. */
export function statusJsonSchema(): unknown {
  return z.toJSONSchema(statusSchema);
}
