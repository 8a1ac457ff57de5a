import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { COMMAND, COMMAND_FRAME, F, KIND } from "../../src/core/frame.ts";
import { forEachFrame, readSegment, segmentPaths } from "../../src/io/journal_reader.ts";
import { RunEnded } from "../../src/run/request.ts";
import type { FaultRule } from "../../src/sim/fault.ts";
import { SECOND } from "../fixtures/live.ts";
import { bookedIn, CrashStage, leaveStages, toldBy } from "../fixtures/live_crash.ts";
import { placeByHand } from "../fixtures/live_hand.ts";

setDefaultTimeout(120_000);
afterAll(leaveStages);

/** Nobody reaches the venue from now on. */
function cutOff({ stage: { world } }: CrashStage): void {
  world.isReachable = false;
  world.door.disconnect();
}

const BOOKED = { equal: true, usd: { difference: "0" } };

describe("what a run knows that goes on from another", () => {
  test("one that never heard what stands leaves nothing but breakers: the next one takes the position over", async () => {
    const crash = new CrashStage("pays", 1);
    const { stage } = crash;
    const { market, account } = stage.account;
    const lots = Math.ceil(12e6 / market.markPx);
    await placeByHand(stage, { market, side: 1, px: Number((1.01 * market.markPx).toPrecision(4)), lots, tif: "Ioc" });
    expect(account.positionLots(market)).toBe(lots);
    const beganUs = stage.world.clock.nowUs();
    // Ctrl-C a second after Enter.
    const stopRequested = (): boolean => stage.world.clock.nowUs() > beganUs + SECOND;
    const first = await crash.run(60, { crash: null }, { stopRequested });
    expect(first.report?.live?.ledger).toBeNull();
    const { report } = await crash.run(20);
    expect(report?.live?.resumed).toMatchObject({ state: false });
    expect(report?.live?.ledger).toMatchObject(BOOKED);
    expect(report?.markets[0]?.requests.place).toBeGreaterThan(0);
  });

  test("an outage that lasted until the end is read from its beginning", async () => {
    const crash = new CrashStage("pays", 1);
    const { world } = crash.stage;
    const beganUs = world.clock.nowUs();
    world.clock.setTimer(beganUs + 30 * SECOND, () => cutOff(crash));
    const unheard = crash.run(160);
    await expect(unheard).rejects.toBeInstanceOf(RunEnded);
    const heard = bookedIn([crash.journal(1)]).fills.length;
    expect(crash.witness.fills.length - heard).toBeGreaterThan(1);
    world.isReachable = true;
    const { report } = await crash.run(20);
    expect(report?.live?.resumed).toMatchObject({ state: true, clean: false });
    expect(report?.live?.ledger).toMatchObject(BOOKED);
    expect(bookedIn([crash.journal(1), crash.journal(2)])).toEqual(toldBy(crash.witness));
  });

  test("a process that died before it had asked knows what the one before it knew", async () => {
    const crash = new CrashStage("pays", 1);
    const { client } = await crash.run(60, { crash: { point: "timer_before", count: 400 } });
    expect(client.isDead).toBe(true);
    await crash.wait(120);
    const heard = bookedIn([crash.journal(1)]).fills.length;
    expect(crash.witness.fills.length).toBeGreaterThan(heard);
    const second = await crash.run(60, { crash: { point: "write_after", count: 4 } });
    expect(second.client.isDead).toBe(true);
    expect(bookedIn([crash.journal(2)]).fills).toEqual([]);
    await crash.wait(1);
    const { report } = await crash.run(20);
    expect(report?.live?.resumed).toMatchObject({ run_id: "run-2", state: true });
    expect(report?.live?.ledger).toMatchObject(BOOKED);
    expect(bookedIn([1, 2, 3].map((run) => crash.journal(run)))).toEqual(toldBy(crash.witness));
  });
});

test("what was asked before a loss does not end the hold after it", async () => {
  const crash = new CrashStage("pays", 1);
  const { world } = crash.stage;
  const beganUs = world.clock.nowUs();
  const at = (seconds: number, then: () => void): void => {
    world.clock.setTimer(beganUs + seconds * SECOND, then);
  };
  const always = { chanceRatio: 1, countMax: null, status: 500 };
  const slow: FaultRule = { ...always, kind: "delay", direction: "out", on: "/info", ms: 2_000 };
  const deaf: FaultRule = { ...always, kind: "drop", direction: "in", on: "subscribe", ms: 0 };
  // An audit is under way when the connection ends, and is through before there is another.
  at(60, () => world.plan.add(slow));
  at(66.5, () => {
    world.plan.add(deaf);
    world.door.disconnect();
  });
  at(75, () => world.plan.remove(slow));
  at(85, () => world.plan.remove(deaf));
  const { report } = await crash.run(100);
  expect(report?.live?.reconciles.by_reason).toEqual({ start: 1, audit: 1, reconnect: 1, end: 1 });
  const commands: number[] = [];
  const times: number[] = [];
  for (const path of segmentPaths(crash.journal(1))) {
    const segment = readSegment(path);
    if (segment === null) continue;
    forEachFrame(segment, (data, from) => {
      if (data[from + F.kind] !== KIND.command) return;
      commands.push(data[from + COMMAND_FRAME.command] as number);
      times.push(((data[from + F.timeUs] as number) - beganUs) / SECOND);
    });
  }
  const { hold, release, stop } = COMMAND;
  expect(commands).toEqual([hold, release, hold, release, stop]);
  expect(times[2]).toBeCloseTo(66.8, 0);
  expect(times[3]).toBeGreaterThan(85);
});
