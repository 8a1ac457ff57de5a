import { describe, expect, test } from "bun:test";
import { ACTION, BUY, FILL, FrameLane, INTENT, KIND, ORDER, ORDER_STATUS, SELL } from "../../src/core/frame.ts";
import type { OrderRow, Store } from "../../src/io/store.ts";
import { RunBook } from "../../src/run/run_book.ts";
import { HandClock } from "../fixtures/journal.ts";

/** A book whose rows end in a map, driven by lines: `place 1`, `modify 1 2`, `1 resting`, `fill 1 40`. */
class BookBench {
  readonly rows = new Map<number, OrderRow>();
  readonly #lane = new FrameLane(64);
  readonly #book: RunBook;
  #tid = 0;

  constructor() {
    const store = {
      path: "store.db",
      write: ({ orders }: { orders: OrderRow[] }) => {
        for (const row of orders) this.rows.set(row.cloid, { ...row });
      },
    } as unknown as Store;
    this.#book = new RunBook(store, "run", [{ coin: "HYPE", sz_decimals: 2 }], new HandClock());
  }

  say(line: string): void {
    const [first = "", second = "", third = ""] = line.split(" ");
    const lane = this.#lane;
    lane.clear();
    if (first === "place" || first === "modify") {
      const isPlace = first === "place";
      const at = lane.begin(KIND.intent, INTENT.size, 5, 5, 0);
      const cloid = Number(isPlace ? second : third);
      const target = isPlace ? 0 : Number(second);
      lane.data.set([isPlace ? ACTION.place : ACTION.modify, cloid, target, BUY, 300_000, 40, 0, 0, 0], at + 6);
    } else if (first === "fill") {
      this.#tid += 1;
      const at = lane.begin(KIND.fill, FILL.size, 5, 5, 0);
      lane.data.set([Number(second), 9, this.#tid, BUY, 300_000, Number(third), 100, 0, 0], at + FILL.cloid);
    } else {
      const at = lane.begin(KIND.order, ORDER.size, 5, 5, 0);
      const status = ORDER_STATUS[second as keyof typeof ORDER_STATUS];
      lane.data.set([Number(first), 9, status, 0, SELL, 301_000, 60, 50, 1], at + ORDER.cloid);
    }
    this.#book.write(lane.data, 0);
  }

  states(...lines: string[]): string {
    for (const line of lines) this.say(line);
    this.#book.flush();
    return [...this.rows.values()].map((row) => `${row.cloid} ${row.state}`).join(", ");
  }
}

describe("what the store says of an order", () => {
  test.each<[lines: string[], states: string]>([
    [["place 1", "1 timed_out"], "1 timed_out"],
    [["place 1", "1 timed_out", "1 resting"], "1 resting"],
    [["place 1", "1 timed_out", "1 settled"], "1 settled"],
    [["place 1", "1 cancelled", "1 settled"], "1 cancelled"],
    [["place 1", "1 missing", "1 settled"], "1 missing"],
    [["place 1", "fill 1 40", "1 filled", "1 resting"], "1 filled"],
    // The new order and the end of the old one, in either order.
    [["place 1", "1 resting", "modify 1 2", "2 resting", "1 cancelled"], "1 replaced, 2 resting"],
    [["place 1", "1 resting", "modify 1 2", "1 cancelled", "2 resting"], "1 replaced, 2 resting"],
    [["place 1", "1 resting", "modify 1 2", "2 rejected", "1 cancelled"], "1 cancelled, 2 rejected"],
    [["place 1", "1 resting", "modify 1 2", "2 refused"], "1 resting, 2 refused"],
    [["place 1", "1 resting", "modify 1 2", "2 rejected", "1 resting"], "1 resting, 2 rejected"],
  ])("%j: %s", (lines, states) => {
    expect(new BookBench().states(...lines)).toBe(states);
  });

  test("one that was found has a row as the venue describes it, and ends like any other", () => {
    const bench = new BookBench();
    expect(bench.states("-77 found")).toBe("-77 resting");
    expect(bench.rows.get(-77)).toMatchObject({
      side: "sell",
      px: 30.1,
      size: 0.5,
      reduce_only: 1,
      reason: "found",
      oid: 9,
      replaces: null,
    });
    expect(bench.states("-77 cancelled")).toBe("-77 cancelled");
  });
});
