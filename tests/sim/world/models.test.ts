import { describe, expect, test } from "bun:test";
import type { Trade } from "../../../src/sim/venue/events.ts";
import type { MarketModel } from "../../../src/sim/world/spec.ts";
import { BLOCK_SECONDS, changed, type Run, SILENT, STILL, start, worldSpec } from "./support.ts";

interface Print {
  side: 1 | -1;
  seconds: number;
  usd: number;
  px: number;
  coin: string;
  /** Mid before the block, and the touch that was to be taken. */
  midPx: number;
  touchPx: number;
}

/** Runs and writes down every trade with the mid as it was before its block. */
function prints(made: Run, seconds: number): Print[] {
  const { venue, run, market } = made;
  const found: Print[] = [];
  let midPx = market.midPx;
  let touch = { bid: 0, ask: 0 };
  const startMs = venue.nowMs;
  venue.listen({
    ...SILENT,
    onTrade: ({ side, px, lots, timeMs, market: at }: Trade) => {
      const seconds = (timeMs - startMs) / 1e3;
      const touchPx = side > 0 ? touch.ask : touch.bid;
      found.push({ side, px, usd: (px * lots) / 1e6, seconds, midPx, touchPx, coin: at.coin });
    },
  });
  run(seconds, () => {
    midPx = market.midPx;
    touch = { bid: market.book.bestPx(1) ?? 0, ask: market.book.bestPx(-1) ?? 0 };
  });
  return found;
}

interface Sweep {
  side: number;
  seconds: number;
  usd: number;
  /** From the mid, and beyond the touch. */
  depthBps: number;
  beyondBps: number;
}

/** One event a taker: the prints of a block and side. */
function sweeps(all: readonly Print[]): Sweep[] {
  const found: Sweep[] = [];
  for (const { side, seconds, px, midPx, touchPx, usd } of all) {
    const last = found.at(-1);
    const depthBps = side * (px / midPx - 1) * 1e4;
    const beyondBps = side * (px / touchPx - 1) * 1e4;
    if (last !== undefined && last.seconds === seconds && last.side === side) {
      last.depthBps = Math.max(last.depthBps, depthBps);
      last.beyondBps = Math.max(last.beyondBps, beyondBps);
      last.usd += usd;
    } else found.push({ side, seconds, depthBps, beyondBps, usd });
  }
  return found;
}

const noise = (over: Partial<MarketModel["takers"]>, more: Parameters<typeof changed>[1] = {}): MarketModel =>
  changed(STILL, {
    impact: { phiRatio: 0, touchRatio: 0 },
    ...more,
    takers: { leanRatio: 0, perSecond: 0.5, ...over },
  });
const ready = (model: MarketModel, seed = 1): Run => {
  const made = start(worldSpec(seed, model), seed);
  made.run(20);
  return made;
};

