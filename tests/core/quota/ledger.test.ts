import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ACTION } from "../../../src/core/frame.ts";
import { LEDGER_RULES, type LedgerRules, QuotaLedger } from "../../../src/core/quota/ledger.ts";
import { AddressLimiter } from "../../../src/sim/limits.ts";

const USD = 1_000_000;
const S = 1_000_000;

describe("quota ledger", () => {
  test("a request is one, a credited dollar earns one, fractions wait for the rest of the dollar", () => {
    const ledger = new QuotaLedger();
    for (let i = 0; i < 3; i++) ledger.onSent(ACTION.place);
    expect(ledger.surplusCount).toBe(9_997);
    ledger.onFill(0.6 * USD, 1);
    expect(ledger.capCount).toBe(10_000);
    ledger.onFill(0.6 * USD, 2);
    expect(ledger.capCount).toBe(10_001);
    ledger.onRefused(ACTION.place, 3);
    expect(ledger.usedCount).toBe(2);
  });

  const rows: [what: string, rules: Partial<LedgerRules>, action: number, cost: number, cancels: number][] = [
    ["a place", {}, ACTION.place, 1, 0],
    ["a modify", {}, ACTION.modify, 1, 0],
    ["a modify that counts two", { modifyCost: 2 }, ACTION.modify, 2, 0],
    ["a cancel on the one counter", {}, ACTION.cancel, 1, 1],
    ["a cancel on its own counter", { cancelsShareCounter: false }, ACTION.cancel, 0, 1],
  ];
  test.each(rows)(
    "%s costs what the venue counts; stale it costs five times that; refused nothing",
    (_w, rules, action, cost, cancels) => {
      const make = (): QuotaLedger => new QuotaLedger({ ...LEDGER_RULES, ...rules });
      const sent = make();
      sent.onSent(action);
      expect(sent.usedCount).toBe(cost);
      if (cancels > 0) expect(sent.cancelSurplusCount).toBe(20_000 - cancels);
      const stale = make();
      stale.onSent(action);
      stale.onExpired(action, 1);
      expect(stale.usedCount).toBe(5 * cost);
      const refused = make();
      refused.onSent(action);
      refused.onRefused(action, 1);
      expect([refused.usedCount, refused.cancelSurplusCount, refused.sentCount]).toEqual([0, 20_000, 0]);
    },
  );

  test.each([
    [10_000, 20_000],
    [66_000, 132_000],
    [150_000, 250_000],
  ])("with a cap of %d cancels have one of %d", (cap, cancels) => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, cap, 0, 0, 0);
    expect(ledger.cancelSurplusCount).toBe(cancels);
  });

  test("what is bought shows as the venue prints it: used is 0 while some is left, and the surplus holds it", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, 10_000, 2, 0, 0);
    expect([ledger.usedCount, ledger.reservedCount, ledger.surplusCount]).toEqual([0, 2, 10_002]);
    for (let i = 0; i < 3; i++) ledger.onSent(ACTION.place);
    expect([ledger.usedCount, ledger.reservedCount, ledger.surplusCount]).toEqual([1, 0, 9_999]);
  });

  test("the venue's numbers replace ours, in-flight requests added", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(61_400, 66_000, 0, 2, 0);
    expect(ledger.surplusCount).toBe(4_598);
    expect(ledger.headroomRatio).toBeCloseTo(4_598 / 66_000, 12);
    expect(ledger.driftCount).toBe(0);
  });

  test("with requests in flight ours stands while they explain the difference", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(100, 10_000, 0, 0, 0);
    for (let i = 0; i < 3; i++) ledger.onSent(ACTION.place);
    for (const seen of [100, 102, 103]) {
      ledger.onVenue(seen, 10_000, 0, 3, S);
      expect(ledger.usedCount).toBe(103);
    }
    ledger.onVenue(99, 10_000, 0, 3, S);
    expect(ledger.usedCount).toBe(102);
    expect(ledger.driftCount).toBe(0);
  });

  test("a count from before our newest answer is passed over", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, 10_000, 0, 0, 0);
    ledger.onSent(ACTION.place);
    ledger.onAnswered(5 * S);
    ledger.onVenue(0, 10_000, 0, 0, 4 * S);
    expect([ledger.usedCount, ledger.driftCount]).toEqual([1, 0]);
    ledger.onVenue(1, 10_000, 0, 0, 5 * S);
    expect([ledger.usedCount, ledger.driftCount]).toEqual([1, 0]);
  });

  test.each([
    ["never arrived", 0, 0],
    ["arrived", 1, 0],
    ["and something of somebody else's", 2, 1],
  ])("a request without an answer that %s is counted until the venue says", (_what, seen, drifts) => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, 10_000, 0, 0, 0);
    ledger.onSent(ACTION.place);
    ledger.onUnanswered(ACTION.place);
    expect(ledger.usedCount).toBe(1);
    ledger.onVenue(seen, 10_000, 0, 0, S);
    expect([ledger.usedCount, ledger.driftCount]).toEqual([seen, drifts]);
    // Explained once, not for ever.
    ledger.onVenue(seen - 1, 10_000, 0, 0, 2 * S);
    expect(ledger.lastDriftCount).toBe(-1);
  });

  test("a fill that the venue's count holds already is not earned twice, whenever it is told", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, 10_000, 0, 0, 0);
    ledger.onVenue(0, 10_025, 0, 0, 10 * S);
    ledger.onFill(25.4 * USD, 9 * S);
    expect(ledger.capCount).toBe(10_025);
    ledger.onVenue(0, 10_025, 0, 0, 30 * S);
    ledger.onVenue(0, 10_025, 0, 0, 60 * S);
    expect(ledger.driftCount).toBe(0);
    ledger.onFill(25.4 * USD, 61 * S);
    expect(ledger.capCount).toBe(10_050);
  });

  test("cents that nobody tells are no drift, also where three roundings fall together", () => {
    const ledger = new QuotaLedger();
    // The address began with 90 cents: the venue's cap is 10,000 + floor(0.9 + 10.95 + 10.2) at last, and 1.8 more than ours explains.
    ledger.onVenue(0, 10_000, 0, 0, 100 * S);
    ledger.onFill(10.95 * USD, 200 * S);
    ledger.onVenue(0, 10_011, 0, 0, 300 * S);
    ledger.onFill(10.2 * USD, 299 * S);
    for (let at = 400; at < 700; at += 100) ledger.onVenue(0, 10_022, 0, 0, at * S);
    expect([ledger.driftCount, ledger.capCount]).toEqual([0, 10_022]);
  });

  test("a cap that no fill explains is drift after ten seconds", () => {
    const ledger = new QuotaLedger();
    ledger.onVenue(0, 10_000, 0, 0, 0);
    ledger.onVenue(0, 10_020, 0, 0, 10 * S);
    expect(ledger.driftCount).toBe(0);
    ledger.onVenue(0, 10_020, 0, 0, 21 * S);
    expect([ledger.driftCount, ledger.lastDriftCount]).toEqual([1, 20]);
    ledger.onVenue(0, 10_020, 0, 0, 40 * S);
    expect(ledger.driftCount).toBe(1);
  });
});

