/**
 * `mmbin bench`.
 * @module
 */
import { yieldTurn } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { writeOut } from "../io/log.ts";
import { writeUserFile } from "../io/paths.ts";
import { openScreen } from "../io/screen.ts";
import { type DayResult, liveDay } from "../run/live_day.ts";
import { caseRows, dayTable } from "../run/live_day_table.ts";
import { ERROR_LATENCIES, ERROR_WORLDS, measurePaperError, seedsOf } from "../run/paper_error.ts";
import { fileText } from "../run/paper_error_file.ts";
import { renderPaperErrors, renderTuning } from "../run/paper_error_table.ts";
import { tunePaper } from "../run/paper_error_tune.ts";
import { measureVerdicts, VERDICTS_SCHEMA } from "../run/verdicts.ts";
import { renderVerdicts, summarize } from "../run/verdicts_table.ts";
import { TRUTH_SECONDS, TRUTH_SEEDS } from "../run/world_truth.ts";
import { listenForSignals } from "./run.ts";
import type { Parsed } from "./spec.ts";

const SEEDS = 10;
const MINUTES = 30;

const LIVE_MINUTES = 60;
const LIVE_WORLDS = ["hip3-mirror", "pays"];
const VERDICT_SEEDS = 200;
const VERDICT_MINUTES = 60;
/** The two whose right answer is known. */
const VERDICT_WORLDS = ["pays", "never"];
/** Flags that mean something for the error of paper only. */
const ERROR_FLAGS = ["latency", "tune", "less-own", "out"] as const;

/** Measures the error of paper, or the engine's verdicts. */
export async function benchCommand(parsed: Parsed): Promise<number> {
  const what = parsed.words[0] as string;
  if (what === "verdicts") return benchVerdicts(parsed);
  if (what === "live") return benchLive(parsed);
  if (what !== "paper-error") throw usageError(`bench: measures paper-error, verdicts or live, not "${what}"`);
  const latencies = parsed.numbers("latency");
  const worlds = parsed.texts("worlds").flatMap((text) => text.split(","));
  const request = {
    worlds: worlds.length > 0 ? worlds : ERROR_WORLDS,
    latencies: latencies.length > 0 ? latencies : ERROR_LATENCIES,
    minutes: parsed.number("minutes") ?? MINUTES,
    ...(parsed.has("less-own") && { seesOwn: false }),
  };
  const seedCount = parsed.number("seeds") ?? SEEDS;
  const signal = listenForSignals();
  const screen = parsed.has("quiet") ? null : openScreen();
  // What was measured until somebody asked to end is told.
  const onSeed = async (text: string): Promise<boolean> => {
    screen?.show([text]);
    await yieldTurn();
    return signal.code === 0;
  };
  if (parsed.has("tune")) {
    const tuning = await tunePaper(request, seedCount, onSeed);
    screen?.end();
    writeOut(parsed.has("json") ? `${JSON.stringify(tuning, null, 2)}\n` : renderTuning(tuning));
    return signal.code;
  }
  const errors = await measurePaperError({ ...request, seeds: seedsOf(seedCount, "odd") }, onSeed);
  screen?.end();
  writeOut(parsed.has("json") ? `${JSON.stringify(errors, null, 2)}\n` : renderPaperErrors(errors));
  const out = parsed.text("out");
  // Reports quote the file as a whole: what was measured in part is told, and not kept.
  if (out !== null && signal.code === 0) writeUserFile(out, await fileText(errors));
  return signal.code;
}

/** Real orders on venues in virtual time: what came of them, and whether both sides' books agree. */
async function benchLive(parsed: Parsed): Promise<number> {
  const stray = ERROR_FLAGS.find((flag) => parsed.has(flag));
  if (stray !== undefined) throw usageError(`bench: --${stray} is for paper-error`);
  const named = parsed.texts("worlds").flatMap((text) => text.split(","));
  const hours = (parsed.number("minutes") ?? LIVE_MINUTES) / 60;
  const seedCount = parsed.number("seeds") ?? 1;
  const signal = listenForSignals();
  const screen = parsed.has("quiet") ? null : openScreen();
  const days: DayResult[] = [];
  for (const world of named.length > 0 ? named : LIVE_WORLDS) {
    for (const account of ["full", "seven"] as const) {
      for (let seed = 1; seed <= seedCount && signal.code === 0; seed++) {
        screen?.show([`${world}, ${account}, seed ${seed}`]);
        await yieldTurn();
        days.push(await liveDay({ world, account, hours, seed, faults: parsed.has("faults") }));
      }
    }
  }
  screen?.end();
  if (parsed.has("json")) writeOut(`${JSON.stringify(days, null, 2)}\n`);
  else writeOut(`${[...days.flatMap(caseRows), "", ...dayTable(days)].join("\n")}\n`);
  if (signal.code !== 0) return signal.code;
  return days.every((one) => one.isEqual) ? 0 : 10;
}

async function benchVerdicts(parsed: Parsed): Promise<number> {
  const stray = ERROR_FLAGS.find((flag) => parsed.has(flag));
  if (stray !== undefined) throw usageError(`bench: --${stray} is for paper-error`);
  const named = parsed.texts("worlds").flatMap((text) => text.split(","));
  const minutes = parsed.number("minutes") ?? VERDICT_MINUTES;
  const seedCount = parsed.number("seeds") ?? VERDICT_SEEDS;
  const signal = listenForSignals();
  const screen = parsed.has("quiet") ? null : openScreen();
  const verdicts = await measureVerdicts(
    {
      worlds: named.length > 0 ? named : VERDICT_WORLDS,
      seeds: Array.from({ length: seedCount }, (_, i) => i + 1),
      minutes,
      truth: { seeds: TRUTH_SEEDS, seconds: TRUTH_SECONDS },
      stopRequested: () => signal.code !== 0,
    },
    async (text) => {
      screen?.show([text]);
      await yieldTurn();
      return signal.code === 0;
    },
  );
  screen?.end();
  const worlds = verdicts.map((world) => ({ ...world, summary: summarize(world) }));
  const card = { schema: VERDICTS_SCHEMA, minutes, worlds };
  writeOut(parsed.has("json") ? `${JSON.stringify(card, null, 2)}\n` : renderVerdicts(verdicts, minutes));
  return signal.code;
}
