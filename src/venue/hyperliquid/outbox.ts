/**
 * Actions that wait to be signed, and which of them is next.
 * @module
 */
import { ACTION } from "../../core/frame.ts";
import type { Batch } from "./batch.ts";

/** First come, first served, but cancels pass what is about other markets: within a market what was decided first is asked for first. */
export class Outbox {
  #batches: Batch[] = [];

  get length(): number {
    return this.#batches.length;
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
  }

  /** The next action, which stays. */
  peek(): Batch | null {
    return this.#batches[this.#nextIndex()] ?? null;
  }

  /** Takes out what `peek` showed. */
  take(): Batch | null {
    return this.#batches.splice(this.#nextIndex(), 1)[0] ?? null;
  }

  /** Takes out everything that is not a cancel. */
  takeOthers(): Batch[] {
    const others = this.#batches.filter((batch) => batch.kind !== ACTION.cancel);
    this.#batches = this.#batches.filter((batch) => batch.kind === ACTION.cancel);
    return others;
  }

  #nextIndex(): number {
    const index = this.#batches.findIndex((batch, i) => batch.kind === ACTION.cancel && this.#mayPass(batch, i));
    return Math.max(0, index);
  }

  /** Whether no action before it is about one of its markets: a cancel may be about the order that such an action places. */
  #mayPass(batch: Batch, index: number): boolean {
    const markets = new Set(batch.requests.map((request) => request.market));
    for (let i = 0; i < index; i++) {
      if ((this.#batches[i] as Batch).requests.some((request) => markets.has(request.market))) return false;
    }
    return true;
  }
}
