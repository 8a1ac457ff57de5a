/**
 * Socket connections of the local Hyperliquid: what clients say, what the venue acknowledges, refuses or answers with silence.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import {
  alreadySubscribedText,
  alreadyUnsubscribedText,
  invalidSubscriptionText,
  tooManyPostsText,
  tooManyUsersText,
  unreadableFrameText,
} from "../wire/hyperliquid/errors.ts";
import { SOCKET_IDLE_US, type SOCKET_LIMITS } from "../wire/hyperliquid/facts.ts";
import { type Catalog, isServed, isServedElsewhere, parseSubscription, type Subscription } from "./subscription.ts";
import type { Connection, Wire } from "./wire.ts";

/** Limits of all connections together: they come from one address. */
export type SocketLimits = { readonly [K in keyof typeof SOCKET_LIMITS]: number };

/** What is behind the connections. */
export interface Feed {
  readonly nowUs: TimeUs;
  readonly catalog: Catalog;
  /** Types that this feed has; null for all. Others are not understood. */
  readonly types: ReadonlySet<string> | null;
  /** A client subscribed and was told so. `key` is the canonical JSON. */
  onSubscribe(client: Client, subscription: Subscription, key: string): void;
  onUnsubscribe(client: Client, subscription: Subscription, key: string): void;
  /** Answers a post by `reply`, once, now or later, with the JSON of its `response`; null where the frame as a whole is not understood. */
  onPost(request: PostRequest, reply: (response: string | null) => void): void;
}

export interface PostRequest {
  type: string;
  payload: unknown;
}

/** One connection. */
export class Client {
  readonly #wire: Wire;
  readonly #feed: Feed;
  /** Subscriptions by their canonical JSON. */
  readonly topics = new Map<string, Subscription>();
  closed = false;
  sentUs: TimeUs;

  constructor(wire: Wire, feed: Feed) {
    this.#wire = wire;
    this.#feed = feed;
    this.sentUs = feed.nowUs;
  }

  send(text: string): void {
    if (this.closed) return;
    this.sentUs = this.#feed.nowUs;
    this.#wire.send(text);
  }

  drop(): void {
    if (!this.closed) this.#wire.drop();
  }
}

const MINUTE_US = 60 * US_PER_SECOND;

/** All connections to one feed. */
export class Connections {
  readonly #feed: Feed;
  readonly #limits: SocketLimits | null;
  readonly #clients = new Set<Client>();
  /** Users that are followed, with the number of their subscriptions. */
  readonly #users = new Map<string, number>();
  readonly #connects: MinuteCount;
  readonly #messages: MinuteCount;
  #postCount = 0;

