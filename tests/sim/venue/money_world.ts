/** A venue reduced to its money: accounts, markets and clearing, with trades made by hand. */
import { VenueAccount } from "../../../src/sim/venue/account.ts";
import { Level } from "../../../src/sim/venue/book.ts";
import { Clearing } from "../../../src/sim/venue/clearing.ts";
import type {
  FundingPayment,
  LedgerEntry,
  LiquidationEvent,
  LiquidationNote,
  VenueFill,
  VenueListener,
} from "../../../src/sim/venue/events.ts";
import { backstopAddress, type LiquidationHost } from "../../../src/sim/venue/liquidation.ts";
import { VenueMarket } from "../../../src/sim/venue/market.ts";
import { Order } from "../../../src/sim/venue/order.ts";
import type { FillBooking } from "../../../src/sim/venue/ports.ts";
import { type DexSpec, type MarketSpec, VENUE_RULES } from "../../../src/sim/venue/spec.ts";
import type { WireBuilder } from "../../../src/wire/hyperliquid/action.ts";

/** One dollar in micro-dollars. */
export const USD = 1_000_000;
export const START_MS = 1_791_280_000_000;

export function marketSpec(coin: string, over: Partial<MarketSpec> = {}): MarketSpec {
  return {
    coin,
    szDecimals: 2,
    maxLeverage: 40,
    marginTiers: [],
    marginMode: "normal",
    growth: false,
    feeScale: null,
    oiCapUsd: 1e15,
    oraclePx: "100",
    fundingMultiplier: 1,
    fundingInterestFrac: 0.0001,
    impactNotionalUsd: 6_000 * USD,
    ...over,
  };
}

/** Main dex: A (40x), B (tiers 50/20 from $1M). HIP-3: X (strictly isolated, growth), Y (normal), Z (isolated, margin may be removed). */
export const MARKETS: readonly MarketSpec[][] = [
  [
    marketSpec("A"),
    marketSpec("B", {
      maxLeverage: 50,
      marginTiers: [
        { lowerBoundUsd: 0, maxLeverage: 50 },
        { lowerBoundUsd: 1e6 * USD, maxLeverage: 20 },
      ],
    }),
  ],
  [
    marketSpec("x:X", { maxLeverage: 20, marginMode: "strictIsolated", growth: true }),
    marketSpec("x:Y", { maxLeverage: 10 }),
    marketSpec("x:Z", { maxLeverage: 25, marginMode: "noCross", feeScale: "0.5" }),
  ],
];

export class MoneyWorld implements LiquidationHost {
  now = START_MS;
  readonly markets: VenueMarket[] = [];
  readonly users: VenueAccount[];
  readonly house: VenueAccount;
  readonly backstops: VenueAccount[];
  readonly clearing: Clearing;
  readonly fills: VenueFill[] = [];
  readonly fundings: FundingPayment[] = [];
  readonly liquidations: LiquidationEvent[] = [];
  readonly ledgerEntries: LedgerEntry[] = [];
  readonly canceled: [VenueAccount, VenueMarket][] = [];
  /** Price at which liquidations find the house, as a factor of the mark, and the lots that it takes. */
  bookFactor = 1;
  bookLots = Number.POSITIVE_INFINITY;
  readonly listener: VenueListener = {
    onTrade: () => {},
    onFill: (fill) => void this.fills.push(fill),
    onOrder: () => {},
    onNonUserCancel: () => {},
    onFunding: (payment) => void this.fundings.push(payment),
    onLedger: (entry) => void this.ledgerEntries.push(entry),
    onLiquidation: (event) => void this.liquidations.push(event),
    onBlock: () => {},
  };

