/**
 * The way from the local exchange to a client whose clock the pushes drive: late as on a real connection, and marked with when they arrive.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import type { Door } from "./door.ts";
import { CLOCK_CHANNEL, type Connection, type HttpReply, type Wire } from "./wire.ts";

/** From the end of a block to the receipt of its pushes: what a recording of the venue shows at the least, and a tail. */
export const WAY_US = 250 * US_PER_MS;
export const JITTER_US = 20 * US_PER_MS;
/** One push of trades in eight comes this much later, after newer touches, as it does from the venue. */
export const LATE_CHANCE = 0.12;
export const LATE_US = 150 * US_PER_MS;
export const LATE_SPREAD_US = 250 * US_PER_MS;
/** A constant of its own: the way's chance shall not be the market's. */
const SEED_OFFSET = 0x776179;

const PUSH = /^\{"channel":"(bbo|l2Book|trades|activeAssetCtx)","data":\[?\{"coin":"([^"]+)"/;

interface Waiting {
  timeUs: TimeUs;
  text: string;
}

/** A door before a door. What the market says goes the way; answers and acknowledgements pass at once: their client waits for them with its clock still. */
export class WayDoor implements Door {
  readonly #door: Door;
  readonly #nowUs: () => TimeUs;
  readonly #random: Prng;
  readonly #connections = new Set<WayConnection>();

  /** @param nowUs Venue time. */
  constructor(door: Door, seed: number, nowUs: () => TimeUs) {
    this.#door = door;
    this.#nowUs = nowUs;
    this.#random = new Prng(seed + SEED_OFFSET);
  }

  post(path: string, body: string, reply: (reply: HttpReply) => void): void {
    this.#door.post(path, body, reply);
  }

  open(wire: Wire): Connection {
    const way = new WayConnection(wire, this.#random, this.#nowUs);
    const inner = this.#door.open({ send: (text) => way.send(text), drop: () => wire.drop() });
    this.#connections.add(way);
    return {
      onMessage: (text) => inner.onMessage(text),
      onClose: () => {
        this.#connections.delete(way);
        inner.onClose();
      },
    };
  }

  /** Delivers what has arrived. Called after each block: nothing that arrives by then can still be sent. */
  tick(): void {
    const nowUs = this.#nowUs();
    for (const way of this.#connections) way.release(nowUs);
  }
}

/**
 * One connection. The trades of a coin keep their order, and so does everything else of it: a late push holds back what is behind it there and
 * nothing else.
 */
class WayConnection {
  readonly #wire: Wire;
  readonly #random: Prng;
  readonly #nowUs: () => TimeUs;
  readonly #queue: Waiting[] = [];
  /** Newest arrival by what keeps its order. */
  readonly #newest = new Map<string, TimeUs>();

  constructor(wire: Wire, random: Prng, nowUs: () => TimeUs) {
    this.#wire = wire;
    this.#random = random;
    this.#nowUs = nowUs;
  }

  send(text: string): void {
    const match = PUSH.exec(text);
    if (match === null) {
      this.#wire.send(text);
      return;
    }
    const isTrades = match[1] === "trades";
    const random = this.#random;
    const lateUs = isTrades && random.unit() < LATE_CHANCE ? LATE_US + LATE_SPREAD_US * random.unit() : 0;
    const sentUs = Math.round(this.#nowUs() + WAY_US + JITTER_US * random.exponential() + lateUs);
    const lane = `${match[2]} ${isTrades}`;
    const timeUs = Math.max(sentUs, this.#newest.get(lane) ?? 0);
    this.#newest.set(lane, timeUs);
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1] as Waiting).timeUs > timeUs) at -= 1;
    this.#queue.splice(at, 0, { timeUs, text });
  }

  release(nowUs: TimeUs): void {
    let count = 0;
    for (const { timeUs, text } of this.#queue) {
      if (timeUs > nowUs) break;
      this.#wire.send(`{"channel":"${CLOCK_CHANNEL}","data":{"timeUs":${timeUs}}}`);
      this.#wire.send(text);
      count += 1;
    }
    this.#queue.splice(0, count);
  }
}
