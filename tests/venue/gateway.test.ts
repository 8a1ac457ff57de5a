import { describe, expect, test } from "bun:test";
import { ORDER_STATUS } from "../../src/core/frame.ts";
import { reasonName } from "../../src/core/reason.ts";
import { readEnvelope } from "../../src/wire/hyperliquid/action_schema.ts";
import { cloidText } from "../../src/wire/hyperliquid/cloid.ts";
import { missingOrderText, unknownSignerText } from "../../src/wire/hyperliquid/errors.ts";
import { signerOf } from "../../src/wire/hyperliquid/recover.ts";
import { addressOf } from "../../src/wire/hyperliquid/sign.ts";
import { cancel, cancels, GatewayBench, modify, orders, place, RUN, resting, START_US } from "../fixtures/gateway.ts";

const SECOND = 1_000_000;
const NAMES = Object.fromEntries(Object.entries(ORDER_STATUS).map(([name, code]) => [code, name]));
const told = ({ heard }: GatewayBench): string[] => heard.answers.map((a) => `${a.cloid} ${NAMES[a.status]}`);
const sentTypes = ({ socket }: GatewayBench): string[] => socket.sent.map(({ payload }) => payload.action.type);
const httpReply = (payload: unknown, status = 200) => ({
  status,
  contentType: "application/json",
  text: JSON.stringify(payload),
});

