/**
 * Stored runs: the list, and the report of one.
 * @module
 */
import { existsSync } from "node:fs";
import { inputError, usageError } from "../io/exit.ts";
import { readUserFile } from "../io/paths.ts";
import { type ResultRow, type RunRow, Store } from "../io/store.ts";
import { type Report, reportSchema } from "./report_schema.ts";
import { finishDead } from "./run_store.ts";

/** One run as it is listed. */
export interface ListedRun extends RunRow {
  results: ResultRow[];
  /** Fills that the store holds: for runs without results too. */
  fill_count: number;
  notional_usd: number;
}

/** Runs, newest first. Those that died are finished from their journals on the way. */
export function listRuns(limit: number): ListedRun[] {
  const store = Store.open();
  try {
    finishDead(store);
    return store.runs(limit).map((run) => listed(store, run));
  } finally {
    store.close();
  }
}

function listed(store: Store, run: RunRow): ListedRun {
  const { count, micro_usd } = store.fillsOf(run.id);
  return { ...run, results: store.results(run.id), fill_count: count, notional_usd: micro_usd / 1e6 };
}

/** A run by its id, a beginning of it, or `latest`. Throws where there is none, or more than one. */
function findRun(name: string): RunRow {
  const store = Store.open();
  let runs: RunRow[];
  try {
    finishDead(store);
    runs = name === "latest" ? store.runs(1) : store.find(name);
  } finally {
    store.close();
  }
  const [run, second] = runs;
  if (run === undefined) throw usageError(`no run ${name}: mmbin runs lists them`);
  if (second !== undefined && run.id !== name) {
    throw usageError(`${name} begins ${runs.length} runs, ${second.id} and ${run.id} among them: name more of it`);
  }
  return run;
}

/** The journal of a run, or the folder or segment of that name. */
export function findJournal(name: string): string {
  if (/[/.]/.test(name) || existsSync(name)) return name;
  const run = findRun(name);
  if (run.journal === null)
    throw inputError(`${run.id} kept no journal: tapes are their own record, --journal FOLDER keeps one`);
  return run.journal;
}

/** The report of a run by its id, a beginning of it, `latest`, or by its file. Throws what is missing or ambiguous. */
export function findReport(name: string): Report {
  if (/[/.]/.test(name)) return readReport(name);
  const run = findRun(name);
  if (run.state === "running") throw usageError(`${run.id} is still running: its report comes at its end`);
  if (run.state === "crashed" || run.state === "failed" || run.report === null) {
    const rest = run.journal === null ? "" : `: its journal is ${run.journal}`;
    throw inputError(`${run.id} ${run.state} and left no report${rest}`);
  }
  return readReport(run.report);
}

/** Reads and checks a stored report. */
export function readReport(path: string): Report {
  const text = readUserFile(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw inputError(`${path}: is not JSON`);
  }
  const report = reportSchema.safeParse(value);
  if (report.success) return report.data;
  const issue = report.error.issues[0];
  throw inputError(`${path}: is no report of this version: ${issue?.path.join(".")}: ${issue?.message}`);
}
