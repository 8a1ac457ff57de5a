/**
 * Verdicts for people: right and false ones, the time they took, and the depth that they named.
 * @module
 */
import type { SeedVerdict, WorldVerdicts } from "./verdicts.ts";
import type { Truth } from "./world_truth.ts";

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
  /** Minutes to the first right verdict; null where there was none. */
  minutesMedian: number | null;
  minutesMax: number | null;
  depthMedianBps: number | null;
  /** Of the seeds that name a depth: how many name a right one, and how many intervals hold what the true edge there is estimated at. */
  namedCount: number;
  rightDepthCount: number;
  edgeHeldCount: number;
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
  const named = right === "viable" ? seeds.filter((s) => s.depthBps !== null) : [];
  const best = dollarsAt(truth, truth.bestBps ?? 0);
  return {
    seeds: seeds.length,
    rightCount: seeds.filter((s) => s.state === right).length,
    undecidedCount: seeds.filter((s) => s.state === "undecided").length,
    everFalseCount: seeds.filter((s) => erred(s) !== null).length,
    minutesMedian: median(minutes),
    minutesMax: minutes.at(-1) ?? null,
    depthMedianBps: median(sorted(named.map((s) => s.depthBps))),
    namedCount: named.length,
    rightDepthCount: named.filter((s) => dollarsAt(truth, s.depthBps as number) >= RIGHT_RATIO * best).length,
    edgeHeldCount: named.filter((s) => holds(s, truth)).length,
  };
}

/** Whether the interval of the edge that the verdict expects holds the true edge at its depth, as far as that is known. */
function holds({ depthBps, edgeBps }: SeedVerdict, truth: Truth): boolean {
  if (depthBps === null || edgeBps === null) return false;
  const edge = at(truth, depthBps, (row) => row.edgeBps);
  return edgeBps[0] <= edge && edge <= edgeBps[1];
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

function median(values: readonly number[]): number | null {
  return values.length === 0
    ? null
    : ((values[(values.length - 1) >> 1] as number) + (values[values.length >> 1] as number)) / 2;
}

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
    const ends = `${s.rightCount} of ${s.seeds} seeds end ${world.right.replace("_", " ")}`;
    lines.push(
      "",
      `${world.world} (${world.hash}), ${world.coin}: ${answer}`,
      `  verdict      ${ends}, ${s.undecidedCount} undecided; ${s.everFalseCount} were ever wrong`,
      `  time         median ${num(s.minutesMedian)} min, at most ${num(s.minutesMax)} min to the first right one`,
    );
    if (s.namedCount === 0) continue;
    const share = `${(100 * RIGHT_RATIO).toFixed(0)} %`;
    lines.push(
      `  depth        median ${num(s.depthMedianBps)} bps; ${s.rightDepthCount} of ${s.namedCount} name one that earns ${share} of the best or more`,
      `  edge         ${s.edgeHeldCount} of ${s.namedCount} intervals hold the true edge at the depth that they name`,
    );
  }
  return `${lines.join("\n")}\n`;
}
