/**
 * Everything between a run and its account at the venue: requests out, what becomes of them, and what the venue says of the account.
 * @module
 */
import { ACTION, COMMAND, F, FrameLane, INTENT, KIND, LATENCY, ORDER, ORDER_STATUS } from "../core/frame.ts";
import { NO_SLOT } from "../core/order/slots.ts";
import { REASON } from "../core/reason.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { type Clock, guardedClock } from "../io/clock.ts";
import type { Net } from "../io/net.ts";
import { AccountBook } from "../venue/hyperliquid/account_book.ts";
import type { VenueAddress } from "../venue/hyperliquid/address.ts";
import { Gateway, type PostSocket } from "../venue/hyperliquid/gateway.ts";
import type { InfoClient } from "../venue/hyperliquid/info.ts";
import { Latency } from "../venue/hyperliquid/latency.ts";
import { type OrderView, ordersOf } from "../venue/hyperliquid/order_view.ts";
import type { RoundReport } from "../venue/hyperliquid/reconcile_round.ts";
import { Reconciler } from "../venue/hyperliquid/reconciler.ts";
import type { GatewayProblem, NonceSource, OrderAnswer, Signer, TradedMarket } from "../venue/hyperliquid/trading.ts";
import type { OrderFact } from "../wire/hyperliquid/account_facts.ts";
import type { AccountCodec } from "../wire/hyperliquid/account_messages.ts";
import type { RunNumber } from "../wire/hyperliquid/cloid.ts";
import type { Network } from "../wire/hyperliquid/hash.ts";
import { dexOf } from "../wire/hyperliquid/instrument.ts";
import type { LivePort } from "./live_port.ts";
import type { OwnBook } from "./own_book.ts";
import type { Legacy } from "./resume.ts";
import type { Session } from "./session.ts";

/** A request may arrive for so long after its decision; a quote that is older is not worth having. */
export const EXPIRES_US = 5 * US_PER_SECOND;
/** Between two looks at everything that the venue says of the account, besides those that something gives cause for. */
const AUDIT_US = 60 * US_PER_SECOND;
/** Between two words to the engine about how long the loop takes. */
const LATENCY_US = 5 * US_PER_SECOND;
/** Fills follow the end of their order within the way back, 2 s at most nearly always: then they are asked for. */
const DOUBT_US = 3 * US_PER_SECOND;
/** Held for so long, what rests is taken away: it cannot be moved, and a market passes it by. A round takes 2 s, with a lost question 12. */
const HOLD_US_MAX = 15 * US_PER_SECOND;
/** Orders whose expiry is remembered: more than can be asked for before the oldest has expired. */
const EXPIRIES_MAX = 8_192;
/** A median of fewer loops is chance. */
const LOOPS_MIN = 5;

export interface AccountSideParts {
  clock: Clock;
  net: Net;
  venue: VenueAddress;
  network: Network;
  info: InfoClient;
  session: Session;
  port: LivePort;
  codec: AccountCodec;
  socket: PostSocket;
  account: string;
  signer: Signer;
  nonces: NonceSource;
  markets: readonly TradedMarket[];
  run: RunNumber;
  legacy: Legacy | null;
  /** Books that our own orders are taken out of: the run's, and its paper twin's. */
  ownBooks: readonly OwnBook[];
  /** Venue time minus ours. */
  offsetUs(): number;
  note(text: string): void;
  /** A request was on its way for too long, or the venue's time is not what it is taken for. */
  onExpired(): void;
  /** Going on is pointless. */
  onFatal(problem: GatewayProblem): void;
  /** A whole round is through. */
  onRound(report: RoundReport): void;
  /** A bug, thrown where nobody else hears of it. */
  onBug(error: Error): void;
}

/** What went wrong, by kind. */
export interface ProblemCount {
  kind: string;
  count: number;
  first: string;
}

