import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { BUY, KIND, SELL } from "../../src/core/frame.ts";
import { reportSchema } from "../../src/run/report_schema.ts";
import { renderReport } from "../../src/run/report_table.ts";
import type { Session } from "../../src/run/session.ts";
import { bestRestingPx } from "../../src/run/statistics.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";

const world = makeWorld(1, 600);

function only(session: Session): ReturnType<Session["finish"]>[number] {
  return session.finish([], [])[0] as ReturnType<Session["finish"]>[number];
}

describe("a run over a generated market", () => {
  const session = runWorld(world, []);
  const report = only(session);

  test("quotes both sides nearly all the time, fills, and closes its books to the micro-dollar", () => {
    expect(report.two_sided_ratio).toBeGreaterThan(0.9);
    expect(report.fills).toBeGreaterThan(0);
    expect(report.pnl_usd.residual).toBe("0");
    const p = report.pnl_usd;
    const sum = Number(p.spread) + Number(p.inventory) + Number(p.funding) - Number(p.fees) - Number(p.quota);
    expect(sum).toBeCloseTo(Number(p.total), 6);
  });

  test("engine and exchange agree on position, cash and requests", () => {
    const engine = session.desk.engines[0];
    const account = session.shadow.account.of(0);
    // What filled within the last half loop is not told yet.
    expect(Math.abs((engine?.position.lots ?? Number.NaN) - account.positionLots)).toBeLessThanOrEqual(40);
    const counts = session.shadow.counts[0];
    const counted = (counts?.place ?? 0) + (counts?.modify ?? 0) + (counts?.cancel ?? 0) + (counts?.refused ?? 0);
    expect(Math.abs(counted - session.desk.ledger.sentCount)).toBeLessThanOrEqual(4);
  });

  test("worst-case exposure never exceeded the cap", () => {
    expect(report.max_exposure_ratio).toBeLessThanOrEqual(1);
  });

  test("an identical run decides identically; another seed, another world", () => {
    const again = only(runWorld(world, []));
    expect([again.intent_hash, again.state_hash]).toEqual([report.intent_hash, report.state_hash]);
    const other = only(runWorld(makeWorld(2, 600), []));
    expect(other.intent_hash).not.toBe(report.intent_hash);
  });

  test("filled volume is nested over the scorers", () => {
    const usd = (x: { notional_usd: string }): number => Number(x.notional_usd);
    const { bracket, crossing } = report;
    if (bracket === null || crossing === null) throw new Error("a run on paper has both brackets");
    expect(usd(bracket.pessimistic)).toBeLessThanOrEqual(usd(bracket.central));
    expect(usd(bracket.central)).toBeLessThanOrEqual(usd(bracket.touch));
    expect(usd(crossing.strict)).toBeLessThanOrEqual(usd(crossing.generous));
  });

  test("the itemised spread adds up to the half-spread that was wanted", () => {
    const terms = Object.values(report.spread_bps.terms).reduce((a: number, b) => a + (b ?? 0), 0);
    expect(2 * terms).toBeGreaterThan((report.spread_bps.quoted_mean ?? 0) * 0.7);
    expect(2 * terms).toBeLessThan((report.spread_bps.quoted_mean ?? 0) * 1.3);
  });

  test("the report keeps its schema, and the table fits and says the verdict", () => {
    const whole = {
      schema: "mmbin.report/1" as const,
      build: "test",
      command: "paper",
      config_hash: session.configHash,
      seed: 1,
      world: { name: "hip3-mirror", hash: "0123456789ab" },
      started_us: session.startedUs,
      ended_us: session.endedUs,
      stopped: false,
      tapes: [],
      counts: session.intake.counts(),
      feed: null,
      run_id: "test",
      journal: null,
      live: null,
      twin: null,
      solver_calls: session.solverCalls,
      ladders: session.ladders,
      markets: [report],
    };
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(whole))).success).toBe(true);
    const { as_rate: _gone, ...less } = report;
    expect(reportSchema.safeParse({ ...whole, markets: [less] }).success).toBe(false);
    const table = renderReport(whole, { color: false, width: 100 });
    expect(table).toStartWith("world hip3-mirror (0123456789ab), seed 1\nsim:HYPE  hip3");
    expect(table).toContain("verdict            undecided");
    expect(table).not.toContain("\u001b");
    expect(renderReport(whole, { color: true, width: 100 })).toContain("\u001b[1m");
  });

  test("says what is not known: undecided edge, tier 0, a market that is not known to pay", () => {
    const codes = report.warnings.map((w) => w.code);
    expect(codes).toContain("edge_undecided");
    expect(codes).toContain("tier_zero");
    expect(codes.some((c) => c === "undecided" || c === "not_viable")).toBe(true);
  });
});

