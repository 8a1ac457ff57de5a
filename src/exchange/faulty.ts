/**
 * The way to the local exchange, spoilt by plan: late, lost, doubled, swapped and refused messages, and connections that end.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import type { FaultPlan, FaultRule } from "../sim/fault.ts";
import type { Door } from "./door.ts";
import { Lane } from "./lane.ts";
import type { Connection, HttpReply, Wire } from "./wire.ts";

const METHOD = /"method"\s*:\s*"(\w+)"/;
const CHANNEL = /^\{"channel":"(\w+)"/;
/** Reason phrases of the statuses that a plan may ask for; the venue's socket puts them into words. */
const REASON: Readonly<Record<number, string>> = {
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

const statusText = (status: number): string => `${status} ${REASON[status] ?? "Error"}`;
/** The venue's own error statuses carry a bare `null` (measured, September 2026). */
const statusReply = (status: number): HttpReply => ({ status, contentType: "application/json", text: "null" });

interface Late {
  dueUs: TimeUs;
  run(): void;
}

/** A door before a door. Without rules it passes everything at once; what it delays it lets go in `tick`, which each block calls. */
export class FaultyDoor implements Door {
  readonly #door: Door;
  readonly #plan: FaultPlan;
  readonly #nowUs: () => TimeUs;
  readonly #connections = new Set<FaultyConnection>();
  #late: Late[] = [];
  /** A request and a reply that wait for the next one to pass. */
  readonly #held: { in: (() => void) | null; out: (() => void) | null } = { in: null, out: null };

  /** @param nowUs Venue time. */
  constructor(door: Door, plan: FaultPlan, nowUs: () => TimeUs) {
    this.#door = door;
    this.#plan = plan;
    this.#nowUs = nowUs;
  }

  get clientCount(): number {
    return this.#connections.size;
  }

  post(path: string, body: string, reply: (reply: HttpReply) => void): void {
    const fault = this.#plan.strike("in", path);
    if (fault?.kind === "drop") return;
    if (fault?.kind === "status") {
      reply(statusReply(fault.status));
      return;
    }
    const forward = (): void => this.#door.post(path, body, (answer) => this.#answer(path, answer, reply));
    this.#pass("in", forward, fault);
    // The second copy's answer goes nowhere: its request had one connection, which has its answer.
    if (fault?.kind === "duplicate") this.#door.post(path, body, () => {});
  }

  open(wire: Wire): Connection {
    const connection = new FaultyConnection(wire, this.#plan, this.#nowUs, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    connection.attach(this.#door);
    return connection;
  }

  /** Lets go what is due. */
  tick(): void {
    const nowUs = this.#nowUs();
    if (this.#late.length > 0) {
      const due = this.#late.filter((late) => late.dueUs <= nowUs);
      this.#late = this.#late.filter((late) => late.dueUs > nowUs);
      for (const late of due.sort((a, b) => a.dueUs - b.dueUs)) late.run();
    }
    for (const connection of this.#connections) if (!connection.isIdle) connection.release(nowUs);
  }

  /** Ends every connection without a word; returns how many. */
  disconnect(): number {
    const all = [...this.#connections];
    for (const connection of all) connection.drop();
    return all.length;
  }

  #answer(path: string, answer: HttpReply, reply: (reply: HttpReply) => void): void {
    const fault = this.#plan.strike("out", path);
    if (fault?.kind === "drop") return;
    const sent = fault?.kind === "status" ? statusReply(fault.status) : answer;
    this.#pass("out", () => reply(sent), fault);
  }

  /** Runs a request or a reply: now, late, or behind the next one. */
  #pass(direction: "in" | "out", run: () => void, fault: FaultRule | null): void {
    const held = this.#held[direction];
    if (fault?.kind === "reorder" && held === null) {
      this.#held[direction] = run;
      return;
    }
    this.#held[direction] = null;
    if (fault?.kind === "delay") this.#late.push({ dueUs: this.#nowUs() + fault.ms * US_PER_MS, run });
    else run();
    held?.();
  }
}

/** One connection with a lane for each direction. */
class FaultyConnection implements Connection {
  readonly #wire: Wire;
  readonly #plan: FaultPlan;
  readonly #nowUs: () => TimeUs;
  readonly #onEnd: () => void;
  readonly #in: Lane;
  readonly #out: Lane;
  #inner: Connection | null = null;
  #ended = false;

  constructor(wire: Wire, plan: FaultPlan, nowUs: () => TimeUs, onEnd: () => void) {
    this.#wire = wire;
    this.#plan = plan;
    this.#nowUs = nowUs;
    this.#onEnd = onEnd;
    this.#in = new Lane((text) => {
      if (!this.#ended) this.#inner?.onMessage(text);
    });
    this.#out = new Lane((text) => {
      if (!this.#ended) wire.send(text);
    });
  }

  get isIdle(): boolean {
    return this.#in.isIdle && this.#out.isIdle;
  }

  attach(door: Door): void {
    this.#inner = door.open({ send: (text) => this.#send(text), drop: () => this.drop() });
  }

  onMessage(text: string): void {
    const fault = this.#strike("in", () => METHOD.exec(text)?.[1] ?? "");
    if (fault?.kind === "disconnect") this.drop();
    else if (fault?.kind === "status" && isJson(text)) this.#wire.send(refusedPost(text, fault.status));
    else this.#in.push(text, fault, this.#nowUs());
  }

  onClose(): void {
    if (this.#end()) this.#inner?.onClose();
  }

  release(nowUs: TimeUs): void {
    this.#in.release(nowUs);
    this.#out.release(nowUs);
  }

  /** The connection ends without a word. */
  drop(): void {
    if (!this.#end()) return;
    this.#inner?.onClose();
    this.#wire.drop();
  }

  #send(text: string): void {
    const fault = this.#strike("out", () => CHANNEL.exec(text)?.[1] ?? "");
    if (fault?.kind === "disconnect") this.drop();
    else if (fault?.kind === "status") this.#out.push(refusedPost(text, fault.status), null, this.#nowUs());
    else this.#out.push(text, fault, this.#nowUs());
  }

  #strike(direction: "in" | "out", name: () => string): FaultRule | null {
    return this.#plan.ruleCount === 0 ? null : this.#plan.strike(direction, name());
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#in.clear();
    this.#out.clear();
    this.#onEnd();
    return true;
  }
}

/** Whether a frame can be refused as a post; what only looks like one goes on to the venue, which says so. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The answer of the socket's `post` channel to a request, or in place of a reply, that was refused with a status. */
function refusedPost(text: string, status: number): string {
  const { id, data } = JSON.parse(text) as { id?: unknown; data?: { id?: unknown } };
  return JSON.stringify({
    channel: "post",
    data: { id: id ?? data?.id ?? null, response: { type: "error", payload: statusText(status) } },
  });
}
