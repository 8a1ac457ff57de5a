import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { closedFormSkew, GlftSolver, riskHalfSpread } from "../../../src/core/quote/glft.ts";

/** Reference: name, sigma, A, k, gamma, Q, smallest eigenvalue, bid offsets by inventory; textbook units. */
const TEXTBOOK: [string, number, number, number, number, number, number, Record<string, number>][] = [
  [
    "G1",
    0.3,
    0.9,
    0.3,
    0.01,
    30,
    -0.64473442991,
    {
      "-30": 0.42705591104,
      "-10": 2.63280182537,
      "-5": 2.97252169279,
      "-3": 3.10868455185,
      "-2": 3.17679646399,
      "-1": 3.24491914585,
      "0": 3.31304541875,
      "1": 3.38116810061,
      "2": 3.44928001275,
      "4": 3.58544287181,
      "5": 3.65347954054,
      "9": 3.92516273922,
      "29": 6.13090865355,
    },
  ],
  [
    "G2",
    0.3,
    0.9,
    0.3,
    0.01,
    3,
    -0.601493857869,
    {
      "-3": 1.22723561047,
      "-2": 2.38348581219,
      "-1": 3.01351190775,
      "0": 3.54445265685,
      "1": 4.17447875241,
      "2": 5.33072895413,
    },
  ],
  [
    "G3",
    2,
    140,
    1.5,
    0.1,
    10,
    -95.850117960976,
    {
      "-10": 0.02800816172,
      "-5": 0.41000110407,
      "-3": 0.51427301143,
      "-2": 0.56664689807,
      "-1": 0.61912683485,
      "0": 0.67164358791,
      "1": 0.72412352468,
      "2": 0.77649741132,
      "4": 0.88076931868,
      "5": 0.93281310204,
      "9": 1.26276226103,
    },
  ],
];

/** The same in fractions of price (A .04 a second, kappa 5,275): name, sigma, gamma, Q, fee, eigenvalue, bids in basis points. */
const FRACTIONS: [string, number, number, number, number, number, Record<string, number>][] = [
  [
    "H1",
    0.0001,
    0.067,
    5,
    0.00015,
    -0.01287720955187,
    { "-5": 2.142147592, "-2": 3.185283239, "-1": 3.328781825, "0": 3.462663291, "1": 3.606161877, "4": 4.649297524 },
  ],
  [
    "H2",
    0.0001,
    20,
    5,
    0.00015,
    -0.01147379331614,
    { "-5": 0.909687606, "-2": 2.552688771, "-1": 3.110030986, "0": 3.674268706, "1": 4.23161092, "4": 5.874612085 },
  ],
  [
    "H3",
    0.0001,
    20,
    5,
    0,
    -0.02660688149562,
    { "-5": 0.002596058, "-2": 1.330129455, "-1": 1.704541493, "0": 2.079758199, "1": 2.454170236, "4": 3.781703633 },
  ],
  [
    "H4",
    0.0002,
    200,
    5,
    0.00015,
    -0.00354769122031,
    {
      "-5": -4.972864405,
      "-2": -1.559341512,
      "-1": 0.885310332,
      "0": 5.836049302,
      "1": 8.280701146,
      "4": 11.694224039,
    },
  ],
  [
    "H5",
    0.0001,
    0,
    5,
    0.00015,
    -0.0128855741487,
    { "-5": 2.147433273, "-2": 3.188771935, "-1": 3.33001283, "0": 3.461456364, "1": 3.602697259, "4": 4.644035921 },
  ],
  ["H6", 0.0001, 0, 1, 0, -0.02081040380092, { "-1": 1.238723052, "0": 2.552746143 }],
  [
    "H7",
    0.0001,
    0,
    2,
    0,
    -0.02548743532676,
    { "-2": 0.854395935, "-1": 1.623050168, "0": 2.168419026, "1": 2.937073259 },
  ],
];

