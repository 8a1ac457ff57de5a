import { describe, expect, test } from "bun:test";
import { DrivenClock } from "../../src/io/clock.ts";
import { loadConfig } from "../../src/io/config.ts";
import { PaperRun } from "../../src/run/paper.ts";
import type { RunIo, StatusForm } from "../../src/run/request.ts";
import type { Session } from "../../src/run/session.ts";
import { StatusPace, StatusWriter } from "../../src/run/status.ts";
import { readStatus } from "../../src/run/status_facts.ts";
import { type MarketStatus, statusJsonSchema, statusSchema } from "../../src/run/status_schema.ts";
import { statusLine, statusTable } from "../../src/run/status_text.ts";
import { resolveVenue } from "../../src/venue/hyperliquid/address.ts";
import { FakeNet, json } from "../fixtures/net.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";

const S = 1_000_000;

const GOOD: MarketStatus = {
  schema: "mmbin.status/1",
  time_us: 1_767_225_600_000_000,
  elapsed_s: 754.2,
  market: "xyz:TSLA",
  position: -0.39,
  position_usd: -168.2,
  cap_ratio: -0.351,
  bid_px: 431.12,
  ask_px: 431.5,
  bid_reason: null,
  ask_reason: null,
  half_spread_bps: 14.66,
  terms_bps: { base: 2.24, fee: 3, adverse_selection: 8.77, skew: 0, volatility_latency: 0.55, reset: 0.1, cap: 0 },
  fills: 39,
  edge: { horizon_s: 5, mean_bps: 1.234, lo_bps: -0.449, hi_bps: 2.91, n: 38, clusters: 36, blocks: 21 },
  requests: { market: 412, run: 830, surplus: 9170, burn_per_hour: 1000, mode: "full", runway_h: 9.17 },
  equity_usd: 0.01234,
  viability: { state: "undecided", reason: "interval_holds_zero" },
  feed: { silent_s: 0.3, lost: null },
  stale: [],
  breaker: null,
};
const with_ = (set: Partial<MarketStatus>): MarketStatus => ({ ...GOOD, ...set });
const at = (columns: number, ...statuses: MarketStatus[]): string[] =>
  statusTable(statuses, { columns, rows: 24 }, false);

