/**
 * `mmbin runs`.
 * @module
 */
import { timeText } from "../io/clock.ts";
import { writeOut } from "../io/log.ts";
import { type ListedRun, listRuns } from "../run/runs.ts";
import type { Parsed } from "./spec.ts";

const LIMIT = 20;

/** Lists stored runs, newest first. */
export async function runsCommand(parsed: Parsed): Promise<number> {
  const runs = listRuns(parsed.number("limit") ?? LIMIT);
  if (parsed.has("json")) writeOut(`${JSON.stringify(runs)}\n`);
  else if (runs.length === 0) writeOut("no run yet: mmbin paper makes one\n");
  else writeOut(runs.map(runText).join(""));
  return 0;
}

function runText(run: ListedRun): string {
  const minutes = run.ended_us === null ? "" : `, ended ${timeText(run.ended_us)}`;
  const whose = run.account === null ? "" : ` for ${run.account}`;
  const head = `${run.id}  ${run.state}  ${run.venue}${whose}${minutes}\n`;
  if (run.results.length === 0)
    return `${head}  ${countText(run.fill_count)}, $${run.notional_usd.toFixed(2)} traded\n`;
  const lines = run.results.map((r) => {
    const known = (x: number | null): string => (x === null ? "-" : x.toFixed(2));
    const edge =
      r.edge_bps === null
        ? "no edge"
        : `edge ${known(r.edge_bps)} [${known(r.edge_lo_bps)}, ${known(r.edge_hi_bps)}] bps`;
    const money = `${r.pnl_usd < 0 ? "-" : ""}$${Math.abs(r.pnl_usd).toFixed(4)}`;
    return `  ${r.market.padEnd(12)} ${countText(r.fills)}, ${edge}, profit ${money}, ${r.requests} requests, ${r.viability.replace("_", " ")}\n`;
  });
  return head + lines.join("");
}

const countText = (fills: number): string => `${fills} ${fills === 1 ? "fill" : "fills"}`;
