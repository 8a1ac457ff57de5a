import { describe, expect, test } from "bun:test";
import { type Report, type ReportInterval, reportJsonSchema, reportSchema } from "../../src/run/report_schema.ts";
import { renderReport } from "../../src/run/report_table.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";

function edge(mean: number, half: number): ReportInterval {
  return { mean, lo: mean - half, hi: mean + half, n: 40, clusters: 38, blocks: 21, n_effective: 35, method: "block" };
}
const five = <T>(a: T, b: T, c: T, d: T, e: T) => ({ "1": a, "5": b, "30": c, "60": d, "300": e });
const scored = (fills: number, mean: number) => ({ fills, notional_usd: "480.5", edge_bps: edge(mean, 3) });

const fixture: Report = {
  schema: "mmbin.report/1",
  build: "test",
  command: "backtest",
  config_hash: "00",
  seed: null,
  world: null,
  started_us: 1,
  ended_us: 2,
  stopped: false,
  tapes: [{ file: "day.zst", lines: 1000, bad_lines: 2, first_bad_lines: [7, 9], truncated: false }],
  counts: {
    messages: { l2Book: 10 },
    slow: 0,
    bad: 2,
    unknown_channels: 0,
    time_backwards: 0,
    gaps: 1,
    gap_seconds: 17.5,
    replayed_trades: 3,
    duplicate_trades: 0,
  },
  feed: null,
  run_id: "20250904T194657Z-backtest",
  journal: null,
  live: null,
  twin: null,
  solver_calls: 10,
  ladders: 20,
  markets: [
    {
      market: "xyz:TEST",
      profile: "hip3",
      duration_s: 1380,
      frames: 12_345,
      viability: {
        state: "undecided",
        phi: 1.17,
        phi_lo: 0.88,
        phi_hi: 1.53,
        best_depth_bps: null,
        best_depth_lo_bps: null,
        best_depth_hi_bps: null,
        expected_edge_bps: null,
        expected_edge_lo_bps: null,
        expected_edge_hi_bps: null,
        reason: "phi_may_be_one",
        clip_min_usd: null,
        phi_by_horizon: { "5": 1.17 },
      },
      fills: 40,
      clusters: 38,
      fills_per_hour: 104.3,
      notional_usd: "480.5",
      capture_bps: 2.5,
      markout_bps: five<number | null>(-3, -4.5, -5, -6.25, null),
      fee_bps: 3,
      edge_bps: five(edge(-3.5, 2), edge(-5, 3), edge(-5.5, 4), edge(-6.75, 5), {
        ...edge(0, 0),
        mean: null,
        lo: null,
        hi: null,
        n: 0,
      }),
      as_rate: 0.4,
      win_rate: 0.25,
      pnl_usd: {
        total: "-0.24",
        spread: "0.12",
        inventory: "-0.2158",
        funding: "0",
        fees: "0.1442",
        quota: "0",
        residual: "0",
      },
      max_drawdown_usd: "0.31",
      position: "-0.4",
      position_usd: "-12.02",
      entry_px: "30.05",
      max_exposure_ratio: 0.61,
      two_sided_ratio: 0.992,
      quoting_ratio: 0.999,
      no_quote_s: { cap: 3.5 },
      spread_bps: {
        quoted_mean: 14.2,
        market_mean: 5.5,
        terms: { base: 1.34, fee: 3, adverse_selection: 15.34, volatility_latency: 2.94, staleness: 0, reset: 0.09 },
      },
      floor_bound_ratio: 0,
      cap_bound_ratio: null,
      gamma: 0.5,
      kappa: { value: 1900, observations: 102, graduated: true, cv: 0.09 },
      sigma_bps: 3.7,
      requests: { total: 60, place: 10, modify: 48, cancel: 2, rejected: 1, refused: 0 },
      requests_per_fill: 1.5,
      requests_per_usd: 0.125,
      headroom_ratio: 0.99,
      quota: {
        mode: "full",
        mode_reason: "headroom",
        mode_changes: 0,
        mode_s: { full: 1, passive: 0, conserve: 0, throttled: 0 },
        chi: 0.01,
        shadow_price_usd: "0.0000012",
        drift_count: 0,
        last_drift: 0,
      },
      signals: [{ name: "book", state: "warm", since_us: 1, cost_bps: 0 }],
      prior: null,
      reference: {
        market: "TEST",
        state: "warm",
        weight: 0.4,
        r2: 0.08,
        lag_s: 0.25,
        gain_bps: 0.5,
        gain_lo_bps: -0.1,
        gain_hi_bps: 1.1,
        blocks: 46,
        proven: false,
        deviation_sd_bps: 1.2,
        veto_ratio: 0.031,
      },
      latency: { seconds: 0.3, curve: [{ seconds: 0.05, fills: 44, capture_bps: 2.25, edge_bps: edge(-4, 2) }] },
      bracket: { pessimistic: scored(40, -5), central: scored(46, -4.75), touch: scored(52, -4.5) },
      crossing: { strict: scored(31, -4.25), generous: scored(40, -5) },
      paper_error: null,
      intent_count: 60,
      intent_hash: "aa",
      state_hash: "bb",
      cells_looked_at: 9,
      warnings: [{ code: "gaps", text: "1 gap(s) of 17.5 s in all are left out" }],
    },
  ],
};

