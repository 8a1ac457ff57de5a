import { describe, expect, test } from "bun:test";
import type {
  FrontendOpenOrdersResponse,
  HistoricalOrdersResponse,
  OpenOrdersResponse,
  OrderStatusResponse,
  UserFillsResponse,
} from "@nktkas/hyperliquid/api/info";
import { CLOID, Desk, key, OID, ONE, T0, TWO, traded } from "../fixtures/exchange.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

// Expected answers have the types that @nktkas/hyperliquid declares: the compiler checks their shape, the test their values.

describe("orders", () => {
  const resting = {
    coin: "AAA",
    side: "A",
    limitPx: "30.0",
    sz: "1.0",
    oid: OID + 1,
    timestamp: T0 + 70,
    origSz: "2.0",
    cloid: CLOID,
  } as const;

  test("open ones: a trigger is a plain reduce-only row", () => {
    const desk = traded();
    const one: OpenOrdersResponse = [resting];
    expect(desk.info({ type: "openOrders", user: ONE })).toEqual(one);
    const two: OpenOrdersResponse = [
      {
        coin: "AAA",
        side: "A",
        limitPx: "33.0",
        sz: "1.0",
        oid: OID + 3,
        timestamp: T0 + 210,
        origSz: "1.0",
        reduceOnly: true,
      },
    ];
    expect(desk.info({ type: "openOrders", user: TWO })).toEqual(two);
    expect(desk.info({ type: "openOrders", user: ONE, dex: "xyz" })).toEqual([]);
  });

  test("for frontends: with condition, kind and children", () => {
    const desk = traded();
    const one: FrontendOpenOrdersResponse = [
      {
        ...resting,
        triggerCondition: "N/A",
        isTrigger: false,
        triggerPx: "0.0",
        children: [],
        isPositionTpsl: false,
        reduceOnly: false,
        orderType: "Limit",
        tif: "Gtc",
      },
    ];
    expect(desk.info({ type: "frontendOpenOrders", user: ONE })).toEqual(one);
    expect(desk.info({ type: "frontendOpenOrders", user: TWO })).toMatchObject([
      {
        triggerCondition: "Price above 33",
        isTrigger: true,
        triggerPx: "33.0",
        orderType: "Take Profit Market",
        tif: null,
        cloid: null,
        reduceOnly: true,
      },
    ]);
  });

  test("a status has the size of its last change, by oid and by client id", () => {
    const desk = traded();
    const byOid = desk.info({ type: "orderStatus", user: ONE, oid: OID + 1 }) as OrderStatusResponse;
    expect(byOid).toMatchObject({
      status: "order",
      order: { status: "open", statusTimestamp: T0 + 70, order: { sz: "2.0", origSz: "2.0", cloid: CLOID } },
    });
    expect(desk.info({ type: "orderStatus", user: ONE, oid: CLOID })).toEqual(byOid);
    expect(desk.info({ type: "orderStatus", user: TWO, oid: OID + 1 })).toEqual({ status: "unknownOid" });
    desk.act(key("1"), { type: "cancel", cancels: [{ a: 0, o: OID + 1 }] });
    expect(desk.info({ type: "orderStatus", user: ONE, oid: CLOID })).toMatchObject({
      order: { status: "canceled", statusTimestamp: T0 + 280, order: { sz: "1.0" } },
    });
  });

  test("an order that rests is answered for although 2,000 newer ones have come", () => {
    const desk = traded();
    const refused = orderAction(...Array.from({ length: 200 }, () => limit(0, "buy", "1", "30", "Alo")));
    for (let i = 0; i < 10; i++) desk.act(key("2"), refused);
    const other = orderAction(...Array.from({ length: 200 }, () => limit(0, "sell", "1", "20", "Ioc")));
    for (let i = 0; i < 10; i++) desk.act(key("1"), other);
    for (const oid of [OID + 1, CLOID])
      expect(desk.info({ type: "orderStatus", user: ONE, oid })).toMatchObject({
        status: "order",
        order: { status: "open", statusTimestamp: T0 + 70, order: { sz: "2.0", oid: OID + 1 } },
      });
    expect((desk.info({ type: "historicalOrders", user: ONE }) as unknown[]).length).toBe(2_000);
  });

  test("history has a row for each status, the newest first, rejections too", () => {
    const desk = traded();
    desk.act(key("2"), orderAction(limit(0, "buy", "1", "30", "Alo")));
    const history = desk.info({ type: "historicalOrders", user: TWO }) as HistoricalOrdersResponse;
    expect(history.map((row) => [row.order.oid - OID, row.status, row.order.sz])).toEqual([
      [4, "badAloPxRejected", "1.0"],
      [3, "open", "1.0"],
      [2, "filled", "0.0"],
      [2, "open", "1.0"],
    ]);
  });

  test("fills of both sides", () => {
    const desk = traded();
    const [one] = desk.info({ type: "userFills", user: ONE }) as UserFillsResponse;
    const [two] = desk.info({ type: "userFills", user: TWO }) as UserFillsResponse;
    const expected: UserFillsResponse[0] = {
      coin: "AAA",
      px: "30.0",
      sz: "1.0",
      side: "A",
      time: T0 + 140,
      startPosition: "0.0",
      dir: "Open Short",
      closedPnl: "0.0",
      hash: two?.hash as `0x${string}`,
      oid: OID + 1,
      crossed: false,
      fee: "0.0045",
      tid: two?.tid as number,
      cloid: CLOID,
      feeToken: "USDC",
      twapId: null,
    };
    expect(one).toEqual(expected);
    expect(two).toMatchObject({ side: "B", dir: "Open Long", crossed: true, fee: "0.0135", oid: OID + 2 });
    expect(two).not.toHaveProperty("cloid");
    const since = (startTime: number): unknown => desk.info({ type: "userFillsByTime", user: ONE, startTime });
    expect([since(T0 + 140), since(T0 + 141)]).toEqual([[one], []]);
    const until = (endTime: number): unknown =>
      desk.info({ type: "userFillsByTime", user: ONE, startTime: T0, endTime });
    expect([until(T0 + 140), until(T0 + 139)]).toEqual([[one], []]);
  });

  test("fills of one order in one block are summed on request", () => {
    const desk = new Desk();
    desk.fund("1");
    desk.fund("2");
    desk.act(key("1"), orderAction(limit(0, "sell", "1", "30"), limit(0, "sell", "2", "31")));
    desk.act(key("2"), orderAction(limit(0, "buy", "3", "31", "Ioc")));
    const plain = desk.info({ type: "userFills", user: TWO }) as UserFillsResponse;
    expect(plain.map((fill) => [fill.px, fill.sz, fill.startPosition])).toEqual([
      ["31.0", "2.0", "1.0"],
      ["30.0", "1.0", "0.0"],
    ]);
    const summed = desk.info({ type: "userFills", user: TWO, aggregateByTime: true }) as UserFillsResponse;
    expect(summed).toMatchObject([{ px: "30.666667", sz: "3.0", startPosition: "0.0", fee: "0.0414" }]);
    // The makers' two orders stay two fills.
    expect((desk.info({ type: "userFills", user: ONE, aggregateByTime: true }) as unknown[]).length).toBe(2);
  });
});
