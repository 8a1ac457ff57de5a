/**
 * ccxt trades on the local exchange over HTTP: what it loads, sends, reads, and which of its error classes it throws.
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Order } from "ccxt";
import { privateKeyToAccount } from "viem/accounts";
import { type Ccxt, ccxtClient, ccxtFunded, thrownBy } from "../fixtures/ccxt.ts";
import { ExchangeFixture, keyOf } from "../fixtures/loopback_exchange.ts";
import { nextCloid, nkClients, nkFunded } from "../fixtures/nktkas.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const BTC = "BTC/USDC:USDC";
const SIM = "SIM-HYPE/USDC:USDC";
const XYZ = "SIM-XYZ/USDC:USDC";

describe.skipIf(!enabled)("ccxt (needs MMBIN_PROCESS_TESTS=1)", () => {
  let venue: ExchangeFixture;
  let me: Ccxt;
  let accountNumber = 500;

  beforeAll(() => {
    venue = new ExchangeFixture();
  });
  afterAll(() => venue.stop());
  beforeEach(() => {
    accountNumber += 1;
    me = ccxtFunded(venue, accountNumber);
    venue.clearBooks();
    venue.house("BTC", true, "89990", "10");
    venue.house("BTC", false, "90010", "10");
    venue.house("sim:HYPE", true, "29.99", "10000");
    venue.house("sim:HYPE", false, "30.01", "10000");
  });

  const address = (): string => privateKeyToAccount(keyOf(accountNumber)).address.toLowerCase();
  const idOf = (order: Order | undefined): string => order?.id ?? "none";
  const ids = (orders: Order[]): string[] => orders.map(idOf).sort();

  describe("market data", () => {
    test("markets of all dexs with their sizes, ids and leverage", async () => {
      const markets = await me.loadMarkets();
      expect(markets[BTC]).toMatchObject({
        baseId: "0",
        active: true,
        precision: { amount: 0.00001 },
        limits: { leverage: { max: 40 } },
      });
      expect(markets[SIM]).toMatchObject({
        baseId: "110000",
        baseName: "sim:HYPE",
        settle: "USDC",
        precision: { amount: 0.01 },
      });
      expect(markets[XYZ]).toMatchObject({ baseId: "110001", limits: { leverage: { max: 20 } } });
      expect(me.currencies.USDC).toBeDefined();
    });

    test("time, status, book, tickers", async () => {
      expect(await me.fetchTime()).toBe(venue.nowMs);
      expect(await me.fetchStatus()).toMatchObject({ status: "ok", updated: venue.nowMs });
      const book = await me.fetchOrderBook(BTC);
      expect([book.bids[0], book.asks[0]]).toEqual([
        [89_990, 10],
        [90_010, 10],
      ]);
      expect((await me.fetchOrderBook(SIM)).bids[0]).toEqual([29.99, 10_000]);
      const ticker = await me.fetchTicker(BTC);
      expect(ticker).toMatchObject({ symbol: BTC, bid: 89_990, ask: 90_010 });
      const tickers = await me.fetchTickers([SIM, XYZ]);
      expect(tickers[SIM]).toMatchObject({ bid: 29.99, ask: 30.01 });
      const funding = await me.fetchFundingRate(BTC);
      expect(funding.symbol).toBe(BTC);
      expect((await me.fetchOpenInterest(BTC)).openInterestAmount).toBeNumber();
    });

    test("trades and candles", async () => {
      await me.createOrder(BTC, "market", "buy", 0.01, 90_010);
      const trades = await me.fetchTrades(BTC, undefined, undefined, { user: address() });
      expect(trades.at(-1)).toMatchObject({ symbol: BTC, side: "buy", price: 90_010, amount: 0.01 });
      const candles = await me.fetchOHLCV(BTC, "1m");
      expect(candles.at(-1)?.slice(1, 5)).toEqual([90_010, 90_010, 90_010, 90_010]);
      venue.advance(3_650_000);
      const rates = await me.fetchFundingRateHistory(BTC, venue.nowMs - 3_700_000);
      expect(rates.length).toBeGreaterThan(0);
    });
  });

  describe("orders", () => {
    test("post-only rests, is found by id and client id, is edited under a new id, is cancelled", async () => {
      const clientOrderId = nextCloid();
      const order = await me.createOrder(BTC, "limit", "buy", 0.01, 89_000, { postOnly: true, clientOrderId });
      expect(idOf(order)).toMatch(/^\d{12}$/);
      const [open] = await me.fetchOpenOrders(BTC);
      expect(open).toMatchObject({
        id: idOf(order),
        clientOrderId,
        symbol: BTC,
        side: "buy",
        price: 89_000,
        amount: 0.01,
        filled: 0,
        status: "open",
        postOnly: true,
        timeInForce: "ALO",
      });
      expect(await me.fetchOrder(idOf(order), BTC)).toMatchObject({ id: idOf(order), status: "open", price: 89_000 });
      expect(await me.fetchOrder(clientOrderId, BTC)).toMatchObject({ id: order.id });
      const edited = await me.editOrder(idOf(order), BTC, "limit", "buy", 0.02, 89_100, {
        postOnly: true,
        clientOrderId,
      });
      expect(Number(edited.id)).toBeGreaterThan(Number(idOf(order)));
      expect(await me.fetchOpenOrders(BTC)).toMatchObject([
        { id: idOf(edited), amount: 0.02, price: 89_100, clientOrderId },
      ]);
      await me.cancelOrder(idOf(edited), BTC);
      expect(await me.fetchOpenOrders(BTC)).toEqual([]);
      expect(await me.fetchOrder(idOf(edited), BTC)).toMatchObject({ status: "canceled" });
      expect(ids(await me.fetchOrders(BTC))).toEqual([idOf(order), idOf(edited)].sort());
      expect(ids(await me.fetchCanceledOrders(BTC))).toEqual([idOf(order), idOf(edited)].sort());
    });

    test("a market order fills, and its trade, fee and position agree", async () => {
      const order = await me.createOrder(BTC, "market", "buy", 0.5, 90_000);
      expect(order).toMatchObject({ filled: 0.5, average: 90_010 });
      const [trade] = await me.fetchMyTrades(BTC);
      expect(trade).toMatchObject({
        order: idOf(order),
        side: "buy",
        price: 90_010,
        amount: 0.5,
        takerOrMaker: "taker",
      });
      // 4.5 bp to the venue and 1 bp to the client's own builder, which it adds a second time.
      expect(trade?.info).toMatchObject({ fee: "24.75275", builderFee: "4.5005" });
      expect(trade?.fee?.cost).toBeCloseTo(29.25325, 6);
      const [position] = await me.fetchPositions([BTC]);
      expect(position).toMatchObject({
        symbol: BTC,
        side: "long",
        contracts: 0.5,
        entryPrice: 90_010,
        marginMode: "cross",
      });
      const balance = await me.fetchBalance();
      expect(balance.total).toMatchObject({ USDC: expect.any(Number) });
      expect((await me.fetchClosedOrders(BTC)).map((o) => o.status)).toEqual(["closed"]);
      await me.createOrder(BTC, "market", "sell", 0.5, 90_000, { reduceOnly: true });
      expect(await me.fetchPositions([BTC])).toEqual([]);
    });

    test("an Ioc order that meets a part of it", async () => {
      const order = await me.createOrder(SIM, "limit", "buy", 1, 30.01, { timeInForce: "IOC" }).catch((error) => error);
      // Nothing on that dex yet: a HIP-3 dex has its own collateral.
      expect(order.constructor.name).toBe("InsufficientFunds");
      venue.fund(address(), 10_000, 1);
      expect(await me.createOrder(SIM, "limit", "buy", 1, 30.01, { timeInForce: "IOC" })).toMatchObject({
        filled: 1,
        average: 30.01,
      });
      expect(await me.fetchPositions([SIM])).toMatchObject([{ symbol: SIM, contracts: 1 }]);
      const balance = await me.fetchBalance({ dex: "sim" });
      expect(balance.USDC?.total).toBeCloseTo(10_000, 0);
    });

    test("several orders at once, and several cancels by id and client id", async () => {
      const cloids = [nextCloid(), nextCloid(), nextCloid()];
      const placed = await me.createOrders(
        cloids.map((clientOrderId, i) => ({
          symbol: BTC,
          type: "limit" as const,
          side: "buy" as const,
          amount: 0.01,
          price: 88_000 + i,
          params: { postOnly: true, clientOrderId },
        })),
      );
      expect(ids(await me.fetchOpenOrders(BTC))).toEqual(ids(placed));
      await me.cancelOrders([idOf(placed[0]), idOf(placed[1])], BTC);
      expect((await me.fetchOpenOrders(BTC)).map(idOf)).toEqual([idOf(placed[2])]);
      await me.cancelOrder("", BTC, { clientOrderId: cloids[2] });
      expect(await me.fetchOpenOrders(BTC)).toEqual([]);
    });

    test("a stop on a position, and a bracket", async () => {
      await me.createOrder(BTC, "market", "buy", 0.1, 90_000);
      await me.createOrder(BTC, "market", "sell", 0.1, 80_000, { stopLossPrice: 85_000, reduceOnly: true });
      const [stop] = await me.fetchOpenOrders(BTC);
      expect(stop).toMatchObject({ stopLossPrice: 85_000, reduceOnly: true, side: "sell" });
      await me.cancelOrder(idOf(stop), BTC);
      await me.createOrder(BTC, "limit", "buy", 0.1, 89_000, {
        stopLoss: { triggerPrice: 80_000, type: "market" },
        takeProfit: { triggerPrice: 99_000, type: "market" },
      });
      await me.cancelOrders((await me.fetchOpenOrders(BTC)).map(idOf), BTC);
      expect(await me.fetchOpenOrders(BTC)).toEqual([]);
    });
  });

  describe("accounts", () => {
    test("leverage, margin mode, margin in and out", async () => {
      await me.setLeverage(7, BTC, { marginMode: "cross" });
      await me.setMarginMode("isolated", BTC, { leverage: 5 });
      await me.createOrder(BTC, "market", "buy", 0.1, 90_000);
      const collateral = async (): Promise<number> => (await me.fetchPositions([BTC]))[0]?.collateral as number;
      const before = await collateral();
      expect((await me.fetchPositions([BTC]))[0]).toMatchObject({ leverage: 5, marginMode: "isolated" });
      await me.addMargin(BTC, 100);
      expect((await collateral()) - before).toBeCloseTo(100, 6);
      await me.reduceMargin(BTC, 50);
      expect((await collateral()) - before).toBeCloseTo(50, 6);
    });

    test("fee, transfers, ledger, requests for sale", async () => {
      expect(await me.fetchTradingFee(BTC)).toMatchObject({ maker: 0.00015, taker: 0.00045 });
      await me.transfer("USDC", 1_000, "swap", "spot");
      const spot = await me.fetchBalance({ type: "spot" });
      expect(spot.USDC).toMatchObject({ total: 1_000, used: 0 });
      await me.transfer("USDC", 400, "spot", "swap");
      expect((await me.fetchBalance()).USDC?.total).toBe(99_400);
      const ledger = await me.fetchLedger();
      expect(ledger.length).toBe(3);
      expect(await me.fetchDeposits()).toMatchObject([{ amount: 100_000, info: { delta: { usdc: "100000.0" } } }]);
      await me.withdraw("USDC", 10, address());
      expect((await me.fetchWithdrawals()).length).toBe(1);
      await me.reserveRequestWeight(10);
    });

    test("funding that was paid", async () => {
      await me.createOrder(BTC, "market", "buy", 0.5, 90_000);
      venue.advance(3_650_000);
      const rows = await me.fetchFundingHistory(BTC);
      expect(rows[0]).toMatchObject({ symbol: BTC, code: "USDC" });
    });

    test("the builder that ccxt approves is charged with each order; a second client finds it approved", async () => {
      await me.createOrder(BTC, "limit", "buy", 0.01, 89_000);
      const { info, address: user } = nkClients(venue, accountNumber);
      const builder = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6";
      expect(await info.maxBuilderFee({ user, builder })).toBe(10);
    });

    test("an API wallet signs for its account; it approves no builder and none is charged", async () => {
      const agentNumber = 40_000 + accountNumber;
      const { exchange, info, address: user } = nkClients(venue, accountNumber);
      await exchange.approveAgent({ agentAddress: privateKeyToAccount(keyOf(agentNumber)).address, agentName: "ccxt" });
      const robot = ccxtClient(venue, accountNumber, agentNumber);
      const order = await robot.createOrder(BTC, "limit", "buy", 0.01, 89_000, { postOnly: true });
      expect((await robot.fetchOpenOrders(BTC)).map(idOf)).toEqual([idOf(order)]);
      await robot.createOrder(BTC, "market", "buy", 0.01, 90_000);
      const [fill] = await info.userFills({ user });
      expect(fill).not.toHaveProperty("builderFee");
      await robot.cancelOrder(idOf(order), BTC);
      // What an agent may not sign is said in the venue's words.
      expect((await thrownBy(robot.withdraw("USDC", 10, address()))).name).toMatch(/InvalidOrder|ExchangeError/);
    });

    test("a sub-account: made, funded, traded for", async () => {
      venue.venue.accountOf(address()).volumeUsd = 200_000_000_000;
      const made = await me.createSubAccount("second");
      const sub = made.response.data as string;
      await me.transfer("USDC", 1_000, "main", sub);
      // The master's word for its builder is not the sub-account's, and a sub-account cannot give one: only orders without a builder pass.
      const refused = await thrownBy(me.createOrder(BTC, "limit", "buy", 0.001, 89_000, { vaultAddress: sub }));
      expect(refused.message).toContain("Builder fee has not been approved.");
      me.handleBuilderFeeApproval = async () => true;
      me.options.approvedBuilderFee = false;
      const order = await me.createOrder(BTC, "limit", "buy", 0.001, 89_000, { vaultAddress: sub });
      expect((await me.fetchOpenOrders(BTC, undefined, undefined, { user: sub })).map(idOf)).toEqual([idOf(order)]);
      await me.cancelOrder(idOf(order), BTC, { vaultAddress: sub });
      await me.transfer("USDC", 1_000, sub, "main");
    });
  });

  describe("error classes", () => {
    const rows: [name: string, call: (c: Ccxt) => Promise<unknown>, type: string, text: string][] = [
      [
        "under $10",
        (c) => c.createOrder(BTC, "limit", "buy", 0.0001, 80_000),
        "InvalidOrder",
        "Order must have minimum value of $10. asset=0",
      ],
      [
        "no margin",
        (c) => c.createOrder(BTC, "limit", "buy", 1_000, 89_000),
        "InsufficientFunds",
        "Insufficient margin to place order. asset=0",
      ],
      [
        "reduce-only when flat",
        (c) => c.createOrder(BTC, "limit", "sell", 0.01, 90_010, { reduceOnly: true }),
        "InvalidOrder",
        "Reduce only order would increase position. asset=0",
      ],
      [
        "post-only that crosses",
        (c) => c.createOrder(BTC, "limit", "buy", 0.01, 90_010, { postOnly: true }),
        "InvalidOrder",
        "Post only order would have immediately matched, bbo was 89990@90010. asset=0",
      ],
      [
        "Ioc that meets nothing",
        (c) => c.createOrder(BTC, "limit", "buy", 0.01, 90_000, { timeInForce: "IOC" }),
        "InvalidOrder",
        "Order could not immediately match against any resting orders. asset=0",
      ],
      [
        "a price far away",
        (c) => c.createOrder(BTC, "limit", "buy", 1, 100),
        "ExchangeError",
        "Order price cannot be more than 95% away from the reference price",
      ],
      [
        "cancel of nothing",
        (c) => c.cancelOrder("5", BTC),
        "OrderNotFound",
        "Order was never placed, already canceled, or filled. asset=0",
      ],
      ["order that is unknown", (c) => c.fetchOrder("5", BTC), "OrderNotFound", '{"status":"unknownOid"}'],
      [
        "edit of nothing",
        (c) => c.editOrder("5", BTC, "limit", "buy", 0.01, 89_000),
        "ExchangeError",
        "Cannot modify canceled or filled order",
      ],
      [
        "a dead man's switch too early",
        (c) => c.cancelAllOrdersAfter(60_000),
        "ExchangeError",
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $",
      ],
      [
        "an edit that would take",
        async (c) => {
          const order = await c.createOrder(BTC, "limit", "buy", 0.01, 89_000);
          return c.editOrder(idOf(order), BTC, "limit", "buy", 0.01, 90_010);
        },
        "InvalidOrder",
        "Error placing new order during modify: Post only order would have immediately matched, bbo was 89990@90010.",
      ],
      [
        "too much to withdraw",
        (c) => c.withdraw("USDC", 10_000_000, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
        "InsufficientFunds",
        "Insufficient balance for withdrawal",
      ],
      [
        "an unknown sub-account",
        (c) => c.transfer("USDC", 1, "main", "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"),
        "ExchangeError",
        "Invalid sub-account transfer from 0x",
      ],
    ];
    test.each(rows)("%s", async (_, call, type, text) => {
      const error = await thrownBy(call(me));
      expect([error.name, error.message]).toEqual([type, expect.stringContaining(text)]);
    });

    test("a signer that nobody knows", async () => {
      const stranger = ccxtClient(venue, 9_999);
      const error = await thrownBy(stranger.createOrder(BTC, "limit", "buy", 0.01, 89_000));
      expect([error.name, error.message]).toEqual(["InvalidOrder", expect.stringContaining("User or API Wallet 0x")]);
    });

    test("a spent budget is a rate limit", async () => {
      await me.createOrder(BTC, "limit", "buy", 0.01, 89_000);
      venue.venue.accountOf(address()).limiter.usedCount = 10_000;
      const error = await thrownBy(me.createOrder(BTC, "limit", "buy", 0.01, 89_000));
      expect([error.name, error.message]).toEqual([
        "RateLimitExceeded",
        expect.stringMatching(
          /Too many cumulative requests sent \(\d+ > 9999\) for cumulative volume traded \$0\.00\./,
        ),
      ]);
    });
  });

  test("a mainnet signature works where the venue is mainnet", async () => {
    const mainnet = new ExchangeFixture({ chain: "Mainnet" });
    try {
      const client = ccxtFunded(mainnet, 1);
      await client.createOrder(BTC, "limit", "buy", 0.01, 88_000);
      await client.transfer("USDC", 1, "swap", "spot");
      expect((await client.fetchOpenOrders(BTC)).length).toBe(1);
    } finally {
      mainnet.stop();
    }
  });

  test("two clients see the same order", async () => {
    const other = nkFunded(venue, accountNumber, 1);
    const order = await me.createOrder(BTC, "limit", "buy", 0.01, 89_000);
    expect((await other.info.openOrders({ user: other.address })).map((o) => String(o.oid))).toEqual([idOf(order)]);
  });
});
