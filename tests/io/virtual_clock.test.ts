import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Timer } from "../../src/io/clock.ts";
import { SkewedClock } from "../../src/io/skewed_clock.ts";
import { VirtualClock } from "../../src/io/virtual_clock.ts";

const START = 1_767_225_600_000_000;

describe("a virtual clock", () => {
  test("calls timers by due time, then in the order in which they were set, at their times (property, seed 1)", () => {
    const dues = fc.array(fc.record({ us: fc.integer({ min: -5, max: 30 }), cancels: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(dues, (wanted) => {
        const clock = new VirtualClock(START);
        const fired: [number, number][] = [];
        const timers: Timer[] = wanted.map(({ us }, i) =>
          clock.setTimer(START + us, () => fired.push([clock.nowUs() - START, i])),
        );
        wanted.forEach(({ cancels }, i) => {
          if (cancels) timers[i]?.cancel();
        });
        clock.runUntil(START + 30);
        const expected = wanted
          .map(({ us, cancels }, i) => ({ at: Math.max(0, us), i, cancels }))
          .filter(({ cancels }) => !cancels)
          .sort((a, b) => a.at - b.at || a.i - b.i)
          .map(({ at, i }) => [at, i] as [number, number]);
        expect(fired).toEqual(expected);
        expect(clock.nowUs()).toBe(START + 30);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("stands still until driven, and stops before what is due later", () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.setTimer(START + 10, () => fired.push("ten"));
    clock.setTimer(START + 20, () => fired.push("twenty"));
    expect([clock.nextDueUs, clock.next(START + 9), clock.nowUs()]).toEqual([START + 10, false, START + 9]);
    expect([clock.next(START + 15), clock.next(START + 15), clock.nowUs()]).toEqual([true, false, START + 15]);
    expect(fired).toEqual(["ten"]);
  });

  test("never calls from inside the call that sets, and lets a timer set the next at once", () => {
    const clock = new VirtualClock(START);
    const order: string[] = [];
    clock.setTimer(START, () => {
      clock.setTimer(START - 1_000, () => order.push(`inner ${clock.nowUs() - START}`));
      order.push("outer");
    });
    clock.setTimer(START, () => order.push("second"));
    expect(order).toEqual([]);
    clock.runUntil(START);
    expect(order).toEqual(["outer", "second", "inner 0"]);
  });

  test("a timer that is cancelled by an earlier one of the same moment does not come", () => {
    const clock = new VirtualClock(START);
    let late: Timer = { cancel: () => {} };
    let came = false;
    clock.setTimer(START + 1, () => late.cancel());
    late = clock.setTimer(START + 1, () => {
      came = true;
    });
    clock.runUntil(START + 5);
    expect(came).toBe(false);
  });

  test("has no timer without a time", () => {
    const clock = new VirtualClock(START);
    expect(() => clock.setTimer(Number.NaN, () => {})).toThrow("a timer has a time");
    expect(() => clock.setTimer(Number.POSITIVE_INFINITY, () => {})).toThrow("a timer has a time");
  });
});

describe("a program that lives in it", () => {
  test("goes on as far as it can between two events, however long the chain of its promises", async () => {
    const clock = new VirtualClock(START);
    const log: string[] = [];
    const program = async (): Promise<void> => {
      await clock.sleepUntil(START + 100);
      for (let i = 0; i < 500; i++) await null;
      log.push(`chain at ${clock.nowUs() - START}`);
      await clock.sleepUntil(START + 300);
      log.push(`slept at ${clock.nowUs() - START}`);
    };
    clock.setTimer(START + 101, () => log.push("event at 101"));
    let over = false;
    void program().then(() => {
      over = true;
    });
    await clock.run(() => over, START + 1_000_000);
    expect(log).toEqual(["chain at 100", "event at 101", "slept at 300"]);
    expect(clock.nowUs()).toBe(START + 300);
  });

  test("ends at the time that is asked for, its last event carried through", async () => {
    const clock = new VirtualClock(START);
    let came = 0;
    const again = (): void => {
      void Promise.resolve().then(() => {
        came += 1;
      });
      clock.setTimer(clock.nowUs() + 10, again);
    };
    clock.setTimer(START + 10, again);
    await clock.run(() => false, START + 10_005);
    expect([came, clock.nowUs() - START, clock.firedCount]).toEqual([1_000, 10_005, 1_000]);
  });

  test("what an event throws ends the run", async () => {
    const clock = new VirtualClock(START);
    clock.setTimer(START + 1, () => {
      throw new Error("a bug");
    });
    await expect(clock.run(() => false, START + 10)).rejects.toThrow("a bug");
  });

  test("takes no time for its own work unless asked to measure it", () => {
    expect(new VirtualClock(START).monotonicUs()).toBe(0);
    expect(new VirtualClock(START, () => 42).monotonicUs()).toBe(42);
  });
});

describe("a clock that is wrong", () => {
  test("jumps when it is set forward, and waits as long as it was meant to", () => {
    const clock = new VirtualClock(START);
    const skewed = new SkewedClock(clock, 5_000);
    const fired: number[] = [];
    expect(skewed.nowUs()).toBe(START + 5_000);
    skewed.setTimer(skewed.nowUs() + 100, () => fired.push(clock.nowUs() - START));
    skewed.step(1_000_000);
    expect(skewed.nowUs()).toBe(START + 1_005_000);
    skewed.setTimer(skewed.nowUs() + 200, () => fired.push(clock.nowUs() - START));
    clock.runUntil(START + 1_000);
    expect([fired, skewed.monotonicUs()]).toEqual([[100, 200], 1_000]);
  });

  test("goes at half speed when it is set back, until it has made up for it: no time comes twice", () => {
    const clock = new VirtualClock(START);
    const skewed = new SkewedClock(clock, 0);
    skewed.step(-1_000);
    const shown = [0, 500, 1_000, 2_000, 5_000].map((us) => {
      clock.runUntil(START + us);
      return skewed.nowUs() - START;
    });
    expect(shown).toEqual([0, 250, 500, 1_000, 4_000]);
    expect(skewed.offsetUs).toBe(-1_000);
    skewed.step(300);
    expect(skewed.offsetUs).toBe(-700);
  });

  test("set forward in the middle of that, it goes the rest", () => {
    const clock = new VirtualClock(START);
    const skewed = new SkewedClock(clock, 0);
    skewed.step(-1_000);
    clock.runUntil(START + 400);
    skewed.step(500);
    expect(skewed.offsetUs).toBe(-200);
    clock.runUntil(START + 5_000);
    expect(skewed.offsetUs).toBe(-500);
    skewed.step(2_000);
    expect(skewed.offsetUs).toBe(1_500);
  });
});
