/**
 * Money that moves between an account's places and between accounts. Nothing is made and nothing is lost but the venue's own fees.
 * @module
 */
import { assert } from "../../core/assert.ts";
import { formatScaled, MICRO_PER_USD, type MicroUsd, parseScaled } from "../../core/units.ts";
import type {
  AgentSendAssetAction,
  SendAssetAction,
  SpotSendAction,
  SubAccountTransferAction,
  UsdClassTransferAction,
  UsdSendAction,
  WithdrawAction,
} from "../../wire/hyperliquid/action.ts";
import {
  AGENT_SEND_ELSEWHERE,
  subAccountNotRegisteredText,
  subAccountTransferText,
  TRANSFER_BALANCE,
  WITHDRAWAL_BALANCE,
} from "../../wire/hyperliquid/errors.ts";
import { formatGiven } from "../../wire/hyperliquid/format.ts";
import type { VenueAccount } from "./account.ts";
import type { LedgerEntry, VenueListener } from "./events.ts";
import type { TokenSpec, VenueSpec } from "./spec.ts";

/** What transfers need of the venue. */
export interface TransferHost {
  readonly spec: VenueSpec;
  readonly nowMs: number;
  readonly listener: VenueListener;
  /** The account of an address, or null. */
  find(address: string): VenueAccount | null;
  /** The same, made if need be. */
  accountOf(address: string): VenueAccount;
  withdrawableUsd(account: VenueAccount, dexIndex: number): MicroUsd;
  /** Money into and out of a dex. */
  credit(account: VenueAccount, dexIndex: number, usd: MicroUsd): void;
  debit(account: VenueAccount, dexIndex: number, usd: MicroUsd): boolean;
  /** Money that the venue keeps, by token, units of 10^-8. */
  keep(token: number, units: number): void;
}

const SPOT = "spot";
/** Spot balances are counted in 10^-8, perp balances in 10^-6. */
const SPOT_DECIMALS = 8;
const USD_DECIMALS = 6;
const SPOT_PER_MICRO_USD = 100;
const USDC = 0;
/** A new account costs its sender one unit of the quote token; a withdrawal one dollar (activation and bridge pages, August 2026). */
const ACTIVATION_USD = MICRO_PER_USD;
const WITHDRAWAL_USD = MICRO_PER_USD;
const INVALID_AMOUNT = "Invalid amount.";
const INVALID_DEX = "Invalid dex.";
const INVALID_TOKEN = "Token cannot be transferred to or from this dex.";
/** Amounts of class transfers may name a sub-account. */
const CLASS_AMOUNT = /^(\S+)(?: subaccount:(0x[0-9a-fA-F]{40}))?$/;

/** Where money lies: a perp dex by its index, or spot. */
type Place = number | typeof SPOT;

/** Transfers of all accounts. Each returns the venue's error text, or null. */
export class Transfers {
  readonly #host: TransferHost;

  constructor(host: TransferHost) {
    this.#host = host;
  }

  sendAsset(account: VenueAccount, action: SendAssetAction | AgentSendAssetAction, hash: string): string | null {
    const from = this.#senderOf(account, action.fromSubAccount);
    if (typeof from === "string") return from;
    const source = this.#placeOf(action.sourceDex);
    const destination = this.#placeOf(action.destinationDex);
    if (source === null || destination === null) return INVALID_DEX;
    const token = this.#tokenOf(action.token);
    if (token === null || !this.#takes(source, token) || !this.#takes(destination, token)) return INVALID_TOKEN;
    const isOwn = action.destination === from.address || this.#isFamily(account, action.destination);
    if (action.type === "agentSendAsset" && !isOwn) return AGENT_SEND_ELSEWHERE;
    return this.#move(
      from,
      action.destination,
      source,
      destination,
      token,
      action.amount,
      {
        type: "send",
        user: from.address,
        destination: action.destination,
        sourceDex: action.sourceDex,
        destinationDex: action.destinationDex,
        token: token.name,
        amount: action.amount,
        usdcValue: action.amount,
        fee: "0.0",
        nativeTokenFee: "0.0",
        nonce: action.nonce,
        feeToken: "",
      },
      hash,
    );
  }

