import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { Latency } from "../../src/venue/hyperliquid/latency.ts";
import type { ActionTimes } from "../../src/venue/hyperliquid/trading.ts";

const DECIDED = 1_790_000_000_000_000;
const times = (signed: number, answered: number, block = Number.NaN, viaSocket = true): ActionTimes => ({
  decidedUs: DECIDED,
  signedUs: DECIDED + signed,
  answeredUs: DECIDED + answered,
  blockUs: DECIDED + block,
  viaSocket,
});

describe("legs", () => {
  test("count, median, 99th percentile and largest of each, to a twentieth", () => {
    const latency = new Latency();
    for (let i = 1; i <= 1_000; i++) latency.add(times(1_000, 1_000 + 100 * i, 1_000 + 40 * i, i % 4 !== 0));
    const { signed_to_answered, decided_to_signed, signed_to_block, block_to_answered, via_socket, via_http } =
      latency.report();
    expect(decided_to_signed).toEqual({ count: 1_000, p50_us: 1_000, p99_us: 1_000, max_us: 1_000 });
    expect([signed_to_answered.count, signed_to_answered.max_us]).toEqual([1_000, 100_000]);
    for (const [leg, step] of [
      [signed_to_answered, 100],
      [signed_to_block, 40],
      [block_to_answered, 60],
    ] as const) {
      expect((leg.p50_us ?? 0) / (500 * step)).toBeCloseTo(1, 1);
      expect((leg.p99_us ?? 0) / (990 * step)).toBeCloseTo(1, 1);
      expect(leg.p99_us ?? 0).toBeLessThanOrEqual(leg.max_us ?? 0);
    }
    expect([via_socket, via_http]).toEqual([750, 250]);
    expect(JSON.parse(JSON.stringify(latency.report()))).toEqual(latency.report());
  });

  test("what did not happen is not counted, and nothing yet is null", () => {
    const latency = new Latency();
    const nothing = { count: 0, p50_us: null, p99_us: null, max_us: null };
    expect(latency.report().decided_to_answered).toEqual(nothing);
    latency.add(times(600, 200_000));
    expect(latency.report().signed_to_block).toEqual(nothing);
    expect(latency.report().decided_to_answered).toEqual({
      count: 1,
      p50_us: 200_000,
      p99_us: 200_000,
      max_us: 200_000,
    });
  });

  test("clocks that disagree make no leg negative, and a leg beyond the last bin keeps its size", () => {
    const latency = new Latency();
    latency.add(times(600, 200_000, -50_000));
    expect(latency.report().signed_to_block).toEqual({ count: 1, p50_us: 0, p99_us: 0, max_us: 0 });
    latency.add(times(600, 5_000_000_000));
    expect(latency.report().decided_to_answered.max_us).toBe(5_000_000_000);
  });
});

describe("the loop of late", () => {
  test("is the median of the newest 65", () => {
    const latency = new Latency();
    expect(latency.loopUs()).toBeNaN();
    latency.add(times(600, 200_000));
    expect(latency.loopUs()).toBe(200_000);
    for (const loop of [300_000, 100_000]) latency.add(times(600, loop));
    expect(latency.loopUs()).toBe(200_000);
    for (let i = 0; i < 65; i++) latency.add(times(600, 400_000 + i));
    expect(latency.loopUs()).toBe(400_032);
    // One slow request is no slow loop.
    latency.add(times(600, 9_000_000));
    expect(latency.loopUs()).toBe(400_033);
  });
});

describe("the ways of a simulated exchange", () => {
  test("medians of the way to the block and back", () => {
    const latency = new Latency();
    expect(latency.fitLatency()).toBeNull();
    for (let i = 0; i < 101; i++) latency.add(times(600, 250_000 + 100 * i, 150_000 + 50 * i));
    const fit = latency.fitLatency();
    expect(fit?.isMeasured).toBe(true);
    expect((fit?.outboundUs ?? 0) / 152_500).toBeCloseTo(1, 1);
    expect((fit?.inboundUs ?? 0) / 102_500).toBeCloseTo(1, 1);
  });

  test("half of the loop each where no push told of a block", () => {
    const latency = new Latency();
    latency.add(times(600, 300_000));
    expect(latency.fitLatency()).toEqual({ outboundUs: 150_000, inboundUs: 150_000, isMeasured: false });
  });
});

test("allocates nothing for an action", () => {
  const latency = new Latency();
  const one = times(600, 200_000, 120_000);
  for (let i = 0; i < 1e4; i++) latency.add(one);
  Bun.gc(true);
  const before = heapStats().objectCount;
  for (let i = 0; i < 1e5; i++) {
    latency.add(one);
    if (i % 100 === 0) latency.loopUs();
  }
  expect(heapStats().objectCount - before).toBeLessThan(200);
});
