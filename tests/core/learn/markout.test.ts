import { describe, expect, test } from "bun:test";
import { OwnMarkouts } from "../../../src/core/learn/markout.ts";

const S = 1_000_000;
const BPS = 1e-4;

function collect(): { markouts: OwnMarkouts; seen: { adverseFrac: number; depthFrac: number }[] } {
  const seen: { adverseFrac: number; depthFrac: number }[] = [];
  const markouts = new OwnMarkouts({ onOwnMarkout: (adverseFrac, depthFrac) => seen.push({ adverseFrac, depthFrac }) });
  return { markouts, seen };
}

describe("own markouts", () => {
  test("a buy at 29.994 with the mid at 30 and then at 29.996: 1.333 bps against us", () => {
    const { markouts, seen } = collect();
    markouts.onFill(1, 100 * S, 30_000, 2 * BPS);
    markouts.onMid(105 * S, 29_996);
    expect((seen[0]?.adverseFrac as number) / BPS).toBeCloseTo(1.33333333, 7);
    expect(seen[0]?.depthFrac).toBe(2 * BPS);
  });

  test.each([
    ["we bought, it rose", 1, 30_006, -2],
    ["we bought, it fell", 1, 29_994, 2],
    ["we sold, it rose", -1, 30_006, 2],
    ["we sold, it fell", -1, 29_994, -2],
  ])("%s: the sign is against us only when the price went our counterparty's way", (_, side, after, wantedBps) => {
    const { markouts, seen } = collect();
    markouts.onFill(side as number, 0, 30_000, 0);
    markouts.onMid(5 * S, after as number);
    expect((seen[0]?.adverseFrac as number) / BPS).toBeCloseTo(wantedBps as number, 9);
  });

  test("waits for the whole horizon, and settles once", () => {
    const { markouts, seen } = collect();
    markouts.onFill(1, 0, 30_000, 0);
    markouts.onMid(5 * S - 1, 29_000);
    expect(seen.length).toBe(0);
    markouts.onMid(5 * S, 29_997);
    markouts.onMid(6 * S, 20_000);
    expect(seen.length).toBe(1);
    expect((seen[0]?.adverseFrac as number) / BPS).toBeCloseTo(1, 9);
  });

  test("a fill without a mid before it, and one that a gap cuts off, teach nothing and are counted", () => {
    const { markouts, seen } = collect();
    markouts.onFill(1, 0, Number.NaN, 0);
    markouts.onFill(1, 0, 30_000, 0);
    markouts.onGap();
    markouts.onMid(60 * S, 29_000);
    expect(seen.length).toBe(0);
    expect(markouts.droppedCount).toBe(2);
  });

  test("more fills than may wait are dropped, not written over the ones that do", () => {
    const { markouts, seen } = collect();
    for (let i = 0; i < 300; i++) markouts.onFill(1, i, 30_000, i);
    markouts.onMid(10 * S, 30_000);
    expect([seen.length, markouts.droppedCount]).toEqual([256, 44]);
    expect(seen.map((m) => m.depthFrac)).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});
