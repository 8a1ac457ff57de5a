import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { yieldTurn } from "../../src/io/clock.ts";
import { loadConfig } from "../../src/io/config.ts";
import { runTapes } from "../../src/run/backtest.ts";
import { askFacts, type Follower, Following } from "../../src/run/follow.ts";
import { PaperRun } from "../../src/run/paper.ts";
import { RunEnded } from "../../src/run/request.ts";
import { InfoClient } from "../../src/venue/hyperliquid/info.ts";
import type { InfoAnswer } from "../../src/wire/hyperliquid/instrument.ts";
import { Hand, handPlace } from "../fixtures/hand.ts";
import { json } from "../fixtures/net.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld } from "../fixtures/world.ts";

const world = makeWorld(4, 90);

interface Meta {
  universe: { name: string; szDecimals: number; isDelisted?: boolean }[];
}

function metaOf(answers: readonly InfoAnswer[], dex: string | undefined): Meta {
  return answers.find((a) => a.request.type === "meta" && a.request.dex === dex)?.response as Meta;
}

function setFee(answers: readonly InfoAnswer[], rate: string): void {
  const fees = answers.find((a) => a.request.type === "userFees")?.response as { userAddRate: string };
  fees.userAddRate = rate;
}

/** Sixty seconds of quoting. */
async function quoting(): Promise<Hand> {
  const hand = new Hand(world);
  await hand.turn();
  hand.net.socket.accept();
  await hand.play(world, 0, 60);
  expect(hand.quotes).toEqual([true, true, "none"]);
  return hand;
}

describe("what the venue says otherwise at a reconnect", () => {
  test("a fee is taken over, by engine and exchange alike, and said", async () => {
    const hand = await quoting();
    setFee(hand.answers, "0.00012");
    await hand.cut(3);
    await hand.play(world, 65, 80);
    const text = "sim:HYPE: makerFeeFrac was 0.0003 and is now 0.00024";
    expect(hand.notes).toContain(`facts_changed: ${text}`);
    expect(hand.session.desk.engines[0]?.instrument?.makerFeeFrac).toBe(0.00024);
    expect(hand.session.shadow.markets[0]?.instrument.makerFeeFrac).toBe(0.00024);
    expect(hand.quotes).toEqual([true, true, "none"]);
    const [report] = hand.session.finish([], []);
    expect(report?.warnings).toContainEqual({ code: "facts_changed", text });
    await hand.stop();
  });

  test("a market that was delisted is quoted no more, by that name", async () => {
    const hand = await quoting();
    Object.assign(metaOf(hand.answers, "sim").universe[0] as object, { isDelisted: true });
    await hand.cut(3);
    await hand.play(world, 65, 80);
    expect(hand.quotes).toEqual([false, false, "delisted"]);
    await hand.stop();
  });

  test.each([
    ["a market that is gone", "sim", "no longer lists a market of this run (unknown market sim:HYPE"],
    ["a reference that is gone", undefined, "no longer lists HYPE, which this run follows"],
  ])("%s ends the run", async (_name, dex, text) => {
    const hand = await quoting();
    (metaOf(hand.answers, dex).universe[0] as { name: string }).name = "OTHER";
    await hand.cut(3);
    const error = await hand.done;
    expect([error?.exitCode, error?.message]).toEqual([11, expect.stringContaining(text)]);
  });

  test.each([
    ["index", (meta: Meta) => meta.universe.unshift({ ...(meta.universe[0] as Meta["universe"][0]), name: "sim:NEW" })],
    ["grid", (meta: Meta) => Object.assign(meta.universe[0] as object, { szDecimals: 3 })],
  ])("another %s ends the run", async (_name, change) => {
    const hand = await quoting();
    change(metaOf(hand.answers, "sim"));
    await hand.cut(3);
    const error = await hand.done;
    expect([error?.exitCode, error?.message]).toEqual([11, expect.stringContaining("start again with the new facts")]);
  });

  test.each([
    ["403", () => json(null, 403), "refused with 403"],
    ["words that are no list", () => json({ error: "maintenance" }), "perpDexs is not understood"],
    ["null", () => json(null), "answers perpDexs with null"],
    ["a page", () => ({ status: 200, contentType: "text/html", text: "<html>" }), "no JSON"],
  ])("%s is a venue in trouble: waited for, said once, and back", async (_name, answer, text) => {
    const hand = await quoting();
    const { answer: healthy } = hand.net;
    hand.net.answer = answer;
    await hand.cut(14);
    expect(hand.quotes).toEqual([false, false, "stale_feed"]);
    hand.net.answer = healthy;
    for (let i = 0; i < 30 && hand.net.sockets.length < 2; i++) await hand.at(hand.clock.nowUs() + 1e6, null);
    hand.net.socket.accept();
    await hand.turn();
    expect(hand.notes.filter((note) => note.startsWith("not back yet"))).toEqual([expect.stringContaining(text)]);
    expect(hand.following.report({ p50: null, p99: null, max: 0, n: 0 }).connects).toBe(2);
    await hand.stop();
  });
});