  /** @param limits Null for none. */
  constructor(feed: Feed, limits: SocketLimits | null) {
    this.#feed = feed;
    this.#limits = limits;
    this.#connects = new MinuteCount(feed.nowUs);
    this.#messages = new MinuteCount(feed.nowUs);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  get subscriptionCount(): number {
    let sum = 0;
    for (const client of this.#clients) sum += client.topics.size;
    return sum;
  }

  /** A connection beyond the limits ends at once. */
  open(wire: Wire): Connection {
    const client = new Client(wire, this.#feed);
    const limits = this.#limits;
    const tooMany =
      limits !== null &&
      (this.#connects.add(this.#feed.nowUs) > limits.connectsPerMinuteMax ||
        this.#clients.size >= limits.connectionsMax);
    if (tooMany) this.#drop(client);
    else this.#clients.add(client);
    return {
      onMessage: (text) => {
        if (!client.closed) this.#onMessage(client, text);
      },
      onClose: () => {
        client.closed = true;
        this.#forget(client);
      },
    };
  }

  /** Ends every connection, as an outage does. */
  dropAll(): void {
    for (const client of [...this.#clients]) this.#drop(client);
  }

  /** Ends the connections to which nothing was sent for a minute. */
  dropIdle(): void {
    const before = this.#feed.nowUs - SOCKET_IDLE_US;
    for (const client of this.#clients) if (client.sentUs <= before) this.#drop(client);
  }

  sendAll(text: string): void {
    for (const client of this.#clients) client.send(text);
  }

  #drop(client: Client): void {
    this.#forget(client);
    if (client.closed) return;
    client.drop();
    client.closed = true;
  }

  #forget(client: Client): void {
    for (const [key, subscription] of [...client.topics]) this.#leave(client, subscription, key);
    this.#clients.delete(client);
  }

  #onMessage(client: Client, text: string): void {
    if (this.#limits !== null && this.#messages.add(this.#feed.nowUs) > this.#limits.messagesPerMinuteMax) {
      this.#drop(client);
      return;
    }
    let request: { method?: unknown; subscription?: unknown; id?: unknown; request?: unknown } | null;
    try {
      request = JSON.parse(text);
    } catch {
      client.send(error(unreadableFrameText(text)));
      return;
    }
    const method = request?.method;
    if (method === "ping") client.send('{"channel":"pong"}');
    else if (method === "post") this.#onPost(client, request?.id, request?.request, text);
    else if (method === "subscribe" || method === "unsubscribe")
      this.#onSubscription(client, method, request?.subscription, text);
    else client.send(error(unreadableFrameText(text)));
  }

  #onSubscription(client: Client, method: "subscribe" | "unsubscribe", asked: unknown, text: string): void {
    if (isServedElsewhere(asked)) {
      client.send(error(invalidSubscriptionText(JSON.stringify(asked))));
      return;
    }
    const subscription = parseSubscription(asked);
    if (subscription === null || this.#feed.types?.has(subscription.type) === false) {
      client.send(error(unreadableFrameText(text)));
      return;
    }
    const key = JSON.stringify(subscription);
    if (method === "subscribe") this.#subscribe(client, subscription, key);
    else if (client.topics.has(key)) {
      this.#leave(client, subscription, key);
      client.send(ack(method, key));
    } else client.send(error(alreadyUnsubscribedText(key)));
  }

  #subscribe(client: Client, subscription: Subscription, key: string): void {
    if (!isServed(subscription, this.#feed.catalog)) {
      this.#drop(client);
      return;
    }
    if (client.topics.has(key)) {
      client.send(error(alreadySubscribedText(key)));
      return;
    }
    const refusal = this.#refusal(subscription);
    if (refusal !== null) {
      client.send(error(refusal));
      return;
    }
    const { user } = subscription;
    if (user !== undefined) this.#users.set(user, (this.#users.get(user) ?? 0) + 1);
    client.topics.set(key, subscription);
    client.send(ack("subscribe", key));
    this.#feed.onSubscribe(client, subscription, key);
  }

  /** Why one subscription more is too many, or null. The text about subscriptions is modelled on the one about users. */
  #refusal({ user }: Subscription): string | null {
    const limits = this.#limits;
    if (limits === null) return null;
    if (this.subscriptionCount >= limits.subscriptionsMax)
      return `Cannot track more than ${limits.subscriptionsMax} total subscriptions.`;
    if (user !== undefined && !this.#users.has(user) && this.#users.size >= limits.usersMax)
      return tooManyUsersText(limits.usersMax);
    return null;
  }

  #leave(client: Client, subscription: Subscription, key: string): void {
    client.topics.delete(key);
    const { user } = subscription;
    if (user !== undefined) {
      const left = (this.#users.get(user) as number) - 1;
      if (left === 0) this.#users.delete(user);
      else this.#users.set(user, left);
    }
    this.#feed.onUnsubscribe(client, subscription, key);
  }

  #onPost(client: Client, id: unknown, asked: unknown, text: string): void {
    const inner = asked as { type?: unknown; payload?: unknown } | null | undefined;
    const isRequest = typeof inner === "object" && inner !== null && (inner.type === "info" || inner.type === "action");
    if (!Number.isSafeInteger(id) || (id as number) < 0 || !isRequest || inner.payload === undefined) {
      client.send(error(unreadableFrameText(text)));
      return;
    }
    if (this.#limits !== null && this.#postCount >= this.#limits.postsMax) {
      client.send(error(tooManyPostsText(id as number)));
      return;
    }
    this.#postCount += 1;
    this.#feed.onPost({ type: inner.type as string, payload: inner.payload }, (response) => {
      this.#postCount -= 1;
      client.send(
        response === null
          ? error(unreadableFrameText(text))
          : `{"channel":"post","data":{"id":${id as number},"response":${response}}}`,
      );
    });
  }
}

/** How often something happened in the minute that runs. Minutes begin with the first of them: the venue's pages do not say. */
class MinuteCount {
  #beganUs: TimeUs;
  #count = 0;

  constructor(nowUs: TimeUs) {
    this.#beganUs = nowUs;
  }

  /** Counts one and returns how many there are. */
  add(nowUs: TimeUs): number {
    if (nowUs - this.#beganUs >= MINUTE_US) {
      this.#beganUs = nowUs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count;
  }
}

const ack = (method: string, key: string): string =>
  `{"channel":"subscriptionResponse","data":{"method":"${method}","subscription":${key}}}`;

const error = (text: string): string => JSON.stringify({ channel: "error", data: text });
