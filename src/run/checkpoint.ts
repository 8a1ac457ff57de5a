/**
 * Checkpoints: what a run learnt of a market, on disk for the next one.
 * @module
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { inheritedAgeSeconds, PRIOR_AT, priorWeight } from "../core/learn/prior.ts";
import { IMPACT_SUM_COUNT } from "../core/signal/impact.ts";
import { THRESHOLD_COUNT } from "../core/signal/intensity.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { inputError, storageError, usageError } from "../io/exit.ts";
import { readUserFile, stateFolder } from "../io/paths.ts";
import { BUILD } from "../io/version.ts";

/** Between two checkpoints, and the least that a run must have seen before its own is worth keeping. */
export const CHECKPOINT_US = 300 * US_PER_SECOND;

const list = (length: number) => z.array(z.number().nonnegative()).length(length);
const checkpointSchema = z.strictObject({
  schema: z.literal("mmbin.checkpoint/1"),
  build: z.string(),
  market: z.string(),
  venue: z.string(),
  saved_us: z.number().positive(),
  dated_us: z
    .number()
    .positive()
    .describe("how new the knowledge is: earlier than saved_us while much of it is inherited"),
  own_s: z.number().nonnegative().describe("seconds of the run's own data"),
  variance_per_s: z.tuple([z.number().positive(), z.number().positive()]).describe("of the micro-price, fast and slow"),
  sweeps: list(THRESHOLD_COUNT).describe("beyond each threshold, decayed"),
  excess: list(THRESHOLD_COUNT).describe("their summed depth beyond it, fractions of price"),
  all_sweeps: z.number().nonnegative(),
  all_micro_usd: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
  impact_sums: z.array(z.number()).length(IMPACT_SUM_COUNT),
  half_touch: z.tuple([z.number(), z.number()]).nullable().describe("mean and mean square, fractions of price"),
  basis: z.number().nullable().describe("ln(price) - ln(reference)"),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** A checkpoint as a run takes it over. */
export interface Prior {
  /** File it came from. */
  source: string;
  ageSeconds: number;
  weight: number;
  values: Float64Array;
}

/** Makes a checkpoint of what `values` (as in core/learn/prior.ts) say. */
export function makeCheckpoint(
  market: string,
  venue: string,
  nowUs: TimeUs,
  ownSeconds: number,
  prior: Prior | null,
  memorySeconds: number,
  values: Float64Array,
): Checkpoint {
  const inherited = prior === null ? 0 : inheritedAgeSeconds(prior.ageSeconds, ownSeconds, memorySeconds);
  const at = PRIOR_AT.intensity;
  const known = (x: number): number | null => (Number.isFinite(x) ? x : null);
  const touch = [values[PRIOR_AT.touch], values[PRIOR_AT.touch + 1]] as [number, number];
  return {
    schema: "mmbin.checkpoint/1",
    build: BUILD.id,
    market,
    venue,
    saved_us: nowUs,
    dated_us: nowUs - Math.round(inherited * US_PER_SECOND),
    own_s: ownSeconds,
    variance_per_s: [values[0], values[1]] as [number, number],
    sweeps: [...values.subarray(at, at + THRESHOLD_COUNT)],
    excess: [...values.subarray(at + THRESHOLD_COUNT, at + 2 * THRESHOLD_COUNT)],
    all_sweeps: values[at + 2 * THRESHOLD_COUNT] as number,
    all_micro_usd: values[at + 2 * THRESHOLD_COUNT + 1] as number,
    seconds: values[at + 2 * THRESHOLD_COUNT + 2] as number,
    impact_sums: [...values.subarray(PRIOR_AT.impact, PRIOR_AT.impact + IMPACT_SUM_COUNT)],
    half_touch: Number.isFinite(touch[0]) ? touch : null,
    basis: known(values[PRIOR_AT.basis] as number),
  };
}

/** The values of a checkpoint in the core's order. */
export function valuesOf(c: Checkpoint): Float64Array {
  return Float64Array.from([
    ...c.variance_per_s,
    ...c.sweeps,
    ...c.excess,
    c.all_sweeps,
    c.all_micro_usd,
    c.seconds,
    ...c.impact_sums,
    ...(c.half_touch ?? [Number.NaN, Number.NaN]),
    c.basis ?? Number.NaN,
  ]);
}

/** Where the newest checkpoint of a market on a venue is kept. */
export function checkpointPath(venue: string, market: string): string {
  const plain = (text: string): string => text.replace(/[^A-Za-z0-9.-]+/g, "_");
  return join(stateFolder(), "checkpoints", plain(venue), `${plain(market)}.json`);
}

/** Writes a checkpoint whole or not at all. Throws a storage error. */
export function saveCheckpoint(checkpoint: Checkpoint): string {
  const path = checkpointPath(checkpoint.venue, checkpoint.market);
  try {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    // Two processes may trade one market: each has a file of its own to write whole.
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, `${JSON.stringify(checkpoint)}\n`, { mode: 0o600 });
    renameSync(fresh, path);
  } catch (error) {
    throw storageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
  return path;
}

/**
 * Finds the prior of a market: `none`, `latest` (the newest checkpoint of this market and venue, if there is one that is not too old) or files.
 * @param venue Null takes a file of whichever venue: for tapes.
 * @param note Told when the latest is there and cannot be used.
 * @throws An input error for a named file that is missing, damaged, of another venue, or too old.
 */
export function findPrior(
  wanted: readonly string[],
  market: string,
  venue: string | null,
  nowUs: TimeUs,
  note: (line: string) => void,
): Prior | null {
  if (wanted.length === 0 || wanted.includes("none")) return null;
  if (!wanted.includes("latest")) {
    for (const path of wanted) {
      const checkpoint = readCheckpoint(path);
      if (checkpoint.market === market) return take(path, checkpoint, venue, nowUs);
    }
    return null;
  }
  if (venue === null) throw usageError("--prior latest needs a venue: name the checkpoint's file");
  const path = checkpointPath(venue, market);
  try {
    readFileSync(path);
  } catch {
    return null;
  }
  try {
    const checkpoint = readCheckpoint(path);
    // Names that differ by a sign, or by case where the file system does not tell, share a file.
    return checkpoint.market === market ? take(path, checkpoint, venue, nowUs) : null;
  } catch (error) {
    note(`no prior: ${(error as Error).message}`);
    return null;
  }
}

/** Checks that each named file is of one of the run's markets: a prior that nobody uses was meant for something. */
export function checkPriorFiles(wanted: readonly string[], markets: readonly string[]): void {
  for (const path of wanted) {
    if (path === "none" || path === "latest") continue;
    const { market } = readCheckpoint(path);
    if (!markets.includes(market)) throw inputError(`${path}: is of ${market}, which this run does not trade`);
  }
}

function readCheckpoint(path: string): Checkpoint {
  const text = readUserFile(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw inputError(`${path}: is no checkpoint (not JSON): name one that a run saved, or use --prior none`);
  }
  const parsed = checkpointSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw inputError(
    `${path}: is no checkpoint (${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}): use --prior none`,
  );
}

function take(path: string, checkpoint: Checkpoint, venue: string | null, nowUs: TimeUs): Prior {
  if (venue !== null && checkpoint.venue !== venue) {
    throw inputError(
      `${path}: was learnt on ${checkpoint.venue}, this run is on ${venue}: what holds there need not hold here`,
    );
  }
  const ageSeconds = (nowUs - checkpoint.dated_us) / US_PER_SECOND;
  const weight = priorWeight(ageSeconds);
  if (weight === 0) {
    const days = (ageSeconds / 86_400).toFixed(1);
    throw inputError(`${path}: is ${days} days old; above 7 days, or from the future, it is refused: use --prior none`);
  }
  return { source: path, ageSeconds: Math.max(0, ageSeconds), weight, values: valuesOf(checkpoint) };
}
