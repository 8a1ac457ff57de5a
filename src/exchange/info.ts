/**
 * The local Hyperliquid's answers to `POST /info`: recorded ones where there are any, else composed from what it served.
 * @module
 */
import { REQUESTS_INITIAL } from "../wire/hyperliquid/facts.ts";
import type { InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import type { MarketMemory } from "./memory.ts";
import { type HttpReply, jsonReply, UNREADABLE } from "./wire.ts";

const ok = (value: unknown): HttpReply => jsonReply(JSON.stringify(value));
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** An empty context: what the venue says of a market before anything is known of it. */
function contextOf(coin: string, memory: MarketMemory): unknown {
  const push = memory.newest(`activeAssetCtx ${coin}`) as { ctx?: unknown } | null;
  return (
    push?.ctx ?? {
      funding: "0.0",
      openInterest: "0.0",
      prevDayPx: "0.0",
      dayNtlVlm: "0.0",
      premium: null,
      oraclePx: "0.0",
      markPx: "0.0",
      midPx: null,
      impactPxs: null,
      dayBaseVlm: "0.0",
    }
  );
}

/** Answers one request body. Anything it does not know is refused in the venue's words. */
export function answerInfo(
  body: string,
  answers: readonly InfoAnswer[],
  memory: MarketMemory,
  nowMs: number,
): HttpReply {
  let request: InfoAnswer["request"];
  try {
    request = JSON.parse(body);
  } catch {
    return UNREADABLE;
  }
  if (typeof request !== "object" || request === null || typeof request.type !== "string") return UNREADABLE;
  const find = (type: string): InfoAnswer | undefined =>
    answers.findLast((a) => a.request.type === type && (a.request.dex ?? "") === (request.dex ?? ""));
  switch (request.type) {
    case "perpDexs":
      return ok(find("perpDexs")?.response ?? [null]);
    case "meta": {
      const meta = find("meta");
      return meta === undefined ? ok(null) : ok(meta.response);
    }
    case "metaAndAssetCtxs": {
      const meta = find("meta")?.response as { universe: { name: string }[] } | undefined;
      return meta === undefined ? ok(null) : ok([meta, meta.universe.map((entry) => contextOf(entry.name, memory))]);
    }
    case "userFees":
      // Everybody pays what the recording or the world says: the answer's own user is not asked for again.
      return isUser(request)
        ? ok(answers.findLast((a) => a.request.type === "userFees")?.response ?? null)
        : UNREADABLE;
    case "userRateLimit": {
      if (!isUser(request)) return UNREADABLE;
      const found = answers.findLast((a) => a.request.type === "userRateLimit" && a.request.user === request.user);
      const fresh = { cumVlm: "0.0", nRequestsUsed: 0, nRequestsCap: REQUESTS_INITIAL, nRequestsSurplus: 0 };
      return ok(found?.response ?? fresh);
    }
    case "exchangeStatus":
      return ok({ time: nowMs, specialStatuses: null });
    case "l2Book":
      return typeof request.coin === "string" ? ok(memory.newest(`l2Book ${request.coin}`)) : UNREADABLE;
    case "recentTrades":
      return typeof request.coin === "string" ? ok(memory.recentTrades(request.coin)) : UNREADABLE;
    default:
      return UNREADABLE;
  }
}

const isUser = (request: InfoAnswer["request"]): boolean =>
  typeof request.user === "string" && ADDRESS.test(request.user);
