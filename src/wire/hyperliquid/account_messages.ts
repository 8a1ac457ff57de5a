/**
 * The texts of the account's channels, and the answers to questions about the account, as facts in the core's units.
 * @module
 */
import type { z } from "zod";
import { BUY, SELL } from "../../core/frame.ts";
import { type MicroUsd, PERP_DECIMALS, parseScaled, pow10, US_PER_MS } from "../../core/units.ts";
import type {
  AccountFact,
  AccountMessage,
  DexStateFact,
  FillFact,
  FundingFact,
  LiquidationFact,
  OrderFact,
  PositionFact,
  VenueCancelFact,
} from "./account_facts.ts";
import type { CodecMarket } from "./codec.ts";
import { pushSchema } from "./schema.ts";
import {
  clearinghouseSchema,
  dexStateSchema,
  dexStatesSchema,
  fillSchema,
  fundingDeltaSchema,
  fundingSchema,
  liquidationSchema,
  listSchema,
  nonUserCancelSchema,
  openOrdersSchema,
  orderSchema,
  orderStatusSchema,
  statusedSchema,
  userEventSchema,
  userFillsSchema,
  userFundingsSchema,
} from "./schema_account.ts";

/** Channels of an account. `notification` says in words what `userFills` says in numbers. */
const CHANNELS = new Set([
  "orderUpdates",
  "userFills",
  "user",
  "userFundings",
  "openOrders",
  "clearinghouseState",
  "allDexsClearinghouseState",
  "notification",
]);
/** A double lies this near to the grid number that it stands for, in lots. */
const NEAR_LOTS = 1e-3;

/** Answer to `orderStatus`: the order with its status, or that the venue knows none; null where it is not understood. */
export type StatusAnswer = OrderFact | "unknown" | null;

/** What is read of a list: its elements, and what was wrong with the first that was refused. */
export interface Read<T> {
  facts: T[];
  problem: string;
}

/**
 * Reads what the venue says of one account. Exact: prices and sizes of followed markets lie on their grids or the element is refused and named.
 * Of other markets grid and index are not known: their lots and prices are NaN, everything else of them is read.
 */
export class AccountCodec {
  readonly #user: string;
  readonly #markets = new Map<string, CodecMarket>();

  constructor(user: string, markets: readonly CodecMarket[]) {
    this.#user = user.toLowerCase();
    for (const market of markets) this.#markets.set(market.coin, market);
  }

  /** Reads one push; null for one of no account channel. */
  readText(text: string): AccountMessage | null {
    let push: { channel: string; data?: unknown };
    try {
      push = pushSchema.parse(JSON.parse(text));
    } catch {
      return null;
    }
    return this.read(push.channel, push.data);
  }

