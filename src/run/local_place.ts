/**
 * The embedded venue: the local exchange with a world's participants, in this process, behind a loopback port.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import { Exchange } from "../exchange/exchange.ts";
import { Host } from "../exchange/host.ts";
import { MarkedNet } from "../exchange/marked_net.ts";
import { serveExchange } from "../exchange/server.ts";
import { WayDoor } from "../exchange/way.ts";
import { worldHash } from "../exchange/world_file.ts";
import { loadWorld } from "../exchange/worlds.ts";
import { DrivenClock, ScaledClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { BunNet } from "../io/net.ts";
import { Venue } from "../sim/venue/venue.ts";
import type { WorldSpec } from "../sim/world/spec.ts";
import { World } from "../sim/world/world.ts";
import { resolveVenue } from "../venue/hyperliquid/address.ts";
import type { Place } from "./follow.ts";
import type { ReportWarning } from "./report_schema.ts";
import type { RunRequest } from "./request.ts";

/** The world of `local` when none is named: it has a HIP-3 market and the perp that it mirrors. */
export const LOCAL_WORLD = "hip3-mirror";
/** Every run starts at the same moment: seed, world and settings alone decide it. */
export const LOCAL_START_US = 1_767_225_600 * US_PER_SECOND;
/** Blocks that the participants have to themselves: a minute, after which books stand and there are trades to repeat. */
const WARM_BLOCKS = 857;
/** What may wait in the sockets before the next block does. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** Whether a name of `--venue` is the embedded one, and of which world: the name or file, null when it is another venue. */
export function localWorldOf(venue: string): string | null {
  if (venue === "local") return LOCAL_WORLD;
  return venue.startsWith("local:") ? venue.slice("local:".length) : null;
}

/** The market that a world is about: its first HIP-3 market, else its first one. */
export function marketOf(spec: WorldSpec): string {
  const [own, ...others] = spec.venue.dexs;
  const market = others.flatMap((dex) => dex.markets)[0] ?? own?.markets[0];
  if (market === undefined) throw usageError(`the world ${spec.name} has no market`);
  return market.coin;
}

/** What every report of a run on such a venue must say. */
export const GENERATED_WARNINGS: readonly ReportWarning[] = [
  { code: "generated", text: "a generated market: nothing here says anything about a real one" },
];

/** A venue with its participants, warm. */
export interface WarmWorld {
  spec: WorldSpec;
  venue: Venue;
  participants: World;
}

/** A world that has been going on for a minute when its time is `LOCAL_START_US`. */
export function warmWorld(worldName: string, seed: number): WarmWorld {
  const spec = specOf(worldName, seed);
  const venue = new Venue(spec.venue);
  const participants = new World(spec, venue, seed);
  for (let block = 0; block < WARM_BLOCKS; block++) {
    participants.beforeBlock(venue);
    venue.step();
  }
  return { spec, venue, participants };
}

/** The world, begun early enough to be warm when a run begins. */
function specOf(world: string, seed: number): WorldSpec {
  const spec = loadWorld(world, "Testnet", seed, 0);
  return { ...spec, venue: { ...spec.venue, startUs: LOCAL_START_US - WARM_BLOCKS * spec.venue.rules.blockUs } };
}

/**
 * Opens the exchange. Its clock is scaled and paces its blocks; ours is driven by the marks between its pushes, so that a run is a function of
 * world, seed and settings although a socket lies between. Nothing is ever sent to it but questions and subscriptions: what the run trades on
 * paper is not in the market that it sees.
 */
export function openLocal(request: RunRequest, worldName: string): Place {
  const { seed } = request;
  const { spec, venue, participants } = warmWorld(worldName, seed);
  const exchange = new Exchange(venue, { ipLimits: false });
  const door = new WayDoor(exchange, seed, () => venue.nowUs);
  const server = serveExchange(door, null);
  const clock = new DrivenClock(venue.nowUs);
  const ended = Promise.withResolvers<void>();
  let host: Host | null = null;
  return {
    venue: resolveVenue(server.url, "local"),
    clock,
    net: new MarkedNet(new BunNet(), clock, ended.resolve),
    seed,
    world: { name: spec.name, hash: worldHash(spec) },
    market: marketOf(spec),
    warnings: GENERATED_WARNINGS,
    start: () => {
      if (host !== null) return;
      const pace = new ScaledClock(venue.nowUs, request.speed ?? 1);
      const holds = (): boolean => server.waitingBytes() > WAITING_BYTES_MAX;
      host = new Host({ venue, clock: pace, participants, afterBlock: () => door.tick(), holds });
      host.run().catch(ended.reject);
    },
    ended: ended.promise,
    close: () => {
      host?.stop();
      server.stop();
    },
  };
}
