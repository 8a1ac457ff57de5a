import { describe, expect, test } from "bun:test";
import { venueState } from "../../../src/exchange/venue_state.ts";
import { WORLD_NAMES } from "../../../src/exchange/worlds.ts";
import type { VenueMarket } from "../../../src/sim/venue/market.ts";
import { SILENT, startNamed, taleOf } from "./support.ts";

describe.each([...WORLD_NAMES])("the world %s", (name) => {
  test("is decided by its seed", () => {
    const tale = (seed: number): string => taleOf(startNamed(name, seed), 120);
    expect(tale(7)).toBe(tale(7));
    expect(tale(7)).not.toBe(tale(8));
  });

  test("keeps both sides quoted, trades, and balances to the unit", () => {
    const { venue, run } = startNamed(name, 3);
    let trades = 0;
    let crossed = 0;
    let empty = 0;
    venue.listen({ ...SILENT, onTrade: () => (trades += 1) });
    run(10);
    run(1_800, () => {
      for (const { book } of venue.markets) {
        const [bid, ask] = [book.bestPx(1), book.bestPx(-1)];
        if (bid === null || ask === null) empty += 1;
        else if (bid >= ask) crossed += 1;
      }
    });
    expect([crossed, empty]).toEqual([0, 0]);
    expect(trades).toBeGreaterThan(100);
    const { tokens } = venueState(venue, { clients: 0, rules: 0, struck: 0 });
    expect(tokens.map((t) => t.difference)).toEqual(tokens.map(() => "0.0"));
    for (const market of venue.markets)
      expect([...market.positions.values()].reduce((sum, p) => sum + p.lots, 0)).toBe(0);
  });
});

describe("hip3-mirror", () => {
  /** Spread in basis points by time, and trades a minute, over hours. */
  function figures(
    hours: number,
    seed: number,
  ): { spreadBps: number[]; tradesPerMinute: number[]; quietest: number; busiest: number } {
    const { venue, run } = startNamed("hip3-mirror", seed);
    const markets = ["HYPE", "hyna:HYPE"].map((coin) => venue.marketByCoin(coin) as VenueMarket);
    const trades = [0, 0];
    const spreads = [0, 0];
    const minutes: number[] = [];
    let looks = 0;
    run(60);
    venue.listen({
      ...SILENT,
      onTrade: ({ market }) => {
        const at = markets.indexOf(market);
        trades[at] = (trades[at] as number) + 1;
        if (at === 1) minutes[Math.floor(looks / 857)] = (minutes[Math.floor(looks / 857)] ?? 0) + 1;
      },
    });
    run(hours * 3_600, () => {
      looks += 1;
      markets.forEach(({ book, midPx }, i) => {
        spreads[i] = (spreads[i] as number) + ((book.bestPx(-1) as number) - (book.bestPx(1) as number)) / midPx / 1e-4;
      });
    });
    const counts = Array.from({ length: hours * 60 }, (_, i) => minutes[i] ?? 0).toSorted((a, b) => a - b);
    return {
      spreadBps: spreads.map((s) => s / looks),
      tradesPerMinute: trades.map((n) => n / hours / 60),
      quietest: counts[Math.floor(counts.length / 10)] as number,
      busiest: counts[Math.floor(counts.length * 0.9)] as number,
    };
  }

  test("has a touch of 5 to 6 bps, 10 to 40 trades a minute in bursts, and a much tighter and busier leader", () => {
    const runs = [1, 2, 3].map((seed) => figures(2, seed));
    const mean = (of: (f: (typeof runs)[number]) => number): number =>
      runs.reduce((s, f) => s + of(f), 0) / runs.length;
    const spread = mean((f) => f.spreadBps[1] as number);
    const rate = mean((f) => f.tradesPerMinute[1] as number);
    expect(spread).toBeGreaterThan(5);
    expect(spread).toBeLessThan(6);
    expect(rate).toBeGreaterThan(10);
    expect(rate).toBeLessThan(40);
    expect(mean((f) => f.spreadBps[0] as number)).toBeLessThan(spread / 4);
    expect(mean((f) => f.tradesPerMinute[0] as number)).toBeGreaterThan(3 * rate);
    expect(mean((f) => f.quietest)).toBeLessThan(rate / 3);
    expect(mean((f) => f.busiest)).toBeGreaterThan(1.7 * rate);
  });

  test("is a market in USDE on a plain fee scale, and its mid stays with its leader's", () => {
    const { venue, run } = startNamed("hip3-mirror", 5);
    const [leader, mirror] = ["HYPE", "hyna:HYPE"].map((coin) => venue.marketByCoin(coin) as VenueMarket);
    expect([mirror?.feeScale, mirror?.growth, mirror?.dex.collateralToken, leader?.dex.collateralToken]).toEqual([
      "1.0",
      false,
      235,
      0,
    ]);
    let worst = 0;
    run(60);
    run(3_600, () => {
      worst = Math.max(worst, Math.abs((mirror?.midPx ?? 0) / (leader?.midPx ?? 1) - 1));
    });
    expect(worst).toBeLessThan(0.004);
    expect(worst).toBeGreaterThan(0.0003);
  });
});

test("hip3-growth is in growth mode, in USDC, strictly isolated, and closes at 21:00 UTC for an hour", () => {
  const { venue, run } = startNamed("hip3-growth", 5);
  const market = venue.marketByCoin("xyz:XYZ100") as VenueMarket;
  expect([market.growth, market.dex.collateralToken, market.spec.marginMode]).toEqual([true, 0, "strictIsolated"]);
  const oracles = (): number => {
    const seen = new Set<number>();
    run(120, () => seen.add(market.oraclePx));
    return seen.size;
  };
  expect(oracles()).toBeGreaterThan(20);
  venue.jump(9 * 3_600e6 + 60e6 - 120e6);
  run(60);
  expect(oracles()).toBe(1);
  venue.jump(3_600e6);
  run(10);
  expect(oracles()).toBeGreaterThan(20);
});
