import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CHI_MAX, solveBand } from "../../../src/core/quota/band.ts";
import { Band, checkBand } from "../../../src/core/quota/gate.ts";
import { REASON } from "../../../src/core/reason.ts";

/** Reference solution: chi, lo, u0, hi, net gain, re-quotes per unit of 1/s^2. */
const ROWS: [number, number, number, number, number, number][] = [
  [0.0001, -0.1794688652, 0.0034686242, 0.1933548376, 0.9942344986, 28.7874933931],
  [0.0003, -0.2335688494, 0.0060135859, 0.2576577243, 0.990024007, 16.5866318804],
  [0.001, -0.3105623707, 0.0109998567, 0.3546775853, 0.9818226238, 9.0486456721],
  [0.003, -0.4009635724, 0.0191104659, 0.4777561634, 0.968617444, 5.1903522682],
  [0.01, -0.52718559, 0.035100871, 0.6687806096, 0.9430663213, 2.8065485045],
  [0.02, -0.6148940201, 0.0499166969, 0.8169862923, 0.9199541695, 1.9609531568],
  [0.03, -0.6718459544, 0.0613987624, 0.9211293675, 0.9024070521, 1.5863122217],
  [0.05, -0.7498991625, 0.0798135639, 1.0754372791, 0.8749157982, 1.2105340666],
  [0.07, -0.8053037371, 0.0949732387, 1.1941549234, 0.852872821, 1.0105420117],
  [0.1, -0.8676030835, 0.114338131, 1.3380531038, 0.8254692922, 0.8322125049],
  [0.15, -0.9429716087, 0.1414569883, 1.5290950597, 0.7884735951, 0.6645426082],
  [0.2, -0.9994108606, 0.1647619141, 1.6862874986, 0.7579255609, 0.5645511571],
  [0.3, -1.0831333715, 0.2048106556, 1.946182241, 0.7080029697, 0.4458733929],
  [0.4, -1.1454605802, 0.2395520743, 2.1645804954, 0.6672096225, 0.3750672228],
  [0.5, -1.1954360501, 0.270945073, 2.358306344, 0.6322554286, 0.3267048017],
  [0.7, -1.2733803369, 0.3272896421, 2.7011115698, 0.5737983516, 0.2631782914],
  [1, -1.3591743706, 0.4020037463, 3.1527592923, 0.5041123974, 0.2064166484],
  [1.5, -1.4601536132, 0.5124262092, 3.8286649015, 0.4156328429, 0.1528690728],
  [2, -1.5335540807, 0.613505128, 4.4692331773, 0.3477862951, 0.1207951741],
  [3, -1.638419402, 0.8033622893, 5.7666246493, 0.2480408532, 0.0825136758],
  [4, -1.7128097891, 0.9887557407, 7.2033337323, 0.1778216372, 0.0595624908],
  [5, -1.7697169971, 1.1777445765, 8.9011243636, 0.126521426, 0.0439283061],
  [6, -1.8151570187, 1.3760621191, 11.001979374, 0.0885608392, 0.0325537668],
  [8, -1.8835953726, 1.8227779227, 17.2978356849, 0.039913883, 0.017434864],
  [10, -1.9324335962, 2.3881373008, 29.6680762519, 0.0147666493, 0.0084842893],
  [12, -1.9681043034, 3.2114796137, 62.7362795292, 0.003528054, 0.0032434498],
];

