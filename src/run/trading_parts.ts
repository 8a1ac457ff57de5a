/**
 * What a stretch of trading with real orders is made of.
 * @module
 */
import type { InstrumentFacts } from "../core/market/instrument.ts";
import { reasonName } from "../core/reason.ts";
import type { OpenBreaker } from "../core/risk/breaker.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { timeText } from "../io/clock.ts";
import type { LoadedConfig } from "../io/config.ts";
import type { InfoClient } from "../venue/hyperliquid/info.ts";
import type { TradedMarket } from "../venue/hyperliquid/trading.ts";
import type { InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { EXPIRES_US } from "./account_side.ts";
import type { Agent } from "./agent_check.ts";
import type { Place } from "./follow.ts";
import type { LiveDoor, LiveOptions } from "./live_request.ts";
import type { PreflightResult } from "./preflight.ts";
import type { RunIo, RunRequest } from "./request.ts";
import type { Legacy } from "./resume.ts";
import type { WorkTime } from "./work_time.ts";

/** Everything that it is made of. */
export interface TradingParts {
  request: RunRequest;
  options: LiveOptions;
  io: RunIo;
  place: Place;
  loaded: LoadedConfig;
  door: LiveDoor;
  work: WorkTime;
  info: InfoClient;
  agent: Agent;
  markets: readonly string[];
  answers: InfoAnswer[];
  found: PreflightResult;
  legacy: Legacy | null;
}

/** Seed of a world in this process; null where the venue lives without us. */
export const seedOf = ({ place, request }: Pick<TradingParts, "place" | "request">): number | null =>
  place.isEmbedded === true ? request.seed : place.seed;

/** What a dying run asked for may still arrive for so long: the life of a request and what clocks may be off. */
const QUIET_US = EXPIRES_US + 3 * US_PER_SECOND;

/** Until when an earlier run's orders may still come to stand that nobody here knows of: what stands is asked for after it. */
export function quietUntilUs(legacy: Legacy | null): TimeUs {
  return legacy === null || legacy.isClean ? 0 : legacy.timeUs + QUIET_US;
}

/** A breaker or command in force, for people. */
export function breakerText({ market, reason, untilUs, clearedBy }: OpenBreaker, markets: readonly string[]): string {
  const where = market < 0 ? "all markets" : markets[market];
  const until = Number.isFinite(untilUs) ? ` until ${timeText(untilUs)}` : "";
  return `${where}: ${reasonName(reason).replaceAll("_", " ")}${until}, cleared by ${clearedBy}`;
}

/** The markets as requests name them. */
export function tradedMarkets(markets: readonly string[], facts: readonly InstrumentFacts[]): TradedMarket[] {
  return markets.map((coin, market) => {
    const { assetId, szDecimals } = facts[market] as InstrumentFacts;
    return { market, coin, assetId, szDecimals };
  });
}