describe("the way out", () => {
  test("nothing is signed in the turn that decides; then one action a turn, cancels first", () => {
    const b = new GatewayBench();
    b.decide(place(1), modify(2, 9), cancel(3));
    expect([b.socket.sent.length, b.gateway.waitingCount]).toEqual([0, 3]);
    const signed: number[] = [];
    const { socket } = b;
    // A turn is a call of a timer: `rush` calls those that wait now, and none that they set.
    for (let i = 0; i < 3; i++) {
      b.clock.rush();
      signed.push(socket.sent.length);
    }
    expect(signed).toEqual([1, 2, 3]);
    expect(sentTypes(b)).toEqual(["cancelByCloid", "order", "batchModify"]);
    expect([b.gateway.waitingCount, b.gateway.inFlightCount]).toEqual([0, 3]);
  });

  test("a later cancel passes what is about other markets, and waits for what is about its own", () => {
    const b = new GatewayBench();
    b.decide(place(1, { market: 0 }));
    b.decide(place(2, { market: 1 }));
    b.decide(cancel(2, { market: 1 }), cancel(7, { market: 2 }));
    b.decide(cancel(8, { market: 2 }));
    b.turns();
    const about = b.socket.sent.map(
      ({ payload }) => (payload.action.cancels ?? payload.action.orders) as { a?: number; asset?: number }[],
    );
    expect(about.map((items) => items.map((item) => item.a ?? item.asset))).toEqual([
      [0],
      [1],
      [1, 110_000],
      [110_000],
    ]);
    const c = new GatewayBench();
    c.decide(place(1, { market: 0 }), place(2, { market: 1 }));
    c.decide(cancel(7, { market: 2 }));
    c.turns();
    expect(sentTypes(c)).toEqual(["cancelByCloid", "order"]);
  });

  test("what is sent is what was signed: for the vault, until five seconds after the decision by the venue's clock", () => {
    const vaultAddress = `0x${"Ab".repeat(20)}`;
    const b = new GatewayBench({ vaultAddress });
    b.offsetUs = 250_400;
    b.decide(place(1, { atUs: START_US - 40_000 }));
    b.turns();
    const payload = b.socket.sent[0]?.payload as NonNullable<(typeof b.socket.sent)[number]>["payload"];
    expect(payload.expiresAfter).toBe(Math.floor((START_US - 40_000 + 250_400) / 1000) + 5_000);
    expect(payload.nonce).toBe(START_US / 1000);
    expect(payload.vaultAddress).toBe(vaultAddress.toLowerCase());
    const envelope = readEnvelope(payload);
    expect(envelope === null ? null : signerOf(envelope, "Mainnet")).toBe(addressOf(`0x${"1".repeat(64)}`));
    // A cancel's life begins when it is signed.
    b.decide(cancel(1, { atUs: START_US - 3 * SECOND }));
    b.turns();
    expect(b.socket.sent[1]?.payload.expiresAfter).toBe(Math.floor((START_US + 250_400) / 1000) + 5_000);
  });

  test("nonces rise, one for each action", () => {
    const b = new GatewayBench();
    for (let i = 1; i <= 20; i++) b.decide(place(i));
    b.turns();
    expect(b.socket.sent.map(({ payload }) => payload.nonce)).toEqual(
      Array.from({ length: 20 }, (_, i) => START_US / 1000 + i),
    );
  });

  test("without the socket, or where it says no, requests go over HTTP", async () => {
    const b = new GatewayBench();
    b.socket.isReady = false;
    b.decide(place(1));
    b.turns();
    b.socket.isReady = true;
    b.socket.room = 0;
    b.decide(place(2));
    b.turns();
    expect([b.socket.sent.length, b.net.requests.length]).toEqual([0, 2]);
    b.net.requests[0]?.answer(httpReply(orders(resting(5))));
    b.net.requests[1]?.fail("nobody answers there");
    await b.settle();
    expect(told(b)).toEqual(["1 resting", "2 timed_out"]);
    await b.pass(2 * SECOND);
    // What was not answered has no time.
    expect([b.heard.problems[0]?.kind, b.heard.times.map((t) => t.viaSocket)]).toEqual(["http", [false]]);
    expect([b.gateway.counts.via_http, b.gateway.counts.actions]).toEqual([2, 2]);
  });

  test("at most 70 places wait for answers over the socket and 90 cancels with them; the rest goes over HTTP, 20 at once", () => {
    const b = new GatewayBench();
    for (let i = 1; i <= 100; i++) b.decide(place(i));
    b.turns();
    expect([b.socket.sent.length, b.net.requests.length, b.gateway.waitingCount]).toEqual([70, 20, 10]);
    for (let i = 1; i <= 25; i++) b.decide(cancel(1_000 + i, { market: 1 }));
    b.clock.set(START_US + 60_000);
    b.turns();
    expect([b.socket.sent.length, b.net.requests.length, b.gateway.waitingCount]).toEqual([90, 20, 15]);
  });

  test("what has waited for half of its life is not sent, and told as refused", async () => {
    const b = new GatewayBench();
    for (let i = 1; i <= 91; i++) b.decide(place(i));
    b.decide(cancel(1));
    await b.pass(2.6 * SECOND);
    const last = b.heard.answers.at(-1);
    expect(told(b)).toEqual(["91 refused"]);
    expect([reasonName(last?.reason ?? 0), last?.text]).toEqual(["in_flight", "not sent: it waited too long"]);
    expect([b.gateway.counts.not_sent, sentTypes(b).at(-1)]).toEqual([1, "cancelByCloid"]);
  });
});

