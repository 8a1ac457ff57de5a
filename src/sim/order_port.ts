/**
 * The port between a run and the venue that its orders go to: the same for orders that only have a shadow and for orders that stand in a book.
 * @module
 */
import type { FrameLane } from "../core/frame.ts";
import type { Instrument } from "../core/market/instrument.ts";
import type { TimeUs } from "../core/units.ts";
import type { Account } from "./account.ts";
import type { AddressLimiter } from "./limits.ts";

/** Requests by what became of them, as the venue counts: a refused one is not in `total`. */
export interface RequestCounts {
  place: number;
  modify: number;
  cancel: number;
  rejected: number;
  refused: number;
}

/** What a run asks the port about one of its markets. */
export interface PortMarket {
  /** Its facts now: fees may change on the way. */
  instrument: Instrument;
  /** Prints that would have filled an order whose end was already acknowledged. */
  readonly latePrintCount: number;
  /** Whether the venue's contexts, with mark and funding rate, have been seen. */
  readonly hasContext: boolean;
}

/**
 * Takes intents, gives back answers and fills as frames.
 *
 * All times are of one clock of the port's choosing, which whoever drives it moves forward: `advance`, then what happened there (`onMarket`,
 * `submit`), then `poll` for what is known by then.
 */
export interface OrderPort {
  readonly account: Account;
  readonly limiter: AddressLimiter;
  readonly markets: readonly PortMarket[];
  readonly counts: readonly RequestCounts[];
  /** A market frame was received. */
  onMarket(data: Float64Array, at: number): void;
  /** Takes one intent that was decided at `timeUs`. */
  submit(data: Float64Array, at: number, timeUs: TimeUs): void;
  /** Every intent of one decision was submitted: what waits for company goes out. */
  flush?(): void;
  advance(timeUs: TimeUs): void;
  /** When the next answer may be known; Infinity when nothing is under way. */
  nextDueUs(): TimeUs;
  /** Writes the answers known by `dueUs`, stamped `timeUs`, and the limiter's count where it moved. Returns how many frames. */
  poll(dueUs: TimeUs, timeUs: TimeUs, lane: FrameLane): number;
  /** Writes the venue's count of our requests if it moved since it was last told. */
  writeQuota(venueTimeUs: TimeUs, timeUs: TimeUs, lane: FrameLane): boolean;
}
