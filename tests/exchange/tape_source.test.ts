import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { F, KIND } from "../../src/core/frame.ts";
import { tapeSpec } from "../../src/exchange/tape_spec.ts";
import { openTapeVenue } from "../../src/run/exchange_tape.ts";
import { TapeQueue } from "../../src/sim/tape/queue.ts";
import type { InfoAnswer } from "../../src/wire/hyperliquid/instrument.ts";
import { TapeLines, TapeReplay } from "../fixtures/tape_venue.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-source-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const write = (lines: TapeLines): string => lines.write(join(folder, `${++files}.ndjson`));

const BOOK = (lines: TapeLines, ms: number): TapeLines => lines.book(ms, [["29.99", "50"]], [["30.01", "40"]]);
const context = (lines: TapeLines, ms: number, oraclePx: string): TapeLines =>
  lines.push(ms, {
    channel: "activeAssetCtx",
    data: { coin: "AAA", ctx: { funding: "0.0", openInterest: "1.0", oraclePx, markPx: oraclePx } },
  });

describe("frames of a tape in venue time", () => {
  const frame = (timeUs: number, mark: number): Float64Array => {
    const data = new Float64Array(8);
    data[F.kind] = KIND.bbo;
    data[F.venueTimeUs] = timeUs;
    data[7] = mark;
    return data;
  };

  test("come by time, those of one time as they came", () => {
    const queue = new TapeQueue();
    for (const [timeUs, mark] of [
      [5, 1],
      [3, 2],
      [5, 3],
      [4, 4],
      [3, 5],
    ] as const)
      queue.add(frame(timeUs, mark));
    const marks: number[] = [];
    expect(queue.take(2)).toBeNull();
    for (let next = queue.take(4); next !== null; next = queue.take(4)) marks.push(next[7] as number);
    expect([marks, queue.nextUs, queue.count]).toEqual([[2, 5, 4], 5, 2]);
    // What comes late goes before what waits, never before what was taken.
    queue.add(frame(1, 6));
    expect(queue.take(9)?.[7]).toBe(6);
    expect([queue.take(9)?.[7], queue.take(9)?.[7], queue.take(9)]).toEqual([1, 3, null]);
    expect(queue.nextUs).toBe(Number.POSITIVE_INFINITY);
  });

  test("give back the room of those that were taken", () => {
    const queue = new TapeQueue();
    for (let i = 0; i < 20_000; i++) {
      queue.add(frame(i, i));
      expect(queue.take(i)?.[7]).toBe(i);
    }
    expect(queue.count).toBe(0);
  });
});

describe("a tape as a stream", () => {
  test("trades that were received late are printed in their own block", async () => {
    const lines = BOOK(new TapeLines(), 0).bbo(900, ["29.99", "50"], ["30.01", "30"]);
    // Received 400 ms after touches of 300 ms later.
    lines.bbo(1_200, ["29.99", "50"], ["30.02", "9"]);
    lines.lines.push(
      JSON.stringify({
        local_ms: TapeLines.T0 + 1_900,
        msg: {
          channel: "trades",
          data: [{ coin: "AAA", side: "B", px: "30.01", sz: "10", time: TapeLines.T0 + 900, tid: 77 }],
        },
      }),
    );
    const played = await (await TapeReplay.of(write(lines), ["AAA"])).run();
    expect(played.trades().map((t) => [t.time - TapeLines.T0, t.px, t.sz])).toEqual([[900, "30.01", "10.0"]]);
  });

  test("contexts give the oracle; those without a time wait for one, and without any the mid is the oracle", async () => {
    const told = context(BOOK(context(new TapeLines(), 0, "31.5"), 0), 5_000, "32.25").bbo(
      9_000,
      ["29.99", "51"],
      null,
    );
    const played = await (await TapeReplay.of(write(told), ["AAA"])).run();
    expect(played.open.venue.marketByCoin("AAA")?.oraclePx).toBe(322_500);
    expect(played.open.venue.spec.startUs).toBe((TapeLines.T0 - 70) * 1000);
    const untold = BOOK(new TapeLines(), 0).bbo(9_000, ["29.99", "51"], ["30.01", "40"]);
    const silent = await (await TapeReplay.of(write(untold), ["AAA"])).run();
    expect(silent.open.venue.marketByCoin("AAA")?.oraclePx).toBe(300_000);
  });

  test("a silence of under ten seconds leaves the book as it was, blocks go on, and a mark changes nothing about that", async () => {
    const lines = BOOK(new TapeLines(), 0).gap(500).bbo(8_000, ["29.99", "50"], ["30.01", "41"]);
    const played = await (await TapeReplay.of(write(lines), ["AAA"])).run();
    expect(played.touches().slice(-2)).toEqual([
      [0, "29.99 x 50", "30.01 x 40"],
      [8_000, "29.99 x 50", "30.01 x 41"],
    ]);
    expect(played.open.venue.blockCount).toBeGreaterThan(110);
  });

  test("a moment at which the tape begins can be another than the recorded one", async () => {
    const path = write(BOOK(new TapeLines(), 0).bbo(400, ["29.99", "50"], ["30.01", "41"]));
    const request = { files: [path], markets: [], factsFile: null, skipBadLines: false };
    const open = await openTapeVenue(request, "Testnet", 1, 1_800_000_000_123_456);
    expect(open.venue.nowUs).toBe(1_800_000_000_123_000);
    expect(open.offsetUs % 1000).toBe(0);
    expect(open.coins).toEqual(["AAA"]);
    await open.source.close();
  });

  test("a bad line ends it with its number, or is left out on request", async () => {
    const lines = BOOK(new TapeLines(), 0);
    lines.lines.push("{");
    const path = write(BOOK(lines, 300));
    await expect(TapeReplay.of(path, ["AAA"]).then((r) => r.run())).rejects.toThrow("line 6 is not JSON");
    const request = { files: [path], markets: [], factsFile: null, skipBadLines: true };
    const open = await openTapeVenue(request, "Testnet", 1, null);
    expect(open.source.queue.count).toBe(2);
  });

  test.each([
    ["a market that it does not speak of", ["BBB"], "BBB has no message on the tape"],
    ["a market that is not listed", ["AAB"], "unknown market AAB"],
  ])("refuses %s", async (_, markets, message) => {
    await expect(TapeReplay.of(write(BOOK(new TapeLines(), 0)), markets)).rejects.toThrow(message);
  });

  test("refuses a tape without facts, and takes them from a file", async () => {
    const lines = BOOK(new TapeLines(), 0);
    const facts = lines.lines
      .filter((line) => line.includes('"info"'))
      .map((line) => JSON.stringify(JSON.parse(line).info));
    const bare = new TapeLines();
    bare.lines.splice(0, bare.lines.length, ...lines.lines.filter((line) => !line.includes('"info"')));
    const path = write(bare);
    await expect(TapeReplay.of(path)).rejects.toThrow("the tape holds no answer to meta");
    const factsFile = join(folder, "facts.ndjson");
    writeFileSync(factsFile, facts.join("\n"));
    const open = await openTapeVenue(
      { files: [path], markets: [], factsFile, skipBadLines: false },
      "Testnet",
      1,
      null,
    );
    expect(open.coins).toEqual(["AAA"]);
  });
});

