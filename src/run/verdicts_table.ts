/**
 * Verdicts for people: right and false ones, the time they took, and the depth that they named.
 * @module
 */
import { studentQuantile } from "../stats/interval.ts";
import type { NamedDepth, SeedVerdict, WorldVerdicts } from "./verdicts.ts";
import type { Truth, TruthRow } from "./world_truth.ts";

/** A named depth is right when it earns this share of what the best one does. */
export const RIGHT_RATIO = 0.9;

/** What all seeds of one world come to. */
export interface VerdictSummary {
  seeds: number;
  /** At the end of the run. */
  rightCount: number;
  undecidedCount: number;
  /** Seeds in which the wrong verdict ever stood. */
  everFalseCount: number;
  /** Minutes to the first right verdict, of the seeds that had one; null where none had. */
  firstRightCount: number;
  minutesMedian: number | null;
  minutesMax: number | null;
  /** Depths that earn as much as the best one, as far as the truth is known; empty where none earns. */
  bestBps: number[];
  /** Of the seeds that name a depth. */
  named: NamedSummary | null;
}

/** What the named depths and the edges expected there come to. */
export interface NamedSummary {
  count: number;
  depthMedianBps: number;
  /** Median ends of its 95 % interval. */
  depthRangeBps: [lo: number, hi: number];
  /** Intervals that hold the truth's best depth, and depths that earn nearly what it does. */
  depthHeldCount: number;
  rightDepthCount: number;
  /** Intervals of the edge that hold what the true one is estimated at, and those that lie above it: promises that are not kept. */
  edgeHeldCount: number;
  edgeAboveCount: number;
  /** Mean of expected less true edge; its 95 % interval is from seeds and from the truth's own error. */
  biasBps: [mean: number, lo: number, hi: number];
  /** Means, each verdict at its own depth. */
  expected: EdgeParts;
  true: EdgeParts;
}

/** Edge of a fill = capture - adverse - latency - fee, basis points. In the truth the cost of latency is within the others. */
export interface EdgeParts {
  capture: number;
  adverse: number;
  latency: number;
  fee: number;
  edge: number;
}

/** Sums up one world. */
export function summarize({ right, truth, seeds }: WorldVerdicts): VerdictSummary {
  const took = (s: SeedVerdict): number | null => {
    if (right === null) return null;
    return right === "viable" ? s.firstViableMinutes : s.firstNotViableMinutes;
  };
  const erred = (s: SeedVerdict): number | null => {
    if (right === null) return null;
    return right === "viable" ? s.firstNotViableMinutes : s.firstViableMinutes;
  };
  const minutes = sorted(seeds.map(took));
  const named = right === "viable" ? seeds.flatMap((s) => s.named ?? []) : [];
  return {
    seeds: seeds.length,
    rightCount: seeds.filter((s) => s.state === right).length,
    undecidedCount: seeds.filter((s) => s.state === "undecided").length,
    everFalseCount: seeds.filter((s) => erred(s) !== null).length,
    firstRightCount: minutes.length,
    minutesMedian: minutes.length === 0 ? null : median(minutes),
    minutesMax: minutes.at(-1) ?? null,
    bestBps: asGoodAsBest(truth),
    named: named.length === 0 ? null : summarizeNamed(named, truth),
  };
}

/** The best depth, and those whose dollars may be as many by the upper end of their edge: the sums of fills are the same. */
function asGoodAsBest({ bestBps, rows }: Truth): number[] {
  const best = rows.find((row) => row.depthBps === bestBps);
  if (best === undefined) return [];
  const most = (row: TruthRow): number => row.dollarsPerHour * (row.edgeHiBps / row.edgeBps);
  return rows
    .filter((row) => row === best || (row.edgeBps > 0 && most(row) >= best.dollarsPerHour))
    .map((row) => row.depthBps);
}

function summarizeNamed(named: readonly NamedDepth[], truth: Truth): NamedSummary {
  const best = truth.bestBps ?? 0;
  const enough = RIGHT_RATIO * dollarsAt(truth, best);
  const edgeAt = (v: NamedDepth): number => at(truth, v.depthBps, (row) => row.edgeBps);
  const count = (is: (v: NamedDepth) => boolean): number => named.filter(is).length;
  return {
    count: named.length,
    depthMedianBps: median(sorted(named.map((v) => v.depthBps))),
    depthRangeBps: [
      median(sorted(named.map((v) => v.depthRangeBps[0]))),
      median(sorted(named.map((v) => v.depthRangeBps[1]))),
    ],
    depthHeldCount: count(({ depthRangeBps: [lo, hi] }) => lo <= best && best <= hi),
    rightDepthCount: count((v) => dollarsAt(truth, v.depthBps) >= enough),
    edgeHeldCount: count((v) => v.edgeRangeBps[0] <= edgeAt(v) && edgeAt(v) <= v.edgeRangeBps[1]),
    edgeAboveCount: count((v) => v.edgeRangeBps[0] > edgeAt(v)),
    biasBps: biasOf(named, truth),
    expected: {
      capture: mean(named.map((v) => v.depthBps)),
      adverse: mean(named.map((v) => v.adverseBps)),
      latency: mean(named.map((v) => v.latencyBps)),
      fee: mean(named.map((v) => v.depthBps - v.adverseBps - v.latencyBps - v.edgeBps)),
      edge: mean(named.map((v) => v.edgeBps)),
    },
    true: {
      capture: mean(named.map((v) => at(truth, v.depthBps, (row) => row.captureBps))),
      adverse: mean(named.map((v) => at(truth, v.depthBps, (row) => row.adverseBps))),
      latency: 0,
      fee: mean(named.map((v) => at(truth, v.depthBps, (row) => row.feeBps))),
      edge: mean(named.map(edgeAt)),
    },
  };
}

