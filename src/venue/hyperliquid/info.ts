/**
 * Questions to the venue over HTTP: the facts of markets and of an account, and the time it is there.
 * @module
 */
import { US_PER_MS } from "../../core/units.ts";
import type { Clock } from "../../io/clock.ts";
import { type Net, NetError, type Reply } from "../../io/net.ts";
import { INFO_WEIGHT, INFO_WEIGHT_PER_MINUTE } from "../../wire/hyperliquid/facts.ts";
import {
  dexOf,
  FactsError,
  type InfoAnswer,
  resolveInstrument,
  UnknownMarketError,
  ZERO_ADDRESS,
} from "../../wire/hyperliquid/instrument.ts";
import { perpDexsSchema, rateLimitSchema, statusSchema } from "../../wire/hyperliquid/schema.ts";
import type { VenueAddress } from "./address.ts";

/** Longest wait for one answer: the reference client's own. */
const TIMEOUT_MS = 10_000;
/** Attempts at one question, and the wait before the second; each further one waits twice as long. */
const ATTEMPTS = 4;
const WAIT_US = 500_000;
/** After a 429 the waits are longer: the venue counts by the minute, and asking at once only adds to the count. */
const LIMITED_WAIT_US = 4 * WAIT_US;
/** No further attempt after this long: a venue that hangs costs two of them, not four. */
const GIVE_UP_US = 15_000_000;
const MINUTE_US = 60_000_000;

/** How an attempt that met the limit of questions begins to tell of it. */
const LIMITED = "answers 429";

/** The venue answered, and said no: its own words are kept. */
export class RejectedError extends Error {
  override readonly name = "RejectedError";
  readonly exitCode = 6;
  readonly status: number;
  readonly raw: string;

  constructor(message: string, reply: Reply) {
    super(message);
    this.status = reply.status;
    this.raw = reply.text;
  }
}

/** How far the venue's clock stands from ours. */
export interface ClockOffset {
  /** Venue time minus ours, microseconds. */
  offsetUs: number;
  /** Half of the round trip: the offset is known to that. */
  errorUs: number;
}

/** Asks, waits, asks again; keeps within the venue's weight limit for one address of ours. */
export class InfoClient {
  requestCount = 0;
  retryCount = 0;
  readonly #clock: Clock;
  readonly #net: Net;
  readonly #venue: VenueAddress;
  /** Questions of the last minute: when, and their weight. */
  #spent: { timeUs: number; weight: number }[] = [];

  constructor(clock: Clock, net: Net, venue: VenueAddress) {
    this.#clock = clock;
    this.#net = net;
    this.#venue = venue;
  }

  /**
   * Asks one question.
   * @throws {NetError} No answer after the attempts, or only 429 and 5xx (exit 5).
   * @throws {RejectedError} The venue did not understand the question (exit 6).
   */
  async ask(request: InfoAnswer["request"]): Promise<InfoAnswer> {
    const startUs = this.#clock.nowUs();
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#attempt(request);
      if (typeof problem !== "string") return problem;
      if (attempt === ATTEMPTS || this.#clock.nowUs() - startUs >= GIVE_UP_US) {
        throw new NetError(`${this.#venue.infoUrl}: ${problem} (${attempt} attempts)`);
      }
      this.retryCount += 1;
      const waitUs = problem.startsWith(LIMITED) ? LIMITED_WAIT_US : WAIT_US;
      await sleep(this.#clock, waitUs * 2 ** (attempt - 1));
    }
  }

