/**
 * Nonces of one key: the venue's milliseconds, each used once, whatever the clock does and however often the process dies.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { US_PER_MS } from "../../core/units.ts";
import type { Clock } from "../../io/clock.ts";
import type { NonceStore } from "../../io/nonce_file.ts";
import type { NonceSource } from "./trading.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The venue takes nonces of (T - 2 days, T + 1 day), T the time of its block. */
export const NONCE_BEHIND_MS_MAX = 2 * DAY_MS;
export const NONCE_AHEAD_MS_MAX = DAY_MS;
/** Kept from both edges: the way to the venue, and how well its clock is known. */
const EDGE_MS = MINUTE_MS;
/** Reserved ahead of the clock: renewed when half is used, which is two small writes a minute. */
const RESERVED_MS = MINUTE_MS;
/**
 * Reserved ahead of the last nonce where that runs ahead of the clock, as after a crash: nonces then go up by one a request, and a process that
 * crashes all day long must not run a day ahead.
 */
const RESERVED_COUNT = 1_000;

/** A nonce that the venue would refuse, or one that nobody can prove unused. */
export class NonceError extends Error {
  override readonly name = "NonceError";
  readonly exitCode = 4;
}

/** What nonces are made from. */
export interface NonceParts {
  /** Of the key, for messages. */
  address: string;
  clock: Clock;
  store: NonceStore;
  /** Venue time minus ours, microseconds: read at each nonce. */
  offsetUs: () => number;
  /** Hears, once each time it begins, that no more can be reserved. Nonces are left, to end the run with. */
  onProblem: (error: Error) => void;
}

/**
 * `max(last + 1, venue's now)`, above everything that was ever reserved for the key.
 *
 * Before a nonce is used, all nonces up to it are reserved on disk, a minute's worth at a time; a new process begins above the reservation. So
 * neither a crash nor a clock that is set back repeats one. Reservations are renewed when half is used, while other things go on. Where the clock
 * is beyond the reservation, after a pause or with a disk that refuses, an older nonce of it does: tens of thousands are left, and the venue
 * takes them for two days. So only the first nonce of a process waits for the disk (5 to 100 ms), and orders can be cancelled without one.
 */
export class ClockNonces implements NonceSource {
  readonly #parts: NonceParts;
  #last: number;
  /** Set when a renewal failed: it may be that somebody else took the key. */
  #isDoubtful = false;
  #isRenewing = false;
  #isOpen = true;

  constructor(parts: NonceParts) {
    this.#parts = parts;
    this.#last = parts.store.reservedMs;
  }

  /**
   * The next nonce, milliseconds.
   * @throws {NonceError} This machine's clock is so wrong that the venue would refuse, or earlier nonces run too far ahead of it.
   * @throws {UserError}  Another process uses the key (exit 13), or nothing is reserved and the disk refuses (12).
   */
  next(): number {
    const { address, store, offsetUs } = this.#parts;
    assert(this.#isOpen, "nonces: open");
    const venueMs = this.#venueMs();
    const wanted = Math.max(this.#last + 1, venueMs);
    const problem = clockProblem(offsetUs() / US_PER_MS) || aheadProblem(wanted, venueMs);
    if (problem !== "") throw new NonceError(`${address}: ${problem}`);
    if (this.#isDoubtful) store.check();
    const nonce = wanted <= store.reservedMs ? wanted : this.#reserved(wanted, venueMs);
    this.#last = nonce;
    if (store.reservedMs - venueMs < RESERVED_MS / 2 || store.reservedMs - nonce < RESERVED_COUNT / 2)
      this.#renewLater();
    return nonce;
  }

  /** Gives the rest of the reservation back: the next process begins where this one ended. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#parts.store.release(this.#last);
    } catch {
      // What is reserved stays so: the next process begins above it.
    }
  }

  /** An older nonce that is reserved; where there is none, the one that is wanted, once the disk has it. */
  #reserved(wanted: number, venueMs: number): number {
    const { store } = this.#parts;
    const spare = this.#last + 1;
    if (spare <= store.reservedMs && venueMs - spare < NONCE_BEHIND_MS_MAX - EDGE_MS) return spare;
    store.reserve(boundOf(wanted, venueMs));
    return wanted;
  }

  #renewLater(): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const { clock, store, onProblem } = this.#parts;
    clock.setTimer(clock.nowUs(), () => {
      this.#isRenewing = false;
      if (!this.#isOpen) return;
      const venueMs = this.#venueMs();
      store.reserveLater(boundOf(this.#last, venueMs), (error) => {
        if (error !== null && !this.#isDoubtful && this.#isOpen) onProblem(error);
        this.#isDoubtful = error !== null;
      });
    });
  }

  #venueMs(): number {
    const { clock, offsetUs } = this.#parts;
    return Math.floor((clock.nowUs() + offsetUs()) / US_PER_MS);
  }
}

/** How far to reserve from a nonce on. */
function boundOf(nonce: number, venueMs: number): number {
  return Math.max(venueMs + RESERVED_MS, nonce + RESERVED_COUNT);
}

/** Says what is wrong with a clock this far from the venue's (venue time minus ours); "" where the venue would take its nonces. */
export function clockProblem(offsetMs: number): string {
  if (!Number.isFinite(offsetMs)) return "the venue's clock is not known";
  const isBehind = offsetMs >= NONCE_BEHIND_MS_MAX - EDGE_MS;
  const isAhead = -offsetMs >= NONCE_AHEAD_MS_MAX - EDGE_MS;
  if (!isBehind && !isAhead) return "";
  const off = `${daysText(Math.abs(offsetMs))} ${isBehind ? "behind" : "ahead of"}`;
  return `this machine's clock is ${off} the venue's, which takes nonces of 2 days before to 1 day after its own: set the clock`;
}

/** Says what is wrong with a nonce that stands ahead of the venue's time; "" where the venue would take it. */
export function aheadProblem(nonce: number, venueMs: number): string {
  if (nonce - venueMs < NONCE_AHEAD_MS_MAX - EDGE_MS) return "";
  const far = daysText(nonce - venueMs);
  return `nonces up to ${far} ahead of the venue's time were reserved for this key, by a clock that was wrong: use a new agent key, or wait`;
}

function daysText(ms: number): string {
  const days = ms / DAY_MS;
  return days >= 1.95 ? `${Math.round(days)} days` : `${(days * 24).toFixed(0)} hours`;
}
