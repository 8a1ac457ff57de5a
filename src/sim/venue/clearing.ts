/**
 * The clearinghouse: who holds what, what it cost, what it needs, and where every micro-dollar went.
 * @module
 */
import { assert } from "../../core/assert.ts";
import type { Lots, MicroUsd, Px } from "../../core/units.ts";
import type { WireBuilder } from "../../wire/hyperliquid/action.ts";
import { GROWTH_RATIO } from "../../wire/hyperliquid/facts.ts";
import { feeRate } from "../../wire/hyperliquid/instrument.ts";
import { builderFeeOf, feeOf } from "../fee.ts";
import type { MarketTerms, Position, VenueAccount } from "./account.ts";
import { bookTrade, dirOf, liquidatedDir } from "./booking.ts";
import { DayWindow } from "./day_window.ts";
import type { LiquidationNote, VenueListener } from "./events.ts";
import { FeeTiers, feeOwner } from "./fee_tier.ts";
import { setIsolatedMargin, setLeverage, topUpMargin } from "./leverage.ts";
import { crossTotals, marginNeedUsd, maxLeverageAt, otherNeedsUsd, withdrawableUsd, worstLots } from "./margin.ts";
import type { VenueMarket } from "./market.ts";
import type { Order } from "./order.ts";
import type { FillBooking } from "./ports.ts";

const MS_PER_HOUR = 3_600_000;
const HOURS_PER_DAY = 24;
/** Leverage that an account has on a market it never spoke of, where the market allows as much (testnet probe, October 2026). */
const DEFAULT_LEVERAGE = 20;
/** Sums of doubles may miss a whole number of micro-dollars by this much. */
const ROUNDING_USD = 1e-3;
/** Trades that the venue makes itself have no action behind them. */
export const NO_HASH = `0x${"0".repeat(64)}`;
/** Ids of such trades: fifty bits, counted down from the top, far from where hashes are likely to fall twice. */
const EVENT_TID_TOP = 2 ** 50 - 1;

/** What clearing needs of the venue around it. */
export interface ClearingHost {
  /** Block time. */
  nowMs(): number;
  readonly markets: readonly VenueMarket[];
  accounts(): Iterable<VenueAccount>;
  readonly listener: VenueListener;
}

/**
 * Money of one dex that is not on accounts, and what came in from outside. At all times
 * sum of cash + sum of isolated raw + feesUsd + builderFeesUsd = netDepositUsd, to the micro-dollar.
 */
export class DexLedger {
  /** Fees less rebates, and what rounding of funding left over. */
  feesUsd: MicroUsd = 0;
  builderFeesUsd: MicroUsd = 0;
  netDepositUsd: MicroUsd = 0;
}

/** Positions, cash, margin and fees of all accounts; the only place that moves money. */
export class Clearing {
  readonly tiers = new FeeTiers();
  readonly #host: ClearingHost;
  readonly #ledgers: DexLedger[] = [];
  readonly #windows: DayWindow[];
  /** Fee rates by account: taker and maker of each market by its index, NaN until asked for. */
  readonly #rates = new Map<VenueAccount, Float64Array>();
  #hour: number;
  #eventTid = EVENT_TID_TOP;

  constructor(host: ClearingHost) {
    this.#host = host;
    this.#hour = Math.floor(host.nowMs() / MS_PER_HOUR);
    this.#windows = host.markets.map((market) => new DayWindow(market, this.#hour));
  }