  /** Reads the data of one push; null for that of no account channel. */
  read(channel: string, data: unknown): AccountMessage | null {
    if (!CHANNELS.has(channel)) return null;
    const message = { channel, isSnapshot: false, facts: [] as AccountFact[], problem: "" };
    switch (channel) {
      case "orderUpdates":
        return this.#with(message, listSchema, data, (list) => this.orderUpdates(list));
      case "userFills":
        return this.#with(message, userFillsSchema, data, ({ fills, isSnapshot }) => {
          message.isSnapshot = isSnapshot === true;
          return this.fills(fills);
        });
      case "userFundings":
        return this.#with(message, userFundingsSchema, data, ({ fundings, isSnapshot }) => {
          message.isSnapshot = isSnapshot === true;
          return this.#each(fundings, fundingSchema, (one) => this.#funding(one));
        });
      case "user":
        return this.#with(message, userEventSchema, data, (event) => this.#event(event));
      case "openOrders":
        return this.#with(message, openOrdersSchema, data, ({ orders }) => this.openOrders(orders));
      case "clearinghouseState":
        return this.#with(message, dexStateSchema, data, (one) => this.state(one.dex, one.clearinghouseState));
      case "allDexsClearinghouseState":
        return this.#with(message, dexStatesSchema, data, (all) =>
          joined(all.clearinghouseStates.map(([dex, state]) => this.state(dex, state))),
        );
      default:
        return message;
    }
  }

  /** Elements of `orderUpdates`. */
  orderUpdates(list: unknown): Read<OrderFact> {
    return this.#each(list, statusedSchema, (one) => this.#statused(one));
  }

  /** Fills, as every channel and answer has them. In the order given. */
  fills(list: unknown): Read<FillFact> {
    return this.#each(list, fillSchema, (one) => this.#fill(one));
  }

  /** Answer to `userFunding`. */
  fundings(list: unknown): Read<FundingFact> {
    return this.#each(list, fundingDeltaSchema, ({ time, delta }) => this.#funding({ time, ...delta }));
  }

  /** Answer to `openOrders` or `frontendOpenOrders`: all of them open. */
  openOrders(list: unknown): Read<OrderFact> {
    return this.#each(list, orderSchema, (order) =>
      this.#statused({ order, status: "open", statusTimestamp: order.timestamp }),
    );
  }

  /** Answer to `orderStatus`. The size in it is that of the last change of status: fills since then are not in it. */
  orderStatus(response: unknown): StatusAnswer {
    const parsed = orderStatusSchema.safeParse(response);
    if (!parsed.success) return null;
    if (parsed.data.status === "unknownOid") return "unknown";
    const fact = this.#statused(parsed.data.order);
    return typeof fact === "string" ? null : fact;
  }

  /** Answer to `clearinghouseState` about one dex. */
  state(dex: string, response: unknown): Read<DexStateFact> {
    return this.#each([response], clearinghouseSchema, (state) => {
      const positions: PositionFact[] = [];
      for (const { position } of state.assetPositions) {
        const fact = this.#position(position);
        if (typeof fact === "string") return fact;
        positions.push(fact);
      }
      return {
        kind: "dex_state",
        dex,
        accountValueUsd: microUsd(state.marginSummary.accountValue),
        rawUsd: microUsd(state.marginSummary.totalRawUsd),
        withdrawableUsd: microUsd(state.withdrawable),
        marginUsedUsd: microUsd(state.marginSummary.totalMarginUsed),
        positions,
        timeUs: state.time * US_PER_MS,
      };
    });
  }

  #event(event: z.infer<typeof userEventSchema>): Read<AccountFact> {
    const reads: Read<AccountFact>[] = [];
    if (event.fills !== undefined) reads.push(this.fills(event.fills));
    if (event.funding !== undefined)
      reads.push(this.#each([event.funding], fundingSchema, (one) => this.#funding(one)));
    if (event.nonUserCancel !== undefined)
      reads.push(
        this.#each(event.nonUserCancel, nonUserCancelSchema, ({ coin, oid }): VenueCancelFact => {
          return { kind: "venue_cancel", market: this.#marketOf(coin), coin, oid };
        }),
      );
    if (event.liquidation !== undefined)
      reads.push(
        this.#each([event.liquidation], liquidationSchema, (one): LiquidationFact => {
          const isOurs = one.liquidated_user.toLowerCase() === this.#user;
          return { kind: "liquidation", isOurs, accountValueUsd: microUsd(one.liquidated_account_value) };
        }),
      );
    return joined(reads);
  }

  #marketOf(coin: string): number {
    return this.#markets.get(coin)?.market ?? -1;
  }

  #fill(fill: z.infer<typeof fillSchema>): FillFact | string {
    const market = this.#markets.get(fill.coin);
    const px = pxOf(fill.px, market);
    const lots = lotsOf(fill.sz, market);
    const startLots = nearLotsOf(fill.startPosition, market);
    if (market !== undefined && !(px > 0 && lots > 0 && Number.isSafeInteger(startLots)))
      return `${fill.coin}: price ${fill.px}, size ${fill.sz} or position ${fill.startPosition} is not on its grid`;
    return {
      kind: "fill",
      market: market?.market ?? -1,
      coin: fill.coin,
      oid: fill.oid,
      cloid: fill.cloid ?? null,
      tid: fill.tid,
      side: fill.side === "B" ? BUY : SELL,
      px,
      lots,
      feeUsd: microUsd(fill.fee),
      crossed: fill.crossed,
      startLots,
      timeUs: fill.time * US_PER_MS,
      liquidated: fill.liquidation?.liquidatedUser.toLowerCase() === this.#user,
    };
  }

  #statused({ order, status, statusTimestamp }: z.infer<typeof statusedSchema>): OrderFact | string {
    const market = this.#markets.get(order.coin);
    const px = pxOf(order.limitPx, market);
    const leavesLots = lotsOf(order.sz, market);
    const origLots = lotsOf(order.origSz, market);
    if (market !== undefined && !(px >= 0 && leavesLots >= 0 && origLots >= 0))
      return `${order.coin}: price ${order.limitPx} or size ${order.sz} of ${order.origSz} is not on its grid`;
    return {
      kind: "order",
      market: market?.market ?? -1,
      coin: order.coin,
      oid: order.oid,
      cloid: order.cloid ?? null,
      status,
      side: order.side === "B" ? BUY : SELL,
      px,
      leavesLots,
      origLots,
      reduceOnly: order.reduceOnly === true,
      isTrigger: order.isTrigger === true,
      timeUs: statusTimestamp * US_PER_MS,
    };
  }

  #funding(one: z.infer<typeof fundingSchema>): FundingFact {
    const timeUs = one.time * US_PER_MS;
    return { kind: "funding", market: this.#marketOf(one.coin), coin: one.coin, usd: microUsd(one.usdc), timeUs };
  }

  #position(
    position: z.infer<typeof clearinghouseSchema>["assetPositions"][number]["position"],
  ): PositionFact | string {
    const market = this.#markets.get(position.coin);
    const lots = nearLotsOf(position.szi, market);
    if (market !== undefined && !Number.isSafeInteger(lots))
      return `${position.coin}: the position ${position.szi} is not on its grid`;
    return {
      market: market?.market ?? -1,
      coin: position.coin,
      lots,
      sizeText: position.szi,
      entryPx:
        market === undefined
          ? Number.NaN
          : Number(position.entryPx ?? Number.NaN) * pow10(PERP_DECIMALS - market.szDecimals),
      leverage: position.leverage.value,
      isCross: position.leverage.type === "cross",
      unrealizedUsd: microUsd(position.unrealizedPnl),
    };
  }

  #with<T>(
    message: { facts: AccountFact[]; problem: string; channel: string; isSnapshot: boolean },
    schema: z.ZodType<T>,
    data: unknown,
    read: (data: T) => Read<AccountFact>,
  ): AccountMessage {
    const parsed = schema.safeParse(data);
    if (!parsed.success) {
      message.problem = `${message.channel}: ${issueOf(parsed.error)}`;
      return message;
    }
    const { facts, problem } = read(parsed.data);
    message.facts = facts;
    if (problem !== "") message.problem = `${message.channel}: ${problem}`;
    return message;
  }

  /** Reads each element by itself. What one refuses is told, the others stand. */
  #each<S, T>(list: unknown, schema: z.ZodType<S>, read: (one: S) => T | string): Read<T> {
    const facts: T[] = [];
    if (!Array.isArray(list)) return { facts, problem: "not a list" };
    let problem = "";
    for (const element of list) {
      const parsed = schema.safeParse(element);
      const fact = parsed.success ? read(parsed.data) : issueOf(parsed.error);
      if (typeof fact !== "string") facts.push(fact);
      else if (problem === "") problem = fact;
    }
    return { facts, problem };
  }
}

