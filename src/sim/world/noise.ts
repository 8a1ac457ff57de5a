/**
 * Takers without information, in bursts that excite themselves.
 * @module
 */
import type { Prng } from "../../core/prng.ts";
import { BPS } from "../../core/units.ts";
import type { HouseTurn, Venue } from "../venue/venue.ts";
import { Flinch } from "./flinch.ts";
import { leaveImpact } from "./impact.ts";
import { isOpen, type Stage } from "./stage.ts";

const SECONDS_PER_HOUR = 3_600;

/** A taker on its way into the block. */
interface Coming {
  side: 1 | -1;
  limitPx: number;
  midPx: number;
  stops: boolean;
}

/**
 * A Hawkes process of takers: rate = base + sum over earlier ones of branching / T e^(-age / T), drawn by thinning (Ogata, 1981). Most stop at
 * the touch, the others go a generalised Pareto depth beyond it and take all that stands there.
 */
export class NoiseTakers implements HouseTurn {
  nextSeconds = 0;
  readonly #stage: Stage;
  readonly #random: Prng;
  /** Rate on top of the base, at the time up to which the process is drawn. */
  #excited = 0;
  #drawnSeconds = 0;
  #gapSeconds: number;
  #lastSide: 1 | -1 = 1;
  readonly #flinch: Flinch;
  readonly #coming: Coming[] = [];

  constructor(stage: Stage, random: Prng) {
    this.#stage = stage;
    this.#random = random;
    this.#flinch = new Flinch(stage, random);
    this.#gapSeconds = this.#gapStart();
    this.#draw();
  }

  /** Asks for a turn in the coming block for each taker that is due. */
  act(venue: Venue, seconds: number): void {
    const { branchingRatio, burstSeconds, touchRatio, depthBps, depthShape } = this.#stage.model.takers;
    const { market } = this.#stage;
    while (this.nextSeconds <= seconds) {
      const side = this.#side();
      const reachFrac = this.#random.unit() < touchRatio ? 0 : depthBps * BPS * pareto(this.#random, depthShape);
      const touch = market.book.bestPx(-side as 1 | -1);
      if (touch !== null && !Number.isNaN(market.midPx)) {
        // What it saw before the block: makers may be quicker.
        const limitPx = touch * (1 + side * reachFrac);
        this.#coming.push({ side, limitPx, midPx: market.midPx, stops: reachFrac === 0 });
        if (reachFrac > 0) this.#flinch.warn(venue, side, limitPx);
        venue.submitTurn(this, 2);
      }
      this.#excited += branchingRatio / burstSeconds;
      this.#draw();
    }
  }

  /** Nobody takes before `seconds`; whatever was excited has faded. */
  skip(seconds: number): void {
    this.#drawnSeconds = seconds;
    this.#excited = 0;
    this.#draw();
  }

  run(venue: Venue): void {
    const coming = this.#coming.shift();
    const { market, model, house } = this.#stage;
    if (coming === undefined || !isOpen(market)) return;
    const { sizeUsd, sizeSigma, sizeMaxUsd } = model.takers;
    const random = this.#random;
    const { side, limitPx, midPx, stops } = coming;
    const wantedUsd = sizeUsd * Math.exp(sizeSigma * random.normal() - (sizeSigma * sizeSigma) / 2);
    const maxUsd = stops ? Math.min(wantedUsd, sizeMaxUsd) : sizeMaxUsd;
    const deepest = house.take(venue, market, side, limitPx, maxUsd, random);
    if (deepest === 0) return;
    leaveImpact(this.#stage, side, Math.max(0, (side * (deepest - midPx)) / midPx), stops, random);
  }

  #side(): 1 | -1 {
    const { persistRatio, leanRatio } = this.#stage.model.takers;
    const repeats = this.#random.unit() < persistRatio;
    const chance = this.#random.unit();
    if (!repeats) this.#lastSide = chance < 0.5 + leanRatio * this.#stage.heldRatio() ? 1 : -1;
    return this.#lastSide;
  }

  /** The next taker of the process. */
  #draw(): void {
    const { burstSeconds } = this.#stage.model.takers;
    const random = this.#random;
    for (;;) {
      const base = this.#baseRate();
      const rate = base + this.#excited;
      if (rate <= 0) {
        this.nextSeconds = Number.POSITIVE_INFINITY;
        return;
      }
      const gap = random.exponential() / rate;
      this.#drawnSeconds += gap;
      this.#excited *= Math.exp(-gap / burstSeconds);
      if (this.#drawnSeconds >= this.#gapSeconds) {
        // A gap ends the burst.
        this.#drawnSeconds = this.#gapSeconds + 60 * this.#stage.model.takers.gapMinutes * random.exponential();
        this.#gapSeconds = this.#gapStart();
        this.#excited = 0;
      } else if (random.unit() * rate < base + this.#excited) {
        this.nextSeconds = this.#drawnSeconds;
        return;
      }
    }
  }

  #baseRate(): number {
    const { model, regime, isThin } = this.#stage;
    return model.takers.perSecond * (regime.isBusy ? model.takers.busyRatio : 1) * (isThin ? model.hours.rateRatio : 1);
  }

  #gapStart(): number {
    const { gapsPerHour } = this.#stage.model.takers;
    if (gapsPerHour === 0) return Number.POSITIVE_INFINITY;
    return this.#drawnSeconds + (SECONDS_PER_HOUR / gapsPerHour) * this.#random.exponential();
  }
}

/** Generalised Pareto with scale 1; shape 0 is exponential. */
function pareto(random: Prng, shape: number): number {
  const e = random.exponential();
  return shape === 0 ? e : Math.expm1(shape * e) / shape;
}
