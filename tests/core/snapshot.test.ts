import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Desk } from "../../src/core/desk.ts";
import { F, KIND } from "../../src/core/frame.ts";
import type { MarketParams } from "../../src/core/params.ts";
import { StateReader } from "../../src/core/state.ts";
import { feed, hashOf, keepFrames, restore, stateOf } from "../fixtures/frames.ts";
import { readWhole } from "../fixtures/loopback.ts";
import { makeWorld, runWorld, type World } from "../fixtures/world.ts";

interface Recorded {
  frames: Float64Array[];
  params: MarketParams[];
}

function record(world: World, set: string[], markets: string[], viable: boolean): Recorded {
  let frames: Float64Array[] = [];
  const session = runWorld(world, set, { markets, viable, onSession: (s) => (frames = keepFrames(s)) });
  return { frames, params: session.desk.engines.map((e) => e.params) };
}

/** Runs all frames through one desk, and from each of `points` on through a restored one beside it. */
function expectRestored(
  { frames, params }: Recorded,
  points: number[],
  prepare: (desk: Desk) => Desk = (d) => d,
): void {
  const first = prepare(new Desk(params));
  const others: Desk[] = [];
  frames.forEach((frame, i) => {
    if (points.includes(i)) others.push(restore(prepare(new Desk(params)), stateOf(first)));
    const intents = feed(first, frame);
    for (const other of others) {
      const same = feed(other, frame);
      if (same.length !== intents.length || same.some((x, k) => !Object.is(x, intents[k]))) {
        expect({ at: i, intents: same }).toEqual({ at: i, intents });
      }
    }
  });
  const state = stateOf(first);
  for (const other of others) {
    expect(hashOf(other)).toBe(hashOf(first));
    const otherState = stateOf(other);
    const differs = state.findIndex((x, k) => !Object.is(x, otherState[k]));
    expect([otherState.length, differs]).toEqual([state.length, -1]);
  }
  expect(others.length).toBe(points.length);
}

/** A market that counts as one that pays, on whichever desk: several levels, clips and inventory. */
function paying(desk: Desk): Desk {
  for (const engine of desk.engines) {
    engine.board.viability.state = "viable";
    engine.board.viability.evaluate = () => {};
  }
  return desk;
}

const world = makeWorld(8, 420, (push, second) => !(second > 200 && second < 215) && push.timeUs > 0);
const one = record(world, ["capital_usd=200", "half_spread_fixed_bps=1"], ["sim:HYPE"], true);
const two = record(world, [], ["sim:HYPE", "HYPE"], false);

/** Frames after which something is under way: `n` of them, evenly. */
function pointsOf(frames: Float64Array[], kind: number, n: number): number[] {
  const at = frames.flatMap((frame, i) => (frame[F.kind] === kind ? [i + 1] : [])).filter((i) => i < frames.length);
  return Array.from(
    { length: Math.min(n, at.length) },
    (_, k) => at[Math.floor((k * at.length) / Math.min(n, at.length))] as number,
  );
}

describe("a desk that was restored decides what the other decides, number by number", () => {
  test("from the very first frames on", () => {
    expectRestored(one, [0, 1, 2, 3, 4, 10], paying);
  });

  test("after fills (bursts among them), answers, trades, timers and the gap", () => {
    const points = new Set([
      ...pointsOf(one.frames, KIND.fill, 12),
      ...pointsOf(one.frames, KIND.order, 8),
      ...pointsOf(one.frames, KIND.trade, 6),
      ...pointsOf(one.frames, KIND.timer, 4),
      ...pointsOf(one.frames, KIND.gap, 1),
    ]);
    expect(pointsOf(one.frames, KIND.fill, 12).length).toBe(12);
    expect(pointsOf(one.frames, KIND.gap, 1).length).toBe(1);
    expectRestored(one, [...points], paying);
  });

  test("two markets with their reference between them", () => {
    expectRestored(two, [50, 500, ...pointsOf(two.frames, KIND.order, 4), two.frames.length - 300]);
  });

  const tapes = process.env.MMBIN_DATA === undefined ? "" : join(process.env.MMBIN_DATA, "tapes");
  test.skipIf(tapes === "")("over a recorded tape of four markets (needs MMBIN_DATA)", async () => {
    expect(existsSync(tapes)).toBe(true);
    const name = readdirSync(tapes).find((f) => f.includes("4min")) as string;
    const { answers, items } = await readWhole([join(tapes, name)]);
    const encoder = new TextEncoder();
    const pushes = items.flatMap((i) => ("text" in i ? [{ ...i, bytes: encoder.encode(i.text) }] : []));
    const tape = { pushes, answers } as unknown as World;
    const run = record(tape, [], ["WLFI", "SOL", "ETH", "BTC"], false);
    expectRestored(run, [100, 5_000, ...pointsOf(run.frames, KIND.gap, 2), run.frames.length - 500]);
  });
});

