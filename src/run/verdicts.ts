/**
 * Verdicts on worlds whose right answer is known: how often they are right, and how long they take.
 * @module
 */
import { assert } from "../core/assert.ts";
import type { Viability, ViabilityReason, ViabilityState } from "../core/quote/viability.ts";
import { BPS, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { loadConfig } from "../io/config.ts";
import { ALL_SCORERS, DRIVER, type Scorer } from "../sim/resting.ts";
import { coinOf, hashOf, worldOf } from "./paper_error.ts";
import type { Session } from "./session.ts";
import { runPaper } from "./twin.ts";
import { TRUTH_DEPTHS_BPS, TRUTH_MAKERS, type Truth, type TruthMaker, worldTruth } from "./world_truth.ts";

/** A verdict is made each half minute: looking more often shows nothing new. */
const LOOK_US = 30 * US_PER_SECOND;
const US_PER_MINUTE = 60 * US_PER_SECOND;
/** The engine's own way to the venue and back, and that of the maker whose earnings are the truth. */
const LATE_MAKER = TRUTH_MAKERS.find((maker) => maker.latencySeconds > 0);
export const VERDICTS_SCHEMA = "mmbin.verdicts/1";

export interface VerdictRequest {
  worlds: readonly string[];
  seeds: readonly number[];
  minutes: number;
  /** Runs and their length behind the truth that verdicts are held against. */
  truth: { seeds: number; seconds: number };
  /** Asked between the runs behind the truth, which take a minute. */
  stopRequested?(): boolean;
}

/** What one seed came to. Minutes of the world's time; null where it never happened. */
export interface SeedVerdict {
  seed: number;
  /** At the end. */
  state: ViabilityState;
  reason: ViabilityReason;
  firstViableMinutes: number | null;
  firstNotViableMinutes: number | null;
  /** What the last verdict says of the best depth; null when it names none. */
  named: NamedDepth | null;
}

/** A depth that a verdict names, and the edge of a fill that it expects there: capture, which is the depth, less the other parts. */
export interface NamedDepth {
  depthBps: number;
  /** 95 % intervals of the best depth, and of the edge at the one named. */
  depthRangeBps: [lo: number, hi: number];
  edgeRangeBps: [lo: number, hi: number];
  edgeBps: number;
  adverseBps: number;
  latencyBps: number;
}

/** Verdicts of all seeds of one world, and its truth. */
export interface WorldVerdicts {
  world: string;
  hash: string;
  coin: string;
  /** The right verdict; null where the truth itself is undecided. */
  right: "viable" | "not_viable" | null;
  truth: Truth;
  seeds: SeedVerdict[];
}

/** Runs the engine on paper over every seed of every world. `onSeed` is told of each and ends it all by answering false. */
export async function measureVerdicts(
  request: VerdictRequest,
  onSeed: (text: string) => Promise<boolean>,
): Promise<WorldVerdicts[]> {
  const found: WorldVerdicts[] = [];
  for (const world of request.worlds) {
    const spec = worldOf(world);
    const coin = coinOf(spec);
    if (!(await onSeed(`${world}: the truth by brute force`))) break;
    assert(LATE_MAKER !== undefined, "verdicts: one of the truth's makers is late");
    const truth = await truthOf(world, coin, request, LATE_MAKER);
    if (truth === null) break;
    const seeds: SeedVerdict[] = [];
    for (const seed of request.seeds) {
      if (!(await onSeed(`${world}: seed ${seed}`))) break;
      seeds.push(verdictOf(request, world, coin, seed));
    }
    found.push({ world: spec.name, hash: hashOf(world) ?? "", coin, right: rightOf(truth), truth, seeds });
  }
  return found;
}

/** Some depth's whole interval is above zero, or every depth's is below; all else is too little truth for a verdict. */
function rightOf({ bestBps, rows }: Truth): WorldVerdicts["right"] {
  if (bestBps !== null) return "viable";
  return rows.every((row) => row.edgeHiBps < 0) ? "not_viable" : null;
}

function truthOf(world: string, coin: string, request: VerdictRequest, maker: TruthMaker): Promise<Truth | null> {
  const { truth, stopRequested } = request;
  const stop = stopRequested === undefined ? {} : { stopRequested };
  return worldTruth({ world, coin, seed: 1, ...truth, ...stop, depthsBps: TRUTH_DEPTHS_BPS }, maker);
}

function verdictOf(request: VerdictRequest, world: string, coin: string, seed: number): SeedVerdict {
  const config = { file: null, set: [], env: {}, profile: null };
  const base = { world, coin, seed, seconds: request.minutes * 60, config, loaded: loadConfig(null) };
  const watch = new Watch();
  const [session] = runPaper(
    { ...base, scorers: [ALL_SCORERS[DRIVER] as Scorer] },
    [LATE_MAKER?.latencySeconds ?? 0],
    (nowUs, [run]) => watch.look(nowUs, run as Session),
  );
  const viability = (session as Session).desk.engines[0]?.board.viability;
  assert(viability !== undefined, "verdicts: a run has one engine");
  return {
    seed,
    state: viability.state,
    reason: viability.reason,
    firstViableMinutes: watch.first.viable,
    firstNotViableMinutes: watch.first.not_viable,
    named: namedBy(viability),
  };
}

function namedBy(v: Viability): NamedDepth | null {
  if (!Number.isFinite(v.bestDepthFrac)) return null;
  return {
    depthBps: v.bestDepthFrac / BPS,
    depthRangeBps: [v.bestDepthLoFrac / BPS, v.bestDepthHiFrac / BPS],
    edgeRangeBps: [v.edgeLoFrac / BPS, v.edgeHiFrac / BPS],
    edgeBps: v.edgeFrac / BPS,
    adverseBps: v.adverseFrac / BPS,
    latencyBps: v.latencyFrac / BPS,
  };
}

/** When each verdict first came. */
class Watch {
  readonly first: { viable: number | null; not_viable: number | null } = { viable: null, not_viable: null };
  #startUs: TimeUs = 0;
  #dueUs: TimeUs = 0;

  look(nowUs: TimeUs, session: Session): void {
    if (this.#startUs === 0) this.#startUs = nowUs;
    if (nowUs < this.#dueUs) return;
    this.#dueUs = nowUs + LOOK_US;
    const state = session.desk.engines[0]?.board.viability.state;
    if (state === "viable" || state === "not_viable") this.first[state] ??= (nowUs - this.#startUs) / US_PER_MINUTE;
  }
}
