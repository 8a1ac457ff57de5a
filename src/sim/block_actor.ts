/**
 * Who acts at a simulated venue before each of its blocks.
 * @module
 */
import type { Venue } from "./venue/venue.ts";

export interface BlockActor {
  beforeBlock(venue: Venue): void;
}
