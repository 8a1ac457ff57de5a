/**
 * `kill -9` at named points of a journal's life: what was committed is read, replays equal, and the store is made whole from it.
 * @module
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readSegment, segmentPaths } from "../../src/io/journal_reader.ts";
import { Store } from "../../src/io/store.ts";
import { replayJournal } from "../../src/run/replay.ts";
import { finishDead } from "../../src/run/run_store.ts";
import { testFolder } from "../fixtures/journal.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const root = join(import.meta.dir, "..", "..");

async function crash(point: string, n: number): Promise<{ folder: string; survived: boolean; signal: unknown }> {
  const folder = testFolder("crash");
  const child = Bun.spawn(
    [process.execPath, join(root, "tests", "fixtures", "crash_child.ts"), folder, point, String(n)],
    {
      env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") },
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const out = await new Response(child.stdout).text();
  await child.exited;
  return { folder, survived: out.includes("survived"), signal: child.signalCode };
}

const whole = enabled ? await crash("never", 1) : null;

describe.skipIf(!enabled)("a process killed at a named point (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("that is never reached: the whole run, four segments", () => {
    expect(whole?.survived).toBe(true);
    expect(segmentPaths(join(whole?.folder as string, "journal")).length).toBe(4);
  });

  test.each([
    ["before-create", 2],
    ["created", 2],
    ["before-write", 4],
    ["half-write", 2],
    ["half-write", 4],
    ["before-write", 5],
    ["half-write", 5],
    ["before-write", 60],
    ["half-write", 61],
    ["written", 60],
    ["written", 201],
    ["half-write", 300],
    ["before-sync", 1],
    ["created", 4],
  ])("%s, the %d. time", async (point, n) => {
    const { folder, survived, signal } = await crash(point, n);
    expect([survived, signal]).toEqual([false, "SIGKILL"]);
    const journal = join(folder, "journal");
    const paths = segmentPaths(journal);
    const segments = paths.map((path) => readSegment(path));
    if (segments.every((segment) => segment === null)) {
      // Header and snapshot take two writes each: without both there is no beginning, and no frame was accepted yet.
      expect(n).toBeLessThanOrEqual(4);
      return;
    }
    const summary = replayJournal(journal);
    expect(summary).toMatchObject({ equal: true, holes: 0 });

    // What is there is the beginning of what an unhindered run wrote, byte for byte.
    for (const [i, path] of paths.entries()) {
      const segment = segments[i];
      if (segment === null || segment === undefined) continue;
      const full = readFileSync(segmentPaths(join(whole?.folder as string, "journal"))[i] as string);
      expect(readFileSync(path).subarray(0, segment.wholeBytes).equals(full.subarray(0, segment.wholeBytes))).toBe(
        true,
      );
    }

    const store = Store.open(join(folder, "state", "mmbin", "mmbin.db"));
    const finished = finishDead(store, () => false);
    expect(finished.map((r) => r.state)).toEqual(["crashed"]);
    const fills = store.fillsOf("20260101T000000Z-crash").count;
    let recorded = 0;
    for (const segment of segments) {
      if (segment === null) continue;
      for (const { from, to } of segment.blocks)
        for (let at = from; at < to; at += segment.data[at] as number) if (segment.data[at + 1] === 8) recorded += 1;
    }
    expect(fills).toBe(recorded);
    for (const path of paths) expect(readSegment(path)?.tornBytes ?? 0).toBe(0);
    store.close();
  });
});
