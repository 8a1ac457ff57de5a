/**
 * The line that says how a run goes.
 * @module
 */

import { REASON, reasonName } from "../core/reason.ts";
import { BPS, MICRO_PER_USD, US_PER_SECOND } from "../core/units.ts";
import type { RunIo } from "./request.ts";
import type { Session } from "./session.ts";

/** Market time between two lines. */
const EVERY_US = 60 * US_PER_SECOND;

/** Writes a line a market each market minute. */
export class StatusLine {
  readonly #session: Session;
  readonly #markets: readonly string[];
  readonly #io: RunIo;
  #nextUs: number;

  constructor(session: Session, markets: readonly string[], io: RunIo) {
    this.#session = session;
    this.#markets = markets;
    this.#io = io;
    this.#nextUs = 0;
  }

  /** Called after each message; writes when a market minute has passed. */
  update(): void {
    const nowUs = this.#session.endedUs;
    if (nowUs < this.#nextUs) return;
    if (this.#nextUs > 0) for (let i = 0; i < this.#markets.length; i++) this.#io.status(this.#line(i, nowUs));
    this.#nextUs = nowUs + EVERY_US;
  }

  #line(i: number, nowUs: number): string {
    const session = this.#session;
    const engine = session.desk.engines[i] as Session["desk"]["engines"][number];
    const stats = session.statistics.markets[i] as Session["statistics"]["markets"][number];
    const minutes = ((nowUs - session.startedUs) / EVERY_US).toFixed(0);
    const equity = session.shadow.account.of(i).equityUsd / MICRO_PER_USD;
    const quoted = stats.state.quotedSpreadFrac / BPS;
    const why = engine.bidReason === REASON.none ? engine.askReason : engine.bidReason;
    const quotes = Number.isNaN(quoted)
      ? why === REASON.none
        ? "quotes on their way"
        : `not two-sided (${reasonName(why)})`
      : `spread ${quoted.toFixed(1)} bps`;
    return [
      `${minutes} min`,
      this.#markets[i],
      `position ${(100 * engine.exposure.usedRatio).toFixed(0)} % of cap`,
      quotes,
      `${stats.edges[0]?.fillCount ?? 0} fills`,
      `equity ${equity >= 0 ? "+" : "-"}$${Math.abs(equity).toFixed(4)}`,
      `${session.desk.ledger.sentCount} requests, ${session.shadow.limiter.surplusCount} left`,
      engine.board.viability.state.replace("_", " "),
    ].join(" | ");
  }
}