  constructor(specs: readonly (readonly MarketSpec[])[] = MARKETS) {
    const dexCount = specs.length;
    specs.forEach((markets, dexIndex) => {
      const dex: DexSpec = {
        name: dexIndex === 0 ? "" : "x",
        fullName: "",
        collateralToken: 0,
        feeScale: "1.0",
        totalOiCapUsd: 1e15,
        markets,
      };
      for (const spec of markets)
        this.markets.push(new VenueMarket(this.markets.length, this.markets.length, dexIndex, dex, spec));
    });
    const rules = VENUE_RULES.limiter;
    const account = (address: string, isHouse = false): VenueAccount =>
      new VenueAccount({ address, dexCount, rules, isHouse });
    this.users = ["0xa", "0xb", "0xc"].map((a) => account(a));
    const sub = new VenueAccount({ address: "0xd", dexCount, rules, master: this.users[0] as VenueAccount });
    (this.users[0] as VenueAccount).subAccounts.push(sub);
    this.users.push(sub);
    this.house = account("0xe", true);
    this.backstops = specs.map((_, dexIndex) => account(backstopAddress(dexIndex), true));
    this.clearing = new Clearing(this);
  }

  nowMs(): number {
    return this.now;
  }

  get all(): VenueAccount[] {
    return [...this.users, this.house, ...this.backstops];
  }

  accounts(): Iterable<VenueAccount> {
    return this.all;
  }

  user(index: number): VenueAccount {
    return this.users[index] as VenueAccount;
  }

  market(index: number): VenueMarket {
    return this.markets[index] as VenueMarket;
  }

  /** One trade: `taker` takes `side` of it. */
  trade(
    taker: VenueAccount,
    maker: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    px: number,
    lots: number,
    builder: WireBuilder | null = null,
  ): FillBooking {
    market.lastPx = px;
    const taken = this.clearing.applyFill(taker, market, side, px, lots, true, builder);
    this.clearing.applyFill(maker, market, -side as 1 | -1, px, lots, false, null);
    return taken;
  }

  order(account: VenueAccount, market: VenueMarket, side: 1 | -1, lots: number, reduceOnly = false): Order {
    return new Order({
      oid: 1,
      account,
      market,
      side,
      px: Math.round(market.markPx),
      lots,
      tif: "Gtc",
      reduceOnly,
      cloid: null,
      timeMs: this.now,
      builder: null,
      trigger: null,
    });
  }

  backstop(dexIndex: number): VenueAccount {
    return this.backstops[dexIndex] as VenueAccount;
  }

  forceClose(account: VenueAccount, market: VenueMarket, lots: number, _note: LiquidationNote): number {
    const filled = Math.min(lots, this.bookLots);
    if (filled === 0) return 0;
    const side = account.positionLots(market) > 0 ? -1 : 1;
    const px = Math.max(1, Math.round(market.markPx * (side < 0 ? this.bookFactor : 1 / this.bookFactor)));
    this.trade(account, this.house, market, side, px, filled);
    return filled;
  }

  cancelOrders(account: VenueAccount, market: VenueMarket): void {
    this.canceled.push([account, market]);
    for (const order of [...account.orders.values()]) {
      if (order.market !== market) continue;
      this.clearing.onUnrest(order, order.lots);
      account.orders.delete(order.oid);
    }
  }

  /** Sum of everything that is money on a dex, less what came in: zero. */
  leakUsd(dexIndex: number): number {
    let sum = 0;
    for (const account of this.all) {
      const dex = account.dex(dexIndex);
      sum += dex.cashUsd;
      for (const position of dex.positions.values()) if (position.isolated) sum += position.rawUsd;
    }
    const ledger = this.clearing.ledger(dexIndex);
    return sum + ledger.feesUsd + ledger.builderFeesUsd - ledger.netDepositUsd;
  }
}

/** Fills a book's sides with levels given as [px, lots], best first. */
export function setBook(market: VenueMarket, bids: [number, number][], asks: [number, number][]): void {
  for (const [side, levels] of [
    [market.book.bids, bids],
    [market.book.asks, asks],
  ] as const) {
    side.length = 0;
    for (const [px, lots] of levels.toReversed()) {
      const level = new Level(px);
      level.lots = lots;
      side.push(level);
    }
  }
}
