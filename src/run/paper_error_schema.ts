/**
 * What was measured of the error of paper, as a file and as JSON output: one zod schema that is its type and its check.
 * @module
 */
import { z } from "zod";

const number = z.number().nullable();
/** Two runs' figure, their difference and its interval. */
export const pair = z
  .strictObject({ paper: number, real: number, difference: number, lo: number, hi: number })
  .describe("paper less real, paired by seed, with its 95 % interval");
const scorerKeys = {
  queue: z.enum(["pessimistic", "central", "touch"]),
  crossing: z.enum(["generous", "strict"]),
};
const where = {
  world: z.string(),
  hash: z.string().describe("of the world that was measured"),
  coin: z.string(),
  latency_s: z.number(),
  seeds: z.int(),
};

const cellSchema = z.strictObject({
  ...where,
  ...scorerKeys,
  drives: z.boolean().describe("whether paper's engine lived on these fills; others only score its orders"),
  fills_per_hour: pair,
  notional_usd_per_hour: pair,
  requests_per_hour: pair,
  rejected_per_hour: pair,
  capture_bps: pair,
  markout_bps: z.strictObject({ "1": pair, "5": pair, "30": pair }).describe("by horizon in seconds"),
  edge_bps: pair.describe("capture + markout - fee at 5 s"),
});
export type ErrorCell = z.infer<typeof cellSchema>;
export type ErrorPair = z.infer<typeof pair>;

const hits = z.strictObject({
  ...scorerKeys,
  both: z.int(),
  predicted_only: z.int(),
  filled_only: z.int(),
  neither: z.int(),
  lots_ratio: number.describe("predicted notional over filled notional"),
});
export type ScorerHits = z.infer<typeof hits>;

const forecast = z.strictObject({
  brier: number.describe("mean of (forecast - outcome)^2, 0 is perfect; 95 % interval over seeds"),
  lo: number,
  hi: number,
  base: number.describe("of whoever always says how often it happens"),
  curve: z.array(z.strictObject({ forecast: z.number(), count: z.int(), observed: number })),
});

const foretold = {
  hits: z.array(hits),
  forecasts: z.strictObject({ all: forecast, queues: forecast }).describe("share of six rules, of three queue models"),
};
const foretoldSchema = z.strictObject(foretold);
export type Foretold = z.infer<typeof foretoldSchema>;

const ordersSchema = z
  .strictObject({
    ...where,
    count: z.int(),
    filled: z.int(),
    ...foretold,
    less_own: foretoldSchema.describe(
      "the same without prints that the run had a part in: what it would have seen on paper lies between",
    ),
  })
  .describe("the orders of the real run, each with what the shadow would have filled of it");
export type Orders = z.infer<typeof ordersSchema>;

export const paperErrorsSchema = z.strictObject({
  schema: z.literal("mmbin.paper_error/1"),
  minutes: z.number().describe("traded by each run"),
  seeds: z.array(z.int()),
  cells: z.array(cellSchema),
  orders: z.array(ordersSchema),
});
export type PaperErrors = z.infer<typeof paperErrorsSchema>;

/** One row of what comes with the program. */
const rowSchema = cellSchema.pick({
  world: true,
  hash: true,
  coin: true,
  latency_s: true,
  seeds: true,
  queue: true,
  crossing: true,
  fills_per_hour: true,
  edge_bps: true,
});
export type MeasuredRow = z.infer<typeof rowSchema>;

/** The file that comes with the program. */
export const measuredSchema = z.strictObject({
  schema: z.literal("mmbin.paper_error_file/1"),
  minutes: z.number(),
  rows: z.array(rowSchema),
  check: z.array(rowSchema).describe("a small measurement that a test repeats"),
});

/** What a report of paper quotes. */
export const quoteSchema = z
  .strictObject({
    ...scorerKeys,
    latency_s: z.number().describe("measured, the nearest to the run's"),
    minutes: z.number(),
    worlds: z.array(
      z.strictObject({
        world: z.string(),
        hash: z.string(),
        changed: z.boolean().describe("whether the world is another one now than when it was measured"),
        seeds: z.int(),
        fills_per_hour: pair,
        edge_bps: pair,
      }),
    ),
  })
  .describe("how far paper of this kind was from trading on simulated worlds");
