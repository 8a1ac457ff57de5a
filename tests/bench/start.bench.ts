/**
 * How long the executable takes to say its version, and the memory of a long backtest.
 * @module
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conditions } from "./support.ts";

const binary = join(import.meta.dir, "..", "..", "dist", "mmbin");
console.log(`start: ${conditions()}`);
if (!existsSync(binary)) console.log("  no dist/mmbin: make build first");
else {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = Bun.nanoseconds();
    Bun.spawnSync([binary, "version"]);
    times.push((Bun.nanoseconds() - start) / 1e6);
  }
  times.sort((a, b) => a - b);
  console.log(
    `  mmbin version: median ${(times[7] as number).toFixed(1)} ms, slowest of 15 ${(times[14] as number).toFixed(1)} ms (wanted 50)`,
  );
  const folder = mkdtempSync(join(tmpdir(), "mmbin-bench-"));
  for (const minutes of [10, 120]) {
    // The executable makes the tape too: a child's peak counts what its parent held when it was started.
    const path = join(folder, `${minutes}.zst`);
    const env = { ...process.env, XDG_STATE_HOME: folder };
    Bun.spawnSync(
      [binary, "paper", "--for", `${minutes}m`, "--speed", "1000000", "--record", path, "--quiet", "--json"],
      { env },
    );
    const args = [binary, "backtest", "--tape", path, "--market", "sim:HYPE", "--quiet", "--json"];
    const run = Bun.spawnSync(args, { env });
    const lines = JSON.parse(run.stdout.toString()).tapes[0].lines;
    const peak = (run.resourceUsage.maxRSS / 1024 / 1024).toFixed(0);
    console.log(`  backtest of ${minutes} generated minutes, ${lines} lines: peak ${peak} MiB resident (wanted 200)`);
  }
  rmSync(folder, { recursive: true });
}
