/**
 * Memory of paper trading as the system counts it: one market, each further one, and whether hours of market time make it grow. Of the
 * compiled executable where there is one, and from source.
 * @module
 */
import { heapStats } from "bun:jsc";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/io/config.ts";
import { PaperRun } from "../../src/run/paper.ts";
import { openPlace } from "../../src/run/place.ts";
import { NO_STATUS } from "../../src/run/request.ts";
import { GENERATED_MARKET } from "../fixtures/flow.ts";
import { QUIET, requestFor } from "../fixtures/request.ts";
import { marketNames } from "./markets.ts";
import { conditions, median } from "./support.ts";
import { spawnVenue } from "./venue.ts";

const root = join(import.meta.dir, "..", "..");
const binary = join(root, "dist", "mmbin");
const source = [process.execPath, join(root, "src", "main.ts")];
const programs: [string, string[]][] = existsSync(binary)
  ? [
      ["executable", [binary]],
      ["from source", source],
    ]
  : [["from source", source]];

/** Real seconds of a run, and how much faster its markets move than generated: as much as 100 s say, 220 messages a second and market at most. */
const RUN_SECONDS = 10;
const PACE = 10;
const MANY = 51;
const HOURS = 3;
/** Between two looks at a process. */
const LOOK_MS = 100;
const MIB = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), "mmbin-bench-"));

interface Memory {
  /** What was seen while it ran, MiB, oldest first; empty where the system does not tell. */
  seen: number[];
  peak: number;
  messages: number;
}

/** Runs `paper` to its end and looks at its memory meanwhile. */
async function watch(program: readonly string[], args: readonly string[]): Promise<Memory> {
  const child = Bun.spawn([...program, "paper", ...args, "--prior", "none", "--quiet", "--json"], {
    env: { ...process.env, XDG_STATE_HOME: folder },
    stdout: "pipe",
    stderr: "inherit",
  });
  const seen: number[] = [];
  const timer = setInterval(() => {
    const resident = residentMib(child.pid);
    if (resident !== null) seen.push(resident);
  }, LOOK_MS);
  const out = await new Response(child.stdout).text();
  await child.exited;
  clearInterval(timer);
  const { messages } = (JSON.parse(out) as { feed: { messages: number } }).feed;
  return { seen, peak: (child.resourceUsage()?.maxRSS ?? 0) / MIB, messages };
}

/** Resident memory of a process; null where there is no /proc, or no process any more. */
function residentMib(pid: number): number | null {
  try {
    const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found === null ? null : Number(found[1]) / 1024;
  } catch {
    return null;
  }
}

async function watchMarkets(program: readonly string[], count: number): Promise<Memory> {
  const venue = await spawnVenue({ markets: count, seconds: RUN_SECONDS * PACE * 2, pace: PACE, marks: false });
  const capital = `capital_usd=${Math.max(100, 40 * count)}`;
  const args = ["--venue", venue.url, "--for", `${RUN_SECONDS}s`, "--set", capital];
  try {
    return await watch(program, [...marketNames(count), ...args]);
  } finally {
    await venue.stop();
  }
}

/** Median of the last quarter of a run. */
const atEnd = (memory: Memory): string => median(memory.seen.slice(Math.floor(0.75 * memory.seen.length))).toFixed(0);

async function printMarkets(name: string, program: readonly string[]): Promise<void> {
  const [one, many] = await Promise.all([watchMarkets(program, 1), watchMarkets(program, MANY)]);
  const each = ((many.peak - one.peak) / (MANY - 1)).toFixed(1);
  console.log(`  ${name}, ${RUN_SECONDS * PACE} s of generated markets from another process:`);
  console.log(
    `    one market: peak ${one.peak.toFixed(0)} MiB, at its end ${atEnd(one)} (wanted 120), ${one.messages} messages`,
  );
  console.log(
    `    ${MANY} markets: peak ${many.peak.toFixed(0)} MiB, at its end ${atEnd(many)}: ${each} MiB a further market (wanted 3), ` +
      `${many.messages} messages`,
  );
}

/**
 * Hours of the embedded venue in this process, whose collector can be told to collect: what is left is what is held. Resident memory says
 * less, it wanders by a tenth with the collector's moods.
 */
async function printGrowth(): Promise<void> {
  const held: string[] = [];
  let minutes = 0;
  const write = (lines: readonly string[]): void => {
    minutes += 1;
    if (minutes % 60 !== 0) return;
    Bun.gc(true);
    const { heapSize } = heapStats();
    const resident = process.memoryUsage.rss() / MIB;
    held.push(
      `${(heapSize / MIB).toFixed(1)} MiB (${/ n (\d+)/.exec(lines[0] ?? "")?.[1]} fills, ${resident.toFixed(0)} MiB resident)`,
    );
  };
  const request = requestFor({ command: "paper", forSeconds: HOURS * 3600 + 90, speed: 1e6 });
  const place = openPlace(request, "local");
  try {
    await new PaperRun(
      request,
      { ...QUIET, status: { ...NO_STATUS, form: "lines", write } },
      place,
      loadConfig(null),
    ).run([GENERATED_MARKET]);
  } finally {
    place.close();
  }
  console.log(
    `  held after a collection, ${HOURS} generated hours, venue in the same process (wanted: no growth but fills):`,
  );
  console.log(`    hour by hour ${held.join(", ")}`);
}

console.log(`memory: ${conditions()}, load ${(loadavg()[0] as number).toFixed(1)}`);
try {
  for (const [name, program] of programs) await printMarkets(name, program);
  await printGrowth();
} finally {
  rmSync(folder, { recursive: true });
}
