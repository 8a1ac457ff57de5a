/**
 * A calibration as one HTML page: drawings and the table, nothing loaded from elsewhere.
 * @module
 */

import type { Curves, Survival } from "../stats/profile_curves.ts";
import { IMPACT_SECONDS, SIGN_LAGS } from "../stats/profile_figures.ts";
import type { Calibration, ProfiledMarket } from "./calibrate.ts";
import { calibrationRows, figureText, intervalText, score } from "./calibration_report.ts";
import { type ChartSeries, type ChartSpec, chartHtml, escapeHtml } from "./chart.ts";

type Tone = ChartSeries["tone"];
/** Both markets that there are, recorded one first: the simulated one is drawn over it. */
type Sides = readonly { tone: Tone; side: ProfiledMarket }[];

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #5d6672; --line: #d9dde3; --paper: #ffffff; --world: #1f66d1; --tape: #c4570c;
  --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #333a45; --paper: #14171c; --world: #6ea8ff;
  --tape: #ff9e57; --bad: #ff8a80; } }
body { margin: 2rem auto; max-width: 1200px; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } p { margin: .2rem 0; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 1.5rem; margin: 1.5rem 0; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .9rem; } figcaption b { color: var(--ink); }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); stroke-width: 1; } .zero { stroke: var(--soft); stroke-width: 1; }
path { fill: none; stroke-width: 2; } path.dashed { stroke-dasharray: 5 4; stroke-width: 1.5; }
path.world, line.world { stroke: var(--world); } path.tape, line.tape { stroke: var(--tape); }
circle.world { fill: var(--world); } circle.tape { fill: var(--tape); } line.world, line.tape { stroke-width: 2; }
.legend span { margin-right: 1rem; font-size: .85rem; } .legend .world { color: var(--world); } .legend .tape { color: var(--tape); }
.legend span::before { content: "\\2014\\00a0"; } .legend .dashed::before { content: "\\2013 \\2013\\00a0"; }
.legend .points::before, .legend .stems::before { content: "\\25CF\\00a0"; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr.group th { padding-top: 1rem; text-align: left; }
tr.miss td { color: var(--bad); font-weight: 600; } tr.light td { color: var(--soft); }
`;

/** The page. */
export function calibrationPage(calibration: Calibration): string {
  const { world, tape } = calibration;
  const sides: Sides = [
    ...(tape === null ? [] : [{ tone: "tape" as const, side: tape }]),
    ...(world === null ? [] : [{ tone: "world" as const, side: world }]),
  ];
  const title = sides.map(({ tone, side }) => `${tone} ${side.market}`).join(" and ");
  const rows = calibrationRows(calibration);
  const { within, counted } = score(rows);
  const verdict =
    sides.length < 2 ? "" : `<p>${within} of ${counted} figures that count are within 25 % or the tape's interval.</p>`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...sides.map(({ tone, side }) => `<p>${escapeHtml(sourceText(tone, side))}</p>`),
    verdict,
    `<div class="charts">${chartsOf(sides).map(chartHtml).join("\n")}</div>`,
    `<div class="table">${tableHtml(calibration)}</div>`,
    "</body></html>",
    "",
  ].join("\n");
}

function sourceText(tone: Tone, side: ProfiledMarket): string {
  const seeds = side.seeds.length === 0 ? "" : `, seeds ${side.seeds.join(", ")}, drawn from the first`;
  const span = `${(side.seconds / 60).toFixed(1)} minutes`;
  return `${tone}: ${side.source}, ${span}, ${side.trades} trades in ${side.sweeps} sweeps${seeds}`;
}

