/**
 * Topics about what happened to one user: fills, payments, liquidations.
 * @module
 */
import { MICRO_PER_USD } from "../core/units.ts";
import type { FundingPayment, LedgerEntry, LiquidationEvent, VenueFill } from "../sim/venue/events.ts";
import type { Order } from "../sim/venue/order.ts";
import { RETAINED } from "../wire/hyperliquid/facts.ts";
import { formatFloat, formatLots, formatPlain } from "../wire/hyperliquid/format.ts";
import { printFunding, printLedger } from "./print_account.ts";
import { aggregateFills, printFill } from "./print_order.ts";
import { frameOf, type Tick, Topic, type View } from "./topic.ts";

/** `userFills`: the newest 2,000 first, then those of each block without the mark of a snapshot. */
export class FillsTopic extends Topic {
  readonly #user: string;
  readonly #aggregate: boolean;
  #fills: VenueFill[] = [];

  constructor(view: View, user: string, aggregate: boolean) {
    super(view);
    this.#user = user;
    this.#aggregate = aggregate;
  }

  snapshot(): string[] {
    return [
      frameOf("userFills", {
        isSnapshot: true,
        user: this.#user,
        fills: this.#print(newestFills(this.view, this.#user)),
      }),
    ];
  }

  override onFill(fill: VenueFill): void {
    this.#fills.push({ ...fill });
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#fills.length === 0) return;
    out.push(frameOf("userFills", { user: this.#user, fills: this.#print(this.#fills) }));
    this.#fills = [];
  }

  #print(fills: readonly VenueFill[]): object[] {
    const { tokens } = this.view.venue.spec;
    return this.#aggregate ? aggregateFills(fills, tokens) : fills.map((fill) => printFill(fill, tokens));
  }
}

/** The newest 2,000 fills of a user, newest first. */
export const newestFills = (view: View, user: string): VenueFill[] =>
  view.history.account(view.venue.find(user)).fills.slice(-RETAINED.answerMax).reverse();

/** `userEvents`, channel `user`: objects of one key, one frame each. Nothing before the first. */
export class EventsTopic extends Topic {
  #fills: object[] = [];
  #cancels: object[] = [];
  #others: object[] = [];

  snapshot(): string[] {
    return [];
  }

  override onFill(fill: VenueFill): void {
    this.#fills.push(printFill(fill, this.view.venue.spec.tokens));
  }
  override onNonUserCancel(order: Order): void {
    this.#cancels.push({ coin: order.market.coin, oid: order.oid });
  }
  override onFunding(payment: FundingPayment): void {
    this.#others.push({ funding: printFunding(payment) });
  }
  override onLiquidation(event: LiquidationEvent): void {
    this.#others.push({
      liquidation: {
        lid: event.lid,
        liquidator: event.liquidator,
        liquidated_user: event.account.address,
        liquidated_ntl_pos: formatFloat(event.notionalUsd / MICRO_PER_USD),
        liquidated_account_value: formatFloat(event.accountValueUsd / MICRO_PER_USD),
      },
    });
  }

  publish(_tick: Tick, out: string[]): void {
    for (const event of this.#others) out.push(frameOf("user", event));
    if (this.#fills.length > 0) out.push(frameOf("user", { fills: this.#fills }));
    if (this.#cancels.length > 0) out.push(frameOf("user", { nonUserCancel: this.#cancels }));
    this.#fills = [];
    this.#cancels = [];
    this.#others = [];
  }
}

/** `userFundings`: what was paid before, then each hour's. */
export class FundingsTopic extends Topic {
  readonly #user: string;
  #fundings: object[] = [];

  constructor(view: View, user: string) {
    super(view);
    this.#user = user;
  }

  snapshot(): string[] {
    const { fundings } = this.view.history.account(this.view.venue.find(this.#user));
    const newest = fundings.slice(-RETAINED.rangeMax).reverse().map(printFunding);
    return [frameOf("userFundings", { isSnapshot: true, user: this.#user, fundings: newest })];
  }

  override onFunding(payment: FundingPayment): void {
    this.#fundings.push(printFunding(payment));
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#fundings.length === 0) return;
    out.push(frameOf("userFundings", { user: this.#user, fundings: this.#fundings }));
    this.#fundings = [];
  }
}

/** `userNonFundingLedgerUpdates`; each funding payment brings an empty frame (captured, October 2026). */
export class LedgerTopic extends Topic {
  readonly #user: string;
  #entries: object[] = [];
  #isTold = true;

  constructor(view: View, user: string) {
    super(view);
    this.#user = user;
  }

  snapshot(): string[] {
    const { ledger } = this.view.history.account(this.view.venue.find(this.#user));
    const nonFundingLedgerUpdates = ledger.slice(-RETAINED.rangeMax).reverse().map(printLedger);
    return [frameOf("userNonFundingLedgerUpdates", { isSnapshot: true, user: this.#user, nonFundingLedgerUpdates })];
  }

  override onLedger(entry: LedgerEntry): void {
    this.#entries.push(printLedger(entry));
    this.#isTold = false;
  }
  override onFunding(): void {
    this.#isTold = false;
  }

  publish(_tick: Tick, out: string[]): void {
    if (this.#isTold) return;
    this.#isTold = true;
    out.push(frameOf("userNonFundingLedgerUpdates", { user: this.#user, nonFundingLedgerUpdates: this.#entries }));
    this.#entries = [];
  }
}

/** `notification`: a line for each fill of a resting order. */
export class NotificationTopic extends Topic {
  #lines: string[] = [];

  snapshot(): string[] {
    return [];
  }

  override onFill(fill: VenueFill): void {
    if (fill.crossed) return;
    const { market } = fill;
    const size = formatLots(fill.lots, market.szDecimals);
    const verb = fill.side > 0 ? "Bought" : "Sold";
    this.#lines.push(
      `Resting order filled: ${verb} ${size} ${market.coin} at $${formatPlain(fill.px, market.pxDecimals)}`,
    );
  }

  publish(_tick: Tick, out: string[]): void {
    for (const notification of this.#lines) out.push(frameOf("notification", { notification }));
    this.#lines = [];
  }
}
