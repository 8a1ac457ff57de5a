import { describe, expect, test } from "bun:test";
import { builderFeeOf, feeOf } from "../../../src/sim/fee.ts";
import { LIMITER_RULES } from "../../../src/sim/limits.ts";
import { VenueAccount } from "../../../src/sim/venue/account.ts";
import { FeeTiers } from "../../../src/sim/venue/fee_tier.ts";
import { maxTrade } from "../../../src/sim/venue/summary.ts";
import { feeRate } from "../../../src/wire/hyperliquid/instrument.ts";
import { MARKETS, MoneyWorld, marketSpec, USD } from "./money_world.ts";

const DAY_MS = 86_400_000;
/** $100 in price units of 10^-4. */
const PX = 1_000_000;

function funded(usd = 10_000): MoneyWorld {
  const world = new MoneyWorld();
  for (const account of world.all)
    for (let dex = 0; dex < MARKETS.length; dex++) world.clearing.deposit(account, dex, usd * USD);
  return world;
}

describe("a position", () => {
  test.each([
    // start, side, lots, px, dir, closed pnl, lots after, cost after
    ["opens long", [], 1, 10, PX, "Open Long", 0, 10, 10 * PX],
    ["opens short", [], -1, 10, PX, "Open Short", 0, -10, 10 * PX],
    ["grows: entry is the average", [[1, 10, PX]], 1, 30, PX + 40, "Open Long", 0, 40, 40 * PX + 1_200],
    ["shrinks: entry stays", [[1, 40, PX]], -1, 10, PX + 50, "Close Long", 500, 30, 30 * PX],
    ["closes", [[-1, 40, PX]], 1, 40, PX + 50, "Close Short", -2_000, 0, 0],
    ["flips in one fill", [[1, 40, PX]], -1, 100, PX - 50, "Long > Short", -2_000, -60, 60 * (PX - 50)],
    ["flips back", [[-1, 40, PX]], 1, 100, PX - 50, "Short > Long", 2_000, 60, 60 * (PX - 50)],
  ] as const)("%s", (_, before, side, lots, px, dir, pnl, after, cost) => {
    for (const index of [0, 2]) {
      const world = funded();
      const market = world.market(index);
      for (const [s, n, p] of before) world.trade(world.user(1), world.house, market, s, p, n);
      const start = world.user(1).positionLots(market);
      const booking = world.trade(world.user(1), world.house, market, side, px, lots);
      expect(booking).toMatchObject({ dir, closedPnlUsd: pnl, startLots: start });
      expect(world.user(1).positionLots(market)).toBe(after);
      expect(world.user(1).position(market)?.costUsd ?? 0).toBe(cost);
      expect(market.openLots).toBe(Math.abs(after));
      expect(world.leakUsd(market.dexIndex)).toBe(0);
    }
  });

  test("cash moves by the trade and its fee when cross, by margin and fee when isolated", () => {
    const world = funded();
    const [cross, isolated] = [world.market(0), world.market(2)];
    const user = world.user(1);
    world.trade(user, world.house, cross, 1, PX, 100);
    expect(user.dex(0).cashUsd).toBe(10_000 * USD - 100 * USD - feeOf(PX, 100, 0.00045));
    world.trade(user, world.house, isolated, -1, PX, 100);
    const fee = feeOf(PX, 100, 0.00009);
    expect(user.dex(1).cashUsd).toBe(10_000 * USD - 5 * USD - fee);
    expect(user.position(isolated)?.rawUsd).toBe(105 * USD);
    // A quarter closed at a loss of 4 cents gives a quarter of 5 - 0.16 dollars back.
    world.trade(user, world.house, isolated, 1, PX + 1_600, 25);
    const fee2 = feeOf(PX + 1_600, 25, 0.00009);
    expect(user.dex(1).cashUsd).toBe(10_000 * USD - 5 * USD - fee - fee2 + 1_210_000);
    world.trade(user, world.house, isolated, 1, PX, 75);
    expect(user.position(isolated)).toBeNull();
    expect(world.leakUsd(1)).toBe(0);
  });

  test("an isolated position takes its margin rounded up", () => {
    const world = funded();
    const market = world.market(2);
    world.trade(world.user(1), world.house, market, 1, PX + 1, 7);
    // A twentieth of 7,000,007 is 350,000.35.
    expect(world.user(1).position(market)?.rawUsd).toBe(350_001 - 7_000_007);
  });

  test("a market not spoken of is cross at 20 or less, isolated at its most where it must be", () => {
    const world = new MoneyWorld([[marketSpec("A"), marketSpec("L", { maxLeverage: 3 })], MARKETS[1] ?? []]);
    const terms = world.markets.map((m) => world.clearing.terms(world.user(1), m));
    expect(terms.map((t) => [t.isolated, t.leverage])).toEqual([
      [false, 20],
      [false, 3],
      [true, 20],
      [false, 10],
      [true, 25],
    ]);
  });
});

