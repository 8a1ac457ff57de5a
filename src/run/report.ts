/**
 * From trackers to the report: numbers with what is not known about them.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import type { Engine } from "../core/engine.ts";
import type { Instrument } from "../core/market/instrument.ts";
import { MODE_NAMES, MODE_REASONS } from "../core/quota/mode.ts";
import { TERMS } from "../core/quote/spread.ts";
import { reasonName } from "../core/reason.ts";
import { IMPACT_HORIZONS } from "../core/signal/impact.ts";
import { BPS, formatScaled, MICRO_PER_USD, PERP_DECIMALS, US_PER_SECOND } from "../core/units.ts";
import type { MarketAccount } from "../sim/account.ts";
import type { RequestCounts } from "../sim/order_port.ts";
import type { Parts } from "../stats/attribution.ts";
import { type EdgeSummary, HEADLINE, HORIZONS } from "../stats/edge.ts";
import type { Interval } from "../stats/interval.ts";
import type { TimeSummary } from "../stats/summary.ts";
import type { Prior } from "./checkpoint.ts";
import type { MarketReport, ReportScored, ReportWarning } from "./report_schema.ts";
import { marketWarnings } from "./warnings.ts";

/** What the report of one market is made of. */
export interface MarketReportInputs {
  market: string;
  prior: Prior | null;
  /** Market that fair value is measured against, "oracle" or "none". */
  referenceName: string;
  profile: string;
  engine: Engine;
  desk: Desk;
  instrument: Instrument;
  account: MarketAccount;
  requests: RequestCounts;
  parts: Parts;
  maxDrawdownUsd: number;
  time: TimeSummary;
  /** One a scorer: pessimistic, central, touch, strict. */
  edges: readonly EdgeSummary[];
  frameCount: number;
  intentCount: number;
  intentHash: string;
  stateHash: string;
  headroomRatio: number;
  latencySeconds: number;
  curve: MarketReport["latency"]["curve"];
  /** Facts of the whole run that a reader of this market must know. */
  runWarnings: readonly ReportWarning[];
  latePrintCount: number;
  breakerTrips: number;
}

/** Dollars of an amount in micro-dollars, up to seven decimals: a half-unit mid makes halves of micro-dollars. */
export function usdText(microUsd: number): string {
  return formatScaled(Math.round(microUsd * 10) + 0, 7);
}

/** A smallest order beyond a million dollars is no answer: where hardly anything fills, it grows without bound. */
const CLIP_TOLD_USD_MAX = 1e12;

const known = (x: number): number | null => (Number.isFinite(x) ? x : null);
const bpsOf = (frac: number): number | null => (Number.isFinite(frac) ? frac / BPS : null);

function byHorizon<T>(values: readonly T[]): { "1": T; "5": T; "30": T; "60": T; "300": T } {
  return Object.fromEntries(HORIZONS.map((h, i) => [String(h), values[i]])) as ReturnType<typeof byHorizon<T>>;
}

function scored(edge: EdgeSummary): ReportScored {
  return { fills: edge.fills, notional_usd: usdText(edge.notionalUsd), edge_bps: edge.edgeBps[HEADLINE] as Interval };
}

