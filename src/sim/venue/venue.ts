/**
 * A whole exchange as a state machine: what is submitted takes effect in blocks, and what happened is told.
 *
 * No clock, no chance of its own, no waiting: the same specification and the same calls give the same events.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { type MicroUsd, type TimeUs, US_PER_MS } from "../../core/units.ts";
import type { Action, ActionReply } from "../../wire/hyperliquid/action.ts";
import { HIP3_ASSET_BASE, HIP3_ASSET_STRIDE } from "../../wire/hyperliquid/facts.ts";
import { formatUsd } from "../../wire/hyperliquid/format.ts";
import { VenueAccount } from "./account.ts";
import { Administration } from "./administration.ts";
import { Admission, type SignedRequest } from "./admission.ts";
import { Clearing } from "./clearing.ts";
import type { LiquidationNote, VenueListener } from "./events.ts";
import { Fanout } from "./fanout.ts";
import { Funding } from "./funding.ts";
import { backstopAddress, Liquidation } from "./liquidation.ts";
import { withdrawableUsd } from "./margin.ts";
import { VenueMarket } from "./market.ts";
import { Marks } from "./marks.ts";
import { type BlockClass, blockClassOf, Mempool } from "./mempool.ts";
import type { VenueRules, VenueSpec } from "./spec.ts";
import { Trading } from "./trading.ts";
import { Transfers } from "./transfers.ts";

/** An action on its way into a block. */
export interface VenueRequest extends SignedRequest {
  /** Hash of the action: what explorers would show the transaction under. 0x and 64 hex digits. */
  hash: string;
  /** Called inside the block that took it. */
  onReply(reply: ActionReply): void;
}

/** An action of one of the venue's own participants: no signature, no nonce, no limits. */
export interface HouseRequest {
  account: VenueAccount;
  action: Action;
  onReply?(reply: ActionReply): void;
}

/** A participant of the venue's own making whose turn it is inside a block: it looks at the books as they stand and trades in numbers. */
export interface HouseTurn {
  run(venue: Venue): void;
}

const OK: ActionReply = { status: "ok", response: { type: "default" } };
const err = (response: string): ActionReply => ({ status: "err", response });
const ADDRESS = /^0x[0-9a-f]{40}$/;
/** Order ids begin where the venue's were in October 2026. */
const OID_FIRST = 566_000_000_000;
/** Spot balances are counted in 10^-8. */
const SPOT_PER_MICRO_USD = 100;

/** The exchange: `submit` what clients send, `step` a block, `listen` to what happened. */
export class Venue {
  readonly spec: VenueSpec;
  readonly rules: VenueRules;
  readonly markets: readonly VenueMarket[];
  readonly clearing: Clearing;
  readonly marks: Marks;
  readonly funding: Funding;
  readonly trading: Trading;
  readonly transfers: Transfers;
  readonly admission: Admission;
  readonly administration: Administration;
  readonly listener = new Fanout();
  /** Referral codes that exist. */
  readonly referralCodes: string[] = [];
  /** What the venue itself was paid or paid out, by token, units of 10^-8: requests, activations, withdrawals. */
  readonly kept = new Map<number, number>();
  /** What was paid in, by token, units of 10^-8. */
  readonly deposited = new Map<number, number>();
  readonly #liquidation: Liquidation;
  readonly #mempool = new Mempool<VenueRequest | HouseRequest | HouseTurn>();
  readonly #accounts = new Map<string, VenueAccount>();
  /** Addresses of the backstops: whoever sends money there first does not make them a user's. */
  readonly #backstops: ReadonlySet<string>;
  readonly #assets = new Map<number, VenueMarket>();
  readonly #coins = new Map<string, VenueMarket>();
  /** Accounts with a dead man's switch that is set. */
  readonly #scheduled = new Set<VenueAccount>();
  #nowUs: TimeUs;
  #blockCount = 0;
  #oid = OID_FIRST;
  #houseHash = 0;