describe("a state that does not fit is refused", () => {
  const state = stateOf(new Desk(one.params));
  test.each([
    ["one number short", state.slice(0, -1)],
    ["one number long", Float64Array.from([...state, 0])],
    ["of another version", state.with(0, 999)],
    ["of another number of markets", state.with(1, 2)],
  ])("%s", (_name, bad) => {
    expect(() => restore(new Desk(one.params), bad)).toThrow(/desk: |state: /);
  });

  test("between a frame and its intents there is no state", () => {
    const desk = new Desk(one.params);
    const sending = one.frames.findIndex((frame) => {
      desk.on(frame, 0);
      if (desk.intents.length > 0) return true;
      return false;
    });
    expect(sending).toBeGreaterThan(0);
    expect(() => desk.syncState(new StateReader(state))).toThrow("no intent waits");
  });
});

describe("no field is forgotten", () => {
  /** Fields whose value is always written before it is read, or never changes after the constructor. */
  const EXEMPT: Record<string, string[]> = {
    FrameLane: ["*"],
    StateWriter: ["*"],
    StateReader: ["*"],
    RunningHash: ["*"],
    Prng: ["*"],
    Candidates: ["*"],
    SweepAssembler: ["sweep"],
    SignalHub: ["#names", "#channel"],
    Viability: ["#sum", "#phis", "#edges", "#bests", "#scratch", "#edge"],
    Band: ["#chi", "#exact"],
    Quoter: ["#instrument"],
    Desk: ["#priced"],
    QuotaPrice: ["#gain"],
    Reference: [],
  };

  const root = join(import.meta.dir, "..", "..", "src", "core");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts"));
  const classes = files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return [...text.matchAll(/^(?:export )?class (\w+)[^\n]*\{\n([\s\S]*?)^\}/gm)].map((m) => ({
      name: m[1] as string,
      body: m[2] as string,
    }));
  });

  /** Fields that can change: not readonly, or readonly with contents of their own. */
  function mutableFields(body: string): string[] {
    const fields = [...body.matchAll(/^ {2}(readonly )?(#?\w+)(?:: ([^=;]+))?(?: = ([^;]+))?;$/gm)];
    return fields.flatMap(([, isReadonly, name, type, value]) => {
      if (isReadonly === undefined) return [name as string];
      return /new (Float64|Uint8|Int8|Int32)Array|new (Map|Set)|\[\]/.test(value ?? "") ||
        /Array|\[\]|Map|Set/.test(type ?? "")
        ? [name as string]
        : [];
    });
  }

  test.each(classes.map((c) => [c.name, c.body]))("%s", (name, body) => {
    const exempt = EXEMPT[name] ?? [];
    if (name === "AssertionError" || exempt.includes("*")) return;
    const sync = /^ {2}syncState\([\s\S]*?^ {2}\}/m.exec(body)?.[0] ?? "";
    const missing = mutableFields(body).filter((field) => {
      if (exempt.includes(field)) return false;
      return !new RegExp(`this\\.${field}\\b`).test(sync);
    });
    expect(missing).toEqual([]);
  });

  test("the guard sees what it must", () => {
    expect(classes.length).toBeGreaterThan(30);
    expect(
      mutableFields("  #a = 0;\n  readonly #b = new Float64Array(2);\n  readonly c: number;\n  d: number;\n"),
    ).toEqual(["#a", "#b", "d"]);
  });
});
