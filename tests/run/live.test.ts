import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { askCtl } from "../../src/run/ctl.ts";
import { replayJournal } from "../../src/run/replay.ts";
import type { Report } from "../../src/run/report_schema.ts";
import { RunEnded, type RunIo } from "../../src/run/request.ts";
import { testFolder } from "../fixtures/journal.ts";
import { LiveStage, SECOND } from "../fixtures/live.ts";
import { placeByHand } from "../fixtures/live_hand.ts";
import { Witness } from "../fixtures/witness.ts";

setDefaultTimeout(120_000);
const folder = testFolder("live");
let runs = 0;
const nextFolder = (): string => join(folder, String(runs++));

function expectWhole(report: Report | null, witness: Witness): asserts report is Report {
  expect(report?.live?.ledger).toMatchObject({ equal: true, usd: { difference: "0" } });
  expect(report?.live?.end).toMatchObject({ confirmed: true, orders_left: 0 });
  expect(report?.markets[0]?.pnl_usd.residual).toBe("0");
  expect(report?.markets[0]?.max_exposure_ratio).toBeLessThanOrEqual(1);
  expect(report?.markets[0]?.fills).toBe(witness.fills.length);
  expect([witness.sins, witness.twins, witness.resting]).toEqual([[], [], []]);
}

describe("ten minutes of real orders", () => {
  test.each([
    ["pays", 0.95, 10],
    ["hip3-mirror", 0.99, 1],
  ] as const)("%s: both sides' books are the same, and the journal replays equal", async (world, twoSided, fills) => {
    const stage = new LiveStage({ world, seed: 1 }, {}, true);
    const witness = new Witness(stage.world.venue, stage.account.account);
    const journalFolder = nextFolder();
    const report = await stage.run(600, {}, { journalFolder });
    expectWhole(report, witness);
    expect(report.live?.ledger?.requests).toMatchObject({ difference: 0, unanswered: 0 });
    expect(report.live?.problems).toEqual([]);
    expect(report.markets[0]?.two_sided_ratio).toBeGreaterThanOrEqual(twoSided);
    expect(report.markets[0]?.fills).toBeGreaterThanOrEqual(fills);
    const summary = replayJournal(journalFolder);
    expect(summary).toMatchObject({ equal: true, holes: 0, unwritten: 0 });
    expect(summary.intent_hash).toBe(report.markets[0]?.intent_hash as string);
    // A decision is signed in the moment in which it is made: a timer's does not wait for the next message.
    expect(report.live?.latency_ms.sign.max).toBeLessThan(10);
    // 50 ms out and 250 back, and a block or two. Ways that differ so look alike from here: the sum is exact, the shares are not.
    const fit = report.live?.latency_ms.fit;
    expect(fit?.measured).toBe(true);
    expect(fit?.outbound).toBeWithin(50, 320);
    expect(fit?.inbound).toBeWithin(50, 320);
    expect((fit?.outbound ?? 0) + (fit?.inbound ?? 0)).toBeWithin(320, 470);
  });

  test("three markets of one address share its requests, its nonces and its books", async () => {
    const stage = new LiveStage({ world: "quiet", seed: 1 }, { coin: "BTC" }, true);
    const witness = new Witness(stage.world.venue, stage.account.account);
    const markets = ["BTC", "ETH", "HYPE"];
    const journalFolder = nextFolder();
    const report = await stage.run(300, {}, { markets, journalFolder });
    expect(report.markets.map((m) => m.market)).toEqual(markets);
    for (const market of report.markets) {
      expect(market.requests.total).toBeGreaterThan(2);
      expect(market.two_sided_ratio).toBeGreaterThan(0.95);
      expect(market.max_exposure_ratio).toBeLessThanOrEqual(1);
      expect(market.pnl_usd.residual).toBe("0");
    }
    const total = report.markets.reduce((sum, m) => sum + m.requests.total, 0);
    expect(report.live?.ledger).toMatchObject({ equal: true, requests: { ours: total, venue: total } });
    expect(report.live?.ledger?.positions.map((p) => p.market)).toEqual(markets);
    // A decision of each market at the start, and yet fewer actions than requests: what one decision asks for goes together.
    expect(report.live?.actions.sent).toBeLessThan(total);
    expect([witness.sins, witness.resting]).toEqual([[], []]);
    expect(replayJournal(journalFolder)).toMatchObject({ equal: true, holes: 0 });
  });

  test("the same seed decides the same, another one does not", async () => {
    const hashOf = async (seed: number): Promise<unknown> => {
      const report = await new LiveStage({ world: "pays", seed }, {}, true).run(60);
      return [report.markets[0]?.intent_hash, report.markets[0]?.intent_count, report.live?.ledger];
    };
    const once = await hashOf(1);
    expect(await hashOf(1)).toEqual(once);
    expect(await hashOf(2)).not.toEqual(once);
  });
});