describe("a venue out of recorded facts", () => {
  const hip3 = {
    name: "hyna:HYPE",
    szDecimals: 2,
    maxLeverage: 10,
    marginTableId: 51,
    marginMode: "strictIsolated",
    growthMode: "enabled",
    deployerFeeScale: "0.5",
  };
  const tiers = [
    { lowerBound: "0.0", maxLeverage: 10 },
    { lowerBound: "3000000.0", maxLeverage: 5 },
  ];
  const answers: InfoAnswer[] = [
    { request: { type: "perpDexs" }, response: [null, { name: "xyz" }, { name: "hyna", deployerFeeScale: "1.5" }] },
    {
      request: { type: "meta" },
      response: {
        universe: [
          { name: "BTC", szDecimals: 5, maxLeverage: 40, marginTableId: 51 },
          { name: "OLD", szDecimals: 1, maxLeverage: 3, isDelisted: true },
        ],
        marginTables: [[51, { description: "", marginTiers: tiers }]],
      },
    },
    {
      request: { type: "meta", dex: "hyna" },
      response: { universe: [hip3], marginTables: [], collateralToken: 360 },
    },
  ];

  test("has their places, sizes, tiers, modes, scales and collateral", () => {
    const spec = tapeSpec(answers, new Map([["BTC", "90000.5"]]), "Testnet", 1, 0);
    expect(spec.dexs.map((d) => [d.name, d.feeScale, d.collateralToken, d.markets.length])).toEqual([
      ["", "1.0", 0, 2],
      ["xyz", "1.0", 0, 0],
      ["hyna", "1.5", 360, 1],
    ]);
    expect(spec.tokens.map((t) => t.index)).toEqual([0, 235, 360]);
    expect(spec.dexs[0]?.markets[0]).toMatchObject({
      coin: "BTC",
      oraclePx: "90000.5",
      marginTiers: [
        { lowerBoundUsd: 0, maxLeverage: 10 },
        { lowerBoundUsd: 3e12, maxLeverage: 5 },
      ],
    });
    expect(spec.dexs[2]?.markets[0]).toMatchObject({
      coin: "hyna:HYPE",
      szDecimals: 2,
      growth: true,
      feeScale: "0.5",
      marginMode: "strictIsolated",
    });
  });

  test("is not made of answers that are not understood", () => {
    const broken = answers.map((a) => (a.request.dex === "hyna" ? { ...a, response: { universe: 1 } } : a));
    expect(() => tapeSpec(broken, new Map(), "Testnet", 1, 0)).toThrow("meta of dex hyna is not understood");
  });

  test("answers clients with the recorded facts, whose delisted markets are delisted", async () => {
    const lines = new TapeLines();
    lines.lines.length = 0;
    for (const { request, response } of answers) lines.info(request, response);
    lines.info(
      { type: "userFees", user: "0x0000000000000000000000000000000000000000" },
      { userCrossRate: "0.00045", userAddRate: "0.00015", activeReferralDiscount: "0.0" },
    );
    const data = { coin: "hyna:HYPE", time: TapeLines.T0, bbo: [{ px: "38.5", sz: "3", n: 1 }, null] };
    const played = await TapeReplay.of(write(lines.push(0, { channel: "bbo", data })));
    const { venue } = played.open;
    expect(venue.markets.map((m) => [m.coin, m.assetId, m.halted, m.delisted, m.oraclePx])).toEqual([
      ["BTC", 0, true, false, 10],
      ["OLD", 1, false, true, 100_000],
      ["hyna:HYPE", 120_000, false, false, 385_000],
    ]);
    await played.open.source.close();
  });
});