/** Builds the report of one market. */
export function buildMarketReport(inputs: MarketReportInputs): MarketReport {
  const { engine, time, requests } = inputs;
  const [pessimistic, ...others] = inputs.edges as [EdgeSummary, ...EdgeSummary[]];
  const total = requests.place + requests.modify + requests.cancel;
  const notional = pessimistic.notionalUsd / MICRO_PER_USD;
  const report: MarketReport = {
    market: inputs.market,
    profile: inputs.profile,
    duration_s: time.seconds,
    frames: inputs.frameCount,
    viability: viabilityOf(engine),
    fills: pessimistic.fills,
    clusters: pessimistic.clusters,
    fills_per_hour: time.seconds > 0 ? (pessimistic.fills * 3600) / time.seconds : null,
    notional_usd: usdText(pessimistic.notionalUsd),
    capture_bps: pessimistic.captureBps,
    markout_bps: byHorizon(pessimistic.markoutBps),
    fee_bps: pessimistic.feeBps,
    edge_bps: byHorizon(pessimistic.edgeBps),
    as_rate: pessimistic.asRate,
    win_rate: pessimistic.winRate,
    pnl_usd: moneyOf(inputs.parts),
    max_drawdown_usd: usdText(inputs.maxDrawdownUsd),
    ...positionOf(inputs),
    max_exposure_ratio: engine.exposure.maxRatio,
    two_sided_ratio: known(time.twoSidedUs / time.twoSidedPossibleUs),
    quoting_ratio: known(time.quotingUs / time.durationUs),
    no_quote_s: reasonsOf(time),
    spread_bps: {
      quoted_mean: bpsOf(time.quotedSpreadFrac),
      market_mean: bpsOf(time.marketSpreadFrac),
      terms: Object.fromEntries(TERMS.map((name, i) => [name, bpsOf(time.termFrac(i))])),
    },
    floor_bound_ratio: known(time.floorRatio),
    cap_bound_ratio: known(time.capRatio),
    gamma: engine.quoter.model.gamma,
    kappa: kappaOf(engine),
    sigma_bps: engine.board.volatility.sigma / BPS,
    requests: { total, ...requests },
    requests_per_fill: pessimistic.fills > 0 ? total / pessimistic.fills : null,
    requests_per_usd: notional > 0 ? total / notional : null,
    ...quotaOf(inputs),
    signals: signalsOf(engine),
    prior:
      inputs.prior === null
        ? null
        : { source: inputs.prior.source, age_s: inputs.prior.ageSeconds, weight: inputs.prior.weight },
    reference: referenceOf(engine, inputs.referenceName),
    latency: { seconds: inputs.latencySeconds, curve: inputs.curve },
    ...bracketsOf(pessimistic, others),
    paper_error: null,
    intent_count: inputs.intentCount,
    intent_hash: inputs.intentHash,
    state_hash: inputs.stateHash,
    // Horizons of the headline, the other scorers, and every point of the latency curve.
    cells_looked_at: HORIZONS.length + others.length + (inputs.curve?.length ?? 0),
    warnings: [],
  };
  report.warnings = [
    ...inputs.runWarnings,
    ...marketWarnings(report, inputs.latePrintCount, inputs.breakerTrips),
    ...unmeasuredWarnings(pessimistic),
  ];
  return report;
}

/** What other rules would have made of the same orders; nothing where the orders were real. */
function bracketsOf(
  pessimistic: EdgeSummary,
  [central, touch, strict]: readonly EdgeSummary[],
): Pick<MarketReport, "bracket" | "crossing"> {
  if (central === undefined || touch === undefined || strict === undefined) return { bracket: null, crossing: null };
  return {
    bracket: { pessimistic: scored(pessimistic), central: scored(central), touch: scored(touch) },
    crossing: { strict: scored(strict), generous: scored(pessimistic) },
  };
}

/** Fills that money counts and edge cannot. */
function unmeasuredWarnings(edge: EdgeSummary): ReportWarning[] {
  if (edge.unmeasured === 0) return [];
  const text = `${edge.unmeasured} of ${edge.fills} fill(s) had no mid before them: edge and notional leave them out, profit does not`;
  return [{ code: "unmeasured_fills", text }];
}

