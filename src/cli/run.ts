/**
 * What backtest and paper share: from flags to a request, from a report to stdout and the state folder.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { WallClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { journalsFolder } from "../io/journal_folder.ts";
import { bugText, hasColor, terminalWidth, writeError, writeOut } from "../io/log.ts";
import { NetError } from "../io/net.ts";
import { dropReport, reserveReport, writeUserFile } from "../io/paths.ts";
import { isHangupIgnored } from "../io/process.ts";
import { openScreen, type Screen } from "../io/screen.ts";
import type { Report } from "../run/report_schema.ts";
import { renderReport } from "../run/report_table.ts";
import {
  NO_STATUS,
  REQUEST_DEFAULTS,
  RunEnded,
  type RunIo,
  type RunRequest,
  type StatusOutput,
} from "../run/request.ts";
import { runIdOf, runNumberOf } from "../run/run_identity.ts";
import type { Parsed } from "./spec.ts";

/** The request of a command's flags. */
export function requestOf(command: RunRequest["command"], parsed: Parsed, markets: readonly string[]): RunRequest {
  return {
    ...REQUEST_DEFAULTS,
    command,
    tapes: parsed.texts("tape"),
    markets,
    config: {
      file: parsed.text("config"),
      set: parsed.texts("set"),
      env: process.env,
      profile: parsed.text("profile"),
    },
    latencySeconds: parsed.number("latency"),
    latencyCurve: parsed.numbers("latency-curve"),
    factsFile: parsed.text("facts"),
    skipBadLines: parsed.has("skip-bad-lines"),
    quotaUsedCount: parsed.number("quota-used") ?? 0,
    quotaVolumeUsd: parsed.number("quota-volume") ?? 0,
    venue: parsed.text("venue"),
    address: parseAddress(parsed.text("address"), "--address"),
    priors: parsed.texts("prior"),
    seed: parsed.number("seed") ?? 1,
    speed: parsed.number("speed"),
    forSeconds: parseSpan(parsed.text("for"), "--for"),
    recordFile: parsed.text("record"),
  };
}

/** Reads 45s, 30m, 2h as seconds. */
export function parseSpan(text: string | null, flag: string): number | null {
  if (text === null) return null;
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  if (match === null || Number(match[1]) === 0)
    throw usageError(`${flag} is a time like 45s, 30m or 2h, not "${text}"`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as "s" | "m" | "h"];
}

/** Checks an account's address, and writes it as the venue does. */
export function parseAddress(text: string | null, flag: string): string | null {
  if (text === null) return null;
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw usageError(`${flag} is 0x and 40 hexadecimal digits, not "${text}"`);
  return text.toLowerCase();
}

/** The signal that asked to end, as the exit code it leads to; 0 for none, 1 for a bug that nobody caught. */
export interface SignalHeard {
  code: number;
  /** How many came. */
  count: number;
}

/**
 * Hears Ctrl-C and SIGTERM: the first asks to end; the second does not wait for a report, or where orders are real does not wait for the venue's
 * word, and then the third ends at once. Real orders must not be left behind by a terminal that goes away, or by an error in a callback that nobody
 * caught: there both ask to end as well.
 */
export function listenForSignals(isReal = false): SignalHeard {
  // Signals after which the process ends whatever it does.
  const patience = isReal ? 3 : 2;
  const heard: SignalHeard = { code: 0, count: 0 };
  const stop = (code: number) => () => {
    heard.count += 1;
    if (heard.count >= patience) process.exit(code);
    if (heard.code === 0) heard.code = code;
  };
  process.on("SIGINT", stop(130));
  process.on("SIGTERM", stop(143));
  if (!isReal) return heard;
  // Whoever said nohup wants it to go on.
  if (!isHangupIgnored()) process.on("SIGHUP", stop(143));
  const onBug = (error: unknown): void => {
    writeError(bugText(error));
    if (heard.code === 0) heard.code = 1;
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);
  return heard;
}

