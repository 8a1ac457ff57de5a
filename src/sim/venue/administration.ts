/**
 * Actions that change who an account is and what it may, not what it trades.
 * @module
 */
import { formatScaled, MICRO_PER_USD, type MicroUsd, US_PER_DAY, US_PER_MS } from "../../core/units.ts";
import type {
  ActionReply,
  ApproveAgentAction,
  ApproveBuilderFeeAction,
  CreateSubAccountAction,
  ReserveRequestWeightAction,
  ScheduleCancelAction,
  SetReferrerAction,
} from "../../wire/hyperliquid/action.ts";
import {
  ABSTRACTION_TRANSITION,
  REFERRAL_UNKNOWN,
  scheduledCancelVolumeText,
  subAccountVolumeText,
  TRANSFER_BALANCE,
} from "../../wire/hyperliquid/errors.ts";
import type { VenueAccount } from "./account.ts";
import type { AgentBook } from "./agents.ts";
import type { VenueRules } from "./spec.ts";
import type { Transfers } from "./transfers.ts";

/** What administration needs of the venue. */
export interface AdministrationHost {
  readonly nowMs: number;
  readonly rules: VenueRules;
  readonly referralCodes: readonly string[];
  accountOf(address: string): VenueAccount;
  find(address: string): VenueAccount | null;
  /** A new sub-account. */
  addSubAccount(master: VenueAccount, name: string): VenueAccount;
  feesChanged(): void;
}

const DAY_MS = US_PER_DAY / US_PER_MS;
/** A dead man's switch is set at least this far ahead (exchange page, August 2026). */
const SCHEDULE_AHEAD_MS = 5_000;
/** Sub-accounts need volume: ten from $100,000, one more for each $100M, at most fifty (sub-accounts page, August 2026). */
const SUB_ACCOUNT_VOLUME_USD = 100_000 * MICRO_PER_USD;
const SUB_ACCOUNTS_BASE = 10;
const SUB_ACCOUNTS_MAX = 50;
const SUB_ACCOUNT_STEP_USD = 100_000_000 * MICRO_PER_USD;
/** Builders that a user may have approved at a time, and most that one may take: 0.1 % on perps (builder-codes page, August 2026). */
const BUILDERS_MAX = 10;
const BUILDER_FEE_MAX = 100;
const REFERRAL_DISCOUNT = "0.04";
const NAME_MAX = 16;
/** As these texts print volume: 0, 373.47205, 129582.4. */
const dollars = (usd: MicroUsd): string => formatScaled(usd, 6);
const RATE = /^(\d+(?:\.\d+)?)%$/;

/** Agents, builders, referrals, sub-accounts, requests for sale and the dead man's switch. Each returns the venue's error text, or null. */
export class Administration {
  readonly #host: AdministrationHost;
  readonly #agents: AgentBook;
  readonly #transfers: Transfers;

  constructor(host: AdministrationHost, agents: AgentBook, transfers: Transfers) {
    this.#host = host;
    this.#agents = agents;
    this.#transfers = transfers;
  }

  approveAgent(account: VenueAccount, action: ApproveAgentAction): string | null {
    const isUser = this.#host.find(action.agentAddress)?.exists === true;
    return this.#agents.approve(account, action.agentAddress, action.agentName ?? "", this.#host.nowMs, isUser);
  }

  /** Rates come in per cent; they are kept in tenths of a basis point. */
  approveBuilderFee(account: VenueAccount, action: ApproveBuilderFeeAction): string | null {
    const match = RATE.exec(action.maxFeeRate);
    if (match === null) return "Invalid builder fee rate.";
    const tenths = Math.round(Number(match[1]) * 1_000);
    if (tenths > BUILDER_FEE_MAX) return "Builder fee is too high.";
    const active = [...account.builders.values()].filter((rate) => rate > 0).length;
    if (tenths > 0 && active >= BUILDERS_MAX && !account.builders.has(action.builder))
      return "Too many approved builders.";
    // Zero is kept: a client may name a builder whose part is nothing.
    account.builders.set(action.builder, tenths);
    return null;
  }

  setReferrer(account: VenueAccount, action: SetReferrerAction): string | null {
    if (!this.#host.referralCodes.includes(action.code)) return REFERRAL_UNKNOWN;
    account.referrer = action.code;
    account.referralDiscount = REFERRAL_DISCOUNT;
    this.#host.feesChanged();
    return null;
  }

  createSubAccount(account: VenueAccount, action: CreateSubAccountAction): ActionReply {
    const err = (response: string): ActionReply => ({ status: "err", response });
    if (account.volumeUsd < SUB_ACCOUNT_VOLUME_USD) return err(subAccountVolumeText(dollars(account.volumeUsd)));
    if (action.name.length === 0 || action.name.length > NAME_MAX) return err("Invalid sub-account name.");
    const limit = Math.min(SUB_ACCOUNTS_MAX, SUB_ACCOUNTS_BASE + Math.floor(account.volumeUsd / SUB_ACCOUNT_STEP_USD));
    if (account.subAccounts.length >= limit) return err("Too many sub-accounts");
    const sub = this.#host.addSubAccount(account, action.name);
    return { status: "ok", response: { type: "createSubAccount", data: sub.address } };
  }

  /** Requests at $0.0005 each, from the balance of the main dex. */
  reserveRequestWeight(account: VenueAccount, action: ReserveRequestWeightAction): string | null {
    const priceUsd: MicroUsd = action.weight * this.#host.rules.requestPriceUsd;
    if (!this.#transfers.pay(account, priceUsd)) return TRANSFER_BALANCE;
    const receiver = action.destination === undefined ? account : this.#host.accountOf(action.destination);
    receiver.limiter.reservedCount += action.weight;
    return null;
  }

  /** Without a time it is cleared. The time is at least five seconds ahead, and the account has traded enough. */
  scheduleCancel(account: VenueAccount, action: ScheduleCancelAction): string | null {
    const { rules, nowMs } = this.#host;
    if (account.volumeUsd < rules.scheduleCancelVolumeUsd) return scheduledCancelVolumeText(dollars(account.volumeUsd));
    if (action.time === undefined) {
      account.scheduledCancelMs = 0;
      return null;
    }
    if (action.time < nowMs + SCHEDULE_AHEAD_MS) return "Scheduled cancel time must be at least 5 seconds from now.";
    const day = Math.floor(nowMs / DAY_MS);
    if (account.scheduledCancelDay === day && account.scheduledCancelCount >= rules.scheduleCancelsPerDay)
      return "Too many scheduled cancels triggered today.";
    account.scheduledCancelMs = action.time;
    return null;
  }

  /** Whether the switch of the account fires now; it does so at most ten times a UTC day. */
  takeScheduledCancel(account: VenueAccount): boolean {
    const { nowMs, rules } = this.#host;
    if (account.scheduledCancelMs === 0 || nowMs < account.scheduledCancelMs) return false;
    account.scheduledCancelMs = 0;
    const day = Math.floor(nowMs / DAY_MS);
    if (account.scheduledCancelDay !== day) account.scheduledCancelCount = 0;
    account.scheduledCancelDay = day;
    if (account.scheduledCancelCount >= rules.scheduleCancelsPerDay) return false;
    account.scheduledCancelCount += 1;
    return true;
  }

  /** Accounts here are standard ones: balances of a dex are the dex's own. */
  setAbstraction(mode: string): string | null {
    return mode === "disabled" || mode === "i" ? null : ABSTRACTION_TRANSITION;
  }
}
