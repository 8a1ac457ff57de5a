import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ACTION } from "../../../src/core/frame.ts";
import { QuotaLedger } from "../../../src/core/quota/ledger.ts";
import { CLASS, PRIORITY, THROTTLE_WAIT_US, Throttle } from "../../../src/core/quota/throttle.ts";
import { REASON } from "../../../src/core/reason.ts";

const S = 1_000_000;

/** A throttle with so many requests left and a reserve of 5. */
function at(surplus: number, markets = 1): { throttle: Throttle; ledger: QuotaLedger } {
  const ledger = new QuotaLedger();
  ledger.onVenue(10_000 - surplus, 10_000, 0, 0, 0);
  return { throttle: new Throttle(ledger, 5, markets), ledger };
}

/** One decision of a market at a time: says what it wants and sends what may go. Returns how many orders went. */
function decide(
  { throttle, ledger }: ReturnType<typeof at>,
  nowUs: number,
  market: number,
  wants: readonly [want: number, action: number, priority: number][],
): number {
  const best = [...wants].sort((a, b) => a[0] - b[0])[0];
  throttle.ask(market, throttle.isSpent ? (best?.[0] ?? CLASS.none) : CLASS.none, best?.[1] ?? 0, nowUs);
  let sent = 0;
  for (const [, action, priority] of wants) {
    if (throttle.check(market, action, priority, nowUs) !== REASON.none) continue;
    throttle.onSent(market, action, nowUs);
    ledger.onSent(action);
    sent += 1;
  }
  return sent;
}

const PLACE: [number, number, number] = [CLASS.place, ACTION.place, PRIORITY.placeMissing];
const CLOSE: [number, number, number] = [CLASS.replace, ACTION.modify, PRIORITY.tooClose];
const FAR: [number, number, number] = [CLASS.far, ACTION.modify, PRIORITY.tooFar];
const REDUCE: [number, number, number] = [CLASS.reduce, ACTION.modify, PRIORITY.tooClose];

describe("token rules", () => {
  const rows: [number, boolean, boolean, boolean][] = [
    [10, true, true, true],
    [9, true, true, false],
    [7, true, false, false],
    [6, true, false, false],
    [5, false, false, false],
    [0, false, false, false],
    [-50, false, false, false],
  ];
  test.each(rows)(
    "with %d left: place %p, too close %p, too far %p, and cancels always",
    (surplus, place, close, far) => {
      const { throttle } = at(surplus);
      const may = (action: number, priority: number): boolean => throttle.check(0, action, priority, 1) === REASON.none;
      expect(may(ACTION.place, PRIORITY.placeMissing)).toBe(place);
      expect(may(ACTION.modify, PRIORITY.tooClose)).toBe(close);
      expect(may(ACTION.modify, PRIORITY.tooFar)).toBe(far);
      expect(may(ACTION.cancel, PRIORITY.risk)).toBe(true);
      expect(may(ACTION.cancel, PRIORITY.tooClose)).toBe(true);
    },
  );

  test("with little left, far orders move at the pace of the slot, and close ones at once", () => {
    const { throttle } = at(30);
    const may = (priority: number, nowUs: number): boolean =>
      throttle.check(0, ACTION.modify, priority, nowUs) === REASON.none;
    expect([may(PRIORITY.tooFar, 1), may(PRIORITY.resize, 1)]).toEqual([true, true]);
    throttle.onSent(0, ACTION.modify, 1);
    const soon = 1 + THROTTLE_WAIT_US - 1;
    expect([may(PRIORITY.tooFar, soon), may(PRIORITY.tooClose, soon)]).toEqual([false, true]);
    expect(may(PRIORITY.tooFar, soon + 1)).toBe(true);
    const plenty = at(46);
    plenty.throttle.onSent(0, ACTION.modify, 1);
    expect(plenty.throttle.check(0, ACTION.modify, PRIORITY.tooFar, 2)).toBe(REASON.none);
  });

  test("the last place in budget takes the market's other one with it, and nothing else", () => {
    const b = at(6);
    b.throttle.beginFrame();
    expect(decide(b, 1, 0, [PLACE, PLACE, CLOSE])).toBe(2);
    b.throttle.beginFrame();
    expect(decide(b, 2, 0, [PLACE])).toBe(0);
  });

  test("beyond their own cap cancels need the slot too", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(20_000, 10_000, 0, 0, 0);
    const throttle = new Throttle(ledger, 5, 1);
    throttle.onSent(0, ACTION.place, 0);
    expect(throttle.check(0, ACTION.cancel, PRIORITY.risk, THROTTLE_WAIT_US - 1)).toBe(REASON.quota_spent);
    expect(throttle.check(0, ACTION.cancel, PRIORITY.risk, THROTTLE_WAIT_US)).toBe(REASON.none);
  });
});

