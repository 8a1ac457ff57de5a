/**
 * What the participants of one market share: its book, its fair value, its house, its hours.
 * @module
 */
import type { VenueMarket } from "../venue/market.ts";
import type { FairValue } from "./fair_value.ts";
import type { House } from "./house.ts";
import type { Regime } from "./regime.ts";
import type { MarketModel } from "./spec.ts";

/** One market of a world. */
export interface Stage {
  readonly market: VenueMarket;
  readonly model: MarketModel;
  readonly fair: FairValue;
  readonly house: House;
  readonly regime: Regime;
  /** The underlying is closed and the book is thin. */
  isThin: boolean;
  /** Makers of this market hold so much together, as a share of what one leans on at most: -1 to 1. */
  heldRatio(): number;
}

/** Whether anybody can trade there. */
export const isOpen = (market: VenueMarket): boolean => !market.halted && !market.delisted;
