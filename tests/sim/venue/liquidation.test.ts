import { describe, expect, test } from "bun:test";
import { backstopAddress, Liquidation } from "../../../src/sim/venue/liquidation.ts";
import { MARKETS, MoneyWorld, USD } from "./money_world.ts";

const PX = 1_000_000;

function world(usd: number): { w: MoneyWorld; liquidation: Liquidation } {
  const w = new MoneyWorld();
  for (const account of w.users)
    for (let dex = 0; dex < MARKETS.length; dex++) w.clearing.deposit(account, dex, usd * USD);
  for (const account of [w.house, ...w.backstops])
    for (let dex = 0; dex < MARKETS.length; dex++) w.clearing.deposit(account, dex, 1e7 * USD);
  return { w, liquidation: new Liquidation(w, w.clearing) };
}

test.each([
  [0, "0x4000000000000000000000000000000000000000"],
  [1, "0x4000000000000000000000000000000000000001"],
  [26, "0x400000000000000000000000000000000000001a"],
])("the backstop of dex %d", (dexIndex, address) => {
  expect(backstopAddress(dexIndex)).toBe(address);
});

describe("a cross account", () => {
  // $1,000 and 200 A at $100: maintenance is an 80th of the notional, $250 at the start.
  const open = (): { w: MoneyWorld; liquidation: Liquidation } => {
    const both = world(1_000);
    both.w.trade(both.w.user(1), both.w.house, both.w.market(0), 1, PX, 19_900);
    return both;
  };
  // Equity $991.045 - 199 x fall; maintenance 199 x mark / 80.
  test.each([
    ["above maintenance nothing happens", 96.25, null, null],
    ["below it a market order closes it", 96.2, "Close Long", "market"],
    ["above two thirds still so", 95.9, "Close Long", "market"],
    ["below two thirds the backstop takes it", 95.7, "Liquidated Cross Long", "backstop"],
  ])("%s", (_, mark, dir, method) => {
    const { w, liquidation } = open();
    const order = w.order(w.user(1), w.market(1), 1, 100);
    w.user(1).orders.set(order.oid, order);
    w.clearing.onRest(order, 100);
    const spied: string[] = [];
    const applyFill = w.clearing.applyFill.bind(w.clearing);
    w.clearing.applyFill = (...args) => {
      const booking = applyFill(...args);
      spied.push(booking.dir);
      return booking;
    };
    w.market(0).markPx = Math.round((mark * PX) / 100);
    liquidation.onMarks();
    if (method === null) {
      expect([w.user(1).positionLots(w.market(0)), w.canceled.length, w.liquidations.length]).toEqual([19_900, 0, 0]);
      return;
    }
    const dirs = method === "market" ? spied : w.fills.map((f) => f.dir);
    expect(dirs).toEqual([dir as string, method === "market" ? "Close Short" : "Open Long"]);
    expect(w.canceled).toEqual([[w.user(1), w.market(1)]]);
    expect(w.user(1).positionLots(w.market(0))).toBe(0);
    const [event] = w.liquidations;
    expect(event).toMatchObject({ account: w.user(1), lid: 1, notionalUsd: 19_900 * w.market(0).markPx });
    expect(event?.liquidator).toBe(method === "market" ? "0xb" : backstopAddress(0));
    expect(w.ledgerEntries[0]?.delta).toMatchObject({
      type: "liquidation",
      leverageType: "Cross",
      liquidatedPositions: [{ coin: "A", szi: "199.0" }],
    });
    expect(w.leakUsd(0)).toBe(0);
    if (method === "market") expect(w.user(1).dex(0).cashUsd).toBeGreaterThan(100 * USD);
    else {
      expect(w.user(1).dex(0).cashUsd).toBe(0);
      expect(w.backstop(0).positionLots(w.market(0))).toBe(19_900);
      expect(w.fills.map((f) => [f.liquidation?.method, f.liquidation?.liquidatedUser, f.feeUsd])).toEqual([
        ["backstop", "0xb", 0],
        ["backstop", "0xb", 0],
      ]);
    }
  });

  test("stops when what is left is enough, the largest maintenance first", () => {
    const { w, liquidation } = world(1_000);
    w.trade(w.user(1), w.house, w.market(0), 1, PX, 10_000);
    w.trade(w.user(1), w.house, w.market(1), 1, PX, 9_900);
    // A falls to 91.8: equity 171, maintenance 115 + 99.
    w.market(0).markPx = PX * 0.918;
    liquidation.onMarks();
    expect(w.user(1).positionLots(w.market(0))).toBe(0);
    expect(w.user(1).positionLots(w.market(1))).toBe(9_900);
    expect(w.ledgerEntries[0]?.delta.liquidatedPositions).toEqual([{ coin: "A", szi: "100.0" }]);
  });

  test("is left to the next marks by an empty book, and to the backstop at last", () => {
    const { w, liquidation } = open();
    w.bookLots = 0;
    w.market(0).markPx = PX * 0.96;
    liquidation.onMarks();
    expect([w.user(1).positionLots(w.market(0)), w.liquidations.length]).toEqual([19_900, 0]);
    w.bookLots = 900;
    liquidation.onMarks();
    expect([w.user(1).positionLots(w.market(0)), w.liquidations.length]).toEqual([19_000, 1]);
    w.market(0).markPx = PX * 0.94;
    liquidation.onMarks();
    expect(w.user(1).positionLots(w.market(0))).toBe(0);
    expect(w.fills[0]?.liquidation?.method).toBe("backstop");
    expect(w.user(1).dex(0).cashUsd).toBe(0);
    expect(w.leakUsd(0)).toBe(0);
  });

  test("owes nothing when the book closed it beyond its money", () => {
    const { w, liquidation } = open();
    w.market(0).markPx = PX * 0.96;
    w.bookFactor = 0.9;
    const backstop = w.backstop(0).dex(0).cashUsd;
    liquidation.onMarks();
    expect([w.user(1).positionLots(w.market(0)), w.user(1).dex(0).cashUsd]).toEqual([0, 0]);
    expect(w.backstop(0).dex(0).cashUsd).toBeLessThan(backstop);
    expect(w.leakUsd(0)).toBe(0);
  });

  test("keeps its isolated positions and what is on other dexs", () => {
    const { w, liquidation } = open();
    expect(w.clearing.updateLeverage(w.user(1), w.market(1), false, 1)).toBeNull();
    w.trade(w.user(1), w.house, w.market(1), 1, PX, 100);
    w.trade(w.user(1), w.house, w.market(3), 1, PX, 100);
    w.market(0).markPx = PX * 0.94;
    liquidation.onMarks();
    expect(w.user(1).positionLots(w.market(0))).toBe(0);
    expect([w.user(1).positionLots(w.market(1)), w.user(1).positionLots(w.market(3))]).toEqual([100, 100]);
    expect(w.user(1).dex(0).cashUsd).toBe(0);
  });
});

