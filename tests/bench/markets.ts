/**
 * Many generated markets at once: worlds of different seeds, their coins renamed, in one stream of pushes.
 * @module
 */

import type { InfoAnswer } from "../../src/wire/hyperliquid/instrument.ts";
import { GENERATED_MARKET, GeneratedMarket } from "../fixtures/flow.ts";
import type { SourceItem } from "../fixtures/served/pump.ts";

/** Markets of one world: the validator perp and the one that mirrors it. */
const COINS = ["HYPE", GENERATED_MARKET] as const;

/** Names of `count` markets, world by world. */
export function marketNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${COINS[i % 2]}${Math.floor(i / 2)}`);
}

/** Facts of `count` markets: those of one world, each coin once a world. */
export function manyAnswers(count: number): InfoAnswer[] {
  const names = marketNames(count);
  return new GeneratedMarket(1, 0).answers().map(({ request, response }) => {
    const meta = response as { universe?: { name: string }[] };
    const first = meta.universe?.[0];
    if (first === undefined) return { request, response };
    const own = names.filter((name) => name.replace(/\d+$/, "") === first.name);
    return { request, response: { ...meta, universe: own.map((name) => ({ ...first, name })) } } as InfoAnswer;
  });
}

/**
 * `seconds` of `count` markets from `startUs` on, `pace` times as fast as they are generated: times of receipt and those in the pushes alike.
 * Yields in order of receipt.
 */
export function* manyPushes(count: number, seconds: number, startUs: number, pace: number): Generator<SourceItem> {
  const worlds = Array.from({ length: Math.ceil(count / 2) }, (_, w) => ({
    market: new GeneratedMarket(w + 1, startUs),
    w,
  }));
  const next = worlds.map(({ market }) => market.next());
  const faster = (timeUs: number): number => startUs + Math.round((timeUs - startUs) / pace);
  for (;;) {
    let first = 0;
    for (let w = 1; w < next.length; w++) if (timeOf(next, w) < timeOf(next, first)) first = w;
    const push = next[first] as { timeUs: number; text: string };
    next[first] = (worlds[first] as { market: GeneratedMarket }).market.next();
    const timeUs = faster(push.timeUs);
    if (timeUs - startUs > seconds * 1e6) return;
    const text = push.text
      .replaceAll(/"coin":"([^"]+)"/g, (_, coin: string) => `"coin":"${coin}${first}"`)
      .replaceAll(/"time":(\d+)/g, (_, ms: string) => `"time":${Math.round(faster(Number(ms) * 1000) / 1000)}`);
    if (2 * first + 1 < count || !text.includes(`"${GENERATED_MARKET}${first}"`)) yield { timeUs, text };
  }
}

const timeOf = (next: readonly { timeUs: number }[], w: number): number => (next[w] as { timeUs: number }).timeUs;
