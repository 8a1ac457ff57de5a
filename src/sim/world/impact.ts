/**
 * What a taker leaves in fair value.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS } from "../../core/units.ts";
import type { Stage } from "./stage.ts";

/**
 * Fair value moves by base + phi D, where D is the depth from the mid that the taker reached: so a maker at depth d loses
 * a + phi E[D | D > d] to those who come to it, and no depth earns once phi is 1. A taker who stops at the touch leaves a share of its own.
 */
export function leaveImpact(stage: Stage, side: 1 | -1, depthFrac: number, stopped: boolean, random: Prng): void {
  const { baseBps, touchRatio } = stage.model.impact;
  const phi = drawPhi(stage, random);
  moveFair(stage, side * (stopped ? touchRatio * depthFrac : baseBps * BPS + phi * depthFrac));
}

/** A trade moves fair value by `frac`, a share of it late, or, below 0, given back late. */
export function moveFair({ fair, model }: Stage, frac: number): void {
  const { slowRatio, slowSeconds } = model.impact;
  fair.impact(frac * (1 - slowRatio));
  if (slowRatio !== 0) fair.impactSlowly(frac * slowRatio, slowSeconds);
}

/** Phi of one sweep: log-normal with the mean that the model states. */
export function drawPhi(stage: Stage, random: Prng): number {
  const { phiRatio, phiSigma } = stage.model.impact;
  return phiRatio * Math.exp(phiSigma * random.normal() - (phiSigma * phiSigma) / 2);
}