/** One account of one run. */
export class AccountSide {
  readonly book: AccountBook;
  readonly gateway: Gateway;
  readonly reconciler: Reconciler;
  readonly latency = new Latency();
  readonly problems = new Map<string, ProblemCount>();
  /** Whole rounds by their reason, and the longest of them. */
  readonly rounds: Record<string, number> = {};
  longestRoundUs: TimeUs = 0;
  /** Time in which nothing new was asked for. */
  heldUs: TimeUs = 0;
  foundCount = 0;
  readonly codec: AccountCodec;
  /** The session cannot be told anything any more. */
  isBroken = false;
  readonly #parts: AccountSideParts;
  readonly #lane = new FrameLane(65_536);
  /** Until when the request that asked for an order can still be executed, the venue's clock. By counter, oldest first. */
  readonly #expiries = new Map<number, TimeUs>();
  /** The same of whatever a run before asked for. */
  #legacyExpiresUs: TimeUs = 0;
  #isHeld = false;
  /** The connection was lost since a round was last asked for: what that finds may be over when the next one stands. */
  #isDeaf = false;
  #heldSinceUs: TimeUs = 0;
  /** When what rests is taken away, if it is still held then. */
  #clearUs: TimeUs = 0;
  #roundSinceUs: TimeUs = 0;
  #auditUs: TimeUs = 0;
  #latencyUs: TimeUs = 0;
  #isClosed = false;

  constructor(parts: AccountSideParts) {
    const { net, venue, network, info, account, signer, nonces, run, socket, port } = parts;
    const clock = guardedClock(parts.clock, parts.onBug);
    this.#parts = parts;
    this.codec = parts.codec;
    this.book = new AccountBook(run, parts.markets);
    this.gateway = new Gateway(
      {
        clock,
        net,
        exchangeUrl: venue.exchangeUrl,
        network,
        socket,
        signer,
        nonces,
        vaultAddress: null,
        markets: parts.markets,
        run,
        clockOffsetUs: () => parts.offsetUs(),
        expiresUs: EXPIRES_US,
      },
      {
        onAnswers: (answers, receivedUs) => this.#guard(() => this.#onAnswers(answers, receivedUs)),
        onTimes: (times) => this.latency.add(times),
        onProblem: (problem) => this.#onProblem(problem),
      },
    );
    port.gateway = { queue: (data, at) => this.#queue(data, at), flush: () => this.gateway.flush(clock.nowUs()) };
    this.reconciler = new Reconciler(
      {
        clock,
        ask: (request) => info.ask(request),
        codec: parts.codec,
        book: this.book,
        user: account,
        run,
        orders: () => this.#orders(),
        venueNowUs: () => clock.nowUs() + parts.offsetUs(),
        emit: (lane, timeUs) => this.#guard(() => this.#deliver(lane, timeUs)),
        onDone: (report) => this.#guard(() => this.#onRound(report)),
        onBug: (error) => parts.onBug(error),
        onProblem: (text) => this.#count("reconcile", text),
      },
      parts.legacy === null ? null : (parts.legacy.knownUs ?? parts.legacy.timeUs) + parts.offsetUs(),
    );
    if (parts.legacy !== null) {
      const positions = parts.session.desk.engines.map((engine) => engine.position.lots);
      this.book.resume({ ...parts.legacy.booked, positions });
      this.#legacyExpiresUs = parts.legacy.timeUs + parts.offsetUs() + EXPIRES_US;
    }
  }

  /** What throws in a callback of the network would end the process and leave orders behind: it ends the run instead. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#parts.onBug(error as Error);
    }
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Nothing new is asked for until the venue has said what stands. */
  hold(nowUs: TimeUs): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#heldSinceUs = nowUs;
    this.#clearUs = nowUs + HOLD_US_MAX;
    this.#parts.session.command(COMMAND.hold, nowUs);
  }

  /** Asks the venue for everything; the hold ends when it has answered. */
  reconcile(reason: string): void {
    this.#isDeaf = false;
    this.#roundSinceUs = this.#parts.clock.nowUs();
    this.#auditUs = this.#roundSinceUs + AUDIT_US;
    this.reconciler.reconcile(reason);
  }

