import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { WAY_TIMES } from "../../src/exchange/direct_net.ts";
import { venueState } from "../../src/exchange/venue_state.ts";
import { openVirtualAccount, SEVEN_PERCENT_LEFT } from "../../src/run/virtual_account.ts";
import { playFaults } from "../../src/run/virtual_faults.ts";
import { VirtualWorld } from "../../src/run/virtual_world.ts";
import { type EpisodeKind, faultProgram } from "../../src/sim/fault_program.ts";
import { InfoClient } from "../../src/venue/hyperliquid/info.ts";
import { essenceOf, paper, paperWorld } from "../fixtures/virtual.ts";

const MIRROR = { world: "hip3-mirror", seed: 1 };
const SECOND = 1_000_000;
// Seconds of one idle core; a busy machine takes longer.
setDefaultTimeout(120_000);

describe("the real program on a venue in virtual time", () => {
  test("decides the same from the same seed, also in another process", async () => {
    const { report } = await paperWorld(MIRROR, 300);
    const once = essenceOf(report);
    expect(report?.markets[0]?.intent_count).toBeGreaterThan(100);
    expect(essenceOf((await paperWorld(MIRROR, 300)).report)).toEqual(once);
    expect(essenceOf((await paperWorld({ ...MIRROR, seed: 2 }, 300)).report)).not.toEqual(once);
    const script = join(import.meta.dir, "../fixtures/virtual_child.ts");
    const child = spawnSync(process.execPath, [script, "hip3-mirror", "1", "300"], { encoding: "utf8" });
    expect([child.stderr, JSON.parse(child.stdout)]).toEqual(["", once]);
  });

  test("lives as on a real venue: asks for the time each minute and for the facts each hour", async () => {
    const { world, report, notes } = await paperWorld({ world: "quiet", seed: 1 }, 3_700);
    const beganUs = world.clock.nowUs() - 3_700 * SECOND;
    expect((report?.started_us as number) - beganUs).toBeLessThan(2 * SECOND);
    // Facts twice (dexs, two metas, fees), contexts, the offset once a minute.
    expect(report?.feed).toMatchObject({ connects: 1, lost: {}, bad_messages: 0, drift: [], http_retries: 0 });
    expect(report?.feed?.http_requests).toBeGreaterThanOrEqual(4 + 1 + 61 + 4);
    // The way is longer on the way back: the middle of it is half of the difference too early.
    const skewMs = (WAY_TIMES.outUs - WAY_TIMES.inUs) / 2 / 1_000;
    expect(Math.abs((report?.feed?.clock_offset_ms ?? 0) - skewMs)).toBeLessThan(80);
    expect(notes).toEqual([]);
  });

  test("a market's facts that change are noticed", async () => {
    const { notes } = await paperWorld({ world: "quiet", seed: 1 }, 3_700, {}, (world) => {
      const market = world.venue.marketByCoin(world.market) as NonNullable<
        ReturnType<VirtualWorld["venue"]["marketByCoin"]>
      >;
      world.clock.setTimer(world.clock.nowUs() + 1_800 * SECOND, () => world.venue.setFees(market, "1.0", true));
    });
    expect(notes.filter((note) => note.startsWith("facts_changed")).length).toBe(1);
  });

  test("a client's clock that is wrong, and one that is set while it runs, show as an offset", async () => {
    const wrong = await paperWorld({ world: "quiet", seed: 1 }, 180, { offsetUs: 3 * SECOND });
    expect(wrong.report?.feed?.clock_offset_ms).toBeLessThan(-2_900);
    expect(wrong.notes.some((note) => note.includes("clock_skew") && note.includes("ahead"))).toBe(true);
    const world = new VirtualWorld({ world: "quiet", seed: 1 });
    const notes: string[] = [];
    const client = world.client();
    world.clock.setTimer(world.clock.nowUs() + 90 * SECOND, () => client.clock.step(-5 * SECOND));
    const report = await world.runClient(client, paper({ forSeconds: 240 }, notes));
    expect(report?.feed?.clock_offset_ms).toBeGreaterThan(4_500);
    expect(notes.some((note) => note.includes("behind"))).toBe(true);
  });

  test("a process that stands still hears everything at once afterwards, in order, and nothing was lost", async () => {
    const world = new VirtualWorld({ world: "quiet", seed: 1 });
    const client = world.client();
    const times: number[] = [];
    world.clock.setTimer(world.clock.nowUs() + 60 * SECOND, () => client.stall(20 * SECOND));
    const tick = (): void => {
      times.push(world.clock.nowUs());
      client.clock.setTimer(client.clock.nowUs() + SECOND, tick);
    };
    tick();
    const beganUs = world.clock.nowUs();
    const report = await world.runClient(client, paper({ forSeconds: 120 }));
    const inside = times.filter((t) => t > beganUs + 60 * SECOND && t < beganUs + 80 * SECOND);
    expect(inside).toEqual([]);
    expect(times).toContain(beganUs + 80 * SECOND);
    // 0.5 s of books on two channels, a context a second: none is missing, and the feed that looked late was not given up.
    const calm = await paperWorld({ world: "quiet", seed: 1 }, 120);
    expect(report?.feed?.lost).toEqual({});
    expect(report?.feed?.messages).toBe(calm.report?.feed?.messages as number);
  });

  test("a venue without blocks says nothing, and its time jumps when it goes on", async () => {
    const { world, report } = await paperWorld({ world: "quiet", seed: 1 }, 240, {}, (w) => {
      w.clock.setTimer(w.clock.nowUs() + 120 * SECOND, () => w.halt(13 * SECOND));
    });
    expect(report?.counts.gaps).toBe(1);
    expect(Math.abs(world.venue.nowUs - world.clock.nowUs())).toBeLessThanOrEqual(70_000);
  });
});