describe("the margin check", () => {
  // $1,000: at 20x and a mark of $100 a user may hold 200.00 of A.
  test.each([
    ["all of it", 0, [], 1, 20_000, null],
    ["one lot too many", 0, [], 1, 20_001, "perpMarginRejected"],
    ["with an order on the same side", 0, [[1, 5_000]], 1, 15_001, "perpMarginRejected"],
    ["with an order on the other side: the larger side counts", 0, [[-1, 5_000]], 1, 20_000, null],
    ["isolated at 20x", 2, [], -1, 20_000, null],
    ["isolated, one too many", 2, [], -1, 20_001, "perpMarginRejected"],
    ["isolated with an order", 2, [[-1, 1]], -1, 20_000, "perpMarginRejected"],
  ] as const)("%s", (_, index, resting, side, lots, expected) => {
    const world = funded(1_000);
    const market = world.market(index);
    for (const [s, n] of resting) world.clearing.onRest(world.order(world.user(1), market, s, n), n);
    expect(world.clearing.checkOrder(world.user(1), market, side, lots, PX)).toBe(expected);
  });

  test("reduce-only orders reserve nothing", () => {
    const world = funded(1_000);
    world.clearing.onRest(world.order(world.user(1), world.market(0), 1, 5_000, true), 5_000);
    expect(world.clearing.checkOrder(world.user(1), world.market(0), 1, 20_000, PX)).toBeNull();
  });

  test("who is under water may still close, and not open", () => {
    const world = funded(1_000);
    const [a, b] = [world.market(0), world.market(1)];
    world.trade(world.user(1), world.house, a, 1, PX, 19_000);
    a.markPx = PX * 0.96;
    expect(world.clearing.checkOrder(world.user(1), a, -1, 38_000, PX)).toBeNull();
    expect(world.clearing.checkOrder(world.user(1), a, -1, 38_001, PX)).toBe("perpMarginRejected");
    expect(world.clearing.checkOrder(world.user(1), a, 1, 1, PX)).toBe("perpMarginRejected");
    expect(world.clearing.checkOrder(world.user(1), b, 1, 1, PX)).toBe("perpMarginRejected");
  });

  test("a position beyond the tier of its leverage is refused", () => {
    const world = funded(1_000_000);
    const b = world.market(1);
    expect(world.clearing.updateLeverage(world.user(1), b, true, 50)).toBeNull();
    expect(world.clearing.checkOrder(world.user(1), b, 1, 1_000_000, PX)).toBeNull();
    expect(world.clearing.checkOrder(world.user(1), b, 1, 1_000_001, PX)).toBe("perpMaxPositionRejected");
    expect(world.clearing.updateLeverage(world.user(1), b, true, 20)).toBeNull();
    expect(world.clearing.checkOrder(world.user(1), b, 1, 1_000_001, PX)).toBeNull();
  });

  test("a resting order is looked at again when it matches, without the other orders", () => {
    const world = funded(1_000);
    const market = world.market(0);
    const order = world.order(world.user(1), market, 1, 20_000);
    world.clearing.onRest(order, 20_000);
    expect(world.clearing.checkRestingFill(order, 20_000)).toBe(true);
    // Orders do not hold back a withdrawal; their match does.
    expect(world.clearing.withdraw(world.user(1), 0, 1 * USD)).toBe(true);
    expect(world.clearing.checkRestingFill(order, 20_000)).toBe(false);
    expect(world.clearing.checkRestingFill(order, 19_980)).toBe(true);
    world.trade(world.house, world.user(1), market, 1, PX, 10_000);
    expect(world.clearing.checkRestingFill(order, 20_000)).toBe(true);
    expect(world.clearing.checkRestingFill(order, 29_900)).toBe(true);
    expect(world.clearing.checkRestingFill(order, 29_980)).toBe(false);
  });

  test("the largest size that is offered passes, one lot more does not", () => {
    const world = funded(1_000);
    for (const [index, held] of [
      [0, 0],
      [0, 700],
      [0, -19_000],
      [2, 300],
      [2, -10_000],
      [4, 0],
    ] as const) {
      const market = world.market(index);
      const user = world.user(index === 0 && held !== 0 ? (held > 0 ? 1 : 2) : 3);
      if (held !== 0) world.trade(user, world.house, market, held > 0 ? 1 : -1, PX, Math.abs(held));
      const terms = world.clearing.terms(user, market);
      const { maxLots, availableUsd } = maxTrade(user, market, terms);
      for (const side of [1, -1] as const) {
        const most = maxLots[side > 0 ? 0 : 1];
        expect(world.clearing.checkOrder(user, market, side, most, PX)).toBeNull();
        expect(world.clearing.checkOrder(user, market, side, most + 1, PX)).toBe("perpMarginRejected");
        const byMargin = (availableUsd[side > 0 ? 0 : 1] * terms.leverage) / market.markPx;
        expect(Math.floor(byMargin + 1e-9)).toBe(most);
      }
    }
  });
});

