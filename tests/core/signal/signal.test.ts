import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BBO, BOOK, FrameLane, KIND } from "../../../src/core/frame.ts";
import { BookView } from "../../../src/core/market/book.ts";
import { type Sweep, SweepAssembler } from "../../../src/core/market/trades.ts";
import { type MarketParams, moneyFromCapital, PROFILE_DEFAULTS } from "../../../src/core/params.ts";
import { Prng } from "../../../src/core/prng.ts";
import { Viability } from "../../../src/core/quote/viability.ts";
import { REASON } from "../../../src/core/reason.ts";
import { Flow } from "../../../src/core/signal/flow.ts";
import { CHANNEL, SignalHub } from "../../../src/core/signal/hub.ts";
import { microPrice } from "../../../src/core/signal/imbalance.ts";
import { Impact } from "../../../src/core/signal/impact.ts";
import { Intensity, inverseMeanKappa, lowKappa, posteriorKappa } from "../../../src/core/signal/intensity.ts";
import { VarianceAverage, Volatility } from "../../../src/core/signal/volatility.ts";

const BPS = 1e-4;
const S = 1_000_000;
const params: MarketParams = { ...PROFILE_DEFAULTS.perp, ...moneyFromCapital(100e6, 10, 11.5e6) };

function bookOf(bid: [number, number], ask: [number, number]): BookView {
  const lane = new FrameLane(64);
  const at = lane.begin(KIND.bbo, BBO.size, 1, 1, 0);
  lane.data.set([...bid, ...ask], at + BBO.bidPx);
  const book = new BookView();
  book.applyBbo(lane.data, at);
  return book;
}

describe("fair value", () => {
  test("the touch weighted by the opposite size: 30 on 100.0 and 10 on 100.1 make 100.075", () => {
    expect(microPrice(bookOf([100_000, 30], [100_100, 10]))).toBeCloseTo(100_075, 9);
  });

  test("lies within the touch, mirrors with the sides, and is the mid for equal sizes", () => {
    const size = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1e6 }),
        fc.integer({ min: 1, max: 500 }),
        size,
        size,
        (bid, spread, a, b) => {
          const fair = microPrice(bookOf([bid, a], [bid + spread, b]));
          const mirrored = microPrice(bookOf([bid, b], [bid + spread, a]));
          expect(fair >= bid && fair <= bid + spread).toBe(true);
          expect(fair + mirrored).toBeCloseTo(2 * bid + spread, 6);
          if (a === b) expect(fair).toBeCloseTo(bid + spread / 2, 9);
        },
      ),
      { seed: 20250904, numRuns: 200 },
    );
  });
});

