/**
 * A status as text: everything on one line where there is room, and what matters most where there is little.
 * @module
 */
import type { TermName } from "../core/quote/spread.ts";
import type { MarketStatus } from "./status_schema.ts";

/** Markets that a screen shows; a line tells how many more there are. */
const SCREEN_MARKETS_MAX = 8;
/** Silence that is told: channels that speak on change are silent for less while anything happens at all. */
export const SILENCE_TOLD_SECONDS = 2;
/** A whole spread this narrow needs its second decimal. */
const NARROW_BPS = 2;

const SHORT: Readonly<Record<TermName, string>> = {
  base: "base",
  fee: "fee",
  adverse_selection: "as",
  skew: "skew",
  volatility_latency: "lat",
  staleness: "stale",
  governor: "gov",
  reference: "ref",
  burst: "burst",
  reset: "reset",
  floor: "floor",
  cap: "cap",
};

const VERDICTS = { viable: "pays", undecided: "undec", not_viable: "no" } as const;

/** One fact of a line in its forms, from the longest to the shortest; "" leaves it out. */
type Segment = readonly string[];
const SEGMENTS = [
  "time",
  "market",
  "position",
  "quotes",
  "half",
  "edge",
  "requests",
  "equity",
  "viability",
  "alarm",
] as const;
type SegmentName = (typeof SEGMENTS)[number];
type Line = Readonly<Record<SegmentName, Segment>>;

/** What is shortened, in this order, until the lines fit: first what the report repeats, last what a user must act on. */
const SHORTENING: readonly SegmentName[] = [
  "half", // to its four largest terms
  "half", // to three
  "edge", // without blanks
  "half", // to the sum
  "position", // to the share of the cap
  "requests", // to what is left
  "alarm", // without details
  "equity", // to cents
  "viability",
  "requests", // without a label
  "quotes", // without blanks
  "time", // left out
  "half", // left out
  "edge", // without its interval
  "viability", // left out
  "equity", // left out
  "requests", // left out
];

/** The whole status of a market as one line, as long as it is. */
export function statusLine(status: MarketStatus): string {
  const line = lineOf(status);
  return SEGMENTS.map((name) => line[name][0] as string)
    .filter((text) => text !== "")
    .join(" | ");
}

/** Lines for a screen: a market each, in columns, shortened alike until they fit. */
export function statusTable(
  statuses: readonly MarketStatus[],
  size: { columns: number; rows: number },
  color: boolean,
): string[] {
  const room = Math.max(1, Math.min(SCREEN_MARKETS_MAX, size.rows - 3));
  const shown = statuses.slice(0, room);
  const lines = shown.map(lineOf);
  const forms = new Map<SegmentName, number>(SEGMENTS.map((name) => [name, 0]));
  let table = columnsOf(lines, forms);
  for (const name of SHORTENING) {
    if (table.every((row) => row.length < size.columns)) break;
    forms.set(name, (forms.get(name) as number) + 1);
    table = columnsOf(lines, forms);
  }
  const rows = table.map((row, i) => (color ? tinted(row, shown[i] as MarketStatus) : row));
  if (shown.length < statuses.length) rows.push(`+${statuses.length - shown.length} more`);
  return rows;
}

function columnsOf(lines: readonly Line[], forms: ReadonlyMap<SegmentName, number>): string[] {
  const texts = lines.map((line) =>
    SEGMENTS.map((name) => line[name][Math.min(forms.get(name) as number, line[name].length - 1)] as string),
  );
  const widths = SEGMENTS.map((_, c) => Math.max(0, ...texts.map((row) => (row[c] as string).length)));
  return texts.map((row) =>
    row
      .flatMap((text, c) => (widths[c] === 0 ? [] : [text.padEnd(widths[c] as number)]))
      .join("  ")
      .trimEnd(),
  );
}

/** Red where money or data stopped, yellow where something is amiss. */
function tinted(row: string, s: MarketStatus): string {
  const code = s.breaker !== null || s.feed.lost !== null ? 31 : alarmOf(s)[0] !== "" ? 33 : 0;
  return code === 0 ? row : `\u001b[${code}m${row}\u001b[0m`;
}

function lineOf(s: MarketStatus): Line {
  return {
    time: [timeText(s.elapsed_s), ""],
    market: [s.market],
    position: positionOf(s),
    quotes: quotesOf(s),
    half: halfOf(s),
    edge: edgeOf(s),
    requests: requestsOf(s),
    equity: s.equity_usd === null ? ["equity ?", ""] : [money(s.equity_usd, 4), money(s.equity_usd, 2), ""],
    viability: [s.viability.state.replace("_", " "), VERDICTS[s.viability.state], ""],
    alarm: alarmOf(s),
  };
}

