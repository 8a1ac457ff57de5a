import { afterEach, describe, expect, test } from "bun:test";
import { SLOT } from "../../src/core/order/slots.ts";
import { AccountRun } from "../fixtures/account_run.ts";
import { key } from "../fixtures/exchange.ts";
import { orderAction } from "../fixtures/venue.ts";

const AGREED = [0, 0, 0, 0, 0, 0];
let run = new AccountRun();

async function started(): Promise<AccountRun> {
  run = new AccountRun();
  await run.start();
  return run;
}

/** Whatever a test did: in the end everything agrees and nothing is unknown. */
afterEach(() => {
  expect(run.residuals()).toEqual(AGREED);
  expect(run.slots.views().filter((order) => order.isUnresolved)).toEqual([]);
  expect(run.book.brokenChainCount).toBe(0);
  // Requests under way are not the reconciler's.
  const isUnderWay = run.slots.all.some((slot) => slot.state === SLOT.placing || slot.state === SLOT.cancelling);
  if (!isUnderWay) expect(run.held()).toEqual(run.resting());
});

const told = (r: AccountRun): string[] =>
  r.lines.filter((line) => !/^(position|quota)/.test(line)).map((line) => line.replace(/ fee .*/, ""));

async function reconnect(r: AccountRun): Promise<void> {
  r.connect();
  r.reconciler.reconcile("reconnect");
  await r.settle();
}