describe("leverage and margin", () => {
  const LOW =
    "position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.";
  test.each([
    ["lower, flat", 0, 0, true, 5, null],
    ["zero", 0, 0, true, 0, "Invalid leverage value"],
    ["half", 0, 0, true, 1.5, "Invalid leverage value"],
    ["above the most", 0, 0, true, 41, "Invalid leverage value"],
    ["cross where there is none", 2, 0, true, 5, "Cross margin is not allowed for this asset."],
    ["cross on noCross", 4, 0, true, 5, "Cross margin is not allowed for this asset."],
    ["to isolated with a position", 0, 100, false, 20, "Cannot switch leverage type with open position."],
    ["cross, higher with a position", 0, 15_000, true, 40, null],
    ["cross, lower than is backed", 0, 15_000, true, 10, `Cross ${LOW}`],
    ["isolated, lower than its equity", 2, 100, false, 10, `Isolated ${LOW}`],
    ["isolated, higher", 4, 100, false, 25, null],
    ["to isolated when flat", 3, 0, false, 10, null],
  ] as const)("%s", (_, index, lots, isCross, leverage, expected) => {
    const world = funded(1_000);
    const market = world.market(index);
    if (lots > 0) world.trade(world.user(1), world.house, market, 1, PX, lots);
    const before = { ...world.clearing.terms(world.user(1), market) };
    expect(world.clearing.updateLeverage(world.user(1), market, isCross, leverage)).toBe(expected);
    const after = world.clearing.terms(world.user(1), market);
    const chosen = { ...before, isolated: !isCross, leverage };
    expect(after).toEqual(expected === null ? chosen : before);
    expect(world.user(1).position(market)?.leverage ?? after.leverage).toBe(after.leverage);
  });

  test.each([
    ["nothing", 4, 100, 0, "Update to isolated margin cannot be zero."],
    ["no position", 4, 0, 1, "Cannot update margin for empty position."],
    ["a cross one", 0, 100, 1, "Position does not use isolated margin."],
    ["more than is free", 4, 100, 1_000, "Account does not have sufficient margin available for increase."],
    ["in", 4, 100, 10, null],
    [
      "out, below what leverage and transfers ask for",
      4,
      100,
      -1,
      "Position does not have sufficient margin for reduction.",
    ],
    [
      "out of a strict one",
      2,
      100,
      -1,
      "Cannot remove isolated margin for this asset. To remove margin, reduce the position.",
    ],
  ] as const)("margin moved: %s", (_, index, lots, usd, expected) => {
    const world = funded(1_000);
    const market = world.market(index);
    if (lots > 0) world.trade(world.user(1), world.house, market, 1, PX, lots);
    expect(world.clearing.updateIsolatedMargin(world.user(1), market, usd * USD)).toBe(expected);
    expect(world.leakUsd(market.dexIndex)).toBe(0);
  });

  test("what was put in may be taken out again, to a tenth of the notional", () => {
    const world = funded(1_000);
    const market = world.market(4);
    world.trade(world.user(1), world.house, market, 1, PX, 100);
    expect(world.clearing.updateIsolatedMargin(world.user(1), market, 16 * USD)).toBeNull();
    expect(world.clearing.updateIsolatedMargin(world.user(1), market, -10 * USD - 1)).not.toBeNull();
    expect(world.clearing.updateIsolatedMargin(world.user(1), market, -10 * USD)).toBeNull();
    expect(world.user(1).position(market)?.rawUsd).toBe(-90 * USD);
  });

  test.each([
    [2, 5, null],
    [2, 20, "Update to isolated margin cannot be zero."],
    [2, 0.05, "Account does not have sufficient margin available for increase."],
    [2, 0, "Invalid leverage value"],
    [4, 5, "Asset not strict isolated"],
  ] as const)("market %d topped up to %d times", (index, leverage, expected) => {
    const world = funded(1_000);
    const market = world.market(index);
    world.trade(world.user(1), world.house, market, 1, PX, 100);
    expect(world.clearing.topUpIsolatedOnlyMargin(world.user(1), market, leverage)).toBe(expected);
    if (expected === null) expect(world.user(1).position(market)?.rawUsd).toBe(-80 * USD);
    expect(world.clearing.topUpIsolatedOnlyMargin(world.user(2), world.market(2), 5)).toBe(
      "Cannot update margin for empty position.",
    );
  });

  test("no more leaves than initial margin and a tenth of the notional allow", () => {
    const world = funded(1_000);
    world.trade(world.user(1), world.house, world.market(0), 1, PX, 5_000);
    const free = world.user(1).dex(0).cashUsd + 5_000 * USD - 500 * USD;
    expect(world.clearing.withdraw(world.user(1), 0, free + 1)).toBe(false);
    expect(world.clearing.withdraw(world.user(1), 0, free)).toBe(true);
    expect(world.clearing.withdraw(world.user(1), 0, 1)).toBe(false);
    expect(world.leakUsd(0)).toBe(0);
  });
});