describe("noise takers", () => {
  test("without branching come at their rate, evenly: Fano factor 1", () => {
    const events = sweeps(prints(ready(noise({ branchingRatio: 0, busyRatio: 1, touchRatio: 1 })), 8_000));
    expect(events.length / 8_000).toBeCloseTo(0.5, 1);
    expect(fano(events, 20, 8_000)).toBeCloseTo(1, 0);
  });

  test("branching of 0.6 makes them 2.5 times as many, in bursts", () => {
    const events = sweeps(
      prints(ready(noise({ perSecond: 0.1, branchingRatio: 0.6, busyRatio: 1, touchRatio: 1 })), 20_000),
    );
    // Those of one block and side count as one here.
    expect(events.length / 20_000 / 0.25).toBeGreaterThan(0.85);
    expect(events.length / 20_000 / 0.25).toBeLessThan(1.1);
    expect(fano(events, 20, 20_000)).toBeGreaterThan(2.5);
  });

  test("so many stop at the touch, the others go an exponential depth beyond it", () => {
    const model = noise(
      { branchingRatio: 0, busyRatio: 1, touchRatio: 0.6, depthBps: 3 },
      { makers: { gapBps: 0.2, levels: 80, count: 1, refillSeconds: 0.01, lookSeconds: 0.05, lookSigma: 0.1 } },
    );
    const depths = sweeps(prints(ready(model), 8_000)).map((s) => s.beyondBps);
    const beyond = depths.filter((d) => d > 1).map((d) => d - 1);
    const stops = depths.filter((d) => d < 0.01).length / depths.length;
    // Of those who go beyond, one in ten does not get to the next tick.
    expect(stops).toBeGreaterThan(0.57);
    expect(stops).toBeLessThan(0.68);
    expect(Math.abs(beyond.reduce((a, b) => a + b, 0) / beyond.length / 3 - 1)).toBeLessThan(0.15);
    expect(Math.abs(beyond.length / depths.length / (0.4 * Math.exp(-1 / 3)) - 1)).toBeLessThan(0.2);
  });

  test("do what the one before did in half and half of the rest", () => {
    const events = sweeps(
      prints(ready(noise({ branchingRatio: 0, busyRatio: 1, touchRatio: 1, persistRatio: 0.5 })), 8_000),
    );
    const same = events.slice(1).filter((e, i) => e.side === events[i]?.side).length / (events.length - 1);
    expect(same).toBeCloseTo(0.75, 1);
  });

  test("stop for many minutes in gaps", () => {
    const longest = (gapsPerHour: number): number => {
      const model = noise({ branchingRatio: 0, busyRatio: 1, gapsPerHour, gapMinutes: 10 });
      const times = sweeps(prints(ready(model), 10_000)).map((s) => s.seconds);
      return Math.max(...times.slice(1).map((t, i) => t - (times[i] as number)));
    };
    expect(longest(0)).toBeLessThan(60);
    expect(longest(2)).toBeGreaterThan(300);
  });
});

describe("impact", () => {
  test.each([
    [0, 0.5],
    [1, 0.5],
    [-1, 1.2],
  ])("a sweep to D leaves %p bps and %p of D in fair value, and the mid goes there", (baseBps, phiRatio) => {
    const model = noise(
      { perSecond: 0.02, branchingRatio: 0, busyRatio: 1, touchRatio: 0, depthBps: 4 },
      { impact: { baseBps, phiRatio, phiSigma: 0 }, makers: { halfBps: 2, gapBps: 0.3, levels: 60 } },
    );
    const made = ready(model);
    const { world, venue, market, run } = made;
    let before = world.fairPx(market);
    let midPx = market.midPx;
    let deepest = 0;
    let sum = 0;
    let count = 0;
    venue.listen({
      ...SILENT,
      onTrade: ({ side, px }) => {
        deepest = side * Math.max(Math.abs(deepest), Math.abs(px / midPx - 1) * 1e4);
      },
    });
    run(10_000, () => {
      const fair = world.fairPx(market);
      if (deepest !== 0) {
        const side = Math.sign(deepest);
        sum += side * (fair / before - 1) * 1e4 - (baseBps + phiRatio * Math.abs(deepest));
        count += 1;
      }
      deepest = 0;
      before = fair;
      midPx = market.midPx;
    });
    expect(count).toBeGreaterThan(100);
    // The product of two small shares, and two takers in one block, are all that is left.
    expect(Math.abs(sum / count)).toBeLessThan(0.1);
    expect(Math.abs(market.midPx / world.fairPx(market) - 1) * 1e4).toBeLessThan(2.5);
  });
});

describe("sweeps", () => {
  test("go through 4 to 7 levels within a second, in several blocks of one side", () => {
    const model = changed(STILL, {
      sweeps: { perHour: 60 },
      impact: { phiRatio: 0, phiSigma: 0 },
      makers: { lookSeconds: 3 },
    });
    const all = prints(ready(model), 6_000);
    const groups: Print[][] = [];
    for (const print of all) {
      const last = groups.at(-1);
      if (last !== undefined && print.seconds - (last[0] as Print).seconds < 1.2) last.push(print);
      else groups.push([print]);
    }
    expect(groups.length).toBeGreaterThan(60);
    const levels = groups.map((group) => new Set(group.map((p) => p.px)).size);
    const blocks = groups.map((group) => new Set(group.map((p) => p.seconds)).size);
    const single = groups.filter((group) => new Set(group.map((p) => p.side)).size === 1).length;
    const usual = levels.filter((n) => n >= 4 && n <= 7).length;
    expect(usual / groups.length).toBeGreaterThan(0.6);
    expect(Math.max(...levels)).toBeLessThanOrEqual(14);
    expect(blocks.reduce((a, b) => a + b, 0) / blocks.length).toBeGreaterThan(3);
    expect(single / groups.length).toBeGreaterThan(0.9);
  });
});

