/**
 * Questions asked together and answers taken together, page by page where one answer does not hold all.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../../core/units.ts";
import { INFO_ITEMS_PER_WEIGHT, INFO_WEIGHT, RETAINED } from "../../wire/hyperliquid/facts.ts";
import type { InfoAnswer } from "../../wire/hyperliquid/instrument.ts";

/** Asks one question of the venue. `InfoClient.ask`: asks again by itself, within the venue's limits. */
export type Ask = (request: InfoAnswer["request"]) => Promise<InfoAnswer>;

/** Pages of one list: 10,000 fills are kept, 500 come at a time, and each page repeats the end of the one before. */
const PAGES_MAX = 24;

/** The questions of one purpose. Once it is closed no callback comes any more. */
export class Inquiry {
  /** What the questions so far weigh, with what the length of their answers adds (rate-limits page, August 2026). */
  weight = 0;
  questionCount = 0;
  readonly #ask: Ask;
  readonly #onFail: (error: unknown) => void;
  readonly #onBug: (error: Error) => void;
  #isClosed = false;

  /** @param onFail A question had no answer. @param onBug Whoever took the answers threw: in a promise, where nobody else would hear of it. */
  constructor(ask: Ask, onFail: (error: unknown) => void, onBug: (error: Error) => void) {
    this.#ask = ask;
    this.#onFail = onFail;
    this.#onBug = onBug;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Asks all at once; hands over their answers in the same order when the last is there. The first failure ends the inquiry. */
  all(requests: readonly InfoAnswer["request"][], onAnswers: (responses: unknown[]) => void): void {
    const responses: unknown[] = requests.map(() => null);
    let left = requests.length;
    if (left === 0) {
      onAnswers(responses);
      return;
    }
    requests.forEach((request, i) => {
      this.questionCount += 1;
      this.weight += INFO_WEIGHT[request.type] ?? INFO_WEIGHT.other;
      this.#ask(request)
        .then(
          ({ response }) => {
            if (this.#isClosed) return;
            const items = INFO_ITEMS_PER_WEIGHT[request.type];
            if (items !== undefined && Array.isArray(response)) this.weight += Math.floor(response.length / items);
            responses[i] = response;
            left -= 1;
            if (left === 0) onAnswers(responses);
          },
          (error: unknown) => {
            if (this.#isClosed) return;
            this.#isClosed = true;
            this.#onFail(error);
          },
        )
        .catch((error: Error) => {
          this.#isClosed = true;
          this.#onBug(error);
        });
    });
  }

  /**
   * Asks for a list from a time on, oldest first, until an answer is shorter than the venue's shortest page. `onPage` takes each and says the
   * newest time in it; the next begins there, so that what shares its millisecond is not lost.
   */
  pages(
    request: InfoAnswer["request"],
    fromUs: TimeUs,
    onPage: (response: unknown) => TimeUs,
    onDone: (isWhole: boolean) => void,
    page: number = 1,
  ): void {
    const startTime = Math.max(0, Math.floor(fromUs / US_PER_MS));
    this.all([{ ...request, startTime }], ([response]) => {
      const count = Array.isArray(response) ? response.length : 0;
      const newestUs = onPage(response);
      if (count < RETAINED.rangeMax) {
        onDone(true);
        return;
      }
      // Nothing in it is of the time that was asked for, or is understood: the next one would be the same.
      if (newestUs < startTime * US_PER_MS) {
        onDone(false);
        return;
      }
      // A page of one millisecond alone: nothing behind it can be reached but by leaving it.
      const nextUs = newestUs === startTime * US_PER_MS ? newestUs + US_PER_MS : newestUs;
      if (page >= PAGES_MAX) onDone(false);
      else this.pages(request, nextUs, onPage, onDone, page + 1);
    });
  }
}