describe("fees", () => {
  test.each([
    // base, scale, growth, referral, rate: the fees page's own table, and fills that were seen
    ["0.00015", null, false, "0", 0.00015],
    ["0.00045", "1.0", false, "0", 0.0009],
    ["0.00015", "1.0", true, "0", 0.00003],
    ["0.00045", "0.5", false, "0", 0.000675],
    ["0.000135", "1.0", true, "0.04", 0.00002592],
    ["-0.00003", "1.0", true, "0.04", -0.000003],
    ["0", "3.0", false, "0.04", 0],
  ] as const)("base %s, scale %s, growth %p, referral %s", (base, scale, growth, referral, rate) => {
    expect(feeRate(base, scale, growth, referral)).toBeCloseTo(rate, 15);
  });

  test.each([
    // xyz:XYZ100 25372 x 0.0353 and xyz:SP500 7429.1 x 1.149 with a builder of 5 bp
    [253_720_000, 353 / 100, 0.00003, 0, 26_868, 0],
    [7_429_100, 1_149, 0.00002592, 50, 221_254, 4_268_017],
  ])("px %d x %d", (px, lots, rate, tenths, fee, builderFee) => {
    expect(feeOf(px, lots, rate)).toBe(fee);
    expect(builderFeeOf(px, lots, tenths)).toBe(builderFee);
  });

  test("each part is truncated, then summed; the builder's is kept apart", () => {
    const world = funded();
    const booking = world.trade(world.user(1), world.house, world.market(2), 1, PX + 7, 33, { b: "0xbb", f: 25 });
    expect(booking).toMatchObject({ feeUsd: 2_970 + 8_250, builderFeeUsd: 8_250 });
    const ledger = world.clearing.ledger(1);
    expect([ledger.feesUsd, ledger.builderFeesUsd]).toEqual([2_970 + 990, 8_250]);
  });

  test("rates are kept until they are said to have changed", () => {
    const world = funded();
    const market = world.market(0);
    expect(world.clearing.feeFrac(world.user(1), market, true)).toBe(0.00045);
    world.user(1).takerRate = "0.0004";
    expect(world.clearing.feeFrac(world.user(1), market, true)).toBe(0.00045);
    world.clearing.feesChanged();
    expect(world.clearing.feeFrac(world.user(1), market, true)).toBe(0.0004);
    expect(world.clearing.feeFrac(world.user(1), market, false)).toBe(0.00015);
  });

  test("volume in growth mode counts a tenth for tiers", () => {
    const world = funded();
    world.trade(world.user(1), world.house, world.market(2), 1, PX, 50);
    world.trade(world.user(1), world.house, world.market(3), 1, PX, 50);
    expect(world.clearing.tiers.days(world.user(1), world.clearing.day).at(-1)?.takerUsd).toBe(55 * PX);
  });

  test("a tier is earned by fourteen days of volume, from the next day, and lost after them; sub-accounts share it", () => {
    const world = funded(10_000_000);
    const [master, sub] = [world.user(0), world.user(3)];
    const market = world.market(0);
    const rates = (): string[] => [master.takerRate, master.makerRate, sub.takerRate];
    world.trade(sub, world.house, market, 1, PX, 3_000_000);
    world.trade(sub, world.house, market, -1, PX, 2_000_000);
    world.trade(world.house, master, market, -1, PX, 1);
    // $5,000,001 today, which does not count today.
    expect(rates()).toEqual(["0.00045", "0.00015", "0.00045"]);
    world.now += DAY_MS;
    world.clearing.onBlock();
    expect(rates()).toEqual(["0.0004", "0.00012", "0.0004"]);
    expect(world.clearing.feeFrac(sub, market, true)).toBe(0.0004);
    world.now += 13 * DAY_MS;
    world.clearing.onBlock();
    expect(rates()[0]).toBe("0.0004");
    world.now += DAY_MS;
    world.clearing.onBlock();
    expect(rates()).toEqual(["0.00045", "0.00015", "0.00045"]);
  });

  test.each([
    [5_000_000, 0],
    [5_000_001, 1],
    [25_000_001, 2],
    [100_000_001, 3],
    [500_000_001, 4],
    [2_000_000_001, 5],
    [7_000_000_001, 6],
  ])("$%d is tier %d", (usd, tier) => {
    const world = funded();
    const tiers = new FeeTiers();
    tiers.onFill(world.user(1), 100, usd * USD, false);
    // The day that runs does not count.
    expect(tiers.assess(100)).toBe(false);
    expect(tiers.assess(101)).toBe(tier > 0);
    const takers = ["0.00045", "0.0004", "0.00035", "0.0003", "0.00028", "0.00026", "0.00024"];
    expect(world.user(1).takerRate).toBe(takers[tier] as string);
    expect(tiers.days(world.user(1), 101).at(-2)).toEqual({
      day: 100,
      takerUsd: 0,
      makerUsd: usd * USD,
      exchangeUsd: 0,
    });
  });
});

