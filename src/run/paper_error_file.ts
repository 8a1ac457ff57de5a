/**
 * The measured error of paper as it comes with the program, and what a report of paper quotes of it.
 * @module
 */

import measured from "./paper_error.json" with { type: "json" };
import { hashOf, measurePaperError, seedsOf } from "./paper_error.ts";
import { type ErrorCell, type MeasuredRow, measuredSchema, type PaperErrors } from "./paper_error_schema.ts";
import type { MarketReport } from "./report_schema.ts";

/** Seeds of the small measurement that anybody can repeat in seconds, and what it is of. */
export const CHECK = { world: "pays", seeds: 2, minutes: 10, latency_s: 0.3 } as const;

export type Measured = ReturnType<typeof readMeasured>;

/** What was measured when this build was made. */
export function readMeasured() {
  return measuredSchema.parse(measured);
}

/** The small measurement, now. */
export async function measureCheck(): Promise<MeasuredRow[]> {
  const { world, minutes, latency_s } = CHECK;
  const seeds = seedsOf(CHECK.seeds, "odd");
  return rowsOf(await measurePaperError({ worlds: [world], latencies: [latency_s], seeds, minutes }, () => true));
}

/** The file of a measurement. */
export async function fileText(errors: PaperErrors): Promise<string> {
  const { minutes } = errors;
  const file = { schema: "mmbin.paper_error_file/1", minutes, rows: rowsOf(errors), check: await measureCheck() };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The rule that drives, alone: reports of paper are of that one. */
function rowsOf(errors: PaperErrors): MeasuredRow[] {
  return errors.cells.filter((cell) => cell.drives).map(rowOf);
}

function rowOf(cell: ErrorCell): MeasuredRow {
  const { world, hash, coin, latency_s, seeds, queue, crossing, fills_per_hour, edge_bps } = cell;
  return { world, hash, coin, latency_s, seeds, queue, crossing, fills_per_hour, edge_bps };
}

/** What is known of the error of a paper run at a latency: the rows of the nearest one that was measured. */
export function quotePaperError(latencySeconds: number, file: Measured = readMeasured()): MarketReport["paper_error"] {
  const first = file.rows[0];
  if (first === undefined) return null;
  let nearest = first.latency_s;
  for (const { latency_s } of file.rows)
    if (Math.abs(latency_s - latencySeconds) < Math.abs(nearest - latencySeconds)) nearest = latency_s;
  const rows = file.rows.filter((row) => row.latency_s === nearest);
  return {
    queue: first.queue,
    crossing: first.crossing,
    latency_s: nearest,
    minutes: file.minutes,
    worlds: rows.map((row) => ({
      world: row.world,
      hash: row.hash,
      changed: hashOf(row.world) !== row.hash,
      seeds: row.seeds,
      fills_per_hour: row.fills_per_hour,
      edge_bps: row.edge_bps,
    })),
  };
}

/** The same market with what is known of the error of paper in its report. */
export function withPaperError(markets: readonly MarketReport[]): MarketReport[] {
  return markets.map((market) => ({ ...market, paper_error: quotePaperError(market.latency.seconds) }));
}