  usdClassTransfer(account: VenueAccount, action: UsdClassTransferAction, hash: string): string | null {
    const match = CLASS_AMOUNT.exec(action.amount);
    if (match === null) return INVALID_AMOUNT;
    const amount = match[1] as string;
    const from = this.#senderOf(account, match[2]?.toLowerCase() ?? "");
    if (typeof from === "string") return from;
    const [source, destination]: Place[] = action.toPerp ? [SPOT, 0] : [0, SPOT];
    const delta = { type: "accountClassTransfer", usdc: amount, toPerp: action.toPerp };
    return this.#move(from, from.address, source as Place, destination as Place, this.#usdc(), amount, delta, hash);
  }

  usdSend(account: VenueAccount, action: UsdSendAction, hash: string): string | null {
    const delta = {
      type: "internalTransfer",
      usdc: action.amount,
      user: account.address,
      destination: action.destination,
      fee: "0.0",
    };
    return this.#move(account, action.destination, 0, 0, this.#usdc(), action.amount, delta, hash);
  }

  spotSend(account: VenueAccount, action: SpotSendAction, hash: string): string | null {
    const token = this.#tokenOf(action.token);
    if (token === null) return INVALID_TOKEN;
    const delta = {
      type: "spotTransfer",
      token: token.name,
      amount: action.amount,
      usdcValue: action.amount,
      user: account.address,
      destination: action.destination,
      fee: "0.0",
      nativeTokenFee: "0.0",
      nonce: action.time,
    };
    return this.#move(account, action.destination, SPOT, SPOT, token, action.amount, delta, hash);
  }

  /** Money leaves the venue; what is withdrawn is kept count of as the venue's. */
  withdraw(account: VenueAccount, action: WithdrawAction, hash: string): string | null {
    const usd = parseScaled(action.amount, USD_DECIMALS);
    if (!(usd > 0)) return INVALID_AMOUNT;
    if (usd <= WITHDRAWAL_USD || usd > this.#host.withdrawableUsd(account, 0)) return WITHDRAWAL_BALANCE;
    this.#take(account, 0, USDC, usd * SPOT_PER_MICRO_USD);
    this.#host.keep(USDC, usd * SPOT_PER_MICRO_USD);
    const paid = formatScaled(usd - WITHDRAWAL_USD, USD_DECIMALS);
    this.#tell(account, { type: "withdraw", usdc: paid, nonce: action.time, fee: "1.0" }, hash);
    return null;
  }

  subAccountTransfer(master: VenueAccount, action: SubAccountTransferAction, hash: string): string | null {
    const sub = master.subAccounts.find((s) => s.address === action.subAccountUser);
    if (sub === undefined)
      return action.isDeposit
        ? subAccountTransferText(master.address, action.subAccountUser)
        : subAccountTransferText(action.subAccountUser, master.address);
    const [from, to] = action.isDeposit ? [master, sub] : [sub, master];
    const usdc = formatScaled(action.usd, USD_DECIMALS);
    const delta = { type: "subAccountTransfer", usdc, user: from.address, destination: to.address };
    return this.#move(from, to.address, 0, 0, this.#usdc(), usdc, delta, hash);
  }

  /** Takes dollars of the main dex for something that the venue sells. */
  pay(account: VenueAccount, usd: MicroUsd): boolean {
    if (usd > this.#host.withdrawableUsd(account, 0)) return false;
    this.#take(account, 0, USDC, usd * SPOT_PER_MICRO_USD);
    this.#host.keep(USDC, usd * SPOT_PER_MICRO_USD);
    return true;
  }

  #move(
    from: VenueAccount,
    toAddress: string,
    source: Place,
    destination: Place,
    token: TokenSpec,
    amount: string,
    delta: { type: string; [key: string]: unknown },
    hash: string,
  ): string | null {
    const units = this.#unitsOf(amount, source, destination);
    if (!(units > 0)) return INVALID_AMOUNT;
    const isNew = this.#host.find(toAddress)?.exists !== true;
    const fee = isNew ? ACTIVATION_USD * SPOT_PER_MICRO_USD : 0;
    if (units + fee > this.#available(from, source, token.index)) return TRANSFER_BALANCE;
    const to = this.#host.accountOf(toAddress);
    this.#take(from, source, token.index, units + fee);
    this.#give(to, destination, token.index, units);
    if (fee > 0) this.#host.keep(token.index, fee);
    to.exists = true;
    const told = fee > 0 && "fee" in delta ? { ...delta, fee: "1.0" } : delta;
    this.#tell(from, told, hash);
    if (to !== from) this.#tell(to, told, hash);
    return null;
  }

  /** Units of 10^-8; NaN for what is no amount or finer than the places can hold. */
  #unitsOf(amount: string, source: Place, destination: Place): number {
    if (source === SPOT && destination === SPOT) return parseScaled(amount, SPOT_DECIMALS);
    return parseScaled(amount, USD_DECIMALS) * SPOT_PER_MICRO_USD;
  }

  #available(account: VenueAccount, place: Place, token: number): number {
    if (place === SPOT) return account.spot.get(token) ?? 0;
    return this.#host.withdrawableUsd(account, place) * SPOT_PER_MICRO_USD;
  }

