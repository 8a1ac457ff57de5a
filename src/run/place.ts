/**
 * Opening the venue of a run: a real one, any address, or the embedded one with its generated market.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import { MarkedNet } from "../exchange/marked_net.ts";
import { Pump } from "../exchange/pump.ts";
import { serveLocal } from "../exchange/server.ts";
import { LocalVenue } from "../exchange/venue.ts";
import { DrivenClock, ScaledClock, WallClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { BunNet } from "../io/net.ts";
import { GeneratedMarket } from "../sim/flow.ts";
import { resolveVenue } from "../venue/hyperliquid/address.ts";
import type { Place } from "./follow.ts";
import type { RunRequest } from "./request.ts";

/** Every generated run starts at the same moment: seed and settings alone decide it. */
export const GENERATED_START_US = 1_767_225_600 * US_PER_SECOND;

/** Opens what the request names; without a name a market means mainnet, and none means the embedded venue. */
export function openPlace(request: RunRequest, venue: string): Place {
  if (venue === "local") return openLocal(request);
  if (request.speed !== null && request.speed !== 1) {
    throw usageError("--speed is for tapes and the embedded venue: a real one runs at its own pace");
  }
  const clock = new WallClock();
  return {
    venue: resolveVenue(venue),
    clock,
    net: new BunNet(),
    seed: null,
    warnings: [],
    start: () => {},
    ended: new Promise(() => {}),
    close: () => {},
  };
}

/**
 * The embedded venue: the generated market behind a loopback port. Its clock is scaled and paces it; ours is driven by its marks, so that a
 * run is a function of seed and settings although a socket lies between.
 */
function openLocal(request: RunRequest): Place {
  const world = new GeneratedMarket(request.seed, GENERATED_START_US);
  const venue = new LocalVenue(world.answers(), { marks: true, nowUs: GENERATED_START_US });
  const server = serveLocal(venue);
  const clock = new DrivenClock(GENERATED_START_US);
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let pump: Pump | null = null;
  return {
    venue: resolveVenue(server.url, "local"),
    clock,
    net: new MarkedNet(new BunNet(), clock, end),
    seed: request.seed,
    warnings: [{ code: "generated", text: "a generated market: nothing here says anything about a real one" }],
    start: () => {
      if (pump !== null) return;
      pump = new Pump(venue, server, world, new ScaledClock(GENERATED_START_US, request.speed ?? 1));
      void pump.run();
    },
    ended,
    close: () => {
      pump?.stop();
      server.stop();
    },
  };
}
