/**
 * Finds out what became of the account while nobody listened, and tells it as frames.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";
import type { Timer } from "../../io/clock.ts";
import type { OrderView } from "./order_view.ts";
import { Round, type RoundReport, type Wiring } from "./reconcile_round.ts";

/** From a failed round to the next; `InfoClient` has asked four times by then. */
const RETRY_US = 2 * US_PER_SECOND;
/** From a round that left an order's fate unknown to the next look at it. */
const AGAIN_US = 2 * US_PER_SECOND;
/** At the start so much of the past is read: longer than an answer lags, so that fills and positions can be seen to fit. */
const START_WINDOW_US = 60 * US_PER_SECOND;

/** What the reconciler needs of the run, and tells it. */
export interface ReconcilerWiring extends Wiring {
  /** A round is through: everything it found has been told. */
  onDone(report: RoundReport): void;
  /** Something went wrong that people should read; asked again by itself. */
  onProblem(text: string): void;
}

/**
 * Asks the venue what stands, what ended and what filled, and tells it until no order's fate is unknown.
 *
 * `reconcile` is the whole question: after the start, after a connection was lost, and whenever a person wants it. A newer one replaces an older
 * one that is still under way. `resolve` is the small one: orders whose answer never came. Both are callbacks all the way; an order that cannot be
 * settled yet is asked about again.
 *
 * Weight of a whole round for one dex, of 1,200 a minute: 20 for the open orders, 2 an order that is not among them, 20 for fills and one more
 * for each 20 of them, 20 for funding if an hour has ended since, 2 for the state, 20 for the count of requests: 62 when nothing is amiss.
 * A further dex adds 22. The small round: 2 an order and 20, from 22 on.
 */
export class Reconciler {
  roundCount = 0;
  failureCount = 0;
  /** Weight of all rounds so far. */
  weight = 0;
  readonly #wiring: ReconcilerWiring;
  readonly #known: { fillsUs: TimeUs; fundingsUs: TimeUs };
  #round: Round | null = null;
  #timer: Timer | null = null;
  /** When orders that were asked about are worth asking about again: venue time, by counter. */
  #dues = new Map<number, TimeUs>();
  /** A whole round that failed is owed. */
  #owed: string | null = null;
  #isClosed = false;

  /** @param knownUs Up to when fills and funding are known, venue's clock, where a run before has read them. */
  constructor(wiring: ReconcilerWiring, knownUs: TimeUs | null = null) {
    this.#wiring = wiring;
    const fromUs = (knownUs ?? wiring.venueNowUs()) - START_WINDOW_US;
    this.#known = { fillsUs: fromUs, fundingsUs: fromUs };
  }

  /** Whether a round is under way or owed. */
  get isBusy(): boolean {
    return this.#round !== null || this.#owed !== null;
  }

  /**
   * Asks for everything. The first one adopts the positions; until it is done nothing of the account is told. Only once the account's channels are
   * acknowledged on the new connection: what ends between a list and a subscription nobody would tell.
   */
  reconcile(reason: string): void {
    this.#round?.close();
    this.#owed = reason;
    this.#begin();
  }

  /**
   * Asks about the orders whose fate is not known. What runs already does so too, or this follows it; of those that were asked about there is nothing
   * new before their time: asked four times a second they would take the weight that the end of the run needs.
   */
  resolve(): void {
    if (this.#round !== null || this.#owed !== null) return;
    const nowUs = this.#wiring.venueNowUs();
    if (this.#unresolved().some(({ cloid }) => !((this.#dues.get(cloid) ?? 0) > nowUs))) this.#begin();
  }

  /** The end of the run: nothing is asked or told any more. */
  close(): void {
    this.#isClosed = true;
    this.#round?.close();
    this.#round = null;
    this.#timer?.cancel();
  }

  #unresolved(): OrderView[] {
    return this.#wiring.orders().filter((order) => order.isUnresolved);
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.roundCount += 1;
    const reason = this.#owed;
    const round = new Round(this.#wiring, reason, this.#known, {
      onEnd: (report) => {
        this.#round = null;
        this.#owed = null;
        this.weight += report.weight;
        this.#wiring.onDone(report);
        this.#lookAgain(report);
      },
      onFail: (error) => {
        this.#round = null;
        this.failureCount += 1;
        this.#wiring.onProblem(`what stands at the venue is not known yet: ${messageOf(error)}`);
        this.#later(RETRY_US);
      },
    });
    this.#round = round;
    round.start();
  }

  /** Orders whose fate is not known yet, or not any more, are asked about when there can be an answer. */
  #lookAgain({ problems, waits }: RoundReport): void {
    for (const text of problems) this.#wiring.onProblem(text);
    const unresolved = this.#unresolved();
    if (this.#round !== null) return;
    const nowUs = this.#wiring.venueNowUs();
    this.#dues = new Map(unresolved.map(({ cloid }) => [cloid, Math.max(nowUs + AGAIN_US, waits.get(cloid) ?? 0)]));
    if (unresolved.length > 0) this.#later(Math.min(...this.#dues.values()) - nowUs);
  }

  #later(waitUs: TimeUs): void {
    this.#timer?.cancel();
    this.#timer = this.#wiring.clock.setTimer(this.#wiring.clock.nowUs() + waitUs, () => {
      this.#timer = null;
      if (this.#owed !== null || this.#unresolved().length > 0) this.#begin();
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
