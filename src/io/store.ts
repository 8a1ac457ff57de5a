/**
 * `mmbin.db`: runs, their results, orders, fills and cash flows, for any SQLite client. Derived from journals; the journal is the record.
 * @module
 */
import { Database } from "bun:sqlite";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { storageError } from "./exit.ts";
import { stateFolder } from "./paths.ts";

/** One script a version: a store at version n has run the first n. Never change one that was released; add another. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE runs (
     id TEXT PRIMARY KEY, command TEXT NOT NULL, venue TEXT NOT NULL, build TEXT NOT NULL, config_hash TEXT NOT NULL,
     number_high INTEGER NOT NULL, number_low INTEGER NOT NULL, seed INTEGER,
     started_us INTEGER NOT NULL, ended_us INTEGER,
     state TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed', 'crashed')),
     host TEXT NOT NULL, pid INTEGER NOT NULL, journal TEXT, report TEXT
   ) STRICT;
   CREATE TABLE results (
     run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, market TEXT NOT NULL, profile TEXT NOT NULL,
     fills INTEGER NOT NULL, clusters INTEGER NOT NULL, notional_usd REAL NOT NULL,
     edge_bps REAL, edge_lo_bps REAL, edge_hi_bps REAL, pnl_usd REAL NOT NULL, requests INTEGER NOT NULL, viability TEXT NOT NULL,
     PRIMARY KEY (run_id, market)
   ) STRICT;
   CREATE TABLE orders (
     run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, cloid INTEGER NOT NULL, market TEXT NOT NULL,
     side TEXT NOT NULL CHECK (side IN ('buy', 'sell')), px REAL NOT NULL, size REAL NOT NULL, reduce_only INTEGER NOT NULL,
     decided_us INTEGER NOT NULL, reason TEXT NOT NULL, replaces INTEGER,
     oid INTEGER, state TEXT NOT NULL, state_us INTEGER NOT NULL, filled REAL NOT NULL,
     PRIMARY KEY (run_id, cloid)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE fills (
     run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, market TEXT NOT NULL, tid INTEGER NOT NULL, oid INTEGER NOT NULL,
     cloid INTEGER NOT NULL, time_us INTEGER NOT NULL, venue_time_us INTEGER NOT NULL,
     side TEXT NOT NULL CHECK (side IN ('buy', 'sell')), px REAL NOT NULL, size REAL NOT NULL,
     notional_micro_usd INTEGER NOT NULL, fee_micro_usd INTEGER NOT NULL, crossed INTEGER NOT NULL,
     PRIMARY KEY (run_id, market, tid, oid)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE ledger (
     run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, market TEXT NOT NULL, seq INTEGER NOT NULL, time_us INTEGER NOT NULL,
     kind TEXT NOT NULL CHECK (kind IN ('fee', 'funding')), micro_usd REAL NOT NULL,
     PRIMARY KEY (run_id, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX fills_by_time ON fills (market, time_us);
   CREATE INDEX orders_by_time ON orders (market, decided_us);`,
  // Numbers of processes come again, in a container at once: the mark tells a run's process from the next one of its number.
  "ALTER TABLE runs ADD COLUMN process TEXT",
  // Whose orders a run sent: the next run of the same account goes on from there.
  "ALTER TABLE runs ADD COLUMN account TEXT",
];
export const STORE_VERSION = MIGRATIONS.length;

/** How long to wait for another writer: where a run begins and ends, and between two frames, where rows can wait for the next flush. */
const PATIENT_MS = 10_000;
const HURRIED_MS = 5;

export type RunState = "running" | "done" | "stopped" | "failed" | "crashed";

export interface RunRow {
  id: string;
  command: string;
  venue: string;
  build: string;
  config_hash: string;
  number_high: number;
  number_low: number;
  seed: number | null;
  started_us: number;
  ended_us: number | null;
  state: RunState;
  host: string;
  pid: number;
  /** Mark of the process; null where the system tells none. */
  process: string | null;
  /** Account whose orders were real; null where none were. */
  account: string | null;
  journal: string | null;
  report: string | null;
}

