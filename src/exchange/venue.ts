/**
 * The local Hyperliquid's market data, as bytes in and bytes out: no sockets, no clock.
 * @module
 */
import type { TimeUs } from "../core/units.ts";
import { postFailureText } from "../wire/hyperliquid/errors.ts";
import { dexOf, type InfoAnswer } from "../wire/hyperliquid/instrument.ts";
import { metaSchema, perpDexsSchema } from "../wire/hyperliquid/schema.ts";
import { type Client, Connections, type Feed, type PostRequest } from "./connections.ts";
import { answerInfo } from "./info.ts";
import { MarketMemory } from "./memory.ts";
import type { Catalog, Subscription } from "./subscription.ts";
import type { Connection, HttpReply, Wire } from "./wire.ts";

export type { Connection, Wire } from "./wire.ts";

/** A push as the marks of a driven clock frame it. */
export const CLOCK_CHANNEL = "mmbinClock";
/** What a recording holds. */
const TYPES: ReadonlySet<string> = new Set(["bbo", "l2Book", "trades", "activeAssetCtx"]);

/**
 * Serves one stream of pushes to whoever subscribed, with the venue's own acknowledgements, error texts and silences.
 *
 * With `marks`, each push is preceded by the time it was received at, for a client whose clock is driven.
 */
export class LocalVenue implements Feed {
  readonly catalog: Catalog;
  readonly types = TYPES;
  readonly #answers: readonly InfoAnswer[];
  readonly #memory = new MarketMemory();
  readonly #connections: Connections;
  /** Subscribers by what pushes are routed by. */
  readonly #topics = new Map<string, Set<Client>>();
  readonly #marks: boolean;
  readonly #recall: boolean;
  #nowUs: TimeUs;

  /**
   * @param options.marks Precede pushes by their time.
   * @param options.recall Tell a new subscriber what is known; off where the source is a tape that holds what its recorder was told.
   */
  constructor(answers: readonly InfoAnswer[], options: { marks: boolean; nowUs: TimeUs; recall?: boolean }) {
    this.#answers = answers;
    this.#marks = options.marks;
    this.#recall = options.recall ?? true;
    this.#nowUs = options.nowUs;
    this.catalog = catalogOf(answers);
    this.#connections = new Connections(this, null);
  }

  get nowUs(): TimeUs {
    return this.#nowUs;
  }

  get clientCount(): number {
    return this.#connections.clientCount;
  }

  /** Subscriptions of all connections. */
  get subscriptionCount(): number {
    return this.#connections.subscriptionCount;
  }

  /** `POST /info`. */
  info(body: string): HttpReply {
    return answerInfo(body, this.#answers, this.#memory, Math.floor(this.#nowUs / 1000));
  }

  open(wire: Wire): Connection {
    return this.#connections.open(wire);
  }

  /** A push of the source, in the bytes that it has. */
  deliver(timeUs: TimeUs, text: string): void {
    this.#nowUs = timeUs;
    const topic = this.#memory.keep(text);
    if (topic === "") return;
    for (const client of this.#topics.get(topic) ?? []) {
      if (this.#marks) client.send(`{"channel":"${CLOCK_CHANNEL}","data":{"timeUs":${timeUs}}}`);
      client.send(text);
    }
  }

  /** The source is at its end. */
  end(): void {
    if (this.#marks) this.#connections.sendAll(`{"channel":"${CLOCK_CHANNEL}","data":{"end":true}}`);
  }

  /** Ends every connection, as an outage does. */
  dropAll(): void {
    this.#connections.dropAll();
  }

  onSubscribe(client: Client, subscription: Subscription): void {
    const topic = topicOf(subscription);
    const clients = this.#topics.get(topic);
    if (clients === undefined) this.#topics.set(topic, new Set([client]));
    else clients.add(client);
    if (!this.#recall) return;
    // What is known goes out behind whatever else the message brings.
    queueMicrotask(() => {
      for (const push of this.#memory.recall(topic)) if (this.#topics.get(topic)?.has(client)) client.send(push);
    });
  }

  onUnsubscribe(client: Client, subscription: Subscription): void {
    this.#topics.get(topicOf(subscription))?.delete(client);
  }

  /** Questions only: a recording takes no actions. */
  onPost(request: PostRequest, reply: (response: string) => void): void {
    const failure = (payload: string): void => reply(JSON.stringify({ type: "error", payload }));
    if (request.type !== "info") {
      failure(postFailureText(422));
      return;
    }
    const answer = this.info(JSON.stringify(request.payload));
    const type = JSON.stringify((request.payload as { type?: unknown } | null)?.type);
    if (answer.status !== 200) failure(`${answer.status} ${answer.text}`);
    else reply(`{"type":"info","payload":{"type":${type},"data":${answer.text}}}`);
  }
}

/** Coins and dexs that the answers list. */
function catalogOf(answers: readonly InfoAnswer[]): Catalog {
  const metas = answers.filter((a) => a.request.type === "meta").map((a) => metaSchema.safeParse(a.response));
  const coins = new Set(metas.flatMap((m) => (m.success ? m.data.universe.map((entry) => entry.name) : [])));
  const listed = perpDexsSchema.safeParse(answers.findLast((a) => a.request.type === "perpDexs")?.response);
  const dexs = new Set(["", ...(listed.success ? listed.data : []).flatMap((d) => (d === null ? [] : [d.name]))]);
  return { hasCoin: (coin) => coins.has(coin) && dexs.has(dexOf(coin)), hasDex: (dex) => dexs.has(dex) };
}

/** What pushes are routed by. Books that are aggregated are a topic of their own, which recordings never fill. */
function topicOf(s: Subscription): string {
  const aggregated = s.nSigFigs != null ? ` ${s.nSigFigs} ${s.mantissa}` : "";
  return `${s.type} ${s.coin}${s.fast === true ? " fast" : ""}${aggregated}`;
}