function chartsOf(sides: Sides): ChartSpec[] {
  const survivals = (pick: (c: Curves) => Survival): ChartSeries[] =>
    sides.map(({ tone, side }) => {
      const { x, share } = pick(side.curves);
      return { name: tone, tone, style: "line", x, y: share };
    });
  const above = { yLabel: "share above", xLog: true, yLog: true };
  return [
    {
      ...above,
      title: "Touch spread",
      note: "Share of time with a wider touch.",
      xLabel: "bps of the mid",
      series: survivals((c) => c.spreadBps),
    },
    {
      ...above,
      title: "Trade size",
      note: "Share of prints above a size.",
      xLabel: "$",
      series: survivals((c) => c.tradeUsd),
    },
    {
      ...above,
      title: "Sweep depth",
      note: "Share of sweeps that went deeper than a distance from the mid before them; dashed, the fitted Pareto tail.",
      xLabel: "bps from the mid",
      series: [...survivals((c) => c.depthBps), ...sides.flatMap(fitOf)],
    },
    {
      title: "Impact by depth",
      note: "Mean move of the mid in the sweep's direction, groups of sweeps by depth: points 1 s, line 5 s, dashed 30 s later.",
      xLabel: "depth, bps",
      yLabel: "move, bps",
      xLog: true,
      yLog: false,
      series: sides.flatMap(impactOf),
    },
    {
      ...above,
      title: "Gaps between sweeps",
      note: "Share of gaps longer than a time.",
      xLabel: "seconds",
      series: survivals((c) => c.gapSeconds),
    },
    {
      title: "Signs of sweeps",
      note: "Correlation of a sweep's side with that of the sweep so many later.",
      xLabel: "lag, sweeps",
      yLabel: "correlation",
      xLog: false,
      yLog: false,
      series: sides.map(signsOf),
    },
    {
      title: "The mid",
      note: "The first twenty minutes, from where it began.",
      xLabel: "seconds",
      yLabel: "bps",
      xLog: false,
      yLog: false,
      series: sides.map(({ tone, side }) => ({
        name: tone,
        tone,
        style: "line",
        x: side.curves.mid.seconds,
        y: side.curves.mid.bps,
      })),
    },
  ];
}

/** The fitted tail from where it begins to the deepest sweep. */
function fitOf({ tone, side }: Sides[number]): ChartSeries[] {
  const { depthFit: fit, depthBps } = side.curves;
  const deepest = depthBps.x[depthBps.x.length - 1];
  if (fit === null || deepest === undefined) return [];
  const x = Array.from({ length: 60 }, (_, i) => fit.beyondBps * (deepest / fit.beyondBps) ** (i / 59));
  const y = x.map((d) => {
    const over = (d - fit.beyondBps) / fit.scaleBps;
    const above = Math.abs(fit.shape) < 1e-6 ? Math.exp(-over) : (1 + fit.shape * over) ** (-1 / fit.shape);
    return Number.isFinite(above) ? fit.share * above : null;
  });
  return [{ name: `${tone}, shape ${fit.shape.toFixed(2)}`, tone, style: "dashed", x, y }];
}

function impactOf({ tone, side }: Sides[number]): ChartSeries[] {
  const groups = side.curves.impact;
  return IMPACT_SECONDS.map((seconds, h): ChartSeries => {
    const style = seconds === 1 ? "points" : seconds === 5 ? "line" : "dashed";
    const x = groups.map((g) => g.depthBps);
    return { name: `${tone}, ${seconds} s`, tone, style, x, y: groups.map((g) => g.moveBps[h] ?? null) };
  });
}

function signsOf({ tone, side }: Sides[number]): ChartSeries {
  const lags = Array.from({ length: SIGN_LAGS }, (_, i) => i + 1);
  const y = lags.map((lag) => side.figures[`sign_lag_${lag}`]?.value ?? null);
  return { name: tone, tone, style: "stems", x: lags, y };
}

function tableHtml(calibration: Calibration): string {
  const heads = ["figure", "unit", "world", "world 95 %", "tape", "tape 95 %", "ratio", "within"];
  const lines = [`<table><thead><tr>${heads.map((h) => `<th>${h}</th>`).join("")}</tr></thead><tbody>`];
  let group = "";
  for (const { spec, world, tape, comparison } of calibrationRows(calibration)) {
    if (spec.group !== group) {
      group = spec.group;
      lines.push(`<tr class="group"><th colspan="${heads.length}">${escapeHtml(group)}</th></tr>`);
    }
    const within = comparison?.within == null ? "" : comparison.within ? "yes" : "no";
    const ratio = comparison?.ratio == null ? "" : comparison.ratio.toFixed(2);
    const look = !(comparison?.counts ?? spec.counts) ? "light" : within === "no" ? "miss" : "";
    const cells = [figureText(world?.value ?? null), intervalText(world), figureText(tape?.value ?? null)];
    const texts = [spec.label, spec.unit, ...cells, intervalText(tape), ratio, within];
    lines.push(`<tr class="${look}">${texts.map((t) => `<td>${escapeHtml(t)}</td>`).join("")}</tr>`);
  }
  return `${lines.join("")}</tbody></table><p>Light rows do not count for calibration.</p>`;
}
