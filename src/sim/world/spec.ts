/**
 * What a world consists of: a venue's markets, and for each coin how its price, its makers and its takers behave.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { VenueSpec } from "../venue/spec.ts";

/** Latent fair value: what informed takers know and makers find out. */
export interface FairSpec {
  /** Volatility of the calm regime over spans much longer than `momentumSeconds`, per root second. */
  sigmaBps: number;
  /** Volatility of the busy regime over that of the calm one. */
  busyRatio: number;
  /** Share of that variance that comes as a drift that fades: what makes returns follow each other. */
  momentumRatio: number;
  momentumSeconds: number;
  jumpsPerHour: number;
  /** Mean size of a jump. */
  jumpBps: number;
  /** Coin that this one follows; "" leads its own life. */
  leader: string;
  /** Time in which 63 % of a leader's move arrives. */
  followSeconds: number;
  /** Standard deviation of the distance to the leader, and the time in which it is pulled back. */
  basisBps: number;
  basisSeconds: number;
}

/** Rival makers: ladders that follow fair value after a reaction time. */
export interface MakerSpec {
  count: number;
  /** From what the first maker believes to its best quote. */
  halfBps: number;
  /** Each further maker is wider, and slower, by these factors. */
  widerRatio: number;
  slowerRatio: number;
  /** Each further maker's quotes are of this share of the size. */
  smallerRatio: number;
  /** Widening in the busy regime. */
  busyWideRatio: number;
  /** Levels a side, and the mean distance between them; at least a tick. */
  levels: number;
  gapBps: number;
  /** Mean size of the best level, its spread (sd of the logarithm), and how much each further level adds to it. */
  sizeUsd: MicroUsd;
  sizeSigma: number;
  growthRatio: number;
  /** Median time between two looks, and its spread (sd of the logarithm). */
  lookSeconds: number;
  lookSigma: number;
  /** Mean time until a quote comes back to a better price. */
  refillSeconds: number;
  /** Chance that a look changes the size of some level. */
  churnRatio: number;
  /** Share of the quotes within a coming sweep's reach that are cancelled before it comes; never those of the slowest maker. */
  pullRatio: number;
  /** Position at which a maker leans as far as it ever does, and how far: a share of its half-spread. */
  inventoryUsd: MicroUsd;
  skewRatio: number;
  /** Error of a maker's own view of fair value. */
  viewBps: number;
}

/** Takers without information, in bursts that excite themselves (Hawkes). */
export interface TakerSpec {
  /** Rate of those that no other excites. */
  perSecond: number;
  /** Takers that one excites, directly; below 1. */
  branchingRatio: number;
  burstSeconds: number;
  /** Rate in the busy regime over that in the calm one. */
  busyRatio: number;
  /** Share that stops at the touch. */
  touchRatio: number;
  /** Mean of what those ask for, spread of it (sd of the logarithm), and the most of any. */
  sizeUsd: MicroUsd;
  sizeSigma: number;
  sizeMaxUsd: MicroUsd;
  /** Depth beyond the touch of the others: generalised Pareto with this scale and shape; shape 0 is exponential. */
  depthBps: number;
  depthShape: number;
  /** Chance that a taker does what the one before did. */
  persistRatio: number;
  /** How far, in chance, takers lean against what makers hold. */
  leanRatio: number;
  /** Times without any taker. */
  gapsPerHour: number;
  gapMinutes: number;
}

/** What a sweep that reached depth D leaves in fair value: base + phi D. */
export interface ImpactSpec {
  baseBps: number;
  phiRatio: number;
  /** Spread of phi from sweep to sweep (sd of the logarithm). */
  phiSigma: number;
  /** The same share for a taker who stops at the touch. */
  touchRatio: number;
  /** Share of all that which arrives late, or below 0 comes on top and is given back late; and the time in which 63 % of it has. */
  slowRatio: number;
  slowSeconds: number;
}

/** Orders that eat level after level for about a second. */
export interface SweepSpec {
  perHour: number;
  levelsMin: number;
  levelsMax: number;
  seconds: number;
}

/** Takers who know fair value and hit quotes that it has left. */
export interface InformedSpec {
  lookSeconds: number;
  /** Chance that such a look leads to an order. */
  chanceRatio: number;
  /** What must be in it beyond the quote. */
  edgeBps: number;
  sizeMaxUsd: MicroUsd;
}

/** Who trades a mirror against its leader, both in one block. */
export interface ArbitrageSpec {
  lookSeconds: number;
  edgeBps: number;
  sizeUsd: MicroUsd;
}

export interface OracleSpec {
  seconds: number;
  errorBps: number;
}

