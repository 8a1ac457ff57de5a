import { expect, setDefaultTimeout, test } from "bun:test";
import { type DayOptions, type DayResult, liveDay } from "../../src/run/live_day.ts";
import { caseRows } from "../../src/run/live_day_table.ts";

// Twenty simulated minutes take some seconds of an idle core; a busy machine takes longer.
setDefaultTimeout(240_000);

/** What must hold of every stretch of trading in which nothing goes wrong. Prints everything about the day when it does not. */
function expectClean(day: DayResult): void {
  const { report, market, requests } = day;
  const live = report.live as NonNullable<typeof report.live>;
  const said = caseRows(day).join("\n");
  const both = {
    ledger: live.ledger,
    money: Math.abs(day.venuePnlUsd - Number(market.pnl_usd.total)) < 1e-6,
    requests: requests.used,
    exposure: market.max_exposure_ratio <= 1,
    missing: day.moneyMissing.split(" ").every((x) => Number(x) === 0),
  };
  expect(both, said).toEqual({
    ledger: {
      usd: { ours: live.ledger?.usd.venue as string, venue: live.ledger?.usd.venue as string, difference: "0" },
      positions: live.ledger?.positions.map((p) => ({ ...p, ours: p.venue })) as never,
      requests: { ours: requests.used, venue: requests.used, difference: 0, unanswered: 0 },
      equal: true,
      note: null,
    },
    money: true,
    requests: market.requests.total,
    exposure: true,
    missing: true,
  });
  expect(day.replay, said).toMatchObject({ equal: true, difference: null, intents: market.intent_count });
  expect(market.pnl_usd.residual, said).toBe("0");
  expect(market.quota.drift_count, said).toBe(0);
  expect(live, said).toMatchObject({
    problems: [],
    missed_fills: 0,
    found_orders: 0,
    actions: { timed_out: 0, late_answers: 0, via_http: 0 },
    end: { confirmed: true, orders_left: 0 },
  });
  expect(day.ordersLeft, said).toBe(0);
  // Each fill leaves its side empty for a loop when one order stood there: that much, and nothing else.
  const gaps = (market.fills * 0.6) / market.duration_s;
  expect(market.two_sided_ratio as number, said).toBeGreaterThan(0.997 - gaps);
}

async function lived(options: DayOptions): Promise<DayResult> {
  const day = await liveDay(options);
  expectClean(day);
  return day;
}

test("twenty minutes where requests are plenty: books agree, two sides stand, nothing is chased", async () => {
  const { market } = await lived({ world: "pays", account: "full", hours: 1 / 3, seed: 1 });
  expect(market.fills).toBeGreaterThan(20);
  // With its own quotes in the market that it follows it took 13,300 an hour, without 9,250.
  expect(market.requests.total / market.duration_s).toBeLessThan(11_000 / 3_600);
});

test.each(["pays", "hip3-mirror"])(
  "twenty minutes of %s with 7 % of the requests left: slower, and never spent",
  async (world) => {
    const { market, requests, venue } = await lived({ world, account: "seven", hours: 1 / 3, seed: 1 });
    expect(market.fills).toBeGreaterThan(4);
    expect(market.quota.mode_s).toMatchObject({ full: 0, throttled: 0 });
    expect(venue.spent).toBe(0);
    expect(requests.used).toBeLessThan(requests.earned + requests.surplusBefore);
    // What is left is made to last: in an hour it would fall by a factor of e at most.
    expect(requests.surplusAfter).toBeGreaterThan(requests.surplusBefore / 2);
  },
);
