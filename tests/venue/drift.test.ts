import { describe, expect, test } from "bun:test";
import { type Drift, DriftMonitor, type Watched } from "../../src/venue/hyperliquid/drift.ts";
import { BBO_TEXT, CONTEXT_TEXT, FAST_TEXT, TRADES_TEXT } from "../fixtures/pushes.ts";

const SECOND = 1_000_000;

class Bench {
  readonly told: Drift[] = [];
  readonly monitor = new DriftMonitor(["BTC", "WLFI"], (drift) => this.told.push(drift));
  nowUs = 1_767_225_600 * SECOND;

  /** `count` pushes of a channel, `spacingSeconds` apart. */
  run(channel: Watched, count: number, spacingSeconds: number, text: string): void {
    for (let i = 0; i < count; i++) {
      this.nowUs += spacingSeconds * SECOND;
      this.monitor.onPush(1, channel, this.nowUs, text);
    }
  }
}

describe("pace", () => {
  test.each([
    ["l2Book", 5.36, FAST_TEXT],
    ["l2BookFast", 0.54, FAST_TEXT],
    ["activeAssetCtx", 1.0, CONTEXT_TEXT],
  ] as [Watched, number, string][])(
    "%s at its own pace says nothing, slower and faster are named within 32 messages",
    (channel, pace, text) => {
      const b = new Bench();
      b.run(channel, 200, pace, text);
      expect(b.told).toEqual([]);
      b.run(channel, 62, pace * 4, text);
      expect(b.told).toMatchObject([{ market: "WLFI", channel, kind: "pace", now: true }]);
      expect(b.told[0]?.text).toContain("instead of every");
      b.run(channel, 62, pace, text);
      expect(b.monitor.list).toMatchObject([{ kind: "pace", now: false }]);
      b.run(channel, 62, pace / 4, text);
      expect(b.told.length).toBe(2);
      expect(b.monitor.list.length).toBe(1);
    },
  );

  test("channels that speak on change have none", () => {
    const b = new Bench();
    b.run("bbo", 200, 30, BBO_TEXT);
    b.run("trades", 200, 300, TRADES_TEXT);
    b.monitor.onTime(b.nowUs + 2 * SECOND);
    expect(b.told).toEqual([]);
  });

  test("a reconnect is no slow channel", () => {
    const b = new Bench();
    for (let i = 0; i < 100; i++) {
      b.run("l2BookFast", 2, 0.54, FAST_TEXT);
      b.monitor.onLost();
      b.nowUs += 30 * SECOND;
    }
    expect(b.told).toEqual([]);
  });
});

test("a periodic channel that says nothing is named, and its return ends it", () => {
  const b = new Bench();
  for (let s = 0; s < 40; s++) {
    b.nowUs += SECOND;
    b.monitor.onPush(0, "l2Book", b.nowUs, FAST_TEXT);
    b.monitor.onTime(b.nowUs);
  }
  const silent = b.told.map((d) => `${d.market} ${d.channel} ${d.kind}`).sort();
  expect(silent).toEqual([
    "BTC activeAssetCtx silent",
    "BTC l2Book pace",
    "BTC l2BookFast silent",
    "WLFI activeAssetCtx silent",
    "WLFI l2Book silent",
    "WLFI l2BookFast silent",
  ]);
  b.monitor.onPush(1, "l2Book", b.nowUs, FAST_TEXT);
  expect(b.monitor.list.find((d) => d.market === "WLFI" && d.channel === "l2Book")?.now).toBe(false);
});

test("a connection that says nothing, or a process that slept, is no silent channel", () => {
  const b = new Bench();
  const live = (seconds: number): void => {
    for (let i = 0; i < 2 * seconds; i++) {
      b.nowUs += 0.5 * SECOND;
      for (const market of [0, 1]) {
        b.monitor.onPush(market, "l2BookFast", b.nowUs, FAST_TEXT);
        if (i % 2 === 0) b.monitor.onPush(market, "activeAssetCtx", b.nowUs, CONTEXT_TEXT);
        if (i % 11 === 0) b.monitor.onPush(market, "l2Book", b.nowUs, FAST_TEXT);
      }
      b.monitor.onTime(b.nowUs);
    }
  };
  live(40);
  // Half-open: timers run, nothing comes.
  for (let i = 0; i < 40; i++) {
    b.nowUs += 0.25 * SECOND;
    b.monitor.onTime(b.nowUs);
  }
  live(10);
  // Suspended: no timer ran. What waited in the socket comes first by chance of one channel.
  b.nowUs += 45 * SECOND;
  b.monitor.onPush(0, "bbo", b.nowUs, BBO_TEXT);
  b.monitor.onTime(b.nowUs);
  live(40);
  expect(b.told).toEqual([]);
});

test("a venue that writes numbers as keys does not fill the memory", () => {
  const b = new Bench();
  for (let i = 0; i < 256 * 40; i++) {
    b.nowUs += 0.07 * SECOND;
    b.monitor.onPush(0, "bbo", b.nowUs, BBO_TEXT.replace('"time"', `"k${i}":1,"time"`));
  }
  expect(b.monitor.list.length).toBe(16);
});

describe("shape", () => {
  test.each([
    ["bbo", BBO_TEXT],
    ["l2BookFast", FAST_TEXT],
    ["trades", TRADES_TEXT],
    ["activeAssetCtx", CONTEXT_TEXT],
  ] as [Watched, string][])("%s as we know it says nothing, a new key at any depth is named once", (channel, text) => {
    const b = new Bench();
    b.run(channel, 300, 1, text);
    expect(b.told.filter((d) => d.kind === "shape")).toEqual([]);
    const strange = new Bench();
    strange.run(channel, 600, 1, text.replace(/"(sz|markPx)":/, '"surprise":1,"$1":'));
    const shapes = strange.told.filter((d) => d.kind === "shape");
    expect(shapes.map((d) => d.text)).toEqual([`WLFI ${channel} has an unknown key "surprise"`]);
  });
});
