import { expect, test } from "bun:test";
import fc from "fast-check";
import type { VenueAccount } from "../../../src/sim/venue/account.ts";
import { paymentUsd } from "../../../src/sim/venue/funding.ts";
import { Liquidation } from "../../../src/sim/venue/liquidation.ts";
import { crossTotals, TRANSFER_MARGIN_RATIO, withdrawableUsd } from "../../../src/sim/venue/margin.ts";
import type { VenueMarket } from "../../../src/sim/venue/market.ts";
import type { Order } from "../../../src/sim/venue/order.ts";
import { dexSummary, maxTrade } from "../../../src/sim/venue/summary.ts";
import { MARKETS, MoneyWorld, USD } from "./money_world.ts";

const SEED = 20_260_814;
const RUNS = 100;

interface Step {
  kind: number;
  user: number;
  other: number;
  market: number;
  side: 1 | -1;
  size: number;
  ratio: number;
}

const stepArb: fc.Arbitrary<Step> = fc.record({
  kind: fc.integer({ min: 0, max: 13 }),
  user: fc.integer({ min: 0, max: 3 }),
  other: fc.integer({ min: 0, max: 4 }),
  market: fc.integer({ min: 0, max: 4 }),
  side: fc.constantFrom(1 as const, -1 as const),
  size: fc.integer({ min: 1, max: 20_000 }),
  ratio: fc.double({ min: -1, max: 1, noNaN: true }),
});

/** A world, what rests in it, and one step of anything that may happen to money. */
class Program {
  readonly world = new MoneyWorld();
  readonly liquidation = new Liquidation(this.world, this.world.clearing);
  readonly resting: Order[] = [];
  /** Kinds of step that changed something, to see that none is idle. */
  readonly did = new Map<string, number>();

  constructor() {
    for (const user of this.world.users)
      for (let dex = 0; dex < MARKETS.length; dex++) this.world.clearing.deposit(user, dex, 2_000 * USD + dex);
  }

  run(step: Step): void {
    const { world } = this;
    const user = world.user(step.user);
    const market = world.market(step.market);
    if (step.kind <= 4) this.#trade(user, step, market);
    else if (step.kind === 5) {
      // A walk and not a jump: between maintenance and two thirds of it lies the market's share of liquidations.
      for (let i = 0; i < 8; i++) {
        this.#move(market, step.ratio);
        this.#liquidate(step);
      }
    } else if (step.kind === 6) this.#rest(user, step, market);
    else if (step.kind === 7) this.#leverage(user, step, market);
    else if (step.kind === 8) this.#margin(user, step, market);
    else if (step.kind === 9) this.#transfer(user, step, market);
    else if (step.kind === 10) this.#fund(market, step.ratio / 25);
    else if (step.kind === 11) this.#liquidate(step);
    else if (step.kind === 12) this.#unrest();
    else if (step.size % 10 === 0) this.#count("settle", () => world.clearing.settle(market, market.markPx));
  }

