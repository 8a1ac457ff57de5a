/**
 * The report's shape: one zod schema that is its type, its check and its documentation.
 * @module
 */
import { z } from "zod";
import { MODE_NAMES, MODE_REASONS } from "../core/quota/mode.ts";
import { liveSchema, twinSchema } from "./live_schema.ts";
import { quoteSchema } from "./paper_error_schema.ts";

export const REPORT_SCHEMA = "mmbin.report/1";

const bps = z.number().nullable();
const ratio = z.number().nullable();
const usd = z.string().describe("dollars as a decimal string");
const horizons = <T extends z.ZodType>(of: T) =>
  z.strictObject({ "1": of, "5": of, "30": of, "60": of, "300": of }).describe("by horizon in seconds");

const interval = z.strictObject({
  mean: bps,
  lo: bps,
  hi: bps,
  n: z.int(),
  clusters: z.int(),
  blocks: z.int(),
  n_effective: z.number().nullable(),
  method: z.enum(["iid", "cluster", "block", "none"]).describe("which error was the widest"),
});
const scored = z.strictObject({ fills: z.int(), notional_usd: usd, edge_bps: interval });

const marketSchema = z.strictObject({
  market: z.string(),
  profile: z.string(),
  duration_s: z.number().describe("quoting time, gaps left out"),
  frames: z.int(),
  viability: z.strictObject({
    state: z.enum(["viable", "undecided", "not_viable"]),
    phi: z.number().nullable().describe("share of a sweep's depth that is still there after 5 s"),
    phi_lo: z.number().nullable(),
    phi_hi: z.number().nullable(),
    best_depth_bps: bps.describe("earns most in a time"),
    best_depth_lo_bps: bps.describe("95 %, to the next depths of the grid"),
    best_depth_hi_bps: bps,
    expected_edge_bps: bps.describe("of a fill at the best depth, at 5 s and after the fee"),
    expected_edge_lo_bps: bps,
    expected_edge_hi_bps: bps,
    reason: z.string(),
    clip_min_usd: usd.nullable().describe("smallest order that pays for its own requests"),
    phi_by_horizon: z.record(z.string(), z.number()),
  }),
  fills: z.int(),
  clusters: z.int().describe("independent fills: those of one sweep are one"),
  fills_per_hour: z.number().nullable(),
  notional_usd: usd,
  capture_bps: bps,
  markout_bps: horizons(bps),
  fee_bps: bps,
  edge_bps: horizons(interval).describe("capture + markout - fee"),
  as_rate: ratio,
  win_rate: ratio,
  pnl_usd: z.strictObject({
    total: usd,
    spread: usd,
    inventory: usd,
    funding: usd,
    fees: usd,
    quota: usd,
    residual: usd,
  }),
  max_drawdown_usd: usd,
  position: z.string().describe("size in coins, signed"),
  position_usd: usd.describe("at the mark"),
  entry_px: z.string().nullable(),
  max_exposure_ratio: z.number().describe("worst case over cap, in lots"),
  two_sided_ratio: ratio.describe("of the time outside cap, breakers and missing data"),
  quoting_ratio: ratio,
  no_quote_s: z
    .record(z.string(), z.number())
    .describe("seconds that a side was not quoted, both sides summed, by reason"),
  spread_bps: z.strictObject({ quoted_mean: bps, market_mean: bps, terms: z.record(z.string(), bps) }),
  floor_bound_ratio: ratio,
  cap_bound_ratio: ratio,
  gamma: z.number(),
  kappa: z.strictObject({ value: z.number(), observations: z.number(), graduated: z.boolean(), cv: z.number() }),
  sigma_bps: z.number(),
  requests: z.strictObject({
    total: z.int(),
    place: z.int(),
    modify: z.int(),
    cancel: z.int(),
    rejected: z.int(),
    refused: z.int(),
  }),
  requests_per_fill: z.number().nullable(),
  requests_per_usd: z.number().nullable(),
  headroom_ratio: z.number(),
  quota: z
    .strictObject({
      mode: z.enum(MODE_NAMES),
      mode_reason: z.enum(MODE_REASONS).describe("the measure that decided it"),
      mode_changes: z.int(),
      mode_s: z.record(z.enum(MODE_NAMES), z.number()).describe("seconds in each mode"),
      chi: z.number().describe("price of a request in this market, dimensionless"),
      shadow_price_usd: usd.describe("what one more request is worth in this market, at most what one costs"),
      drift_count: z.int().describe("times that the venue's count was unexplainedly another than ours"),
      last_drift: z.number().describe("requests, the venue's less ours"),
    })
    .describe("how the address rationed its requests; all but chi and price are the same for all its markets"),
  signals: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(["disabled", "cold", "warm", "stale"]),
      since_us: z.number().nullable(),
      cost_bps: z.number(),
    }),
  ),
  prior: z
    .strictObject({ source: z.string(), age_s: z.number(), weight: z.number() })
    .nullable()
    .describe("what an earlier run learnt and this one began with; it makes nothing warm"),
  reference: z
    .strictObject({
      market: z.string().describe("the market that fair value is measured against, oracle or none"),
      state: z.enum(["disabled", "cold", "warm", "stale"]),
      weight: z.number().describe("share of the reference's deviation that the next second makes up"),
      r2: ratio.describe("of the next second's move on that deviation"),
      lag_s: z.number().nullable().describe("positive when the reference moves first"),
      gain_bps: bps.describe("what is left of a move, at our latency and over 5 s, per unit of shift"),
      gain_lo_bps: bps,
      gain_hi_bps: bps,
      blocks: z.int(),
      proven: z.boolean().describe("whether the reference moves fair value, or only holds sides back"),
      deviation_sd_bps: bps,
      veto_ratio: ratio.describe("decisions in which a side was held back"),
    })
    .describe("what the reference is worth"),
  latency: z.strictObject({
    seconds: z.number(),
    curve: z
      .array(z.strictObject({ seconds: z.number(), fills: z.int(), capture_bps: bps, edge_bps: interval }))
      .nullable(),
  }),
  bracket: z
    .strictObject({ pessimistic: scored, central: scored, touch: scored })
    .nullable()
    .describe("queue models, generous crossing; null where orders were real"),
  crossing: z
    .strictObject({ strict: scored, generous: scored })
    .nullable()
    .describe("crossing rules, pessimistic queue; null where orders were real"),
  paper_error: quoteSchema.nullable().describe("null where nothing was on paper"),
  intent_count: z.int(),
  intent_hash: z.string().describe("of the whole run's intents, in order"),
  state_hash: z.string(),
  cells_looked_at: z.int().describe("edge estimates that this report chose from"),
  warnings: z.array(z.strictObject({ code: z.string(), text: z.string() })),
});
export type MarketReport = z.infer<typeof marketSchema>;