describe("volatility", () => {
  test("moving averages at irregular times, half-life 5 s ln 2: reference sums", () => {
    const px = [100, 100.02, 99.99, 100.03, 100.05, 100.01, 100.04, 100.02, 100.07, 100.06, 100.1];
    const times = [0, 0.4, 1, 1.5, 3, 3.2, 4, 5.5, 6, 8, 9];
    const average = new VarianceAverage(5 * Math.LN2);
    for (let i = 1; i < px.length; i++) {
      const r = Math.log((px[i] as number) / (px[i - 1] as number));
      average.add(r * r, 0, (times[i] as number) - (times[i - 1] as number));
    }
    expect(average.square).toBeCloseTo(4.811342187341e-7, 17);
    expect(average.seconds).toBeCloseTo(4.769866836908, 11);
    expect(Math.sqrt(average.corrected) / BPS).toBeCloseTo(3.17599636, 7);
  });

  test("plain and autocovariance-corrected sums of ten returns; a negative one is floored at a fifth", () => {
    const px = [100, 100.02, 99.99, 100.03, 100.05, 100.01, 100.04, 100.02, 100.07, 100.06, 100.1];
    const average = new VarianceAverage(1e12);
    let last = 0;
    for (let i = 1; i < px.length; i++) {
      const r = Math.log((px[i] as number) / (px[i - 1] as number));
      average.add(r * r, r * last, 1);
      last = r;
    }
    expect(average.square).toBeCloseTo(1.039260594722e-6, 17);
    expect(average.square + 2 * average.cross).toBeCloseTo(-6.007984335212e-8, 17);
    expect(average.corrected).toBeCloseTo((0.2 * 1.039260594722e-6) / 10, 17);
  });

  function feed(sigma: number, noise: number, seconds: number, seed: number): Volatility {
    const random = new Prng(seed);
    const v = new Volatility(params);
    let x = Math.log(100);
    for (let t = 1; t <= seconds; t++) {
      x += sigma * random.normal();
      v.onPrice(Math.exp(x + noise * random.normal()));
      v.onTimer(t * S);
    }
    return v;
  }

  test("finds the volatility under bounce as large as itself, where the plain estimate reads 1.7 times too much", () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const mean = seeds.reduce((sum, seed) => sum + feed(1.5 * BPS, 1 * BPS, 3600, seed).sigma, 0) / seeds.length;
    expect(mean / (1.5 * BPS)).toBeGreaterThan(0.85);
    expect(mean / (1.5 * BPS)).toBeLessThan(1.15);
  });

  test("scales with the moves, does not care for the level of price, and follows the unit of time", () => {
    const sum = (scale: number, level: number, seconds: number): number => {
      const random = new Prng(3);
      const average = new VarianceAverage(60 * seconds);
      let x = Math.log(level);
      let last = x;
      for (let i = 0; i < 500; i++) {
        x += scale * 1e-4 * random.normal();
        average.add((x - last) ** 2, 0, seconds);
        last = x;
      }
      return Math.sqrt(average.corrected);
    };
    expect(sum(3, 100, 1) / sum(1, 100, 1)).toBeCloseTo(3, 9);
    expect(sum(1, 5, 1) / sum(1, 100, 1)).toBeCloseTo(1, 9);
    expect(sum(1, 100, 4) / sum(1, 100, 1)).toBeCloseTo(0.5, 9);
  });

  test("one jump is not volatility, and a gap is no return", () => {
    const v = feed(1 * BPS, 0, 600, 9);
    const before = v.sigma;
    v.onPrice(200);
    v.onTimer(601 * S);
    expect(v.sigma / before).toBeLessThan(1.5);
    v.onGap();
    const held = v.sigma;
    v.onPrice(300);
    v.onTimer(700 * S);
    expect(v.sigma).toBe(held);
  });
});

describe("kappa", () => {
  const depths = [0.8, 1.5, 0.4, 3.2, 2.1, 0.9, 5, 1.2].map((d) => d * BPS);
  const sum = depths.reduce((a, b) => a + b, 0);

  test("maximum likelihood of eight depths, plain and beyond a touch of .3 bps", () => {
    expect(posteriorKappa(8, sum)).toBeCloseTo(5298.01324503, 6);
    expect(posteriorKappa(8, sum - 8 * 0.3 * BPS)).toBeCloseTo(6299.21259843, 6);
    expect(posteriorKappa(7, sum)).toBeCloseTo(4635.7615894, 6);
  });

  test("posterior with ten pseudo-observations of 1,000", () => {
    const alpha = 18;
    const beta = 10 / 1000 + sum;
    expect(posteriorKappa(alpha, beta)).toBeCloseTo(1563.8575152, 6);
    expect(1 / inverseMeanKappa(alpha, beta) / BPS).toBeCloseTo(6.7705882353, 8);
    expect(lowKappa(alpha, beta)).toBeLessThan(inverseMeanKappa(alpha, beta) * 1.01);
  });

  function sweep(depthFrac: number, side = 1, venueTimeUs = 0): Sweep {
    return { side, venueTimeUs, midBefore: 100, depthFrac, notionalUsd: 1e9 };
  }

  test("is local: sweeps that stop at the touch do not make it steep, and A is what the tail implies at zero", () => {
    const random = new Prng(5);
    const estimate = new Intensity(params);
    estimate.setFlatDistance(6 * BPS);
    for (let t = 1; t <= 3600; t++) {
      // Four of five sweeps stop at 0.6 bps; the tail beyond 2 bps decays at 2,000.
      if (t % 3 === 0) estimate.onSweep(sweep(random.unit() < 0.8 ? 0.6 * BPS : 2 * BPS + random.exponential() / 2000));
      estimate.onTimer(t * S);
    }
    expect(estimate.thresholdFrac).toBe(2 * BPS);
    expect(estimate.kappa).toBeGreaterThan(1600);
    expect(estimate.kappa).toBeLessThan(2500);
    expect(estimate.graduated).toBe(true);
    expect(estimate.touchRatio).toBeGreaterThan(0.75);
    const lambda = estimate.ratePerSecond;
    expect(estimate.arrivalPerSecond).toBeCloseTo(lambda * Math.exp(estimate.kappaForQuotes * 2 * BPS), 12);
  });

  test("the threshold stays within half the flat distance and changes at most once in five minutes", () => {
    const estimate = new Intensity(params);
    estimate.setFlatDistance(2.5 * BPS);
    for (let i = 0; i < 300; i++) estimate.onSweep(sweep(20 * BPS));
    estimate.onTimer(S);
    expect(estimate.thresholdFrac).toBe(1 * BPS);
    estimate.setFlatDistance(100 * BPS);
    estimate.onTimer(200 * S);
    expect(estimate.thresholdFrac).toBe(1 * BPS);
    estimate.onTimer(301 * S);
    expect(estimate.thresholdFrac).toBe(8 * BPS);
  });

  test("ten times the depths are a tenth of kappa, in any order, between prior and data", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-5, max: 1e-2, noNaN: true }), { minLength: 2, maxLength: 50 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (d, c) => {
          const total = (x: number[]): number => x.reduce((a, b) => a + b, 0);
          const mle = posteriorKappa(d.length, total(d));
          expect((posteriorKappa(d.length, total(d.map((x) => c * x))) * c) / mle).toBeCloseTo(1, 9);
          expect(posteriorKappa(d.length, total([...d].reverse())) / mle).toBeCloseTo(1, 9);
          const posterior = posteriorKappa(10 + d.length, 10 / 3500 + total(d));
          expect(posterior >= Math.min(mle, 3500) * (1 - 1e-12) && posterior <= Math.max(mle, 3500) * (1 + 1e-12)).toBe(
            true,
          );
        },
      ),
      { seed: 20250904, numRuns: 200 },
    );
  });

  test("without data it is the prior, wider by its 30 % quantile, and not graduated", () => {
    const estimate = new Intensity(params);
    expect(estimate.kappa).toBe(3500);
    expect(estimate.kappaForQuotes).toBeLessThan(3000);
    expect(estimate.graduated).toBe(false);
  });
});