describe("answers", () => {
  test("each with what was asked, in the order of the action", () => {
    const b = new GatewayBench();
    b.decide(place(1, { lots: 100 }), place(2, { market: 1, lots: 7 }), place(3));
    b.turns();
    b.reply(
      orders(
        resting(501),
        { filled: { totalSz: "3.0", avgPx: "30", oid: 502 } },
        { error: "Insufficient margin to place order. asset=0" },
      ),
    );
    const nowUs = b.clock.nowUs();
    const base = { action: 1, targetCloid: 0, text: "", receivedUs: nowUs, isLate: false };
    expect(b.heard.answers).toEqual([
      { ...base, market: 0, cloid: 1, oid: 501, status: ORDER_STATUS.resting, reason: 0, leavesLots: 100 },
      // Executed in part, the rest rests.
      { ...base, market: 1, cloid: 2, oid: 502, status: ORDER_STATUS.resting, reason: 0, leavesLots: 4 },
      {
        ...base,
        market: 0,
        cloid: 3,
        oid: 0,
        status: ORDER_STATUS.rejected,
        reason: 37,
        leavesLots: 0,
        text: "Insufficient margin to place order. asset=0",
      },
    ]);
    expect([b.heard.batches.length, b.gateway.inFlightCount]).toEqual([1, 0]);
  });

  test("a size that is no size of the market is of unknown fate", () => {
    const b = new GatewayBench();
    b.decide(place(1, { lots: 100 }), place(2, { lots: 100 }), place(3, { lots: 100 }));
    b.turns();
    b.reply(orders(...["1.0", "1.01", "0.001"].map((totalSz) => ({ filled: { totalSz, avgPx: "30", oid: 5 } }))));
    expect(told(b)).toEqual(["1 filled", "2 timed_out", "3 timed_out"]);
  });

  test("a cancel and a modify say which order they are about", () => {
    const b = new GatewayBench();
    b.decide(cancel(4), cancel(-77), modify(6, 5));
    b.turns();
    const [other, own, changed] = b.socket.sent.map(({ id }) => id);
    b.reply(cancels("success"), own);
    b.reply(cancels({ error: missingOrderText(0) }), other);
    b.reply(orders(resting(600)), changed);
    const found = b.heard.answers.map(({ action, cloid, targetCloid, oid, status }) => [
      action,
      cloid,
      targetCloid,
      oid,
      NAMES[status],
    ]);
    expect(found.sort()).toEqual(
      [
        [2, 6, 5, 600, "resting"],
        [3, -77, -77, 77, "missing"],
        [3, 4, 4, 0, "cancelled"],
      ].sort(),
    );
  });

  test("what was left of a cancelled order is not said, and not made up", () => {
    const b = new GatewayBench();
    b.decide(cancel(4), cancel(5));
    b.turns();
    b.reply(cancels("success", { error: missingOrderText(0) }));
    expect(b.heard.answers.map((a) => a.leavesLots)).toEqual([Number.NaN, 0]);
  });

  test("numbers that answers tell are used by the requests that follow, until the order is gone", () => {
    const b = new GatewayBench();
    const last = (): unknown => b.action;
    b.decide(place(1));
    b.turns();
    b.reply(orders(resting(501)));
    b.decide(modify(2, 1));
    b.turns();
    expect((last() as { modifies: { oid: unknown }[] }).modifies[0]?.oid).toBe(501);
    b.reply(orders(resting(502)));
    b.decide(cancel(2));
    b.turns();
    expect(last()).toEqual({ type: "cancel", cancels: [{ a: 0, o: 502 }], f: true });
    b.reply(cancels("success"));
    b.gateway.learn(3, 503);
    b.decide(cancel(3));
    b.turns();
    expect(last()).toEqual({ type: "cancel", cancels: [{ a: 0, o: 503 }], f: true });
    for (const gone of [1, 2]) {
      b.decide(cancel(gone));
      b.turns();
      expect(last()).toEqual({ type: "cancelByCloid", cancels: [{ asset: 0, cloid: cloidText(RUN, gone) }], f: true });
    }
  });

  test.each([
    ["refused", { status: "err", response: "Action already expired" }, 501],
    ["unknown", {}, 501],
    ["gone", orders({ error: "Error placing new order during modify: Order has zero size." }), cloidText(RUN, 1)],
  ])("a modify that is %s leaves the old order, or does not", (_, payload, named) => {
    const b = new GatewayBench();
    b.gateway.learn(1, 501);
    b.decide(modify(2, 1));
    b.turns();
    b.reply(payload);
    b.decide(modify(3, 1));
    b.turns();
    expect((b.action as unknown as { modifies: { oid: unknown }[] }).modifies[0]?.oid).toBe(named);
  });

  test("a signer that the venue does not know is fatal, and nothing of the request happened", () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.reply({ status: "err", response: unknownSignerText(`0x${"ab".repeat(20)}`) });
    expect([told(b), b.heard.problems]).toEqual([
      ["1 refused"],
      [
        {
          kind: "signer",
          text: `the venue does not know whoever signs: ${unknownSignerText(`0x${"ab".repeat(20)}`)}`,
          isFatal: true,
        },
      ],
    ]);
  });

  test("what is not about posts is somebody else's; what is, and is not understood, is told", () => {
    const b = new GatewayBench();
    expect(b.says('{"channel":"orderUpdates","data":[]}')).toBe(false);
    expect([
      b.says('{"channel":"post","data":'),
      b.says({ channel: "error", data: "Invalid subscription {}" }),
    ]).toEqual([true, true]);
    expect([b.heard.problems.map((p) => p.kind), b.gateway.counts.stray]).toEqual([["unreadable", "unreadable"], 2]);
  });

  test("an answer that comes twice, or to nobody, changes nothing", () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    for (let i = 0; i < 2; i++) b.reply(orders(resting(5)));
    b.reply(orders(resting(6)), 77);
    expect([told(b), b.gateway.counts.stray]).toEqual([["1 resting"], 2]);
  });
});

