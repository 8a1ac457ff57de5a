import { describe, expect, test } from "bun:test";
import { ORDER_STATUS, SELL } from "../../src/core/frame.ts";
import { reasonName } from "../../src/core/reason.ts";
import { FaultyDoor } from "../../src/exchange/faulty.ts";
import { DrivenClock } from "../../src/io/clock.ts";
import { type Direction, type FaultKind, FaultPlan } from "../../src/sim/fault.ts";
import { Feed } from "../../src/venue/hyperliquid/feed.ts";
import { Gateway, type GatewayOptions } from "../../src/venue/hyperliquid/gateway.ts";
import { accountSubscriptionsOf, subscriptionsOf } from "../../src/venue/hyperliquid/subscriptions.ts";
import { cloidText } from "../../src/wire/hyperliquid/cloid.ts";
import { DoorNet } from "../fixtures/door_net.ts";
import { Desk, key } from "../fixtures/exchange.ts";
import {
  type Asked,
  cancel,
  Heard,
  intentFrame,
  MARKETS,
  modify,
  place,
  RUN,
  TestNonces,
  TestSigner,
} from "../fixtures/gateway.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

const NAMES = Object.fromEntries(Object.entries(ORDER_STATUS).map(([name, code]) => [code, name]));
const SECOND = 1_000_000;

/** Feed and gateway before a real exchange, on its time. */
class Trading {
  readonly desk = new Desk();
  readonly plan = new FaultPlan(1);
  readonly door = new FaultyDoor(this.desk.exchange, this.plan, () => this.desk.bench.venue.nowUs);
  readonly clock = new DrivenClock(this.desk.bench.venue.nowUs);
  readonly net = new DoorNet(this.door);
  readonly heard = new Heard();
  readonly account: string[] = [];
  readonly feed: Feed;
  readonly gateway: Gateway;
  readonly address = this.desk.fund("1");

  constructor(over: Partial<GatewayOptions> = {}) {
    this.desk.fund("2");
    const { clock, net } = this;
    this.feed = new Feed(
      {
        clock,
        net,
        url: "ws://venue/ws",
        subscriptions: [...subscriptionsOf(["AAA"]), ...accountSubscriptionsOf(this.address, [""])],
        recheck: async () => {},
        seed: 1,
      },
      {
        onPush: () => {},
        onAccount: (text, receivedUs) => {
          if (!this.gateway.onReply(text, receivedUs)) this.account.push(text);
        },
        onLost: (_why, timeUs) => this.gateway.onLost(timeUs),
        onReady: () => {},
        onFatal: (error) => {
          throw error;
        },
      },
    );
    this.gateway = new Gateway(
      {
        clock,
        net,
        exchangeUrl: "http://venue/exchange",
        network: "Mainnet",
        socket: this.feed,
        signer: new TestSigner(key("1")),
        nonces: new TestNonces(clock),
        vaultAddress: null,
        markets: MARKETS,
        run: RUN,
        clockOffsetUs: () => 0,
        ...over,
      },
      this.heard,
    );
  }

  /** Connects. */
  async open(): Promise<this> {
    this.feed.start();
    await this.blocks(2);
    expect(this.feed.isReady).toBe(true);
    return this;
  }

  async blocks(count: number): Promise<void> {
    const { venue } = this.desk.bench;
    for (let i = 0; i < count; i++) {
      venue.step();
      this.clock.set(venue.nowUs);
      this.door.tick();
      this.net.tick();
      this.clock.fire();
      for (let turn = 0; turn < 8; turn++) await Promise.resolve();
    }
  }

  async seconds(count: number): Promise<void> {
    const endUs = this.clock.nowUs() + count * SECOND;
    while (this.clock.nowUs() < endUs) await this.blocks(1);
  }

  decide(...asked: Asked[]): void {
    const nowUs = this.clock.nowUs();
    for (const one of asked) this.gateway.queue(intentFrame(one, nowUs), 0);
    this.gateway.flush(nowUs);
  }

