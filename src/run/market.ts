/**
 * The fact sheet of a market from a tape's facts.
 * @module
 */
import { readTapes } from "../io/tape.ts";
import { type InfoAnswer, type MarketSheet, marketSheet } from "../wire/hyperliquid/instrument.ts";
import { readFacts } from "./facts_file.ts";

/** Reads facts from a file and from the head of tapes, up to the first push. */
export async function readMarketSheet(
  market: string,
  tapes: readonly string[],
  factsFile: string | null,
  skipBadLines: boolean,
): Promise<MarketSheet> {
  const answers: InfoAnswer[] = factsFile === null ? [] : readFacts(factsFile);
  let pushes = 0;
  await readTapes(
    tapes,
    {
      onInfo: (request, response) => {
        answers.push({ request: request as InfoAnswer["request"], response });
      },
      onMark: () => {},
      onPush: () => {
        pushes += 1;
        return "";
      },
    },
    { skipBadLines, stop: () => pushes > 0 },
  );
  return marketSheet(market, answers);
}
