/**
 * The local exchange as a process: a venue, its market, its port and its operator.
 * @module
 */
import { formatScaled, MICRO_PER_USD, type MicroUsd, US_PER_SECOND } from "../core/units.ts";
import { Control } from "../exchange/control.ts";
import { Exchange } from "../exchange/exchange.ts";
import { FaultyDoor } from "../exchange/faulty.ts";
import { Host } from "../exchange/host.ts";
import { formatMarkets, readMarkets } from "../exchange/markets_file.ts";
import { serveExchange } from "../exchange/server.ts";
import { TEST_KEYS_NOTE, type TestKey, testKeys } from "../exchange/test_keys.ts";
import { worldHash } from "../exchange/world_file.ts";
import { DEFAULT_WORLD, loadWorld, WORLD_NAMES } from "../exchange/worlds.ts";
import { type Clock, ScaledClock, WallClock } from "../io/clock.ts";
import type { LocalServer } from "../io/serve.ts";
import { FaultPlan } from "../sim/fault.ts";
import type { Chain } from "../sim/venue/default_spec.ts";
import { Venue } from "../sim/venue/venue.ts";
import { quietWorld, type WorldSpec } from "../sim/world/spec.ts";
import { World } from "../sim/world/world.ts";

export { DEFAULT_WORLD } from "../exchange/worlds.ts";

export const EXCHANGE_SCHEMA = "mmbin.exchange/1";
/** Where clients look for a local venue (the Python client's own default). */
export const EXCHANGE_PORT = 3_001;
export const TEST_KEYS = 2;
/** What each test key has on each dex. */
export const TEST_KEY_USD = 10_000 * MICRO_PER_USD;
export const STATUS_US = 10 * US_PER_SECOND;
export const LOOK_US = 100_000;
/** The market is made for so long before anybody is served: clients find books that stand, and a mark. */
const WARM_US = 3 * US_PER_SECOND;
/** A nonce is at most this old by the venue's time (nonces page, August 2026). */
const NONCE_LAG_DAYS = 2;
const MINUTES_PER_DAY = 1_440;

export interface ExchangeRequest {
  port: number;
  /** A world of the program or a TOML file; null is the default one. */
  world: string | null;
  /** A TOML file of markets that are quiet, or null for the markets of the world. */
  marketsFile: string | null;
  seed: number;
  /** Venue seconds a second; 0 makes blocks only when the control says so. */
  speed: number;
  chain: Chain;
  /** Money on every dex, by address (lower case), micro-dollars. */
  funds: readonly { address: string; usd: MicroUsd }[];
  control: boolean;
  /** Venue time after which it ends; null is never. */
  forSeconds: number | null;
}

/** What a client needs to know, as the first line of `--json`. */
export interface ExchangeCard {
  schema: typeof EXCHANGE_SCHEMA;
  url: string;
  ws: string;
  /** Null where recordings are the market. */
  world: string | null;
  /** What the world is, in twelve hex digits: equal worlds have equal ones. */
  world_hash: string | null;
  chain: Chain;
  keys: TestKey[];
  keys_note: string;
  markets: string[];
  seed: number;
  speed: number;
  control: boolean;
  /** Recordings that are the market; null where participants are. */
  tape: string[] | null;
}

export interface ExchangeIo {
  onReady(card: ExchangeCard): void;
  /** A line for people. */
  note(line: string): void;
  status(line: string): void;
  stopRequested(): boolean;
}

/** The markets of a file, or those of a world, as TOML. */
export function marketsText(request: Pick<ExchangeRequest, "world" | "marketsFile" | "chain">): string {
  return formatMarkets(worldOf({ ...request, seed: 1 }, 0).venue);
}

/** One line a world of the program: name, hash, what it is. */
export function worldsText(): string {
  const worlds = WORLD_NAMES.map((name) => loadWorld(name, "Testnet", 1, 0));
  return worlds.map((w) => `${w.name.padEnd(14)}${worldHash(w)}  ${w.about}\n`).join("");
}

/** The world that a request names, from a time on. */
export function worldOf(
  request: Pick<ExchangeRequest, "world" | "marketsFile" | "chain" | "seed">,
  startUs: number,
): WorldSpec {
  const { world, marketsFile, chain, seed } = request;
  if (marketsFile !== null) return quietWorld(readMarkets(marketsFile, chain, seed, startUs));
  return loadWorld(world ?? DEFAULT_WORLD, chain, seed, startUs);
}