  /** One decision and the blocks that answer it; what was told of it. */
  async ask(...asked: Asked[]): Promise<string[]> {
    const before = this.heard.answers.length;
    this.decide(...asked);
    await this.blocks(3);
    return this.heard.answers.slice(before).map((a) => `${a.cloid} ${NAMES[a.status]} ${reasonName(a.reason)}`);
  }

  fault(
    kind: FaultKind,
    direction: Direction,
    on: string,
    more: { status?: number; ms?: number; count?: number } = {},
  ): void {
    const { status = 500, ms = 0, count = 1 } = more;
    this.plan.add({ kind, direction, on, chanceRatio: 1, countMax: count, ms, status });
  }

  /** Client ids of what rests at the venue, sorted. */
  get open_cloids(): number[] {
    const orders = this.desk.info({ type: "frontendOpenOrders", user: this.address }) as { cloid: string | null }[];
    return orders.map(({ cloid }) => Number(BigInt(cloid ?? "0x0") & 0xffff_ffffn)).sort((a, b) => a - b);
  }

  /** Another account offers 100 AAA at $30. */
  offer(): void {
    this.desk.act(key("2"), orderAction(limit(0, "sell", "100", "30")));
  }
}

describe.each(["socket", "http"])("what the exchange answers, over %s", (way) => {
  const open = async (): Promise<Trading> => (way === "socket" ? new Trading().open() : new Trading());

  test("orders are placed, modified and cancelled, by our ids and by the venue's", async () => {
    const t = await open();
    expect(
      await t.ask(place(1, { px: 290_000 }), place(2, { px: 291_000 }), place(3, { market: 1, px: 29_000_000 })),
    ).toEqual(["1 resting none", "2 resting none", "3 resting none"]);
    const oids = t.heard.answers.map((a) => a.oid);
    expect(t.open_cloids).toEqual([1, 2, 3]);
    // Post-only comes before cancels in a block, whatever came first.
    expect(await t.ask(modify(4, 1, { px: 289_000 }), cancel(3, { market: 1 }))).toEqual([
      "4 resting none",
      "3 cancelled none",
    ]);
    expect(t.open_cloids).toEqual([2, 4]);
    expect(await t.ask(cancel(-(oids[1] as number)), cancel(4))).toEqual([
      `-${oids[1]} cancelled none`,
      "4 cancelled none",
    ]);
    expect(t.open_cloids).toEqual([]);
    const { via_socket, via_http } = t.gateway.counts;
    expect(way === "socket" ? via_http : via_socket).toBe(0);
    expect(t.heard.problems).toEqual([]);
  });

  test("refusals, each with its reason", async () => {
    const t = await open();
    t.offer();
    expect(await t.ask(place(1, { px: 310_000 }))).toEqual(["1 rejected post_only_crossed"]);
    expect(await t.ask(place(2, { lots: 1 }))).toEqual(["2 rejected below_minimum"]);
    expect(await t.ask(place(3, { side: SELL, px: 600_000 }))).toEqual(["3 rejected too_far_from_oracle"]);
    expect(await t.ask(place(4, { px: 290_001 }))).toEqual(["4 rejected price_off_grid"]);
    expect(await t.ask(place(5, { px: 290_000, lots: 5_000_000 }))).toEqual(["5 rejected margin"]);
    expect(await t.ask(place(6, { px: 290_000, reduceOnly: true }))).toEqual(["6 rejected reduce_only_increase"]);
    expect(await t.ask(place(7, { px: 290_000, lots: 0 }))).toEqual(["7 rejected zero_size"]);
    expect(await t.ask(cancel(99))).toEqual(["99 missing missing_order"]);
    expect(await t.ask(modify(8, 99, { px: 290_000 }))).toEqual(["8 missing missing_order"]);
    expect(t.heard.problems).toEqual([]);
    expect(t.heard.answers.every((a) => a.text !== "")).toBe(true);
  });

  test("a batch that fails before its orders are looked at has one text for all of them", async () => {
    const t = await open();
    expect(await t.ask(place(1, { px: 290_000 }), place(2, { px: 290_001 }), place(3, { px: 290_000 }))).toEqual([
      "1 rejected price_off_grid",
      "2 rejected price_off_grid",
      "3 rejected price_off_grid",
    ]);
    expect(t.open_cloids).toEqual([]);
  });

  test("a modify that would take: the old order is gone, and that is told", async () => {
    const t = await open();
    t.offer();
    await t.ask(place(1, { px: 290_000 }), place(2, { px: 291_000 }));
    expect(await t.ask(modify(3, 1, { px: 310_000 }), modify(4, 2, { px: 292_000 }))).toEqual([
      "3 rejected post_only_crossed",
      "4 resting none",
    ]);
    expect(t.open_cloids).toEqual([4]);
  });

  test("the limiter refuses a batch as a whole, and still lets cancels through", async () => {
    const t = await open();
    await t.ask(place(1, { px: 290_000 }));
    t.desk.bench.venue.accountOf(t.address).limiter.usedCount = 10_000;
    await t.ask(place(2, { px: 290_000 }));
    expect(await t.ask(place(3, { px: 290_000 }), place(4, { px: 290_000 }), modify(5, 1, { px: 291_000 }))).toEqual([
      "3 refused too_many_requests",
      "4 refused too_many_requests",
      "5 refused too_many_requests",
    ]);
    expect(await t.ask(cancel(1))).toEqual(["1 cancelled none"]);
  });

  test("a request that comes too late is not executed, and costs five", async () => {
    const t = await open();
    await t.ask(place(1, { px: 290_000 }));
    const used = (): number => t.desk.bench.venue.accountOf(t.address).limiter.usedCount;
    const before = used();
    t.fault("delay", "in", way === "socket" ? "post" : "/exchange", { ms: 6_000, count: 3 });
    t.decide(place(2, { px: 290_000 }), modify(3, 1, { px: 291_000 }), cancel(1));
    await t.seconds(7);
    const told = t.heard.answers.map((a) => `${a.cloid} ${NAMES[a.status]} ${reasonName(a.reason)}`);
    expect(told.slice(1).sort()).toEqual([
      "1 refused expired",
      "1 timed_out no_answer",
      "2 rejected expired",
      "2 timed_out no_answer",
      "3 refused expired",
      "3 timed_out no_answer",
    ]);
    expect([t.open_cloids, used() - before, t.gateway.counts.late]).toEqual([[1], 15, 3]);
    expect(t.heard.problems.map((p) => p.kind)).toEqual(["expired", "expired", "expired"]);
  });

  test("a key that the venue does not know is fatal", async () => {
    const t = new Trading({ signer: new TestSigner(key("5")) });
    if (way === "socket") await t.open();
    expect(await t.ask(place(1, { px: 290_000 }))).toEqual(["1 refused other_refusal"]);
    expect(t.heard.problems.map(({ kind, isFatal }) => [kind, isFatal])).toEqual([["signer", true]]);
  });

  test("a nonce that was used: the action may be one that went out twice, so its fate is unknown", async () => {
    const t = new Trading({ nonces: { next: () => 1_790_000_000_500 } });
    if (way === "socket") await t.open();
    await t.ask(place(1, { px: 290_000 }));
    expect(await t.ask(place(2, { px: 290_000 }))).toEqual(["2 timed_out no_answer"]);
    expect(t.heard.problems.map((p) => p.kind)).toEqual(["nonce"]);
  });
});

