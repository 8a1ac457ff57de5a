import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { NO_WAY, WAY_TIMES, type WayTimes } from "../../src/exchange/direct_net.ts";
import type { Report } from "../../src/run/report_schema.ts";
import type { VirtualClient } from "../../src/run/virtual_client.ts";
import { ActionLog, type LoggedAction } from "../fixtures/action_log.ts";
import { LiveStage, SECOND } from "../fixtures/live.ts";
import { Witness } from "../fixtures/witness.ts";

setDefaultTimeout(120_000);
const BUSY = ["half_spread_fixed_bps=1"];
const MS = 1_000;
/** From a decision to the expiry of its request. */
const LIFE_MS = 5_000;

interface Timed {
  stage: LiveStage;
  log: ActionLog;
  witness: Witness;
  report: Report;
  beganUs: number;
}

async function timed(
  seconds: number,
  meanwhile: (stage: LiveStage, client: VirtualClient, beganUs: number) => void,
  options: { way?: WayTimes; offsetUs?: number } = {},
): Promise<Timed> {
  const log = new ActionLog();
  const { way = WAY_TIMES, offsetUs = 0 } = options;
  const stage = new LiveStage({ world: "pays", seed: 1, before: log.before, way }, {}, true);
  const { world } = stage;
  log.nowUs = () => world.clock.nowUs();
  const witness = new Witness(world.venue, stage.account.account);
  const { client, program } = stage.process({ forSeconds: seconds }, {}, { offsetUs }, {}, BUSY);
  const beganUs = world.clock.nowUs();
  meanwhile(stage, client, beganUs);
  const report = (await world.runClient(client, program, beganUs + (seconds + 200) * SECOND)) as Report | null;
  if (report === null) throw new Error(`the run did not end: ${stage.notes.join("; ")}`);
  expect(report.live?.ledger).toMatchObject({ equal: true, usd: { difference: "0" } });
  expect(report.live?.end.confirmed).toBe(true);
  expect([witness.sins, witness.resting]).toEqual([[], []]);
  expect(report.markets[0]?.fills).toBe(witness.fills.length);
  return { stage, log, witness, report, beganUs };
}

const isNew = ({ type }: LoggedAction): boolean => !type.startsWith("cancel");
/** How long the request still lives when it comes, milliseconds. */
const lifeMs = ({ expiresAfter, atUs }: LoggedAction): number => expiresAfter - atUs / MS;
const expectIncreasing = (log: ActionLog): void => {
  expect(log.nonces).toEqual([...new Set(log.nonces)].sort((a, b) => a - b));
};

describe("a connection that is lost", () => {
  const cuts = [40, 110, 180];

  test.each([
    ["loopback", NO_WAY, 3],
    ["a way of a third of a second", WAY_TIMES, 6],
  ] as const)("on %s: held until the venue was asked, and quoting again in time", async (_name, way, secondsMax) => {
    const { log, report, beganUs } = await timed(
      220,
      ({ world }) => {
        for (const cut of cuts) world.clock.setTimer(world.clock.nowUs() + cut * SECOND, () => world.door.disconnect());
      },
      { way },
    );
    const roundTripUs = 2 * (way.outUs + way.inUs + 4 * way.jitterUs);
    const took = cuts.map((cut) => {
      const lostUs = beganUs + cut * SECOND;
      // What was signed before the loss was heard of is under way.
      const first = log.actions.find((action) => isNew(action) && action.nonce * MS > lostUs + roundTripUs / 2);
      return ((first as LoggedAction).atUs - lostUs) / SECOND;
    });
    expect(Math.max(...took)).toBeLessThan(secondsMax);
    expect(report.live?.reconciles.by_reason.reconnect).toBe(3);
    expect(report.live?.held_s).toBeGreaterThan(0);
  });

  test("a venue that nobody reaches for half a minute: nothing new is asked for, and it goes on afterwards", async () => {
    const { log, report, beganUs } = await timed(150, ({ world }) => {
      const from = world.clock.nowUs();
      world.clock.setTimer(from + 40 * SECOND, () => {
        world.isReachable = false;
        world.door.disconnect();
      });
      world.clock.setTimer(from + 70 * SECOND, () => {
        world.isReachable = true;
      });
    });
    const inside = log.actions.filter(({ atUs }) => atUs > beganUs + 41 * SECOND && atUs < beganUs + 70 * SECOND);
    expect(inside).toEqual([]);
    const back = log.actions.find((action) => isNew(action) && action.atUs > beganUs + 70 * SECOND) as LoggedAction;
    // The pause between two attempts has grown to what the outage deserves.
    expect((back.atUs - beganUs) / SECOND).toBeLessThan(110);
    expect(report.live?.reconciles.by_reason.reconnect).toBe(1);
    expect(report.live?.held_s).toBeGreaterThan(30);
  });
});

