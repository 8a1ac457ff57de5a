/**
 * What the venue has told of each own order: whose it is, how much of it has filled, whether it has ended.
 * @module
 */
import type { Lots } from "../../core/units.ts";
import type { OrderFact } from "../../wire/hyperliquid/account_facts.ts";

/** One order of the account, by the venue's id. */
export interface OwnOrder {
  /** Our counter; 0 while no client id of this run is known. */
  counter: number;
  /** Of the fills that were told. */
  filledLots: Lots;
  hasEnded: boolean;
  /** The core has it in a slot though it does not carry one of our ids. */
  isAdopted: boolean;
}

/** Orders remembered: as many as the venue answers for (2,000) four times over. Those that rest are kept before others. */
const ORDERS_MAX = 8_192;
/** Orders looked at to find one that has ended: two markets' slots. */
const LOOKS_MAX = 64;
/** Orders of others that are listed; there can be 5,000. */
const STRANGERS_MAX = 1_000;

/** The account's orders as far as they were told. */
export class OwnOrders {
  /** Open and no business of this run: of other coins, triggers, placed by hand. By order id. */
  readonly strangers = new Map<number, OrderFact>();
  readonly #orders = new Map<number, OwnOrder>();
  // A ring of their ids beside the map: its oldest entry is slow to find once thousands before it were deleted.
  readonly #ring: number[] = [];
  #next = 0;

  of(oid: number): OwnOrder {
    const known = this.#orders.get(oid);
    if (known !== undefined) return known;
    const order = { counter: 0, filledLots: 0, hasEnded: false, isAdopted: false };
    if (this.#orders.size === ORDERS_MAX) this.#forget();
    this.#orders.set(oid, order);
    this.#ring[this.#next] = oid;
    this.#next = (this.#next + 1) % ORDERS_MAX;
    return order;
  }

  find(oid: number): OwnOrder | null {
    return this.#orders.get(oid) ?? null;
  }

  note(fact: OrderFact, hasEnded: boolean): void {
    if (hasEnded) this.strangers.delete(fact.oid);
    else if (this.strangers.size < STRANGERS_MAX || this.strangers.has(fact.oid)) {
      // A list that knows triggers does not lose to an update that does not.
      const isTrigger = fact.isTrigger || this.strangers.get(fact.oid)?.isTrigger === true;
      this.strangers.set(fact.oid, { ...fact, isTrigger });
    }
  }

  /** Drops the oldest that has ended, of those looked at; its place in the ring is the next to be taken. */
  #forget(): void {
    for (let i = 0; i < LOOKS_MAX; i++) {
      if (this.#orders.get(this.#ring[this.#next] as number)?.hasEnded === true) break;
      this.#next = (this.#next + 1) % ORDERS_MAX;
    }
    // Where none of so many has ended as far as we know, one goes whose end was never told.
    this.#orders.delete(this.#ring[this.#next] as number);
  }
}
