/**
 * Reasons of money for which a run with real orders ends by itself, beyond what the engine's breakers do.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import { MICRO_PER_USD, type MicroUsd } from "../core/units.ts";
import { anytimeFrom } from "../stats/sequence.ts";
import type { Statistics } from "./statistics.ts";

/** Share of capital that may be spent on learning whether a market pays. */
const LEARNING_RATIO = 0.01;
/** Independent fills before an edge is judged. */
const CLUSTERS_MIN = 100;

/** What is looked at. */
export interface RiskView {
  desk: Desk;
  statistics: Statistics;
  markets: readonly string[];
  equityUsd(index: number): MicroUsd;
  allowNotViable: boolean;
}

/**
 * Why the run should end, or "": a market that does not pay, one that has cost its learning budget while nobody can say whether it pays, or an
 * edge whose upper bound, valid however often it is looked at, is below zero.
 */
export function riskProblem(view: RiskView): string {
  for (let i = 0; i < view.markets.length; i++) {
    const problem = problemOf(view, i);
    if (problem !== "") return `${view.markets[i]}: ${problem}`;
  }
  return "";
}

const usd = (micro: MicroUsd): string => `$${(micro / MICRO_PER_USD).toFixed(2)}`;

function problemOf({ desk, statistics, equityUsd, allowNotViable }: RiskView, index: number): string {
  const engine = desk.engines[index];
  const edge = statistics.markets[index]?.edges[0];
  if (engine === undefined || edge === undefined) return "";
  const { state } = engine.board.viability;
  if (state === "not_viable" && !allowNotViable) return "no depth earns here (--allow-not-viable trades on)";
  const budgetUsd = LEARNING_RATIO * engine.params.capitalUsd;
  const lostUsd = -equityUsd(index);
  if (state === "undecided" && lostUsd > budgetUsd)
    return `${usd(lostUsd)} are lost before it is known whether it pays: the budget for that is ${usd(budgetUsd)}`;
  const { mean, hi, clusters } = edge.headline.read();
  if (mean === null || hi === null || clusters < CLUSTERS_MIN) return "";
  const top = mean + anytimeFrom(hi - mean, clusters);
  return top < 0 ? `the edge of ${clusters} independent fills is below ${top.toFixed(2)} bps, whenever one looks` : "";
}
