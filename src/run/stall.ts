/**
 * Holds one simulated process still, as SIGSTOP or a suspended machine does: what happens meanwhile reaches it in one go afterwards.
 * @module
 */
import type { TimeUs } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import type { Net, Reply } from "../io/net.ts";

/** Stands between a process and its clock and network. Its time goes on while it stands still; order is kept. */
export class Stall {
  readonly #clock: Clock;
  readonly #held: (() => void)[] = [];
  #untilUs = Number.NEGATIVE_INFINITY;
  #isWaking = false;

  /** @param clock The true time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Stands still for so long from now on, or longer where it does already. */
  hold(forUs: TimeUs): void {
    this.#untilUs = Math.max(this.#untilUs, this.#clock.nowUs() + forUs);
    this.#wake();
  }

  get heldCount(): number {
    return this.#held.length;
  }

  clock(clock: Clock): Clock {
    return {
      nowUs: () => clock.nowUs(),
      monotonicUs: () => clock.monotonicUs(),
      setTimer: (dueUs, onDue) => {
        let isCancelled = false;
        // Cancelled by something that was held before it: then it does not come.
        const fire = (): void => {
          if (!isCancelled) onDue();
        };
        const timer = clock.setTimer(dueUs, () => this.#pass(fire));
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
      sleepUntil: (timeUs) => {
        if (clock.nowUs() >= timeUs) return Promise.resolve();
        return new Promise((resolve) => {
          clock.setTimer(timeUs, () => this.#pass(resolve));
        });
      },
    };
  }

  net(net: Net): Net {
    return {
      connect: (url, events) =>
        net.connect(url, {
          onOpen: () => this.#pass(() => events.onOpen()),
          onMessage: (text) => {
            if (this.#isHeld) this.#held.push(() => events.onMessage(text));
            else events.onMessage(text);
          },
          onClose: (why) => this.#pass(() => events.onClose(why)),
        }),
      request: (url, body, timeoutMs) =>
        new Promise<Reply>((resolve, reject) => {
          net.request(url, body, timeoutMs).then(
            (reply) => this.#pass(() => resolve(reply)),
            (error) => this.#pass(() => reject(error)),
          );
        }),
    };
  }

  get #isHeld(): boolean {
    return this.#held.length > 0 || this.#clock.nowUs() < this.#untilUs;
  }

  #pass(event: () => void): void {
    if (this.#isHeld) this.#held.push(event);
    else event();
  }

  /** Lets go one event at a time, each an event of its own: what it sets off is over before the next. */
  #wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    this.#clock.setTimer(Math.max(this.#untilUs, this.#clock.nowUs()), () => {
      this.#isWaking = false;
      if (this.#clock.nowUs() >= this.#untilUs) this.#held.shift()?.();
      if (this.#held.length > 0 || this.#clock.nowUs() < this.#untilUs) this.#wake();
    });
  }
}
