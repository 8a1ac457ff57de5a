import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TapeHost } from "../../src/exchange/tape_host.ts";
import { DrivenClock, yieldTurn } from "../../src/io/clock.ts";
import { openTapeVenue, type TapeVenue } from "../../src/run/exchange_tape.ts";
import { CADENCE_US } from "../../src/wire/hyperliquid/facts.ts";
import { Desk, T0 } from "../fixtures/exchange.ts";
import { TapeLines } from "../fixtures/tape_venue.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-tape-host-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("blocks of any length strike each clock that they pass, once", () => {
  const desk = new Desk();
  const ear = desk.ear();
  ear.subscribe({ type: "l2Book", coin: "AAA" });
  const { venue } = desk.bench;
  ear.take();
  const periodMs = CADENCE_US.l2Book / 1_000;
  // The first whole multiple of the clock behind T0.
  const at = Math.ceil(T0 / periodMs) * periodMs;
  const strokes = [-1, 0, 1, 1, 3 * periodMs + 1, 4 * periodMs - 1, 4 * periodMs].map((ms) => {
    venue.step((at + ms) * 1_000);
    return ear.data("l2Book").length;
  });
  expect(strokes).toEqual([0, 1, 0, 0, 1, 0, 1]);
  expect(venue.nowMs).toBe(at + 4 * periodMs);
  expect(() => venue.step(at * 1_000)).toThrow("time moves forward");
});

describe("the host of a recording", () => {
  const open = (): Promise<TapeVenue> => {
    const lines = new TapeLines()
      .book(0, [["29.99", "50"]], [["30.01", "40"]])
      .bbo(33, ["29.99", "51"], ["30.01", "40"])
      .bbo(300, ["29.99", "52"], ["30.01", "40"]);
    const files = [lines.write(join(folder, "tape.ndjson"))];
    return openTapeVenue({ files, markets: [], factsFile: null, skipBadLines: false }, "Testnet", 1, null);
  };

  test("ends a block at each recorded moment, and others no later than a block's length after the last", async () => {
    const { venue, source, actor, offsetUs } = await open();
    const ends: number[] = [];
    const afterBlock = (): void => {
      ends.push(venue.nowMs - TapeLines.T0);
    };
    await new TapeHost({ venue, source, actor, clock: null, offsetUs, afterBlock }).run();
    expect(ends).toEqual([0, 33, 103, 173, 243, 300]);
    expect(source.isOver).toBe(true);
  });

  test("waits for its clock, and stops when it is told to", async () => {
    const { venue, source, actor, offsetUs } = await open();
    const clock = new DrivenClock(venue.nowUs);
    const host = new TapeHost({ venue, source, actor, clock, offsetUs });
    const run = host.run();
    const pass = async (ms: number): Promise<number> => {
      clock.set((TapeLines.T0 + ms) * 1_000);
      for (let turn = 0; turn < 10; turn++) {
        clock.fire();
        await yieldTurn();
      }
      return venue.nowMs - TapeLines.T0;
    };
    expect(await pass(-1)).toBe(-70);
    expect(await pass(32)).toBe(0);
    expect(await pass(180)).toBe(173);
    host.stop();
    clock.rush();
    await run;
    expect(venue.nowMs - TapeLines.T0).toBe(173);
    await source.close();
  });
});
