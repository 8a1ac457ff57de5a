/**
 * One market of the simulated venue: its book, its reference prices, its switches.
 * @module
 */
import { type Lots, type MicroUsd, PERP_DECIMALS, type Px } from "../../core/units.ts";
import type { Position, VenueAccount } from "./account.ts";
import { OrderBook } from "./book.ts";
import type { Order } from "./order.ts";
import type { DexSpec, MarketSpec } from "./spec.ts";

/** A market as it stands: what was specified and what has become of it. */
export class VenueMarket {
  /** Place among all markets of the venue. */
  readonly index: number;
  readonly assetId: number;
  readonly dexIndex: number;
  readonly dex: DexSpec;
  readonly spec: MarketSpec;
  readonly coin: string;
  readonly szDecimals: number;
  /** Decimals of a price unit: 6 - szDecimals. */
  readonly pxDecimals: number;
  readonly book = new OrderBook();
  /** All markets of its dex, itself among them: they share a cap on open interest. */
  peers: readonly VenueMarket[] = [];
  /** Trigger orders that wait for the mark, in order of arrival. */
  readonly triggers = new Set<Order>();
  /** Who holds a position here. */
  readonly positions = new Map<VenueAccount, Position>();
  /** Price units; need not lie on the grid. */
  oraclePx: number;
  markPx: number;
  /** Price of the last trade; NaN before one. */
  lastPx = Number.NaN;
  /** Sum of the longs. */
  openLots: Lots = 0;
  halted = false;
  delisted = false;
  growth: boolean;
  /** Deployer's fee scale as a decimal string; null on the venue's own dex. */
  feeScale: string | null;
  oiCapUsd: MicroUsd;
  /** Funding rate of the hour as it would be now. */
  fundingFrac = 0;
  premiumFrac: number | null = null;
  /** Volume of the last day, kept by whoever counts trades. */
  dayVolumeUsd: MicroUsd = 0;
  dayLots: Lots = 0;
  prevDayPx: number;

  constructor(index: number, assetId: number, dexIndex: number, dex: DexSpec, spec: MarketSpec) {
    this.index = index;
    this.assetId = assetId;
    this.dexIndex = dexIndex;
    this.dex = dex;
    this.spec = spec;
    this.coin = spec.coin;
    this.szDecimals = spec.szDecimals;
    this.pxDecimals = PERP_DECIMALS - spec.szDecimals;
    this.oraclePx = Number(spec.oraclePx) * 10 ** this.pxDecimals;
    this.markPx = this.oraclePx;
    this.prevDayPx = this.oraclePx;
    this.growth = spec.growth;
    this.feeScale = dexIndex === 0 ? null : (spec.feeScale ?? dex.feeScale);
    this.oiCapUsd = spec.oiCapUsd;
  }

  /** Middle of the touch, price units; NaN while a side is empty. */
  get midPx(): number {
    const bid: Px | null = this.book.bestPx(1);
    const ask: Px | null = this.book.bestPx(-1);
    return bid === null || ask === null ? Number.NaN : (bid + ask) / 2;
  }
}