  #take(account: VenueAccount, place: Place, token: number, units: number): void {
    if (place === SPOT) account.spot.set(token, (account.spot.get(token) ?? 0) - units);
    else assert(this.#host.debit(account, place, units / SPOT_PER_MICRO_USD), "transfers: what is taken was there");
  }

  #give(account: VenueAccount, place: Place, token: number, units: number): void {
    if (place === SPOT) account.spot.set(token, (account.spot.get(token) ?? 0) + units);
    else this.#host.credit(account, place, units / SPOT_PER_MICRO_USD);
  }

  #tell(account: VenueAccount, delta: { type: string; [key: string]: unknown }, hash: string): void {
    this.#host.listener.onLedger({ account, timeMs: this.#host.nowMs, hash, delta: printed(delta) });
  }

  #senderOf(account: VenueAccount, sub: string): VenueAccount | string {
    if (sub === "") return account;
    const found = account.subAccounts.find((s) => s.address === sub);
    return found ?? subAccountNotRegisteredText(sub, account.address);
  }

  #isFamily(account: VenueAccount, address: string): boolean {
    const master = account.master ?? account;
    return master.address === address || master.subAccounts.some((s) => s.address === address);
  }

  #placeOf(name: string): Place | null {
    if (name === SPOT) return SPOT;
    const index = this.#host.spec.dexs.findIndex((dex) => dex.name === name);
    return index < 0 ? null : index;
  }

  #takes(place: Place, token: TokenSpec): boolean {
    return place === SPOT || this.#host.spec.dexs[place]?.collateralToken === token.index;
  }

  /** `NAME:0x...` as the venue writes tokens; the id decides. */
  #tokenOf(text: string): TokenSpec | null {
    const [name, id] = text.split(":");
    return this.#host.spec.tokens.find((t) => t.name === name && t.tokenId === id?.toLowerCase()) ?? null;
  }

  #usdc(): TokenSpec {
    return this.#host.spec.tokens.find((t) => t.index === USDC) as TokenSpec;
  }
}

/** Amounts of an entry as the venue prints them, whatever the request had. */
function printed(delta: LedgerEntry["delta"]): LedgerEntry["delta"] {
  const told = { ...delta };
  for (const key of ["usdc", "amount", "usdcValue"])
    if (typeof told[key] === "string") told[key] = formatGiven(told[key]);
  return told;
}