describe("what happened while disconnected", () => {
  test("nothing: 62 of weight, and what rests is said to rest", async () => {
    const r = await started();
    const one = r.place(0, "buy", "1", "29");
    r.disconnect();
    await reconnect(r);
    // Two dexs here: 22 more than for one.
    expect(r.reports.at(-1)).toMatchObject({ reason: "reconnect", weight: 84, questionCount: 6, missedFillCount: 0 });
    expect(r.questions).toEqual([
      "frontendOpenOrders",
      "frontendOpenOrders",
      "userFillsByTime",
      "clearinghouseState",
      "clearinghouseState",
      "userRateLimit",
    ]);
    expect(r.lines.slice(-4)).toEqual([
      `resting m0 ${one} leaves 100`,
      "position m0 0",
      "position m1 0",
      "quota 1 of 10000",
    ]);
  });

  test("fills: partial, whole, in both markets, told once though snapshot, push and answer repeat them", async () => {
    const r = await started();
    const [a, b] = [r.place(0, "buy", "2", "29"), r.place(1, "sell", "1", "31")];
    r.hear();
    r.lines.length = 0;
    r.disconnect();
    r.other(0, "sell", "0.5", "29");
    r.other(1, "buy", "1", "31");
    await reconnect(r);
    expect(told(r)).toEqual([`fill m0 ${a} 50@290000`, `fill m1 ${b} -100@310000`, `resting m0 ${a} leaves 150`]);
    expect(r.slots.all).toMatchObject([{ cloid: a, leavesLots: 150, state: SLOT.resting }]);
  });

  test("without a snapshot the answer alone brings the fills, and they are counted as missed", async () => {
    const r = await started();
    r.place(0, "buy", "2", "29");
    r.disconnect();
    r.other(0, "sell", "0.5", "29");
    r.reconciler.reconcile("reconnect");
    await r.settle();
    expect(r.reports.at(-1)?.missedFillCount).toBe(1);
  });

  test("a cancel, and one after a partial fill", async () => {
    const r = await started();
    const [a, b] = [r.place(0, "buy", "2", "29"), r.place(0, "buy", "2", "28")];
    r.hear();
    r.lines.length = 0;
    r.disconnect();
    r.other(0, "sell", "0.5", "29");
    r.cancel(a, 0);
    r.cancel(b, 0);
    await reconnect(r);
    expect(told(r)).toEqual([
      `fill m0 ${a} 50@290000`,
      `cancelled m0 ${a} leaves 150`,
      `settled m0 ${a} leaves 0`,
      `cancelled m0 ${b} leaves 200`,
      `settled m0 ${b} leaves 0`,
    ]);
    expect(r.slots.all).toEqual([]);
  });

  test("a modify whose answer was lost, and one that never arrived", async () => {
    const r = await started();
    const [a, b] = [r.place(0, "buy", "1", "29"), r.place(0, "buy", "1", "28")];
    r.hear();
    r.disconnect();
    const next = r.modify(a, 0, "buy", "2", "29.5", true);
    const never = r.modify(b, 0, "buy", "2", "28.5", false);
    await reconnect(r);
    expect(r.slots.all).toMatchObject([
      { cloid: next, state: SLOT.resting, leavesLots: 200 },
      { cloid: b, state: SLOT.resting, leavesLots: 100 },
    ]);
    const lines = told(r);
    expect(lines.indexOf(`resting m0 ${next} leaves 200`)).toBeLessThan(lines.indexOf(`cancelled m0 ${a} leaves 100`));
    // The other one is told to stand at once, and the request that was lost to be dead when it cannot arrive any more.
    expect(lines.indexOf(`resting m0 ${b} leaves 100`)).toBeGreaterThan(0);
    expect(lines.at(-1)).toBe(`settled m0 ${never} leaves 0`);
  });

  test("a modify that filled before it was heard of", async () => {
    const r = await started();
    const a = r.place(0, "buy", "1", "29");
    r.hear();
    r.disconnect();
    const next = r.modify(a, 0, "buy", "2", "29.5", true);
    r.other(0, "sell", "2", "29.5");
    await reconnect(r);
    expect(told(r)).toContain(`fill m0 ${next} 200@295000`);
    expect(r.slots.all).toEqual([]);
  });

  test("orders of a person: limits are found, triggers and other coins only listed; the run's own that no slot knows are found too", async () => {
    const r = await started();
    r.disconnect();
    r.byHand(
      r.order(0, "buy", "1", "27", "Gtc", null),
      r.order(0, "sell", "1", "40", "Gtc", "0x00000000000000000000000000000007"),
    );
    r.byHand({ ...r.order(0, "buy", "10", "29", "Gtc", null), a: 1 });
    r.other(0, "sell", "1", "30", "Gtc");
    r.byHand(r.order(0, "buy", "1", "30", "Ioc", null));
    const trigger = { isMarket: true, triggerPx: "33", tpsl: "tp" as const };
    r.byHand({ ...r.order(0, "sell", "1", "33", "Gtc", null), r: true, t: { trigger } });
    const lost = r.place(0, "buy", "1", "26");
    r.slots.clear();
    await reconnect(r);
    const found = r.slots.all.map((slot) => slot.cloid);
    expect(found).toHaveLength(3);
    expect(found.filter((cloid) => cloid < 0)).toHaveLength(2);
    expect(found).toContain(lost);
    expect([...r.book.orders.strangers.values()].map((one) => [one.coin, one.isTrigger])).toEqual([
      ["BBB", false],
      ["AAA", true],
    ]);
    expect(r.reports.at(-1)?.foundCount).toBe(3);
    // What is found is managed and heard of like any other.
    r.other(0, "sell", "0.4", "27");
    r.hear();
    expect(r.slots.all.find((slot) => slot.cloid < 0 && slot.leavesLots === 60)).toBeDefined();
    r.reconciler.reconcile("again");
    await r.settle();
    expect(r.reports.at(-1)?.foundCount).toBe(0);
    expect(r.slots.all).toHaveLength(3);
  });

  test("more than 2,000 fills, five in a millisecond, are read page by page", async () => {
    const r = await started();
    r.disconnect();
    const five = [1, 2, 3, 4, 5].map((n) => r.order(0, "sell", "0.4", `30.${n}`, "Gtc", null));
    // Bought from the five, and sold back to one.
    for (let i = 0; i < 350; i++) {
      r.desk.bench.venue.submitHouse({ account: r.house, action: orderAction(...five) });
      r.desk.bench.venue.step();
      r.byHand(r.order(0, "buy", "2", "31", "Ioc", null));
      r.desk.bench.venue.submitHouse({
        account: r.house,
        action: orderAction(r.order(0, "buy", "2", "31", "Gtc", null)),
      });
      r.desk.bench.venue.step();
      r.byHand(r.order(0, "sell", "2", "31", "Ioc", null));
    }
    r.reconciler.reconcile("reconnect");
    await r.settle();
    expect(r.book.ledgers[0]).toMatchObject({ fillCount: 350 * 6, crossedCount: 350 * 6, positionLots: 0 });
    expect(r.reports.at(-1)).toMatchObject({ missedFillCount: 350 * 6, disagreeing: [] });
    // 2,000 of the first page, the rest of the second with what shares its first millisecond.
    expect(r.questions.filter((type) => type === "userFillsByTime")).toHaveLength(2);
    expect(r.reports.at(-1)?.weight).toBe(84 + 20 + 100 + 5);
  }, 30_000);

  test("funding of the hours between is booked once", async () => {
    const r = await started();
    r.other(0, "sell", "5", "30", "Gtc");
    r.byHand(r.order(0, "buy", "5", "30", "Ioc", null));
    r.hear();
    r.disconnect();
    for (let i = 0; i < 130; i++) r.pass(60);
    const before = r.book.ledgers[0]?.fundingUsd;
    await reconnect(r);
    expect(r.book.ledgers[0]?.fundingUsd).not.toBe(before as number);
    expect(r.questions).toContain("userFunding");
    const funding = r.lines.filter((line) => line.startsWith("funding"));
    expect(funding.length).toBeGreaterThanOrEqual(2);
    r.reconciler.reconcile("again");
    await r.settle();
    expect(r.lines.filter((line) => line.startsWith("funding"))).toEqual(funding);
  });
});

