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
  const request = requestOf("backtest", parsed, parsed.texts("market"));
  const tapes = [...request.tapes, ...parsed.words];
  if (tapes.length === 0) throw usageError("backtest: --tape FILE is missing: see mmbin backtest --help");
  return runAndReport(parsed, { ...request, tapes }, runTapes);
}
