/**
 * Same-side bursts of own fills: the side is pulled at once and comes back slowly.
 * @module
 */

import { BUY } from "../frame.ts";
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { type Lots, type TimeUs, US_PER_SECOND } from "../units.ts";

/** Fills this close together belong to one sweep or one chase of a moving market (ladders were seen filled inside one second). */
export const BURST_WINDOW_US = 2 * US_PER_SECOND;
/** Added distance over the deepest fill of the burst. */
const DISTANCE_MULTIPLE = 2;
/** The side stays at one minimum order until the added distance has fallen to this share of where it began: two half-lives. */
const OVER_RATIO = 0.25;
/** Fills remembered a side: more than fit into the window at one order a block. */
const MEMORY = 32;

/** One side's recent own fills and the distance that a burst added. */
class SideBurst {
  readonly timeUs = new Float64Array(MEMORY).fill(Number.NEGATIVE_INFINITY);
  readonly lots = new Float64Array(MEMORY);
  readonly depthFrac = new Float64Array(MEMORY);
  next = 0;
  startUs = 0;
  startFrac = 0;

  onFill(timeUs: TimeUs, lots: Lots, depthFrac: number, clipLots: Lots): boolean {
    this.timeUs[this.next] = timeUs;
    this.lots[this.next] = lots;
    this.depthFrac[this.next] = depthFrac;
    this.next = (this.next + 1) % MEMORY;
    let sum = 0;
    let deepest = 0;
    for (let i = 0; i < MEMORY; i++) {
      if (timeUs - (this.timeUs[i] as number) > BURST_WINDOW_US) continue;
      sum += this.lots[i] as number;
      deepest = Math.max(deepest, this.depthFrac[i] as number);
    }
    if (sum <= clipLots) return false;
    this.startUs = timeUs;
    this.startFrac = DISTANCE_MULTIPLE * deepest;
    return true;
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    state.array(this.timeUs);
    state.array(this.lots);
    state.array(this.depthFrac);
    this.next = state.num(this.next);
    this.startUs = state.num(this.startUs);
    this.startFrac = state.num(this.startFrac);
  }
}

/** Watches own fills; tells how far a side stays away and whether it is down to one minimum order. */
export class BurstGuard {
  burstCount = 0;
  readonly #bid = new SideBurst();
  readonly #ask = new SideBurst();
  readonly #halfLifeUs: number;

  constructor(halfLifeSeconds: number) {
    this.#halfLifeUs = halfLifeSeconds * US_PER_SECOND;
  }

  /**
   * Takes an own fill. Returns true when it completes a burst: more than one clip on one side within two seconds.
   * @param depthFrac Distance of the fill from fair value, as a fraction.
   */
  onFill(side: number, timeUs: TimeUs, lots: Lots, depthFrac: number, clipLots: Lots): boolean {
    const burst = (side === BUY ? this.#bid : this.#ask).onFill(timeUs, lots, Math.abs(depthFrac), clipLots);
    if (burst) this.burstCount += 1;
    return burst;
  }

  /** Distance added to every level of a side at `nowUs`; 0 once the burst is over. */
  addedFrac(side: number, nowUs: TimeUs): number {
    const burst = side === BUY ? this.#bid : this.#ask;
    if (burst.startFrac === 0) return 0;
    const decayed = 2 ** (-(nowUs - burst.startUs) / this.#halfLifeUs);
    if (decayed > OVER_RATIO) return burst.startFrac * decayed;
    burst.startFrac = 0;
    return 0;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.#bid.startFrac);
    hash.fold(this.#ask.startFrac);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.burstCount = state.num(this.burstCount);
    this.#bid.syncState(state);
    this.#ask.syncState(state);
  }
}
