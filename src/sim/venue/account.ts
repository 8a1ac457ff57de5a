/**
 * One address of the simulated venue: its money on each dex, its positions, its orders, who may sign for it.
 * @module
 */
import type { Lots, MicroUsd } from "../../core/units.ts";
import { AddressLimiter, type LimiterRules } from "../limits.ts";
import type { VenueMarket } from "./market.ts";
import type { Order } from "./order.ts";

/** A position that is not flat. */
export class Position {
  readonly market: VenueMarket;
  /** Signed. */
  lots: Lots = 0;
  /** Sum of entry price x lots, unsigned: entry price = costUsd / |lots|. Whole micro-dollars. */
  costUsd: MicroUsd = 0;
  isolated: boolean;
  leverage: number;
  /** Isolated only: the position's own cash; equity of the position = rawUsd + lots x mark. */
  rawUsd: MicroUsd = 0;
  /** Funding received (negative paid), since the position was opened and since its size last changed. */
  fundingSinceOpenUsd: MicroUsd = 0;
  fundingSinceChangeUsd: MicroUsd = 0;

  constructor(market: VenueMarket, isolated: boolean, leverage: number) {
    this.market = market;
    this.isolated = isolated;
    this.leverage = leverage;
  }
}

/** How an account trades one market: its choice of leverage, and what rests. */
export interface MarketTerms {
  isolated: boolean;
  leverage: number;
  /** Lots of resting orders that may open, by side: what their margin is reserved for. */
  buyLots: Lots;
  sellLots: Lots;
  fundingAllTimeUsd: MicroUsd;
}

/** An account on one dex: a clearinghouse of its own. */
export class DexAccount {
  /** Cash that backs cross positions and what is free; isolated positions hold their own. Signed notional of cross positions is in it. */
  cashUsd: MicroUsd = 0;
  readonly positions = new Map<VenueMarket, Position>();
  /** Leverage chosen and orders resting, by market; made on first use. */
  readonly terms = new Map<VenueMarket, MarketTerms>();
  /** Time until which a liquidation that began with a part waits. */
  liquidationPauseMs = 0;
}

export interface Agent {
  address: string;
  /** "" is the unnamed one. */
  name: string;
  validUntilMs: number;
}

/** Everything that the venue knows of an address. */
export class VenueAccount {
  /** Lower case. */
  readonly address: string;
  /** Of a sub-account. */
  readonly master: VenueAccount | null;
  readonly name: string;
  readonly subAccounts: VenueAccount[] = [];
  /** By dex index. */
  readonly dexs: DexAccount[];
  /** Spot balances by token index, units of 10^-8. */
  readonly spot = new Map<number, number>();
  readonly limiter: AddressLimiter;
  /** Agents by name. */
  readonly agents = new Map<string, Agent>();
  /** Everything that rests or waits for a trigger, by oid in order of arrival. */
  readonly orders = new Map<number, Order>();
  /** Live orders by client id. */
  readonly cloids = new Map<string, Order>();
  /** Lifetime volume, and per UTC day for the fee tier, micro-dollars. */
  volumeUsd: MicroUsd = 0;
  /** Fee rates of its tier before HIP-3 scale, growth and referral, decimal strings. */
  takerRate = "0.00045";
  makerRate = "0.00015";
  referralDiscount = "0";
  referrer: string | null = null;
  /** Approved builders: most they may take, tenths of a basis point. */
  readonly builders = new Map<string, number>();
  /** Dead man's switch; 0 when not set. */
  scheduledCancelMs = 0;
  scheduledCancelDay = 0;
  scheduledCancelCount = 0;
  /** Whether anything was ever deposited: before that the venue does not know it. */
  exists = false;
  /** A participant of the venue's own making: no history is kept for it and it has no limits. */
  readonly isHouse: boolean;

  constructor(init: {
    address: string;
    dexCount: number;
    rules: LimiterRules;
    master?: VenueAccount;
    name?: string;
    isHouse?: boolean;
  }) {
    this.address = init.address;
    this.master = init.master ?? null;
    this.name = init.name ?? "";
    this.isHouse = init.isHouse ?? false;
    this.dexs = Array.from({ length: init.dexCount }, () => new DexAccount());
    this.limiter = new AddressLimiter(0, 0, init.rules);
  }

  dex(index: number): DexAccount {
    return this.dexs[index] as DexAccount;
  }

  /** The position, or null when flat. */
  position(market: VenueMarket): Position | null {
    return this.dex(market.dexIndex).positions.get(market) ?? null;
  }

  positionLots(market: VenueMarket): Lots {
    return this.dex(market.dexIndex).positions.get(market)?.lots ?? 0;
  }
}
