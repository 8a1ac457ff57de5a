import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  CHI_MAX,
  CHI_MIN,
  chiOfNode,
  lnChiOfRate,
  nodeOfLnChi,
  rateOfLnChi,
  solveBand,
} from "../../../src/core/quota/band.ts";
import { CHI_START, type PricedMarket, QuotaPrice, REQUEST_PRICE_USD } from "../../../src/core/quota/price.ts";

const S = 1_000_000;
const USD = 1_000_000;
const HOUR = 3600;
/** Ten per cent: one and a half steps between the values that chi takes. */
const NODE = 1.12;

describe("the table of bands", () => {
  test("its inverse gives chi back to 1.2 per cent over the whole range, to half a per cent below 5", () => {
    let worst = 0;
    let worstBelow = 0;
    for (let lnChi = Math.log(CHI_MIN); lnChi <= Math.log(CHI_MAX); lnChi += 0.031) {
      const { requoteRate } = solveBand(Math.exp(lnChi));
      worst = Math.max(worst, Math.abs(lnChiOfRate(requoteRate) - lnChi));
      worst = Math.max(worst, Math.abs(Math.log(rateOfLnChi(lnChi) / requoteRate)));
      if (lnChi < Math.log(5)) worstBelow = worst;
    }
    expect(worst).toBeLessThan(0.012);
    expect(worstBelow).toBeLessThan(0.005);
  });

  test("rates beyond the range give its ends", () => {
    expect(lnChiOfRate(1e9)).toBeCloseTo(Math.log(CHI_MIN), 12);
    expect(lnChiOfRate(1e-9)).toBeCloseTo(Math.log(CHI_MAX), 12);
    expect(lnChiOfRate(0)).toBeCloseTo(Math.log(CHI_MAX), 12);
  });

  test("a node is kept until the estimate is clearly nearer to another", () => {
    const node = nodeOfLnChi(Math.log(0.01), -1);
    const step = Math.LN10 / 32;
    expect(nodeOfLnChi(Math.log(0.01) + 0.7 * step, node)).toBe(node);
    expect(nodeOfLnChi(Math.log(0.01) + 0.8 * step, node)).toBe(node + 1);
    expect(chiOfNode(nodeOfLnChi(99, -1))).toBeCloseTo(CHI_MAX, 12);
    expect(chiOfNode(nodeOfLnChi(-99, node))).toBeCloseTo(CHI_MIN, 12);
  });
});

/** kappa 1,900, sigma 1.5 bps: goes stale in 12.3 s. */
const MARKET: PricedMarket = {
  stalenessPerSecond: (1900 * 1.5e-4) ** 2,
  kappaPerFrac: 1900,
  clipUsd: 30 * USD,
  creditRatio: 1,
  orderCount: 2,
  chiFixed: 0,
};

interface Given {
  surplus: number;
  /** Fills of one clip in the hour before. */
  fills?: number;
  market?: Partial<PricedMarket>;
  multiple?: number;
}

/** The price after an hour in which so much filled, evenly. */
function priceAfter({ surplus, fills = 34, market = {}, multiple = 1 }: Given): QuotaPrice {
  const price = new QuotaPrice(1, HOUR, 0, 1, true);
  const markets = [{ ...MARKET, ...market }];
  for (let s = 0; s <= HOUR; s += 20) {
    price.update(s * S, surplus, multiple, 0, markets);
    if (s < HOUR) price.onFill(0, ((markets[0]?.clipUsd ?? 0) * fills * 20) / HOUR);
  }
  return price;
}

/** What is remembered of an hour: two hours' forgetting. */
const REMEMBERED = 2 * (1 - Math.exp(-0.5));