describe("the exact solution", () => {
  test.each(TEXTBOOK)("%s", (_name, sigma, arrival, kappa, gamma, clips, lambda0, bids) => {
    const solver = new GlftSolver(64);
    solver.solve(kappa, arrival, gamma, sigma, clips);
    expect(solver.lambda0).toBeCloseTo(lambda0, 9);
    for (const [q, offset] of Object.entries(bids)) {
      expect(solver.bid(Number(q))).toBeCloseTo(offset, 9);
      expect(solver.ask(-Number(q))).toBeCloseTo(offset, 9);
    }
  });

  test.each(FRACTIONS)(
    "%s: a fee shifts the offset and thins the arrivals",
    (_name, sigma, gamma, clips, fee, lambda0, bids) => {
      const kappa = 5275;
      const solver = new GlftSolver();
      solver.solve(kappa, 0.04 * Math.exp(-kappa * fee), gamma, sigma, clips);
      expect(solver.lambda0).toBeCloseTo(lambda0, 12);
      for (const [q, bps] of Object.entries(bids)) expect((solver.bid(Number(q)) + fee) * 1e4).toBeCloseTo(bps, 6);
    },
  );

  test("without aversion the bound alone skews, by the logarithm of cosines", () => {
    for (const clips of [1, 2, 5, 10]) {
      const solver = new GlftSolver();
      solver.solve(5275, 0.04, 0, 1e-4, clips);
      for (let q = -clips; q < clips; q++) {
        const cos = (x: number): number => Math.cos((Math.PI * x) / (2 * clips + 2));
        expect(solver.bid(q) * 1e4).toBeCloseTo((1 / 5275 + Math.log(cos(q) / cos(q + 1)) / 5275) * 1e4, 8);
      }
    }
  });

  test("is solved once for equal inputs", () => {
    const solver = new GlftSolver();
    for (let i = 0; i < 3; i++) solver.solve(1000, 0.1, 5, 1e-4, 4);
    expect(solver.solveCount).toBe(1);
    solver.solve(1001, 0.1, 5, 1e-4, 4);
    expect(solver.solveCount).toBe(2);
  });

  test("between whole clips it is linear, beyond the last finite one it is held", () => {
    const solver = new GlftSolver();
    solver.solve(3500, 0.05, 20, 2e-4, 3);
    expect(solver.bid(0.5)).toBeCloseTo((solver.bid(0) + solver.bid(1)) / 2, 15);
    expect(solver.bid(2.7)).toBe(solver.bid(2));
    expect(solver.bid(9)).toBe(solver.bid(2));
  });

  test("above 20 clips the closed form answers", () => {
    const solver = new GlftSolver();
    solver.solve(0.3, 0.9, 0.01, 0.3, 21);
    expect(solver.bid(5)).toBeCloseTo(3.65224436122, 9);
    expect(solver.bid(-10)).toBeCloseTo(2.634256873256, 9);
  });

  test("allocates nothing", () => {
    const solver = new GlftSolver();
    const work = (n: number): void => {
      for (let i = 0; i < n; i++) {
        solver.solve(3000 + (i % 7), 0.05, 20, 2e-4, 4);
        solver.bid((i % 9) - 4);
      }
    };
    work(2_000);
    Bun.gc(true);
    const before = heapStats().objectCount;
    work(5_000);
    expect(heapStats().objectCount - before).toBeLessThan(200);
  });
});

describe("the risk-neutral half-spread", () => {
  // gamma, and the half-spread at kappa 200, 1000, 3671, 5275 and 20,000 in basis points.
  const rows: [number, number[]][] = [
    [0.067, [49.99162687, 9.999665015, 2.724028533, 1.895722558, 0.4999991625]],
    [0.48, [49.94009583, 9.997600768, 2.723875316, 1.895648351, 0.4999940001]],
    [5, [49.38522518, 9.975083022, 2.722199957, 1.894836712, 0.4999375104]],
    [50, [44.62871026, 9.758032834, 2.70566897, 1.886806447, 0.4993760397]],
    [500, [25.05525937, 8.109302162, 2.553834214, 1.811191541, 0.4938522518]],
    [5000, [6.516193076, 3.583518938, 1.71904004, 1.333470162, 0.4462871026]],
  ];
  test.each(rows)("at gamma %d", (gamma, expected) => {
    const kappas = [200, 1000, 3671, 5275, 20_000];
    expected.forEach((bps, i) => {
      expect(riskHalfSpread(kappas[i] as number, gamma) * 1e4).toBeCloseTo(bps, 7);
    });
  });

  test("keeps its digits where gamma is tiny, and is off 1/kappa by less than gamma/kappa", () => {
    for (const [gamma, half] of [
      [1e-8, 0.666666664444444],
      [1e-4, 0.666644445432049],
      [0.1, 0.645385211375712],
      [1, 0.510825623765991],
      [10, 0.203688192726104],
    ] as const) {
      expect(riskHalfSpread(1.5, gamma)).toBeCloseTo(half, 14);
      expect(1 - 1.5 * riskHalfSpread(1.5, gamma)).toBeLessThan(gamma / 1.5);
    }
    expect(riskHalfSpread(1.5, 0)).toBe(1 / 1.5);
  });
});

