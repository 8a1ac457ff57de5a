/**
 * The error of paper: how far paper trading is from trading, on worlds where both can be had.
 * @module
 */

import { assert } from "../core/assert.ts";
import { BPS, type Lots, MICRO_PER_USD } from "../core/units.ts";
import { worldHash } from "../exchange/world_file.ts";
import { loadWorld, WORLD_NAMES } from "../exchange/worlds.ts";
import { type ConfigSource, loadConfig } from "../io/config.ts";
import type { ScoredOrder } from "../sim/order_scorer.ts";
import { ALL_SCORERS, type Scorer } from "../sim/resting.ts";
import type { WorldSpec } from "../sim/world/spec.ts";
import { type EdgeTotals, HORIZONS } from "../stats/edge.ts";
import { ForecastTable } from "../stats/forecast.ts";
import { pairedRatios, type RatioPart } from "../stats/paired.ts";
import type { ErrorCell, ErrorPair, Foretold, Orders, PaperErrors, ScorerHits } from "./paper_error_schema.ts";
import { paperFigures, runPaper, runReal, type TwinFigures, type TwinRequest } from "./twin.ts";

/** Latencies at which it is measured, seconds: a colocated maker, the default, a slow home. */
export const ERROR_LATENCIES: readonly number[] = [0.1, 0.3, 0.65];
/** Worlds in which something happens. */
export const ERROR_WORLDS: readonly string[] = WORLD_NAMES.filter((name) => name !== "quiet");
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3_600;
/** Rules whose share of fills is the forecast: all, and the queue models under generous crossing. */
const QUEUE_SCORERS: readonly number[] = [0, 1, 2];

export interface ErrorRequest {
  worlds: readonly string[];
  latencies: readonly number[];
  /** Seeds whose figures are told: odd ones. Even ones are for tuning. */
  seeds: readonly number[];
  /** Time that each run trades. */
  minutes: number;
  /** Whether the run that trades sees its own orders in the book; it does when absent. */
  seesOwn?: boolean;
}

/** The first `count` seeds to report, or to tune on: the two never meet. */
export function seedsOf(count: number, parity: "odd" | "even"): number[] {
  return Array.from({ length: count }, (_, i) => 2 * i + (parity === "odd" ? 1 : 2));
}

/** The market that a world is about: its mirror where it has one, else its first. */
export function coinOf(spec: WorldSpec): string {
  const coins = spec.venue.dexs.flatMap((dex) => dex.markets.map((market) => market.coin));
  const modelled = coins.filter((coin) => spec.models.has(coin));
  const among = modelled.length > 0 ? modelled : coins;
  const coin = among.find((one) => one.includes(":")) ?? among[0];
  assert(coin !== undefined, "paper error: a world has a market");
  return coin;
}

/** A world by its name. */
export const worldOf = (name: string): WorldSpec => loadWorld(name, "Mainnet", 0, 0);

/** Hash of a world as it is now; null for a file that is gone or a name that no world has any more. */
export function hashOf(name: string): string | null {
  try {
    return worldHash(worldOf(name));
  } catch {
    return null;
  }
}

/** One way to paper: rules, of which the first drives, and the share of the loop after which it knows what happened. */
export interface Variant {
  scorers: readonly Scorer[];
  answerRatio: number;
}

/** What users have. */
export const DEFAULT_VARIANT: Variant = { scorers: ALL_SCORERS, answerRatio: 0.5 };

/** Hears which seed comes next, and says whether to go on. */
export type SeedListener = (text: string) => boolean | Promise<boolean>;

/** Measures paper as users have it. What was measured until `onSeed` ended it is told. */
export async function measurePaperError(request: ErrorRequest, onSeed: SeedListener): Promise<PaperErrors> {
  return (await errorsOfVariants(request, [DEFAULT_VARIANT], onSeed))[0] as PaperErrors;
}