describe("no answer", () => {
  test("after five seconds every request is of unknown fate, and is never sent again", async () => {
    const b = new GatewayBench();
    b.decide(place(1), place(2), cancel(3));
    b.turns();
    await b.pass(4.9 * SECOND);
    expect(told(b)).toEqual([]);
    await b.pass(0.2 * SECOND);
    expect(told(b)).toEqual(["3 timed_out", "1 timed_out", "2 timed_out"]);
    await b.pass(60 * SECOND);
    expect([told(b).length, b.socket.sent.length, b.net.requests.length, b.gateway.inFlightCount]).toEqual([
      3, 2, 0, 0,
    ]);
  });

  test("an answer that comes after its time is told all the same, once", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    await b.pass(6 * SECOND);
    for (let i = 0; i < 2; i++) b.reply(orders(resting(5)));
    expect([told(b), b.gateway.counts.late]).toEqual([["1 timed_out", "1 resting"], 1]);
    // Late and not understood: it was told already.
    b.decide(place(2));
    b.turns();
    await b.pass(6 * SECOND);
    b.reply({});
    expect(told(b).slice(2)).toEqual(["2 timed_out"]);
    expect(b.heard.problems.length).toBe(1);
  });

  test("half a minute later it is nobody's", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    await b.pass(36 * SECOND);
    b.reply(orders(resting(5)));
    expect([told(b), b.gateway.counts.stray]).toEqual([["1 timed_out"], 1]);
  });

  test("a lost connection takes every post with it at once, and no request over HTTP", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.socket.isReady = false;
    b.decide(place(2));
    b.turns();
    b.gateway.onLost(b.clock.nowUs());
    expect(told(b)).toEqual(["1 timed_out"]);
    b.net.requests[0]?.answer(httpReply(orders(resting(5))));
    await b.settle();
    b.reply(orders(resting(4)), 1);
    expect([told(b), b.gateway.counts.stray]).toEqual([["1 timed_out", "2 resting"], 1]);
  });

  test("what was of unknown fate before the connection was lost is not told again", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    await b.pass(6 * SECOND);
    b.gateway.onLost(b.clock.nowUs());
    expect([told(b), b.gateway.counts.timed_out]).toEqual([["1 timed_out"], 1]);
  });

  test("a late answer tells of each request what it knows, and nothing of the others", async () => {
    const b = new GatewayBench();
    b.decide(place(1), place(2));
    b.turns();
    await b.pass(6 * SECOND);
    b.reply(orders("waitingForTrigger", resting(5)));
    expect(told(b)).toEqual(["1 timed_out", "2 timed_out", "2 resting"]);
  });

  test("HTTP that answers late is told late", async () => {
    const b = new GatewayBench();
    b.socket.isReady = false;
    b.decide(place(1));
    b.turns();
    await b.pass(6 * SECOND);
    b.net.requests[0]?.answer(httpReply(orders(resting(5))));
    await b.settle();
    expect(told(b)).toEqual(["1 timed_out", "1 resting"]);
  });

  test("closed is closed", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.decide(place(2));
    b.gateway.close();
    await b.pass(10 * SECOND);
    expect([told(b), b.socket.sent.length]).toEqual([[], 1]);
  });
});

