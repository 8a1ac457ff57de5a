import { describe, expect, test } from "bun:test";
import { venueState } from "../../../src/exchange/venue_state.ts";
import { defaultSpec } from "../../../src/sim/venue/default_spec.ts";
import type { Venue } from "../../../src/sim/venue/venue.ts";
import { quietWorld } from "../../../src/sim/world/spec.ts";
import type { World } from "../../../src/sim/world/world.ts";
import { BLOCK_SECONDS, type Run, SILENT, start, taleOf } from "./support.ts";

/** Five minutes before a full hour: a funding is near. */
const FUNDING_NEAR_US = 1_767_225_600e6 - 300e6;
const BLOCKS_PER_MINUTE = 857;

const opened = (seed: number): Run => start(quietWorld(defaultSpec("Testnet", seed, FUNDING_NEAR_US)), seed);

/** As opened, but `run` counts blocks. */
function setup(seed: number): { venue: Venue; world: World; run(blocks: number): void } {
  const { venue, world, run } = opened(seed);
  return { venue, world, run: (blocks) => run(blocks * BLOCK_SECONDS) };
}

const difference = (venue: Venue): string[] =>
  venueState(venue, { clients: 0, rules: 0, struck: 0 }).tokens.map((t) => t.difference);

describe("the participants of the default market", () => {
  test("the seed decides every trade and every order", () => {
    const tale = (seed: number): string => taleOf(opened(seed), 240);
    expect(tale(7)).toBe(tale(7));
    expect(tale(7)).not.toBe(tale(8));
  });

  test("every market is quoted on both sides all the time, and trades", () => {
    const { venue, run } = setup(3);
    const trades = new Map<string, number>();
    const sides = new Set<string>();
    venue.listen({
      ...SILENT,
      onTrade: (t) => {
        trades.set(t.market.coin, (trades.get(t.market.coin) ?? 0) + 1);
        sides.add(`${t.market.coin} ${t.side}`);
      },
    });
    run(5);
    for (let look = 0; look < 1_250; look++) {
      run(20);
      for (const { book, coin } of venue.markets) {
        expect(`${coin} ${Math.min(book.bids.length, book.asks.length) >= 3}`).toBe(`${coin} true`);
        expect(book.bestPx(1) as number).toBeLessThan(book.bestPx(-1) as number);
      }
    }
    expect([...trades.values()].every((n) => n >= 20)).toBe(true);
    expect([trades.size, sides.size]).toEqual([5, 10]);
    // The mirror follows its leader; the others live their own life.
    const mid = (coin: string): number => venue.marketByCoin(coin)?.midPx ?? 0;
    expect(Math.abs(mid("sim:HYPE") / mid("HYPE") - 1)).toBeLessThan(0.005);
  });

  test("books balance to the unit, through fundings and top-ups, and nobody runs dry", () => {
    const { venue, run } = setup(5);
    run(2 * BLOCKS_PER_MINUTE);
    const house = [...venue.accounts()].filter((a) => a.isHouse);
    expect(house.length).toBe(5);
    let fundings = 0;
    venue.listen({ ...SILENT, onFunding: () => (fundings += 1) });
    for (const account of house.slice(0, 3)) {
      venue.clearing.withdraw(account, 0, 1_900_000e6);
      venue.keep(0, 1_900_000e8);
    }
    run(12 * BLOCKS_PER_MINUTE);
    expect(fundings).toBeGreaterThan(10);
    expect(difference(venue)).toEqual(["0.0", "0.0"]);
    for (const account of house)
      for (const dexIndex of [0, 1]) expect(venue.withdrawableUsd(account, dexIndex)).toBeGreaterThan(900_000e6);
    for (const market of venue.markets) {
      expect([...market.positions.values()].reduce((sum, p) => sum + p.lots, 0)).toBe(0);
      expect(market.oraclePx).toBeGreaterThan(0);
    }
  });

  test("makers keep no order that they do not know", () => {
    const { venue, run } = setup(11);
    run(10 * BLOCKS_PER_MINUTE);
    for (const account of venue.accounts())
      for (const market of venue.markets) {
        const own = [...account.orders.values()].filter((order) => order.market === market);
        expect(own.length).toBeLessThanOrEqual(28);
      }
  });

  test("news beyond what the venue lets anybody quote is followed in steps, with no order left behind", () => {
    const { venue, world, run } = setup(2);
    run(200);
    const market = venue.marketByCoin("ETH");
    if (market === null) throw new Error("no market");
    world.setFair(market, market.oraclePx * 3);
    run(2 * BLOCKS_PER_MINUTE);
    const makers = [...venue.accounts()].filter((account) => account.orders.size > 0);
    expect(makers.length).toBe(2);
    for (const account of makers)
      expect([...account.orders.values()].filter((order) => order.market === market).length).toBeLessThanOrEqual(28);
    expect(market.midPx / market.oraclePx).toBeGreaterThan(0.98);
  });

  test("news moves the market there", () => {
    const { venue, world, run } = setup(2);
    run(200);
    const market = venue.marketByCoin("sim:XYZ");
    if (market === null) throw new Error("no market");
    world.setFair(market, market.oraclePx * 1.03);
    const before = market.midPx;
    run(2 * BLOCKS_PER_MINUTE);
    expect(market.midPx / before).toBeGreaterThan(1.025);
    expect(market.markPx / before).toBeGreaterThan(1.02);
  });

  test("nobody acts on a halted market, and all come back when it is open again", () => {
    const { venue, run } = setup(4);
    const market = venue.marketByCoin("sim:HYPE");
    if (market === null) throw new Error("no market");
    run(500);
    venue.setHalted(market, true);
    run(500);
    expect([market.book.bids.length, market.book.asks.length, market.openLots]).toEqual([0, 0, 0]);
    venue.setHalted(market, false);
    run(500);
    expect(Math.min(market.book.bids.length, market.book.asks.length)).toBeGreaterThan(8);
    const other = venue.marketByCoin("HYPE");
    venue.delist(market);
    run(200);
    expect([market.book.bids.length, other?.book.bids.length === 0]).toEqual([0, false]);
  });
});
