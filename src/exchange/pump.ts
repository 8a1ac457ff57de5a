/**
 * The pump: takes pushes from a source at their own times and delivers them.
 * @module
 */
import { type Clock, yieldTurn } from "../io/clock.ts";
import type { LocalServer } from "../io/serve.ts";
import type { LocalVenue } from "./venue.ts";

/** One push, or a lost connection where the recorder lost his. */
export type SourceItem = { timeUs: number; text: string } | { timeUs: number; lost: string };

/** Where pushes come from: a generated world or a tape. */
export interface MarketSource {
  /** The next item, or null at the end. */
  next(): SourceItem | null | Promise<SourceItem | null>;
}

/** Pushes delivered before the event loop gets a turn: the client's side of the socket lives in it. */
const BATCH = 256;
/** Turns of the event loop in which a client of this process reads what has arrived. */
const READ_TURNS = 4;
/** What may wait in the sockets before the pump pauses. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** Delivers a source until its end or until stopped. `clock` null means as fast as the sockets take it. */
export class Pump {
  readonly #venue: LocalVenue;
  readonly #server: LocalServer;
  readonly #source: MarketSource;
  readonly #clock: Clock | null;
  #stopped = false;

  constructor(venue: LocalVenue, server: LocalServer, source: MarketSource, clock: Clock | null) {
    this.#venue = venue;
    this.#server = server;
    this.#source = source;
    this.#clock = clock;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Runs to the end. */
  async run(): Promise<void> {
    let count = 0;
    while (!this.#stopped) {
      const item = await this.#source.next();
      if (item === null) break;
      count += 1;
      await this.#pause(item.timeUs, count);
      if (this.#stopped) return;
      if ("lost" in item) await this.#lose();
      else this.#venue.deliver(item.timeUs, item.text);
    }
    this.#venue.end();
  }

  /** Ends every connection. Without a clock nothing else happens until the clients are back: there is no time in which they could miss it. */
  async #lose(): Promise<void> {
    const subscriptions = this.#venue.subscriptionCount;
    // What was sent before the loss was received before it: the socket's buffers are emptied, and the other side has its turns to read.
    if (this.#clock === null)
      for (let turn = 0; turn < READ_TURNS; turn += this.#server.waitingBytes() > 0 ? 0 : 1) await yieldTurn();
    this.#venue.dropAll();
    while (this.#clock === null && !this.#stopped && this.#venue.subscriptionCount < subscriptions) await yieldTurn();
  }

  /** Waits until the item is due, and for the other side of the sockets. */
  async #pause(timeUs: number, count: number): Promise<void> {
    const clock = this.#clock;
    while (clock !== null && clock.nowUs() < timeUs && !this.#stopped) await clock.sleepUntil(timeUs);
    if (count % BATCH !== 0) return;
    await yieldTurn();
    while (this.#server.waitingBytes() > WAITING_BYTES_MAX && !this.#stopped) await yieldTurn();
  }
}
