/**
 * Reading off a running session how it goes. It only looks: a run decides the same whether somebody looks or not.
 * @module
 */
import type { Engine } from "../core/engine.ts";
import { BUY, SELL } from "../core/frame.ts";
import type { Instrument } from "../core/market/instrument.ts";
import { MODE_NAMES } from "../core/quota/mode.ts";
import { TERMS } from "../core/quote/spread.ts";
import { REASON, reasonName } from "../core/reason.ts";
import { BPS, MICRO_PER_USD, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { RequestCounts } from "../sim/order_port.ts";
import { HEADLINE, HORIZONS } from "../stats/edge.ts";
import type { Session } from "./session.ts";
import { bestRestingPx } from "./statistics.ts";
import { type MarketStatus, STATUS_SCHEMA } from "./status_schema.ts";

const US_PER_HOUR = 3600 * US_PER_SECOND;
/** The orders that open a run are no pace: two requests in its first second would be 7,200 an hour. */
const PACE_US_MIN = 60 * US_PER_SECOND;

/** What a reader must remember between two looks. */
export interface StatusContext {
  /** Requests that the address had left when the run began. */
  surplusAtStart: number;
  /** Why the connection is down, or "". */
  lostReason: string;
}

const known = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Everything a status says of one market at `nowUs`. */
export function readStatus(
  session: Session,
  index: number,
  market: string,
  nowUs: TimeUs,
  context: StatusContext,
): MarketStatus {
  const engine = session.desk.engines[index] as Engine;
  const stats = session.statistics.markets[index] as Session["statistics"]["markets"][number];
  const account = session.shadow.account.of(index);
  const edge = stats.edges[0] as (typeof stats.edges)[number];
  const { mean, lo, hi, n, clusters, blocks } = edge.headline.read();
  const lots = account.positionLots;
  const tripped = session.desk.breaker.tripped;
  return {
    schema: STATUS_SCHEMA,
    time_us: nowUs,
    elapsed_s: elapsedUs(session, nowUs) / US_PER_SECOND,
    market,
    position: engine.instrument === null ? null : lots / engine.instrument.lotsPerCoin,
    position_usd: lots === 0 ? 0 : known((lots * account.markPx) / MICRO_PER_USD),
    cap_ratio: engine.exposure.capLots === 0 ? null : lots / engine.exposure.capLots,
    ...quotesOf(engine),
    ...termsOf(engine),
    fills: edge.fillCount,
    edge: { horizon_s: HORIZONS[HEADLINE], mean_bps: mean, lo_bps: lo, hi_bps: hi, n, clusters, blocks },
    requests: requestsOf(session, index, nowUs, context),
    equity_usd: known(account.equityUsd / MICRO_PER_USD),
    viability: { state: engine.board.viability.state, reason: engine.board.viability.reason },
    feed: {
      silent_s: session.startedUs === 0 ? null : Math.max(0, nowUs - session.endedUs) / US_PER_SECOND,
      lost: context.lostReason === "" ? null : context.lostReason,
    },
    stale: staleOf(engine),
    breaker: tripped === REASON.none ? null : reasonName(tripped),
  };
}

function elapsedUs(session: Session, nowUs: TimeUs): TimeUs {
  return session.startedUs === 0 ? 0 : Math.max(0, nowUs - session.startedUs);
}

function quotesOf(engine: Engine): Pick<MarketStatus, "bid_px" | "ask_px" | "bid_reason" | "ask_reason"> {
  const bid = bestRestingPx(engine.slots, BUY);
  const ask = bestRestingPx(engine.slots, SELL);
  const pxPerUsd = (engine.instrument as Instrument | null)?.pxPerUsd ?? 1;
  return {
    bid_px: bid > 0 ? bid / pxPerUsd : null,
    ask_px: ask > 0 ? ask / pxPerUsd : null,
    bid_reason: bid > 0 ? null : missingReason(engine.bidReason, engine.sender.bidHeld),
    ask_reason: ask > 0 ? null : missingReason(engine.askReason, engine.sender.askHeld),
  };
}

/** A side that is wanted and not there is on its way: sent and not answered, or held back. */
function missingReason(reason: number, held: number): string {
  return reasonName(reason !== REASON.none ? reason : held !== REASON.none ? held : REASON.in_flight);
}

function termsOf(engine: Engine): Pick<MarketStatus, "half_spread_bps" | "terms_bps"> {
  if (engine.ladderCount === 0) return { half_spread_bps: null, terms_bps: null };
  const { bidTerms, askTerms } = engine.quoter.model;
  let total = 0;
  const terms: Record<string, number> = {};
  TERMS.forEach((name, i) => {
    const bps = ((bidTerms[i] as number) + (askTerms[i] as number)) / 2 / BPS;
    terms[name] = bps;
    total += bps;
  });
  return { half_spread_bps: total, terms_bps: terms };
}

function requestsOf(session: Session, index: number, nowUs: TimeUs, context: StatusContext): MarketStatus["requests"] {
  const surplus = session.shadow.limiter.surplusCount;
  const spanUs = elapsedUs(session, nowUs);
  const burn = spanUs < PACE_US_MIN ? null : ((context.surplusAtStart - surplus) * US_PER_HOUR) / spanUs;
  return {
    market: countOf(session.shadow.counts[index] as RequestCounts),
    run: session.shadow.counts.reduce((sum, counts) => sum + countOf(counts), 0),
    surplus,
    burn_per_hour: burn,
    mode: MODE_NAMES[session.desk.mode.mode],
    runway_h: surplus <= 0 ? 0 : burn === null || burn <= 0 ? null : surplus / burn,
  };
}

const countOf = (counts: RequestCounts): number => counts.place + counts.modify + counts.cancel;

function staleOf(engine: Engine): MarketStatus["stale"] {
  return engine.board.hub
    .view()
    .filter((signal) => signal.state === "stale")
    .map((s) => ({ name: s.name, cost_bps: (s.costFactor * engine.quoter.model.baseFrac) / BPS }));
}
