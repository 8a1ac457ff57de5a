/**
 * The local Hyperliquid's market data, as bytes in and bytes out: no sockets, no clock.
 * @module
 */
import { dexOf, type InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { metaSchema, perpDexsSchema } from "../wire/hyperliquid/schema.ts";
import { answerInfo, type InfoReply } from "./info.ts";
import { MarketMemory } from "./memory.ts";

/** The venue's side of one connection. */
export interface Wire {
  send(text: string): void;
  /** Ends the connection without a word, as the venue does. */
  drop(): void;
}

/** What a connection tells the venue. */
export interface Connection {
  onMessage(text: string): void;
  onClose(): void;
}

interface Client {
  wire: Wire;
  /** Subscriptions by their canonical JSON. */
  topics: Set<string>;
}

/** A push as the marks of a driven clock frame it. */
export const CLOCK_CHANNEL = "mmbinClock";
/** In place of a reply: the connection ends without one. */
const DROP = "";
const PARSE_ERROR = "Error parsing JSON into valid websocket request: ";

/**
 * Serves one stream of pushes to whoever subscribed, with the venue's own acknowledgements, error texts and silences.
 *
 * A well-formed subscription that fails a check ends the connection without a word (measured on mainnet, September 2026); one that is not
 * understood gets the error channel. With `marks`, each push is preceded by the time it was received at, for a client whose clock is driven.
 */
export class LocalVenue {
  readonly #answers: readonly InfoAnswer[];
  readonly #coins: ReadonlySet<string>;
  readonly #dexs: ReadonlySet<string>;
  readonly #memory = new MarketMemory();
  readonly #clients = new Set<Client>();
  readonly #marks: boolean;
  readonly #recall: boolean;
  #nowUs = 0;

  /**
   * @param options.marks Precede pushes by their time.
   * @param options.recall Tell a new subscriber what is known; off where the source is a tape that holds what its recorder was told.
   */
  constructor(answers: readonly InfoAnswer[], options: { marks: boolean; nowUs: number; recall?: boolean }) {
    this.#answers = answers;
    this.#marks = options.marks;
    this.#recall = options.recall ?? true;
    this.#nowUs = options.nowUs;
    const metas = answers.filter((a) => a.request.type === "meta").map((a) => metaSchema.safeParse(a.response));
    this.#coins = new Set(metas.flatMap((m) => (m.success ? m.data.universe.map((entry) => entry.name) : [])));
    const dexs = perpDexsSchema.safeParse(answers.findLast((a) => a.request.type === "perpDexs")?.response);
    this.#dexs = new Set((dexs.success ? dexs.data : []).flatMap((d) => (d === null ? [] : [d.name])));
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Subscriptions of all connections. */
  get subscriptionCount(): number {
    return [...this.#clients].reduce((sum, client) => sum + client.topics.size, 0);
  }

  /** `POST /info`. */
  info(body: string): InfoReply {
    return answerInfo(body, this.#answers, this.#memory, Math.floor(this.#nowUs / 1000));
  }

  open(wire: Wire): Connection {
    const client: Client = { wire, topics: new Set() };
    this.#clients.add(client);
    return {
      onMessage: (text) => this.#onMessage(client, text),
      onClose: () => {
        this.#clients.delete(client);
      },
    };
  }

  /** A push of the source, in the bytes that it has. */
  deliver(timeUs: number, text: string): void {
    this.#nowUs = timeUs;
    const topic = this.#memory.keep(text);
    if (topic === "") return;
    for (const client of this.#clients) {
      if (!client.topics.has(topic)) continue;
      if (this.#marks) client.wire.send(`{"channel":"${CLOCK_CHANNEL}","data":{"timeUs":${timeUs}}}`);
      client.wire.send(text);
    }
  }

  /** The source is at its end. */
  end(): void {
    if (!this.#marks) return;
    for (const client of this.#clients) client.wire.send(`{"channel":"${CLOCK_CHANNEL}","data":{"end":true}}`);
  }

  /** Ends every connection, as an outage does. */
  dropAll(): void {
    for (const client of [...this.#clients]) {
      this.#clients.delete(client);
      client.wire.drop();
    }
  }

  #onMessage(client: Client, text: string): void {
    const reply = this.#reply(client, text);
    if (reply === DROP) {
      this.#clients.delete(client);
      client.wire.drop();
    } else client.wire.send(reply);
  }

  /** What the venue says to a message; DROP where it ends the connection instead. */
  #reply(client: Client, text: string): string {
    let request: { method?: unknown; subscription?: unknown; id?: unknown; request?: unknown } | null;
    try {
      request = JSON.parse(text);
    } catch {
      return error(PARSE_ERROR + text);
    }
    if (request?.method === "ping") return '{"channel":"pong"}';
    if (request?.method === "post") return this.#post(request, text);
    const subscription = canonical(request?.subscription);
    if (subscription === null) return error(PARSE_ERROR + text);
    if (request?.method === "subscribe") return this.#subscribe(client, subscription);
    if (request?.method !== "unsubscribe") return error(PARSE_ERROR + text);
    const key = JSON.stringify(subscription);
    return client.topics.delete(topicOf(subscription))
      ? ack("unsubscribe", key)
      : error(`Already unsubscribed: ${key}`);
  }

  #subscribe(client: Client, subscription: CanonicalSubscription): string {
    if (!this.#isKnown(subscription)) return DROP;
    const key = JSON.stringify(subscription);
    const topic = topicOf(subscription);
    if (client.topics.has(topic)) return error(`Already subscribed: ${key}`);
    client.topics.add(topic);
    // The acknowledgement comes before the first data: what is known goes out behind it.
    queueMicrotask(() => {
      if (!this.#recall) return;
      for (const push of this.#memory.recall(topic)) if (client.topics.has(topic)) client.wire.send(push);
    });
    return ack("subscribe", key);
  }

  #post(request: { id?: unknown; request?: unknown }, text: string): string {
    const inner = request.request as { type?: unknown; payload?: { type?: unknown } } | undefined;
    if (!Number.isSafeInteger(request.id) || inner?.payload === undefined) return error(PARSE_ERROR + text);
    const answer = (response: object): string =>
      JSON.stringify({ channel: "post", data: { id: request.id, response } });
    if (inner.type !== "info") return answer({ type: "error", payload: "422 Unprocessable Entity" });
    const reply = this.info(JSON.stringify(inner.payload));
    if (reply.status !== 200) return answer({ type: "error", payload: `${reply.status} ${reply.text}` });
    return answer({ type: "info", payload: { type: inner.payload.type, data: JSON.parse(reply.text) } });
  }

  /** Whether the venue would serve it: the coin is listed, written exactly so, and options fit each other. */
  #isKnown(s: CanonicalSubscription): boolean {
    const dex = dexOf(s.coin);
    if (!this.#coins.has(s.coin) || (dex !== "" && !this.#dexs.has(dex))) return false;
    if (s.type !== "l2Book") return true;
    const figures = s.nSigFigs ?? null;
    const mantissa = s.mantissa ?? null;
    if (figures !== null && ![2, 3, 4, 5].includes(figures as number)) return false;
    return mantissa === null || (figures === 5 && [1, 2, 5].includes(mantissa as number));
  }
}

interface CanonicalSubscription {
  type: string;
  coin: string;
  nSigFigs?: unknown;
  mantissa?: unknown;
  fast?: boolean;
}

/** The subscription as the venue writes it back: unknown keys dropped, defaults filled; null for what it cannot read. */
function canonical(value: unknown): CanonicalSubscription | null {
  const s = value as Partial<CanonicalSubscription> | null | undefined;
  if (typeof s !== "object" || s === null || typeof s.coin !== "string") return null;
  if (s.type === "l2Book") {
    return {
      type: s.type,
      coin: s.coin,
      nSigFigs: s.nSigFigs ?? null,
      mantissa: s.mantissa ?? null,
      fast: s.fast === true,
    };
  }
  return s.type === "bbo" || s.type === "trades" || s.type === "activeAssetCtx" ? { type: s.type, coin: s.coin } : null;
}

/** What pushes are routed by. Books that are aggregated are a topic of their own, which this venue never fills. */
function topicOf(s: CanonicalSubscription): string {
  const aggregated = s.nSigFigs != null ? ` ${s.nSigFigs} ${s.mantissa}` : "";
  return `${s.type} ${s.coin}${s.fast === true ? " fast" : ""}${aggregated}`;
}

const ack = (method: string, key: string): string =>
  `{"channel":"subscriptionResponse","data":{"method":"${method}","subscription":${key}}}`;

const error = (text: string): string => JSON.stringify({ channel: "error", data: text });
