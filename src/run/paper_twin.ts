/**
 * The paper twin of a run with real orders: the same engine and settings on the same feed, its orders in the shadow exchange, and what sets the
 * two apart.
 * @module
 */
import type { FrameLane } from "../core/frame.ts";
import type { TimeUs } from "../core/units.ts";
import type { Interval } from "../stats/interval.ts";
import { PARITY_EVIDENCE, parityOf } from "../stats/parity.ts";
import type { TwinReport } from "./live_schema.ts";
import type { MarketReport } from "./report_schema.ts";
import { Session, type SessionOptions } from "./session.ts";

type Side = TwinReport[number]["real"];

/** One session on paper that hears what the real one hears. */
export class PaperTwin {
  readonly session: Session;

  /** @param withoutOwn Takes the real orders out of a book: on paper they do not stand there. */
  constructor(options: SessionOptions, withoutOwn: (lane: FrameLane) => void) {
    this.session = new Session({ ...options, beforeFrames: withoutOwn });
  }

  onPush(bytes: Uint8Array, length: number, receivedUs: TimeUs): void {
    this.session.onPush(bytes, 0, length, receivedUs);
  }

  onLost(reason: string): void {
    this.session.intake.onMark(reason);
  }

  onClock(nowUs: TimeUs): void {
    this.session.onClock(nowUs);
  }

  /** Sets the twin beside the real run. Called once, when both are over. */
  report(real: readonly MarketReport[]): TwinReport {
    if (this.session.startedUs === 0) return [];
    return this.session.finish([], []).map((paper, i) => compare(real[i] as MarketReport, paper));
  }
}

function compare(real: MarketReport, paper: MarketReport): TwinReport[number] {
  const parity = parityOf(real.fills, paper.fills);
  return {
    market: real.market,
    real: sideOf(real),
    paper: sideOf(paper),
    edge_difference_bps: difference(real.edge_bps["5"], paper.edge_bps["5"]),
    parity: {
      evidence: parity.evidence,
      refused: parity.evidence > PARITY_EVIDENCE,
      ratio: parity.ratio,
      lo: parity.ratioLo,
      hi: parity.ratioHi,
    },
    differences: sentences(real, paper),
  };
}

function sideOf(m: MarketReport): Side {
  const { mean, lo, hi, n } = m.edge_bps["5"];
  return {
    fills: m.fills,
    fills_per_hour: m.fills_per_hour,
    edge_bps: { mean, lo, hi, n },
    requests: m.requests.total,
    two_sided_ratio: m.two_sided_ratio,
  };
}

/** The squares of the half-widths of two independent intervals add. */
function difference(a: Interval, b: Interval): TwinReport[number]["edge_difference_bps"] {
  if (a.mean === null || b.mean === null) return { mean: null, lo: null, hi: null };
  const mean = a.mean - b.mean;
  if (a.lo === null || a.hi === null || b.lo === null || b.hi === null) return { mean, lo: null, hi: null };
  const half = Math.hypot((a.hi - a.lo) / 2, (b.hi - b.lo) / 2);
  return { mean, lo: mean - half, hi: mean + half };
}

/** Shares of time and rates that differ by more than this are told. */
const RATIO_TOLD = 0.02;
const BPS_TOLD = 0.5;

/** What a reader should look at where the two differ: none of it is a test, all of it was counted. */
function sentences(real: MarketReport, paper: MarketReport): string[] {
  const told: string[] = [];
  const share = (x: number | null): string => (x === null ? "unknown" : `${(100 * x).toFixed(1)} %`);
  // Of what one side never saw there is nothing to compare.
  const apart = (a: number | null, b: number | null, by: number): boolean =>
    a !== null && b !== null && Math.abs(a - b) > by;
  if (apart(real.two_sided_ratio, paper.two_sided_ratio, RATIO_TOLD))
    told.push(`both sides stood ${share(real.two_sided_ratio)} of the time, ${share(paper.two_sided_ratio)} on paper`);
  if (apart(real.spread_bps.quoted_mean, paper.spread_bps.quoted_mean, BPS_TOLD))
    told.push(
      `the quoted spread was ${real.spread_bps.quoted_mean?.toFixed(2)} bps, ${paper.spread_bps.quoted_mean?.toFixed(2)} on paper`,
    );
  if (apart(real.capture_bps, paper.capture_bps, BPS_TOLD))
    told.push(`fills captured ${real.capture_bps?.toFixed(2)} bps, ${paper.capture_bps?.toFixed(2)} on paper`);
  if (apart(real.fee_bps, paper.fee_bps, 0.01))
    told.push(`fees were ${real.fee_bps?.toFixed(3)} bps of what was traded, ${paper.fee_bps?.toFixed(3)} on paper`);
  const rejected = real.requests.rejected - paper.requests.rejected;
  if (Math.abs(rejected) > 0)
    told.push(`${real.requests.rejected} orders were rejected, ${paper.requests.rejected} on paper`);
  if (real.latency.seconds !== paper.latency.seconds)
    told.push(
      `the loop took ${real.latency.seconds.toFixed(3)} s as measured, paper assumed ${paper.latency.seconds} s`,
    );
  return told;
}