/** Seeds err each on its own, the truth for all of them at once. */
function biasOf(named: readonly NamedDepth[], truth: Truth): NamedSummary["biasBps"] {
  const errors = named.map((v) => v.edgeBps - at(truth, v.depthBps, (row) => row.edgeBps));
  const n = errors.length;
  const middle = mean(errors);
  const square = errors.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  const ofSeeds = n < 2 ? Number.NaN : Math.sqrt(square / (n - 1) / n) * studentQuantile(0.975, n - 1);
  const ofTruth = mean(named.map((v) => at(truth, v.depthBps, (row) => row.edgeHiBps - row.edgeBps)));
  const half = Math.hypot(ofSeeds, ofTruth);
  return [middle, middle - half, middle + half];
}

const dollarsAt = (truth: Truth, depthBps: number): number => at(truth, depthBps, (row) => row.dollarsPerHour);

/** Between the depths that were tried, along the line; beyond them, as at the last. */
function at({ rows }: Truth, depthBps: number, of: (row: Truth["rows"][number]) => number): number {
  const next = rows.findIndex((row) => row.depthBps >= depthBps);
  const hi = rows[next < 0 ? rows.length - 1 : next];
  const lo = rows[Math.max(0, (next < 0 ? rows.length : next) - 1)];
  if (hi === undefined || lo === undefined) return Number.NaN;
  if (hi.depthBps <= lo.depthBps || depthBps >= hi.depthBps) return of(hi);
  const share = (depthBps - lo.depthBps) / (hi.depthBps - lo.depthBps);
  return of(lo) + Math.max(0, share) * (of(hi) - of(lo));
}

function sorted(values: readonly (number | null)[]): number[] {
  return values.filter((v) => v !== null).sort((a, b) => a - b);
}

/** Of at least one value, in order. */
function median(values: readonly number[]): number {
  return ((values[(values.length - 1) >> 1] as number) + (values[values.length >> 1] as number)) / 2;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

const num = (x: number | null, digits = 1): string => (x === null ? "-" : x.toFixed(digits));

/** Everything, with its conditions. */
export function renderVerdicts(worlds: readonly WorldVerdicts[], minutes: number): string {
  const lines = [
    `verdicts of the engine on paper, ${minutes} min a seed, default settings, 0.3 s; the truth is that of a maker 0.3 s late, by brute force`,
  ];
  for (const world of worlds) {
    const s = summarize(world);
    const best = world.truth.bestBps;
    const answer = best === null ? "no depth from 1 to 15 bps earns" : `${best} bps earns most`;
    if (world.right === null) {
      lines.push(
        "",
        `${world.world} (${world.hash}), ${world.coin}: whether a depth earns is not known well enough to judge verdicts`,
      );
      continue;
    }
    const first = `first right one, which ${s.firstRightCount} of ${s.seeds} had`;
    const ends = `${s.rightCount} of ${s.seeds} seeds end ${world.right.replace("_", " ")}`;
    lines.push(
      "",
      `${world.world} (${world.hash}), ${world.coin}: ${answer}`,
      `  verdict      ${ends}, ${s.undecidedCount} undecided; ${s.everFalseCount} were ever wrong`,
      `  time         median ${num(s.minutesMedian)} min, at most ${num(s.minutesMax)} min to the ${first}`,
    );
    if (s.named !== null) lines.push(...namedLines(s.named, best ?? 0, s.bestBps));
  }
  return `${lines.join("\n")}\n`;
}

function namedLines(s: NamedSummary, best: number, asGood: readonly number[]): string[] {
  const share = `${(100 * RIGHT_RATIO).toFixed(0)} %`;
  const [lo, hi] = s.depthRangeBps;
  const others = asGood.filter((bps) => bps !== best);
  const known = others.length === 0 ? "" : `; ${others.join(", ")} bps may earn as much`;
  const [bias, biasLo, biasHi] = s.biasBps;
  const way = bias < 0 ? "little" : "much";
  const ends = [bias < 0 ? -biasHi : biasLo, bias < 0 ? -biasLo : biasHi];
  const parts = ({ capture, adverse, latency, fee, edge }: EdgeParts, of: number): string =>
    `${num(capture, of)} capture - ${num(adverse, of)} adverse - ${num(latency, of)} latency - ${num(fee, of)} fee = ${num(edge, of)}`;
  const held = `${s.depthHeldCount} of ${s.count} intervals hold the best, ${best} bps${known}`;
  return [
    `  depth        median ${num(s.depthMedianBps)} bps [${num(lo)}, ${num(hi)}]; ${held}`,
    `               ${s.rightDepthCount} of ${s.count} name one that earns ${share} of the best or more`,
    `  edge         ${s.edgeHeldCount} of ${s.count} intervals hold the true edge at the depth that they name, ${s.edgeAboveCount} lie above it`,
    `               on average ${num(Math.abs(bias), 2)} bps [${num(ends[0] as number, 2)}, ${num(ends[1] as number, 2)}] too ${way} is expected:`,
    `               expected ${parts(s.expected, 2)} bps`,
    `               true     ${parts(s.true, 2)} bps, latency within the others`,
  ];
}