describe("the slot", () => {
  test("one action each slot, with every order of its kind; never a mere resize", () => {
    const b = at(-3);
    b.throttle.beginFrame();
    expect(decide(b, 0, 0, [PLACE, PLACE, CLOSE])).toBe(1);
    const c = at(-3);
    c.throttle.beginFrame();
    expect(decide(c, 0, 0, [PLACE, PLACE, FAR])).toBe(2);
    c.throttle.beginFrame();
    expect(decide(c, THROTTLE_WAIT_US - 1, 0, [PLACE])).toBe(0);
    expect(decide(c, THROTTLE_WAIT_US, 0, [[CLASS.none, ACTION.modify, PRIORITY.resize]])).toBe(0);
    expect(decide(c, THROTTLE_WAIT_US, 0, [PLACE])).toBe(1);
  });

  test("opens ten seconds after the answer where the answer was slow, and a cancel does not close it", () => {
    const b = at(-3);
    b.throttle.beginFrame();
    expect(decide(b, 0, 0, [PLACE])).toBe(1);
    b.throttle.onAnswer(4 * S);
    b.throttle.beginFrame();
    expect(decide(b, 14 * S - 1, 0, [PLACE])).toBe(0);
    b.throttle.onSent(0, ACTION.cancel, 14 * S - 1);
    expect(decide(b, 14 * S, 0, [PLACE])).toBe(1);
  });

  test.each([
    ["what reduces before what stands to lose", REDUCE, CLOSE],
    ["what stands to lose before what is missing", CLOSE, PLACE],
    ["what is missing before what is far", PLACE, FAR],
  ])("goes to %s, whoever decides first", (_name, better, worse) => {
    const b = at(0, 2);
    b.throttle.beginFrame();
    b.throttle.onSent(0, ACTION.modify, 0);
    expect(decide(b, 1, 1, [better])).toBe(0);
    b.throttle.beginFrame();
    // A frame of the other market's alone, a moment after both said what they want.
    expect(decide(b, THROTTLE_WAIT_US - 1, 1, [better])).toBe(0);
    expect(decide(b, THROTTLE_WAIT_US, 0, [worse])).toBe(0);
    expect(decide(b, THROTTLE_WAIT_US, 1, [better])).toBe(1);
  });

  test("missing sides of other markets in the same frame ride along with a place, moves do not", () => {
    const b = at(0, 3);
    b.throttle.beginFrame();
    expect(decide(b, 0, 0, [PLACE, PLACE])).toBe(2);
    expect(decide(b, 0, 1, [PLACE, FAR])).toBe(1);
    expect(decide(b, 0, 2, [CLOSE])).toBe(0);
  });

  test("a market that stopped asking holds nobody up", () => {
    const b = at(0, 2);
    b.throttle.onSent(0, ACTION.modify, 0);
    b.throttle.beginFrame();
    decide(b, 5 * S, 1, [REDUCE]);
    expect(decide(b, THROTTLE_WAIT_US, 0, [FAR])).toBe(1);
  });

  test("no market starves, and no side stays missing, whatever the others always want", () => {
    const wish = fc.constantFrom(REDUCE, CLOSE, PLACE, FAR);
    fc.assert(
      fc.property(fc.array(wish, { minLength: 2, maxLength: 6 }), fc.nat(), (wishes, from) => {
        const b = at(0, wishes.length);
        const served = wishes.map(() => 0);
        const rounds = 40;
        for (let t = 0; t < rounds * THROTTLE_WAIT_US; t += 0.25 * S) {
          // Each market decides in a frame of its own, in an order that changes.
          for (let k = 0; k < wishes.length; k++) {
            const m = ((k + from + t / S) % wishes.length) | 0;
            b.throttle.beginFrame();
            served[m] = (served[m] as number) + decide(b, t, m, [wishes[m] as typeof PLACE]);
          }
        }
        expect(served.reduce((a, c) => a + c, 0)).toBeLessThanOrEqual(rounds);
        for (const n of served) expect(n).toBeGreaterThanOrEqual(Math.floor(rounds / wishes.length / 2) - 2);
      }),
      { seed: 20260111, numRuns: 30 },
    );
  });
});
