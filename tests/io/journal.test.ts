import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FrameLane, KIND } from "../../src/core/frame.ts";
import { journalFolders, makeJournalFolder, pruneJournals } from "../../src/io/journal_folder.ts";
import { BLOCK_HEAD_BYTES, type RunHeader } from "../../src/io/journal_format.ts";
import { cutTornTail, forEachFrame, readSegment, type Segment, segmentPaths } from "../../src/io/journal_reader.ts";
import { DISK, type JournalDisk, JournalWriter, type SegmentStart } from "../../src/io/journal_writer.ts";
import { HandClock, testFolder } from "../fixtures/journal.ts";

const RUN: RunHeader = {
  build: "test",
  target: "linux-x64",
  run_id: "run",
  run_number: [1, 2],
  command: "paper",
  venue: "testnet",
  seed: null,
  account: null,
  config_hash: "0",
  latency_s: 0.3,
  markets: [{ coin: "BTC", sz_decimals: 5 }],
  profiles: ["perp"],
  params: [{ clipUsd: 1 }],
  facts: [{ assetId: 0 }],
  priors: [null],
};
const START: SegmentStart = {
  snapshot: new Float64Array([1, Number.NaN, -0]),
  stateVersion: 7,
  framesBefore: 0,
  timeUs: 5,
};
const POLICY = { rotateBytes: 1e9, rotateUs: 1e12 };
const lane = new FrameLane(64);

/** A timer frame of a number. */
function write(writer: JournalWriter, seq: number): void {
  lane.clear();
  const at = lane.begin(KIND.timer, 7, seq * 1000, seq * 1000, -1);
  lane.data[at + 2] = seq;
  writer.write(lane.data, at);
}

const seqs = (segment: Segment | null): number[] => {
  const found: number[] = [];
  if (segment !== null) forEachFrame(segment, (data, at) => found.push(data[at + 2] as number));
  return found;
};
const folders = testFolder("journal");
let counter = 0;
function newWriter(
  disk: JournalDisk = DISK,
  policy = POLICY,
  clock = new HandClock(),
): { writer: JournalWriter; folder: string } {
  counter += 1;
  const folder = join(folders, String(counter));
  makeJournalFolder(folder);
  return { writer: new JournalWriter(folder, RUN, policy, clock, disk), folder };
}
const refusing = (set: Partial<JournalDisk>): JournalDisk => ({ ...DISK, ...set });
const noSpace = (): never => {
  throw Object.assign(new Error("full"), { code: "ENOSPC" });
};

describe("a segment", () => {
  test("holds header, snapshot and frames as they were given", async () => {
    const { writer, folder } = newWriter();
    writer.begin(START);
    for (let i = 1; i <= 3000; i++) write(writer, i);
    await writer.close();
    const segment = readSegment(join(folder, "000001.mmj")) as Segment;
    expect(segment.header).toMatchObject({
      ...RUN,
      segment: 1,
      time_us: 5,
      frames_before: 0,
      state_version: 7,
      kinds: { timer: 11 },
    });
    expect([...segment.snapshot]).toEqual([1, Number.NaN, -0]);
    expect(seqs(segment)).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
    expect(writer.frameCount).toBe(3000);
    expect(writer.byteCount).toBe(readFileSync(segment.path).length);
  });

  test("what was committed is there although nobody closed it", () => {
    const { writer, folder } = newWriter();
    writer.begin(START);
    write(writer, 1);
    writer.commit();
    write(writer, 2);
    expect(seqs(readSegment(join(folder, "000001.mmj")))).toEqual([1]);
  });

  test("cut at any byte it keeps its whole blocks, and no cut reads as damage", async () => {
    const { writer, folder } = newWriter();
    writer.begin(START);
    for (let i = 1; i <= 4; i++) {
      write(writer, i);
      writer.commit();
    }
    await writer.close();
    const whole = readFileSync(join(folder, "000001.mmj"));
    const blockBytes = BLOCK_HEAD_BYTES + 7 * 8;
    const first = whole.length - 4 * blockBytes;
    const path = join(folder, "cut.mmj");
    for (let bytes = whole.length; bytes >= 0; bytes--) {
      writeFileSync(path, whole.subarray(0, bytes));
      const segment = readSegment(path);
      const blocks = Math.floor((bytes - first) / blockBytes);
      expect([bytes, seqs(segment)]).toEqual([bytes, Array.from({ length: Math.max(0, blocks) }, (_, i) => i + 1)]);
      expect(segment === null).toBe(bytes < first);
      if (segment !== null && cutTornTail(segment) > 0) expect(readSegment(path)?.tornBytes).toBe(0);
    }
    writeFileSync(path, Buffer.concat([whole, new Uint8Array(4096)]));
    expect([seqs(readSegment(path)), readSegment(path)?.tornBytes]).toEqual([[1, 2, 3, 4], 4096]);
  });

  test("every flipped byte of a block is found: in the middle as damage, at the end as a torn tail", async () => {
    const { writer, folder } = newWriter();
    writer.begin(START);
    write(writer, 1);
    writer.commit();
    write(writer, 2);
    await writer.close();
    const whole = readFileSync(join(folder, "000001.mmj"));
    const block = BLOCK_HEAD_BYTES + 7 * 8;
    const path = join(folder, "flipped.mmj");
    for (let i = 8; i < whole.length; i++) {
      const flipped = Buffer.from(whole);
      flipped[i] = (flipped[i] as number) ^ 0x10;
      writeFileSync(path, flipped);
      if (i < whole.length - block) expect(() => readSegment(path)).toThrow("is damaged, and whole ones follow it");
      else expect(seqs(readSegment(path))).toEqual([1]);
    }
  });

  test.each([
    ["no such place", () => segmentPaths(join(folders, "nowhere")), "no such journal"],
    ["a folder without segments", () => segmentPaths(testFolder("empty")), "holds no segment of a journal"],
    ["another kind of file", () => readSegment(import.meta.path), "is no journal"],
  ])("%s is told in one line, exit 11", (_name, read, message) => {
    let error: Error & { exitCode?: number } = new Error("none");
    try {
      read();
    } catch (e) {
      error = e as Error;
    }
    expect([error.exitCode, error.message.includes(message), error.message.includes("\n")]).toEqual([11, true, false]);
  });
});