describe("a process that stood still for a minute", () => {
  test("sends nothing that was decided before, reconnects, asks, and books what it missed", async () => {
    const [from, to] = [40, 100];
    const { stage, log, report, beganUs } = await timed(150, ({ world }, client) => {
      world.clock.setTimer(world.clock.nowUs() + from * SECOND, () => client.stall((to - from) * SECOND));
    });
    const wokeUs = beganUs + to * SECOND;
    // Cancels may be as old as they like; the rest was decided five seconds before its expiry.
    const after = log.actions.filter((action) => action.atUs > wokeUs);
    const decidedMs = after.filter(isNew).map((action) => action.expiresAfter - LIFE_MS);
    expect(decidedMs.length).toBeGreaterThan(10);
    // The clocks are known to 0.2 s.
    expect(Math.min(...decidedMs)).toBeGreaterThan(wokeUs / MS - 200);
    expect(Math.min(...after.map(lifeMs))).toBeGreaterThan(0);
    expectIncreasing(log);
    expect(stage.notes.filter((note) => note.startsWith("stalled")).length).toBe(1);
    expect(report.live?.reconciles.by_reason.reconnect).toBe(1);
    expect(report.live?.missed_fills).toBeGreaterThan(0);
    expect(report.live?.problems).toEqual([]);
  });
});

describe("a clock that is wrong", () => {
  test.each([800, -800])("by %d ms: requests live as long as they should, none is refused", async (ms) => {
    const { log, report } = await timed(60, () => {}, { offsetUs: ms * MS });
    const lives = log.actions.map(lifeMs);
    expect(Math.min(...lives)).toBeGreaterThan(LIFE_MS - 1_000);
    expect(Math.max(...lives)).toBeLessThan(LIFE_MS);
    expectIncreasing(log);
    expect(report.live?.problems).toEqual([]);
    expect(report.feed?.clock_offset_ms).toBeGreaterThan(-ms - 250);
    expect(report.feed?.clock_offset_ms).toBeLessThan(-ms + 250);
  });

  test("set back by 5 s: the first refusal for it has the venue asked for its time", async () => {
    const { log, report } = await timed(120, ({ world }, client) => {
      world.clock.setTimer(world.clock.nowUs() + 65 * SECOND, () => client.clock.step(-5 * SECOND));
    });
    expectIncreasing(log);
    // Each costs five requests: a few, not those of the minute between two looks at the clock.
    const [expired] = report.live?.problems ?? [];
    expect(report.live?.problems.map((problem) => problem.kind)).toEqual(["expired"]);
    expect(expired?.count).toBeLessThan(12);
    expect(report.live?.ledger?.requests).toMatchObject({ difference: 0, unanswered: 0 });
    expect(report.feed?.clock_offset_ms).toBeGreaterThan(4_500);
  });

  test("set forward by 5 s looks like a pause: held, asked, and no request lives longer than it should", async () => {
    const { log, report } = await timed(120, ({ world }, client) => {
      world.clock.setTimer(world.clock.nowUs() + 65 * SECOND, () => client.clock.step(5 * SECOND));
    });
    expectIncreasing(log);
    expect(Math.max(...log.actions.filter(isNew).map(lifeMs))).toBeLessThan(LIFE_MS + 250);
    expect(report.live?.reconciles.by_reason.reconnect).toBe(1);
    expect(report.live?.problems).toEqual([]);
  });
});
