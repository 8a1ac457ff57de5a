import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FrameLane, FUNDING, KIND } from "../../src/core/frame.ts";
import { loadConfig, resolveRunSettings } from "../../src/io/config.ts";
import { readSegment, segmentPaths } from "../../src/io/journal_reader.ts";
import { processMark } from "../../src/io/process.ts";
import { STORE_VERSION, Store } from "../../src/io/store.ts";
import { RunBook } from "../../src/run/run_book.ts";
import { deriveRun, finishDead, RunStore } from "../../src/run/run_store.ts";
import { findReport, type ListedRun, listRuns } from "../../src/run/runs.ts";
import { HandClock, testFolder } from "../fixtures/journal.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";

const folder = testFolder("store");
// Other files of the same process leave runs in theirs.
process.env.XDG_STATE_HOME = join(folder, "state");
const world = makeWorld(5, 420);
const clock = new HandClock();
const identity = {
  id: "20260101T000000Z-stored",
  number: [7, 8] as const,
  command: "paper",
  venue: "tape",
  seed: null,
  account: null,
};
const journal = join(folder, "journal");
const places = { journal, report: join(folder, "report.json"), startedUs: 5, processId: process.pid };
const set = ["half_spread_fixed_bps=1"];
let stored: RunStore | undefined;
const session = runWorld(world, set, {
  onSession: (s) => {
    const settings = resolveRunSettings({ file: null, set, env: {}, profile: null }, loadConfig(null));
    s.openJournal({ folder: journal, settings, wall: clock }, identity, world.pushes[0]?.timeUs ?? 0);
    stored = RunStore.begin(s.runHeader(identity), places, clock);
    s.sequencer.taps.push(stored.book);
  },
  onPush: (s) => {
    clock.timeUs = s.endedUs;
  },
});
for (const tap of session.sequencer.taps) tap.commit();
const [market] = session.finish([], []);
if (market === undefined) throw new Error("a run has a market");
const problem = stored?.finish("done", 99, [market]);
const path = join(process.env.XDG_STATE_HOME as string, "mmbin", "mmbin.db");
const all = (sql: string): Record<string, unknown>[] => {
  const db = new Database(path, { readonly: true });
  const rows = db.query(sql).all() as Record<string, unknown>[];
  db.close();
  return rows;
};

