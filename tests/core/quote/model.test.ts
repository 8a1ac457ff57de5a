import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type MarketParams, moneyFromCapital, PROFILE_DEFAULTS } from "../../../src/core/params.ts";
import { GammaModel, gammaFromSkew, logGammaShift, softBound } from "../../../src/core/quote/gamma.ts";
import { closedFormSkew, GlftSolver } from "../../../src/core/quote/glft.ts";
import { type QuoteInputs, QuoteModel } from "../../../src/core/quote/model.ts";
import { sumTerms, TERM } from "../../../src/core/quote/spread.ts";

const BPS = 1e-4;

function params(set: Partial<MarketParams> = {}): MarketParams {
  return { ...PROFILE_DEFAULTS.perp, ...moneyFromCapital(100e6, 10, 11.5e6), ...set };
}

function inputs(set: Partial<QuoteInputs> = {}): QuoteInputs {
  return {
    nowUs: 1e6,
    kappaPerFrac: 3583,
    arrivalPerSecond: 0.224,
    phi: 0.5,
    interceptFrac: 0,
    feeFrac: 1.5 * BPS,
    sigma: 1e-4,
    latencySeconds: 0.3,
    staleFactor: 1,
    tickFrac: 0.3 * BPS,
    clipsMax: 4,
    features: { volatility: 0, toxicity: 0, depletion: 0, kappaUncertainty: 0, drawdown: 0 },
    ...set,
  };
}

function priced(set: Partial<QuoteInputs>, q = 0, used = 0, p = params()): QuoteModel {
  const model = new QuoteModel(p);
  model.refresh(inputs(set));
  model.price(q, used);
  return model;
}

describe("adverse selection enters by a change of variable", () => {
  test("reference bids at phi .5, fee 1.5 bps, kappa 3583, A .224, no aversion, two clips", () => {
    const keep = 0.5;
    const kappa = 3583;
    const cost = 0.5 / kappa + 1.5 * BPS;
    const solver = new GlftSolver();
    solver.solve(kappa / keep, 0.224 * Math.exp((-kappa * cost) / keep), 0, 1e-4, 2);
    const bids = [-2, -1, 0, 1].map((q) => (solver.bid(q) + cost) / keep / BPS);
    [7.048825, 8.18046, 8.983369, 10.115005].forEach((bps, i) => {
      expect(bids[i]).toBeCloseTo(bps, 6);
    });
  });

  test("base + fee + AS(d0) is d0 exactly", () => {
    const model = priced({});
    const t = model.bidTerms;
    const d0 = (t[TERM.base] as number) + (t[TERM.fee] as number) + (t[TERM.adverse_selection] as number);
    expect(d0).toBeCloseTo(model.halfFlatFrac, 15);
    expect(t[TERM.adverse_selection]).toBeCloseTo(0.5 * (d0 + 1 / 3583), 15);
    expect(t[TERM.base]).toBeCloseTo(model.baseFrac, 15);
  });

  test("a phi at or above 1 is quoted as .8: the answer to it is the verdict, not a wider quote", () => {
    expect(priced({ phi: 3 }).bidBestFrac).toBe(priced({ phi: 0.8 }).bidBestFrac);
    expect(priced({ phi: -7 }).bidBestFrac).toBe(priced({ phi: -1 }).bidBestFrac);
  });
});

