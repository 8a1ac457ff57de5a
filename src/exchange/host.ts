/**
 * What gives the venue its time: blocks when they are due, in turns that are never long.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import { type Clock, yieldTurn } from "../io/clock.ts";
import type { BlockActor } from "../sim/block_actor.ts";
import type { Venue } from "../sim/venue/venue.ts";

export type { BlockActor };

export interface HostOptions {
  venue: Venue;
  /** Paces the blocks; null runs as fast as it goes. */
  clock: Clock | null;
  participants?: BlockActor;
  /** Called after each block: late messages are let go. */
  afterBlock?(): void;
  /** No block comes by itself: only `step` makes them. */
  manual?: boolean;
  /** While true, blocks that are due wait: whoever listens cannot keep up. */
  holds?(): boolean;
}

/**
 * Blocks of one turn before the sockets have theirs: at 10 us a block, as a busy default market costs, 2.5 ms. A backlog, of a suspended
 * machine or a speed that it cannot keep, is worked off by turns of this length; no block is ever left out, so the venue's time does not drift.
 */
export const BLOCKS_PER_TURN_MAX = 256;
/** A manual host looks this often whether it shall end. */
const MANUAL_WAIT_US = 100_000;

/** Drives the venue from a clock, block by block, and lets the sockets be served in between. */
export class Host {
  readonly #venue: Venue;
  readonly #clock: Clock | null;
  readonly #participants: BlockActor | null;
  readonly #afterBlock: () => void;
  readonly #manual: boolean;
  readonly #holds: () => boolean;
  readonly #blockUs: TimeUs;
  /** Venue time ahead of the clock. */
  #aheadUs: TimeUs;
  #stopped = false;

  constructor(options: HostOptions) {
    this.#venue = options.venue;
    this.#clock = options.clock;
    this.#participants = options.participants ?? null;
    this.#afterBlock = options.afterBlock ?? ((): void => {});
    this.#manual = options.manual ?? false;
    this.#holds = options.holds ?? ((): boolean => false);
    this.#blockUs = Math.round(options.venue.rules.blockUs / US_PER_MS) * US_PER_MS;
    this.#aheadUs = options.clock === null ? 0 : options.venue.nowUs - options.clock.nowUs();
  }

  /** Makes blocks until stopped. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#holds()) {
        await yieldTurn();
        continue;
      }
      const count = this.dueCount();
      this.#blocks(Math.min(count, BLOCKS_PER_TURN_MAX));
      if (count > BLOCKS_PER_TURN_MAX) await yieldTurn();
      else await this.#wait();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Blocks that are due now and not made yet. */
  dueCount(): number {
    if (this.#manual) return 0;
    if (this.#clock === null) return BLOCKS_PER_TURN_MAX + 1;
    const behindUs = this.#clock.nowUs() + this.#aheadUs - this.#venue.nowUs;
    return Math.max(0, Math.floor(behindUs / this.#blockUs));
  }

  /** Makes blocks beyond those that are due; the venue's time is ahead by them from then on. */
  async step(blocks: number): Promise<void> {
    for (let left = blocks; left > 0 && !this.#stopped; left -= BLOCKS_PER_TURN_MAX) {
      const count = Math.min(left, BLOCKS_PER_TURN_MAX);
      this.#aheadUs += count * this.#blockUs;
      this.#blocks(count);
      if (left > count) await yieldTurn();
    }
  }

  /** Moves the venue's time forward without blocks. */
  jump(us: TimeUs): void {
    const beforeUs = this.#venue.nowUs;
    this.#venue.jump(us);
    this.#aheadUs += this.#venue.nowUs - beforeUs;
  }

  #blocks(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#participants?.beforeBlock(this.#venue);
      this.#venue.step();
      this.#afterBlock();
    }
  }

  async #wait(): Promise<void> {
    if (this.#clock === null) return yieldTurn();
    const nextUs = this.#venue.nowUs + this.#blockUs - this.#aheadUs;
    await this.#clock.sleepUntil(this.#manual ? this.#clock.nowUs() + MANUAL_WAIT_US : nextUs);
  }
}