const feedSchema = z
  .strictObject({
    venue: z.string(),
    connects: z.int(),
    lost: z.record(z.string(), z.int()).describe("connections lost, by reason"),
    messages: z.int(),
    venue_errors: z.int().describe("messages of the venue's error channel"),
    first_venue_error: z.string().nullable(),
    round_trip_ms: z.number().nullable().describe("of the last ping"),
    clock_offset_ms: z.number().nullable().describe("venue's clock minus ours"),
    clock_error_ms: z.number().nullable().describe("to which the offset is known"),
    http_requests: z.int(),
    http_retries: z.int(),
    bad_messages: z.int(),
    first_bad: z.string().nullable(),
    drift: z
      .array(
        z.strictObject({
          market: z.string(),
          channel: z.enum(["bbo", "l2Book", "l2BookFast", "trades", "activeAssetCtx"]),
          kind: z.enum(["pace", "silent", "shape"]),
          text: z.string(),
          since_us: z.number(),
          now: z.boolean(),
        }),
      )
      .describe("channels that departed from the pace or shape known of them"),
    work_us: z
      .strictObject({ p50: z.number().nullable(), p99: z.number().nullable(), max: z.number(), n: z.int() })
      .describe("our own time from a message received to its intents ready, messages that led to intents"),
  })
  .describe("the connection to the venue");
export type FeedReport = z.infer<typeof feedSchema>;

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  build: z.string(),
  command: z.string(),
  config_hash: z.string(),
  seed: z.int().nullable().describe("of a local world"),
  world: z
    .strictObject({ name: z.string(), hash: z.string().describe("equal worlds have equal ones") })
    .nullable()
    .describe("whose participants made the market; null where people did"),
  started_us: z.number().describe("receive time of the first and of the last frame"),
  ended_us: z.number(),
  stopped: z.boolean().describe("ended by a signal or a time limit"),
  tapes: z.array(
    z.strictObject({
      file: z.string(),
      lines: z.int(),
      bad_lines: z.int(),
      first_bad_lines: z.array(z.int()),
      truncated: z.boolean(),
    }),
  ),
  counts: z.strictObject({
    messages: z.record(z.string(), z.int()),
    slow: z.int(),
    bad: z.int(),
    unknown_channels: z.int(),
    time_backwards: z.int(),
    gaps: z.int(),
    gap_seconds: z.number(),
    replayed_trades: z.int(),
    duplicate_trades: z.int(),
  }),
  feed: feedSchema.nullable().describe("null where no venue was followed"),
  run_id: z.string().describe("as mmbin runs lists it"),
  journal: z
    .strictObject({
      folder: z.string(),
      segments: z.int(),
      frames: z.int().describe("frames and intents written"),
      bytes: z.int(),
      lost_frames: z.int().describe("not written because the disk refused"),
      failure: z.string().nullable().describe("why it could not be written for a while"),
    })
    .nullable()
    .describe("null where none was written"),
  live: liveSchema.nullable().describe("null where no order was real"),
  twin: twinSchema.nullable().describe("the same engine on paper beside it, on the same feed"),
  solver_calls: z.int(),
  ladders: z.int(),
  markets: z.array(marketSchema),
});
export type Report = z.infer<typeof reportSchema>;
export type ReportWarning = MarketReport["warnings"][number];
export type ReportInterval = z.infer<typeof interval>;
export type ReportScored = z.infer<typeof scored>;

/** The schema as JSON Schema, for readers of reports. */
export function reportJsonSchema(): unknown {
  return z.toJSONSchema(reportSchema);
}