const GOLDEN = `\
day.zst: 1000 lines, 2 bad
xyz:TEST  hip3  23.0 min  12345 frames
  verdict            undecided: sweeps seem to move the price by as much as they reach, and the
                     interval of phi holds 1
  impact share phi   1.17 [0.88, 1.53]
  edge at 5 s        -5.00 [-8.00, -2.00] bps  undecided
                     capture +2.50  markout -3.00/-4.50/-5.00/-6.25  fee 3.00
  fills              40 in 38 sweeps, 104 an hour, $480.50 traded
  rates at 5 s       adverse 40.0 %, winning 25.0 %
  profit             -$0.2400 = spread $0.1200 + price moves -$0.2158 + funding $0.0000
                     - fees $0.1442 - requests $0.0000, residual 0, drawdown $0.3100
  position           -0.4 (-$12.02), worst case 61.0 % of the cap
  quoting            99.9 % of the time, both sides 99.2 %
  total spread       14.20 bps quoted, market 5.50 bps
  half-spread        base +1.34, fee +3.00, adverse selection +15.34, volatility latency +2.94,
                     reset +0.09
  estimates          kappa 1900 (102 sweeps, cv 0.09), sigma 3.70 bps, gamma 0.5
  reference          TEST warm: lag 0.25 s, R2 0.08, gain +0.50 [-0.10, +1.10] bps, level only, held
                     back 3.1 %
  requests           60: 10 place, 48 modify, 2 cancel, 1 rejected, 0 refused
                     1.5 a fill, 0.13 a dollar, headroom 99.0 %
  queue bracket      pessimistic 40: -5.00  central 46: -4.75  touch 52: -4.50
  crossing           strict 31: -4.25  generous 40: -5.00
  at 0.05 s          44 fills, capture +2.25, edge -4.00 [-6.00, -2.00] bps
  decisions          60 intents aa, state bb
! 1 gap(s) of 17.5 s in all are left out
`;

describe("the table", () => {
  test("reads as it did, the verdict first", () => {
    expect(renderReport(fixture, { color: false, width: 100 })).toBe(GOLDEN);
  });

  test.each([60, 80, 100])("fits %d columns, and colour changes no line break", (width) => {
    const plain = renderReport(fixture, { color: false, width });
    for (const line of plain.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
    expect(Bun.stripANSI(renderReport(fixture, { color: true, width }))).toBe(plain);
  });
});

test("the best depth is told with its interval, and the edge expected there with its own", () => {
  const report = structuredClone(fixture);
  const market = report.markets[0] as Report["markets"][number];
  Object.assign(market.viability, { best_depth_bps: 8, best_depth_lo_bps: 6, best_depth_hi_bps: 12 });
  Object.assign(market.viability, { expected_edge_bps: 2.7, expected_edge_lo_bps: -0.25, expected_edge_hi_bps: 3.2 });
  expect(renderReport(report, { color: false, width: 100 })).toContain(
    "  best depth         8.00 [6.00, 12.00] bps, expected edge +2.70 [-0.25, +3.20] bps\n",
  );
});

/** Paths of all keys, but for those of maps whose keys are names. */
function keyPaths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const isMap = ["messages", "no_quote_s", "terms", "phi_by_horizon"].includes(String(path.at(-1)));
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [...(Array.isArray(value) || isMap ? [] : [here]), ...keyPaths(inner, here)];
  });
}