describe("what is there at the start", () => {
  test("position and orders of the market are taken over; triggers and other coins are nobody's business", async () => {
    const stage = new LiveStage({ world: "hip3-mirror", seed: 1 }, {}, true);
    const { market, account, master } = stage.account;
    const other = stage.world.venue.markets.find((one) => one.dexIndex === 0) as typeof market;
    stage.world.venue.fund(master.address, 0, 1_000 * SECOND);
    const stepPx = 10 ** Math.max(0, Math.floor(Math.log10(market.midPx)) - 4);
    const at = (ratio: number, of = market): number => Math.round((of.midPx * ratio) / stepPx / 10) * 10 * stepPx;
    const lots = Math.ceil(15e6 / market.midPx);
    await placeByHand(stage, { market, side: 1, px: at(1.01), lots, tif: "Ioc" });
    expect(account.positionLots(market)).toBe(lots);
    await placeByHand(stage, { market, side: 1, px: at(0.97), lots });
    await placeByHand(stage, { market, side: -1, px: at(1.03), lots });
    await placeByHand(stage, { market, side: -1, px: at(0.9), lots, isStop: true });
    await placeByHand(stage, { market: other, side: 1, px: at(0.9, other), lots: Math.ceil(15e6 / other.midPx) });
    const before = [...account.orders.values()];
    expect(before.length).toBe(4);
    const witness = new Witness(stage.world.venue, account, (order) => order.market === market);
    const report = await stage.run(60);
    expect(report.live?.ledger).toMatchObject({ equal: true });
    expect(report.live?.found_orders).toBe(2);
    expect(report.live?.end).toMatchObject({ confirmed: true, orders_left: 0 });
    expect([witness.sins, witness.twins, witness.resting]).toEqual([[], [], []]);
    // The stop and the other coin's order stand as they stood.
    expect([...account.orders.values()]).toEqual([before[2], before[3]] as typeof before);
    expect(stage.notes.some((note) => /^account: .* 2 order\(s\)|^account: .* \d order\(s\)/.test(note))).toBe(true);
    expect(report.markets[0]?.max_exposure_ratio).toBeLessThanOrEqual(1);
  });
});

