/**
 * The journal at 50,000 frames a second for twenty seconds, synced each second on the disk of the temporary folder: how long the loop stands
 * still in it, and how long a new segment takes with the state of one market and of fifty.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BBO, FrameLane, KIND } from "../../src/core/frame.ts";
import { StateWriter } from "../../src/core/state.ts";
import { WallClock } from "../../src/io/clock.ts";
import { makeJournalFolder } from "../../src/io/journal_folder.ts";
import type { RunHeader } from "../../src/io/journal_format.ts";
import { JournalWriter } from "../../src/io/journal_writer.ts";
import { makeWorld, runWorld } from "../fixtures/world.ts";
import { conditions } from "./support.ts";

const PER_SECOND = 50_000;
const SECONDS = 20;
/** Frames a turn of the loop: one a millisecond. */
const BATCH = PER_SECOND / 1000;

const run: RunHeader = {
  build: "bench",
  target: "bench",
  run_id: "bench",
  run_number: [0, 0],
  command: "paper",
  venue: "bench",
  seed: null,
  account: null,
  config_hash: "",
  latency_s: 0.3,
  markets: [{ coin: "BTC", sz_decimals: 5 }],
  profiles: ["perp"],
  params: [{}],
  facts: [{}],
  priors: [null],
};
const folder = mkdtempSync(join(tmpdir(), "mmbin-journal-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const clock = new WallClock();

const { desk } = runWorld(makeWorld(1, 1_800), []);
const state = new StateWriter();

/** The state of so many markets, each after half an hour of trades: collected once a market, as a desk does it. */
function collect(markets: number): Float64Array {
  state.clear();
  for (let i = 0; i < markets; i++) desk.syncState(state);
  return state.data;
}

function newWriter(name: string): JournalWriter {
  makeJournalFolder(join(folder, name));
  return new JournalWriter(join(folder, name), run, { rotateBytes: 64 * 2 ** 20, rotateUs: 36e8 }, clock);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

console.log(`journal: ${conditions()}`);
for (const markets of [1, 50]) {
  const writer = newWriter(`begin-${markets}`);
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const startNs = Bun.nanoseconds();
    writer.begin({ snapshot: collect(markets), stateVersion: 1, framesBefore: 0, timeUs: 0 });
    times.push((Bun.nanoseconds() - startNs) / 1e6);
    await nextTurn();
  }
  await writer.close();
  times.sort((a, b) => a - b);
  const size = (collect(markets).byteLength / 1024).toFixed(0);
  console.log(
    `  new segment, ${markets} market(s), ${size} KiB of state: median ${times[4]?.toFixed(2)} ms, worst of 9 ${times[8]?.toFixed(2)} ms`,
  );
}

const writer = newWriter("steady");
const start = { snapshot: collect(1).slice(), stateVersion: 1, framesBefore: 0, timeUs: 0 };
writer.begin(start);
const lane = new FrameLane(BBO.size);
const at = lane.begin(KIND.bbo, BBO.size, 1, 1, 0);
const blocked: number[] = [];
const begunNs = Bun.nanoseconds();
let segments = 1;
for (let batch = 0; batch < (SECONDS * PER_SECOND) / BATCH; batch++) {
  while (Bun.nanoseconds() - begunNs < batch * 1e6) await nextTurn();
  const fromNs = Bun.nanoseconds();
  for (let i = 0; i < BATCH; i++) {
    lane.data[at + 2] = batch * BATCH + i + 1;
    writer.write(lane.data, at);
    // A decision in every tenth frame: what it rests on is written before it is sent.
    if (i % 10 === 9) writer.commit();
  }
  if (writer.wantsRotation(0)) {
    writer.begin(start);
    segments += 1;
  }
  blocked.push((Bun.nanoseconds() - fromNs) / 1e6);
}
await writer.close();
blocked.sort((a, b) => a - b);
const quantile = (q: number): string =>
  (blocked[Math.min(blocked.length - 1, Math.floor(q * blocked.length))] ?? 0).toFixed(3);
const over = blocked.filter((ms) => ms > 5).length;
console.log(
  `  ${PER_SECOND.toLocaleString("en")} frames a second for ${SECONDS} s, ${(writer.byteCount / 2 ** 20).toFixed(0)} MiB in ${segments} segment(s), ` +
    `5,000 commits a second: the loop stood still p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, worst ${quantile(1)} ms; ` +
    `${over} of ${blocked.length} turns over 5 ms (wanted none)`,
);
if (writer.failure !== "") console.log(`  failed: ${writer.failure}`);
