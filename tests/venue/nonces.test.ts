import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { DrivenClock, WallClock } from "../../src/io/clock.ts";
import { storageError, UserError } from "../../src/io/exit.ts";
import { NonceFile, type NonceStore } from "../../src/io/nonce_file.ts";
import { aheadProblem, ClockNonces, clockProblem } from "../../src/venue/hyperliquid/nonces.ts";

const SEED = 20_261_201;
const T0_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;
const ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325";
const folder = mkdtempSync(join(tmpdir(), "mmbin-nonces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a disk keeps of one key. */
class Disk implements NonceStore {
  reservedMs = 0;
  writes = 0;
  fails: Error | null = null;
  check(): void {
    if (this.fails instanceof UserError && this.fails.exitCode === 13) throw this.fails;
  }
  reserve(toMs: number): void {
    if (this.fails !== null) throw this.fails;
    this.reservedMs = toMs;
    this.writes += 1;
  }
  reserveLater(toMs: number, onDone: (error: Error | null) => void): void {
    if (this.fails === null) this.reserve(toMs);
    onDone(this.fails);
  }
  release(usedMs: number): void {
    this.reserve(usedMs);
  }
}

const start = (clock: DrivenClock, store: NonceStore, offsetMs = 0, problems: Error[] = []): ClockNonces =>
  new ClockNonces({
    address: ADDRESS,
    clock,
    store,
    offsetUs: () => offsetMs * 1_000,
    onProblem: (error) => problems.push(error),
  });
const clockAt = (ms: number): DrivenClock => new DrivenClock(ms * 1_000);

describe("nonces of a clock", () => {
  test("the venue's milliseconds, and one more where the millisecond is used", () => {
    const clock = clockAt(T0_MS);
    const nonces = start(clock, new Disk(), 250);
    expect([nonces.next(), nonces.next(), nonces.next()]).toEqual([T0_MS + 250, T0_MS + 251, T0_MS + 252]);
    clock.set((T0_MS + 10) * 1_000);
    expect(nonces.next()).toBe(T0_MS + 260);
    clock.set((T0_MS - 5_000) * 1_000);
    expect(nonces.next()).toBe(T0_MS + 261);
  });

  test("each is reserved before it is used; a restart begins above the reservation, an orderly one where the last ended", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    const first = start(clock, disk);
    expect(first.next()).toBe(T0_MS);
    expect(disk.reservedMs).toBe(T0_MS + 60_000);
    // Died here: the next process knows the reservation only.
    const second = start(clock, disk);
    expect(second.next()).toBe(T0_MS + 60_001);
    expect(disk.reservedMs).toBe(T0_MS + 61_001);
    second.close();
    expect(disk.reservedMs).toBe(T0_MS + 60_001);
    expect(start(clock, disk).next()).toBe(T0_MS + 60_002);
  });

  test("closing without having used any keeps what others reserved", () => {
    const disk = new Disk();
    disk.reservedMs = T0_MS + 9_000;
    start(clockAt(T0_MS), disk).close();
    expect(disk.reservedMs).toBe(T0_MS + 9_000);
  });

  test("a process that dies every second for a day does not run a day ahead", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    let last = 0;
    for (let i = 0; i < 86_400; i++) {
      clock.set((T0_MS + 1_000 * i) * 1_000);
      const nonce = start(clock, disk).next();
      expect(nonce).toBeGreaterThan(last);
      last = nonce;
    }
    expect(last - clock.nowUs() / 1_000).toBeLessThan(3 * 60_000);
  });

  test("reservations are renewed in a turn of their own, two a minute", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    const nonces = start(clock, disk);
    let inNext = 0;
    for (let i = 0; i < 600; i++) {
      clock.set((T0_MS + 1_000 * i) * 1_000);
      const before = disk.writes;
      nonces.next();
      inNext += disk.writes - before;
      clock.fire();
    }
    expect([inNext, disk.writes]).toEqual([1, 20]);
  });

  test("after a pause an older nonce goes out at once, and the reservation is renewed behind it", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    const nonces = start(clock, disk);
    nonces.next();
    clock.set((T0_MS + 600_000) * 1_000);
    expect([nonces.next(), disk.writes]).toEqual([T0_MS + 1, 1]);
    clock.fire();
    expect([nonces.next(), disk.writes]).toEqual([T0_MS + 600_000, 2]);
  });

  test("a disk that refuses is told once, and leaves nonces to end with", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    const problems: Error[] = [];
    const nonces = start(clock, disk, 0, problems);
    nonces.next();
    disk.fails = storageError("no room");
    for (const second of [40, 41, 42]) {
      clock.set((T0_MS + second * 1_000) * 1_000);
      expect(nonces.next()).toBe(T0_MS + second * 1_000);
      clock.fire();
    }
    expect(problems).toEqual([disk.fails]);
    clock.set((T0_MS + 3_600_000) * 1_000);
    expect([nonces.next(), nonces.next()]).toEqual([T0_MS + 42_001, T0_MS + 42_002]);
    clock.fire();
    clock.set((T0_MS + 2 * DAY_MS) * 1_000);
    expect(() => nonces.next()).toThrow("no room");
    disk.fails = null;
    expect(nonces.next()).toBe(T0_MS + 2 * DAY_MS);
    expect(problems.length).toBe(1);
  });

  test("all that is reserved may be used with a disk that refuses, and not one more", () => {
    const clock = clockAt(T0_MS);
    const disk = new Disk();
    const nonces = start(clock, disk);
    nonces.next();
    disk.fails = storageError("no room");
    for (let i = 1; i <= 60_000; i++) expect(nonces.next()).toBe(T0_MS + i);
    expect(() => nonces.next()).toThrow("no room");
  });

  test("with nothing reserved and a disk that refuses there is no nonce; nor when the key was taken", () => {
    const disk = new Disk();
    disk.fails = storageError("no room");
    expect(() => start(clockAt(T0_MS), disk).next()).toThrow("no room");
    const clock = clockAt(T0_MS);
    const other = new Disk();
    const problems: Error[] = [];
    const nonces = start(clock, other, 0, problems);
    nonces.next();
    other.fails = new UserError(13, "taken");
    clock.set((T0_MS + 31_000) * 1_000);
    nonces.next();
    clock.fire();
    expect(problems).toEqual([other.fails]);
    expect(() => nonces.next()).toThrow("taken");
  });

  test("a clock that the venue would refuse is told by how far it is off", () => {
    const refusal = (offsetMs: number): string => {
      try {
        start(clockAt(T0_MS), new Disk(), offsetMs).next();
        return "";
      } catch (error) {
        return `${(error as UserError).exitCode} ${(error as Error).message}`;
      }
    };
    expect(refusal(3 * DAY_MS)).toStartWith(`4 ${ADDRESS}: this machine's clock is 3 days behind the venue's`);
    expect(refusal(-2 * DAY_MS)).toContain("clock is 2 days ahead of the venue's");
    expect(refusal(Number.NaN)).toContain("the venue's clock is not known");
    expect([refusal(1.9 * DAY_MS), refusal(-0.9 * DAY_MS)]).toEqual(["", ""]);
  });

  test("a reservation a day ahead is refused: some clock was wrong", () => {
    const disk = new Disk();
    disk.reservedMs = T0_MS + DAY_MS;
    expect(() => start(clockAt(T0_MS), disk).next()).toThrow("nonces up to 24 hours ahead of the venue's time");
    disk.reservedMs = T0_MS + DAY_MS - 120_000;
    expect(start(clockAt(T0_MS), disk).next()).toBe(T0_MS + DAY_MS - 119_999);
  });

  test.each([
    [2 * DAY_MS - 60_001, ""],
    [2 * DAY_MS - 60_000, "behind"],
    [-(DAY_MS - 60_001), ""],
    [-(DAY_MS - 60_000), "ahead"],
    [Number.POSITIVE_INFINITY, "not known"],
  ])("a clock %d ms from the venue's: %p", (offsetMs, word) => {
    expect(clockProblem(offsetMs)).toContain(word);
    expect(clockProblem(offsetMs) === "").toBe(word === "");
  });

  test("the edge of a day ahead keeps a minute", () => {
    expect(aheadProblem(T0_MS + DAY_MS - 60_001, T0_MS)).toBe("");
    expect(aheadProblem(T0_MS + DAY_MS - 60_000, T0_MS)).not.toBe("");
  });

  test("strictly increasing over any clock, crashes, closings and failures of the disk", () => {
    const step = fc.record({
      moveMs: fc.oneof(fc.integer({ min: -5_000, max: 90_000 }), fc.constant(0)),
      draws: fc.integer({ min: 0, max: 5 }),
      end: fc.constantFrom("", "", "", "crash", "close", "fail", "mend", "fire"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = clockAt(T0_MS);
        const disk = new Disk();
        let nonces = start(clock, disk);
        let last = 0;
        for (const { moveMs, draws, end } of steps) {
          clock.set(clock.nowUs() + moveMs * 1_000);
          for (let i = 0; i < draws; i++) {
            let nonce: number;
            try {
              nonce = nonces.next();
            } catch (error) {
              expect(error).toBe(disk.fails);
              continue;
            }
            expect(nonce).toBeGreaterThan(last);
            expect(nonce).toBeLessThanOrEqual(disk.reservedMs);
            last = nonce;
          }
          if (end === "fail") disk.fails = storageError("no room");
          if (end === "mend") disk.fails = null;
          if (end === "fire") clock.fire();
          if (end === "close" && disk.fails === null) nonces.close();
          if (end === "crash" || (end === "close" && disk.fails === null)) nonces = start(clock, disk);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe("the file of a key's nonces", () => {
  test("keeps the reservation, for its owner alone", () => {
    const file = new NonceFile(join(folder, "a"), ADDRESS);
    file.reserve(T0_MS);
    expect(JSON.parse(readFileSync(file.path, "utf8"))).toMatchObject({ reserved_ms: T0_MS, pid: process.pid });
    file.release(T0_MS - 5);
    expect(new NonceFile(join(folder, "a"), ADDRESS).reservedMs).toBe(T0_MS - 5);
  });

  test("a living process keeps the key, a dead one does not", () => {
    const file = new NonceFile(join(folder, "b"), ADDRESS);
    file.reserve(T0_MS);
    const second = (): NonceFile => new NonceFile(join(folder, "b"), ADDRESS);
    expect(second).toThrow(`process ${process.pid} uses the key of ${ADDRESS}`);
    // The same number, another process.
    const record = JSON.parse(readFileSync(file.path, "utf8"));
    writeFileSync(file.path, JSON.stringify({ ...record, process: "another-boot/1" }));
    expect(second().reservedMs).toBe(T0_MS);
    // The first one lives after all, and hears of it.
    expect(() => file.check()).toThrow("another process took the key");
    expect(() => file.reserve(T0_MS + 1)).toThrow("another process took the key");
  });

  test("the loser of two starts in one moment hears it at its first nonce", () => {
    const file = new NonceFile(join(folder, "c"), ADDRESS);
    const nonces = new ClockNonces({
      address: ADDRESS,
      clock: new WallClock(),
      store: file,
      offsetUs: () => 0,
      onProblem: () => {},
    });
    writeFileSync(file.path, readFileSync(file.path, "utf8").replace(/"holder":"[^"]*"/, '"holder":"other"'));
    expect(() => nonces.next()).toThrow("another process took the key");
  });

  test("a reservation for later is on disk when it says so; one that waits the other out goes before it", async () => {
    const file = new NonceFile(join(folder, "later"), ADDRESS);
    const onDisk = (): number => JSON.parse(readFileSync(file.path, "utf8")).reserved_ms;
    const later = (toMs: number): Promise<Error | null> => new Promise((resolve) => file.reserveLater(toMs, resolve));
    const first = later(T0_MS);
    expect(file.reservedMs).toBe(0);
    file.reserveLater(T0_MS + 9, () => expect.unreachable("another is under way"));
    expect([await first, file.reservedMs, onDisk()]).toEqual([null, T0_MS, T0_MS]);
    const second = later(T0_MS + 5);
    file.reserve(T0_MS + 70);
    expect([await second, file.reservedMs, onDisk()]).toEqual([null, T0_MS + 70, T0_MS + 70]);
    const third = later(T0_MS + 80);
    file.release(T0_MS + 71);
    expect([await third, file.reservedMs, onDisk()]).toEqual([null, T0_MS + 71, T0_MS + 71]);
    expect(readdirSync(join(folder, "later"))).toEqual([ADDRESS]);
    // Somebody else's meanwhile.
    writeFileSync(file.path, readFileSync(file.path, "utf8").replace(/"holder":"[^"]*"/, '"holder":"other"'));
    expect((await later(T0_MS + 90))?.message).toContain("another process took the key");
    rmSync(join(folder, "later"), { recursive: true });
    expect((await later(T0_MS + 90))?.message).toContain("another process took the key");
  });

  test.each(["", "{", '{"schema":"mmbin.nonces/1"}', '{"schema":"mmbin.nonces/2","reserved_ms":1}'])(
    "a damaged file is refused: %p",
    (text) => {
      const path = new NonceFile(join(folder, "d"), ADDRESS).path;
      writeFileSync(path, text);
      expect(() => new NonceFile(join(folder, "d"), ADDRESS)).toThrow("nobody knows which nonces were used");
      rmSync(path);
    },
  );

  test.skipIf(process.getuid?.() === 0)("a folder that cannot be written is a storage error", () => {
    const path = join(folder, "e");
    new NonceFile(path, ADDRESS).release(1);
    chmodSync(path, 0o500);
    expect(() => new NonceFile(path, ADDRESS)).toThrow("cannot be written");
    chmodSync(path, 0o700);
  });
});