describe("rotation", () => {
  test("by size and by time", () => {
    const { writer, folder } = newWriter(DISK, { rotateBytes: 2_000, rotateUs: 1000 });
    writer.begin(START);
    expect(writer.wantsRotation(1004)).toBe(false);
    expect(writer.wantsRotation(1005)).toBe(true);
    for (let i = 1; i <= 40; i++) write(writer, i);
    writer.commit();
    expect(writer.wantsRotation(5)).toBe(true);
    writer.begin({ ...START, framesBefore: 40 });
    write(writer, 41);
    writer.commit();
    expect(
      segmentPaths(folder).map((p) => [seqs(readSegment(p)).length, readSegment(p)?.header.frames_before]),
    ).toEqual([
      [40, 0],
      [1, 40],
    ]);
  });
});

describe("a disk that refuses", () => {
  test("a full one is counted, not thrown; a new segment follows when there is room", () => {
    let full = false;
    const { writer, folder } = newWriter(refusing({ write: (...args) => (full ? noSpace() : DISK.write(...args)) }));
    writer.begin(START);
    write(writer, 1);
    writer.commit();
    full = true;
    write(writer, 2);
    write(writer, 3);
    writer.commit();
    write(writer, 4);
    writer.commit();
    expect([writer.isDown, writer.lostCount]).toEqual([true, 3]);
    expect(writer.failure).toContain("000001.mmj: cannot be written (ENOSPC)");
    writer.begin({ ...START, framesBefore: 4 });
    expect([writer.isDown, segmentPaths(folder).length]).toEqual([true, 1]);
    full = false;
    writer.begin({ ...START, framesBefore: 4 });
    write(writer, 5);
    writer.commit();
    expect([writer.isDown, writer.lostCount, writer.frameCount]).toEqual([false, 3, 2]);
    expect(segmentPaths(folder).map((p) => seqs(readSegment(p)))).toEqual([[1], [5]]);
  });

  test("a block that fills up while the disk is full leaves nothing behind for the next segment", () => {
    let full = false;
    const { writer, folder } = newWriter(refusing({ write: (...args) => (full ? noSpace() : DISK.write(...args)) }));
    writer.begin(START);
    full = true;
    let seq = 0;
    while (!writer.isDown) write(writer, ++seq);
    full = false;
    writer.begin({ ...START, framesBefore: seq });
    write(writer, seq + 1);
    writer.commit();
    expect(segmentPaths(folder).map((p) => seqs(readSegment(p)))).toEqual([[], [seq + 1]]);
    expect([writer.lostCount, writer.frameCount]).toEqual([seq, 1]);
  });

  test("short writes are gone on with; a block written in half is a torn tail", () => {
    let left = Number.POSITIVE_INFINITY;
    const short: JournalDisk["write"] = (file, bytes, from, count) => {
      if (left === 0) return noSpace();
      const some = Math.min(count, left, 100);
      left -= some;
      return DISK.write(file, bytes, from, some);
    };
    const { writer, folder } = newWriter(refusing({ write: short }));
    writer.begin(START);
    for (let i = 1; i <= 50; i++) write(writer, i);
    writer.commit();
    left = 33;
    write(writer, 51);
    writer.commit();
    const segment = readSegment(segmentPaths(folder)[0] as string);
    expect([seqs(segment).length, segment?.tornBytes, writer.lostCount]).toEqual([50, 33, 1]);
  });

  test("it is synced once a second while frames come, off the loop, and a failed sync counts", () => {
    const clock = new HandClock();
    const syncs: ((error: Error | null) => void)[] = [];
    const { writer } = newWriter(refusing({ sync: (_file, done) => syncs.push(done) }), POLICY, clock);
    writer.begin(START);
    const tick = (us: number, seq: number): void => {
      clock.timeUs += us;
      write(writer, seq);
      writer.commit();
    };
    tick(0, 1);
    expect(syncs.length).toBe(1);
    tick(2_000_000, 2);
    expect(syncs.length).toBe(1);
    syncs[0]?.(null);
    tick(1, 3);
    expect(syncs.length).toBe(2);
    syncs[1]?.(null);
    tick(999_000, 4);
    expect(syncs.length).toBe(2);
    tick(1_000, 5);
    expect(syncs.length).toBe(3);
    syncs[2]?.(Object.assign(new Error("io"), { code: "EIO" }));
    expect(writer.failure).toContain("(EIO)");
  });

  test("a sealed segment is synced with its last frames although a sync was under way, and closing waits for it", async () => {
    const syncs: { file: number; written: number; done: (error: Error | null) => void }[] = [];
    const written = new Map<number, number>();
    const open = new Set<number>();
    const disk: Partial<JournalDisk> = {
      create: (path) => {
        const file = DISK.create(path);
        open.add(file);
        return file;
      },
      write: (file, bytes, from, count) => {
        const done = DISK.write(file, bytes, from, count);
        written.set(file, (written.get(file) ?? 0) + done);
        return done;
      },
      sync: (file, done) => syncs.push({ file, written: written.get(file) ?? 0, done }),
      close: (file) => {
        open.delete(file);
        DISK.close(file);
      },
    };
    const { writer } = newWriter(refusing(disk));
    writer.begin(START);
    write(writer, 1);
    writer.commit();
    const first = syncs[0]?.file as number;
    const before = syncs[0]?.written as number;
    write(writer, 2);
    writer.begin({ ...START, framesBefore: 2 });
    write(writer, 3);
    expect(syncs.length).toBe(1);
    syncs[0]?.done(null);
    expect(syncs[1]).toMatchObject({ file: first, written: before + BLOCK_HEAD_BYTES + 7 * 8 });
    let closed = false;
    const end = writer.close().then(() => {
      closed = true;
    });
    syncs[1]?.done(null);
    await Promise.resolve();
    expect([closed, open.has(first), syncs.length]).toEqual([false, false, 3]);
    syncs[2]?.done(Object.assign(new Error("io"), { code: "EIO" }));
    await end;
    expect([open.size, writer.failure.includes("000002.mmj: cannot be written (EIO)")]).toEqual([0, true]);
  });

  test("a sync that fails behind a rotation is a failure of the journal", () => {
    const syncs: ((error: Error | null) => void)[] = [];
    const { writer } = newWriter(refusing({ sync: (_file, done) => syncs.push(done) }));
    writer.begin(START);
    write(writer, 1);
    writer.begin({ ...START, framesBefore: 1 });
    expect([writer.isDown, syncs.length]).toEqual([false, 1]);
    syncs[0]?.(Object.assign(new Error("io"), { code: "EIO" }));
    expect(writer.failure).toContain("000001.mmj: cannot be written (EIO)");
  });
});

