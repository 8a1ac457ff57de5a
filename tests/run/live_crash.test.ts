import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Crash, type CrashPoint, spreadCrashes } from "../../src/run/crash_switch.ts";
import { replayJournal } from "../../src/run/replay.ts";
import type { Report } from "../../src/run/report_schema.ts";
import { SECOND } from "../fixtures/live.ts";
import { bookedIn, CrashStage, leaveStages, toldBy } from "../fixtures/live_crash.ts";

setDefaultTimeout(120_000);
afterAll(leaveStages);
const SECONDS = 25;
const AFTER_SECONDS = 20;
/** Requests for quotes in that time; the least of the hundred was 24, of a side that nobody answers for it is none. */
const QUOTES_MIN = 15;

const whole = new CrashStage("pays", 1);
const unhindered = await whole.run(SECONDS);
const counts = unhindered.client.crash.counts;
/** A hundred between the points of a run that trades: where nothing has happened yet, and where it is over, are the first two of each. */
const crashes = spreadCrashes(counts, 100, 7);
/** Three of ten of them here, of every point (they take turns), or all of them where somebody wants to know. */
const isAll = process.env.MMBIN_ALL_CRASHES === "1";
const chosen = crashes.filter((_, i) => isAll || (i % 10) % 3 === 1);

/** What both processes together must come to, whatever was in flight. */
function expectWhole(stage: CrashStage, report: Report): void {
  const { witness } = stage;
  const { account, market } = stage.stage.account;
  expect(report.live?.ledger).toMatchObject({
    equal: true,
    usd: { difference: "0" },
    requests: { difference: 0, unanswered: 0 },
  });
  expect(report.live?.end).toMatchObject({ confirmed: true, orders_left: 0 });
  expect([witness.sins, witness.twins, witness.resting]).toEqual([[], [], []]);
  // Every fill and payment of the venue is in one of the journals, once.
  expect(bookedIn([stage.journal(1), stage.journal(2)])).toEqual(toldBy(witness));
  expect(Number(report.live?.ledger?.positions[0]?.ours) * 10 ** market.szDecimals).toBeCloseTo(
    account.positionLots(market),
    6,
  );
  expect(report.markets[0]?.max_exposure_ratio).toBeLessThanOrEqual(1);
  // What was on its way when the process died holds up no side: nobody answers it any more, and the venue is asked.
  const requests = report.markets[0]?.requests;
  expect((requests?.place ?? 0) + (requests?.modify ?? 0)).toBeGreaterThan(QUOTES_MIN);
  expect(report.live?.problems).toEqual([]);
  // Whoever goes on from a state has its first frames in another journal.
  const { equal, holes } = replayJournal(stage.journal(2));
  expect([equal, holes <= (report.live?.resumed?.state === true ? 1 : 0)]).toEqual([true, true]);
}

describe("a hundred crashes of a run with real orders", () => {
  test("are at points where requests, answers and fills are under way", () => {
    expect(crashes.length).toBe(100);
    expect(new Set(crashes.map(({ point }) => point)).size).toBeGreaterThanOrEqual(14);
    expect(unhindered.report?.markets[0]?.fills).toBeGreaterThan(1);
    expect(unhindered.report?.live?.ledger?.equal).toBe(true);
  });

  test.each(chosen.map((crash, i): [CrashPoint, number, number] => [crash.point, crash.count, i]))(
    "%s, the %d. time: the next process takes over what stands, and both together have the venue's books",
    async (point, count, i) => {
      const crash: Crash = { point, count };
      const stage = new CrashStage("pays", 1);
      // Every fourth loses its power, and so what was not synced; some come back at once, some after fills that nobody heard.
      const { client } = await stage.run(SECONDS, { crash, losesUnsynced: i % 4 === 3 });
      expect(client.crash.diedAt).toEqual(crash);
      await stage.wait([0, 1, 5, 20][i % 4] as number);
      const { report } = await stage.run(AFTER_SECONDS);
      expectWhole(stage, report as Report);
    },
  );

  test("a cancel that was never sent is not waited for: the order is managed again", async () => {
    const stage = new CrashStage("pays", 1);
    // The end of a run sends its cancels last.
    const { client } = await stage.run(SECONDS, {
      crash: { point: "send_before", count: counts.get("send_before") as number },
    });
    expect(client.isDead).toBe(true);
    await stage.wait(1);
    const left = stage.witness.resting.map((order) => order.oid);
    expect(left.length).toBeGreaterThan(0);
    const { world } = stage.stage;
    let still: number[] = left;
    // Well before the end, which takes away whatever it finds.
    world.clock.setTimer(world.clock.nowUs() + 17 * SECOND, () => {
      still = stage.witness.resting.map((order) => order.oid).filter((oid) => left.includes(oid));
    });
    const { report } = await stage.run(AFTER_SECONDS);
    expect(still).toEqual([]);
    expectWhole(stage, report as Report);
  });

  test("three in a row, the last one ends: nothing is lost over four processes", async () => {
    const stage = new CrashStage("pays", 1);
    const middle = (point: CrashPoint): Crash => ({ point, count: Math.round((counts.get(point) as number) * 0.6) });
    for (const point of ["send_after", "message_before", "write_half"] as const) {
      const { client } = await stage.run(SECONDS, { crash: middle(point) });
      expect(client.isDead).toBe(true);
      await stage.wait(2);
    }
    const { report } = await stage.run(AFTER_SECONDS);
    expect(report?.live?.ledger).toMatchObject({ equal: true });
    expect(report?.live?.resumed).toMatchObject({ run_id: "run-3", state: true, clean: false });
    expect(bookedIn([1, 2, 3, 4].map((run) => stage.journal(run)))).toEqual(toldBy(stage.witness));
    expect([stage.witness.sins, stage.witness.resting]).toEqual([[], []]);
  });

  test("a run that ended is gone on from too, and a third starts where it was", async () => {
    const stage = new CrashStage("pays", 1);
    await stage.run(SECONDS);
    const { report } = await stage.run(AFTER_SECONDS);
    expectWhole(stage, report as Report);
    expect(report?.live?.resumed).toMatchObject({ clean: true, state: true });
  });
});