describe("makers", () => {
  test("stand at their half-spread around fair value, so many levels a side", () => {
    const made = ready(changed(STILL, { makers: { count: 1, halfBps: 3, levels: 10 } }));
    const { book } = made.market;
    expect([book.bids.length, book.asks.length]).toEqual([10, 10]);
    expect(((book.bestPx(-1) as number) - (book.bestPx(1) as number)) / made.market.midPx / 1e-4).toBeCloseTo(6.2, 0);
  });

  test.each([0.2, 2])("who look every %p s follow news within about that time", (lookSeconds) => {
    const made = ready(changed(STILL, { makers: { count: 1, lookSeconds, lookSigma: 0.1, refillSeconds: 0.01 } }));
    const goal = made.market.midPx * 1.01;
    made.world.setFair(made.market, goal);
    let seconds = 0;
    while (Math.abs(made.market.midPx / goal - 1) > 1e-4 && seconds < 60) {
      made.run(BLOCK_SECONDS);
      seconds += BLOCK_SECONDS;
    }
    expect(seconds).toBeLessThan(lookSeconds * 2.5 + 0.2);
  });

  test("who hold a long position quote lower, both sides", () => {
    const mids = [0, 0.6].map((skewRatio) => {
      const made = ready(changed(STILL, { makers: { count: 1, skewRatio, inventoryUsd: 10_000e6, halfBps: 5 } }));
      const maker = [...made.venue.accounts()].find((a) => a.orders.size > 0);
      const taker = [...made.venue.accounts()].find((a) => a.isHouse && a.orders.size === 0);
      if (maker === undefined || taker === undefined) throw new Error("no accounts");
      const bid = made.market.book.bestPx(1) as number;
      made.venue.submitTurn(
        { run: () => made.venue.trading.placeHouse(taker, made.market, -1, bid - 100, 40_000, "Ioc", "0x0") },
        2,
      );
      made.run(20);
      expect(maker.positionLots(made.market)).toBeGreaterThan(0);
      return made.market.midPx;
    });
    expect((mids[1] as number) / (mids[0] as number)).toBeLessThan(1 - 0.5e-4);
  });

  test("who are quick cancel before a sweep comes, and it gets there all the same with less", () => {
    const runs = [0, 1].map((pullRatio) => {
      const model = noise(
        { perSecond: 0.1, branchingRatio: 0, touchRatio: 0, depthBps: 4 },
        { makers: { count: 2, pullRatio, refillSeconds: 0.1, gapBps: 0.5 } },
      );
      const events = sweeps(prints(ready(model), 4_000));
      const mean = (of: (e: (typeof events)[number]) => number): number =>
        events.reduce((sum, e) => sum + of(e), 0) / events.length;
      return { depth: mean((e) => e.depthBps), usd: mean((e) => e.usd) };
    });
    const [without, withPulls] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect(withPulls.usd / without.usd).toBeLessThan(0.75);
    expect(withPulls.depth / without.depth).toBeGreaterThan(0.8);
  });
});

describe("takers who know", () => {
  test("hit a quote that fair value has left, up to what they want to earn", () => {
    const model = changed(STILL, {
      makers: { lookSeconds: 30, lookSigma: 0.01, count: 1 },
      informed: { lookSeconds: 0.2, chanceRatio: 1, edgeBps: 2 },
    });
    const made = ready(model);
    made.run(30);
    const fair = made.market.midPx * 1.0008;
    made.world.setFair(made.market, fair);
    const all = prints(made, 10);
    expect(all.length).toBeGreaterThan(0);
    expect(all.every((p) => p.side === 1 && p.px <= fair * (1 - 2e-4))).toBe(true);
    expect(made.market.book.bestPx(-1) as number).toBeGreaterThan(fair * (1 - 2e-4));
  });

  test("an arbitrageur takes mirror and leader in one block, opposite sides, about the same dollars", () => {
    const mirror = changed(STILL, {
      fair: { leader: "ONE", basisBps: 0 },
      makers: { lookSeconds: 5, lookSigma: 0.01 },
      arbitrage: { lookSeconds: 0.2, edgeBps: 1, sizeUsd: 1_000e6 },
      impact: { phiRatio: 0.5 },
    });
    const made = start(worldSpec(1, STILL, mirror), 1);
    made.run(20);
    made.world.setFair(made.market, made.market.midPx * 1.002);
    const all = prints(made, 3);
    const byTime = Map.groupBy(all, (p) => p.seconds);
    expect(byTime.size).toBeGreaterThan(0);
    for (const group of byTime.values()) {
      const usd = (coin: string, side: number): number =>
        group.filter((p) => p.coin === coin && p.side === side).reduce((sum, p) => sum + p.usd, 0);
      expect([usd("x:ONE", -1), usd("ONE", 1)]).toEqual([0, 0]);
      expect(usd("x:ONE", 1)).toBeGreaterThan(0);
      expect(Math.abs(usd("x:ONE", 1) - usd("ONE", -1))).toBeLessThan(20);
    }
  });
});

