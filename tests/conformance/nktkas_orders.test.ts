/**
 * @nktkas/hyperliquid trades on the local exchange: placing, changing and cancelling, and what it reads of it afterwards.
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ExchangeFixture } from "../fixtures/loopback_exchange.ts";
import { limit, type NkClients, nextCloid, nkFunded, refusalOf, refusedWith, trigger } from "../fixtures/nktkas.ts";
import { TypeWitness } from "../fixtures/nktkas_types.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const [BTC, HYPE] = [0, 2];
const MISSING = "Order was never placed, already canceled, or filled. asset=0";

describe.skipIf(!enabled)("@nktkas/hyperliquid on orders (needs MMBIN_PROCESS_TESTS=1)", () => {
  const witness = new TypeWitness();
  let venue: ExchangeFixture;
  let me: NkClients;
  let accountNumber = 100;

  beforeAll(() => {
    venue = new ExchangeFixture();
  });
  afterAll(() => venue.stop());
  beforeEach(() => {
    // An account of its own and a fresh book for each test: bid 89990, ask 90010, one bitcoin each.
    accountNumber += 1;
    me = nkFunded(venue, accountNumber);
    venue.clearBooks();
    venue.house("BTC", true, "89990", "1");
    venue.house("BTC", false, "90010", "1");
  });

  const user = (): { user: `0x${string}` } => ({ user: me.address });
  const place = (...orders: ReturnType<typeof limit>[]) => me.exchange.order({ orders, grouping: "na" });
  /** Oid of one order that rests. */
  async function rest(...orders: Parameters<typeof limit>): Promise<number> {
    const status = (await place(limit(...orders))).response.data.statuses[0];
    if (typeof status !== "object" || !("resting" in status))
      throw new Error(`does not rest: ${JSON.stringify(status)}`);
    return status.resting.oid;
  }
  const statusOf = async (oid: number | `0x${string}`) => {
    const answer = witness.info("orderStatus", await me.info.orderStatus({ ...user(), oid }));
    return answer.status === "order" ? answer.order : null;
  };

  test.each(["Alo", "Gtc"] as const)("%s rests and is listed everywhere", async (tif) => {
    const cloid = nextCloid();
    const answer = witness.exchange("order", await place(limit(BTC, true, "89000", "0.01", { tif, cloid })));
    const status = answer.response.data.statuses[0] as { resting: { oid: number; cloid?: string } };
    expect(status.resting.cloid).toBe(cloid);
    const { oid } = status.resting;
    expect(oid).toBeGreaterThan(2 ** 32);
    const open = witness.info("openOrders", await me.info.openOrders(user()));
    expect(open).toEqual([
      {
        coin: "BTC",
        side: "B",
        limitPx: "89000.0",
        sz: "0.01",
        oid,
        timestamp: expect.any(Number),
        origSz: "0.01",
        cloid,
      },
    ]);
    const [frontend] = witness.info("frontendOpenOrders", await me.info.frontendOpenOrders(user()));
    expect(frontend).toEqual({
      coin: "BTC",
      side: "B",
      limitPx: "89000.0",
      sz: "0.01",
      oid,
      timestamp: open[0]?.timestamp as number,
      triggerCondition: "N/A",
      isTrigger: false,
      triggerPx: "0.0",
      children: [],
      isPositionTpsl: false,
      reduceOnly: false,
      orderType: "Limit",
      origSz: "0.01",
      tif,
      cloid,
    });
    expect(await statusOf(oid)).toMatchObject({ status: "open", order: { oid, cloid, tif } });
    expect(await statusOf(cloid)).toMatchObject({ status: "open", order: { oid } });
    expect(await me.info.orderStatus({ ...user(), oid: 5 })).toEqual({ status: "unknownOid" });
    expect(await me.info.openOrders({ ...user(), dex: "sim" })).toEqual([]);
  });

  test("an Ioc fills what is there and drops the rest; the fill, the position and the fee agree", async () => {
    const cloid = nextCloid();
    const answer = witness.exchange("order", await place(limit(BTC, true, "90020", "1.5", { tif: "Ioc", cloid })));
    const status = answer.response.data.statuses[0] as { filled: { totalSz: string; avgPx: string; oid: number } };
    expect(status).toMatchObject({ filled: { totalSz: "1.0", avgPx: "90010.0", cloid } });
    const fills = witness.info("userFills", await me.info.userFills(user()));
    expect(fills).toEqual([
      {
        coin: "BTC",
        px: "90010.0",
        sz: "1.0",
        side: "B",
        time: expect.any(Number),
        startPosition: "0.0",
        dir: "Open Long",
        closedPnl: "0.0",
        hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        oid: status.filled.oid,
        crossed: true,
        // 4.5 bp of 90010.
        fee: "40.5045",
        tid: expect.any(Number),
        feeToken: "USDC",
        twapId: null,
        cloid,
      },
    ]);
    expect(await me.info.openOrders(user())).toEqual([]);
    const state = witness.info("clearinghouseState", await me.info.clearinghouseState(user()));
    expect(state.assetPositions[0]?.position).toMatchObject({ coin: "BTC", szi: "1.0", entryPx: "90010.0" });
    // 100,000 - 90,010 - 40.5045 in cash.
    expect(state.marginSummary.totalRawUsd).toBe("9949.4955");
    const byTime = await me.info.userFillsByTime({ ...user(), startTime: fills[0]?.time as number });
    expect(witness.info("userFillsByTime", byTime)).toEqual(fills);
    expect(await me.info.userFillsByTime({ ...user(), startTime: (fills[0]?.time as number) + 1 })).toEqual([]);
  });

  test("a Gtc that crosses fills, and what remains rests under the same oid", async () => {
    const answer = await place(limit(BTC, true, "90010", "1.5"));
    const status = answer.response.data.statuses[0] as { filled: { totalSz: string; oid: number } };
    expect(status.filled.totalSz).toBe("1.0");
    const open = await me.info.openOrders(user());
    expect(open).toMatchObject([{ oid: status.filled.oid, sz: "0.5", origSz: "1.5", limitPx: "90010.0" }]);
  });

  test("a batch is answered item by item, the good ones are done", async () => {
    const orders = [
      limit(BTC, true, "89000", "0.01", { tif: "Alo" }),
      limit(BTC, true, "90010", "0.01", { tif: "Alo" }),
      limit(BTC, false, "91000", "0.02", { tif: "Alo" }),
    ];
    const error = await refusedWith(place(...orders));
    const alo = "Post only order would have immediately matched, bbo was 89990@90010. asset=0";
    expect(error.message).toBe(`Order 1: ${alo}`);
    const raw = error.response as { response: { data: { statuses: unknown[] } } };
    expect(raw.response.data.statuses).toMatchObject([{ resting: {} }, { error: alo }, { resting: {} }]);
    witness.exchange("order", error.response);
    expect((await me.info.openOrders(user())).map((o) => o.side).sort()).toEqual(["A", "B"]);
    // The refused one had an oid, and it is remembered.
    const history = witness.info("historicalOrders", await me.info.historicalOrders(user()));
    expect(history.map((h) => h.status).sort()).toEqual(["badAloPxRejected", "open", "open"]);
  });

  test("cancels by oid and by client id, and a second time in the venue's words", async () => {
    const cloid = nextCloid();
    const first = await rest(BTC, true, "89000", "0.01", { tif: "Alo" });
    await rest(BTC, true, "89001", "0.01", { tif: "Alo", cloid });
    witness.exchange("cancel", await me.exchange.cancel({ cancels: [{ a: BTC, o: first }] }));
    const answer = await me.exchange.cancelByCloid({ cancels: [{ asset: BTC, cloid }] });
    expect(witness.exchange("cancelByCloid", answer).response).toEqual({
      type: "cancel",
      data: { statuses: ["success"] },
    });
    expect(await me.info.openOrders(user())).toEqual([]);
    expect(await refusalOf(me.exchange.cancel({ cancels: [{ a: BTC, o: first }] }))).toBe(`Order 0: ${MISSING}`);
    expect(await refusalOf(me.exchange.cancelByCloid({ cancels: [{ asset: BTC, cloid }] }))).toBe(
      `Order 0: ${MISSING}`,
    );
    // One row for each status, as users of the live venue found.
    const history = await me.info.historicalOrders(user());
    expect(history.filter((h) => h.order.oid === first).map((h) => h.status)).toEqual(["canceled", "open"]);
    expect(await statusOf(first)).toMatchObject({ status: "canceled" });
    expect(await statusOf(cloid)).toMatchObject({ status: "canceled", order: { limitPx: "89001.0" } });
  });

  test("nobody cancels the order of another account", async () => {
    const oid = await rest(BTC, true, "89000", "0.01");
    const other = nkFunded(venue, 99);
    expect(await refusalOf(other.exchange.cancel({ cancels: [{ a: BTC, o: oid }] }))).toBe(`Order 0: ${MISSING}`);
    expect((await me.info.openOrders(user())).length).toBe(1);
  });

  test("modify gives a new oid, keeps the client id, and says default", async () => {
    const cloid = nextCloid();
    const oid = await rest(BTC, true, "89000", "0.01", { tif: "Alo", cloid });
    const answer = await me.exchange.modify({ oid, order: limit(BTC, true, "89500", "0.02", { tif: "Alo", cloid }) });
    expect(witness.exchange("modify", answer)).toEqual({ status: "ok", response: { type: "default" } });
    const open = await me.info.openOrders(user());
    expect(open).toMatchObject([{ limitPx: "89500.0", sz: "0.02", origSz: "0.02", cloid }]);
    expect(open[0]?.oid).toBeGreaterThan(oid);
    expect((await statusOf(oid))?.status).toBe("canceled");
    expect((await statusOf(cloid))?.order.oid).toBe(open[0]?.oid as number);
    await me.exchange.modify({ oid: cloid, order: limit(BTC, true, "89400", "0.02", { tif: "Alo", cloid }) });
    expect(await me.info.openOrders(user())).toMatchObject([{ limitPx: "89400.0", cloid }]);
  });

  test("batchModify answers like order", async () => {
    const oids = [
      await rest(BTC, true, "89000", "0.01", { tif: "Alo" }),
      await rest(BTC, true, "89001", "0.01", { tif: "Alo" }),
    ];
    const modifies = oids.map((oid, i) => ({
      oid,
      order: limit(BTC, true, String(88_000 + i), "0.01", { tif: "Alo" }),
    }));
    const answer = witness.exchange("batchModify", await me.exchange.batchModify({ modifies }));
    expect(answer.response.type).toBe("order");
    expect(answer.response.data.statuses).toMatchObject([{ resting: {} }, { resting: {} }]);
    expect((await me.info.openOrders(user())).map((o) => o.limitPx).sort()).toEqual(["88000.0", "88001.0"]);
  });

  test("a modify that would cross loses the old order, one of a dead order changes nothing", async () => {
    const oid = await rest(BTC, true, "89000", "0.01", { tif: "Alo" });
    const alo = "Post only order would have immediately matched, bbo was 89990@90010. asset=0";
    const crossing = { oid, order: limit(BTC, true, "90010", "0.01", { tif: "Alo" }) };
    expect(await refusalOf(me.exchange.batchModify({ modifies: [crossing] }))).toContain(
      `Error placing new order during modify: ${alo}`,
    );
    expect(await me.info.openOrders(user())).toEqual([]);
    expect(await refusalOf(me.exchange.modify(crossing))).toContain("Cannot modify canceled or filled order");
    expect(await refusalOf(me.exchange.batchModify({ modifies: [crossing] }))).toContain(
      "Cannot modify canceled or filled order",
    );
  });

  test("a position with its TP and SL: how the children are listed", async () => {
    const orders = [
      limit(BTC, true, "90010", "0.1", { tif: "Gtc" }),
      trigger(BTC, false, "95000", "0.1", "tp", "95000"),
      trigger(BTC, false, "80000", "0.1", "sl", "85000"),
    ];
    const answer = await me.exchange.order({ orders, grouping: "normalTpsl" });
    witness.exchange("order", answer, "normalTpsl");
    expect(answer.response.data.statuses[0]).toMatchObject({ filled: { totalSz: "0.1" } });
    const rows = witness.info("frontendOpenOrders", await me.info.frontendOpenOrders(user()), "tpsl");
    expect(rows.map((r) => [r.orderType, r.triggerCondition, r.isTrigger, r.reduceOnly, r.triggerPx]).sort()).toEqual([
      ["Stop Market", "Price below 85000", true, true, "85000.0"],
      ["Take Profit Market", "Price above 95000", true, true, "95000.0"],
    ]);
    const plain = witness.info("openOrders", await me.info.openOrders(user()), "tpsl");
    expect(plain.map((o) => o.reduceOnly)).toEqual([true, true]);
    await me.exchange.cancel({ cancels: rows.map((r) => ({ a: BTC, o: r.oid })) });
    expect(await me.info.openOrders(user())).toEqual([]);
  });

  test("the mark fires a stop, and that ends the order on the other side", async () => {
    venue.house("HYPE", true, "29.99", "100");
    venue.house("HYPE", false, "30.01", "100");
    const orders = [
      limit(HYPE, true, "30.01", "10", { tif: "Gtc" }),
      trigger(HYPE, false, "33", "10", "tp", "33"),
      trigger(HYPE, false, "25", "10", "sl", "28"),
    ];
    await me.exchange.order({ orders, grouping: "normalTpsl" });
    const rows = await me.info.frontendOpenOrders(user());
    const oidOf = (type: string): number => rows.find((r) => r.orderType === type)?.oid ?? 0;
    const [stop, target] = [oidOf("Stop Market"), oidOf("Take Profit Market")];
    venue.clearHouse();
    venue.house("HYPE", true, "26.99", "100");
    venue.house("HYPE", false, "27.01", "100");
    venue.oracle("HYPE", 27);
    const [fill] = await me.info.userFills(user());
    expect(fill).toMatchObject({ oid: stop, dir: "Close Long", px: "26.99", sz: "10.0", crossed: true });
    expect((await statusOf(stop))?.status).toBe("filled");
    expect((await statusOf(target))?.status).toBe("siblingFilledCanceled");
    expect((await me.info.clearinghouseState(user())).assetPositions).toEqual([]);
  });

  test("children of a parent that rests wait for it and go with it", async () => {
    const orders = [
      limit(BTC, true, "89000", "0.1", { tif: "Gtc" }),
      trigger(BTC, false, "80000", "0.1", "sl", "85000"),
    ];
    const answer = await me.exchange.order({ orders, grouping: "normalTpsl" });
    const [parent, child] = answer.response.data.statuses;
    expect(child).toBe("waitingForFill");
    const { oid } = (parent as { resting: { oid: number } }).resting;
    witness.info("frontendOpenOrders", await me.info.frontendOpenOrders(user()), "parent");
    await me.exchange.cancel({ cancels: [{ a: BTC, o: oid }] });
    expect(await me.info.frontendOpenOrders(user())).toEqual([]);
  });

  test("a stop on the whole position needs no size", async () => {
    await place(limit(BTC, true, "90010", "0.1", { tif: "Ioc" }));
    const answer = await me.exchange.order({
      orders: [trigger(BTC, false, "80000", "0", "sl", "85000")],
      grouping: "positionTpsl",
    });
    expect(witness.exchange("order", answer, "positionTpsl").response.data.statuses).toEqual(["waitingForTrigger"]);
    const rows = witness.info("frontendOpenOrders", await me.info.frontendOpenOrders(user()), "position");
    expect(rows).toMatchObject([{ isPositionTpsl: true, isTrigger: true, orderType: "Stop Market" }]);
    await place(limit(BTC, false, "89990", "0.1", { tif: "Ioc", reduceOnly: true }));
    expect(await me.info.frontendOpenOrders(user())).toEqual([]);
  });

  test("fills of one order in one block are one where that is asked for", async () => {
    venue.house("BTC", false, "90020", "1");
    await place(limit(BTC, true, "90020", "1.5", { tif: "Ioc" }));
    const single = await me.info.userFills(user());
    expect(single.map((f) => [f.px, f.sz])).toEqual([
      ["90020.0", "0.5"],
      ["90010.0", "1.0"],
    ]);
    const together = witness.info("userFills", await me.info.userFills({ ...user(), aggregateByTime: true }));
    expect(together).toMatchObject([
      { sz: "1.5", oid: single[0]?.oid as number, dir: "Open Long", startPosition: "0.0" },
    ]);
    const fee = (rows: typeof single): number => rows.reduce((sum, f) => sum + Math.round(Number(f.fee) * 1e6), 0);
    expect(fee(together)).toBe(fee(single));
  });

  test("a Gtc in place of an order may not take: without the right to place always it is post-only", async () => {
    const oid = await rest(BTC, true, "89000", "0.1");
    const crossing = { oid, order: limit(BTC, true, "90010", "0.1", { tif: "Gtc" }) };
    expect(await refusalOf(me.exchange.modify(crossing))).toContain("Error placing new order during modify: Post only");
    expect(await me.info.openOrders(user())).toEqual([]);
    expect(await me.info.userFills(user())).toEqual([]);
  });

  test("own orders never meet: the resting one goes", async () => {
    venue.clearBooks();
    const oid = await rest(BTC, false, "90005", "0.1");
    expect(await rest(BTC, true, "90005", "0.1")).toBeGreaterThan(oid);
    expect((await statusOf(oid))?.status).toBe("selfTradeCanceled");
    expect(await me.info.userFills(user())).toEqual([]);
  });

  test("all answers are of the declared types", async () => {
    expect(witness.count).toBeGreaterThan(25);
    expect(await witness.differences()).toEqual([]);
  });
});
