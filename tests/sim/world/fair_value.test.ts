import { describe, expect, test } from "bun:test";
import { Prng } from "../../../src/core/prng.ts";
import { FairValue } from "../../../src/sim/world/fair_value.ts";
import { isClosed } from "../../../src/sim/world/hours.ts";
import { Regime } from "../../../src/sim/world/regime.ts";
import { type FairSpec, QUIET_MODEL } from "../../../src/sim/world/spec.ts";

const CALM = { calmSeconds: 1e12, busySeconds: 1 };
const make = (over: Partial<FairSpec>, leader: FairValue | null = null, seed = 3): FairValue =>
  new FairValue(1_000, { ...QUIET_MODEL.fair, ...over }, leader, new Regime(CALM, new Prng(1)), new Prng(seed));

/** Log returns over spans, basis points. */
function returns(fair: FairValue, span: number, count: number): number[] {
  let before = fair.px;
  return Array.from({ length: count }, (_, i) => {
    fair.advance((i + 1) * span);
    const move = Math.log(fair.px / before) * 1e4;
    before = fair.px;
    return move;
  });
}
const variance = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x * x, 0) / xs.length;

/** Variance of sums of `n` returns over n times that of one. */
function varianceRatio(xs: readonly number[], n: number): number {
  const sums = Array.from({ length: Math.floor(xs.length / n) }, (_, i) =>
    xs.slice(i * n, (i + 1) * n).reduce((a, b) => a + b, 0),
  );
  return variance(sums) / n / variance(xs);
}

describe("fair value", () => {
  test("has the volatility that the model states over long spans, whatever the share of momentum", () => {
    for (const momentumRatio of [0, 0.4, 0.8]) {
      const moves = returns(make({ sigmaBps: 2, momentumRatio, momentumSeconds: 1 }), 60, 20_000);
      expect(Math.sqrt(variance(moves) / 60)).toBeCloseTo(2, 1);
    }
  });

  test.each([
    [0, 1],
    // 1 - x (1 - e^-u)/u at u = 5 over the same at u = 0.3: x = 0.5 gives 1.59, 0.8 gives 2.72.
    [0.5, 1.59],
    [0.8, 2.72],
  ])("momentum of %p makes the variance ratio of 5 s to 0.3 s %p", (momentumRatio, ratio) => {
    const moves = returns(make({ sigmaBps: 2, momentumRatio, momentumSeconds: 1 }), 0.25, 200_000);
    const share = (u: number): number => 1 - momentumRatio * ((1 - Math.exp(-u)) / u);
    expect(varianceRatio(moves, 20)).toBeCloseTo(share(5) / share(0.25), 1);
    expect(share(5) / share(0.3)).toBeCloseTo(ratio, 1);
  });

  test("does not care how often it is looked at", () => {
    const spans = (span: number): number => {
      const moves = returns(make({ sigmaBps: 2, momentumRatio: 0.5, momentumSeconds: 1 }), span, 120_000 / span);
      return varianceRatio(moves, 4 / span) * variance(moves) * (4 / span);
    };
    expect(spans(0.1) / spans(2)).toBeCloseTo(1, 1);
  });

  test("jumps as often and as far as the model states", () => {
    const moves = returns(make({ sigmaBps: 0, jumpsPerHour: 60, jumpBps: 8 }), 0.5, 200_000).filter((x) => x !== 0);
    expect(moves.length / (100_000 / 60)).toBeCloseTo(1, 1);
    expect(moves.reduce((sum, x) => sum + Math.abs(x), 0) / moves.length / 8).toBeCloseTo(1, 1);
  });

  test("what comes slowly is 63 % there after its time, and all in the end", () => {
    const fair = make({ sigmaBps: 0 });
    fair.impactSlowly(0.001, 2);
    fair.advance(2);
    expect(Math.log(fair.px / 1_000) / 0.001).toBeCloseTo(1 - Math.exp(-1), 6);
    for (let t = 3; t < 60; t++) fair.advance(t);
    expect(Math.log(fair.px / 1_000) / 0.001).toBeCloseTo(1, 9);
  });

  test("a mirror arrives where its leader went: 63 % in follow_seconds, all in a while", () => {
    const leader = make({ sigmaBps: 0 });
    const mirror = make({ basisBps: 0, followSeconds: 0.5 }, leader);
    leader.impact(0.01);
    const goal = leader.px - 1_000;
    mirror.advance(0.5);
    expect((mirror.px - 1_000) / goal).toBeCloseTo(1 - Math.exp(-1), 3);
    mirror.advance(10);
    expect(mirror.px).toBeCloseTo(leader.px, 3);
  });

  test("a mirror's distance has its standard deviation and is pulled back", () => {
    const leader = make({ sigmaBps: 0 });
    const mirror = make({ basisBps: 3, basisSeconds: 30 }, leader);
    const distances = Array.from({ length: 20_000 }, (_, i) => {
      mirror.advance((i + 1) * 30);
      return Math.log(mirror.px / leader.px) * 1e4;
    });
    expect(Math.sqrt(variance(distances))).toBeCloseTo(3, 1);
    const products = distances.slice(1).map((x, i) => x * (distances[i] as number));
    expect(products.reduce((a, b) => a + b, 0) / products.length / 9).toBeCloseTo(Math.exp(-1), 1);
  });

  test("news moves a mirror and not its leader, and the difference stays", () => {
    const leader = make({ sigmaBps: 0 });
    const mirror = make({ basisBps: 0 }, leader);
    mirror.set(1_100);
    mirror.advance(600);
    expect([leader.px, mirror.px]).toEqual([1_000, 1_100]);
  });
});

describe("hours", () => {
  const day = (closeHour: number, openHour: number, weekend = false): typeof QUIET_MODEL.hours => ({
    ...QUIET_MODEL.hours,
    closeHour,
    openHour,
    weekend,
  });
  test.each([
    // 2025-12-31 was a Wednesday.
    ["never, with equal hours", day(0, 0), "2025-12-31T12:00Z", false],
    ["before the close", day(21, 22), "2025-12-31T20:59Z", false],
    ["from the close", day(21, 22), "2025-12-31T21:00Z", true],
    ["until the opening", day(21, 22), "2025-12-31T22:00Z", false],
    ["over midnight", day(20, 8), "2025-12-31T03:00Z", true],
    ["over midnight, open", day(20, 8), "2025-12-31T08:00Z", false],
    ["Friday after the close", day(21, 22, true), "2026-01-02T23:00Z", true],
    ["Friday after the close, without weekends", day(21, 22), "2026-01-02T23:00Z", false],
    ["Saturday", day(21, 22, true), "2026-01-03T12:00Z", true],
    ["Sunday before the opening", day(21, 22, true), "2026-01-04T12:00Z", true],
    ["Sunday after it", day(21, 22, true), "2026-01-04T22:00Z", false],
    ["Monday", day(21, 22, true), "2026-01-05T12:00Z", false],
    ["Thursday before a weekend", day(21, 22, true), "2026-01-01T23:00Z", false],
  ])("%s", (_, hours, time, closed) => {
    expect(isClosed(hours, new Date(time).getTime())).toBe(closed);
  });
});
