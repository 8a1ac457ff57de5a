/**
 * The part of a report that is about real orders, and whether both sides' books agree.
 * @module
 */
import type { Instrument } from "../core/market/instrument.ts";
import { formatScaled, type MicroUsd, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import type { RequestCounts } from "../sim/order_port.ts";
import type { LatencyFit, LegReport } from "../venue/hyperliquid/latency.ts";
import type { DexStateFact, QuotaFact } from "../wire/hyperliquid/account_facts.ts";
import { dexOf } from "../wire/hyperliquid/instrument.ts";
import type { AccountSide } from "./account_side.ts";
import type { Agent } from "./agent_check.ts";
import type { Ending } from "./live_end.ts";
import { EXPIRED_COST } from "./live_port.ts";
import type { LiveReport } from "./live_schema.ts";
import type { PreflightResult } from "./preflight.ts";
import { usdText } from "./report.ts";
import type { Legacy } from "./resume.ts";

/** What the venue said before the first request. */
export interface LedgerStart {
  states: readonly DexStateFact[];
  quota: QuotaFact;
}

export const ledgerStart = ({ states, quota }: PreflightResult): LedgerStart => ({ states, quota });

export interface LiveReportParts {
  agent: Agent;
  signer: string;
  legacy: Legacy | null;
  isResumed: boolean;
  side: AccountSide;
  end: Ending | null;
  start: LedgerStart;
  markets: readonly string[];
  instruments: readonly Instrument[];
  counts: readonly RequestCounts[];
  /** Requests that the venue counts beyond one each, and those of which nobody knows whether it has counted them. */
  surchargeCount: number;
  unansweredCount: number;
}

/** Builds it. */
export function liveReport(parts: LiveReportParts): LiveReport {
  const { agent, signer, legacy, isResumed, side, end } = parts;
  const { counts, latencyReport } = { counts: side.gateway.counts, latencyReport: side.latency.report() };
  return {
    account: agent.account,
    agent: signer,
    agent_expires_us: agent.validUntilMs === null ? null : agent.validUntilMs * US_PER_MS,
    resumed: legacy === null ? null : { run_id: legacy.runId, clean: legacy.isClean, state: isResumed },
    latency_ms: {
      sign: millis(latencyReport.decided_to_signed),
      answer: millis(latencyReport.signed_to_answered),
      loop: millis(latencyReport.decided_to_answered),
      fit: fitOf(side.latency.fitLatency()),
    },
    actions: {
      sent: counts.actions,
      via_http: counts.via_http,
      timed_out: counts.timed_out,
      late_answers: counts.late,
    },
    problems: [...side.problems.values()],
    reconciles: {
      count: Object.values(side.rounds).reduce((a, b) => a + b, 0),
      by_reason: side.rounds,
      longest_s: side.longestRoundUs === 0 ? null : side.longestRoundUs / US_PER_SECOND,
    },
    held_s: side.heldUs / US_PER_SECOND,
    missed_fills: side.book.missedFillCount,
    found_orders: side.foundCount,
    ledger: ledgerOf(parts),
    end: {
      confirmed: end?.isConfirmed ?? false,
      orders_left: end?.ordersLeft ?? null,
      seconds: end?.seconds ?? 0,
    },
  };
}

function millis(leg: LegReport): LiveReport["latency_ms"]["sign"] {
  const ms = (us: number | null): number | null => (us === null ? null : us / US_PER_MS);
  return { p50: ms(leg.p50_us), p99: ms(leg.p99_us), max: ms(leg.max_us), n: leg.count };
}

function fitOf(fit: LatencyFit | null): LiveReport["latency_ms"]["fit"] {
  if (fit === null) return null;
  return { outbound: fit.outboundUs / US_PER_MS, inbound: fit.inboundUs / US_PER_MS, measured: fit.isMeasured };
}

/**
 * Both sides' books: ours from the fills and payments that were told, the venue's from its cash, positions and count of requests before and after.
 * The venue's cash moves with transfers and with trades in other markets of the dex too, which are not ours to count.
 */
function ledgerOf(parts: LiveReportParts): LiveReport["ledger"] {
  const { side, start, markets, instruments, counts, surchargeCount, unansweredCount } = parts;
  const dexs = [...new Set(markets.map(dexOf))];
  const { quota } = side.book;
  let venueUsd: MicroUsd = 0;
  let oursUsd: MicroUsd = 0;
  for (const dex of dexs) {
    const before = side.book.begins.get(dex);
    const after = side.book.dexStates.get(dex);
    if (before === undefined || after === undefined) return null;
    venueUsd += after.rawUsd - before.state.rawUsd;
    oursUsd += side.book.cashOf(dex) - before.cashUsd;
  }
  // Without the last round what the venue said is old.
  if (quota === null || side.rounds.end === undefined) return null;
  const positions = markets.map((market, i) => {
    const { szDecimals } = instruments[i] as Instrument;
    const state = side.book.dexStates.get(dexOf(market));
    const lots = state?.positions.find((p) => p.market === i)?.lots ?? 0;
    const ours = side.book.ledgers[i]?.positionLots ?? 0;
    return { market, ours: formatScaled(ours, szDecimals), venue: formatScaled(lots, szDecimals) };
  });
  const sent = counts.reduce((sum, c) => sum + c.place + c.modify + c.cancel, surchargeCount);
  const used = spentOf(quota) - spentOf(start.quota);
  const differenceUsd = oursUsd - venueUsd;
  // One without an answer never arrived, or was counted: with the surcharge if it came late.
  const isCounted = used >= sent && used <= sent + EXPIRED_COST * unansweredCount;
  const isEqual = differenceUsd === 0 && isCounted && positions.every((p) => p.ours === p.venue);
  return {
    usd: { ours: usdText(oursUsd), venue: usdText(venueUsd), difference: usdText(differenceUsd) },
    positions,
    requests: { ours: sent, venue: used, difference: sent - used, unanswered: unansweredCount },
    equal: isEqual,
    note: isEqual ? null : whyApart(side.gateway.counts.timed_out),
  };
}

/** Requests without an answer may have been counted by the venue or never have arrived: its count decides. */
function whyApart(timedOutCount: number): string {
  const lost = timedOutCount === 0 ? "" : `, and of ${timedOutCount} action(s) without an answer it alone knows`;
  return `transfers, trades of other markets of the dex and requests of other programs are the venue's alone${lost}`;
}

/** Requests used in all: the venue nets those bought against them. */
const spentOf = ({ usedCount, reservedCount }: QuotaFact): number => usedCount - reservedCount;