export interface ResultRow {
  run_id: string;
  market: string;
  profile: string;
  fills: number;
  clusters: number;
  notional_usd: number;
  edge_bps: number | null;
  edge_lo_bps: number | null;
  edge_hi_bps: number | null;
  pnl_usd: number;
  requests: number;
  viability: string;
}

export interface OrderRow {
  run_id: string;
  cloid: number;
  market: string;
  side: "buy" | "sell";
  px: number;
  size: number;
  reduce_only: number;
  decided_us: number;
  reason: string;
  /** Client id of the order that this one took the place of. */
  replaces: number | null;
  oid: number | null;
  state: string;
  state_us: number;
  filled: number;
}

export interface FillRow {
  run_id: string;
  market: string;
  tid: number;
  oid: number;
  cloid: number;
  time_us: number;
  venue_time_us: number;
  side: "buy" | "sell";
  px: number;
  size: number;
  notional_micro_usd: number;
  /** Positive when paid. */
  fee_micro_usd: number;
  crossed: number;
}

export interface LedgerRow {
  run_id: string;
  market: string;
  seq: number;
  time_us: number;
  kind: "fee" | "funding";
  /** Positive when received. */
  micro_usd: number;
}

/** What one flush writes, in one transaction. */
export interface StoreBatch {
  orders: readonly OrderRow[];
  fills: readonly FillRow[];
  ledger: readonly LedgerRow[];
}

type Row = Record<string, string | number | null>;

/** The database of this machine's user. */
export class Store {
  readonly path: string;
  readonly #db: Database;

  private constructor(path: string, db: Database) {
    this.path = path;
    this.#db = db;
  }