describe("sweeps", () => {
  test("prints of one side and millisecond are one, as deep as the deepest", () => {
    const assembler = new SweepAssembler();
    assembler.open(1, 5, 100);
    assembler.add(101, 2);
    assembler.add(103, 1);
    expect(assembler.continues(1, 5)).toBe(true);
    expect(assembler.continues(-1, 5)).toBe(false);
    expect(assembler.close()).toBe(true);
    expect(assembler.sweep).toMatchObject({ side: 1, depthFrac: 0.03, notionalUsd: 305 });
    expect(assembler.close()).toBe(false);
    assembler.open(1, 6, Number.NaN);
    expect(assembler.close()).toBe(false);
    expect(assembler.droppedCount).toBe(1);
  });
});

/** Feeds a world in which a sweep of depth D leaves share phi of it after five seconds. */
function impactOf(
  phi: number,
  noise: number,
  n: number,
): { impact: Impact; viability: Viability; intensity: Intensity } {
  const random = new Prng(11);
  const viability = new Viability();
  const impact = new Impact(params, viability);
  const intensity = new Intensity(params);
  for (let i = 1; i <= n; i++) {
    const at = i * 6 * S;
    const depthFrac = 0.5 * BPS + random.exponential() / 2000;
    const sweep: Sweep = { side: i % 2 === 0 ? 1 : -1, venueTimeUs: at, midBefore: 100, depthFrac, notionalUsd: 1e9 };
    viability.onTime(at);
    impact.onSweep(sweep);
    intensity.onSweep(sweep);
    const move = phi * depthFrac + noise * random.normal();
    impact.onMid(at + 5 * S, 100 * (1 + sweep.side * move));
    intensity.onTimer(at);
    impact.onTimer(at, 0);
  }
  return { impact, viability, intensity };
}

