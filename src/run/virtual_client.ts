/**
 * One simulated process: its own clock, network and disk, and what can happen to it.
 * @module
 */
import { assert } from "../core/assert.ts";
import type { TimeUs } from "../core/units.ts";
import type { DirectNet } from "../exchange/direct_net.ts";
import { type Clock, WallClock } from "../io/clock.ts";
import type { Net } from "../io/net.ts";
import { SkewedClock } from "../io/skewed_clock.ts";
import { virtualDisk } from "../io/virtual_disk.ts";
import { type CrashOptions, CrashSwitch } from "./crash_switch.ts";
import type { Machine } from "./follow.ts";
import { Stall } from "./stall.ts";

export interface VirtualClientOptions {
  /** Client's time of day minus the venue's. */
  offsetUs?: TimeUs;
  /** Where it dies, if anywhere. */
  crash?: CrashOptions;
}

type State = "waiting" | "running" | "done" | "failed";

/** From the outside in: the way to the venue, a hold on the whole process, its death, its wrong clock. */
export class VirtualClient {
  readonly clock: SkewedClock;
  readonly net: Net;
  readonly machine: Machine;
  readonly crash: CrashSwitch;
  /** Its way to the venue. */
  readonly way: DirectNet;
  state: State = "waiting";
  readonly #clock: Clock;
  readonly #stall: Stall;
  #value: unknown;

  /** @param clock The true time. */
  constructor(clock: Clock, way: DirectNet, options: VirtualClientOptions) {
    this.way = way;
    this.crash = new CrashSwitch(options.crash);
    this.#stall = new Stall(clock);
    this.#clock = this.crash.clock(this.#stall.clock(clock));
    this.clock = new SkewedClock(this.#clock, options.offsetUs);
    this.net = this.crash.net(this.#stall.net(way));
    const disk = this.crash.disk(virtualDisk(this.#stall.clock(clock)));
    const wall = new WallClock();
    // Files carry the machine's time of day; what waits on them waits in virtual time.
    this.machine = {
      wall: { nowUs: () => wall.nowUs(), monotonicUs: () => clock.monotonicUs() },
      disk,
      onGone: (letGo) => this.crash.onGone(letGo),
    };
  }

  get isDead(): boolean {
    return this.crash.isDead;
  }

  /** Whether nothing of its program can happen any more. */
  get isOver(): boolean {
    return this.isDead || this.state === "done" || this.state === "failed";
  }

  /** Begins a program as the next event. One program a client: whoever starts again is another process. */
  start<T>(program: () => Promise<T>): void {
    assert(this.state === "waiting", "virtual client: a process runs one program");
    this.state = "running";
    this.#clock.setTimer(this.#clock.nowUs(), () => {
      program().then(
        (value) => this.#settle("done", value),
        (error) => this.#settle("failed", error),
      );
    });
  }

  /** What its program returned; null while it runs, or when it died. Throws what it threw. */
  result<T>(): T | null {
    if (this.isDead || this.state === "waiting" || this.state === "running") return null;
    if (this.state === "failed") throw this.#value;
    return this.#value as T;
  }

  /** It stands still for so long. */
  stall(forUs: TimeUs): void {
    this.#stall.hold(forUs);
  }

  #settle(state: State, value: unknown): void {
    if (this.isDead) return;
    this.state = state;
    this.#value = value;
  }
}
