/**
 * Trading with real orders: the same session as on paper, its orders signed and sent, its account asked of the venue.
 * @module
 */
import { join } from "node:path";
import type { InstrumentFacts } from "../core/market/instrument.ts";
import { US_PER_DAY, US_PER_MS } from "../core/units.ts";
import { WallClock } from "../io/clock.ts";
import { type LoadedConfig, resolveParams } from "../io/config.ts";
import { ProcessLock } from "../io/lock.ts";
import { stateFolder } from "../io/paths.ts";
import { Store } from "../io/store.ts";
import type { VenueAddress } from "../venue/hyperliquid/address.ts";
import { type ClockOffset, InfoClient } from "../venue/hyperliquid/info.ts";
import { AccountCodec } from "../wire/hyperliquid/account_messages.ts";
import { type InfoAnswer, resolveInstrument } from "../wire/hyperliquid/instrument.ts";
import { type Agent, checkAgent } from "./agent_check.ts";
import { checkPriorFiles } from "./checkpoint.ts";
import { askFacts, type Place } from "./follow.ts";
import type { LiveDoor, LiveOptions } from "./live_request.ts";
import { type PreflightResult, preflight, refuse } from "./preflight.ts";
import type { Report } from "./report_schema.ts";
import type { RunIo, RunRequest } from "./request.ts";
import { findLegacy, type Legacy } from "./resume.ts";
import { Trading } from "./trading.ts";
import { type TradingParts, tradedMarkets } from "./trading_parts.ts";
import { WorkTime } from "./work_time.ts";

/** Of a venue in this process. */
const SAME_CLOCK: ClockOffset = { offsetUs: 0, errorUs: 0 };

/** Trades until somebody stops it, a limit ends it, or it must not go on. */
export class LiveRun {
  readonly work = new WorkTime();
  readonly #request: RunRequest;
  readonly #options: LiveOptions;
  readonly #io: RunIo;
  readonly #place: Place;
  readonly #loaded: LoadedConfig;
  readonly #door: LiveDoor;

  constructor(
    request: RunRequest,
    options: LiveOptions,
    io: RunIo,
    place: Place,
    loaded: LoadedConfig,
    door: LiveDoor,
  ) {
    this.#request = request;
    this.#options = options;
    this.#io = io;
    this.#place = place;
    this.#loaded = loaded;
    this.#door = door;
  }

  /** Checks everything, takes the lock, trades, ends, reports. */
  async run(markets: readonly string[]): Promise<Report> {
    const { clock, net, venue } = this.#place;
    const info = new InfoClient(clock, net, venue);
    const offset = this.#place.isEmbedded === true ? SAME_CLOCK : await info.clockOffset();
    const agent = await checkAgent(info, {
      signer: this.#door.signer.address,
      account: this.#door.account,
      allowMaster: this.#options.allowMasterKey,
      nowMs: (clock.nowUs() + (offset?.offsetUs ?? 0)) / US_PER_MS,
    });
    const lock = this.#place.isEmbedded === true ? null : takeLock(venue, agent.account);
    this.#place.machine?.onGone(() => lock?.release());
    try {
      const answers = await askFacts(this.#place, info, markets, agent.account, this.#io.note);
      const found = await this.#check(info, agent, markets, answers, offset);
      checkPriorFiles(this.#request.priors, markets);
      const legacy = this.#findLegacy(agent.account);
      return await new Trading(this.#parts(info, agent, markets, answers, found, legacy)).run();
    } finally {
      lock?.release();
    }
  }

  /** What is about to be traded, whose it is and what there is for it, before the first status comes. */
  #beginning(markets: readonly string[], { checks }: PreflightResult): string {
    const told = checks.filter(({ name }) => name === "key" || name.startsWith("funds") || name === "requests");
    const { runId } = this.#request;
    return `${runId}: ${markets.join(" ")} on ${this.#place.venue.name}: ${told.map(({ text }) => text).join("; ")}`;
  }

  /** Markets that the newest run of the last day, real or on paper, found not to pay. */
  #notViable(markets: readonly string[]): string[] {
    const { venue, isEmbedded, machine } = this.#place;
    if (this.#request.reportFile === null || isEmbedded === true) return [];
    const sinceUs = (machine?.wall ?? new WallClock()).nowUs() - US_PER_DAY;
    const store = Store.open();
    try {
      return markets.filter((market) => store.newestViability(venue.name, market, sinceUs) === "not_viable");
    } finally {
      store.close();
    }
  }

  /** What to go on from; nothing where no store is kept, or where no run was before. */
  #findLegacy(account: string): Legacy | null {
    if (this.#request.reportFile === null || this.#place.isEmbedded === true) return null;
    return findLegacy({ venue: this.#place.venue.name, account }, this.#io.note);
  }

  #parts(
    info: InfoClient,
    agent: Agent,
    markets: readonly string[],
    answers: InfoAnswer[],
    found: PreflightResult,
    legacy: Legacy | null,
  ): TradingParts {
    return {
      request: this.#request,
      options: this.#options,
      io: this.#io,
      place: this.#place,
      loaded: this.#loaded,
      door: this.#door,
      work: this.work,
      info,
      agent,
      markets,
      answers,
      found,
      legacy,
    };
  }

  /** The preflight: refuses by throwing, tells the rest, and takes over the leverage that is set at the venue. */
  async #check(
    info: InfoClient,
    agent: Agent,
    markets: readonly string[],
    answers: InfoAnswer[],
    offset: ClockOffset | null,
  ): Promise<PreflightResult> {
    const { config } = this.#request;
    const facts = markets.map((market) => resolveInstrument(market, answers));
    const resolved = markets.map((market, i) => {
      const { maxLeverage } = facts[i] as InstrumentFacts;
      return resolveParams(config, this.#loaded, market, markets.length, maxLeverage);
    });
    const codec = new AccountCodec(
      agent.account,
      tradedMarkets(markets, facts).map(({ coin, market, szDecimals }) => ({ coin, market, szDecimals })),
    );
    const found = await preflight({
      info,
      codec,
      account: agent.account,
      agent,
      markets,
      facts,
      params: resolved.map((one) => one.params),
      offset,
      nowMs: this.#place.clock.nowUs() / US_PER_MS,
      notViable: this.#notViable(markets),
      allowNotViable: this.#options.allowNotViable,
      allowThrottled: this.#options.allowThrottled,
    });
    for (const check of found.checks)
      if (check.state === "warn")
        this.#io.note(`${check.name}: ${check.text}${check.mend === "" ? "" : `: ${check.mend}`}`);
    refuse(found.checks);
    if (this.#request.reportFile !== null) this.#io.note(this.#beginning(markets, found));
    markets.forEach((market, i) => {
      const leverage = found.leverages[i]?.value ?? 0;
      if ((resolved[i]?.params.leverage ?? 0) > 0 || leverage >= (facts[i] as InstrumentFacts).maxLeverage) return;
      this.#loaded.perMarket[market] = { ...this.#loaded.perMarket[market], leverage };
      this.#loaded.origins[`${market}/leverage`] = "the venue";
    });
    return found;
  }
}

/** One process an account of a venue: requests, nonces and money are the account's. */
function takeLock({ name, exchangeUrl }: VenueAddress, account: string): ProcessLock {
  // By where requests go: one venue may be named in several ways.
  const place = exchangeUrl.replace(/^https?:\/\//, "").replaceAll(/[^A-Za-z0-9.-]/g, "_");
  return ProcessLock.take(join(stateFolder(), "locks", `${place}-${account}.db`), `${account} on ${name}`);
}
