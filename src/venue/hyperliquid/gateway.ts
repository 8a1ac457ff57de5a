/**
 * The door for orders: intents in, signed actions out, and an answer to every intent.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { ACTION, ORDER_STATUS } from "../../core/frame.ts";
import { REASON } from "../../core/reason.ts";
import { type TimeUs, US_PER_MS, US_PER_SECOND } from "../../core/units.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Net, Reply } from "../../io/net.ts";
import type { RunNumber } from "../../wire/hyperliquid/cloid.ts";
import { SOCKET_LIMITS } from "../../wire/hyperliquid/facts.ts";
import type { Network } from "../../wire/hyperliquid/hash.ts";
import { answerOf } from "./answer.ts";
import { type Batch, batchesOf, cancelRequest, OrderIds, type Request, requestOf } from "./batch.ts";
import { Outbox } from "./outbox.ts";
import {
  type ItemOutcome,
  isAboutPosts,
  notExecuted,
  type Outcome,
  readAnswer,
  readFailure,
  readHttp,
  readPost,
  unknownFate,
} from "./reply.ts";
import { postText, signAction } from "./sign_action.ts";
import type { ActionTimes, GatewayEvents, NonceSource, OrderAnswer, Signer, TradedMarket } from "./trading.ts";
import { Way } from "./way.ts";

/** The connection that posts go over: a `Feed`. */
export interface PostSocket {
  readonly isReady: boolean;
  /** False when it was not sent. */
  send(text: string): boolean;
}

export interface GatewayOptions {
  clock: Clock;
  net: Net;
  exchangeUrl: string;
  network: Network;
  socket: PostSocket;
  signer: Signer;
  nonces: NonceSource;
  /** Vault or sub-account that is traded for, or null. */
  vaultAddress: string | null;
  markets: readonly TradedMarket[];
  run: RunNumber;
  /** Venue time less ours, as well as it is known. */
  clockOffsetUs(): number;
  /** Without an answer for so long after it was signed, a request's fate is unknown: 5 s where absent. */
  timeoutUs?: number;
  /** From a decision on, the venue may take a request for so long: 5 s where absent. */
  expiresUs?: number;
}

/** What became of requests so far. */
export interface GatewayCounts {
  /** Signed, and by which way they went. */
  actions: number;
  via_socket: number;
  via_http: number;
  /** Intents in them. */
  requests: number;
  /** Intents that were answered without having been sent. */
  not_sent: number;
  /** Actions without an answer in time, and those of them that were answered later. */
  timed_out: number;
  late: number;
  /** Answers to nothing that waits for one. */
  stray: number;
  /** Intents whose answer does not say what became of them. */
  unknown_fate: number;
}

/** A signed action on its way. */
interface Sent {
  id: number;
  batch: Batch;
  times: ActionTimes;
  isTimedOut: boolean;
}

const TIMEOUT_US = 5 * US_PER_SECOND;
const EXPIRES_US = 5 * US_PER_SECOND;
/** Between two looks at what is on its way: time-outs are that late at most. */
const SWEEP_US = 100_000;
/** An answer may come so long after a time-out; then the action is forgotten. HTTP waits as long. */
const LATE_US_MAX = 30 * US_PER_SECOND;
/** A push that tells an action's block comes within this of its answer, or is not waited for. */
const BLOCK_WAIT_US = US_PER_SECOND;
/** Actions on their way over the socket: below the venue's 100, and places leave room for cancels. */
const POSTS_MAX = SOCKET_LIMITS.postsMax - 10;
const POSTS_RESERVE = 20;
/** Requests over HTTP at once. */
const HTTP_MAX = 20;
/** Actions that may wait for their signature: ten seconds of work, more than any decision asks for. */
const WAITING_MAX = 4_096;
/** Neither way is open: the next look. */
const BLOCKED_US = 50_000;
/**
 * Takes intents, sends them signed, and tells what became of each: once, and once more where an answer comes after its time.
 *
 * `queue` collects, `flush` groups what one decision asked for into actions. One action is signed in a turn of the event loop, because a signature
 * takes 0.6 ms and market data must not wait for ten of them. Posts go over the market connection while it is ready, else over HTTP. Nothing is ever
 * sent twice: an action without an answer may have been executed, so its requests are told as `timed_out` and somebody asks.
 */
