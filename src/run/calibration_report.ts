/**
 * A calibration in JSON and as a table.
 * @module
 */
import { BUILD } from "../io/version.ts";
import type { Estimate } from "../stats/blocks.ts";
import { type Comparison, compare, misses } from "../stats/compare.ts";
import { FIGURES, type FigureSpec } from "../stats/profile_figures.ts";
import type { Calibration, ProfiledMarket } from "./calibrate.ts";

export const CALIBRATION_SCHEMA = "mmbin.calibration/1";
const LABEL = 34;
const NUMBER = 10;

/** A figure of a world, a tape or both, with what is accepted. */
export interface CalibrationRow {
  spec: FigureSpec;
  world: Estimate | null;
  tape: Estimate | null;
  comparison: Comparison | null;
}

/** Every figure in the order of tables. */
export function calibrationRows({ world, tape }: Calibration): CalibrationRow[] {
  const compared = world !== null && tape !== null ? compare(world.figures, tape.figures) : null;
  return FIGURES.map((spec, i) => ({
    spec,
    world: world?.figures[spec.key] ?? null,
    tape: tape?.figures[spec.key] ?? null,
    comparison: compared?.[i] ?? null,
  }));
}

/** How many of the figures that count, and that the tape knows, are within. */
export function score(rows: readonly CalibrationRow[]): { within: number; counted: number } {
  const counted = rows.flatMap((r) =>
    r.comparison?.counts === true && r.comparison.within !== null ? [r.comparison] : [],
  );
  return { within: counted.length - misses(counted).length, counted: counted.length };
}

/** The calibration as one JSON object. */
export function calibrationJson(calibration: Calibration): object {
  const rows = calibrationRows(calibration);
  const compared = calibration.world !== null && calibration.tape !== null;
  return {
    schema: CALIBRATION_SCHEMA,
    build: BUILD.id,
    world: sideJson(calibration.world),
    tape: sideJson(calibration.tape),
    ...(compared ? score(rows) : {}),
    figures: rows.map(({ spec, world, tape, comparison }) => ({
      key: spec.key,
      group: spec.group,
      unit: spec.unit,
      counts: comparison?.counts ?? spec.counts,
      ...(world === null ? {} : { world }),
      ...(tape === null ? {} : { tape }),
      ...(comparison === null
        ? {}
        : { ratio: comparison.ratio, accepted: [comparison.lo, comparison.hi], within: comparison.within }),
    })),
  };
}

function sideJson(side: ProfiledMarket | null): object | null {
  if (side === null) return null;
  const { source, market, seeds, seconds, trades, sweeps, gaps } = side;
  return { source, market, seeds, seconds, trades, sweeps, gaps };
}

/** The calibration for people: figures in groups, those that miss marked. */
export function calibrationText(calibration: Calibration): string {
  const { world, tape } = calibration;
  const rows = calibrationRows(calibration);
  const both = world !== null && tape !== null;
  const lines: string[] = [];
  if (world !== null) lines.push(sideText("world", world));
  if (tape !== null) lines.push(sideText("tape", tape));
  const heads = both ? ["world", "tape", "ratio"] : [world === null ? "tape" : "world"];
  const interval = both ? "tape 95 %" : "95 %";
  let group = "";
  for (const row of rows.filter((r) => r.spec.shown)) {
    if (row.spec.group !== group) {
      group = row.spec.group;
      const head = `${heads.map((h) => h.padStart(NUMBER)).join("")}  ${interval.padEnd(20)}`;
      lines.push("", `${group.padEnd(LABEL)}${head}  ${both ? "within" : "n"}`);
    }
    lines.push(both ? comparedText(row) : aloneText(row));
  }
  if (both) {
    const { within, counted } = score(rows);
    lines.push("", `${within} of ${counted} figures that count are within 25 % of the tape or within its own interval`);
  }
  return `${lines.join("\n")}\n`;
}

function sideText(kind: string, { source, market, seeds, seconds, trades, sweeps, gaps }: ProfiledMarket): string {
  const span = `${(seconds / 60).toFixed(1)} min`;
  const what = `${market}, ${span}, ${trades} trades in ${sweeps} sweeps`;
  const which = seeds.length === 0 ? `${gaps} gap(s)` : `seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`;
  return `${kind} ${source}: ${what}, ${which}`;
}

function labelOf({ spec }: CalibrationRow): string {
  const unit = spec.unit === "" || spec.unit === "ratio" ? "" : ` ${spec.unit}`;
  return `  ${spec.label}${unit}`.padEnd(LABEL);
}

function comparedText(row: CalibrationRow): string {
  const { comparison, world, tape } = row;
  const ratio = comparison?.ratio == null ? "-" : comparison.ratio.toFixed(2);
  const numbers = [figureText(world?.value ?? null), figureText(tape?.value ?? null), ratio];
  const within = comparison?.within == null ? "-" : comparison.within ? "yes" : "NO";
  const verdict = comparison?.counts === true || within === "-" ? within : `(${within.toLowerCase()})`;
  return `${labelOf(row)}${numbers.map((n) => n.padStart(NUMBER)).join("")}  ${intervalText(tape).padEnd(20)}  ${verdict}`;
}

function aloneText(row: CalibrationRow): string {
  const estimate = row.world ?? row.tape;
  const value = figureText(estimate?.value ?? null).padStart(NUMBER);
  return `${labelOf(row)}${value}  ${intervalText(estimate).padEnd(20)}  ${estimate?.n ?? 0}`;
}

/** An interval in brackets; empty without one. */
export function intervalText(x: Estimate | null): string {
  return x === null || x.lo === null || x.hi === null ? "" : `[${figureText(x.lo)}, ${figureText(x.hi)}]`;
}

/** A figure with three digits or more: dollars run into millions, shares are thousandths. */
export function figureText(x: number | null): string {
  if (x === null) return "-";
  const size = Math.abs(x);
  if (size >= 1e6) return `${(x / 1e6).toFixed(2)}M`;
  return x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