describe("volume", () => {
  test("earns requests by the market's growth and the maker's share, and only from trades", () => {
    const world = funded(100_000);
    const [user, other] = [world.user(1), world.user(2)];
    world.trade(user, other, world.market(0), 1, PX, 200);
    world.trade(user, other, world.market(2), 1, PX, 200);
    expect([user.limiter.volumeUsd, other.limiter.volumeUsd]).toEqual([220 * USD, 220 * USD]);
    expect([user.volumeUsd, other.volumeUsd]).toEqual([400 * USD, 400 * USD]);
    world.clearing.settle(world.market(2), PX);
    expect(user.volumeUsd).toBe(400 * USD);
    expect(world.house.limiter.volumeUsd).toBe(0);
  });

  test("a maker's share applies to makers only", () => {
    const world = funded();
    const rules = { ...LIMITER_RULES, makerCreditRatio: 0.5 };
    const [taker, maker] = ["0x1", "0x2"].map((address) => new VenueAccount({ address, dexCount: 2, rules }));
    world.trade(taker as VenueAccount, maker as VenueAccount, world.market(0), 1, PX, 200);
    expect([taker?.limiter.volumeUsd, maker?.limiter.volumeUsd]).toEqual([200 * USD, 100 * USD]);
  });

  test("a market's day is twenty-four hours of trades, each counted once", () => {
    const world = funded(100_000);
    const market = world.market(0);
    world.trade(world.user(1), world.user(2), market, 1, PX, 200);
    expect([market.dayVolumeUsd, market.dayLots]).toEqual([200 * USD, 200]);
    market.markPx = 2 * PX;
    world.now += 23 * 3_600_000;
    world.trade(world.user(1), world.user(2), market, -1, PX, 50);
    expect([market.dayVolumeUsd, market.dayLots, market.prevDayPx]).toEqual([250 * USD, 250, PX]);
    world.now += 3_600_000;
    world.clearing.onBlock();
    expect([market.dayVolumeUsd, market.dayLots]).toEqual([50 * USD, 50]);
    // Hours that nobody saw pass away too, and the day before began at their price.
    world.now += 30 * 3_600_000;
    world.clearing.onBlock();
    expect([market.dayVolumeUsd, market.dayLots, market.prevDayPx]).toEqual([0, 0, 2 * PX]);
  });
});

