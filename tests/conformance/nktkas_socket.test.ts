/**
 * @nktkas/hyperliquid listens to the local exchange: every subscription that a maker uses, actions over the socket, and a connection that ends.
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  ExchangeClient,
  InfoClient,
  SubscriptionClient,
  WebSocketRequestError,
  WebSocketTransport,
} from "@nktkas/hyperliquid";
import { ExchangeFixture, until } from "../fixtures/loopback_exchange.ts";
import { limit, type NkClients, nextCloid, nkFunded, refusalOf } from "../fixtures/nktkas.ts";
import { TypeWitness } from "../fixtures/nktkas_types.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const [BTC, SIM_HYPE] = [0, 110_000];

describe.skipIf(!enabled)("@nktkas/hyperliquid on a socket (needs MMBIN_PROCESS_TESTS=1)", () => {
  const witness = new TypeWitness();
  let venue: ExchangeFixture;
  let transport: WebSocketTransport;
  let subs: SubscriptionClient;
  let me: NkClients;
  let accountNumber = 400;

  beforeAll(() => {
    venue = new ExchangeFixture();
  });
  afterAll(() => venue.stop());
  beforeEach(async () => {
    accountNumber += 1;
    me = nkFunded(venue, accountNumber);
    venue.clearBooks();
    venue.house("BTC", true, "89990", "1");
    venue.house("BTC", false, "90010", "1");
    venue.house("sim:HYPE", true, "29.9", "1000");
    venue.house("sim:HYPE", false, "30.1", "1000");
    await connect();
  });
  afterEach(() => transport.close());

  async function connect(): Promise<void> {
    // One connection after another: the limit is thirty a minute of venue time.
    venue.advance(3_000);
    transport = new WebSocketTransport({ url: venue.ws, isTestnet: true, reconnect: { reconnectionDelay: 1 } });
    await transport.ready();
    subs = new SubscriptionClient({ transport });
  }

  const user = (): { user: `0x${string}` } => ({ user: me.address });
  // The package's own types of these events need the browser's.
  const socketEvents = (): EventTarget => transport.socket as unknown as EventTarget;
  const place = (...orders: ReturnType<typeof limit>[]) => me.exchange.order({ orders, grouping: "na" });
  const ioc = (isBuy: boolean, px: string, sz: string) => limit(BTC, isBuy, px, sz, { tif: "Ioc" });

  test("market data: book, touch, trades, candle, context, mids", async () => {
    const heard: { [name: string]: unknown[] } = {};
    const note = (type: string) => {
      heard[type] = [];
      return (data: unknown) => {
        heard[type]?.push(witness.event(type, data));
      };
    };
    await subs.l2Book({ coin: "BTC" }, note("l2Book"));
    await subs.bbo({ coin: "BTC" }, note("bbo"));
    await subs.trades({ coin: "BTC" }, note("trades"));
    await subs.candle({ coin: "BTC", interval: "1m" }, note("candle"));
    await subs.activeAssetCtx({ coin: "BTC" }, note("activeAssetCtx"));
    await subs.allMids(note("allMids"));
    await subs.assetCtxs(note("assetCtxs"));
    await subs.allDexsAssetCtxs(note("allDexsAssetCtxs"));
    await place(limit(BTC, true, "90000", "0.1"));
    await place(ioc(true, "90010", "0.2"));
    venue.advance(15_000);
    const names = ["l2Book", "bbo", "trades", "candle", "activeAssetCtx", "allMids", "assetCtxs", "allDexsAssetCtxs"];
    await until("every channel spoke", () => names.every((name) => (heard[name]?.length ?? 0) > 0));
    const newest = (name: string): unknown => heard[name]?.at(-1);
    expect(newest("bbo")).toMatchObject({
      coin: "BTC",
      bbo: [
        { px: "90000.0", sz: "0.1", n: 1 },
        { px: "90010.0", sz: "0.8", n: 1 },
      ],
    });
    await until("a book after the orders", () => JSON.stringify(newest("l2Book")).includes('"px":"90000.0"'));
    expect(newest("trades")).toMatchObject([{ coin: "BTC", side: "B", px: "90010.0", sz: "0.2" }]);
    expect((newest("trades") as { users: string[] }[])[0]?.users[0]).toBe(me.address);
    expect(newest("candle")).toMatchObject({ s: "BTC", i: "1m", c: "90010.0" });
    expect(newest("activeAssetCtx")).toMatchObject({ coin: "BTC", ctx: { midPx: "90005.0" } });
    expect(newest("allMids")).toMatchObject({ mids: { BTC: "90005.0" } });
    expect(newest("allMids")).not.toHaveProperty("dex");
    expect((newest("allDexsAssetCtxs") as { ctxs: [string, unknown][] }).ctxs.map(([dex]) => dex)).toEqual(["", "sim"]);
  });

  test("market data of the HIP-3 dex, and books in coarse grids", async () => {
    let mids = "";
    let coarse: unknown = null;
    let book: unknown = null;
    await subs.allMids({ dex: "sim" }, (data) => {
      mids = JSON.stringify(witness.event("allMids", data, "sim"));
    });
    await subs.l2Book({ coin: "sim:HYPE" }, (data) => {
      book = witness.event("l2Book", data, "sim");
    });
    await subs.l2Book({ coin: "BTC", nSigFigs: 5, mantissa: 5 }, (data) => {
      if (data.coin === "BTC") coarse = witness.event("l2Book", data, "coarse");
    });
    venue.advance(6_000);
    await until("all three", () => mids !== "" && coarse !== null && book !== null);
    expect(JSON.parse(mids)).toMatchObject({ dex: "sim", mids: { "sim:HYPE": "30.0" } });
    expect(coarse).toMatchObject({ coin: "BTC", spread: "20.0" });
    expect(book).toMatchObject({
      coin: "sim:HYPE",
      levels: [[{ px: "29.9", sz: "1000.0", n: 1 }], [{ px: "30.1", sz: "1000.0", n: 1 }]],
    });
  });

  test("own orders and fills: what is pushed is what is answered", async () => {
    const updates: { status: string; order: { oid: number; sz: string; cloid?: string } }[] = [];
    const fills: unknown[] = [];
    const events: object[] = [];
    const notes: string[] = [];
    await subs.orderUpdates(user(), (data) => updates.push(...witness.event("orderUpdates", data)));
    await subs.userFills(user(), (data) => fills.push(...witness.event("userFills", data).fills));
    await subs.userEvents(user(), (data) => events.push(witness.event("userEvents", data)));
    await subs.notification(user(), (data) => notes.push(witness.event("notification", data).notification));
    const cloid = nextCloid();
    await place(limit(BTC, true, "89000", "0.1", { tif: "Alo", cloid }));
    await place(ioc(true, "90010", "0.2"));
    await refusalOf(place(limit(BTC, true, "90010", "0.1", { tif: "Alo" })));
    await me.exchange.modify({ oid: cloid, order: limit(BTC, true, "89995", "0.1", { tif: "Alo", cloid }) });
    venue.house("BTC", false, "89995", "0.04", "Ioc");
    venue.house("BTC", false, "89995", "0.06", "Ioc");
    await until("the resting order is filled", () => updates.filter((u) => u.status === "filled").length === 2);
    await until("all fills came", () => fills.length === 3);
    expect(updates.map((u) => [u.status, u.order.sz])).toEqual([
      ["open", "0.1"],
      ["open", "0.2"],
      ["filled", "0.0"],
      ["badAloPxRejected", "0.1"],
      ["canceled", "0.1"],
      ["open", "0.1"],
      ["filled", "0.0"],
    ]);
    expect(updates.filter((u) => u.order.cloid === cloid).length).toBe(4);
    const answered = await me.info.userFills(user());
    const byTid = (a: unknown, b: unknown): number => (a as { tid: number }).tid - (b as { tid: number }).tid;
    expect(fills.sort(byTid)).toEqual(answered.sort(byTid));
    await until("fills among the events", () => events.filter((e) => "fills" in e).length >= 3);
    expect(answered.filter((f) => f.crossed).length).toBe(1);
  });

  test("snapshots come first, in answer to each subscription", async () => {
    await place(ioc(true, "90010", "0.2"));
    await place(limit(BTC, true, "89000", "0.1"));
    // An hour of silence ends a connection: what follows is on a new one.
    await transport.close();
    venue.advance(3_700_000);
    await connect();
    const first: { [name: string]: unknown } = {};
    const keep = (type: string) => (data: unknown) => {
      first[type] ??= witness.event(type, data);
    };
    await subs.userFills(user(), keep("userFills"));
    await subs.userFundings(user(), keep("userFundings"));
    await subs.userNonFundingLedgerUpdates(user(), keep("userNonFundingLedgerUpdates"));
    await subs.userHistoricalOrders(user(), keep("userHistoricalOrders"));
    await subs.openOrders(user(), keep("openOrders"));
    await subs.clearinghouseState(user(), keep("clearinghouseState"));
    await subs.allDexsClearinghouseState(user(), keep("allDexsClearinghouseState"));
    await subs.spotState(user(), keep("spotState"));
    await subs.activeAssetData({ ...user(), coin: "BTC" }, keep("activeAssetData"));
    await subs.twapStates(user(), keep("twapStates"));
    await subs.userTwapHistory(user(), keep("userTwapHistory"));
    await subs.userTwapSliceFills(user(), keep("userTwapSliceFills"));
    await subs.webData2(user(), keep("webData2"));
    await subs.webData3(user(), keep("webData3"));
    venue.advance(6_000);
    await until("every first frame", () => Object.keys(first).length === 14);
    for (const type of ["userFills", "userFundings", "userNonFundingLedgerUpdates", "userHistoricalOrders"])
      expect([type, first[type]]).toMatchObject([type, { isSnapshot: true, user: me.address }]);
    expect((first.userFills as { fills: unknown[] }).fills).toEqual(await me.info.userFills(user()));
    expect((first.openOrders as { orders: unknown[] }).orders).toEqual(await me.info.frontendOpenOrders(user()));
    expect((first.userFundings as { fundings: unknown[] }).fundings.length).toBeGreaterThan(0);
    expect((first.clearinghouseState as { dex: string }).dex).toBe("");
  });

  test("accounts on the HIP-3 dex have frames of their own", async () => {
    const frames: { dex: string; orders: { coin: string }[] }[] = [];
    venue.fund(me.address, 10_000, 1);
    await subs.openOrders({ ...user(), dex: "sim" }, (data) => frames.push(witness.event("openOrders", data, "sim")));
    await me.exchange.order({ orders: [limit(SIM_HYPE, true, "29", "10", { tif: "Alo" })], grouping: "na" });
    await until("the order is listed", () => frames.some((f) => f.orders.length === 1));
    expect(frames.at(-1)).toMatchObject({
      dex: "sim",
      orders: [{ coin: "sim:HYPE", side: "B", limitPx: "29.0", sz: "10.0", tif: "Alo" }],
    });
  });

  test("actions and questions over the socket are answered by id, failures in the venue's words", async () => {
    const exchange = new ExchangeClient({ transport, wallet: me.wallet });
    const info = new InfoClient({ transport });
    const orders = (px: number) => ({
      orders: [limit(BTC, true, String(px), "0.01", { tif: "Alo" as const })],
      grouping: "na" as const,
    });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((i) => exchange.order(orders(80_000 + i))));
    const oids = answers.map(
      (a) => (witness.exchange("order", a).response.data.statuses[0] as { resting: { oid: number } }).resting.oid,
    );
    const open = await info.openOrders(user());
    // Each answer went to its own question: the oid that came back is of the price that was asked for.
    expect(oids.map((oid) => open.find((o) => o.oid === oid)?.limitPx)).toEqual(
      [1, 2, 3, 4, 5].map((i) => `${80_000 + i}.0`),
    );
    expect(await refusalOf(exchange.order(orders(90_010)))).toBe(
      "Order 0: Post only order would have immediately matched, bbo was 89990@90010. asset=0",
    );
    await exchange.cancel({ cancels: oids.map((o) => ({ a: BTC, o })) });
    expect(await info.openOrders(user())).toEqual([]);
    expect((await info.l2Book({ coin: "BTC" }))?.levels[0][0]).toEqual({ px: "89990.0", sz: "1.0", n: 1 });
    const failed = await transport.request("info", { type: "nothing" }).catch((error) => error);
    expect(failed).toBeInstanceOf(WebSocketRequestError);
    expect((failed as Error).message).toMatch(/^(422|Error parsing JSON into valid websocket request)/);
  });

  test("a subscription is acknowledged once, and its end too", async () => {
    const seen: number[] = [];
    const one = await subs.bbo({ coin: "BTC" }, (data) => seen.push(data.time));
    const two = await subs.bbo({ coin: "BTC" }, () => {});
    await two.unsubscribe();
    await one.unsubscribe();
    const count = seen.length;
    await place(limit(BTC, true, "90005", "0.1"));
    await subs.bbo({ coin: "ETH" }, () => {});
    expect(seen.length).toBe(count);
  });

  test("an unknown coin ends the connection without a word", async () => {
    let closed = 0;
    socketEvents().addEventListener("close", () => {
      closed += 1;
    });
    const failed = await subs.trades({ coin: "btc" }, () => {}).catch((error) => error);
    expect(failed).toBeInstanceOf(WebSocketRequestError);
    await until("the connection ended", () => closed > 0);
  });

  test("after a lost connection the client subscribes again and misses nothing that a snapshot holds", async () => {
    const fills = new Map<number, string>();
    const updates: string[] = [];
    await subs.userFills(user(), (data) => {
      for (const fill of data.fills) fills.set(fill.tid, fill.sz);
    });
    await subs.orderUpdates(user(), (data) => updates.push(...data.map((u) => u.status)));
    await place(ioc(true, "90010", "0.01"));
    await until("the first fill", () => fills.size === 1);
    let opened = 0;
    socketEvents().addEventListener("open", () => {
      opened += 1;
    });
    venue.disconnect();
    await place(ioc(true, "90010", "0.02"));
    await until("connected again", () => opened === 1);
    await until("the fill that was missed", () => fills.size === 2);
    await place(ioc(true, "90010", "0.03"));
    await until("the next fill", () => fills.size === 3);
    expect([...fills.values()]).toEqual(["0.01", "0.02", "0.03"]);
    expect(updates.at(-1)).toBe("filled");
  });

  test("a connection to which nothing is sent for a minute ends; pings keep it", async () => {
    let closed = 0;
    socketEvents().addEventListener("close", () => {
      closed += 1;
    });
    for (let i = 0; i < 4; i++) {
      venue.advance(40_000);
      const ponged = new Promise<void>((resolve) =>
        socketEvents().addEventListener("message", (e) => {
          if (String((e as MessageEvent).data) === '{"channel":"pong"}') resolve();
        }),
      );
      transport.socket.send('{"method":"ping"}');
      await ponged;
    }
    expect(closed).toBe(0);
    venue.advance(61_000);
    await until("closed", () => closed === 1);
  });

  test("all frames are of the declared types", async () => {
    expect(witness.count).toBeGreaterThan(60);
    expect(await witness.differences()).toEqual([]);
  });
});
