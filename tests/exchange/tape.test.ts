import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { venueState } from "../../src/exchange/venue_state.ts";
import { matchTape, readPushes } from "../fixtures/tape_match.ts";
import { type Pair, TapeLines, TapeReplay } from "../fixtures/tape_venue.ts";
import { makeWorld } from "../fixtures/world.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-tape-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const file = (): string => join(folder, `${++files}.ndjson`);

const BIDS: Pair[] = [
  ["29.99", "50"],
  ["29.98", "80"],
];
const ASKS: Pair[] = [
  ["30.01", "40"],
  ["30.02", "60"],
  ["30.03", "70"],
];

const replay = (lines: TapeLines, markets = ["AAA"]): Promise<TapeReplay> =>
  TapeReplay.of(lines.write(file()), markets);

describe("a tape as a market, with nobody else", () => {
  test("shows the recorded touch at the recorded times", async () => {
    const lines = new TapeLines()
      .book(0, BIDS, ASKS)
      .bbo(1_003, ["29.99", "45"], ["30.01", "40"])
      .bbo(1_071, ["30", "10"], ["30.01", "40"])
      .bbo(1_140, ["29.99", "45"], ["30.02", "60"]);
    const played = await (await replay(lines)).run();
    expect(played.touches().slice(-4)).toEqual([
      [0, "29.99 x 50", "30.01 x 40"],
      [1_003, "29.99 x 45", "30.01 x 40"],
      [1_071, "30 x 10", "30.01 x 40"],
      [1_140, "29.99 x 45", "30.02 x 60"],
    ]);
    expect(played.trades()).toEqual([]);
  });

  test("prints the recorded trades and ends at what the recorded block left", async () => {
    const lines = new TapeLines()
      .book(0, BIDS, ASKS)
      // One block: a sweep of the first ask and a part of the second, and a bid that follows it.
      .bbo(500, ["30.01", "5"], ["30.02", "35"])
      .trades(500, ["B", "30.01", "40"], ["B", "30.02", "25"])
      .bbo(600, ["30.01", "5"], ["30.02", "35"]);
    const played = await (await replay(lines)).run();
    const told = played.trades().map(({ side, px, sz, time }) => [time - TapeLines.T0, side, px, sz]);
    expect(told).toEqual([
      [500, "B", "30.01", "40.0"],
      [500, "B", "30.02", "25.0"],
    ]);
    expect(played.touches().at(-1)).toEqual([500, "30.01 x 5", "30.02 x 35"]);
    expect(played.open.actor.markets[0]).toMatchObject({ missedLots: 0, printedLots: 6_500 });
  });

  test.each([
    ["at the touch, more than stands there", ["B", "30.01", "90"]],
    ["inside the spread", ["A", "30", "3"]],
    ["behind a touch that stays", ["B", "30.02", "7"]],
    ["beyond the known levels", ["A", "29.5", "12"]],
    ["under the smallest order", ["B", "30.01", "0.02"]],
  ] as const)("prints a trade %s at its price and size, and leaves the recorded book", async (_, trade) => {
    const lines = new TapeLines()
      .book(0, BIDS, ASKS)
      .trades(500, [...trade])
      .bbo(800, ["29.99", "50"], ["30.01", "40"]);
    const played = await (await replay(lines)).run();
    const told = played.trades();
    expect(new Set(told.map((t) => `${t.side} ${Number(t.px)}`))).toEqual(new Set([`${trade[0]} ${Number(trade[1])}`]));
    expect(told.reduce((sum, t) => sum + Number(t.sz), 0)).toBeCloseTo(Number(trade[2]), 9);
    expect(played.touches().at(-1)?.slice(1)).toEqual(["29.99 x 50", "30.01 x 40"]);
  });

  test("does not trade what a subscribe repeats", async () => {
    const lines = new TapeLines().book(0, BIDS, ASKS).trades(300, ["A", "29.99", "1"]);
    const played = await (await replay(lines)).run();
    expect(played.trades().map((t) => [t.side, t.sz])).toEqual([["A", "1.0"]]);
    expect(played.open.venue.spec.startUs).toBe((TapeLines.T0 - 70) * 1000);
  });

  test("stands for nothing through a gap, and keeps connections and clients' orders", async () => {
    const lines = new TapeLines()
      .book(0, BIDS, ASKS)
      .gap(200)
      .book(30_000, BIDS, ASKS)
      .trades(30_000, ["B", "30.01", "1"])
      .bbo(30_400, ["29.99", "50"], ["30.01", "39"]);
    const played = await (await replay(lines)).order("1", 100, "buy", "3", "29.9").run();
    expect(played.touches().slice(-4)).toEqual([
      [1, "-", "-"],
      [211, "29.9 x 3", "-"],
      [30_000, "29.99 x 50", "30.01 x 40"],
      [30_400, "29.99 x 50", "30.01 x 39"],
    ]);
    // Books kept coming, so the connection lived.
    const books = played.heard.filter((h) => h.channel === "l2Book" && h.timeMs > TapeLines.T0 + 5_000);
    expect(books.length).toBeGreaterThan(4);
  });

  test("takes no orders on markets that the tape does not hold", async () => {
    const played = await (await replay(new TapeLines().book(0, BIDS, ASKS))).run();
    const { venue } = played.open;
    expect(venue.markets.map((m) => [m.coin, m.assetId, m.halted])).toEqual([
      ["BBB", 0, true],
      ["AAA", 1, false],
    ]);
  });
});

