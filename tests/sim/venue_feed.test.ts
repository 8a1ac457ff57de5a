import { describe, expect, test } from "bun:test";
import { BBO, BOOK, CONTEXT, F, FrameLane, KIND, TRADE } from "../../src/core/frame.ts";
import { delaysOf, FeedLine } from "../../src/sim/feed_line.ts";
import { VenueFeed } from "../../src/sim/venue_feed.ts";
import { Bench, limit, orderAction } from "../fixtures/venue.ts";

const LATENCY_US = 300_000;

/** A venue with a book of others and of our own, and both lines. */
function open(seed = 1) {
  const bench = new Bench();
  const [others, own, taker] = [bench.account("a"), bench.account("c"), bench.account("b")];
  const { venue } = bench;
  const feed = new VenueFeed(venue.markets.slice(0, 1), venue.rules.blockUs, own);
  const [shown, less] = [new FeedLine(delaysOf(LATENCY_US), seed), new FeedLine(delaysOf(LATENCY_US), seed)];
  feed.lines.push(shown);
  feed.lessOwn.push(less);
  const mids: number[] = [];
  feed.onMid.push((_market, _timeUs, mid) => mids.push(mid));
  venue.listen(feed);
  bench.send(others, orderAction(limit(0, "buy", "2", "29.9"), limit(0, "sell", "3", "30.1")));
  venue.step();
  return { bench, venue, others, own, taker, shown, less, mids };
}

/** Every frame of a line with its receipt, as short tuples. */
function drain(line: FeedLine): { kind: number; receivedUs: number; venueTimeUs: number; data: number[] }[] {
  const lane = new FrameLane(65_536);
  const frames = [];
  while (line.nextUs < Number.POSITIVE_INFINITY) {
    line.take(lane);
    for (let at = 0; at < lane.length; at += lane.data[at] as number) {
      const data = [...lane.data.subarray(at, at + (lane.data[at] as number))];
      frames.push({
        kind: data[F.kind] as number,
        receivedUs: data[F.timeUs] as number,
        venueTimeUs: data[F.venueTimeUs] as number,
        data,
      });
    }
  }
  return frames;
}

const touches = (line: FeedLine) =>
  drain(line)
    .filter((frame) => frame.kind === KIND.bbo)
    .map((frame) => frame.data.slice(BBO.bidPx, BBO.bidPx + 4));

describe("the public data of a venue", () => {
  test("a touch is told when it is another one, with our own orders and without", () => {
    const { bench, venue, own, shown, less, mids } = open();
    bench.send(own, orderAction(limit(0, "buy", "1", "29.95"), limit(0, "sell", "1", "30.1")));
    venue.step();
    venue.step();
    expect(touches(shown)).toEqual([
      [299_000, 200, 301_000, 300],
      [299_500, 100, 301_000, 400],
    ]);
    expect(touches(less)).toEqual([[299_000, 200, 301_000, 300]]);
    expect(mids).toEqual([300_000]);
  });

  test("books come at their own pace and lack our own orders on the other line", () => {
    const { bench, venue, own, shown, less } = open();
    bench.send(own, orderAction(limit(0, "buy", "1", "29.95"), limit(0, "sell", "1", "30.1")));
    bench.steps(200);
    const books = drain(shown).filter((frame) => frame.kind === KIND.book);
    const fast = books.filter((frame) => frame.data[BOOK.fast] === 1);
    expect(books.length - fast.length).toBe(
      Math.floor(venue.nowUs / 5_360_000) - Math.floor((venue.nowUs - 200 * 70_000) / 5_360_000),
    );
    expect(Math.abs(fast.length - (200 * 70) / 540)).toBeLessThan(1.5);
    expect(fast.at(-1)?.data.slice(BOOK.bidCount)).toEqual([2, 1, 299_500, 100, 299_000, 200, 301_000, 400]);
    const clean = drain(less).filter((frame) => frame.kind === KIND.book);
    expect(clean.at(-1)?.data.slice(BOOK.bidCount)).toEqual([1, 1, 299_000, 200, 301_000, 300]);
  });

  test("prints are told on both lines, whoever was hit", () => {
    const { bench, venue, own, taker, shown, less } = open();
    bench.send(own, orderAction(limit(0, "buy", "1", "29.95")));
    venue.step();
    bench.send(taker, orderAction(limit(0, "sell", "2", "29.9", "Ioc")));
    venue.step();
    for (const line of [shown, less]) {
      const prints = drain(line).filter((frame) => frame.kind === KIND.trade);
      expect(prints.map((frame) => frame.data.slice(TRADE.px, TRADE.tid))).toEqual([
        [299_500, 100, -1],
        [299_000, 100, -1],
      ]);
    }
  });

  test("contexts come once a second with mark and oracle", () => {
    const { bench, shown } = open();
    bench.steps(100);
    const contexts = drain(shown).filter((frame) => frame.kind === KIND.context);
    expect(contexts).toHaveLength(7);
    expect(contexts[0]?.data[CONTEXT.oraclePx]).toBe(300_000);
  });
});

describe("a line", () => {
  /** A minute of prints and touches, one of each a block. */
  const minute = (seed: number) => {
    const line = new FeedLine(delaysOf(LATENCY_US), seed);
    const frames = new Float64Array([11, KIND.trade, 0, 0, 0, 0, 1, 1, 1, 1, 0]);
    for (let i = 1; i <= 857; i++) {
      for (const channel of [0, 1] as const) {
        const copy = frames.slice();
        copy[F.venueTimeUs] = i * 70_000;
        copy[TRADE.tid] = channel;
        line.send(0, channel, i * 70_000, copy);
      }
    }
    return drain(line);
  };

  test("keeps the order of each channel, and of receipt", () => {
    const got = minute(3);
    for (const channel of [0, 1]) {
      const times = got.filter((frame) => frame.data[TRADE.tid] === channel).map((frame) => frame.venueTimeUs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
    const receipts = got.map((frame) => frame.receivedUs);
    expect(receipts).toEqual(receipts.toSorted((a, b) => a - b));
  });

  test("is half a loop long on average, and some prints come after newer touches", () => {
    const got = minute(3);
    const lags = (channel: number) =>
      got.filter((f) => f.data[TRADE.tid] === channel).map((f) => f.receivedUs - f.venueTimeUs);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(lags(1)) / LATENCY_US - 0.5)).toBeLessThan(0.03);
    expect(mean(lags(0))).toBeGreaterThan(mean(lags(1)));
    expect(Math.min(...lags(0), ...lags(1))).toBeGreaterThanOrEqual(0.4 * LATENCY_US);
  });

  test("has the delays of its seed", () => {
    expect(minute(5)).toEqual(minute(5));
    expect(minute(5)).not.toEqual(minute(6));
  });
});