  constructor(spec: VenueSpec) {
    this.spec = spec;
    this.rules = spec.rules;
    this.#nowUs = Math.floor(spec.startUs / US_PER_MS) * US_PER_MS;
    this.markets = this.#makeMarkets();
    const { listener } = this;
    const nowMs = (): number => this.nowMs;
    const accounts = (): Iterable<VenueAccount> => this.#accounts.values();
    this.clearing = new Clearing({ nowMs, markets: this.markets, accounts, listener });
    const marketByAsset = (id: number): VenueMarket | null => this.marketByAsset(id);
    const nextOid = (): number => this.#nextOid();
    this.trading = new Trading({ nowMs, rules: this.rules, marketByAsset, nextOid, listener }, this.clearing);
    this.marks = new Marks({ nowMs, markets: this.markets });
    this.funding = new Funding({ nowMs, markets: this.markets }, this.clearing);
    this.#liquidation = new Liquidation(
      {
        nowMs,
        markets: this.markets,
        listener,
        accounts,
        backstop: (dexIndex) => this.houseAccount(backstopAddress(dexIndex)),
        forceClose: (account, market, lots, note: LiquidationNote) =>
          this.trading.forceClose(account, market, lots, note),
        cancelOrders: (account, market) => this.trading.cancelAll(account, "liquidatedCanceled", market),
      },
      this.clearing,
    );
    this.transfers = new Transfers(this);
    this.admission = new Admission(this.rules, (address) => this.find(address));
    this.administration = new Administration(this, this.admission.agents, this.transfers);
    this.#backstops = new Set(spec.dexs.map((_, dexIndex) => backstopAddress(dexIndex)));
  }

  /** Venue time, whole milliseconds in microseconds. */
  get nowUs(): TimeUs {
    return this.#nowUs;
  }
  get nowMs(): number {
    return this.#nowUs / US_PER_MS;
  }
  get blockCount(): number {
    return this.#blockCount;
  }
  /** Actions that wait for a block. */
  get pendingCount(): number {
    return this.#mempool.count;
  }

  /** Tells `listener` what happens from now on. */
  listen(listener: VenueListener): void {
    this.listener.add(listener);
  }

  accounts(): Iterable<VenueAccount> {
    return this.#accounts.values();
  }

  /** The account of an address (lower case), or null. */
  find(address: string): VenueAccount | null {
    return this.#accounts.get(address) ?? null;
  }

  /** The account of an address, made if need be; it exists for the venue once something was paid in. */
  accountOf(address: string): VenueAccount {
    return this.#accounts.get(address) ?? this.#addAccount(address, null, "", this.#backstops.has(address));
  }

  /** A participant of the venue's own making. */
  houseAccount(address: string): VenueAccount {
    const found = this.#accounts.get(address);
    assert(found === undefined || found.isHouse, "venue: a house account is nobody else's");
    const account = found ?? this.#addAccount(address, null, "", true);
    account.exists = true;
    return account;
  }

  marketByAsset(assetId: number): VenueMarket | null {
    return this.#assets.get(assetId) ?? null;
  }

  marketByCoin(coin: string): VenueMarket | null {
    return this.#coins.get(coin) ?? null;
  }

  /** Pays collateral in, micro-dollars, as a deposit does. */
  fund(address: string, dexIndex: number, usd: MicroUsd): VenueAccount {
    const account = this.accountOf(address);
    account.exists = true;
    this.clearing.deposit(account, dexIndex, usd);
    const token = this.spec.dexs[dexIndex]?.collateralToken ?? 0;
    this.#count(this.deposited, token, usd * SPOT_PER_MICRO_USD);
    if (!account.isHouse) {
      const delta = { type: "deposit", usdc: formatUsd(usd) };
      this.listener.onLedger({ account, timeMs: this.nowMs, hash: this.nextHash(), delta });
    }
    return account;
  }

  withdrawableUsd(account: VenueAccount, dexIndex: number): MicroUsd {
    return Math.floor(withdrawableUsd(account.dex(dexIndex)));
  }

  keep(token: number, units: number): void {
    this.#count(this.kept, token, units);
  }

  addSubAccount(master: VenueAccount, name: string): VenueAccount {
    const address = subAddress(master.address, master.subAccounts.length);
    const sub = this.#addAccount(address, master, name, false);
    sub.exists = true;
    master.subAccounts.push(sub);
    return sub;
  }

  feesChanged(): void {
    this.clearing.feesChanged();
  }

  credit(account: VenueAccount, dexIndex: number, usd: MicroUsd): void {
    this.clearing.deposit(account, dexIndex, usd);
  }

  debit(account: VenueAccount, dexIndex: number, usd: MicroUsd): boolean {
    return this.clearing.withdraw(account, dexIndex, usd);
  }

  /** Hash of something that nobody signed. */
  nextHash(): string {
    this.#houseHash += 1;
    return `0x${this.#houseHash.toString(16).padStart(64, "0")}`;
  }

  /** Puts a signed action into the mempool. */
  submit(request: VenueRequest): void {
    this.#enqueue(request, request.action);
  }

  /** Puts an action of a participant into the mempool. */
  submitHouse(request: HouseRequest): void {
    this.#enqueue(request, request.action);
  }

  /** Puts a turn into the mempool, among the actions of its class: 0 when it will quote, 1 when it only cancels, 2 when it takes. */
  submitTurn(turn: HouseTurn, blockClass: BlockClass): void {
    this.#add(turn, blockClass);
  }

  /**
   * One block: the time moves and what it brings happens, then actions are executed by class.
   * @param toUs When it ends, where recorded blocks are repeated; else a block's length from now.
   */
  step(toUs: TimeUs = this.#nowUs + this.rules.blockUs): void {
    this.#blockCount += 1;
    // Blocks stand on whole milliseconds, as the venue's times do.
    const timeUs = this.#nowUs + Math.round((toUs - this.#nowUs) / US_PER_MS) * US_PER_MS;
    assert(timeUs >= this.#nowUs, "venue: time moves forward");
    this.#nowUs = timeUs;
    // What the time brings comes before what was submitted, as on the venue: marks, liquidations, funding, then the switches.
    if (this.marks.onBlock()) {
      for (const market of this.markets) this.trading.onMark(market);
      this.#liquidation.onMarks();
    }
    this.funding.onBlock();
    this.clearing.onBlock();
    if (this.#scheduled.size > 0) this.#fireSwitches();
    if (this.#mempool.count > 0)
      for (const request of this.#mempool.take(this.#blockCount)) {
        if ("run" in request) {
          request.run(this);
          continue;
        }
        const reply = "account" in request ? this.#house(request) : this.#signed(request);
        request.onReply?.(reply);
      }
    this.listener.onBlock(this.nowMs);
  }

  /** Moves the venue's time forward without blocks, as after an outage. */
  jump(us: TimeUs): void {
    assert(us >= 0, "venue: time moves forward");
    this.#nowUs += Math.round(us / US_PER_MS) * US_PER_MS;
  }

  /** Stops or resumes trading in a market; stopping cancels its orders and settles positions at the mark. (No source has the orders' status.) */
  setHalted(market: VenueMarket, halted: boolean): void {
    if (halted && !market.halted) {
      this.trading.cancelMarket(market, "delistedCanceled");
      this.clearing.settle(market, Math.round(market.markPx));
    }
    market.halted = halted;
  }

  /** Takes a market off the list for good. */
  delist(market: VenueMarket): void {
    if (market.delisted) return;
    this.trading.cancelMarket(market, "delistedCanceled");
    this.clearing.settle(market, Math.round(market.markPx));
    market.delisted = true;
  }

  /** Changes what a market costs. */
  setFees(market: VenueMarket, feeScale: string | null, growth: boolean): void {
    market.feeScale = market.dexIndex === 0 ? null : feeScale;
    market.growth = growth;
    this.clearing.feesChanged();
  }

  #enqueue(request: VenueRequest | HouseRequest, action: Action): void {
    this.#add(request, blockClassOf(action));
  }

  #add(request: VenueRequest | HouseRequest | HouseTurn, blockClass: BlockClass): void {
    const delay = blockClass === 2 ? this.rules.takerDelayBlocks : 0;
    this.#mempool.add(request, blockClass, this.#blockCount + 1 + delay);
  }

  #signed(request: VenueRequest): ActionReply {
    const account = this.admission.admit(request, this.#nowUs);
    return typeof account === "string" ? err(account) : this.#execute(account, request.action, request.hash);
  }

  #house(request: HouseRequest): ActionReply {
    return this.#execute(request.account, request.action, this.nextHash());
  }

  #execute(account: VenueAccount, action: Action, hash: string): ActionReply {
    switch (action.type) {
      case "order":
        return this.trading.order(account, action, hash);
      case "cancel":
        return this.trading.cancel(account, action);
      case "cancelByCloid":
        return this.trading.cancelByCloid(account, action);
      case "modify":
        return this.trading.modify(account, action, hash);
      case "batchModify":
        return this.trading.batchModify(account, action, hash);
      case "createSubAccount":
        return this.administration.createSubAccount(account, action);
      case "noop":
        return OK;
      default: {
        const text = this.#apply(account, action, hash);
        return text === null ? OK : err(text);
      }
    }
  }

  /** Actions that are answered with "default" or a text. */
  #apply(account: VenueAccount, action: Action, hash: string): string | null {
    switch (action.type) {
      case "scheduleCancel":
        return this.#schedule(account, action);
      case "updateLeverage":
        return this.#onMarket(action.asset, (market) =>
          this.clearing.updateLeverage(account, market, action.isCross, action.leverage),
        );
      case "updateIsolatedMargin":
        return this.#onMarket(action.asset, (market) =>
          this.clearing.updateIsolatedMargin(account, market, action.ntli),
        );
      case "topUpIsolatedOnlyMargin":
        return this.#onMarket(action.asset, (market) =>
          this.clearing.topUpIsolatedOnlyMargin(account, market, Number(action.leverage)),
        );
      case "reserveRequestWeight":
        return this.administration.reserveRequestWeight(account, action);
      case "setReferrer":
        return this.administration.setReferrer(account, action);
      case "approveAgent":
        return this.administration.approveAgent(account, action);
      case "approveBuilderFee":
        return this.administration.approveBuilderFee(account, action);
      case "userSetAbstraction":
      case "agentSetAbstraction":
        return this.administration.setAbstraction(action.abstraction);
      default:
        return this.#transfer(account, action, hash);
    }
  }

  #transfer(account: VenueAccount, action: Action, hash: string): string | null {
    switch (action.type) {
      case "sendAsset":
      case "agentSendAsset":
        return this.transfers.sendAsset(account, action, hash);
      case "usdClassTransfer":
        return this.transfers.usdClassTransfer(account, action, hash);
      case "usdSend":
        return this.transfers.usdSend(account, action, hash);
      case "spotSend":
        return this.transfers.spotSend(account, action, hash);
      case "withdraw3":
        return this.transfers.withdraw(account, action, hash);
      case "subAccountTransfer":
        return this.transfers.subAccountTransfer(account, action, hash);
      default:
        return assert(false, "venue: every action has a place") as never;
    }
  }

  #schedule(account: VenueAccount, action: Action & { type: "scheduleCancel" }): string | null {
    const text = this.administration.scheduleCancel(account, action);
    if (account.scheduledCancelMs > 0) this.#scheduled.add(account);
    else this.#scheduled.delete(account);
    return text;
  }

  #fireSwitches(): void {
    for (const account of this.#scheduled) {
      if (this.administration.takeScheduledCancel(account)) this.trading.cancelAll(account, "scheduledCancel");
      if (account.scheduledCancelMs === 0) this.#scheduled.delete(account);
    }
  }

  #onMarket(assetId: number, apply: (market: VenueMarket) => string | null): string | null {
    const market = this.marketByAsset(assetId);
    return market === null ? `Unknown asset ${assetId}.` : apply(market);
  }

  #addAccount(address: string, master: VenueAccount | null, name: string, isHouse: boolean): VenueAccount {
    assert(ADDRESS.test(address), "venue: an address is 0x and 40 lower-case hex digits");
    const dexCount = this.spec.dexs.length;
    const rules = this.rules.limiter;
    const account = new VenueAccount({ address, dexCount, rules, name, isHouse, ...(master && { master }) });
    this.#accounts.set(address, account);
    return account;
  }

  #makeMarkets(): VenueMarket[] {
    const markets: VenueMarket[] = [];
    this.spec.dexs.forEach((dex, dexIndex) => {
      const base = dexIndex === 0 ? 0 : HIP3_ASSET_BASE + dexIndex * HIP3_ASSET_STRIDE;
      const peers: VenueMarket[] = [];
      dex.markets.forEach((spec, index) => {
        const market = new VenueMarket(markets.length, base + index, dexIndex, dex, spec);
        market.peers = peers;
        peers.push(market);
        markets.push(market);
        this.#assets.set(market.assetId, market);
        this.#coins.set(market.coin, market);
      });
    });
    return markets;
  }

  #nextOid(): number {
    this.#oid += 1;
    return this.#oid;
  }

  #count(sums: Map<number, number>, token: number, units: number): void {
    sums.set(token, (sums.get(token) ?? 0) + units);
  }
}

/** Address of a master's n-th sub-account: made up, but always the same. */
function subAddress(master: string, index: number): string {
  let hash = 0x811c9dc5;
  let text = "";
  for (let word = 0; word < 5; word++) {
    for (const char of `${master}/${index}/${word}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    text += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return `0x${text}`;
}
