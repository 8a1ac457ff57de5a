/**
 * The truth about a world by brute force: what an order a side earns at each depth, out of the world itself and not out of a strategy.
 * @module
 */
import { assert } from "../core/assert.ts";
import { MICRO_PER_USD, US_PER_SECOND } from "../core/units.ts";
import { worldHash } from "../exchange/world_file.ts";
import { loadWorld } from "../exchange/worlds.ts";
import { yieldTurn } from "../io/clock.ts";
import { Venue } from "../sim/venue/venue.ts";
import { IdealMaker, type IdealResult, type IdealSpec } from "../sim/world/ideal_maker.ts";
import type { WorldSpec } from "../sim/world/spec.ts";
import { World } from "../sim/world/world.ts";
import { studentQuantile } from "../stats/interval.ts";

/** Noon of a Wednesday: no market is closed. */
const START_US = 1_767_182_400e6;
const WARM_SECONDS = 30;
const HORIZON_SECONDS = 5;
const SIZE_USD = 100 * MICRO_PER_USD;
const CLIPS_MAX = 20;
export const TRUTH_DEPTHS_BPS: readonly number[] = Array.from({ length: 15 }, (_, i) => i + 1);

export const TRUTH_SCHEMA = "mmbin.world-truth/1";
/** Venue time of a run, and runs. */
export const TRUTH_SECONDS = 3_600;
export const TRUTH_SEEDS = 8;

/** Who quotes: how late, and around what. */
export interface TruthMaker {
  name: string;
  latencySeconds: number;
  reference: IdealSpec["reference"];
}

export const TRUTH_MAKERS: readonly TruthMaker[] = [
  { name: "omniscient, at fair value", latencySeconds: 0, reference: "fair" },
  { name: "ideal, at the mid", latencySeconds: 0, reference: "mid" },
  { name: "0.3 s late, at the mid", latencySeconds: 0.3, reference: "mid" },
];

/** One depth. Money is that of $100 a side. */
export interface TruthRow {
  depthBps: number;
  fills: number;
  /** Their notional in orders of the full size: means are weighted by it. */
  orders: number;
  fillsPerHour: number;
  captureBps: number;
  adverseBps: number;
  feeBps: number;
  /** After fees, at 5 s; the 95 % interval is from how much seeds differ. NaN without fills. */
  edgeBps: number;
  edgeLoBps: number;
  edgeHiBps: number;
  dollarsPerHour: number;
  /** Dollars an hour that the best depth, or not to trade, earns more. */
  regretDollarsPerHour: number;
}

export interface Truth {
  maker: TruthMaker;
  rows: TruthRow[];
  /** Depth that earns most of those whose whole interval is above 0; null where there is none. */
  bestBps: number | null;
}

export interface TruthRequest {
  world: string;
  /** Null takes the last market of the world. */
  coin: string | null;
  seed: number;
  seeds: number;
  /** Venue time of each run. */
  seconds: number;
  depthsBps: readonly number[];
  stopRequested?(): boolean;
}

/** What one maker earns at each depth; null when asked to stop. A signal is heard between two runs. */
export async function worldTruth(request: TruthRequest, maker: TruthMaker): Promise<Truth | null> {
  const { depthsBps, seeds, seed } = request;
  const rows: TruthRow[] = [];
  for (const depthBps of depthsBps) {
    const runs: IdealResult[] = [];
    for (let i = 0; i < seeds; i++) {
      await yieldTurn();
      if (request.stopRequested?.() === true) return null;
      runs.push(runIdeal(specOf(request, seed + i), seed + i, request, maker, depthBps));
    }
    rows.push(rowOf(depthBps, runs, request.seconds));
  }
  const best = rows.reduce<TruthRow | null>(
    (top, row) => (row.edgeLoBps > 0 && row.dollarsPerHour > (top?.dollarsPerHour ?? 0) ? row : top),
    null,
  );
  for (const row of rows) row.regretDollarsPerHour = (best?.dollarsPerHour ?? 0) - row.dollarsPerHour;
  return { maker, rows, bestBps: best?.depthBps ?? null };
}

function runIdeal(
  spec: WorldSpec,
  seed: number,
  request: TruthRequest,
  { latencySeconds, reference }: TruthMaker,
  depthBps: number,
): IdealResult {
  const venue = new Venue(spec.venue);
  const world = new World(spec, venue, seed);
  const market = venue.marketByCoin(coinOf(spec, request));
  assert(market !== null, "truth: the market is one of the world's");
  const blocksPerSecond = US_PER_SECOND / venue.rules.blockUs;
  const warm = Math.round(WARM_SECONDS * blocksPerSecond);
  const count = Math.round(request.seconds * blocksPerSecond);
  for (let i = 0; i < warm; i++) {
    world.beforeBlock(venue);
    venue.step();
  }
  const shape = { sizeUsd: SIZE_USD, clipsMax: CLIPS_MAX, horizonSeconds: HORIZON_SECONDS };
  const maker = new IdealMaker(venue, world, market, { depthBps, latencySeconds, reference, ...shape });
  for (let i = 0; i < count; i++) {
    world.beforeBlock(venue);
    maker.act();
    venue.step();
  }
  return maker.result;
}