describe("the spread is a sum", () => {
  const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  test("of its terms, floor and cap included, for any estimates and position", () => {
    fc.assert(
      fc.property(
        number(200, 20_000),
        number(0.001, 2),
        number(-1.5, 2),
        number(-5, 5),
        number(1e-5, 2e-3),
        number(-1, 1),
        (kappaPerFrac, arrivalPerSecond, phi, a, sigma, used) => {
          const model = priced({ kappaPerFrac, arrivalPerSecond, phi, interceptFrac: a * BPS, sigma }, used * 4, used);
          expect(sumTerms(model.bidTerms)).toBeCloseTo(model.bidBestFrac, 12);
          expect(sumTerms(model.askTerms)).toBeCloseTo(model.askBestFrac, 12);
          expect(model.bidBestFrac <= 50 * BPS + 1e-15).toBe(true);
          expect(model.bidBestFrac + model.askBestFrac).toBeGreaterThan(0);
        },
      ),
      { seed: 20250904, numRuns: 300 },
    );
  });

  test("extreme estimates still give finite distances below the cap, and finite terms", () => {
    const seen = { under: 0, over: 0 };
    fc.assert(
      fc.property(
        number(5_000, 80_000),
        number(-3, 5),
        number(-300, 300),
        number(2e-5, 3e-3),
        fc.integer({ min: 1, max: 20 }),
        number(-1, 1),
        (kappaPerFrac, phi, a, sigma, clipsMax, used) => {
          const model = priced({ kappaPerFrac, phi, interceptFrac: a * BPS, sigma, clipsMax }, used * clipsMax, used);
          const keep = 1 - Math.min(0.8, Math.max(-1, phi));
          const exponent = (-kappaPerFrac * (a * BPS)) / keep;
          if (exponent < -750) seen.under += 1;
          if (exponent > 750) seen.over += 1;
          for (const terms of [model.bidTerms, model.askTerms]) expect(terms.every(Number.isFinite)).toBe(true);
          expect(sumTerms(model.bidTerms)).toBeCloseTo(model.bidBestFrac, 12);
          expect(sumTerms(model.askTerms)).toBeCloseTo(model.askBestFrac, 12);
          expect(Math.max(model.bidBestFrac, model.askBestFrac)).toBeLessThanOrEqual(50 * BPS + 1e-15);
        },
      ),
      { seed: 20250904, numRuns: 400 },
    );
    // Both ends of a double are passed, so that the test means something.
    expect(seen.under).toBeGreaterThan(5);
    expect(seen.over).toBeGreaterThan(5);
  });

  test("volatility and latency add 1.5 kappa sigma^2 L", () => {
    const term = priced({ sigma: 2e-4 }).bidTerms[TERM.volatility_latency];
    expect(term).toBeCloseTo(1.5 * 3583 * 4e-8 * 0.3, 15);
  });

  test("stale signals add (f - 1) times the base, once", () => {
    const fresh = priced({});
    const stale = priced({ staleFactor: 1.5 });
    expect(stale.bidTerms[TERM.staleness]).toBeCloseTo(0.5 * fresh.baseFrac, 15);
    expect(stale.bidBestFrac - fresh.bidBestFrac).toBeCloseTo(0.5 * fresh.baseFrac, 15);
  });

  test("the governor widens the growing side only, from half the cap on", () => {
    const model = priced({}, 3, 0.75);
    expect(model.bidTerms[TERM.governor]).toBeCloseTo(0.5 * model.baseFrac, 15);
    expect(model.askTerms[TERM.governor]).toBe(0);
    expect(priced({}, 2, 0.5).bidTerms[TERM.governor]).toBe(0);
  });

  test("the floor is the larger of a tick and 1.5 sigma sqrt(L), the cap is the user's", () => {
    const tight = { phi: 0, feeFrac: 0, kappaPerFrac: 50_000 };
    const wide = priced({ ...tight, sigma: 1e-5, tickFrac: 9 * BPS });
    expect(wide.bidBestFrac).toBeCloseTo(9 * BPS, 12);
    expect(wide.bidFloorBound).toBe(true);
    const capped = priced({ interceptFrac: 40 * BPS });
    expect(capped.bidBestFrac).toBeCloseTo(50 * BPS, 12);
    expect(capped.bidCapBound).toBe(true);
  });
});

describe("signs", () => {
  test("more inventory moves both quotes down, and the reducing side never beyond the flat one", () => {
    let last = priced({}, 0, 0);
    const flat = last.askBestFrac;
    for (const q of [0.5, 1, 2, 3]) {
      const model = priced({}, q, q / 4);
      expect(model.bidBestFrac).toBeGreaterThan(last.bidBestFrac);
      expect(model.askBestFrac).toBeLessThan(last.askBestFrac);
      expect(model.askBestFrac).toBeLessThanOrEqual(flat);
      last = model;
    }
  });

  test("long and short mirror each other", () => {
    const long = priced({}, 2, 0.5);
    const short = priced({}, -2, -0.5);
    expect(long.bidBestFrac).toBeCloseTo(short.askBestFrac, 14);
    expect(long.askBestFrac).toBeCloseTo(short.bidBestFrac, 14);
  });

  test("skew at the cap is at least the linear one: it is never nothing", () => {
    const model = priced({}, 4, 1);
    expect(model.bidTerms[TERM.skew]).toBeGreaterThanOrEqual(model.halfFlatFrac * 0.5);
  });

  test("a larger kappa narrows, a dearer fee widens, more impact widens, more volatility does not narrow", () => {
    const width = (set: Partial<QuoteInputs>): number => priced(set).bidBestFrac + priced(set).askBestFrac;
    expect(width({ kappaPerFrac: 5000 })).toBeLessThan(width({ kappaPerFrac: 3000 }));
    expect(width({ feeFrac: 3 * BPS })).toBeGreaterThan(width({ feeFrac: 1.5 * BPS }));
    expect(width({ phi: 0.7 })).toBeGreaterThan(width({ phi: 0.3 }));
    expect(width({ sigma: 3e-4 })).toBeGreaterThan(width({ sigma: 1e-4 }));
  });
});

