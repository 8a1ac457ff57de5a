/**
 * A world: the participants of a venue's markets, acting before each block.
 * @module
 */
import { Prng } from "../../core/prng.ts";
import { BPS, US_PER_SECOND } from "../../core/units.ts";
import type { VenueMarket } from "../venue/market.ts";
import type { Venue } from "../venue/venue.ts";
import { Arbitrageur } from "./arbitrageur.ts";
import { FairValue } from "./fair_value.ts";
import { isClosed } from "./hours.ts";
import { House } from "./house.ts";
import { InformedTakers } from "./informed.ts";
import { Maker } from "./maker.ts";
import { NoiseTakers } from "./noise.ts";
import { Regime } from "./regime.ts";
import { type MarketModel, modelOf, type WorldSpec } from "./spec.ts";
import { isOpen, type Stage } from "./stage.ts";
import { Sweeper } from "./sweeper.ts";

const FUND_SECONDS = 600;
/** Calls of a participant that is told when to act. */
interface Actor {
  nextSeconds: number;
  act(venue: Venue, seconds: number): void;
  /** Nobody may act now: looks again at a time. */
  skip(seconds: number): void;
}

/** One market with its participants. */
interface Scene {
  stage: Stage;
  random: Prng;
  makers: Maker[];
  actors: Actor[];
  nextSeconds: number;
  oracleSeconds: number;
  closedPx: number;
  isClosed: boolean;
}

/**
 * Everybody who trades on a venue besides its clients: rival makers, noise in bursts, sweeps, informed takers, arbitrageurs, and whoever sets
 * the oracles. All of it are orders of house accounts.
 *
 * Deterministic from the seed; each participant draws from a stream of its own. Between events a block costs one comparison.
 */
export class World {
  readonly spec: WorldSpec;
  readonly #regime: Regime;
  readonly #house: House;
  readonly #scenes: Scene[] = [];
  readonly #blockSeconds: number;
  readonly #seed: number;
  #fundSeconds = 0;
  #silentSeconds = 0;
  #nextSeconds = 0;
  #seconds = 0;

  constructor(spec: WorldSpec, venue: Venue, seed: number) {
    this.spec = spec;
    this.#seed = seed;
    this.#blockSeconds = venue.rules.blockUs / US_PER_SECOND;
    this.#regime = new Regime(spec.regime, this.#stream(0, 0));
    const models = venue.markets.map((market) => modelOf(spec, market.coin));
    this.#house = new House(venue, Math.max(...models.map((model) => model.makers.count)));
    for (const market of leadersFirst(venue.markets, models))
      this.#scenes[market.index] = this.#scene(market, models[market.index] as MarketModel);
  }

  /** Called before each block: whoever acts in it submits. */
  beforeBlock(venue: Venue): void {
    const seconds = (venue.blockCount + 1) * this.#blockSeconds;
    this.#seconds = seconds;
    if (seconds < this.#nextSeconds) return;
    this.#regime.advance(seconds);
    if (seconds >= this.#fundSeconds) {
      this.#house.topUp(venue);
      this.#fundSeconds = seconds + FUND_SECONDS;
    }
    let next = this.#fundSeconds;
    const isSilent = seconds < this.#silentSeconds;
    for (const scene of this.#scenes) {
      if (seconds >= scene.oracleSeconds) this.#onOracle(venue, scene, seconds);
      if (seconds >= scene.nextSeconds) act(venue, scene, seconds, isSilent);
      next = Math.min(next, scene.nextSeconds, scene.oracleSeconds);
    }
    this.#nextSeconds = next;
  }

  /** Fair value of a market now, price units. */
  fairPx(market: VenueMarket): number {
    return this.#sceneOf(market).stage.fair.px;
  }

  /** News: a market's fair value is at `px` (price units) from now on; makers and takers follow. */
  setFair(market: VenueMarket, px: number): void {
    const scene = this.#sceneOf(market);
    scene.stage.fair.set(px);
    scene.closedPx = px;
  }

  /** Halts a market, or opens it again; its hours decide anew when they change. */
  setHalted(venue: Venue, market: VenueMarket, halted: boolean): void {
    venue.setHalted(market, halted);
  }

  /** An outage of the participants: for so long nobody of them does anything, and their quotes stand as they are. */
  silence(seconds: number): void {
    this.#silentSeconds = Math.max(this.#silentSeconds, this.#seconds + seconds);
  }

  #sceneOf(market: VenueMarket): Scene {
    return this.#scenes[market.index] as Scene;
  }

