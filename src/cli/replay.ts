/**
 * `mmbin replay`.
 * @module
 */
import { writeOut } from "../io/log.ts";
import { DivergenceError, type ReplaySummary, replayJournal } from "../run/replay.ts";
import { findJournal } from "../run/runs.ts";
import { listenForSignals } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Replays a journal; with --verify a difference is an error. */
export async function replayCommand(parsed: Parsed): Promise<number> {
  const signal = listenForSignals();
  const summary = replayJournal(findJournal(parsed.words[0] as string), () => signal.code !== 0);
  writeOut(parsed.has("json") ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  if (!summary.equal && parsed.has("verify")) throw new DivergenceError(differenceText(summary));
  return signal.code;
}

function summaryText(s: ReplaySummary): string {
  const writer = `${s.build} ${s.target}`;
  const replayer = `${s.replayed_by} ${s.replayed_on}`;
  const lines = [
    `${s.run_id}: ${s.markets.join(", ")}`,
    `  written by   ${writer}${writer === replayer ? "" : `, replayed by ${replayer}: another build may decide otherwise`}`,
    ...(s.continues === null ? [] : [`  goes on from ${s.continues}`]),
    `  segments     ${s.segments}${s.holes > 0 ? `, ${s.holes} hole(s) bridged by snapshots` : ""}`,
    `  frames       ${s.frames}`,
    `  intents      ${s.intents} ${s.intent_hash}`,
    `  states       ${s.states} ${s.state_hash}`,
  ];
  if (s.torn_bytes > 0 || s.stumps > 0 || s.unwritten > 0) {
    lines.push(
      `  torn         ${s.torn_bytes} byte(s) and ${s.stumps} segment(s) unfinished, ${s.unwritten} decision(s) unwritten`,
    );
  }
  lines.push(`  replay       ${s.equal ? "equal: every intent and every state hash" : "differs"}`);
  return `${lines.join("\n")}\n`;
}

function differenceText(s: ReplaySummary): string {
  const d = s.difference;
  if (d === null) return "";
  const lines = [`${d.segment}: ${d.what}`, `  after     ${d.frame === "" ? "the snapshot" : d.frame}`];
  lines.push(
    `  recorded  ${d.recorded === "" ? "-" : d.recorded}`,
    `  replayed  ${d.replayed === "" ? "-" : d.replayed}`,
  );
  return lines.join("\n");
}
