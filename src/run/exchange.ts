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
import { type Clock, ScaledClock, WallClock } from "../io/clock.ts";
import type { LocalServer } from "../io/serve.ts";
import { FaultPlan } from "../sim/fault.ts";
import { Participants } from "../sim/participants.ts";
import { type Chain, defaultSpec } from "../sim/venue/default_spec.ts";
import type { VenueSpec } from "../sim/venue/spec.ts";
import { Venue } from "../sim/venue/venue.ts";

export const EXCHANGE_SCHEMA = "mmbin.exchange/1";
/** Where clients look for a local venue (the Python client's own default). */
export const EXCHANGE_PORT = 3_001;
const TEST_KEYS = 2;
/** What each test key has on each dex. */
const TEST_KEY_USD = 10_000 * MICRO_PER_USD;
const STATUS_US = 10 * US_PER_SECOND;
const LOOK_US = 100_000;
/** A nonce is at most this old by the venue's time (nonces page, August 2026). */
const NONCE_LAG_DAYS = 2;
const MINUTES_PER_DAY = 1_440;

export interface ExchangeRequest {
  port: number;
  /** A TOML file, or null for the default markets. */
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
  chain: Chain;
  keys: TestKey[];
  keys_note: string;
  markets: string[];
  seed: number;
  speed: number;
  control: boolean;
}

export interface ExchangeIo {
  onReady(card: ExchangeCard): void;
  /** A line for people. */
  note(line: string): void;
  status(line: string): void;
  stopRequested(): boolean;
}

/** The markets of a file, or the default ones, as TOML. */
export function marketsText(file: string | null, chain: Chain): string {
  return formatMarkets(specOf(file, chain, 1, 0));
}

function specOf(file: string | null, chain: Chain, seed: number, startUs: number): VenueSpec {
  return file === null ? defaultSpec(chain, seed, startUs) : readMarkets(file, chain, seed, startUs);
}

/** Serves until the time is up or somebody stops it. */
export async function runExchange(request: ExchangeRequest, io: ExchangeIo): Promise<void> {
  const wall = new WallClock();
  const startUs = wall.nowUs();
  const { seed, speed, chain } = request;
  const venue = new Venue(specOf(request.marketsFile, chain, seed, startUs));
  const participants = new Participants(venue, seed);
  const keys = testKeys(seed, TEST_KEYS);
  for (const { address } of keys) fundEverywhere(venue, address, TEST_KEY_USD);
  for (const { address, usd } of request.funds) fundEverywhere(venue, address, usd);
  const plan = new FaultPlan(seed);
  const exchange = new Exchange(venue);
  const door = new FaultyDoor(exchange, plan, () => venue.nowUs);
  const clock: Clock = speed === 0 || speed === 1 ? wall : new ScaledClock(startUs, speed);
  const host = new Host({ venue, clock, participants, afterBlock: () => door.tick(), manual: speed === 0 });
  const control = request.control ? new Control({ venue, host, door, plan, participants }) : null;
  const trades = countTrades(venue);
  const server = serveExchange(door, control, { port: request.port });
  const running = host.run();
  try {
    io.onReady(cardOf(request, server, keys, venue));
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

const MAINNET_WARNING =
  "warning: with --chain mainnet whatever clients sign here is valid at the real venue too while its nonce is young (two days): sign with test keys only";

/** What a venue that runs ahead does to clients that take nonces from their own clock: they are refused once they lag by two days. */
export function speedNote(speed: number): string {
  const minutes = (NONCE_LAG_DAYS * MINUTES_PER_DAY) / (speed - 1);
  const span = minutes < 120 ? `${Math.max(1, Math.floor(minutes))} min` : `${Math.floor(minutes / 60)} h`;
  return `exchange: at speed ${speed} the venue's time runs ahead of its clients' clocks: nonces by the clock are refused after ${span}, expiresAfter at once`;
}

function cardOf(request: ExchangeRequest, server: LocalServer, keys: TestKey[], venue: Venue): ExchangeCard {
  const { seed, speed, chain, control } = request;
  const ws = `${server.url.replace("http", "ws")}/ws`;
  const markets = venue.markets.map((m) => m.coin);
  const what = { chain, keys, keys_note: TEST_KEYS_NOTE, markets, seed, speed, control };
  return { schema: EXCHANGE_SCHEMA, url: server.url, ws, ...what };
}

/** Pays into the collateral of every dex. */
function fundEverywhere(venue: Venue, address: string, usd: MicroUsd): void {
  for (let dexIndex = 0; dexIndex < venue.spec.dexs.length; dexIndex++) venue.fund(address, dexIndex, usd);
}

function countTrades(venue: Venue): () => number {
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

function statusText(exchange: Exchange, door: FaultyDoor, trades: number): string {
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
  const endUs = venue.spec.startUs + (request.forSeconds ?? Number.POSITIVE_INFINITY) * US_PER_SECOND;
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
    `  markets  ${card.markets.join(" ")}`,
    `${card.keys.length} funded keys, $${formatScaled(TEST_KEY_USD, 6)} on each dex (${card.keys_note})`,
    ...keys,
    "",
  ].join("\n");
}
