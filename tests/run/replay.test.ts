import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { F, FILL, INTENT, KIND, ORDER } from "../../src/core/frame.ts";
import { SLOT } from "../../src/core/order/slots.ts";
import { REASON } from "../../src/core/reason.ts";
import { BLOCK_HEAD_BYTES, blockChecksum } from "../../src/io/journal_format.ts";
import { readSegment, type Segment, segmentPaths } from "../../src/io/journal_reader.ts";
import { DISK } from "../../src/io/journal_writer.ts";
import { frameText } from "../../src/run/frame_text.ts";
import { inspectJournal } from "../../src/run/inspect.ts";
import { replayJournal } from "../../src/run/replay.ts";
import { HandClock, journalWorld, testFolder } from "../fixtures/journal.ts";
import { makeWorld } from "../fixtures/world.ts";

const folder = testFolder("replay");
const world = makeWorld(5, 420, (_push, second) => !(second > 200 && second < 215));
const QUOTE_CLOSE = ["half_spread_fixed_bps=1"];
const whole = await journalWorld(world, join(folder, "whole"), { set: QUOTE_CLOSE });
const pieces = await journalWorld(world, join(folder, "pieces"), {
  set: [...QUOTE_CLOSE, "journal_rotate_minutes=1"],
  markets: ["sim:HYPE", "HYPE"],
});

describe("a replay", () => {
  test("decides what the run decided, intent by intent, with the run's hashes", () => {
    const summary = replayJournal(whole.folder);
    expect(summary).toMatchObject({
      equal: true,
      difference: null,
      holes: 0,
      torn_bytes: 0,
      unwritten: 0,
      segments: 1,
    });
    expect(summary.intent_hash).toBe(whole.session.sequencer.intentHash);
    expect(summary.intents).toBe(whole.session.sequencer.intentCount);
    expect(summary.frames).toBe(whole.session.sequencer.frameCount);
    expect(summary.states).toBe(Math.floor(summary.frames / 1024));
    expect(summary.intents).toBeGreaterThan(100);
    expect(summary.state_hash).toBe(whole.session.sequencer.finishStateHash());
  });

  test("goes over segments, each snapshot equal to the desk that arrives there", () => {
    expect(pieces.journal.report().segments).toBeGreaterThan(5);
    const summary = replayJournal(pieces.folder);
    expect(summary).toMatchObject({ equal: true, holes: 0, segments: pieces.journal.report().segments });
    expect(summary.intent_hash).toBe(pieces.session.sequencer.intentHash);
  });

  test("begins at any segment: the oldest may be gone, one in the middle too, and the hashes stay the run's", () => {
    const paths = segmentPaths(pieces.folder);
    for (let from = 1; from < paths.length; from++) {
      const rest = join(folder, `from-${from}`);
      cpSync(pieces.folder, rest, { recursive: true });
      for (const path of paths.slice(0, from)) rmSync(join(rest, basename(path)));
      const summary = replayJournal(rest);
      expect(summary).toMatchObject({ equal: true, holes: 1 });
      expect(summary.intent_hash).toBe(pieces.session.sequencer.intentHash);
      expect(replayJournal(paths[from] as string)).toMatchObject({ equal: true, holes: 1, segments: 1 });
    }
    const holed = join(folder, "holed");
    cpSync(pieces.folder, holed, { recursive: true });
    rmSync(join(holed, basename(paths[2] as string)));
    expect(replayJournal(holed)).toMatchObject({ equal: true, holes: 1, segments: paths.length - 1 });
  });
});

/** Writes a changed copy of the journal's only segment, with checksums that fit, so that only decisions can tell. */
function forge(name: string, change: (segment: Segment) => void): string {
  const segment = readSegment(segmentPaths(whole.folder)[0] as string) as Segment;
  change(segment);
  const { data } = segment;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  for (const { from, to } of segment.blocks) {
    const head = from * 8 - BLOCK_HEAD_BYTES;
    words.setUint32(head + 4, blockChecksum(words.getUint32(head + 8, true), bytes.subarray(from * 8, to * 8)), true);
  }
  const path = join(folder, `${name}.mmj`);
  writeFileSync(path, bytes);
  return path;
}