describe("answers that never came", () => {
  test("a place that was executed, one that filled, one that was rejected", async () => {
    const r = await started();
    r.disconnect();
    const a = r.place(0, "buy", "1", "29", true);
    r.other(0, "sell", "1", "30", "Gtc");
    const b = r.place(0, "buy", "1", "30", true);
    const c = r.place(1, "sell", "1", "31", true);
    r.other(1, "buy", "1", "31");
    r.reconciler.resolve();
    await r.settle();
    expect(told(r)).toContain(`rejected m0 ${b} leaves 100 post_only_crossed`);
    expect(told(r)).toContain(`settled m0 ${b} leaves 0`);
    expect(r.slots.all).toMatchObject([{ cloid: a, state: SLOT.resting }]);
    expect(told(r)).toContain(`fill m1 ${c} -100@310000`);
    expect(r.reports.at(-1)?.reason).toBeNull();
    expect(r.reports.at(-1)?.weight).toBeLessThanOrEqual(26);
  });

  test("a place that never arrived is asked about until it can arrive no more, then settled", async () => {
    const r = await started();
    const lost = r.register(0, "buy", "1", "29");
    r.slots.timeOut(lost);
    const sentUs = r.clock.nowUs();
    r.reconciler.resolve();
    await r.settle();
    expect(told(r)).toEqual([`settled m0 ${lost} leaves 0`]);
    // Five seconds of life and three of margin; in between it is left alone.
    expect((r.clock.nowUs() - sentUs) / 1e6).toBeGreaterThan(8);
    expect((r.clock.nowUs() - sentUs) / 1e6).toBeLessThan(10);
    expect(r.questions.filter((type) => type === "orderStatus")).toHaveLength(2);
  });

  test("a place that arrived late, after it had been asked about", async () => {
    const r = await started();
    const late = r.register(0, "buy", "1", "29");
    r.slots.timeOut(late);
    r.reconciler.resolve();
    r.onQuestion = ({ type }) => {
      if (type !== "userFillsByTime") return;
      r.onQuestion = () => {};
      r.desk.act(
        key("1"),
        orderAction(r.order(0, "buy", "1", "29", "Alo", `0x123456789abcdef0${late.toString(16).padStart(16, "0")}`)),
      );
    };
    await r.settle();
    expect(r.slots.all).toMatchObject([{ cloid: late, state: SLOT.resting }]);
    expect(told(r)).toEqual([`resting m0 ${late} leaves 100`]);
  });

  test("a cancel that was executed after a partial fill, nothing of it heard", async () => {
    const r = await started();
    const a = r.place(0, "buy", "2", "29");
    r.hear();
    r.disconnect();
    r.other(0, "sell", "0.5", "29");
    r.cancel(a, 0);
    r.slots.slots[0]?.cancel(0, r.clock.nowUs());
    r.slots.timeOut(a);
    r.lines.length = 0;
    r.reconciler.resolve();
    await r.settle();
    expect(told(r)).toEqual([`fill m0 ${a} 50@290000`, `cancelled m0 ${a} leaves 150`, `settled m0 ${a} leaves 0`]);
  });

  test("requests under way are left to whoever sent them", async () => {
    const r = await started();
    r.register(0, "buy", "1", "29");
    const a = r.place(0, "buy", "1", "28");
    r.slots.slots[0]?.cancel(1, r.clock.nowUs());
    r.lines.length = 0;
    r.reconciler.reconcile("by hand");
    await r.settle();
    expect(r.questions).not.toContain("orderStatus");
    expect(told(r)).toEqual([]);
    expect(r.slots.all).toMatchObject([{ state: SLOT.placing }, { cloid: a, state: SLOT.cancelling }]);
  });
});