describe("the price of a request", () => {
  test("before anything is known it is the usual one", () => {
    expect(new QuotaPrice(1, HOUR, 0, 1, true).chi(0)).toBe(CHI_START);
  });

  const rows: [surplus: number, fills: number, rho: number, clip: number][] = [
    [10_000, 34, 1, 30],
    [4_600, 34, 1, 30],
    [1_000, 34, 1, 30],
    [300, 34, 1, 30],
    [40, 34, 1, 30],
    [0, 34, 1, 30],
    [-500, 34, 1, 30],
    [300, 34, 0.1, 30],
    [40, 34, 0.1, 30],
    [300, 4, 1, 11.5],
    [-5_000, 4, 0.1, 11.5],
  ];
  test.each(rows)("with %d left, %d fills an hour, credit %d, clips of $%d", (surplus, fills, rho, clip) => {
    const price = priceAfter({ surplus, fills, market: { creditRatio: rho, clipUsd: clip * USD } });
    const perSecond = (2 + fills * REMEMBERED) / (900 + HOUR * REMEMBERED);
    const earned = rho * clip * perSecond;
    const saved = 0.5 * Math.min(1, Math.max(0, 1 - surplus / 100)) * earned;
    const pace = Math.max(earned + (surplus - 40) / HOUR - saved, 0.2 * earned, 0.01);
    const moves = Math.max(pace - perSecond, 0.1 * pace) / 2;
    const chi = Math.min(CHI_MAX, Math.max(CHI_MIN, Math.exp(lnChiOfRate(moves / MARKET.stalenessPerSecond))));
    expect(Math.abs(price.pacePerSecond / pace - 1)).toBeLessThan(0.01);
    expect(price.chi(0) / chi).toBeGreaterThan(1 / NODE);
    expect(price.chi(0) / chi).toBeLessThan(NODE);
    // An order that moves so often: exactly what the pace pays for.
    if (chi > CHI_MIN && chi < CHI_MAX)
      expect(solveBand(chi).requoteRate * MARKET.stalenessPerSecond * 2).toBeCloseTo(2 * moves, 1);
    const gain = ((perSecond / 2) * clip * USD) / MARKET.kappaPerFrac;
    const dollars = Math.min(REQUEST_PRICE_USD, (price.chi(0) * gain) / MARKET.stalenessPerSecond);
    expect(Math.abs(price.shadowUsd(0) / dollars - 1)).toBeLessThan(0.01);
  });

  test("chi from surplus: the table", () => {
    const table = [10_000, 4_600, 1_000, 300, 40, 0, -500].map((surplus) => [
      surplus,
      Number(priceAfter({ surplus }).chi(0).toPrecision(3)),
      Number(
        priceAfter({ surplus, market: { creditRatio: 0.1 } })
          .chi(0)
          .toPrecision(3),
      ),
    ]);
    expect(table).toMatchInlineSnapshot(`
      [
        [
          10000,
          0.000255,
          0.000274,
        ],
        [
          4600,
          0.001,
          0.00133,
        ],
        [
          1000,
          0.00866,
          0.0255,
        ],
        [
          300,
          0.0237,
          0.221,
        ],
        [
          40,
          0.0806,
          4.53,
        ],
        [
          0,
          0.191,
          8.66,
        ],
        [
          -500,
          0.866,
          8.66,
        ],
      ]
    `);
  });

  test("is never more than what a request is sold for", () => {
    const price = priceAfter({ surplus: -9_000, market: { clipUsd: 100_000 * USD, stalenessPerSecond: 1e-4 } });
    expect(price.shadowUsd(0)).toBe(REQUEST_PRICE_USD);
  });

  test("the quota that a market earns itself decides what is left of its gain: 1 - 1 / (12 N)", () => {
    // N = rho V lambda* / s^2, theory's vector: lambda* .0047 a side, 30 dollars.
    const n = (30 * 0.0047) / MARKET.stalenessPerSecond;
    expect(n).toBeCloseTo(1.7359187442, 9);
    expect(1 - 1 / (12 * n)).toBeCloseTo(0.9519946809, 9);
    // Self-funded, in the steady state: what two sides earn is what they spend, replacing what filled included.
    const price = priceAfter({ surplus: 100, fills: 2 * 0.0047 * HOUR });
    const band = solveBand(price.chi(0));
    const spent = 2 * band.requoteRate * MARKET.stalenessPerSecond;
    expect(spent / (price.pacePerSecond - price.pacePerSecond / 30)).toBeGreaterThan(0.9);
    expect(spent / (price.pacePerSecond - price.pacePerSecond / 30)).toBeLessThan(1.1);
    // Gross gain of the band, since fills pay for the requests and not money.
    expect(Math.abs(band.netRatio + price.chi(0) * band.requoteRate - 0.952)).toBeLessThan(0.01);
  });

  test("scarcer is never cheaper: chi falls with surplus, credit and clip, and grows with staleness and the horizon", () => {
    const given = fc.record({
      surplus: fc.integer({ min: -5_000, max: 20_000 }),
      fills: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(given, (g) => {
        const chi = priceAfter(g).chi(0);
        expect(priceAfter({ ...g, surplus: g.surplus + 500 }).chi(0)).toBeLessThanOrEqual(chi);
        expect(priceAfter({ ...g, market: { creditRatio: 0.5 } }).chi(0)).toBeGreaterThanOrEqual(chi);
        expect(priceAfter({ ...g, market: { stalenessPerSecond: 0.16 } }).chi(0)).toBeGreaterThanOrEqual(chi);
        expect(priceAfter({ ...g, market: { orderCount: 4 } }).chi(0)).toBeGreaterThanOrEqual(chi);
        if (g.surplus > 40) expect(priceAfter({ ...g, multiple: 4 }).chi(0)).toBeGreaterThanOrEqual(chi);
        // V twice and credit half, at half the fills: the same budget of requests.
        expect(chi).toBeGreaterThanOrEqual(CHI_MIN);
        expect(chi).toBeLessThanOrEqual(CHI_MAX * (1 + 1e-12));
      }),
      { seed: 20260112, numRuns: 60 },
    );
  });

  test("volatility times c with a pace times c^2 changes nothing", () => {
    const slow = priceAfter({ surplus: 3_640, fills: 0, market: { creditRatio: 0 } });
    const fast = priceAfter({
      surplus: 14_440,
      fills: 0,
      market: { creditRatio: 0, stalenessPerSecond: 4 * MARKET.stalenessPerSecond },
    });
    // The pace is four times as high; the prior's few fills a market, which are not, are worth less than a step.
    expect(fast.pacePerSecond / slow.pacePerSecond).toBeCloseTo(4, 9);
    expect(Math.abs(Math.log(fast.chi(0) / slow.chi(0)))).toBeLessThan(Math.log(NODE));
  });
});

describe("several markets", () => {
  const two = (a: Partial<PricedMarket>, b: Partial<PricedMarket>, surplus: number): QuotaPrice => {
    const price = new QuotaPrice(2, HOUR, 0, 1, true);
    price.update(0, surplus, 1, 0, [
      { ...MARKET, ...a },
      { ...MARKET, ...b },
    ]);
    return price;
  };

  test("share one pace: equal ones alike, at the price of one with half of it", () => {
    const price = two({}, {}, 2_000);
    expect(price.chi(0)).toBe(price.chi(1));
    expect(price.shadowUsd(0)).toBe(price.shadowUsd(1));
  });

  test("a request is worth the same in each: the one that goes stale faster has the larger chi", () => {
    const price = two({ stalenessPerSecond: 0.02 }, { stalenessPerSecond: 0.2 }, 2_000);
    expect(price.chi(1) / price.chi(0)).toBeGreaterThan(9);
    expect(price.chi(1) / price.chi(0)).toBeLessThan(11.2);
    expect(price.shadowUsd(1) / price.shadowUsd(0)).toBeGreaterThan(1 / NODE);
    expect(price.shadowUsd(1) / price.shadowUsd(0)).toBeLessThan(NODE);
  });

  test("none gets less than a tenth of its equal share, however little it gains", () => {
    const price = two({}, { kappaPerFrac: 1e7 }, 2_000);
    const moves = price.pacePerSecond - 4 / 900;
    const least = (0.1 * moves) / 2;
    const rate = solveBand(price.chi(1)).requoteRate * MARKET.stalenessPerSecond * 2;
    expect(rate / least).toBeGreaterThan(0.85);
  });

  test("a chi that is the user's takes what it takes, the others share the rest", () => {
    const alone = two({}, {}, 2_000);
    const beside = two({ chiFixed: 0.003 }, {}, 2_000);
    expect(beside.chi(1)).toBeGreaterThan(alone.chi(1));
  });
});

describe("the slow correction", () => {
  function run(feedback: number, perMinute: (pace: number) => number, minutes: number): QuotaPrice {
    const price = new QuotaPrice(1, HOUR, feedback, 1, true);
    let sent = 0;
    for (let minute = 0; minute <= minutes; minute++) {
      price.update(minute * 60 * S, 2_000, 1, sent, [MARKET]);
      sent += perMinute(price.pacePerSecond * 60);
    }
    return price;
  }

  test("raises chi while more is sent than the pace, lowers it while less, by at most a factor of e", () => {
    const base = run(0, (pace) => pace, 60).chi(0);
    const over = run(0.05, (pace) => 2 * pace, 60).chi(0);
    const under = run(0.05, () => 0, 60).chi(0);
    expect(Math.log(over / base)).toBeGreaterThan(0.9);
    expect(Math.log(over / base)).toBeLessThan(1.1);
    expect(Math.log(under / base)).toBeLessThan(-0.9);
    expect(Math.log(under / base)).toBeGreaterThan(-1.1);
    expect(Math.abs(Math.log(run(0.05, (pace) => pace, 60).chi(0) / base))).toBeLessThan(0.08);
  });
});

test("an update allocates nothing", () => {
  const price = new QuotaPrice(2, HOUR, 0.05, 1, true);
  const markets = [MARKET, { ...MARKET, kappaPerFrac: 3_000 }];
  const work = (from: number, n: number): void => {
    for (let i = from; i < from + n; i++) price.update(i * 4 * S, 2_000 + (i % 500), 1, i, markets);
  };
  work(0, 5_000);
  Bun.gc(true);
  const before = heapStats().objectCount;
  work(5_000, 20_000);
  expect(heapStats().objectCount - before).toBeLessThan(200);
});