function rowOf(depthBps: number, runs: readonly IdealResult[], seconds: number): TruthRow {
  const sum = (of: (run: IdealResult) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const fills = sum((r) => r.fills);
  const orders = sum((r) => r.orders);
  const edgeSum = (r: IdealResult): number => r.captureBps - r.adverseBps - r.feeBps;
  const edgeBps = sum(edgeSum) / orders;
  // A ratio of sums: its error is that of the runs' residuals.
  const k = runs.length;
  const square = sum((r) => (edgeSum(r) - edgeBps * r.orders) ** 2);
  const half = k < 2 ? Number.NaN : (Math.sqrt((square * k) / (k - 1)) / orders) * studentQuantile(0.975, k - 1);
  const hours = (k * seconds) / 3_600;
  return {
    depthBps,
    fills,
    orders,
    fillsPerHour: fills / hours,
    captureBps: sum((r) => r.captureBps) / orders,
    adverseBps: sum((r) => r.adverseBps) / orders,
    feeBps: sum((r) => r.feeBps) / orders,
    edgeBps,
    edgeLoBps: edgeBps - half,
    edgeHiBps: edgeBps + half,
    dollarsPerHour: fills === 0 ? 0 : (sum(edgeSum) * 1e-4 * (SIZE_USD / MICRO_PER_USD)) / hours,
    regretDollarsPerHour: 0,
  };
}

/** The table for people. */
export function truthText({ maker, rows, bestBps }: Truth): string {
  const cell = (x: number, digits: number): string => (Number.isNaN(x) ? "-" : x.toFixed(digits));
  const head = ["d bps", "fills/h", "capture", "adverse", "fee", "edge 5 s", "95 %", "$/h", "regret $/h"];
  const lines = rows.map((r) => [
    String(r.depthBps),
    cell(r.fillsPerHour, 1),
    cell(r.captureBps, 2),
    cell(r.adverseBps, 2),
    cell(r.feeBps, 2),
    cell(r.edgeBps, 2),
    `${cell(r.edgeLoBps, 2)} to ${cell(r.edgeHiBps, 2)}`,
    cell(r.dollarsPerHour, 3),
    cell(r.regretDollarsPerHour, 3),
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line.map((text, i) => text.padStart(widths[i] as number)).join("  ");
  const best = bestBps === null ? "no depth earns" : `${bestBps} bps earns most`;
  return `${[`${maker.name}: ${best}`, format(head), ...lines.map(format)].join("\n")}\n\n`;
}

/** What was run, for people. */
export function truthHead(request: TruthRequest): string {
  const spec = specOf(request, request.seed);
  const runs = `${request.seeds} runs of ${request.seconds / 60} minutes from seed ${request.seed}`;
  const what = `${spec.name} (${worldHash(spec)}), ${coinOf(spec, request)}`;
  return `${what}: an order of $100 a side at a fixed depth, ${runs}; basis points, after fees\n\n`;
}

/** One maker's truth as JSON. */
export function truthCard(request: TruthRequest, truth: Truth): object {
  const spec = specOf(request, request.seed);
  const { seed, seeds, seconds } = request;
  const head = { schema: TRUTH_SCHEMA, world: spec.name, world_hash: worldHash(spec), coin: coinOf(spec, request) };
  const { maker, bestBps, rows } = truth;
  return {
    ...head,
    seed,
    seeds,
    seconds,
    horizon_s: HORIZON_SECONDS,
    maker: { name: maker.name, latency_s: maker.latencySeconds, reference: maker.reference },
    best_bps: bestBps,
    rows: rows.map((r) => ({
      depth_bps: r.depthBps,
      fills: r.fills,
      orders: r.orders,
      fills_per_hour: r.fillsPerHour,
      capture_bps: finite(r.captureBps),
      adverse_bps: finite(r.adverseBps),
      fee_bps: finite(r.feeBps),
      edge_bps: finite(r.edgeBps),
      edge_lo_bps: finite(r.edgeLoBps),
      edge_hi_bps: finite(r.edgeHiBps),
      usd_per_hour: r.dollarsPerHour,
      regret_usd_per_hour: r.regretDollarsPerHour,
    })),
  };
}

const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

function specOf(request: TruthRequest, seed: number): WorldSpec {
  return loadWorld(request.world, "Testnet", seed, START_US);
}

/** The market that is quoted: of a world with a mirror, the mirror. */
function coinOf(spec: WorldSpec, request: TruthRequest): string {
  const coins = spec.venue.dexs.flatMap((dex) => dex.markets.map((m) => m.coin));
  return request.coin ?? (coins[coins.length - 1] as string);
}