describe("the optimal re-quote band", () => {
  test.each(ROWS)("chi %d", (chi, lo, u0, hi, net, rate) => {
    const band = solveBand(chi);
    expect(band.lo).toBeCloseTo(lo, 8);
    expect(band.u0).toBeCloseTo(u0, 8);
    expect(band.hi).toBeCloseTo(hi, 7);
    expect(band.netRatio).toBeCloseTo(net, 8);
    expect(band.requoteRate / rate).toBeCloseTo(1, 8);
  });

  test("is asymmetric and monotone: scarcity waits longer on both sides and resets further out", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 11, noNaN: true }), (chi) => {
        const a = solveBand(chi);
        const b = solveBand(chi * 1.05);
        expect(-2 < a.lo && a.lo < 0 && 0 < a.u0 && a.u0 < a.hi && -a.lo < a.hi).toBe(true);
        expect(
          b.lo < a.lo && b.u0 > a.u0 && b.hi > a.hi && b.requoteRate < a.requoteRate && b.netRatio < a.netRatio,
        ).toBe(true);
      }),
      { seed: 20250904, numRuns: 25 },
    );
  });

  test.each(ROWS)("chi %d: fills are as many as they are worth, and the net is the gross less the requests", (chi) => {
    const { lo, u0, hi, netRatio, requoteRate } = solveBand(chi);
    // Where an order that restarts at u0 spends its time: a tent over the band.
    const mean = (f: (u: number) => number): number =>
      (2 / (hi - lo)) *
      (simpson(lo, u0, (u) => (f(u) * (u - lo)) / (u0 - lo)) + simpson(u0, hi, (u) => (f(u) * (hi - u)) / (hi - u0)));
    const fills = mean((u) => Math.exp(-u));
    const gross = mean((u) => (1 + u) * Math.exp(-u));
    expect(gross).toBeCloseTo(fills, 7);
    expect(gross - chi * requoteRate).toBeCloseTo(netRatio, 7);
  });

  test("a small price follows the quarter-power law", () => {
    const chi = 1e-4;
    const beta = (12 * chi) ** 0.25;
    const band = solveBand(chi);
    expect(band.lo).toBeCloseTo(-beta + beta ** 2 / 5, 3);
    expect(band.hi).toBeCloseTo(beta + beta ** 2 / 5, 3);
    expect(band.u0).toBeCloseTo(beta ** 2 / 10, 4);
  });

  test("never pulls later than latency allows: an order within 1.5 standard deviations of its drift is too close", () => {
    const band = new Band();
    band.set(1, 2_000, 10e-4, 0);
    expect(band.lo).toBeCloseTo(solveBand(1).lo, 12);
    band.set(1, 2_000, 4e-4, 2e-4);
    expect(band.lo).toBeCloseTo(-2_000 * (4e-4 - 3e-4), 12);
    expect(band.u0).toBeGreaterThan(band.lo);
  });

  test("is the same in units of 1/kappa: kappa over c with distances times c changes nothing", () => {
    const a = new Band();
    const b = new Band();
    a.set(0.3, 3_000, 5e-4, 2e-4);
    b.set(0.3, 1_000, 15e-4, 6e-4);
    expect(b.lo).toBeCloseTo(a.lo, 12);
    expect(b.u0).toBeCloseTo(a.u0, 12);
    expect(b.hi).toBeCloseTo(a.hi, 12);
  });

  test("setting it again allocates nothing", () => {
    const band = new Band();
    const work = (n: number): void => {
      for (let i = 0; i < n; i++) band.set(0.01, 2_000, (4 + (i % 5)) * 1e-4, 2e-4);
    };
    work(50_000);
    Bun.gc(true);
    const before = heapStats().objectCount;
    work(500_000);
    expect(heapStats().objectCount - before).toBeLessThan(200);
  });

  test("chi beyond its range is brought into it", () => {
    const band = new Band();
    band.set(1e9, 1, 1e9, 0);
    expect(band.lo).toBeCloseTo(solveBand(CHI_MAX).lo, 12);
  });

  test("holds inside, names the side outside", () => {
    expect(checkBand(0, -0.5, 0.6)).toBe(REASON.band_holds);
    expect(checkBand(-0.5, -0.5, 0.6)).toBe(REASON.too_close);
    expect(checkBand(0.6, -0.5, 0.6)).toBe(REASON.too_far);
  });
});

/** Integral of `f` from a to b by Simpson's rule. */
function simpson(a: number, b: number, f: (u: number) => number): number {
  const n = 4_000;
  const h = (b - a) / n;
  let sum = f(a) + f(b);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * f(a + i * h);
  return (sum * h) / 3;
}