describe("a venue that says 429", () => {
  test("over HTTP: refused, and HTTP is left alone, twice as long each time, until it answers", async () => {
    const b = new GatewayBench();
    b.socket.isReady = false;
    const gaps: number[] = [];
    for (let i = 1; i <= 4; i++) {
      const fromUs = b.clock.nowUs();
      b.decide(cancel(i));
      b.turns();
      while (b.net.requests.length < i) await b.pass(50_000);
      gaps.push(Math.round((b.clock.nowUs() - fromUs) / SECOND));
      b.net.requests[i - 1]?.answer(i === 4 ? httpReply(cancels("success")) : httpReply(null, 429));
      await b.settle();
    }
    expect(gaps).toEqual([0, 1, 2, 4]);
    expect(told(b)).toEqual(["1 refused", "2 refused", "3 refused", "4 cancelled"]);
    expect(b.heard.problems.map((p) => p.kind)).toEqual(["limit", "limit", "limit"]);
  });

  test("over the socket: the next goes over HTTP", () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.says({ channel: "error", data: "too many pending post requests id=1" });
    b.decide(place(2));
    b.turns();
    expect([told(b), b.socket.sent.length, b.net.requests.length]).toEqual([["1 refused"], 1, 1]);
  });
});

describe("the end of everything", () => {
  test("what waits is never sent, and what it would have placed is not cancelled", () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.reply(orders(resting(501)));
    b.decide(place(2, { market: 1 }), cancel(8, { market: 2 }));
    const strangers = b.gateway.cancelAll(
      [
        { market: 0, cloid: 1 },
        { market: 1, cloid: 2 },
        { market: 0, cloid: -9 },
        { market: 77, cloid: -8 },
      ],
      b.clock.nowUs(),
    );
    expect([strangers, told(b)]).toEqual([1, ["1 resting"]]);
    b.turns();
    expect(told(b)).toEqual(["1 resting", "2 refused"]);
    expect(b.socket.sent.slice(1).map(({ payload }) => payload.action) as unknown[]).toEqual([
      { type: "cancelByCloid", cancels: [{ asset: 110_000, cloid: cloidText(RUN, 8) }], f: true },
      {
        type: "cancel",
        cancels: [
          { a: 0, o: 501 },
          { a: 0, o: 9 },
        ],
        f: true,
      },
    ]);
  });
});

describe("times", () => {
  test("of a cancel at once; of an order when its block is told, whichever comes first, or a second later without", async () => {
    const b = new GatewayBench();
    b.offsetUs = 10_000;
    b.decide(cancel(9), place(1), place(2, { market: 1 }), modify(3, 4));
    b.turns();
    const [cancelled, placed, modified] = b.socket.sent.map(({ id }) => id);
    await b.pass(100_000);
    b.reply(cancels("success"), cancelled);
    expect(b.heard.times).toEqual([
      { decidedUs: START_US, signedUs: START_US, answeredUs: START_US + 100_000, blockUs: Number.NaN, viaSocket: true },
    ]);
    b.gateway.onBlock(1, START_US + 80_000);
    b.gateway.onBlock(77, START_US);
    expect(b.heard.times.length).toBe(1);
    b.reply(orders(resting(5), resting(6)), placed);
    expect(b.heard.times[1]).toMatchObject({ blockUs: START_US + 70_000, answeredUs: START_US + 100_000 });
    b.reply(orders(resting(7)), modified);
    await b.pass(0.9 * SECOND);
    expect(b.heard.times.length).toBe(2);
    await b.pass(0.3 * SECOND);
    expect(b.heard.times[2]).toMatchObject({ blockUs: Number.NaN });
    b.gateway.onBlock(3, START_US);
    expect(b.heard.times.length).toBe(3);
  });

  test("a block that is told after the answer", async () => {
    const b = new GatewayBench();
    b.decide(place(1));
    b.turns();
    b.reply(orders(resting(5)));
    b.gateway.onBlock(1, START_US - 5_000);
    expect(b.heard.times).toMatchObject([{ blockUs: START_US - 5_000 }]);
    await b.pass(2 * SECOND);
    expect(b.heard.times.length).toBe(1);
  });
});