describe("between the questions", () => {
  const during = (r: AccountRun, type: string, act: () => void): void => {
    r.onQuestion = (request) => {
      if (request.type !== type) return;
      r.onQuestion = () => {};
      act();
    };
  };

  test.each(["frontendOpenOrders", "userFillsByTime", "clearinghouseState", "userRateLimit"])(
    "fills, cancels and new orders at %s",
    async (type) => {
      const r = await started();
      const [a, b] = [r.place(0, "buy", "2", "29"), r.place(0, "buy", "1", "28")];
      r.hear();
      r.disconnect();
      during(r, type, () => {
        r.other(0, "sell", "1", "29");
        r.cancel(b, 0);
      });
      r.connect();
      r.reconciler.reconcile("reconnect");
      await r.settle();
      expect(r.slots.all).toMatchObject([{ cloid: a, leavesLots: 100, state: SLOT.resting }]);
      expect(r.reports.at(-1)?.disagreeing).toEqual([]);
    },
  );

  test("a position that is ahead of the fills is asked for again, not told", async () => {
    const r = await started();
    r.place(0, "buy", "2", "29");
    r.disconnect();
    during(r, "clearinghouseState", () => r.other(0, "sell", "1", "29"));
    r.reconciler.reconcile("by hand");
    await r.settle();
    expect(r.lines.filter((line) => line.startsWith("position m0"))).toEqual(["position m0 100"]);
    expect(r.questions.filter((type) => type === "userFillsByTime")).toHaveLength(2);
  });

  test("an order that ended after the list was made is not found", async () => {
    const r = await started();
    const a = r.place(0, "buy", "2", "29");
    r.slots.clear();
    r.disconnect();
    during(r, "orderStatus", () => r.cancel(a, 0));
    r.reconciler.reconcile("by hand");
    await r.settle();
    expect(r.slots.all).toEqual([]);
  });

  test("a status that is ahead of the fills settles nothing until they are there", async () => {
    const r = await started();
    const a = r.place(0, "buy", "1", "29");
    r.hear();
    r.disconnect();
    r.other(0, "sell", "1", "29");
    const info = r.desk.info.bind(r.desk);
    let asked = 0;
    // The node that answers for fills lags behind the one that answers for orders.
    r.desk.info = (question) => {
      if (typeof question === "string" || (question as { type: string }).type !== "userFillsByTime")
        return info(question);
      asked += 1;
      return asked < 3 ? [] : info(question);
    };
    r.lines.length = 0;
    r.reconciler.reconcile("by hand");
    await r.settle();
    expect(told(r)).toEqual([`fill m0 ${a} 100@290000`, `filled m0 ${a} leaves 0`, `settled m0 ${a} leaves 0`]);
    expect(asked).toBe(3);
  });

  test("one that differs in the end is told, and named", async () => {
    const r = await started();
    const info = r.desk.info.bind(r.desk);
    r.desk.info = (question) => {
      const answer = info(question) as { assetPositions?: object[] };
      const { type, dex } = question as { type: string; dex: string };
      if (type !== "clearinghouseState" || dex !== "xyz") return answer;
      const position = {
        coin: "xyz:AAA",
        szi: "-3.0",
        leverage: { type: "isolated", value: 5 },
        entryPx: "30.0",
        unrealizedPnl: "0.0",
      };
      return { ...answer, assetPositions: [{ position }] };
    };
    r.reconciler.reconcile("by hand");
    await r.settle();
    expect(r.lines.filter((line) => line.startsWith("position"))).toEqual(["position m0 0", "position m1 -300"]);
    expect(r.reports.at(-1)?.disagreeing).toEqual(["xyz"]);
  });

  test("a newer question replaces an older one; one that fails is asked again", async () => {
    const r = await started();
    const before = r.reports.length;
    r.reconciler.reconcile("first");
    r.reconciler.reconcile("second");
    await r.settle();
    expect(r.reports.slice(before).map((report) => report.reason)).toEqual(["second"]);
    let failures = 0;
    r.onQuestion = () => {
      failures += 1;
      if (failures <= 2) throw new Error("no answer");
    };
    r.reconciler.reconcile("third");
    expect(r.reconciler.isBusy).toBe(true);
    await r.settle();
    expect(r.reports.at(-1)?.reason).toBe("third");
    expect(r.problems).toEqual(["what stands at the venue is not known yet: no answer"]);
    expect(r.reconciler.failureCount).toBe(1);
    r.reconciler.close();
    r.reconciler.reconcile("after the end");
    await r.settle(1);
    expect(r.reports.at(-1)?.reason).toBe("third");
  });
});

