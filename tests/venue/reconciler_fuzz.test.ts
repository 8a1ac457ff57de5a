import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SLOT, type Slots } from "../../src/core/order/slots.ts";
import { Prng } from "../../src/core/prng.ts";
import { AccountRun } from "../fixtures/account_run.ts";

setDefaultTimeout(60_000);

const BUYS = ["28.5", "29", "29.5"];
const SELLS = ["30.5", "31", "31.5"];

/** One random life of an account: its own orders, other people, a connection that comes and goes, answers that are lost. */
class Life {
  readonly run = new AccountRun();
  readonly #random: Prng;
  #isConnected = true;
  /** Trades that happen between two questions. */
  betweenCount = 0;

  constructor(seed: number) {
    this.#random = new Prng(seed);
  }

  #below(n: number): number {
    return this.#random.below(n);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  async begin(): Promise<void> {
    await this.run.start();
    this.run.onQuestion = () => {
      if (this.#below(6) > 0) return;
      this.betweenCount += 1;
      this.#others();
    };
  }

  /** Somebody takes what is best on one side, a little or all of it, or comes to rest. */
  #others(): void {
    const market = this.#below(2);
    const size = `${1 + this.#below(3)}`;
    if (this.#below(2) === 0) this.run.other(market, "sell", size, this.#pick(BUYS));
    else this.run.other(market, "buy", size, this.#pick(SELLS));
  }

  #own(): void {
    const { run } = this;
    const market = this.#below(2);
    const isBuy = this.#below(2) === 0;
    const px = this.#pick(isBuy ? BUYS : SELLS);
    const side = isBuy ? "buy" : "sell";
    const slots = run.slots.slots[market] as Slots;
    const resting = [...slots.state.keys()].filter((i) => slots.state[i] === SLOT.resting);
    const what = this.#below(10);
    if (what < 4 || resting.length === 0) {
      if (slots.limit >= 8) return;
      if (this.#below(5) === 0) run.register(market, side, "2", px);
      else run.place(market, side, "2", px);
      return;
    }
    const slot = this.#pick(resting);
    const cloid = slots.cloid[slot] as number;
    if (cloid < 0) return;
    const arrives = this.#below(4) > 0;
    if (what < 7) {
      slots.cancel(slot, run.clock.nowUs());
      if (arrives) run.cancel(cloid, market);
    } else
      run.modify(
        cloid,
        market,
        slots.side[slot] === 1 ? "buy" : "sell",
        "3",
        slots.side[slot] === 1 ? this.#pick(BUYS) : this.#pick(SELLS),
        arrives,
      );
  }

  async step(): Promise<void> {
    const { run } = this;
    const what = this.#below(20);
    if (what < 8) this.#own();
    else if (what < 13) this.#others();
    else if (what < 14) run.byHand(run.order(this.#below(2), "buy", "1", "28", "Gtc", null));
    else if (what < 16) run.pass(this.#below(12));
    else if (what < 17) await this.#give();
    else if (this.#isConnected) this.#cut();
    else await this.#back();
    if (this.#isConnected) run.hear();
  }

  /** Time for what is asked to be answered, though not for all of it. */
  async #give(): Promise<void> {
    this.run.timeOut();
    this.run.reconciler.resolve();
    await this.run.settle(this.#below(4));
  }

  #cut(): void {
    this.#isConnected = false;
    this.run.disconnect();
  }

  async #back(): Promise<void> {
    this.#isConnected = true;
    this.run.timeOut();
    if (this.#below(3) > 0) this.run.connect();
    else this.#isConnected = false;
    this.run.reconciler.reconcile("reconnect");
    await this.run.settle(this.#below(3));
  }

  async end(): Promise<void> {
    const { run } = this;
    run.onQuestion = () => {};
    run.disconnect();
    run.timeOut();
    run.connect();
    run.reconciler.reconcile("the end");
    await run.settle();
    // What became unknown since it was asked for.
    run.reconciler.resolve();
    await run.settle();
  }
}

describe("whatever happens, in the end everything agrees", () => {
  let between = 0;
  let fills = 0;
  let missed = 0;
  let found = 0;

  test.each(Array.from({ length: 12 }, (_, i) => i + 1))("seed %i", async (seed) => {
    const life = new Life(seed);
    await life.begin();
    for (let i = 0; i < 60; i++) await life.step();
    await life.end();
    const { run } = life;
    expect(run.residuals()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(run.held()).toEqual(run.resting());
    expect(run.slots.views().every((order) => order.isResting)).toBe(true);
    expect(run.reports.at(-1)?.disagreeing).toEqual([]);
    expect(run.problems).toEqual([]);
    between += life.betweenCount;
    fills += run.book.ledgers.reduce((sum, one) => sum + one.fillCount, 0);
    missed += run.book.missedFillCount;
    found += run.reports.reduce((sum, one) => sum + one.foundCount, 0);
  });

  test("and enough of it happened", () => {
    expect(between).toBeGreaterThan(60);
    expect(fills).toBeGreaterThan(60);
    expect(missed).toBeGreaterThan(30);
    expect(found).toBeGreaterThan(15);
  });
});