describe("oracle, hours and outages", () => {
  const busy = changed(STILL, { fair: { sigmaBps: 1 }, takers: { perSecond: 1 } });

  test("the oracle speaks every 3 s", () => {
    const made = ready(busy);
    const changes: number[] = [];
    let before = made.market.oraclePx;
    made.run(60, () => {
      if (made.market.oraclePx !== before) changes.push(made.venue.nowMs / 1e3);
      before = made.market.oraclePx;
    });
    const gaps = changes.slice(1).map((t, i) => t - (changes[i] as number));
    expect(changes.length).toBeGreaterThan(17);
    expect(gaps.every((gap) => gap > 2.9 && gap < 3.15)).toBe(true);
  });

  test("with the underlying closed the oracle stands still and the book is thin", () => {
    const made = ready(changed(busy, { hours: { closeHour: 12.02, openHour: 13 } }));
    const depth = (): number => made.market.book.bids.reduce((sum, level) => sum + level.lots, 0);
    const spread = (): number => (made.market.book.bestPx(-1) as number) - (made.market.book.bestPx(1) as number);
    const open = { depth: 0, spread: 0 };
    const closed = { depth: 0, spread: 0 };
    made.run(40, () => {
      open.depth += depth();
      open.spread += spread();
    });
    made.run(60);
    const oracle = made.market.oraclePx;
    made.run(40, () => {
      closed.depth += depth();
      closed.spread += spread();
      expect(made.market.oraclePx).toBe(oracle);
    });
    expect(closed.spread / open.spread).toBeGreaterThan(2);
    expect(closed.depth / open.depth).toBeLessThan(0.5);
  });

  test("with the underlying closed trading is halted where the model says so, and resumes", () => {
    const made = ready(changed(busy, { hours: { closeHour: 12.02, openHour: 12.04, halted: true } }));
    made.run(60);
    expect([made.market.halted, made.market.book.bids.length]).toEqual([true, 0]);
    made.run(90);
    expect([made.market.halted, made.market.book.bids.length > 5]).toEqual([false, true]);
  });

  test("in an outage of the participants nothing happens, afterwards all goes on without a burst", () => {
    const made = ready(changed(busy, { takers: { branchingRatio: 0, busyRatio: 1 } }));
    made.world.silence(100);
    const { version } = made.market.book;
    expect(prints(made, 100).length).toBe(0);
    expect(made.market.book.version).toBe(version);
    const events = sweeps(prints(made, 100));
    expect(events.length).toBeGreaterThan(60);
    expect(events.filter((e) => e.seconds < 5).length).toBeLessThan(20);
  });

  test("a halt ends orders and positions, and afterwards everybody comes back", () => {
    const made = ready(busy);
    made.world.setHalted(made.venue, made.market, true);
    made.run(5);
    expect([made.market.book.bids.length, made.market.openLots]).toEqual([0, 0]);
    made.world.setHalted(made.venue, made.market, false);
    made.run(10);
    expect(Math.min(made.market.book.bids.length, made.market.book.asks.length)).toBeGreaterThan(8);
  });
});

/** Variance over mean of counts in windows. */
function fano(events: readonly { seconds: number }[], window: number, seconds: number): number {
  const counts = new Float64Array(Math.floor(seconds / window));
  for (const { seconds: at } of events) {
    const i = Math.floor(at / window);
    if (i < counts.length) counts[i] = (counts[i] as number) + 1;
  }
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / counts.length / mean;
}