describe("a status as text", () => {
  test("as a line, at 160, 120 and 80 columns, and in a corner", () => {
    expect(statusLine(GOOD)).toBe(
      "12:34 | xyz:TSLA | -0.39 (35 %) | 431.12 / 431.5 | half 14.7 = base 2.2 fee 3.0 as 8.8 lat 0.6 reset 0.1 | " +
        "edge +1.2 [-0.4, +2.9] n 38 | 412 req, 9.2 h left | +$0.0123 | undecided",
    );
    expect(at(160, GOOD)).toEqual([
      "12:34  xyz:TSLA  -0.39 (35 %)  431.12 / 431.5  half 14.7 = base 2.2 fee 3.0 as 8.8 ..  edge +1.2 [-0.4, +2.9] n 38  " +
        "412 req, 9.2 h left  +$0.0123  undecided",
    ]);
    expect(at(120, GOOD)).toEqual([
      "12:34  xyz:TSLA  -35 %  431.12 / 431.5  half 14.7  edge +1.2 [-0.4,+2.9] n38  412 req, 9.2 h left  +$0.0123  undecided",
    ]);
    expect(at(80, GOOD)).toEqual(["xyz:TSLA  -35 %  431.12/431.5  edge +1.2 [-0.4,+2.9] n38  9.2 h  +$0.01  undec"]);
    expect(at(40, GOOD)).toEqual(["xyz:TSLA  -35 %  431.12/431.5  edge +1.2 n38"]);
  });

  test.each([
    [{ bid_px: null, bid_reason: "cap" }, "| cap / 431.5 |"],
    [{ ask_px: null, ask_reason: "quota_spent" }, "| 431.12 / quota_spent |"],
    [{ bid_px: null, ask_px: null, bid_reason: "stale_feed", ask_reason: "stale_feed" }, "| no quotes: stale_feed |"],
    [{ bid_px: null, ask_px: null, bid_reason: "cap", ask_reason: "in_flight" }, "| cap / in_flight |"],
    [{ position: 0, cap_ratio: 0 }, "| flat |"],
    [{ position: 0, cap_ratio: null }, "| flat |"],
    [{ half_spread_bps: null, terms_bps: null }, "| half ? |"],
    [{ half_spread_bps: 0.45, terms_bps: { base: 0.3, fee: 0.15 } }, "| half 0.45 = base 0.30 fee 0.15 |"],
    [{ edge: { ...GOOD.edge, lo_bps: null, hi_bps: null, n: 1 } }, "| edge +1.2 [?] n 1 |"],
    [{ edge: { ...GOOD.edge, mean_bps: null, n: 0 } }, "| edge ? n 0 |"],
    [{ requests: { ...GOOD.requests, burn_per_hour: -5, runway_h: null } }, "| 412 req, no end |"],
    [{ requests: { ...GOOD.requests, burn_per_hour: null, runway_h: null } }, "| 412 req, runway ? |"],
    [{ requests: { ...GOOD.requests, mode: "passive" } }, "| 412 req, 9.2 h left (passive) |"],
    [{ requests: { ...GOOD.requests, surplus: -3, runway_h: 0 } }, "| 412 req, spent |"],
    [{ equity_usd: -1234.5 }, "| -$1234.50 |"],
    [{ equity_usd: null }, "| equity ? |"],
    [{ elapsed_s: 7445 }, "2:04:05 |"],
    [{ breaker: "daily_loss" }, "| undecided | breaker daily_loss"],
    [{ feed: { silent_s: 12.4, lost: null } }, "| feed silent 12 s"],
    [{ feed: { silent_s: 12.4, lost: "closed with code 1006" } }, "| feed lost 12 s: closed with code 1006"],
    [{ feed: { silent_s: null, lost: null } }, "| no message yet"],
    [
      {
        stale: [
          { name: "depth", cost_bps: 0.81 },
          { name: "flow", cost_bps: 0.4 },
        ],
      },
      "| stale depth +0.8, flow +0.4",
    ],
  ] as [Partial<MarketStatus>, string][])("%j is told as %s", (set, text) => {
    expect(statusLine(with_(set))).toContain(text);
  });

  test("columns stand under each other, and what a market has to say is never blank", () => {
    const empty = with_({ market: "BTC", bid_px: null, ask_px: null, bid_reason: "no_book", ask_reason: "no_book" });
    const rows = at(160, GOOD, empty);
    expect(rows[1]?.indexOf("half")).toBe(rows[0]?.indexOf("half") as number);
    expect(rows[1]).toContain("no quotes: no_book");
  });

  test("the alarm is the last to go, and coloured", () => {
    const alarmed = with_({ breaker: "drawdown", feed: { silent_s: 31, lost: "closed with code 1006" } });
    expect(at(80, alarmed)[0]).toEndWith("drawdown, lost 31 s");
    expect(statusTable([alarmed], { columns: 160, rows: 24 }, true)[0]).toStartWith("\u001b[31m");
    expect(
      statusTable([with_({ feed: { silent_s: 3, lost: null } })], { columns: 160, rows: 24 }, true)[0],
    ).toStartWith("\u001b[33m");
    expect(statusTable([GOOD], { columns: 160, rows: 24 }, true)[0]).not.toContain("\u001b");
  });

  test("eight markets at most, fewer in a low window, and how many more there are", () => {
    const many = Array.from({ length: 50 }, (_, i) => with_({ market: `xyz:M${i}` }));
    expect(at(160, ...many)).toHaveLength(9);
    expect(at(160, ...many).at(-1)).toBe("+42 more");
    expect(statusTable(many, { columns: 160, rows: 6 }, false)).toHaveLength(4);
    expect(statusTable(many.slice(0, 8), { columns: 160, rows: 24 }, false).at(-1)).toContain("xyz:M7");
  });

  test("no line is wider than the window down to the least it can say", () => {
    for (let columns = 60; columns <= 220; columns++) {
      for (const row of at(columns, GOOD, with_({ market: "BTC", position: 0 })))
        expect(row.length).toBeLessThan(columns);
    }
  });
});

describe("when a status is due", () => {
  test("lines: whole market minutes after the first call, once each, also after a pause", () => {
    const pace = new StatusPace("lines", { monotonicUs: () => 0 });
    const due = [0, 59, 60, 61, 119, 121, 122, 400, 401, 420].filter((s) => pace.isDue(5 * S + s * S));
    expect(due).toEqual([60, 121, 400, 420]);
  });

  test("a screen: at once and then each second of our own time, whatever the market's", () => {
    let nowUs = 0;
    const pace = new StatusPace("screen", { monotonicUs: () => nowUs });
    const due = [0, 10, 0.99e6, 1e6, 1.5e6, 2.2e6, 9e6, 9.1e6].filter((us) => {
      nowUs = us;
      return pace.isDue(1);
    });
    expect(due).toEqual([0, 1e6, 2.2e6, 9e6]);
  });

  test("never where nobody looks", () => {
    const pace = new StatusPace("off", { monotonicUs: () => 0 });
    expect([0, 60, 120].filter((s) => pace.isDue(s * S))).toEqual([]);
  });
});