  /** Money of a dex beside its accounts. */
  ledger(dexIndex: number): DexLedger {
    while (this.#ledgers.length <= dexIndex) this.#ledgers.push(new DexLedger());
    return this.#ledgers[dexIndex] as DexLedger;
  }

  /** Days since 1970, UTC. */
  get day(): number {
    return Math.floor(this.#hour / HOURS_PER_DAY);
  }

  /** Follows the hour: daily volumes each hour, fee tiers each day. Called each block; one comparison most of the time. */
  onBlock(): void {
    const hour = Math.floor(this.#host.nowMs() / MS_PER_HOUR);
    if (hour === this.#hour) return;
    const dayBefore = this.day;
    this.#hour = hour;
    for (const window of this.#windows) window.roll(hour);
    if (this.day !== dayBefore && this.tiers.assess(this.day)) this.feesChanged();
  }

  /** How the account trades the market; on first use cross at 20, or isolated at the most that the market allows where cross is not. */
  terms(account: VenueAccount, market: VenueMarket): MarketTerms {
    const all = account.dex(market.dexIndex).terms;
    let terms = all.get(market);
    if (terms === undefined) {
      const { maxLeverage, marginMode } = market.spec;
      // The venue's own participants take any side of any size: one pool, no margin set apart.
      const isolated = marginMode !== "normal" && !account.isHouse;
      const leverage = isolated ? maxLeverage : Math.min(DEFAULT_LEVERAGE, maxLeverage);
      terms = { isolated, leverage, buyLots: 0, sellLots: 0, fundingAllTimeUsd: 0 };
      all.set(market, terms);
    }
    return terms;
  }

  /** Lots of the order now rest. Orders that cannot open (reduce-only) or do not rest yet (triggers) reserve nothing. */
  onRest(order: Order, lots: Lots): void {
    this.#reserve(order, lots);
  }

  /** Lots of the order no longer rest: filled, cancelled, or taken off. */
  onUnrest(order: Order, lots: Lots): void {
    this.#reserve(order, -lots);
  }

  #reserve(order: Order, lots: Lots): void {
    if (order.reduceOnly || order.trigger !== null) return;
    const terms = this.terms(order.account, order.market);
    if (order.side > 0) terms.buyLots += lots;
    else terms.sellLots += lots;
    assert(terms.buyLots >= 0 && terms.sellLots >= 0, "clearing: no more lots leave the book than rest in it");
  }

  /**
   * Whether the account would carry its positions, its resting orders and this one, all at the mark.
   *
   * An order that asks for no more margin than there is already used passes however poor the account is: it can only close. `_px` does not
   * count: the venue's margining page takes size x mark / leverage, and so do the sizes that it offers as the largest.
   */
  checkOrder(
    account: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    lots: Lots,
    _px: Px,
  ): null | "perpMarginRejected" | "perpMaxPositionRejected" {
    if (account.isHouse) return null;
    const dex = account.dex(market.dexIndex);
    const terms = this.terms(account, market);
    const position = dex.positions.get(market) ?? null;
    const buyLots = terms.buyLots + (side > 0 ? lots : 0);
    const sellLots = terms.sellLots + (side < 0 ? lots : 0);
    const beforeUsd = marginNeedUsd(market, position, terms, terms.buyLots, terms.sellLots);
    const needUsd = marginNeedUsd(market, position, terms, buyLots, sellLots);
    if (needUsd <= beforeUsd) return null;
    const freeUsd = crossTotals(dex).valueUsd - otherNeedsUsd(dex, market);
    if (needUsd > freeUsd + ROUNDING_USD) return "perpMarginRejected";
    const worstUsd = worstLots(position?.lots ?? 0, buyLots, sellLots) * market.markPx;
    return maxLeverageAt(market.spec, worstUsd) < terms.leverage ? "perpMaxPositionRejected" : null;
  }

  /** Whether the account can still carry `lots` of its resting order at the match: positions count, its other orders do not. */
  checkRestingFill(order: Order, lots: Lots): boolean {
    const { account, market } = order;
    if (account.isHouse) return true;
    const dex = account.dex(market.dexIndex);
    const terms = this.terms(account, market);
    const position = dex.positions.get(market) ?? null;
    const before = position?.lots ?? 0;
    if (Math.abs(before + order.side * lots) <= Math.abs(before)) return true;
    const buyLots = order.side > 0 ? lots : 0;
    const needUsd = marginNeedUsd(market, position, terms, buyLots, lots - buyLots);
    const cross = crossTotals(dex);
    const ownUsd = position === null || position.isolated ? 0 : (Math.abs(before) * market.markPx) / position.leverage;
    return needUsd <= cross.valueUsd - (cross.marginUsd - ownUsd) + ROUNDING_USD;
  }

  /** Books one side of a trade: position, cash, fee, and the volume that earns tiers and requests. */
  applyFill(
    account: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    px: Px,
    lots: Lots,
    crossed: boolean,
    builder: WireBuilder | null,
  ): FillBooking {
    this.onBlock();
    const startLots = account.positionLots(market);
    const dir = dirOf(startLots, side, lots);
    const closedPnlUsd = bookTrade(account, market, this.terms(account, market), side, px, lots);
    const builderFeeUsd = builder === null ? 0 : builderFeeOf(px, lots, builder.f);
    const ownFeeUsd = feeOf(px, lots, this.#rate(account, market, crossed)) + 0;
    const ledger = this.ledger(market.dexIndex);
    account.dex(market.dexIndex).cashUsd -= ownFeeUsd + builderFeeUsd;
    ledger.feesUsd += ownFeeUsd;
    ledger.builderFeesUsd += builderFeeUsd;
    const notionalUsd = px * lots;
    const creditedUsd = market.growth ? Math.round(notionalUsd * GROWTH_RATIO) : notionalUsd;
    account.volumeUsd += notionalUsd;
    this.tiers.onFill(account, this.day, creditedUsd, crossed);
    if (!account.isHouse) account.limiter.onFill(creditedUsd, !crossed);
    // Each trade has one aggressor.
    if (crossed) (this.#windows[market.index] as DayWindow).onTrade(notionalUsd, lots);
    return { startLots, dir, closedPnlUsd, feeUsd: ownFeeUsd + builderFeeUsd, builderFeeUsd };
  }

  /** Rates are looked up once and kept: call when a tier, a deployer's scale, a growth mode or a referral has changed. */
  feesChanged(): void {
    this.#rates.clear();
  }

  /** Fee rate of an account on a market, fraction of notional; negative is a rebate. */
  feeFrac(account: VenueAccount, market: VenueMarket, crossed: boolean): number {
    return this.#rate(account, market, crossed);
  }

  #rate(account: VenueAccount, market: VenueMarket, crossed: boolean): number {
    let rates = this.#rates.get(account);
    if (rates === undefined) {
      rates = new Float64Array(2 * this.#host.markets.length).fill(Number.NaN);
      this.#rates.set(account, rates);
    }
    const at = 2 * market.index + (crossed ? 0 : 1);
    const known = rates[at] as number;
    if (!Number.isNaN(known)) return known;
    const owner = feeOwner(account);
    const base = crossed ? owner.takerRate : owner.makerRate;
    const rate = feeRate(base, market.feeScale, market.growth, account.referralDiscount);
    rates[at] = rate;
    return rate;
  }

  /** Chooses leverage and margin mode; returns the venue's error text or null. */
  updateLeverage(account: VenueAccount, market: VenueMarket, isCross: boolean, leverage: number): string | null {
    return setLeverage(account, market, this.terms(account, market), isCross, leverage);
  }

  /** Moves margin into an isolated position, out of it when negative; returns the venue's error text or null. */
  updateIsolatedMargin(account: VenueAccount, market: VenueMarket, ntliUsd: MicroUsd): string | null {
    return setIsolatedMargin(account, market, ntliUsd);
  }

  /** Adds margin to a strictly isolated position until its leverage is `leverage`; returns the venue's error text or null. */
  topUpIsolatedOnlyMargin(account: VenueAccount, market: VenueMarket, leverage: number): string | null {
    return topUpMargin(account, market, leverage);
  }

  /** Money comes in from outside the dex. */
  deposit(account: VenueAccount, dexIndex: number, usd: MicroUsd): void {
    assert(Number.isSafeInteger(usd) && usd >= 0, "clearing: a deposit is whole micro-dollars");
    account.dex(dexIndex).cashUsd += usd;
    this.ledger(dexIndex).netDepositUsd += usd;
    account.exists = true;
  }

  /** Money leaves the dex; false, and nothing moves, when it is more than is withdrawable. */
  withdraw(account: VenueAccount, dexIndex: number, usd: MicroUsd): boolean {
    assert(Number.isSafeInteger(usd) && usd >= 0, "clearing: a withdrawal is whole micro-dollars");
    const dex = account.dex(dexIndex);
    if (usd > withdrawableUsd(dex) + ROUNDING_USD && !account.isHouse) return false;
    dex.cashUsd -= usd;
    this.ledger(dexIndex).netDepositUsd -= usd;
    return true;
  }

  /** Moves cash between accounts of one dex, however little margin remains: for the backstop, not for users. */
  moveCash(from: VenueAccount, to: VenueAccount, dexIndex: number, usd: MicroUsd): void {
    from.dex(dexIndex).cashUsd -= usd;
    to.dex(dexIndex).cashUsd += usd;
  }

  /** Books a funding payment, positive when received: to the position's own cash when isolated. */
  applyFunding(account: VenueAccount, position: Position, usd: MicroUsd, rateFrac: number): void {
    const { market } = position;
    if (position.isolated) position.rawUsd += usd;
    else account.dex(market.dexIndex).cashUsd += usd;
    position.fundingSinceOpenUsd += usd;
    position.fundingSinceChangeUsd += usd;
    this.terms(account, market).fundingAllTimeUsd += usd;
    const timeMs = this.#host.nowMs();
    this.#host.listener.onFunding({ account, market, timeMs, usd, lots: position.lots, rateFrac });
  }

  /** Closes every position of the market at `px`, rounded to whole price units: halt or delisting. No fee, no volume. */
  settle(market: VenueMarket, px: number): void {
    const wholePx = Math.round(px);
    for (const account of [...market.positions.keys()]) {
      const lots = account.positionLots(market);
      const side = lots > 0 ? -1 : 1;
      const tid = this.#eventTid--;
      this.#bookEvent(account, market, side, wholePx, Math.abs(lots), "Settlement", tid, null);
    }
    assert(market.openLots === 0, "clearing: nothing is open after settlement");
  }

  /** The backstop takes a position over at the mark, rounded to whole price units, with the equity that an isolated one has. */
  takeOver(account: VenueAccount, position: Position, backstop: VenueAccount, note: LiquidationNote): void {
    const { market } = position;
    const px = Math.round(market.markPx);
    const size = Math.abs(position.lots);
    const side = position.lots > 0 ? -1 : 1;
    const dir = liquidatedDir(position);
    const equityUsd = position.isolated ? position.rawUsd + position.lots * px : 0;
    const tid = this.#eventTid--;
    this.#bookEvent(account, market, side, px, size, dir, tid, note);
    if (equityUsd !== 0) this.moveCash(account, backstop, market.dexIndex, equityUsd);
    const own: 1 | -1 = side > 0 ? -1 : 1;
    const startLots = backstop.positionLots(market);
    this.#bookEvent(backstop, market, own, px, size, dirOf(startLots, own, size), tid, note);
  }

  #bookEvent(
    account: VenueAccount,
    market: VenueMarket,
    side: 1 | -1,
    px: Px,
    lots: Lots,
    dir: string,
    tid: number,
    liquidation: LiquidationNote | null,
  ): void {
    const startLots = account.positionLots(market);
    const closedPnlUsd = bookTrade(account, market, this.terms(account, market), side, px, lots);
    const timeMs = this.#host.nowMs();
    const fees = { feeUsd: 0, builderFeeUsd: 0 };
    const order = { hash: NO_HASH, oid: 0, crossed: true, cloid: null };
    const what = { account, market, side, px, lots, timeMs, startLots, dir, closedPnlUsd };
    this.#host.listener.onFill({ ...what, ...order, ...fees, tid, liquidation });
  }
}
