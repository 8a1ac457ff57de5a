import { describe, expect, test } from "bun:test";
import { Position } from "../../../src/sim/venue/account.ts";
import {
  liquidationPx,
  maintenanceUsd,
  maxLeverageAt,
  tierLimitUsd,
  worstLots,
} from "../../../src/sim/venue/margin.ts";
import { dexSummary, positionSummary } from "../../../src/sim/venue/summary.ts";
import { MoneyWorld, marketSpec, USD } from "./money_world.ts";

const TIERS = marketSpec("T", {
  maxLeverage: 50,
  marginTiers: [
    { lowerBoundUsd: 0, maxLeverage: 50 },
    { lowerBoundUsd: 100_000 * USD, maxLeverage: 20 },
    { lowerBoundUsd: 1_000_000 * USD, maxLeverage: 5 },
  ],
});

describe("tiers", () => {
  test.each([
    // notional, maintenance, max leverage: each tier adds its own rate to what the ones below it took
    [0, 0, 50],
    [50_000, 500, 50],
    [100_000, 1_000, 50],
    [100_001, 1_000.025, 20],
    [1_000_000, 1_000 + 900_000 * 0.025, 20],
    [3_000_000, 1_000 + 900_000 * 0.025 + 2_000_000 * 0.1, 5],
  ])("$%d needs $%d", (notional, need, leverage) => {
    expect(maintenanceUsd(TIERS, notional * USD) / USD).toBeCloseTo(need, 6);
    expect(maxLeverageAt(TIERS, notional * USD)).toBe(leverage);
  });

  test.each([
    [50, 100_000],
    [20, 1_000_000],
    [5, Number.POSITIVE_INFINITY],
  ])("at %dx no more than $%d", (leverage, limit) => {
    expect(tierLimitUsd(TIERS, leverage)).toBe(limit * USD);
  });

  test.each([
    [0, 5, 3, 5],
    [10, 5, 3, 15],
    [10, 0, 30, 20],
    [-10, 5, 3, 13],
    [-10, 30, 0, 20],
    [10, 0, 15, 10],
  ])("position %d with %d to buy and %d to sell may become %d", (lots, buy, sell, worst) => {
    expect(worstLots(lots, buy, sell)).toBe(worst);
  });
});

/** A user with given cash, and positions as [leverage, lots, mark, max leverage], one market each. */
function holding(cashUsd: number, held: [number, number, number, number][]): MoneyWorld {
  const world = new MoneyWorld([
    held.map(([, , , maxLeverage], i) => marketSpec(`M${i}`, { maxLeverage, szDecimals: 4 })),
  ]);
  const user = world.user(1);
  user.dex(0).cashUsd = cashUsd;
  held.forEach(([leverage, lots, mark], i) => {
    const market = world.market(i);
    market.markPx = mark;
    const position = new Position(market, false, leverage);
    position.lots = lots;
    position.costUsd = Math.abs(lots) * mark;
    user.dex(0).positions.set(market, position);
    market.positions.set(user, position);
  });
  return world;
}

test("a real cross account: every number of its answer", () => {
  // Two positions at 20x whose sizes follow from the answer's notional and raw: 2159173.698275 long, 2186118.186781 short.
  const world = holding(3_182_148_254_568, [
    [20, 1, 2_159_173_698_275, 50],
    [20, -1, 2_186_118_186_781, 50],
  ]);
  const { margin, cross, crossMaintenanceUsd, withdrawableUsd, positions } = dexSummary(world.user(1), 0);
  expect(margin).toEqual(cross);
  expect(margin.accountValueUsd / USD).toBeCloseTo(3_155_203.766062, 6);
  expect(margin.totalNtlPosUsd / USD).toBeCloseTo(4_345_291.885056, 6);
  expect(margin.totalRawUsd / USD).toBeCloseTo(3_182_148.254568, 6);
  expect(margin.totalMarginUsedUsd / USD).toBeCloseTo(217_264.594, 3);
  // The sample rounds each position's maintenance: 43452.918775.
  expect(crossMaintenanceUsd / USD).toBeCloseTo(43_452.9188, 3);
  expect(withdrawableUsd / USD).toBeCloseTo(2_720_674.5776, 4);
  expect(positions.map((p) => p.marginUsedUsd)).toEqual([2_159_173_698_275 / 20, 2_186_118_186_781 / 20]);
});