describe("an isolated position", () => {
  // 20x of 20x at $100: raw -95, maintenance a 40th: liquidated below 97.436, by the backstop below 96.610.
  test.each([
    [97.44, "none"],
    [97.43, "market"],
    [96.62, "market"],
    [96.6, "backstop"],
    [90, "backstop"],
  ])("at %d: %s", (mark, method) => {
    const { w, liquidation } = world(1_000);
    const market = w.market(2);
    w.trade(w.user(1), w.house, market, 1, PX, 100);
    w.trade(w.user(1), w.house, w.market(3), 1, PX, 100);
    const cash = w.user(1).dex(1).cashUsd;
    market.markPx = Math.round((mark * PX) / 100);
    liquidation.onMarks();
    expect(w.user(1).positionLots(w.market(3))).toBe(100);
    if (method === "none") {
      expect(w.user(1).positionLots(market)).toBe(100);
      return;
    }
    expect(w.user(1).position(market)).toBeNull();
    expect(w.ledgerEntries[0]?.delta.leverageType).toBe("Isolated");
    if (method === "backstop") {
      // Gone with its collateral, or its debt: the rest of the account is not touched.
      expect(w.user(1).dex(1).cashUsd).toBe(cash);
      expect(w.fills.map((f) => f.dir)).toEqual(["Liquidated Isolated Long", "Open Long"]);
      expect(w.backstop(1).dex(1).cashUsd).toBe(1e7 * USD - 100 * market.markPx + 100 * market.markPx - 95 * USD);
    } else expect(w.user(1).dex(1).cashUsd).toBeGreaterThan(cash);
    expect(w.leakUsd(1)).toBe(0);
  });

  test("closed beyond its margin on the book leaves the account's cash alone", () => {
    const { w, liquidation } = world(1_000);
    w.trade(w.user(1), w.house, w.market(2), -1, PX, 100);
    const cash = w.user(1).dex(1).cashUsd;
    w.market(2).markPx = PX * 1.03;
    w.bookFactor = 0.9;
    liquidation.onMarks();
    expect([w.user(1).positionLots(w.market(2)), w.user(1).dex(1).cashUsd]).toEqual([0, cash]);
    expect(w.leakUsd(1)).toBe(0);
  });
});

