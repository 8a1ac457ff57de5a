/**
 * The client's side of a marked venue: a network that moves a driven clock by the marks between the pushes.
 * @module
 */
import type { DrivenClock } from "../io/clock.ts";
import type { Net, Reply, Socket, SocketEvents } from "../io/net.ts";
import { CLOCK_CHANNEL } from "./wire.ts";

const MARK = `{"channel":"${CLOCK_CHANNEL}"`;

/** Takes the marks out of what comes in, sets the clock before the push that follows, and fires timers after it. */
export class MarkedNet implements Net {
  readonly #net: Net;
  readonly #clock: DrivenClock;
  readonly #onEnd: () => void;

  /** @param onEnd The venue said that nothing more will come. */
  constructor(net: Net, clock: DrivenClock, onEnd: () => void) {
    this.#net = net;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  connect(url: string, events: SocketEvents): Socket {
    return this.#net.connect(url, {
      onOpen: () => events.onOpen(),
      onMessage: (text) => {
        if (text.startsWith(MARK)) this.#onMark(text);
        else {
          events.onMessage(text);
          this.#clock.fire();
        }
      },
      onClose: (why) => {
        events.onClose(why);
        // Nobody says the time now: the wait before the next attempt passes at once.
        this.#clock.rush();
      },
    });
  }

  #onMark(text: string): void {
    const { data } = JSON.parse(text) as { data: { timeUs?: number; end?: boolean } };
    if (data.timeUs !== undefined) this.#clock.set(data.timeUs);
    else if (data.end === true) this.#onEnd();
  }

  request(url: string, body: string, timeoutMs: number): Promise<Reply> {
    return this.#net.request(url, body, timeoutMs);
  }
}
