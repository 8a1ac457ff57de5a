/**
 * How a run says how it goes: on a screen each second, elsewhere a line a market each market minute.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import type { RunIo, StatusForm } from "./request.ts";
import type { Session } from "./session.ts";
import { readStatus, type StatusContext } from "./status_facts.ts";
import { statusLine, statusTable } from "./status_text.ts";

/** Market time between two lines. */
const LINE_US = 60 * US_PER_SECOND;
/** Our own time between two refreshes of a screen. */
const SCREEN_US = US_PER_SECOND;

/** Says when a status is due. Asked after every message, so it costs a comparison and, for a screen, a look at the clock. */
export class StatusPace {
  readonly #form: StatusForm;
  readonly #clock: Pick<Clock, "monotonicUs">;
  #nextUs = Number.NaN;

  constructor(form: StatusForm, clock: Pick<Clock, "monotonicUs">) {
    this.#form = form;
    this.#clock = clock;
  }

  /** Whether one is due at market time `nowUs`: lines keep to whole minutes after the first call. */
  isDue(nowUs: TimeUs): boolean {
    if (this.#form === "off") return false;
    const onScreen = this.#form === "screen";
    const atUs = onScreen ? this.#clock.monotonicUs() : nowUs;
    const everyUs = onScreen ? SCREEN_US : LINE_US;
    if (Number.isNaN(this.#nextUs)) {
      this.#nextUs = atUs + everyUs;
      return onScreen;
    }
    if (atUs < this.#nextUs) return false;
    this.#nextUs += everyUs * (1 + Math.floor((atUs - this.#nextUs) / everyUs));
    return true;
  }
}

/** Writes how a session goes. */
export class StatusWriter {
  readonly #session: Session;
  readonly #markets: readonly string[];
  readonly #io: RunIo;
  readonly #pace: StatusPace;
  readonly #context: StatusContext;
  #lostUs: TimeUs = 0;

  /** Made before the first message: what the address has left then is what the run is measured by. */
  constructor(session: Session, markets: readonly string[], io: RunIo, clock: Pick<Clock, "monotonicUs">) {
    this.#session = session;
    this.#markets = markets;
    this.#io = io;
    this.#pace = new StatusPace(io.status.form, clock);
    this.#context = { surplusAtStart: session.shadow.limiter.surplusCount, lostReason: "" };
  }

  /** The connection was lost: told until a message comes. */
  onLost(reason: string): void {
    this.#context.lostReason = reason;
    this.#lostUs = this.#session.endedUs;
  }

  /** Called after each message, and on timers while none comes; writes when it is time to. */
  update(nowUs: TimeUs): void {
    if (this.#pace.isDue(nowUs)) this.#write(nowUs);
  }

  /** The run ended: what is left standing on a screen is how it stood then, as the report below says. */
  finish(): void {
    if (this.#io.status.form === "screen") this.#write(this.#session.endedUs);
  }

  #write(nowUs: TimeUs): void {
    if (this.#session.endedUs > this.#lostUs) this.#context.lostReason = "";
    const { form, color } = this.#io.status;
    const statuses = this.#markets.map((market, i) => readStatus(this.#session, i, market, nowUs, this.#context));
    if (form === "screen") this.#io.status.write(statusTable(statuses, this.#io.status.size(), color));
    else if (form === "json") this.#io.status.write(statuses.map((status) => JSON.stringify(status)));
    else this.#io.status.write(statuses.map(statusLine));
  }
}
