/**
 * The quiet market of the local exchange: house accounts that make and take, so that clients find two-sided books, trades and moving prices.
 * @module
 */
import { ceilPx, floorPx } from "../core/market/grid.ts";
import { Prng } from "../core/prng.ts";
import { BPS, type Lots, MICRO_PER_USD, type Px, US_PER_SECOND } from "../core/units.ts";
import { formatPlain } from "../wire/hyperliquid/format.ts";
import { FairValue, LEADER_SHAPE, type MarketShape, MIRROR_SHAPE, QUIET_SHAPE, Regime } from "./fair_value.ts";
import { INVENTORY_USD, Rival } from "./rival.ts";
import type { VenueAccount } from "./venue/account.ts";
import type { Level } from "./venue/book.ts";
import type { VenueMarket } from "./venue/market.ts";
import type { Venue } from "./venue/venue.ts";

/** "mmbin" in ASCII heads the addresses of the venue's own participants. */
const HOUSE_PREFIX = "0x6d6d62696e";
const MAKERS = 2;
const TAKERS = 3;
/** Each account's money on each dex, and where it is topped up. Small enough that sums of 10^-8 dollars stay whole in a double. */
const FUND_USD = 2_000_000 * MICRO_PER_USD;
const FUND_LOW_USD = 1_000_000 * MICRO_PER_USD;
/** Oracles speak every 3 s, as deployers do. */
const ORACLE_SECONDS = 3;
const FUND_SECONDS = 600;
/** An informed taker acts when fair value has left the touch by this much, with this chance a block. */
const INFORMED_FRAC = 0.5 * BPS;
const INFORMED_CHANCE = 0.35;
/** Takers lean against what makers hold, at most so far from one half. */
const LEAN_MAX = 0.2;
/** Largest and smallest order of a taker, micro-dollars. */
const TAKE_MAX_USD = 250_000 * MICRO_PER_USD;
const TAKE_MIN_USD = 12 * MICRO_PER_USD;
/** Takers leave these levels standing: a side that is empty has no price. */
const LEVELS_LEFT = 3;
/** A busy regime widens quotes. */
const WIDE = [1, 1.3] as const;
/** The second maker is slower and wider. */
const SLOWER = 2.5;
const WIDER = 1.15;

/** One market of the world. Block numbers of its next events. */
interface Stage {
  market: VenueMarket;
  shape: MarketShape;
  fair: FairValue;
  rivals: Rival[];
  takeBlock: number;
  lookBlock: number;
  quoteBlock: number;
  lookedSeconds: number;
}

/**
 * The default world: makers with a lag, noise takers who sweep and leave part of it in fair value, informed takers who hit quotes that fair
 * value has left. A market whose name without its dex is also on the venue's own dex mirrors that one. All of it are orders of house accounts.
 *
 * Deterministic from the seed. Between events a block costs one comparison.
 */
export class Participants {
  readonly #random: Prng;
  readonly #regime: Regime;
  readonly #stages: Stage[] = [];
  readonly #makers: VenueAccount[];
  readonly #takers: VenueAccount[];
  readonly #blockSeconds: number;
  #oracleBlock = 1;
  #fundBlock = 1;
  #nextBlock = 0;

  constructor(venue: Venue, seed: number) {
    this.#random = new Prng(seed);
    this.#regime = new Regime(this.#random);
    this.#blockSeconds = venue.rules.blockUs / US_PER_SECOND;
    const house = (i: number): VenueAccount =>
      venue.houseAccount(HOUSE_PREFIX + i.toString(16).padStart(42 - HOUSE_PREFIX.length, "0"));
    this.#makers = Array.from({ length: MAKERS }, (_, i) => house(i + 1));
    this.#takers = Array.from({ length: TAKERS }, (_, i) => house(i + 1 + MAKERS));
    for (const market of venue.markets) this.#stages.push(this.#stage(market));
  }

