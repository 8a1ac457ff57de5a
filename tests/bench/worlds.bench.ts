/**
 * A simulated week of each world: days an hour of one core, memory at the end of each day, money that is missing. bun tests/bench/worlds.bench.ts [WORLD ...]
 * @module
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { venueState } from "../../src/exchange/venue_state.ts";
import { worldHash } from "../../src/exchange/world_file.ts";
import { loadWorld, WORLD_NAMES } from "../../src/exchange/worlds.ts";
import { Venue } from "../../src/sim/venue/venue.ts";
import { World } from "../../src/sim/world/world.ts";
import { START_US } from "../sim/world/support.ts";
import { conditions } from "./support.ts";

const DAYS = Number(process.env.MMBIN_BENCH_DAYS ?? 7);
const BLOCKS_PER_DAY = Math.round(86_400 / 0.07);
const SECONDS_PER_HOUR = 3_600;

const residentMib = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1024;

/** One world in this process, so that its memory is its own. */
function week(name: string): void {
  const spec = loadWorld(name, "Testnet", 1, START_US);
  const venue = new Venue(spec.venue);
  const world = new World(spec, venue, 1);
  const resident: number[] = [];
  const heap: number[] = [];
  // Time of the processor, not of the wall: others may be running.
  let cpuUs = 0;
  for (let day = 1; day <= DAYS; day++) {
    const before = process.cpuUsage();
    for (let i = 0; i < BLOCKS_PER_DAY; i++) {
      world.beforeBlock(venue);
      venue.step();
    }
    const used = process.cpuUsage(before);
    cpuUs += used.user + used.system;
    Bun.gc(true);
    resident.push(residentMib());
    heap.push(process.memoryUsage().heapUsed / 2 ** 20);
  }
  const daysPerHour = (DAYS * SECONDS_PER_HOUR) / (cpuUs / 1e6);
  const tokens = venueState(venue, { clients: 0, rules: 0, struck: 0 }).tokens;
  const missing = tokens.map((t) => t.difference).join(" ");
  const unmatched = venue.markets.filter((m) => [...m.positions.values()].reduce((sum, p) => sum + p.lots, 0) !== 0);
  const span = (values: readonly number[]): string => `${values[0]?.toFixed(1)} to ${values.at(-1)?.toFixed(1)} MiB`;
  const mids = venue.markets.map((m) => `${m.coin} ${(m.midPx / 10 ** m.pxDecimals).toPrecision(5)}`).join(", ");
  console.log(`${name} (${worldHash(spec)}): ${daysPerHour.toFixed(0)} simulated days an hour of one core`);
  console.log(`  day 1 to day ${DAYS}: resident ${span(resident)}, heap ${span(heap)}`);
  console.log(`  money missing: ${missing}; markets whose positions do not sum to 0: ${unmatched.length}; ${mids}`);
  if (unmatched.length > 0 || tokens.some((t) => Number(t.difference) !== 0)) process.exit(1);
}

if (process.argv[2] === "--week") week(process.argv[3] as string);
else {
  console.log(`worlds (${conditions()}; load ${loadavg()[0]?.toFixed(1)})`);
  const names = process.argv.length > 2 ? process.argv.slice(2) : WORLD_NAMES;
  for (const name of names) {
    const child = Bun.spawn([process.execPath, import.meta.path, "--week", name], {
      stdout: "inherit",
      stderr: "inherit",
    });
    if ((await child.exited) !== 0) process.exit(1);
  }
}
