/**
 * The connection to the venue: subscribes, keeps itself alive, notices when it is dead, comes back, and says what was lost.
 * @module
 */
import { Prng } from "../../core/prng.ts";
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Net, Socket } from "../../io/net.ts";
import { SOCKET_LIMITS } from "../../wire/hyperliquid/facts.ts";
import { acknowledgedKey, alreadySubscribedKey, keyOf, type Subscription } from "./subscriptions.ts";

/** What a feed tells its owner. */
export interface FeedEvents {
  /**
   * One push: `bytes[0..length)` is its text, in a buffer that the next push reuses. `startUs` is the monotonic clock when the socket gave it,
   * before anything was done with it.
   */
  onPush(bytes: Uint8Array, length: number, receivedUs: TimeUs, text: string, startUs: number): void;
  /**
   * One message about an account that is followed, one answer to a post, or an error of the socket that no subscription of ours explains: rare, and
   * as text. Without a listener such messages come as pushes.
   */
  onAccount?(text: string, receivedUs: TimeUs, startUs: number): void;
  /** The connection was lost after it had been there. */
  onLost(reason: string, timeUs: TimeUs): void;
  /** Every subscription was acknowledged. */
  onReady(): void;
  /** Something that no reconnect mends: the run must end. */
  onFatal(error: Error): void;
}

export interface FeedOptions {
  clock: Clock;
  net: Net;
  url: string;
  subscriptions: readonly Subscription[];
  /** Asks the venue over HTTP, before each new connection but the first, whether names and indices still hold. Rejects when they do not. */
  recheck(): Promise<void>;
  /** Seed of the backoff's jitter. */
  seed: number;
}

/** What became of the feed so far. */
export interface FeedCounts {
  connects: number;
  /** Losses by their reason. */
  lost: Record<string, number>;
  messages: number;
  acks: number;
  pongs: number;
  /** Messages of the error channel, and the first of them. */
  errors: number;
  first_error: string | null;
  /** Messages of account channels and answers to posts. */
  account_messages: number;
  posts: number;
  rtt_ms: number | null;
}

/** Between two looks at the connection. */
const CHECK_US = US_PER_SECOND;
/** Open and acknowledged within this, or it is tried anew: the reference client's own wait. */
const OPEN_US_MAX = 10 * US_PER_SECOND;
/** A ping after so much silence, and now and then anyway to know the round trip. */
const PING_SILENCE_US = 5 * US_PER_SECOND;
const PING_EVERY_US = 20 * US_PER_SECOND;
/** Nothing at all for so long, a ping unanswered: half-open. Equal to what the engine calls a gap. */
const SILENCE_US_MAX = 10 * US_PER_SECOND;
/** Pongs but no data for so long: the subscriptions are lost, whatever the socket says. Three missed full books. */
const STALL_US_MAX = 16 * US_PER_SECOND;
const BACKOFF_US_MIN = 500_000;
const BACKOFF_US_MAX = 30 * US_PER_SECOND;
/** A connection that lived so long starts the backoff anew. */
const HEALTHY_US = 60 * US_PER_SECOND;
const MINUTE_US = 60 * US_PER_SECOND;
/** Kept below the venue's limits, for other processes of the same machine. */
const MESSAGES_PER_MINUTE = 0.9 * SOCKET_LIMITS.messagesPerMinuteMax;
const CONNECTS_PER_MINUTE = 20;
/** Of these, kept for pings: a connection that cannot ask whether it lives is given up for dead. */
const PINGS_PER_MINUTE = 30;
/** Subscriptions sent at once; the next ones follow with the next look. */
const SUBSCRIBE_BURST = 400;
const SUBSCRIBES_PER_MINUTE = MESSAGES_PER_MINUTE - PINGS_PER_MINUTE;
const BUFFER_BYTES = 256 * 1024;

type State = "idle" | "connecting" | "open" | "waiting" | "stopped";

/** Times of a sliding minute, for one of the venue's limits. */
class MinuteCount {
  #times: number[] = [];