/** Measures several ways to paper against the same trading. */
export async function errorsOfVariants(
  request: ErrorRequest,
  variants: readonly Variant[],
  onSeed: SeedListener,
): Promise<PaperErrors[]> {
  const { minutes, worlds, latencies } = request;
  const cells = variants.map((): ErrorCell[] => []);
  const orders: Orders[] = [];
  const seeds: number[] = [];
  for (const world of worlds) {
    const spec = worldOf(world);
    const coin = coinOf(spec);
    const runs = latencies.map((): LatencyRuns => ({ real: [], paper: variants.map(() => []), orders: [] }));
    for (const seed of request.seeds) {
      if (!(await onSeed(`${world}: seed ${seed}`))) break;
      runSeed(request, variants, { world, coin, seed }, runs);
      if (!seeds.includes(seed)) seeds.push(seed);
    }
    // Asked to end before its first seed: nothing is known of this world.
    if ((runs[0] as LatencyRuns).real.length === 0) break;
    const head = { world: spec.name, hash: worldHash(spec), coin };
    latencies.forEach((latency, i) => {
      const at = runs[i] as LatencyRuns;
      const where = { ...head, latency_s: latency, seeds: at.real.length };
      variants.forEach((variant, v) => {
        cells[v]?.push(...cellsOf(where, at.real, at.paper[v] as TwinFigures[][], variant.scorers, minutes));
      });
      orders.push(ordersOf(where, at.orders));
    });
  }
  return cells.map((each) => ({ schema: "mmbin.paper_error/1", minutes, seeds, cells: each, orders }));
}

/** What was run at one latency, by seed. */
interface LatencyRuns {
  real: TwinFigures[];
  /** By variant, seed and scorer. */
  paper: TwinFigures[][][];
  orders: (readonly ScoredOrder[])[];
}

const CONFIG: ConfigSource = { file: null, set: [], env: {}, profile: null };

function runSeed(
  request: ErrorRequest,
  variants: readonly Variant[],
  which: Pick<TwinRequest, "world" | "coin" | "seed">,
  runs: LatencyRuns[],
): void {
  const { latencies, minutes, seesOwn } = request;
  const base: Omit<TwinRequest, "latencySeconds"> = {
    ...which,
    seconds: minutes * SECONDS_PER_MINUTE,
    config: CONFIG,
    loaded: loadConfig(null),
    ...(seesOwn !== undefined && { seesOwn }),
  };
  latencies.forEach((latencySeconds, i) => {
    const real = runReal({ ...base, latencySeconds });
    assert(
      real.residuals.every((residual) => residual === 0),
      `paper error: ${which.world} seed ${which.seed}: run and venue agree to the micro-dollar`,
    );
    runs[i]?.real.push(real.figures);
    runs[i]?.orders.push(real.orders);
  });
  variants.forEach((variant, v) => {
    runPaper({ ...base, ...variant }, latencies).forEach((session, i) => {
      runs[i]?.paper[v]?.push(paperFigures(session));
    });
  });
}

type Where = Pick<ErrorCell, "world" | "hash" | "coin" | "latency_s" | "seeds">;

function cellsOf(
  where: Where,
  real: readonly TwinFigures[],
  papers: readonly TwinFigures[][],
  scorers: readonly Scorer[],
  minutes: number,
): ErrorCell[] {
  const hours = (minutes * SECONDS_PER_MINUTE) / SECONDS_PER_HOUR;
  return scorers.map((scorer, s) => {
    const paper = papers.map((figures) => figures[s] as TwinFigures);
    const perHour = (of: (f: TwinFigures) => number): ErrorPair =>
      pairOf(paper, real, (f) => ({ sum: of(f), weight: hours }), 1);
    const bps = (horizon: number, of: (t: EdgeTotals) => number): ErrorPair => {
      const h = HORIZONS.indexOf(horizon as (typeof HORIZONS)[number]);
      const part = (f: TwinFigures): RatioPart => {
        const totals = f.totals[h] as EdgeTotals;
        return { sum: of(totals), weight: totals.notionalUsd };
      };
      return pairOf(paper, real, part, BPS);
    };
    return {
      ...where,
      queue: queueOf(scorer),
      crossing: scorer.isStrict ? "strict" : "generous",
      drives: s === 0,
      fills_per_hour: perHour((f) => f.fills),
      notional_usd_per_hour: perHour((f) => f.notionalUsd / MICRO_PER_USD),
      requests_per_hour: perHour((f) => f.requests),
      rejected_per_hour: perHour((f) => f.rejected),
      capture_bps: bps(5, (t) => t.captureUsd),
      markout_bps: {
        "1": bps(1, (t) => t.markoutUsd),
        "5": bps(5, (t) => t.markoutUsd),
        "30": bps(30, (t) => t.markoutUsd),
      },
      edge_bps: bps(5, (t) => t.edgeUsd),
    };
  });
}

