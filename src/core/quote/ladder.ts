/**
 * From a best distance to orders on legal prices: how many levels, where, and how much on each.
 * @module
 */

import { assert } from "../assert.ts";
import { BUY } from "../frame.ts";
import { ceilPx, floorPx, pxAbove, pxBelow } from "../market/grid.ts";
import { lotsForAtLeast } from "../market/instrument.ts";
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import type { Lots, MicroUsd, Px } from "../units.ts";

/** Candidate levels a side. */
export const LEVELS_LIMIT = 8;
/** Halvings of the water level; 50 take it to the last digits of a double. */
const BISECTIONS = 50;

/** The orders wanted on one side, best first. */
export class Ladder {
  count = 0;
  readonly px = new Float64Array(LEVELS_LIMIT);
  readonly lots = new Float64Array(LEVELS_LIMIT);
  /** Each level's own offset from the best distance, as a fraction of price. */
  readonly offsetFrac = new Float64Array(LEVELS_LIMIT);

  /** Every field that decides the future. */
  syncState(state: StateWalk): void {
    this.count = state.num(this.count);
    state.array(this.px);
    state.array(this.lots);
    state.array(this.offsetFrac);
  }
}

/** What a ladder is built from; one object a side, filled anew each time. */
export interface LadderInputs {
  side: number;
  fairPx: number;
  szDecimals: number;
  /** Distance of the best level from fair value; the reset that scarcity adds; the spacing of levels (fractions). */
  bestFrac: number;
  resetFrac: number;
  stepFrac: number;
  /** Best price of the other side: orders stay strictly on our side of it. */
  oppositePx: Px;
  kappaPerFrac: number;
  /** Gain of a fill at distance d is gainSlope d - gainCostFrac: (1 - phi) d - c. */
  gainSlope: number;
  gainCostFrac: number;
  /** Mean notional of a sweep. */
  sweepUsd: MicroUsd;
  /** Lots that the side may hold in orders. */
  roomLots: Lots;
  clipUsd: MicroUsd;
  orderMinUsd: MicroUsd;
  levelsMax: number;
  /** One minimum order at the best distance, nothing else. */
  minimal: boolean;
}

const weightLog = new Float64Array(LEVELS_LIMIT);
const capacityUsd = new Float64Array(LEVELS_LIMIT);
const sizeUsd = new Float64Array(LEVELS_LIMIT);

/**
 * Writes one side's ladder. Returns `none`, or `cap` when the room is under one minimum order and the ladder is empty.
 *
 * Prices first: candidates stand at best + reset + j step, rounded away from fair value to the legal grid and kept behind the other side's
 * touch; equal prices become one with their capacities added. Then sizes, by marginal value: a taker's size beyond the queue is taken as
 * exponential with mean v, so size s at weight w is worth w v (1 - e^(-s/v)) with w = e^(-kappa d) max(0, gain(d)), and the budget is
 * spread to equal marginal value within [minimum, clip] a candidate. A level that would not earn its first minimum is left out.
 *
 * Cost: no allocation; about a microsecond with eight levels.
 */
export function writeLadder(out: Ladder, inputs: LadderInputs): Reason {
  out.count = 0;
  const bestPx = levelPx(inputs, 0);
  // A side with no legal price (fair value under the distance) cannot be quoted; the cap is what keeps it from being reached.
  if (bestPx <= 0) return REASON.no_book;
  const leastLots = lotsForAtLeast(inputs.orderMinUsd, bestPx);
  if (inputs.roomLots < leastLots) return REASON.cap;
  if (inputs.minimal) {
    push(out, bestPx, leastLots, 0);
    return REASON.none;
  }
  writePrices(out, inputs);
  const chosen = writeSizes(out.count, inputs);
  writeLots(out, inputs);
  // No weight anywhere: still two-sided, at the least size.
  if (chosen === 0 || out.count === 0) {
    out.count = 0;
    push(out, bestPx, leastLots, 0);
  }
  return REASON.none;
}

/** Legal price of candidate `level`; 0 when there is none. */
function levelPx(inputs: LadderInputs, level: number): Px {
  const distance = inputs.bestFrac + inputs.resetFrac + level * inputs.stepFrac;
  if (inputs.side === BUY) {
    const px = floorPx(inputs.fairPx * (1 - distance), inputs.szDecimals);
    return Math.min(px, pxBelow(inputs.oppositePx, inputs.szDecimals));
  }
  const px = ceilPx(inputs.fairPx * (1 + distance), inputs.szDecimals);
  return Math.max(px, pxAbove(inputs.oppositePx, inputs.szDecimals));
}

function push(out: Ladder, px: Px, lots: Lots, offsetFrac: number): void {
  assert(out.count < LEVELS_LIMIT, "ladder: has room");
  out.px[out.count] = px;
  out.lots[out.count] = lots;
  out.offsetFrac[out.count] = offsetFrac;
  out.count += 1;
}