function joined<T>(reads: readonly Read<T>[]): Read<T> {
  return {
    facts: reads.flatMap((read) => read.facts),
    problem: reads.find((read) => read.problem !== "")?.problem ?? "",
  };
}

function issueOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "unexpected shape" : `${issue.path.join(".")}: ${issue.message}`;
}

function pxOf(text: string, market: CodecMarket | undefined): number {
  return market === undefined ? Number.NaN : parseScaled(text, PERP_DECIMALS - market.szDecimals);
}

function lotsOf(text: string, market: CodecMarket | undefined): number {
  return market === undefined ? Number.NaN : parseScaled(text, market.szDecimals);
}

/** Positions are doubles at the venue and show it ("-4036580.1000000001"): the lots that one stands for, NaN where it stands for none. */
function nearLotsOf(text: string, market: CodecMarket | undefined): number {
  if (market === undefined) return Number.NaN;
  const exact = parseScaled(text, market.szDecimals);
  if (Number.isSafeInteger(exact)) return exact;
  const scaled = Number(text) * pow10(market.szDecimals);
  const lots = Math.round(scaled);
  return Math.abs(scaled - lots) <= NEAR_LOTS ? lots + 0 : Number.NaN;
}

/** Dollars as micro-dollars: exact where the text has six decimals, sums of the venue's doubles rounded. */
export function microUsd(text: string): MicroUsd {
  const exact = parseScaled(text, PERP_DECIMALS);
  return Number.isNaN(exact) ? Math.round(Number(text) * pow10(PERP_DECIMALS)) + 0 : exact;
}