describe("a position above $100k", () => {
  test("goes by a fifth first, and as a whole for the thirty seconds after", () => {
    const { w, liquidation } = world(10_000);
    const market = w.market(0);
    w.trade(w.user(1), w.house, market, 1, PX, 190_000);
    const fall = (mark: number): number => {
      market.markPx = Math.round(mark * PX);
      liquidation.onMarks();
      return w.user(1).positionLots(market);
    };
    w.bookLots = 38_000;
    expect(fall(0.958)).toBe(152_000);
    expect(w.user(1).dex(0).liquidationPauseMs).toBe(w.now + 30_000);
    // Healthy again, and then not: all of it, of which the book takes what it has.
    expect(fall(0.96)).toBe(152_000);
    w.now += 29_999;
    w.bookLots = 100_000;
    expect(fall(0.9545)).toBe(52_000);
    expect(w.leakUsd(0)).toBe(0);
  });

  test.each([
    ["of $100,000 as a whole", 100_000, 0],
    ["of a lot more by a fifth", 100_001, 80_001],
  ])("%s", (_, lots, left) => {
    const { w, liquidation } = world(10_000);
    const market = w.market(0);
    w.trade(w.user(1), w.house, market, 1, PX, lots);
    // A micro-dollar below maintenance.
    w.user(1).dex(0).cashUsd = (lots * PX) / 80 - lots * PX - 1;
    liquidation.onMarks();
    expect(w.user(1).positionLots(market)).toBe(left);
  });

  test("and by a fifth again after them", () => {
    const { w, liquidation } = world(10_000);
    const market = w.market(0);
    w.trade(w.user(1), w.house, market, 1, PX, 190_000);
    market.markPx = PX * 0.958;
    liquidation.onMarks();
    expect(w.user(1).positionLots(market)).toBe(152_000);
    w.now += 30_000;
    market.markPx = PX * 0.9545;
    liquidation.onMarks();
    expect(w.user(1).positionLots(market)).toBe(121_600);
  });
});

// 192 A at $100 need $240: two thirds are $160.
test.each([
  ["what is needed", 240_000_000, 19_200, 0],
  ["a micro-dollar less", 239_999_999, 0, 0],
  ["two thirds", 160_000_000, 0, 0],
  ["a micro-dollar less than two thirds", 159_999_999, 0, 19_200],
])("with %s", (_, equityUsd, left, backstopLots) => {
  const { w, liquidation } = world(1_000);
  w.trade(w.user(1), w.house, w.market(0), 1, PX, 19_200);
  w.user(1).dex(0).cashUsd = equityUsd - 19_200 * PX;
  liquidation.onMarks();
  expect([w.user(1).positionLots(w.market(0)), w.backstop(0).positionLots(w.market(0))]).toEqual([left, backstopLots]);
});

test("house accounts are never liquidated, and nobody is looked at where nobody holds", () => {
  const { w, liquidation } = world(1_000);
  w.trade(w.house, w.backstop(0), w.market(0), 1, PX, 1e8);
  w.market(0).markPx = 1;
  liquidation.onMarks();
  expect(w.fills).toHaveLength(0);
  expect(w.house.positionLots(w.market(0))).toBe(1e8);
});
