/**
 * The error of paper for people: trading first, then what paper under each rule differs from it by.
 * @module
 */
import type { ErrorCell, ErrorPair, Foretold, Orders, PaperErrors, ScorerHits } from "./paper_error_schema.ts";
import type { Tuning } from "./paper_error_tune.ts";

const LABEL = 22;
const COLUMNS = ["fills/h", "$/h", "capture", "markout 1 s", "5 s", "30 s", "edge 5 s", "requests/h"] as const;

const num = (x: number | null): string => (x === null ? "-" : x.toFixed(Math.abs(x) >= 100 ? 0 : 2));
const signed = (x: number | null): string => (x === null ? "-" : `${x < 0 ? "" : "+"}${num(x)}`);
const bracket = (pair: ErrorPair): string => `${signed(pair.difference)} [${signed(pair.lo)}, ${signed(pair.hi)}]`;
const share = (x: number | null): string => (x === null ? "-" : `${(100 * x).toFixed(1)} %`);

/** Everything that was measured, with its conditions. */
export function renderPaperErrors(errors: PaperErrors): string {
  const { minutes, seeds } = errors;
  const lines = [
    `paper less trading, ${seeds.length} seeds of ${minutes} min each, ${describeSeeds(seeds)}: 95 % intervals over seeds paired by seed;`,
    "bps of notional; * drives paper's engine, the others score its orders. Default settings, $100, no fee but the market's own.",
  ];
  const groups = new Map<string, ErrorCell[]>();
  for (const cell of errors.cells) {
    const key = `${cell.world} ${cell.latency_s}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  for (const cells of groups.values()) {
    const first = cells[0] as ErrorCell;
    lines.push("", ...renderGroup(cells));
    const orders = errors.orders.find((one) => one.world === first.world && one.latency_s === first.latency_s);
    if (orders !== undefined) lines.push(...renderOrders(orders));
  }
  return `${lines.join("\n")}\n`;
}

function describeSeeds(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds.at(-1)];
  if (first === undefined) return "none";
  const kind = seeds.every((seed) => seed % 2 === 1)
    ? "odd ones, "
    : seeds.every((seed) => seed % 2 === 0)
      ? "even ones, "
      : "";
  return `${kind}${first} to ${last}`;
}

const columnsOf = (cell: ErrorCell): ErrorPair[] => [
  cell.fills_per_hour,
  cell.notional_usd_per_hour,
  cell.capture_bps,
  cell.markout_bps["1"],
  cell.markout_bps["5"],
  cell.markout_bps["30"],
  cell.edge_bps,
  cell.requests_per_hour,
];

function renderGroup(cells: readonly ErrorCell[]): string[] {
  const first = cells[0] as ErrorCell;
  const rows = [
    ["", ...COLUMNS],
    ["trading", ...columnsOf(first).map((pair) => num(pair.real))],
    ...cells.map((cell) => [
      `${cell.queue} ${cell.crossing}${cell.drives ? " *" : ""}`,
      ...columnsOf(cell).map(bracket),
    ]),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((cols) => (cols[i + 1] as string).length)));
  return [
    `${first.world} (${first.hash})  ${first.coin}  ${first.latency_s} s  ${first.seeds} seeds`,
    ...rows.map(([label, ...values]) => {
      const padded = values.map((value, i) => value.padStart((widths[i] as number) + 2));
      return `  ${(label as string).padEnd(LABEL)}${padded.join("")}`;
    }),
  ];
}

function renderOrders(orders: Orders): string[] {
  const { all } = orders.forecasts;
  const lessOwn = orders.less_own;
  const filled = share(orders.count > 0 ? orders.filled / orders.count : null);
  const lines = [
    `  its own orders as the shadow would fill them: ${orders.count} orders, ${orders.filled} filled (${filled})`,
  ];
  const counts = (hit: ScorerHits): string =>
    `${hit.both} foretold, ${hit.filled_only} missed, ${hit.predicted_only} imagined, ${num(hit.lots_ratio)} of the notional`;
  orders.hits.forEach((hit, i) => {
    const without = counts(lessOwn.hits[i] as ScorerHits);
    lines.push(`    ${`${hit.queue} ${hit.crossing}`.padEnd(LABEL)}${counts(hit)}; less own prints ${without}`);
  });
  const score = (name: string, which: "all" | "queues"): string => {
    const f = orders.forecasts[which];
    const ends = `${brierText(f)}, less own prints ${brierText(lessOwn.forecasts[which])}`;
    return `    Brier score of ${name}: ${ends}, of the mean alone ${scoreText(f.base)}`;
  };
  lines.push(score("the share of six rules", "all"), score("the share of three queue models", "queues"));
  const curve = all.curve.filter((point) => point.count > 0);
  lines.push(
    `    said / orders / filled: ${curve.map((p) => `${p.forecast.toFixed(2)} / ${p.count} / ${share(p.observed)}`).join(", ")}`,
  );
  return lines;
}

const brierText = (f: Foretold["forecasts"]["all"]): string =>
  `${scoreText(f.brier)} [${scoreText(f.lo)}, ${scoreText(f.hi)}]`;
const scoreText = (x: number | null): string => (x === null ? "-" : x.toFixed(5));

/** What other settings of the shadow would have done, on the seeds for tuning and on the others. */
export function renderTuning(tuning: Tuning): string {
  const lines = [
    `tuning: error of edge at 5 s in bps and of fills in parts of one, root mean square over ${tuning.cells} cells of world and latency, by what was traded`,
    `  ${"drives, answer after".padEnd(38)}${"even seeds: edge".padStart(18)}${"fills".padStart(10)}${"odd seeds: edge".padStart(18)}${"fills".padStart(10)}`,
  ];
  for (const one of tuning.variants) {
    const mark = one.isDefault ? " (default)" : one.isBest ? " (best of even)" : "";
    const name = `${one.driver}, ${one.answerRatio} L${mark}`;
    const { even, odd } = one;
    lines.push(
      `  ${name.padEnd(38)}${num(even.edgeBps).padStart(18)}${num(even.fillsRatio).padStart(10)}` +
        (odd === null ? "" : `${num(odd.edgeBps).padStart(18)}${num(odd.fillsRatio).padStart(10)}`),
    );
  }
  return `${lines.join("\n")}\n`;
}
