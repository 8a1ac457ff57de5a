/**
 * Facts that change while a run goes on: fees with the tier, growth mode and listing with the deployer.
 * @module
 */
import type { InstrumentFacts } from "../core/market/instrument.ts";
import { type InfoAnswer, resolveInstrument, UnknownMarketError } from "../wire/hyperliquid/instrument.ts";
import { contextsSchema } from "../wire/hyperliquid/schema.ts";

/** What is another fact of a market than before. */
export interface FactChange {
  /** Index of the market among those asked about. */
  index: number;
  facts: InstrumentFacts;
  keys: (keyof InstrumentFacts)[];
  /** The changes as a sentence. */
  text: string;
}

/** What a person should know of the markets before anything is received, from the facts and from `InfoClient.contexts`. */
export function startNotes(markets: readonly string[], answers: readonly InfoAnswer[]): string[] {
  const mids = new Map<string, string | null>();
  for (const { request, response } of answers) {
    const parsed = request.type === "metaAndAssetCtxs" ? contextsSchema.safeParse(response) : null;
    parsed?.data?.[0].universe.forEach(({ name }, i) => {
      mids.set(name, parsed.data?.[1][i]?.midPx ?? null);
    });
  }
  return markets.flatMap((market) => {
    if (resolveInstrument(market, answers).delisted)
      return [`delisted: ${market} is delisted: it is followed and not quoted`];
    const text = `no_book: ${market} has no mid price at the venue now: it is halted, or its book has an empty side, and it is not quoted`;
    return mids.get(market) === null ? [text] : [];
  });
}

/** Puts fresh answers in the place of those to the same questions. Returns the ones that say something else than before. */
export function mergeAnswers(answers: InfoAnswer[], fresh: readonly InfoAnswer[]): InfoAnswer[] {
  const changed: InfoAnswer[] = [];
  for (const answer of fresh) {
    const question = JSON.stringify(answer.request);
    const at = answers.findLastIndex((a) => JSON.stringify(a.request) === question);
    if (at >= 0 && JSON.stringify(answers[at]?.response) === JSON.stringify(answer.response)) continue;
    changed.push(answer);
    if (at < 0) answers.push(answer);
    else answers[at] = answer;
  }
  return changed;
}

/** What the answers say otherwise than `before`. A market that they do not hold keeps its facts: a tape may hold those of another one only. */
export function changedFacts(
  markets: readonly string[],
  before: readonly InstrumentFacts[],
  answers: readonly InfoAnswer[],
): FactChange[] {
  return markets.flatMap((market, index) => {
    let facts: InstrumentFacts;
    try {
      facts = resolveInstrument(market, answers);
    } catch (error) {
      if (error instanceof UnknownMarketError) return [];
      throw error;
    }
    const old = before[index] as InstrumentFacts;
    const keys = (Object.keys(facts) as (keyof InstrumentFacts)[]).filter((key) => facts[key] !== old[key]);
    const parts = keys.map((key) => `${key} was ${old[key]} and is now ${facts[key]}`);
    return keys.length === 0 ? [] : [{ index, facts, keys, text: `${market}: ${parts.join(", ")}` }];
  });
}