/** Offset of the n-th frame of a kind. */
function nth(segment: Segment, kind: number, n: number): number {
  let left = n;
  for (const { from, to } of segment.blocks) {
    for (let at = from; at < to; at += segment.data[at] as number) {
      if (segment.data[at + F.kind] === kind && left-- === 0) return at;
    }
  }
  throw new Error("the journal holds fewer");
}

test("a segment that its run prunes while another process reads is a hole, the last one gone an error", () => {
  const shrinking = join(folder, "shrinking");
  cpSync(pieces.folder, shrinking, { recursive: true });
  const paths = segmentPaths(shrinking);
  let asked = 0;
  const summary = replayJournal(shrinking, () => {
    if (asked++ === 0) for (const path of paths.slice(1, 3)) rmSync(path);
    return false;
  });
  expect(summary).toMatchObject({ equal: true, holes: 1, segments: paths.length - 2 });
  expect(() =>
    replayJournal(shrinking, () => {
      rmSync(paths.at(-1) as string, { force: true });
      return false;
    }),
  ).toThrow("no such journal");
});

describe("an edited frame is found", () => {
  test("without its checksum as damage of the file", () => {
    const path = join(folder, "edited.mmj");
    const bytes = readFileSync(segmentPaths(whole.folder)[0] as string);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(() => replayJournal(path)).toThrow("is damaged");
  });

  test.each([
    ["a touch", KIND.bbo, 1500, 6, 100],
    ["an answer's order", KIND.order, 40, ORDER.cloid, 1],
    ["a fill's size", KIND.fill, 2, FILL.lots, 1],
    ["a fill's fee", KIND.fill, 2, FILL.feeUsd, 5],
    ["an intent's price", KIND.intent, 90, INTENT.px, 1],
    ["an intent's reason", KIND.intent, 90, INTENT.reason, 1],
    ["a state's hash", KIND.state, 3, 6, 1],
  ])("%s, by decisions or the state's hash, and shown", (name, kind, n, field, by) => {
    let seq = 0;
    const path = forge(name.replaceAll(/\W/g, "_"), (segment) => {
      const at = nth(segment, kind, n);
      seq = segment.data[at + F.seq] as number;
      segment.data[at + field] = (segment.data[at + field] as number) + by;
    });
    const { difference, equal } = replayJournal(path);
    expect(equal).toBe(false);
    expect(difference?.what).toMatch(/differs|does not/);
    expect(difference?.frame).toMatch(/^\d+ 2026-/);
    const shown = Number(difference?.frame.split(" ")[0]);
    // An edited input frame shows within the 1,024 frames that one hash of the state covers.
    if (kind === KIND.bbo || kind === KIND.order || kind === KIND.fill) {
      expect(shown).toBeGreaterThanOrEqual(seq);
      expect(shown - seq).toBeLessThanOrEqual(1024);
    }
  });

  test("a frame that was taken out is missed by its number", () => {
    const path = forge("missing", (segment) => {
      const at = nth(segment, KIND.trade, 30);
      segment.data[at + F.kind] = KIND.intent;
    });
    expect(replayJournal(path).equal).toBe(false);
  });
});

describe("a disk that fills up during a run", () => {
  test("is a breaker: orders go, quotes come back with the disk, the journal bridges the hole and replays equal", async () => {
    let full = false;
    const clock = new HandClock();
    const seen: { down: string[]; ordersDown: number; ordersAfter: number } = {
      down: [],
      ordersDown: 99,
      ordersAfter: 0,
    };
    const startUs = world.pushes[0]?.timeUs ?? 0;
    const { journal, session } = await journalWorld(world, join(folder, "full"), {
      clock,
      disk: {
        ...DISK,
        write: (...args) => {
          if (full) throw Object.assign(new Error("full"), { code: "ENOSPC" });
          return DISK.write(...args);
        },
      },
      onPush: (s) => {
        const second = (s.endedUs - startUs) / 1e6;
        clock.timeUs = s.endedUs;
        full = second > 60 && second < 100;
        const engine = s.desk.engines[0];
        if (engine === undefined) return;
        const { slots } = engine;
        let resting = 0;
        for (let i = 0; i < slots.limit; i++) if (slots.state[i] === SLOT.resting) resting += 1;
        if (second > 70 && second < 100) {
          seen.ordersDown = Math.min(seen.ordersDown, resting);
          if (engine.bidReason === REASON.journal) seen.down.push("bid");
        }
        if (second > 130 && second < 190) seen.ordersAfter = Math.max(seen.ordersAfter, resting);
      },
    });
    expect(seen.ordersDown).toBe(0);
    expect(seen.down.length).toBeGreaterThan(100);
    expect(seen.ordersAfter).toBe(2);
    expect(session.desk.breaker.trippedCount).toBe(0);
    const report = journal.report();
    expect(report).toMatchObject({ segments: 2, failure: expect.stringContaining("(ENOSPC)") });
    expect(report.lost_frames).toBeGreaterThan(500);
    expect(replayJournal(join(folder, "full"))).toMatchObject({ equal: true, holes: 1, segments: 2 });
  });
});

