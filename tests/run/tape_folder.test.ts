import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { yieldTurn } from "../../src/io/clock.ts";
import { readTapes } from "../../src/io/tape.ts";
import { TapeWriter } from "../../src/io/tape_writer.ts";
import { runTapes } from "../../src/run/backtest.ts";
import { TapeFolder } from "../../src/run/tape_folder.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { makeWorld } from "../fixtures/world.ts";

const root = mkdtempSync(join(tmpdir(), "mmbin-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

const world = makeWorld(6, 100);
const START = 1_767_225_600_000_000;
const tapesIn = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));

/** Waits until `done`, a few thousand turns of the event loop at most: files are written behind. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 5_000 && !done(); i++) await yieldTurn();
  expect(done()).toBe(true);
}

async function recorded(folder: string, rotateSeconds: number): Promise<TapeFolder> {
  const tapes = await TapeFolder.create(folder, "venue", ["sim:HYPE"], rotateSeconds, world.answers, START);
  for (const push of world.pushes) {
    tapes.writePush(push.timeUs, push.text);
    tapes.onTime(push.timeUs);
    // A rotation opens its file behind: whoever records for an hour has turns enough.
    if (push.text.includes("activeAssetCtx")) await yieldTurn();
  }
  return tapes;
}

test("a recorder that is killed leaves pieces that can be read, all but its last ten seconds", async () => {
  const folder = join(root, "killed");
  await recorded(folder, 30);
  await until(() => tapesIn(folder).length === 4 && tapesIn(folder).every((path) => statSync(path).size > 0));
  const request = requestFor({ tapes: tapesIn(folder), markets: ["sim:HYPE"] });
  const report = await runTapes(request, QUIET);
  expect(report.ended_us - START).toBeGreaterThan(89e6);
  for (const path of tapesIn(folder)) {
    const alone = await runTapes({ ...request, tapes: [path] }, QUIET).catch((error: Error) => error.message);
    // The piece begun a moment before may hold facts only.
    if (typeof alone === "string") expect(alone).toContain("holds no push");
    else expect(alone.counts.bad).toBe(0);
  }
});

test("lines reach the disk within ten seconds, whoever writes them", async () => {
  const path = join(root, "alone.zst");
  const writer = await TapeWriter.create(path);
  for (const push of world.pushes) if (push.timeUs < START + 9e6) writer.writePush(push.timeUs, push.text);
  await yieldTurn();
  expect(statSync(path).size).toBe(0);
  for (const push of world.pushes)
    if (push.timeUs >= START + 9e6 && push.timeUs < START + 12e6) writer.writePush(push.timeUs, push.text);
  await until(() => statSync(path).size > 0);
});

test("how the markets stood at the start is on the first piece only, their facts on each", async () => {
  const folder = join(root, "contexts");
  const asked = [...world.answers, { request: { type: "metaAndAssetCtxs", dex: "sim" }, response: [] }];
  const tapes = await TapeFolder.create(folder, "venue", ["sim:HYPE"], 30, asked, START);
  for (const second of [0, 31, 32]) {
    tapes.writePush(START + second * 1e6, '{"channel":"pong"}');
    if (second === 31) await until(() => tapesIn(folder).length === 2);
  }
  await tapes.close();
  const types: unknown[][] = [];
  for (const path of tapesIn(folder)) {
    const seen: unknown[] = [];
    const onInfo = (request: unknown): void => void seen.push((request as { type: string }).type);
    await readTapes([path], { onInfo, onPush: () => "", onMark: () => {} }, { skipBadLines: false });
    types.push(seen);
  }
  const facts = world.answers.map((a) => a.request.type);
  expect(types).toEqual([[...facts, "metaAndAssetCtxs"], facts]);
});

test("two recorders started in the same second have a file each", async () => {
  const folder = join(root, "twice");
  const first = await recorded(folder, 3600);
  const second = await recorded(folder, 3600);
  const files = [...(await first.close()), ...(await second.close())];
  expect(new Set(files.map((piece) => piece.file)).size).toBe(2);
  expect(files.map((piece) => piece.lines)).toEqual(Array(2).fill(world.pushes.length + world.answers.length));
  expect(files.every((piece) => piece.bytes === statSync(piece.file).size)).toBe(true);
});