describe("invariants", () => {
  const positive = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  const problem = fc.record({
    kappa: positive(200, 20_000),
    arrival: positive(0.002, 5),
    gamma: positive(0.1, 300),
    sigma: positive(1e-5, 1e-3),
    clips: fc.integer({ min: 1, max: 12 }),
  });
  const run = { seed: 20250904, numRuns: 150 };

  test("0 < half-spread <= 1/kappa, falling in aversion and decay", () => {
    fc.assert(
      fc.property(positive(100, 20_000), positive(1e-6, 5_000), (kappa, gamma) => {
        const half = riskHalfSpread(kappa, gamma);
        expect(half > 0 && half <= 1 / kappa).toBe(true);
        expect(riskHalfSpread(kappa, gamma * 1.01) < half && riskHalfSpread(kappa * 1.01, gamma) < half).toBe(true);
      }),
      run,
    );
  });

  test("the bid moves down with inventory, and bid(q) + ask(q + 1) is always twice the base", () => {
    fc.assert(
      fc.property(problem, (p) => {
        const solver = new GlftSolver();
        solver.solve(p.kappa, p.arrival, p.gamma, p.sigma, p.clips);
        for (let q = -p.clips; q < p.clips; q++) {
          if (q > -p.clips) expect(solver.bid(q)).toBeGreaterThan(solver.bid(q - 1));
          expect((solver.bid(q) + solver.ask(q + 1)) / (2 * solver.base)).toBeCloseTo(1, 9);
        }
        // The spread is never under twice the base inside the bound, and the growth rate never beyond unlimited inventory without risk.
        for (let q = 1 - p.clips; q < p.clips; q++) {
          expect((solver.bid(q) + solver.ask(q)) / (2 * solver.base)).toBeGreaterThan(1 - 1e-9);
        }
        const growth = (1 + p.gamma / p.kappa) ** (1 + p.kappa / p.gamma);
        expect(solver.lambda0).toBeLessThan(0);
        expect((-solver.lambda0 * growth) / (2 * p.arrival)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      run,
    );
  });

  test("scaling distances scales quotes; scaling time with variance and arrivals changes nothing", () => {
    fc.assert(
      fc.property(problem, positive(0.1, 10), (p, c) => {
        const a = new GlftSolver();
        const b = new GlftSolver();
        const t = new GlftSolver();
        a.solve(p.kappa, p.arrival, p.gamma, p.sigma, p.clips);
        b.solve(p.kappa / c, p.arrival, p.gamma / c, p.sigma * c, p.clips);
        t.solve(p.kappa, p.arrival * c, p.gamma, p.sigma * Math.sqrt(c), p.clips);
        expect(b.bid(0) / (c * a.bid(0))).toBeCloseTo(1, 6);
        expect(t.bid(0) / a.bid(0)).toBeCloseTo(1, 6);
      }),
      run,
    );
  });

  test("the closed form is what the exact one tends to", () => {
    const solver = new GlftSolver(64);
    solver.solve(5275, 0.04, 20, 1e-4, 40);
    const skew = closedFormSkew(5275, 0.04, 20, 1e-4);
    expect((solver.bid(1) - solver.bid(0)) / skew).toBeCloseTo(1, 1);
  });

  test("published check: half-spread 20.47208533844371 and skew 9.76326865029227 ticks", () => {
    const kappa = 0.04235741115084049;
    const skew = closedFormSkew(kappa, 2.986162360812285, 0.05, 10.69);
    expect(skew).toBeCloseTo(9.76326865029227, 10);
    expect(riskHalfSpread(kappa, 0.05) + skew / 2).toBeCloseTo(20.47208533844371, 10);
  });
});