/** Serves until the time is up or somebody stops it. */
export async function runExchange(request: ExchangeRequest, io: ExchangeIo): Promise<void> {
  const wall = new WallClock();
  const startUs = wall.nowUs();
  const { seed, speed, chain } = request;
  // Blocks that the control makes are the only ones: then nothing has happened yet.
  const warmUs = speed === 0 ? 0 : WARM_US;
  const spec = worldOf(request, startUs - warmUs);
  const venue = new Venue(spec.venue);
  const participants = new World(spec, venue, seed);
  while (venue.nowUs + venue.rules.blockUs <= startUs && warmUs > 0) {
    participants.beforeBlock(venue);
    venue.step();
  }
  const keys = testKeys(seed, TEST_KEYS);
  for (const { address } of keys) fundEverywhere(venue, address, TEST_KEY_USD);
  for (const { address, usd } of request.funds) fundEverywhere(venue, address, usd);
  const plan = new FaultPlan(seed);
  const exchange = new Exchange(venue);
  const door = new FaultyDoor(exchange, plan, () => venue.nowUs);
  const clock: Clock = speed === 0 || speed === 1 ? wall : new ScaledClock(startUs, speed);
  const host = new Host({ venue, clock, participants, afterBlock: () => door.tick(), manual: speed === 0 });
  const control = request.control ? new Control({ venue, host, door, plan, world: participants }) : null;
  const trades = countTrades(venue);
  const server = serveExchange(door, control, { port: request.port });
  const running = host.run();
  try {
    const world = { world: spec.name, world_hash: worldHash(spec), tape: null };
    io.onReady(cardOf(request, server, keys, { ...world, markets: venue.markets.map((m) => m.coin) }));
    if (chain === "Mainnet") io.note(MAINNET_WARNING);
    if (speed > 1) io.status(speedNote(speed));
    // A host that ends by itself has met a bug: nobody waits on a venue that stands still.
    await Promise.race([
      running,
      server.bug,
      watch(request, io, wall, venue, () => statusText(exchange, door, trades())),
    ]);
  } finally {
    host.stop();
    server.stop();
    await running;
  }
}

export const MAINNET_WARNING =
  "warning: with --chain mainnet whatever clients sign here is valid at the real venue too while its nonce is young (two days): sign with test keys only";

/** What a venue that runs ahead does to clients that take nonces from their own clock: they are refused once they lag by two days. */
export function speedNote(speed: number): string {
  const minutes = (NONCE_LAG_DAYS * MINUTES_PER_DAY) / (speed - 1);
  const span = minutes < 120 ? `${Math.max(1, Math.floor(minutes))} min` : `${Math.floor(minutes / 60)} h`;
  return `exchange: at speed ${speed} the venue's time runs ahead of its clients' clocks: nonces by the clock are refused after ${span}, expiresAfter at once`;
}

/** What a client needs to know of an exchange that is about to run; `market` says whose it is. */
export function cardOf(
  request: ExchangeRequest,
  server: LocalServer,
  keys: TestKey[],
  market: Pick<ExchangeCard, "world" | "world_hash" | "markets" | "tape">,
): ExchangeCard {
  const { seed, speed, chain, control } = request;
  const ws = `${server.url.replace("http", "ws")}/ws`;
  const what = { ...market, chain, keys, keys_note: TEST_KEYS_NOTE, seed, speed, control };
  return { schema: EXCHANGE_SCHEMA, url: server.url, ws, ...what };
}

/** Pays into the collateral of every dex. */
export function fundEverywhere(venue: Venue, address: string, usd: MicroUsd): void {
  for (let dexIndex = 0; dexIndex < venue.spec.dexs.length; dexIndex++) venue.fund(address, dexIndex, usd);
}

/** Counts trades from now on. */
export function countTrades(venue: Venue): () => number {
  let count = 0;
  const nothing = (): void => {};
  venue.listen({
    onTrade: () => {
      count += 1;
    },
    onFill: nothing,
    onOrder: nothing,
    onNonUserCancel: nothing,
    onFunding: nothing,
    onLedger: nothing,
    onLiquidation: nothing,
    onBlock: nothing,
  });
  return () => count;
}

/** How it goes, in a line. */
export function statusText(exchange: Exchange, door: FaultyDoor, trades: number): string {
  const counts = `${door.clientCount} clients, ${exchange.actionCount} actions, ${trades} trades`;
  return `exchange: ${exchange.venue.blockCount} blocks, ${counts}`;
}

/** Waits for the end, and says how it goes now and then. */
async function watch(
  request: ExchangeRequest,
  io: ExchangeIo,
  wall: WallClock,
  venue: Venue,
  status: () => string,
): Promise<void> {
  const endUs = venue.nowUs + (request.forSeconds ?? Number.POSITIVE_INFINITY) * US_PER_SECOND;
  let statusUs = wall.nowUs() + STATUS_US;
  while (!io.stopRequested() && venue.nowUs < endUs) {
    await wall.sleepUntil(wall.nowUs() + LOOK_US);
    if (wall.nowUs() < statusUs) continue;
    statusUs += STATUS_US;
    io.status(status());
  }
}

/** The card for people. */
export function cardText(card: ExchangeCard): string {
  const pace = card.speed === 0 ? "blocks by control only" : `speed ${card.speed}`;
  const keys = card.keys.map((k) => `  ${k.key}  ${k.address}`);
  return [
    `Hyperliquid on loopback, ${card.chain.toLowerCase()} signatures, seed ${card.seed}, ${pace}`,
    `  http     ${card.url}`,
    `  ws       ${card.ws}`,
    ...(card.control ? [`  control  ${card.url}/control`] : []),
    card.tape === null ? `  world    ${card.world} (${card.world_hash})` : `  tape     ${card.tape.join(" ")}`,
    `  markets  ${card.markets.join(" ")}`,
    `${card.keys.length} funded keys, $${formatScaled(TEST_KEY_USD, 6)} on each dex (${card.keys_note})`,
    ...keys,
    "",
  ].join("\n");
}