  #count(name: string, act: () => void): void {
    act();
    this.did.set(name, (this.did.get(name) ?? 0) + 1);
  }

  #trade(user: VenueAccount, step: Step, market: VenueMarket): void {
    const { world } = this;
    const other = step.other === 4 ? world.house : world.user(step.other);
    if (other === user) return;
    const px = Math.max(1, Math.round(market.markPx * (1 + step.ratio / 100)));
    if (world.clearing.checkOrder(user, market, step.side, step.size, px) !== null) return;
    if (!world.clearing.checkRestingFill(world.order(other, market, -step.side as 1 | -1, step.size), step.size))
      return;
    const builder = step.size % 3 === 0 ? { b: "0xbb", f: step.size % 100 } : null;
    this.#count("trade", () => world.trade(user, other, market, step.side, px, step.size, builder));
  }

  #move(market: VenueMarket, ratio: number): void {
    market.markPx = Math.max(1_000, Math.round(market.markPx * (1 + ratio / 50)));
    market.oraclePx = market.markPx * (1 + ratio / 1_000);
  }

  #rest(user: VenueAccount, step: Step, market: VenueMarket): void {
    if (this.world.clearing.checkOrder(user, market, step.side, step.size, market.markPx) !== null) return;
    const order = this.world.order(user, market, step.side, step.size, step.size % 7 === 0);
    this.resting.push(order);
    this.#count("rest", () => this.world.clearing.onRest(order, order.lots));
  }

  #unrest(): void {
    const order = this.resting.shift();
    if (order !== undefined) this.#count("unrest", () => this.world.clearing.onUnrest(order, order.lots));
  }

  #leverage(user: VenueAccount, step: Step, market: VenueMarket): void {
    const leverage = 1 + (step.size % market.spec.maxLeverage);
    if (this.world.clearing.updateLeverage(user, market, step.side > 0, leverage) === null)
      this.#count("leverage", () => {});
  }

  #margin(user: VenueAccount, step: Step, any: VenueMarket): void {
    const held = [...user.dexs.flatMap((dex) => [...dex.positions.values()])].filter((p) => p.isolated);
    const market = held[step.size % Math.max(1, held.length)]?.market ?? any;
    const text =
      step.size % 4 === 0
        ? this.world.clearing.topUpIsolatedOnlyMargin(user, market, 1 + (step.size % 9))
        : this.world.clearing.updateIsolatedMargin(user, market, Math.round(step.ratio * 50 * USD));
    if (text === null) this.#count("margin", () => {});
  }

  #transfer(user: VenueAccount, step: Step, market: VenueMarket): void {
    const { clearing } = this.world;
    if (step.side > 0) {
      clearing.deposit(user, market.dexIndex, step.size * 12_345);
      return;
    }
    const dex = user.dex(market.dexIndex);
    const all = Math.floor(withdrawableUsd(dex));
    const usd = step.size % 2 === 0 ? all : step.size * 54_321;
    if (!clearing.withdraw(user, market.dexIndex, usd)) {
      expect(usd).toBeGreaterThan(all);
      return;
    }
    const cross = crossTotals(dex);
    const floor = Math.max(cross.marginUsd, TRANSFER_MARGIN_RATIO * cross.notionalUsd);
    if (usd > 0) expect(cross.valueUsd).toBeGreaterThanOrEqual(floor - 0.01);
    this.#count("withdraw", () => {});
  }

  #fund(market: VenueMarket, rate: number): void {
    let paid = 0;
    for (const [account, position] of market.positions) {
      const usd = paymentUsd(position.lots, market.oraclePx, rate);
      this.world.clearing.applyFunding(account, position, usd, rate);
      paid -= usd;
    }
    expect(paid).toBeWithin(0, market.positions.size + 1);
    this.world.clearing.ledger(market.dexIndex).feesUsd += paid;
    if (market.positions.size > 0) this.#count("fund", () => {});
  }

  #liquidate(step: Step): void {
    const before = this.world.liquidations.length;
    this.world.now += 4_000;
    this.world.bookFactor = 1 - Math.abs(step.ratio) / 20;
    this.world.bookLots = step.size;
    this.liquidation.onMarks();
    for (const event of this.world.liquidations.slice(before))
      this.#count(event.liquidator === event.account.address ? "liquidate" : "backstop", () => {});
  }

  check(): void {
    const { world } = this;
    for (let dex = 0; dex < MARKETS.length; dex++) expect(world.leakUsd(dex)).toBe(0);
    for (const market of world.markets) {
      let sum = 0;
      let longs = 0;
      for (const account of world.all) {
        const position = account.position(market);
        expect(market.positions.get(account) ?? null).toBe(position);
        if (position === null) continue;
        const terms = world.clearing.terms(account, market);
        expect(position.lots !== 0 && position.costUsd > 0).toBe(true);
        expect(position.isolated || position.rawUsd === 0).toBe(true);
        expect(terms.isolated === position.isolated && terms.leverage === position.leverage).toBe(true);
        sum += position.lots;
        longs += Math.max(0, position.lots);
      }
      expect(sum).toBe(0);
      expect(market.openLots).toBe(longs);
    }
    for (const account of world.all) this.#checkAccount(account);
  }

  #checkAccount(account: VenueAccount): void {
    for (let dexIndex = 0; dexIndex < MARKETS.length; dexIndex++) {
      const dex = account.dex(dexIndex);
      expect(Number.isSafeInteger(dex.cashUsd)).toBe(true);
      const { margin, cross, positions } = dexSummary(account, dexIndex);
      const value = positions.reduce((sum, p) => sum + p.lots * p.market.markPx, 0);
      const crossValue = positions.reduce((sum, p) => sum + (p.isolated ? 0 : p.lots * p.market.markPx), 0);
      const isolated = positions.reduce((sum, p) => sum + (p.isolated ? p.marginUsedUsd : 0), 0);
      expect(margin.accountValueUsd).toBeCloseTo(margin.totalRawUsd + value, 3);
      expect(cross.accountValueUsd).toBeCloseTo(cross.totalRawUsd + crossValue, 3);
      expect(margin.accountValueUsd).toBeCloseTo(cross.accountValueUsd + isolated, 3);
    }
  }

  /** The largest sizes offered are those that pass. */
  checkSizes(): void {
    for (const user of this.world.users)
      for (const dex of user.dexs) for (const market of dex.terms.keys()) this.#checkMax(user, market);
  }

  #checkMax(account: VenueAccount, market: VenueMarket): void {
    const { clearing } = this.world;
    const { maxLots } = maxTrade(account, market, clearing.terms(account, market));
    for (const side of [1, -1] as const) {
      const most = maxLots[side > 0 ? 0 : 1];
      if (most > 0) expect(clearing.checkOrder(account, market, side, most, market.markPx)).toBeNull();
      expect(clearing.checkOrder(account, market, side, most + 2, market.markPx)).not.toBeNull();
    }
  }
}

test("whatever happens, no micro-dollar is made or lost, and every identity of the account holds", () => {
  const did = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(stepArb, { minLength: 60, maxLength: 120, size: "max" }), (steps) => {
      const program = new Program();
      for (const step of steps) {
        program.run(step);
        program.check();
      }
      program.checkSizes();
      for (const [name, count] of program.did) did.set(name, (did.get(name) ?? 0) + count);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // Each kind of event must have happened, or the property says less than it claims.
  const kinds = [
    "backstop",
    "fund",
    "leverage",
    "liquidate",
    "margin",
    "rest",
    "settle",
    "trade",
    "unrest",
    "withdraw",
  ];
  expect([...did.keys()].sort()).toEqual(kinds);
  expect(Math.min(...did.values())).toBeGreaterThan(4);
}, 30_000);
