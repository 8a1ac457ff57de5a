import { describe, expect, test } from "bun:test";
import { applies, FaultPlan } from "../../src/sim/fault.ts";
import { EPISODE_KINDS, type EpisodeKind, episodeText, faultProgram } from "../../src/sim/fault_program.ts";

const FROM = 1_767_225_600_000_000;
const DAY = 86_400_000_000;
const options = { seed: 1, fromUs: FROM, untilUs: FROM + DAY, everySeconds: 60, forSeconds: 10 };

describe("a program of faults", () => {
  const program = faultProgram(options);

  test("is the same for the same seed, and another for another", () => {
    expect(faultProgram(options)).toEqual(program);
    expect(faultProgram({ ...options, seed: 2 })).not.toEqual(program);
  });

  test("has episodes in order, as often and as long as asked, within its time", () => {
    expect(Math.abs(program.length - 1_440)).toBeLessThan(150);
    const mean = program.reduce((sum, e) => sum + e.forUs, 0) / program.length / 1e6;
    expect(Math.abs(mean - 10)).toBeLessThan(1);
    for (const [i, { atUs, forUs }] of program.entries()) {
      expect(atUs >= FROM && atUs < FROM + DAY && atUs >= (program[i - 1]?.atUs ?? 0)).toBe(true);
      expect(Number.isInteger(forUs) && forUs >= 0 && forUs <= 120e6).toBe(true);
    }
  });

  test("has every kind, each with rules that mean something, and a line for people", () => {
    expect(new Set(program.map((e) => e.kind))).toEqual(new Set(EPISODE_KINDS));
    for (const episode of program) {
      const isRuled = !["outage", "halt", "stall", "clock"].includes(episode.kind);
      expect(episode.rules.length > 0).toBe(isRuled);
      expect(episode.stepUs !== 0).toBe(episode.kind === "clock");
      expect(episodeText(episode)).toContain(episode.kind);
      for (const rule of episode.rules) {
        expect(rule.chanceRatio > 0 && rule.chanceRatio <= 1).toBe(true);
        if (rule.on !== "*") expect(applies(rule.kind, rule.direction, rule.on)).toBe(true);
      }
    }
  });

  test.each<[EpisodeKind, string, string]>([
    ["lost_request", "drop", "in"],
    ["lost_reply", "drop", "out"],
    ["lost_push", "drop", "out"],
    ["limited", "status", "in"],
  ])("%s is %s of what goes %s", (kind, fault, direction) => {
    const rules = faultProgram({ ...options, kinds: [kind] }).flatMap((e) => e.rules);
    expect(new Set(rules.map((r) => `${r.kind} ${r.direction}`))).toEqual(new Set([`${fault} ${direction}`]));
  });
});

test("a rule that is taken back strikes no more, and leaves the others", () => {
  const plan = new FaultPlan(1);
  const [lost, late] = faultProgram({ ...options, kinds: ["lost_reply", "late"] }).flatMap((e) => e.rules);
  const rule = { ...(lost as NonNullable<typeof lost>), direction: "out" as const, on: "post", chanceRatio: 1 };
  const other = { ...(late as NonNullable<typeof late>), direction: "out" as const, on: "bbo", chanceRatio: 1 };
  plan.add(rule);
  plan.add(other);
  expect(plan.strike("out", "post")).toBe(rule);
  plan.remove(rule);
  expect([plan.strike("out", "post"), plan.strike("out", "bbo"), plan.ruleCount]).toEqual([null, other, 1]);
});
