import { expect, setDefaultTimeout, test } from "bun:test";
import { BBO, F, type FrameLane, KIND } from "../../src/core/frame.ts";
import { OwnBook } from "../../src/run/own_book.ts";
import type { Level } from "../../src/sim/venue/book.ts";
import { LiveStage } from "../fixtures/live.ts";

// Ten simulated minutes take seconds of an idle core; a busy machine takes longer.
setDefaultTimeout(120_000);

type Touch = [bidPx: number, bidLots: number, askPx: number, askLots: number];

/** The touch after each block as it is without the account's orders, and as it is shown. */
function watchTouch({ world: { venue }, account: { account, market } }: LiveStage): Map<number, [Touch, Touch]> {
  const touches = new Map<number, [Touch, Touch]>();
  const best = (levels: readonly Level[], without: boolean): [number, number] => {
    for (const level of levels.toReversed()) {
      const own = [...account.orders.values()].filter((order) => without && order.level === level);
      const lots = level.lots - own.reduce((sum, order) => sum + order.lots, 0);
      if (lots > 0) return [level.px, lots];
    }
    return [0, 0];
  };
  const touch = (without: boolean): Touch => [...best(market.book.bids, without), ...best(market.book.asks, without)];
  const step = venue.step.bind(venue);
  venue.step = (nowUs) => {
    step(nowUs);
    touches.set(venue.nowUs, [touch(true), touch(false)]);
  };
  return touches;
}

test("a run with real orders sees the touch of the others, not its own", async () => {
  const stage = new LiveStage({ world: "pays", seed: 2 }, { volumeUsd: 10_000_000 }, true);
  const touches = watchTouch(stage);
  const counts = { seen: 0, ours: 0, right: 0, oursRight: 0 };
  const strip = OwnBook.prototype.strip;
  OwnBook.prototype.strip = function (lane: FrameLane): void {
    strip.call(this, lane);
    const { data } = lane;
    for (let at = 0; at < lane.length; at += data[at] as number) {
      const both = touches.get(data[at + F.venueTimeUs] as number);
      if (data[at + F.kind] !== KIND.bbo || both === undefined) continue;
      const [others, shown] = both;
      const isOurs = others.some((value, i) => value !== shown[i]);
      const isRight = data[at + BBO.bidPx] === others[0] && data[at + BBO.askPx] === others[2];
      counts.seen += 1;
      if (isRight) counts.right += 1;
      if (isOurs) counts.ours += 1;
      if (isOurs && isRight) counts.oursRight += 1;
    }
  };
  try {
    await stage.run(600);
  } finally {
    OwnBook.prototype.strip = strip;
  }
  expect(counts.seen).toBeGreaterThan(500);
  // Ours were in a touch of six; what stands behind our own order alone is known of half a second before.
  expect(counts.ours / counts.seen, JSON.stringify(counts)).toBeGreaterThan(0.05);
  expect(counts.right / counts.seen, JSON.stringify(counts)).toBeGreaterThan(0.95);
  expect(counts.oursRight / counts.ours, JSON.stringify(counts)).toBeGreaterThan(0.6);
});
