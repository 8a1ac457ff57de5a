/**
 * What the mathematics of a quote costs: one solve, one pricing of a position, one ladder, one band.
 * @module
 */
import { BUY } from "../../src/core/frame.ts";
import { moneyFromCapital, PROFILE_DEFAULTS } from "../../src/core/params.ts";
import { solveBand } from "../../src/core/quota/band.ts";
import { GlftSolver } from "../../src/core/quote/glft.ts";
import { Ladder, type LadderInputs, writeLadder } from "../../src/core/quote/ladder.ts";
import { type QuoteInputs, QuoteModel } from "../../src/core/quote/model.ts";
import { BPS, MICRO_PER_USD } from "../../src/core/units.ts";
import { conditions, nanoseconds } from "./support.ts";

console.log(`quote: ${conditions()}`);

for (const clips of [5, 20]) {
  const solver = new GlftSolver();
  const perSolve = nanoseconds(2_000, (calls) => {
    for (let i = 0; i < calls; i++) solver.solve(3_000 + (i % 7), 0.05, 20, 2e-4, clips);
  });
  console.log(`  exact offsets, bound of ${clips} clips: ${perSolve.toFixed(0)} ns a solve`);
}

const model = new QuoteModel({ ...PROFILE_DEFAULTS.hip3, ...moneyFromCapital(1_000e6, 10, 11.5e6) });
const quote: QuoteInputs = {
  nowUs: 1e6,
  kappaPerFrac: 1_900,
  arrivalPerSecond: 0.2,
  phi: 0.5,
  interceptFrac: 0,
  feeFrac: 3 * BPS,
  sigma: 1.5e-4,
  latencySeconds: 0.3,
  staleFactor: 1,
  tickFrac: 0.3 * BPS,
  clipsMax: 12,
  features: { volatility: 0.2, toxicity: 0.1, depletion: 0, kappaUncertainty: 0.3, drawdown: 0 },
};
const perRefresh = nanoseconds(2_000, (calls) => {
  for (let i = 0; i < calls; i++) {
    quote.nowUs += 250_000;
    quote.kappaPerFrac = 1_900 + (i % 7);
    model.refresh(quote);
  }
});
const perPrice = nanoseconds(200_000, (calls) => {
  for (let i = 0; i < calls; i++) model.price((i % 25) - 12, ((i % 25) - 12) / 12);
});
console.log(
  `  new estimates, 12 clips: ${perRefresh.toFixed(0)} ns; both distances and their terms: ${perPrice.toFixed(0)} ns`,
);

const ladder = new Ladder();
for (const [levelsMax, sweepUsd] of [
  [1, 500],
  [4, 500],
  [8, 500],
  [8, 100],
] as const) {
  const inputs: LadderInputs = {
    side: BUY,
    fairPx: 300_000,
    szDecimals: 2,
    bestFrac: 6 * BPS,
    resetFrac: 0.2 * BPS,
    stepFrac: 3 * BPS,
    oppositePx: 300_010,
    kappaPerFrac: 1_900,
    gainSlope: 1,
    gainCostFrac: 2 * BPS,
    sweepUsd: sweepUsd * MICRO_PER_USD,
    roomLots: 1_500,
    clipUsd: 80 * MICRO_PER_USD,
    orderMinUsd: 11.5 * MICRO_PER_USD,
    levelsMax,
    minimal: false,
  };
  const perLadder = nanoseconds(20_000, (calls) => {
    for (let i = 0; i < calls; i++) {
      inputs.fairPx = 300_000 + (i % 7);
      writeLadder(ladder, inputs);
    }
  });
  console.log(
    `  ladder of at most ${levelsMax}, mean sweep $${sweepUsd}: ${perLadder.toFixed(0)} ns, ${ladder.count} levels`,
  );
}

const perBand = nanoseconds(5, (calls) => {
  for (let i = 0; i < calls; i++) solveBand(0.01 + i * 1e-6);
});
console.log(`  band, once a chi: ${(perBand / 1e6).toFixed(1)} ms`);
