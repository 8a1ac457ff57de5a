/**
 * The report for people: the verdict first, then what it rests on.
 * @module
 */
import { isDecided } from "../stats/interval.ts";
import { liveRows, twinRows } from "./live_table.ts";
import type { MarketReport, Report, ReportInterval } from "./report_schema.ts";
import { reasonText } from "./warnings.ts";

export interface TableOptions {
  color: boolean;
  width: number;
}

const LABEL = 18;
const bold = (text: string, on: boolean): string => (on ? `\u001b[1m${text}\u001b[0m` : text);
const tint = (text: string, code: number, on: boolean): string => (on ? `\u001b[${code}m${text}\u001b[0m` : text);

function num(x: number | null, digits = 2): string {
  return x === null ? "-" : x.toFixed(digits);
}
function signed(x: number | null, digits = 2): string {
  return x === null ? "-" : `${x >= 0 ? "+" : ""}${x.toFixed(digits)}`;
}
function percent(x: number | null): string {
  return x === null ? "-" : `${(100 * x).toFixed(1)} %`;
}
function money(text: string): string {
  const value = Number(text);
  return `${value < 0 ? "-" : ""}$${Math.abs(value).toFixed(Math.abs(value) < 10 ? 4 : 2)}`;
}
function interval(x: ReportInterval): string {
  if (x.mean === null) return "-";
  const range = x.lo === null || x.hi === null ? "[unknown]" : `[${signed(x.lo)}, ${signed(x.hi)}]`;
  return `${signed(x.mean)} ${range}`;
}

function depthText(v: MarketReport["viability"]): string {
  const depth = `${num(v.best_depth_bps)} [${num(v.best_depth_lo_bps)}, ${num(v.best_depth_hi_bps)}] bps`;
  const edge = `${signed(v.expected_edge_bps)} [${signed(v.expected_edge_lo_bps)}, ${signed(v.expected_edge_hi_bps)}] bps`;
  return `${depth}, expected edge ${edge}`;
}

/** Renders a report. Lines stay within the width except for names that are longer by themselves. */
export function renderReport(report: Report, options: TableOptions): string {
  const lines: string[] = [];
  for (const tape of report.tapes) {
    lines.push(`${tape.file}: ${tape.lines} lines${tape.bad_lines > 0 ? `, ${tape.bad_lines} bad` : ""}`);
  }
  const { world, seed } = report;
  if (world !== null) lines.push(`world ${world.name} (${world.hash}), seed ${seed}`);
  if (report.live !== null) {
    const live = report.live;
    lines.push(...rowsOf(options, (row) => liveRows(live, row)), "");
  }
  report.markets.forEach((market, i) => {
    lines.push(...renderMarket(market, options));
    const twin = report.twin?.[i];
    if (twin !== undefined) lines.push(...rowsOf(options, (row) => twinRows(twin, row)));
    lines.push("");
  });
  if (lines.at(-1) === "") lines.pop();
  return `${lines.join("\n")}\n`;
}

type Row = (label: string, value: string) => void;

function rowWriter(lines: string[], options: TableOptions): Row {
  return (label, value) => {
    wrap(value, options.width - LABEL - 3, "").forEach((part, i) => {
      lines.push(`  ${(i === 0 ? label : "").padEnd(LABEL)} ${part}`);
    });
  };
}

function rowsOf(options: TableOptions, write: (row: Row) => void): string[] {
  const lines: string[] = [];
  write(rowWriter(lines, options));
  return lines;
}