describe("what a run keeps of older journals follows its settings", () => {
  const short = { ...world, pushes: world.pushes.slice(0, 50) };
  const root = join(process.env.XDG_STATE_HOME as string, "mmbin", "journals");
  const old = join(root, "old", "000001.mmj");
  const clock = new HandClock();

  test.each([
    ["by default a piece of 20 MB, two days old, stays", [], true],
    ["journal_keep_days", ["journal_keep_days=1"], false],
    ["journal_keep_mb", ["journal_keep_mb=16"], false],
  ])("%s", async (name, set, stays) => {
    mkdirSync(join(root, "old"), { recursive: true });
    writeFileSync(old, "");
    truncateSync(old, 20 * 1024 * 1024);
    const seconds = clock.timeUs / 1e6 - 2 * 86_400;
    utimesSync(old, seconds, seconds);
    await journalWorld(short, join(root, `run ${name}`), { set, clock });
    expect(existsSync(old)).toBe(stays);
    rmSync(root, { recursive: true });
  });
});

describe("inspect", () => {
  const lines = (filter: Partial<Parameters<typeof inspectJournal>[1]>): string[] => {
    const all: string[] = [];
    const none = { from: null, to: null, kinds: [], market: null, order: null };
    inspectJournal(pieces.folder, { ...none, ...filter }, (data, at, markets) => {
      all.push(frameText(data, at, markets));
      return true;
    });
    return all;
  };

  test("by kind, market and range", () => {
    const fills = lines({ kinds: ["fill"] });
    expect(fills.length).toBeGreaterThan(3);
    expect(fills[0]).toMatch(
      /^\d+ 2026-01-01T00:\d\d:[\d.]+Z fill (sim:)?HYPE venue=2026\S+ cloid=\d+ oid=\d+ tid=1 side=(buy|sell) px=[\d.]+ lots=0\.\d+ feeUsd=\$0\.\d+ /,
    );
    expect(lines({ kinds: ["fill"], market: "HYPE" }).every((l) => l.includes(" fill HYPE "))).toBe(true);
    expect(lines({ from: 3000, to: 3000 })[0]).toMatch(/^3000 /);
    expect(lines({ kinds: ["instrument"] }).length).toBe(2);
    expect(lines({ kinds: ["book"], to: 2000 })[0]).toMatch(/ bids=\[[\d.]+x[\d.]+ .*\] asks=\[[\d.]+x/);
  });

  test("reads no further than what is asked for, or than its reader wants", () => {
    const damaged = join(folder, "damaged");
    cpSync(pieces.folder, damaged, { recursive: true });
    writeFileSync(segmentPaths(damaged)[1] as string, "this is no journal");
    const all = { from: null, to: null, kinds: [], market: null, order: null };
    expect(inspectJournal(damaged, { ...all, to: 9 }, () => true)).toBeGreaterThanOrEqual(9);
    expect(inspectJournal(damaged, all, () => false)).toBe(1);
    expect(() => inspectJournal(damaged, all, () => true)).toThrow("is no journal");
  });

  test("by order: its intents, answers, fills, and the orders that took its place", () => {
    const story = lines({ order: 1 });
    expect(story[0]).toContain(" intent ");
    expect(story[0]).toContain("action=place cloid=1 ");
    expect(story.some((l) => / order .* cloid=1 .* status=resting/.test(l))).toBe(true);
  });

  test.each([
    [{ kinds: ["fil"] }, "did you mean fill?"],
    [{ market: "sim:HIPE" }, "did you mean sim:HYPE?"],
  ])("%p is refused with the nearest match", (filter, message) => {
    expect(() => lines(filter)).toThrow(message);
  });
});