function holderOf(report: Report, path: readonly (string | number)[]): Record<string, unknown> {
  let at: unknown = report;
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown>)[key];
  return at as Record<string, unknown>;
}

test("a report of paper says how far paper was from trading, and of which worlds that is not known any more", () => {
  const paper = structuredClone(fixture);
  const pair = { paper: 1, real: 2, difference: -1, lo: -1.5, hi: -0.5 };
  const worldOf = (
    world: string,
    changed: boolean,
    edge_bps: { [key in keyof typeof pair]: number | null } = pair,
  ) => ({
    world,
    hash: "0123456789ab",
    changed,
    seeds: 12,
    fills_per_hour: pair,
    edge_bps,
  });
  const unknown = { ...pair, difference: null, lo: null, hi: null };
  (paper.markets[0] as Report["markets"][number]).paper_error = {
    queue: "pessimistic",
    crossing: "generous",
    latency_s: 0.3,
    minutes: 30,
    worlds: [worldOf("pays", false), worldOf("never", true, unknown)],
  };
  expect(reportSchema.parse(paper)).toEqual(paper);
  const text = renderReport(paper, { color: false, width: 400 });
  expect(text).toContain(
    "on simulated worlds paper's edge at 0.3 s was this much above trading's, bps: pays -1.00 [-1.50, -0.50]," +
      " never unknown; changed since it was measured: never",
  );
  expect(renderReport(fixture, { color: false, width: 400 })).not.toContain("error of paper");
});

describe("the schema", () => {
  test("takes the report, and refuses it with any one key missing, or one too many", () => {
    expect(reportSchema.safeParse(fixture).error).toBeUndefined();
    const paths = keyPaths(fixture);
    expect(paths.length).toBeGreaterThan(150);
    for (const path of paths) {
      const key = String(path.at(-1));
      const less = structuredClone(fixture);
      delete holderOf(less, path)[key];
      expect([path.join("."), reportSchema.safeParse(less).success]).toEqual([path.join("."), false]);
      const more = structuredClone(fixture);
      holderOf(more, path)[`${key}_extra`] = 1;
      expect([path.join("."), reportSchema.safeParse(more).success]).toEqual([path.join("."), false]);
    }
  });

  test("refuses a number that is none", () => {
    const [market] = fixture.markets;
    const broken = { ...fixture, markets: [{ ...market, sigma_bps: Number.NaN }] };
    expect(reportSchema.safeParse(broken).success).toBe(false);
  });

  test("prints as JSON Schema with every key required", () => {
    const printed = reportJsonSchema() as { required: string[]; properties: Record<string, unknown> };
    expect(printed.required.toSorted()).toEqual(Object.keys(fixture).toSorted());
    expect(Object.keys(printed.properties).toSorted()).toEqual(Object.keys(fixture).toSorted());
  });
});

test("a fill without a mid before it is warned of: profit holds it, the edge does not", () => {
  const session = runWorld(makeWorld(1, 60), []);
  session.statistics.onFill(0, 0, 1, session.statistics.venueTimeUs, 1, 30_000_000, 1, 0, Number.NaN);
  const codes = session.finish([], [])[0]?.warnings.map((w) => w.code);
  expect(codes).toContain("unmeasured_fills");
  expect(
    runWorld(makeWorld(1, 60), [])
      .finish([], [])[0]
      ?.warnings.map((w) => w.code),
  ).not.toContain("unmeasured_fills");
});
