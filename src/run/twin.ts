/**
 * One seed of a world, traded for real and on paper: the same engine, settings and connection, once in the book and once beside it.
 * @module
 */

import { assert } from "../core/assert.ts";
import { F, FrameLane } from "../core/frame.ts";
import { type MicroUsd, type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import { answerQuestion } from "../exchange/questions.ts";
import { loadWorld } from "../exchange/worlds.ts";
import type { ConfigSource, LoadedConfig } from "../io/config.ts";
import { delaysOf, FeedLine } from "../sim/feed_line.ts";
import { OrderScorer, type ScoredOrder } from "../sim/order_scorer.ts";
import { ALL_SCORERS, DRIVER, type Scorer } from "../sim/resting.ts";
import type { VenueAccount } from "../sim/venue/account.ts";
import { History } from "../sim/venue/history.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import { Venue } from "../sim/venue/venue.ts";
import { VenueFeed } from "../sim/venue_feed.ts";
import { VenuePort } from "../sim/venue_port.ts";
import { World } from "../sim/world/world.ts";
import { type EdgeTotals, HORIZONS } from "../stats/edge.ts";
import { dexOf, type InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { Session } from "./session.ts";

/** 2026-01-05 00:00 UTC, a Monday: every seed begins here, so that nothing depends on today. */
const START_US = 1_767_571_200 * US_PER_SECOND;
/** Books fill and take shape before anybody trades. */
const WARM_UP_US = 60 * US_PER_SECOND;
/** One message: a sweep's prints, or a book. */
const LANE_SIZE = 65_536;
/** Nobody's address: the account that trades. */
export const TRADER = `0x${"7".repeat(40)}`;

export interface TwinRequest {
  /** A world's name or the path of its file. */
  world: string;
  /** The market to trade. */
  coin: string;
  seed: number;
  /** Time that is traded. */
  seconds: number;
  latencySeconds: number;
  config: ConfigSource;
  loaded: LoadedConfig;
  /** Requests that the address has used before. */
  quotaUsedCount?: number;
  /** Volume that the address was credited with before, dollars. */
  quotaVolumeUsd?: number;
  /** Called after each block of a run for real. */
  onBlock?: (session: Session) => void;
  /** Rules of paper: the first drives. */
  scorers?: readonly Scorer[];
  /** Share of the loop after which paper knows what happened at the venue; absent: what the shadow has. */
  answerRatio?: number;
  /** Whether the run sees its own orders in the book, as the venue sends it (it does unless told otherwise). */
  seesOwn?: boolean;
}

/** What one run came to under one rule: sums over its fills, micro-dollars, by horizon of `HORIZONS`. */
export interface TwinFigures {
  fills: number;
  notionalUsd: MicroUsd;
  totals: readonly EdgeTotals[];
  requests: number;
  rejected: number;
  refused: number;
  profitUsd: number;
}

/** The run whose orders stood in the book. */
export interface RealRun {
  session: Session;
  port: VenuePort;
  account: VenueAccount;
  venueMarket: VenueMarket;
  venue: Venue;
  figures: TwinFigures;
  /** Its orders as every rule would have filled them. */
  orders: readonly ScoredOrder[];
  /** Micro-dollars by which the run's own account and the venue's differ: cash, fees, position. All 0 or there is a bug. */
  residuals: readonly number[];
}

/** A venue with its world, and the facts that it answers. */
export interface Stage {
  venue: Venue;
  world: World;
  answers: InfoAnswer[];
}

/** Opens a world whose books have taken shape. */
export function openStage(request: Pick<TwinRequest, "world" | "seed">): Stage {
  const spec = loadWorld(request.world, "Mainnet", request.seed, START_US);
  const venue = new Venue(spec.venue);
  const world = new World(spec, venue, request.seed);
  const view = { venue, history: new History(venue.markets) };
  const ask = (question: InfoAnswer["request"]): InfoAnswer => ({
    request: question,
    response: JSON.parse(answerQuestion(view, question).reply.text),
  });
  venue.accountOf(TRADER);
  const answers = [
    ask({ type: "perpDexs" }),
    ask({ type: "userFees", user: TRADER }),
    ...venue.spec.dexs.map((dex) => ask({ type: "meta", dex: dex.name })),
  ];
  while (venue.nowUs < START_US + WARM_UP_US) block({ venue, world, answers });
  return { venue, world, answers };
}

function block(stage: Stage): void {
  stage.world.beforeBlock(stage.venue);
  stage.venue.step();
}

const blockUsOf = (venue: Venue): TimeUs => Math.round(venue.rules.blockUs / US_PER_MS) * US_PER_MS;

function sessionOptions(request: TwinRequest, answers: InfoAnswer[]): ConstructorParameters<typeof Session>[0] {
  return {
    markets: [request.coin],
    answers,
    config: request.config,
    loaded: request.loaded,
    latencySeconds: request.latencySeconds,
    quotaUsedCount: request.quotaUsedCount ?? 0,
    quotaVolumeUsd: request.quotaVolumeUsd ?? 0,
    scorers: request.scorers ?? ALL_SCORERS,
    ...(request.answerRatio !== undefined && { answerRatio: request.answerRatio }),
  };
}

/** The venue's markets that a session follows, by the session's index. */
function followedBy(session: Session, venue: Venue): VenueMarket[] {
  return session.followed.map(({ coin }) => {
    const market = venue.marketByCoin(coin);
    assert(market !== null, "twin: the venue has every market that is followed");
    return market;
  });
}

function figuresOf(session: Session, scorer: number): TwinFigures {
  const edge = session.statistics.markets[0]?.edges[scorer];
  const counts = session.shadow.counts[0];
  assert(edge !== undefined && counts !== undefined, "twin: a run has one market and every scorer");
  const totals = HORIZONS.map((_, h) => edge.totals(h));
  return {
    fills: edge.fillCount,
    notionalUsd: edge.notionalUsd,
    totals,
    requests: counts.place + counts.modify + counts.cancel,
    rejected: counts.rejected,
    refused: counts.refused,
    profitUsd: session.shadow.account.equityUsd,
  };
}

/** Trades one seed for real. */
export function runReal(request: TwinRequest): RealRun {
  const stage = openStage(request);
  const { venue } = stage;
  const { session, port } = openSession(request, stage);
  const capitalUsd = session.desk.engines[0]?.params.capitalUsd ?? 0;
  const dexIndex = venue.spec.dexs.findIndex((dex) => dex.name === dexOf(request.coin));
  const account = venue.fund(TRADER, dexIndex, capitalUsd);
  const latencyUs = Math.round(request.latencySeconds * US_PER_SECOND);
  const markets = followedBy(session, venue);
  const venueMarket = markets[0] as VenueMarket;
  const feed = new VenueFeed(markets, blockUsOf(venue), account);
  const line = new FeedLine(delaysOf(latencyUs), request.seed);
  const clean = new FeedLine(delaysOf(latencyUs), request.seed);
  (request.seesOwn === false ? feed.lessOwn : feed.lines).push(line);
  feed.lessOwn.push(clean);
  feed.onMid.push((index, timeUs, mid) => port.onMid(index, timeUs, mid));
  venue.listen(feed);
  const instrument = port.markets[0]?.instrument;
  assert(instrument !== undefined, "twin: the market has its facts");
  const scorer = new OrderScorer(0, instrument, venueMarket, account, () => venue.nowMs);
  venue.listen(scorer);
  const endUs = venue.nowUs + request.seconds * US_PER_SECOND;
  const lane = new FrameLane(LANE_SIZE);
  while (venue.nowUs < endUs) {
    const untilUs = port.nextBlockUs;
    while (line.nextUs < untilUs) {
      const receivedUs = line.nextUs;
      line.take(lane);
      session.onFrames(lane, receivedUs, receivedUs);
    }
    while (clean.nextUs < untilUs) {
      clean.take(lane);
      for (let at = 0; at < lane.length; at += lane.data[at + F.size] as number) scorer.onMarket(lane.data, at);
    }
    session.onPortClock(untilUs);
    port.step();
    request.onBlock?.(session);
  }
  settle(session, port);
  session.statistics.finish();
  const residuals = residualsOf(session, port, account, venueMarket, capitalUsd);
  return {
    session,
    port,
    account,
    venue,
    venueMarket,
    figures: figuresOf(session, DRIVER),
    orders: scorer.scored,
    residuals,
  };
}

/** The session, with the venue behind its port. */
function openSession(request: TwinRequest, stage: Stage): { session: Session; port: VenuePort } {
  const { venue, world } = stage;
  const latencyUs = Math.round(request.latencySeconds * US_PER_SECOND);
  const venueMarket = venue.marketByCoin(request.coin);
  assert(venueMarket !== null, "twin: the market is listed");
  const session = new Session({
    ...sessionOptions(request, stage.answers),
    makePort: (options, sink) => {
      return new VenuePort(
        {
          venue,
          actor: world,
          account: venue.accountOf(TRADER),
          markets: [venueMarket],
          instruments: options.instruments,
          // A request waits half a block on average until one takes it.
          outboundUs: Math.max(1, Math.round(latencyUs / 2 - venue.rules.blockUs / 2)),
          inboundUs: Math.round(latencyUs / 2),
          quotaUsedCount: options.quotaUsedCount ?? 0,
          quotaVolumeUsd: options.quotaVolumeUsd ?? 0,
        },
        sink,
      );
    },
  });
  const port = session.shadow;
  assert(port instanceof VenuePort, "twin: the session has taken the port");
  return { session, port };
}

/** Ends the run and hears of everything that was under way: its books and the venue's must agree. */
function settle(session: Session, port: VenuePort): void {
  port.close();
  while (port.nextDueUs() < Number.POSITIVE_INFINITY) {
    session.onPortClock(port.nextBlockUs);
    port.step();
  }
}

/** What run and venue disagree about. */
function residualsOf(
  session: Session,
  port: VenuePort,
  account: VenueAccount,
  market: VenueMarket,
  capitalUsd: MicroUsd,
): number[] {
  const own = session.desk.engines[0]?.position;
  const mirror = port.account.of(0);
  assert(own !== undefined, "twin: the run has one engine");
  const dex = account.dex(market.dexIndex);
  const position = account.position(market);
  const venueCashUsd = dex.cashUsd + (position?.isolated === true ? position.rawUsd : 0) - capitalUsd;
  return [
    own.lots - mirror.positionLots,
    own.cashUsd - mirror.cashUsd,
    own.feesUsd - mirror.feesUsd,
    mirror.positionLots - account.positionLots(market),
    mirror.cashUsd - venueCashUsd,
  ];
}

/**
 * Trades one seed on paper, at each latency: what its users have. The market is the same for all, and knows none of them. `onBlock` looks on
 * after each block.
 */
export function runPaper(
  request: Omit<TwinRequest, "latencySeconds">,
  latencies: readonly number[],
  onBlock: (nowUs: TimeUs, sessions: readonly Session[]) => void = () => {},
): Session[] {
  const stage = openStage(request);
  const { venue } = stage;
  const sessions = latencies.map(
    (latencySeconds) => new Session(sessionOptions({ ...request, latencySeconds }, stage.answers)),
  );
  const lines = latencies.map((s) => new FeedLine(delaysOf(Math.round(s * US_PER_SECOND)), request.seed));
  const feed = new VenueFeed(followedBy(sessions[0] as Session, venue), blockUsOf(venue));
  feed.lines.push(...lines);
  venue.listen(feed);
  const endUs = venue.nowUs + request.seconds * US_PER_SECOND;
  const lane = new FrameLane(LANE_SIZE);
  while (venue.nowUs < endUs) {
    const untilUs = venue.nowUs + blockUsOf(venue);
    lines.forEach((line, i) => {
      while (line.nextUs < untilUs) {
        const receivedUs = line.nextUs;
        line.take(lane);
        (sessions[i] as Session).onFrames(lane, receivedUs, line.newestVenueTimeUs);
      }
    });
    block(stage);
    onBlock(venue.nowUs, sessions);
  }
  for (const session of sessions) session.statistics.finish();
  return sessions;
}

/** What a paper run came to under every rule. */
export function paperFigures(session: Session): TwinFigures[] {
  return (session.statistics.markets[0]?.edges ?? []).map((_, s) => figuresOf(session, s));
}
