import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/io/config.ts";
import { runTapes } from "../../src/run/backtest.ts";
import { PaperRun } from "../../src/run/paper.ts";
import type { Report } from "../../src/run/report_schema.ts";
import { markedPlace, readWhole } from "../fixtures/loopback.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld } from "../fixtures/world.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-loopback-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function both(paths: string[], markets: string[]): Promise<{ file: Report; socket: Report }> {
  const request = requestFor({ tapes: paths, markets });
  const file = await runTapes(request, QUIET);
  const { answers, items } = await readWhole(paths);
  const place = markedPlace(answers, items);
  try {
    const run = new PaperRun({ ...request, command: "paper" }, QUIET, place, loadConfig(null));
    return { file, socket: await run.run(markets) };
  } finally {
    place.close();
  }
}

function expectEqual({ file, socket }: { file: Report; socket: Report }): void {
  const essence = (r: Report): unknown =>
    r.markets.map((m) => [m.market, m.intent_count, m.intent_hash, m.state_hash, m.fills, m.pnl_usd]);
  expect(essence(socket)).toEqual(essence(file));
  expect(socket.counts).toEqual(file.counts);
}

describe("a tape served over a loopback socket, its time marks driving the client's clock", () => {
  test("decides what reading the file decides (generated, two markets, a silence and a lost connection)", async () => {
    const world = makeWorld(2, 420, (_push, second) => second < 200 || second > 215);
    const lines = [
      ...world.answers.map((info) => JSON.stringify({ local_ms: 1_767_225_600_000, info })),
      ...world.pushes.flatMap((p, i) => {
        const line = `{"local_ms":${p.timeUs / 1000},"msg":${p.text}}`;
        return i === 4000 ? [`{"local_ms":${p.timeUs / 1000},"mark":{"gap":"closed"}}`, line] : [line];
      }),
    ];
    const path = join(folder, "world.ndjson");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const reports = await both([path], ["sim:HYPE", "HYPE"]);
    expectEqual(reports);
    expect(reports.socket.feed).toMatchObject({ connects: 2, bad_messages: 0 });
    expect(reports.file.counts.gaps).toBe(2);
  });

  const tapes = process.env.MMBIN_DATA === undefined ? "" : join(process.env.MMBIN_DATA, "tapes");
  test.skipIf(tapes === "")(
    "decides what reading the file decides (recorded, four markets; needs MMBIN_DATA)",
    async () => {
      expect(existsSync(tapes)).toBe(true);
      const name = readdirSync(tapes).find((f) => f.includes("23min")) as string;
      const reports = await both([join(tapes, name)], ["WLFI", "SOL", "ETH", "BTC"]);
      expectEqual(reports);
      expect(reports.file.markets[0]?.intent_count).toBeGreaterThan(500);
    },
  );
});