  /** A stream of chance of its own for each participant, so that a change of one does not shift the others'. */
  #stream(marketIndex: number, role: number): Prng {
    return new Prng((this.#seed % 2 ** 21) * 2 ** 32 + (Math.imul(marketIndex * 64 + role + 1, 0x9e3779b9) >>> 0));
  }

  #scene(market: VenueMarket, model: MarketModel): Scene {
    const leader = this.#scenes.find((s) => s?.stage.market.coin === model.fair.leader) ?? null;
    const fair = new FairValue(
      market.oraclePx,
      model.fair,
      leader?.stage.fair ?? null,
      this.#regime,
      this.#stream(market.index, 1),
    );
    const makers: Maker[] = [];
    const { inventoryUsd } = model.makers;
    const stage: Stage = {
      market,
      model,
      fair,
      house: this.#house,
      regime: this.#regime,
      isThin: false,
      heldRatio: () => {
        let lots = 0;
        for (const maker of makers) lots += maker.account.positionLots(market);
        return Math.max(-1, Math.min(1, (lots * fair.px) / inventoryUsd));
      },
    };
    for (let i = 0; i < model.makers.count; i++) makers.push(new Maker(stage, i, this.#stream(market.index, 8 + i)));
    const actors: Actor[] = [
      ...makers,
      new NoiseTakers(stage, this.#stream(market.index, 2)),
      new InformedTakers(stage, this.#stream(market.index, 3)),
      new Sweeper(stage, this.#stream(market.index, 4)),
    ];
    if (leader !== null) actors.push(new Arbitrageur(stage, leader.stage, this.#stream(market.index, 5)));
    const random = this.#stream(market.index, 6);
    return {
      stage,
      random,
      makers,
      actors,
      nextSeconds: 0,
      oracleSeconds: 0,
      closedPx: market.oraclePx,
      isClosed: false,
    };
  }

  /** The oracle speaks, of what fair value is, or of what it was when the underlying closed. */
  #onOracle(venue: Venue, scene: Scene, seconds: number): void {
    const { stage, random } = scene;
    const { market, model, fair } = stage;
    scene.oracleSeconds = seconds + model.oracle.seconds;
    fair.advance(seconds);
    const closed = isClosed(model.hours, venue.nowMs);
    if (closed !== scene.isClosed) this.#onHours(venue, scene, closed);
    if (market.delisted) return;
    const px = closed ? scene.closedPx : fair.px * (1 + model.oracle.errorBps * BPS * random.normal());
    venue.marks.setOracle(market, Math.max(1, Math.round(px)));
  }

  #onHours(venue: Venue, scene: Scene, closed: boolean): void {
    const { stage } = scene;
    const { market, model, fair } = stage;
    scene.isClosed = closed;
    scene.closedPx = fair.px;
    stage.isThin = closed;
    fair.setStillness(closed ? model.hours.rateRatio : 1);
    if (model.hours.halted && !market.delisted) venue.setHalted(market, closed);
  }
}

function act(venue: Venue, scene: Scene, seconds: number, isSilent: boolean): void {
  const { stage, actors } = scene;
  stage.fair.advance(seconds);
  const mute = isSilent || !isOpen(stage.market);
  let next = Number.POSITIVE_INFINITY;
  for (const actor of actors) {
    if (actor.nextSeconds <= seconds) {
      // Who cannot act now looks again in a second.
      if (mute) actor.skip(seconds + 1);
      else actor.act(venue, seconds);
    }
    if (actor.nextSeconds < next) next = actor.nextSeconds;
  }
  scene.nextSeconds = next;
}

/** Markets in an order in which each comes after the one that it follows. */
function leadersFirst(markets: readonly VenueMarket[], models: readonly MarketModel[]): VenueMarket[] {
  const follows = (market: VenueMarket): number => ((models[market.index] as MarketModel).fair.leader === "" ? 0 : 1);
  return [...markets].sort((a, b) => follows(a) - follows(b));
}
