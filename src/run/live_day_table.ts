/**
 * Simulated days of real orders as text.
 * @module
 */
import { US_PER_SECOND } from "../core/units.ts";
import type { DayResult } from "./live_day.ts";
import type { LiveReport } from "./live_schema.ts";

const fixed = (x: number | null | undefined, digits: number): string => (x ?? Number.NaN).toFixed(digits);
const percent = (x: number | null | undefined, digits = 2): string => `${fixed(100 * (x ?? Number.NaN), digits)} %`;
const interval = (x: { mean: number | null; lo: number | null; hi: number | null }): string =>
  `${fixed(x.mean, 2)} [${fixed(x.lo, 2)}, ${fixed(x.hi, 2)}]`;

/** Everything about one day, a line a matter. */
export function caseRows(day: DayResult): string[] {
  const { market: m, report, venue } = day;
  const live = report.live as LiveReport;
  const hours = (report.ended_us - report.started_us) / US_PER_SECOND / 3_600;
  const pace = hours / (day.seconds / 60);
  const head = `${day.options.world}, ${day.options.account} quota, seed ${day.options.seed}: ${fixed(hours, 2)} h`;
  return [
    `${head} in ${fixed(day.seconds, 0)} s, ${fixed(pace, 1)} simulated hours a minute`,
    ...tradeRows(day, live),
    ...bookRows(day, live),
    `  two-sided     ${percent(m.two_sided_ratio, 3)}; at the venue ${percent(venue.bothSides / venue.seconds, 3)}`,
    `  exposure      at most ${fixed(m.max_exposure_ratio, 3)} of the cap`,
    ...wayRows(day, live),
    ...day.notes.slice(0, 8).map((note) => `  ! ${note}`),
  ];
}

function tradeRows({ market: m }: DayResult, live: LiveReport): string[] {
  const hours = m.duration_s / 3_600;
  const r = m.requests;
  const p = m.pnl_usd;
  return [
    `  fills         ${m.fills}, ${fixed(m.fills / hours, 1)} an hour, capture ${fixed(m.capture_bps, 2)} bps`,
    `                edge at 5 s ${interval(m.edge_bps["5"])} bps`,
    `  requests      ${r.total}: ${r.place} place, ${r.modify} modify, ${r.cancel} cancel, ${r.rejected} rejected, ${r.refused} refused`,
    `                ${fixed(r.total / hours, 0)} an hour, ${fixed(m.requests_per_fill, 1)} a fill, ${live.actions.sent} actions`,
    `  profit        $${p.total} = spread ${p.spread} + price moves ${p.inventory} + funding ${p.funding}`,
    `                - fees ${p.fees}, residual ${p.residual}`,
  ];
}

function bookRows(day: DayResult, { ledger, end }: LiveReport): string[] {
  const { requests, replay, market: m } = day;
  const positions = ledger?.positions.map((p) => `${p.ours} and ${p.venue}`).join("; ");
  return [
    `  books         ours and the venue's: cash ${ledger?.usd.ours} and ${ledger?.usd.venue}, position ${positions}`,
    `                requests ${ledger?.requests.ours} and ${ledger?.requests.venue}; profit at the venue's marks $${fixed(day.venuePnlUsd, 6)}`,
    `                money missing at the venue ${day.moneyMissing}, orders left ${day.ordersLeft}, confirmed ${end.confirmed}`,
    `  quota         used ${requests.used}, earned ${requests.earned}, surplus ${requests.surplusBefore} to ${requests.surplusAfter}`,
    `                least ${day.venue.surplusMin}; drift ${m.quota.drift_count}`,
    `                ${Object.entries(m.quota.mode_s)
      .map(([mode, s]) => `${mode} ${fixed(s, 0)} s`)
      .join(", ")}`,
    `  replay        ${replay.equal ? "equal" : "DIFFERS"}: ${replay.frames} frames, ${replay.intents} intents`,
  ];
}

function wayRows({ report, events, actions }: DayResult, live: LiveReport): string[] {
  const { loop } = live.latency_ms;
  const problems = live.problems.map(({ kind, count }) => `${kind} ${count}`).join(", ");
  return [
    `  way           loop ${fixed(loop.p50, 0)} / ${fixed(loop.p99, 0)} / ${fixed(loop.max, 0)} ms; ${report.feed?.connects} connection(s)`,
    `                ${live.actions.timed_out} timed out, ${live.actions.late_answers} late, held ${fixed(live.held_s, 2)} s`,
    `                asked ${live.reconciles.count} times what stands, longest ${fixed(live.reconciles.longest_s, 2)} s`,
    `                ${live.missed_fills} missed fill(s), ${live.found_orders} found`,
    `                ${events} events, ${report.feed?.messages} messages, ${actions} actions${problems === "" ? "" : `; problems: ${problems}`}`,
  ];
}

const COLUMNS = ["world", "quota", "hours", "fills", "edge bps [95 %]", "requests/h", "a fill", "two-sided"];
const MORE = ["throttled", "used", "earned + surplus", "books", "replay"];

/** The days beside each other. */
export function dayTable(results: readonly DayResult[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  const columns = [...COLUMNS, ...MORE];
  return [line(columns), line(columns.map(() => "---")), ...results.map((day) => line(cellsOf(day)))];
}

function cellsOf({ market: m, options, requests, report, replay }: DayResult): (string | number)[] {
  const hours = m.duration_s / 3_600;
  const seconds = Object.values(m.quota.mode_s).reduce((a, b) => a + b, 0);
  return [
    options.world,
    options.account,
    fixed(hours, 1),
    m.fills,
    interval(m.edge_bps["5"]),
    fixed(m.requests.total / hours, 0),
    fixed(m.requests_per_fill, 1),
    percent(m.two_sided_ratio),
    percent(m.quota.mode_s.throttled / seconds),
    requests.used,
    requests.earned + requests.surplusBefore,
    report.live?.ledger?.equal === true ? "equal" : "DIFFER",
    replay.equal ? "equal" : "DIFFERS",
  ];
}