/** When the market's underlying is closed: the oracle stands still, and the book is thin or trading halted. */
export interface HoursSpec {
  /** UTC hours; the same hour twice is never closed. */
  closeHour: number;
  openHour: number;
  /** Closed from the close of Friday to the opening of Sunday too. */
  weekend: boolean;
  halted: boolean;
  /** Half-spread, size and taker rate of the thin book over those of the open one. */
  wideRatio: number;
  sizeRatio: number;
  rateRatio: number;
}

/** How one market behaves. Distances in basis points of price. */
export interface MarketModel {
  fair: FairSpec;
  makers: MakerSpec;
  takers: TakerSpec;
  impact: ImpactSpec;
  sweeps: SweepSpec;
  informed: InformedSpec;
  arbitrage: ArbitrageSpec;
  oracle: OracleSpec;
  hours: HoursSpec;
}

/** Two regimes of the whole world, calm and busy, with their mean durations. */
export interface RegimeSpec {
  calmSeconds: number;
  busySeconds: number;
}

export interface WorldSpec {
  name: string;
  about: string;
  venue: VenueSpec;
  regime: RegimeSpec;
  /** By coin; a coin without one has the quiet model. */
  models: ReadonlyMap<string, MarketModel>;
}

/** Micro-dollars of whole dollars. */
const usd = (dollars: number): MicroUsd => dollars * 1e6;

export const REGIME: RegimeSpec = { calmSeconds: 300, busySeconds: 300 };

/** Two-sided books that hardly cost anything; what a model leaves out is as here. */
export const QUIET_MODEL: MarketModel = {
  fair: {
    sigmaBps: 0.3,
    busyRatio: 2,
    momentumRatio: 0.3,
    momentumSeconds: 1,
    jumpsPerHour: 0,
    jumpBps: 10,
    leader: "",
    followSeconds: 0.5,
    basisBps: 2,
    basisSeconds: 120,
  },
  makers: {
    count: 2,
    halfBps: 1,
    widerRatio: 1.15,
    slowerRatio: 2.5,
    smallerRatio: 1,
    busyWideRatio: 1.3,
    levels: 14,
    gapBps: 0.7,
    sizeUsd: usd(4_000),
    sizeSigma: 1,
    growthRatio: 0,
    lookSeconds: 2,
    lookSigma: 0.5,
    refillSeconds: 3,
    churnRatio: 0.15,
    pullRatio: 0,
    inventoryUsd: usd(300_000),
    skewRatio: 0.6,
    viewBps: 0,
  },
  takers: {
    perSecond: 0.06,
    branchingRatio: 0.4,
    burstSeconds: 2,
    busyRatio: 1.5,
    touchRatio: 0.7,
    sizeUsd: usd(1_100),
    sizeSigma: 1.3,
    sizeMaxUsd: usd(250_000),
    depthBps: 1.5,
    depthShape: 0,
    persistRatio: 0.2,
    leanRatio: 0.2,
    gapsPerHour: 0,
    gapMinutes: 5,
  },
  impact: { baseBps: 0, phiRatio: 0.5, phiSigma: 0.3, touchRatio: 0.5, slowRatio: 0, slowSeconds: 2 },
  sweeps: { perHour: 0, levelsMin: 4, levelsMax: 7, seconds: 1 },
  informed: { lookSeconds: 2, chanceRatio: 0.5, edgeBps: 0.5, sizeMaxUsd: usd(250_000) },
  arbitrage: { lookSeconds: 2, edgeBps: 3, sizeUsd: usd(2_000) },
  oracle: { seconds: 3, errorBps: 0 },
  hours: {
    closeHour: 0,
    openHour: 0,
    weekend: false,
    halted: false,
    wideRatio: 3,
    sizeRatio: 0.3,
    rateRatio: 0.2,
  },
};

/** How a coin behaves. Without a model it is quiet, and follows the market of its name on the venue's own dex if there is one. */
export function modelOf(spec: WorldSpec, coin: string): MarketModel {
  const model = spec.models.get(coin);
  if (model !== undefined) return model;
  const base = coin.slice(coin.indexOf(":") + 1);
  const leader = base !== coin && spec.venue.dexs[0]?.markets.some((m) => m.coin === base) === true ? base : "";
  return { ...QUIET_MODEL, fair: { ...QUIET_MODEL.fair, leader } };
}

/** A world in which nothing much happens, over any markets. */
export function quietWorld(venue: VenueSpec): WorldSpec {
  return {
    name: "quiet",
    about: "two-sided books that hardly cost anything",
    venue,
    regime: REGIME,
    models: new Map(),
  };
}
