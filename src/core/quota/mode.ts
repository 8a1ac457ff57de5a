/**
 * How much the address may ask for: full, passive, conserve or throttled, by what is left and how long it lasts.
 * @module
 */
import type { RunningHash } from "../hash.ts";
import type { StateWalk } from "../state.ts";
import { type TimeUs, US_PER_SECOND } from "../units.ts";

export const MODE = { full: 0, passive: 1, conserve: 2, throttled: 3 } as const;
export type Mode = (typeof MODE)[keyof typeof MODE];
export const MODE_NAMES = ["full", "passive", "conserve", "throttled"] as const;
/** Which measure decided the mode in use. */
export const MODE_REASONS = ["headroom", "runway", "spent"] as const;

/**
 * Levels a side that a mode quotes at most: always one, so always both sides. Each level is moved whenever fair value moves, so levels are what
 * a small budget gives up first. The second goes last: behind the first it keeps the side standing while a fill is replaced, which takes a loop.
 * With 7 % of the requests left on a market of 150 fills an hour both sides stood 98.0 % of the time with one, 99.8 % with two, and earned the same.
 */
const LEVELS_MAX = [Number.POSITIVE_INFINITY, 2, 2, 1] as const;
/** Over how many times the horizon a mode spreads what is left: slower, so that a mode is left by earning and not by spending. */
const HORIZON_MULTIPLE = [1, 2, 4, 4] as const;

/** Headroom (surplus over cap) from which on a mode is left upwards: under 5 % conserve, under 20 % passive. */
const HEADROOM_MIN = [0.2, 0.05, Number.NEGATIVE_INFINITY] as const;
/** Hours that the surplus must last at the present net burn for full, for passive: a day of work, and time to see what is wrong and act. */
const RUNWAY_HOURS_MIN = [24, 4, Number.NEGATIVE_INFINITY] as const;
/** A runway says little of a small surplus, which one busy minute ends: full and passive need this many requests to go by it. */
const RUNWAY_SURPLUS_MIN = [2_000, 200, Number.NEGATIVE_INFINITY] as const;
/** A milder mode needs this much more of either measure than the stricter one was entered at. */
const HYSTERESIS = 1.25;
/** Surplus above the reserve with which `throttled` ends: enough for both sides to be placed and moved once. */
const UNSPENT_COUNT = 5;

/** No timer for so long is a gap: no mode lasted through it. */
const GAP_US = US_PER_SECOND;

/** The mode of an address. */
export class QuotaMode {
  mode: Mode = MODE.full;
  /** Index into MODE_REASONS. */
  reason = 0;
  changeCount = 0;
  /** Time in each mode, microseconds of market time without gaps. */
  readonly spentUs = new Float64Array(MODE_NAMES.length);
  #updatedUs: TimeUs = Number.NaN;
  /** Hours until the surplus is spent at the net burn of late; Infinity while it grows. */
  runwayHours = Number.POSITIVE_INFINITY;

  /**
   * @param burnPerSecond Requests sent less those earned, per second, of late.
   * @returns Whether the mode changed.
   */
  update(nowUs: TimeUs, surplusCount: number, capCount: number, reserveCount: number, burnPerSecond: number): boolean {
    const dt = nowUs - this.#updatedUs;
    this.#updatedUs = nowUs;
    if (dt > 0 && dt <= GAP_US) this.spentUs[this.mode] = (this.spentUs[this.mode] as number) + dt;
    this.runwayHours = burnPerSecond > 0 ? Math.max(0, surplusCount) / burnPerSecond / 3600 : Number.POSITIVE_INFINITY;
    const spentBelow = reserveCount + (this.mode === MODE.throttled ? UNSPENT_COUNT : 0);
    if (surplusCount <= spentBelow) return this.#set(MODE.throttled, 2);
    const headroom = surplusCount / capCount;
    let mode: Mode = MODE.conserve;
    let reason = 0;
    for (let m = MODE.conserve - 1; m >= MODE.full; m--) {
      // What is entered from a stricter mode takes more than what is kept.
      const more = m < this.mode ? HYSTERESIS : 1;
      const byHeadroom = headroom >= more * (HEADROOM_MIN[m] as number);
      const byRunway =
        surplusCount >= more * (RUNWAY_SURPLUS_MIN[m] as number) &&
        this.runwayHours >= more * (RUNWAY_HOURS_MIN[m] as number);
      if (!byHeadroom && !byRunway) break;
      mode = m as Mode;
      reason = byHeadroom ? 0 : 1;
    }
    return this.#set(mode, reason);
  }

  #set(mode: Mode, reason: number): boolean {
    const changed = mode !== this.mode;
    if (changed) this.changeCount += 1;
    this.mode = mode;
    this.reason = reason;
    return changed;
  }

  /** Most levels a side. */
  get levelsMax(): number {
    return LEVELS_MAX[this.mode];
  }

  /** How many times longer than the horizon what is left shall last. */
  get horizonMultiple(): number {
    return HORIZON_MULTIPLE[this.mode];
  }

  /** Whether requests that do not pay for themselves go out: a resize moves no price, so no band says what it gains. */
  get resizes(): boolean {
    return this.mode <= MODE.passive;
  }

  foldInto(hash: RunningHash): void {
    hash.fold(this.mode);
  }

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.mode = state.num(this.mode) as Mode;
    this.reason = state.num(this.reason);
    this.changeCount = state.num(this.changeCount);
    state.array(this.spentUs);
    this.#updatedUs = state.num(this.#updatedUs);
    this.runwayHours = state.num(this.runwayHours);
  }
}