function viabilityOf(engine: Engine): MarketReport["viability"] {
  const v = engine.board.viability;
  const t = engine.board.intensity.thresholdIndex;
  return {
    state: v.state,
    phi: known(v.phi),
    phi_lo: known(v.phiLo),
    phi_hi: known(v.phiHi),
    best_depth_bps: bpsOf(v.bestDepthFrac),
    best_depth_lo_bps: bpsOf(v.bestDepthLoFrac),
    best_depth_hi_bps: bpsOf(v.bestDepthHiFrac),
    expected_edge_bps: bpsOf(v.edgeFrac),
    expected_edge_lo_bps: bpsOf(v.edgeLoFrac),
    expected_edge_hi_bps: bpsOf(v.edgeHiFrac),
    reason: v.reason,
    clip_min_usd: v.clipMinUsd < CLIP_TOLD_USD_MAX ? usdText(v.clipMinUsd) : null,
    phi_by_horizon: Object.fromEntries(IMPACT_HORIZONS.map((h, i) => [String(h), engine.board.impact.fitPhi(i, t)])),
  };
}

function kappaOf(engine: Engine): MarketReport["kappa"] {
  const { kappa, observations, graduated, cv } = engine.board.intensity;
  return { value: kappa, observations, graduated, cv };
}

function quotaOf({ desk, engine, headroomRatio }: MarketReportInputs): Pick<MarketReport, "headroom_ratio" | "quota"> {
  const { mode, ledger, price } = desk;
  const seconds = (i: number): number => (mode.spentUs[i] as number) / US_PER_SECOND;
  const quota: MarketReport["quota"] = {
    mode: MODE_NAMES[mode.mode],
    mode_reason: MODE_REASONS[mode.reason] as MarketReport["quota"]["mode_reason"],
    mode_changes: mode.changeCount,
    mode_s: { full: seconds(0), passive: seconds(1), conserve: seconds(2), throttled: seconds(3) },
    chi: engine.quoter.chi,
    shadow_price_usd: usdText(price.shadowUsd(engine.market)),
    drift_count: ledger.driftCount,
    last_drift: ledger.lastDriftCount,
  };
  return { headroom_ratio: headroomRatio, quota };
}

function moneyOf(parts: Parts): MarketReport["pnl_usd"] {
  return {
    total: usdText(parts.totalUsd),
    spread: usdText(parts.spreadUsd),
    inventory: usdText(parts.inventoryUsd),
    funding: usdText(parts.fundingUsd),
    fees: usdText(parts.feesUsd),
    quota: usdText(parts.quotaUsd),
    residual: usdText(parts.residualUsd),
  };
}

function positionOf(inputs: MarketReportInputs): Pick<MarketReport, "position" | "position_usd" | "entry_px"> {
  const { account, instrument } = inputs;
  const lots = account.positionLots;
  return {
    position: formatScaled(lots, instrument.szDecimals),
    position_usd: lots === 0 ? "0" : usdText(lots * account.markPx),
    entry_px: lots === 0 ? null : formatScaled(Math.round(account.entryPx), PERP_DECIMALS - instrument.szDecimals),
  };
}

function reasonsOf(time: TimeSummary): Record<string, number> {
  const reasons: Record<string, number> = {};
  time.noQuoteUs.forEach((us, code) => {
    if (us > 0) reasons[reasonName(code)] = us / 1e6;
  });
  return reasons;
}

function referenceOf(engine: Engine, market: string): MarketReport["reference"] {
  const r = engine.board.reference;
  const state = engine.board.hub.view().find((s) => s.name === "reference")?.state ?? "disabled";
  return {
    market,
    state,
    weight: r.weight,
    r2: known(r.r2),
    lag_s: known(r.lagSeconds),
    gain_bps: bpsOf(r.gainFrac),
    gain_lo_bps: bpsOf(r.gainLoFrac),
    gain_hi_bps: bpsOf(r.gainHiFrac),
    blocks: r.blockCount,
    proven: r.isProven,
    deviation_sd_bps: bpsOf(r.deviationSd),
    veto_ratio: engine.ladderCount > 0 ? r.vetoCount / engine.ladderCount : null,
  };
}

function signalsOf(engine: Engine): MarketReport["signals"] {
  return engine.board.hub.view().map((s) => ({
    name: s.name,
    state: s.state,
    since_us: known(s.sinceUs),
    cost_bps: (s.costFactor * engine.quoter.model.baseFrac) / BPS,
  }));
}
