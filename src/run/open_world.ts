/**
 * A world without clients, clock or port: for whoever measures it.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import { worldHash } from "../exchange/world_file.ts";
import { Venue } from "../sim/venue/venue.ts";
import { World } from "../sim/world/world.ts";
import type { WorldSource } from "./calibrate.ts";
import { type ExchangeRequest, worldOf } from "./exchange.ts";

/** Measured worlds begin on a Monday at 15:00 UTC, 2026-01-05, when every market has opened: the same seed then gives the same figures. */
export const WORLD_START_US = 1_767_625_200 * US_PER_SECOND;

/** The world that a request names, to be opened with one seed after another. */
export function worldSource(
  request: Pick<ExchangeRequest, "world" | "marketsFile" | "chain">,
): Pick<WorldSource, "name" | "hash" | "open"> {
  const spec = worldOf({ ...request, seed: 1 }, WORLD_START_US);
  return {
    name: spec.name,
    hash: worldHash(spec),
    open: (seed) => {
      const seeded = worldOf({ ...request, seed }, WORLD_START_US);
      const venue = new Venue(seeded.venue);
      return { venue, actor: new World(seeded, venue, seed) };
    },
  };
}
