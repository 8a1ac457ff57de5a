/**
 * Tunes what the shadow leaves open on one half of the seeds, and tells what that is worth on the other.
 * @module
 */
import { ALL_SCORERS, type Scorer } from "../sim/resting.ts";
import { type ErrorRequest, errorsOfVariants, type SeedListener, seedsOf, type Variant } from "./paper_error.ts";
import type { ErrorCell, PaperErrors } from "./paper_error_schema.ts";

/** Shares of the loop after which paper may know what happened: at once, with half the way back, as the shadow has it. */
export const ANSWER_RATIOS: readonly number[] = [0, 0.25, 0.5];
const DEFAULT_RATIO = 0.5;

/** How far paper was from trading over all worlds and latencies: root mean square of the differences, weighted by what was traded. */
export interface Distance {
  edgeBps: number | null;
  /** Paper's fills over trading's, less one. */
  fillsRatio: number | null;
}

export interface TunedVariant {
  driver: string;
  answerRatio: number;
  isDefault: boolean;
  isBest: boolean;
  even: Distance;
  /** Of the default and of the best alone: whoever looks at all of them tunes on them. */
  odd: Distance | null;
}

export interface Tuning {
  /** Worlds and latencies. */
  cells: number;
  variants: TunedVariant[];
}

/** Every rule as the one that drives, with every way back. */
function allVariants(): Variant[] {
  return ALL_SCORERS.flatMap((scorer) => ANSWER_RATIOS.map((answerRatio) => variantOf(scorer, answerRatio)));
}

function variantOf(driver: Scorer, answerRatio: number): Variant {
  return { scorers: [driver, ...ALL_SCORERS.filter((one) => one !== driver)], answerRatio };
}

const isDefault = (v: Variant): boolean => v.scorers[0] === ALL_SCORERS[0] && v.answerRatio === DEFAULT_RATIO;

/** Measures every variant on the even seeds; the best of them and the default on the odd ones. Least error of edge is best. */
export async function tunePaper(
  request: Omit<ErrorRequest, "seeds">,
  seedCount: number,
  onSeed: SeedListener,
): Promise<Tuning> {
  const variants = allVariants();
  const onEven = await errorsOfVariants({ ...request, seeds: seedsOf(seedCount, "even") }, variants, onSeed);
  const even = onEven.map(distanceOf);
  let best = 0;
  even.forEach((distance, i) => {
    if ((distance.edgeBps ?? Number.POSITIVE_INFINITY) < ((even[best] as Distance).edgeBps ?? Number.POSITIVE_INFINITY))
      best = i;
  });
  const told = variants.map((_, i) => i).filter((i) => i === best || isDefault(variants[i] as Variant));
  const errors = await errorsOfVariants(
    { ...request, seeds: seedsOf(seedCount, "odd") },
    told.map((i) => variants[i] as Variant),
    onSeed,
  );
  return {
    cells: request.worlds.length * request.latencies.length,
    variants: variants.map((variant, i) => {
      const at = told.indexOf(i);
      return {
        driver: (variant.scorers[0] as Scorer).name,
        answerRatio: variant.answerRatio,
        isDefault: isDefault(variant),
        isBest: i === best,
        even: even[i] as Distance,
        odd: at < 0 ? null : distanceOf(errors[at] as PaperErrors),
      };
    }),
  };
}

function distanceOf(errors: PaperErrors): Distance {
  const cells = errors.cells.filter((cell) => cell.drives);
  return {
    edgeBps: weightedRms(cells.map((cell) => [cell.edge_bps.difference, cell.notional_usd_per_hour.real])),
    fillsRatio: weightedRms(cells.map((cell) => [fillsError(cell), cell.fills_per_hour.real])),
  };
}

function fillsError(cell: ErrorCell): number | null {
  const { paper, real } = cell.fills_per_hour;
  return paper === null || real === null || real === 0 ? null : paper / real - 1;
}

/** Cells count by what was traded in them: where hardly anything fills, a difference is mostly chance. Null of nothing. */
function weightedRms(values: readonly (readonly [x: number | null, weight: number | null])[]): number | null {
  let sum = 0;
  let weights = 0;
  for (const [x, weight] of values) {
    if (x === null || weight === null) continue;
    sum += weight * x * x;
    weights += weight;
  }
  return weights > 0 ? Math.sqrt(sum / weights) : null;
}
