/**
 * ccxt pro listens to the local exchange and sends orders over its socket.
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { privateKeyToAccount } from "viem/accounts";
import { type Ccxt, ccxtFunded, thrownBy } from "../fixtures/ccxt.ts";
import { ExchangeFixture, keyOf, until } from "../fixtures/loopback_exchange.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const BTC = "BTC/USDC:USDC";
const SIM = "SIM-HYPE/USDC:USDC";

describe.skipIf(!enabled)("ccxt pro (needs MMBIN_PROCESS_TESTS=1)", () => {
  let venue: ExchangeFixture;
  let me: Ccxt;
  let accountNumber = 600;
  let messagesBefore = 0;

  beforeAll(() => {
    venue = new ExchangeFixture();
  });
  afterAll(() => venue.stop());
  beforeEach(async () => {
    accountNumber += 1;
    me = ccxtFunded(venue, accountNumber);
    venue.clearBooks();
    venue.house("BTC", true, "89990", "10");
    venue.house("BTC", false, "90010", "10");
    venue.house("sim:HYPE", true, "29.99", "10000");
    venue.house("sim:HYPE", false, "30.01", "10000");
    // One connection after another: the limit is thirty a minute of venue time.
    venue.advance(3_000);
    await me.loadMarkets();
    messagesBefore = venue.messageCount;
  });
  afterEach(() => me.close());

  /** Waits for what a subscription brings while venue time passes. */
  async function hear<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const ended = promise.finally(() => {
      done = true;
    });
    ended.catch(() => {});
    await until("the subscription speaks", () => {
      venue.step();
      return done;
    });
    return ended;
  }

  /** Waits until the venue was asked `count` things since the test began. */
  const subscribed = (count: number): Promise<void> =>
    until("subscribed", () => venue.messageCount - messagesBefore >= count);

  test("books and tickers", async () => {
    const book = await hear(me.watchOrderBook(BTC));
    expect([book.bids[0], book.asks[0]]).toEqual([
      [89_990, 10],
      [90_010, 10],
    ]);
    expect((await hear(me.watchOrderBook(SIM))).bids[0]).toEqual([29.99, 10_000]);
    expect(await hear(me.watchTicker(BTC))).toMatchObject({ symbol: BTC });
    const tickers = await hear(me.watchTickers([BTC]));
    expect(Object.keys(tickers)).toContain(BTC);
  });

  test("trades and candles", async () => {
    const trades = hear(me.watchTrades(BTC));
    const candles = hear(me.watchOHLCV(BTC, "1m"));
    await subscribed(2);
    await me.createOrder(BTC, "market", "buy", 0.01, 90_010);
    expect((await trades).at(-1)).toMatchObject({ symbol: BTC, price: 90_010, amount: 0.01, side: "buy" });
    expect((await candles).at(-1)?.[4]).toBe(90_010);
  });

  test("own orders, trades, balance and positions", async () => {
    const orders = me.watchOrders();
    const trades = me.watchMyTrades();
    await subscribed(2);
    const order = await me.createOrder(BTC, "limit", "buy", 0.01, 89_995, { postOnly: true });
    expect((await hear(orders)).at(-1)).toMatchObject({ id: order.id, status: "open", symbol: BTC });
    const next = me.watchOrders();
    venue.house("BTC", false, "89995", "0.01", "Ioc");
    expect((await hear(next)).at(-1)).toMatchObject({ id: order.id, status: "closed", remaining: 0 });
    expect((await hear(trades)).at(-1)).toMatchObject({
      order: order.id,
      price: 89_995,
      amount: 0.01,
      info: { crossed: false },
    });
    expect((await hear(me.watchBalance())).USDC?.total).toBeCloseTo(100_000, -1);
    expect(await hear(me.watchPositions([BTC]))).toMatchObject([{ symbol: BTC, contracts: 0.01, side: "long" }]);
  });

  test("orders over the socket: placed, edited, cancelled, refused", async () => {
    const order = await hear(me.createOrderWs(BTC, "limit", "buy", 0.01, 89_000, { postOnly: true }));
    expect((await me.fetchOpenOrders(BTC)).map((o) => String(o.id))).toEqual([String(order.id)]);
    const edited = await hear(me.editOrderWs(String(order.id), BTC, "limit", "buy", 0.02, 89_001, { postOnly: true }));
    expect(await me.fetchOpenOrders(BTC)).toMatchObject([{ id: edited.id, amount: 0.02, price: 89_001 }]);
    await hear(me.cancelOrderWs(String(edited.id), BTC));
    expect(await me.fetchOpenOrders(BTC)).toEqual([]);
    const refused = hear(me.createOrderWs(BTC, "limit", "buy", 0.01, 90_010, { postOnly: true }));
    const error = await thrownBy(refused);
    expect([error.name, error.message]).toEqual([
      "InvalidOrder",
      expect.stringContaining("Post only order would have immediately matched, bbo was 89990@90010. asset=0"),
    ]);
  });

  test("a lost connection is an error to who waits, and the next call connects again", async () => {
    await hear(me.watchOrderBook(BTC));
    const waiting = me.watchOrderBook(BTC).catch((error) => error);
    venue.disconnect();
    expect(await waiting).toBeInstanceOf(Error);
    venue.advance(3_000);
    expect((await hear(me.watchOrderBook(BTC))).bids[0]).toEqual([89_990, 10]);
    expect(privateKeyToAccount(keyOf(accountNumber)).address).toBe(me.walletAddress as `0x${string}`);
  });
});