describe("caps and breakers in a run", () => {
  test("the hard cap holds in every state, with several levels and inventory", () => {
    for (const seed of [3, 4, 5]) {
      const session = runWorld(makeWorld(seed, 300), ["half_spread_fixed_bps=1", "capital_usd=60"], {
        viable: true,
        onPush: (s) => {
          const e = s.desk.engines[0];
          if (e === undefined || e.exposure.capLots === 0) return;
          expect(e.exposure.worstLots(BUY)).toBeLessThanOrEqual(e.exposure.capLots);
          expect(e.exposure.worstLots(SELL)).toBeLessThanOrEqual(e.exposure.capLots);
          expect(Math.abs(s.shadow.account.of(0).positionLots)).toBeLessThanOrEqual(e.exposure.capLots);
        },
      });
      expect(session.desk.engines[0]?.position.fillCount).toBeGreaterThan(10);
    }
  });

  test("after the day's loss only the reducing side is left, and then nothing", () => {
    const session = runWorld(world, ["half_spread_fixed_bps=0.8", "daily_loss_usd=0.02"], { viable: true });
    const report = only(session);
    expect(session.desk.breaker.trippedCount).toBe(1);
    expect(report.no_quote_s.daily_loss).toBeGreaterThan(100);
    expect(report.position).toBe("0");
    expect(report.warnings.map((w) => w.code)).toContain("breaker");
  });

  test("silence withdraws the quotes and data brings them back", () => {
    const silent = makeWorld(1, 120, (_p, second) => second < 60 || second > 69);
    let withdrawn = false;
    const session = runWorld(silent, [], {
      onPush: (s) => {
        const e = s.desk.engines[0];
        if (e?.bidReason !== 0) withdrawn ||= s.endedUs > s.startedUs + 60e6;
      },
    });
    expect(only(session).no_quote_s.stale_feed).toBeGreaterThan(2);
    expect(bestRestingPx((session.desk.engines[0] as Session["desk"]["engines"][number]).slots, BUY)).toBeGreaterThan(
      0,
    );
    expect(withdrawn).toBe(true);
  });

  test("a gap is counted, left out of the duration, and not traded through", () => {
    const gapped = makeWorld(1, 200, (_p, second) => second < 60 || second > 90);
    const report = only(runWorld(gapped, []));
    expect(report.warnings.map((w) => w.code)).toContain("gaps");
    // What the gap ended costs no request.
    expect(report.requests.cancel).toBe(0);
    expect(report.duration_s).toBeLessThan(175);
    expect(report.pnl_usd.residual).toBe("0");
  });

  test("an address without requests quotes slowly, on both sides, and its debt is the limiter's", () => {
    const session = runWorld(world, [], { quotaUsedCount: 10_000 });
    const report = only(session);
    expect(report.requests.total).toBeGreaterThan(5);
    // One each ten seconds, and one for each dollar that the fills earned meanwhile.
    expect(report.requests.total).toBeLessThan(600 / 10 + Number(report.notional_usd) + 10);
    expect(report.headroom_ratio).toBeLessThan(0.005);
    expect(report.two_sided_ratio).toBeGreaterThan(0.5);
    expect(report.no_quote_s.quota_spent).toBeGreaterThan(1);
  });
});

describe("signs, through the whole path", () => {
  test("a dearer fee widens, a larger latency widens, more chi asks less", () => {
    const base = only(runWorld(world, []));
    const late = only(runWorld(world, [], { latencySeconds: 1 }));
    const patient = only(runWorld(world, ["chi=1"]));
    expect(late.spread_bps.terms.volatility_latency as number).toBeGreaterThan(
      2 * (base.spread_bps.terms.volatility_latency as number),
    );
    expect(patient.requests.total).toBeLessThan(base.requests.total / 3);
    expect(patient.spread_bps.terms.reset as number).toBeGreaterThan(base.spread_bps.terms.reset as number);
    const hip3 = only(runWorld(world, []));
    const main = only(runWorld(world, [], { markets: ["HYPE"] }));
    expect(hip3.fee_bps).toBeCloseTo(3, 2);
    expect(main.fee_bps === null || Math.abs(main.fee_bps - 1.5) < 0.01).toBe(true);
  });

  test("several markets share one address, each with its own part of the capital", () => {
    const session = runWorld(world, ["capital_usd=100"], { markets: ["HYPE", "sim:HYPE"] });
    expect(session.desk.engines.map((e) => e.params.capitalUsd)).toEqual([50e6, 50e6]);
    const reports = session.finish([], []);
    expect(reports.map((r) => r.market)).toEqual(["HYPE", "sim:HYPE"]);
    for (const report of reports) expect(report.pnl_usd.residual).toBe("0");
  });
});

test("the engine allocates nothing in steady state: the heap is flat over a replayed minute", () => {
  const session = runWorld(makeWorld(6, 120), []);
  const engine = session.desk.engines[0] as Session["desk"]["engines"][number];
  const book = engine.board.book;
  // A touch that moves back and forth by a tick, in frames of its own, with timers between.
  const frame = new Float64Array(16);
  const timer = new Float64Array(16);
  let t = Math.ceil(session.endedUs / 250_000) * 250_000;
  const bid = book.bidPx;
  const ask = book.askPx;
  const work = (n: number): void => {
    for (let i = 0; i < n; i++) {
      t += 250_000;
      frame.set([10, KIND.bbo, 0, t, t, 0, bid + 10 * (i % 2), 900, ask + 10 * (i % 2), 800]);
      session.desk.on(frame, 0);
      session.desk.intents.clear();
      timer.set([7, KIND.timer, 0, t, t, -1, t]);
      session.desk.on(timer, 0);
      session.desk.intents.clear();
    }
  };
  work(5_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(20_000);
  expect(heapStats().objectCount - before).toBeLessThan(300);
});
