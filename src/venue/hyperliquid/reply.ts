/**
 * The venue's answers to actions, read item by item: what is known of each request afterwards, and what is not.
 * @module
 */
import { ACTION, ORDER_STATUS } from "../../core/frame.ts";
import { REASON, type Reason } from "../../core/reason.ts";
import type { Reply } from "../../io/net.ts";
import { isKnownRefusal, isUnknownSigner, MODIFY_PLACE_START, reasonOf } from "../../wire/hyperliquid/refusal.ts";
import type { GatewayProblem } from "./trading.ts";

/** What became of one request. */
export interface ItemOutcome {
  /** One of ORDER_STATUS; `timed_out` where the answer does not say what became of it. */
  status: number;
  reason: Reason;
  /** 0 where the answer has none. */
  oid: number;
  /** Size that was executed, as the venue writes it; "" for nothing. */
  filledText: string;
  /** The venue's words where it refused. */
  text: string;
}

/** What became of an action. */
export interface Outcome {
  /** One for each request, in their order. */
  items: readonly ItemOutcome[];
  problem: GatewayProblem | null;
  /** The network address has asked too much: nothing was executed, and the way is better left alone for a while. */
  isLimited: boolean;
}

/** Characters of a raw answer that a problem quotes. */
const RAW_MAX = 300;

type Kind = GatewayProblem["kind"];

const outcome = (items: readonly ItemOutcome[], problem: GatewayProblem | null = null): Outcome => ({
  items,
  problem,
  isLimited: false,
});

const item = (status: number, reason: Reason, text: string): ItemOutcome => ({
  status,
  reason,
  oid: 0,
  filledText: "",
  text,
});

const repeat = (count: number, one: ItemOutcome): ItemOutcome[] => Array.from({ length: count }, () => one);

function problemOf(kind: Kind, words: string, raw: string, isFatal = false): GatewayProblem {
  return { kind, text: `${words}: ${raw.slice(0, RAW_MAX)}`, isFatal };
}

/** Nobody knows what became of these requests: they must be asked for. */
export function unknownFate(count: number, text: string, problem: GatewayProblem | null = null): Outcome {
  return outcome(repeat(count, item(ORDER_STATUS.timed_out, REASON.no_answer, text)), problem);
}

/** The action never reached the venue's books, for sure: nothing was executed and what stood there stands. */
export function notExecuted(
  count: number,
  reason: Reason,
  text: string,
  problem: GatewayProblem | null = null,
): Outcome {
  return outcome(repeat(count, item(ORDER_STATUS.refused, reason, text)), problem);
}

/**
 * Reads an HTTP answer. Only a 200 says what became of an action, and a 429 that nothing did: any other status may come from in front of the
 * venue or from behind, before or after the action was executed.
 * @param kind One of ACTION: what each of the `count` requests asked for.
 */
export function readHttp(kind: number, count: number, reply: Reply): Outcome {
  if (reply.status === 429) return limited(count, reply.text);
  if (reply.status !== 200) {
    const text = `the venue answers ${reply.status}`;
    return unknownFate(count, text, problemOf("http", text, reply.text));
  }
  let payload: unknown;
  try {
    payload = JSON.parse(reply.text);
  } catch {
    return unreadable(count, "an answer is no JSON", reply.text);
  }
  return readAnswer(kind, count, payload);
}

/** Reads what stands in the place of an answer where a post failed: an HTTP status in words. */
export function readFailure(count: number, payload: unknown): Outcome {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload ?? null);
  if (text.startsWith("429")) return limited(count, text);
  return unknownFate(count, `a post failed with ${text.slice(0, RAW_MAX)}`, problemOf("http", "a post failed", text));
}

/** Reads the answer to an action. */
export function readAnswer(kind: number, count: number, payload: unknown): Outcome {
  const { status, response } = (payload ?? {}) as { status?: unknown; response?: unknown };
  if (status === "err" && typeof response === "string") return readRefusal(kind, count, response);
  const { type, data } = (response ?? {}) as { type?: unknown; data?: { statuses?: unknown } };
  const statuses = data?.statuses;
  const isAbout = type === (kind === ACTION.cancel ? "cancel" : "order");
  if (status !== "ok" || !isAbout || !Array.isArray(statuses))
    return unreadable(count, "an answer is not understood", payload);
  // A batch that fails before its orders are looked at has one error for all.
  const [first] = statuses;
  const isShared = statuses.length === 1 && count > 1 && typeof errorOf(first) === "string";
  if (!isShared && statuses.length !== count) {
    return unreadable(count, `an answer has ${statuses.length} statuses for ${count} requests`, payload);
  }
  const items = Array.from({ length: count }, (_, i) => readItem(kind, isShared ? first : statuses[i]));
  const strange = items.find((one) => one.status === ORDER_STATUS.timed_out);
  const problem = strange === undefined ? null : problemOf("unreadable", "a status is not understood", strange.text);
  return outcome(items, problem);
}

/** One item of `statuses`. */
function readItem(kind: number, status: unknown): ItemOutcome {
  const error = errorOf(status);
  if (error !== null) return readError(kind, error);
  if (kind === ACTION.cancel) {
    return status === "success" ? item(ORDER_STATUS.cancelled, REASON.none, "") : unknownItem(status);
  }
  const { resting, filled } = (typeof status === "object" && status !== null ? status : {}) as {
    resting?: { oid?: unknown };
    filled?: { oid?: unknown; totalSz?: unknown };
  };
  if (isOid(resting?.oid)) return { ...item(ORDER_STATUS.resting, REASON.none, ""), oid: resting.oid };
  if (isOid(filled?.oid) && typeof filled.totalSz === "string") {
    return { ...item(ORDER_STATUS.filled, REASON.none, ""), oid: filled.oid, filledText: filled.totalSz };
  }
  // Waiting for a trigger or for another order's fill: nothing that we ask for does. It is at the venue, under a number that is not said.
  return unknownItem(status);
}