  /** One attempt: the answer, or why there is none yet. */
  async #attempt(request: InfoAnswer["request"]): Promise<InfoAnswer | string> {
    await this.#spend(INFO_WEIGHT[request.type] ?? INFO_WEIGHT.other);
    this.requestCount += 1;
    let reply: Reply;
    try {
      reply = await this.#net.request(this.#venue.infoUrl, JSON.stringify(request), TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return error.message.replace(`${this.#venue.infoUrl}: `, "");
    }
    if (reply.status === 429 || reply.status >= 500) return `answers ${reply.status} to ${request.type}`;
    if (reply.status !== 200) {
      const words = reply.text.slice(0, 120);
      throw new RejectedError(
        `${this.#venue.infoUrl}: ${request.type} is refused with ${reply.status}: ${words}`,
        reply,
      );
    }
    let response: unknown;
    try {
      response = JSON.parse(reply.text);
    } catch {
      return `answers ${request.type} with what is no JSON`;
    }
    // The venue says null where it has nothing to say just now; none of these questions has that for an answer.
    return response === null ? `answers ${request.type} with null` : { request, response };
  }

  /** Waits until the minute before now has room for one more question: a storm of reconnects must not end in a ban. */
  async #spend(weight: number): Promise<void> {
    for (;;) {
      const nowUs = this.#clock.nowUs();
      this.#spent = this.#spent.filter((s) => s.timeUs > nowUs - MINUTE_US);
      const sum = this.#spent.reduce((total, s) => total + s.weight, 0);
      const oldest = this.#spent[0];
      // Nothing is awaited between this look and the entry: two questions at once cannot both take the last room.
      if (oldest === undefined || sum + weight <= INFO_WEIGHT_PER_MINUTE) {
        this.#spent.push({ timeUs: nowUs, weight });
        return;
      }
      await sleep(this.#clock, oldest.timeUs + MINUTE_US - nowUs);
    }
  }

  /**
   * Everything that must be known of markets before they can be followed, in the order a tape keeps it. The main dex is always asked: it
   * holds the validator perps that HIP-3 markets mirror. An unknown dex is found out here, before a subscription to it would end the
   * connection.
   */
  async facts(markets: readonly string[], address: string | null): Promise<InfoAnswer[]> {
    const dexs = [...new Set(markets.map(dexOf))].filter((dex) => dex !== "");
    const answers: InfoAnswer[] = [await this.ask({ type: "perpDexs" })];
    checkDexs(markets, answers[0] as InfoAnswer);
    answers.push(await this.ask({ type: "meta" }));
    for (const dex of dexs) answers.push(await this.ask({ type: "meta", dex }));
    answers.push(await this.ask({ type: "userFees", user: address ?? ZERO_ADDRESS }));
    // Each market is looked up now, so that a typing error is told before anything else happens.
    for (const market of markets) resolveInstrument(market, answers);
    return answers;
  }

  /**
   * Contexts of all markets of the dexs traded on, as they are at the start. A person should hear of a market without a book before waiting
   * for quotes in it; the pushes, which begin within a second, tell everything else. Without an answer nothing is lost: an empty list.
   */
  async contexts(markets: readonly string[]): Promise<InfoAnswer[]> {
    const dexs = [...new Set(markets.map(dexOf))];
    const requests = dexs.map((dex) => ({ type: "metaAndAssetCtxs", ...(dex === "" ? {} : { dex }) }));
    const answers: InfoAnswer[] = [];
    for (const request of requests) {
      const problem = await this.#attempt(request).catch(String);
      if (typeof problem !== "string") answers.push(problem);
    }
    return answers;
  }

  /** Requests that an address has used, its credited volume in dollars, and requests bought and not used. */
  async quota(address: string): Promise<{ usedCount: number; volumeUsd: number; reservedCount: number }> {
    const answer = await this.ask({ type: "userRateLimit", user: address });
    const parsed = rateLimitSchema.safeParse(answer.response);
    if (!parsed.success) {
      throw new NetError(`${this.#venue.infoUrl}: userRateLimit is not understood: ${parsed.error.issues[0]?.message}`);
    }
    const { nRequestsUsed, nRequestsSurplus, cumVlm } = parsed.data;
    return { usedCount: nRequestsUsed, volumeUsd: Number(cumVlm), reservedCount: nRequestsSurplus };
  }

  /** Estimates the venue's clock: its own time against the middle of the question's way. */
  async clockOffset(): Promise<ClockOffset | null> {
    const sentUs = this.#clock.nowUs();
    const answer = await this.ask({ type: "exchangeStatus" });
    const receivedUs = this.#clock.nowUs();
    const parsed = statusSchema.safeParse(answer.response);
    if (!parsed.success) return null;
    const middleUs = (sentUs + receivedUs) / 2;
    return { offsetUs: parsed.data.time * US_PER_MS - middleUs, errorUs: (receivedUs - sentUs) / 2 };
  }
}

/** A dex that is not in the venue's list is a market that does not exist. */
function checkDexs(markets: readonly string[], perpDexs: InfoAnswer): void {
  const list = perpDexsSchema.safeParse(perpDexs.response);
  if (!list.success) throw new FactsError(`the answer to perpDexs is not understood: ${list.error.issues[0]?.message}`);
  const names = list.data.map((d) => d?.name);
  for (const market of markets) {
    const dex = dexOf(market);
    if (dex === "" || names.includes(dex)) continue;
    const known = names.filter((name) => typeof name === "string").join(", ");
    throw new UnknownMarketError(`unknown market ${market}: there is no dex ${dex}; there are ${known}`);
  }
}

async function sleep(clock: Clock, forUs: number): Promise<void> {
  const untilUs = clock.nowUs() + forUs;
  while (clock.nowUs() < untilUs) await clock.sleepUntil(untilUs);
}