test("settlement closes everybody at one price, tells each, and takes no fee", () => {
  const world = funded();
  for (const index of [0, 2]) {
    const market = world.market(index);
    world.trade(world.user(1), world.user(2), market, 1, PX, 100);
    world.trade(world.user(3), world.house, market, 1, PX, 50);
    const fees = world.clearing.ledger(market.dexIndex).feesUsd;
    world.fills.length = 0;
    world.clearing.settle(market, PX + 100.4);
    expect(world.fills.map((f) => [f.account.address, f.dir, f.side, f.px, f.lots, f.closedPnlUsd, f.feeUsd])).toEqual([
      ["0xb", "Settlement", -1, PX + 100, 100, 10_000, 0],
      ["0xc", "Settlement", 1, PX + 100, 100, -10_000, 0],
      ["0xd", "Settlement", -1, PX + 100, 50, 5_000, 0],
      ["0xe", "Settlement", 1, PX + 100, 50, -5_000, 0],
    ]);
    expect(new Set(world.fills.map((f) => f.tid)).size).toBe(4);
    expect([market.openLots, market.positions.size, world.clearing.ledger(market.dexIndex).feesUsd]).toEqual([
      0,
      0,
      fees,
    ]);
    expect(world.leakUsd(market.dexIndex)).toBe(0);
  }
});