describe("impact", () => {
  test("finds the share of depth that stays, and is pulled to one half while cold", () => {
    expect(impactOf(0.9, 1 * BPS, 600).impact.fitPhi(1, 0)).toBeCloseTo(0.88, 1);
    // Quotes take it bounded, through the same mean: at the mean depth both lines agree.
    const { impact } = impactOf(1.4, 0.2 * BPS, 600);
    expect(impact.phi).toBe(0.8);
    expect(impact.curveInterceptFrac).toBeGreaterThan(1 * BPS);
    expect(impactOf(0.9, 0, 3).impact.fitPhi(1, 0)).toBeLessThan(0.8);
    expect(new Impact(params, new Viability()).phi).toBe(0.5);
  });

  test("a sweep that a gap cuts off teaches nothing", () => {
    const impact = new Impact(params, new Viability());
    impact.onSweep({ side: 1, venueTimeUs: 0, midBefore: 100, depthFrac: 9 * BPS, notionalUsd: 1 });
    impact.onGap();
    impact.onMid(60 * S, 200);
    impact.onTimer(61 * S, 0);
    expect(impact.phi).toBeCloseTo(0.5, 12);
    expect(impact.droppedCount).toBe(1);
  });

  test("own fills shift the intercept by their excess, shrunk by thirty", () => {
    const impact = new Impact(params, new Viability());
    for (let i = 0; i < 10; i++) impact.onOwnFill(5 * BPS, 1 * BPS);
    expect(impact.ownShiftFrac).toBeCloseTo((40 * BPS) / 40, 15);
  });
});

describe("viability", () => {
  const inputs = {
    thresholdIndex: 0,
    sigma: 1e-4,
    latencySeconds: 0.3,
    feeFrac: 1.5 * BPS,
    touchHalfFrac: 0.3 * BPS,
    clipUsd: 12e6,
  };
  test("too little data is undecided and says so", () => {
    const { viability } = impactOf(0.2, 1 * BPS, 20);
    viability.evaluate(inputs);
    expect([viability.state, viability.reason]).toEqual(["undecided", "few_blocks"]);
    const later = impactOf(0.2, 1 * BPS, 80);
    for (let b = 0; b < 60; b++) later.viability.onTime((600 + b * 30) * S);
    later.viability.evaluate(inputs);
    expect(later.viability.reason).toBe("few_sweeps");
  });

  test("harmless flow is viable, and its best depth pays", () => {
    const { viability } = impactOf(0.1, 0.5 * BPS, 800);
    viability.evaluate(inputs);
    expect([viability.state, viability.reason]).toEqual(["viable", "earns"]);
    expect(viability.edgeLoFrac).toBeGreaterThan(0);
    expect(viability.clipMinUsd).toBeGreaterThan(0);
  });

  test("flow that moves price by more than it reaches is not viable, and no depth is named", () => {
    const { viability } = impactOf(1.3, 0.5 * BPS, 800);
    viability.evaluate(inputs);
    expect([viability.state, viability.reason]).toEqual(["not_viable", "phi_at_least_one"]);
    expect(viability.bestDepthFrac).toBeNaN();
  });

  test("a fee above what any depth leaves is not viable", () => {
    const { viability } = impactOf(0.7, 0.5 * BPS, 800);
    viability.evaluate({ ...inputs, feeFrac: 40 * BPS });
    expect(viability.reason).toBe("no_depth_earns");
  });

  test("an order too small for its own requests is not called viable", () => {
    const { viability } = impactOf(0.1, 0.5 * BPS, 800);
    viability.evaluate({ ...inputs, sigma: 8e-4, clipUsd: 1e3 });
    expect(viability.state).not.toBe("viable");
  });

  test("is a function of its blocks: judged twice, the same", () => {
    const a = impactOf(0.5, 2 * BPS, 400).viability;
    a.evaluate(inputs);
    const first = [a.phiLo, a.phiHi, a.edgeLoFrac];
    a.evaluate(inputs);
    expect([a.phiLo, a.phiHi, a.edgeLoFrac]).toEqual(first);
  });
});

describe("flow", () => {
  test("balanced flow is harmless, one-sided flow is toxic, too little is unknown", () => {
    const flow = new Flow();
    expect(flow.toxicity).toBeNaN();
    for (let i = 0; i < 12; i++) flow.onSweep(i % 2 === 0 ? 1 : -1, 1e6, 1);
    expect(flow.toxicity).toBeCloseTo(0, 12);
    for (let i = 0; i < 40; i++) flow.onSweep(1, 1e6, 2);
    expect(flow.toxicity).toBe(1);
  });
});

