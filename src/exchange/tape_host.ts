/**
 * What gives a venue the time of a recording: a block at each recorded moment, and blocks of the usual length where nothing was recorded.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import { type Clock, yieldTurn } from "../io/clock.ts";
import type { TapeActor } from "../sim/tape/actor.ts";
import type { TapeQueue } from "../sim/tape/queue.ts";
import type { Venue } from "../sim/venue/venue.ts";

/** Frames of a recording, read ahead. */
export interface FrameSource {
  readonly queue: TapeQueue;
  readonly isOver: boolean;
  readonly isAhead: boolean;
  fill(): Promise<void>;
}

export interface TapeHostOptions {
  venue: Venue;
  source: FrameSource;
  actor: TapeActor;
  /** Paces the blocks in venue time; null runs as fast as it goes. */
  clock: Clock | null;
  /** Venue time less recorded time, whole milliseconds. */
  offsetUs: TimeUs;
  afterBlock?(): void;
}

/** Blocks between two turns of the sockets. */
const BLOCKS_PER_TURN_MAX = 64;

/** Drives the venue from a recording until its end. */
export class TapeHost {
  readonly #options: TapeHostOptions;
  #stopped = false;

  constructor(options: TapeHostOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Makes blocks to the end of the recording, or until stopped. Throws what is wrong with the tape. */
  async run(): Promise<void> {
    const { source, clock } = this.#options;
    for (let count = 1; !this.#stopped; count++) {
      if (!source.isAhead) await source.fill();
      if (source.isOver) return;
      const toUs = this.#nextUs();
      while (clock !== null && clock.nowUs() < toUs && !this.#stopped) await clock.sleepUntil(toUs);
      if (this.#stopped) return;
      this.#block(toUs);
      if (count % BLOCKS_PER_TURN_MAX === 0) await yieldTurn();
    }
  }

  /** When the next block ends: at the next recorded moment unless that is further than a block is long. Blocks end on whole milliseconds. */
  #nextUs(): TimeUs {
    const { venue, source, offsetUs } = this.#options;
    const recordedUs = Math.ceil(source.queue.nextUs / US_PER_MS) * US_PER_MS + offsetUs;
    return Math.max(venue.nowUs, Math.min(venue.nowUs + venue.rules.blockUs, recordedUs));
  }

  #block(toUs: TimeUs): void {
    const { venue, source, actor, offsetUs, afterBlock } = this.#options;
    for (;;) {
      const frame = source.queue.take(toUs - offsetUs);
      if (frame === null) break;
      actor.onFrame(frame);
    }
    actor.beforeBlock(venue);
    venue.step(toUs);
    afterBlock?.();
  }
}
