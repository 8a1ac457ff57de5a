/**
 * A network inside one process: from a client to the local exchange and back without sockets, on any clock, late by what a real way takes.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import { type Net, NetError, type Reply, type Socket, type SocketEvents } from "../io/net.ts";
import type { Door } from "./door.ts";
import { JITTER_US, LATE_CHANCE, LATE_SPREAD_US, LATE_US, WAY_US } from "./way.ts";
import type { Connection } from "./wire.ts";

/** How long messages are under way. */
export interface WayTimes {
  /** From the client to the venue's door, at the least. */
  outUs: TimeUs;
  /** From the end of a block, or an answer, to the client, at the least. */
  inUs: TimeUs;
  /** Mean of what is added to each, exponentially distributed. */
  jitterUs: TimeUs;
  /** Chance that a push of trades leaves the venue late, after newer touches. */
  lateTradesChance: number;
}

/** In is what recordings of the venue show, most of it the venue's own; out is a near continent. With the wait for a block, 0.38 s in all. */
export const WAY_TIMES: WayTimes = {
  outUs: 50 * US_PER_MS,
  inUs: WAY_US,
  jitterUs: JITTER_US,
  lateTradesChance: LATE_CHANCE,
};

/** No way at all: everything arrives in the moment in which it is sent, in the next event. */
export const NO_WAY: WayTimes = { outUs: 0, inUs: 0, jitterUs: 0, lateTradesChance: 0 };

const TRADES = '{"channel":"trades"';
/** What a client is told when the other side is gone without a word. */
const GONE = "closed with code 1006";

/** One client's network. Sockets keep their order; each request has a way of its own. */
export class DirectNet implements Net {
  /** Whether anybody is there for new connections and requests; those that are open stay. */
  isReachable = true;
  readonly #door: Door;
  readonly #clock: Clock;
  readonly #way: WayTimes;
  readonly #random: Prng;

  /** @param clock The true time, in which messages travel. */
  constructor(door: Door, clock: Clock, seed: number, way: WayTimes = WAY_TIMES) {
    this.#door = door;
    this.#clock = clock;
    this.#way = way;
    this.#random = new Prng(seed);
  }

  /** Only `/ws` is listened to. */
  connect(url: string, events: SocketEvents): Socket {
    const socket = new DirectSocket(this.#clock, this.#way, this.#random, events);
    const isThere = this.isReachable && pathOf(url) === "/ws";
    socket.out(() => {
      if (isThere) socket.attach(this.#door);
      else socket.refuse("nobody answers there");
    });
    return socket;
  }

  request(url: string, body: string, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new NetError(`${url}: ${why}`));
      const timeout = this.#after(timeoutMs * US_PER_MS, () => fail(`no answer within ${timeoutMs / 1000} s`));
      const isThere = this.isReachable;
      this.#after(this.#drawUs(this.#way.outUs), () => {
        const back = (then: () => void): void => {
          this.#after(this.#drawUs(this.#way.inUs), () => {
            timeout.cancel();
            then();
          });
        };
        if (!isThere) back(() => fail("nobody answers there"));
        // What comes after the time-out finds a promise that is settled.
        else this.#door.post(pathOf(url), body, (reply) => back(() => resolve({ ...reply })));
      });
    });
  }

  #after(us: TimeUs, then: () => void): { cancel(): void } {
    return this.#clock.setTimer(this.#clock.nowUs() + us, then);
  }

  #drawUs(leastUs: TimeUs): TimeUs {
    return drawUs(leastUs, this.#way.jitterUs, this.#random);
  }
}

/** One connection: two lanes in which nothing overtakes. */
class DirectSocket implements Socket {
  readonly #clock: Clock;
  readonly #way: WayTimes;
  readonly #random: Prng;
  readonly #events: SocketEvents;
  #connection: Connection | null = null;
  #isOpen = false;
  /** Over for the client, and over for the venue: each may be first. */
  #isClosed = false;
  #isDropped = false;
  /** Newest arrival on either lane, and newest departure of late trades. */
  #outUs = 0;
  #inUs = 0;
  #tradesUs = 0;

  constructor(clock: Clock, way: WayTimes, random: Prng, events: SocketEvents) {
    this.#clock = clock;
    this.#way = way;
    this.#random = random;
    this.#events = events;
  }

  send(text: string): void {
    if (this.#isOpen && !this.#isClosed) this.out(() => this.#connection?.onMessage(text));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isOpen = false;
    // A client hears nothing more from a socket that it has closed but that it is closed, in a turn of its own.
    queueMicrotask(() => this.#end("closed by us"));
    this.out(() => {
      if (this.#isDropped) return;
      this.#isDropped = true;
      this.#connection?.onClose();
    });
  }

  /** Arrives at the venue. */
  out(then: () => void): void {
    const { outUs, jitterUs } = this.#way;
    this.#outUs = Math.max(this.#outUs, this.#clock.nowUs() + drawUs(outUs, jitterUs, this.#random));
    this.#clock.setTimer(this.#outUs, then);
  }

  /** The venue accepts the connection. */
  attach(door: Door): void {
    if (this.#isDropped) return;
    this.#in(() => {
      if (this.#isClosed) return;
      this.#isOpen = true;
      this.#events.onOpen();
    });
    this.#connection = door.open({ send: (text) => this.#tell(text), drop: () => this.#drop() });
  }

  refuse(why: string): void {
    this.#isDropped = true;
    this.#in(() => this.#end(why));
  }

  #tell(text: string): void {
    const { lateTradesChance } = this.#way;
    if (lateTradesChance === 0 || !text.startsWith(TRADES)) {
      this.#push(text);
      return;
    }
    const lateUs = this.#random.unit() < lateTradesChance ? LATE_US + LATE_SPREAD_US * this.#random.unit() : 0;
    const nowUs = this.#clock.nowUs();
    this.#tradesUs = Math.max(this.#tradesUs, nowUs + Math.round(lateUs));
    // Trades keep their order among themselves; nothing else waits for them.
    if (this.#tradesUs === nowUs) this.#push(text);
    else this.#clock.setTimer(this.#tradesUs, () => this.#push(text));
  }

  #push(text: string): void {
    if (this.#isDropped || this.#isClosed) return;
    this.#in(() => {
      if (this.#isOpen) this.#events.onMessage(text);
    });
  }

  #in(then: () => void): void {
    const { inUs, jitterUs } = this.#way;
    this.#inUs = Math.max(this.#inUs, this.#clock.nowUs() + drawUs(inUs, jitterUs, this.#random));
    this.#clock.setTimer(this.#inUs, then);
  }

  /** The venue ends it; what it had said before still arrives. */
  #drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#in(() => this.#end(GONE));
  }

  #end(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#events.onClose(why);
  }
}

function drawUs(leastUs: TimeUs, jitterUs: TimeUs, random: Prng): TimeUs {
  return jitterUs === 0 ? leastUs : Math.round(leastUs + jitterUs * random.exponential());
}

const pathOf = (url: string): string => /^\w+:\/\/[^/]*(\/[^?#]*)/.exec(url)?.[1] ?? "/";
