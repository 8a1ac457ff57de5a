/**
 * The end of a run with real orders: everything cancelled, and the venue's word for it.
 * @module
 */
import type { TimeUs } from "../core/units.ts";
import { US_PER_SECOND } from "../core/units.ts";
import type { OrderFact } from "../wire/hyperliquid/account_facts.ts";

/** What the end needs of the run. */
export interface EndParts {
  nowUs(): TimeUs;
  /** Whether any order may still stand as far as the engine knows. */
  hasOrders(): boolean;
  /** Asks the venue for this run's orders that rest. Rejects when there is no answer. */
  openOrders(): Promise<readonly OrderFact[]>;
  /** Asks for the end of everything that is known to the engine. */
  cancelKnown(nowUs: TimeUs): void;
  /** Asks for the end of these. */
  cancelThese(orders: readonly OrderFact[], nowUs: TimeUs): void;
  /** Whether a person will not wait. */
  isHurried(): boolean;
  note(text: string): void;
}

/** The engine's own cancels and their answers: a loop or two, and a time-out in between. */
const PATIENCE_US = 3 * US_PER_SECOND;
/** Between two attempts, and the time after which it is told as it is. */
const AGAIN_US = 2 * US_PER_SECOND;
const GIVE_UP_US = 30 * US_PER_SECOND;
/** Who hurries has waited already. */
const HURRIED_US = 2 * US_PER_SECOND;

/**
 * Asks until the venue says that no order of the run is left, or the time is over.
 *
 * The engine has been told to stop and cancels what it knows. What it does not know of (an order that was on its way) shows up at the venue, which is
 * asked as soon as the engine knows of nothing more, and again and again.
 */
export class Ending {
  /** Null until the venue answered. */
  ordersLeft: number | null = null;
  isOver = false;
  readonly #parts: EndParts;
  readonly #sinceUs: TimeUs;
  #againUs: TimeUs;
  #isAsking = false;
  #confirmedUs: TimeUs = Number.NaN;

  constructor(parts: EndParts) {
    this.#parts = parts;
    this.#sinceUs = parts.nowUs();
    this.#againUs = this.#sinceUs + PATIENCE_US;
  }

  /** Whether the venue said that nothing is left. */
  get isConfirmed(): boolean {
    return this.ordersLeft === 0;
  }

  /** From the wish to end to the confirmation, or until now. */
  get seconds(): number {
    const untilUs = Number.isNaN(this.#confirmedUs) ? this.#parts.nowUs() : this.#confirmedUs;
    return (untilUs - this.#sinceUs) / US_PER_SECOND;
  }

  /** On every timer of the grid. */
  onTick(nowUs: TimeUs): void {
    const { isHurried, hasOrders, cancelKnown } = this.#parts;
    if (this.isOver) return;
    const waitedUs = nowUs - this.#sinceUs;
    if (waitedUs > GIVE_UP_US || (isHurried() && waitedUs > HURRIED_US)) {
      this.isOver = true;
      return;
    }
    if (this.#isAsking) return;
    if (!hasOrders()) {
      this.#ask();
      return;
    }
    if (nowUs < this.#againUs) return;
    this.#againUs = nowUs + AGAIN_US;
    cancelKnown(nowUs);
    this.#ask();
  }

  #ask(): void {
    this.#isAsking = true;
    this.#parts.openOrders().then(
      (orders) => this.#onOrders(orders),
      (error: Error) => {
        this.#isAsking = false;
        this.#parts.note(`not confirmed yet: ${error.message}`);
      },
    );
  }

  #onOrders(orders: readonly OrderFact[]): void {
    const nowUs = this.#parts.nowUs();
    this.#isAsking = false;
    this.ordersLeft = orders.length;
    if (orders.length > 0) {
      if (nowUs < this.#againUs) return;
      this.#againUs = nowUs + AGAIN_US;
      this.#parts.cancelThese(orders, nowUs);
      return;
    }
    // What the engine still waits for may have been on its way when the venue answered.
    if (this.#parts.hasOrders()) return;
    this.#confirmedUs = nowUs;
    this.isOver = true;
  }
}
