/**
 * Worlds for tests: one market whose participants do nothing but what a test asks for, and hashes of all that is told.
 * @module
 */
import { loadWorld } from "../../../src/exchange/worlds.ts";
import { defaultTokens, MARKET_DEFAULTS } from "../../../src/sim/venue/default_spec.ts";
import type { VenueListener } from "../../../src/sim/venue/events.ts";
import type { VenueMarket } from "../../../src/sim/venue/market.ts";
import { VENUE_RULES, type VenueSpec } from "../../../src/sim/venue/spec.ts";
import { Venue } from "../../../src/sim/venue/venue.ts";
import { type MarketModel, QUIET_MODEL, REGIME, type WorldSpec } from "../../../src/sim/world/spec.ts";
import { World } from "../../../src/sim/world/world.ts";

/** Noon of a Wednesday. */
export const START_US = 1_767_182_400e6;
export const BLOCK_SECONDS = 0.07;
const nothing = (): void => {};
export const SILENT: VenueListener = {
  onTrade: nothing,
  onFill: nothing,
  onOrder: nothing,
  onNonUserCancel: nothing,
  onFunding: nothing,
  onLedger: nothing,
  onLiquidation: nothing,
  onBlock: nothing,
};

/** A model with parts of it changed. */
export type Changes = { [G in keyof MarketModel]?: Partial<MarketModel[G]> };

export function changed(model: MarketModel, changes: Changes): MarketModel {
  const groups = Object.keys(model) as (keyof MarketModel)[];
  return Object.fromEntries(groups.map((g) => [g, { ...model[g], ...changes[g] }])) as unknown as MarketModel;
}

/** A market that nobody but makers touches, and whose fair value stands still. */
export const STILL: MarketModel = changed(QUIET_MODEL, {
  fair: { sigmaBps: 0 },
  makers: { lookSeconds: 0.1, refillSeconds: 0.1 },
  takers: { perSecond: 0 },
  informed: { chanceRatio: 0 },
});

/** Main market ONE at 40, and its mirror x:ONE when it has a model. */
export function worldSpec(seed: number, one: MarketModel, mirror?: MarketModel): WorldSpec {
  const market = { ...MARKET_DEFAULTS, szDecimals: 2, maxLeverage: 10, oraclePx: "40" };
  const dex = { fullName: "", collateralToken: 0, feeScale: "1.0", totalOiCapUsd: 1e15 };
  const venue: VenueSpec = {
    chain: "Testnet",
    tokens: defaultTokens("Testnet"),
    dexs: [
      { ...dex, name: "", markets: [{ ...market, coin: "ONE" }] },
      ...(mirror === undefined ? [] : [{ ...dex, name: "x", markets: [{ ...market, coin: "x:ONE" }] }]),
    ],
    rules: VENUE_RULES,
    seed,
    startUs: START_US,
  };
  const models = new Map([["ONE", one]]);
  if (mirror !== undefined) models.set("x:ONE", mirror);
  return { name: "test", about: "", venue, regime: REGIME, models };
}

export interface Run {
  spec: WorldSpec;
  venue: Venue;
  world: World;
  market: VenueMarket;
  /** Runs for so many seconds; `each` is called after every block. */
  run(seconds: number, each?: () => void): void;
}

export function start(spec: WorldSpec, seed = 1): Run {
  const venue = new Venue(spec.venue);
  const world = new World(spec, venue, seed);
  const run = (seconds: number, each: () => void = nothing): void => {
    for (let i = Math.round(seconds / BLOCK_SECONDS); i > 0; i--) {
      world.beforeBlock(venue);
      venue.step();
      each();
    }
  };
  return { spec, venue, world, market: venue.markets[0] as VenueMarket, run };
}

export function startNamed(name: string, seed: number): Run {
  return start(loadWorld(name, "Testnet", seed, START_US), seed);
}

/** A hash of everything that is told, and of marks and oracles. */
export function taleOf({ venue, run }: Run, seconds: number): string {
  const hash = new Bun.CryptoHasher("sha256");
  venue.listen({
    ...SILENT,
    onTrade: (t) => {
      hash.update(`${t.market.coin} ${t.side} ${t.px} ${t.lots} ${t.timeMs} ${t.tid} ${t.buyer} ${t.seller};`);
    },
    onOrder: (order, status, lots) => {
      hash.update(`${order.oid} ${status} ${lots} ${order.px};`);
    },
    onFunding: (f) => {
      hash.update(`${f.account.address} ${f.usd};`);
    },
  });
  run(seconds, () => {
    for (const m of venue.markets) hash.update(`${m.markPx} ${m.oraclePx} ${m.halted};`);
  });
  return hash.digest("hex");
}