  /** Called before each block: whoever acts in it submits. */
  beforeBlock(venue: Venue): void {
    const block = venue.blockCount + 1;
    if (block < this.#nextBlock) return;
    const seconds = block * this.#blockSeconds;
    this.#regime.advance(seconds);
    if (block >= this.#fundBlock) this.#topUp(venue, block);
    if (block >= this.#oracleBlock) this.#setOracles(venue, block, seconds);
    let next = Math.min(this.#fundBlock, this.#oracleBlock);
    for (const stage of this.#stages) {
      if (block >= Math.min(stage.takeBlock, stage.lookBlock, stage.quoteBlock))
        this.#act(venue, stage, block, seconds);
      next = Math.min(next, stage.takeBlock, stage.lookBlock, stage.quoteBlock);
    }
    this.#nextBlock = next;
  }

  /** News: a market's fair value is at `px` (price units) from now on; makers and takers follow. */
  setFair(market: VenueMarket, px: number): void {
    for (const stage of this.#stages) if (stage.market === market) stage.fair.set(px);
  }

  #stage(market: VenueMarket): Stage {
    const base = market.coin.slice(market.coin.indexOf(":") + 1);
    const leader = this.#stages.find((s) => s.market.dexIndex === 0 && s.market.coin === base) ?? null;
    const shape = leader !== null ? MIRROR_SHAPE : market.coin === "HYPE" ? LEADER_SHAPE : QUIET_SHAPE;
    const fair = new FairValue(market.oraclePx, shape, leader?.fair ?? null, this.#regime, this.#random);
    const rivals = this.#makers.map((account, i) => {
      const { halfFrac, meanUsd, makerLagSeconds } = shape;
      const lagSeconds = makerLagSeconds * SLOWER ** i;
      return new Rival(account, market, this.#random, { halfFrac: halfFrac * WIDER ** i, meanUsd, lagSeconds });
    });
    // Stages look in turn, so that no block carries all of them.
    const first = 1 + (market.index % shape.lookBlocks);
    return {
      market,
      shape,
      fair,
      rivals,
      takeBlock: first + 1 + this.#takeGap(shape),
      lookBlock: first + shape.lookBlocks,
      quoteBlock: 1,
      lookedSeconds: 0,
    };
  }

  /** Blocks until the next noise taker. */
  #takeGap(shape: MarketShape): number {
    const chance = Math.min(0.999, shape.noisePerSecond * this.#blockSeconds);
    return 1 + Math.floor(this.#random.exponential() / -Math.log(1 - chance));
  }

  #act(venue: Venue, stage: Stage, block: number, seconds: number): void {
    const isOpen = !stage.market.halted && !stage.market.delisted;
    stage.fair.advance(seconds);
    if (block >= stage.takeBlock) {
      stage.takeBlock = block + this.#takeGap(stage.shape);
      if (isOpen) this.#noise(venue, stage);
      // One taker a block: two would each reckon with the whole book.
      stage.lookBlock = Math.max(stage.lookBlock, block + 1);
    }
    // Informed takers look one block before makers do: in the same block makers would always be first.
    if (block >= stage.lookBlock) {
      stage.lookBlock = block + stage.shape.lookBlocks;
      stage.quoteBlock = block + 1;
      if (isOpen) this.#informed(venue, stage);
    } else if (block >= stage.quoteBlock) {
      stage.quoteBlock = stage.lookBlock + 1;
      const wide = WIDE[this.#regime.index];
      if (isOpen)
        for (const rival of stage.rivals) rival.look(venue, stage.fair.px, seconds - stage.lookedSeconds, wide);
      stage.lookedSeconds = seconds;
    }
  }

  #noise(venue: Venue, stage: Stage): void {
    const random = this.#random;
    const { market, shape, fair } = stage;
    const heldUsd = stage.rivals.reduce((sum, r) => sum + r.account.positionLots(market), 0) * fair.px;
    const lean = LEAN_MAX * Math.max(-1, Math.min(1, heldUsd / INVENTORY_USD));
    const side = random.unit() < 0.5 + lean ? 1 : -1;
    const mid = market.midPx;
    const touch = market.book.bestPx(side > 0 ? -1 : 1);
    // Most takers stop at the touch, some go an exponential depth beyond it.
    const reach = random.unit() < 0.7 ? 0 : shape.depthFrac * random.exponential();
    const sizeUsd = shape.meanUsd * 0.12 * Math.exp(1.3 * random.normal());
    if (touch === null || Number.isNaN(mid)) return;
    const limit = touch * (1 + side * reach);
    const deepest = this.#take(venue, market, side, limit, reach === 0 ? sizeUsd : TAKE_MAX_USD);
    if (deepest === 0) return;
    const impact = Math.max(0, (side * (deepest - mid)) / mid);
    fair.impact(side * impact * shape.impactRatio * (0.5 + random.unit()));
  }

  #informed(venue: Venue, stage: Stage): void {
    const { market, shape, fair } = stage;
    const mid = market.midPx;
    if (Number.isNaN(mid)) return;
    const side = fair.px > mid ? 1 : -1;
    const touch = market.book.bestPx(side > 0 ? -1 : 1) ?? mid;
    if ((side * (fair.px - touch)) / touch <= INFORMED_FRAC) return;
    if (this.#random.unit() < 1 - (1 - INFORMED_CHANCE) ** shape.lookBlocks)
      this.#take(venue, market, side, fair.px, TAKE_MAX_USD);
  }

  /** Sends an order that takes what stands up to `limit` and `maxUsd`; returns the price it will reach, 0 when there is nothing. */
  #take(venue: Venue, market: VenueMarket, side: 1 | -1, limit: number, maxUsd: number): Px {
    const { book, szDecimals, pxDecimals } = market;
    const px = side > 0 ? floorPx(limit, szDecimals) : ceilPx(limit, szDecimals);
    const against = side > 0 ? book.asks : book.bids;
    const mostLots: Lots = Math.max(Math.floor(maxUsd / px), Math.ceil(TAKE_MIN_USD / px));
    let lots: Lots = 0;
    let deepest: Px = 0;
    for (let i = against.length - 1; i >= LEVELS_LEFT && lots < mostLots; i--) {
      const level = against[i] as Level;
      if ((level.px - px) * side > 0) break;
      lots += level.lots;
      deepest = level.px;
    }
    if (deepest === 0) return 0;
    lots = Math.max(Math.min(lots, mostLots), Math.ceil(TAKE_MIN_USD / px));
    // No further than what was seen: makers may have moved there meanwhile.
    const p = formatPlain(deepest, pxDecimals);
    const order = { a: market.assetId, b: side > 0, p, s: formatPlain(lots, szDecimals) };
    const orders = [{ ...order, r: false, t: { limit: { tif: "Ioc" as const } } }];
    venue.submitHouse({ account: this.#taker(market, side), action: { type: "order", orders, grouping: "na" } });
    return deepest;
  }

  /** Of two takers by chance the one whose position shrinks: nobody's grows without end. */
  #taker(market: VenueMarket, side: 1 | -1): VenueAccount {
    const a = this.#takers[this.#random.below(TAKERS)] as VenueAccount;
    const b = this.#takers[this.#random.below(TAKERS)] as VenueAccount;
    return (a.positionLots(market) - b.positionLots(market)) * side <= 0 ? a : b;
  }

  #setOracles(venue: Venue, block: number, seconds: number): void {
    for (const { market, fair } of this.#stages) {
      fair.advance(seconds);
      if (!market.delisted) venue.marks.setOracle(market, Math.round(fair.px));
    }
    this.#oracleBlock = block + Math.round(ORACLE_SECONDS / this.#blockSeconds);
  }

  /** House accounts never run dry; what they get is a deposit like any other. */
  #topUp(venue: Venue, block: number): void {
    for (const account of [...this.#makers, ...this.#takers])
      venue.spec.dexs.forEach((_, dexIndex) => {
        if (venue.withdrawableUsd(account, dexIndex) < FUND_LOW_USD) venue.fund(account.address, dexIndex, FUND_USD);
      });
    this.#fundBlock = block + Math.round(FUND_SECONDS / this.#blockSeconds);
  }
}