/** The documented answer for an isolated ETH position: 0.0335 at 2986.3, 20x of 50x, marked at 2985.9. */
function eth(): { world: MoneyWorld; position: Position } {
  const world = holding(0, [[20, 335, 298_590, 50]]);
  const position = world.user(1).position(world.market(0)) as Position;
  position.isolated = true;
  position.rawUsd = -95_059_824;
  position.costUsd = 335 * 298_630;
  return { world, position };
}

test("a real isolated position: every number of its answer", () => {
  const { world, position } = eth();
  const summary = positionSummary(world.user(1), position);
  expect(summary.positionValueUsd).toBe(100_027_650);
  expect(summary.marginUsedUsd).toBe(4_967_826);
  expect(summary.entryPx).toBe(298_630);
  expect(summary.unrealizedPnlUsd / USD).toBeCloseTo(-0.0134, 10);
  expect(summary.returnOnEquityRatio).toBeCloseTo(-0.0026789, 7);
  expect((summary.liquidationPx as number) / 100).toBeCloseTo(2866.26938, 4);
  expect(summary.maxLeverage).toBe(50);
});

test("isolated positions stand in the account's value and margin, not in what is cross or withdrawable", () => {
  const { world } = eth();
  world.user(1).dex(0).cashUsd = 7 * USD;
  const summary = dexSummary(world.user(1), 0);
  expect(summary.margin).toEqual({
    accountValueUsd: 11_967_826,
    totalNtlPosUsd: 100_027_650,
    totalRawUsd: 7 * USD - 95_059_824,
    totalMarginUsedUsd: 4_967_826,
  });
  expect([summary.cross.accountValueUsd, summary.cross.totalMarginUsedUsd, summary.withdrawableUsd]).toEqual([
    7 * USD,
    0,
    7 * USD,
  ]);
  expect(dexSummary(world.user(2), 0).margin).toEqual({
    accountValueUsd: 0,
    totalNtlPosUsd: 0,
    totalRawUsd: 0,
    totalMarginUsedUsd: 0,
  });
});

test("funding is printed as paid", () => {
  const { world, position } = eth();
  world.clearing.applyFunding(world.user(1), position, 25, 0.1);
  const summary = positionSummary(world.user(1), position);
  expect([summary.fundingAllTimeUsd, summary.fundingSinceOpenUsd, summary.fundingSinceChangeUsd]).toEqual([
    -25, -25, -25,
  ]);
});

describe("the liquidation price", () => {
  const equityAt = (p: Position, equityUsd: number, px: number): number => equityUsd + p.lots * (px - p.market.markPx);

  test.each([
    // lots, equity in dollars: within a tier, and through one or two of them
    ["long", 300, 4_000],
    ["short", -300, 4_000],
    ["long, falls out of the second tier", 1_500, 60_000],
    ["short, rises into the second tier", -900, 20_000],
    ["short, rises into the third tier", -9_000, 700_000],
  ])("%s is where equity meets maintenance", (_, lots, equity) => {
    const world = new MoneyWorld([[{ ...TIERS, szDecimals: 0 }]]);
    const position = new Position(world.market(0), true, 20);
    // $100 a lot.
    world.market(0).markPx = 100 * USD;
    position.lots = lots;
    const equityUsd = equity * USD;
    const ownUsd = maintenanceUsd(TIERS, Math.abs(lots) * 100 * USD);
    const px = liquidationPx(position, equityUsd, ownUsd) as number;
    expect(Math.sign(px - 100 * USD)).toBe(-Math.sign(lots));
    const need = maintenanceUsd(TIERS, Math.abs(lots) * px);
    expect(equityAt(position, equityUsd, px) / need).toBeCloseTo(1, 9);
  });

  test("is none for a long that its equity covers to zero", () => {
    const world = new MoneyWorld([[TIERS]]);
    const position = new Position(world.market(0), false, 1);
    position.lots = 100;
    expect(liquidationPx(position, 200 * USD, USD)).toBeNull();
  });

  test("of a cross position counts what the others need", () => {
    const world = holding(-2_000 * USD, [
      [20, 100, 12 * USD, 20],
      [20, 100, 12 * USD, 20],
    ]);
    const [one] = dexSummary(world.user(1), 0).positions;
    const px = one?.liquidationPx as number;
    // Equity at it: -2000 + 1200 + 100 px; maintenance: 2.5 % of 1200 + 100 px.
    expect(-2_000 + 1_200 + (100 * px) / USD).toBeCloseTo(0.025 * (1_200 + (100 * px) / USD), 6);
  });
});
