/**
 * The facts of one market: grid, fees, margin. They come from the venue and are never guessed.
 * @module
 */
import { assert } from "../assert.ts";
import { F, type FrameLane, INSTRUMENT, KIND } from "../frame.ts";
import type { StateWalk } from "../state.ts";
import { type Lots, type MicroUsd, PERP_DECIMALS, type Px, pow10 } from "../units.ts";
import { ceilPx } from "./grid.ts";

export interface Instrument {
  /** Index of the market in this run. */
  readonly market: number;
  readonly szDecimals: number;
  /** Price units in a dollar: 10^(6 - szDecimals). */
  readonly pxPerUsd: number;
  /** Lots in a coin: 10^szDecimals. */
  readonly lotsPerCoin: number;
  readonly maxLeverage: number;
  /** The venue's asset id. */
  readonly assetId: number;
  /** Fee of a resting order as a fraction of notional, with tier, HIP-3 scale and growth mode in it; negative is a rebate. */
  readonly makerFeeFrac: number;
  readonly takerFeeFrac: number;
  /** HIP-3 growth mode. */
  readonly growth: boolean;
  /** Requests earned per dollar traded: 1, or 0.1 in growth mode. */
  readonly creditRatio: number;
  readonly delisted: boolean;
  /** Smallest order the venue takes, micro-dollars ($10). */
  readonly minNotionalUsd: MicroUsd;
  /** What fair value is measured against: a market's index, or one of REFERENCE. */
  readonly referenceMarket: number;
}

/** Facts as they are known outside, before they become a frame. */
export interface InstrumentFacts {
  szDecimals: number;
  maxLeverage: number;
  assetId: number;
  makerFeeFrac: number;
  takerFeeFrac: number;
  growth: boolean;
  creditRatio: number;
  delisted: boolean;
  isolatedOnly: boolean;
  minNotionalUsd: MicroUsd;
}

/** Writes the facts as a frame. `coinTextId` names the coin by an earlier `text` frame; `referenceMarket` as in `Instrument`. */
export function writeInstrument(
  lane: FrameLane,
  timeUs: number,
  market: number,
  facts: InstrumentFacts,
  coinTextId: number,
  referenceMarket: number = -1,
): number {
  const at = lane.begin(KIND.instrument, INSTRUMENT.size, timeUs, timeUs, market);
  const data = lane.data;
  data[at + INSTRUMENT.szDecimals] = facts.szDecimals;
  data[at + INSTRUMENT.maxLeverage] = facts.maxLeverage;
  data[at + INSTRUMENT.assetId] = facts.assetId;
  data[at + INSTRUMENT.makerFeeFrac] = facts.makerFeeFrac;
  data[at + INSTRUMENT.takerFeeFrac] = facts.takerFeeFrac;
  data[at + INSTRUMENT.growth] = facts.growth ? 1 : 0;
  data[at + INSTRUMENT.creditRatio] = facts.creditRatio;
  data[at + INSTRUMENT.delisted] = facts.delisted ? 1 : 0;
  data[at + INSTRUMENT.isolatedOnly] = facts.isolatedOnly ? 1 : 0;
  data[at + INSTRUMENT.minNotionalUsd] = facts.minNotionalUsd;
  data[at + INSTRUMENT.coinTextId] = coinTextId;
  data[at + INSTRUMENT.referenceMarket] = referenceMarket;
  return at;
}

/** Reads an `instrument` frame into the form the engine keeps. */
export function readInstrument(data: Float64Array, at: number): Instrument {
  assert(data[at + F.kind] === KIND.instrument, "instrument: frame has its kind");
  const szDecimals = data[at + INSTRUMENT.szDecimals] as number;
  return {
    market: data[at + F.market] as number,
    szDecimals,
    pxPerUsd: pow10(PERP_DECIMALS - szDecimals),
    lotsPerCoin: pow10(szDecimals),
    maxLeverage: data[at + INSTRUMENT.maxLeverage] as number,
    assetId: data[at + INSTRUMENT.assetId] as number,
    makerFeeFrac: data[at + INSTRUMENT.makerFeeFrac] as number,
    takerFeeFrac: data[at + INSTRUMENT.takerFeeFrac] as number,
    growth: data[at + INSTRUMENT.growth] === 1,
    creditRatio: data[at + INSTRUMENT.creditRatio] as number,
    delisted: data[at + INSTRUMENT.delisted] === 1,
    minNotionalUsd: data[at + INSTRUMENT.minNotionalUsd] as number,
    referenceMarket: data[at + INSTRUMENT.referenceMarket] as number,
  };
}

/** Saves or restores the facts that a market trades on; restoring gives new ones. */
export function syncInstrument(state: StateWalk, instrument: Instrument | null): Instrument {
  const num = (key: keyof Instrument): number => state.num(instrument === null ? 0 : Number(instrument[key]));
  return {
    market: num("market"),
    szDecimals: num("szDecimals"),
    pxPerUsd: num("pxPerUsd"),
    lotsPerCoin: num("lotsPerCoin"),
    maxLeverage: num("maxLeverage"),
    assetId: num("assetId"),
    makerFeeFrac: num("makerFeeFrac"),
    takerFeeFrac: num("takerFeeFrac"),
    growth: num("growth") === 1,
    creditRatio: num("creditRatio"),
    delisted: num("delisted") === 1,
    minNotionalUsd: num("minNotionalUsd"),
    referenceMarket: num("referenceMarket"),
  };
}

/** Fewest lots whose notional at `px` reaches `usd` micro-dollars. */
export function lotsForAtLeast(usd: MicroUsd, px: Px): Lots {
  return Math.ceil(usd / px);
}

/** Most lots whose notional at `px` stays within `usd` micro-dollars. */
export function lotsForAtMost(usd: MicroUsd, px: Px): Lots {
  return Math.floor(usd / px);
}

/** Smallest price step around `px` as a fraction of price. */
export function tickFrac(px: number, szDecimals: number): number {
  const legal = ceilPx(px, szDecimals);
  return (ceilPx(legal + 1, szDecimals) - legal) / px;
}
