/**
 * `mmbin paper`.
 * @module
 */
import { usageError } from "../io/exit.ts";
import { runTapes } from "../run/backtest.ts";
import { runVenue } from "../run/paper.ts";
import { requestOf, runAndReport } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Trades on paper: over tapes at their own pace, on a venue's public data, or on the embedded venue. */
export async function paperCommand(parsed: Parsed): Promise<number> {
  const request = requestOf("paper", parsed, parsed.words);
  if (!parsed.has("tape")) {
    const priors = request.priors.length > 0 ? request.priors : ["latest"];
    return runAndReport(parsed, { ...request, priors }, runVenue);
  }
  for (const flag of ["venue", "address"]) {
    if (parsed.has(flag)) throw usageError(`paper: --${flag} and --tape exclude each other: a tape is its own venue`);
  }
  return runAndReport(parsed, { ...request, speed: request.speed ?? 1 }, runTapes);
}
