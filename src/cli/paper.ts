/**
 * `mmbin paper`.
 * @module
 */
import { runTapes } from "../run/backtest.ts";
import { runGenerated } from "../run/paper.ts";
import { requestOf, runAndReport } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Trades on paper: over tapes at their own pace, or on the generated market. */
export async function paperCommand(parsed: Parsed): Promise<number> {
  const request = requestOf("paper", parsed, parsed.words);
  const paced = { ...request, speed: request.speed ?? 1 };
  return runAndReport(parsed, paced, parsed.has("tape") ? runTapes : runGenerated);
}
