import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/io/config.ts";
import { PaperRun } from "../../src/run/paper.ts";
import type { Report } from "../../src/run/report_schema.ts";
import { Hand } from "../fixtures/hand.ts";
import { type Fault, FaultNet, markedPlace } from "../fixtures/loopback.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld } from "../fixtures/world.ts";

const MARKETS = ["sim:HYPE"];
const world = makeWorld(4, 150);
const items = world.pushes.map((p) => ({ timeUs: p.timeUs, text: p.text }));

async function run(fault: Fault, lost: number[] = []): Promise<Report> {
  const served = items.flatMap((item, i) => (lost.includes(i) ? [{ timeUs: item.timeUs, lost: "cut" }, item] : [item]));
  const place = markedPlace(world.answers, served, new FaultNet(fault));
  try {
    return await new PaperRun(requestFor({ command: "paper" }), QUIET, place, loadConfig(null)).run(MARKETS);
  } finally {
    place.close();
  }
}

const clean = await run((text) => [text]);
/** Market data that could be read. */
function readCount(report: Report): number {
  const { other: _, ...read } = report.counts.messages;
  return Object.values(read).reduce((sum, n) => sum + n, 0);
}

const every =
  (n: number, then: (text: string) => string[]): Fault =>
  (text, i) =>
    i % n === n - 1 ? then(text) : [text];

describe("whatever the connection does to messages: no crash, no frame invented, and it is counted", () => {
  test("nothing done, nothing counted", () => {
    expect(clean.counts).toMatchObject({ bad: 0, unknown_channels: 0, gaps: 0, duplicate_trades: 0 });
    expect(clean.feed).toMatchObject({ lost: {}, bad_messages: 0, venue_errors: 0, drift: [] });
    expect(clean.markets[0]?.intent_count).toBeGreaterThan(50);
  });

  test("frames cut in the middle", async () => {
    const report = await run(every(50, (text) => [text.slice(0, text.length / 2)]));
    const cutCount = Math.floor(items.length / 50);
    expect(report.feed?.bad_messages).toBe(cutCount);
    expect(report.feed?.first_bad).not.toBe(null);
    // Which messages are cut hangs on how two connections interleave, their number does not. What the engine is told
    // is no measure: a touch that is missing lets a timer fire that would not have.
    expect(readCount(report)).toBe(readCount(clean) - cutCount);
  });

  test("every message twice: trades count once, decisions stay", async () => {
    const report = await run((text) => [text, text]);
    const { trades = 0 } = clean.counts.messages;
    expect(report.counts.duplicate_trades).toBeGreaterThanOrEqual(trades);
    expect(report.markets[0]?.intent_hash).toBe(clean.markets[0]?.intent_hash as string);
    expect(report.markets[0]?.fills).toBe(clean.markets[0]?.fills as number);
  });

  test("pairs in the wrong order: nothing older than what is known counts as new", async () => {
    let held: string | null = null;
    const report = await run((text, i) => {
      if (i % 7 === 0) {
        held = text;
        return [];
      }
      const both = held === null ? [text] : [text, held];
      held = null;
      return both;
    });
    expect(report.counts).toMatchObject({ bad: 0, gaps: 0, time_backwards: 0 });
    expect(report.markets[0]?.max_exposure_ratio).toBeLessThanOrEqual(1);
  });

  test("channels, keys and coins that nobody knows; errors; garbage", async () => {
    const strange = [
      '{"channel":"surprise","data":{"coin":"sim:HYPE"}}',
      '{"channel":"bbo","data":{"coin":"NOPE","time":1767225600000,"bbo":[{"px":"1.0","sz":"1.0","n":1},null]}}',
      '{"channel":"error","data":"Invalid subscription {}"}',
    ];
    const report = await run(every(100, (text) => [...strange, text]));
    const n = Math.floor(items.length / 100);
    expect(report.counts.unknown_channels).toBe(n);
    expect(report.feed?.venue_errors).toBe(n);
    expect(report.feed?.first_venue_error).toContain("Invalid subscription");
    expect(report.markets[0]?.intent_hash).toBe(clean.markets[0]?.intent_hash as string);
    const garbage = await run(every(100, (text) => ["\u0000\uffff{]", text]));
    expect(garbage.feed?.bad_messages).toBe(n);
    expect(garbage.markets[0]?.intent_hash).toBe(clean.markets[0]?.intent_hash as string);
  });

  test("unknown keys are read past, by the checked way, and named", async () => {
    const report = await run((text) => [text.replace('"coin"', '"news":[1,{"a":null}],"coin"')]);
    expect(report.markets[0]?.intent_hash).toBe(clean.markets[0]?.intent_hash as string);
    expect(report.counts.slow).toBeGreaterThan(items.length / 2);
    expect(report.feed?.drift.map((d) => d.kind)).toContain("shape");
    expect(report.markets[0]?.warnings.map((w) => w.code)).toContain("feed_drift");
  });

  test("the socket cut again and again: each loss a gap, old trades told again are no flow", async () => {
    const report = await run((text) => [text], [500, 1000, 1500, 2000]);
    expect(report.feed).toMatchObject({ connects: 5, lost: { "closed with code 1006": 4 } });
    expect(report.counts.gaps).toBe(4);
    expect(report.counts.replayed_trades).toBeGreaterThan(clean.counts.replayed_trades);
    expect(report.markets[0]?.pnl_usd.residual).toBe("0");
  });
});

describe("quotes go when data are stale and come back with them", () => {
  test.each(["silence", "a cut"])("%s", async (what) => {
    const hand = new Hand(world);
    await hand.turn();
    hand.net.socket.accept();
    const second = (n: number): number => (world.pushes[0]?.timeUs ?? 0) + n * 1_000_000;
    for (const push of world.pushes) if (push.timeUs < second(60)) await hand.at(push.timeUs, push.text);
    expect(hand.quotes).toEqual([true, true, "none"]);
    if (what === "a cut") hand.net.socket.cut();
    await hand.at(second(75), null);
    expect(hand.quotes).toEqual([false, false, "stale_feed"]);
    // The silent socket was given up; the next one is acknowledged and speaks.
    expect(hand.net.sockets.length).toBeGreaterThan(1);
    hand.net.socket.accept();
    for (const push of world.pushes) {
      if (push.timeUs > second(75) && push.timeUs < second(90)) await hand.at(push.timeUs, push.text);
    }
    expect(hand.quotes).toEqual([true, true, "none"]);
    expect(hand.session.intake.gapCount).toBe(1);
    await hand.stop();
  });

  test("books that stop while touches go on are stale after three of them, and named", async () => {
    const hand = new Hand(world);
    await hand.turn();
    hand.net.socket.accept();
    const start = world.pushes[0]?.timeUs ?? 0;
    for (const push of world.pushes) {
      const t = (push.timeUs - start) / 1e6;
      if (t > 70) break;
      if (t > 60 && push.text.startsWith('{"channel":"l2Book"')) continue;
      await hand.at(push.timeUs, push.text);
    }
    expect(hand.quotes).toEqual([false, false, "stale_feed"]);
    expect(hand.notes.some((text) => text.includes("sim:HYPE l2BookFast says nothing"))).toBe(true);
    await hand.stop();
  });
});
