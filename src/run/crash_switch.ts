/**
 * Kills one simulated process at a named point, as a power switch would: between two things that it does to the world outside.
 * @module
 */
import { truncateSync } from "node:fs";
import { Prng } from "../core/prng.ts";
import type { Clock, Timer } from "../io/clock.ts";
import type { JournalDisk } from "../io/journal_writer.ts";
import type { Net, Reply, Socket, SocketEvents } from "../io/net.ts";

/**
 * Where a process can die. `write_half` leaves the first half of a block on disk; `after` is when the world has it and the process does not
 * know yet.
 */
export const CRASH_POINTS = [
  "create_before",
  "create_after",
  "write_before",
  "write_half",
  "write_after",
  "sync_before",
  "sync_after",
  "connect_before",
  "send_before",
  "send_after",
  "message_before",
  "request_before",
  "request_after",
  "reply_before",
  "timer_before",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** The `count`-th time that the process comes by a point, from 1. */
export interface Crash {
  point: CrashPoint;
  count: number;
}

export interface CrashOptions {
  /** Null never kills, and counts. */
  crash: Crash | null;
  /** The machine loses its power and not only the process its life: what was not synced is gone from the disk too. */
  losesUnsynced?: boolean;
}

interface OpenFile {
  path: string;
  writtenBytes: number;
  syncedBytes: number;
}

const NEVER: Timer = { cancel: () => {} };
const NOWHERE: Socket = { send: () => {}, close: () => {} };

/**
 * Stands between a process and its clock, network and disk. Once dead, nothing that the rest of the running call does has an effect, nothing is
 * called back any more, and its connections end; files stay as they are. It does not throw: a handler that caught that would be code that a
 * dead process does not run.
 */
export class CrashSwitch {
  readonly counts = new Map<CrashPoint, number>();
  /** Where it died, or null. */
  diedAt: Crash | null = null;
  readonly #options: CrashOptions;
  readonly #sockets = new Set<Socket>();
  readonly #files = new Map<number, OpenFile>();
  readonly #letGo: (() => void)[] = [];
  #disk: JournalDisk | null = null;

  constructor(options: CrashOptions = { crash: null }) {
    this.#options = options;
  }

  get isDead(): boolean {
    return this.diedAt !== null;
  }

  /** Passes a point. Returns whether the process lives on: for whatever else a process does that has points of its own. */
  pass(point: CrashPoint): boolean {
    if (this.isDead) return false;
    const count = (this.counts.get(point) ?? 0) + 1;
    this.counts.set(point, count);
    const { crash } = this.#options;
    if (crash === null || crash.point !== point || crash.count !== count) return true;
    this.kill(point);
    return false;
  }

  /** Dies now. */
  kill(point: CrashPoint): void {
    if (this.isDead) return;
    this.diedAt = { point, count: this.counts.get(point) ?? 0 };
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
    for (const [file, { path, writtenBytes, syncedBytes }] of this.#files) {
      this.#disk?.close(file);
      if (this.#options.losesUnsynced === true && syncedBytes < writtenBytes) truncateSync(path, syncedBytes);
    }
    this.#files.clear();
    for (const letGo of this.#letGo.splice(0)) letGo();
  }

  /** What the system lets go when the process is gone: locks. Called at its death, before anything else happens. */
  onGone(letGo: () => void): void {
    if (this.isDead) letGo();
    else this.#letGo.push(letGo);
  }

  clock(clock: Clock): Clock {
    const fire = (then: () => void): (() => void) => {
      return () => {
        if (this.pass("timer_before")) then();
      };
    };
    return {
      nowUs: () => clock.nowUs(),
      monotonicUs: () => clock.monotonicUs(),
      setTimer: (dueUs, onDue) => (this.isDead ? NEVER : clock.setTimer(dueUs, fire(onDue))),
      sleepUntil: (timeUs) => {
        if (this.isDead) return new Promise(() => {});
        if (clock.nowUs() >= timeUs) return Promise.resolve();
        return new Promise((resolve) => {
          clock.setTimer(timeUs, fire(resolve));
        });
      },
    };
  }

  net(net: Net): Net {
    return {
      connect: (url, events) => this.#connect(net, url, events),
      request: (url, body, timeoutMs) => this.#request(net, url, body, timeoutMs),
    };
  }

  #connect(net: Net, url: string, events: SocketEvents): Socket {
    if (!this.pass("connect_before")) return NOWHERE;
    const socket = net.connect(url, {
      onOpen: () => {
        if (!this.isDead) events.onOpen();
      },
      onMessage: (text) => {
        if (this.pass("message_before")) events.onMessage(text);
      },
      onClose: (why) => {
        this.#sockets.delete(socket);
        if (!this.isDead) events.onClose(why);
      },
    });
    this.#sockets.add(socket);
    return {
      send: (text) => {
        if (!this.pass("send_before")) return;
        socket.send(text);
        this.pass("send_after");
      },
      close: () => {
        if (!this.isDead) socket.close();
      },
    };
  }

  #request(net: Net, url: string, body: string, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (!this.pass("request_before")) return;
      net.request(url, body, timeoutMs).then(
        (reply) => {
          if (this.pass("reply_before")) resolve(reply);
        },
        (error) => {
          if (this.pass("reply_before")) reject(error);
        },
      );
      this.pass("request_after");
    });
  }

  /** One disk a process. */
  disk(disk: JournalDisk): JournalDisk {
    this.#disk = disk;
    return {
      create: (path) => this.#create(disk, path),
      write: (file, bytes, from, count) => this.#write(disk, file, bytes, from, count),
      sync: (file, onDone) => this.#sync(disk, file, onDone),
      close: (file) => {
        if (this.isDead) return;
        this.#files.delete(file);
        disk.close(file);
      },
      remove: (path) => {
        if (!this.isDead) disk.remove(path);
      },
    };
  }

  #create(disk: JournalDisk, path: string): number {
    // A number that no file has: what is done with it has no effect.
    if (!this.pass("create_before")) return -1;
    const file = disk.create(path);
    this.#files.set(file, { path, writtenBytes: 0, syncedBytes: 0 });
    this.pass("create_after");
    return file;
  }

  #write(disk: JournalDisk, file: number, bytes: Uint8Array, from: number, count: number): number {
    if (!this.pass("write_before")) return count;
    const isHalf = this.#isNext("write_half");
    const written = disk.write(file, bytes, from, isHalf ? count >> 1 : count);
    const open = this.#files.get(file);
    if (open !== undefined) open.writtenBytes += written;
    if (!this.pass("write_half")) return count;
    this.pass("write_after");
    return written;
  }

  #isNext(point: CrashPoint): boolean {
    const { crash } = this.#options;
    return crash?.point === point && crash.count === (this.counts.get(point) ?? 0) + 1;
  }

  #sync(disk: JournalDisk, file: number, onDone: (error: Error | null) => void): void {
    if (!this.pass("sync_before")) return;
    const open = this.#files.get(file);
    const bytes = open?.writtenBytes ?? 0;
    disk.sync(file, (error) => {
      if (open !== undefined && error === null && !this.isDead) open.syncedBytes = bytes;
      if (this.pass("sync_after")) onDone(error);
    });
  }
}

/**
 * Chooses crashes among the points that an unhindered run passed: each point its first time, its last, and others drawn at random, in turns, so that rare
 * points are not lost beside the thousands of messages. Fewer where the run had fewer.
 */
export function spreadCrashes(counts: ReadonlyMap<CrashPoint, number>, wantedCount: number, seed: number): Crash[] {
  const random = new Prng(seed);
  const left = CRASH_POINTS.filter((point) => (counts.get(point) ?? 0) > 0).map((point) => ({
    point,
    total: counts.get(point) as number,
    taken: new Set<number>(),
  }));
  const crashes: Crash[] = [];
  for (let round = 0; crashes.length < wantedCount; round++) {
    const open = left.filter(({ total, taken }) => taken.size < total);
    if (open.length === 0) break;
    for (const { point, total, taken } of open) {
      if (crashes.length === wantedCount) break;
      let count = round === 0 ? 1 : round === 1 ? total : 1 + random.below(total);
      while (taken.has(count)) count = 1 + (count % total);
      taken.add(count);
      crashes.push({ point, count });
    }
  }
  return crashes;
}
