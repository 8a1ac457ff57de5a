import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Report } from "../../src/run/report_schema.ts";
import { playFaults } from "../../src/run/virtual_faults.ts";
import { type EpisodeKind, faultProgram } from "../../src/sim/fault_program.ts";
import { ActionLog } from "../fixtures/action_log.ts";
import { LiveStage, SECOND } from "../fixtures/live.ts";
import { Witness } from "../fixtures/witness.ts";

setDefaultTimeout(120_000);
/** Quotes close to the touch: requests are in flight at any time. */
const BUSY = ["half_spread_fixed_bps=1"];

interface Storm {
  seed: number;
  seconds: number;
  kinds?: readonly EpisodeKind[];
}

async function stormy({ seed, seconds, kinds }: Storm): Promise<{ report: Report; witness: Witness; log: ActionLog }> {
  const log = new ActionLog();
  const stage = new LiveStage({ world: "pays", seed: 1, before: log.before }, {}, true);
  const { world } = stage;
  log.nowUs = () => world.clock.nowUs();
  const witness = new Witness(world.venue, stage.account.account);
  const { client, program } = stage.process({ forSeconds: seconds }, {}, {}, {}, BUSY);
  const beganUs = world.clock.nowUs();
  const times = { fromUs: beganUs + 20 * SECOND, untilUs: beganUs + (seconds - 20) * SECOND };
  const pace = { everySeconds: 15, forSeconds: 6 };
  const episodes = faultProgram({ seed, ...times, ...pace, ...(kinds === undefined ? {} : { kinds }) });
  expect(episodes.length).toBeGreaterThan(3);
  playFaults(world, episodes, () => client);
  const report = (await world.runClient(client, program, beganUs + (seconds + 200) * SECOND)) as Report | null;
  if (report === null) throw new Error(`the run did not end: ${stage.notes.join("; ")}`);
  return { report, witness, log };
}

/** Whatever happened on the way, this holds in the end. */
function expectWhole({ report, witness, log }: Awaited<ReturnType<typeof stormy>>): void {
  const [market] = report.markets;
  // Money and position to the unit; requests but for those whose answers were lost.
  expect(report.live?.ledger).toMatchObject({ equal: true, usd: { difference: "0" } });
  expect(report.live?.end).toMatchObject({ confirmed: true, orders_left: 0 });
  expect([witness.sins, witness.resting]).toEqual([[], []]);
  expect(market?.fills).toBe(witness.fills.length);
  expect(market?.pnl_usd.residual).toBe("0");
  expect(market?.max_exposure_ratio).toBeLessThanOrEqual(1);
  // No nonce twice, whichever way it went.
  expect(new Set(log.nonces).size).toBe(log.nonces.length);
}

describe("bad times of one kind", () => {
  const rows: [EpisodeKind, (live: NonNullable<Report["live"]>) => boolean][] = [
    ["lost_request", (live) => live.actions.timed_out > 0],
    ["lost_reply", (live) => live.actions.timed_out > 0],
    ["lost_push", (live) => live.reconciles.count > 0],
    ["late", (live) => live.actions.late_answers > 0],
    ["twice", (live) => live.reconciles.count > 0],
    ["swapped", (live) => live.actions.sent > 0],
    ["cut", (live) => (live.reconciles.by_reason.reconnect ?? 0) > 0 && live.held_s > 3],
    ["limited", (live) => live.problems.some((problem) => problem.kind === "limit")],
    ["broken", (live) => live.problems.some((problem) => problem.kind === "http")],
    ["outage", (live) => (live.reconciles.by_reason.reconnect ?? 0) > 0 && live.actions.via_http > 0],
    ["halt", (live) => live.actions.timed_out > 0],
    ["stall", (live) => (live.reconciles.by_reason.reconnect ?? 0) > 0],
    ["clock", (live) => live.problems.every((problem) => problem.kind === "expired")],
  ];

  test.each(rows)("%s: nothing is lost, counted twice or left", async (kind, shows) => {
    const storm = await stormy({ seed: 1, seconds: 120, kinds: [kind] });
    expectWhole(storm);
    expect(shows(storm.report.live as NonNullable<Report["live"]>)).toBe(true);
    expect(storm.witness.fills.length).toBeGreaterThan(3);
  });
});

describe("ten minutes of bad times of every kind", () => {
  test.each([1, 3])("seed %d: nothing is lost, counted twice or left", async (seed) => {
    const storm = await stormy({ seed, seconds: 600 });
    expectWhole(storm);
    expect(storm.report.live?.missed_fills).toBeGreaterThan(0);
    expect(storm.report.live?.reconciles.by_reason.reconnect).toBeGreaterThan(2);
  });
});
