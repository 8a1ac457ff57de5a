/**
 * A world's figures over several seeds, and a tape's, side by side.
 * @module
 */
import { usageError } from "../io/exit.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Venue } from "../sim/venue/venue.ts";
import { averageFigures, type Figures } from "../stats/compare.ts";
import type { MarketProfile } from "../stats/market_profile.ts";
import type { Curves } from "../stats/profile_curves.ts";
import { profileTape } from "./profile_tape.ts";
import { type LiveWorld, profileWorld } from "./profile_world.ts";

/** Length of a world's run where neither a tape nor a wish sets it: that of the tape which the worlds are calibrated on. */
const SECONDS = 23 * 60;

/** One market, recorded or simulated, in figures. */
export interface ProfiledMarket {
  /** World with its hash, or files. */
  source: string;
  market: string;
  /** Empty for a tape. */
  seeds: number[];
  /** Recorded time, venue seconds: of all seeds together. */
  seconds: number;
  trades: number;
  sweeps: number;
  gaps: number;
  /** Averages over the seeds. */
  figures: Figures;
  /** Of the first seed. */
  curves: Curves;
}

/** What was measured; at least one of the two is there. */
export interface Calibration {
  world: ProfiledMarket | null;
  tape: ProfiledMarket | null;
}

export interface TapeSource {
  tapes: readonly string[];
  /** Null where the world's market is meant. */
  market: string | null;
  factsFile: string | null;
  skipBadLines: boolean;
}

export interface WorldSource {
  name: string;
  /** Of what it is: figures of two hashes are of two worlds. */
  hash: string;
  open(seed: number): LiveWorld;
  /** Null for the first one. */
  market: string | null;
  seed: number;
  seedCount: number;
  /** Null for as long as the tape. */
  seconds: number | null;
}

export interface CalibrateIo {
  /** A line for people on how far it is. */
  status(line: string): void;
  stopRequested(): boolean;
}

/** The profile of a tape's market. */
export async function profileTapeMarket(source: TapeSource & { market: string }): Promise<ProfiledMarket> {
  const profile = await profileTape(source);
  return profiled(source.tapes.join(", "), source.market, [], [profile]);
}

/** Runs the seeds of a world, and reads the tape if there is one. Null when asked to stop. */
export async function calibrate(
  world: WorldSource,
  tape: TapeSource | null,
  io: CalibrateIo,
): Promise<Calibration | null> {
  const first = world.open(world.seed);
  const market = marketOf(first.venue, world.market, tape !== null);
  const recorded = tape === null ? null : await profileTapeMarket({ ...tape, market: tape.market ?? market.coin });
  const seconds = world.seconds ?? (recorded === null ? SECONDS : Math.ceil(recorded.seconds));
  const seeds = Array.from({ length: world.seedCount }, (_, i) => world.seed + i);
  const profiles: MarketProfile[] = [];
  for (const seed of seeds) {
    const live = seed === world.seed ? first : world.open(seed);
    const here = live.venue.markets[market.index] as VenueMarket;
    // Several seeds show by themselves how much they differ.
    const draws = seeds.length > 1 ? { draws: 0 } : {};
    const profile = await profileWorld(live, here, { seconds, ...draws, stopRequested: () => io.stopRequested() });
    if (profile === null) return null;
    profiles.push(profile);
    if (seeds.length > 1) io.status(`seed ${seed}: ${profile.sweeps} sweeps in ${Math.round(profile.seconds)} s`);
  }
  return { world: profiled(`${world.name} ${world.hash}`, market.coin, seeds, profiles), tape: recorded };
}

/** The market of a name; where the name is the tape's and not the world's, or there is none, the first market. */
function marketOf(venue: Venue, name: string | null, isTapes: boolean): VenueMarket {
  const named = name === null ? null : venue.marketByCoin(name);
  if (name !== null && named === null && !isTapes)
    throw usageError(
      `exchange: the world has no market ${name}: it has ${venue.markets.map((m) => m.coin).join(", ")}`,
    );
  return named ?? (venue.markets[0] as VenueMarket);
}

function profiled(source: string, market: string, seeds: number[], profiles: readonly MarketProfile[]): ProfiledMarket {
  const sum = (of: (p: MarketProfile) => number): number => profiles.reduce((total, p) => total + of(p), 0);
  return {
    source,
    market,
    seeds,
    seconds: sum((p) => p.seconds),
    trades: sum((p) => p.trades),
    sweeps: sum((p) => p.sweeps),
    gaps: sum((p) => p.gaps),
    figures: averageFigures(profiles.map((p) => p.figures)),
    curves: (profiles[0] as MarketProfile).curves,
  };
}