describe("signal hub", () => {
  function hub(): { h: SignalHub; id: number } {
    const h = new SignalHub(params);
    const id = h.register("depth", CHANNEL.book);
    for (let t = 1; t <= 60; t++) h.onChannel(CHANNEL.book, t * 0.5 * S);
    return { h, id };
  }

  test("never warm is cold, and cold costs nothing however old", () => {
    const { h } = hub();
    h.update(500 * S);
    expect(h.view()[0]?.state).toBe("cold");
    expect(h.staleFactor).toBe(1);
  });

  test("warm and then older than three of its spacings is stale, costs 1.5, and recovers", () => {
    const { h, id } = hub();
    h.setWarm(id, true, 30 * S);
    h.update(31 * S);
    expect(h.staleFactor).toBe(1);
    h.update(33 * S);
    expect(h.view()[0]).toMatchObject({ name: "depth", state: "stale", sinceUs: 33 * S });
    expect(h.staleFactor).toBe(1.5);
    h.onChannel(CHANNEL.book, 34 * S);
    h.update(34 * S);
    expect(h.view()[0]?.state).toBe("warm");
  });

  test("two stale signals cost 2, a disabled one nothing", () => {
    const { h, id } = hub();
    const other = h.register("context", CHANNEL.context);
    const off = h.register("reference", CHANNEL.book);
    h.disable(off, 0);
    for (let t = 1; t <= 30; t++) h.onChannel(CHANNEL.context, t * S);
    h.setWarm(id, true, 30 * S);
    h.setWarm(other, true, 30 * S);
    h.update(60 * S);
    expect(h.staleFactor).toBe(2);
    expect(h.view()[2]).toMatchObject({ state: "disabled", costFactor: 0 });
  });

  test("bbo and trades age with the connection, not with themselves", () => {
    const { h } = hub();
    const id = h.register("fair", CHANNEL.bbo);
    h.onChannel(CHANNEL.bbo, 1 * S);
    h.setWarm(id, true, 1 * S);
    h.onConnection(59 * S);
    h.update(60 * S);
    expect(h.view()[1]?.state).toBe("warm");
    h.update(62 * S);
    expect(h.view()[1]?.state).toBe("stale");
  });

  test("a channel that slows down is known by its new pace after a while", () => {
    const { h, id } = hub();
    h.setWarm(id, true, 30 * S);
    let t = 30 * S;
    for (let i = 0; i < 9_000; i++) {
      t += 5 * S;
      h.onChannel(CHANNEL.book, t);
    }
    h.update(t + 12 * S);
    expect(h.view()[0]?.state).toBe("warm");
    expect(h.feedReason(t + 9 * S)).toBe(REASON.none);
  });

  test("ten seconds of silence, or three missed books, stop quoting", () => {
    const { h } = hub();
    h.update(30 * S);
    h.onConnection(31 * S);
    expect(h.feedReason(31.5 * S)).toBe(REASON.none);
    h.onConnection(33 * S);
    expect(h.feedReason(33 * S)).toBe(REASON.stale_feed);
    const silent = new SignalHub(params);
    silent.onConnection(0);
    expect(silent.feedReason(10 * S)).toBe(REASON.none);
    expect(silent.feedReason(10 * S + 1)).toBe(REASON.stale_feed);
  });
});

test("the hot path of the estimators allocates nothing", () => {
  const book = new BookView();
  const lane = new FrameLane(256);
  const bbo = lane.begin(KIND.bbo, BBO.size, 1, 1, 0);
  lane.data.set([100_000, 5, 100_100, 7], bbo + BBO.bidPx);
  const full = lane.begin(KIND.book, BOOK.levels + 8, 1, 1, 0);
  lane.data.set([0, 2, 2, 100_000, 5, 99_900, 6, 100_100, 7, 100_200, 8], full + BOOK.fast);
  const volatility = new Volatility(params);
  const intensity = new Intensity(params);
  const impact = new Impact(params, new Viability());
  const sweep: Sweep = { side: 1, venueTimeUs: 0, midBefore: 100_050, depthFrac: 3 * BPS, notionalUsd: 1e9 };
  let t = 0;
  const work = (n: number): void => {
    for (let i = 0; i < n; i++) {
      t += 250_000;
      book.applyBook(lane.data, full);
      book.applyBbo(lane.data, bbo);
      volatility.onPrice(microPrice(book));
      volatility.onTimer(t);
      sweep.venueTimeUs = t;
      intensity.onSweep(sweep);
      impact.onSweep(sweep);
      impact.onMid(t, 100_050);
      intensity.onTimer(t);
      impact.onTimer(t, 0);
    }
  };
  work(20_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(50_000);
  expect(heapStats().objectCount - before).toBeLessThan(200);
});
