import { describe, expect, test } from "bun:test";
import { Prng } from "../../../src/core/prng.ts";
import { GlftSolver, riskHalfSpread } from "../../../src/core/quote/glft.ts";

// The world of Avellaneda and Stoikov (2008), Quantitative Finance 8(3), section 3.3.
const SIGMA = 2;
const ARRIVAL = 140;
const KAPPA = 1.5;
const STEPS = 200;
const DT = 1 / STEPS;
const PATHS = 1000;

type Quote = (q: number, left: number) => { bid: number; ask: number };

/** Reservation price and half-spread of the paper (eqs. 29, 30) with the product's risk half-spread. */
function inventory(gamma: number): Quote {
  const half = riskHalfSpread(KAPPA, gamma);
  return (q, left) => {
    const risk = gamma * SIGMA * SIGMA * left;
    return { bid: half + ((1 + 2 * q) / 2) * risk, ask: half + ((1 - 2 * q) / 2) * risk };
  };
}

function symmetric(gamma: number): Quote {
  let sum = 0;
  for (let i = 0; i < STEPS; i++) sum += gamma * SIGMA * SIGMA * (1 - i * DT) + 2 * riskHalfSpread(KAPPA, gamma);
  const half = sum / STEPS / 2;
  return () => ({ bid: half, ask: half });
}

function simulate(quote: Quote, seed: number): { mean: number; sd: number; sdInventory: number } {
  const random = new Prng(seed);
  const profits: number[] = [];
  const positions: number[] = [];
  for (let path = 0; path < PATHS; path++) {
    let s = 100;
    let q = 0;
    let cash = 0;
    for (let i = 0; i < STEPS; i++) {
      const { bid, ask } = quote(q, 1 - i * DT);
      const sold = random.unit() < ARRIVAL * Math.exp(-KAPPA * ask) * DT;
      const bought = random.unit() < ARRIVAL * Math.exp(-KAPPA * bid) * DT;
      if (sold) {
        q -= 1;
        cash += s + ask;
      }
      if (bought) {
        q += 1;
        cash -= s - bid;
      }
      s += (random.unit() < 0.5 ? 1 : -1) * SIGMA * Math.sqrt(DT);
    }
    profits.push(cash + q * s);
    positions.push(q);
  }
  return { mean: mean(profits), sd: deviation(profits), sdInventory: deviation(positions) };
}

const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: number[]): number => Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)));

describe("the published table of Avellaneda and Stoikov", () => {
  // gamma, strategy, profit, its deviation, deviation of the final inventory: replicated with 400,000 paths, next to the journal's rows.
  const rows: [number, "inventory" | "symmetric", number, number, number][] = [
    [0.1, "inventory", 64.887, 6.54, 2.929],
    [0.1, "symmetric", 68.187, 13.457, 8.398],
    [0.01, "inventory", 68.396, 8.969, 5.218],
    [0.01, "symmetric", 68.627, 13.687, 8.717],
    [1, "inventory", 31.451, 4.839, 1.642],
    [1, "symmetric", 43.644, 10.721, 5.173],
  ];
  test.each(rows)("gamma %d, %s", (gamma, strategy, profit, sd, sdInventory) => {
    const result = simulate(strategy === "inventory" ? inventory(gamma) : symmetric(gamma), 2008);
    expect(Math.abs(result.mean - profit)).toBeLessThan((4 * sd) / Math.sqrt(PATHS));
    expect(Math.abs(result.sd / sd - 1)).toBeLessThan(0.1);
    expect(Math.abs(result.sdInventory / sdInventory - 1)).toBeLessThan(0.1);
  });

  test("quoting around inventory is less than 0.6 times as risky", () => {
    expect(simulate(inventory(0.1), 1).sd).toBeLessThan(0.6 * simulate(symmetric(0.1), 1).sd);
  });

  test("reservation price and spread at single states", () => {
    const states: [number, number, number, number, number][] = [
      [0, 0.1, 1, 99.1546147886, 100.8453852114],
      [3, 0.1, 0.5, 98.6546147886, 100.1453852114],
      [-2, 0.5, 1, 102.4246358551, 105.5753641449],
      [5, 0.01, 0.25, 99.2805457281, 100.6194542719],
      [1, 1, 0.1, 98.8891743762, 100.3108256238],
    ];
    for (const [q, gamma, left, bid, ask] of states) {
      const quote = inventory(gamma)(q, left);
      expect(100 - quote.bid).toBeCloseTo(bid, 9);
      expect(100 + quote.ask).toBeCloseTo(ask, 9);
    }
  });

  test("the exact solution earns about its own growth rate here, and no less than the heuristic", () => {
    const solver = new GlftSolver();
    solver.solve(KAPPA, ARRIVAL, 0.1, SIGMA, 10);
    const exact = simulate((q) => ({ bid: q >= 10 ? 1e9 : solver.bid(q), ask: q <= -10 ? 1e9 : solver.ask(q) }), 7);
    expect(-solver.lambda0 / KAPPA).toBeCloseTo(63.9, 1);
    const certain = exact.mean - 0.05 * exact.sd ** 2;
    // Two hundred steps of one fill a side at most lose a few per cent of what continuous time would earn.
    expect(Math.abs(certain - 63.9)).toBeLessThan(2.5);
  });
});