/** Keeps what is written. */
function listening(form: StatusForm): { io: RunIo; written: string[] } {
  const written: string[] = [];
  const size = (): { columns: number; rows: number } => ({ columns: 160, rows: 24 });
  const status = { form, color: false, size, write: (lines: readonly string[]) => written.push(...lines) };
  return { io: { ...QUIET, status }, written };
}

const world = makeWorld(1, 400);

function watched(form: StatusForm, set: string[] = []): { session: Session; written: string[] } {
  const { io, written } = listening(form);
  let status: StatusWriter | null = null;
  let ticks = 0;
  const session = runWorld(world, set, {
    onSession: (s) => {
      // A screen that is drawn after every message looks as often as anybody can.
      status = new StatusWriter(s, ["sim:HYPE"], io, { monotonicUs: () => (ticks += S) });
    },
    onPush: (s) => status?.update(s.endedUs),
  });
  return { session, written };
}

const read = (session: Session, nowUs = session.endedUs, lostReason = ""): MarketStatus =>
  readStatus(session, 0, "sim:HYPE", nowUs, { surplusAtStart: 10_000, lostReason });

describe("what a run says of itself", () => {
  const hashes = (session: Session): unknown =>
    session.finish([], []).map((m) => [m.intent_hash, m.state_hash, m.fills, m.edge_bps["5"]]);
  const plain = hashes(runWorld(world, []));

  test.each(["screen", "lines", "json", "off"] as const)("%s: looking changes no decision", (form) => {
    const { session, written } = watched(form);
    if (form === "screen") expect(written.length).toBe(world.pushes.length);
    else expect(written.length).toBe(form === "off" ? 0 : 6);
    expect(hashes(session)).toEqual(plain);
  });

  test("what is left on a screen is how the run ended; lines get no more", () => {
    for (const form of ["screen", "lines"] as const) {
      const { io, written } = listening(form);
      const session = runWorld(makeWorld(1, 30), []);
      new StatusWriter(session, ["sim:HYPE"], io, { monotonicUs: () => 0 }).finish();
      expect(written).toHaveLength(form === "screen" ? 1 : 0);
      if (form === "screen")
        expect(written[0]).toStartWith(`0:${Math.floor((session.endedUs - session.startedUs) / S)}  `);
    }
  });

  test("JSON lines hold to the schema, in order of time", () => {
    const statuses = watched("json").written.map((line) => statusSchema.parse(JSON.parse(line)));
    expect(statuses.map((s) => Math.round(s.elapsed_s))).toEqual([60, 120, 180, 240, 300, 360]);
    expect(statuses.at(-1)).toMatchObject({ market: "sim:HYPE", feed: { lost: null }, breaker: null });
    expect(statusSchema.safeParse({ ...statuses[0], surprise: 1 }).success).toBe(false);
    expect(statusJsonSchema()).toMatchObject({ type: "object" });
  });

  test("the numbers are the report's", () => {
    const { session } = watched("off");
    const s = read(session);
    const terms = Object.values(s.terms_bps ?? {}).reduce((sum, bps) => sum + bps, 0);
    expect(s.half_spread_bps).toBeCloseTo(terms, 9);
    const report = session.finish([], [])[0] as ReturnType<Session["finish"]>[number];
    expect([s.fills, s.requests.market, s.requests.run]).toEqual([
      report.fills,
      report.requests.total,
      report.requests.total,
    ]);
    expect(s.equity_usd).toBeCloseTo(Number(report.pnl_usd.total), 6);
    expect(String(s.position)).toBe(report.position);
    expect([s.viability.state, s.requests.surplus]).toEqual([
      report.viability.state,
      session.shadow.limiter.surplusCount,
    ]);
    expect(read(session).edge.mean_bps).toBeCloseTo(report.edge_bps["5"].mean as number, 9);
  });

  test("the runway is surplus over what is used less what is earned, and unknown in the first minute", () => {
    const session = runWorld(world, []);
    const { surplus, burn_per_hour, runway_h } = read(session).requests;
    const hours = (session.endedUs - session.startedUs) / 3.6e9;
    expect(burn_per_hour).toBeCloseTo((10_000 - surplus) / hours, 6);
    expect(runway_h).toBeCloseTo(surplus / (burn_per_hour as number), 9);
    expect(read(session, session.startedUs + 59 * S).requests).toMatchObject({ burn_per_hour: null, runway_h: null });
    const grows = readStatus(session, 0, "sim:HYPE", session.endedUs, { surplusAtStart: surplus - 10, lostReason: "" });
    expect(grows.requests.burn_per_hour).toBeLessThan(0);
    expect(grows.requests.runway_h).toBe(null);
    const spent = runWorld(makeWorld(1, 90), [], { quotaUsedCount: 10_500 });
    expect(read(spent).requests.runway_h).toBe(0);
  });

  test("a tripped breaker, signals that went stale, and the side that is not there", () => {
    const tripped = runWorld(world, ["half_spread_fixed_bps=0.8", "daily_loss_usd=0.02"], { viable: true });
    expect(read(tripped)).toMatchObject({ breaker: "daily_loss", bid_reason: "daily_loss", ask_reason: "daily_loss" });
    const session = runWorld(makeWorld(1, 200), []);
    session.onClock(session.endedUs + 9 * S);
    const stale = read(session, session.endedUs + 9 * S);
    expect(stale.stale.map((signal) => signal.name)).toContain("fair");
    expect(stale.stale.reduce((sum, signal) => sum + signal.cost_bps, 0)).toBeCloseTo(
      stale.terms_bps?.staleness ?? 0,
      2,
    );
    expect(stale.feed.silent_s).toBeCloseTo(9, 6);
    expect(statusLine(stale)).toContain("feed silent 9 s, stale fair +");
  });

  test("before the first message nothing is known, and that is said", () => {
    let first: MarketStatus | null = null;
    runWorld(makeWorld(1, 1), [], {
      onSession: (s) => {
        first = read(s, 1_767_225_600 * S);
      },
    });
    expect(statusSchema.parse(first)).toMatchObject({
      position: null,
      bid_reason: "no_book",
      feed: { silent_s: null },
    });
    expect(statusLine(first as unknown as MarketStatus)).toContain("no message yet");
  });
});