/** Queue model of a scorer, as reports name it. */
export function queueOf(scorer: Scorer): ErrorCell["queue"] {
  if (scorer.isTouch) return "touch";
  return scorer.name.includes("central") ? "central" : "pessimistic";
}

function pairOf(
  paper: readonly TwinFigures[],
  real: readonly TwinFigures[],
  part: (figures: TwinFigures) => RatioPart,
  unit: number,
): ErrorPair {
  const pair = pairedRatios(paper.map(part), real.map(part));
  const inUnits = (x: number | null): number | null => (x === null ? null : rounded(x / unit));
  return {
    paper: inUnits(pair.first),
    real: inUnits(pair.second),
    difference: inUnits(pair.difference),
    lo: inUnits(pair.lo),
    hi: inUnits(pair.hi),
  };
}

/** Figures are kept to this: the file is read by people too, and nobody can compare more. */
const rounded = (x: number): number => Math.round(x * 1e4) / 1e4;

// --- orders, one by one ---

/** Lots that each rule gave an order. */
type Said = (one: ScoredOrder) => readonly Lots[];

function ordersOf(where: Where, bySeed: readonly (readonly ScoredOrder[])[]): Orders {
  const all = bySeed.flat();
  return {
    ...where,
    count: all.length,
    filled: all.filter((one) => one.filledLots > 0).length,
    ...foretoldBy(bySeed, (one) => one.predictedLots),
    less_own: foretoldBy(bySeed, (one) => one.lessOwnLots),
  };
}

function foretoldBy(bySeed: readonly (readonly ScoredOrder[])[], said: Said): Foretold {
  const all = bySeed.flat();
  const forecast = (scorers: readonly number[]): Foretold["forecasts"]["all"] => {
    const table = new ForecastTable(scorers.length);
    for (const orders of bySeed)
      table.addGroup(orders.map((one) => ({ k: saying(said(one), scorers), happened: one.filledLots > 0 })));
    const { mean, lo, hi } = table.brier;
    return {
      brier: fine(mean),
      lo: fine(lo),
      hi: fine(hi),
      base: fine(table.baseBrier),
      curve: table.curve.map(({ forecast: p, count, observed }) => ({
        forecast: fine(p) as number,
        count,
        observed: fine(observed),
      })),
    };
  };
  return {
    hits: ALL_SCORERS.map((scorer, s) => hitsOf(scorer, s, all, said)),
    forecasts: { all: forecast(ALL_SCORERS.map((_, s) => s)), queues: forecast(QUEUE_SCORERS) },
  };
}

const fine = (x: number | null): number | null => (x === null ? null : Math.round(x * 1e6) / 1e6);

/** How many of the scorers filled any of the order. */
function saying(lots: readonly Lots[], scorers: readonly number[]): number {
  return scorers.filter((s) => (lots[s] as Lots) > 0).length;
}

function hitsOf(scorer: Scorer, s: number, orders: readonly ScoredOrder[], lots: Said): ScorerHits {
  const hits: ScorerHits = {
    queue: queueOf(scorer),
    crossing: scorer.isStrict ? "strict" : "generous",
    both: 0,
    predicted_only: 0,
    filled_only: 0,
    neither: 0,
    lots_ratio: null,
  };
  let predicted = 0;
  let filled = 0;
  for (const one of orders) {
    const said = lots(one)[s] as Lots;
    predicted += said * one.px;
    filled += one.filledLots * one.px;
    if (said > 0 && one.filledLots > 0) hits.both += 1;
    else if (said > 0) hits.predicted_only += 1;
    else if (one.filledLots > 0) hits.filled_only += 1;
    else hits.neither += 1;
  }
  hits.lots_ratio = filled > 0 ? fine(predicted / filled) : null;
  return hits;
}
