import { describe, expect, test } from "bun:test";
import { BUY, SELL } from "../../src/core/frame.ts";
import { type MarketParams, moneyFromCapital, PROFILE_DEFAULTS } from "../../src/core/params.ts";
import { Prng } from "../../src/core/prng.ts";
import { Reference } from "../../src/core/signal/reference.ts";
import { BPS } from "../../src/core/units.ts";
import { resolveReference } from "../../src/wire/hyperliquid/instrument.ts";
import { makeMirrorWorld, makeWorld, runWorld } from "../fixtures/world.ts";

const SEED = 7;

const paramsOf = (set: Partial<MarketParams>): MarketParams => ({
  ...PROFILE_DEFAULTS.hip3,
  ...moneyFromCapital(100e6, 10, 11.5e6),
  ...set,
});

/** Feeds a random walk of `sigmaBps` a root second; the market follows `lagSteps` quarter-seconds later (NaN: on its own). */
function walk(reference: Reference, minutes: number, lagSteps: number, sigmaBps = 2): { own: number; other: number } {
  const random = new Prng(SEED);
  const path: number[] = [0];
  let own = 0;
  let other = 0;
  for (let i = 1; i <= minutes * 240; i++) {
    path.push((path[i - 1] as number) + sigmaBps * BPS * 0.5 * random.normal());
    if (Number.isNaN(lagSteps)) own += sigmaBps * BPS * 0.5 * random.normal();
    else own = path[Math.max(0, i - lagSteps)] as number;
    other = path[i] as number;
    // The reference stands 1 % away in price and in other units: only the basis knows.
    reference.onReference(1.01e4 * Math.exp(other));
    reference.onTimer(3e6 * Math.exp(own));
  }
  return { own: 3e6 * Math.exp(own), other: 1.01e4 * Math.exp(other) };
}

describe("what a reference is worth", () => {
  test.each([0, 1, 2, 4])("a lead of %d quarter-seconds is found", (steps) => {
    const reference = new Reference(paramsOf({}));
    walk(reference, 30, steps);
    expect(reference.lagSeconds).toBe(steps / 4);
  });

  test("a market that follows half a second later: a weight of one, and no gain at 0.3 s beyond the first half second", () => {
    const late = new Reference(paramsOf({ latencySeconds: 1 }));
    walk(late, 60, 2);
    expect(late.weight).toBeGreaterThan(0.5);
    // By the time our order stands, the market has followed.
    expect(late.isProven).toBe(false);
    expect(late.gainLoFrac).toBeLessThan(0);
    const quick = new Reference(paramsOf({ latencySeconds: 0.25 }));
    walk(quick, 60, 4);
    expect(quick.isProven).toBe(true);
    expect(quick.gainLoFrac).toBeGreaterThan(0);
    expect(quick.r2).toBeGreaterThan(0.3);
  });

  test("a market of its own: no weight to speak of, nothing proven, nothing moved", () => {
    const reference = new Reference(paramsOf({}));
    const { own } = walk(reference, 60, Number.NaN);
    expect(reference.weight).toBeLessThan(0.1);
    expect(reference.isProven).toBe(false);
    expect(reference.shiftFrac(own, 1)).toBe(0);
  });

  test("fair value moves by weight times deviation, within its cap, and not when the two have come apart", () => {
    const reference = new Reference(paramsOf({ latencySeconds: 0.25 }));
    const { own, other } = walk(reference, 60, 4);
    const sd = reference.deviationSd;
    const at = (deviation: number): number => {
      const now = reference.deviation(own);
      reference.onReference(other * Math.exp(deviation - now));
      const shift = reference.shiftFrac(own, 0.01);
      reference.onReference(other);
      return shift;
    };
    expect(at(sd)).toBeCloseTo(reference.weight * sd, 12);
    expect(at(-sd)).toBeCloseTo(-reference.weight * sd, 12);
    expect(at(7 * sd)).toBe(0);
    reference.onReference(other * Math.exp(3 * sd - reference.deviation(own)));
    expect(reference.shiftFrac(own, sd / 10)).toBe(sd / 10);
  });
});