test("while no data comes the status goes on, says for how long and why, and stops saying so when they come back", async () => {
  const clock = new DrivenClock((world.pushes[0]?.timeUs ?? 0) - S);
  const net = new FakeNet();
  net.answer = (request: { type: string; dex?: string }) => {
    const found = world.answers.find((a) => a.request.type === request.type && a.request.dex === request.dex);
    return json(found?.response ?? { time: clock.nowUs() / 1000 });
  };
  const { io, written } = listening("json");
  let stop = false;
  const place = {
    venue: resolveVenue("http://venue"),
    clock,
    net,
    seed: 1,
    world: null,
    market: null,
    warnings: [],
    start: () => {},
    ended: new Promise<void>(() => {}),
    close: () => {},
  };
  const request = requestFor({ command: "paper", priors: ["none"] });
  const done = new PaperRun(request, { ...io, stopRequested: () => stop }, place, loadConfig(null)).run(["sim:HYPE"]);
  const pass = async (untilUs: number): Promise<void> => {
    while (clock.nowUs() < untilUs) {
      clock.set(Math.min(untilUs, clock.nowUs() + 250_000));
      clock.fire();
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  };
  const say = async (fromS: number, toS: number): Promise<void> => {
    for (const push of world.pushes) {
      const second = (push.timeUs - (world.pushes[0]?.timeUs ?? 0)) / S;
      if (second < fromS || second >= toS) continue;
      await pass(push.timeUs);
      net.socket.says(push.text);
    }
  };
  for (let i = 0; i < 400 && net.sockets.length === 0; i++) await Promise.resolve();
  net.socket.accept();
  await say(0, 90);
  net.socket.cut();
  await pass(clock.nowUs() + 125 * S);
  net.socket.accept();
  await say(220, 300);
  stop = true;
  await pass(clock.nowUs() + S);
  await done;
  const statuses = written.map((line) => statusSchema.parse(JSON.parse(line)));
  expect(statuses.map((s) => [s.feed.lost, Math.round(s.feed.silent_s ?? -1)])).toEqual([
    [null, 0],
    ["closed with code 1006", 30],
    ["closed with code 1006", 90],
    [null, 0],
    [null, 0],
  ]);
  expect(statuses[1]).toMatchObject({ bid_px: null, ask_px: null, bid_reason: "stale_feed", ask_reason: "stale_feed" });
});
