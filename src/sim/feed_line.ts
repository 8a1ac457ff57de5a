/**
 * One connection to a simulated venue's public data: what was sent, and when it is received.
 * @module
 */
import { assert } from "../core/assert.ts";
import { F, type FrameLane } from "../core/frame.ts";
import type { TimeUs } from "../core/units.ts";

/** Channels of a feed: each keeps its order, and none waits for another. */
export const CHANNEL = { trades: 0, bbo: 1, book: 2, fastBook: 3, context: 4 } as const;
export type Channel = (typeof CHANNEL)[keyof typeof CHANNEL];
const CHANNEL_COUNT = 5;

/** How long messages are on their way, microseconds. */
export interface FeedDelays {
  /** All take this. */
  baseUs: number;
  /** And an exponential time with this mean. */
  jitterUs: number;
  /** One trades push in eight comes later than the touches of its block, by up to this: on recorded connections prints lag behind. */
  lateUs: number;
}

/** The way in is on average half of the loop; prints may lag by a whole one. */
export function delaysOf(latencyUs: number): FeedDelays {
  return { baseUs: Math.round(0.4 * latencyUs), jitterUs: Math.round(0.1 * latencyUs), lateUs: latencyUs };
}

const LATE_SHARE = 1 / 8;
/** An exponential draw ends here, in means: no message is lost for minutes. */
const JITTER_MAX = 6;
/** Messages on their way at once, far more than a second of every channel of a few markets. */
const WAITING_MAX = 4096;

interface Message {
  receivedUs: TimeUs;
  venueTimeUs: TimeUs;
  frames: Float64Array;
}

/** Messages in the order of their receipt. The delay of each is drawn from its own time and channel: lines of one seed agree. */
export class FeedLine {
  /** Newest venue time received. */
  newestVenueTimeUs: TimeUs = 0;
  readonly #delays: FeedDelays;
  readonly #seed: number;
  /** Newest receipt by market and channel. */
  readonly #receivedUs: number[] = [];
  /** Ordered, latest first: the next one is popped. */
  readonly #waiting: Message[] = [];

  constructor(delays: FeedDelays, seed: number) {
    this.#delays = delays;
    this.#seed = seed;
  }

  /** When the next message is received; Infinity when none is on its way. */
  get nextUs(): TimeUs {
    return this.#waiting[this.#waiting.length - 1]?.receivedUs ?? Number.POSITIVE_INFINITY;
  }

  /** The venue sends frames, all of one market and channel. The array is kept and not written to. */
  send(market: number, channel: Channel, venueTimeUs: TimeUs, frames: Float64Array): void {
    const key = market * CHANNEL_COUNT + channel;
    const dueUs = venueTimeUs + this.#delayUs(key, channel, venueTimeUs);
    const receivedUs = Math.max(dueUs, this.#receivedUs[key] ?? 0);
    this.#receivedUs[key] = receivedUs;
    const waiting = this.#waiting;
    assert(waiting.length < WAITING_MAX, "feed line: messages are taken when they are due");
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] as Message).receivedUs <= receivedUs) at -= 1;
    waiting.splice(at, 0, { receivedUs, venueTimeUs, frames });
  }

  /** Writes the frames of the next message into the lane, stamped with their receipt. */
  take(lane: FrameLane): void {
    const message = this.#waiting.pop();
    assert(message !== undefined, "feed line: a message is due");
    const { receivedUs, venueTimeUs, frames } = message;
    if (venueTimeUs > this.newestVenueTimeUs) this.newestVenueTimeUs = venueTimeUs;
    lane.clear();
    for (let at = 0; at < frames.length; at += frames[at] as number) {
      const to = lane.push(frames, at);
      lane.data[to + F.timeUs] = receivedUs;
    }
  }

  #delayUs(key: number, channel: Channel, venueTimeUs: TimeUs): number {
    const { baseUs, jitterUs, lateUs } = this.#delays;
    const ms = Math.floor(venueTimeUs / 1000);
    const jitter = Math.min(JITTER_MAX, -Math.log(1 - draw(this.#seed, 2 * key, ms)));
    let delayUs = baseUs + jitterUs * jitter;
    if (channel === CHANNEL.trades) {
      const late = draw(this.#seed, 2 * key + 1, ms);
      if (late < LATE_SHARE) delayUs += (late / LATE_SHARE) * lateUs;
    }
    return Math.round(delayUs);
  }
}

/** Uniform in [0, 1) from three whole numbers (MurmurHash3's finish; Appleby, 2008). */
function draw(seed: number, key: number, ms: number): number {
  let word = Math.imul(seed ^ 0x9747b28c, 0xcc9e2d51) ^ Math.imul(key + 1, 0x1b873593) ^ (ms >>> 0);
  word = Math.imul(word ^ Math.floor(ms / 2 ** 32), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32;
}
