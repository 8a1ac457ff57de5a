/**
 * A run in the store: begun, ended, or found dead and finished from its journal.
 * @module
 */
import { statSync } from "node:fs";
import { hostname } from "node:os";
import { US_PER_MS } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import type { RunHeader } from "../io/journal_format.ts";
import { cutTornTail, forEachFrame, readSegment, segmentPaths } from "../io/journal_reader.ts";
import { isProcessAlive, processMark } from "../io/process.ts";
import { type ResultRow, type RunRow, type RunState, Store } from "../io/store.ts";
import type { MarketReport } from "./report_schema.ts";
import { RunBook } from "./run_book.ts";

/** What the store is told of a run beside its header. */
export interface RunPlaces {
  journal: string | null;
  report: string | null;
  startedUs: number;
  processId: number;
}

/** One run that is being written. */
export class RunStore {
  readonly book: RunBook;
  readonly #store: Store;
  readonly #row: RunRow;

  private constructor(store: Store, row: RunRow, book: RunBook) {
    this.#store = store;
    this.#row = row;
    this.book = book;
  }

  /** Opens the store and the run's row. Runs that died are finished first. Throws a storage error. */
  static begin(run: RunHeader, places: RunPlaces, clock: Pick<Clock, "monotonicUs">): RunStore {
    const store = Store.open();
    finishDead(store);
    const row = rowOf(run, places, hostname());
    store.putRun(row);
    store.isHurried = true;
    return new RunStore(store, row, new RunBook(store, run.run_id, run.markets, clock));
  }

  /** Ends the run: the rest of its rows, its results, its state. Returns what went wrong, or "". */
  finish(state: RunState, endedUs: number, markets: readonly MarketReport[]): string {
    this.#store.isHurried = false;
    this.book.flush();
    try {
      this.#store.putResults(markets.map((m) => resultOf(this.#row.id, m)));
      this.#store.putRun({ ...this.#row, state, ended_us: endedUs });
      return this.book.failure;
    } catch (error) {
      return (error as Error).message;
    } finally {
      this.#store.close();
    }
  }
}

function rowOf(run: RunHeader, places: RunPlaces, host: string): RunRow {
  return {
    id: run.run_id,
    command: run.command,
    venue: run.venue,
    build: run.build,
    config_hash: run.config_hash,
    number_high: run.run_number[0],
    number_low: run.run_number[1],
    seed: run.seed,
    started_us: places.startedUs,
    ended_us: null,
    state: "running",
    host,
    pid: places.processId,
    process: processMark(places.processId),
    account: run.account,
    journal: places.journal,
    report: places.report,
  };
}

function resultOf(runId: string, m: MarketReport): ResultRow {
  const edge = m.edge_bps["5"];
  return {
    run_id: runId,
    market: m.market,
    profile: m.profile,
    fills: m.fills,
    clusters: m.clusters,
    notional_usd: Number(m.notional_usd),
    edge_bps: edge.mean,
    edge_lo_bps: edge.lo,
    edge_hi_bps: edge.hi,
    pnl_usd: Number(m.pnl_usd.total),
    requests: m.requests.total,
    viability: m.viability.state,
  };
}

/** Runs of this machine whose process is gone are finished from their journals: torn tails cut, rows derived, state `crashed`. */
export function finishDead(store: Store, isAlive: (run: RunRow) => boolean = isRunAlive): RunRow[] {
  const dead = store.running().filter((run) => run.host === hostname() && !isAlive(run));
  return dead.map((run) => {
    const endedUs = run.journal === null ? null : deriveRun(store, run.id, run.journal);
    const finished: RunRow = { ...run, state: "crashed", ended_us: endedUs };
    store.putRun(finished);
    return finished;
  });
}

/**
 * Derives a run's orders, fills and cash flows from its journal again. Rows that are there and that the journal does not tell (any more) stay:
 * it may be pruned, or damaged. Returns when the journal was last written to, or null where there is none (any more) to read.
 */
export function deriveRun(store: Store, runId: string, journal: string): number | null {
  let book: RunBook | null = null;
  let endedUs: number | null = null;
  try {
    for (const path of segmentPaths(journal)) {
      const changedUs = statSync(path).mtimeMs * US_PER_MS;
      const segment = readSegment(path);
      if (segment === null || segment.header.run_id !== runId) continue;
      endedUs = Math.round(changedUs);
      cutTornTail(segment);
      book ??= new RunBook(store, runId, segment.header.markets, { monotonicUs: () => 0 });
      const into = book;
      forEachFrame(segment, (data, at) => into.write(data, at));
      into.flush();
    }
  } catch (error) {
    if (!("exitCode" in (error as Error))) throw error;
  }
  return endedUs;
}

const isRunAlive = (run: RunRow): boolean => isProcessAlive(run.pid, run.process);