test("facts are looked at each hour of a connection that lives", async () => {
  const hand = await quoting();
  setFee(hand.answers, "0.0001");
  const push = world.pushes.find((p) => p.text.includes('"bbo"'))?.text as string;
  for (let i = 0; i < 3_650; i += 5) await hand.at(hand.clock.nowUs() + 5e6, push);
  expect(hand.notes).toContain("facts_changed: sim:HYPE: makerFeeFrac was 0.0003 and is now 0.0002");
  expect(hand.session.desk.engines[0]?.instrument?.makerFeeFrac).toBe(0.0002);
  await hand.stop();
});

/** What the venue answers when asked how its markets stand. */
const contexts = (midPx: string | null): InfoAnswer => ({
  request: { type: "metaAndAssetCtxs", dex: "sim" },
  response: [metaOf(world.answers, "sim"), [{ funding: "0.0", midPx }]],
});

describe("before anything is received", () => {
  const delisted = structuredClone(world.answers);
  Object.assign(metaOf(delisted, "sim").universe[0] as object, { isDelisted: true });
  test.each([
    ["a market with a book", [...world.answers, contexts("30.1")], ""],
    ["one without", [...world.answers, contexts(null)], "no_book: sim:HYPE has no mid price"],
    ["one that is delisted", [...delisted, contexts("30.1")], "delisted: sim:HYPE is delisted"],
    ["a venue that does not say", world.answers, ""],
  ] as [string, InfoAnswer[], string][])("%s is told", async (_name, answers, text) => {
    const place = handPlace(answers, 1);
    const notes: string[] = [];
    const info = new InfoClient(place.clock, place.net, place.venue);
    const known = await askFacts(place, info, ["sim:HYPE"], null, (note) => notes.push(note));
    expect([notes.length, notes[0] ?? ""]).toEqual([text === "" ? 0 : 1, expect.stringContaining(text)]);
    expect(place.net.requests.map((r) => r.type)).toContain("metaAndAssetCtxs");
    // The answer is part of what a tape keeps.
    const kept = known.some((a) => a.request.type === "metaAndAssetCtxs");
    expect(kept).toBe(answers.some((a) => a.request.type === "metaAndAssetCtxs"));
  });
});

test("more subscriptions than the venue allows are refused before the first", () => {
  const coins = Array.from({ length: 201 }, (_, market) => ({ coin: `C${market}`, market, szDecimals: 2 }));
  const hand = new Hand(world);
  const follow = (count: number): Following =>
    new Following(hand.place, hand.following.info, [], [], coins.slice(0, count), hand.session.intake, {} as Follower);
  expect(() => follow(201)).toThrow("need 1005 subscriptions: the venue allows 1000");
  expect(() => follow(200)).not.toThrow();
});