describe("what is kept", () => {
  const dayUs = 86_400_000_000;
  const nowUs = 1_800_000_000_000_000;
  function piece(run: string, name: string, megabytes: number, ageDays: number): string {
    const folder = join(journalRoot, run);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, "");
    truncateSync(path, megabytes * 1024 * 1024);
    const seconds = (nowUs - ageDays * dayUs) / 1e6;
    utimesSync(path, seconds, seconds);
    return path;
  }
  const journalRoot = join(process.env.XDG_STATE_HOME as string, "mmbin", "journals");
  const left = (): string[] =>
    journalFolders()
      .flatMap((f) => {
        try {
          return segmentPaths(f).map((p) => p.slice(journalRoot.length + 1));
        } catch {
          return [];
        }
      })
      .sort();

  test("the oldest go first, the newest of a run that may be alive never, other files never", () => {
    for (const folder of journalFolders()) pruneJournals([folder], { keepBytes: 0, keepDays: 0 }, nowUs + 1e15, "");
    piece("a", "000001.mmj", 10, 3);
    piece("a", "000002.mmj", 10, 2);
    piece("b", "000001.mmj", 10, 1);
    piece("b", "000002.mmj", 10, 0);
    const own = piece("c", "000001.mmj", 10, 0.5);
    writeFileSync(join(journalRoot, "a", "notes.txt"), "mine");
    const prune = (keepMb: number, keepDays: number): string[] => {
      pruneJournals(journalFolders(), { keepBytes: keepMb * 1024 * 1024, keepDays }, nowUs, own);
      return left();
    };
    expect(prune(100, 7)).toEqual(["a/000001.mmj", "a/000002.mmj", "b/000001.mmj", "b/000002.mmj", "c/000001.mmj"]);
    expect(prune(100, 2.5)).toEqual(["a/000002.mmj", "b/000001.mmj", "b/000002.mmj", "c/000001.mmj"]);
    expect(prune(30, 7)).toEqual(["b/000001.mmj", "b/000002.mmj", "c/000001.mmj"]);
    expect(prune(1, 7)).toEqual(["b/000002.mmj", "c/000001.mmj"]);
    expect(readFileSync(join(journalRoot, "a", "notes.txt"), "utf8")).toBe("mine");
  });
});
