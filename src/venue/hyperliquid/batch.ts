/**
 * Requests in company: the intents of one decision as few actions, each of which costs one signature.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { ACTION, BUY, F, INTENT } from "../../core/frame.ts";
import type { Lots, Px, TimeUs } from "../../core/units.ts";
import { PERP_DECIMALS } from "../../core/units.ts";
import type { L1Action, WireOrder } from "../../wire/hyperliquid/action.ts";
import { cloidText, type RunNumber } from "../../wire/hyperliquid/cloid.ts";
import { EXCHANGE_ITEMS_PER_WEIGHT } from "../../wire/hyperliquid/facts.ts";
import { formatPlain } from "../../wire/hyperliquid/format.ts";
import type { TradedMarket } from "./trading.ts";

/** Items of one action: one more would weigh double at the limit of the network address. The venue takes 200. */
export const ITEMS_MAX = EXCHANGE_ITEMS_PER_WEIGHT - 1;

/** One intent, out of its frame. */
export interface Request {
  market: TradedMarket;
  /** One of ACTION. */
  action: number;
  cloid: number;
  targetCloid: number;
  side: number;
  px: Px;
  lots: Lots;
  reduceOnly: boolean;
  decidedUs: TimeUs;
}

/** Some requests of one kind and their action. */
export interface Batch {
  /** One of ACTION. */
  kind: number;
  requests: readonly Request[];
  action: L1Action;
  /** When the oldest of them was decided. */
  decidedUs: TimeUs;
}

/** Reads an intent frame. */
export function requestOf(data: Float64Array, at: number, markets: readonly TradedMarket[]): Request {
  const index = data[at + F.market] as number;
  const market = markets.find((one) => one.market === index);
  assert(market !== undefined, "batch: an intent is about a market that is traded");
  return {
    market,
    action: data[at + INTENT.action] as number,
    cloid: data[at + INTENT.cloid] as number,
    targetCloid: data[at + INTENT.targetCloid] as number,
    side: data[at + INTENT.side] as number,
    px: data[at + INTENT.px] as Px,
    lots: data[at + INTENT.lots] as Lots,
    reduceOnly: data[at + INTENT.reduceOnly] === 1,
    decidedUs: data[at + F.timeUs] as TimeUs,
  };
}

/** A cancel that no frame asks for. */
export function cancelRequest(market: TradedMarket, cloid: number, nowUs: TimeUs): Request {
  const nothing = { side: 0, px: 0, lots: 0, reduceOnly: false };
  return { market, action: ACTION.cancel, cloid, targetCloid: cloid, ...nothing, decidedUs: nowUs };
}

/** Ids as the venue takes them: the venue's own number where it is known, else our client id. */
export class OrderIds {
  readonly #run: RunNumber;
  readonly #oids = new Map<number, number>();

  constructor(run: RunNumber) {
    this.#run = run;
  }

  /** The venue's number of an order, 0 where it is not known. A negative counter is minus that number. */
  oidOf(cloid: number): number {
    return cloid < 0 ? -cloid : (this.#oids.get(cloid) ?? 0);
  }

  /** The venue said which number an order has. The oldest is forgotten when there are too many: its client id serves as well. */
  learn(cloid: number, oid: number): void {
    if (cloid <= 0 || oid <= 0) return;
    if (this.#oids.size >= ORDERS_MAX) this.#oids.delete(this.#oids.keys().next().value as number);
    this.#oids.set(cloid, oid);
  }

  forget(cloid: number): void {
    this.#oids.delete(cloid);
  }

  textOf(cloid: number): string {
    assert(cloid > 0, "batch: an order without our client id is named by the venue's");
    return cloidText(this.#run, cloid);
  }
}

/** More than the venue lets an account have open (1,000 to 5,000). */
const ORDERS_MAX = 8_192;

/**
 * Groups the requests of one decision: cancels, then places, then modifies, each in the order of their decision.
 *
 * Cancels name the venue's ids where all are known, else ours where all have one, so that a decision's cancels are nearly always one action. All
 * orders are post-only and no action mixes them with others: the venue executes such actions before those that may take.
 */
export function batchesOf(requests: readonly Request[], ids: OrderIds): Batch[] {
  const of = (kind: number): Request[] => requests.filter((request) => request.action === kind);
  return [
    ...cancelGroups(of(ACTION.cancel), ids)
      .flatMap(chunks)
      .map((group) => batchOf(ACTION.cancel, group, cancelOf(group, ids))),
    ...chunks(of(ACTION.place)).map((group) => batchOf(ACTION.place, group, placeOf(group, ids))),
    ...chunks(of(ACTION.modify)).map((group) => batchOf(ACTION.modify, group, modifyOf(group, ids))),
  ];
}

function batchOf(kind: number, requests: readonly Request[], action: L1Action): Batch {
  return { kind, requests, action, decidedUs: Math.min(...requests.map((request) => request.decidedUs)) };
}

function cancelGroups(cancels: readonly Request[], ids: OrderIds): Request[][] {
  const unnumbered = cancels.filter((request) => ids.oidOf(request.targetCloid) === 0);
  if (unnumbered.length === 0 || cancels.every((request) => request.targetCloid > 0)) return [[...cancels]];
  return [cancels.filter((request) => !unnumbered.includes(request)), unnumbered];
}

function chunks(requests: readonly Request[]): Request[][] {
  const found: Request[][] = [];
  for (let i = 0; i < requests.length; i += ITEMS_MAX) found.push(requests.slice(i, i + ITEMS_MAX));
  return found;
}

function cancelOf(requests: readonly Request[], ids: OrderIds): L1Action {
  if (requests.every((request) => ids.oidOf(request.targetCloid) > 0)) {
    const cancels = requests.map((request) => ({ a: request.market.assetId, o: ids.oidOf(request.targetCloid) }));
    return { type: "cancel", cancels, f: true };
  }
  const cancels = requests.map((request) => ({
    asset: request.market.assetId,
    cloid: ids.textOf(request.targetCloid),
  }));
  return { type: "cancelByCloid", cancels, f: true };
}

function placeOf(requests: readonly Request[], ids: OrderIds): L1Action {
  return { type: "order", orders: requests.map((request) => wireOf(request, ids)), grouping: "na" };
}

function modifyOf(requests: readonly Request[], ids: OrderIds): L1Action {
  const modifies = requests.map((request) => {
    const oid = ids.oidOf(request.targetCloid);
    return { oid: oid > 0 ? oid : ids.textOf(request.targetCloid), order: wireOf(request, ids) };
  });
  return { type: "batchModify", modifies };
}

function wireOf(request: Request, ids: OrderIds): WireOrder {
  const { assetId, szDecimals } = request.market;
  return {
    a: assetId,
    b: request.side === BUY,
    p: formatPlain(request.px, PERP_DECIMALS - szDecimals),
    s: formatPlain(request.lots, szDecimals),
    r: request.reduceOnly,
    t: { limit: { tif: "Alo" } },
    c: ids.textOf(request.cloid),
  };
}
