/**
 * What goes wrong between a client and the venue, planned: which message, how often, in which way.
 * @module
 */
import { Prng } from "../core/prng.ts";

/**
 * - `delay`: the message waits `ms` of venue time. A socket keeps its order: what comes after it waits behind it.
 * - `drop`: the message is lost. A lost request never reaches the venue; a lost reply leaves its action executed.
 * - `duplicate`: the message comes twice.
 * - `reorder`: the message waits until the next one has passed it.
 * - `disconnect`: the connection ends in place of the message.
 * - `status`: the request is answered with an HTTP status and never executed.
 */
export const FAULT_KINDS = ["delay", "drop", "duplicate", "reorder", "disconnect", "status"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** `in` is from the client to the venue, `out` from the venue to the client. */
export type Direction = "in" | "out";

export interface FaultRule {
  kind: FaultKind;
  direction: Direction;
  /** A path (`/info`, `/exchange`), a channel of the socket (`bbo`, `post`), a method sent to it (`subscribe`), or `*` for all. */
  on: string;
  /** Chance that it strikes, per message: 0 to 1. */
  chanceRatio: number;
  /** Times that it strikes before it is spent; null is for ever. */
  countMax: number | null;
  /** Of a delay, venue time. */
  ms: number;
  /** Of a status: 429 or 500 to 599. */
  status: number;
}

interface Standing {
  rule: FaultRule;
  left: number;
}

/** Rules in force. The same seed, rules and messages give the same faults. */
export class FaultPlan {
  readonly #random: Prng;
  #rules: Standing[] = [];
  #struckCount = 0;

  constructor(seed: number) {
    this.#random = new Prng(seed);
  }

  /** Rules that are not spent. */
  get ruleCount(): number {
    return this.#rules.length;
  }
  /** Faults so far. */
  get struckCount(): number {
    return this.#struckCount;
  }

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.countMax ?? Number.POSITIVE_INFINITY });
  }

  /** Takes one rule back. */
  remove(rule: FaultRule): void {
    this.#rules = this.#rules.filter((standing) => standing.rule !== rule);
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault that strikes this message: of the first rule in order of arrival that fits and draws, or null. */
  strike(direction: Direction, name: string): FaultRule | null {
    for (const standing of this.#rules) {
      const { rule } = standing;
      if (rule.direction !== direction || (rule.on !== "*" && rule.on !== name) || !applies(rule.kind, direction, name))
        continue;
      if (rule.chanceRatio < 1 && this.#random.unit() >= rule.chanceRatio) continue;
      standing.left -= 1;
      if (standing.left <= 0) this.#rules = this.#rules.filter((other) => other !== standing);
      this.#struckCount += 1;
      return rule;
    }
    return null;
  }
}

/** Whether a kind makes sense for a message: an HTTP reply has one copy and no connection to lose, and only requests have a status. */
export function applies(kind: FaultKind, direction: Direction, name: string): boolean {
  const isHttp = name.startsWith("/");
  if (kind === "disconnect") return !isHttp;
  if (kind === "duplicate") return !isHttp || direction === "in";
  if (kind === "status") return isHttp || name === "post";
  return true;
}
