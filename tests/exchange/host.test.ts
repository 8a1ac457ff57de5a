import { describe, expect, test } from "bun:test";
import { BLOCKS_PER_TURN_MAX, Host } from "../../src/exchange/host.ts";
import { DrivenClock, yieldTurn } from "../../src/io/clock.ts";
import { defaultSpec } from "../../src/sim/venue/default_spec.ts";
import { Venue } from "../../src/sim/venue/venue.ts";

const START_US = 1_767_225_600e6;
const BLOCK_US = 70_000;

interface Bench {
  venue: Venue;
  clock: DrivenClock;
  host: Host;
  calls: string[];
  /** Moves the clock and lets the host have its turns. */
  pass(us: number): Promise<void>;
}

function bench(manual = false): Bench {
  const venue = new Venue(defaultSpec("Testnet", 1, START_US));
  const clock = new DrivenClock(START_US);
  const calls: string[] = [];
  const host = new Host({
    venue,
    clock,
    manual,
    participants: { beforeBlock: (v) => calls.push(`before ${v.blockCount}`) },
    afterBlock: () => calls.push(`after ${venue.blockCount}`),
  });
  const pass = async (us: number): Promise<void> => {
    clock.set(clock.nowUs() + us);
    clock.fire();
    for (let turn = 0; turn < 3 || host.dueCount() > 0; turn++) await yieldTurn();
  };
  return { venue, clock, host, calls, pass };
}

describe("the host", () => {
  test("makes each block when it is due, participants before it and late messages after it", async () => {
    const { venue, clock, host, calls, pass } = bench();
    const run = host.run();
    await pass(BLOCK_US - 1);
    expect(venue.blockCount).toBe(0);
    await pass(1);
    expect(calls).toEqual(["before 0", "after 1"]);
    await pass(2 * BLOCK_US);
    expect(calls).toEqual(["before 0", "after 1", "before 1", "after 2", "before 2", "after 3"]);
    host.stop();
    clock.rush();
    await run;
    expect(venue.blockCount).toBe(3);
  });

  test("does not drift, however unevenly it gets its turns", async () => {
    const { venue, clock, host, pass } = bench();
    const run = host.run();
    for (const us of [1, 69_998, 3, 500_000, 7, 123_456, 2_000_001, 69_999, 1, 1]) await pass(us);
    const dueCount = Math.floor((clock.nowUs() - START_US) / BLOCK_US);
    expect(venue.blockCount).toBe(dueCount);
    expect(venue.nowUs).toBe(START_US + dueCount * BLOCK_US);
    host.stop();
    clock.rush();
    await run;
  });

  test("works a backlog off in bounded turns, and others have theirs in between", async () => {
    const { venue, clock, host } = bench();
    const run = host.run();
    clock.set(START_US + 3_000 * BLOCK_US);
    clock.fire();
    const seen: number[] = [0];
    while (venue.blockCount < 3_000) {
      await yieldTurn();
      seen.push(venue.blockCount);
    }
    const steps = seen.slice(1).map((count, i) => count - (seen[i] as number));
    // Two turns of the host may lie between two of ours.
    expect(Math.max(...steps)).toBeLessThanOrEqual(2 * BLOCKS_PER_TURN_MAX);
    expect(venue.blockCount).toBe(3_000);
    host.stop();
    clock.rush();
    await run;
  });

  test("steps and jumps put the venue ahead of the clock, once", async () => {
    const { venue, clock, host, pass } = bench();
    const run = host.run();
    await pass(10 * BLOCK_US);
    await host.step(1_000);
    expect(venue.blockCount).toBe(1_010);
    await pass(BLOCK_US);
    expect(venue.blockCount).toBe(1_011);
    host.jump(3_600e6);
    await pass(BLOCK_US);
    expect([venue.blockCount, venue.nowUs]).toEqual([1_012, START_US + 1_012 * BLOCK_US + 3_600e6]);
    host.stop();
    clock.rush();
    await run;
  });

  test("blocks that are due wait while somebody cannot keep up, and none is left out", async () => {
    const { venue, clock } = bench();
    let isFull = true;
    const host = new Host({ venue, clock, holds: () => isFull });
    const run = host.run();
    clock.set(clock.nowUs() + 1_000 * BLOCK_US);
    for (let turn = 0; turn < 5; turn++) await yieldTurn();
    expect(venue.blockCount).toBe(0);
    isFull = false;
    for (let turn = 0; turn < 100 && host.dueCount() > 0; turn++) await yieldTurn();
    expect(venue.blockCount).toBe(1_000);
    host.stop();
    clock.rush();
    await run;
  });

  test("a manual host makes no block by itself", async () => {
    const { venue, clock, host, pass } = bench(true);
    const run = host.run();
    await pass(100 * BLOCK_US);
    expect(venue.blockCount).toBe(0);
    await host.step(3);
    expect(venue.blockCount).toBe(3);
    host.stop();
    clock.rush();
    await run;
  });
});
