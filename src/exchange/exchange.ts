/**
 * Hyperliquid's own surface over a simulated venue, as bytes in and bytes out: no sockets, no clock, no waiting.
 * @module
 */
import type { TimeUs } from "../core/units.ts";
import { History } from "../sim/venue/history.ts";
import type { Venue } from "../sim/venue/venue.ts";
import type { ActionReply } from "../wire/hyperliquid/action.ts";
import { actsForVault, isUserSigned, itemCountOf } from "../wire/hyperliquid/action_kind.ts";
import { type Envelope, readEnvelope } from "../wire/hyperliquid/action_schema.ts";
import { postFailureText, UNRECOVERABLE_SIGNER } from "../wire/hyperliquid/errors.ts";
import { SOCKET_LIMITS } from "../wire/hyperliquid/facts.ts";
import { type Client, Connections, type Feed, type PostRequest, type SocketLimits } from "./connections.ts";
import { actionWeight, answerWeight, IpLimiter, infoWeight } from "./ip_limiter.ts";
import { dexIndexOf } from "./print_account.ts";
import { Publisher } from "./publisher.ts";
import { answerQuestion, typeOf } from "./questions.ts";
import { Signatures } from "./signatures.ts";
import type { Catalog, Subscription } from "./subscription.ts";
import type { View } from "./topic.ts";
import { type Connection, type HttpReply, jsonReply, UNREADABLE, type Wire } from "./wire.ts";

export interface ExchangeOptions {
  /** Whether what one network address may do is limited, as it is at the venue. */
  ipLimits: boolean;
  /** Users that may be followed at a time; the page says 10, an error text 15. */
  usersMax?: number;
}

const NOT_FOUND: HttpReply = { status: 404, contentType: "text/plain", text: "Not Found" };
/** No source has the body of this answer. */
const TOO_MANY: HttpReply = { status: 429, contentType: "application/json", text: "null" };

/** One venue with its clients, all of one network address. */
export class Exchange implements Feed {
  readonly venue: Venue;
  readonly history: History;
  readonly catalog: Catalog;
  readonly types = null;
  readonly connections: Connections;
  readonly signatures: Signatures;
  readonly #view: View;
  readonly #publisher: Publisher;
  readonly #ip: IpLimiter | null;
  #actionCount = 0;

  constructor(venue: Venue, options: ExchangeOptions = { ipLimits: true }) {
    this.venue = venue;
    this.history = new History(venue.markets);
    this.catalog = {
      hasCoin: (coin) => venue.marketByCoin(coin) !== null,
      hasDex: (dex) => dexIndexOf(venue.spec, dex) >= 0,
    };
    this.#view = { venue, history: this.history };
    this.#publisher = new Publisher(this.#view);
    this.signatures = new Signatures(venue.spec.chain);
    this.#ip = options.ipLimits ? new IpLimiter() : null;
    const limits: SocketLimits = { ...SOCKET_LIMITS, usersMax: options.usersMax ?? SOCKET_LIMITS.usersMax };
    this.connections = new Connections(this, options.ipLimits ? limits : null);
    // What is remembered comes first: what is told refers to it.
    venue.listen(this.history);
    venue.listen(this.#publisher);
    venue.listen(new IdleWatch(this.connections));
  }

  get nowUs(): TimeUs {
    return this.venue.nowUs;
  }

  /** Signed actions that came in, whatever became of them. */
  get actionCount(): number {
    return this.#actionCount;
  }

  /** `POST` to a path; answered at once, but for actions, which are answered in the block that takes them. */
  post(path: string, body: string, reply: (answer: HttpReply) => void): void {
    if (path !== "/info" && path !== "/exchange") {
      reply(NOT_FOUND);
      return;
    }
    const parsed = parse(body);
    if (path === "/info") reply(this.#info(parsed));
    else this.#action(parsed, true, reply);
  }

  /** A connection to `/ws`. */
  open(wire: Wire): Connection {
    return this.connections.open(wire);
  }

  onSubscribe(client: Client, subscription: Subscription, key: string): void {
    this.#publisher.subscribe(client, subscription, key);
  }

  onUnsubscribe(client: Client, subscription: Subscription, key: string): void {
    this.#publisher.unsubscribe(client, subscription, key);
  }

  /** Posts over a socket. Questions weigh as they do over HTTP; whether actions do is not known, and they do not here. */
  onPost(request: PostRequest, reply: (response: string | null) => void): void {
    if (request.type === "info") reply(this.#infoResponse(request.payload));
    else
      this.#action(request.payload, false, (answer) => {
        reply(answer.status === 200 ? `{"type":"action","payload":${answer.text}}` : failure(answer.status));
      });
  }

  /** Null for a question that is not understood: the venue then does not understand the frame. */
  #infoResponse(payload: unknown): string | null {
    const answer = this.#info(payload);
    if (answer.status === 422) return null;
    if (answer.status !== 200) return failure(answer.status);
    return `{"type":"info","payload":{"type":${JSON.stringify(typeOf(payload))},"data":${answer.text}}}`;
  }

