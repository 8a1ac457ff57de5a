import { describe, expect, test } from "bun:test";
import { actionWeight, answerWeight, IpLimiter, infoWeight } from "../../src/exchange/ip_limiter.ts";
import { Desk, key } from "../fixtures/exchange.ts";
import { limit, orderAction, user } from "../fixtures/venue.ts";

test.each([
  ["l2Book", 2],
  ["allMids", 2],
  ["clearinghouseState", 2],
  ["orderStatus", 2],
  ["spotClearinghouseState", 2],
  ["exchangeStatus", 2],
  ["userRole", 60],
  ["meta", 20],
  ["userFills", 20],
  ["constructor", 20],
  ["", 20],
])("the question %s weighs %i", (type, weight) => {
  expect(infoWeight(type)).toBe(weight);
});

test.each([
  ["recentTrades", 19, 0],
  ["recentTrades", 20, 1],
  ["userFills", 2_000, 100],
  ["userFillsByTime", 500, 25],
  ["historicalOrders", 45, 2],
  ["fundingHistory", 500, 25],
  ["userFunding", 40, 2],
  ["userNonFundingLedgerUpdates", 40, 2],
  ["candleSnapshot", 59, 0],
  ["candleSnapshot", 5_000, 83],
  ["meta", 500, 0],
])("an answer to %s of %i items adds %i", (type, items, weight) => {
  expect(answerWeight(type, items)).toBe(weight);
});

test.each([
  [0, 1],
  [1, 1],
  [39, 1],
  [40, 2],
  [200, 6],
])("an action of %i items weighs %i", (items, weight) => {
  expect(actionWeight(items)).toBe(weight);
});

test("weight leaves after sixty seconds; what is refused weighs nothing; what an answer adds may go beyond", () => {
  const limiter = new IpLimiter(100);
  const s = 1e6;
  expect([limiter.take(60, 0), limiter.take(40, 30 * s), limiter.take(1, 59 * s)]).toEqual([true, true, false]);
  expect([limiter.take(61, 60 * s), limiter.take(60, 60 * s), limiter.take(1, 60 * s)]).toEqual([false, true, false]);
  limiter.charge(500, 61 * s);
  expect([limiter.take(1, 120 * s), limiter.take(1, 121 * s), limiter.take(1, 1e6 * s)]).toEqual([false, true, true]);
});

describe("over HTTP", () => {
  const limited = (): Desk => new Desk({}, { ipLimits: true });

  test("sixty heavy questions a minute, then 429 until time has passed", () => {
    const desk = limited();
    for (let i = 0; i < 60; i++) expect(desk.post("/info", { type: "meta" })?.status).toBe(200);
    expect(desk.post("/info", { type: "meta" })).toEqual({
      status: 429,
      contentType: "application/json",
      text: "null",
    });
    expect(desk.post("/exchange", {})?.status).toBe(429);
    desk.bench.steps(Math.ceil(61_000 / 70));
    expect(desk.post("/info", { type: "meta" })?.status).toBe(200);
  });

  test("actions weigh one, and the venue is not asked when there is no weight left", () => {
    const desk = limited();
    desk.fund("1");
    const envelope = desk.envelope(key("1"), orderAction(limit(0, "buy", "1", "20")));
    for (let i = 0; i < 20; i++) desk.post("/info", { type: "userRole", user: user("1") });
    expect(desk.post("/exchange", envelope)?.status).toBe(429);
    expect(desk.bench.venue.pendingCount).toBe(0);
  });

  test("without limits nothing is refused", () => {
    const desk = new Desk();
    for (let i = 0; i < 100; i++) expect(desk.post("/info", { type: "meta" })?.status).toBe(200);
  });

  test("questions over a socket draw the same weight, actions do not", () => {
    const desk = limited();
    desk.fund("1");
    const ear = desk.ear();
    for (let i = 0; i < 60; i++) desk.post("/info", { type: "meta" });
    ear.say({ method: "post", id: 1, request: { type: "info", payload: { type: "meta" } } });
    ear.say({ method: "post", id: 2, request: { type: "action", payload: desk.envelope(key("1"), { type: "noop" }) } });
    desk.bench.venue.step();
    expect(ear.data("post") as unknown).toEqual([
      { id: 1, response: { type: "error", payload: "429 Too Many Requests" } },
      { id: 2, response: { type: "action", payload: { status: "ok", response: { type: "default" } } } },
    ]);
  });
});