describe("the end", () => {
  /** A run that somebody stops after so many seconds. */
  async function stopped(
    seconds: number,
    before: (stage: LiveStage) => void,
    io: Partial<RunIo> = {},
  ): Promise<{ stage: LiveStage; witness: Witness; report: Report; error: RunEnded | null; tookSeconds: number }> {
    const stage = new LiveStage({ world: "pays", seed: 1 }, {}, true);
    const witness = new Witness(stage.world.venue, stage.account.account);
    let isStopped = false;
    const atUs = stage.world.clock.nowUs() + seconds * SECOND;
    const { client, program } = stage.process({ forSeconds: null }, {}, {}, { stopRequested: () => isStopped, ...io });
    stage.world.clock.setTimer(atUs, () => {
      before(stage);
      isStopped = true;
    });
    let error: RunEnded | null = null;
    const report = (await stage.world.runClient(client, program, atUs + 120 * SECOND).catch((e) => {
      if (!(e instanceof RunEnded)) throw e;
      error = e;
      return e.report;
    })) as Report;
    return { stage, witness, report, error, tookSeconds: (stage.world.clock.nowUs() - atUs) / SECOND };
  }

  test("a wish to stop cancels everything and has the venue say so", async () => {
    const { witness, report, error } = await stopped(30, () => {});
    expectWhole(report, witness);
    expect([error, report.stopped]).toEqual([null, true]);
    expect(witness.openedCount).toBeGreaterThan(2);
    expect(report.live?.end.seconds).toBeLessThan(5);
  });

  test("a venue that cannot be reached: it is told within half a minute that nobody knows, exit 8", async () => {
    const { report, error, tookSeconds } = await stopped(30, ({ world }) => {
      world.isReachable = false;
      world.door.disconnect();
    });
    expect([(error as RunEnded | null)?.cause, report.live?.end]).toMatchObject([
      { exitCode: 8, message: expect.stringContaining("whether orders are left is not known") },
      { confirmed: false, orders_left: null },
    ]);
    expect(report.live?.ledger).toBe(null);
    expect(tookSeconds).toBeLessThan(60);
  });

  test("whoever hurries waits no more than two seconds for the venue", async () => {
    const { error, tookSeconds } = await stopped(
      30,
      ({ world }) => {
        world.isReachable = false;
        world.door.disconnect();
      },
      { hurried: () => true },
    );
    expect((error as RunEnded | null)?.cause).toMatchObject({ exitCode: 8 });
    expect(tookSeconds).toBeLessThan(4);
  });

  test("a venue that comes back during the end: what rested meanwhile is cancelled and confirmed", async () => {
    const { witness, report, error } = await stopped(30, ({ world }) => {
      world.isReachable = false;
      world.door.disconnect();
      world.clock.setTimer(world.clock.nowUs() + 8 * SECOND, () => {
        world.isReachable = true;
      });
    });
    expect([error, report.live?.end.confirmed]).toEqual([null, true]);
    expect(witness.resting).toEqual([]);
  });
});

describe("somebody asks over the socket of the run", () => {
  test("pause cancels everything, resume quotes again, reduce keeps what shrinks the position, stop ends", async () => {
    process.env.XDG_RUNTIME_DIR = folder;
    const stage = new LiveStage({ world: "pays", seed: 1 }, {}, true);
    const { world } = stage;
    const witness = new Witness(world.venue, stage.account.account);
    const runId = "20260101T000000Z-ctl";
    const { client, program } = stage.process({ forSeconds: null, runId, reportFile: join(folder, "ctl.json") });
    const { machine: _, ...place } = world.place(client);
    client.start(() => program(place));
    const pass = (seconds: number): Promise<void> => world.advance(world.clock.nowUs() + seconds * SECOND);
    const sides = (): number[] => [...new Set(witness.resting.map((order) => order.side))].sort();
    await pass(20);
    expect(await askCtl("status", runId)).toMatchObject({ ok: true, state: "trading", breakers: [] });
    expect(sides()).toEqual([-1, 1]);
    await askCtl("pause", runId);
    await pass(3);
    expect(witness.resting).toEqual([]);
    const openedCount = witness.openedCount;
    await pass(10);
    expect(witness.openedCount).toBe(openedCount);
    await askCtl("resume", runId);
    await pass(5);
    expect(sides()).toEqual([-1, 1]);
    const lots = stage.account.account.positionLots(stage.account.market);
    await askCtl("reduce", runId);
    await pass(3);
    // What rests only brings the position down.
    expect(sides().filter((side) => side * lots >= 0)).toEqual([]);
    expect(await askCtl("stop", runId)).toMatchObject({ ok: true, state: "ending" });
    await world.advance(world.clock.nowUs() + 60 * SECOND, () => client.isOver);
    const report = client.result<Report>();
    expectWhole(report, witness);
    expect(report.stopped).toBe(true);
  });
});