function renderMarket(m: MarketReport, options: TableOptions): string[] {
  const lines: string[] = [];
  const row = rowWriter(lines, options);
  const minutes = m.duration_s / 60;
  lines.push(bold(`${m.market}  ${m.profile}  ${minutes.toFixed(1)} min  ${m.frames} frames`, options.color));
  const state = m.viability.state;
  const code = state === "viable" ? 32 : state === "undecided" ? 33 : 31;
  row("verdict", `${tint(state.replace("_", " "), code, options.color)}: ${reasonText(m.viability.reason)}`);
  row("impact share phi", `${num(m.viability.phi)} [${num(m.viability.phi_lo)}, ${num(m.viability.phi_hi)}]`);
  if (m.viability.best_depth_bps !== null) row("best depth", depthText(m.viability));
  const five = m.edge_bps["5"];
  row("edge at 5 s", `${interval(five)} bps  ${isDecided(five) ? "" : "undecided"}`.trimEnd());
  row("", `capture ${signed(m.capture_bps)}  markout ${markouts(m)}  fee ${num(m.fee_bps)}`);
  row(
    "fills",
    `${m.fills} in ${m.clusters} sweeps, ${num(m.fills_per_hour, 0)} an hour, ${money(m.notional_usd)} traded`,
  );
  row("rates at 5 s", `adverse ${percent(m.as_rate)}, winning ${percent(m.win_rate)}`);
  const p = m.pnl_usd;
  row(
    "profit",
    `${money(p.total)} = spread ${money(p.spread)} + price moves ${money(p.inventory)} + funding ${money(p.funding)}`,
  );
  row(
    "",
    `- fees ${money(p.fees)} - requests ${money(p.quota)}, residual ${p.residual}, drawdown ${money(m.max_drawdown_usd)}`,
  );
  row("position", `${m.position} (${money(m.position_usd)}), worst case ${percent(m.max_exposure_ratio)} of the cap`);
  row("quoting", `${percent(m.quoting_ratio)} of the time, both sides ${percent(m.two_sided_ratio)}`);
  row("total spread", `${num(m.spread_bps.quoted_mean)} bps quoted, market ${num(m.spread_bps.market_mean)} bps`);
  row("half-spread", termsText(m));
  row(
    "estimates",
    `kappa ${num(m.kappa.value, 0)} (${num(m.kappa.observations, 0)} sweeps, cv ${num(m.kappa.cv)}), sigma ${num(m.sigma_bps)} bps, gamma ${num(m.gamma, 1)}`,
  );
  if (m.prior !== null)
    row("prior", `${m.prior.source}, ${(m.prior.age_s / 3600).toFixed(1)} h old, weight ${num(m.prior.weight)}`);
  if (m.reference.market !== "none") row("reference", referenceText(m.reference));
  const r = m.requests;
  row(
    "requests",
    `${r.total}: ${r.place} place, ${r.modify} modify, ${r.cancel} cancel, ${r.rejected} rejected, ${r.refused} refused`,
  );
  row(
    "",
    `${num(m.requests_per_fill, 1)} a fill, ${num(m.requests_per_usd)} a dollar, headroom ${percent(m.headroom_ratio)}${quotaText(m.quota)}`,
  );
  const { bracket, crossing } = m;
  if (bracket !== null) {
    const names = ["pessimistic", "central", "touch"] as const;
    row("queue bracket", names.map((name) => scoredText(name, bracket[name])).join("  "));
  }
  if (crossing !== null)
    row("crossing", (["strict", "generous"] as const).map((name) => scoredText(name, crossing[name])).join("  "));
  curveRows(m, row);
  if (m.paper_error !== null) row("error of paper", paperErrorText(m.paper_error));
  row("decisions", `${m.intent_count} intents ${m.intent_hash}, state ${m.state_hash}`);
  for (const w of m.warnings) lines.push(...wrap(`  ${tint("!", 33, options.color)} ${w.text}`, options.width, "    "));
  return lines;
}

function curveRows(m: MarketReport, row: (label: string, value: string) => void): void {
  for (const { seconds, fills, capture_bps, edge_bps } of m.latency.curve ?? [])
    row(`at ${seconds} s`, `${fills} fills, capture ${signed(capture_bps)}, edge ${interval(edge_bps)} bps`);
}

/** What simulated worlds say of paper's edge. A world that is another one now is named: its figure is of what it was. */
function paperErrorText(error: NonNullable<MarketReport["paper_error"]>): string {
  const each = error.worlds.map(({ world, edge_bps: { difference, lo, hi } }) => {
    if (difference === null || lo === null || hi === null) return `${world} unknown`;
    return `${world} ${signed(difference)} [${signed(lo)}, ${signed(hi)}]`;
  });
  const changed = error.worlds.filter((one) => one.changed).map(({ world }) => world);
  const since = changed.length > 0 ? `; changed since it was measured: ${changed.join(", ")}` : "";
  return `on simulated worlds paper's edge at ${error.latency_s} s was this much above trading's, bps: ${each.join(", ")}${since}`;
}

function markouts(m: MarketReport): string {
  return ["1", "5", "30", "60"].map((h) => signed(m.markout_bps[h as "1"])).join("/");
}

function referenceText(r: MarketReport["reference"]): string {
  const gain = `gain ${signed(r.gain_bps)} [${signed(r.gain_lo_bps)}, ${signed(r.gain_hi_bps)}] bps`;
  const use = r.proven ? "moves fair value" : "level only";
  return `${r.market} ${r.state}: lag ${num(r.lag_s)} s, R2 ${num(r.r2)}, ${gain}, ${use}, held back ${percent(r.veto_ratio)}`;
}

function termsText(m: MarketReport): string {
  const parts = Object.entries(m.spread_bps.terms)
    .filter(([, value]) => value !== null && Math.abs(value) >= 0.005)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${signed(value)}`);
  return parts.length === 0 ? "-" : parts.join(", ");
}

/** Modes with their shares of the time, unless nothing was ever scarce. */
function quotaText(q: MarketReport["quota"]): string {
  const total = Object.values(q.mode_s).reduce((sum, s) => sum + s, 0);
  const shares = Object.entries(q.mode_s).filter(([, s]) => s > 0);
  if (shares.every(([mode]) => mode === "full")) return "";
  return `, ${shares.map(([mode, s]) => `${mode} ${percent(s / total)}`).join(" ")}`;
}

function scoredText(name: string, scored: { fills: number; edge_bps: ReportInterval }): string {
  return `${name} ${scored.fills}: ${signed(scored.edge_bps.mean)}`;
}

/** Breaks text at blanks; lines after the first are indented. Colours take no width. */
function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (Bun.stringWidth(line) + Bun.stringWidth(word) + 1 > width && line.trim() !== "") {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