/** What the venue might do, each with the ledger's word for it. */
const VARIANTS: [name: string, rules: LedgerRules, credit: number][] = [
  ["as documented", { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 1 }, 1],
  ["a modify counts two", { modifyCost: 2, cancelsShareCounter: true, makerCreditRatio: 1 }, 1],
  ["cancels apart", { modifyCost: 1, cancelsShareCounter: false, makerCreditRatio: 1 }, 1],
  ["no credit for makers", { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 0 }, 1],
  ["growth mode", { modifyCost: 1, cancelsShareCounter: true, makerCreditRatio: 1 }, 0.1],
];

/** The same requests and fills at the venue's limiter and in a ledger of these rules; reconciled after each step. */
function follow(
  venue: LedgerRules,
  ours: LedgerRules,
  credit: number,
  steps: readonly [number, number][],
): QuotaLedger {
  const limiter = new AddressLimiter(9_950, 0, venue);
  const ledger = new QuotaLedger(ours);
  const told = (nowUs: number): void =>
    ledger.onVenue(
      limiter.netUsedCount,
      limiter.capCount,
      Math.max(0, limiter.reservedCount - limiter.usedCount),
      0,
      nowUs,
    );
  told(0);
  steps.forEach(([what, n], i) => {
    const nowUs = (i + 1) * 15 * S;
    if (what === 3) {
      limiter.onFill(n * USD * credit);
      ledger.onFill(n * USD * credit, nowUs);
    } else {
      // A batch of n is n requests: one after the other here, as one action there.
      const action = [ACTION.place, ACTION.modify, ACTION.cancel][what] as number;
      const units = action === ACTION.modify ? n * venue.modifyCost : n;
      const granted = limiter.request(units, action === ACTION.cancel, nowUs, nowUs);
      for (let k = 0; k < n; k++) ledger.onSent(action);
      for (let k = 0; k < n; k++) {
        if (granted) ledger.onAnswered(nowUs);
        else ledger.onRefused(action, nowUs);
      }
    }
    const before = [ledger.usedCount, ledger.capCount];
    if (venue === ours) expect(before).toEqual([limiter.netUsedCount, limiter.capCount]);
    told(nowUs);
  });
  return ledger;
}

describe("against the venue's own limiter", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 30 })), { maxLength: 60 });

  test.each(VARIANTS)("%s: our count is the venue's to the unit, and never drifts", (_name, rules, credit) => {
    fc.assert(
      fc.property(steps, (list) => {
        expect(follow(rules, rules, credit, list).driftCount).toBe(0);
      }),
      { seed: 20260110, numRuns: 60 },
    );
  });

  const mixed: [number, number][] = Array.from({ length: 40 }, (_, i) => [i % 4, 3]);
  const wrong = VARIANTS.flatMap(([name, venue, credit]) =>
    VARIANTS.filter(([, ours]) => JSON.stringify(ours) !== JSON.stringify(venue)).map(
      ([other, ours]): [string, string, LedgerRules, LedgerRules, number] => [name, other, venue, ours, credit],
    ),
  );
  test.each(wrong)("where the venue is %s and we believe %s, drift shows it", (_a, _b, venue, ours, credit) => {
    // Everybody's volume counts the same where makers get none and markets little of it: enough fills tell them apart.
    const list = credit < 1 ? mixed.map(([what, n]): [number, number] => [what, what === 3 ? 30 : n]) : mixed;
    expect(follow(venue, ours, credit, list).driftCount).toBeGreaterThan(0);
  });
});
