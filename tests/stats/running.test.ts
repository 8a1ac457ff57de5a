import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Prng } from "../../src/core/prng.ts";
import { EdgeTracker, HEADLINE } from "../../src/stats/edge.ts";
import { interval } from "../../src/stats/interval.ts";
import { RunningInterval } from "../../src/stats/running.ts";

const S = 1_000_000;
const observation = fc.record({
  value: fc.double({ min: -50, max: 50, noNaN: true }),
  weight: fc.double({ min: 1, max: 1e9, noNaN: true }),
  cluster: fc.integer({ min: 0, max: 12 }),
  block: fc.integer({ min: 0, max: 5 }),
});

/** Both ways over the same observations. */
function both(seen: { value: number; weight: number; cluster: number; block: number }[]): [object, object] {
  const running = new RunningInterval();
  for (const o of seen) running.add(o.value, o.weight, o.cluster, o.block);
  const { n_effective: _, ...whole } = interval(
    seen.map((o) => o.value),
    seen.map((o) => o.weight),
    seen.map((o) => o.cluster),
    seen.map((o) => o.block),
  );
  return [running.read(), whole];
}

/** Sums of squares lose the error of a heavy observation below a hundred-millionth of its value, times the quantile of one degree of freedom. */
const close = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) <= 1e-4;

describe("the interval so far", () => {
  test("is the one over all observations, whatever their groups and order", () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), (seen) => {
        const [running, whole] = both(seen) as [Record<string, number>, Record<string, number>];
        for (const key of ["mean", "lo", "hi"]) expect(close(running[key] ?? null, whole[key] ?? null)).toBe(true);
        expect([running.n, running.clusters, running.blocks]).toEqual([whole.n, whole.clusters, whole.blocks]);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps its error where the mean is far from zero and all values are equal", () => {
    const far = [1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3].map((value, i) => ({ value, weight: 3e8, cluster: i, block: i }));
    const [running, whole] = both(far) as [{ lo: number }, { lo: number }];
    expect(running.lo).toBeCloseTo(whole.lo, 6);
    const equal = far.map((o) => ({ ...o, value: 0.1 }));
    expect(both(equal)[0]).toMatchObject({ mean: 0.1, lo: 0.1, hi: 0.1 });
  });

  test("of a tracker is the headline of its summary, gaps included", () => {
    const random = new Prng(7);
    const tracker = new EdgeTracker();
    let t = 1_000_000 * S;
    let mid = 50_000;
    for (let i = 0; i < 400; i++) {
      t += 2 * S;
      mid += Math.round(4 * random.normal());
      tracker.onMid(t, mid);
      if (i % 3 === 0) tracker.onFill(t + 1, i % 2 === 0 ? 1 : -1, mid - 5, 10 + (i % 7), 40, mid, 1e-4);
      if (i === 200) tracker.onGap(t + 1);
    }
    tracker.finish(t + 2);
    const { n_effective: _, ...whole } = tracker.summary().edgeBps[HEADLINE] as { n_effective: unknown };
    const read = tracker.headline.read();
    expect(read.n).toBeGreaterThan(100);
    expect(read).toEqual({
      ...(whole as typeof read),
      mean: expect.closeTo((whole as typeof read).mean as number, 9),
      lo: expect.closeTo((whole as typeof read).lo as number, 9),
      hi: expect.closeTo((whole as typeof read).hi as number, 9),
    });
  });
});