  /** Opens the store, makes it where there is none, and brings an older one up to this version. Throws a storage error. */
  static open(path: string = join(stateFolder(), "mmbin.db")): Store {
    let db: Database | null = null;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      db = new Database(path, { create: true, strict: true });
      chmodSync(path, 0o600);
      db.run(`PRAGMA busy_timeout = ${PATIENT_MS}`);
      db.run("PRAGMA journal_mode = WAL");
      // The journal is the record and is synced; here a power loss may cost the last rows, never the file.
      db.run("PRAGMA synchronous = NORMAL");
      // Folding the log back syncs, and would do so between two frames: every 40 MB instead of every 4, and when the store is
      // closed. Of 400 flushes of 100 rows the longest took 23 ms with the smaller log and 3 with this one.
      db.run("PRAGMA wal_autocheckpoint = 10000");
      db.run("PRAGMA foreign_keys = ON");
      migrate(path, db);
    } catch (error) {
      db?.close();
      if ("exitCode" in (error as Error)) throw error;
      throw unusable(path, error);
    }
    return new Store(path, db);
  }

  close(): void {
    this.#db.close();
  }

  /** Whether frames wait behind this store: then another writer is given up on soon. */
  set isHurried(hurried: boolean) {
    this.#db.run(`PRAGMA busy_timeout = ${hurried ? HURRIED_MS : PATIENT_MS}`);
  }

  /** Does something with the database; what it refuses is a storage error. */
  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw unusable(this.path, error);
    }
  }

  /** Writes or replaces the row of a run. */
  putRun(run: RunRow): void {
    this.#try(() => this.#put("runs", run as unknown as Row, "id"));
  }

  putResults(results: readonly ResultRow[]): void {
    this.#try(() => {
      for (const row of results) this.#put("results", row as unknown as Row, "run_id, market");
    });
  }

  /** Writes all of a batch or, on an error, nothing of it. */
  write(batch: StoreBatch): void {
    const all = this.#db.transaction(() => {
      for (const row of batch.orders) this.#put("orders", row as unknown as Row, "run_id, cloid");
      for (const row of batch.fills) this.#put("fills", row as unknown as Row, "run_id, market, tid, oid");
      for (const row of batch.ledger) this.#put("ledger", row as unknown as Row, "run_id, seq");
    });
    this.#try(() => all());
  }

  #put(table: string, row: Row, key: string): void {
    const names = Object.keys(row);
    const rest = names.filter((name) => !key.split(", ").includes(name));
    this.#db
      .query(
        `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map((n) => `$${n}`).join(", ")})
         ON CONFLICT (${key}) DO UPDATE SET ${rest.map((n) => `${n} = excluded.${n}`).join(", ")}`,
      )
      .run(row);
  }

  /** Runs, newest first. */
  runs(limit: number): RunRow[] {
    return this.#try(
      () => this.#db.query("SELECT * FROM runs ORDER BY started_us DESC, id DESC LIMIT ?").all(limit) as RunRow[],
    );
  }

  /** Runs whose id is this or begins with it. */
  find(id: string): RunRow[] {
    return this.#db
      .query(
        "SELECT * FROM runs WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, started_us DESC, id DESC",
      )
      .all(id) as RunRow[];
  }

  running(): RunRow[] {
    return this.#try(() => this.#db.query("SELECT * FROM runs WHERE state = 'running'").all() as RunRow[]);
  }

  /** The newest runs of a command on a venue for an account, newest first. */
  newestRuns(command: string, venue: string, account: string, limit: number): RunRow[] {
    const sql =
      "SELECT * FROM runs WHERE command = ? AND venue = ? AND account = ? ORDER BY started_us DESC, id DESC LIMIT ?";
    return this.#try(() => this.#db.query(sql).all(command, venue, account, limit) as RunRow[]);
  }

  /** What the newest run on a venue since then found of a market: its viability; null where there was none. */
  newestViability(venue: string, market: string, sinceUs: number): string | null {
    const sql =
      "SELECT results.viability FROM results JOIN runs ON runs.id = results.run_id WHERE runs.venue = ? AND results.market = ? " +
      "AND runs.started_us > ? ORDER BY runs.started_us DESC, runs.id DESC LIMIT 1";
    const row = this.#try(() => this.#db.query(sql).get(venue, market, sinceUs)) as { viability: string } | null;
    return row?.viability ?? null;
  }

  results(runId: string): ResultRow[] {
    return this.#db.query("SELECT * FROM results WHERE run_id = ? ORDER BY rowid").all(runId) as ResultRow[];
  }

  /** Fills and their notional so far, for a run that left no report. */
  fillsOf(runId: string): { count: number; micro_usd: number } {
    return this.#db
      .query("SELECT count(*) AS count, coalesce(sum(notional_micro_usd), 0) AS micro_usd FROM fills WHERE run_id = ?")
      .get(runId) as { count: number; micro_usd: number };
  }
}

/** What SQLite or the system says, with what to do about it: moving the file away mends a damaged one only. */
function unusable(path: string, error: unknown): Error {
  const { code = "", message } = error as Error & { code?: string };
  if (code.startsWith("SQLITE_BUSY"))
    return storageError(`${path}: another process keeps it busy (${message}): try again when it is done`);
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT"))
    return storageError(`${path}: cannot be used (${message}): move it away to begin a new one`);
  return storageError(
    `${path}: cannot be used (${message}): see that it can be written, or set XDG_STATE_HOME to a folder that can`,
  );
}

function migrate(path: string, db: Database): void {
  const versionOf = (): number => (db.query("PRAGMA user_version").get() as { user_version: number }).user_version;
  if (versionOf() > STORE_VERSION) {
    throw storageError(
      `${path}: is of version ${versionOf()}, this build knows ${STORE_VERSION}: use the newer build, or move the file away`,
    );
  }
  // Asked again inside: two processes may begin at one moment.
  db.transaction(() => {
    for (let version = versionOf(); version < STORE_VERSION; version++) {
      db.run(MIGRATIONS[version] as string);
      db.run(`PRAGMA user_version = ${version + 1}`);
    }
  }).immediate();
}