/** 4:05, 2:04:05. */
function timeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

const signed = (x: number, digits: number): string => `${x < 0 ? "" : "+"}${x.toFixed(digits)}`;

function money(usd: number, digits: number): string {
  const shown = Math.abs(usd) < 100 ? digits : 2;
  return `${usd < 0 ? "-" : "+"}$${Math.abs(usd).toFixed(shown)}`;
}

function positionOf(s: MarketStatus): Segment {
  if (s.position === 0) return ["flat"];
  const percent = s.cap_ratio === null ? "? %" : `${(100 * Math.abs(s.cap_ratio)).toFixed(0)} %`;
  if (s.position === null) return ["position ?"];
  const sign = s.position < 0 ? "-" : "+";
  return [`${sign}${Math.abs(s.position)} (${percent})`, `${sign}${percent}`];
}

function quotesOf(s: MarketStatus): Segment {
  if (s.bid_px === null && s.bid_reason === s.ask_reason) return [`no quotes: ${s.bid_reason}`];
  const [bid, ask] = [s.bid_px ?? s.bid_reason, s.ask_px ?? s.ask_reason];
  return [`${bid} / ${ask}`, `${bid}/${ask}`];
}

function halfOf(s: MarketStatus): Segment {
  const total = s.half_spread_bps;
  if (total === null || s.terms_bps === null) return ["half ?", "half ?", "half ?", "half ?", ""];
  const digits = Math.abs(total) < NARROW_BPS ? 2 : 1;
  const terms = Object.entries(s.terms_bps).filter(([, bps]) => Number(bps.toFixed(digits)) !== 0);
  const bySize = terms.map(([, bps]) => Math.abs(bps)).sort((a, b) => b - a);
  const sum = `half ${total.toFixed(digits)}`;
  /** The terms that are among the largest, in their order. */
  const largest = (count: number): string => {
    const least = bySize[Math.min(count, bySize.length) - 1] ?? 0;
    const shown = terms.filter(([, bps]) => Math.abs(bps) >= least);
    const words = shown.map(([name, bps]) => `${SHORT[name as TermName] ?? name} ${bps.toFixed(digits)}`);
    return words.length === 0 ? sum : `${sum} = ${words.join(" ")}${shown.length < terms.length ? " .." : ""}`;
  };
  return [largest(terms.length), largest(4), largest(3), sum, ""];
}

function edgeOf(s: MarketStatus): Segment {
  const { mean_bps, lo_bps, hi_bps, n } = s.edge;
  if (mean_bps === null) return [`edge ? n ${n}`, `edge ? n${n}`, `edge ? n${n}`];
  const range = lo_bps === null || hi_bps === null ? "?" : `${signed(lo_bps, 1)}, ${signed(hi_bps, 1)}`;
  const mean = signed(mean_bps, 1);
  return [`edge ${mean} [${range}] n ${n}`, `edge ${mean} [${range.replace(" ", "")}] n${n}`, `edge ${mean} n${n}`];
}

function requestsOf(s: MarketStatus): Segment {
  const { market, surplus, burn_per_hour, runway_h, mode } = s.requests;
  const left =
    surplus <= 0
      ? "spent"
      : runway_h !== null
        ? `${runway_h.toFixed(runway_h < 100 ? 1 : 0)} h left`
        : burn_per_hour === null
          ? "runway ?"
          : "no end";
  // In full there is nothing to say of the mode, and throttled is what is spent.
  const told = mode === "passive" || mode === "conserve" ? ` (${mode})` : "";
  return [`${market} req, ${left}${told}`, left, left.replace(" left", ""), ""];
}

function alarmOf(s: MarketStatus): Segment {
  const long: string[] = [];
  const short: string[] = [];
  const say = (words: string, few: string): void => {
    long.push(words);
    short.push(few);
  };
  const silent = s.feed.silent_s ?? 0;
  if (s.breaker !== null) say(`breaker ${s.breaker}`, s.breaker);
  if (s.feed.lost !== null) say(`feed lost ${silent.toFixed(0)} s: ${s.feed.lost}`, `lost ${silent.toFixed(0)} s`);
  else if (s.feed.silent_s === null) say("no message yet", "no data");
  else if (silent >= SILENCE_TOLD_SECONDS) say(`feed silent ${silent.toFixed(0)} s`, `silent ${silent.toFixed(0)} s`);
  const cost = s.stale.reduce((sum, signal) => sum + signal.cost_bps, 0);
  if (s.stale.length > 0) {
    const each = s.stale.map((signal) => `${signal.name} ${signed(signal.cost_bps, 1)}`);
    say(`stale ${each.join(", ")}`, `stale ${signed(cost, 1)}`);
  }
  return [long.join(", "), short.join(", ")];
}