  /** Tells the engine that requests which a run before had under way have no answer: the venue knows what became of them. */
  doubtPending(nowUs: TimeUs): void {
    this.#lane.clear();
    for (const { slots, market } of this.#parts.session.desk.engines)
      for (let i = 0; i < slots.limit; i++) {
        const action = slots.pendingAction(i);
        if (action === 0) continue;
        const at = this.#lane.begin(KIND.order, ORDER.size, nowUs, nowUs, market);
        this.#lane.data.fill(0, at + ORDER.cloid, at + ORDER.size);
        const cloid = action === ACTION.modify ? slots.nextCloid[i] : slots.cloid[i];
        this.#lane.data[at + ORDER.cloid] = cloid as number;
        this.#lane.data[at + ORDER.status] = ORDER_STATUS.timed_out;
        this.#lane.data[at + ORDER.reason] = REASON.no_answer;
      }
    if (this.#lane.length > 0) this.#deliver(this.#lane, nowUs);
  }

  /** A message of an account channel, or the answer to a post. */
  onMessage(text: string, receivedUs: TimeUs): void {
    if (this.#isClosed || this.gateway.onReply(text, receivedUs)) return;
    const message = this.#parts.codec.readText(text);
    if (message === null) return;
    if (message.problem !== "") this.#count("unreadable", `${message.channel}: ${message.problem}`);
    for (const fact of message.facts) {
      if (fact.kind !== "order") continue;
      const counter = this.book.counterOf(fact);
      if (counter <= 0) continue;
      this.gateway.learn(counter, fact.oid);
      this.gateway.onBlock(counter, fact.timeUs);
    }
    this.#lane.clear();
    if (this.book.apply(message, receivedUs, this.#lane) > 0) this.#deliver(this.#lane, receivedUs);
  }

  onLost(timeUs: TimeUs): void {
    if (this.#isClosed) return;
    this.#isDeaf = true;
    this.hold(timeUs);
    this.gateway.onLost(timeUs);
  }

  /** On every timer of the grid. */
  onTick(nowUs: TimeUs): void {
    if (this.#isClosed) return;
    const loopUs = this.latency.loopUs();
    if (nowUs >= this.#latencyUs && Number.isFinite(loopUs) && this.latency.loops >= LOOPS_MIN) {
      this.#latencyUs = nowUs + LATENCY_US;
      this.#lane.clear();
      const at = this.#lane.begin(KIND.latency, LATENCY.size, nowUs, nowUs, -1);
      this.#lane.data[at + LATENCY.loopUs] = loopUs;
      this.#deliver(this.#lane, nowUs);
    }
    if (this.#isHeld && nowUs >= this.#clearUs && this.hasOrders) {
      this.#clearUs = nowUs + HOLD_US_MAX;
      this.cancelAll(nowUs);
    }
    if (!this.#isHeld && !this.reconciler.isBusy && nowUs >= this.#auditUs) this.reconcile("audit");
    else if (this.#hasUnresolved(nowUs)) this.reconciler.resolve();
  }

  /** Whether an order has been in doubt for longer than its fills take to be told. */
  #hasUnresolved(nowUs: TimeUs): boolean {
    let found = false;
    this.#parts.session.desk.visitUnresolved((_market, _cloid, sinceUs) => {
      if (nowUs - sinceUs > DOUBT_US) found = true;
    });
    return found;
  }

  /** Whether any order may still stand or come to stand. */
  get hasOrders(): boolean {
    return this.#parts.session.desk.engines.some((engine) => !engine.slots.isEmpty);
  }

  /** Asks for the end of everything that may stand, at once and whatever the engine thinks of it. */
  cancelAll(nowUs: TimeUs): void {
    this.gateway.cancelAll(this.#orders(), nowUs);
  }

  /** Asks for the end of orders by the venue's own numbers. */
  cancelThese(orders: readonly OrderFact[], nowUs: TimeUs): void {
    this.gateway.cancelAll(
      orders.map(({ market, oid }) => ({ market, cloid: -oid })),
      nowUs,
    );
  }

  /** Asks for this run's orders that rest at the venue: of the markets traded, with our ids or taken over. Rejects without an answer. */
  async openOrders(): Promise<OrderFact[]> {
    const { info, account, markets } = this.#parts;
    const found: OrderFact[] = [];
    for (const dex of new Set(markets.map((one) => dexOf(one.coin)))) {
      const where = dex === "" ? {} : { dex };
      const { response } = await info.ask({ type: "frontendOpenOrders", user: account, ...where });
      found.push(...this.codec.openOrders(response).facts);
    }
    return found.filter((order) => order.market >= 0 && !order.isTrigger && this.isOurs(order));
  }

  /** Whether an order is this run's: it carries one of its ids, or was taken over. */
  isOurs(order: OrderFact): boolean {
    return this.book.counterOf(order) > 0 || this.book.orders.find(order.oid)?.isAdopted === true;
  }

  close(): void {
    this.#isClosed = true;
    this.reconciler.close();
    this.gateway.close();
    this.#parts.port.gateway = null;
  }

  #queue(data: Float64Array, at: number): void {
    if (data[at + INTENT.action] !== ACTION.cancel) {
      const decidedUs = data[at + F.timeUs] as TimeUs;
      this.#expiries.set(data[at + INTENT.cloid] as number, decidedUs + this.#parts.offsetUs() + EXPIRES_US);
      if (this.#expiries.size > EXPIRIES_MAX) this.#expiries.delete(this.#expiries.keys().next().value as number);
    }
    for (const own of this.#parts.ownBooks) own.onIntent(data, at);
    this.gateway.queue(data, at);
  }

  #onAnswers(answers: readonly OrderAnswer[], receivedUs: TimeUs): void {
    const { port } = this.#parts;
    this.#deliver(port.writeAnswers(answers), receivedUs);
    if (answers.some((answer) => answer.status === ORDER_STATUS.timed_out || answer.status === ORDER_STATUS.missing))
      this.reconciler.resolve();
  }

  /** Frames of the account: into the books first, then to the engine. */
  #deliver(lane: FrameLane, timeUs: TimeUs): void {
    if (this.#isClosed || this.isBroken) return;
    const { port, session, ownBooks } = this.#parts;
    port.onAccount(lane);
    for (const own of ownBooks) own.onAccount(lane);
    session.onAccount(lane, timeUs);
    this.#refuseUnadopted(lane, timeUs);
  }

  /** Orders that were found and that no slot had room for: there is no place for them. */
  #refuseUnadopted({ data, length }: FrameLane, nowUs: TimeUs): void {
    const orders: { market: number; cloid: number }[] = [];
    for (let at = 0; at < length; at += data[at] as number) {
      if (data[at + F.kind] !== KIND.order || data[at + ORDER.status] !== ORDER_STATUS.found) continue;
      const market = data[at + F.market] as number;
      const cloid = data[at + ORDER.cloid] as number;
      if (this.#parts.session.desk.engines[market]?.slots.find(cloid) === NO_SLOT) orders.push({ market, cloid });
    }
    if (orders.length > 0) this.gateway.cancelAll(orders, nowUs);
  }

  #onRound(report: RoundReport): void {
    const { clock, session, port, onRound } = this.#parts;
    this.foundCount += report.foundCount;
    if (report.reason === null) return;
    const nowUs = clock.nowUs();
    this.rounds[report.reason] = (this.rounds[report.reason] ?? 0) + 1;
    this.longestRoundUs = Math.max(this.longestRoundUs, nowUs - this.#roundSinceUs);
    const { quota } = this.book;
    if (quota !== null) port.setQuota(quota.usedCount, quota.capCount, quota.reservedCount);
    if (this.#isHeld && !this.#isDeaf) {
      this.#isHeld = false;
      this.heldUs += nowUs - this.#heldSinceUs;
      session.command(COMMAND.release, nowUs);
    }
    onRound(report);
  }

  /** What the desk believes of orders at the venue. */
  #orders(): OrderView[] {
    const { engines } = this.#parts.session.desk;
    return engines.flatMap(({ slots, market }) =>
      ordersOf(market, slots, (cloid) => (cloid < 0 ? 0 : (this.#expiries.get(cloid) ?? this.#legacyExpiresUs))),
    );
  }

  #onProblem(problem: GatewayProblem): void {
    this.#count(problem.kind, problem.text);
    if (problem.kind === "expired") this.#parts.onExpired();
    if (problem.isFatal) this.#parts.onFatal(problem);
  }

  #count(kind: string, text: string): void {
    const known = this.problems.get(kind);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    this.problems.set(kind, { kind, count: 1, first: text });
    this.#parts.note(`${kind}: ${text}`);
  }
}