/** The venue looked at this request and said no. */
function readError(kind: number, text: string): ItemOutcome {
  const reason = reasonOf(text);
  // These say the same wherever they stand: nothing was executed.
  if (reason === REASON.too_many_requests) return item(ORDER_STATUS.refused, reason, text);
  if (reason === REASON.expired) return expired(kind, text);
  if (kind === ACTION.place) return item(ORDER_STATUS.rejected, reason, text);
  if (reason === REASON.missing_order) return item(ORDER_STATUS.missing, reason, text);
  if (kind === ACTION.modify && text.startsWith(MODIFY_PLACE_START)) return item(ORDER_STATUS.rejected, reason, text);
  // The order that a modify or a cancel is about stands, or does not: the text says neither.
  return item(ORDER_STATUS.timed_out, reason, text);
}

/** One text for a whole action. */
function readRefusal(kind: number, count: number, text: string): Outcome {
  const reason = reasonOf(text);
  if (reason === REASON.too_many_requests) return notExecuted(count, reason, text);
  if (reason === REASON.expired) {
    return outcome(
      repeat(count, expired(kind, text)),
      problemOf("expired", "an action came too late, five requests are counted for it", text),
    );
  }
  if (isUnknownSigner(text)) {
    const problem = problemOf("signer", "the venue does not know whoever signs", text, true);
    return notExecuted(count, REASON.other_refusal, text, problem);
  }
  // A nonce that was used is that of this very action where something on the way sent it twice: the first may have been executed.
  if (text.startsWith("Invalid nonce: duplicate nonce"))
    return unknownFate(count, text, problemOf("nonce", "a nonce was used before", text));
  if (text.startsWith("Invalid nonce")) {
    return notExecuted(count, REASON.other_refusal, text, problemOf("nonce", "a nonce is refused", text));
  }
  if (!isKnownRefusal(text)) return unknownFate(count, text, problemOf("other", "a refusal is not known", text));
  // Refused before anything was looked at: the orders that modifies and cancels are about stand as they stood.
  const status = kind === ACTION.place ? ORDER_STATUS.rejected : ORDER_STATUS.refused;
  return outcome(repeat(count, item(status, reason, text)));
}

/** Nothing was executed: a place is rejected, and what a modify or cancel is about stands as it stood. */
function expired(kind: number, text: string): ItemOutcome {
  return item(kind === ACTION.place ? ORDER_STATUS.rejected : ORDER_STATUS.refused, REASON.expired, text);
}

function limited(count: number, raw: string): Outcome {
  const problem = problemOf("limit", "the network address has asked too much", raw);
  return { ...notExecuted(count, REASON.too_many_requests, "429 Too Many Requests", problem), isLimited: true };
}

function unreadable(count: number, words: string, raw: unknown): Outcome {
  const text = typeof raw === "string" ? raw : JSON.stringify(raw ?? null);
  return unknownFate(count, words, problemOf("unreadable", words, text));
}

function unknownItem(status: unknown): ItemOutcome {
  return item(ORDER_STATUS.timed_out, REASON.no_answer, JSON.stringify(status ?? null).slice(0, RAW_MAX));
}

function errorOf(status: unknown): string | null {
  if (typeof status !== "object" || status === null || !("error" in status)) return null;
  return typeof status.error === "string" ? status.error : null;
}

function isOid(oid: unknown): oid is number {
  return Number.isSafeInteger(oid) && (oid as number) > 0;
}

/** An answer that came over the socket. */
export interface PostReply {
  id: number;
  /** `action`, or `error` where the payload is a status in words. */
  type: string;
  payload: unknown;
}

/** Whether a message of the socket may be about a post: its answer, or an error. */
export function isAboutPosts(text: string): boolean {
  return text.startsWith('{"channel":"post"') || text.startsWith('{"channel":"error"');
}

/**
 * Reads such a message; null for what names no post of anybody. Too many posts at once is an error that names the post, and says that it was not
 * taken; a frame that was not understood comes back whole.
 */
export function readPost(text: string): PostReply | null {
  try {
    const { channel, data } = JSON.parse(text) as { channel?: unknown; data?: unknown };
    if (channel === "error" && typeof data === "string") return readPostError(data);
    const { id, response } = data as { id?: unknown; response?: { type?: unknown; payload?: unknown } };
    if (!Number.isSafeInteger(id)) return null;
    const type = typeof response?.type === "string" ? response.type : "";
    return { id: id as number, type, payload: response?.payload };
  } catch {
    return null;
  }
}

function readPostError(text: string): PostReply | null {
  const many = /^too many pending post requests id=(\d+)/.exec(text);
  if (many !== null) return { id: Number(many[1]), type: "error", payload: `429 ${text}` };
  const frame = /^Error parsing JSON into valid websocket request: \{"method":"post","id":(\d+)/.exec(text);
  return frame === null ? null : { id: Number(frame[1]), type: "error", payload: text.slice(0, RAW_MAX) };
}
