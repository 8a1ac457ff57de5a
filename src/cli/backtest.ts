/**
 * `mmbin backtest`.
 * @module
 */
import { usageError } from "../io/exit.ts";
import { runTapes } from "../run/backtest.ts";
import { requestOf, runAndReport } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Runs the engine over tapes. */
export async function backtestCommand(parsed: Parsed): Promise<number> {
  if (!parsed.has("tape")) throw usageError("backtest: --tape FILE is missing: see mmbin backtest --help");
  return runAndReport(parsed, requestOf("backtest", parsed, parsed.texts("market")), runTapes);
}
