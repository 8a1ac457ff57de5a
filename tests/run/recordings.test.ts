import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTapes } from "../../src/run/backtest.ts";
import type { MarketReport } from "../../src/run/report_schema.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";

const data = process.env.MMBIN_DATA;
const tape = join(data ?? "", "tapes", "hl-2025-09-04T1946Z-23min-BTC-ETH-SOL-WLFI.ndjson.gz");
const bookOnly = join(data ?? "", "tapes", "hl-2024-01-01T1200Z-60min-BTC-book-only.ndjson.gz");

async function backtest(
  path: string,
  markets: string[],
  set: string[] = [],
  profile: string | null = null,
): Promise<MarketReport[]> {
  const report = await runTapes(
    requestFor({ tapes: [path], markets, config: { file: null, set, env: {}, profile } }),
    QUIET,
  );
  return report.markets;
}

const FIXED = [
  "capital_usd=500",
  "clip_usd=100",
  "position_cap_usd=500",
  "levels_max=1",
  "daily_loss_usd=1000",
  "drawdown_usd=1000",
];

describe.skipIf(data === undefined)("recorded markets (need MMBIN_DATA)", () => {
  test("the recordings are there", () => {
    expect([existsSync(tape), existsSync(bookOnly)]).toEqual([true, true]);
  });

  test.each(["WLFI", "ETH", "SOL", "BTC"])(
    "%s: never an easy profit, books that close, brackets nested, a verdict with its reason",
    async (market) => {
      const [report] = (await backtest(tape, [market])) as [MarketReport];
      expect(["undecided", "not_viable"]).toContain(report.viability.state);
      expect(report.viability.reason).not.toBe("");
      expect(report.pnl_usd.residual).toBe("0");
      expect(report.max_exposure_ratio).toBeLessThanOrEqual(1);
      expect(report.two_sided_ratio).toBeGreaterThan(0.98);
      expect(Number(report.bracket?.pessimistic.notional_usd)).toBeLessThanOrEqual(
        Number(report.bracket?.touch.notional_usd),
      );
      const edge = report.edge_bps["5"];
      // No interval of an edge that lies wholly above zero.
      expect(edge.lo === null || edge.lo < 0).toBe(true);
      expect(report.warnings.map((w) => w.code)).toContain(report.fills > 0 ? "edge_undecided" : "no_fills");
    },
  );

  test("WLFI re-quotes more than a thousand times, the same way each time", async () => {
    const [a] = (await backtest(tape, ["WLFI"])) as [MarketReport];
    const [b] = (await backtest(tape, ["WLFI"])) as [MarketReport];
    expect(a.intent_count).toBeGreaterThan(1000);
    expect([b.intent_hash, b.state_hash]).toEqual([a.intent_hash, a.state_hash]);
  });

  // An independent replay of the same strategy: half-spread, fills, capture, markout at 5 s; counts within a third, prices within 2 bps.
  test.each([
    [2, 647, 0.2, -3.2],
    [4, 330, 1, -3.9],
    [6, 144, 2, -5],
    [8, 58, 3.4, -8.4],
    [10, 35, 4.9, -8.4],
  ])("WLFI at a fixed %d bps agrees with an independent replay", async (bps, fills, capture, markout) => {
    const [report] = (await backtest(
      tape,
      ["WLFI"],
      [...FIXED, `half_spread_fixed_bps=${bps}`, "burst_half_life_s=0.1"],
      "fixed",
    )) as [MarketReport];
    expect(report.fills / fills).toBeGreaterThan(0.67);
    expect(report.fills / fills).toBeLessThan(1.5);
    expect(Math.abs((report.capture_bps ?? 99) - capture)).toBeLessThan(2);
    expect(Math.abs((report.markout_bps["5"] ?? 99) - markout)).toBeLessThan(2);
    expect(report.edge_bps["5"].hi as number).toBeLessThan(0);
    expect(report.requests.total).toBeGreaterThan(2_800);
    expect(report.requests.total).toBeLessThan(3_800);
  });

  test("four coins at once share one address and its capital", async () => {
    const reports = await backtest(tape, ["BTC", "ETH", "SOL", "WLFI"], ["capital_usd=400"]);
    expect(reports.map((r) => r.pnl_usd.residual)).toEqual(["0", "0", "0", "0"]);
    expect(new Set(reports.map((r) => r.intent_hash)).size).toBe(1);
  });

  test("a tape without trades quotes, fills nothing, and says that it cannot judge", async () => {
    const [report] = (await backtest(bookOnly, ["BTC"])) as [MarketReport];
    expect([report.fills, report.viability.reason]).toEqual([0, "few_sweeps"]);
    expect(report.markout_bps).toEqual({ "1": null, "5": null, "30": null, "60": null, "300": null });
    expect(report.requests.total).toBeGreaterThan(10);
  });
});