describe("bad times", () => {
  const kinds: [EpisodeKind, (feed: NonNullable<Awaited<ReturnType<typeof stormy>>["report"]>["feed"]) => boolean][] = [
    ["cut", (feed) => (feed?.connects ?? 0) > 1],
    ["outage", (feed) => (feed?.connects ?? 0) > 1],
    ["lost_request", (feed) => (feed?.http_retries ?? 0) > 0],
    ["limited", (feed) => (feed?.http_retries ?? 0) > 0],
    ["lost_push", (feed) => (feed?.messages ?? 0) > 0],
    ["late", (feed) => (feed?.messages ?? 0) > 0],
    ["twice", (feed) => (feed?.messages ?? 0) > 0],
    ["swapped", (feed) => (feed?.messages ?? 0) > 0],
    ["broken", (feed) => (feed?.messages ?? 0) > 0],
    ["halt", (feed) => (feed?.messages ?? 0) > 0],
    ["stall", (feed) => (feed?.messages ?? 0) > 0],
    ["clock", (feed) => (feed?.messages ?? 0) > 0],
  ];

  async function stormy(seed: number, only: readonly EpisodeKind[] | null) {
    const world = new VirtualWorld({ world: "quiet", seed: 1 });
    const client = world.client();
    const fromUs = world.clock.nowUs() + 30 * SECOND;
    const program = { seed, fromUs, untilUs: fromUs + 500 * SECOND, everySeconds: 25, forSeconds: 10 };
    const begun: EpisodeKind[] = [];
    const episodes = faultProgram(only === null ? program : { ...program, kinds: only });
    playFaults(
      world,
      episodes,
      () => client,
      (episode) => begun.push(episode.kind),
    );
    const report = await world.runClient(client, paper({ forSeconds: 600 }));
    return { world, report, begun, episodes };
  }

  test.each(kinds)("%s: the run lives through them and ends as it should", async (kind, shows) => {
    const { world, report, begun, episodes } = await stormy(2, [kind]);
    expect(begun.length).toBe(episodes.length);
    expect(begun.length).toBeGreaterThan(10);
    expect(shows(report?.feed ?? null)).toBe(true);
    // When it is over nothing of it is left.
    expect([world.plan.ruleCount, world.isReachable]).toEqual([0, true]);
    expect(report?.markets[0]?.max_exposure_ratio).toBeLessThanOrEqual(1);
    expect(report?.markets[0]?.pnl_usd.residual).toBe("0");
  });

  test("all together are the same again from the same seed, and others from another", async () => {
    const once = await stormy(5, null);
    const again = await stormy(5, null);
    expect(new Set(once.begun).size).toBeGreaterThan(5);
    expect(essenceOf(again.report)).toEqual(essenceOf(once.report));
    expect(again.world.plan.struckCount).toBe(once.world.plan.struckCount);
    expect(essenceOf((await stormy(6, null)).report)).not.toEqual(essenceOf(once.report));
  });
});

describe("an account", () => {
  test("is funded in its market's collateral, has its requests used, its agent and its leverage", async () => {
    const world = new VirtualWorld(MIRROR);
    const { master, agent, account, market } = openVirtualAccount(world.venue, {
      coin: "hyna:HYPE",
      fundUsd: 100,
      ...SEVEN_PERCENT_LEFT,
      leverage: 5,
      isolated: true,
    });
    expect(market.dexIndex).toBe(1);
    expect([account.dex(0).cashUsd, account.dex(1).cashUsd]).toEqual([0, 100_000_000]);
    expect(account.limiter.capCount).toBe(66_000);
    expect(account.limiter.surplusCount / account.limiter.capCount).toBeCloseTo(0.07, 3);
    expect(world.venue.admission.agents.ownerOf(agent.address, world.venue.nowMs)).toBe(account);
    expect(account.dex(1).terms.get(market)).toMatchObject({ leverage: 5, isolated: true });
    expect(venueState(world.venue, { clients: 0, rules: 0, struck: 0 }).tokens.map((t) => t.difference)).toEqual(
      world.venue.spec.tokens.map(() => "0.0"),
    );
    const quota = await world.runClient(world.client(), (place) =>
      new InfoClient(place.clock, place.net, place.venue).quota(master.address),
    );
    expect(quota).toEqual({ usedCount: 61_400, volumeUsd: 56_000, reservedCount: 0 });
  });
});
