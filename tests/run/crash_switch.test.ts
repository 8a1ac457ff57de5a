import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSegment, segmentPaths } from "../../src/io/journal_reader.ts";
import { ProcessLock } from "../../src/io/lock.ts";
import {
  CRASH_POINTS,
  type Crash,
  type CrashOptions,
  type CrashPoint,
  spreadCrashes,
} from "../../src/run/crash_switch.ts";
import { replayJournal } from "../../src/run/replay.ts";
import type { VirtualClient } from "../../src/run/virtual_client.ts";
import { VirtualWorld } from "../../src/run/virtual_world.ts";
import { essenceOf, paper } from "../fixtures/virtual.ts";

setDefaultTimeout(300_000);
const root = mkdtempSync(join(tmpdir(), "mmbin-crash-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const SECONDS = 150;
/** Three segments in the time of the run, quotes that move. */
const CONFIG = {
  file: null,
  set: ["half_spread_fixed_bps=1", "journal_rotate_minutes=1"],
  env: {},
  profile: null,
};

interface Crashed {
  world: VirtualWorld;
  client: VirtualClient;
  folder: string;
  report: unknown;
}

async function run(options: CrashOptions): Promise<Crashed> {
  const world = new VirtualWorld({ world: "pays", seed: 1 });
  const client = world.client({ crash: options });
  const folder = join(root, String(folders++));
  const program = paper({ forSeconds: SECONDS, journalFolder: folder, config: CONFIG });
  const report = await world.runClient(client, program);
  return { world, client, folder, report: essenceOf(report) };
}

const whole = await run({ crash: null });
const wholePaths = segmentPaths(whole.folder);

/** What is there of a journal: the beginning of the whole one's, byte for byte, and its replay. Frames in it; 0 of one that died before it. */
function expectBeginning({ folder }: Crashed): number {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return 0;
  const paths = segmentPaths(folder);
  let wholeCount = 0;
  for (const [i, path] of paths.entries()) {
    const segment = readSegment(path);
    if (segment === null) continue;
    wholeCount += 1;
    const full = readFileSync(wholePaths[i] as string);
    expect(readFileSync(path).subarray(0, segment.wholeBytes).equals(full.subarray(0, segment.wholeBytes))).toBe(true);
  }
  if (wholeCount === 0) return 0;
  const summary = replayJournal(folder);
  expect(summary).toMatchObject({ equal: true, holes: 0 });
  return summary.frames;
}

describe("a process that is never killed", () => {
  test("writes a journal of three segments that replays equal, and passes every point", () => {
    expect(whole.client.crash.diedAt).toBe(null);
    expect(wholePaths.length).toBe(3);
    expect(replayJournal(whole.folder)).toMatchObject({ equal: true, holes: 0, torn_bytes: 0, unwritten: 0 });
    expect([...whole.client.crash.counts.keys()].sort()).toEqual([...CRASH_POINTS].sort());
  });

  test("decides what one without a switch decides, and writes the same bytes each time", async () => {
    const again = await run({ crash: null });
    expect(again.report).toEqual(whole.report);
    expect(again.client.crash.counts).toEqual(whole.client.crash.counts);
    for (const [i, path] of segmentPaths(again.folder).entries())
      expect(readFileSync(path).equals(readFileSync(wholePaths[i] as string))).toBe(true);
  });
});

describe("a hundred crashes", () => {
  const crashes = spreadCrashes(whole.client.crash.counts, 100, 1);

  test("cover every point, each of them once", () => {
    expect(crashes.length).toBe(100);
    expect(new Set(crashes.map((c) => c.point)).size).toBe(CRASH_POINTS.length);
    expect(new Set(crashes.map((c) => `${c.point} ${c.count}`)).size).toBe(100);
    for (const { point, count } of crashes) {
      expect(count >= 1 && count <= (whole.client.crash.counts.get(point) ?? 0)).toBe(true);
    }
    expect(spreadCrashes(new Map([["sync_before", 3]]), 100, 1)).toEqual([
      { point: "sync_before", count: 1 },
      { point: "sync_before", count: 3 },
      { point: "sync_before", count: 2 },
    ]);
  });

  // A third of them here; which third depends on nothing.
  test.each(crashes.filter((_, i) => i % 3 === 0).map((c): [CrashPoint, number] => [c.point, c.count]))(
    "%s, the %d. time: what was written is the beginning of the whole journal and replays equal",
    async (point, count) => {
      const died = await run({ crash: { point, count } });
      expect(died.client.crash.diedAt).toEqual({ point, count });
      expect(died.client.result()).toBe(null);
      const frames = expectBeginning(died);
      if (point === "write_half" && frames > 0) {
        expect(replayJournal(died.folder).torn_bytes + replayJournal(died.folder).stumps).toBeGreaterThan(0);
      }
      // The venue saw the connection end, once the way there was over.
      await died.world.advance(died.world.clock.nowUs() + 1_000_000);
      expect(died.world.door.clientCount).toBe(0);
    },
  );
});

describe("a dead process", () => {
  test("has no effect any more: nothing is sent, written, or called back", async () => {
    const crash: Crash = { point: "message_before", count: 500 };
    const died = await run({ crash });
    const before = segmentPaths(died.folder).map((path) => statSync(path).size);
    const counts = new Map(died.client.crash.counts);
    let fired = false;
    died.client.clock.setTimer(died.client.clock.nowUs() + 1, () => {
      fired = true;
    });
    void died.client.clock.sleepUntil(died.client.clock.nowUs() + 1).then(() => {
      fired = true;
    });
    const socket = died.client.net.connect(died.world.address.socketUrl, {
      onOpen: () => {
        fired = true;
      },
      onMessage: () => {},
      onClose: () => {},
    });
    socket.send("hello");
    void died.client.net.request(died.world.address.infoUrl, "{}", 1_000).finally(() => {
      fired = true;
    });
    const { disk } = died.client.machine;
    const file = disk.create(join(died.folder, "late"));
    expect([file, disk.write(file, new Uint8Array(8), 0, 8)]).toEqual([-1, 8]);
    disk.sync(file, () => {
      fired = true;
    });
    await died.world.advance(died.world.clock.nowUs() + 20_000_000);
    expect(fired).toBe(false);
    expect(died.client.crash.counts).toEqual(counts);
    expect(segmentPaths(died.folder).map((path) => statSync(path).size)).toEqual(before);
  });

  test("lets go of what the system holds for it, once, and at once where it is dead already", async () => {
    const world = new VirtualWorld({ world: "quiet", seed: 1 });
    const client = world.client({ crash: { crash: { point: "message_before", count: 100 } } });
    const gone: string[] = [];
    client.machine.onGone(() => gone.push("lock"));
    await world.runClient(client, paper({ forSeconds: 60 }));
    expect(gone).toEqual(["lock"]);
    client.machine.onGone(() => gone.push("late"));
    client.crash.kill("timer_before");
    expect(gone).toEqual(["lock", "late"]);
    // Two processes can hold one lock after another, as on one machine.
    const path = join(root, "locks", "one.db");
    const lock = ProcessLock.take(path, "it");
    expect(() => ProcessLock.take(path, "it")).toThrow("another process");
    lock.release();
    lock.release();
    ProcessLock.take(path, "it").release();
  });

  test("sent what it sent before it died, and nothing of what came after: send_before and send_after part by one message", async () => {
    const actions = async (point: CrashPoint): Promise<number> => {
      const world = new VirtualWorld({ world: "quiet", seed: 1 });
      const client = world.client({ crash: { crash: { point, count: 3 } } });
      await world.runClient(client, paper({ forSeconds: 60 }), world.clock.nowUs() + 600_000_000);
      // What is under way arrives, then the end of the connection.
      const heard: number[] = [];
      await world.advance(world.clock.nowUs() + 40_000, () => {
        heard.push(world.exchange.connections.subscriptionCount);
        return false;
      });
      await world.advance(world.clock.nowUs() + 1_000_000, () => {
        heard.push(world.exchange.connections.subscriptionCount);
        return false;
      });
      expect(heard.at(-1)).toBe(0);
      return Math.max(...heard);
    };
    expect([await actions("send_before"), await actions("send_after")]).toEqual([2, 3]);
  });

  test("that lost its power lost what was not synced, at most a second, and what is left replays equal", async () => {
    const lost: number[] = [];
    for (const count of [350, 400, 450, 500, 550]) {
      const crash: Crash = { point: "message_before", count };
      const frames = expectBeginning(await run({ crash }));
      lost.push(frames - expectBeginning(await run({ crash, losesUnsynced: true })));
    }
    // 12 frames a second in this world, and the block at hand.
    expect(Math.max(...lost)).toBeGreaterThan(0);
    expect(Math.max(...lost)).toBeLessThan(60);
    expect(Math.min(...lost)).toBeGreaterThanOrEqual(0);
  });

  test("is followed by another on the same venue, whose journal stands beside the first one's", async () => {
    const died = await run({ crash: { point: "timer_before", count: 300 } });
    const folder = join(root, String(folders++));
    const program = paper({ forSeconds: 60, journalFolder: folder, config: CONFIG });
    const next = died.world.client();
    const report = await died.world.runClient(next, program);
    expect(report?.markets[0]?.frames).toBeGreaterThan(100);
    expect(replayJournal(folder).equal).toBe(true);
    expect(expectBeginning(died)).toBeGreaterThan(0);
  });
});
