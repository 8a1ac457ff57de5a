/**
 * `mmbin live`.
 * @module
 */
import { loadConfig } from "../io/config.ts";
import { configError, usageError } from "../io/exit.ts";
import { openTerminal } from "../io/password.ts";
import { keysFolder } from "../io/paths.ts";
import { openKey } from "../run/keys.ts";
import { LiveRun } from "../run/live.ts";
import { openDoor } from "../run/live_door.ts";
import type { LiveOptions } from "../run/live_request.ts";
import { openLocalLive } from "../run/local_live.ts";
import { localWorldOf } from "../run/local_place.ts";
import { openPlace } from "../run/place.ts";
import type { Report } from "../run/report_schema.ts";
import type { RunIo, RunRequest } from "../run/request.ts";
import { parseAddress, requestOf, runAndReport } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** Trades with real orders. */
export async function liveCommand(parsed: Parsed): Promise<number> {
  const request = requestOf("live", parsed, parsed.words);
  const options: LiveOptions = {
    shadow: parsed.has("shadow"),
    allowMasterKey: parsed.has("allow-master-key"),
    allowNotViable: parsed.has("allow-not-viable"),
    allowThrottled: parsed.has("allow-throttled"),
  };
  const priors = request.priors.length > 0 ? request.priors : ["latest"];
  const venue = request.venue ?? "mainnet";
  const world = localWorldOf(venue);
  const run = (named: RunRequest, io: RunIo): Promise<Report> =>
    world === null ? runReal(parsed, named, options, io, venue) : runLocal(named, options, io, world);
  if (world === null) checkArmed(parsed, request);
  return runAndReport(parsed, { ...request, priors }, run);
}

/** Real orders need a person who wrote so into a file, and says the same profile as the file. */
function checkArmed(parsed: Parsed, request: RunRequest): void {
  const { file, profile } = request.config;
  if (file === null) {
    throw configError(
      'live: real orders need a config: --config FILE with [live] armed = true, account and key, and profile = "hip3" or "perp" (or try --venue local)',
    );
  }
  const loaded = loadConfig(file);
  if (!loaded.live.armed)
    throw configError(`${file}: not armed: write armed = true under [live] when real orders shall be sent`);
  if (loaded.profile === null)
    throw configError(`${file}: real orders need a profile in the file, and the same as --profile`);
  if (profile === null) throw usageError(`live: say --profile ${loaded.profile}, as ${file} does`);
  if (profile !== loaded.profile)
    throw usageError(`live: --profile ${profile} is not the file's (${loaded.profile}): make them equal`);
  if (parsed.text("journal") === "none")
    throw usageError("live: real orders are written down before they are sent: --journal none is for --venue local");
  if (parsed.number("speed") !== null)
    throw usageError("live: --speed is for --venue local: a real venue runs at its own pace");
}

/** Mainnet is what is called so; everything else is a place for trials unless somebody says otherwise. */
async function runReal(
  parsed: Parsed,
  request: RunRequest,
  options: LiveOptions,
  io: RunIo,
  venue: string,
): Promise<Report> {
  const loaded = loadConfig(request.config.file);
  const markets = request.markets.length > 0 ? request.markets : loaded.markets;
  if (markets.length === 0) throw usageError("no market: name one, or list markets in the config");
  const place = openPlace(request, venue);
  const key = await openKey({
    name: parsed.text("key") ?? loaded.live.key,
    env: process.env,
    passwordFd: parsed.number("password-fd"),
    terminal: openTerminal(),
    folder: keysFolder(),
  });
  const account = parseAddress(parsed.text("account"), "--account") ?? loaded.live.account ?? key.account;
  const isMainnet = (parsed.text("chain") ?? (venue === "mainnet" ? "mainnet" : "testnet")) === "mainnet";
  const door = openDoor(place, key.signer, account, isMainnet ? "Mainnet" : "Testnet", io.note);
  try {
    return await new LiveRun(request, options, io, place, loaded, door).run(markets);
  } finally {
    key.signer.close();
    place.close();
  }
}

async function runLocal(request: RunRequest, options: LiveOptions, io: RunIo, world: string): Promise<Report> {
  const { place, door } = openLocalLive(request, world);
  const loaded = loadConfig(request.config.file);
  const wanted = request.markets.length > 0 ? request.markets : loaded.markets;
  const markets = wanted.length > 0 || place.market === null ? wanted : [place.market];
  try {
    return await new LiveRun(request, options, io, place, loaded, door).run(markets);
  } finally {
    place.close();
  }
}
