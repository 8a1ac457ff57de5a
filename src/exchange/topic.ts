/**
 * What is subscribed to once and told to many: its text is made once per block, however many listen.
 * @module
 */
import type { FundingPayment, LedgerEntry, LiquidationEvent, Trade, VenueFill } from "../sim/venue/events.ts";
import type { History } from "../sim/venue/history.ts";
import type { Order, OrderStatus } from "../sim/venue/order.ts";
import type { Venue } from "../sim/venue/venue.ts";
import type { Client } from "./connections.ts";

/** What there is to print. */
export interface View {
  readonly venue: Venue;
  readonly history: History;
}

/** Which of the shared push clocks strike in this block. */
export interface Tick {
  timeMs: number;
  fullBooks: boolean;
  fastBooks: boolean;
  second: boolean;
  mids: boolean;
  contexts: boolean;
  accounts: boolean;
}

/** A frame of a channel around data that is JSON already. */
export const frame = (channel: string, data: string): string => `{"channel":"${channel}","data":${data}}`;

/** A frame around a value. */
export const frameOf = (channel: string, data: unknown): string => frame(channel, JSON.stringify(data));

/** Hears the events of its market or user, and speaks at the end of the block. */
export abstract class Topic {
  readonly clients = new Set<Client>();
  protected readonly view: View;

  constructor(view: View) {
    this.view = view;
  }

  /** What a new subscriber is told at once, between blocks. */
  abstract snapshot(): string[];
  /** Adds to `out` what all subscribers are told at the end of a block. */
  abstract publish(tick: Tick, out: string[]): void;

  onTrade(_trade: Trade): void {}
  onFill(_fill: VenueFill): void {}
  onOrder(_order: Order, _status: OrderStatus, _lots: number): void {}
  onNonUserCancel(_order: Order): void {}
  onFunding(_payment: FundingPayment): void {}
  onLedger(_entry: LedgerEntry): void {}
  onLiquidation(_event: LiquidationEvent): void {}
}

/** A topic that has nothing to say here, but is acknowledged, and begins with what an empty list looks like. */
export class EmptyTopic extends Topic {
  readonly #frames: string[];

  constructor(view: View, frames: string[]) {
    super(view);
    this.#frames = frames;
  }

  snapshot(): string[] {
    return this.#frames;
  }
  publish(): void {}
}
