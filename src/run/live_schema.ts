/**
 * What a report says of real orders: the account, the way to the venue, and whether both sides' books agree. And of the paper twin beside them.
 * @module
 */
import { z } from "zod";

const quantiles = z
  .strictObject({ p50: z.number().nullable(), p99: z.number().nullable(), max: z.number().nullable(), n: z.int() })
  .describe("milliseconds");
const usd = z.string().describe("dollars as a decimal string");
const bps = z.number().nullable();

export const liveSchema = z
  .strictObject({
    account: z.string(),
    agent: z.string().describe("address of the key that signed"),
    agent_expires_us: z.number().nullable(),
    resumed: z
      .strictObject({ run_id: z.string(), clean: z.boolean(), state: z.boolean() })
      .nullable()
      .describe("the run of this account before; `state` where its whole state was taken over"),
    latency_ms: z.strictObject({
      sign: quantiles,
      answer: quantiles,
      loop: quantiles,
      fit: z
        .strictObject({
          outbound: z.number().describe("from a decision to the block that takes it"),
          inbound: z.number().describe("from a block to our knowledge of it"),
          measured: z.boolean().describe("false where no push told the times of blocks: the loop is halved"),
        })
        .nullable()
        .describe("medians: a shadow exchange with --latency of their sum is as late as this run was"),
    }),
    actions: z.strictObject({
      sent: z.int(),
      via_http: z.int(),
      timed_out: z.int(),
      late_answers: z.int(),
    }),
    problems: z.array(z.strictObject({ kind: z.string(), count: z.int(), first: z.string() })),
    reconciles: z.strictObject({
      count: z.int(),
      by_reason: z.record(z.string(), z.int()),
      longest_s: z.number().nullable(),
    }),
    held_s: z
      .number()
      .describe("time in which nothing new was asked for because what stood at the venue was not known"),
    missed_fills: z.int().describe("fills that no push told and a question found"),
    found_orders: z.int().describe("orders at the venue that this run had not sent"),
    ledger: z
      .strictObject({
        usd: z
          .strictObject({ ours: usd, venue: usd, difference: usd })
          .describe("cash that came in over the run: fills, fees, funding; both counted apart"),
        positions: z.array(z.strictObject({ market: z.string(), ours: z.string(), venue: z.string() })),
        requests: z.strictObject({
          ours: z.int(),
          venue: z.int(),
          difference: z.int(),
          unanswered: z.int().describe("requests without an answer: the venue has counted them, or they never arrived"),
        }),
        equal: z.boolean(),
        note: z.string().nullable().describe("why the two need not agree"),
      })
      .nullable()
      .describe("null where the venue did not answer in the end"),
    end: z.strictObject({
      confirmed: z.boolean().describe("whether the venue said that no order of this run is left"),
      orders_left: z.int().nullable(),
      seconds: z.number().describe("from the wish to end until it was confirmed"),
    }),
  })
  .describe("real orders");
export type LiveReport = z.infer<typeof liveSchema>;

const side = z.strictObject({
  fills: z.int(),
  fills_per_hour: z.number().nullable(),
  edge_bps: z.strictObject({ mean: bps, lo: bps, hi: bps, n: z.int() }),
  requests: z.int(),
  two_sided_ratio: z.number().nullable(),
});

export const twinSchema = z.array(
  z.strictObject({
    market: z.string(),
    real: side,
    paper: side,
    edge_difference_bps: z
      .strictObject({ mean: bps, lo: bps, hi: bps })
      .describe("real less paper at 5 s, as of two independent streams"),
    parity: z
      .strictObject({
        evidence: z.number().describe("against equal pace; above 20 parity is refused, at any time that one looks"),
        refused: z.boolean(),
        ratio: z.number(),
        lo: z.number(),
        hi: z.number(),
      })
      .describe("pace of real fills over that of paper"),
    differences: z.array(z.string()).describe("what sets the two apart, a sentence each"),
  }),
);
export type TwinReport = z.infer<typeof twinSchema>;