export class Gateway {
  readonly counts: GatewayCounts = {
    actions: 0,
    via_socket: 0,
    via_http: 0,
    requests: 0,
    not_sent: 0,
    timed_out: 0,
    late: 0,
    stray: 0,
    unknown_fate: 0,
  };
  readonly #options: GatewayOptions;
  readonly #events: GatewayEvents;
  readonly #ids: OrderIds;
  readonly #timeoutUs: number;
  readonly #expiresUs: number;
  readonly #outbox = new Outbox();
  readonly #socket = new Way();
  readonly #http = new Way();
  #queued: Request[] = [];
  /** Never to be sent, and not told yet. */
  #dropped: { batch: Batch; why: string }[] = [];
  /** On their way, in order of signature. */
  readonly #sent = new Map<number, Sent>();
  /** Answered, the block not known yet; and every action whose block may be told, by the first order it asks for. */
  #untold: Sent[] = [];
  readonly #byCloid = new Map<number, Sent>();
  #turn: Timer | null = null;
  #sweep: Timer | null = null;
  #id = 0;

  constructor(options: GatewayOptions, events: GatewayEvents) {
    this.#options = options;
    this.#events = events;
    this.#ids = new OrderIds(options.run);
    this.#timeoutUs = options.timeoutUs ?? TIMEOUT_US;
    this.#expiresUs = options.expiresUs ?? EXPIRES_US;
  }

