/**
 * Opening the venue of a run: a real one, any address, or the embedded one with a world of its own.
 * @module
 */
import { WallClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { BunNet } from "../io/net.ts";
import { resolveVenue } from "../venue/hyperliquid/address.ts";
import type { Place } from "./follow.ts";
import { localWorldOf, openLocal } from "./local_place.ts";
import type { RunRequest } from "./request.ts";

/** Opens what `venue` names: `mainnet`, `testnet`, an address, `local` or `local:WORLD`. */
export function openPlace(request: RunRequest, venue: string): Place {
  const world = localWorldOf(venue);
  if (world !== null) return openLocal(request, world);
  if (request.speed !== null && request.speed !== 1) {
    throw usageError("--speed is for tapes and the embedded venue: a real one runs at its own pace");
  }
  const clock = new WallClock();
  return {
    venue: resolveVenue(venue),
    clock,
    net: new BunNet(),
    seed: null,
    world: null,
    market: null,
    warnings: [],
    start: () => {},
    ended: new Promise(() => {}),
    close: () => {},
  };
}