describe("a run in the store", () => {
  test("its row, its result, its fills and its money are those of the report", () => {
    expect(problem).toBe("");
    expect(all("SELECT * FROM runs WHERE id = '20260101T000000Z-stored'")[0]).toMatchObject({
      state: "done",
      started_us: 5,
      ended_us: 99,
      venue: "tape",
      host: hostname(),
      number_high: 7,
      number_low: 8,
      journal,
    });
    const [result] = all("SELECT * FROM results");
    expect(result).toMatchObject({ market: "sim:HYPE", fills: market.fills, requests: market.requests.total });
    expect(result?.pnl_usd).toBe(Number(market.pnl_usd.total));
    const [sums] = all(
      "SELECT count(*) n, sum(notional_micro_usd) notional, sum(fee_micro_usd) fee, sum(CASE side WHEN 'buy' THEN size ELSE -size END) position FROM fills",
    );
    const account = session.shadow.account.of(0);
    expect(sums?.n).toBeGreaterThan(5);
    expect(Math.round((sums?.position as number) * 100)).toBe(account.positionLots);
    expect(sums?.fee).toBe(Math.round(Number(market.pnl_usd.fees) * 1e6));
    expect(all("SELECT sum(micro_usd) s FROM ledger WHERE kind = 'fee'")[0]?.s).toBe(-(sums?.fee as number));
  });

  test("every order has its story: one row an intent that makes one, none left without an answer but those in flight", () => {
    const states = Object.fromEntries(
      all("SELECT state, count(*) n FROM orders GROUP BY state").map((r) => [r.state, r.n]),
    );
    const made = market.requests.place + market.requests.modify;
    expect(Object.values(states).reduce<number>((a, b) => a + (b as number), 0)).toBeGreaterThanOrEqual(made);
    expect(states.filled as number).toBe(all("SELECT DISTINCT cloid FROM fills").length);
    expect((states.resting ?? 0) as number).toBeLessThanOrEqual(4);
    expect(all("SELECT * FROM orders WHERE filled > size")).toEqual([]);
    expect(
      all(
        "SELECT * FROM orders o WHERE state = 'replaced' AND NOT EXISTS (SELECT 1 FROM orders n WHERE n.replaces = o.cloid)",
      ),
    ).toEqual([]);
  });

  test("an order that is over is not left open: filled before it is answered, old when its modify is refused a place or meets a gap", () => {
    const far = join(folder, "far");
    const told = "20260101T000001Z-told";
    const gone = makeWorld(7, 900, (_push, second) => !(second % 300 > 200 && second % 300 < 220));
    let run: RunStore | undefined;
    const long = runWorld(gone, set, {
      markets: ["sim:HYPE", "HYPE"],
      onSession: (s) => {
        const named = { ...identity, id: told };
        run = RunStore.begin(s.runHeader(named), { ...places, journal: far }, clock);
        s.sequencer.taps.push(run.book);
      },
      onPush: (s) => {
        clock.timeUs = s.endedUs;
      },
    });
    run?.book.flush();
    const open = "SELECT count(*) n FROM orders WHERE state IN ('sent', 'resting') AND run_id = ? AND decided_us < ?";
    const count = (untilUs: number): number => {
      const db = new Database(path, { readonly: true });
      const { n } = db.query(open).get(told, untilUs) as { n: number };
      db.close();
      return n;
    };
    // Two markets with two slots a side; what the last seconds decided is still on its way.
    expect(long.sequencer.intentCount).toBeGreaterThan(1000);
    expect(count(long.endedUs - 60_000_000)).toBe(0);
    run?.finish("done", 99, []);
    const db = new Database(path);
    db.run("PRAGMA foreign_keys = ON");
    db.run("DELETE FROM runs WHERE id = ?", [told]);
    db.close();
  });

  test("rows that a store refuses for too long are given up, and that is said to the end", () => {
    let refuses = true;
    const refusing = {
      path: "store.db",
      write: () => {
        if (refuses) throw new Error("disk full");
      },
    } as unknown as Store;
    const book = new RunBook(refusing, "run", [{ coin: "HYPE", sz_decimals: 2 }], clock);
    const lane = new FrameLane(FUNDING.size);
    lane.begin(KIND.funding, FUNDING.size, 5, 5, 0);
    for (let i = 0; i < 99_999; i++) book.write(lane.data, 0);
    book.flush();
    expect(book.failure).toBe("disk full");
    book.write(lane.data, 0);
    book.flush();
    refuses = false;
    book.write(lane.data, 0);
    book.flush();
    expect(book.failure).toBe("store.db: 100000 row(s) of the run are lost");
  });

  test("derived from the journal again it is the same, row by row", () => {
    const tables = ["orders", "fills", "ledger"];
    const before = tables.map((t) => all(`SELECT * FROM ${t}`));
    const store = Store.open();
    const db = new Database(path);
    for (const table of tables) db.run(`DELETE FROM ${table}`);
    db.close();
    expect(deriveRun(store, "another", journal)).toBe(null);
    expect(all("SELECT * FROM fills")).toEqual([]);
    expect(deriveRun(store, identity.id, journal)).toBeGreaterThan(0);
    store.close();
    expect(tables.map((t) => all(`SELECT * FROM ${t}`))).toEqual(before);
  });

  test("a damaged journal takes nothing from the rows that were written while it was whole", () => {
    const before = all("SELECT * FROM orders");
    const broken = join(folder, "broken");
    cpSync(journal, broken, { recursive: true });
    const segment = segmentPaths(broken)[0] as string;
    const bytes = readFileSync(segment);
    const at = (readSegment(segment)?.blocks[0]?.from ?? 0) * 8 + 20;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(segment, bytes);
    expect(() => readSegment(segment)).toThrow("is damaged");
    const store = Store.open();
    deriveRun(store, identity.id, broken);
    store.close();
    expect(all("SELECT * FROM orders")).toEqual(before);
  });

  test("a running row whose process number another program has now is of a dead run", () => {
    const store = Store.open();
    const { results: _r, fill_count: _f, notional_usd: _n, ...row } = listRuns(1)[0] as ListedRun;
    const mine = { ...row, state: "running" as const, journal: null, pid: process.pid };
    store.putRun({ ...mine, id: "20251201T000000Z-mine", process: processMark(process.pid) });
    store.putRun({ ...mine, id: "20251202T000000Z-reused", process: "the boot before/12345" });
    store.putRun({ ...mine, id: "20251203T000000Z-unmarked", process: null });
    const told = processMark(process.pid) !== null;
    expect(finishDead(store).map((r) => r.id)).toEqual(told ? ["20251202T000000Z-reused"] : []);
    const db = new Database(path);
    db.run("DELETE FROM runs WHERE id LIKE '202512%'");
    db.close();
    store.close();
  });

  test("the list and its ids: whole, begun, latest; what has no report says why", () => {
    expect(listRuns(5)[0]).toMatchObject({ id: identity.id, fill_count: market.fills });
    expect(() => findReport("2026")).toThrow("no such file");
    expect(() => findReport("1999")).toThrow("no run 1999: mmbin runs lists them");
    const store = Store.open();
    const run = listRuns(1)[0];
    if (run === undefined) throw new Error("there is a run");
    const { results: _r, fill_count: _f, notional_usd: _n, ...row } = run;
    store.putRun({ ...row, id: "20260102T000000Z-dead", state: "running", pid: 1, journal: null });
    expect(finishDead(store, () => true)).toEqual([]);
    expect(finishDead(store, () => false).map((r) => [r.id, r.state])).toEqual([["20260102T000000Z-dead", "crashed"]]);
    // Two runs of one second: the later one is the newest, whatever its name.
    store.putRun({ ...row, id: "20260102T000000Z-alpha", state: "done", started_us: row.started_us + 1 });
    expect(listRuns(1)[0]?.id).toBe("20260102T000000Z-alpha");
    expect(() => findReport("20260102T000000Z")).toThrow("begins 2 runs");
    store.putRun({ ...row, id: "20260103T000000Z-far", state: "running", host: "elsewhere" });
    expect(finishDead(store, () => false)).toEqual([]);
    store.close();
    expect(() => findReport("2026010")).toThrow("begins 4 runs");
    expect(() => findReport("20260102T000000Z-d")).toThrow("crashed and left no report");
    expect(() => findReport("20260103")).toThrow("is still running");
  });
});