  /** Signed actions without an answer that may still come in time. */
  get inFlightCount(): number {
    let count = 0;
    for (const sent of this.#sent.values()) if (!sent.isTimedOut) count += 1;
    return count;
  }

  /** Actions that wait to be signed. */
  get waitingCount(): number {
    return this.#outbox.length;
  }

  /** Whether anything that was asked for may still be executed without a word about it. */
  get isBusy(): boolean {
    return this.inFlightCount + this.waitingCount > 0;
  }

  /** Takes one intent frame. */
  queue(data: Float64Array, at: number): void {
    this.#queued.push(requestOf(data, at, this.#options.markets));
  }

  /** Everything that one decision asks for was queued: it goes out, one action a turn. */
  flush(nowUs: TimeUs): void {
    if (this.#queued.length === 0) return;
    for (const batch of batchesOf(this.#queued, this.#ids)) this.#outbox.add(batch);
    assert(this.#outbox.length <= WAITING_MAX, "gateway: what waits for a signature stays within its bound");
    this.#queued = [];
    this.#schedule(nowUs);
  }

  /**
   * Asks for the end of these orders before anything else. What waits to be signed and is no cancel is never sent: it is told as refused, and an order
   * of the list that would have been placed by it is not cancelled. Nor is an order of a market that is not traded, whose asset id is not known here:
   * returns how many there are.
   */
  cancelAll(orders: readonly { market: number; cloid: number }[], nowUs: TimeUs): number {
    const unsent = [...this.#outbox.takeOthers(), ...batchesOf(this.#queued, this.#ids)];
    this.#queued = [];
    for (const batch of unsent) {
      if (batch.kind === ACTION.cancel) this.#outbox.add(batch);
      else this.#dropped.push({ batch, why: "not sent: everything is being cancelled" });
    }
    const never = new Set(unsent.flatMap((batch) => batch.requests.map((request) => request.cloid)));
    let strangerCount = 0;
    const requests: Request[] = [];
    for (const { market, cloid } of orders) {
      const traded = this.#options.markets.find((one) => one.market === market);
      if (traded === undefined) strangerCount += 1;
      else if (!never.has(cloid)) requests.push(cancelRequest(traded, cloid, nowUs));
    }
    for (const batch of batchesOf(requests, this.#ids)) this.#outbox.add(batch);
    this.#schedule(nowUs);
    return strangerCount;
  }

  /** Somebody else heard which number the venue gave to an order: cancels will name it. */
  learn(cloid: number, oid: number): void {
    this.#ids.learn(cloid, oid);
  }

  /** A push told when a block took an order of ours, by the venue's clock. */
  onBlock(cloid: number, venueTimeUs: TimeUs): void {
    const sent = this.#byCloid.get(cloid);
    if (sent === undefined || !Number.isNaN(sent.times.blockUs)) return;
    sent.times.blockUs = venueTimeUs - this.#options.clockOffsetUs();
    if (!Number.isNaN(sent.times.answeredUs)) this.#tellTimes(sent);
  }

  /** Takes a message of the socket. False for what is not about posts. */
  onReply(text: string, receivedUs: TimeUs): boolean {
    if (!isAboutPosts(text)) return false;
    const reply = readPost(text);
    const sent = reply === null ? undefined : this.#sent.get(reply.id);
    if (reply === null || sent?.times.viaSocket !== true) {
      this.counts.stray += 1;
      if (reply === null)
        this.#events.onProblem({
          kind: "unreadable",
          text: `a message of the socket is not understood: ${text.slice(0, 300)}`,
          isFatal: false,
        });
      return true;
    }
    const { kind, requests } = sent.batch;
    const count = requests.length;
    this.#onOutcome(
      sent,
      reply.type === "action" ? readAnswer(kind, count, reply.payload) : readFailure(count, reply.payload),
      receivedUs,
    );
    return true;
  }

  /** The connection is lost, and with it every answer that would have come over it. */
  onLost(nowUs: TimeUs): void {
    for (const sent of [...this.#sent.values()]) {
      if (!sent.times.viaSocket) continue;
      this.#forget(sent);
      this.#unwatch(sent);
      if (!sent.isTimedOut) this.#timeOut(sent, "the connection was lost", nowUs);
    }
  }

  /** Ends it: nothing more is sent or told. */
  close(): void {
    this.#turn?.cancel();
    this.#sweep?.cancel();
    this.#sent.clear();
    this.#byCloid.clear();
    this.#untold = [];
  }

  // --- out ---

  #schedule(dueUs: TimeUs): void {
    if (this.#turn !== null || (this.#outbox.length === 0 && this.#dropped.length === 0)) return;
    this.#turn = this.#options.clock.setTimer(dueUs, () => this.#onTurn());
  }

  /** One turn of the event loop: tells what is never sent, signs one action. */
  #onTurn(): void {
    this.#turn = null;
    const nowUs = this.#options.clock.nowUs();
    for (const { batch, why } of this.#dropped.splice(0)) this.#tellNotSent(batch, why, nowUs);
    const batch = this.#outbox.peek();
    if (batch === null) return;
    const isStale = batch.kind !== ACTION.cancel && nowUs - batch.decidedUs > this.#expiresUs / 2;
    const isOpen = this.#canPost(batch, nowUs) || this.#http.isOpen(nowUs, HTTP_MAX);
    if (isStale || isOpen) this.#outbox.take();
    // Half of its life is gone: it would be decided anew by now, and if it came too late it would cost five requests.
    if (isStale) this.#tellNotSent(batch, "not sent: it waited too long", nowUs);
    else if (isOpen) this.#send(batch, nowUs);
    this.#schedule(isStale || isOpen ? nowUs : nowUs + BLOCKED_US);
  }

  #canPost(batch: Batch, nowUs: TimeUs): boolean {
    const max = batch.kind === ACTION.cancel ? POSTS_MAX : POSTS_MAX - POSTS_RESERVE;
    return this.#options.socket.isReady && this.#socket.isOpen(nowUs, max);
  }

  #send(batch: Batch, nowUs: TimeUs): void {
    const { clock, signer, nonces, network, vaultAddress, clockOffsetUs } = this.#options;
    // A cancel that comes late does no harm: its life begins when it is signed.
    const sinceUs = batch.kind === ACTION.cancel ? nowUs : batch.decidedUs;
    const expiresAfter = Math.floor((sinceUs + clockOffsetUs() + this.#expiresUs) / US_PER_MS);
    const body = signAction(batch.action, { network, nonce: nonces.next(), vaultAddress, expiresAfter }, signer);
    this.#id += 1;
    const { decidedUs } = batch;
    const viaSocket = this.#canPost(batch, nowUs);
    const times = { decidedUs, signedUs: clock.nowUs(), answeredUs: Number.NaN, blockUs: Number.NaN, viaSocket };
    const sent: Sent = { id: this.#id, batch, times, isTimedOut: false };
    // Before it goes out: on a network in memory the answer comes before `send` returns.
    this.#sent.set(sent.id, sent);
    const first = batch.requests[0];
    if (batch.kind !== ACTION.cancel && first !== undefined) this.#byCloid.set(first.cloid, sent);
    this.counts.actions += 1;
    this.counts.requests += batch.requests.length;
    if (!this.#post(sent, body)) this.#request(sent, body);
    this.#scheduleSweep();
  }

  /** Whether it went over the socket. */
  #post({ id, times }: Sent, body: string): boolean {
    if (!times.viaSocket) return false;
    this.#socket.count += 1;
    if (this.#options.socket.send(postText(id, body))) {
      this.counts.via_socket += 1;
      return true;
    }
    this.#socket.count -= 1;
    times.viaSocket = false;
    return false;
  }

  #request(sent: Sent, body: string): void {
    const { clock, net, exchangeUrl } = this.#options;
    this.counts.via_http += 1;
    this.#http.count += 1;
    const { kind, requests } = sent.batch;
    const answer = (outcome: Outcome, isAnswer: boolean): void => {
      if (this.#sent.has(sent.id)) this.#onOutcome(sent, outcome, clock.nowUs(), isAnswer);
    };
    net.request(exchangeUrl, body, LATE_US_MAX / US_PER_MS).then(
      (reply: Reply) => answer(readHttp(kind, requests.length, reply), true),
      // Even a name that is not known may have been known to the first of two attempts: the fate is unknown.
      (error: Error) => {
        const problem = { kind: "http" as const, text: error.message, isFatal: false };
        answer(unknownFate(requests.length, error.message, problem), false);
      },
    );
  }

  // --- in ---

  /** @param isAnswer False where the wait ended without one: that says nothing of how long answers take. */
  #onOutcome(sent: Sent, outcome: Outcome, receivedUs: TimeUs, isAnswer = true): void {
    this.#forget(sent);
    const way = sent.times.viaSocket ? this.#socket : this.#http;
    way.onAnswer(outcome.isLimited, receivedUs);
    if (sent.isTimedOut) this.counts.late += 1;
    this.#tell(sent.batch, outcome.items, receivedUs, sent.isTimedOut);
    if (outcome.problem !== null) this.#events.onProblem(outcome.problem);
    if (isAnswer) this.#onAnswered(sent, receivedUs);
    else this.#unwatch(sent);
    this.#schedule(receivedUs);
  }

  #onAnswered(sent: Sent, receivedUs: TimeUs): void {
    sent.times.answeredUs = receivedUs;
    if (sent.batch.kind === ACTION.cancel || !Number.isNaN(sent.times.blockUs)) this.#tellTimes(sent);
    else this.#untold.push(sent);
  }

  #tellTimes(sent: Sent): void {
    this.#untold = this.#untold.filter((other) => other !== sent);
    this.#unwatch(sent);
    this.#events.onTimes(sent.times);
  }

  #unwatch(sent: Sent): void {
    const first = sent.batch.requests[0];
    if (first !== undefined && this.#byCloid.get(first.cloid) === sent) this.#byCloid.delete(first.cloid);
  }

  /** It is on its way no more. */
  #forget(sent: Sent): void {
    if (!this.#sent.delete(sent.id)) return;
    (sent.times.viaSocket ? this.#socket : this.#http).count -= 1;
  }

  #timeOut(sent: Sent, why: string, nowUs: TimeUs): void {
    sent.isTimedOut = true;
    this.counts.timed_out += 1;
    this.#tell(sent.batch, unknownFate(sent.batch.requests.length, why).items, nowUs);
  }

  #tellNotSent(batch: Batch, why: string, nowUs: TimeUs): void {
    this.counts.not_sent += batch.requests.length;
    this.#tell(batch, notExecuted(batch.requests.length, REASON.in_flight, why).items, nowUs);
  }

  /** @param isLate All were told to be unknown before: what still is, is not told again. */
  #tell(batch: Batch, items: readonly ItemOutcome[], receivedUs: TimeUs, isLate = false): void {
    const all = batch.requests.map((request, i) => answerOf(request, items[i] as ItemOutcome, receivedUs));
    const answers = isLate ? all.filter((answer) => answer.status !== ORDER_STATUS.timed_out) : all;
    if (answers.length === 0) return;
    for (const answer of answers) {
      answer.isLate = isLate;
      this.#note(answer);
      if (answer.status === ORDER_STATUS.timed_out) this.counts.unknown_fate += 1;
    }
    this.#events.onAnswers(answers, receivedUs);
  }

  /** Remembers which number an order has, and forgets it when the order is gone. */
  #note(answer: OrderAnswer): void {
    const { action, cloid, targetCloid, oid, status } = answer;
    if (action === ACTION.cancel) {
      answer.oid = this.#ids.oidOf(targetCloid);
      if (status === ORDER_STATUS.cancelled || status === ORDER_STATUS.missing) this.#ids.forget(targetCloid);
      return;
    }
    this.#ids.learn(cloid, oid);
    // Whatever a modify made of the new order: the old one is gone, but where nothing was done or nothing is known.
    const stands = status === ORDER_STATUS.refused || status === ORDER_STATUS.timed_out;
    if (action === ACTION.modify && !stands) this.#ids.forget(targetCloid);
  }

  // --- time ---

  #scheduleSweep(): void {
    if (this.#sweep !== null || (this.#sent.size === 0 && this.#untold.length === 0)) return;
    this.#sweep = this.#options.clock.setTimer(this.#options.clock.nowUs() + SWEEP_US, () => this.#onSweep());
  }

  #onSweep(): void {
    this.#sweep = null;
    const nowUs = this.#options.clock.nowUs();
    for (const sent of [...this.#sent.values()]) {
      const ageUs = nowUs - sent.times.signedUs;
      if (ageUs >= this.#timeoutUs + LATE_US_MAX) {
        this.#forget(sent);
        this.#unwatch(sent);
      } else if (!sent.isTimedOut && ageUs >= this.#timeoutUs) this.#timeOut(sent, "no answer", nowUs);
    }
    for (const sent of [...this.#untold]) {
      if (nowUs - sent.times.answeredUs >= BLOCK_WAIT_US) this.#tellTimes(sent);
    }
    this.#scheduleSweep();
  }
}
