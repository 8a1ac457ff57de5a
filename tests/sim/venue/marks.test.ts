import { describe, expect, test } from "bun:test";
import { localMarkPx, Marks } from "../../../src/sim/venue/marks.ts";
import { impactPxs, premiumFrac } from "../../../src/sim/venue/premium.ts";
import { MoneyWorld, START_MS, setBook, USD } from "./money_world.ts";

const PX = 1_000_000;

/** A world at the start of a slot of 3 s, with marks. */
function marked(): { world: MoneyWorld; marks: Marks; step: (ms?: number) => boolean } {
  const world = new MoneyWorld();
  world.now = Math.ceil(START_MS / 15_000) * 15_000;
  const marks = new Marks(world);
  const step = (ms = 3_000): boolean => {
    world.now += ms;
    return marks.onBlock();
  };
  return { world, marks, step };
}

describe("the local mark", () => {
  test.each([
    ["nothing", [], [], Number.NaN, Number.NaN],
    ["the last trade alone", [], [], 90, 90],
    ["a bid and the last", [100], [], 90, 95],
    ["a last within", [100], [104], 103, 103],
    ["a last below", [100], [104], 90, 100],
    ["a last above", [100], [104], 110, 104],
    ["no last", [100], [104], Number.NaN, 102],
  ])("of %s", (_, bids, asks, last, expected) => {
    const market = new MoneyWorld().market(0);
    setBook(
      market,
      bids.map((px) => [px, 1]),
      asks.map((px) => [px, 1]),
    );
    market.lastPx = last;
    expect(localMarkPx(market)).toBe(expected);
  });
});

describe("the mark of the main dex", () => {
  test("is looked at once in three seconds", () => {
    const { marks, step, world } = marked();
    expect(step(2_999)).toBe(false);
    expect(step(1)).toBe(true);
    expect(step(70)).toBe(false);
    marks.setOracle(world.market(0), 2 * PX);
    expect(world.market(0).markPx).toBe(PX);
    expect(step()).toBe(true);
    expect(world.market(0).markPx).toBe(2 * PX);
  });

  test("is the median of oracle with the usual premium, the local mark, and its average", () => {
    const { step, world } = marked();
    const market = world.market(0);
    setBook(market, [[PX + 900, 1]], [[PX + 1_100, 1]]);
    for (let i = 0; i < 100; i++) step();
    expect(market.markPx).toBe(PX + 1_000);
    // The book jumps: the average of 30 s follows first, the premium of 150 s behind it, and the middle one is the mark.
    setBook(market, [[PX + 10_900, 1]], [[PX + 11_100, 1]]);
    step();
    const premiumDecay = Math.exp(-3 / 150);
    const localDecay = Math.exp(-3 / 30);
    // After 300 s both have settled on 1000 with weights 3 / (1 - decay).
    const weight = (decay: number, n: number): number => (3 * (1 - decay ** n)) / (1 - decay);
    const mix = (decay: number): number =>
      (1_000 * weight(decay, 100) * decay + 11_000 * 3) / (weight(decay, 100) * decay + 3);
    expect(market.markPx).toBe(PX + Math.round(mix(localDecay)));
    expect(mix(localDecay)).toBeGreaterThan(mix(premiumDecay));
  });

  test("stays at the oracle while the book is empty, and does not move while halted", () => {
    const { marks, step, world } = marked();
    const market = world.market(0);
    marks.setOracle(market, PX + 5);
    step();
    expect(market.markPx).toBe(PX + 5);
    market.halted = true;
    marks.setOracle(market, PX + 9);
    step();
    expect(market.markPx).toBe(PX + 5);
  });
});

