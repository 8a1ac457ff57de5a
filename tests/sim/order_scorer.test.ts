import { describe, expect, test } from "bun:test";
import { F, FrameLane } from "../../src/core/frame.ts";
import { delaysOf, FeedLine } from "../../src/sim/feed_line.ts";
import { OrderScorer } from "../../src/sim/order_scorer.ts";
import { ALL_SCORERS } from "../../src/sim/resting.ts";
import type { VenueMarket } from "../../src/sim/venue/market.ts";
import { VenueFeed } from "../../src/sim/venue_feed.ts";
import type { WireTif } from "../../src/wire/hyperliquid/action.ts";
import { INSTRUMENT } from "../fixtures/shadow.ts";
import { Bench, limit, orderAction } from "../fixtures/venue.ts";

/** A venue whose account `c` is followed, over a connection of 300 ms a loop. */
class Scene {
  readonly bench = new Bench();
  readonly others = this.bench.account("a");
  readonly taker = this.bench.account("b");
  readonly own = this.bench.account("c");
  readonly scorer: OrderScorer;
  readonly #line = new FeedLine(delaysOf(300_000), 1);
  readonly #lane = new FrameLane(65_536);

  constructor() {
    const { venue } = this.bench;
    const market = venue.markets[0] as VenueMarket;
    const feed = new VenueFeed([market], venue.rules.blockUs, this.own);
    feed.lessOwn.push(this.#line);
    venue.listen(feed);
    this.scorer = new OrderScorer(0, INSTRUMENT, market, this.own, () => venue.nowMs);
    venue.listen(this.scorer);
    this.send(this.others, "buy", "0.5", "29.9");
    this.send(this.others, "sell", "0.5", "30.1");
    this.blocks(20);
  }

  send(account: Scene["own"], side: "buy" | "sell", size: string, px: string, tif: WireTif = "Gtc"): void {
    this.bench.send(account, orderAction(limit(0, side, size, px, tif)));
  }

  cancelAll(account: Scene["own"]): void {
    const cancels = [...account.orders.keys()].map((o) => ({ a: 0, o }));
    this.bench.send(account, { type: "cancel", cancels });
  }

  blocks(count: number): void {
    for (let i = 0; i < count; i++) {
      this.bench.venue.step();
      while (this.#line.nextUs <= this.bench.venue.nowUs) {
        this.#line.take(this.#lane);
        const { data, length } = this.#lane;
        for (let at = 0; at < length; at += data[at + F.size] as number) this.scorer.onMarket(data, at);
      }
    }
  }

  /** Filled and predicted lots of the only order, once it is scored: with every print, and without those that it had a part in. */
  result(): { filled: number; said: Record<string, number>; lessOwn: Record<string, number> } {
    this.blocks(60);
    expect(this.scorer.scored).toHaveLength(1);
    const [one] = this.scorer.scored;
    const named = (lots: readonly number[] | undefined): Record<string, number> =>
      Object.fromEntries(ALL_SCORERS.map(({ name }, s) => [name, lots?.[s] ?? Number.NaN]));
    return { filled: one?.filledLots as number, said: named(one?.predictedLots), lessOwn: named(one?.lessOwnLots) };
  }
}

describe("the shadow of a real order", () => {
  test("alone at its price: every rule fills what was filled", () => {
    const scene = new Scene();
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", "1", "30", "Ioc");
    const { filled, said } = scene.result();
    expect(filled).toBe(100);
    expect(Object.values(said)).toEqual([100, 100, 100, 100, 100, 100]);
  });

  test("behind others: the front fills too early", () => {
    const scene = new Scene();
    scene.send(scene.others, "buy", "1", "30");
    scene.blocks(20);
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", "0.6", "30", "Ioc");
    scene.blocks(20);
    scene.cancelAll(scene.own);
    const { filled, said } = scene.result();
    expect(filled).toBe(0);
    expect(said).toEqual({
      pessimistic: 0,
      central: 0,
      touch: 60,
      strict: 0,
      strict_central: 0,
      strict_touch: 60,
    });
  });

  test("others ahead who leave: the back of the queue does not see it", () => {
    const scene = new Scene();
    scene.send(scene.others, "buy", "1", "30");
    scene.blocks(20);
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "buy", "2", "30");
    scene.blocks(20);
    const ahead = [...scene.others.orders.values()].filter((order) => order.px === 300_000).map(({ oid }) => oid);
    scene.bench.send(scene.others, { type: "cancel", cancels: ahead.map((o) => ({ a: 0, o })) });
    scene.blocks(20);
    scene.send(scene.others, "sell", "0.6", "30", "Ioc");
    scene.blocks(20);
    scene.cancelAll(scene.own);
    const { filled, said } = scene.result();
    expect(filled).toBe(60);
    expect(said.pessimistic).toBe(0);
    expect(said.touch).toBe(60);
    expect(said.central).toBeGreaterThanOrEqual(said.pessimistic as number);
  });

  test("a market that moves through it fills the rest; strictly, what was printed", () => {
    const scene = new Scene();
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", "1.2", "29.9", "Ioc");
    const { filled, said } = scene.result();
    expect(filled).toBe(100);
    expect(said.pessimistic).toBe(100);
    expect(said.strict).toBe(100);
  });

  test.each([
    // Nobody else was hit: had it not stood there, there would have been no print.
    ["alone at its price", "1", "30", 0],
    // The rest of the taker went on to 29.9: the market moved through the order, whoever printed there.
    ["a taker that goes on beyond it", "1.2", "29.9", 100],
  ])("less its own prints: %s", (_, size, px, left) => {
    const scene = new Scene();
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", size, px, "Ioc");
    const { filled, said, lessOwn } = scene.result();
    expect([filled, said.pessimistic, lessOwn.pessimistic]).toEqual([100, 100, left]);
    // Strictly, what others printed beyond it.
    expect(lessOwn.strict).toBe(left === 0 ? 0 : 20);
  });

  test("less its own prints: what was printed of the others ahead advances it, and no more", () => {
    const scene = new Scene();
    scene.send(scene.others, "buy", "1", "30");
    scene.blocks(20);
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", "1.4", "30", "Ioc");
    scene.blocks(20);
    scene.cancelAll(scene.own);
    const { filled, said, lessOwn } = scene.result();
    expect([filled, said.pessimistic, lessOwn.pessimistic]).toEqual([40, 40, 0]);
    // In front of everyone, the whole order goes with the others' prints.
    expect([said.touch, lessOwn.touch]).toEqual([100, 100]);
  });

  test("cancelled in the block of the taker: neither filled nor foretold", () => {
    const scene = new Scene();
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(20);
    scene.send(scene.taker, "sell", "0.5", "29.9", "Ioc");
    scene.cancelAll(scene.own);
    const { filled, said } = scene.result();
    expect(filled).toBe(0);
    expect(Object.values(said)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("of no other account, and once each", () => {
    const scene = new Scene();
    scene.send(scene.own, "buy", "1", "30", "Alo");
    scene.blocks(5);
    scene.cancelAll(scene.own);
    scene.cancelAll(scene.others);
    scene.result();
  });
});