  #info(body: unknown): HttpReply {
    const type = typeOf(body) ?? "";
    if (this.#ip?.take(infoWeight(type), this.nowUs) === false) return TOO_MANY;
    const { reply, itemCount } = answerQuestion(this.#view, body);
    this.#ip?.charge(answerWeight(type, itemCount), this.nowUs);
    return reply;
  }

  #action(body: unknown, isWeighed: boolean, reply: (answer: HttpReply) => void): void {
    this.#actionCount += 1;
    const envelope = readEnvelope(body);
    const items = envelope === null ? 0 : itemCountOf(envelope.action);
    if (isWeighed && this.#ip?.take(actionWeight(items), this.nowUs) === false) reply(TOO_MANY);
    else if (envelope === null) reply(UNREADABLE);
    else this.#submit(envelope, (answer) => reply(jsonReply(JSON.stringify(answer))));
  }

  #submit(envelope: Envelope, onReply: (reply: ActionReply) => void): void {
    const refusal = this.#mismatch(envelope);
    if (refusal !== null) {
      onReply({ status: "err", response: refusal });
      return;
    }
    const signed = this.signatures.read(envelope, (address) => this.#isKnown(address));
    if (signed === null) {
      onReply({ status: "err", response: UNRECOVERABLE_SIGNER });
      return;
    }
    const { action, nonce, expiresAfter, vaultAddress } = envelope;
    this.venue.submit({
      signer: signed.signer,
      vault: actsForVault(action) ? vaultAddress : null,
      nonce,
      expiresAfterMs: isUserSigned(action) ? null : expiresAfter,
      action,
      hash: signed.hash,
      onReply,
    });
  }

  /** A user-signed action says its nonce and its network itself: they must be those of the envelope and of the venue. Wording is ours. */
  #mismatch({ action, nonce }: Envelope): string | null {
    if (!("hyperliquidChain" in action)) return null;
    const { chain } = this.venue.spec;
    if (action.hyperliquidChain !== chain) return `Invalid hyperliquidChain: expected ${chain}.`;
    const own = "time" in action ? action.time : action.nonce;
    return own === nonce ? null : `Invalid nonce: ${nonce} is not the action's ${own}`;
  }

  #isKnown(address: string): boolean {
    return this.venue.find(address)?.exists === true || this.venue.admission.agents.isAgent(address, this.venue.nowMs);
  }
}

/** Ends silent connections at the end of each block, after what the block had to say. */
class IdleWatch {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  onTrade(): void {}
  onFill(): void {}
  onOrder(): void {}
  onNonUserCancel(): void {}
  onFunding(): void {}
  onLedger(): void {}
  onLiquidation(): void {}
  onBlock(): void {
    if (this.#connections.clientCount > 0) this.#connections.dropIdle();
  }
}

/** The value of a text in JSON; undefined for what is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(status: number): string {
  const known = status === 422 || status === 429 ? status : 500;
  return JSON.stringify({ type: "error", payload: postFailureText(known) });
}
