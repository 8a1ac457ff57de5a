/**
 * The local exchange over a recording: its books and trades are the public market, and clients' orders stand among them.
 * @module
 */
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { Exchange } from "../exchange/exchange.ts";
import { FaultyDoor } from "../exchange/faulty.ts";
import { serveExchange } from "../exchange/server.ts";
import { TapeHost } from "../exchange/tape_host.ts";
import { tapeSpec } from "../exchange/tape_spec.ts";
import { testKeys } from "../exchange/test_keys.ts";
import { type Clock, ScaledClock, WallClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { FaultPlan } from "../sim/fault.ts";
import { TapeActor } from "../sim/tape/actor.ts";
import type { Chain } from "../sim/venue/default_spec.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import { Venue } from "../sim/venue/venue.ts";
import type { CodecMarket } from "../wire/hyperliquid/codec.ts";
import { resolveInstrument } from "../wire/hyperliquid/instrument.ts";
import {
  cardOf,
  countTrades,
  type ExchangeIo,
  type ExchangeRequest,
  fundEverywhere,
  LOOK_US,
  MAINNET_WARNING,
  STATUS_US,
  statusText,
  TEST_KEY_USD,
  TEST_KEYS,
} from "./exchange.ts";
import { readTapeHead, type TapeRequest, TapeSource } from "./tape_source.ts";

/** A venue that stands where a recording begins. */
export interface TapeVenue {
  venue: Venue;
  source: TapeSource;
  actor: TapeActor;
  /** The markets that are repeated. */
  coins: readonly string[];
  /** Venue time less recorded time. */
  offsetUs: TimeUs;
}

/**
 * Opens a recording as a venue. Its markets have their recorded places and facts; those that are not repeated take no orders. Fees are of the
 * clients' own tiers: whoever recorded the tape paid his own.
 *
 * @param startUs Venue time when the recording begins; null keeps the recorded time. Clients sign with the time of their own clocks, and the
 * venue refuses what is days old: to trade on a recording it must happen now.
 */
export async function openTapeVenue(
  request: TapeRequest,
  chain: Chain,
  seed: number,
  startUs: TimeUs | null,
): Promise<TapeVenue> {
  const { answers, coins, prices } = await readTapeHead(request);
  const followed = coins.map((coin, market): CodecMarket => {
    return { coin, market, szDecimals: resolveInstrument(coin, answers).szDecimals };
  });
  const source = new TapeSource(request, followed);
  await source.fill();
  const spec = tapeSpec(answers, prices, chain, seed, 0);
  const recordedUs = Math.floor(source.queue.nextUs / US_PER_MS) * US_PER_MS - spec.rules.blockUs;
  const offsetUs = startUs === null ? 0 : Math.round((startUs - recordedUs) / US_PER_MS) * US_PER_MS;
  const venue = new Venue({ ...spec, startUs: recordedUs + offsetUs });
  for (const market of venue.markets) {
    if (isDelisted(market, answers)) venue.delist(market);
    else if (!coins.includes(market.coin)) venue.setHalted(market, true);
  }
  const actor = new TapeActor(
    venue,
    coins.map((coin) => venue.marketByCoin(coin) as VenueMarket),
  );
  return { venue, source, actor, coins, offsetUs };
}

function isDelisted(market: VenueMarket, answers: Parameters<typeof resolveInstrument>[1]): boolean {
  return answers.some(({ request, response }) => {
    if (request.type !== "meta" || (request.dex ?? "") !== market.dex.name) return false;
    const { universe } = response as { universe: { name: string; isDelisted?: boolean }[] };
    return universe.some((entry) => entry.name === market.coin && entry.isDelisted === true);
  });
}

/** Serves a recording until its end, until the time is up or somebody stops it. */
export async function runTapeExchange(request: ExchangeRequest, tape: TapeRequest, io: ExchangeIo): Promise<void> {
  if (request.speed === 0)
    throw usageError("exchange: --speed 0 and --tape exclude each other: the recording has its own time");
  const wall = new WallClock();
  const { seed, speed, chain } = request;
  const { venue, source, actor, coins, offsetUs } = await openTapeVenue(tape, chain, seed, wall.nowUs());
  const keys = testKeys(seed, TEST_KEYS);
  for (const { address } of keys) fundEverywhere(venue, address, TEST_KEY_USD);
  for (const { address, usd } of request.funds) fundEverywhere(venue, address, usd);
  const exchange = new Exchange(venue);
  const door = new FaultyDoor(exchange, new FaultPlan(seed), () => venue.nowUs);
  const clock: Clock = speed === 1 ? wall : new ScaledClock(venue.nowUs, speed);
  const host = new TapeHost({ venue, source, actor, clock, offsetUs, afterBlock: () => door.tick() });
  const trades = countTrades(venue);
  const server = serveExchange(door, null, { port: request.port });
  const endUs = venue.nowUs + (request.forSeconds ?? Number.POSITIVE_INFINITY) * US_PER_SECOND;
  let ended = false;
  const running = host.run().finally(() => {
    ended = true;
  });
  try {
    io.onReady(
      cardOf(request, server, keys, { world: null, world_hash: null, markets: [...coins], tape: [...tape.files] }),
    );
    if (chain === "Mainnet") io.note(MAINNET_WARNING);
    let statusUs = wall.nowUs() + STATUS_US;
    while (!ended && !io.stopRequested() && venue.nowUs < endUs) {
      await Promise.race([running, wall.sleepUntil(wall.nowUs() + LOOK_US)]);
      if (wall.nowUs() < statusUs) continue;
      statusUs += STATUS_US;
      io.status(statusText(exchange, door, trades()));
    }
    if (source.isOver) io.note(`the tape is at its end: ${statusText(exchange, door, trades())}`);
  } finally {
    host.stop();
    server.stop();
    await source.close();
    await running;
  }
}
