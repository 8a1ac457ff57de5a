/**
 * Frames: every fact the core hears and every intent it utters, in one layout.
 *
 * A frame is `[size, kind, seq, timeUs, venueTimeUs, market, ...payload]` in doubles. `size` counts doubles, header included. `market` is an
 * index into the run's markets, or -1 for the whole desk. `timeUs` is when this process knew it, `venueTimeUs` when it was true at the
 * venue (the newest known venue time for what has none). The memory layout is the file layout.
 * @module
 */
import { assert } from "./assert.ts";

/** Layout of the tables below. A journal's header carries it; readers refuse another. */
export const FRAME_VERSION = 2;

/** Doubles before the payload. */
export const HEADER_SIZE = 6;
/** Room of one frame: a book of 20 + 20 levels takes 89, a text of 480 bytes 88. */
export const FRAME_SIZE_MAX = 128;
/** Levels a side that a book frame holds: the venue sends at most 20. */
export const BOOK_LEVELS_MAX = 20;

/** Offsets of the header. */
export const F = { size: 0, kind: 1, seq: 2, timeUs: 3, venueTimeUs: 4, market: 5, payload: 6 } as const;

/** Kinds of frame. Numbers are part of the journal format: never reuse one. */
export const KIND = {
  text: 1,
  instrument: 2,
  book: 3,
  bbo: 4,
  trade: 5,
  context: 6,
  order: 7,
  fill: 8,
  funding: 9,
  quota: 10,
  timer: 11,
  command: 12,
  gap: 13,
  intent: 14,
  prior: 15,
  state: 16,
  position: 17,
  latency: 18,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Market index of a frame that concerns the whole desk. */
export const DESK = -1;

// Offsets from the start of the frame, one table a kind.

/** `text`: an interned string, UTF-8 bytes packed six to a double. */
export const TEXT = { id: 6, byteCount: 7, bytes: 8 } as const;
/**
 * `instrument`: the facts of a market. Fees are fractions; `growth` and the other flags are 0 or 1; `minNotionalUsd` in micro-dollars;
 * `referenceMarket` is the index of the market that it mirrors, -1 for none, -2 for its oracle.
 */
export const INSTRUMENT = {
  szDecimals: 6,
  maxLeverage: 7,
  assetId: 8,
  makerFeeFrac: 9,
  takerFeeFrac: 10,
  growth: 11,
  creditRatio: 12,
  delisted: 13,
  isolatedOnly: 14,
  minNotionalUsd: 15,
  coinTextId: 16,
  referenceMarket: 17,
  size: 18,
} as const;
/** `book`: `fast` is 1 for the five-level form; then `bidCount` and `askCount` pairs of (px, lots), best first. */
export const BOOK = { fast: 6, bidCount: 7, askCount: 8, levels: 9 } as const;
/** `bbo`: lots 0 where that side of the book is empty. */
export const BBO = { bidPx: 6, bidLots: 7, askPx: 8, askLots: 9, size: 10 } as const;
/** `trade`: one print. `side` is the aggressor's, +1 bought, -1 sold; `replayed` is 1 for what a subscribe repeats. */
export const TRADE = { px: 6, lots: 7, side: 8, tid: 9, replayed: 10, size: 11 } as const;
/** `context`: prices as doubles in price units (they need not lie on the grid), NaN where the venue sent null. */
export const CONTEXT = { oraclePx: 6, markPx: 7, fundingRatePerHour: 8, openInterestLots: 9, size: 10 } as const;
/**
 * `order`: what became of one of our orders. `cloid` is our counter, or minus the venue's order id for an order that was found there and does not
 * carry one of ours; `status` one of ORDER_STATUS; `reason` a reason code. `side`, `px` and `reduceOnly` are set where the order is `found`.
 * `leavesLots` is what was unfilled when the order was `cancelled` (NaN where the answer did not say: the order's slot then waits until it is
 * told) or rests of one that is `found`; of an order that we placed the core counts what is left itself, from fills.
 */
export const ORDER = {
  cloid: 6,
  oid: 7,
  status: 8,
  reason: 9,
  side: 10,
  px: 11,
  lots: 12,
  leavesLots: 13,
  reduceOnly: 14,
  size: 15,
} as const;
/** `fill`: `side` +1 we bought; `feeUsd` in micro-dollars, positive when paid; `crossed` 1 when we took; `snapshot` 1 for history. */
export const FILL = {
  cloid: 6,
  oid: 7,
  tid: 8,
  side: 9,
  px: 10,
  lots: 11,
  feeUsd: 12,
  crossed: 13,
  snapshot: 14,
  size: 15,
} as const;
/** `funding`: micro-dollars, positive when received. */
export const FUNDING = { usd: 6, size: 7 } as const;
/**
 * `position`: what the venue says of our position in a market, and when (venue time). `lots` signed; `entryPx` a double in price units, NaN when
 * flat. `adopt` is 1 where a run starts from it, 0 where it is only compared with our own.
 */
export const POSITION = { lots: 6, entryPx: 7, adopt: 8, size: 9 } as const;
/** `latency`: the loop as measured, median of late: from a decision to the order live at the venue and the venue's word back here. */
export const LATENCY = { loopUs: 6, size: 7 } as const;
/** `quota`: the venue's own count of our requests (protocol: userRateLimit). */
export const QUOTA = { usedCount: 6, capCount: 7, reservedCount: 8, size: 9 } as const;
/** `timer`: the 250 ms grid, with the receive time of the connection's newest message, of whichever market: silence is the connection's. */
export const TIMER = { connectionUs: 6, size: 7 } as const;
/** `command`: what the operator asked for, one of COMMAND. */
export const COMMAND_FRAME = { command: 6, size: 7 } as const;
/** `gap`: the recording or the connection lost `durationUs` after `lastTimeUs` (venue time of the last message before). */
export const GAP = { reasonTextId: 6, lastVenueTimeUs: 7, durationUs: 8, size: 9 } as const;
/** `intent`: written by the core, never fed to it. `action` one of ACTION; `targetCloid` the order that a modify or cancel is about. */
export const INTENT = {
  action: 6,
  cloid: 7,
  targetCloid: 8,
  side: 9,
  px: 10,
  lots: 11,
  reduceOnly: 12,
  priority: 13,
  reason: 14,
  size: 15,
} as const;

/** `prior`: what an earlier run learnt of a market, and the weight (0 to 1) that it still has; `values` as in learn/prior.ts. */
export const PRIOR = { weight: 6, values: 7 } as const;

/**
 * `state`: written into journals and never fed to the core: the running hash of its state after the frame of the same `seq`, as two words of
 * 32 bits.
 */
export const STATE = { hashA: 6, hashB: 7, size: 8 } as const;

/** What an `order` frame reports. */
export const ORDER_STATUS = {
  /** Rests in the book. */
  resting: 1,
  /** Nothing is left of it. Its fills may be told later: until then its size counts. */
  filled: 2,
  /** Cancelled with `leavesLots` unfilled. What had filled and is not told yet counts until it is. */
  cancelled: 3,
  /**
   * The venue took the request, counted it and refused the order (post-only would cross, minimum notional, price grid). Of a modify this says
   * nothing of the old order, which is gone or stands: a word about that one has to follow. Of a cancel: it changed nothing.
   */
  rejected: 4,
  /** The request was turned away before anything: the limiter, or it had expired. Nothing was counted and nothing changed. */
  refused: 5,
  /** A cancel or modify found no such order: it had been filled or cancelled before. */
  missing: 6,
  /** No answer within the time: the request may have been executed, or may never be. */
  timed_out: 7,
  /** The venue's record of the order and of its fills was read to the end and told: what has not filled of it never will. */
  settled: 8,
  /** An order of the account that rests at the venue and that we did not know: left by a run before, or of unknown origin. */
  found: 9,
} as const;

export const COMMAND = {
  stop: 1,
  /** What is decided can no longer be written down, or can again. */
  journalDown: 2,
  journalUp: 3,
  /** What stands at the venue is being asked for, or is known again: meanwhile nothing new is asked for, cancels excepted. */
  hold: 4,
  release: 5,
  /** The operator's: quote nothing; quote again, breakers that he may clear cleared; only reduce. */
  pause: 6,
  resume: 7,
  reduce: 8,
  /** A process goes on from the state of one before: what that saw of the market is over, and its stop too. */
  start: 9,
} as const;

/** What an intent asks of the venue. */
export const ACTION = { place: 1, modify: 2, cancel: 3 } as const;

export const BUY = 1;
export const SELL = -1;

/** Milliseconds-long grid of timer frames: multiples of 250 ms since 1970, whatever the start of the run. */
export const TIMER_GRID_US = 250_000;

/**
 * A lane of frames written one after another into memory that is allocated once.
 *
 * Writers call `begin`, fill the payload and are done; the reader walks `offset` by `data[offset]` until `length`, then calls `clear`.
 */
export class FrameLane {
  readonly data: Float64Array;
  length = 0;

  /** @param capacity Doubles of room. Sized by the caller for the most one duty cycle can write. */
  constructor(capacity: number) {
    this.data = new Float64Array(capacity);
  }

  /**
   * Opens a frame of `size` doubles and returns its offset. Sequence is set to 0: the sequencer numbers frames when it accepts them.
   * @throws {AssertionError} The lane is full: its reader did not keep up with the bound it was built for.
   */
  begin(kind: Kind, size: number, timeUs: number, venueTimeUs: number, market: number): number {
    const at = this.length;
    assert(size >= HEADER_SIZE && size <= FRAME_SIZE_MAX, "frame: size fits one frame");
    assert(at + size <= this.data.length, "frame: the lane has room");
    const data = this.data;
    data[at] = size;
    data[at + 1] = kind;
    data[at + 2] = 0;
    data[at + 3] = timeUs;
    data[at + 4] = venueTimeUs;
    data[at + 5] = market;
    this.length = at + size;
    return at;
  }

  /** Copies one whole frame from another array. Returns its offset here. */
  push(from: Float64Array, offset: number): number {
    const at = this.length;
    const size = from[offset] as number;
    assert(size >= HEADER_SIZE && size <= FRAME_SIZE_MAX, "frame: size fits one frame");
    assert(at + size <= this.data.length, "frame: the lane has room");
    // A loop, not subarray + set: those allocate a view for each frame, and frames are short.
    for (let i = 0; i < size; i++) this.data[at + i] = from[offset + i] as number;
    this.length = at + size;
    return at;
  }

  clear(): void {
    this.length = 0;
  }
}

/** Bytes packed into one double of a text frame: six fit exactly below 2^53. */
const TEXT_PACK = 6;
/** Longest text that fits one frame; what is longer (a raw reply) is cut. */
export const TEXT_BYTES_MAX = (FRAME_SIZE_MAX - TEXT.bytes) * TEXT_PACK;

/** Writes an interned string as a `text` frame. Cold path: strings enter once. */
export function writeText(lane: FrameLane, timeUs: number, id: number, text: string): number {
  const bytes = new TextEncoder().encode(text).subarray(0, TEXT_BYTES_MAX);
  const doubles = Math.ceil(bytes.length / TEXT_PACK);
  const at = lane.begin(KIND.text, TEXT.bytes + doubles, timeUs, timeUs, DESK);
  lane.data[at + TEXT.id] = id;
  lane.data[at + TEXT.byteCount] = bytes.length;
  for (let d = 0; d < doubles; d++) {
    let packed = 0;
    for (let b = TEXT_PACK - 1; b >= 0; b--) packed = packed * 256 + (bytes[d * TEXT_PACK + b] ?? 0);
    lane.data[at + TEXT.bytes + d] = packed;
  }
  return at;
}

/** Reads back what `writeText` wrote. */
export function readText(data: Float64Array, at: number): { id: number; text: string } {
  const count = data[at + TEXT.byteCount] as number;
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const packed = data[at + TEXT.bytes + Math.floor(i / TEXT_PACK)] as number;
    bytes[i] = Math.floor(packed / 256 ** (i % TEXT_PACK)) % 256;
  }
  return { id: data[at + TEXT.id] as number, text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) };
}