describe("a way that loses things", () => {
  test.each([
    ["a request that is lost", "in", []],
    ["an answer that is lost: the order rests", "out", [1]],
  ] as const)("%s", async (_, direction, rest) => {
    const t = await new Trading().open();
    t.fault("drop", direction, "post");
    t.decide(place(1, { px: 290_000 }));
    await t.seconds(6);
    expect(t.heard.answers.map((a) => `${a.cloid} ${NAMES[a.status]}`)).toEqual(["1 timed_out"]);
    expect(t.open_cloids).toEqual([...rest]);
  });

  test("an answer that comes late", async () => {
    const t = await new Trading().open();
    t.fault("delay", "out", "post", { ms: 7_000 });
    t.decide(place(1, { px: 290_000 }));
    await t.seconds(8);
    expect(t.heard.answers.map((a) => `${a.cloid} ${NAMES[a.status]}`)).toEqual(["1 timed_out", "1 resting"]);
  });

  test("a request that arrives twice: one order, and its answer counts", async () => {
    const t = await new Trading().open();
    t.fault("duplicate", "in", "post");
    expect(await t.ask(place(1, { px: 290_000 }))).toEqual(["1 resting none"]);
    expect([t.open_cloids, t.gateway.counts.stray]).toEqual([[1], 1]);
  });

  test("a connection that ends under a request: unknown at once, HTTP until it is back, then the socket again", async () => {
    const t = await new Trading().open();
    t.fault("disconnect", "in", "post");
    t.decide(place(1, { px: 290_000 }));
    await t.blocks(1);
    expect(t.heard.answers.map((a) => `${a.cloid} ${NAMES[a.status]}`)).toEqual(["1 timed_out"]);
    t.decide(place(2, { px: 290_000 }));
    await t.blocks(3);
    expect([t.gateway.counts.via_socket, t.gateway.counts.via_http]).toEqual([1, 1]);
    await t.seconds(3);
    expect(t.feed.isReady).toBe(true);
    await t.ask(place(3, { px: 290_000 }));
    expect([t.gateway.counts.via_socket, t.open_cloids]).toEqual([2, [2, 3]]);
  });

  test.each([
    [429, "1 refused too_many_requests", "limit"],
    [500, "1 timed_out no_answer", "http"],
    [503, "1 timed_out no_answer", "http"],
  ])("a post that is answered with %d", async (status, told, kind) => {
    const t = await new Trading().open();
    t.fault("status", "in", "post", { status });
    expect(await t.ask(place(1, { px: 290_000 }))).toEqual([told]);
    expect(t.heard.problems.map((p) => p.kind) as string[]).toEqual([kind]);
  });

  test.each([
    [429, "1 refused too_many_requests", "limit"],
    [500, "1 timed_out no_answer", "http"],
    [504, "1 timed_out no_answer", "http"],
  ])("a request over HTTP that is answered with %d", async (status, told, kind) => {
    const t = new Trading();
    t.fault("status", "out", "/exchange", { status });
    expect(await t.ask(place(1, { px: 290_000 }))).toEqual([told]);
    expect(t.heard.problems.map((p) => p.kind) as string[]).toEqual([kind]);
    // The answer was spoilt on its way back, so even a 429 came after the order; from the venue it comes before.
    expect(t.open_cloids).toEqual([1]);
  });
});

test("ten levels a side in one decision are one action, and what rests is what was asked for", async () => {
  const t = await new Trading().open();
  t.offer();
  const ladder = Array.from({ length: 20 }, (_, i) =>
    i < 10 ? place(i + 1, { px: 299_000 - 1_000 * i }) : place(i + 1, { side: SELL, px: 300_000 + 1_000 * i }),
  );
  expect((await t.ask(...ladder)).every((line) => line.endsWith("resting none"))).toBe(true);
  expect([t.gateway.counts.actions, t.open_cloids.length]).toEqual([1, 20]);
  t.gateway.cancelAll(
    ladder.map((one) => ({ market: 0, cloid: one.cloid ?? 0 })),
    t.clock.nowUs(),
  );
  await t.blocks(3);
  expect([t.gateway.counts.actions, t.open_cloids]).toEqual([2, []]);
  expect(t.account.some((text) => text.includes(cloidText(RUN, 20)))).toBe(true);
});
