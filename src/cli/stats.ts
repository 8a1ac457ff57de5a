/**
 * `--stats` of `mmbin exchange` and `mmbin market`: what a market is like, in figures.
 * @module
 */
import { usageError } from "../io/exit.ts";
import { writeError, writeOut } from "../io/log.ts";
import { writeUserFile } from "../io/paths.ts";
import { type Calibration, calibrate, profileTapeMarket } from "../run/calibrate.ts";
import { calibrationPage } from "../run/calibration_page.ts";
import { calibrationJson, calibrationText } from "../run/calibration_report.ts";
import type { ExchangeRequest } from "../run/exchange.ts";
import { worldSource } from "../run/open_world.ts";
import { listenForSignals } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Seeds of one run: their profiles are kept until the end. */
const SEEDS_MAX = 1000;

/** Measures a world, against a tape if there is one. */
export async function worldStatsCommand(parsed: Parsed, request: ExchangeRequest): Promise<number> {
  const seedCount = parsed.number("seeds") ?? 1;
  if (seedCount > SEEDS_MAX) throw usageError(`exchange: --seeds is at most ${SEEDS_MAX}, not ${seedCount}`);
  const tapes = parsed.texts("against");
  const [market = null, ...others] = parsed.texts("market");
  if (others.length > 0) throw usageError("exchange: --stats looks at one --market");
  const signal = listenForSignals();
  const calibration = await calibrate(
    {
      ...worldSource(request),
      market,
      seed: request.seed,
      seedCount,
      seconds: request.forSeconds,
    },
    tapes.length === 0
      ? null
      : { tapes, market, factsFile: parsed.text("facts"), skipBadLines: parsed.has("skip-bad-lines") },
    {
      status: (line) => {
        if (!parsed.has("quiet")) writeError(line);
      },
      stopRequested: () => signal.code !== 0,
    },
  );
  if (calibration !== null) print(calibration, parsed);
  return signal.code;
}

/** Measures a market of tapes. */
export async function tapeStatsCommand(parsed: Parsed): Promise<number> {
  const tapes = parsed.texts("tape");
  if (tapes.length === 0) throw usageError("market: --stats needs --tape FILE");
  const market = parsed.words[0] as string;
  const skipBadLines = parsed.has("skip-bad-lines");
  const tape = await profileTapeMarket({ tapes, market, factsFile: parsed.text("facts"), skipBadLines });
  print({ world: null, tape }, parsed);
  return 0;
}

function print(calibration: Calibration, parsed: Parsed): void {
  const html = parsed.text("html");
  if (html !== null) writeUserFile(html, calibrationPage(calibration));
  writeOut(
    parsed.has("json") ? `${JSON.stringify(calibrationJson(calibration), null, 2)}\n` : calibrationText(calibration),
  );
}