  /** How many more fit `max` in the minute before `nowUs`. */
  room(nowUs: TimeUs, max: number): number {
    while (this.#times.length > 0 && (this.#times[0] as number) <= nowUs - MINUTE_US) this.#times.shift();
    return max - this.#times.length;
  }

  /** Whether one more fits; counts it if so. */
  take(nowUs: TimeUs, max: number): boolean {
    if (this.room(nowUs, max) < 1) return false;
    this.#times.push(nowUs);
    return true;
  }
}

/**
 * One connection for all markets, the account and its requests: their order among each other is the venue's.
 *
 * A callback machine on the injected clock and network: `idle`, `connecting`, `open` (subscribing, then ready), `waiting` (backoff, then a
 * check of names over HTTP), `stopped`. Whatever goes wrong leads to `waiting`, and each loss is told once, with its reason.
 */
export class Feed {
  state: State = "idle";
  isReady = false;
  readonly counts: FeedCounts = {
    connects: 0,
    lost: {},
    messages: 0,
    acks: 0,
    pongs: 0,
    errors: 0,
    first_error: null,
    account_messages: 0,
    posts: 0,
    rtt_ms: null,
  };
  readonly #options: FeedOptions;
  readonly #events: FeedEvents;
  readonly #random: Prng;
  readonly #encoder = new TextEncoder();
  #buffer = new Uint8Array(BUFFER_BYTES);
  #socket: Socket | null = null;
  /** Callbacks of sockets before this one are not listened to. */
  #generation = 0;
  #timer: Timer | null = null;
  #attempt = 0;
  #openedUs = 0;
  #heardUs = 0;
  #dataUs = 0;
  #pingUs = Number.NEGATIVE_INFINITY;
  #pingOutUs = Number.NaN;
  #unsent: Subscription[] = [];
  #unacknowledged = new Set<string>();
  readonly #messages = new MinuteCount();
  readonly #connects = new MinuteCount();

  constructor(options: FeedOptions, events: FeedEvents) {
    this.#options = options;
    this.#events = events;
    this.#random = new Prng(options.seed);
  }

  /** Opens the first connection; names were just checked. */
  start(): void {
    if (this.state === "idle") this.#connect();
  }

  /** Ends it for good. */
  stop(): void {
    this.state = "stopped";
    this.isReady = false;
    this.#generation += 1;
    this.#timer?.cancel();
    this.#socket?.close();
    this.#socket = null;
  }

  /**
   * Sends a post. False when the connection is not ready or has no room for it: pings have theirs, and so have the subscriptions of the next
   * connection, without which a loss would be followed by a minute's wait.
   */
  send(text: string): boolean {
    if (!this.isReady) return false;
    const max = SUBSCRIBES_PER_MINUTE - this.#options.subscriptions.length;
    if (!this.#messages.take(this.#options.clock.nowUs(), max)) return false;
    this.counts.posts += 1;
    this.#socket?.send(text);
    return true;
  }

  /** Gives the connection up, as if it had been lost: whoever reads it sees that something is wrong with it. */
  dropNow(reason: string): void {
    if (this.state === "open" || this.state === "connecting") this.#lose(reason);
  }

  #after(us: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(this.#options.clock.nowUs() + us, then);
  }

  #connect(): void {
    const { clock, net, url } = this.#options;
    const nowUs = clock.nowUs();
    // All subscriptions must fit, or the ones left over would be waited for in vain, and the next attempt would find no more room.
    const room = this.#messages.room(nowUs, SUBSCRIBES_PER_MINUTE);
    if (room < this.#options.subscriptions.length || !this.#connects.take(nowUs, CONNECTS_PER_MINUTE)) {
      this.#after(BACKOFF_US_MAX / 10, () => this.#connect());
      return;
    }
    this.state = "connecting";
    this.isReady = false;
    this.#openedUs = nowUs;
    this.#generation += 1;
    const generation = this.#generation;
    const mine = (then: () => void): void => {
      if (generation === this.#generation) then();
    };
    this.#after(CHECK_US, () => this.#check());
    this.#socket = net.connect(url, {
      onOpen: () => mine(() => this.#onOpen()),
      onMessage: (text) => {
        if (generation === this.#generation) this.#onMessage(text);
      },
      onClose: (why) => mine(() => this.#lose(why)),
    });
  }

  #onOpen(): void {
    const nowUs = this.#options.clock.nowUs();
    this.state = "open";
    this.counts.connects += 1;
    this.#openedUs = nowUs;
    this.#heardUs = nowUs;
    this.#dataUs = nowUs;
    this.#pingOutUs = Number.NaN;
    this.#unsent = [...this.#options.subscriptions];
    this.#unacknowledged = new Set(this.#unsent.map(keyOf));
    this.#subscribe(nowUs);
  }