/** Fills distinct prices, their weights and what each may hold. */
function writePrices(out: Ladder, inputs: LadderInputs): void {
  for (let level = 0; level < LEVELS_LIMIT; level++) {
    const px = levelPx(inputs, level);
    if (px <= 0) return;
    const last = out.count - 1;
    if (last >= 0 && out.px[last] === px) {
      capacityUsd[last] = (capacityUsd[last] as number) + inputs.clipUsd;
      continue;
    }
    const d = Math.abs(px - inputs.fairPx) / inputs.fairPx;
    const gain = inputs.gainSlope * d - inputs.gainCostFrac;
    weightLog[out.count] = gain > 0 ? Math.log(gain) - inputs.kappaPerFrac * d : Number.NEGATIVE_INFINITY;
    capacityUsd[out.count] = inputs.clipUsd;
    push(out, px, 0, level * inputs.stepFrac);
  }
  liftBest(out.count);
}

/**
 * Gives the best level the largest weight of all: where it stands is the model's decision. On the side that sheds inventory it may gain
 * nothing by itself, and by its own weight a large position would leave in single minimum orders.
 */
function liftBest(count: number): void {
  for (let i = 1; i < count; i++) weightLog[0] = Math.max(weightLog[0] as number, weightLog[i] as number);
}

/**
 * Decides the dollars of each candidate. Returns how many levels got some.
 *
 * Levels are added from the best distance outwards: where the best one stands is the model's decision, and on the side that sheds inventory
 * a deeper level would otherwise outrank it. One more is added while the budget holds its minimum and that minimum earns more than the
 * marginal dollar of the levels before it.
 */
function writeSizes(count: number, inputs: LadderInputs): number {
  sizeUsd.fill(0);
  const budget = Math.min(inputs.levelsMax * inputs.clipUsd, inputs.roomLots * inputs.fairPx);
  const least = inputs.orderMinUsd;
  const v = inputs.sweepUsd;
  // Dollars' worth of the first minimum, per dollar, relative to its weight.
  const firstLog = Math.log(-Math.expm1(-least / v) * (v / least));
  let chosen = 0;
  let waterLog = Number.NEGATIVE_INFINITY;
  for (let n = 1; n <= Math.min(count, inputs.levelsMax); n++) {
    const logWeight = weightLog[n - 1] as number;
    if (logWeight === Number.NEGATIVE_INFINITY || (n > 1 && n * least > budget)) break;
    if (n > 1 && logWeight + firstLog <= waterLog) break;
    chosen = n;
    waterLog = waterFill(sizeUsd, weightLog, capacityUsd, n, budget, least, v);
  }
  return chosen;
}

/**
 * Spreads `budgetUsd` over the first `n` candidates to equal marginal value: size = v max(0, ln(weight / water)), within [least, capacity].
 *
 * Writes the sizes and returns ln of the water level, -Infinity when every candidate is full and budget is left. The value w v (1 - e^(-s/v)) is concave, so
 * equal marginal value is the optimum.
 */
export function waterFill(
  sizes: Float64Array,
  logWeights: Float64Array,
  capacities: Float64Array,
  n: number,
  budgetUsd: number,
  leastUsd: number,
  v: number,
): number {
  let full = 0;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    full += Math.max(leastUsd, capacities[i] as number);
    high = Math.max(high, logWeights[i] as number);
    low = Math.min(low, logWeights[i] as number);
  }
  if (full <= budgetUsd) {
    let marginal = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const size = Math.max(leastUsd, capacities[i] as number);
      sizes[i] = size;
      marginal = Math.min(marginal, (logWeights[i] as number) - size / v);
    }
    // What is left of the budget holds another minimum for nothing; otherwise it would have to be taken from these.
    return budgetUsd - full >= leastUsd ? Number.NEGATIVE_INFINITY : marginal;
  }
  low -= budgetUsd / v + 1;
  for (let k = 0; k < BISECTIONS; k++) {
    const water = (low + high) / 2;
    if (sizesAt(sizes, logWeights, capacities, n, water, leastUsd, v) > budgetUsd) low = water;
    else high = water;
  }
  sizesAt(sizes, logWeights, capacities, n, high, leastUsd, v);
  return high;
}

/** Sizes at a water level, and their sum. */
function sizesAt(
  sizes: Float64Array,
  logWeights: Float64Array,
  capacities: Float64Array,
  n: number,
  waterLog: number,
  leastUsd: number,
  v: number,
): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const wanted = v * ((logWeights[i] as number) - waterLog);
    const size = Math.max(leastUsd, Math.min(capacities[i] as number, wanted));
    sizes[i] = size;
    sum += size;
  }
  return sum;
}

/** Turns dollars into lots within the room, best level first, and drops empty levels. */
function writeLots(out: Ladder, inputs: LadderInputs): void {
  let room = inputs.roomLots;
  let kept = 0;
  for (let level = 0; level < out.count; level++) {
    const usd = sizeUsd[level] as number;
    if (usd === 0) continue;
    const px = out.px[level] as Px;
    const least = lotsForAtLeast(inputs.orderMinUsd, px);
    const lots = Math.min(room, Math.max(least, Math.floor(usd / px)));
    if (lots < least) continue;
    out.px[kept] = px;
    out.lots[kept] = lots;
    out.offsetFrac[kept] = out.offsetFrac[level] as number;
    kept += 1;
    room -= lots;
  }
  out.count = kept;
}
