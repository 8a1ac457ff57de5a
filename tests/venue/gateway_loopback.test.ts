import { afterAll, expect, test } from "bun:test";
import { ORDER_STATUS } from "../../src/core/frame.ts";
import { WallClock } from "../../src/io/clock.ts";
import { BunNet } from "../../src/io/net.ts";
import { Feed } from "../../src/venue/hyperliquid/feed.ts";
import { Gateway } from "../../src/venue/hyperliquid/gateway.ts";
import { Latency } from "../../src/venue/hyperliquid/latency.ts";
import { accountSubscriptionsOf, subscriptionsOf } from "../../src/venue/hyperliquid/subscriptions.ts";
import type { TradedMarket } from "../../src/venue/hyperliquid/trading.ts";
import {
  type Asked,
  cancel,
  Heard,
  intentFrame,
  modify,
  place,
  RUN,
  TestNonces,
  TestSigner,
} from "../fixtures/gateway.ts";
import { ExchangeFixture, keyOf, until } from "../fixtures/loopback_exchange.ts";

const NAMES = Object.fromEntries(Object.entries(ORDER_STATUS).map(([name, code]) => [code, name]));
const exchange = new ExchangeFixture({ coins: ["BTC"] });
const signer = new TestSigner(keyOf(31));
exchange.fund(signer.address, 1_000_000);
const clock = new WallClock();
const net = new BunNet();
const heard = new Heard();
const latency = new Latency();
const btc = exchange.venue.marketByCoin("BTC");
if (btc === null) throw new Error("no BTC");
const market: TradedMarket = { market: 0, coin: "BTC", assetId: btc.assetId, szDecimals: btc.szDecimals };
const feed: Feed = new Feed(
  {
    clock,
    net,
    url: exchange.ws,
    subscriptions: [...subscriptionsOf(["BTC"]), ...accountSubscriptionsOf(signer.address, [""])],
    recheck: async () => {},
    seed: 1,
  },
  {
    onPush: () => {},
    onAccount: (text, receivedUs) => void gateway.onReply(text, receivedUs),
    onLost: (_why, timeUs) => gateway.onLost(timeUs),
    onReady: () => {},
    onFatal: (error) => {
      throw error;
    },
  },
);
const gateway: Gateway = new Gateway(
  {
    clock,
    net,
    exchangeUrl: `${exchange.url}/exchange`,
    network: exchange.chain,
    socket: feed,
    signer,
    nonces: new TestNonces(clock),
    vaultAddress: null,
    markets: [market],
    run: RUN,
    clockOffsetUs: () => 0,
  },
  {
    onAnswers: (answers) => heard.onAnswers(answers),
    onTimes: (times) => latency.add(times),
    onProblem: (problem) => heard.onProblem(problem),
  },
);

afterAll(() => {
  gateway.close();
  feed.stop();
  exchange.stop();
});

/** One decision, and what was told of it. */
async function ask(...asked: Asked[]): Promise<string[]> {
  const nowUs = clock.nowUs();
  const before = heard.answers.length;
  for (const one of asked) gateway.queue(intentFrame(one, nowUs), 0);
  gateway.flush(nowUs);
  await until("answers", () => heard.answers.length === before + asked.length);
  return heard.answers
    .slice(before)
    .map((a) => `${a.cloid} ${NAMES[a.status]}`)
    .sort();
}

/** A tenth below the oracle, on a coarse grid. */
const px = Math.floor((0.9 * btc.oraclePx) / 1_000) * 1_000;
const ladder = (from: number): Asked[] =>
  Array.from({ length: 10 }, (_, i) => place(from + i, { px: px - 1_000 * i, lots: 1_000 }));
const names = (from: number, status: string): string[] =>
  Array.from({ length: 10 }, (_, i) => `${from + i} ${status}`).sort();

test("over real sockets: a ladder, a change of one, the end of all; then the same over HTTP when the connection is gone", async () => {
  expect(await ask(...ladder(100))).toEqual(names(100, "resting"));
  expect([gateway.counts.via_http, gateway.counts.via_socket]).toEqual([1, 0]);
  feed.start();
  await until("ready", () => feed.isReady);
  expect(await ask(modify(120, 100, { px: px - 20_000, lots: 1_000 }), cancel(101))).toEqual([
    "101 cancelled",
    "120 resting",
  ]);
  expect(await ask(...ladder(200))).toEqual(names(200, "resting"));
  expect(gateway.counts.via_socket).toBe(3);
  exchange.disconnect();
  await until("lost", () => !feed.isReady);
  feed.stop();
  expect(await ask(cancel(120), ...ladder(200).map((one) => cancel(one.cloid ?? 0)))).toEqual([
    "120 cancelled",
    ...names(200, "cancelled"),
  ]);
  expect([gateway.counts.via_http, heard.problems]).toEqual([2, []]);
  expect(exchange.venue.accountOf(signer.address).orders.size).toBe(8);
  await until("times", () => latency.report().decided_to_answered.count === 5);
  const { decided_to_signed, signed_to_answered } = latency.report();
  expect(decided_to_signed.p50_us ?? 0).toBeGreaterThan(100);
  expect(signed_to_answered.max_us ?? 0).toBeLessThan(5_000_000);
});
