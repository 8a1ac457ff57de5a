/**
 * One direction of one connection: messages in their order, some of them late or out of place.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import type { FaultRule } from "../sim/fault.ts";

interface Waiting {
  dueUs: TimeUs;
  text: string;
}

/** Carries messages to `deliver`. A delayed one holds back those after it, as a connection does; a reordered one lets the next one pass. */
export class Lane {
  readonly #deliver: (text: string) => void;
  readonly #queue: Waiting[] = [];
  #held: string | null = null;

  constructor(deliver: (text: string) => void) {
    this.#deliver = deliver;
  }

  /** Whether nothing waits for the time. */
  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** Takes a message with the fault that struck it, or none. Disconnects and statuses are the connection's business. */
  push(text: string, fault: FaultRule | null, nowUs: TimeUs): void {
    if (fault?.kind === "drop") return;
    if (fault?.kind === "reorder" && this.#held === null) {
      this.#held = text;
      return;
    }
    const dueUs = fault?.kind === "delay" ? nowUs + fault.ms * US_PER_MS : nowUs;
    this.#put(text, dueUs, nowUs);
    if (fault?.kind === "duplicate") this.#put(text, dueUs, nowUs);
    if (this.#held === null) return;
    const late = this.#held;
    this.#held = null;
    this.#put(late, dueUs, nowUs);
  }

  /** Delivers what is due. */
  release(nowUs: TimeUs): void {
    while (this.#queue.length > 0 && (this.#queue[0] as Waiting).dueUs <= nowUs)
      this.#deliver((this.#queue.shift() as Waiting).text);
  }

  /** Forgets what waits: the connection is gone. */
  clear(): void {
    this.#queue.length = 0;
    this.#held = null;
  }

  #put(text: string, dueUs: TimeUs, nowUs: TimeUs): void {
    // Behind something that waits it waits too, and then for its own time.
    if (this.#queue.length === 0 && dueUs <= nowUs) this.#deliver(text);
    else this.#queue.push({ text, dueUs });
  }
}
