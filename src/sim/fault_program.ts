/**
 * What goes wrong over hours: a seeded sequence of bad times, each with a beginning and an end.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../core/units.ts";
import type { Direction, FaultRule } from "./fault.ts";

/**
 * - `lost_request`: requests that never arrive.
 * - `lost_reply`: requests that are executed and whose answers never arrive: time-outs that happened.
 * - `lost_push`: what the venue tells of market or account and nobody hears, on a connection that lives.
 * - `late`, `twice`, `swapped`: messages of either direction.
 * - `cut`: the connection ends at some message, one to three times.
 * - `limited`: 429; `broken`: 500, 502 or 503, before the request or in place of the answer to one that was executed.
 * - `outage`: connections end, and nobody answers new ones or requests.
 * - `halt`: the venue makes no blocks.
 * - `stall`: the client stands still.
 * - `clock`: the client's clock is set forward or back.
 */
export const EPISODE_KINDS = [
  "lost_request",
  "lost_reply",
  "lost_push",
  "late",
  "twice",
  "swapped",
  "cut",
  "limited",
  "broken",
  "outage",
  "halt",
  "stall",
  "clock",
] as const;
export type EpisodeKind = (typeof EPISODE_KINDS)[number];

/** One bad time. */
export interface Episode {
  kind: EpisodeKind;
  atUs: TimeUs;
  forUs: TimeUs;
  /** In force from its beginning to its end. */
  rules: readonly FaultRule[];
  /** Of `clock`: by how much the client's clock moves at the beginning; it stays so. */
  stepUs: TimeUs;
}

export interface FaultProgramOptions {
  seed: number;
  fromUs: TimeUs;
  untilUs: TimeUs;
  /** Mean time from one beginning to the next, and mean duration; both exponential. */
  everySeconds: number;
  forSeconds: number;
  kinds?: readonly EpisodeKind[];
}

/** A duration beyond this is another kind of trouble: nobody waits that long. */
const SECONDS_MAX = 120;
const REQUESTS = ["post", "/exchange", "/info"] as const;
const ACTIONS = ["post", "/exchange"] as const;
const PUSHES = ["*", "bbo", "l2Book", "trades", "activeAssetCtx", "orderUpdates", "userFills", "userEvents"] as const;
const STATUSES = [500, 502, 503] as const;
/** Delays: most are short, and some are longer than a client waits. */
const LATE_MS_MAX = 12_000;
/** Steps of the client's clock: from what is not noticed to what makes its nonces and its expiries wrong. */
const STEP_US_MAX = 20 * US_PER_SECOND;

/** Episodes in order of time. The same options give the same program; each may overlap others. */
export function faultProgram(options: FaultProgramOptions): Episode[] {
  const { seed, fromUs, untilUs, everySeconds, forSeconds } = options;
  const kinds = options.kinds ?? EPISODE_KINDS;
  const random = new Prng(seed);
  const episodes: Episode[] = [];
  let atUs = fromUs;
  for (;;) {
    atUs += Math.round(everySeconds * US_PER_SECOND * random.exponential());
    if (atUs >= untilUs) return episodes;
    const kind = kinds[random.below(kinds.length)] as EpisodeKind;
    const seconds = Math.min(SECONDS_MAX, forSeconds * random.exponential());
    const stepUs = kind === "clock" ? Math.round((2 * random.unit() - 1) * STEP_US_MAX) : 0;
    episodes.push({ kind, atUs, forUs: Math.round(seconds * US_PER_SECOND), rules: rulesOf(kind, random), stepUs });
  }
}

function rulesOf(kind: EpisodeKind, random: Prng): FaultRule[] {
  // From a message now and then to each of them.
  const chanceRatio = random.unit() < 0.3 ? 1 : 0.02 + 0.48 * random.unit();
  const direction: Direction = random.unit() < 0.5 ? "in" : "out";
  const rule = (set: Partial<FaultRule>): FaultRule => {
    return { kind: "drop", direction, on: "*", chanceRatio, countMax: null, ms: 0, status: 500, ...set };
  };
  switch (kind) {
    case "lost_request":
      return REQUESTS.map((on) => rule({ direction: "in", on }));
    case "lost_reply":
      return ACTIONS.map((on) => rule({ direction: "out", on }));
    case "lost_push":
      return [rule({ direction: "out", on: pick(PUSHES, random) })];
    case "late":
      return [rule({ kind: "delay", ms: Math.round(LATE_MS_MAX * random.unit() ** 3) })];
    case "twice":
      return [rule({ kind: "duplicate" })];
    case "swapped":
      return [rule({ kind: "reorder" })];
    case "cut":
      return [rule({ kind: "disconnect", chanceRatio: 0.05, countMax: 1 + random.below(3) })];
    case "limited":
      return REQUESTS.map((on) => rule({ kind: "status", direction: "in", on, status: 429 }));
    case "broken": {
      const status = pick(STATUSES, random);
      return REQUESTS.map((on) => rule({ kind: "status", on, status }));
    }
    default:
      return [];
  }
}

function pick<T>(from: readonly T[], random: Prng): T {
  return from[random.below(from.length)] as T;
}

/** One line for a report of what happened. */
export function episodeText({ kind, forUs, rules, stepUs }: Episode): string {
  const what = rules.map((r) => `${r.kind} ${r.direction} ${r.on} ${r.chanceRatio.toFixed(2)}`).join(", ");
  const step = stepUs === 0 ? "" : `by ${(stepUs / US_PER_MS).toFixed(0)} ms`;
  return `${kind} for ${(forUs / US_PER_SECOND).toFixed(1)} s ${what}${step}`.trimEnd();
}
