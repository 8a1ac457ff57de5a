/**
 * What a reader must not overlook, as sentences with codes.
 * @module
 */
import { isDecided } from "../stats/interval.ts";
import type { MarketReport, ReportInterval, ReportWarning } from "./report_schema.ts";

const CLUSTERS_MIN = 100;
const BLOCKS_MIN = 30;

/** Warnings that follow from a market's own report. */
export function marketWarnings(report: MarketReport, latePrintCount: number, breakerTrips: number): ReportWarning[] {
  const warnings: ReportWarning[] = [];
  const warn = (code: string, text: string): void => {
    warnings.push({ code, text });
  };
  const v = report.viability;
  if (v.state !== "viable") warn(v.state, `this market is ${v.state.replace("_", " ")}: ${reasonText(v.reason)}`);
  warnEdge(report, warn);
  if (report.pnl_usd.residual !== "0") warn("residual", `the books do not close by ${report.pnl_usd.residual} dollars`);
  if (breakerTrips > 0)
    warn(
      "breaker",
      `breakers of the address tripped ${breakerTrips} time(s): nothing but what reduces was quoted meanwhile, or nothing at all`,
    );
  if ((report.floor_bound_ratio ?? 0) > 0.5)
    warn("floor_bound", "the spread's floor was the spread more than half of the time");
  if ((report.cap_bound_ratio ?? 0) > 0.5)
    warn("cap_bound", "half_spread_max_bps was the spread more than half of the time");
  if (report.requests.refused > 0) warn("refused", `the limiter refused ${report.requests.refused} request(s)`);
  if (report.quota.drift_count > 0)
    warn(
      "quota_drift",
      `the venue's count of requests was unexplainedly another than ours ${report.quota.drift_count} time(s), last by ${report.quota.last_drift}`,
    );
  if (latePrintCount > 0) {
    warn(
      "late_prints",
      `${latePrintCount} print(s) arrived too late to fill an order whose end was already told: real fills may be more`,
    );
  }
  if (report.max_exposure_ratio > 1)
    warn("exposure", `worst-case exposure reached ${report.max_exposure_ratio} of the cap`);
  for (const s of report.signals) {
    if (s.state === "stale") warn("stale", `signal ${s.name} is stale and costs ${s.cost_bps.toFixed(2)} bps`);
  }
  return warnings;
}

function warnEdge(report: MarketReport, warn: (code: string, text: string) => void): void {
  const edge = report.edge_bps["5"];
  if (report.fills === 0) {
    warn("no_fills", "nothing filled: there is no edge to speak of");
    return;
  }
  if (!isDecided(edge)) {
    warn(
      "edge_undecided",
      `the edge is undecided: ${edge.clusters} of ${CLUSTERS_MIN} independent fills, ${edge.blocks} of ${BLOCKS_MIN} half-minutes${widthText(edge)}`,
    );
  }
  const money = Number(report.pnl_usd.total);
  if (edge.mean !== null && money !== 0 && Math.sign(edge.mean) !== Math.sign(money)) {
    warn(
      "edge_against_equity",
      `the mean edge is ${edge.mean.toFixed(2)} bps and equity moved by ${money.toFixed(2)} dollars: price moves on inventory decide here, not the edge`,
    );
  }
  const touch = report.bracket?.touch.edge_bps.mean ?? null;
  if (edge.mean !== null && touch !== null && Math.sign(edge.mean) !== Math.sign(touch)) {
    warn("bracket_wide", "the queue models disagree about the sign of the edge");
  }
}

function widthText(edge: ReportInterval): string {
  if (edge.lo === null || edge.hi === null) return "";
  return `, interval ${edge.lo.toFixed(2)} to ${edge.hi.toFixed(2)} bps`;
}

/** A verdict's reason as a sentence. */
export function reasonText(reason: string): string {
  const texts: Record<string, string> = {
    few_blocks: "less than 15 minutes were seen",
    few_sweeps: "too few sweeps went beyond the touch to judge",
    phi_at_least_one: "sweeps move the price by as much as they reach: no depth earns, and a wider quote is no answer",
    phi_may_be_one: "sweeps seem to move the price by as much as they reach, and the interval of phi holds 1",
    no_depth_earns: "the upper bound of the edge is below zero at every depth",
    interval_holds_zero: "the interval of the best depth's edge holds zero",
    clip_too_small: "the order is too small to pay for its own requests",
    earns: "the lower bound of the best depth's edge is above zero",
  };
  return texts[reason] ?? reason;
}
