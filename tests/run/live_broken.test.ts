import { expect, setDefaultTimeout, test } from "bun:test";
import type { Door } from "../../src/exchange/door.ts";
import type { Report } from "../../src/run/report_schema.ts";
import type { FaultRule } from "../../src/sim/fault.ts";
import { LiveStage, SECOND } from "../fixtures/live.ts";
import { Witness } from "../fixtures/witness.ts";

setDefaultTimeout(60_000);
/** Of a place alone: what cancels it is faster. */
const WAY_US = 2 * SECOND;

test.each([
  [5, "the first"],
  [20, "a later one"],
])("a run that breaks right after a place (from %d s on) waits for it before it calls it gone", async (seconds) => {
  let placedUs = Number.NaN;
  let brokenUs = Number.POSITIVE_INFINITY;
  const before = (door: Door): Door => ({
    post: (path, body, reply) => door.post(path, body, reply),
    open: (wire) => {
      const inner = door.open(wire);
      return {
        onMessage: (text) => {
          if (!text.includes('"type":"order"')) return inner.onMessage(text);
          const nowUs = stage.world.clock.nowUs();
          if (Number.isNaN(placedUs) && nowUs - beganUs > seconds * SECOND) placedUs = nowUs;
          const body = JSON.stringify(JSON.parse(text).request.payload);
          // What was sent arrives, whether or not the connection still stands by then.
          stage.world.clock.setTimer(nowUs + WAY_US, () => door.post("/exchange", body, () => {}));
        },
        onClose: () => inner.onClose(),
      };
    },
  });
  const stage = new LiveStage({ world: "pays", seed: 1, before }, {}, true);
  const { world } = stage;
  const witness = new Witness(world.venue, stage.account.account);
  const beganUs = world.clock.nowUs();
  // As a bug would: thrown on a timer.
  const stopRequested = (): boolean => {
    if (Number.isNaN(placedUs)) return false;
    brokenUs = Math.min(brokenUs, world.clock.nowUs());
    throw new Error("broken");
  };
  const set = ["half_spread_fixed_bps=1"];
  const { client, program } = stage.process({ forSeconds: 100 }, {}, {}, { stopRequested }, set);
  await expect(world.runClient(client, program, beganUs + 150 * SECOND)).rejects.toThrow("broken");
  expect(brokenUs - placedUs).toBeLessThan(WAY_US);
  await world.advance(world.clock.nowUs() + 10 * SECOND);
  expect([witness.resting.map(({ oid }) => oid), witness.sins]).toEqual([[], []]);
});

test("a hold that lasts takes away what rests: it cannot be moved", async () => {
  const stage = new LiveStage({ world: "pays", seed: 1 }, {}, true);
  const { world, account } = stage;
  const witness = new Witness(world.venue, account.account);
  const beganUs = world.clock.nowUs();
  const at = (seconds: number, then: () => void): void => {
    world.clock.setTimer(beganUs + seconds * SECOND, then);
  };
  // The connection is back at once, and no question is answered any more.
  const deaf: FaultRule = {
    kind: "status",
    direction: "in",
    on: "/info",
    chanceRatio: 1,
    countMax: null,
    ms: 0,
    status: 503,
  };
  const resting: number[] = [];
  at(30, () => world.door.disconnect());
  at(31.2, () => world.plan.add(deaf));
  at(40, () => resting.push(witness.resting.length));
  for (const seconds of [50, 70, 90]) at(seconds, () => resting.push(witness.resting.length));
  at(95, () => world.plan.remove(deaf));
  at(125, () => resting.push(witness.resting.length));
  const set = ["half_spread_fixed_bps=1"];
  const { client, program } = stage.process({ forSeconds: 130 }, {}, {}, {}, set);
  const report = (await world.runClient(client, program, beganUs + 250 * SECOND)) as Report | null;
  expect(resting.slice(1, 4)).toEqual([0, 0, 0]);
  expect([resting[0], resting[4]].every((count) => (count as number) > 1)).toBe(true);
  expect(report?.live?.ledger?.equal).toBe(true);
});