/** What a run is given, and how its status is closed before anything else is printed. */
export interface CommandIo extends RunIo {
  end(): void;
}

/** What a run is given: status and notes on stderr, unless quiet; with `jsonStatus` the status goes to stdout as JSON lines. */
export function ioOf(parsed: Parsed, signal: SignalHeard, jsonStatus = false): CommandIo {
  const quiet = parsed.has("quiet");
  const screen = quiet || jsonStatus ? null : openScreen();
  let readerGone = false;
  const writeJson = (lines: readonly string[]): void => {
    // Who reads no more (`| head`) wants no more: the run ends as if asked to.
    if (!writeOut(lines.map((line) => `${line}\n`).join(""))) readerGone = true;
  };
  return {
    status: quiet ? NO_STATUS : jsonStatus ? { ...NO_STATUS, form: "json", write: writeJson } : statusOn(screen),
    note: (line) => {
      if (screen !== null) screen.note(line);
      else if (!quiet) writeError(line);
    },
    stopRequested: () => readerGone || signal.code !== 0,
    hurried: () => signal.count > 1,
    end: () => screen?.end(),
  };
}

/** Status on stderr: in place where that is a screen, else line by line. */
function statusOn(screen: Screen | null): StatusOutput {
  if (screen === null) return { ...NO_STATUS, form: "lines", write: (lines) => writeError(lines.join("\n")) };
  return {
    form: "screen",
    color: hasColor("err"),
    size: () => screen.size(),
    write: (lines) => screen.show(lines),
  };
}

/** Where the run's journal goes: tapes are their own record, what a venue said is kept. */
function journalFolderOf(parsed: Parsed, request: RunRequest): string | null {
  const wanted = parsed.text("journal");
  if (wanted === "none" || (wanted === null && request.tapes.length > 0)) return null;
  // Whole, so that another process finds it from wherever it runs.
  return wanted === null ? join(journalsFolder(), request.runId) : resolve(wanted);
}

/** Runs, prints and stores. Returns the exit code: 130 or 143 when a signal ended it. */
export async function runAndReport(
  parsed: Parsed,
  request: RunRequest,
  run: (request: RunRequest, io: RunIo) => Promise<Report>,
): Promise<number> {
  const startUs = new WallClock().nowUs();
  const place = reserveReport(runIdOf(startUs, request.command));
  // The report's file may carry a counter: two runs of one second are two runs.
  const runId = basename(place.path, ".json");
  const signal = listenForSignals(request.command === "live");
  // JSON of a run that is watched while it goes on is one object a line; a backtest's is its report alone.
  const jsonLines = parsed.has("json") && request.command !== "backtest";
  const io = ioOf(parsed, signal, jsonLines);
  let report: Report;
  let ended: Error | null = null;
  try {
    const named = { ...request, runId, runNumber: runNumberOf(startUs, process.pid), reportFile: place.path };
    report = await run({ ...named, journalFolder: journalFolderOf(parsed, named) }, io);
  } catch (error) {
    if (!(error instanceof RunEnded)) {
      dropReport(place);
      // Who asked to end before anything came knows why there is nothing.
      if (signal.code === 0 || !(error instanceof NetError)) throw error;
      io.note(error.message);
      return signal.code;
    }
    ({ report } = error);
    ended = error.cause;
  }
  io.end();
  const text = `${JSON.stringify(report, null, 2)}\n`;
  // Printed before it is kept: a disk that fills up meanwhile must not cost what a day of running says.
  if (jsonLines) writeOut(`${JSON.stringify(report)}\n`);
  else if (parsed.has("json")) writeOut(text);
  else writeOut(renderReport(report, { color: hasColor("out"), width: terminalWidth() }));
  const out = parsed.text("out");
  try {
    place.write(text);
  } finally {
    if (out !== null) writeUserFile(out, text);
  }
  if (ended !== null) throw ended;
  return signal.code;
}