describe("the file", () => {
  test("is the user's alone", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("an empty one is brought up to this version, a newer one refused, a strange one named: 12", () => {
    const old = join(folder, "old.db");
    new Database(old, { create: true }).close();
    Store.open(old).close();
    const db = new Database(old);
    expect(db.query("PRAGMA user_version").get()).toEqual({ user_version: STORE_VERSION });
    db.run(`PRAGMA user_version = ${STORE_VERSION + 1}`);
    db.close();
    const strange = join(folder, "strange.db");
    writeFileSync(strange, "this is no database, but it is long enough to be taken for one".repeat(20));
    for (const [file, text] of [
      [old, "use the newer build"],
      [strange, "move it away"],
    ] as const) {
      let error: Error & { exitCode?: number } = new Error("none");
      try {
        Store.open(file);
      } catch (e) {
        error = e as Error;
      }
      expect([error.exitCode, error.message.includes(text)]).toEqual([12, true]);
    }
  });

  test("one of the first version keeps its rows", () => {
    const first = join(folder, "first.db");
    const store = Store.open(first);
    const { results: _r, fill_count: _f, notional_usd: _n, ...run } = listRuns(1)[0] as ListedRun;
    store.putRun(run);
    store.close();
    const db = new Database(first);
    db.run("ALTER TABLE runs DROP COLUMN process");
    db.run("ALTER TABLE runs DROP COLUMN account");
    db.run("PRAGMA user_version = 1");
    db.close();
    const again = Store.open(first);
    expect(again.runs(9)).toEqual([{ ...run, process: null, account: null }]);
    again.close();
  });

  test("rows wait while somebody else writes, and come with the next flush", () => {
    const busy = join(folder, "busy.db");
    const store = Store.open(busy);
    const other = new Database(busy);
    other.run("BEGIN IMMEDIATE");
    const row = listRuns(1)[0];
    if (row === undefined) throw new Error("there is a run");
    const { results: _r, fill_count: _f, notional_usd: _n, ...run } = row;
    store.isHurried = true;
    expect(() => store.putRun(run)).toThrow("another process keeps it busy (database is locked): try again");
    other.run("ROLLBACK");
    store.putRun(run);
    expect(store.runs(9).length).toBe(1);
    store.close();
    other.close();
  });
});

test("what the newest run of a venue found of a market is told, and forgotten with time", () => {
  const store = Store.open(join(folder, "viability.db"));
  const { results: _r, fill_count: _f, notional_usd: _n, ...run } = listRuns(1)[0] as ListedRun;
  const result = {
    profile: "hip3",
    fills: 0,
    clusters: 0,
    notional_usd: 0,
    edge_bps: null,
    edge_lo_bps: null,
    edge_hi_bps: null,
  };
  const found = (id: string, startedUs: number, viability: string): void => {
    store.putRun({ ...run, id, venue: "testnet", started_us: startedUs });
    store.putResults([{ ...result, run_id: id, market: "A", pnl_usd: 0, requests: 0, viability }]);
  };
  expect(store.newestViability("testnet", "A", 0)).toBeNull();
  found("one", 1_000, "not_viable");
  expect(store.newestViability("testnet", "A", 0)).toBe("not_viable");
  expect(store.newestViability("mainnet", "A", 0)).toBeNull();
  expect(store.newestViability("testnet", "B", 0)).toBeNull();
  found("two", 2_000, "viable");
  expect(store.newestViability("testnet", "A", 0)).toBe("viable");
  expect(store.newestViability("testnet", "A", 2_000)).toBeNull();
  store.close();
});