/** A paper run on such a place, its socket accepted. */
async function paper(
  forSeconds: number | null,
): Promise<{ place: ReturnType<typeof handPlace>; run: Promise<unknown> }> {
  const startUs = world.pushes[0]?.timeUs ?? 0;
  const place = handPlace(structuredClone(world.answers), startUs - 1);
  const request = requestFor({ command: "paper", forSeconds });
  const run = new PaperRun(request, QUIET, place, loadConfig(null)).run(["sim:HYPE"]).catch((error) => error);
  for (let i = 0; i < 100; i++) await Promise.resolve();
  place.net.socket.accept();
  return { place, run };
}

describe("paper", () => {
  test("over a venue that says nothing ends when its time is up, with one line", async () => {
    const { place, run } = await paper(5);
    for (let i = 0; i < 30; i++) {
      place.clock.set(place.clock.nowUs() + 250_000);
      place.clock.fire();
      await Promise.resolve();
    }
    const error = (await run) as Error & { exitCode: number };
    expect([error.exitCode, error.message]).toEqual([5, "http://venue: sent nothing of sim:HYPE"]);
  });

  test("that the venue ends keeps its report, which says why", async () => {
    const { place, run } = await paper(null);
    for (const push of world.pushes) {
      if (push.timeUs > (world.pushes[0]?.timeUs ?? 0) + 20e6) break;
      place.clock.set(push.timeUs);
      place.net.socket.says(push.text);
      place.clock.fire();
    }
    place.net.answer = () => json([null]);
    place.net.socket.cut();
    for (let i = 0; i < 20; i++) {
      place.clock.set(place.clock.nowUs() + 250_000);
      place.clock.fire();
      for (let turn = 0; turn < 40; turn++) await Promise.resolve();
    }
    const error = await run;
    expect(error).toBeInstanceOf(RunEnded);
    const { report, cause } = error as RunEnded;
    expect([(cause as Error & { exitCode: number }).exitCode, cause.message]).toEqual([
      11,
      expect.stringContaining("no longer lists"),
    ]);
    expect(report.markets[0]?.intent_count).toBeGreaterThan(3);
    expect(report.markets[0]?.warnings.map((w) => w.code)).toContain("ended");
  });

  test("whose facts change on the way is decided alike by its tape", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mmbin-follow-"));
    const recordFile = join(folder, "run.ndjson.zst");
    const answers = structuredClone(world.answers);
    const place = handPlace(answers, (world.pushes[0]?.timeUs ?? 0) - 1);
    const request = requestFor({ command: "paper", forSeconds: 70, recordFile, markets: ["sim:HYPE"] });
    const run = new PaperRun(request, QUIET, place, loadConfig(null)).run(["sim:HYPE"]);
    const turn = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) await Promise.resolve();
    };
    for (let i = 0; i < 200 && place.net.sockets.length === 0; i++) await yieldTurn();
    place.net.socket.accept();
    for (const push of world.pushes) {
      const second = (push.timeUs - (world.pushes[0]?.timeUs ?? 0)) / 1e6;
      if (second > 30 && place.net.sockets.length === 1) {
        setFee(answers, "-0.00003");
        place.net.socket.cut();
      }
      while (place.clock.nowUs() + 250_000 < push.timeUs) {
        place.clock.set(place.clock.nowUs() + 250_000);
        place.clock.fire();
        await turn();
      }
      place.clock.set(push.timeUs);
      if (second < 30 || place.net.sockets.length > 1) {
        if (!place.net.socket.isOpen) place.net.socket.accept();
        place.net.socket.says(push.text);
      }
      place.clock.fire();
      await turn();
    }
    const live = await run;
    const tape = await runTapes({ ...requestFor({ markets: ["sim:HYPE"] }), tapes: [recordFile] }, QUIET);
    rmSync(folder, { recursive: true });
    const essence = (r: typeof live): unknown => [
      r.markets[0]?.intent_count,
      r.markets[0]?.intent_hash,
      r.markets[0]?.pnl_usd,
      r.markets[0]?.warnings.filter((w) => w.code === "facts_changed"),
      r.counts,
    ];
    expect(live.markets[0]?.warnings.map((w) => w.code)).toContain("facts_changed");
    expect(essence(tape)).toEqual(essence(live));
  });
});