describe("the mark of a HIP-3 dex", () => {
  test.each([
    ["no mark of the deployer: the book", [], PX + 100],
    ["one: the mean of it and the book", [PX + 300], PX + 200],
    ["two: the median", [PX + 300, PX + 700], PX + 300],
    ["two, the book between", [PX - 300, PX + 700], PX + 100],
  ])("%s", (_, deployer, expected) => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    setBook(market, [[PX, 1]], [[PX + 200, 1]]);
    marks.setOracle(market, PX);
    marks.setDeployerMarks(market, deployer);
    step();
    expect(market.markPx).toBe(expected);
  });

  test("falls to the book after ten seconds without an oracle", () => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    setBook(market, [[PX, 1]], [[PX + 200, 1]]);
    marks.setOracle(market, PX);
    marks.setDeployerMarks(market, [PX + 700, PX + 900]);
    for (let i = 0; i < 3; i++) step();
    expect(market.markPx).toBe(PX + 700);
    // Ten seconds to the millisecond, and one more.
    marks.setOracle(market, PX);
    step(10_000);
    expect(market.markPx).toBe(PX + 700);
    marks.setOracle(market, PX);
    step(10_001);
    expect(market.markPx).toBe(PX + 100);
  });

  test("without book and deployer's marks is the oracle, and stays when that is silent too", () => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    marks.setOracle(market, PX + 40);
    step();
    expect(market.markPx).toBe(PX + 40);
    market.oraclePx = PX + 80;
    step(12_000);
    expect(market.markPx).toBe(PX + 40);
  });

  test("moves by at most a hundredth at a time", () => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    marks.setOracle(market, 2 * PX);
    step();
    expect(market.markPx).toBe(1.01 * PX);
    marks.setOracle(market, PX / 2);
    step();
    expect(market.markPx).toBe(Math.round(1.01 * 0.99 * PX));
  });

  test("and its oracle stay within ten times of the day's begin", () => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    marks.setOracle(market, 100 * PX);
    expect(market.oraclePx).toBe(10 * PX);
    for (let i = 0; i < 300; i++) {
      marks.setOracle(market, 10 * PX);
      setBook(market, [[90 * PX, 1]], [[110 * PX, 1]]);
      step();
    }
    expect(market.markPx).toBe(10 * PX);
    marks.setOracle(market, PX / 1_000);
    expect(market.oraclePx).toBe(PX / 10);
  });

  test("does not lift open interest above ten caps", () => {
    const { marks, step, world } = marked();
    const market = world.market(3);
    market.openLots = 100;
    market.oiCapUsd = 10 * PX + 50_000;
    marks.setOracle(market, 2 * PX);
    step();
    expect(market.markPx).toBe(PX + 5_000);
    step();
    expect(market.markPx).toBe(PX + 5_000);
    // Above it already: it may fall, not rise.
    market.openLots = 200;
    step();
    expect(market.markPx).toBe(PX + 5_000);
  });
});

describe("impact prices", () => {
  const NOTIONAL = 6_000 * USD;

  test("are averages over the impact notional; null where a side is thin", () => {
    const market = new MoneyWorld().market(0);
    const lots = NOTIONAL / 2 / PX;
    setBook(
      market,
      [
        [PX, lots],
        [PX / 2, 10 * lots],
      ],
      [[2 * PX, 10 * lots]],
    );
    // Half of the notional at 1, half at 1/2: 1 / (1/2 + 1) of each.
    expect(impactPxs(market)).toEqual({ impactBidPx: PX / 1.5, impactAskPx: 2 * PX });
    setBook(market, [[PX, 2 * lots - 1]], [[2 * PX, 10 * lots]]);
    expect(impactPxs(market)).toBeNull();
    expect(premiumFrac(market)).toBeNull();
  });

  test.each([
    ["enclosing the oracle", 0, PX - 100, PX + 300, 0],
    ["above it", 0, PX + 100, PX + 300, 1e-4],
    ["below it", 0, PX - 300, PX - 200, -2e-4],
    ["HIP-3: the middle", 3, PX - 100, PX + 300, 1e-4],
  ] as const)("%s", (_, index, bid, ask, expected) => {
    const market = new MoneyWorld().market(index);
    setBook(market, [[bid, 1e6]], [[ask, 1e6]]);
    expect(premiumFrac(market)).toBeCloseTo(expected, 12);
  });
});