describe("a client among the recorded orders", () => {
  const quiet = (): TapeLines => new TapeLines().book(0, BIDS, ASKS);

  test("is filled when recorded trades pass its price", async () => {
    const lines = quiet()
      .trades(900, ["B", "30.01", "40"], ["B", "30.03", "1"])
      .book(900, BIDS, [["30.03", "69"]]);
    const played = await (await replay(lines)).order("1", 100, "sell", "5", "30.02").run();
    expect(played.fills("1")).toEqual([[30.02, 1, 900]]);
  });

  test("waits behind what stood there before it, and is before what came later", async () => {
    const lines = quiet()
      .bbo(500, ["29.99", "50"], ["30.01", "55"])
      .trades(900, ["B", "30.01", "38"])
      .bbo(900, ["29.99", "50"], ["30.01", "17"])
      .trades(1_000, ["B", "30.01", "9"])
      .bbo(1_000, ["29.99", "50"], ["30.01", "8"]);
    const played = await (await replay(lines)).order("1", 100, "sell", "5", "30.01").run();
    // 40 before it, 15 behind: of 38 it has nothing, of 9 the 5 that come after the last 2 of the 40 and before the newer 15.
    expect(played.fills("1")).toEqual([[30.01, 5, 1_000]]);
  });

  test("delays the fills of others: what it takes of a trade those behind it do not get", async () => {
    const lines = quiet().trades(900, ["B", "30.01", "44"]).bbo(900, ["29.99", "50"], ["30.02", "60"]);
    const alone = await (await replay(lines)).order("2", 200, "sell", "4", "30.01").run();
    expect(alone.fills("2")).toEqual([[30.01, 4, 900]]);
    const second = await (await replay(lines))
      .order("1", 100, "sell", "3", "30.01")
      .order("2", 200, "sell", "4", "30.01")
      .run();
    expect(second.fills("1")).toEqual([[30.01, 3, 900]]);
    expect(second.fills("2")).toEqual([[30.01, 1, 900]]);
    // The trade is as large as recorded: nobody printed for the client besides.
    expect(second.trades().reduce((sum, t) => sum + Number(t.sz), 0)).toBe(44);
  });

  test("inside the recorded spread is met first, at its better price", async () => {
    const lines = quiet().trades(900, ["A", "29.99", "6"]).bbo(900, ["29.99", "44"], ["30.01", "40"]);
    const played = await (await replay(lines)).order("1", 100, "buy", "4", "30").run();
    expect(played.fills("1")).toEqual([[30, 4, 900]]);
    expect(played.trades().map((t) => [t.side, t.px, t.sz])).toEqual([
      ["A", "30.0", "4.0"],
      ["A", "29.99", "2.0"],
    ]);
  });

  test("is taken by a recorded quote that crosses it, up to that quote's size", async () => {
    const lines = quiet().bbo(900, ["30.01", "2"], ["30.02", "60"]);
    const played = await (await replay(lines)).order("1", 100, "sell", "5", "30").run();
    expect(played.fills("1")).toEqual([[30, 2, 900]]);
    expect(played.touches().at(-1)?.slice(1)).toEqual(["29.99 x 50", "30 x 3"]);
  });

  test("keeps its place when the level before it shrinks and grows", async () => {
    const lines = quiet()
      .bbo(500, ["29.99", "50"], ["30.01", "10"])
      .bbo(600, ["29.99", "50"], ["30.01", "40"])
      .trades(900, ["B", "30.01", "12"])
      .bbo(900, ["29.99", "50"], ["30.01", "28"]);
    const played = await (await replay(lines)).order("1", 100, "sell", "5", "30.01").run();
    expect(played.fills("1")).toEqual([[30.01, 2, 900]]);
  });
});

describe("how well the public feed equals the tape", () => {
  test("a generated tape of two markets", async () => {
    const world = makeWorld(3, 300);
    const lines = [
      ...world.answers.map((info) => JSON.stringify({ local_ms: 1_767_225_600_000, info })),
      ...world.pushes.map((p) => `{"local_ms":${p.timeUs / 1000},"msg":${p.text}}`),
    ];
    const path = file();
    writeFileSync(path, `${lines.join("\n")}\n`);
    const played = await (await TapeReplay.of(path)).run();
    for (const coin of ["HYPE", "sim:HYPE"]) {
      const match = matchTape(readPushes(path), played.heard, coin);
      expect(match.pxShare).toBeGreaterThan(0.999_999);
      expect(match.szShare).toBeGreaterThan(0.999_999);
      expect(match.equal / match.recorded).toBeGreaterThan(0.999_999);
      expect(match.heard).toBeCloseTo(match.recorded, 6);
    }
  });

  const tapes = process.env.MMBIN_DATA === undefined ? "" : join(process.env.MMBIN_DATA, "tapes");
  test.skipIf(tapes === "").each(["4min", "23min"])("recorded, four markets, %s (needs MMBIN_DATA)", async (which) => {
    const path = join(tapes, readdirSync(tapes).find((f) => f.includes(which)) as string);
    const played = await (await TapeReplay.of(path)).run();
    // Whatever passed between the accounts of the house: no micro-dollar is lost.
    const state = venueState(played.open.venue, { clients: 1, rules: 0, struck: 0 });
    expect(state.tokens.map((token) => token.difference)).toEqual(["0.0", "0.0"]);
    const pushes = readPushes(path);
    for (const coin of ["BTC", "ETH", "SOL", "WLFI"]) {
      const match = matchTape(pushes, played.heard, coin);
      expect(match.pxShare).toBeGreaterThan(0.999_999);
      expect(match.szShare).toBeGreaterThan(0.999_999);
      expect(match.equal / match.recorded).toBeGreaterThan(0.999_999);
      expect(match.heard).toBeCloseTo(match.recorded, 4);
    }
  });
});