describe("gamma", () => {
  test("from a wanted skew: the closed form gives it back", () => {
    for (const [skew, gamma] of [
      [0.25, 4.39624164],
      [0.5, 17.56306385],
      [1, 69.9064687],
      [2, 274.37133922],
    ] as const) {
      const arrival = 0.04 * Math.exp(-5275 * 1.5 * BPS);
      const found = gammaFromSkew(skew * BPS, 5275, arrival, 1e-4, 0.1, 300);
      expect(found).toBeCloseTo(gamma, 6);
      expect(closedFormSkew(5275, arrival, found, 1e-4) / BPS).toBeCloseTo(skew, 9);
    }
    expect(gammaFromSkew(50 * BPS, 5275, 0.04, 1e-4, 0.1, 300)).toBe(300);
    expect(gammaFromSkew(0, 5275, 0.04, 1e-4, 0.1, 300)).toBe(0.1);
  });

  test("the log-additive bound: reference sums .4, 1.1 and 2.2 at gamma0 20 and M 1.2", () => {
    for (const [z, gamma] of [
      [0, 20],
      [0.4, 29.4162592912],
      [1.1, 47.6990888883],
      [2.2, 62.5467107501],
    ] as const) {
      expect(20 * Math.exp(softBound(z, 1.2))).toBeCloseTo(gamma, 8);
    }
  });

  test("cold features change nothing, warm ones raise it, never beyond e^M; blend 0 is the product", () => {
    const cold = {
      volatility: Number.NaN,
      toxicity: Number.NaN,
      depletion: Number.NaN,
      kappaUncertainty: Number.NaN,
      drawdown: Number.NaN,
    };
    const hot = { volatility: 1, toxicity: 1, depletion: 1, kappaUncertainty: 1, drawdown: 1 };
    expect(logGammaShift(cold, params())).toBe(0);
    expect(logGammaShift(hot, params())).toBeLessThan(1.2);
    expect(logGammaShift(hot, params())).toBeGreaterThan(1);
    const product = 1.5 * 1.6 * 1.3 * 1.3 * 1.3;
    expect(Math.exp(logGammaShift(hot, params({ riskModelBlend: 0 })))).toBeCloseTo(product, 12);
  });

  test("stays within e^M of gamma0, rises with every feature, and takes features in any order", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, unit, unit, unit, (volatility, toxicity, depletion, kappaUncertainty, drawdown) => {
        const features = { volatility, toxicity, depletion, kappaUncertainty, drawdown };
        const shift = logGammaShift(features, params());
        expect(Math.abs(shift)).toBeLessThanOrEqual(1.2);
        for (const blend of [0, 0.5, 1]) {
          const at = (f: typeof features): number => logGammaShift(f, params({ riskModelBlend: blend }));
          for (const key of Object.keys(features) as (keyof typeof features)[]) {
            expect(at({ ...features, [key]: Math.min(1, features[key] + 0.1) })).toBeGreaterThanOrEqual(at(features));
            expect(at({ ...features, [key]: Number.NaN })).toBeLessThanOrEqual(at(features));
          }
        }
        // With equal weights two features may change places.
        const even = params({ betaDepletion: 0.3, betaDrawdown: 0.3 });
        const swapped = { ...features, depletion: drawdown, drawdown: depletion };
        expect(logGammaShift(swapped, even)).toBeCloseTo(logGammaShift(features, even), 12);
      }),
      { seed: 20250904, numRuns: 100 },
    );
  });

  test("a blend is the geometric mix of both models", () => {
    const hot = { volatility: 0.7, toxicity: 0.4, depletion: 0.2, kappaUncertainty: 0.9, drawdown: 0.1 };
    const at = (riskModelBlend: number): number => logGammaShift(hot, params({ riskModelBlend }));
    expect(at(0.25)).toBeCloseTo(0.25 * at(1) + 0.75 * at(0), 12);
  });

  test("moves at most a tenth of its logarithm a second", () => {
    const model = new GammaModel();
    const none = { volatility: 0, toxicity: 0, depletion: 0, kappaUncertainty: 0, drawdown: 0 };
    model.update(10, none, params(), 0);
    expect(model.update(100, none, params(), 1e6)).toBeCloseTo(10 * Math.exp(0.1), 9);
  });
});

test("refreshing and pricing allocate nothing", () => {
  const model = new QuoteModel(params());
  const one = inputs();
  const work = (n: number): void => {
    for (let i = 0; i < n; i++) {
      one.kappaPerFrac = 3000 + (i % 5);
      one.nowUs += 250_000;
      model.refresh(one);
      model.price((i % 5) - 2, ((i % 5) - 2) / 4);
    }
  };
  work(3_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(5_000);
  expect(heapStats().objectCount - before).toBeLessThan(200);
});