  #subscribe(nowUs: TimeUs): void {
    for (let sent = 0; sent < SUBSCRIBE_BURST && this.#unsent.length > 0; sent++) {
      if (!this.#messages.take(nowUs, SUBSCRIBES_PER_MINUTE)) return;
      const subscription = this.#unsent.shift() as Subscription;
      this.#socket?.send(JSON.stringify({ method: "subscribe", subscription }));
    }
  }

  /** Once a second: what should have happened by now. */
  #check(): void {
    const nowUs = this.#options.clock.nowUs();
    if (this.state === "connecting") {
      if (nowUs - this.#openedUs > OPEN_US_MAX) this.#lose("no connection within 10 s");
      else this.#after(CHECK_US, () => this.#check());
      return;
    }
    if (this.state !== "open") return;
    const problem = this.#problem(nowUs);
    if (problem !== "") {
      this.#lose(problem);
      return;
    }
    this.#subscribe(nowUs);
    const quietUs = Math.min(nowUs - this.#heardUs, nowUs - this.#pingUs);
    if (quietUs >= PING_SILENCE_US || nowUs - this.#pingUs >= PING_EVERY_US) this.#ping(nowUs);
    this.#after(CHECK_US, () => this.#check());
  }

  /** What is wrong with the open connection, or "". */
  #problem(nowUs: TimeUs): string {
    if (nowUs - this.#heardUs > SILENCE_US_MAX) return "silent";
    if (this.isReady && nowUs - this.#dataUs > STALL_US_MAX) return "no data";
    if (this.isReady || nowUs - this.#openedUs <= OPEN_US_MAX) return "";
    return this.#unanswered() || "subscriptions unanswered";
  }

  /**
   * The first subscription without an answer where others have theirs, else "". The venue answers in order, and ends the connection without a
   * word at one that it does not like: this is the one.
   */
  #unanswered(): string {
    const { length } = this.#options.subscriptions;
    const [first] = this.#unacknowledged;
    return first === undefined || this.#unacknowledged.size === length ? "" : `${first} unanswered`;
  }

  #ping(nowUs: TimeUs): void {
    if (!this.#messages.take(nowUs, MESSAGES_PER_MINUTE)) return;
    this.#pingUs = nowUs;
    this.#pingOutUs = this.#options.clock.monotonicUs();
    this.#socket?.send('{"method":"ping"}');
  }

  #onMessage(text: string): void {
    const startUs = this.#options.clock.monotonicUs();
    const nowUs = this.#options.clock.nowUs();
    this.#heardUs = nowUs;
    this.counts.messages += 1;
    const kind = kindOf(text);
    if (kind === "push" || (kind === "account" && this.#events.onAccount === undefined)) {
      this.#dataUs = nowUs;
      const length = this.#encode(text);
      this.#events.onPush(this.#buffer, length, nowUs, text, startUs);
    } else if (kind === "account") this.#onAccount(text, nowUs, startUs);
    else if (kind === "error") this.#onError(text, nowUs, startUs);
    else if (kind === "pong") this.#onPong();
    else if (kind === "ack") this.#onAck(acknowledgedKey(text));
  }

  /** The account's channels say little for hours: they prove that the socket lives, never that market data still come. */
  #onAccount(text: string, nowUs: TimeUs, startUs: number): void {
    this.counts.account_messages += 1;
    this.#events.onAccount?.(text, nowUs, startUs);
  }

  #encode(text: string): number {
    // UTF-8 takes at most three bytes for one of a string's units.
    if (text.length * 3 > this.#buffer.length) this.#buffer = new Uint8Array(2 * text.length * 3);
    return this.#encoder.encodeInto(text, this.#buffer).written;
  }

  #onAck(key: string): void {
    this.counts.acks += 1;
    if (key === "" || !this.#unacknowledged.delete(key) || this.#unacknowledged.size > 0) return;
    this.isReady = true;
    this.#dataUs = this.#options.clock.nowUs();
    this.#events.onReady();
  }

  #onPong(): void {
    this.counts.pongs += 1;
    if (Number.isNaN(this.#pingOutUs)) return;
    this.counts.rtt_ms = (this.#options.clock.monotonicUs() - this.#pingOutUs) / 1000;
    this.#pingOutUs = Number.NaN;
  }

  #onError(text: string, nowUs: TimeUs, startUs: number): void {
    this.counts.errors += 1;
    this.counts.first_error ??= text.slice(0, 200);
    // What is subscribed twice is subscribed: its acknowledgement was lost, not its data.
    const already = alreadySubscribedKey(text);
    if (already !== "") this.#onAck(already);
    else this.#events.onAccount?.(text, nowUs, startUs);
  }

  /** The connection is over, for this reason. */
  #lose(reason: string): void {
    if (this.state === "stopped" || this.state === "waiting") return;
    const nowUs = this.#options.clock.nowUs();
    const wasOpen = this.state === "open";
    const unanswered = wasOpen && !this.isReady ? this.#unanswered() : "";
    const why = unanswered === "" || unanswered === reason ? reason : `${reason}, ${unanswered}`;
    this.counts.lost[why] = (this.counts.lost[why] ?? 0) + 1;
    this.#generation += 1;
    this.#socket?.close();
    this.#socket = null;
    this.isReady = false;
    this.state = "waiting";
    if (wasOpen && nowUs - this.#openedUs >= HEALTHY_US) this.#attempt = 0;
    if (wasOpen) this.#events.onLost(why, nowUs);
    this.#after(this.#backoffUs(), () => this.#comeBack());
  }

  /** Next wait: twice as long each time, half of it chance, so that many clients do not come back at the same moment. */
  #backoffUs(): number {
    const full = Math.min(BACKOFF_US_MAX, BACKOFF_US_MIN * 2 ** this.#attempt);
    this.#attempt += 1;
    return full * (0.5 + 0.5 * this.#random.unit());
  }

  #comeBack(): void {
    this.#options.recheck().then(
      () => {
        if (this.state === "waiting") this.#connect();
      },
      (error: Error & { exitCode?: number }) => {
        if (this.state !== "waiting") return;
        // No answer, or a refusal (a door that is closed for maintenance says 403 or 404), is the same trouble going on. Anything else is not
        // mended by waiting.
        if (error.exitCode === 5 || error.exitCode === 6) this.#after(this.#backoffUs(), () => this.#comeBack());
        else this.#events.onFatal(error);
      },
    );
  }
}

type MessageKind = "push" | "account" | "ack" | "pong" | "error" | "greeting";

const PREFIX = '{"channel":"';
const AT = PREFIX.length;

/**
 * What a message is about, by the first letters of its channel. Market data come a thousand times as often as everything else: one letter, which
 * no other channel of ours begins with, ends this at once.
 */
function kindOf(text: string): MessageKind {
  if (!text.startsWith(PREFIX)) return text.startsWith("Websocket connection established") ? "greeting" : "push";
  switch (text.charCodeAt(AT)) {
    case 112: // p
      if (text.startsWith("pong", AT)) return "pong";
      return text.startsWith("post", AT) ? "account" : "push";
    case 115: // s
      return text.startsWith("subscriptionResponse", AT) ? "ack" : "push";
    case 101: // e
      return text.startsWith("error", AT) ? "error" : "push";
    case 111: // o: orderUpdates, openOrders
      return text.startsWith("orderUpdates", AT) || text.startsWith("openOrders", AT) ? "account" : "push";
    case 117: // u: user, userFills, userFundings
      return text.startsWith("user", AT) ? "account" : "push";
    case 99: // c
      return text.startsWith("clearinghouseState", AT) ? "account" : "push";
    default:
      return "push";
  }
}
