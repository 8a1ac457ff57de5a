/**
 * The re-quote gate: hold an order inside the optimal band, move it to the reset point outside.
 * @module
 */
import { REASON, type Reason } from "../reason.ts";
import type { StateWalk } from "../state.ts";
import { type BandSolution, CHI_MAX, CHI_MIN, solveBand } from "./band.ts";

/** Solutions by chi: the orders of a market share theirs. Pure, so that it decides nothing. */
const solved = new Map<number, BandSolution>();
const SOLVED_MAX = 256;

function solveOnce(chi: number): BandSolution {
  let solution = solved.get(chi);
  if (solution === undefined) {
    solution = solveBand(chi);
    if (solved.size >= SOLVED_MAX) solved.clear();
    solved.set(chi, solution);
  }
  return solution;
}

/** Solves the band of a chi ahead of its use: some milliseconds before the compiler has seen it, which no decision should wait for. */
export function prepareBand(chi: number): void {
  solveOnce(clipChi(chi));
}

const clipChi = (chi: number): number => Math.min(CHI_MAX, Math.max(CHI_MIN, chi));

/** Standard deviations of latency drift that the pull threshold keeps from fair value. */
const PULL_SIGMAS = 1.5;

/** The band in use: solved when chi moves, its pull threshold lifted by latency. */
export class Band {
  lo = 0;
  u0 = 0;
  hi = 0;
  #chi = Number.NaN;
  #exact: BandSolution = { lo: 0, u0: 0, hi: 0, netRatio: 1, requoteRate: 0 };

  /**
   * @param bestFrac Best distance, and `driftFrac` = sigma sqrt(latency): an order closer to fair value than 1.5 of it would be crossed
   *   before a pull arrives, so lo never allows that; the reset keeps its distance from a lifted lo.
   */
  set(chi: number, kappa: number, bestFrac: number, driftFrac: number): void {
    const clipped = clipChi(chi);
    if (clipped !== this.#chi) {
      this.#chi = clipped;
      this.#exact = solveOnce(clipped);
    }
    const exact = this.#exact;
    const floor = -kappa * (bestFrac - PULL_SIGMAS * driftFrac);
    // Above 0 the best distance itself would be inside the floor; the spread's own floor is as large, so this only meets rounding.
    this.lo = Math.min(0, Math.max(exact.lo, floor));
    this.u0 = Math.max(exact.u0, this.lo + Math.min(1.2, 0.5 / Math.sqrt(exact.requoteRate)));
    this.hi = Math.max(exact.hi, this.u0);
  }

  /** What the last decision used. The exact band is a function of chi and is solved again when it is first asked for. */
  syncState(state: StateWalk): void {
    this.lo = state.num(this.lo);
    this.u0 = state.num(this.u0);
    this.hi = state.num(this.hi);
  }
}

/** Whether an order at `u` holds, is too close or too far. */
export function checkBand(u: number, lo: number, hi: number): Reason {
  if (u <= lo) return REASON.too_close;
  return u >= hi ? REASON.too_far : REASON.band_holds;
}