describe("the start", () => {
  const open = (): AccountRun => {
    run = new AccountRun();
    run.other(0, "sell", "3", "30", "Gtc");
    run.byHand(run.order(0, "buy", "3", "30", "Ioc", null));
    run.byHand(run.order(1, "buy", "1", "28", "Gtc", null));
    return run;
  };

  test("adopts the positions, finds the orders; the past is no news", async () => {
    const r = open();
    r.pass(120);
    r.connect();
    r.reconciler.reconcile("start");
    await r.settle();
    expect(r.lines).toEqual([
      "position m0 300 adopt",
      "position m1 0 adopt",
      expect.stringMatching(/^found m1 -\d+ leaves 100$/),
      "quota 2 of 10090",
    ]);
    expect(r.book.ledgers[0]).toMatchObject({ positionLots: 300, cashUsd: 0, fillCount: 0 });
    r.baseUsd = [r.baseUsd[0] as number, r.baseUsd[1] as number];
    r.baseUsd[0] = (r.baseUsd[0] as number) + r.residuals()[2]! * -1;
  });

  test.each(["frontendOpenOrders", "orderStatus", "userFillsByTime", "clearinghouseState"])(
    "what happens during %s is in the position or in the fills, once",
    async (type) => {
      const r = open();
      r.connect();
      let fills = 0;
      r.onQuestion = (request) => {
        if (request.type !== type || fills > 0) return;
        fills += 1;
        r.other(1, "sell", "0.4", "28");
        r.hear();
      };
      r.reconciler.reconcile("start");
      await r.settle();
      expect(r.book.ledgers[1]?.positionLots).toBe(40);
      expect(r.slots.all).toMatchObject([{ leavesLots: 60 }]);
      // Cash counts from wherever the cut fell.
      r.residuals().forEach((residual, i) => {
        if (i % 3 === 2) r.baseUsd[(i - 2) / 3] = (r.baseUsd[(i - 2) / 3] as number) - residual;
      });
      r.other(1, "sell", "0.6", "28");
      r.hear();
      expect(r.slots.all).toEqual([]);
    },
  );

  test("does not begin while positions and fills do not fit together", async () => {
    const r = open();
    const info = r.desk.info.bind(r.desk);
    let isLagging = true;
    r.desk.info = (question) => {
      const answer = info(question);
      const { type } = question as { type: string };
      return isLagging && type === "clearinghouseState" ? { ...(answer as object), assetPositions: [] } : answer;
    };
    r.connect();
    r.reconciler.reconcile("start");
    await r.settle(8);
    expect(r.book.isAnchored).toBe(false);
    expect(r.problems[0]).toContain("do not fit together");
    isLagging = false;
    await r.settle();
    expect(r.book.isAnchored).toBe(true);
    expect(r.book.ledgers[0]?.positionLots).toBe(300);
    r.baseUsd[0] = (r.baseUsd[0] as number) - (r.residuals()[2] as number);
  });
});