describe("the veto", () => {
  test("a reference that fell holds the bid back by what exceeds the noise, and leaves the ask alone", () => {
    const reference = new Reference(paramsOf({ latencySeconds: 1 }));
    const { own, other } = walk(reference, 10, 0);
    expect(reference.vetoFrac(BUY, own)).toBe(0);
    const fall = 10 * BPS + reference.deviation(own);
    reference.onReference(other * Math.exp(-fall));
    expect(reference.vetoFrac(BUY, own)).toBeCloseTo(10 * BPS - 2 * reference.deviationSd, 10);
    expect(reference.vetoFrac(SELL, own)).toBe(0);
    reference.onReference(other * 0.9);
    expect(reference.vetoFrac(BUY, own)).toBe(PROFILE_DEFAULTS.hip3.halfSpreadMaxFrac);
  });

  test("before a minute of both prices there is none", () => {
    const reference = new Reference(paramsOf({}));
    const { own } = walk(reference, 0.9, 0);
    reference.onReference(1);
    expect(reference.vetoFrac(BUY, own)).toBe(0);
  });

  test("a basis from an earlier run counts at once and makes nothing warm", () => {
    const reference = new Reference(paramsOf({}));
    reference.applyPrior(Math.log(300), 1);
    reference.onReference(100);
    expect(reference.deviation(30_000)).toBeCloseTo(0, 12);
    expect([reference.isWarm, reference.isProven, reference.vetoFrac(BUY, 40_000)]).toEqual([false, false, 0]);
  });
});

describe("in a run", () => {
  test("a reference that is a second ahead is proven, moves fair value, and pays", () => {
    const world = makeMirrorWorld(11, 1500, 1000);
    const fixed = ["half_spread_fixed_bps=4", "reference_veto_sd=0"];
    const led = runWorld(world, fixed);
    const blind = runWorld(world, [...fixed, "reference_weight_max=0"]);
    const reference = led.desk.engines[0]?.board.reference;
    expect(reference?.isProven).toBe(true);
    expect(reference?.lagSeconds).toBe(1);
    expect(led.sequencer.intentHash).not.toBe(blind.sequencer.intentHash);
    const edge = (s: typeof led): number => s.finish([], [])[0]?.edge_bps["5"].mean ?? Number.NaN;
    expect(edge(led)).toBeGreaterThan(edge(blind));
  });

  test("a reference that falls silent is stale by name, costs a named term, and comes back", () => {
    const world = makeWorld(5, 200, (push, second) => {
      const isReference = push.text.includes('"coin":"HYPE"');
      return !(isReference && second > 120 && second < 150);
    });
    const seen: string[] = [];
    let factor = 1;
    const session = runWorld(world, [], {
      onPush: (s) => {
        const view = s.desk.engines[0]?.board.hub.view().find((v) => v.name === "reference");
        if (view !== undefined && view.state !== seen.at(-1)) seen.push(view.state);
        if (view?.state === "stale") factor = s.desk.engines[0]?.board.hub.staleFactor ?? 0;
      },
    });
    expect(seen).toEqual(["cold", "warm", "stale", "warm"]);
    expect(factor).toBe(1.5);
    expect(session.finish([], [])[0]?.reference).toMatchObject({ market: "HYPE", state: "warm" });
  });

  test("while it is silent nothing is learnt from it: the basis stands, however the market goes", () => {
    const world = makeWorld(5, 480, (push, second) => !(push.text.includes('"coin":"HYPE"') && second > 120));
    const bases: number[] = [];
    const session = runWorld(world, [], {
      onPush: (s) => {
        const board = s.desk.engines[0]?.board;
        if (board === undefined) return;
        const view = board.hub.view().find((v) => v.name === "reference");
        if (view?.state === "stale") bases.push(board.reference.basis);
      },
    });
    expect(bases.length).toBeGreaterThan(1_000);
    expect(new Set(bases).size).toBe(1);
    const report = session.finish([], [])[0];
    expect(report?.warnings.find((w) => w.code === "stale")?.text).toContain("signal reference is stale and costs");
  });

  test("a validator perp has none, a HIP-3 market without a namesake follows its oracle", () => {
    const world = makeWorld(5, 100);
    const none = runWorld(world, [], { markets: ["HYPE"] });
    expect(none.finish([], [])[0]?.reference).toMatchObject({ market: "none", state: "disabled" });
    const answers = world.answers.map((a) =>
      a.request.type === "meta" && a.request.dex === undefined
        ? { ...a, response: { universe: [{ name: "BTC", szDecimals: 5, maxLeverage: 40 }] } }
        : a,
    );
    const oracle = runWorld({ ...world, answers }, []);
    expect(oracle.finish([], [])[0]?.reference).toMatchObject({ market: "oracle", state: "warm" });
    expect(oracle.desk.engines[0]?.board.reference.isWarm).toBe(true);
  });

  test.each([
    ["HYPE", { kind: "none" }],
    ["hyna:HYPE", { kind: "market", coin: "HYPE", szDecimals: 2 }],
    ["xyz:XYZ100", { kind: "oracle" }],
    ["hyna:OLD", { kind: "oracle" }],
  ] as const)("%s is measured against %o", (coin, expected) => {
    const universe = [
      { name: "HYPE", szDecimals: 2, maxLeverage: 10 },
      { name: "OLD", szDecimals: 2, maxLeverage: 10, isDelisted: true },
    ];
    expect(resolveReference(coin, [{ request: { type: "meta" }, response: { universe } }])).toEqual(expected);
  });
});
